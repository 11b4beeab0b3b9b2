//! The attributes of plugins. `hotplate-plugin-api` re-exports the one for functions,
//! `hotplate-template-runtime` those for filters and tags.

mod canary;
mod context;
mod custom;
mod persist;
mod plugin_fn;
mod state;

use hotplate_plugin_attributes::{Derive, Kind};
use proc_macro::TokenStream;

/// Makes an ordinary function a unit that a host can call and swap.
///
/// The function stays as it is and can still be called directly. Its parameters must
/// implement `Parameter` and its result `Returned`; it may also return
/// `Result<T, E>` with any `E: Display`, whose error reaches the caller as text.
/// A panic reaches the caller as an error with message and place.
///
/// Callers do not see parameters marked `#[state]`, which are references to the plugin's own
/// state. One marked `#[instance]` is an object that a function of the plugin handed out
/// before.
///
/// ```ignore
/// #[plugin_fn]
/// pub fn greet(name: &str) -> String {
///     format!("Hello, {name}!")
/// }
/// ```
///
/// `#[renamed_from = "…"]` below it gives a name that the function had before: handles of that
/// name run this function from the swap on. It can stand there more than once, and can be
/// taken away again. Filters and tags have it, too.
///
/// ```ignore
/// #[plugin_fn]
/// #[renamed_from = "hello"]
/// pub fn greet(name: &str) -> String {
///     format!("Hello, {name}!")
/// }
/// ```
#[proc_macro_attribute]
pub fn plugin_fn(arguments: TokenStream, item: TokenStream) -> TokenStream {
    plugin_fn::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a struct state of the plugin: made once, by its `Default`, kept by the host across
/// swaps, and handed to functions by parameters marked `#[state]`.
///
/// ```ignore
/// #[state]
/// #[derive(Default)]
/// pub struct Counter {
///     hits: AtomicU64,
/// }
/// ```
///
/// The types of the fields implement `Persist`, and the struct is `Send` and `Sync`.
///
/// Options:
///
/// - `version = 2`: the version of what the fields mean; 1 if nothing is said. A build of
///   another version never takes over the object itself.
/// - `migrate = function`: makes the state of what another version saved; without it, fields
///   are carried over by name. It is a `fn(u32, &mut Saved<'_>) -> Result<Self, E>`.
/// - `name = "…"`: what the state is known by, if it is not the struct's name.
///
/// A field with `#[persist(skip)]` is not saved, and has its default again in each new build.
#[proc_macro_attribute]
pub fn state(arguments: TokenStream, item: TokenStream) -> TokenStream {
    state::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Lets a struct or an enum be part of a plugin's state.
///
/// ```ignore
/// #[derive(Persist)]
/// enum Move {
///     Pass,
///     To { x: u8, y: u8 },
/// }
/// ```
///
/// Fields are saved by their names. One that is new gets the default of its type, if it has
/// one; so does each time a field with `#[persist(skip)]`.
#[proc_macro_derive(Persist, attributes(persist))]
pub fn derive_persist(item: TokenStream) -> TokenStream {
    persist::expand(item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a function a check that a host runs on every candidate of this plugin, before it is
/// published: an error or a panic refuses the change set, and what served goes on serving.
///
/// The function takes nothing. It stays as it is and can be called by tests, too.
///
/// ```ignore
/// #[canary]
/// fn slugs_have_no_spaces() -> Result<(), String> {
///     let slug = slugify("a b");
///     if slug == "a-b" { Ok(()) } else { Err(format!("a b became {slug}")) }
/// }
///
/// /// The page must render with this.
/// #[canary(template = "index.html")]
/// fn front_page() -> Value {
///     context! { title: "Hello" }
/// }
/// ```
///
/// Option: `template = "…"`: the function gives a context, alone or in a `Result`, with which
/// the host renders this template.
#[proc_macro_attribute]
pub fn canary(arguments: TokenStream, item: TokenStream) -> TokenStream {
    canary::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a struct's fields readable by templates, without converting anything.
///
/// For the structs inside a context, or for one that is handed to a template as a whole. The
/// types of the fields must implement `Field`.
///
/// ```ignore
/// #[derive(Context)]
/// pub struct Author<'a> {
///     pub name: &'a str,
///     pub posts: u32,
/// }
/// ```
#[proc_macro_derive(Context)]
pub fn derive_context(item: TokenStream) -> TokenStream {
    derive(Derive::Context, item)
}

/// Makes a struct the context of a template: whoever compiles the template knows the
/// struct's fields, and reads them directly. Includes what `#[derive(Context)]` does.
///
/// The struct stands in a crate that the host and the plugin of the template share, and its
/// fields are public.
///
/// ```ignore
/// #[derive(Template)]
/// #[template(path = "article.html")]
/// pub struct Article<'a> {
///     pub title: &'a str,
///     pub author: Option<Author<'a>>,
///     pub tags: Vec<String>,
/// }
/// ```
#[proc_macro_derive(Template, attributes(template))]
pub fn derive_template(item: TokenStream) -> TokenStream {
    derive(Derive::Template, item)
}

fn derive(derive: Derive, item: TokenStream) -> TokenStream {
    context::expand(derive, item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a function a filter of a library.
///
/// Its first parameter is the value left of the bar; a second one is the argument after
/// the colon, which can be left out if it is an `Option` or has a `#[default(…)]`.
///
/// ```ignore
/// #[filter(is_safe)]
/// fn cut(value: &str, arg: &str) -> String {
///     value.replace(arg, "")
/// }
/// ```
///
/// Options:
///
/// - `name = "…"`: its name in templates, if it is not the function's;
/// - `library = "…"`: its library, if it is not the module that the function stands in;
/// - `is_safe`: the result is safe if the value was;
/// - `needs_autoescape`: a parameter `autoescape: bool` is told whether output is escaped;
/// - `expects_localtime`: an aware time comes in the current zone.
#[proc_macro_attribute]
pub fn filter(arguments: TokenStream, item: TokenStream) -> TokenStream {
    custom(Kind::Filter, arguments, item)
}

/// Makes a function a tag of a library whose result is escaped and written, or bound by
/// `as name`.
///
/// ```ignore
/// #[simple_tag]
/// fn greet(who: &str, #[default("Hello")] greeting: &str) -> String {
///     format!("{greeting}, {who}")
/// }
/// ```
///
/// Options: `name = "…"` and `library = "…"` as for [`macro@filter`]; `takes_context`: the first
/// parameter is `context: &mut TagContext<'_, '_>`.
#[proc_macro_attribute]
pub fn simple_tag(arguments: TokenStream, item: TokenStream) -> TokenStream {
    custom(Kind::SimpleTag, arguments, item)
}

/// Makes a function a tag with a closing tag. What stands between them is rendered and
/// handed over as the parameter `content`, which comes first, or after `context`.
///
/// ```ignore
/// #[simple_block_tag(end_name = "endnote")]
/// fn note(content: &str, #[default("info")] kind: &str) -> Value {
///     Value::safe(format!("<p class=\"{}\">{content}</p>", escape(kind)))
/// }
/// ```
///
/// Options: those of [`macro@simple_tag`]; `end_name = "…"`: the closing tag, if it is not
/// `end` and the tag's name.
#[proc_macro_attribute]
pub fn simple_block_tag(arguments: TokenStream, item: TokenStream) -> TokenStream {
    custom(Kind::SimpleBlockTag, arguments, item)
}

/// Makes a function a tag that renders a template with the function's result as context.
///
/// ```ignore
/// #[inclusion_tag("results.html")]
/// fn show_results(poll: &Value) -> Value {
///     context! { poll: poll.clone() }
/// }
/// ```
///
/// Options: the template's name, then those of [`macro@simple_tag`].
#[proc_macro_attribute]
pub fn inclusion_tag(arguments: TokenStream, item: TokenStream) -> TokenStream {
    custom(Kind::InclusionTag, arguments, item)
}

/// Makes a function a tag that does what it wants: it sees the context, may set names in
/// it, and renders its bodies if and as often as it wants. What it returns is written as
/// it is.
///
/// ```ignore
/// #[tag(end, parts("else"), reads(user))]
/// fn ifmember(context: &mut TagContext<'_, '_>) -> Result<String, Exception> {
///     let is_member = context.get("user").is_some_and(|user| truth(&user));
///     context.render_body(if is_member { 0 } else { 1 })
/// }
/// ```
///
/// The first parameter is `context: &mut TagContext<'_, '_>`. With further parameters, arguments are
/// checked and bound as for [`macro@simple_tag`]; without, the tag takes any words and looks at
/// them itself.
///
/// Options:
///
/// - `name = "…"` and `library = "…"` as for [`macro@filter`];
/// - `end` or `end = "…"`: it has a closing tag, `end` and its name or that one;
/// - `parts("else", …)`: tags that may divide its body;
/// - `reads(…)`, `writes(…)`: the names that it looks at and those that it sets. With
///   either, it sees no others, and the template around it keeps its names in local
///   variables; without, it sees the whole context.
#[proc_macro_attribute]
pub fn tag(arguments: TokenStream, item: TokenStream) -> TokenStream {
    custom(Kind::Tag, arguments, item)
}

fn custom(kind: Kind, arguments: TokenStream, item: TokenStream) -> TokenStream {
    custom::expand(kind, arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// FNV-1a over tokens: white space and comments do not count.
fn source_hash(tokens: &proc_macro2::TokenStream) -> u64 {
    let text = tokens.to_string();
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
