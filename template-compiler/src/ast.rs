//! What the parser makes of a template: its tags and expressions as they are written.

use crate::filters::Filter;
use crate::libraries::TagKind;
use crate::source::Span;

/// A whole template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The nodes in order.
    pub nodes: Vec<Node>,
    /// The libraries named by `load` tags, in order, each once.
    pub libraries: Vec<String>,
    /// The `cycle` tags that are no references to others.
    pub cycles: Vec<Cycle>,
    /// The names that it says it had before: `{# renamed_from "old.html" #}`.
    pub renamed_from: Vec<String>,
}

/// A node and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The token that makes the node.
    pub span: Span,
    /// The node with everything up to its closing tag.
    pub whole: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// The kinds of nodes.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// Text, which is that of the node's span.
    Text,
    /// `{{ expression }}`.
    Variable(Expression),
    /// A tag that outputs nothing.
    Silent,
    /// `{% autoescape %}`.
    Autoescape {
        /// Whether it switches escaping on.
        on: bool,
        /// What stands inside.
        body: Vec<Node>,
    },
    /// `{% if %}`.
    If {
        /// The conditions with what follows each.
        branches: Vec<(Condition, Vec<Node>)>,
        /// What follows `else`.
        otherwise: Vec<Node>,
    },
    /// `{% for %}`.
    For(For),
    /// `{% with %}`.
    With {
        /// Names and values.
        bindings: Vec<Binding>,
        /// What stands inside.
        body: Vec<Node>,
    },
    /// `{% include %}`.
    Include {
        /// The template's name.
        name: Expression,
        /// Names and values added to the context.
        bindings: Vec<Binding>,
        /// Whether the included template sees nothing else.
        only: bool,
    },
    /// `{% extends %}`.
    Extends {
        /// The parent's name.
        parent: Expression,
        /// The rest of the template.
        body: Vec<Node>,
    },
    /// `{% block %}`.
    Block {
        /// The block's name.
        name: String,
        /// What stands inside.
        body: Vec<Node>,
    },
    /// `{% verbatim %}`.
    Verbatim {
        /// What stands inside.
        body: Vec<Node>,
    },
    /// Text that a tag stands for, whatever the context.
    Constant(String),
    /// A tag whose work a function does.
    Call(Box<Call>),
    /// A tag that changes how its body is rendered, and nothing else.
    Setting {
        /// The runtime's function, such as `tags::settings::localize`.
        function: &'static str,
        /// Its arguments.
        arguments: Vec<Argument>,
        /// What stands inside.
        body: Vec<Node>,
    },
    /// `{% cycle %}`: an index into the template's cycles.
    Cycle(usize),
    /// `{% resetcycle %}`: an index into the template's cycles.
    ResetCycle(usize),
    /// `{% firstof %}`.
    FirstOf {
        /// The values to choose from.
        values: Vec<Expression>,
        /// The name that the choice is bound to.
        assign: Option<String>,
    },
    /// `{% ifchanged %}`.
    IfChanged {
        /// What is compared; if nothing, what the body renders is.
        values: Vec<Expression>,
        /// What stands inside.
        body: Vec<Node>,
        /// What follows `else`.
        otherwise: Vec<Node>,
    },
    /// `{% regroup %}`.
    Regroup {
        /// What is grouped.
        target: Expression,
        /// What it is grouped by, looked up from `name`.
        key: Expression,
        /// The name of each item while its key is looked up, and of the result.
        name: String,
    },
    /// `{% filter %}`.
    Filter {
        /// The filters, on the variable `var`.
        filters: Expression,
        /// What stands inside.
        body: Vec<Node>,
    },
    /// `{% spaceless %}`.
    Spaceless {
        /// What stands inside.
        body: Vec<Node>,
    },
    /// `{% partialdef %}`.
    PartialDef {
        /// The partial's name.
        name: String,
        /// Whether it is rendered where it is defined.
        inline: bool,
        /// What stands inside.
        body: Vec<Node>,
    },
    /// `{% partial %}`.
    Partial {
        /// The partial's name.
        name: String,
    },
}

impl NodeKind {
    /// How many values stand in the tag. A cycle counts its own when it is read.
    pub(crate) fn value_count(&self) -> usize {
        match self {
            Self::With { bindings, .. } | Self::Include { bindings, .. } => bindings.len(),
            Self::For(each) => each.variables.len(),
            Self::Call(call) => {
                let given = call.arguments.len() + call.bindings.len();
                given.max(call.options.len())
            }
            Self::Setting { arguments, .. } => arguments.len(),
            Self::FirstOf { values, .. } | Self::IfChanged { values, .. } => values.len(),
            _ => 0,
        }
    }

    /// Calls `visit` with each list of nodes directly inside, in order.
    pub(crate) fn bodies_of<'n>(&'n self, mut visit: impl FnMut(&'n [Node])) {
        match self {
            Self::Text
            | Self::Constant(_)
            | Self::Variable(_)
            | Self::Silent
            | Self::Include { .. }
            | Self::Cycle(_)
            | Self::ResetCycle(_)
            | Self::FirstOf { .. }
            | Self::Regroup { .. }
            | Self::Partial { .. } => {}
            Self::Autoescape { body, .. }
            | Self::With { body, .. }
            | Self::Extends { body, .. }
            | Self::Block { body, .. }
            | Self::Verbatim { body }
            | Self::Setting { body, .. }
            | Self::Filter { body, .. }
            | Self::Spaceless { body }
            | Self::PartialDef { body, .. } => visit(body),
            Self::Call(call) => call.bodies.iter().for_each(|body| visit(body)),
            Self::IfChanged {
                body, otherwise, ..
            } => {
                visit(body);
                visit(otherwise);
            }
            Self::If {
                branches,
                otherwise,
            } => {
                branches.iter().for_each(|(_, body)| visit(body));
                visit(otherwise);
            }
            Self::For(each) => {
                visit(&each.body);
                visit(&each.empty);
            }
        }
    }
}

/// `{% for %}`.
#[derive(Debug, Clone, PartialEq)]
pub struct For {
    /// The names of the loop variables.
    pub variables: Vec<String>,
    /// What is looped over.
    pub sequence: Expression,
    /// Whether the loop runs backwards.
    pub reversed: bool,
    /// The loop's body.
    pub body: Vec<Node>,
    /// What stands there if there is nothing to loop over.
    pub empty: Vec<Node>,
}

/// A tag whose work a function does.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function.
    pub function: Function,
    /// Constants that the function is given.
    pub options: Vec<String>,
    /// Names that the arguments and the function see. Their values do not see each other.
    pub bindings: Vec<Binding>,
    /// The arguments, evaluated in order before the function is called.
    pub arguments: Vec<Argument>,
    /// The name that the result is bound to instead of being written.
    pub assign: Option<String>,
    /// What the function renders, if and as often as it wants.
    pub bodies: Vec<Vec<Node>>,
    /// The names that the function looks at.
    pub reads: Vec<String>,
    /// Whether the function looks at names of its own choosing.
    pub whole_context: bool,
    /// Whether the function is told of exceptions that its arguments raise.
    pub catches: bool,
}

impl Call {
    /// A call of a runtime function, such as `tags::clock::now`, with nothing else.
    pub fn runtime(function: &'static str) -> Self {
        Self {
            function: Function::Runtime(function),
            options: Vec::new(),
            bindings: Vec::new(),
            arguments: Vec::new(),
            assign: None,
            bodies: Vec::new(),
            reads: Vec::new(),
            whole_context: false,
            catches: false,
        }
    }
}

/// What does the work of a tag.
#[derive(Debug, Clone, PartialEq)]
pub enum Function {
    /// A function of the runtime, by its path in the crate.
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
    /// The text after the tag's name, as it is written.
    pub text: String,
    /// What the library says about it.
    pub kind: TagKind,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The name, if it is a keyword argument.
    pub name: Option<String>,
    /// The value.
    pub value: Expression,
    /// What becomes of a variable that leads nowhere.
    pub missing: Missing,
}

impl Argument {
    /// A positional argument; a variable that leads nowhere is `string_if_invalid`.
    pub fn positional(value: Expression) -> Self {
        Self {
            name: None,
            value,
            missing: Missing::Invalid,
        }
    }

    /// A keyword argument; a variable that leads nowhere is `string_if_invalid`.
    pub fn keyword(name: impl Into<String>, value: Expression) -> Self {
        Self {
            name: Some(name.into()),
            ..Self::positional(value)
        }
    }
}

/// What becomes of a name that leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// `string_if_invalid`; if that is not empty, filters are skipped.
    Invalid,
    /// `None`.
    None,
    /// An exception.
    Raise,
}

/// `{% cycle %}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cycle {
    /// The values.
    pub values: Vec<Expression>,
    /// The name that each value is bound to in turn.
    pub name: Option<String>,
    /// Whether nothing is written.
    pub silent: bool,
}

/// `name=value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Expression,
}

/// A value with filters.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// What the filters start from.
    pub operand: Operand,
    /// The filters in order.
    pub filters: Vec<FilterCall>,
}

/// What a filter is applied to, or takes as its argument.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A constant.
    Literal(Literal),
    /// A dotted name, as its parts.
    Name(Vec<String>),
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A string. It is safe.
    Text {
        /// The text, unescaped.
        text: String,
        /// Whether it is marked for translation.
        translated: bool,
    },
    /// A whole number of 64 bits.
    Int(i64),
    /// A larger whole number, in decimal digits.
    BigInt(String),
    /// A number with a fraction or an exponent.
    Float(f64),
}

/// A filter with its argument.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterCall {
    /// The filter.
    pub filter: FilterFunction,
    /// Its argument.
    pub argument: Option<Operand>,
}

/// Which filter it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterFunction {
    /// One of Django's own.
    Builtin(&'static Filter),
    /// A filter of a plugin's library.
    Library {
        /// The library.
        library: String,
        /// The filter's name.
        name: String,
        /// Whether its result is safe if its input was.
        is_safe: bool,
    },
}

impl FilterFunction {
    /// The filter's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Builtin(filter) => filter.name,
            Self::Library { name, .. } => name,
        }
    }
}

/// The condition of an `if`.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Whether a value is true.
    Value(Expression),
    /// `not`.
    Not(Box<Condition>),
    /// An operator between two conditions.
    Binary(Operator, Box<Condition>, Box<Condition>),
}

/// The infix operators of `if`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `or`
    Or,
    /// `and`
    And,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
}
