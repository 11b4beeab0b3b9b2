//! `#[canary]`: the exported wrapper and descriptor of a plugin's check of itself.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Error, ItemFn, LitStr, Result};

use crate::plugin_fn::{
    History, Returned, erased, register, reject_what_cannot_cross, result_type,
};
use crate::source_hash;

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut function: ItemFn = syn::parse2(item)?;
    let hash = source_hash(&quote!(#arguments #function));
    let template = template(arguments)?;
    reject_what_cannot_cross("#[canary]", &function)?;
    if !function.sig.inputs.is_empty() {
        return Err(Error::new(
            function.sig.inputs.span(),
            "a #[canary] takes nothing: it says itself what it tries",
        ));
    }

    let history = History::take(&mut function)?;

    let name = &function.sig.ident;
    let unit_name = name.to_string();
    let unit_name = unit_name.trim_start_matches("r#");
    let entry = format_ident!("__hotplate_canary_{unit_name}");
    let body = match result_type(&function.sig.output) {
        Returned::Result(_) => quote!(#name()),
        Returned::Nothing | Returned::Plain(_) => quote!(api::call::infallible(#name())),
    };
    let (returned, template) = match &template {
        Some(template) => (
            quote!(api::Value),
            quote!(ROption::RSome(RStr::from_str(#template))),
        ),
        None => (quote!(()), quote!(ROption::RNone)),
    };

    let items = quote! {
        use ::hotplate_plugin_api as api;
        use api::abi_stable::std_types::{ROption, RStr};

        unsafe extern "C" fn #entry(
            _data: api::unit::UnitData,
            failure: api::Failure<'_>,
            result: *mut <#returned as api::Returned>::Abi,
        ) -> api::Status {
            // SAFETY: the caller keeps the contract of `CallEntry` for no parameters and this
            // result, which `CanaryEntry` states.
            unsafe { api::call::run::<#returned, _>(result, failure, || #body) }
        }
    };
    let call = erased(&entry);
    let unit = quote! {
        api::UnitEntry::Canary(api::unit::CanaryEntry {
            call: #call,
            template: #template,
        })
    };
    let unit_name = quote!(#unit_name);
    let api = quote!(api);
    Ok(register(
        &function, &api, &items, &unit_name, &unit, hash, &history,
    ))
}

/// The template that the attribute names.
fn template(arguments: TokenStream) -> Result<Option<LitStr>> {
    let mut template = None;
    let parser = syn::meta::parser(|meta| {
        if !meta.path.is_ident("template") {
            return Err(meta.error("a #[canary] knows the option `template` alone"));
        }
        template = Some(meta.value()?.parse()?);
        Ok(())
    });
    parser.parse2(arguments)?;
    Ok(template)
}
