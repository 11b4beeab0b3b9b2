//! The intermediate form: what a template does, complete and free of any target language.
//!
//! Every name is resolved: to a local of its unit, or to a lookup in the context. What
//! can fail refers to a numbered site, so that the form does not change when text moves.

mod hash;
mod needs;
mod print;
mod print_tags;
mod references;
mod tags;
mod typed;
pub(crate) mod walk;

pub use crate::ast::{FilterFunction, Literal, Missing, Operator};
use crate::source::Span;
pub use needs::{Included, Needs};
pub use references::Reference;
pub use tags::{
    Argument, Call, CallScope, Cycle, CycleValues, Export, FirstOf, Function, IfChanged,
    LibraryTag, Partial, Regroup, State, Upward, UpwardEnd,
};
pub(crate) use typed::shape;
pub use typed::{
    BoundTo, DatePart, Direct, Dynamic, KnownName, LocalType, NameType, NamedType, Offer, Path,
    RecordType, Scalar, ScalarKind, Start, Step, TypedBinding, TypedCondition, TypedContext,
    TypedFor, TypedInclude, TypedNode, TypedUnit,
};

/// A template's units: its body first, then its blocks and partials in order of appearance.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The template's name.
    pub name: String,
    /// The units; never empty.
    pub units: Vec<Unit>,
}

/// What can be called and swapped.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// `template`, `template/block` or `template#partial`.
    pub name: String,
    /// What kind of unit it is.
    pub kind: UnitKind,
    /// Where names that the body sets are kept.
    pub level: Level,
    /// What it does.
    pub body: Vec<Node>,
    /// What it needs of the scope that it runs in.
    pub needs: Needs,
    /// What it does where types are known: of the context that its template has, or of names
    /// that are in scope.
    pub typed: Option<Box<TypedUnit>>,
    /// How many values are local to it.
    pub values: u32,
    /// Whether it matters somewhere if two values are one and the same.
    pub compares_identity: bool,
    /// The cycles that stand in it more than once: their values, all looked up through
    /// the scope.
    pub cycles: Vec<Vec<Expression>>,
    /// The places that can fail.
    pub sites: Vec<Span>,
    /// Where it stands, up to its closing tag.
    pub span: Span,
    /// The names that its template says it had before.
    pub renamed_from: Vec<String>,
}

/// The kinds of units.
#[derive(Debug, Clone, PartialEq)]
pub enum UnitKind {
    /// A template's body.
    Template {
        /// The parent's name, if it is a literal.
        parent: Option<String>,
        /// Whether there is a parent.
        extends: bool,
        /// The names of all blocks.
        blocks: Vec<String>,
    },
    /// A block.
    Block {
        /// Its name.
        name: String,
    },
    /// A partial.
    Partial {
        /// Its name.
        name: String,
    },
}

/// Where names are kept that tags set: what Django pushes onto its stack of contexts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Level {
    /// The cells that begin here, with the names that they hold; a cell without a name
    /// holds the state of a tag.
    pub cells: Vec<(CellId, Option<String>)>,
    /// If a tag may set any name: what a layer of the scope holds that such names go to.
    /// All names inside are looked up through the scope.
    pub layer: Option<Scope>,
}

/// A variable of a unit that holds what a tag set, or the state of a tag. Empty at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellId(pub u32);

/// Where a name is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// In a cell.
    Cell(CellId),
    /// In the layer that the scope ends with.
    Layer,
}

/// A value local to a unit, numbered in order of appearance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ValueId(pub u32);

/// A loop of a unit, numbered in order of appearance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoopId(pub u32);

/// An index into a unit's sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteId(pub u32);

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Output text as it is.
    Text(String),
    /// Output a value.
    Output(Expression, SiteId),
    /// Do the first part whose condition holds.
    If {
        /// Conditions and parts.
        branches: Vec<(Condition, Vec<Node>)>,
        /// What to do if none holds.
        otherwise: Vec<Node>,
    },
    /// Do something for each item.
    For(For),
    /// Do something with values under new names.
    With {
        /// The values, all evaluated before any has its name.
        bindings: Vec<Binding>,
        /// Where names that the body sets are kept.
        level: Level,
        /// What to do.
        body: Vec<Node>,
    },
    /// Do something with escaping on or off.
    Autoescape {
        /// Whether it is on.
        on: bool,
        /// What to do.
        body: Vec<Node>,
    },
    /// Render another template.
    Include {
        /// Its name, or names.
        name: Expression,
        /// Values added to the context.
        bindings: Vec<Binding>,
        /// The names that the other template sees besides the context.
        scope: Scope,
        /// Whether it sees nothing but `bindings`.
        only: bool,
        /// The place.
        site: SiteId,
    },
    /// Render a block.
    Block {
        /// Its name.
        name: String,
        /// The names that the block sees besides the context.
        scope: Scope,
        /// The place.
        site: SiteId,
    },
    /// Render the parent.
    Extend {
        /// Its name.
        parent: Expression,
        /// The expression's text, where the name is no constant.
        variable: Option<String>,
        /// The place.
        site: SiteId,
    },
    /// Call a function.
    Call(Box<Call>),
    /// Do something after a function has changed how it is rendered.
    Setting {
        /// The runtime's function.
        function: &'static str,
        /// Its arguments.
        arguments: Vec<Argument>,
        /// What to do.
        body: Vec<Node>,
        /// The place.
        site: SiteId,
    },
    /// Output the next value of a cycle, or set it.
    Cycle(Box<Cycle>),
    /// Begin a cycle anew.
    ResetCycle(State),
    /// Output the first true value, or set it.
    FirstOf(FirstOf),
    /// Do something if values, or its own output, differ from the last time.
    IfChanged(Box<IfChanged>),
    /// Group values under a name.
    Regroup(Box<Regroup>),
    /// Output the result of filters on what is rendered.
    Filter {
        /// The value that the filters start from.
        id: ValueId,
        /// The filters on it.
        filters: Expression,
        /// What is rendered.
        body: Vec<Node>,
        /// The number of nodes before this one.
        place: usize,
        /// The place.
        site: SiteId,
    },
    /// Output what is rendered without the space between its tags.
    Spaceless(Vec<Node>),
    /// Render a partial.
    Partial(Box<Partial>),
    /// Fail.
    Raise {
        /// The exception.
        exception: &'static str,
        /// Its message.
        message: String,
        /// The place.
        site: SiteId,
    },
}

/// A loop.
#[derive(Debug, Clone, PartialEq)]
pub struct For {
    /// The loop's number.
    pub id: LoopId,
    /// What is looped over.
    pub sequence: Expression,
    /// Whether it runs backwards.
    pub reversed: bool,
    /// The loop variables with their names; each item is unpacked if there are several.
    pub variables: Vec<(String, ValueId)>,
    /// What `forloop.parentloop` is, if anything looks at it.
    pub parent: Option<LoopParent>,
    /// Whether another unit can see the loop, so that it needs a number.
    pub is_seen: bool,
    /// Where the state of tags in the body is kept, and what they set: with one variable
    /// for the whole loop, else for each item.
    pub level: Level,
    /// The states of tags in the body.
    pub states: Vec<CellId>,
    /// What to do for each item.
    pub body: Vec<Node>,
    /// Where names that `empty` sets are kept.
    pub empty_level: Level,
    /// What to do if there are none.
    pub empty: Vec<Node>,
    /// The place.
    pub site: SiteId,
}

/// What `forloop` means outside a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopParent {
    /// A loop of the same unit.
    Loop(LoopId),
    /// A local that happens to have this name.
    Value(ValueId),
    /// Whatever the context says.
    Context,
}

/// A value under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// The value's number.
    pub id: ValueId,
    /// The name.
    pub name: String,
    /// The value.
    pub value: Expression,
    /// The place.
    pub site: SiteId,
}

/// The locals that another unit sees, outermost first. Of equal names the last counts that
/// is set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scope(pub Vec<(String, Local)>);

/// What a name in a scope stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Local {
    /// A value.
    Value(ValueId),
    /// A `forloop`.
    Loop(LoopId),
    /// What a tag has set, if it has.
    Cell(CellId),
}

/// A value with filters.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// What the filters start from.
    pub operand: Operand,
    /// What becomes of a name that leads nowhere.
    pub missing: Missing,
    /// The filters in order.
    pub filters: Vec<FilterCall>,
}

impl Expression {
    /// The text that it is, if it is a constant one without filters.
    pub(crate) fn constant_text(&self) -> Option<&str> {
        match &self.operand {
            Operand::Literal(Literal::Text {
                text,
                translated: false,
            }) if self.filters.is_empty() => Some(text),
            _ => None,
        }
    }

    /// What it starts from, and the arguments of its filters.
    pub(crate) fn operands(&self) -> impl Iterator<Item = &Operand> {
        let arguments = self
            .filters
            .iter()
            .filter_map(|call| call.argument.as_ref());
        std::iter::once(&self.operand).chain(arguments)
    }
}

/// A filter with its argument.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterCall {
    /// The filter.
    pub filter: FilterFunction,
    /// Its argument; a name in it that leads nowhere raises.
    pub argument: Option<Operand>,
}

/// Where a value comes from. The first of the `parts` is always the name itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A constant.
    Literal(Literal),
    /// A lookup in the context.
    Context {
        /// The dotted name.
        parts: Vec<String>,
    },
    /// A lookup that starts from a local.
    Local {
        /// The local.
        id: ValueId,
        /// The dotted name.
        parts: Vec<String>,
    },
    /// A lookup that starts from what a tag has set.
    Cell {
        /// The cell.
        id: CellId,
        /// The dotted name.
        parts: Vec<String>,
        /// The lookup if it is empty.
        otherwise: Box<Operand>,
    },
    /// A field of a loop.
    LoopField {
        /// The loop.
        id: LoopId,
        /// The field.
        field: LoopField,
    },
    /// Any other lookup that starts from a loop.
    Loop {
        /// The loop.
        id: LoopId,
        /// The dotted name.
        parts: Vec<String>,
    },
    /// `block.name`.
    BlockName,
    /// `block.super`, and a lookup that may start from it.
    BlockSuper {
        /// The names that the block sees besides the context.
        scope: Scope,
        /// The dotted name, from `block` on.
        parts: Vec<String>,
    },
}

/// The plain fields of `forloop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopField {
    /// `counter`
    Counter,
    /// `counter0`
    Counter0,
    /// `revcounter`
    RevCounter,
    /// `revcounter0`
    RevCounter0,
    /// `first`
    First,
    /// `last`
    Last,
    /// `length`
    Length,
}

impl LoopField {
    /// The field of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "counter" => Self::Counter,
            "counter0" => Self::Counter0,
            "revcounter" => Self::RevCounter,
            "revcounter0" => Self::RevCounter0,
            "first" => Self::First,
            "last" => Self::Last,
            "length" => Self::Length,
            _ => return None,
        })
    }
}

/// A condition. An exception below any operator makes that operator false.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Whether a value is true.
    Truth(Expression, SiteId),
    /// Whether a condition does not hold.
    Not(Box<Condition>),
    /// Whether both hold.
    And(Box<Condition>, Box<Condition>),
    /// Whether one of them holds.
    Or(Box<Condition>, Box<Condition>),
    /// Whether two values compare.
    Compare {
        /// Any operator but `and` and `or`.
        operator: Operator,
        /// The left side.
        left: Compared,
        /// The right side.
        right: Compared,
        /// The place.
        site: SiteId,
    },
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Compared {
    /// A value.
    Value(Expression),
    /// The truth of a condition.
    Condition(Box<Condition>),
}
