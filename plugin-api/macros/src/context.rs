//! `#[derive(Context)]` and `#[derive(Template)]`.

use hotplate_plugin_attributes::{Derive, read_context};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{DeriveInput, Lifetime, Result};

use crate::plugin_fn::with_static_lifetimes;

pub(crate) fn expand(derive: Derive, item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let context = read_context(&input, derive)?;
    let name = &context.name;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let statics = lifetimes(
        &Lifetime::new("'static", Span::call_site()),
        context.lifetimes,
    );
    let static_type = quote!(#name #statics);
    let fields = context.fields.iter().map(|field| {
        let (ident, name) = (&field.ident, &field.name);
        let ty = with_static_lifetimes(&field.ty);
        quote! {
            api::view::FieldEntry {
                name: RStr::from_str(#name),
                offset: ::std::mem::offset_of!(#static_type, #ident),
                table: api::view::TableFn::of::<#ty>(),
            }
        }
    });
    let text = name.to_string();
    let template = context.template.as_ref().map(|path| {
        let named = Lifetime::new("'of", Span::call_site());
        let of = lifetimes(&named, context.lifetimes);
        quote! {
            impl #impl_generics api::view::Template for #name #type_generics #where_clause {
                type Of<'of> = #name #of;
                const PATH: &'static str = #path;
            }
        }
    });
    Ok(quote! {
        #[allow(unsafe_code)]
        const _: () = {
            use ::hotplate_plugin_api as api;
            use api::abi_stable::std_types::{RSlice, RStr};

            // SAFETY: duty 1 of `Field`: names, offsets and types are those that the
            // compiler gives for this struct; lifetimes change neither.
            unsafe impl #impl_generics api::view::Field for #name #type_generics #where_clause {
                #[inline]
                extern "C" fn table() -> &'static api::view::ViewTable {
                    const FIELDS: &[api::view::FieldEntry] = &[#(#fields),*];
                    const TABLE: &api::view::ViewTable =
                        &api::view::ViewTable::in_module::<#static_type>(
                            #text,
                            module_path!(),
                            api::view::Kind::Record(RSlice::from_slice(FIELDS)),
                        );
                    TABLE
                }
            }

            #template
        };
    })
}

/// So many times the same lifetime, as arguments of a type.
fn lifetimes(lifetime: &Lifetime, count: usize) -> TokenStream {
    if count == 0 {
        return TokenStream::new();
    }
    let lifetimes = std::iter::repeat_n(lifetime, count);
    quote!(<#(#lifetimes),*>)
}
