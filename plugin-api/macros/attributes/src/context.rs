//! `#[derive(Context)]` and `#[derive(Template)]`.

use syn::{Attribute, Data, DeriveInput, Error, Fields, GenericParam, Ident, LitStr, Result, Type};

use crate::function::plain_name;

/// A struct whose fields templates can read.
#[derive(Clone)]
pub struct Context {
    /// The struct's name.
    pub name: Ident,
    /// How many lifetimes it has.
    pub lifetimes: usize,
    /// The fields in order.
    pub fields: Vec<ContextField>,
    /// The template that it is the context of, if it derives `Template`.
    pub template: Option<String>,
}

/// A field of a context.
#[derive(Clone)]
pub struct ContextField {
    /// Its name in Rust.
    pub ident: Ident,
    /// Its name in templates.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Whether other crates can see it.
    pub is_public: bool,
}

/// The derives that make a struct a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derive {
    /// `#[derive(Context)]`
    Context,
    /// `#[derive(Template)]`
    Template,
}

impl Derive {
    /// The one among a struct's derives, by its name alone or through the crate that exports
    /// it; `Template` if both are there.
    pub fn of(attributes: &[Attribute]) -> Option<Self> {
        let mut found = None;
        for attribute in attributes {
            if !attribute.path().is_ident("derive") {
                continue;
            }
            // What cannot be read here, rustc reports.
            let _ = attribute.parse_nested_meta(|meta| {
                let segments = &meta.path.segments;
                let module = segments.iter().rev().nth(1);
                let is_ours = module.is_none_or(|module| module.ident == "hotplate_plugin_api");
                if let Some(last) = segments.last().filter(|_| is_ours) {
                    if last.ident == "Template" {
                        found = Some(Self::Template);
                    } else if last.ident == "Context" && found.is_none() {
                        found = Some(Self::Context);
                    }
                }
                Ok(())
            });
        }
        found
    }
}

/// Reads a struct that derives `Context` or `Template`.
///
/// # Errors
///
/// If it is no struct with named fields, has parameters other than lifetimes, or does not
/// say which template it is for.
pub fn read_context(input: &DeriveInput, derive: Derive) -> Result<Context> {
    let Data::Struct(data) = &input.data else {
        let message = "a template's context is a struct";
        return Err(Error::new_spanned(&input.ident, message));
    };
    for parameter in &input.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            let message = "a template's context cannot be generic over types; give it the types \
                           that it has, or a field of type `Value`";
            return Err(Error::new_spanned(parameter, message));
        }
    }
    let fields = match &data.fields {
        Fields::Named(fields) => fields.named.iter().collect(),
        Fields::Unit => Vec::new(),
        Fields::Unnamed(fields) => {
            let message = "a template finds fields by their names; give them names";
            return Err(Error::new_spanned(fields, message));
        }
    };
    let fields = fields.into_iter().filter_map(|field| {
        let ident = field.ident.clone()?;
        Some(ContextField {
            name: plain_name(&ident),
            ident,
            ty: field.ty.clone(),
            is_public: matches!(field.vis, syn::Visibility::Public(_)),
        })
    });
    let template = match derive {
        Derive::Context => None,
        Derive::Template => Some(template_path(input)?),
    };
    Ok(Context {
        name: input.ident.clone(),
        lifetimes: input.generics.params.len(),
        fields: fields.collect(),
        template,
    })
}

/// What `#[template(path = "…")]` says.
fn template_path(input: &DeriveInput) -> Result<String> {
    let mut path = None;
    for attribute in &input.attrs {
        if !attribute.path().is_ident("template") {
            continue;
        }
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("path") {
                path = Some(meta.value()?.parse::<LitStr>()?);
                return Ok(());
            }
            Err(meta.error("`template` has one option: path = \"…\""))
        })?;
    }
    match path {
        Some(path) if !path.value().is_empty() => Ok(path.value()),
        Some(path) => Err(Error::new_spanned(path, "give the template's name")),
        None => {
            let message = "say which template it is for: #[template(path = \"…\")]";
            Err(Error::new_spanned(&input.ident, message))
        }
    }
}
