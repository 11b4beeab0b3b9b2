//! The conditions of `if` on data whose types are known.

use super::lower::Lowering;
use super::operands::optional;
use crate::contexts::Type;
use crate::ir::{
    Compared, Condition, Dynamic, Expression, FilterFunction, Literal, Operand, Operator, Path,
    Scalar, ScalarKind, TypedCondition, ValueId,
};

impl Lowering<'_> {
    /// The condition of a branch.
    pub(super) fn branch(&mut self, condition: &Condition) -> TypedCondition {
        match self.condition(condition) {
            Some(condition) => condition,
            None => self.dynamic_condition(condition),
        }
    }

    /// A condition in which nothing raises; nothing if something in it may.
    fn condition(&mut self, condition: &Condition) -> Option<TypedCondition> {
        Some(match condition {
            Condition::Truth(value, _) => self.truth(value)?,
            Condition::Not(inner) => TypedCondition::Not(Box::new(self.condition(inner)?)),
            Condition::And(left, right) => {
                let left = Box::new(self.condition(left)?);
                TypedCondition::And(left, Box::new(self.condition(right)?))
            }
            Condition::Or(left, right) => {
                let left = Box::new(self.condition(left)?);
                TypedCondition::Or(left, Box::new(self.condition(right)?))
            }
            Condition::Compare {
                operator,
                left: Compared::Value(left),
                right: Compared::Value(right),
                ..
            } => match self.compare(*operator, left, right) {
                Some(condition) => condition,
                None => self.dynamic_condition(condition),
            },
            // A comparison is false where something raises.
            Condition::Compare { .. } => self.dynamic_condition(condition),
        })
    }

    fn truth(&self, value: &Expression) -> Option<TypedCondition> {
        if let [call] = value.filters.as_slice()
            && let FilterFunction::Builtin(filter) = &call.filter
        {
            let whole = Expression {
                filters: Vec::new(),
                ..value.clone()
            };
            return match (filter.name, &call.argument) {
                ("divisibleby", Some(Operand::Literal(Literal::Int(by)))) if *by > 0 => {
                    match self.scalar(&whole)? {
                        (Scalar::Path(path), _) if path.can_fail() => None,
                        (Scalar::Path(path), _) if path.ty != Type::Int => None,
                        (number, ScalarKind::Int) => Some(TypedCondition::Divisible(number, *by)),
                        _ => None,
                    }
                }
                ("length", None) => {
                    let (length, kind) = self.scalar(value)?;
                    Some(TypedCondition::Compare {
                        operator: Operator::NotEqual,
                        kind,
                        left: length,
                        right: Scalar::Int(0),
                    })
                }
                _ => None,
            };
        }
        if !value.filters.is_empty() {
            return None;
        }
        if let Operand::LoopField { id, field } = value.operand {
            let is_typed = self.loops.contains(&id);
            return is_typed.then_some(TypedCondition::LoopField(id, field));
        }
        let path = self.path(&value.operand)?;
        let mut ty = &path.ty;
        while let Type::Option(inner) | Type::Pointer(inner) = ty {
            ty = inner;
        }
        let is_known = match ty {
            Type::Value | Type::Other(_) => false,
            Type::Record(name) => {
                let record = self.contexts.records.get(name);
                record.is_some_and(|record| !record.fields.is_empty())
            }
            Type::Tuple(types) => !types.is_empty(),
            _ => true,
        };
        is_known.then_some(TypedCondition::Truth(path))
    }

    fn compare(
        &self,
        operator: Operator,
        left: &Expression,
        right: &Expression,
    ) -> Option<TypedCondition> {
        if let Some(path) = self.compared_with_none(left, right) {
            let is_some = TypedCondition::IsSome(path);
            return match operator {
                Operator::Is | Operator::Equal => Some(TypedCondition::Not(Box::new(is_some))),
                Operator::IsNot | Operator::NotEqual => Some(is_some),
                _ => None,
            };
        }
        let (left, left_kind) = self.scalar(left)?;
        let (right, right_kind) = self.scalar(right)?;
        let kind = match (left_kind, right_kind) {
            (left, right) if left == right => left,
            (ScalarKind::Int, ScalarKind::Wide) | (ScalarKind::Wide, ScalarKind::Int) => {
                ScalarKind::Wide
            }
            _ => return None,
        };
        let is_possible = match operator {
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessEqual
            | Operator::Greater
            | Operator::GreaterEqual => true,
            // Nothing is in what is none: that raises.
            Operator::In | Operator::NotIn => {
                kind == ScalarKind::Text && !can_be_none(&left) && !can_be_none(&right)
            }
            _ => false,
        };
        is_possible.then_some(TypedCondition::Compare {
            operator,
            kind,
            left,
            right,
        })
    }

    /// The path of which a comparison asks whether it is none.
    fn compared_with_none(&self, left: &Expression, right: &Expression) -> Option<Path> {
        let is_none = |value: &Expression| {
            value.filters.is_empty()
                && matches!(&value.operand, Operand::Context { parts } if parts.as_slice() == ["None"])
                && self.path(&value.operand).is_none()
        };
        if !is_none(right) || !left.filters.is_empty() {
            return None;
        }
        let path = self.path(&left.operand)?;
        let is_value = matches!(super::target(&path.ty), Type::Value | Type::Other(_));
        // What an option holds may be none too.
        let is_nested = is_optional(optional(&path.ty));
        (!is_value && !is_nested).then_some(path)
    }

    fn dynamic_condition(&mut self, condition: &Condition) -> TypedCondition {
        let mut views = Vec::new();
        let inner = self.condition_with_views(condition, &mut views);
        TypedCondition::Dynamic(Dynamic { inner, views })
    }

    fn condition_with_views(
        &mut self,
        condition: &Condition,
        views: &mut Vec<(ValueId, Path)>,
    ) -> Condition {
        match condition {
            Condition::Truth(value, site) => Condition::Truth(self.with_views(value, views), *site),
            Condition::Not(inner) => {
                Condition::Not(Box::new(self.condition_with_views(inner, views)))
            }
            Condition::And(left, right) => {
                let left = Box::new(self.condition_with_views(left, views));
                Condition::And(left, Box::new(self.condition_with_views(right, views)))
            }
            Condition::Or(left, right) => {
                let left = Box::new(self.condition_with_views(left, views));
                Condition::Or(left, Box::new(self.condition_with_views(right, views)))
            }
            Condition::Compare {
                operator,
                left,
                right,
                site,
            } => Condition::Compare {
                operator: *operator,
                left: self.compared_with_views(left, views),
                right: self.compared_with_views(right, views),
                site: *site,
            },
        }
    }

    fn compared_with_views(
        &mut self,
        compared: &Compared,
        views: &mut Vec<(ValueId, Path)>,
    ) -> Compared {
        match compared {
            Compared::Value(value) => Compared::Value(self.with_views(value, views)),
            Compared::Condition(inner) => {
                Compared::Condition(Box::new(self.condition_with_views(inner, views)))
            }
        }
    }
}

/// Whether a type is, or leads to, an option.
fn is_optional(ty: &Type) -> bool {
    match ty {
        Type::Option(_) => true,
        Type::Pointer(inner) => is_optional(inner),
        _ => false,
    }
}

fn can_be_none(scalar: &Scalar) -> bool {
    match scalar {
        Scalar::Path(path) => path.can_fail() || path.ty != *optional(&path.ty),
        _ => false,
    }
}
