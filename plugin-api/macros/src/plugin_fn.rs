//! `#[plugin_fn]`: the exported wrapper and descriptor of a function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemFn, Lifetime, Pat, Result, ReturnType, Type, TypePath};

use crate::source_hash;
use crate::state::{self, Role};
use hotplate_plugin_attributes::take_former_names;

/// How many parameters a function may have that can be called with values.
const MOST_VALUES: usize = 8;

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new(
            arguments.span(),
            "#[plugin_fn] takes no arguments",
        ));
    }
    let mut function: ItemFn = syn::parse2(item)?;
    reject_what_cannot_cross("#[plugin_fn]", &function)?;
    let history = History::take(&mut function)?;

    let name = &function.sig.ident;
    let unit_name = name.to_string();
    let unit_name = unit_name.trim_start_matches("r#");
    let entry = format_ident!("__hotplate_entry_{unit_name}");
    let hash = source_hash(&quote!(#function));

    let mut names = Vec::new();
    let mut types = Vec::new();
    let mut uses = Vec::new();
    let mut receivers = Vec::new();
    let mut locals = Vec::new();
    let mut arguments = Vec::new();
    let api = quote!(api);
    for input in &function.sig.inputs {
        let FnArg::Typed(parameter) = input else {
            return Err(Error::new(
                input.span(),
                "a method cannot be a #[plugin_fn]",
            ));
        };
        let role = state::role(parameter)?;
        let index = uses.len();
        if role == Some(Role::Shared) {
            let ty = state::referred(&parameter.ty)?;
            uses.push(quote!(api::state::StateUse::shared::<#ty>()));
            arguments.push(state::shared(&api, &ty, &quote!(data), index));
            continue;
        }
        names.push(match &*parameter.pat {
            Pat::Ident(ident) => ident.ident.to_string(),
            _ => String::new(),
        });
        let local = format_ident!("argument_{}", locals.len());
        if role == Some(Role::Receiver) {
            let ty = state::referred(&parameter.ty)?;
            uses.push(quote!(api::state::StateUse::receiver::<#ty>()));
            receivers.push(state::receiver(&ty, index, &local));
            types.push(quote!(api::state::Receiver));
            arguments.push(quote!(#local));
        } else {
            let ty = with_static_lifetimes(&parameter.ty);
            arguments.push(quote!(<#ty as api::Parameter>::from_abi(#local)));
            types.push(quote!(#ty));
        }
        locals.push(local);
    }
    let stripped = state::strip(&function);

    let (returned, body) = match result_type(&function.sig.output) {
        Returned::Nothing => (
            quote!(()),
            quote!(api::call::infallible(#name(#(#arguments),*))),
        ),
        Returned::Plain(ty) => (
            quote!(#ty),
            quote!(api::call::infallible(#name(#(#arguments),*))),
        ),
        Returned::Result(ty) => (quote!(#ty), quote!(#name(#(#arguments),*))),
    };
    let parameter_count = types.len();
    let use_count = uses.len();

    let items = quote! {
        use ::hotplate_plugin_api as api;
        use api::abi_stable::std_types::{RSlice, RStr};

        unsafe extern "C" fn #entry(
            data: api::unit::UnitData,
            failure: api::Failure<'_>,
            #(#locals: <#types as api::Parameter>::Abi<'_>,)*
            result: *mut <#returned as api::Returned>::Abi,
        ) -> api::Status {
            let _ = data;
            #(#receivers)*
            let body = move || #body;
            // SAFETY: the caller keeps the contract of `CallEntry` for the signature
            // below, whose result is this type.
            unsafe { api::call::run::<#returned, _>(result, failure, body) }
        }

        static PARAMETERS: [api::signature::ParameterDescriptor; #parameter_count] = [#(
            api::signature::ParameterDescriptor {
                name: RStr::from_str(#names),
                layout: <#types as api::Parameter>::layout,
            }
        ),*];

        static STATES: [api::state::StateUse; #use_count] = [#(#uses),*];
    };
    let values = if parameter_count > MOST_VALUES {
        quote!(api::abi_stable::std_types::ROption::RNone)
    } else {
        quote! {
            api::abi_stable::std_types::ROption::RSome(
                api::values::ValuesEntry::of::<(#(#types,)*), #returned>()
            )
        }
    };
    let call = erased(&entry);
    let unit = quote! {
        api::UnitEntry::Function(api::unit::FunctionEntry {
            call: #call,
            signature: api::signature::Signature {
                parameters: RSlice::from_slice(&PARAMETERS),
                returned: <#returned as api::Returned>::layout,
            },
            values: #values,
            states: RSlice::from_slice(&STATES),
            returns: match <#returned as api::Returned>::INSTANCE {
                ::core::option::Option::Some(descriptor) => {
                    api::abi_stable::std_types::ROption::RSome(descriptor)
                }
                ::core::option::Option::None => api::abi_stable::std_types::ROption::RNone,
            },
        })
    };
    let unit_name = quote!(#unit_name);
    let api = quote!(api);
    Ok(register(
        &stripped, &api, &items, &unit_name, &unit, hash, &history,
    ))
}

/// An entry without its type, as `CallEntry`.
pub(crate) fn erased(entry: &Ident) -> TokenStream {
    quote! {
        // SAFETY: both are pointers to functions; who calls this one gives it its type
        // back, by the contract of the unit's entry.
        api::call::CallEntry(unsafe {
            ::core::mem::transmute::<*const (), unsafe extern "C" fn()>(#entry as *const ())
        })
    }
}

/// A function, and the descriptor of its unit in the section that the host reads, with the
/// `items` that it refers to. `api` is the path of `hotplate-plugin-api` among them, `name` a constant
/// expression.
pub(crate) fn register(
    function: &ItemFn,
    api: &TokenStream,
    items: &TokenStream,
    name: &TokenStream,
    entry: &TokenStream,
    hash: u64,
    history: &History,
) -> TokenStream {
    let History {
        former_names,
        end_line,
    } = history;
    let former_count = former_names.len();
    let text = quote!(#api::abi_stable::std_types::RStr::from_str);
    quote! {
        #function

        #[allow(unsafe_code, non_snake_case, improper_ctypes_definitions)]
        const _: () = {
            #items

            static FORMER_NAMES: [#api::abi_stable::std_types::RStr<'static>; #former_count] =
                [#(#text(#former_names)),*];

            #[used]
            #[unsafe(link_section = "hotplate_units")]
            static UNIT: #api::UnitDescriptor = #api::UnitDescriptor {
                module_path: #text(module_path!()),
                name: #text(#name),
                entry: #entry,
                data: #api::unit::UnitData::NONE,
                source_hash: #hash,
                source: #api::SourcePosition {
                    file: #text(file!()),
                    line: line!(),
                    column: column!(),
                },
                sites: #api::abi_stable::std_types::RSlice::EMPTY,
                end_line: #end_line,
                references: #api::abi_stable::std_types::RSlice::EMPTY,
                renamed_from: #api::abi_stable::std_types::RSlice::from_slice(&FORMER_NAMES),
                bound: #api::abi_stable::std_types::ROption::RNone,
            };
        };
    }
}

/// What a unit's source says besides its code.
pub(crate) struct History {
    /// The names that it had before, as tokens of constants.
    pub(crate) former_names: Vec<TokenStream>,
    /// The line in which the function ends; 0 outside of the compiler.
    end_line: u32,
}

impl History {
    /// Takes the attributes `#[renamed_from = "…"]` off a function.
    pub(crate) fn take(function: &mut ItemFn) -> Result<Self> {
        let former_names = take_former_names(function)?;
        Ok(Self {
            former_names: former_names.iter().map(|name| quote!(#name)).collect(),
            end_line: end_line(function),
        })
    }
}

fn end_line(function: &ItemFn) -> u32 {
    if !proc_macro::is_available() {
        return 0;
    }
    let end = function.block.brace_token.span.close().unwrap().end();
    u32::try_from(end.line()).unwrap_or(0)
}

pub(crate) fn reject_what_cannot_cross(attribute: &str, function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    let mistake = if let Some(token) = &signature.asyncness {
        Some((
            token.span(),
            format!("an async function cannot be a {attribute}; block inside it"),
        ))
    } else if let Some(token) = &signature.unsafety {
        Some((
            token.span(),
            format!("an unsafe function cannot be a {attribute}: its callers are safe"),
        ))
    } else if let Some(variadic) = &signature.variadic {
        Some((
            variadic.span(),
            format!("a {attribute} has a fixed number of parameters"),
        ))
    } else {
        let types = signature.generics.params.iter();
        types
            .filter(|parameter| !matches!(parameter, syn::GenericParam::Lifetime(_)))
            .map(|parameter| {
                let message = format!("a {attribute} cannot be generic over types");
                (parameter.span(), message)
            })
            .next()
    };
    match mistake {
        Some((span, message)) => Err(Error::new(span, message)),
        None => Ok(()),
    }
}

pub(crate) enum Returned<'a> {
    Nothing,
    Plain(&'a Type),
    Result(&'a Type),
}

pub(crate) fn result_type(output: &ReturnType) -> Returned<'_> {
    let ReturnType::Type(_, ty) = output else {
        return Returned::Nothing;
    };
    if let Type::Path(TypePath { qself: None, path }) = &**ty
        && let Some(last) = path.segments.last()
        && last.ident == "Result"
        && let syn::PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(syn::GenericArgument::Type(value)) = arguments.args.first()
    {
        return Returned::Result(value);
    }
    Returned::Plain(ty)
}

/// The same type with every lifetime `'static`, to name a trait implementation.
pub(crate) fn with_static_lifetimes(ty: &Type) -> Type {
    struct Static;

    impl syn::visit_mut::VisitMut for Static {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            *lifetime = Lifetime::new("'static", lifetime.span());
        }

        fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
            reference.lifetime = Some(Lifetime::new("'static", Span::call_site()));
            syn::visit_mut::visit_type_reference_mut(self, reference);
        }
    }

    let mut ty = ty.clone();
    syn::visit_mut::VisitMut::visit_type_mut(&mut Static, &mut ty);
    ty
}
