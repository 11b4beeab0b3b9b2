//! Handlebars: interpreted at run time.

use handlebars::{Context, Handlebars as Registry, handlebars_helper};

use super::engine::{self, Contender, Engine, contender};
use super::workload::Data;
use crate::Fault;

/// The engine.
pub(super) struct Handlebars(Registry<'static>);

const TEMPLATES: [(&str, &str); 10] = [
    ("_badge", include_str!("../../peers/handlebars/_badge.hbs")),
    ("_card", include_str!("../../peers/handlebars/_card.hbs")),
    ("base", include_str!("../../peers/handlebars/base.hbs")),
    ("big", include_str!("../../peers/handlebars/big.hbs")),
    ("gsoc", include_str!("../../peers/handlebars/gsoc.hbs")),
    (
        "inherit",
        include_str!("../../peers/handlebars/inherit.hbs"),
    ),
    ("page", include_str!("../../peers/handlebars/page.hbs")),
    (
        "section",
        include_str!("../../peers/handlebars/section.hbs"),
    ),
    (
        "site_title",
        include_str!("../../peers/handlebars/site_title.hbs"),
    ),
    ("teams", include_str!("../../peers/handlebars/teams.hbs")),
];

handlebars_helper!(upper: |text: str| text.to_uppercase());
handlebars_helper!(day: |date: str| engine::day(date).unwrap_or_default());
handlebars_helper!(pluralize: |number: i64| engine::plural(number));
handlebars_helper!(next: |number: u64| number + 1);
handlebars_helper!(odd: |number: u64| number % 2 == 1);
handlebars_helper!(default: |value: Json, other: str| value.as_str().unwrap_or(other).to_owned());

impl Handlebars {
    /// Compiles the templates.
    pub(super) fn new() -> Result<Self, Fault> {
        let mut registry = Registry::new();
        registry.register_helper("upper", Box::new(upper));
        registry.register_helper("day", Box::new(day));
        registry.register_helper("pluralize", Box::new(pluralize));
        registry.register_helper("next", Box::new(next));
        registry.register_helper("odd", Box::new(odd));
        registry.register_helper("default", Box::new(default));
        for (name, text) in TEMPLATES {
            registry.register_template_string(name, text)?;
        }
        Ok(Self(registry))
    }
}

impl Engine for Handlebars {
    fn name(&self) -> &'static str {
        "handlebars"
    }

    fn contender<'d>(&'d self, data: &'d Data) -> Result<Contender<'d>, Fault> {
        let name = data.template();
        let context = Context::wraps(data)?;
        Ok(contender(move || {
            Ok(self.0.render_with_context(name, &context)?)
        }))
    }
}
