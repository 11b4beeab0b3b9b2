//! `#[derive(Persist)]`.

use hotplate_plugin_attributes::plain_name;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Error, Fields, GenericParam, Index, Member, Result,
    Type, Variant, parse_quote,
};

use crate::state::expression_text;

/// A field that has a name, or a number in place of one.
pub(crate) struct Field {
    pub(crate) ident: Member,
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) skip: bool,
}

/// What `#[persist(…)]` on a field says.
pub(crate) struct FieldOptions {
    skip: bool,
}

impl FieldOptions {
    pub(crate) fn is(attribute: &Attribute) -> bool {
        attribute.path().is_ident("persist")
    }

    fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut options = Self { skip: false };
        for attribute in attributes.iter().filter(|attribute| Self::is(attribute)) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("skip") {
                    options.skip = true;
                    return Ok(());
                }
                Err(meta.error("`persist` has one option: skip"))
            })?;
        }
        Ok(options)
    }
}

/// The fields of a struct with named ones, or of one without any.
pub(crate) fn named_fields(fields: &Fields) -> Result<Vec<Field>> {
    let fields = fields.iter().enumerate().map(|(place, field)| {
        let skip = FieldOptions::of(&field.attrs)?.skip;
        Ok(Field {
            name: field
                .ident
                .as_ref()
                .map_or_else(|| place.to_string(), plain_name),
            ident: match &field.ident {
                Some(ident) => Member::Named(ident.clone()),
                None => Member::Unnamed(Index::from(place)),
            },
            ty: field.ty.clone(),
            skip,
        })
    });
    fields.collect()
}

/// `describe` of a struct.
pub(crate) fn describe_struct(
    name: &str,
    attributes: &[Attribute],
    fields: &[Field],
) -> TokenStream {
    let text = described_name("struct", name, attributes);
    let fields = fields.iter().map(|field| {
        let (ident, name, ty) = (&field.ident, &field.name, &field.ty);
        let method = format_ident!("{}", if field.skip { "skipped" } else { "field" });
        quote!(layout.#method::<#ty>(#name, ::core::mem::offset_of!(Self, #ident));)
    });
    describe(&text, &quote!(#(#fields)*))
}

fn describe(text: &str, body: &TokenStream) -> TokenStream {
    quote! {
        #[allow(unused_variables)]
        fn describe(layout: &mut api::state::Layout) -> api::state::Described<Self> {
            // SAFETY: duty 1 of `record`: names, types and offsets, or variants with what
            // they hold, are those that the compiler sees.
            unsafe { layout.record::<Self>(#text, |layout| { #body }) }
        }
    }
}

/// The name of a type with its representation.
fn described_name(kind: &str, name: &str, attributes: &[Attribute]) -> String {
    let mut text = format!("{kind} {name}");
    for attribute in attributes {
        if attribute.path().is_ident("repr") {
            let meta = &attribute.meta;
            text.push(' ');
            text.push_str(&quote!(#meta).to_string());
        }
    }
    text
}

/// `save` of a struct with names.
pub(crate) fn save_struct(fields: &[Field]) -> TokenStream {
    let fields = fields.iter().filter(|field| !field.skip).map(|field| {
        let (ident, name) = (&field.ident, &field.name);
        quote!((#name, api::state::Persist::save(&self.#ident)))
    });
    quote! {
        fn save(&self) -> ::core::result::Result<api::Value, api::state::Misfit> {
            api::state::fields_value([#(#fields),*])
        }
    }
}

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let mut input: DeriveInput = syn::parse2(item)?;
    for parameter in &mut input.generics.params {
        match parameter {
            GenericParam::Type(parameter) => {
                let bound = parse_quote!(::hotplate_plugin_api::state::Persist);
                parameter.bounds.push(bound);
            }
            GenericParam::Lifetime(lifetime) => {
                let message = "state lives in the host: own what it refers to";
                return Err(Error::new_spanned(lifetime, message));
            }
            GenericParam::Const(_) => {}
        }
    }
    let name = &input.ident;
    let plain = plain_name(name);
    let (describe, save, restore) = match &input.data {
        Data::Struct(data) => {
            let fields = named_fields(&data.fields)?;
            let describe = describe_struct(&plain, &input.attrs, &fields);
            let (save, restore) = match &data.fields {
                Fields::Unnamed(_) => tuple_struct(&fields)?,
                _ => (save_struct(&fields), restore_fields(&fields, &quote!(Self))),
            };
            (describe, save, restore)
        }
        Data::Enum(data) => {
            let text = described_name("enum", &plain, &input.attrs);
            let describe = describe(&text, &describe_variants(data)?);
            let (save, restore) = variants(data)?;
            (describe, save, restore)
        }
        Data::Union(_) => {
            let message = "nobody knows what a union holds; use an enum";
            return Err(Error::new_spanned(name, message));
        }
    };
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        #[allow(unsafe_code)]
        const _: () = {
            use ::hotplate_plugin_api as api;

            impl #impl_generics api::state::Persist for #name #type_generics #where_clause {
                #describe
                #save

                #[allow(unused_variables)]
                fn restore(
                    saved: &api::Value,
                    report: &mut api::state::Report,
                ) -> ::core::result::Result<Self, api::state::Misfit> {
                    #[allow(unused_imports)]
                    use api::state::{ByDefault as _, WithoutDefault as _};
                    #restore
                }
            }
        };
    })
}

/// The statements that make `path { … }` of the fields in `saved`.
fn restore_fields(fields: &[Field], path: &TokenStream) -> TokenStream {
    let values = fields.iter().map(|field| {
        let (ident, name, ty) = (&field.ident, &field.name, &field.ty);
        let method = format_ident!("{}", if field.skip { "skipped" } else { "field" });
        quote! {
            #ident: saved.#method::<#ty>(#name, || {
                (&&api::state::Missing::<#ty>::NEW).default_value()
            })?
        }
    });
    quote! {
        #[allow(unused_mut)]
        let mut saved = api::state::Saved::of(saved, report)?;
        let restored = #path { #(#values),* };
        saved.finish();
        ::core::result::Result::Ok(restored)
    }
}

/// `save` and the body of `restore` of a struct whose fields have numbers.
fn tuple_struct(fields: &[Field]) -> Result<(TokenStream, TokenStream)> {
    if let Some(skipped) = fields.iter().find(|field| field.skip) {
        let message = "give the field a name to leave it out";
        return Err(Error::new_spanned(&skipped.ty, message));
    }
    let places = fields.iter().map(|field| {
        let place = &field.ident;
        quote!(&self.#place)
    });
    let saved = match fields {
        [single] => {
            let place = &single.ident;
            quote!(api::state::Persist::save(&self.#place))
        }
        _ => {
            let saved = save_parts(places);
            quote!(::core::result::Result::Ok(#saved))
        }
    };
    let types = fields.iter().map(|field| &field.ty);
    let values = restore_parts(types, &quote!(saved));
    let save = quote! {
        fn save(&self) -> ::core::result::Result<api::Value, api::state::Misfit> {
            #saved
        }
    };
    Ok((save, quote!(::core::result::Result::Ok(Self(#(#values),*)))))
}

/// Parts by their places, as one value: a single one is itself.
fn save_parts(parts: impl ExactSizeIterator<Item = TokenStream>) -> TokenStream {
    let is_single = parts.len() == 1;
    let saves = parts.enumerate().map(|(place, part)| {
        let place = format!("[{place}]");
        if is_single {
            quote!(api::state::Persist::save(#part)?)
        } else {
            quote! {
                api::state::Persist::save(#part).map_err(|misfit| misfit.at(#place))?
            }
        }
    });
    if is_single {
        quote!(#(#saves)*)
    } else {
        quote!(api::Value::tuple([#(#saves),*]))
    }
}

fn restore_parts<'t>(
    types: impl ExactSizeIterator<Item = &'t Type>,
    saved: &TokenStream,
) -> Vec<TokenStream> {
    let count = types.len();
    let values = types.enumerate().map(|(place, ty)| {
        if count == 1 {
            return quote!(<#ty as api::state::Persist>::restore(#saved, report)?);
        }
        let name = format!("[{place}]");
        quote! {
            report.within(#name, |report| {
                let items = api::state::tuple_items(#saved, #count)?;
                <#ty as api::state::Persist>::restore(&items[#place], report)
            })?
        }
    });
    values.collect()
}

fn describe_variants(data: &DataEnum) -> Result<TokenStream> {
    let mut lines = Vec::new();
    for variant in &data.variants {
        let mut text = plain_name(&variant.ident);
        if let Some((_, discriminant)) = &variant.discriminant {
            text = format!("{text}={}", expression_text(discriminant));
        }
        lines.push(quote!(layout.variant(#text);));
        for field in variant_fields(variant)? {
            let (name, ty) = (&field.name, &field.ty);
            lines.push(quote!(layout.part::<#ty>(#name);));
        }
    }
    Ok(quote!(#(#lines)*))
}

fn variant_fields(variant: &Variant) -> Result<Vec<Field>> {
    let fields = named_fields(&variant.fields)?;
    match fields.iter().find(|field| field.skip) {
        Some(field) => {
            let message = "a field of a variant is always saved: leave out `skip`";
            Err(Error::new_spanned(&field.ty, message))
        }
        None => Ok(fields),
    }
}

/// `save` and the body of `restore` of an enum.
fn variants(data: &DataEnum) -> Result<(TokenStream, TokenStream)> {
    let mut saves = Vec::new();
    let mut restores = Vec::new();
    for variant in &data.variants {
        let (ident, name) = (&variant.ident, plain_name(&variant.ident));
        let fields = variant_fields(variant)?;
        let locals: Vec<Ident> = (0..fields.len())
            .map(|place| format_ident!("part_{place}"))
            .collect();
        let places = fields.iter().map(|field| &field.ident);
        let pattern = quote!(Self::#ident { #(#places: #locals),* });
        let restored = match &variant.fields {
            Fields::Unit => {
                saves.push(quote! {
                    Self::#ident => api::state::enum_value(#name, ::core::option::Option::None)
                });
                quote!(::core::result::Result::Ok(Self::#ident))
            }
            Fields::Unnamed(_) => {
                let parts = save_parts(locals.iter().map(|local| quote!(#local)));
                saves.push(quote! {
                    #pattern => api::state::enum_value(#name, ::core::option::Option::Some(#parts))
                });
                let types = fields.iter().map(|field| &field.ty);
                let values = restore_parts(types, &quote!(saved));
                quote!(::core::result::Result::Ok(Self::#ident(#(#values),*)))
            }
            Fields::Named(_) => {
                let names = fields.iter().map(|field| &field.name);
                saves.push(quote! {
                    #pattern => api::state::enum_value(#name, ::core::option::Option::Some(
                        api::state::fields_value([
                            #((#names, api::state::Persist::save(#locals))),*
                        ])?
                    ))
                });
                restore_fields(&fields, &quote!(Self::#ident))
            }
        };
        restores.push(quote!(#name => report.within(#name, |report| { #restored })));
    }
    let is_empty = data.variants.is_empty();
    let saved = if is_empty {
        quote!(match *self {})
    } else {
        quote!(::core::result::Result::Ok(match self { #(#saves),* }))
    };
    let save = quote! {
        fn save(&self) -> ::core::result::Result<api::Value, api::state::Misfit> {
            #saved
        }
    };
    let restore = quote! {
        let (variant, saved) = api::state::variant_of(saved)?;
        match variant {
            #(#restores,)*
            other => ::core::result::Result::Err(api::state::Misfit::new(
                ::std::format!("there is no variant {other}"),
            )),
        }
    };
    Ok((save, restore))
}
