//! minijinja, with the templates of Jinja2: interpreted at run time.

use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, Value};

use super::engine::{self, Contender, Engine, contender};
use super::workload::Data;
use crate::Fault;

/// The engine.
pub(super) struct Minijinja(Environment<'static>);

const TEMPLATES: [(&str, &str); 9] = [
    (
        "_badge.html",
        include_str!("../../peers/jinja2/_badge.html"),
    ),
    ("_card.html", include_str!("../../peers/jinja2/_card.html")),
    ("base.html", include_str!("../../peers/jinja2/base.html")),
    ("big.html", include_str!("../../peers/jinja2/big.html")),
    ("gsoc.html", include_str!("../../peers/jinja2/gsoc.html")),
    (
        "inherit.html",
        include_str!("../../peers/jinja2/inherit.html"),
    ),
    ("page.html", include_str!("../../peers/jinja2/page.html")),
    (
        "section.html",
        include_str!("../../peers/jinja2/section.html"),
    ),
    ("teams.html", include_str!("../../peers/jinja2/teams.html")),
];

fn day(date: &str) -> Result<String, Error> {
    let day = engine::day(date);
    day.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "not a date"))
}

impl Minijinja {
    /// Compiles the templates.
    pub(super) fn new() -> Result<Self, Fault> {
        let mut environment = Environment::new();
        let syntax = minijinja::syntax::SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .build()?;
        environment.set_syntax(syntax);
        environment.add_filter("day", day);
        for (name, text) in TEMPLATES {
            environment.add_template(name, text)?;
        }
        Ok(Self(environment))
    }
}

impl Engine for Minijinja {
    fn name(&self) -> &'static str {
        "minijinja"
    }

    fn contender<'d>(&'d self, data: &'d Data) -> Result<Contender<'d>, Fault> {
        let template = self.0.get_template(&format!("{}.html", data.template()))?;
        let context = Value::from(Serde(data));
        // A clone of a value is a reference to it.
        Ok(contender(move || Ok(template.render(context.clone())?)))
    }
}
