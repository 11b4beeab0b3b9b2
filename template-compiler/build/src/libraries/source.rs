//! Finds the attributes of filters and tags in a Rust file.
//!
//! Only what is needed is parsed: the items of modules are told apart by their tokens,
//! and of a function with one of the attributes, the signature is read. So a mistake in
//! a function's body, which the crate's compiler tells better, does not matter here, and
//! no text is nested too deeply.

use std::str::FromStr;

use hotplate_plugin_attributes::{Custom, Kind, read as read_function};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::ItemFn;

/// What a file has.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Filters and tags, each with the modules that it stands in.
    pub(super) customs: Vec<(Vec<String>, Custom)>,
    /// What could not be read.
    pub(super) mistakes: Vec<Mistake>,
}

/// A mistake and its place.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
}

impl Mistake {
    fn new(span: Span, message: String) -> Self {
        let start = span.start();
        Self {
            line: start.line,
            column: start.column + 1,
            message,
        }
    }
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
            } else if item.has_attribute() {
                match item
                    .function()
                    .and_then(|function| read_function(&function))
                {
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

/// An item: attributes, and what follows up to a semicolon or a body in braces.
#[derive(Default)]
struct Item {
    attributes: Vec<Group>,
    tokens: Vec<TokenTree>,
    body: Option<Group>,
}

fn items(tokens: TokenStream) -> Vec<Item> {
    let mut items = Vec::new();
    let mut item = Item::default();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' && item.tokens.is_empty() => {
                let is_inner =
                    matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '!');
                if is_inner {
                    tokens.next();
                }
                if let Some(TokenTree::Group(group)) = tokens.peek()
                    && group.delimiter() == Delimiter::Bracket
                {
                    if !is_inner {
                        item.attributes.push(group.clone());
                    }
                    tokens.next();
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => item = Item::default(),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                item.body = Some(group);
                items.push(std::mem::take(&mut item));
            }
            token => item.tokens.push(token),
        }
    }
    items
}

impl Item {
    /// Whether an attribute `#[cfg(test)]` stands before it.
    fn is_for_tests(&self) -> bool {
        self.attributes.iter().any(|attribute| {
            let mut tokens = attribute.stream().into_iter();
            let is_cfg = matches!(tokens.next(), Some(TokenTree::Ident(name)) if name == "cfg");
            is_cfg
                && matches!(tokens.next(), Some(TokenTree::Group(inside))
                    if inside.stream().to_string() == "test")
        })
    }

    /// Whether it may have one of the attributes of filters and tags.
    fn has_attribute(&self) -> bool {
        let is_ours = |name: &Ident| Kind::ALL.iter().any(|kind| name == kind.name());
        let is_function =
            |token: &TokenTree| matches!(token, TokenTree::Ident(name) if name == "fn");
        self.tokens.iter().any(is_function)
            && self.attributes.iter().any(|attribute| {
                let tokens = attribute.stream().into_iter();
                // Of `path::name(…)`, what is before the parentheses.
                let mut path = tokens.take_while(|token| !matches!(token, TokenTree::Group(_)));
                path.any(|token| matches!(token, TokenTree::Ident(name) if is_ours(&name)))
            })
    }

    /// A module's name and what stands in it.
    fn module(&self) -> Option<(String, TokenStream)> {
        let mut tokens = self.tokens.iter().rev();
        let (Some(TokenTree::Ident(name)), Some(TokenTree::Ident(keyword))) =
            (tokens.next(), tokens.next())
        else {
            return None;
        };
        let body = self.body.as_ref().filter(|_| keyword == "mod")?;
        Some((hotplate_plugin_attributes::plain_name(name), body.stream()))
    }

    /// The function without what stands in its body.
    fn function(self) -> syn::Result<ItemFn> {
        let start = self
            .tokens
            .first()
            .map_or_else(Span::call_site, TokenTree::span);
        if self.tokens.len() > SIGNATURE_LIMIT {
            return Err(syn::Error::new(start, "this signature is too long"));
        }
        let attributes = self.attributes.into_iter().flat_map(|attribute| {
            let hash = proc_macro2::Punct::new('#', proc_macro2::Spacing::Alone);
            [TokenTree::Punct(hash), TokenTree::Group(attribute)]
        });
        let body = Group::new(Delimiter::Brace, TokenStream::new());
        let tokens = attributes
            .chain(self.tokens)
            .chain([TokenTree::Group(body)]);
        syn::parse2(tokens.collect())
    }
}
