//! Tera: interpreted at run time.

use tera::{Context, Kwargs, State, Tera as Templates};

use super::engine::{self, Contender, Engine, contender};
use super::workload::Data;
use crate::Fault;

/// The engine.
pub(super) struct Tera(Templates);

const TEMPLATES: [(&str, &str); 9] = [
    ("_badge.html", include_str!("../../peers/tera/_badge.html")),
    ("_card.html", include_str!("../../peers/tera/_card.html")),
    ("base.html", include_str!("../../peers/tera/base.html")),
    ("big.html", include_str!("../../peers/tera/big.html")),
    ("gsoc.html", include_str!("../../peers/tera/gsoc.html")),
    (
        "inherit.html",
        include_str!("../../peers/tera/inherit.html"),
    ),
    ("page.html", include_str!("../../peers/tera/page.html")),
    (
        "section.html",
        include_str!("../../peers/tera/section.html"),
    ),
    ("teams.html", include_str!("../../peers/tera/teams.html")),
];

impl Tera {
    /// Compiles the templates.
    pub(super) fn new() -> Result<Self, Fault> {
        let mut templates = Templates::new();
        templates.register_filter("day", |date: &str, _: Kwargs, _: &State<'_>| {
            engine::day(date).ok_or_else(|| tera::Error::message("not a date"))
        });
        templates.add_raw_templates(TEMPLATES)?;
        Ok(Self(templates))
    }
}

impl Engine for Tera {
    fn name(&self) -> &'static str {
        "tera"
    }

    fn contender<'d>(&'d self, data: &'d Data) -> Result<Contender<'d>, Fault> {
        let name = format!("{}.html", data.template());
        let context = Context::from_serialize(data)?;
        Ok(contender(move || Ok(self.0.render(&name, &context)?)))
    }
}
