//! Keeping typed functions small, as `split` does for others.

use std::collections::BTreeSet;

use super::{Known, Typed, TypedPart};
use crate::codegen::split::{self, FUNCTION_LIMIT};
use crate::ir::{
    BoundTo, Condition, Direct, Dynamic, Expression, Local, LocalType, LoopId, LoopParent, Node,
    Path, Scalar, SiteId, Start, TypedCondition, TypedNode,
};

impl<'t> Typed<'_, 't> {
    /// Prints nodes, as calls of parts if there are too many.
    pub(super) fn nodes(&mut self, nodes: &'t [TypedNode]) {
        let Some(parts) = parts(nodes) else {
            nodes.iter().for_each(|node| self.node(node));
            return;
        };
        for nodes in parts {
            let locals = self.free_locals(nodes);
            let is_nameable = locals.iter().all(|local| match local {
                Local::Value(id) => self.known.values.get(id) != Some(&&LocalType::Unnamed),
                _ => true,
            });
            if nodes.len() == 1 || !is_nameable {
                nodes.iter().for_each(|node| self.node(node));
                continue;
            }
            let name = format!("part{}", self.function.parts);
            *self.function.parts += 1;
            let arguments = self.arguments(&locals);
            self.flush();
            self.line(&format!("w.with(|f| {name}(f, s, c{arguments}))?;"));
            self.pending.push_back(TypedPart {
                name,
                nodes,
                locals,
                known: self.known.clone(),
            });
        }
    }

    /// Whether nodes become calls of parts.
    pub(super) fn is_split(nodes: &[TypedNode]) -> bool {
        parts(nodes).is_some()
    }

    /// The locals that `nodes` use and do not define, with all that these need.
    fn free_locals(&self, nodes: &[TypedNode]) -> BTreeSet<Local> {
        let mut locals = Locals::default();
        locals.nodes(nodes);
        with_parents(&(&locals.used - &locals.defined), &self.known)
    }
}

/// Locals with those that their loops stand in.
pub(super) fn with_parents(locals: &BTreeSet<Local>, known: &Known<'_>) -> BTreeSet<Local> {
    let mut all = locals.clone();
    let loops = locals.iter().filter_map(|local| match local {
        Local::Loop(id) => Some(*id),
        _ => None,
    });
    let mut waiting: Vec<LoopId> = loops.collect();
    while let Some(id) = waiting.pop() {
        match known.loops.get(&id) {
            Some((Some(LoopParent::Loop(outer)), _)) if all.insert(Local::Loop(*outer)) => {
                waiting.push(*outer);
            }
            Some((Some(LoopParent::Value(value)), _)) => _ = all.insert(Local::Value(*value)),
            _ => {}
        }
    }
    all
}

/// The free locals of an expression that is printed as for any context.
pub(super) fn expression_locals(expression: &Expression) -> BTreeSet<Local> {
    split::free_locals(&[Node::Output(expression.clone(), SiteId(0))])
}

/// The free locals of a condition that is printed as for any context.
pub(super) fn condition_locals(condition: &Condition) -> BTreeSet<Local> {
    split::free_locals(&[Node::If {
        branches: vec![(condition.clone(), Vec::new())],
        otherwise: Vec::new(),
    }])
}

fn parts(nodes: &[TypedNode]) -> Option<Vec<&[TypedNode]>> {
    let sum = nodes.iter().map(weight).sum::<usize>();
    if sum <= FUNCTION_LIMIT {
        return None;
    }
    let limit = FUNCTION_LIMIT.max(sum.div_ceil(FUNCTION_LIMIT));
    let mut parts = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (place, node) in nodes.iter().enumerate() {
        let weight = weight(node);
        if size + weight > limit && start < place {
            parts.push(&nodes[start..place]);
            (start, size) = (place, 0);
        }
        size += weight;
    }
    parts.push(&nodes[start..]);
    Some(parts)
}

/// About how many runtime calls a node becomes where it stands.
fn weight(node: &TypedNode) -> usize {
    match node {
        TypedNode::Text(_) | TypedNode::LoopField(..) => 1,
        TypedNode::Output { path, filter, .. } => {
            let filter = match filter {
                None => 0,
                Some(Direct::Text(_) | Direct::Length | Direct::Safe) => 1,
                Some(Direct::Date(_)) => 4,
                Some(_) => 2,
            };
            2 + filter + if path.can_fail() { 2 } else { 0 }
        }
        TypedNode::If {
            branches,
            otherwise,
        } => {
            let branches = branches
                .iter()
                .map(|(condition, body)| condition_weight(condition) + list_weight(body));
            branches.sum::<usize>() + list_weight(otherwise)
        }
        TypedNode::For(each) => 4 + list_weight(&each.body) + list_weight(&each.empty),
        TypedNode::With { bindings, body, .. } => 2 * bindings.len() + list_weight(body),
        TypedNode::Include(include) => 4 + split::weight(&include.otherwise.inner),
        TypedNode::Dynamic(node) => 1 + split::weight(&node.inner),
    }
}

fn list_weight(nodes: &[TypedNode]) -> usize {
    let sum: usize = nodes.iter().map(weight).sum();
    if sum <= FUNCTION_LIMIT {
        sum
    } else {
        sum.div_ceil(FUNCTION_LIMIT).min(FUNCTION_LIMIT)
    }
}

fn condition_weight(condition: &TypedCondition) -> usize {
    match condition {
        TypedCondition::Not(inner) => condition_weight(inner),
        TypedCondition::And(left, right) | TypedCondition::Or(left, right) => {
            condition_weight(left) + condition_weight(right)
        }
        TypedCondition::Dynamic(_) => 4,
        _ => 1,
    }
}

#[derive(Default)]
struct Locals {
    used: BTreeSet<Local>,
    defined: BTreeSet<Local>,
}

impl Locals {
    fn nodes(&mut self, nodes: &[TypedNode]) {
        nodes.iter().for_each(|node| self.node(node));
    }

    fn node(&mut self, node: &TypedNode) {
        match node {
            TypedNode::Text(_) => {}
            TypedNode::LoopField(id, _) => _ = self.used.insert(Local::Loop(*id)),
            TypedNode::Output {
                path, otherwise, ..
            } => {
                self.path(path);
                self.used.append(&mut expression_locals(otherwise));
            }
            TypedNode::If {
                branches,
                otherwise,
            } => {
                for (condition, body) in branches {
                    self.condition(condition);
                    self.nodes(body);
                }
                self.nodes(otherwise);
            }
            TypedNode::For(each) => {
                self.path(&each.list);
                self.defined.insert(Local::Loop(each.id));
                let variables = each.variables.iter().map(|&(id, ..)| Local::Value(id));
                self.defined.extend(variables);
                match each.parent {
                    Some(LoopParent::Loop(id)) => _ = self.used.insert(Local::Loop(id)),
                    Some(LoopParent::Value(id)) => _ = self.used.insert(Local::Value(id)),
                    Some(LoopParent::Context) | None => {}
                }
                let own = [&each.cells, &each.item_cells, &each.empty_cells];
                let own = own.into_iter().flatten().map(|&cell| Local::Cell(cell));
                self.defined.extend(own);
                self.nodes(&each.body);
                self.nodes(&each.empty);
            }
            TypedNode::With {
                bindings,
                cells,
                body,
            } => {
                for binding in bindings {
                    match &binding.value {
                        BoundTo::Path(path, _) => self.path(path),
                        BoundTo::Value(value, _) => {
                            self.dynamic(value, expression_locals(&value.inner));
                        }
                    }
                    self.defined.insert(Local::Value(binding.id));
                }
                let cells = cells.iter().map(|&cell| Local::Cell(cell));
                self.defined.extend(cells);
                self.nodes(body);
            }
            TypedNode::Include(include) => {
                let paths = include
                    .offers
                    .iter()
                    .filter_map(|offer| offer.path.as_ref());
                paths.for_each(|(path, _)| self.path(path));
                self.dynamic_node(&include.otherwise);
            }
            TypedNode::Dynamic(node) => self.dynamic_node(node),
        }
    }

    fn dynamic_node(&mut self, node: &Dynamic<Node>) {
        let locals = split::free_locals(std::slice::from_ref(&node.inner));
        self.dynamic(node, locals);
    }

    /// Adds the locals of what is printed as for any context.
    fn dynamic<T>(&mut self, dynamic: &Dynamic<T>, mut locals: BTreeSet<Local>) {
        for (id, path) in &dynamic.views {
            locals.remove(&Local::Value(*id));
            self.path(path);
        }
        self.used.append(&mut locals);
    }

    fn path(&mut self, path: &Path) {
        if let Start::Local(id) = path.start {
            self.used.insert(Local::Value(id));
        }
    }

    fn scalar(&mut self, scalar: &Scalar) {
        match scalar {
            Scalar::Path(path) | Scalar::Length(path) => self.path(path),
            Scalar::LoopField(id, _) => _ = self.used.insert(Local::Loop(*id)),
            Scalar::Int(_) | Scalar::Float(_) | Scalar::Text(_) => {}
        }
    }

    fn condition(&mut self, condition: &TypedCondition) {
        match condition {
            TypedCondition::Truth(path) | TypedCondition::IsSome(path) => self.path(path),
            TypedCondition::LoopField(id, _) => _ = self.used.insert(Local::Loop(*id)),
            TypedCondition::Divisible(number, _) => self.scalar(number),
            TypedCondition::Not(inner) => self.condition(inner),
            TypedCondition::And(left, right) | TypedCondition::Or(left, right) => {
                self.condition(left);
                self.condition(right);
            }
            TypedCondition::Compare { left, right, .. } => {
                self.scalar(left);
                self.scalar(right);
            }
            TypedCondition::Dynamic(condition) => {
                self.dynamic(condition, condition_locals(&condition.inner));
            }
        }
    }
}
