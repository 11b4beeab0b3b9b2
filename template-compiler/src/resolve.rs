//! Tree to intermediate form: finds out where each name lives and splits the template into units.

use std::collections::BTreeSet;

use crate::Reference;
use crate::ast::{self, NodeKind};
use crate::ir::{
    Binding, Compared, Condition, Expression, FilterCall, For, Literal, Local, LoopField, LoopId,
    LoopParent, Missing, Node, Operand, Operator, Scope, SiteId, Template, Unit, UnitKind, ValueId,
};
use crate::source::{Source, Span};

/// Resolves a template.
pub(crate) fn resolve(source: &Source, tree: &ast::Template) -> Template {
    let mut resolver = Resolver {
        source,
        units: Vec::new(),
        blocks: Vec::new(),
    };
    let whole = Span::new(0, source.text.len());
    let mut unit = UnitBuilder::default();
    let body = resolver.nodes(&mut unit, &tree.nodes);
    let parent = tree.nodes.iter().find_map(|node| match &node.kind {
        NodeKind::Extends { parent, .. } => Some(parent),
        _ => None,
    });
    let kind = UnitKind::Template {
        parent: parent.and_then(literal_name),
        extends: parent.is_some(),
        blocks: resolver.blocks,
    };
    let mut units = vec![unit.finish(source.name.clone(), kind, body, whole)];
    units.extend(resolver.units.into_iter().flatten());
    Template {
        name: source.name.clone(),
        units,
    }
}

/// The template's name that an expression is, if it is a literal.
pub(crate) fn literal_name(expression: &ast::Expression) -> Option<String> {
    match &expression.operand {
        ast::Operand::Literal(Literal::Text { text, .. }) if expression.filters.is_empty() => {
            Some(text.clone())
        }
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
        node.kind.bodies(|body| collect_references(body, found));
    }
}

struct Resolver<'s> {
    source: &'s Source,
    /// The blocks' units in order of appearance; empty while a unit is being made.
    units: Vec<Option<Unit>>,
    blocks: Vec<String>,
}

/// A name with a known home.
#[derive(Clone, Copy)]
enum Home {
    Value(ValueId),
    /// An index into the builder's loops.
    Loop(usize),
    /// The variable `block` of a block.
    Block,
}

struct Loop {
    id: LoopId,
    /// The place of the parent in the builder's loops.
    outer: Option<usize>,
    parent_is_used: bool,
}

#[derive(Default)]
struct UnitBuilder {
    /// The names in scope, innermost last.
    names: Vec<(String, Home)>,
    loops: Vec<Loop>,
    sites: Vec<Span>,
    values: u32,
}

impl UnitBuilder {
    fn finish(self, name: String, kind: UnitKind, body: Vec<Node>, span: Span) -> Unit {
        Unit {
            name,
            kind,
            body,
            sites: self.sites,
            span,
        }
    }

    fn site(&mut self, span: Span) -> SiteId {
        let id = u32::try_from(self.sites.len()).unwrap_or(u32::MAX);
        self.sites.push(span);
        SiteId(id)
    }

    fn value(&mut self) -> ValueId {
        self.values += 1;
        ValueId(self.values - 1)
    }

    fn home(&self, name: &str) -> Option<Home> {
        let mut innermost_first = self.names.iter().rev();
        innermost_first
            .find(|(known, _)| known == name)
            .map(|&(_, home)| home)
    }

    /// The locals that another unit sees when it is called here.
    fn scope(&mut self) -> Scope {
        let mut seen = BTreeSet::new();
        let mut visible = Vec::new();
        let mut innermost_loop = None;
        for (name, home) in self.names.iter().rev() {
            if !seen.insert(name.as_str()) {
                continue;
            }
            match *home {
                Home::Value(id) => visible.push((name.clone(), Local::Value(id))),
                Home::Loop(place) => {
                    innermost_loop = Some(place);
                    visible.push((name.clone(), Local::Loop(self.loops[place].id)));
                }
                Home::Block => {}
            }
        }
        visible.reverse();
        if let Some(place) = innermost_loop {
            self.use_parents(place);
        }
        Scope(visible)
    }

    /// Notes that the parents of a loop can be seen, all the way out.
    fn use_parents(&mut self, place: usize) {
        let mut next = Some(place);
        while let Some(place) = next {
            self.loops[place].parent_is_used = true;
            next = self.loops[place].outer;
        }
    }

    fn operand(&mut self, operand: &ast::Operand) -> Operand {
        let parts = match operand {
            ast::Operand::Literal(literal) => return Operand::Literal(literal.clone()),
            ast::Operand::Name(parts) => parts.clone(),
        };
        match self.home(&parts[0]) {
            None => Operand::Context { parts },
            Some(Home::Value(id)) => Operand::Local { id, parts },
            Some(Home::Loop(place)) => self.loop_operand(place, parts),
            Some(Home::Block) => match parts.get(1).map(String::as_str) {
                Some("name") if parts.len() == 2 => Operand::BlockName,
                Some("super") => Operand::BlockSuper {
                    scope: self.scope(),
                    parts,
                },
                _ => Operand::Context { parts },
            },
        }
    }

    fn loop_operand(&mut self, mut place: usize, parts: Vec<String>) -> Operand {
        let mut fields = &parts[1..];
        while let ([parentloop, rest @ ..], Some(outer)) = (fields, self.loops[place].outer)
            && parentloop == "parentloop"
        {
            fields = rest;
            place = outer;
        }
        let id = self.loops[place].id;
        if let [field] = fields
            && let Some(field) = LoopField::from_name(field)
        {
            return Operand::LoopField { id, field };
        }
        self.use_parents(place);
        let mut rest = vec![parts[0].clone()];
        rest.extend_from_slice(fields);
        Operand::Loop { id, parts: rest }
    }

    fn expression(&mut self, expression: &ast::Expression, missing: Missing) -> Expression {
        let operand = self.operand(&expression.operand);
        let filters = expression.filters.iter().map(|call| FilterCall {
            filter: call.filter,
            argument: call
                .argument
                .as_ref()
                .map(|argument| self.operand(argument)),
        });
        Expression {
            operand,
            missing,
            filters: filters.collect(),
        }
    }

    fn bindings(&mut self, bindings: &[ast::Binding]) -> Vec<Binding> {
        let resolve = |binding: &ast::Binding| Binding {
            id: self.value(),
            name: binding.name.clone(),
            value: self.expression(&binding.value, Missing::Invalid),
            site: self.site(binding.value.span),
        };
        bindings.iter().map(resolve).collect()
    }

    fn condition(&mut self, condition: &ast::Condition) -> Condition {
        match condition {
            ast::Condition::Value(value) => {
                let site = self.site(value.span);
                Condition::Truth(self.expression(value, Missing::None), site)
            }
            ast::Condition::Not(inner) => Condition::Not(Box::new(self.condition(inner))),
            ast::Condition::Binary(operator, left, right) => match operator {
                Operator::And => {
                    let left = Box::new(self.condition(left));
                    Condition::And(left, Box::new(self.condition(right)))
                }
                Operator::Or => {
                    let left = Box::new(self.condition(left));
                    Condition::Or(left, Box::new(self.condition(right)))
                }
                operator => Condition::Compare {
                    operator: *operator,
                    site: self.site(first_span(left)),
                    left: self.compared(left),
                    right: self.compared(right),
                },
            },
        }
    }

    fn compared(&mut self, condition: &ast::Condition) -> Compared {
        match condition {
            ast::Condition::Value(value) => Compared::Value(self.expression(value, Missing::None)),
            condition => Compared::Condition(Box::new(self.condition(condition))),
        }
    }
}

fn first_span(condition: &ast::Condition) -> Span {
    let mut condition = condition;
    loop {
        match condition {
            ast::Condition::Value(value) => return value.span,
            ast::Condition::Not(inner) | ast::Condition::Binary(_, inner, _) => condition = inner,
        }
    }
}

impl Resolver<'_> {
    fn nodes(&mut self, unit: &mut UnitBuilder, nodes: &[ast::Node]) -> Vec<Node> {
        let mut out = Vec::new();
        self.nodes_into(unit, nodes, &mut out);
        out
    }

    fn nodes_into(&mut self, unit: &mut UnitBuilder, nodes: &[ast::Node], out: &mut Vec<Node>) {
        for node in nodes {
            match &node.kind {
                NodeKind::Silent => {}
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
                        unit.names
                            .push((binding.name.clone(), Home::Value(binding.id)));
                    }
                    let body = self.nodes(unit, body);
                    unit.names.truncate(outside);
                    out.push(Node::With { bindings, body });
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
                    self.block(name, body, node.span);
                    out.push(Node::Block {
                        name: name.clone(),
                        scope: unit.scope(),
                        site: unit.site(node.span),
                    });
                }
                NodeKind::Extends { parent, body } => {
                    self.blocks_of(body);
                    let is_constant = literal_name(parent).is_some();
                    out.push(Node::Extend {
                        parent: unit.expression(parent, Missing::Invalid),
                        variable: (!is_constant).then(|| parent.text.clone()),
                        site: unit.site(parent.span),
                    });
                }
            }
        }
    }

    fn for_tag(&mut self, unit: &mut UnitBuilder, each: &ast::For) -> For {
        let site = unit.site(each.sequence.span);
        let sequence = unit.expression(&each.sequence, Missing::None);
        let (parent, outer) = match unit.home("forloop") {
            Some(Home::Loop(place)) => (LoopParent::Loop(unit.loops[place].id), Some(place)),
            Some(Home::Value(id)) => (LoopParent::Value(id), None),
            Some(Home::Block) | None => (LoopParent::Context, None),
        };
        let place = unit.loops.len();
        let id = LoopId(u32::try_from(place).unwrap_or(u32::MAX));
        unit.loops.push(Loop {
            id,
            outer,
            parent_is_used: false,
        });
        let outside = unit.names.len();
        unit.names.push(("forloop".to_owned(), Home::Loop(place)));
        let mut variables = Vec::new();
        for name in &each.variables {
            let value = unit.value();
            variables.push(value);
            unit.names.push((name.clone(), Home::Value(value)));
        }
        let body = self.nodes(unit, &each.body);
        unit.names.truncate(outside);
        let empty = self.nodes(unit, &each.empty);
        For {
            id,
            sequence,
            reversed: each.reversed,
            variables,
            parent: unit.loops[place].parent_is_used.then_some(parent),
            body,
            empty,
            site,
        }
    }

    /// Makes the unit of a block. A block sees no locals of the unit it stands in: it is
    /// called through its name, with a scope.
    fn block(&mut self, name: &str, body: &[ast::Node], span: Span) {
        let place = self.units.len();
        self.units.push(None);
        self.blocks.push(name.to_owned());
        let mut unit = UnitBuilder::default();
        unit.names.push(("block".to_owned(), Home::Block));
        let body = self.nodes(&mut unit, body);
        let kind = UnitKind::Block {
            name: name.to_owned(),
        };
        let unit_name = format!("{}/{name}", self.source.name);
        self.units[place] = Some(unit.finish(unit_name, kind, body, span));
    }

    /// Makes the units of all blocks in `nodes`, which are not run themselves.
    fn blocks_of(&mut self, nodes: &[ast::Node]) {
        for node in nodes {
            match &node.kind {
                NodeKind::Block { name, body } => self.block(name, body, node.span),
                kind => kind.bodies(|body| self.blocks_of(body)),
            }
        }
    }
}

/// Appends text, to the text before it if there is any.
fn push_text(out: &mut Vec<Node>, text: &str) {
    match out.last_mut() {
        Some(Node::Text(before)) => before.push_str(text),
        _ if text.is_empty() => {}
        _ => out.push(Node::Text(text.to_owned())),
    }
}
