//! Units with a context of a known type as Rust functions.
//!
//! A typed function writes through a writer of its own, and so does each of its parts.
//! Whatever is not printed in a form of its own is printed as for any context, inside
//! a closure that the writer calls, with views of the fields that it mentions.

mod conditions;
mod dates;
mod near;
mod nodes;
mod parts;
mod paths;
mod runs;
mod scope;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::quote::quote;
use super::writer::Writer;
use super::{Function, Part};
use crate::ir::{
    CellId, KnownName, Local, LocalType, LoopId, LoopParent, NameType, NamedType, RecordType,
    TypedContext, TypedNode, TypedUnit, Unit, UnitKind, ValueId,
};
use crate::source::Position;
pub(super) use near::Near;
use runs::Piece;

/// What typed code knows of the locals around it.
#[derive(Clone, Default)]
struct Known<'t> {
    /// The types of the locals.
    values: BTreeMap<ValueId, &'t LocalType>,
    /// The loops over lists: what they stand in, and whether they have a number.
    loops: BTreeMap<LoopId, (Option<LoopParent>, bool)>,
}

/// Nodes that become a function of their own.
struct TypedPart<'t> {
    name: String,
    nodes: &'t [TypedNode],
    /// The locals that are its parameters.
    locals: BTreeSet<Local>,
    known: Known<'t>,
}

/// What does not change in a unit.
#[derive(Clone, Copy)]
pub(super) struct Place<'t> {
    pub(super) number: usize,
    pub(super) unit: &'t Unit,
    pub(super) typed: &'t TypedUnit,
    pub(super) template: &'t str,
    pub(super) sites: &'t [Position],
    /// What renders the unit with whatever the scope holds.
    pub(super) dynamic: &'t str,
    pub(super) near: &'t Near<'t>,
}

/// The function that is being printed.
struct Typed<'f, 't> {
    /// Prints what is the same for any context.
    function: Function<'f, 't>,
    place: Place<'t>,
    known: Known<'t>,
    /// What is to be written next, all of it together.
    run: Vec<Piece>,
    /// How many variables for what options hold there are.
    options: usize,
    /// What the unit includes so far, as items of its list.
    includes: &'f mut Vec<String>,
    /// Statics that are still to be printed.
    statics: Vec<String>,
    /// The functions that are still to be printed.
    pending: &'f mut VecDeque<TypedPart<'t>>,
}

/// Prints the typed functions of a unit.
pub(super) fn print(out: &mut Writer, place: Place<'_>, parts: &mut usize) {
    let mut includes = Vec::new();
    if let Some(body) = &place.typed.body {
        print_functions(out, place, body, &mut includes, parts);
    }
    print_unit(out, place, &includes);
}

fn print_functions<'t>(
    out: &mut Writer,
    place: Place<'t>,
    body: &'t [TypedNode],
    includes: &mut Vec<String>,
    parts: &mut usize,
) {
    let (number, unit) = (place.number, place.unit);
    let whole = TypedPart {
        name: format!("typed_unit{number}"),
        nodes: body,
        locals: BTreeSet::new(),
        known: Known::default(),
    };
    let mut waiting = VecDeque::from([whole]);
    let mut pending = VecDeque::new();
    while let Some(part) = waiting.pop_front() {
        let mut printer = Typed {
            function: function(out, place, &mut pending, parts),
            place,
            known: part.known.clone(),
            run: Vec::new(),
            options: 0,
            includes: &mut *includes,
            statics: Vec::new(),
            pending: &mut waiting,
        };
        printer.print(&part);
        while let Some(part) = pending.pop_front() {
            function(out, place, &mut pending, parts).print(unit, &part);
        }
    }
}

fn function<'f, 't>(
    out: &'f mut Writer,
    place: Place<'t>,
    pending: &'f mut VecDeque<Part<'t>>,
    parts: &'f mut usize,
) -> Function<'f, 't> {
    let (number, template, sites) = (place.number, place.template, place.sites);
    Function::new(out, number, template, sites, pending, parts)
}

/// Prints the type that stands for the unit where its entry is made.
fn print_unit(out: &mut Writer, place: Place<'_>, includes: &[String]) {
    let number = place.number;
    out.line("");
    out.line(&format!("pub(super) struct Typed{number};"));
    match &place.typed.context {
        TypedContext::Record(_) => print_record_unit(out, place),
        TypedContext::Names(names) => print_names_unit(out, place, names, includes),
    }
}

fn print_record_unit(out: &mut Writer, place: Place<'_>) {
    let number = place.number;
    let context = |lifetime| context_type(&place.typed.context, lifetime);
    out.open(&format!("impl rt::TypedUnit for Typed{number} {{"));
    out.line(&format!("type Context<'c> = {};", context("'c")));
    // It is called by its entry alone, and is to be a part of that.
    out.line("#[inline]");
    out.open(&format!(
        "fn typed(f: &mut rt::Frame<'_>, s: &rt::Scope<'_>, c: &{}) -> rt::Done {{",
        context("'_")
    ));
    out.line(&match place.typed.body {
        Some(_) => format!("typed_unit{number}(f, s, c)"),
        None => place.dynamic.to_owned(),
    });
    out.close("}");
    out.close("}");
}

fn print_names_unit(out: &mut Writer, place: Place<'_>, names: &[KnownName], includes: &[String]) {
    let number = place.number;
    let context = |lifetime| context_type(&place.typed.context, lifetime);
    let quoted: Vec<String> = names
        .iter()
        .map(|known| format!("rt::rstr({})", quote(&known.name)))
        .collect();
    let body = place.typed.body.as_deref().unwrap_or_default();
    out.open(&format!("impl rt::BoundUnit for Typed{number} {{"));
    out.line(&format!("type Names<'c> = {};", context("'c")));
    out.line(&format!(
        "const NAMES: &'static [rt::RStr<'static>] = &[{}];",
        quoted.join(", ")
    ));
    out.line(&format!(
        "const USES_SCOPE: bool = {};",
        scope::is_used(body)
    ));
    out.line(&format!(
        "const INCLUDES: &'static [rt::IncludeSite] = &[{}];",
        includes.join(", ")
    ));
    out.line("#[inline]");
    out.open(&format!(
        "fn bound(f: &mut rt::Frame<'_>, s: &rt::Scope<'_>, c: &{}) -> rt::Done {{",
        context("'_")
    ));
    out.line(&format!("typed_unit{number}(f, s, c)"));
    out.close("}");
    out.close("}");
    out.line(&format!(
        "pub(super) static BOUND{number}: rt::api::callee::BoundEntry = rt::bound_entry::<Typed{number}>();"
    ));
}

/// The type of a unit's context as Rust text: a struct, or a tuple of what names stand for.
fn context_type(context: &TypedContext, lifetime: &str) -> String {
    let names = match context {
        TypedContext::Record(record) => return record_type(record, lifetime),
        TypedContext::Names(names) => names,
    };
    let types = names.iter().map(|known| match &known.ty {
        NameType::Record(record) => format!("&{lifetime} {},", record_type(record, lifetime)),
        NameType::Records(record) => format!("&{lifetime} [{}],", record_type(record, lifetime)),
        NameType::Text => format!("&{lifetime} str,"),
        NameType::Int => "i64,".to_owned(),
        NameType::Float => "f64,".to_owned(),
        NameType::Bool => "bool,".to_owned(),
    });
    format!("({})", types.collect::<Vec<_>>().join(" "))
}

/// A struct's type as Rust text.
fn record_type(record: &RecordType, lifetime: &str) -> String {
    let name: Vec<String> = record.name.split("::").map(paths::identifier).collect();
    let lifetimes = vec![lifetime; record.lifetimes].join(", ");
    match record.lifetimes {
        0 => format!("::{}", name.join("::")),
        _ => format!("::{}<{lifetimes}>", name.join("::")),
    }
}

/// The type that a local of a known type is passed on as.
fn parameter_type(ty: &NamedType) -> String {
    match ty {
        NamedType::Bool => "bool".to_owned(),
        NamedType::Int => "i64".to_owned(),
        NamedType::Unsigned => "u64".to_owned(),
        NamedType::Float => "f64".to_owned(),
        NamedType::Text => "&str".to_owned(),
        NamedType::Record(record) => record_type(record, "'_"),
    }
}

impl<'t> Typed<'_, 't> {
    fn print(&mut self, part: &TypedPart<'t>) {
        let name = &part.name;
        let context = context_type(&self.place.typed.context, "'_");
        let parameters = self.parameters(&part.locals);
        self.line("");
        self.open(&format!(
            "fn {name}(f: &mut rt::Frame<'_>, s: &rt::Scope<'_>, c: &{context}{parameters}) -> rt::Done {{"
        ));
        let unit = self.place.unit;
        self.line(&format!("const U: &str = {};", quote(&unit.name)));
        if let UnitKind::Block { name } = &unit.kind {
            self.line(&format!("const B: &str = {};", quote(name)));
        }
        if part.name == format!("typed_unit{}", self.place.number) {
            let cells = unit.level.cells.iter().map(|&(cell, _)| cell);
            self.function.cells(cells);
        }
        self.line("let mut w = rt::Writer::new(f);");
        self.nodes(part.nodes);
        self.flush();
        self.line("w.finish();");
        self.function.print_spots();
        self.line("Ok(())");
        self.close("}");
        for text in std::mem::take(&mut self.statics) {
            self.line(&text);
        }
    }

    /// The parameters of a part.
    fn parameters(&self, locals: &BTreeSet<Local>) -> String {
        let parameters = locals.iter().map(|local| match local {
            Local::Value(id) => match self.known.values.get(id) {
                Some(LocalType::Named(ty)) => {
                    format!(", item{}: &{}", id.0, parameter_type(ty))
                }
                _ => format!(", value{}: rt::View<'_>", id.0),
            },
            Local::Loop(id) => {
                let id = id.0;
                format!(", index{id}: usize, length{id}: usize, serial{id}: u64")
            }
            Local::Cell(id) => format!(", cell{}: &mut Option<rt::Value>", id.0),
        });
        parameters.collect()
    }

    /// The arguments for the parameters of a part.
    fn arguments(&self, locals: &BTreeSet<Local>) -> String {
        let arguments = locals.iter().map(|local| match local {
            Local::Value(id) => match self.known.values.get(id) {
                Some(LocalType::Named(ty)) => {
                    let id = id.0;
                    match ty {
                        NamedType::Int => format!(", &(*item{id} as i64)"),
                        NamedType::Unsigned => format!(", &(*item{id} as u64)"),
                        NamedType::Float => format!(", &(*item{id} as f64)"),
                        NamedType::Text => format!(", &rt::typed::text(item{id})"),
                        NamedType::Bool | NamedType::Record(_) => format!(", item{id}"),
                    }
                }
                _ => format!(", value{}", id.0),
            },
            Local::Loop(id) => {
                let id = id.0;
                format!(", index{id}, length{id}, serial{id}")
            }
            Local::Cell(id) => format!(", {}", self.function.cell_mut(*id)),
        });
        arguments.collect()
    }

    fn cells(&mut self, cells: &[CellId]) {
        self.function.cells(cells.iter().copied());
    }

    fn line(&mut self, text: &str) {
        self.function.out.line(text);
    }

    fn open(&mut self, text: &str) {
        self.function.out.open(text);
    }

    fn close(&mut self, text: &str) {
        self.function.out.close(text);
    }

    /// A name for what an option holds.
    fn option(&mut self) -> String {
        self.options += 1;
        format!("o{}", self.options)
    }
}
