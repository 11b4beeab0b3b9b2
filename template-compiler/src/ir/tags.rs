//! What tags do that call functions or hold state.

use super::{Binding, CellId, Expression, Node, Scope, SiteId, Target, ValueId};

/// A call of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function.
    pub function: Function,
    /// Constants that it is given.
    pub options: Vec<String>,
    /// Names that the arguments and the function see.
    pub bindings: Vec<Binding>,
    /// The arguments, evaluated in order.
    pub arguments: Vec<Argument>,
    /// Whether the function is told of exceptions that they raise.
    pub catches: bool,
    /// Where the result is set; if nowhere, it is written.
    pub assign: Option<(String, Target)>,
    /// What the function renders, if and as often as it wants.
    pub bodies: Vec<Vec<Node>>,
    /// The names that it sees.
    pub scope: CallScope,
    /// The place.
    pub site: SiteId,
}

/// The names that a function sees.
#[derive(Debug, Clone, PartialEq)]
pub enum CallScope {
    /// Whatever the scope holds, and it may set names in its last layer.
    Layer,
    /// These locals besides the context. Names that it sets are copied after the call.
    Locals(Scope, Vec<Export>),
}

/// A name that is copied out of what a function or a partial has set.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The name.
    pub name: String,
    /// Where it goes.
    pub target: Target,
}

/// What does the work of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Function {
    /// A function of the runtime.
    Runtime(&'static str),
    /// A tag of a library.
    Library(LibraryTag),
}

/// A tag of a library.
#[derive(Debug, Clone, PartialEq)]
pub struct LibraryTag {
    /// The library.
    pub library: String,
    /// The tag's name.
    pub name: String,
    /// The text after the tag's name.
    pub text: String,
    /// Whether the result is escaped where it is written.
    pub escape: bool,
    /// The template whose context the result is, with what `csrf_token` means here.
    pub include: Option<(String, Expression)>,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The name; empty for a positional argument.
    pub name: String,
    /// The value.
    pub value: Expression,
    /// The place.
    pub site: SiteId,
}

/// Where the state of a tag is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// In a cell of the unit.
    Cell(CellId),
    /// By the host, for the rendering of one template.
    Run(u32),
    /// By the host, for the innermost loop that the scope holds, else for the rendering
    /// of one template.
    Loop(u32),
}

/// A cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Cycle {
    /// Where its state is kept.
    pub state: State,
    /// Its values.
    pub values: CycleValues,
    /// Where the value is set.
    pub assign: Option<(String, Upward)>,
    /// Whether nothing is written.
    pub silent: bool,
    /// The place.
    pub site: SiteId,
}

/// The values of a cycle.
#[derive(Debug, Clone, PartialEq)]
pub enum CycleValues {
    /// These, evaluated where the cycle stands.
    Inline(Vec<Expression>),
    /// Those of a cycle of the unit, of which there are `count`; they see these locals.
    Shared {
        /// The place in the unit's cycles.
        place: usize,
        /// How many there are.
        count: usize,
        /// The locals.
        scope: Scope,
    },
}

/// Where a name is set that may exist further out already.
#[derive(Debug, Clone, PartialEq)]
pub struct Upward {
    /// The first of these cells that is not empty.
    pub cells: Vec<CellId>,
    /// Else here.
    pub otherwise: UpwardEnd,
}

/// The last place where a name can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpwardEnd {
    /// Here.
    Target(Target),
    /// In the last of the cells if the context has the name, else in the first.
    Context,
}

/// The first true value of several.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstOf {
    /// The values with their places.
    pub values: Vec<(Expression, SiteId)>,
    /// Where it is set; if nowhere, it is written.
    pub assign: Option<(String, Target)>,
}

/// What is done if something differs from the last time.
#[derive(Debug, Clone, PartialEq)]
pub struct IfChanged {
    /// Where the last time is kept.
    pub state: State,
    /// The values with their places; if there are none, what the body renders is compared.
    pub values: Vec<(Expression, SiteId)>,
    /// What is done if it differs.
    pub body: Vec<Node>,
    /// What is done if not.
    pub otherwise: Vec<Node>,
}

/// Grouping.
#[derive(Debug, Clone, PartialEq)]
pub struct Regroup {
    /// What is grouped.
    pub target: Expression,
    /// The item whose key is looked up.
    pub item: ValueId,
    /// What it is grouped by.
    pub key: Expression,
    /// Where the groups are set.
    pub assign: (String, Target),
    /// The place.
    pub site: SiteId,
}

/// The rendering of a partial.
#[derive(Debug, Clone, PartialEq)]
pub struct Partial {
    /// Its name.
    pub name: String,
    /// The locals that it sees.
    pub scope: Scope,
    /// The names that it sets; nothing if it may set any, all of which are copied into
    /// the layer that the scope ends with.
    pub exports: Option<Vec<Export>>,
    /// The place.
    pub site: SiteId,
}
