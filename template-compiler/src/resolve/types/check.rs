//! Whether the names in a template fit the struct that it is rendered with.

use std::collections::{BTreeMap, BTreeSet};

use super::attributes::described;
use super::{Followed, Known, follow, target};
use crate::ast::{self, Node, NodeKind};
use crate::contexts::Type;
use crate::diagnostic::{Mistake, mistakes};
use crate::ir::ValueId;
use crate::resolve::names::{Declared, declared};
use crate::source::Span;

/// Names that are not the context's, wherever they stand.
const ELSEWHERE: &[&str] = &[
    "True",
    "False",
    "None",
    "block",
    "forloop",
    "csrf_token",
    "request",
];

/// Where a name lives, as far as types are concerned.
pub(in crate::resolve) enum Place {
    /// In the context.
    Context,
    /// In a local.
    Local(ValueId),
    /// Somewhere else.
    Elsewhere,
}

/// Checks the names of one unit.
pub(in crate::resolve) struct Checker<'c> {
    known: Known<'c>,
    /// The names that the caller of the unit may set; nothing if it may set any.
    outside: Option<BTreeSet<String>>,
    /// Whether another template may set names around the unit.
    is_open: bool,
    locals: BTreeMap<ValueId, &'c Type>,
    pub(in crate::resolve) mistakes: Vec<Mistake>,
}

impl<'c> Checker<'c> {
    pub(in crate::resolve) fn new(
        known: Known<'c>,
        outside: Option<BTreeSet<String>>,
        is_open: bool,
    ) -> Self {
        Self {
            known,
            outside,
            is_open,
            locals: BTreeMap::new(),
            mistakes: Vec::new(),
        }
    }

    /// Checks a dotted name of an expression, and gives its type if that is known.
    pub(in crate::resolve) fn name(
        &mut self,
        parts: &[String],
        place: &Place,
        expression: &ast::Expression,
    ) -> Option<&'c Type> {
        let contexts = self.known.contexts;
        let (first, start) = match place {
            Place::Elsewhere => return None,
            Place::Local(id) => (1, *self.locals.get(id)?),
            Place::Context => {
                let (record_name, record) = contexts.records.get_key_value(self.known.name)?;
                let name = &parts[0];
                let is_outside = match &self.outside {
                    None => true,
                    Some(names) => names.contains(name),
                };
                if is_outside {
                    return None;
                }
                match record.field(name) {
                    Some(ty) => (1, ty),
                    None if ELSEWHERE.contains(&name.as_str()) => return None,
                    None => {
                        let span = part_span(expression, parts, 0);
                        let mistake =
                            mistakes::unknown_name(name, record_name, record, self.is_open, span);
                        self.report(mistake);
                        return None;
                    }
                }
            }
        };
        match follow(contexts, start, parts, first) {
            Followed::Path(_, ty) => Some(ty),
            Followed::Unknown => None,
            Followed::Nowhere(place, ty) => {
                let (name, path) = (&parts[place], parts[..place].join("."));
                let span = part_span(expression, parts, place);
                let mistake = match ty {
                    Type::Record(record_name) => match contexts.records.get(record_name) {
                        Some(record) => {
                            mistakes::unknown_field(name, &path, record_name, record, span)
                        }
                        None => return None,
                    },
                    Type::Tuple(types) if name.starts_with(|c: char| c.is_ascii_digit()) => {
                        mistakes::no_such_item(name, &path, types.len(), span)
                    }
                    ty => mistakes::unknown_part(name, &path, described(ty), span),
                };
                self.report(mistake);
                None
            }
        }
    }

    /// Notes the type of a local.
    pub(in crate::resolve) fn local(&mut self, id: ValueId, ty: Option<&'c Type>) {
        if let Some(ty) = ty {
            self.locals.insert(id, ty);
        }
    }

    /// Checks what a loop goes over, and notes the types of its variables.
    pub(in crate::resolve) fn items(
        &mut self,
        sequence: &ast::Expression,
        ty: Option<&'c Type>,
        variables: &[ValueId],
    ) {
        let Some(ty) = ty else { return };
        let item = match target(ty) {
            Type::List(item) => &**item,
            // Every letter is a text.
            Type::Text if variables.len() == 1 => &Type::Text,
            Type::Bool | Type::Int | Type::Unsigned | Type::Float | Type::Date | Type::DateTime => {
                let kind = described(target(ty));
                self.report(mistakes::not_iterable(&sequence.text, kind, sequence.span));
                return;
            }
            _ => return,
        };
        if let [variable] = variables {
            self.local(*variable, Some(item));
            return;
        }
        if let Type::Tuple(types) = target(item) {
            if types.len() != variables.len() {
                let (length, wanted) = (types.len(), variables.len());
                let span = sequence.span;
                self.report(mistakes::unpacked(&sequence.text, length, wanted, span));
                return;
            }
            for (variable, ty) in variables.iter().zip(types) {
                self.local(*variable, Some(ty));
            }
        }
    }

    fn report(&mut self, mistake: Mistake) {
        // What stands once in the template may be resolved several times.
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }
}

/// Where a part of a dotted name stands in an expression.
fn part_span(expression: &ast::Expression, parts: &[String], place: usize) -> Span {
    let name = parts.join(".");
    let text = expression.text.as_str();
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let found = text.match_indices(name.as_str()).find(|(start, _)| {
        let before = text[..*start].chars().next_back();
        let after = text[start + name.len()..].chars().next();
        !before.is_some_and(|c| is_word(c) || c == '"' || c == '\'') && !after.is_some_and(is_word)
    });
    let range = expression.span.range();
    let Some((start, _)) = found.filter(|_| text.len() == range.len()) else {
        return expression.span;
    };
    let before: usize = parts[..place].iter().map(|part| part.len() + 1).sum();
    let start = range.start + start + before;
    Span::new(start, start + parts[place].len())
}

/// All names that the tags in `nodes` set or bind; nothing if one may set any.
pub(in crate::resolve) fn bound_names(tree: &ast::Template) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    names.extend(tree.cycles.iter().filter_map(|cycle| cycle.name.clone()));
    collect(&tree.nodes, &mut names).then_some(names)
}

fn collect(nodes: &[Node], names: &mut BTreeSet<String>) -> bool {
    nodes.iter().all(|node| {
        match &node.kind {
            NodeKind::For(each) => names.extend(each.variables.iter().cloned()),
            NodeKind::With { bindings, .. } => {
                names.extend(bindings.iter().map(|binding| binding.name.clone()));
            }
            NodeKind::FirstOf { assign, .. } => names.extend(assign.clone()),
            NodeKind::Regroup { name, .. } => _ = names.insert(name.clone()),
            NodeKind::Call(call) => {
                names.extend(call.assign.clone());
                names.extend(call.bindings.iter().map(|binding| binding.name.clone()));
                match declared(call) {
                    Declared::Nothing => {}
                    Declared::Names(set) => names.extend(set.iter().cloned()),
                    Declared::Anything => return false,
                }
            }
            _ => {}
        }
        let mut is_known = true;
        node.kind
            .bodies_of(|body| is_known = is_known && collect(body, names));
        is_known
    })
}
