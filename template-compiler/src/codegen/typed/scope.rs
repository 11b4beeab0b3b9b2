//! Whether code for names of known types looks into the scope all the same.

use crate::ir::{
    BoundTo, Condition, Direct, Expression, LoopParent, Node, Operand, State, TypedCondition,
    TypedNode, walk,
};

/// Whether the code of these nodes makes use of the scope, other than to pass it on to what
/// is included.
pub(super) fn is_used(nodes: &[TypedNode]) -> bool {
    nodes.iter().any(is_used_by)
}

fn is_used_by(node: &TypedNode) -> bool {
    match node {
        TypedNode::Text(_) | TypedNode::LoopField(..) => false,
        TypedNode::Output {
            path,
            filter,
            otherwise,
            ..
        } => {
            let is_partial = matches!(filter, Some(Direct::Date(_) | Direct::Add(_)));
            (is_partial || path.can_fail()) && is_looked_up(otherwise)
        }
        TypedNode::If {
            branches,
            otherwise,
        } => {
            let mut branches = branches.iter();
            branches.any(|(condition, body)| is_used_for(condition) || is_used(body))
                || is_used(otherwise)
        }
        TypedNode::For(each) => {
            each.parent == Some(LoopParent::Context) || is_used(&each.body) || is_used(&each.empty)
        }
        TypedNode::With { bindings, body, .. } => {
            let is_value = |value: &BoundTo| match value {
                BoundTo::Path(..) => false,
                BoundTo::Value(value, _) => is_looked_up(&value.inner),
            };
            bindings.iter().any(|binding| is_value(&binding.value)) || is_used(body)
        }
        TypedNode::Include(_) => false,
        TypedNode::Dynamic(node) => {
            let mut seen = Seen(false);
            walk::node(&mut seen, &node.inner);
            seen.0
        }
    }
}

fn is_used_for(condition: &TypedCondition) -> bool {
    match condition {
        TypedCondition::Not(inner) => is_used_for(inner),
        TypedCondition::And(left, right) | TypedCondition::Or(left, right) => {
            is_used_for(left) || is_used_for(right)
        }
        TypedCondition::Dynamic(condition) => is_used_for_any(&condition.inner),
        TypedCondition::Truth(_)
        | TypedCondition::LoopField(..)
        | TypedCondition::IsSome(_)
        | TypedCondition::Divisible(..)
        | TypedCondition::Compare { .. } => false,
    }
}

fn is_used_for_any(condition: &Condition) -> bool {
    let mut seen = Seen(false);
    walk::condition(&mut seen, condition);
    seen.0
}

/// Whether a name in an expression is looked up in the scope.
fn is_looked_up(value: &Expression) -> bool {
    value.operands().any(|operand| match operand {
        Operand::Literal(_)
        | Operand::Local { .. }
        | Operand::LoopField { .. }
        | Operand::BlockName => false,
        Operand::Context { .. }
        | Operand::Cell { .. }
        | Operand::Loop { .. }
        | Operand::BlockSuper { .. } => true,
    })
}

/// Whether something has been seen that makes use of the scope.
struct Seen(bool);

impl walk::Visit for Seen {
    fn node(&mut self, node: &Node) {
        self.0 |= match node {
            Node::Text(_)
            | Node::Output(..)
            | Node::If { .. }
            | Node::Autoescape { .. }
            | Node::Setting { .. }
            | Node::Filter { .. }
            | Node::Spaceless(_)
            | Node::Raise { .. } => false,
            Node::For(each) => {
                each.parent == Some(LoopParent::Context)
                    || each.level.layer.is_some()
                    || each.empty_level.layer.is_some()
            }
            Node::With { level, .. } => level.layer.is_some(),
            Node::ResetCycle(state) => !matches!(state, State::Cell(_)),
            Node::Include { .. }
            | Node::Block { .. }
            | Node::Extend { .. }
            | Node::Call(_)
            | Node::Cycle(_)
            | Node::FirstOf(_)
            | Node::IfChanged(_)
            | Node::Regroup(_)
            | Node::Partial(_) => true,
        };
    }

    fn expression(&mut self, value: &Expression) {
        self.0 |= is_looked_up(value);
    }
}
