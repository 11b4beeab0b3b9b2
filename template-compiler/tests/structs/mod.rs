//! Structs that templates are rendered with.

use hotplate_template_compiler::Options;
use hotplate_template_compiler::contexts::{Contexts, Field, Record, Type};

/// A struct of the crate `site`.
pub(crate) fn record(name: &str) -> Type {
    Type::Record(format!("site::{name}"))
}

pub(crate) fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

pub(crate) fn pointer(ty: Type) -> Type {
    Type::Pointer(Box::new(ty))
}

pub(crate) fn option(ty: Type) -> Type {
    Type::Option(Box::new(ty))
}

/// Structs for templates whose names start with `page`, `shop` or `blog`.
pub(crate) fn options(templates: &[&str]) -> Options {
    let records = [
        (
            "Page",
            vec![
                ("card", record("Card")),
                ("cards", list(record("Card"))),
                ("lead", pointer(record("Card"))),
                ("maybe", option(record("Card"))),
                ("title", Type::Text),
                ("views", Type::Unsigned),
                ("count", Type::Int),
                ("weight", Type::Float),
                ("is_new", Type::Bool),
                ("day", Type::Date),
                ("extra", Type::Value),
                ("tags", list(Type::Text)),
                ("pairs", list(Type::Tuple(vec![record("Card"), Type::Int]))),
            ],
        ),
        (
            "Shop",
            vec![
                ("card", record("Author")),
                ("title", Type::Text),
                ("count", Type::Text),
                ("author", record("Author")),
            ],
        ),
        ("Blog", vec![("title", Type::Text), ("views", Type::Int)]),
        (
            "Card",
            vec![
                ("title", Type::Text),
                ("author", pointer(record("Author"))),
                ("price", Type::Float),
                ("child", option(pointer(record("Card")))),
            ],
        ),
        ("Author", vec![("name", Type::Text), ("age", Type::Int)]),
    ];
    let mut contexts = Contexts::default();
    for (name, fields) in records {
        contexts
            .records
            .insert(format!("site::{name}"), record_of(fields));
    }
    for template in templates {
        let name = match template.get(..4) {
            Some("page") => "Page",
            Some("shop") => "Shop",
            Some("blog") => "Blog",
            _ => continue,
        };
        let record = format!("site::{name}");
        contexts.templates.insert((*template).to_owned(), record);
    }
    let mut options = Options::default();
    options.contexts = contexts;
    options
}

pub(crate) fn record_of<'n>(fields: impl IntoIterator<Item = (&'n str, Type)>) -> Record {
    let fields = fields.into_iter().map(|(name, ty)| Field {
        name: name.to_owned(),
        ty,
    });
    Record {
        lifetimes: 0,
        fields: fields.collect(),
        place: String::new(),
    }
}
