//! What the attributes on filters and tags of plugins say, as plain data.
//!
//! Two readers need it: the macros, which make units of the functions, and the template
//! compiler, which learns from a crate's source what its libraries offer. Both get the
//! same answer because both ask here.
//!
//! ```
//! use hotplate_plugin_attributes::{Custom, Role, read};
//!
//! let function = syn::parse_str(r#"
//!     #[simple_tag(name = "greet")]
//!     fn greeting(who: &str, #[default("!")] mark: &str) -> String {
//!         format!("Hello, {who}{mark}")
//!     }
//! "#).unwrap();
//! let found = read(&function).unwrap();
//! let Some(Custom::Tag(tag)) = found.first() else { panic!("it is a tag") };
//! assert_eq!(tag.name, "greet");
//! assert_eq!(tag.parameters[1].role, Role::Positional);
//! assert!(tag.parameters[1].has_default());
//! ```

mod context;
mod filter;
mod function;
mod module;
mod options;
mod tag;

use proc_macro2::TokenStream;
use syn::{Attribute, ItemFn, Meta, Result};

pub use context::{Context, ContextField, Derive, read_context};
pub use function::{Returned, has_further_attributes, plain_name, strip, take_former_names};
pub use module::library_of;

/// The attributes that make a function a filter or a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `#[filter]`
    Filter,
    /// `#[simple_tag]`
    SimpleTag,
    /// `#[simple_block_tag]`
    SimpleBlockTag,
    /// `#[inclusion_tag]`
    InclusionTag,
    /// `#[tag]`
    Tag,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Filter,
        Self::SimpleTag,
        Self::SimpleBlockTag,
        Self::InclusionTag,
        Self::Tag,
    ];

    /// The attribute's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::SimpleTag => "simple_tag",
            Self::SimpleBlockTag => "simple_block_tag",
            Self::InclusionTag => "inclusion_tag",
            Self::Tag => "tag",
        }
    }

    /// The attribute written here, if it is one of these: by its name alone, or through
    /// the module that exports it.
    fn of(attribute: &Attribute) -> Option<Self> {
        let segments = &attribute.path().segments;
        let last = segments.last()?;
        let module = segments.iter().rev().nth(1);
        let is_ours = module.is_none_or(|module| {
            module.ident == "custom" || module.ident.to_string().starts_with("hotplate_")
        });
        if !is_ours {
            return None;
        }
        Self::ALL.into_iter().find(|kind| last.ident == kind.name())
    }
}

/// A function that is a filter or a tag.
#[derive(Debug, Clone)]
pub enum Custom {
    /// A filter.
    Filter(Filter),
    /// A tag.
    Tag(Tag),
}

impl Custom {
    /// The same under another name.
    fn named(mut self, name: &str) -> Self {
        match &mut self {
            Self::Filter(filter) => name.clone_into(&mut filter.name),
            Self::Tag(tag) => name.clone_into(&mut tag.name),
        }
        self
    }
}

/// A filter.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Its name in templates.
    pub name: String,
    /// The library that it says it belongs to; if it says nothing, its module.
    pub library: Option<String>,
    /// Whether its result is safe if its input was.
    pub is_safe: bool,
    /// Whether it gets times in the current zone.
    pub expects_localtime: bool,
    /// Its parameters in order.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub returned: Returned,
}

/// A tag.
#[derive(Debug, Clone)]
pub struct Tag {
    /// Its name in templates.
    pub name: String,
    /// The library that it says it belongs to; if it says nothing, its module.
    pub library: Option<String>,
    /// What kind of tag it is.
    pub kind: TagKind,
    /// The tags that end its bodies, the closing tag last.
    pub ends: Vec<String>,
    /// The function's parameters in order.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub returned: Returned,
}

/// The kinds of tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagKind {
    /// Its result is escaped and written, or bound to a name.
    Simple,
    /// Its result is the context of a template.
    Inclusion {
        /// The template's name.
        template: String,
    },
    /// It does what it wants.
    Full {
        /// The names that it reads and those that it sets, if it declares them.
        names: Option<(Vec<String>, Vec<String>)>,
    },
}

/// A parameter of a filter's or a tag's function.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it is given.
    pub role: Role,
    /// Its type.
    pub ty: TokenStream,
    /// Whether the type is an `Option`.
    pub is_option: bool,
    /// The expression that takes its place if nothing is given.
    pub default: Option<TokenStream>,
}

impl Parameter {
    /// Whether it can be left out.
    pub fn has_default(&self) -> bool {
        self.default.is_some() || self.is_option
    }
}

/// What a parameter is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The tag's context.
    Context,
    /// The rendering's frame, in a filter.
    Frame,
    /// Whether output is escaped, in a filter.
    Autoescape,
    /// What the tag encloses, rendered.
    Content,
    /// An argument by position or by name. In a filter: the value, and what follows the
    /// colon.
    Positional,
    /// All further arguments by position.
    Args,
    /// An argument by name alone.
    Keyword,
    /// All further arguments by name.
    Kwargs,
    /// State of the plugin, which templates do not see.
    State,
}

impl Tag {
    /// Whether it looks at the context.
    pub fn takes_context(&self) -> bool {
        self.has(Role::Context)
    }

    /// Whether it has a parameter of this role.
    pub fn has(&self, role: Role) -> bool {
        self.parameters
            .iter()
            .any(|parameter| parameter.role == role)
    }
}

/// Reads one attribute: its kind, what stands in its parentheses, and the function.
///
/// # Errors
///
/// The first mistake in the attribute or the function, with its place and what to do.
pub fn read_attribute(kind: Kind, arguments: TokenStream, function: &ItemFn) -> Result<Custom> {
    function::check_shape(kind, function)?;
    match kind {
        Kind::Filter => filter::read(arguments, function).map(Custom::Filter),
        _ => tag::read(kind, arguments, function).map(Custom::Tag),
    }
}

/// Reads all attributes of a function that make it a filter or a tag, once for its name and
/// once for each name that it had before.
///
/// # Errors
///
/// As for [`read_attribute`].
pub fn read(function: &ItemFn) -> Result<Vec<Custom>> {
    let mut found = Vec::new();
    for attribute in &function.attrs {
        let Some(kind) = Kind::of(attribute) else {
            continue;
        };
        let arguments = match &attribute.meta {
            Meta::List(list) => list.tokens.clone(),
            _ => TokenStream::new(),
        };
        found.push(read_attribute(kind, arguments, function)?);
    }
    let former_names = take_former_names(&mut function.clone())?;
    let former = found.iter().flat_map(|custom| {
        let names = former_names.iter();
        names.map(|name| custom.clone().named(name))
    });
    let former: Vec<Custom> = former.collect();
    found.extend(former);
    Ok(found)
}

#[cfg(test)]
mod tests;
