//! Keeping functions small: the time rustc takes for one grows faster than its length.

use std::collections::BTreeSet;

use crate::ir::{
    Binding, Compared, Condition, Expression, Local, LoopParent, Node, Operand, Scope,
};

/// About how many runtime calls a function may have.
pub(super) const FUNCTION_LIMIT: usize = 100;

/// Splits a list that is too long for one function into parts that are not; nothing if
/// it is short enough.
pub(super) fn parts(nodes: &[Node]) -> Option<Vec<&[Node]>> {
    if nodes.iter().map(weight).sum::<usize>() <= FUNCTION_LIMIT {
        return None;
    }
    let mut parts = Vec::new();
    let mut start = 0;
    let mut size = 0;
    for (place, node) in nodes.iter().enumerate() {
        let weight = weight(node);
        if size + weight > FUNCTION_LIMIT && start < place {
            parts.push(&nodes[start..place]);
            (start, size) = (place, 0);
        }
        size += weight;
    }
    parts.push(&nodes[start..]);
    Some(parts)
}

/// About how many runtime calls a node becomes where it stands.
pub(super) fn weight(node: &Node) -> usize {
    match node {
        Node::Text(_) | Node::Block { .. } | Node::Extend { .. } => 1,
        Node::Output(value, _) => 2 + value.filters.len(),
        Node::If {
            branches,
            otherwise,
        } => {
            let branches = branches
                .iter()
                .map(|(condition, body)| condition_weight(condition) + list_weight(body));
            branches.sum::<usize>() + list_weight(otherwise)
        }
        Node::For(each) => 4 + list_weight(&each.body) + list_weight(&each.empty),
        Node::With { bindings, body } => 2 * bindings.len() + list_weight(body),
        Node::Autoescape { body, .. } => 1 + list_weight(body),
        Node::Include { bindings, .. } => 3 + 2 * bindings.len(),
    }
}

/// The weight of a list; one that is too heavy becomes a call for each part.
fn list_weight(nodes: &[Node]) -> usize {
    let sum: usize = nodes.iter().map(weight).sum();
    if sum <= FUNCTION_LIMIT {
        sum
    } else {
        sum.div_ceil(FUNCTION_LIMIT)
    }
}

fn condition_weight(condition: &Condition) -> usize {
    match condition {
        Condition::Truth(..) => 2,
        Condition::Not(inner) => condition_weight(inner),
        Condition::And(left, right) | Condition::Or(left, right) => {
            condition_weight(left) + condition_weight(right)
        }
        Condition::Compare { .. } => 3,
    }
}

/// The locals that `nodes` use and do not define.
pub(super) fn free_locals(nodes: &[Node]) -> BTreeSet<Local> {
    let mut locals = Locals::default();
    locals.nodes(nodes);
    &locals.used - &locals.defined
}

#[derive(Default)]
struct Locals {
    used: BTreeSet<Local>,
    defined: BTreeSet<Local>,
}

impl Locals {
    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Text(_) => {}
                Node::Output(value, _) | Node::Extend { parent: value, .. } => {
                    self.expression(value);
                }
                Node::If {
                    branches,
                    otherwise,
                } => {
                    for (condition, body) in branches {
                        self.condition(condition);
                        self.nodes(body);
                    }
                    self.nodes(otherwise);
                }
                Node::For(each) => {
                    self.expression(&each.sequence);
                    self.defined.insert(Local::Loop(each.id));
                    self.defined
                        .extend(each.variables.iter().map(|&id| Local::Value(id)));
                    match each.parent {
                        Some(LoopParent::Loop(id)) => _ = self.used.insert(Local::Loop(id)),
                        Some(LoopParent::Value(id)) => _ = self.used.insert(Local::Value(id)),
                        Some(LoopParent::Context) | None => {}
                    }
                    self.nodes(&each.body);
                    self.nodes(&each.empty);
                }
                Node::With { bindings, body } => {
                    self.bindings(bindings);
                    self.nodes(body);
                }
                Node::Autoescape { body, .. } => self.nodes(body),
                Node::Include {
                    name,
                    bindings,
                    scope,
                    ..
                } => {
                    self.expression(name);
                    self.bindings(bindings);
                    self.scope(scope);
                }
                Node::Block { scope, .. } => self.scope(scope),
            }
        }
    }

    fn bindings(&mut self, bindings: &[Binding]) {
        for binding in bindings {
            self.expression(&binding.value);
            self.defined.insert(Local::Value(binding.id));
        }
    }

    fn scope(&mut self, scope: &Scope) {
        self.used.extend(scope.0.iter().map(|&(_, local)| local));
    }

    fn expression(&mut self, expression: &Expression) {
        self.operand(&expression.operand);
        let arguments = expression
            .filters
            .iter()
            .filter_map(|call| call.argument.as_ref());
        arguments.for_each(|argument| self.operand(argument));
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Local { id, .. } => _ = self.used.insert(Local::Value(*id)),
            Operand::LoopField { id, .. } | Operand::Loop { id, .. } => {
                self.used.insert(Local::Loop(*id));
            }
            Operand::BlockSuper { scope, .. } => self.scope(scope),
            Operand::Literal(_) | Operand::Context { .. } | Operand::BlockName => {}
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Truth(value, _) => self.expression(value),
            Condition::Not(inner) => self.condition(inner),
            Condition::And(left, right) | Condition::Or(left, right) => {
                self.condition(left);
                self.condition(right);
            }
            Condition::Compare { left, right, .. } => {
                for side in [left, right] {
                    match side {
                        Compared::Value(value) => self.expression(value),
                        Compared::Condition(condition) => self.condition(condition),
                    }
                }
            }
        }
    }
}
