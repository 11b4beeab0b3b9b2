//! `#[state]` on structs and on parameters, and `#[instance]` on parameters.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Fields, FnArg, GenericParam, ItemFn, Lit, LitStr,
    Meta, PatType, Path, Result, Type,
};

use crate::persist::{self, FieldOptions};
use crate::plugin_fn::with_static_lifetimes;

/// What stands in the parentheses.
struct Options {
    name: Option<LitStr>,
    version: u32,
    migrate: Option<Path>,
}

impl Options {
    fn parse(arguments: TokenStream) -> Result<Self> {
        let mut options = Self {
            name: None,
            version: 1,
            migrate: None,
        };
        let parser = syn::meta::parser(|meta| {
            if meta.path.is_ident("name") {
                options.name = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("version") {
                let version: syn::LitInt = meta.value()?.parse()?;
                options.version = version.base10_parse()?;
            } else if meta.path.is_ident("migrate") {
                options.migrate = Some(meta.value()?.parse()?);
            } else {
                return Err(meta.error("the options are `name`, `version` and `migrate`"));
            }
            Ok(())
        });
        syn::parse::Parser::parse2(parser, arguments)?;
        Ok(options)
    }
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = Options::parse(arguments)?;
    let mut input: DeriveInput = syn::parse2(item)?;
    let Data::Struct(data) = &mut input.data else {
        let message = "state is a struct; put the enum into a field of one";
        return Err(Error::new_spanned(&input.ident, message));
    };
    if let Some(parameter) = input.generics.params.first() {
        let message = match parameter {
            GenericParam::Lifetime(_) => "state lives in the host: own what it refers to",
            _ => "state cannot be generic: name the types",
        };
        return Err(Error::new_spanned(parameter, message));
    }
    if let Fields::Unnamed(fields) = &data.fields {
        let message = "state is carried over by the names of its fields: give them names";
        return Err(Error::new_spanned(fields, message));
    }
    let fields = persist::named_fields(&data.fields)?;
    for field in &mut data.fields {
        field.attrs.retain(|attribute| !FieldOptions::is(attribute));
    }

    let name = &input.ident;
    let plain = hotplate_plugin_attributes::plain_name(name);
    let known_as = options
        .name
        .map_or_else(|| plain.clone(), |name| name.value());
    let version = options.version;
    let describe = persist::describe_struct(&plain, &input.attrs, &fields);
    let save = persist::save_struct(&fields);
    let carries = fields.iter().map(|field| {
        let (ident, name) = (&field.ident, &field.name);
        if field.skip {
            quote!(saved.note_skipped(#name);)
        } else {
            quote!(saved.carry(#name, &mut state.#ident)?;)
        }
    });
    let migrate = options.migrate.map(|migrate| {
        quote! {
            fn migrate(
                from: u32,
                saved: &mut api::state::Saved<'_>,
            ) -> ::core::result::Result<Self, api::state::Misfit> {
                #migrate(from, saved).map_err(api::state::Misfit::new)
            }
        }
    });
    Ok(quote! {
        #input

        #[allow(unsafe_code)]
        const _: () = {
            use ::hotplate_plugin_api as api;
            use api::abi_stable::std_types::RStr;

            impl api::state::Persist for #name {
                #describe
                #save

                fn restore(
                    saved: &api::Value,
                    report: &mut api::state::Report,
                ) -> ::core::result::Result<Self, api::state::Misfit> {
                    let mut saved = api::state::Saved::of(saved, report)?;
                    let state = <Self as api::state::State>::by_name(&mut saved)?;
                    saved.finish();
                    ::core::result::Result::Ok(state)
                }
            }

            // SAFETY: duty 1 of `State`.
            unsafe impl api::state::State for #name {
                const DESCRIPTOR: &'static api::state::StateDescriptor =
                    &api::state::StateDescriptor::of::<Self>(
                        #known_as,
                        module_path!(),
                        #version,
                        api::SourcePosition {
                            file: RStr::from_str(file!()),
                            line: line!(),
                            column: column!(),
                        },
                    );

                #[allow(unused_mut, unused_variables)]
                fn by_name(
                    saved: &mut api::state::Saved<'_>,
                ) -> ::core::result::Result<Self, api::state::Misfit> {
                    let mut state = <Self as ::core::default::Default>::default();
                    #(#carries)*
                    ::core::result::Result::Ok(state)
                }

                #migrate
            }
        };
    })
}

/// What a parameter of a function is given in place of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The plugin's one object of the type.
    Shared,
    /// The object that the method is called on.
    Receiver,
}

impl Role {
    fn of(attribute: &Attribute) -> Option<Self> {
        let path = attribute.path();
        if path.is_ident("state") {
            Some(Self::Shared)
        } else if path.is_ident("instance") {
            Some(Self::Receiver)
        } else {
            None
        }
    }
}

/// What the attributes of a parameter say that it is.
pub(crate) fn role(parameter: &PatType) -> Result<Option<Role>> {
    let mut role = None;
    for attribute in &parameter.attrs {
        let Some(found) = Role::of(attribute) else {
            continue;
        };
        if !matches!(attribute.meta, Meta::Path(_)) {
            let message = "on a parameter, this attribute stands alone";
            return Err(Error::new(attribute.span(), message));
        }
        if role.replace(found).is_some() {
            let message = "a parameter is either #[state] or #[instance]: leave one out";
            return Err(Error::new(attribute.span(), message));
        }
    }
    Ok(role)
}

/// The type that a parameter for state refers to.
pub(crate) fn referred(ty: &Type) -> Result<Type> {
    match ty {
        Type::Reference(reference) if reference.mutability.is_none() => {
            Ok(with_static_lifetimes(&reference.elem))
        }
        Type::Reference(reference) => {
            let message = "state is shared between calls: take `&`, and put what changes into \
                           an atomic or a Mutex";
            Err(Error::new(reference.span(), message))
        }
        other => {
            let message = "state stays with the host: take a reference to it";
            Err(Error::new(other.span(), message))
        }
    }
}

/// The expression for a parameter marked `#[state]`.
pub(crate) fn shared(
    api: &TokenStream,
    ty: &Type,
    data: &TokenStream,
    index: usize,
) -> TokenStream {
    quote! {
        // SAFETY: duty 1 of `shared`: the entry's list has this use at this place, and who
        // calls the entry hands over what it was bound to.
        unsafe { #api::state::shared::<#ty>(&#data, #index) }
    }
}

/// The statement that makes a parameter marked `#[instance]` of its argument.
pub(crate) fn receiver(ty: &Type, index: usize, argument: &Ident) -> TokenStream {
    quote! {
        // SAFETY: duty 1 of `receiver`, as for state.
        let ::core::option::Option::Some(#argument) = (unsafe {
            api::state::receiver::<#ty>(data, #index, #argument, failure)
        }) else {
            return api::Status::Failed;
        };
    }
}

/// The function without the attributes that only mean something here.
pub(crate) fn strip(function: &ItemFn) -> ItemFn {
    let mut function = function.clone();
    for input in &mut function.sig.inputs {
        if let FnArg::Typed(parameter) = input {
            parameter
                .attrs
                .retain(|attribute| Role::of(attribute).is_none());
        }
    }
    function
}

/// The text of a discriminant or of another expression.
pub(crate) fn expression_text(expression: &Expr) -> String {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_digits().to_owned(),
            _ => quote!(#expression).to_string(),
        },
        _ => quote!(#expression).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(arguments: &str, item: &str) -> Result<String> {
        let tokens = expand(arguments.parse()?, item.parse()?)?;
        // What is expanded to is Rust.
        syn::parse2::<syn::File>(tokens.clone())?;
        Ok(tokens.to_string().split_whitespace().collect())
    }

    #[test]
    fn a_struct_becomes_state() {
        let item = "pub struct Counter { hits: AtomicU64, #[persist(skip)] cache: Cache }";
        let text = expanded("version = 3, migrate = old, name = \"Count\"", item);
        let text = text.expect("it is correct");
        for piece in [
            "pubstructCounter{hits:AtomicU64,cache:Cache}",
            "layout.field::<AtomicU64>(\"hits\",::core::mem::offset_of!(Self,hits));",
            "layout.skipped::<Cache>(\"cache\",::core::mem::offset_of!(Self,cache));",
            "saved.carry(\"hits\",&mutstate.hits)?;saved.note_skipped(\"cache\");",
            "StateDescriptor::of::<Self>(\"Count\",module_path!(),3u32,",
            "old(from,saved).map_err(api::state::Misfit::new)",
        ] {
            assert!(text.contains(piece), "no {piece} in {text}");
        }
    }

    #[test]
    fn mistakes_are_errors_with_advice() {
        for (arguments, item, advice) in [
            ("", "enum A { B }", "into a field of one"),
            ("", "struct A<T> { a: T }", "name the types"),
            ("", "struct A<'a> { a: &'a str }", "own what it refers to"),
            ("", "struct A(u8);", "give them names"),
            (
                "",
                "struct A { #[persist(keep)] a: u8 }",
                "one option: skip",
            ),
            ("size = 1", "struct A;", "`name`, `version` and `migrate`"),
        ] {
            let error = expanded(arguments, item).expect_err(item).to_string();
            assert!(error.contains(advice), "{item}: {error}");
        }
        for (parameter, advice) in [
            ("#[state] a: &mut A", "a Mutex"),
            ("#[state] a: A", "take a reference"),
            ("#[state] #[instance] a: &A", "leave one out"),
            ("#[state(1)] a: &A", "stands alone"),
        ] {
            let function = format!("fn f({parameter}) {{}}").parse().expect("tokens");
            let error = crate::plugin_fn::expand(TokenStream::new(), function);
            let error = error.expect_err(parameter).to_string();
            assert!(error.contains(advice), "{parameter}: {error}");
        }
    }

    #[test]
    fn callers_do_not_see_state() {
        let function = "fn f(#[state] a: &A, b: u64, #[instance] c: &C) -> u64 { b }";
        let function = function.parse().expect("tokens");
        let tokens = crate::plugin_fn::expand(TokenStream::new(), function).expect("it is correct");
        let text: String = tokens.to_string().split_whitespace().collect();
        for piece in [
            "fnf(a:&A,b:u64,c:&C)->u64{b}",
            "staticPARAMETERS:[api::signature::ParameterDescriptor;2usize]",
            "StateUse::shared::<A>(),api::state::StateUse::receiver::<C>()",
            "api::state::receiver::<C>(data,1usize,argument_1,failure)",
        ] {
            assert!(text.contains(piece), "no {piece} in {text}");
        }
    }
}
