//! What can be written, or compared, without a value being made of it.

use super::lower::Lowering;
use crate::contexts::Type;
use crate::ir::{
    DatePart, Direct, Expression, FilterFunction, Literal, Operand, Path, Scalar, ScalarKind,
};

/// The longest text that stands in typed code in place of what a filter makes.
const LONGEST: usize = 1000;

/// The longest format of which the parts stand in typed code: what it makes is never longer
/// than a filter's result may be.
const LONGEST_FORMAT: usize = 100;

impl Lowering<'_> {
    /// What is done to a field before it is written: nothing, or one filter; nothing at all
    /// if it takes a value.
    pub(super) fn direct(&self, value: &Expression, path: &Path) -> Option<Option<Direct>> {
        let (inner, is_optional) = match &path.ty {
            Type::Option(inner) => (&**inner, true),
            ty => (ty, false),
        };
        let is_written = matches!(
            inner,
            Type::Bool
                | Type::Int
                | Type::Unsigned
                | Type::Float
                | Type::Text
                | Type::Safe
                | Type::Date
                | Type::DateTime
        );
        let [call] = value.filters.as_slice() else {
            return (value.filters.is_empty() && is_written).then_some(None);
        };
        let FilterFunction::Builtin(filter) = &call.filter else {
            return None;
        };
        let argument = match &call.argument {
            None => None,
            Some(Operand::Literal(literal)) => Some(literal),
            Some(_) => return None,
        };
        let text = match argument {
            Some(Literal::Text {
                text,
                translated: false,
            }) if text.len() <= LONGEST => Some(text.as_str()),
            _ => None,
        };
        let is_text = matches!(inner, Type::Text | Type::Safe);
        let is_number = matches!(inner, Type::Int | Type::Unsigned);
        let is_plain = is_written && !matches!(inner, Type::Float | Type::Date | Type::DateTime);
        let direct = match (filter.name, argument) {
            ("upper", None) if is_text && !is_optional => Direct::Text("upper"),
            ("lower", None) if is_text && !is_optional => Direct::Text("lower"),
            ("capfirst", None) if is_text && !is_optional => Direct::Text("capfirst"),
            ("escape", None) if is_text && !is_optional => Direct::Text("escape"),
            ("safe", None) if is_text && !is_optional => Direct::Safe,
            ("length", None) if is_counted(&path.ty) => Direct::Length,
            ("default", Some(_)) if is_plain => Direct::Default(text?.to_owned()),
            ("default_if_none", Some(_)) if is_plain => Direct::DefaultIfNone(text?.to_owned()),
            ("yesno", Some(_)) if is_plain => {
                let words: Vec<&str> = text?.split(',').collect();
                let [yes, no, maybe] = match words[..] {
                    [] | [_] => return None,
                    [yes, no, maybe] => [yes, no, maybe],
                    [yes, no, ..] => [yes, no, no],
                };
                Direct::YesNo([escaped(yes), escaped(no), escaped(maybe)])
            }
            ("pluralize", None) if is_number && !is_optional => Direct::plural("s")?,
            ("pluralize", None) if matches!(path.ty, Type::List(_)) => Direct::plural("s")?,
            ("pluralize", Some(_)) if is_number && !is_optional => Direct::plural(text?)?,
            ("pluralize", Some(_)) if matches!(path.ty, Type::List(_)) => Direct::plural(text?)?,
            ("join", Some(_)) => match &path.ty {
                Type::List(item) if matches!(**item, Type::Text) => Direct::Join(text?.to_owned()),
                _ => return None,
            },
            ("date", Some(_)) if path.ty == Type::Date => Direct::date(text?)?,
            ("add", Some(Literal::Int(number))) if path.ty == Type::Int => Direct::Add(*number),
            _ => return None,
        };
        Some(Some(direct))
    }

    /// A value that can be compared, with its kind; nothing for others.
    pub(super) fn scalar(&self, value: &Expression) -> Option<(Scalar, ScalarKind)> {
        if let [call] = value.filters.as_slice()
            && let FilterFunction::Builtin(filter) = &call.filter
            && filter.name == "length"
        {
            let path = self.path(&value.operand)?;
            let is_counted = is_counted(&path.ty) && !path.can_fail();
            return is_counted.then_some((Scalar::Length(path), ScalarKind::Int));
        }
        if !value.filters.is_empty() {
            return None;
        }
        Some(match &value.operand {
            Operand::Literal(Literal::Int(number)) => (Scalar::Int(*number), ScalarKind::Int),
            Operand::Literal(Literal::Float(number)) => (Scalar::Float(*number), ScalarKind::Float),
            Operand::Literal(Literal::Text {
                text,
                translated: false,
            }) => (Scalar::Text(text.clone()), ScalarKind::Text),
            Operand::LoopField { id, field } if self.loops.contains(id) => {
                if is_flag(*field) {
                    return None;
                }
                (Scalar::LoopField(*id, *field), ScalarKind::Int)
            }
            operand => {
                let path = self.path(operand)?;
                let kind = match optional(&path.ty) {
                    Type::Int => ScalarKind::Int,
                    Type::Unsigned => ScalarKind::Wide,
                    Type::Float => ScalarKind::Float,
                    Type::Text | Type::Safe => ScalarKind::Text,
                    _ => return None,
                };
                (Scalar::Path(path), kind)
            }
        })
    }
}

/// Whether a field of a loop is a truth value.
pub(super) fn is_flag(field: crate::ir::LoopField) -> bool {
    matches!(
        field,
        crate::ir::LoopField::First | crate::ir::LoopField::Last
    )
}

/// The type that an option holds.
pub(super) fn optional(ty: &Type) -> &Type {
    match ty {
        Type::Option(inner) => inner,
        ty => ty,
    }
}

fn is_counted(ty: &Type) -> bool {
    matches!(ty, Type::List(_) | Type::Map(..) | Type::Text | Type::Safe)
}

impl Direct {
    /// The endings for one and for other numbers; nothing for an argument that is wrong.
    fn plural(suffixes: &str) -> Option<Self> {
        let (singular, plural) = suffixes.split_once(',').unwrap_or(("", suffixes));
        let is_right = !plural.contains(',');
        is_right.then(|| Self::Plural([escaped(singular), escaped(plural)]))
    }

    /// What a format of dates stands for, if it is simple.
    fn date(format: &str) -> Option<Self> {
        if format.is_empty() || format.len() > LONGEST_FORMAT {
            return None;
        }
        let mut parts = Vec::new();
        for character in format.chars() {
            match character {
                'd' | 'D' | 'F' | 'j' | 'l' | 'm' | 'M' | 'n' | 'y' | 'Y' => {
                    parts.push(DatePart::Sign(character));
                }
                // All other letters may be signs, and this makes others of what follows it.
                '\\' | 'a'..='z' | 'A'..='Z' => return None,
                _ => {
                    let text = escaped(character.encode_utf8(&mut [0; 4]));
                    match parts.last_mut() {
                        Some(DatePart::Text(before)) => before.push_str(&text),
                        _ => parts.push(DatePart::Text(text)),
                    }
                }
            }
        }
        Some(Self::Date(parts))
    }
}

/// Text as it is written where output is escaped.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            c => out.push(c),
        }
    }
    out
}
