//! Tokens to tree. Never fails: it collects mistakes and goes on where it can.
//!
//! The first mistake it records is the one that Django raises. Mistakes inside
//! expressions and tags are independent of each other; of mistakes in how tags are
//! nested only the first is recorded, since the others would follow from it.

mod condition;
pub(crate) mod expression;
mod former;
mod library_tag;
pub(crate) mod loaded;
mod path;
pub(crate) mod tags;
pub(crate) mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::Options;
use crate::ast::{Cycle, Expression, Node, NodeKind, Template};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::{Token, TokenKind, tokenize};
use crate::source::{Source, Span};
use crate::unicode::split;
use former::former_names;
use loaded::{Loaded, TagSource};
use words::Word;

/// The most values in one tag.
const VALUE_LIMIT: usize = 500;

/// Reads a template; what is wrong with it, if anything is.
pub(crate) fn parse<'s>(
    source: &'s Source,
    options: &'s Options,
) -> Result<Template, Vec<Mistake>> {
    let mut parser = Parser {
        template: &source.name,
        tokens: tokenize(&source.text).into_iter(),
        put_back: None,
        nesting_limit: options.nesting_limit,
        open: Vec::new(),
        expected: Vec::new(),
        mistakes: Vec::new(),
        misnested: false,
        stopped: false,
        unknown_tags: BTreeSet::new(),
        blocks: BTreeSet::new(),
        extends: 0,
        libraries: Vec::new(),
        loaded: Loaded::new(options),
        partials: BTreeSet::new(),
        cycles: Vec::new(),
        named_cycles: BTreeMap::new(),
        renamed_from: Vec::new(),
        done: 0,
    };
    let (nodes, _) = parser.body(&[]);
    if parser.mistakes.is_empty() {
        Ok(Template {
            nodes,
            libraries: parser.libraries,
            cycles: parser.cycles,
            renamed_from: parser.renamed_from,
        })
    } else {
        Err(parser.mistakes)
    }
}

pub(crate) struct Parser<'s> {
    template: &'s str,
    tokens: std::vec::IntoIter<Token<'s>>,
    put_back: Option<Token<'s>>,
    nesting_limit: usize,
    /// The tags that are being read, outermost first.
    open: Vec<(&'s str, Token<'s>)>,
    /// For each body that is being read, the tags that end it.
    expected: Vec<Vec<&'s str>>,
    mistakes: Vec<Mistake>,
    /// Whether a mistake in the nesting of tags has been recorded.
    misnested: bool,
    /// Whether nothing more is to be read.
    stopped: bool,
    unknown_tags: BTreeSet<&'s str>,
    blocks: BTreeSet<&'s str>,
    /// How many `extends` tags have been read.
    extends: usize,
    libraries: Vec<String>,
    /// The tags and filters that can be used here.
    loaded: Loaded<'s>,
    /// The names of the partials that have been read.
    partials: BTreeSet<String>,
    /// The cycles that have been read.
    cycles: Vec<Cycle>,
    /// The places of those that have names.
    named_cycles: BTreeMap<String, usize>,
    /// The names that the template says it had before.
    renamed_from: Vec<String>,
    /// Where the last token that was read ends.
    done: u32,
}

impl<'s> Parser<'s> {
    /// Reads a filter expression.
    pub(crate) fn expression(&self, word: &Word<'_>) -> Result<Expression, Mistake> {
        expression::parse(word, &self.loaded)
    }

    /// Reads nodes up to and including a tag named in `until`, which is returned too;
    /// to the end of the template if `until` is empty.
    pub(crate) fn body(&mut self, until: &[&'s str]) -> (Vec<Node>, Option<Token<'s>>) {
        self.body_shown_as(until, until)
    }

    /// The same, where messages name the tags of `shown` in place of those of `until`.
    pub(crate) fn body_shown_as(
        &mut self,
        until: &[&'s str],
        shown: &[&str],
    ) -> (Vec<Node>, Option<Token<'s>>) {
        self.expected.push(until.to_vec());
        let result = self.nodes(until, shown);
        self.expected.pop();
        result
    }

    fn nodes(&mut self, until: &[&'s str], shown: &[&str]) -> (Vec<Node>, Option<Token<'s>>) {
        let mut nodes = Vec::new();
        let mut only_text = true;
        while let Some(token) = self.next_token() {
            let node = match token.kind {
                TokenKind::Text => Some(NodeKind::Text),
                TokenKind::Comment => {
                    self.renamed_from.extend(former_names(token.contents));
                    None
                }
                TokenKind::Variable => self.variable(&token),
                TokenKind::Block => match split(token.contents).next() {
                    None => {
                        self.record(mistakes::empty_block_tag(&token));
                        None
                    }
                    Some(command) if until.contains(&command) => return (nodes, Some(token)),
                    Some(command) if self.ends_outer_body(command) => {
                        self.record_nesting(mistakes::invalid_block_tag(
                            &token,
                            command,
                            shown,
                            std::iter::empty(),
                        ));
                        self.put_back(token);
                        return (nodes, None);
                    }
                    Some(command) => self.tag(command, token, shown),
                },
            };
            if let Some(kind) = node {
                if let NodeKind::Extends { .. } = kind
                    && !only_text
                {
                    let template = self.template;
                    self.record(mistakes::must_be_first(
                        token.contents,
                        template,
                        token.span,
                    ));
                }
                only_text &= matches!(kind, NodeKind::Text);
                nodes.push(Node {
                    span: token.span,
                    whole: Span {
                        start: token.span.start,
                        end: self.done.max(token.span.end),
                    },
                    kind,
                });
            }
        }
        if !until.is_empty()
            && let Some((command, token)) = self.open.last()
        {
            let mistake = mistakes::unclosed_tag(token, command, shown);
            self.record_nesting(mistake);
        }
        (nodes, None)
    }

    /// Whether a body around the innermost one ends with `command`.
    fn ends_outer_body(&self, command: &str) -> bool {
        self.expected.iter().any(|until| until.contains(&command))
    }

    fn variable(&mut self, token: &Token<'s>) -> Option<NodeKind> {
        if token.contents.is_empty() {
            self.record(mistakes::empty_variable(token));
            return None;
        }
        let expression = self.expression(&words::whole(token));
        Some(NodeKind::Variable(self.recover(expression)?))
    }

    fn tag(&mut self, command: &'s str, token: Token<'s>, until: &[&str]) -> Option<NodeKind> {
        let Some(tag) = self.loaded.tag(command) else {
            self.unknown_tag(command, &token, until);
            return None;
        };
        if self.open.len() >= self.nesting_limit {
            self.record(mistakes::nested_too_deeply(&token, self.nesting_limit));
            self.stopped = true;
            return None;
        }
        self.open.push((command, token));
        let node = match tag {
            TagSource::Builtin(tag) => (tag.parse)(self, &token),
            TagSource::Library(library, spec) => {
                library_tag::parse(self, &token, command, library, spec)
            }
        };
        self.open.pop();
        if let Some(node) = &node
            && node.value_count() > VALUE_LIMIT
        {
            self.record(mistakes::too_many_values(VALUE_LIMIT, token.span));
        }
        node
    }

    fn unknown_tag(&mut self, command: &'s str, token: &Token<'s>, until: &[&str]) {
        let closes_unknown = command
            .strip_prefix("end")
            .is_some_and(|opening| self.unknown_tags.contains(&opening));
        if closes_unknown {
            return;
        }
        let known = self.loaded.tag_names();
        let mut mistake = mistakes::invalid_block_tag(token, command, until, known);
        let libraries = self.loaded.libraries_with_tag(command);
        if let Some(library) = libraries.first() {
            mistake = mistake.note(format!("it comes with {{% load {library} %}}"));
        }
        if self.loaded.ends_some_body(command) {
            self.record_nesting(mistake);
        } else {
            self.unknown_tags.insert(command);
            self.record(mistake);
        }
    }

    pub(crate) fn next_token(&mut self) -> Option<Token<'s>> {
        if self.stopped {
            return None;
        }
        let token = self.put_back.take().or_else(|| self.tokens.next());
        if let Some(token) = &token {
            self.done = token.span.end;
        }
        token
    }

    /// Skips to the block tag with exactly these contents.
    pub(crate) fn skip_past(&mut self, closing: &'static str, opening: &Token<'s>) {
        while let Some(token) = self.next_token() {
            if token.kind == TokenKind::Block && token.contents == closing {
                return;
            }
        }
        let command = split(opening.contents).next().unwrap_or_default();
        let mistake = mistakes::unclosed_tag(opening, command, &[closing]);
        self.record_nesting(mistake);
    }

    /// Makes `token` the next one again.
    pub(crate) fn put_back(&mut self, token: Token<'s>) {
        self.done = token.span.start;
        self.put_back = Some(token);
    }

    pub(crate) fn record(&mut self, mistake: Mistake) {
        if !self.stopped {
            self.mistakes.push(mistake);
        }
    }

    pub(crate) fn record_nesting(&mut self, mistake: Mistake) {
        if !self.misnested {
            self.misnested = true;
            self.record(mistake);
        }
    }

    /// The value of a result; its mistake is recorded.
    pub(crate) fn recover<T>(&mut self, result: Result<T, Mistake>) -> Option<T> {
        result.map_err(|mistake| self.record(mistake)).ok()
    }
}
