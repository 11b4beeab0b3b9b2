//! Conditions on fields as Rust text.

use super::Typed;
use super::parts::condition_locals;
use crate::codegen::quote::quote;
use crate::contexts::Type;
use crate::ir::{
    Condition, Dynamic, LoopField, LoopId, Operator, Path, Scalar, ScalarKind, TypedCondition,
};

impl<'t> Typed<'_, 't> {
    /// A condition, as text of type `bool`.
    pub(super) fn condition(&mut self, condition: &'t TypedCondition) -> String {
        match condition {
            TypedCondition::Truth(path) => {
                if !path.can_fail() && !matches!(path.ty, Type::Option(_)) {
                    let place = self.place(path);
                    return self.truth(&place, &path.ty);
                }
                let reference = self.reference(path, true);
                let ty = match &path.ty {
                    Type::Option(inner) => inner,
                    ty => ty,
                };
                let name = self.option();
                let truth = self.truth(&format!("(*{name})"), ty);
                format!("(match {reference} {{ Some({name}) => {truth}, None => false }})")
            }
            TypedCondition::LoopField(id, field) => {
                let number = self.loop_field(*id, *field);
                match field {
                    LoopField::First | LoopField::Last => number,
                    _ => format!("({number} != 0)"),
                }
            }
            TypedCondition::IsSome(path) => {
                let reference = self.reference(path, true);
                format!("{reference}.is_some()")
            }
            TypedCondition::Divisible(number, by) => {
                let (number, _) = self.scalar(number, ScalarKind::Int);
                format!("({number} % {by} == 0)")
            }
            TypedCondition::Not(inner) => format!("!{}", self.condition(inner)),
            TypedCondition::And(left, right) => {
                format!("({} && {})", self.condition(left), self.condition(right))
            }
            TypedCondition::Or(left, right) => {
                format!("({} || {})", self.condition(left), self.condition(right))
            }
            TypedCondition::Compare {
                operator,
                kind,
                left,
                right,
            } => self.compare(*operator, *kind, left, right),
            TypedCondition::Dynamic(condition) => self.dynamic_condition(condition),
        }
    }

    fn dynamic_condition(&mut self, condition: &'t Dynamic<Condition>) -> String {
        let locals = condition_locals(&condition.inner);
        let views = self.views(&condition.views, &locals).join(" ");
        let inner = self.function.branch(&condition.inner);
        format!("w.with(|f| -> std::result::Result<bool, rt::Stop> {{ {views} Ok({inner}) }})?")
    }

    /// Whether what is in a place is true.
    pub(super) fn truth(&mut self, place: &str, ty: &Type) -> String {
        match ty {
            Type::Bool => place.to_owned(),
            Type::Int | Type::Unsigned => format!("({place} != 0)"),
            Type::Float => format!("({place} != 0.0)"),
            Type::Text | Type::List(_) | Type::Map(..) => format!("!{place}.is_empty()"),
            Type::Safe => format!("!{place}.0.is_empty()"),
            Type::Option(inner) => {
                let name = self.option();
                let truth = self.truth(&format!("(*{name})"), inner);
                format!("(match &{place} {{ Some({name}) => {truth}, None => false }})")
            }
            Type::Pointer(inner) => self.truth(&format!("(*{place})"), inner),
            _ => "true".to_owned(),
        }
    }

    /// A field of a loop over a list.
    pub(super) fn loop_field(&self, id: LoopId, field: LoopField) -> String {
        let id = id.0;
        match field {
            LoopField::Counter => format!("(index{id} + 1)"),
            LoopField::Counter0 => format!("index{id}"),
            LoopField::RevCounter => format!("(length{id} - index{id})"),
            LoopField::RevCounter0 => format!("(length{id} - index{id} - 1)"),
            LoopField::First => format!("(index{id} == 0)"),
            LoopField::Last => format!("(index{id} + 1 == length{id})"),
            LoopField::Length => format!("length{id}"),
        }
    }

    fn compare(
        &mut self,
        operator: Operator,
        kind: ScalarKind,
        left: &Scalar,
        right: &Scalar,
    ) -> String {
        let (left, left_is_option) = self.scalar(left, kind);
        let (right, right_is_option) = self.scalar(right, kind);
        let sign = match operator {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterEqual => ">=",
            Operator::In => return format!("{right}.contains({left})"),
            _ => return format!("!{right}.contains({left})"),
        };
        if !left_is_option && !right_is_option {
            return format!("({left} {sign} {right})");
        }
        let some = |text: String, is_option: bool| {
            if is_option {
                text
            } else {
                format!("Some({text})")
            }
        };
        let (left, right) = (some(left, left_is_option), some(right, right_is_option));
        match operator {
            Operator::Equal | Operator::NotEqual => format!("({left} {sign} {right})"),
            // Comparing with none raises, and so is false.
            _ => {
                let (a, b) = (self.option(), self.option());
                format!(
                    "(match ({left}, {right}) {{ (Some({a}), Some({b})) => {a} {sign} {b}, _ => false }})"
                )
            }
        }
    }

    /// A value as text of its kind's type, or of an option of that.
    fn scalar(&mut self, scalar: &Scalar, kind: ScalarKind) -> (String, bool) {
        let wide = |number: String| match kind {
            ScalarKind::Wide => format!("({number} as i128)"),
            _ => number,
        };
        match scalar {
            Scalar::Int(number) => (wide(format!("({number}_i64)")), false),
            Scalar::Float(number) => (format!("f64::from_bits({:#x})", number.to_bits()), false),
            Scalar::Text(text) => (quote(text), false),
            Scalar::LoopField(id, field) => (
                wide(format!("({} as i64)", self.loop_field(*id, *field))),
                false,
            ),
            Scalar::Length(path) => {
                let place = self.place(path);
                (
                    wide(format!("({} as i64)", length(&place, &path.ty))),
                    false,
                )
            }
            Scalar::Path(path) => self.scalar_path(path, kind),
        }
    }

    fn scalar_path(&mut self, path: &Path, kind: ScalarKind) -> (String, bool) {
        let converted = |place: &str, ty: &Type| match kind {
            ScalarKind::Int => format!("({place} as i64)"),
            ScalarKind::Wide => format!("({place} as i128)"),
            ScalarKind::Float => format!("({place} as f64)"),
            ScalarKind::Text => match ty {
                Type::Safe => format!("rt::typed::text(&{place}.0)"),
                _ => format!("rt::typed::text(&{place})"),
            },
        };
        if !path.can_fail() && !matches!(path.ty, Type::Option(_)) {
            return (converted(&self.place(path), &path.ty), false);
        }
        let ty = match &path.ty {
            Type::Option(inner) => inner,
            ty => ty,
        };
        let reference = self.reference(path, true);
        let name = self.option();
        let value = converted(&format!("(*{name})"), ty);
        let text = format!("(match {reference} {{ Some({name}) => Some({value}), None => None }})");
        (text, true)
    }
}

/// How many items or characters there are in a place.
pub(super) fn length(place: &str, ty: &Type) -> String {
    match ty {
        Type::Text => format!("rt::typed::characters(&{place})"),
        Type::Safe => format!("rt::typed::characters(&{place}.0)"),
        _ => format!("{place}.len()"),
    }
}
