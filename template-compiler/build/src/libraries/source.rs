//! Finds the attributes of filters and tags in a Rust file.
//!
//! Only what is needed is parsed: the items of modules are told apart by their tokens,
//! and of a function with one of the attributes, the signature is read. So a mistake in
//! a function's body, which the crate's compiler tells better, does not matter here, and
//! no text is nested too deeply.

use std::str::FromStr;

use hotplate_plugin_attributes::{Custom, Kind, read as read_function};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::ItemFn;

use crate::items::{Item, Mistake, items};

/// What a file has.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Filters and tags, each with the modules that it stands in.
    pub(super) customs: Vec<(Vec<String>, Custom)>,
    /// What could not be read.
    pub(super) mistakes: Vec<Mistake>,
}

/// A function's signature is not longer.
const SIGNATURE_LIMIT: usize = 4_000;

/// Reads the text of a file that is the module of this path.
pub(super) fn read(text: &str, modules: Vec<String>) -> Found {
    let mut found = Found::default();
    if !mentions_attribute(text) {
        return found;
    }
    let tokens = match TokenStream::from_str(text) {
        Ok(tokens) => tokens,
        Err(error) => {
            let message = format!("this is no Rust: {error}");
            found.mistakes.push(Mistake::new(error.span(), message));
            return found;
        }
    };
    let mut pending = vec![(tokens, modules)];
    while let Some((tokens, modules)) = pending.pop() {
        for item in items(tokens) {
            if item.is_for_tests() {
                continue;
            }
            if let Some((name, body)) = item.module() {
                let inside = [modules.as_slice(), &[name]].concat();
                pending.push((body, inside));
            } else if has_attribute(&item) {
                match function(item).and_then(|function| read_function(&function)) {
                    Ok(customs) => {
                        let customs = customs.into_iter();
                        found
                            .customs
                            .extend(customs.map(|custom| (modules.clone(), custom)));
                    }
                    Err(error) => {
                        let mistake = Mistake::new(error.span(), error.to_string());
                        found.mistakes.push(mistake);
                    }
                }
            }
        }
    }
    found
}

/// Most files have no attribute, and need not be looked at.
fn mentions_attribute(text: &str) -> bool {
    ["#[filter", "::filter", "#[tag", "::tag", "_tag"]
        .iter()
        .any(|part| text.contains(part))
}

/// Whether an item may have one of the attributes of filters and tags.
fn has_attribute(item: &Item) -> bool {
    let is_ours = |name: &Ident| Kind::ALL.iter().any(|kind| name == kind.name());
    let is_function = |token: &TokenTree| matches!(token, TokenTree::Ident(name) if name == "fn");
    item.body.is_some()
        && item.tokens.iter().any(is_function)
        && item.attributes.iter().any(|attribute| {
            let tokens = attribute.stream().into_iter();
            // Of `path::name(…)`, what is before the parentheses.
            let mut path = tokens.take_while(|token| !matches!(token, TokenTree::Group(_)));
            path.any(|token| matches!(token, TokenTree::Ident(name) if is_ours(&name)))
        })
}

/// A function without what stands in its body.
fn function(item: Item) -> syn::Result<ItemFn> {
    if item.tokens.len() > SIGNATURE_LIMIT {
        return Err(syn::Error::new(item.start(), "this signature is too long"));
    }
    let body = Group::new(Delimiter::Brace, TokenStream::new());
    syn::parse2(item.into_tokens(TokenTree::Group(body)))
}
