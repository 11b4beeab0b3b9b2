//! What the parser makes of a template: its tags and expressions as they are written.

use crate::filters::Filter;
use crate::source::Span;

/// A whole template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The nodes in order.
    pub nodes: Vec<Node>,
    /// The libraries named by `load` tags, in order, each once.
    pub libraries: Vec<String>,
}

/// A node and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The token that makes the node.
    pub span: Span,
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
}

impl NodeKind {
    /// Calls `visit` with each list of nodes directly inside, in order.
    pub(crate) fn bodies(&self, mut visit: impl FnMut(&[Node])) {
        match self {
            Self::Text | Self::Variable(_) | Self::Silent | Self::Include { .. } => {}
            Self::Autoescape { body, .. }
            | Self::With { body, .. }
            | Self::Extends { body, .. }
            | Self::Block { body, .. }
            | Self::Verbatim { body } => visit(body),
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
    pub filter: &'static Filter,
    /// Its argument.
    pub argument: Option<Operand>,
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
