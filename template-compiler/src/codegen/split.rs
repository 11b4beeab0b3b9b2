//! Keeping functions small: the time rustc takes for one grows faster than its length.

use std::collections::BTreeSet;

use crate::ir::{
    Argument, Binding, CallScope, CellId, Compared, Condition, CycleValues, Export, Expression,
    Function, Level, Local, LoopParent, Node, Operand, Scope, State, Target, Upward, UpwardEnd,
    ValueId,
};

/// About how many runtime calls a function may have.
pub(super) const FUNCTION_LIMIT: usize = 100;

/// Splits a list that is too long for one function into parts that are not; nothing if
/// it is short enough.
///
/// Where there would be too many parts to call from one function, the parts are as long as
/// it takes, and are split again when they are printed.
pub(super) fn parts(nodes: &[Node]) -> Option<Vec<&[Node]>> {
    let sum = nodes.iter().map(weight).sum::<usize>();
    if sum <= FUNCTION_LIMIT {
        return None;
    }
    let limit = FUNCTION_LIMIT.max(sum.div_ceil(FUNCTION_LIMIT));
    let mut parts = Vec::new();
    let mut start = 0;
    let mut size = 0;
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
pub(super) fn weight(node: &Node) -> usize {
    match node {
        Node::Text(_)
        | Node::Block { .. }
        | Node::Extend { .. }
        | Node::ResetCycle(_)
        | Node::Raise { .. } => 1,
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
        Node::With { bindings, body, .. } => 2 * bindings.len() + list_weight(body),
        Node::Autoescape { body, .. } => 1 + list_weight(body),
        Node::Include { bindings, .. } => 3 + 2 * bindings.len(),
        Node::Call(call) => {
            let bodies = call.bodies.iter().map(|body| list_weight(body));
            let given = call.bindings.len() + call.arguments.len();
            3 + 2 * given + bodies.sum::<usize>()
        }
        Node::Setting {
            arguments, body, ..
        } => 3 + 2 * arguments.len() + list_weight(body),
        Node::Cycle(cycle) => match &cycle.values {
            CycleValues::Inline(values) => 4 + values.len(),
            CycleValues::Shared { .. } => 5,
        },
        Node::FirstOf(first) => 1 + 2 * first.values.len(),
        Node::IfChanged(tag) => {
            4 + 2 * tag.values.len() + list_weight(&tag.body) + list_weight(&tag.otherwise)
        }
        Node::Regroup(_) => 5,
        Node::Filter { filters, body, .. } => 4 + filters.filters.len() + list_weight(body),
        Node::Spaceless(body) => 2 + list_weight(body),
        Node::Partial(partial) => 2 + partial.exports.as_ref().map_or(1, |exports| exports.len()),
    }
}

/// The weight of a list; one that is too heavy becomes a call for each part.
fn list_weight(nodes: &[Node]) -> usize {
    let sum: usize = nodes.iter().map(weight).sum();
    if sum <= FUNCTION_LIMIT {
        sum
    } else {
        sum.div_ceil(FUNCTION_LIMIT).min(FUNCTION_LIMIT)
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

/// The fields of a local that `nodes` use, in the order in which they come.
pub(super) fn fields(nodes: &[Node], id: ValueId) -> Vec<String> {
    let mut locals = Locals {
        fields_of: Some(id),
        ..Locals::default()
    };
    locals.nodes(nodes);
    locals.fields
}

#[derive(Default)]
struct Locals {
    used: BTreeSet<Local>,
    defined: BTreeSet<Local>,
    /// The local whose fields are looked for.
    fields_of: Option<ValueId>,
    fields: Vec<String>,
}

impl Locals {
    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Text(_) | Node::Raise { .. } => {}
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
                        .extend(each.variables.iter().map(|&(_, id)| Local::Value(id)));
                    self.defined
                        .extend(each.states.iter().map(|&id| Local::Cell(id)));
                    self.level(&each.level);
                    self.level(&each.empty_level);
                    match each.parent {
                        Some(LoopParent::Loop(id)) => _ = self.used.insert(Local::Loop(id)),
                        Some(LoopParent::Value(id)) => _ = self.used.insert(Local::Value(id)),
                        Some(LoopParent::Context) | None => {}
                    }
                    self.nodes(&each.body);
                    self.nodes(&each.empty);
                }
                Node::With {
                    bindings,
                    level,
                    body,
                } => {
                    self.bindings(bindings);
                    self.level(level);
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
                node => self.tag(node),
            }
        }
    }

    fn tag(&mut self, node: &Node) {
        match node {
            Node::Call(call) => {
                self.bindings(&call.bindings);
                self.arguments(&call.arguments);
                if let CallScope::Locals(scope, exports) = &call.scope {
                    self.scope(scope);
                    self.exports(exports);
                }
                if let Function::Library(tag) = &call.function
                    && let Some((_, token)) = &tag.include
                {
                    self.expression(token);
                }
                self.assign(call.assign.as_ref());
                call.bodies.iter().for_each(|body| self.nodes(body));
            }
            Node::Setting {
                arguments, body, ..
            } => {
                self.arguments(arguments);
                self.nodes(body);
            }
            Node::Cycle(cycle) => {
                self.state(cycle.state);
                match &cycle.values {
                    CycleValues::Inline(values) => {
                        values.iter().for_each(|value| self.expression(value));
                    }
                    CycleValues::Shared { scope, .. } => self.scope(scope),
                }
                if let Some((_, upward)) = &cycle.assign {
                    self.upward(upward);
                }
            }
            Node::ResetCycle(state) => self.state(*state),
            Node::FirstOf(first) => {
                first
                    .values
                    .iter()
                    .for_each(|(value, _)| self.expression(value));
                self.assign(first.assign.as_ref());
            }
            Node::IfChanged(tag) => {
                self.state(tag.state);
                tag.values
                    .iter()
                    .for_each(|(value, _)| self.expression(value));
                self.nodes(&tag.body);
                self.nodes(&tag.otherwise);
            }
            Node::Regroup(tag) => {
                self.expression(&tag.target);
                self.defined.insert(Local::Value(tag.item));
                self.expression(&tag.key);
                self.assign(Some(&tag.assign));
            }
            Node::Filter {
                id, filters, body, ..
            } => {
                self.defined.insert(Local::Value(*id));
                self.expression(filters);
                self.nodes(body);
            }
            Node::Spaceless(body) => self.nodes(body),
            Node::Partial(partial) => {
                self.scope(&partial.scope);
                partial
                    .exports
                    .iter()
                    .for_each(|exports| self.exports(exports));
            }
            _ => {}
        }
    }

    fn level(&mut self, level: &Level) {
        let cells = level.cells.iter();
        self.defined.extend(cells.map(|&(id, _)| Local::Cell(id)));
        if let Some(scope) = &level.layer {
            self.scope(scope);
        }
    }

    fn cell(&mut self, id: CellId) {
        self.used.insert(Local::Cell(id));
    }

    fn state(&mut self, state: State) {
        if let State::Cell(id) = state {
            self.cell(id);
        }
    }

    fn target(&mut self, target: Target) {
        if let Target::Cell(id) = target {
            self.cell(id);
        }
    }

    fn assign(&mut self, assign: Option<&(String, Target)>) {
        if let Some((_, target)) = assign {
            self.target(*target);
        }
    }

    fn upward(&mut self, upward: &Upward) {
        upward.cells.iter().for_each(|&id| self.cell(id));
        if let UpwardEnd::Target(target) = upward.otherwise {
            self.target(target);
        }
    }

    fn exports(&mut self, exports: &[Export]) {
        exports.iter().for_each(|export| self.target(export.target));
    }

    fn arguments(&mut self, arguments: &[Argument]) {
        arguments
            .iter()
            .for_each(|argument| self.expression(&argument.value));
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
            Operand::Local { id, parts } => {
                self.used.insert(Local::Value(*id));
                if let Some(field) = parts.get(1)
                    && self.fields_of == Some(*id)
                    && !self.fields.contains(field)
                {
                    self.fields.push(field.clone());
                }
            }
            Operand::Cell { id, otherwise, .. } => {
                self.cell(*id);
                self.operand(otherwise);
            }
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
