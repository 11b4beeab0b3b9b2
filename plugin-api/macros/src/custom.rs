//! The attributes of custom filters and tags: the exported wrapper and descriptor of each.

use hotplate_plugin_attributes::{
    Custom, Filter, Kind, Parameter, Returned, Role, Tag, TagKind, has_further_attributes,
    read_attribute, strip,
};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{ItemFn, Result, Type};

use crate::plugin_fn::{History, register, with_static_lifetimes};
use crate::{source_hash, state};

pub(crate) fn expand(kind: Kind, arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut function: ItemFn = syn::parse2(item)?;
    let hash = source_hash(&quote!(#arguments #function));
    // A function with several attributes of ours is one unit under each.
    let mut history = History::take(&mut function.clone())?;
    if !has_further_attributes(&function) {
        History::take(&mut function)?;
    }
    let custom = read_attribute(kind, arguments, &function)?;
    let (library, name, separator) = match &custom {
        Custom::Filter(filter) => (&filter.library, &filter.name, "|"),
        Custom::Tag(tag) => (&tag.library, &tag.name, "."),
    };
    let (entry, descriptor) = match &custom {
        Custom::Filter(filter) => (
            filter_entry(filter, &function)?,
            quote!(__custom::api::UnitEntry::Filter(__custom::api::tag::FilterEntry {
                call: __custom::api::tag::FilterCode(__entry),
                library: RStr::from_str(LIBRARY),
                name: RStr::from_str(#name),
                states: RSlice::from_slice(STATES),
            })),
        ),
        Custom::Tag(tag) => (
            tag_entry(tag, &function)?,
            quote!(__custom::api::UnitEntry::Tag(__custom::api::tag::TagEntry {
                call: __custom::api::tag::TagCode(__entry),
                library: RStr::from_str(LIBRARY),
                name: RStr::from_str(#name),
                states: RSlice::from_slice(STATES),
            })),
        ),
    };
    let library = match library {
        Some(library) => quote!(#library),
        None => quote!({
            const BYTES: [u8; __custom::names::library_length(module_path!())] =
                __custom::names::library(module_path!());
            __custom::names::text(&BYTES)
        }),
    };
    let parameters = match &custom {
        Custom::Filter(filter) => &filter.parameters,
        Custom::Tag(tag) => &tag.parameters,
    };
    let states = state_uses(parameters)?;
    let function = strip(&function);
    // In templates, a name without its library is one of the same library.
    let former = history.former_names.iter().map(|name| {
        quote!({
            const FORMER: &str = #name;
            const BYTES: [u8; LIBRARY.len() + #separator.len() + FORMER.len()] =
                __custom::names::join([LIBRARY, #separator, FORMER]);
            __custom::names::text(&BYTES)
        })
    });
    history.former_names = former.collect();

    let items = quote! {
        use ::hotplate_template_runtime::custom as __custom;
        use __custom::api::abi_stable::std_types::{RSlice, RStr};

        const STATES: &[__custom::api::state::StateUse] = &[#(#states),*];
        const LIBRARY: &str = #library;
        const UNIT_NAME: [u8; LIBRARY.len() + #separator.len() + #name.len()] =
            __custom::names::join([LIBRARY, #separator, #name]);

        #entry
    };
    let unit_name = quote!(__custom::names::text(&UNIT_NAME));
    let api = quote!(__custom::api);
    Ok(register(
        &function,
        &api,
        &items,
        &unit_name,
        &descriptor,
        hash,
        &history,
    ))
}

fn filter_entry(filter: &Filter, function: &ItemFn) -> Result<TokenStream> {
    let signature = signature(&filter.parameters, function);
    let arguments = Arguments::of(&filter.parameters)?;
    let holds = &arguments.holds;
    let result = arguments.call(&function.sig.ident, filter.returned, &quote!(Value::None));
    let local_time = filter.expects_localtime.then(|| {
        quote! {
            let __value = &__custom::local_time(__value, __frame)?;
        }
    });
    Ok(quote! {
        #signature

        extern "C" fn __entry(
            __data: __custom::api::unit::UnitData,
            __frame: &__custom::Frame<'_>,
            __value: &__custom::Value,
            __arguments: __custom::api::abi_stable::std_types::RSlice<'_, __custom::Value>,
        ) -> __custom::api::tag::Outcome {
            __custom::run_filter(__frame, || {
                #local_time
                let __given = ::core::iter::once(__value).chain(__arguments.as_slice());
                let __bound = SIGNATURE.bind(__given, ::core::iter::empty())?;
                #(#holds)*
                #result
            })
        }
    })
}

fn tag_entry(tag: &Tag, function: &ItemFn) -> Result<TokenStream> {
    let signature = signature(&tag.parameters, function);
    let arguments = Arguments::of(&tag.parameters)?;
    let holds = &arguments.holds;
    let nothing = match tag.kind {
        // What a full tag outputs is text; what a function without a result gives a
        // simple tag is `None`.
        TagKind::Full { .. } => quote!(Value::safe("")),
        _ => quote!(Value::None),
    };
    let result = arguments.call(&function.sig.ident, tag.returned, &nothing);
    let content = tag.has(Role::Content).then(|| {
        quote! {
            let __content = __custom::Value::safe(__context.render_body(0)?);
        }
    });
    let is_full = matches!(tag.kind, TagKind::Full { .. });
    let bind = if is_full && !takes_arguments(tag) {
        // It looks at its words itself.
        TokenStream::new()
    } else {
        quote! {
            let __bound = SIGNATURE.bind(__context.positional(), __context.keywords())?;
        }
    };
    let signature = if bind.is_empty() {
        TokenStream::new()
    } else {
        signature
    };
    Ok(quote! {
        #signature

        extern "C" fn __entry(
            __data: __custom::api::unit::UnitData,
            __frame: &mut __custom::Frame<'_>,
            __input: &__custom::api::tag::TagInput<'_>,
        ) -> __custom::api::tag::Outcome {
            __custom::run_tag(__frame, __input, |__context| {
                #content
                #bind
                #(#holds)*
                #result
            })
        }
    })
}

/// The state types that a function uses, as `StateUse`s.
fn state_uses(parameters: &[Parameter]) -> Result<Vec<TokenStream>> {
    let states = parameters.iter();
    let states = states.filter(|parameter| parameter.role == Role::State);
    let uses = states.map(|parameter| {
        let ty = state::referred(&syn::parse2(parameter.ty.clone())?)?;
        Ok(quote!(__custom::api::state::StateUse::shared::<#ty>()))
    });
    uses.collect()
}

fn takes_arguments(tag: &Tag) -> bool {
    let implicit = |parameter: &Parameter| {
        matches!(parameter.role, Role::Context | Role::Content | Role::State)
    };
    !tag.parameters.iter().all(implicit)
}

/// The constant that arguments are bound by.
fn signature(parameters: &[Parameter], function: &ItemFn) -> TokenStream {
    let name = hotplate_plugin_attributes::plain_name(&function.sig.ident);
    let arguments = |role: Role| {
        let parameters = parameters.iter();
        let parameters = parameters.filter(move |parameter| parameter.role == role);
        parameters.map(|parameter| {
            let (name, optional) = (&parameter.name, parameter.has_default());
            quote!(__custom::Argument { name: #name, optional: #optional })
        })
    };
    let positional = arguments(Role::Positional);
    let keyword = arguments(Role::Keyword);
    let has = |role: Role| parameters.iter().any(|parameter| parameter.role == role);
    let (args, kwargs) = (has(Role::Args), has(Role::Kwargs));
    let implicit = [Role::Context, Role::Content];
    let implicit = implicit.into_iter().filter(|role| has(*role)).count();
    quote! {
        const SIGNATURE: __custom::Signature = __custom::Signature {
            function: #name,
            implicit: #implicit,
            positional: &[#(#positional),*],
            args: #args,
            keyword: &[#(#keyword),*],
            kwargs: #kwargs,
        };
    }
}

/// How a function's arguments are made.
struct Arguments {
    /// Statements that make what the arguments borrow from.
    holds: Vec<TokenStream>,
    /// The arguments in order.
    gives: Vec<TokenStream>,
}

impl Arguments {
    fn of(parameters: &[Parameter]) -> Result<Self> {
        let positional = |parameter: &&Parameter| parameter.role == Role::Positional;
        let mut next_positional = 0_usize;
        let mut next_keyword = parameters.iter().filter(positional).count();
        let mut arguments = Self {
            holds: Vec::new(),
            gives: Vec::new(),
        };
        let mut next_state = 0_usize;
        for (place, parameter) in parameters.iter().enumerate() {
            let held = format_ident!("__held_{place}");
            let source = match parameter.role {
                Role::Context => {
                    arguments.gives.push(quote!(__context));
                    continue;
                }
                Role::Frame => {
                    arguments.gives.push(quote!(__frame));
                    continue;
                }
                Role::Autoescape => {
                    arguments.gives.push(quote!(__frame.autoescape));
                    continue;
                }
                Role::State => {
                    let ty = state::referred(&syn::parse2(parameter.ty.clone())?)?;
                    let api = quote!(__custom::api);
                    let given = state::shared(&api, &ty, &quote!(__data), next_state);
                    arguments.gives.push(given);
                    next_state += 1;
                    continue;
                }
                Role::Args => {
                    arguments.gives.push(quote!(&__bound.args));
                    continue;
                }
                Role::Kwargs => {
                    arguments.gives.push(quote!(&__bound.kwargs));
                    continue;
                }
                Role::Content => quote!(::core::option::Option::Some(&__content)),
                Role::Positional => {
                    let index = next_positional;
                    next_positional += 1;
                    quote!(__bound.value(#index))
                }
                Role::Keyword => {
                    let index = next_keyword;
                    next_keyword += 1;
                    quote!(__bound.value(#index))
                }
            };
            let ty = syn::parse2::<Type>(parameter.ty.clone())?;
            let ty = with_static_lifetimes(&ty);
            let hold = hold(&held, &ty, &source, parameter, place);
            arguments.holds.push(hold);
            arguments
                .gives
                .push(quote!(<#ty as __custom::Argumented>::give(&mut #held)));
        }
        Ok(arguments)
    }

    /// Calls the function, and makes a result of the runtime of what it returns.
    fn call(&self, name: &Ident, returned: Returned, nothing: &TokenStream) -> TokenStream {
        let gives = &self.gives;
        let call = quote!(#name(#(#gives),*));
        let nothing = quote!(__custom::#nothing);
        let raise = quote! {
            ::core::result::Result::Err(error) => {
                #[allow(unused_imports)]
                use __custom::RaiseText as _;
                ::core::result::Result::Err(__custom::Raise(error).error())
            }
        };
        match returned {
            Returned::Nothing => quote! {
                #call;
                ::core::result::Result::Ok(#nothing)
            },
            Returned::Value => quote! {
                ::core::result::Result::Ok(__custom::Value::from(#call))
            },
            Returned::ResultOfNothing => quote! {
                match #call {
                    ::core::result::Result::Ok(()) => ::core::result::Result::Ok(#nothing),
                    #raise
                }
            },
            Returned::Result => quote! {
                match #call {
                    ::core::result::Result::Ok(value) => {
                        ::core::result::Result::Ok(__custom::Value::from(value))
                    }
                    #raise
                }
            },
        }
    }
}

/// A statement that makes what a parameter borrows from.
fn hold(
    held: &Ident,
    ty: &Type,
    source: &TokenStream,
    parameter: &Parameter,
    place: usize,
) -> TokenStream {
    if let Some(default) = &parameter.default {
        let fallback = format_ident!("__default_{place}");
        return quote! {
            let #fallback;
            let mut #held = <#ty as __custom::Argumented>::hold(match #source {
                ::core::option::Option::Some(given) => given,
                ::core::option::Option::None => {
                    #fallback = __custom::Value::from(#default);
                    &#fallback
                }
            })?;
        };
    }
    quote! {
        let mut #held = __custom::hold::<#ty>(#source)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(kind: Kind, arguments: &str, item: &str) -> Result<String> {
        let arguments: TokenStream = arguments.parse()?;
        let item: TokenStream = item.parse()?;
        let tokens = expand(kind, arguments, item)?;
        // What is expanded to is Rust.
        syn::parse2::<syn::File>(tokens.clone())?;
        Ok(spaceless(&tokens.to_string()))
    }

    /// How much space there is between tokens is nobody's promise.
    fn spaceless(text: &str) -> String {
        text.split_whitespace().collect()
    }

    /// The expansion has all of these pieces.
    fn check(kind: Kind, arguments: &str, item: &str, expected: &[&str]) {
        let found = expanded(kind, arguments, item).unwrap_or_else(|error| panic!("{error}"));
        for piece in expected {
            assert!(found.contains(&spaceless(piece)), "no {piece} in {found}");
        }
    }

    #[test]
    fn filters_become_units() {
        check(
            Kind::Filter,
            "library = \"shop\", needs_autoescape, expects_localtime",
            "fn cut(value: &str, #[default(\"x\")] arg: &str, autoescape: bool) -> String {}",
            &[
                "fn cut(value: &str, arg: &str, autoescape: bool) -> String {}",
                "const LIBRARY: &str = \"shop\"",
                "__custom::Argument { name: \"arg\", optional: true }",
                "let __value = &__custom::local_time(__value, __frame)?;",
                "default_1 = __custom::Value::from(\"x\");",
                "<&'static str as __custom::Argumented>::give(&mut __held_1), __frame.autoescape)",
            ],
        );
    }

    #[test]
    fn tags_become_units() {
        check(
            Kind::SimpleBlockTag,
            "takes_context",
            "fn a(context: &mut TagContext<'_, '_>, content: &str, #[args] rest: &[Value],
                #[kwargs] more: &[(String, Value)]) -> Result<String, Exception> {}",
            &[
                "implicit: 2usize",
                "args: true, keyword: &[], kwargs: true",
                "let __content = __custom::Value::safe(__context.render_body(0)?);",
                "a(__context, <&'static str as __custom::Argumented>::give(&mut __held_1), \
                 &__bound.args, &__bound.kwargs)",
            ],
        );
        check(
            Kind::Tag,
            "",
            "fn a(context: &mut TagContext<'_, '_>) {}",
            &["a(__context); ::core::result::Result::Ok(__custom::Value::safe(\"\"))"],
        );
    }

    #[test]
    fn attributes_of_parameters_stay_for_the_next_attribute() {
        let item = "#[simple_tag(name = \"b\")] fn a(#[default(1)] one: i64) -> i64 {}";
        check(Kind::SimpleTag, "", item, &["#[default(1)] one: i64"]);
    }

    #[test]
    fn the_hash_changes_with_meaning_alone() {
        let hash = |arguments: &str, item: &str| {
            let found = expanded(Kind::Filter, arguments, item).expect("it is correct");
            let (_, rest) = found.split_once("source_hash:").expect("it has a hash");
            rest.split(',').next().map(str::to_owned)
        };
        let plain = hash("", "fn a(value: &str) -> i64 { 1 }");
        assert_eq!(
            plain,
            hash("", "fn a(value: &str)   -> i64 { /* one */ 1 }")
        );
        assert_ne!(plain, hash("", "fn a(value: &str) -> i64 { 2 }"));
        assert_ne!(plain, hash("is_safe", "fn a(value: &str) -> i64 { 1 }"));
    }

    #[test]
    fn mistakes_are_errors_with_advice() {
        let error = expanded(Kind::Filter, "", "fn a() {}").expect_err("it has no value");
        assert!(error.to_string().contains("add a parameter"), "{error}");
    }
}
