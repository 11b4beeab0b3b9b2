//! The attributes of `hotplate-plugin-api`, which re-exports and documents them.

mod plugin_fn;

use proc_macro::TokenStream;

/// Makes an ordinary function a unit that a host can call and swap.
///
/// The function stays as it is and can still be called directly. Its parameters must
/// implement `Parameter` and its result `Returned`; it may also return
/// `Result<T, E>` with any `E: Display`, whose error reaches the caller as text.
/// A panic reaches the caller as an error with message and place.
///
/// ```ignore
/// #[plugin_fn]
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
