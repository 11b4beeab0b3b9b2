//! What stands in an attribute's parentheses.

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, LitBool, LitStr, Result, Token, parenthesized};

use crate::Kind;
use crate::function::plain_name;

/// The options of an attribute, taken out one by one.
pub(crate) struct Options {
    kind: Kind,
    items: Vec<Item>,
    known: Vec<&'static str>,
}

struct Item {
    span: Span,
    name: Option<Ident>,
    given: Given,
}

enum Given {
    Nothing,
    Truth(bool),
    Text(LitStr),
    Names(Vec<LitStr>),
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(LitStr) {
            let text: LitStr = input.parse()?;
            return Ok(Self {
                span: text.span(),
                name: None,
                given: Given::Text(text),
            });
        }
        let name: Ident = syn::ext::IdentExt::parse_any(input)?;
        let given = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.peek(LitBool) {
                Given::Truth(input.parse::<LitBool>()?.value)
            } else if input.peek(LitStr) {
                Given::Text(input.parse()?)
            } else {
                let message = format!("give `{name}` a text in quotes, or true or false");
                return Err(Error::new(input.span(), message));
            }
        } else if input.peek(syn::token::Paren) {
            let inside;
            parenthesized!(inside in input);
            let names = Punctuated::<Name, Token![,]>::parse_terminated(&inside)?;
            Given::Names(names.into_iter().map(|name| name.0).collect())
        } else {
            Given::Nothing
        };
        Ok(Self {
            span: name.span(),
            name: Some(name),
            given,
        })
    }
}

/// A name in a list, in quotes or without.
struct Name(LitStr);

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(LitStr) {
            return Ok(Self(input.parse()?));
        }
        let name: Ident = syn::ext::IdentExt::parse_any(input)?;
        Ok(Self(LitStr::new(&plain_name(&name), name.span())))
    }
}

impl Options {
    pub(crate) fn parse(kind: Kind, arguments: TokenStream) -> Result<Self> {
        let items = Punctuated::<Item, Token![,]>::parse_terminated.parse2(arguments)?;
        Ok(Self {
            kind,
            items: items.into_iter().collect(),
            known: Vec::new(),
        })
    }

    fn take(&mut self, name: &'static str) -> Result<Option<Item>> {
        self.known.push(name);
        let is_it = |item: &Item| item.name.as_ref().is_some_and(|given| given == name);
        let Some(place) = self.items.iter().position(is_it) else {
            return Ok(None);
        };
        let item = self.items.remove(place);
        if let Some(again) = self.items.iter().find(|item| is_it(item)) {
            let message = format!("`{name}` is given twice; leave one out");
            return Err(Error::new(again.span, message));
        }
        Ok(Some(item))
    }

    /// `"text"` without a name.
    pub(crate) fn bare_text(&mut self) -> Option<LitStr> {
        let is_it = |item: &Item| item.name.is_none();
        let place = self.items.iter().position(is_it)?;
        match self.items.remove(place).given {
            Given::Text(text) => Some(text),
            _ => None,
        }
    }

    /// `name`, or `name = true`.
    pub(crate) fn flag(&mut self, name: &'static str) -> Result<bool> {
        match self.take(name)? {
            None => Ok(false),
            Some(Item {
                given: Given::Nothing,
                ..
            }) => Ok(true),
            Some(Item {
                given: Given::Truth(truth),
                ..
            }) => Ok(truth),
            Some(item) => {
                let message = format!("`{name}` is on or off: write `{name}` alone");
                Err(Error::new(item.span, message))
            }
        }
    }

    /// `name = "text"`.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>> {
        match self.take(name)? {
            None => Ok(None),
            Some(Item {
                given: Given::Text(text),
                ..
            }) => non_empty(&text).map(Some),
            Some(item) => {
                let message = format!("write `{name} = \"…\"`");
                Err(Error::new(item.span, message))
            }
        }
    }

    /// `name`, or `name = "text"`.
    pub(crate) fn flag_or_text(&mut self, name: &'static str) -> Result<Option<Option<String>>> {
        match self.take(name)? {
            None
            | Some(Item {
                given: Given::Truth(false),
                ..
            }) => Ok(None),
            Some(Item {
                given: Given::Nothing | Given::Truth(true),
                ..
            }) => Ok(Some(None)),
            Some(Item {
                given: Given::Text(text),
                ..
            }) => non_empty(&text).map(|text| Some(Some(text))),
            Some(item) => {
                let message = format!("write `{name}` or `{name} = \"…\"`");
                Err(Error::new(item.span, message))
            }
        }
    }

    /// `name(a, b)`.
    pub(crate) fn names(&mut self, name: &'static str) -> Result<Option<Vec<String>>> {
        match self.take(name)? {
            None => Ok(None),
            Some(Item {
                given: Given::Names(names),
                ..
            }) => names.iter().map(non_empty).collect::<Result<_>>().map(Some),
            Some(item) => {
                let message = format!("write `{name}(…, …)` with the names in parentheses");
                Err(Error::new(item.span, message))
            }
        }
    }

    /// Nothing may be left over.
    pub(crate) fn finish(self) -> Result<()> {
        let Some(item) = self.items.first() else {
            return Ok(());
        };
        let kind = self.kind.name();
        let known: Vec<String> = self.known.iter().map(|name| format!("`{name}`")).collect();
        let given = match &item.name {
            Some(name) => format!("no option `{name}`"),
            None => "no text here".to_owned(),
        };
        let message = format!("#[{kind}] takes {given}; it takes {}", known.join(", "));
        Err(Error::new(item.span, message))
    }
}

fn non_empty(text: &LitStr) -> Result<String> {
    let value = text.value();
    let is_word = |character: char| !character.is_whitespace() && !character.is_control();
    if value.is_empty() || !value.chars().all(is_word) {
        let message = "a name in a template is one word; write one without spaces";
        return Err(Error::new(text.span(), message));
    }
    Ok(value)
}
