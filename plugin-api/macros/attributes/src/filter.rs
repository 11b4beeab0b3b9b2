//! `#[filter]`.

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemFn, Result};

use crate::function::{self, Returned, is_bool, is_reference_to, plain_name};
use crate::options::Options;
use crate::{Filter, Kind, Parameter, Role};

pub(crate) fn read(arguments: TokenStream, function: &ItemFn) -> Result<Filter> {
    let mut options = Options::parse(Kind::Filter, arguments)?;
    let name = options.text("name")?;
    let library = options.text("library")?;
    let is_safe = options.flag("is_safe")?;
    let needs_autoescape = options.flag("needs_autoescape")?;
    let expects_localtime = options.flag("expects_localtime")?;
    options.finish()?;

    let mut parameters = function::parameters(Kind::Filter, function)?;
    for (parameter, input) in parameters.iter_mut().zip(&function.sig.inputs) {
        let FnArg::Typed(typed) = input else {
            continue;
        };
        if is_reference_to(&typed.ty, "Frame") {
            parameter.role = Role::Frame;
        } else if parameter.name == "autoescape" && is_bool(&typed.ty) {
            if !needs_autoescape {
                let message = "a filter that wants to know whether output is escaped says so: \
                               #[filter(needs_autoescape)]";
                return Err(Error::new(typed.span(), message));
            }
            parameter.role = Role::Autoescape;
        }
    }
    let inputs = &function.sig.inputs;
    let is_autoescape = |parameter: &Parameter| parameter.role == Role::Autoescape;
    if needs_autoescape && !parameters.iter().any(is_autoescape) {
        let message = "needs_autoescape is of use with a parameter `autoescape: bool`; add it";
        return Err(Error::new(function.sig.ident.span(), message));
    }
    let mut given = parameters
        .iter()
        .zip(inputs)
        .filter(|(parameter, _)| parameter.role == Role::Positional);
    let Some((value, input)) = given.next() else {
        let message = "a filter is given the value left of the bar: \
                       add a parameter such as `value: &Value`";
        return Err(Error::new(function.sig.ident.span(), message));
    };
    if value.default.is_some() {
        let message = "the value left of the bar is always given: leave out the default";
        return Err(Error::new(input.span(), message));
    }
    if let Some((_, input)) = given.nth(1) {
        let message = "a filter takes one argument, after the colon: leave this parameter out, \
                       or make the function a #[simple_tag]";
        return Err(Error::new(input.span(), message));
    }
    Ok(Filter {
        name: name.unwrap_or_else(|| plain_name(&function.sig.ident)),
        library,
        is_safe,
        expects_localtime,
        parameters,
        returned: Returned::of(function),
    })
}
