//! Askama: templates compiled into this program, over borrowed data.

use std::fmt;

use askama::{FastWritable, Template, Values};
use bench_contexts::{Big, Gsoc, Inherit, Page, Teams};
use hotplate_plugin_api::value::Date;

use super::engine::{self, Contender, Engine, contender};
use super::workload::Data;
use crate::Fault;

/// The engine.
pub(super) struct Askama;

#[derive(Template)]
#[template(path = "big.html")]
struct BigTable<'d> {
    page: &'d Big,
}

#[derive(Template)]
#[template(path = "teams.html")]
struct TeamList<'d> {
    page: &'d Teams,
}

#[derive(Template)]
#[template(path = "page.html")]
struct ArticlePage<'d> {
    page: &'d Page<'d>,
}

#[derive(Template)]
#[template(path = "inherit.html")]
struct CardPage<'d> {
    page: &'d Inherit<'d>,
}

#[derive(Template)]
#[template(path = "gsoc.html")]
struct ElementList<'d> {
    page: &'d Gsoc,
}

/// A date as the page shows it.
struct Day<'d>(&'d Date);

impl fmt::Display for Day<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}, {}",
            engine::month(*self.0),
            self.0.day,
            self.0.year
        )
    }
}

// There is nothing in it to escape.
impl askama::filters::HtmlSafe for Day<'_> {}

impl FastWritable for Day<'_> {
    fn write_into(&self, dest: &mut dyn fmt::Write, values: &dyn Values) -> askama::Result<()> {
        dest.write_str(engine::month(*self.0))?;
        dest.write_char(' ')?;
        self.0.day.write_into(dest, values)?;
        dest.write_str(", ")?;
        self.0.year.write_into(dest, values)
    }
}

impl Engine for Askama {
    fn name(&self) -> &'static str {
        "askama"
    }

    fn contender<'d>(&'d self, data: &'d Data) -> Result<Contender<'d>, Fault> {
        Ok(match data {
            Data::Big(page) => contender(move || Ok(BigTable { page }.render()?)),
            Data::Teams(page) => contender(move || Ok(TeamList { page }.render()?)),
            Data::Page(page) => contender(move || Ok(ArticlePage { page }.render()?)),
            Data::Inherit(page) => contender(move || Ok(CardPage { page }.render()?)),
            Data::Gsoc(page) => contender(move || Ok(ElementList { page }.render()?)),
        })
    }
}
