//! What a unit does with a context of a known type: the same as its body does, with names
//! that are known to lead to fields in place of lookups.

use std::fmt::{self, Write};

use super::{CellId, Condition, Expression, LoopField, LoopId, LoopParent, Node, SiteId, ValueId};
use crate::contexts::{Contexts, RecordName, Type};

/// A unit where types are known.
#[derive(Debug, Clone, PartialEq)]
pub struct TypedUnit {
    /// What is known.
    pub context: TypedContext,
    /// All types that this is made of, which the unit is made for.
    pub shape: String,
    /// What it does; nothing if that is what the unit does with any context.
    pub body: Option<Vec<TypedNode>>,
}

/// What is known of the context of a unit.
#[derive(Debug, Clone, PartialEq)]
pub enum TypedContext {
    /// The struct that it is.
    Record(RecordType),
    /// The types of names that are in scope. A path from the context to one starts with the
    /// step to the part of its number.
    Names(Vec<KnownName>),
}

/// A name in scope whose type is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownName {
    /// The name.
    pub name: String,
    /// Its type.
    pub ty: NameType,
}

/// The type of a name in scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameType {
    /// A struct.
    Record(RecordType),
    /// A list of structs.
    Records(RecordType),
    /// Text.
    Text,
    /// A number that fits 64 bits with a sign.
    Int,
    /// A float.
    Float,
    /// A truth value.
    Bool,
}

/// A struct with what it takes to name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordType {
    /// The struct.
    pub name: RecordName,
    /// How many lifetimes it has.
    pub lifetimes: usize,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum TypedNode {
    /// Output text as it is.
    Text(String),
    /// Output a field.
    Output {
        /// The field.
        path: Path,
        /// What is done to it before.
        filter: Option<Direct>,
        /// The same as an expression, for where the path leads nowhere.
        otherwise: Expression,
        /// The place.
        site: SiteId,
    },
    /// Output a field of a loop.
    LoopField(LoopId, LoopField),
    /// Do the first part whose condition holds.
    If {
        /// Conditions and parts.
        branches: Vec<(TypedCondition, Vec<TypedNode>)>,
        /// What to do if none holds.
        otherwise: Vec<TypedNode>,
    },
    /// Do something for each item.
    For(TypedFor),
    /// Do something with values under new names.
    With {
        /// The values.
        bindings: Vec<TypedBinding>,
        /// The cells that begin here.
        cells: Vec<CellId>,
        /// What to do.
        body: Vec<TypedNode>,
    },
    /// Render a template that may have code for what is offered to it.
    Include(Box<TypedInclude>),
    /// Do what is done with any context.
    Dynamic(Dynamic<Node>),
}

/// An `include` of a template that is named by a literal.
#[derive(Debug, Clone, PartialEq)]
pub struct TypedInclude {
    /// The template's name.
    pub template: String,
    /// The names that it sees, the outermost first. One without a name is the context.
    pub offers: Vec<Offer>,
    /// The same as is done with any context.
    pub otherwise: Dynamic<Node>,
}

impl TypedInclude {
    /// What the included template sees under a name: the innermost offer of it, or of a context
    /// that may have it.
    pub fn offer(&self, name: &str) -> Option<&Offer> {
        let mut offers = self.offers.iter().rev();
        offers.find(|offer| offer.name.is_empty() || offer.name == name)
    }
}

/// A name that an included template sees.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The name; empty for a context, whose fields are names.
    pub name: String,
    /// The struct that it stands for, with its type; nothing for what is no struct.
    pub path: Option<(Path, RecordType)>,
}

/// What is done with any context, and what it finds under the names of locals.
#[derive(Debug, Clone, PartialEq)]
pub struct Dynamic<T> {
    /// What is done.
    pub inner: T,
    /// Locals that stand for fields.
    pub views: Vec<(ValueId, Path)>,
}

/// A filter that is applied without making a value of its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Direct {
    /// A function from text to text, by its name.
    Text(&'static str),
    /// The text is written as it is.
    Safe,
    /// The number of items or characters.
    Length,
    /// A text in place of what is false.
    Default(String),
    /// A text in place of what is none.
    DefaultIfNone(String),
    /// Words for true, false and none.
    YesNo([String; 3]),
    /// The ending for one and for other numbers.
    Plural([String; 2]),
    /// Texts with another between them.
    Join(String),
    /// A number is added.
    Add(i64),
    /// A date in a format of simple characters.
    Date(Vec<DatePart>),
}

/// A part of a format of dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatePart {
    /// Text as it is written.
    Text(String),
    /// One of `dDFjlmMnyY`.
    Sign(char),
}

/// A loop over a list.
#[derive(Debug, Clone, PartialEq)]
pub struct TypedFor {
    /// The loop's number.
    pub id: LoopId,
    /// The list.
    pub list: Path,
    /// Whether it runs backwards.
    pub reversed: bool,
    /// Whether items are taken apart.
    pub unpacks: bool,
    /// The variables, and how many pointers lead from the item, or its part, to each.
    pub variables: Vec<(ValueId, LocalType, usize)>,
    /// What `forloop.parentloop` is, if anything looks at it.
    pub parent: Option<LoopParent>,
    /// Whether another unit can see the loop.
    pub is_seen: bool,
    /// The cells that begin with the loop.
    pub cells: Vec<CellId>,
    /// The cells that begin with each item.
    pub item_cells: Vec<CellId>,
    /// The cells that each item clears.
    pub cleared: Vec<CellId>,
    /// What to do for each item.
    pub body: Vec<TypedNode>,
    /// The cells that begin with `empty`.
    pub empty_cells: Vec<CellId>,
    /// What to do if there are none.
    pub empty: Vec<TypedNode>,
}

/// A value under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct TypedBinding {
    /// The value's number.
    pub id: ValueId,
    /// The value.
    pub value: BoundTo,
}

/// What a name is bound to.
#[derive(Debug, Clone, PartialEq)]
pub enum BoundTo {
    /// A field, of this type.
    Path(Path, LocalType),
    /// The value of an expression.
    Value(Dynamic<Expression>, SiteId),
}

/// The type of a local.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalType {
    /// A reference to a field whose type can be written down.
    Named(NamedType),
    /// A reference to a field of another type.
    Unnamed,
    /// A view.
    View,
}

/// A type that can be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedType {
    /// A truth value.
    Bool,
    /// An integer.
    Int,
    /// An integer that is not negative.
    Unsigned,
    /// A float.
    Float,
    /// Text.
    Text,
    /// A struct.
    Record(RecordType),
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum TypedCondition {
    /// Whether a field is true.
    Truth(Path),
    /// Whether a field of a loop is.
    LoopField(LoopId, LoopField),
    /// Whether there is something.
    IsSome(Path),
    /// Whether a number can be divided by another, which is not 0.
    Divisible(Scalar, i64),
    /// Whether a condition does not hold.
    Not(Box<TypedCondition>),
    /// Whether both hold.
    And(Box<TypedCondition>, Box<TypedCondition>),
    /// Whether one of them holds.
    Or(Box<TypedCondition>, Box<TypedCondition>),
    /// Whether two values of one kind compare.
    Compare {
        /// The operator: one that compares, or `in` for texts.
        operator: super::Operator,
        /// The kind.
        kind: ScalarKind,
        /// The left side.
        left: Scalar,
        /// The right side.
        right: Scalar,
    },
    /// A condition of any kind.
    Dynamic(Dynamic<Condition>),
}

/// The kinds of values that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarKind {
    /// Integers of 64 bits.
    Int,
    /// Integers that may be larger.
    Wide,
    /// Floats.
    Float,
    /// Texts.
    Text,
}

/// A value that is compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A field.
    Path(Path),
    /// How many items, or characters, a field has.
    Length(Path),
    /// A field of a loop.
    LoopField(LoopId, LoopField),
    /// A whole number.
    Int(i64),
    /// A float.
    Float(f64),
    /// A text.
    Text(String),
}

/// A field, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Where it starts.
    pub start: Start,
    /// How it goes on.
    pub steps: Vec<Step>,
    /// What it leads to: never a pointer.
    pub ty: Type,
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the context.
    Context,
    /// At a local.
    Local(ValueId),
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To a field.
    Field(String),
    /// To a part of a tuple.
    Part(usize),
    /// To an item of a list, if there are so many.
    Item(usize),
    /// Through a pointer.
    Pointer,
    /// To what an option holds, if it holds anything.
    Some,
}

impl Path {
    /// Whether it may lead nowhere.
    pub fn can_fail(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Some | Step::Item(_)))
    }
}

/// All that is known of a struct, and of those that it contains, as text.
pub(crate) fn shape(contexts: &Contexts, name: &str) -> String {
    let mut out = String::new();
    let mut done: Vec<&str> = Vec::new();
    let mut waiting = vec![name];
    while let Some(name) = waiting.pop() {
        if done.contains(&name) {
            continue;
        }
        done.push(name);
        let Some((name, record)) = contexts.records.get_key_value(name) else {
            continue;
        };
        // Writing to a string cannot fail.
        let _ = write!(out, "{name}<{}> {{", record.lifetimes);
        for field in &record.fields {
            let _ = write!(out, " {}: {},", field.name, Shown(&field.ty));
            records(&field.ty, &mut waiting);
        }
        out.push_str(" } ");
    }
    out.truncate(out.trim_end().len());
    out
}

/// The structs that a type names directly.
fn records<'t>(ty: &'t Type, found: &mut Vec<&'t str>) {
    match ty {
        Type::Record(name) => found.push(name),
        Type::Option(inner) | Type::Pointer(inner) | Type::List(inner) => records(inner, found),
        Type::Tuple(parts) => parts.iter().for_each(|part| records(part, found)),
        Type::Map(key, value) => {
            records(key, found);
            records(value, found);
        }
        _ => {}
    }
}

struct Shown<'t>(&'t Type);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Type::Record(name) => f.write_str(name),
            Type::Option(inner) => write!(f, "Option<{}>", Shown(inner)),
            Type::Pointer(inner) => write!(f, "&{}", Shown(inner)),
            Type::List(inner) => write!(f, "[{}]", Shown(inner)),
            Type::Tuple(parts) => {
                f.write_char('(')?;
                parts
                    .iter()
                    .try_for_each(|part| write!(f, "{},", Shown(part)))?;
                f.write_char(')')
            }
            Type::Map(key, value) => write!(f, "{{{}: {}}}", Shown(key), Shown(value)),
            scalar => write!(f, "{scalar:?}"),
        }
    }
}
