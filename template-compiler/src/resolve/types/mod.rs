//! Where dotted names lead in data whose types are known.

pub(crate) mod agree;
mod attributes;
mod check;
mod conditions;
mod lower;
mod operands;

use crate::contexts::{Contexts, RecordName, Type};
use crate::ir::Step;

pub(super) use check::{Checker, Place, bound_names};
pub(super) use lower::lower_record;

/// Where a dotted name leads.
pub(super) enum Followed<'t> {
    /// To a value of a known type.
    Path(Vec<Step>, &'t Type),
    /// To something that only rendering will show.
    Unknown,
    /// Nowhere: the part of this number does not exist on this type.
    Nowhere(usize, &'t Type),
}

/// Follows the rest of a dotted name, from part `done` on.
pub(super) fn follow<'t>(
    contexts: &'t Contexts,
    start: &'t Type,
    parts: &[String],
    done: usize,
) -> Followed<'t> {
    let mut steps = Vec::new();
    let mut ty = start;
    for (place, part) in parts.iter().enumerate().skip(done) {
        while let Type::Pointer(inner) | Type::Option(inner) = ty {
            steps.push(match ty {
                Type::Pointer(_) => Step::Pointer,
                _ => Step::Some,
            });
            ty = inner;
        }
        let next = match ty {
            Type::Record(name) => match contexts.records.get(name) {
                None => return Followed::Unknown,
                Some(record) => record.field(part).map(|ty| (Step::Field(part.clone()), ty)),
            },
            Type::List(item) => index(part).map(|index| (Step::Item(index), &**item)),
            Type::Tuple(types) => {
                index(part).and_then(|index| types.get(index).map(|ty| (Step::Part(index), ty)))
            }
            _ => None,
        };
        match next {
            Some((step, next)) => {
                steps.push(step);
                ty = next;
            }
            None if attributes::may_have(ty, part) => return Followed::Unknown,
            None => return Followed::Nowhere(place, ty),
        }
    }
    while let Type::Pointer(inner) = ty {
        steps.push(Step::Pointer);
        ty = inner;
    }
    Followed::Path(steps, ty)
}

/// The index that a part is.
fn index(part: &str) -> Option<usize> {
    let is_plain = part.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than an index of 32 bits can have are left to rendering.
    (is_plain && part.len() < 10)
        .then(|| part.parse().ok())
        .flatten()
}

/// A type without the pointers and options that lead to it.
pub(super) fn target(mut ty: &Type) -> &Type {
    while let Type::Pointer(inner) | Type::Option(inner) = ty {
        ty = inner;
    }
    ty
}

/// What is known of the context of a template.
#[derive(Debug, Clone)]
pub(super) struct Known<'c> {
    pub(super) contexts: &'c Contexts,
    pub(super) name: &'c RecordName,
}
