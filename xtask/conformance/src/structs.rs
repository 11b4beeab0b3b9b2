//! The structs that stand for contexts: their Rust, and what the compiler is told of them.

use std::fmt::Write as _;

use hotplate_template_compiler::contexts::{Contexts, Field, Record, Type};

use crate::case::Case;
use crate::shape::{Key, Shape};

/// By which name the generated crate calls itself.
pub(crate) const CRATE: &str = "cases";

/// Words that no field can have without `r#` before it.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// The structs of a case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Structs {
    /// The name of the module with the structs, in the crate's root.
    pub(crate) module: String,
    /// What stands in it.
    pub(crate) rust: String,
    /// The type of the context, as the crate's root writes it.
    pub(crate) context: String,
    /// The units that take it, if it is they that are rendered.
    pub(crate) units: Vec<String>,
    /// What the compiler is told.
    pub(crate) contexts: Contexts,
}

impl Structs {
    /// The structs for the context of case `number`, of which `template` is rendered; nothing
    /// if the context's names are no identifiers.
    pub(crate) fn of(case: &Case, number: usize, template: &str) -> Option<Self> {
        let fields = Shape::of_context(&case.context)?;
        let module = format!("records_{number}");
        let mut printer = Printer {
            module: format!("{CRATE}::{module}"),
            template,
            turn: turns(&case.id),
            count: 0,
            rust: String::from(
                "use std::borrow::Cow;\nuse std::collections::{BTreeMap, HashMap};\n\
                 use std::sync::Arc;\n\nuse hotplate_conformance_structs::{Made, field};\n\
                 use hotplate_plugin_api::value::{\n    BigInt, Bytes, Date, DateTime, Decimal, \
                 Text, Time, TimeDelta,\n};\nuse hotplate_plugin_api::view::Safe;\n\
                 use hotplate_plugin_api::{Context, Template, Value};\n",
            ),
            contexts: Contexts::default(),
        };
        let context = printer.record(&fields, true);
        let Type::Record(name) = context.ty else {
            return None;
        };
        let mut contexts = printer.contexts;
        contexts.templates.insert(template.to_owned(), name);
        Some(Self {
            context: format!("{module}::{}", context.rust.replace("'a", "'static")),
            module,
            rust: printer.rust,
            units: case.entry.names().to_vec(),
            contexts,
        })
    }
}

/// Where the choice between equally good types begins: cases differ in it, runs do not.
pub(crate) fn turns(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A type as Rust writes it and as the compiler knows it.
struct Printed {
    rust: String,
    ty: Type,
}

struct Printer<'p> {
    /// The path of the module.
    module: String,
    template: &'p str,
    turn: u64,
    /// How many structs there are.
    count: usize,
    rust: String,
    contexts: Contexts,
}

impl Printer<'_> {
    /// One of several types that are as good, each in its turn.
    fn choose<T: Clone>(&mut self, choices: &[T]) -> T {
        self.turn = self.turn.wrapping_add(1);
        let place = (self.turn >> 3 ^ self.turn) % choices.len().max(1) as u64;
        choices[usize::try_from(place).unwrap_or_default()].clone()
    }

    fn print(&mut self, shape: &Shape) -> Printed {
        let simple = |rust: &str, ty: Type| Printed {
            rust: rust.to_owned(),
            ty,
        };
        match shape {
            Shape::Unknown => {
                let choices = [("i64", Type::Int), ("String", Type::Text)];
                let (rust, ty) = self.choose(&choices);
                simple(rust, ty)
            }
            Shape::Bool => simple("bool", Type::Bool),
            Shape::Int(least, greatest) => self.int(*least, *greatest),
            Shape::Float => simple("f64", Type::Float),
            Shape::Text => {
                let choices = [
                    "String",
                    "&'a str",
                    "Box<str>",
                    "String",
                    "&'a str",
                    "Cow<'a, str>",
                    "Arc<str>",
                ];
                simple(self.choose(&choices), Type::Text)
            }
            Shape::Safe => simple(self.choose(&["Safe<String>", "Safe<&'a str>"]), Type::Safe),
            Shape::Markup => simple("Text", Type::Other("Text".to_owned())),
            Shape::Named(name) => match *name {
                "Date" => simple(name, Type::Date),
                "DateTime" => simple(name, Type::DateTime),
                name => simple(name, Type::Other(name.to_owned())),
            },
            Shape::Option(inner) => {
                let Printed { rust, ty } = self.print(inner);
                Printed {
                    rust: format!("Option<{rust}>"),
                    ty: Type::Option(Box::new(ty)),
                }
            }
            Shape::List(item) => {
                let slice = self.choose(&[false, false, true]);
                let Printed { rust, ty } = self.print(item);
                Printed {
                    rust: if slice {
                        format!("&'a [{rust}]")
                    } else {
                        format!("Vec<{rust}>")
                    },
                    ty: Type::List(Box::new(ty)),
                }
            }
            Shape::Mixed => {
                let choices = [
                    ("Vec<Value>", Type::List(Box::new(Type::Value))),
                    ("Value", Type::Value),
                ];
                let (rust, ty) = self.choose(&choices);
                simple(rust, ty)
            }
            Shape::Tuple(items) => {
                let items: Vec<Printed> = items.iter().map(|item| self.print(item)).collect();
                let rust: String = items
                    .iter()
                    .map(|item| format!("{}, ", item.rust))
                    .collect();
                Printed {
                    rust: format!("({rust})"),
                    ty: Type::Tuple(items.into_iter().map(|item| item.ty).collect()),
                }
            }
            Shape::Record(fields) => {
                let map = shape.clone().into_map();
                match map.filter(|_| self.choose(&[false, false, false, true])) {
                    Some(map) => self.print(&map),
                    None => {
                        let record = self.record(fields, false);
                        self.pointed(record)
                    }
                }
            }
            Shape::Map(key, value) => {
                let Printed { rust, ty } = self.print(value);
                let (name, key) = match key {
                    Key::Text => ("String", Type::Text),
                    Key::Int => ("i64", Type::Int),
                };
                Printed {
                    rust: format!("BTreeMap<{name}, {rust}>"),
                    ty: Type::Map(Box::new(key), Box::new(ty)),
                }
            }
            Shape::Value => simple("Value", Type::Value),
        }
    }

    fn int(&mut self, least: i64, greatest: i64) -> Printed {
        let mut choices = vec![("i64", Type::Int)];
        if least >= 0 {
            choices.push(("u64", Type::Unsigned));
            choices.push(("usize", Type::Unsigned));
        }
        if least >= 0 && u8::try_from(greatest).is_ok() {
            choices.push(("u8", Type::Int));
        }
        if least >= 0 && u32::try_from(greatest).is_ok() {
            choices.push(("u32", Type::Int));
        }
        if i32::try_from(least).is_ok() && i32::try_from(greatest).is_ok() {
            choices.push(("i32", Type::Int));
        }
        let (rust, ty) = self.choose(&choices);
        Printed {
            rust: rust.to_owned(),
            ty,
        }
    }

    /// A struct where it is, or behind a pointer.
    fn pointed(&mut self, record: Printed) -> Printed {
        let Printed { rust, ty } = record;
        let rust = match self.choose(&["", "", "Box", "", "&"]) {
            "Box" => format!("Box<{rust}>"),
            "&" => format!("&'a {rust}"),
            _ => return Printed { rust, ty },
        };
        Printed {
            rust,
            ty: Type::Pointer(Box::new(ty)),
        }
    }

    /// Prints a struct, and gives it as the type of a field.
    fn record(&mut self, fields: &[(String, Shape)], is_context: bool) -> Printed {
        let name = if is_context {
            "Root".to_owned()
        } else {
            self.count += 1;
            format!("Record{}", self.count)
        };
        let printed: Vec<(&str, Printed)> = fields
            .iter()
            .map(|(name, shape)| (name.as_str(), self.print(shape)))
            .collect();
        let borrows = printed.iter().any(|(_, field)| field.rust.contains("'a"));
        let (lifetime, kept) = if borrows {
            ("<'a>", "<'static>")
        } else {
            ("", "")
        };
        let mut members = String::new();
        let mut made = String::new();
        for (field, Printed { rust, .. }) in &printed {
            let raw = if KEYWORDS.contains(field) { "r#" } else { "" };
            // Writing to a string cannot fail.
            let _ = writeln!(members, "    pub {raw}{field}: {rust},");
            let _ = writeln!(made, "            {raw}{field}: field(value, {field:?})?,");
        }
        let derive = if is_context {
            let path = match self.template {
                "" => "<string>",
                template => template,
            };
            format!("#[derive(Template)]\n#[template(path = {path:?})]")
        } else {
            "#[derive(Context)]".to_owned()
        };
        let _ = write!(
            self.rust,
            "\n{derive}\npub struct {name}{lifetime} {{\n{members}}}\n\n\
             impl Made for {name}{kept} {{\n    fn made(value: &Value) -> Option<Self> {{\n        \
             Some(Self {{\n{made}        }})\n    }}\n}}\n"
        );
        let path = format!("{}::{name}", self.module);
        let record = Record {
            lifetimes: usize::from(borrows),
            fields: printed
                .into_iter()
                .map(|(name, field)| Field {
                    name: name.to_owned(),
                    ty: field.ty,
                })
                .collect(),
            place: format!("{name}:1"),
        };
        self.contexts.records.insert(path.clone(), record);
        Printed {
            rust: format!("{name}{lifetime}"),
            ty: Type::Record(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_compiler_is_told_of_what_is_printed() {
        let case = json!({
            "id": "a", "template": "", "expect": {"output": ""},
            "context": {"type": 1, "user": {"$": "dict", "items": [["name", "x"], ["id", 1]]},
                        "rows": [[{"$": "float", "v": "1.5"}], []], "call": {"$": "callable", "id": 1}},
        });
        let case = serde_json::from_value(case).expect("a case");
        let structs = Structs::of(&case, 7, "main").expect("its names are identifiers");
        assert!(structs.rust.contains("pub r#type: "), "{}", structs.rust);
        assert!(
            structs
                .rust
                .contains("#[template(path = \"main\")]\npub struct Root")
        );
        let root = &structs.contexts.templates["main"];
        assert_eq!(root, "cases::records_7::Root");
        let root = &structs.contexts.records[root];
        let names: Vec<&str> = root
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(names, ["type", "user", "rows", "call"]);
        assert_eq!(root.field("call"), Some(&Type::Value));
        let floats = Type::List(Box::new(Type::List(Box::new(Type::Float))));
        assert!(
            matches!(root.field("rows"), Some(rows) if *rows == floats),
            "{root:?}"
        );
        assert!(
            structs
                .contexts
                .records
                .contains_key("cases::records_7::Record1")
        );
        assert_eq!(
            Some(structs),
            Structs::of(&case, 7, "main"),
            "the choice is the same each time"
        );
    }
}
