//! Sailfish: templates compiled into this program, over borrowed data.

use bench_contexts::{Big, Gsoc, Inherit, Page, Teams};
use hotplate_plugin_api::value::Date;
use sailfish::TemplateSimple;
use sailfish::runtime::{Buffer, Render, RenderError};

use super::engine::{self, Contender, Engine, contender};
use super::workload::Data;
use crate::Fault;

/// The engine.
pub(super) struct Sailfish;

#[derive(TemplateSimple)]
#[template(path = "big.stpl")]
struct BigTable<'d> {
    page: &'d Big,
}

#[derive(TemplateSimple)]
#[template(path = "teams.stpl")]
struct TeamList<'d> {
    page: &'d Teams,
}

#[derive(TemplateSimple)]
#[template(path = "page.stpl")]
struct ArticlePage<'d> {
    page: &'d Page<'d>,
}

#[derive(TemplateSimple)]
#[template(path = "inherit.stpl")]
struct CardPage<'d> {
    page: &'d Inherit<'d>,
}

#[derive(TemplateSimple)]
#[template(path = "gsoc.stpl")]
struct ElementList<'d> {
    page: &'d Gsoc,
}

/// A date as the page shows it.
struct Day(Date);

impl Render for Day {
    fn render(&self, buffer: &mut Buffer) -> Result<(), RenderError> {
        buffer.push_str(engine::month(self.0));
        buffer.push(' ');
        self.0.day.render(buffer)?;
        buffer.push_str(", ");
        self.0.year.render(buffer)
    }
}

impl Engine for Sailfish {
    fn name(&self) -> &'static str {
        "sailfish"
    }

    fn contender<'d>(&'d self, data: &'d Data) -> Result<Contender<'d>, Fault> {
        Ok(match data {
            Data::Big(page) => contender(move || Ok(BigTable { page }.render_once()?)),
            Data::Teams(page) => contender(move || Ok(TeamList { page }.render_once()?)),
            Data::Page(page) => contender(move || Ok(ArticlePage { page }.render_once()?)),
            Data::Inherit(page) => contender(move || Ok(CardPage { page }.render_once()?)),
            Data::Gsoc(page) => contender(move || Ok(ElementList { page }.render_once()?)),
        })
    }
}
