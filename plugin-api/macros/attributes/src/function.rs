//! What all attributes ask of a function.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Expr, ExprLit, FnArg, GenericArgument, ItemFn, Lit, Meta, MetaNameValue, Pat,
    PathArguments, Result, ReturnType, Type, TypePath,
};

use crate::{Kind, Parameter, Role};

/// What a function returns, as far as its text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// Nothing.
    Nothing,
    /// A value.
    Value,
    /// A `Result` of nothing.
    ResultOfNothing,
    /// A `Result` of a value.
    Result,
}

impl Returned {
    pub(crate) fn of(function: &ItemFn) -> Self {
        let ReturnType::Type(_, ty) = &function.sig.output else {
            return Self::Nothing;
        };
        match first_of(ty, "Result") {
            Some(value) if is_unit(value) => Self::ResultOfNothing,
            Some(_) => Self::Result,
            None if is_unit(ty) => Self::Nothing,
            None => Self::Value,
        }
    }
}

/// The name without the `r#` that makes a keyword a name.
pub fn plain_name(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}

fn first_of<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(TypePath { qself: None, path }) = ty else {
        return None;
    };
    let last = path.segments.last()?;
    if last.ident != name {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Whether the type is written `&Name<…>`.
pub(crate) fn is_reference_to(ty: &Type, name: &str) -> bool {
    let Type::Reference(reference) = ty else {
        return false;
    };
    let Type::Path(path) = &*reference.elem else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|segment| segment.ident == name)
}

pub(crate) fn is_bool(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("bool"))
}

pub(crate) fn check_shape(kind: Kind, function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    let refuse = |span, what: &str| {
        let message = format!("a #[{}] function cannot be {what}", kind.name());
        Err(Error::new(span, message))
    };
    if let Some(token) = &signature.asyncness {
        return refuse(token.span(), "async; block inside it");
    }
    if let Some(token) = &signature.unsafety {
        return refuse(token.span(), "unsafe: its callers are safe");
    }
    if let Some(variadic) = &signature.variadic {
        let what = "variadic; take the further arguments as `#[args] rest: &[Value]`";
        return refuse(variadic.span(), what);
    }
    let mut generics = signature.generics.params.iter();
    let generic = generics.find(|generic| !matches!(generic, syn::GenericParam::Lifetime(_)));
    if let Some(generic) = generic {
        return refuse(generic.span(), "generic over types; name the types");
    }
    Ok(())
}

/// The function's parameters with the roles that their own attributes give them.
pub(crate) fn parameters(kind: Kind, function: &ItemFn) -> Result<Vec<Parameter>> {
    let inputs = function.sig.inputs.iter();
    inputs.map(|input| parameter(kind, input)).collect()
}

fn parameter(kind: Kind, input: &FnArg) -> Result<Parameter> {
    let FnArg::Typed(typed) = input else {
        let message = format!(
            "a method cannot be a #[{}]; make it a function",
            kind.name()
        );
        return Err(Error::new(input.span(), message));
    };
    let Pat::Ident(pattern) = &*typed.pat else {
        let message = "templates give arguments by name: give this parameter a plain name";
        return Err(Error::new(typed.pat.span(), message));
    };
    let mut parameter = Parameter {
        name: plain_name(&pattern.ident),
        role: Role::Positional,
        ty: typed.ty.to_token_stream(),
        is_option: first_of(&typed.ty, "Option").is_some(),
        default: None,
    };
    for attribute in &typed.attrs {
        read_parameter_attribute(attribute, &mut parameter)?;
    }
    let takes_all = matches!(parameter.role, Role::Args | Role::Kwargs);
    if takes_all && parameter.default.is_some() {
        let message = "a parameter that takes all further arguments is empty without them: \
                       leave out the default";
        return Err(Error::new(typed.span(), message));
    }
    if parameter.role == Role::State && parameter.default.is_some() {
        let message = "state is always there: leave out the default";
        return Err(Error::new(typed.span(), message));
    }
    let is_filters = matches!(parameter.role, Role::Positional | Role::State);
    if kind == Kind::Filter && !is_filters {
        let message = "a filter takes a value and one argument, both by position: \
                       leave this attribute out";
        return Err(Error::new(typed.span(), message));
    }
    Ok(parameter)
}

const PARAMETER_ATTRIBUTES: [&str; 5] = ["default", "args", "keyword", "kwargs", "state"];

fn read_parameter_attribute(attribute: &Attribute, parameter: &mut Parameter) -> Result<()> {
    let Some(name) = attribute.path().get_ident().map(Ident::to_string) else {
        return Ok(());
    };
    if name == "default" {
        let Meta::List(list) = &attribute.meta else {
            let message = "write the default in parentheses: #[default(\"…\")]";
            return Err(Error::new(attribute.span(), message));
        };
        if parameter.is_option {
            let message = "an Option is None by default: leave out the default, or take the \
                           type inside the Option";
            return Err(Error::new(attribute.span(), message));
        }
        parameter.default = Some(list.parse_args::<Expr>()?.into_token_stream());
        return Ok(());
    }
    let role = match name.as_str() {
        "args" => Role::Args,
        "keyword" => Role::Keyword,
        "kwargs" => Role::Kwargs,
        "state" => Role::State,
        _ => return Ok(()),
    };
    if !matches!(attribute.meta, Meta::Path(_)) {
        let message = format!("write #[{name}] alone");
        return Err(Error::new(attribute.span(), message));
    }
    if parameter.role != Role::Positional {
        let message =
            "a parameter is one of #[args], #[keyword], #[kwargs] and #[state]: leave one out";
        return Err(Error::new(attribute.span(), message));
    }
    parameter.role = role;
    Ok(())
}

/// Whether attributes of ours are still to be expanded.
pub fn has_further_attributes(function: &ItemFn) -> bool {
    let mut attributes = function.attrs.iter();
    attributes.any(|attribute| Kind::of(attribute).is_some())
}

/// Takes the attributes `#[renamed_from = "…"]` off a function, and gives the names.
///
/// # Errors
///
/// If one has no string, or an empty one.
pub fn take_former_names(function: &mut ItemFn) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for attribute in &function.attrs {
        if !attribute.path().is_ident("renamed_from") {
            continue;
        }
        let name = match &attribute.meta {
            Meta::NameValue(MetaNameValue {
                value:
                    Expr::Lit(ExprLit {
                        lit: Lit::Str(name),
                        ..
                    }),
                ..
            }) => name.value(),
            _ => String::new(),
        };
        if name.is_empty() {
            let message = "write the name that it had before: #[renamed_from = \"…\"]";
            return Err(Error::new(attribute.span(), message));
        }
        names.push(name);
    }
    function
        .attrs
        .retain(|attribute| !attribute.path().is_ident("renamed_from"));
    Ok(names)
}

/// The function as the rest of the compiler should see it: without the attributes of its
/// parameters that only mean something here. If the function has more than one attribute
/// of ours, the last to be expanded takes them away.
pub fn strip(function: &ItemFn) -> ItemFn {
    let mut function = function.clone();
    if has_further_attributes(&function) {
        return function;
    }
    for input in &mut function.sig.inputs {
        let FnArg::Typed(typed) = input else {
            continue;
        };
        typed.attrs.retain(|attribute| {
            let path = attribute.path();
            !PARAMETER_ATTRIBUTES.iter().any(|name| path.is_ident(name))
        });
    }
    function
}
