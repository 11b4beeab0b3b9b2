//! Libraries of tags and filters: what the compiler must know of those that `load` names.
//!
//! Django's own are rows of the tables of tags and filters. Those of plugins are data
//! that the caller of the compiler hands over.

use std::collections::BTreeMap;

use crate::filters::Argument;

/// The names of Django's own libraries, sorted.
pub const BUILTIN: [&str; 6] = ["cache", "humanize", "i18n", "l10n", "static", "tz"];

/// A library of a plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Library {
    /// The filters by name.
    pub filters: BTreeMap<String, FilterSpec>,
    /// The tags by name.
    pub tags: BTreeMap<String, TagSpec>,
}

/// A filter of a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterSpec {
    /// Whether it takes an argument.
    pub argument: Argument,
    /// Whether its result is safe if its input was.
    pub is_safe: bool,
}

/// A tag of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagSpec {
    /// What kind of tag it is.
    pub kind: TagKind,
    /// The parameters; a tag without a list takes any words, and is given their text alone.
    pub parameters: Option<ParameterSpec>,
    /// The tags that end its bodies, the closing tag last: `["endbox"]`, or
    /// `["else", "endbox"]` for a tag with up to two bodies. Empty for a tag without.
    pub ends: Vec<String>,
}

/// The kinds of tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagKind {
    /// `simple_tag`: its result is escaped and written, or bound by `as name`. With `ends`
    /// it is a `simple_block_tag`.
    Simple {
        /// Whether it looks at names of its own choosing.
        takes_context: bool,
    },
    /// `inclusion_tag`: its result is the context of a template.
    Inclusion {
        /// The template's name.
        template: String,
        /// Whether it looks at names of its own choosing.
        takes_context: bool,
    },
    /// A tag that does what it wants; its result is written as it is.
    Full {
        /// The names that it may read and set. One that declares nothing sees the whole
        /// context and may change all of it.
        names: Option<Names>,
    },
}

impl TagKind {
    /// Whether it is given the context, to look at names and to set them.
    pub fn sees_context(&self) -> bool {
        match self {
            Self::Simple { takes_context } | Self::Inclusion { takes_context, .. } => {
                *takes_context
            }
            Self::Full { .. } => true,
        }
    }
}

/// The names that a tag declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The names that it looks at.
    pub reads: Vec<String>,
    /// The names that it sets, for what follows it, or around its bodies.
    pub writes: Vec<String>,
}

/// The parameters of a tag, without `context` and `content`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParameterSpec {
    /// Those that can be given by position.
    pub positional: Vec<Parameter>,
    /// Whether more positional arguments are taken (`*args`).
    pub varargs: bool,
    /// Those that can be given by name alone.
    pub keyword_only: Vec<Parameter>,
    /// Whether other keyword arguments are taken (`**kwargs`).
    pub varkw: bool,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Whether it can be left out.
    pub has_default: bool,
}

impl Parameter {
    /// A parameter that must be given.
    pub fn required(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            has_default: false,
        }
    }

    /// A parameter that can be left out.
    pub fn optional(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            has_default: true,
        }
    }
}
