//! Tree to intermediate form: finds out where each name lives and splits the template into units.

mod names;
mod tags;
pub(crate) mod types;
mod unit;

use std::collections::BTreeSet;

use crate::Reference;
use crate::ast::{self, NodeKind};
use crate::contexts::Contexts;
use crate::diagnostic::Mistake;
use crate::ir::{
    For, Level, Literal, LoopId, LoopParent, Missing, Node, Scope, Template, Unit, UnitKind,
    ValueId,
};
use crate::source::{Source, Span};
use crate::unicode::{is_space, strip};
use names::Names;
use types::{Known, bound_names, lower_record};
use unit::{Home, Loop, UnitBuilder};

/// Resolves a template, and finds where it does not fit the struct that it is rendered
/// with, if that is one of `contexts`.
pub(crate) fn resolve(
    source: &Source,
    tree: &ast::Template,
    contexts: &Contexts,
) -> (Template, Vec<Mistake>) {
    let record = contexts.templates.get(&source.name);
    let known = record.map(|name| Known { contexts, name });
    let mut resolver = Resolver {
        source,
        tree,
        bound: known.as_ref().and_then(|_| bound_names(tree)),
        known,
        extends: (tree.nodes.iter()).any(|node| matches!(node.kind, NodeKind::Extends { .. })),
        mistakes: Vec::new(),
        names: Names::of(tree),
        units: Vec::new(),
        blocks: Vec::new(),
        is_inline: false,
        states: 0,
    };
    let whole = Span::new(0, source.text.len());
    let mut unit = resolver.builder(&tree.nodes, Place::Template);
    let (level, body) = resolver.root(&mut unit, &tree.nodes);
    let parent = tree.nodes.iter().find_map(|node| match &node.kind {
        NodeKind::Extends { parent, .. } => Some(parent),
        _ => None,
    });
    let kind = UnitKind::Template {
        parent: parent.and_then(literal_name),
        extends: parent.is_some(),
        blocks: std::mem::take(&mut resolver.blocks),
    };
    let name = source.name.clone();
    let mut unit = resolver.finish(unit, name.clone(), kind, level, body, whole);
    unit.renamed_from.clone_from(&tree.renamed_from);
    let mut units = vec![unit];
    units.extend(resolver.units.into_iter().flatten());
    let mut mistakes = resolver.mistakes;
    mistakes.sort_by_key(|mistake| mistake.span);
    mistakes.dedup();
    (Template { name, units }, mistakes)
}

/// Where a unit stands.
enum Place {
    /// It is the template.
    Template,
    /// It is called from somewhere in the template, with names that are set there.
    Inside,
}

/// The template's name that an expression is, if it is a literal.
pub(crate) fn literal_name(expression: &ast::Expression) -> Option<String> {
    match &expression.operand {
        ast::Operand::Literal(Literal::Text {
            text,
            translated: false,
        }) if expression.filters.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// The templates that nodes name by literals.
pub(crate) fn references(nodes: &[ast::Node]) -> Vec<Reference> {
    let mut found = Vec::new();
    collect_references(nodes, &mut found);
    found
}

fn collect_references(nodes: &[ast::Node], found: &mut Vec<Reference>) {
    for node in nodes {
        match &node.kind {
            NodeKind::Include { name: value, .. } | NodeKind::Extends { parent: value, .. } => {
                found.extend(literal_name(value).map(|name| Reference {
                    name,
                    span: value.span,
                }));
            }
            _ => {}
        }
        node.kind.bodies_of(|body| collect_references(body, found));
    }
}

struct Resolver<'t> {
    source: &'t Source,
    tree: &'t ast::Template,
    /// What is known of the context.
    known: Option<Known<'t>>,
    /// The names that are bound anywhere in the template; nothing if that may be any.
    bound: Option<BTreeSet<String>>,
    /// Whether the template extends another.
    extends: bool,
    mistakes: Vec<Mistake>,
    names: Names<'t>,
    /// The units of blocks and partials in order of appearance; empty while a unit is
    /// being made.
    units: Vec<Option<Unit>>,
    blocks: Vec<String>,
    /// Whether a partial is being resolved where it is defined, whose own blocks and
    /// partials have their units already.
    is_inline: bool,
    /// How many states other than those of cycles the host keeps.
    states: usize,
}

impl<'t> Resolver<'t> {
    fn nodes(&mut self, unit: &mut UnitBuilder<'t>, nodes: &'t [ast::Node]) -> Vec<Node> {
        let mut out = Vec::new();
        self.nodes_into(unit, nodes, &mut out);
        out
    }

    /// The level and the nodes of a unit.
    fn root(&mut self, unit: &mut UnitBuilder<'t>, nodes: &'t [ast::Node]) -> (Level, Vec<Node>) {
        let level = unit.open_level(0, &self.names.assigned(nodes));
        let body = self.nodes(unit, nodes);
        unit.close_level();
        (level, body)
    }

    fn nodes_into(
        &mut self,
        unit: &mut UnitBuilder<'t>,
        nodes: &'t [ast::Node],
        out: &mut Vec<Node>,
    ) {
        for (place, node) in nodes.iter().enumerate() {
            match &node.kind {
                NodeKind::Silent => {}
                NodeKind::Constant(text) => push_text(out, text),
                NodeKind::Text => push_text(out, &self.source.text[node.span.range()]),
                NodeKind::Verbatim { body } => self.nodes_into(unit, body, out),
                NodeKind::Variable(expression) => match literal_name(expression) {
                    Some(text) => push_text(out, &text),
                    None => {
                        let value = unit.expression(expression, Missing::Invalid);
                        out.push(Node::Output(value, unit.site(expression.span)));
                    }
                },
                NodeKind::Autoescape { on, body } => out.push(Node::Autoescape {
                    on: *on,
                    body: self.nodes(unit, body),
                }),
                NodeKind::If {
                    branches,
                    otherwise,
                } => {
                    let mut resolved = Vec::new();
                    for (condition, body) in branches {
                        resolved.push((unit.condition(condition), self.nodes(unit, body)));
                    }
                    out.push(Node::If {
                        branches: resolved,
                        otherwise: self.nodes(unit, otherwise),
                    });
                }
                NodeKind::For(each) => out.push(Node::For(self.for_tag(unit, each))),
                NodeKind::With { bindings, body } => {
                    let bindings = unit.bindings(bindings);
                    let outside = unit.names.len();
                    for binding in &bindings {
                        unit.bind(&binding.name, Home::Value(binding.id));
                    }
                    let level = unit.open_level(outside, &self.names.assigned(body));
                    let body = self.nodes(unit, body);
                    unit.close_level();
                    out.push(Node::With {
                        bindings,
                        level,
                        body,
                    });
                }
                NodeKind::Include {
                    name,
                    bindings,
                    only,
                } => out.push(Node::Include {
                    site: unit.site(name.span),
                    name: unit.expression(name, Missing::Invalid),
                    bindings: unit.bindings(bindings),
                    scope: if *only {
                        Scope::default()
                    } else {
                        unit.scope()
                    },
                    only: *only,
                }),
                NodeKind::Block { name, body } => {
                    if !self.is_inline {
                        self.block(name, body, node.whole);
                    }
                    out.push(Node::Block {
                        name: name.clone(),
                        scope: unit.scope(),
                        site: unit.site(node.span),
                    });
                }
                NodeKind::Extends { parent, body } => {
                    self.units_of(body);
                    let is_constant = literal_name(parent).is_some();
                    out.push(Node::Extend {
                        parent: unit.expression(parent, Missing::Invalid),
                        variable: (!is_constant).then(|| parent.text.clone()),
                        site: unit.site(parent.span),
                    });
                }
                NodeKind::Call(call) => out.push(self.call(unit, call, node.span)),
                NodeKind::Setting {
                    function,
                    arguments,
                    body,
                } => out.push(Node::Setting {
                    function,
                    arguments: unit.arguments(arguments),
                    body: self.nodes(unit, body),
                    site: unit.site(node.span),
                }),
                NodeKind::Cycle(cycle) => out.push(self.cycle(unit, *cycle, node.span)),
                NodeKind::ResetCycle(cycle) => {
                    out.push(Node::ResetCycle(self.cycle_state(unit, *cycle)));
                }
                NodeKind::FirstOf { values, assign } => {
                    out.push(self.first_of(unit, values, assign.as_ref()));
                }
                NodeKind::IfChanged {
                    values,
                    body,
                    otherwise,
                } => out.push(self.if_changed(unit, values, body, otherwise)),
                NodeKind::Regroup { target, key, name } => {
                    out.push(self.regroup(unit, target, key, name));
                }
                NodeKind::Filter { filters, body } => {
                    out.push(self.filter(unit, filters, body, place));
                }
                NodeKind::Spaceless { body } => {
                    let body = self.nodes(unit, body);
                    match body.as_slice() {
                        [] => {}
                        [Node::Text(text)] => push_text(out, &spaceless(text)),
                        _ => out.push(Node::Spaceless(body)),
                    }
                }
                NodeKind::PartialDef { name, inline, body } => {
                    if !self.is_inline {
                        self.partial_unit(name, body, node.whole);
                    }
                    if *inline {
                        let outside = std::mem::replace(&mut self.is_inline, true);
                        self.nodes_into(unit, body, out);
                        self.is_inline = outside;
                    }
                }
                NodeKind::Partial { name } => out.push(self.partial(unit, name, node.span)),
            }
        }
    }

    fn for_tag(&mut self, unit: &mut UnitBuilder<'t>, each: &'t ast::For) -> For {
        let site = unit.site(each.sequence.span);
        let (sequence, ty) = unit.typed_expression(&each.sequence, Missing::None);
        let (parent, outer) = match unit.home("forloop") {
            Some(Home::Loop(place)) => (LoopParent::Loop(unit.loops[place].id), Some(place)),
            Some(Home::Value(id)) => (LoopParent::Value(id), None),
            _ => (LoopParent::Context, None),
        };
        let place = unit.loops.len();
        let id = LoopId(u32::try_from(place).unwrap_or(u32::MAX));
        unit.loops.push(Loop {
            id,
            outer,
            parent_is_used: false,
            is_seen: false,
            states: Vec::new(),
        });
        let outside = unit.names.len();
        unit.bind("forloop", Home::Loop(place));
        let mut variables = Vec::new();
        for name in &each.variables {
            let value = unit.value();
            variables.push((name.clone(), value));
            unit.bind(name, Home::Value(value));
        }
        if let Some(checker) = &mut unit.checker {
            let ids: Vec<ValueId> = variables.iter().map(|&(_, id)| id).collect();
            checker.items(&each.sequence, ty, &ids);
        }
        let level = unit.open_level(outside, &self.names.assigned(&each.body));
        let body = self.nodes(unit, &each.body);
        unit.close_level();
        let empty_level = unit.open_level(outside, &self.names.assigned(&each.empty));
        let empty = self.nodes(unit, &each.empty);
        unit.close_level();
        let known = &mut unit.loops[place];
        For {
            id,
            sequence,
            reversed: each.reversed,
            variables,
            parent: known.parent_is_used.then_some(parent),
            is_seen: known.is_seen,
            level,
            states: std::mem::take(&mut known.states),
            body,
            empty_level,
            empty,
            site,
        }
    }

    /// Makes the unit of a block. A block sees no locals of the unit it stands in: it is
    /// called through its name, with a scope.
    fn block(&mut self, name: &str, body: &'t [ast::Node], span: Span) {
        self.blocks.push(name.to_owned());
        let kind = UnitKind::Block {
            name: name.to_owned(),
        };
        let unit_name = format!("{}/{name}", self.source.name);
        self.separate_unit(unit_name, kind, body, span);
    }

    fn separate_unit(&mut self, name: String, kind: UnitKind, body: &'t [ast::Node], span: Span) {
        let place = self.units.len();
        self.units.push(None);
        let mut unit = self.builder(body, Place::Inside);
        if let UnitKind::Block { .. } = kind {
            unit.bind("block", Home::Block);
        }
        let (level, body) = self.root(&mut unit, body);
        self.units[place] = Some(self.finish(unit, name, kind, level, body, span));
    }

    fn finish(
        &mut self,
        mut unit: Box<UnitBuilder<'t>>,
        name: String,
        kind: UnitKind,
        level: Level,
        body: Vec<Node>,
        span: Span,
    ) -> Unit {
        let checker = unit.checker.take();
        let mut unit = unit.finish(name, kind, level, body, span);
        if let (Some(checker), Some(known)) = (checker, &self.known) {
            self.mistakes.extend(checker.mistakes);
            unit.typed = lower_record(known, &unit).map(Box::new);
        }
        unit
    }
}

/// `strip_spaces_between_tags` of text without space around it.
fn spaceless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = strip(text);
    while let Some(place) = rest.find('>') {
        let (before, after) = rest.split_at(place + 1);
        let next = after.trim_start_matches(is_space);
        out.push_str(before);
        rest = if next.starts_with('<') { next } else { after };
    }
    out + rest
}

/// Appends text, to the text before it if there is any.
fn push_text(out: &mut Vec<Node>, text: &str) {
    match out.last_mut() {
        Some(Node::Text(before)) => before.push_str(text),
        _ if text.is_empty() => {}
        _ => out.push(Node::Text(text.to_owned())),
    }
}
