//! The items of a Rust file, told apart by their tokens.
//!
//! Only those that matter are parsed any further, so a mistake elsewhere, which the
//! crate's compiler tells better, does no harm here.

use proc_macro2::{Delimiter, Group, Punct, Spacing, Span, TokenStream, TokenTree};

/// A mistake and its place in a file.
#[derive(Debug, Clone)]
pub(crate) struct Mistake {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: String,
}

impl Mistake {
    pub(crate) fn new(span: Span, message: String) -> Self {
        let start = span.start();
        Self {
            line: start.line,
            column: start.column + 1,
            message,
        }
    }
}

/// An item: attributes, and what follows up to a semicolon or a body in braces.
#[derive(Default)]
pub(crate) struct Item {
    pub(crate) attributes: Vec<Group>,
    pub(crate) tokens: Vec<TokenTree>,
    pub(crate) body: Option<Group>,
}

/// The items among tokens.
pub(crate) fn items(tokens: TokenStream) -> Vec<Item> {
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
            TokenTree::Punct(punct) if punct.as_char() == ';' => {
                let item = std::mem::take(&mut item);
                if !item.tokens.is_empty() {
                    items.push(item);
                }
            }
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Brace && !item.starts_with("use") =>
            {
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
    pub(crate) fn is_for_tests(&self) -> bool {
        self.attributes.iter().any(|attribute| {
            let mut tokens = attribute.stream().into_iter();
            let is_cfg = matches!(tokens.next(), Some(TokenTree::Ident(name)) if name == "cfg");
            is_cfg
                && matches!(tokens.next(), Some(TokenTree::Group(inside))
                    if inside.stream().to_string() == "test")
        })
    }

    /// Whether everybody can see it, as far as its own words say.
    pub(crate) fn is_public(&self) -> bool {
        let is_pub = matches!(self.tokens.first(), Some(TokenTree::Ident(name)) if name == "pub");
        is_pub && !matches!(self.tokens.get(1), Some(TokenTree::Group(_)))
    }

    /// Whether this word comes first, or after the visibility.
    pub(crate) fn starts_with(&self, keyword: &str) -> bool {
        let is_pub = matches!(self.tokens.first(), Some(TokenTree::Ident(name)) if name == "pub");
        let mut tokens = self.tokens.iter().skip(usize::from(is_pub));
        let first = tokens.next();
        let first = match first {
            Some(TokenTree::Group(_)) if is_pub => tokens.next(),
            first => first,
        };
        matches!(first, Some(TokenTree::Ident(name)) if name == keyword)
    }

    /// A module's name and what stands in it, if that stands here.
    pub(crate) fn module(&self) -> Option<(String, TokenStream)> {
        let body = self.body.as_ref()?;
        Some((self.module_name()?, body.stream()))
    }

    /// The name of a module, also of one in a file of its own.
    pub(crate) fn module_name(&self) -> Option<String> {
        let mut tokens = self.tokens.iter().rev();
        let (Some(TokenTree::Ident(name)), Some(TokenTree::Ident(keyword))) =
            (tokens.next(), tokens.next())
        else {
            return None;
        };
        (keyword == "mod").then(|| hotplate_plugin_attributes::plain_name(name))
    }

    /// Where it begins.
    pub(crate) fn start(&self) -> Span {
        self.tokens
            .first()
            .map_or_else(Span::call_site, TokenTree::span)
    }

    /// All of it, with this end.
    pub(crate) fn into_tokens(self, end: TokenTree) -> TokenStream {
        let attributes = self.attributes.into_iter().flat_map(|attribute| {
            let hash = Punct::new('#', Spacing::Alone);
            [TokenTree::Punct(hash), TokenTree::Group(attribute)]
        });
        attributes.chain(self.tokens).chain([end]).collect()
    }

    /// The item as the parser gets it; an error if it is too long or nested too deeply for
    /// that to be safe.
    pub(crate) fn parse<T: syn::parse::Parse>(mut self) -> syn::Result<T> {
        let start = self.start();
        let semicolon = || TokenTree::Punct(Punct::new(';', Spacing::Alone));
        let end = self.body.take().map_or_else(semicolon, TokenTree::Group);
        let tokens = self.into_tokens(end);
        if is_beyond_limits(&tokens) {
            return Err(syn::Error::new(
                start,
                "this is too long or nested too deeply",
            ));
        }
        syn::parse2(tokens)
    }
}

/// An item that is parsed has no more tokens.
const TOKEN_LIMIT: usize = 20_000;

/// An item that is parsed is not nested more deeply.
const NESTING_LIMIT: usize = 60;

fn is_beyond_limits(tokens: &TokenStream) -> bool {
    let mut count = 0;
    let mut pending = vec![(tokens.clone(), 0)];
    while let Some((tokens, outer)) = pending.pop() {
        // Types nest without brackets of their own in these two ways.
        let (mut angles, mut pointers) = (0_usize, 0);
        for token in tokens {
            count += 1;
            match token {
                TokenTree::Group(group) => {
                    pending.push((group.stream(), outer + angles + pointers + 1));
                }
                TokenTree::Punct(punct) => match punct.as_char() {
                    '<' => angles += 1,
                    '>' => angles = angles.saturating_sub(1),
                    '&' | '*' => pointers += 1,
                    ',' => pointers = 0,
                    _ => {}
                },
                _ => {}
            }
            if outer + angles + pointers > NESTING_LIMIT || count > TOKEN_LIMIT {
                return true;
            }
        }
    }
    false
}
