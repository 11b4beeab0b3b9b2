//! Going through all nodes of a unit and the expressions in them.

use super::{Call, Compared, Condition, CycleValues, Expression, Function, Node};

/// Looks at nodes and expressions, each before what is inside of it.
pub(crate) trait Visit {
    /// Looks at a node.
    fn node(&mut self, _: &Node) {}

    /// Looks at an expression that stands in a node.
    fn expression(&mut self, _: &Expression) {}
}

/// Goes through nodes.
pub(crate) fn nodes(visit: &mut impl Visit, list: &[Node]) {
    list.iter().for_each(|item| node(visit, item));
}

/// Goes through a node.
pub(crate) fn node(visit: &mut impl Visit, node: &Node) {
    visit.node(node);
    match node {
        Node::Text(_)
        | Node::ResetCycle(_)
        | Node::Raise { .. }
        | Node::Block { .. }
        | Node::Partial(_) => {}
        Node::Output(value, _) => visit.expression(value),
        Node::If {
            branches,
            otherwise,
        } => {
            for (branch, body) in branches {
                condition(visit, branch);
                nodes(visit, body);
            }
            nodes(visit, otherwise);
        }
        Node::For(each) => {
            visit.expression(&each.sequence);
            nodes(visit, &each.body);
            nodes(visit, &each.empty);
        }
        Node::With { bindings, body, .. } => {
            expressions(visit, bindings.iter().map(|binding| &binding.value));
            nodes(visit, body);
        }
        Node::Autoescape { body, .. } | Node::Spaceless(body) => nodes(visit, body),
        Node::Include { name, bindings, .. } => {
            visit.expression(name);
            expressions(visit, bindings.iter().map(|binding| &binding.value));
        }
        Node::Extend { parent, .. } => visit.expression(parent),
        Node::Call(inner) => call(visit, inner),
        Node::Setting {
            arguments, body, ..
        } => {
            expressions(visit, arguments.iter().map(|argument| &argument.value));
            nodes(visit, body);
        }
        Node::Cycle(cycle) => {
            if let CycleValues::Inline(values) = &cycle.values {
                expressions(visit, values);
            }
        }
        Node::FirstOf(first) => expressions(visit, first.values.iter().map(|(value, _)| value)),
        Node::IfChanged(changed) => {
            expressions(visit, changed.values.iter().map(|(value, _)| value));
            nodes(visit, &changed.body);
            nodes(visit, &changed.otherwise);
        }
        Node::Regroup(regroup) => expressions(visit, [&regroup.target, &regroup.key]),
        Node::Filter { filters, body, .. } => {
            visit.expression(filters);
            nodes(visit, body);
        }
    }
}

fn call(visit: &mut impl Visit, call: &Call) {
    if let Function::Library(tag) = &call.function
        && let Some((_, token)) = &tag.include
    {
        visit.expression(token);
    }
    expressions(visit, call.bindings.iter().map(|binding| &binding.value));
    expressions(visit, call.arguments.iter().map(|argument| &argument.value));
    call.bodies.iter().for_each(|body| nodes(visit, body));
}

/// Goes through a condition.
pub(crate) fn condition(visit: &mut impl Visit, inner: &Condition) {
    match inner {
        Condition::Truth(value, _) => visit.expression(value),
        Condition::Not(inner) => condition(visit, inner),
        Condition::And(left, right) | Condition::Or(left, right) => {
            condition(visit, left);
            condition(visit, right);
        }
        Condition::Compare { left, right, .. } => {
            for side in [left, right] {
                match side {
                    Compared::Value(value) => visit.expression(value),
                    Compared::Condition(inner) => condition(visit, inner),
                }
            }
        }
    }
}

fn expressions<'e>(visit: &mut impl Visit, values: impl IntoIterator<Item = &'e Expression>) {
    values.into_iter().for_each(|value| visit.expression(value));
}
