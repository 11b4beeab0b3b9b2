//! `blocktranslate`: a text with variables, translated as a whole.

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::render::Found;
use hotplate_plugin_api::value::Value;
use hotplate_plugin_api::{Frame, Scope};

use crate::filters::printf::format_within;
use crate::python::{self, plain_value, truth};
use crate::tagging::TagCall;
use crate::translation::Translator;
use crate::{Error, Result};

/// `blocktranslate`: the translation of the message, with the values of its names.
///
/// The options are the tag's name, the message, its plural and the name of what is
/// counted, both empty if nothing is, and the names in the messages; the arguments are
/// `context` and `count`.
///
/// # Errors
///
/// `TemplateSyntaxError` for a count that is no number, and for a message that cannot be
/// formatted; what making a text of a value raises.
pub fn block_translate(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let block = Block::new(call)?;
    let first = block.attempt(call.frame, call.scope)?;
    let text = match first.result {
        Err(error) if is_malformed(&error) => {
            let text = block.untranslated(call.frame, call.scope)?;
            // In Django, the name is set once more then, to nothing.
            if call.assigned { String::new() } else { text }
        }
        result => result?,
    };
    Ok(if call.assigned {
        Value::safe(text)
    } else {
        Value::str(text)
    })
}

/// Whether it is Django's business that a message is not well formed.
fn is_malformed(error: &Error) -> bool {
    error.is("KeyError") || error.is("ValueError")
}

/// What the tag is called with.
struct Block<'c> {
    tag: &'c str,
    singular: &'c str,
    plural: Option<Plural<'c>>,
    names: &'c [&'c str],
    context: Option<String>,
}

struct Plural<'c> {
    text: &'c str,
    /// The name of what is counted.
    name: &'c str,
    count: &'c Value,
}

/// A message with the values of its names in place of them.
struct Attempt {
    message: String,
    values: Value,
    result: Result<String>,
}

impl<'c> Block<'c> {
    fn new(call: &TagCall<'c, '_>) -> Result<Self> {
        let (&[tag, singular, plural, name], names) =
            call.options.split_first_chunk().unwrap_or((&[""; 4], &[]));
        let plural = call.keyword("count").map(|count| Plural {
            text: plural,
            name,
            count,
        });
        if let Some(plural) = plural.as_ref().filter(|plural| !is_number(plural.count)) {
            let (name, tag) = (python::repr_str(plural.name), python::repr_str(tag));
            return Err(Error::raise(
                "TemplateSyntaxError",
                format!("{name} argument to {tag} tag must be a number."),
            ));
        }
        let context = match call.keyword("context") {
            Some(context) if truth(context) => Some(python::text(context)?.as_str().to_owned()),
            _ => None,
        };
        Ok(Self {
            tag,
            singular,
            plural,
            names,
            context,
        })
    }

    /// The translation with the values.
    fn attempt(&self, frame: &Frame<'_>, scope: &Scope<'_>) -> Result<Attempt> {
        let translator = Translator::of_frame(frame);
        let context = self.context.as_deref();
        let message = match &self.plural {
            Some(plural) => {
                let count = whole(plural.count, translator.has_language())?;
                translator.translate(context, self.singular, Some(plural.text), count)
            }
            None => translator.translate(context, self.singular, None, 1),
        };
        let mut values = Vec::with_capacity(self.names.len());
        for &name in self.names {
            let value = self.value(name, frame, scope)?;
            values.push((Value::str(name), value));
        }
        let values = Value::from_iter(values);
        Ok(Attempt {
            result: format_within(frame.out.limit(), &message, &values),
            message,
            values,
        })
    }

    /// The message in no language, where its translation is malformed.
    fn untranslated(&self, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Result<String> {
        let language = if frame.settings.use_i18n {
            std::mem::replace(&mut frame.locale.language, ROption::RNone)
        } else {
            frame.locale.language.clone()
        };
        let attempt = self.attempt(frame, scope);
        frame.locale.language = language;
        let attempt = attempt?;
        match attempt.result {
            Err(error) if is_malformed(&error) => {
                let (tag, message) = (
                    python::repr_str(self.tag),
                    python::repr_str(&attempt.message),
                );
                let values = python::repr(&attempt.values)?;
                Err(Error::raise(
                    "TemplateSyntaxError",
                    format!(
                        "{tag} is unable to format string returned by gettext: {message} using {values}"
                    ),
                ))
            }
            result => result,
        }
    }

    /// What a name shows.
    fn value(&self, name: &str, frame: &Frame<'_>, scope: &Scope<'_>) -> Result<Value> {
        let shown = match &self.plural {
            Some(plural) if plural.name == name => python::render_value(plural.count, frame),
            _ => match scope.get(name) {
                Some(Found::Value(value)) => python::render_value(&value, frame),
                Some(found) => python::render_value(&found.to_value(), frame),
                None => python::render_value(&elsewhere(name, frame), frame),
            },
        };
        shown.map(Value::Str)
    }
}

/// The value of a name that the context does not have.
fn elsewhere(name: &str, frame: &Frame<'_>) -> Value {
    match name {
        "True" => Value::Bool(true),
        "False" => Value::Bool(false),
        "None" => Value::None,
        name => {
            let pattern = frame.string_if_invalid.as_str();
            if pattern.contains("%s") {
                Value::str(pattern.replace("%s", name).replace("%%", "%"))
            } else {
                Value::str(pattern)
            }
        }
    }
}

fn is_number(value: &Value) -> bool {
    matches!(
        &*plain_value(value),
        Value::Int(_) | Value::BigInt(_) | Value::Bool(_) | Value::Float(_) | Value::Decimal(_)
    )
}

/// A whole number of 64 bits that takes the same plural as `count`. Languages look at the
/// last digits of large numbers, and at what lies between one and two.
///
/// # Errors
///
/// `OverflowError` and `ValueError` for what is infinite or not a number, if a language's
/// rule is asked.
fn whole(count: &Value, has_rule: bool) -> Result<i64> {
    /// A number of 18 digits more is the same to all rules.
    const DIGITS: usize = 18;
    let number = match python::int(count) {
        Ok(number) => number,
        Err(error) if has_rule => return Err(error),
        Err(_) => return Ok(2),
    };
    Ok(match &number {
        Value::Int(1) if !python::equal(count, &number) => 2,
        Value::Int(number) => *number,
        Value::BigInt(number) => {
            let digits = number.digits().trim_start_matches('-');
            let last = &digits[digits.len().saturating_sub(DIGITS)..];
            let last: i64 = last.parse().unwrap_or(0);
            last + 10i64.pow(DIGITS as u32)
        }
        _ => 2,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{big, decimal, outcome, power_of_ten, table, v};

    #[test]
    fn plurals_go_by_whole_numbers() {
        let strict = |value: &Value| whole(value, true).map(Value::Int);
        table! { strict;
            (0) => "0",
            (1) => "1",
            (-3) => "-3",
            (true) => "1",
            (1.0) => "1",
            (1.5) => "2",
            (0.5) => "0",
            (7.25) => "7",
            (decimal("1.0")) => "1",
            (decimal("1.5")) => "2",
            (big("123456789012345678901234567890")) => "1345678901234567890",
            (power_of_ten(30)) => "1000000000000000000",
            (f64::INFINITY) => "OverflowError: cannot convert float infinity to integer",
            (f64::NAN) => "ValueError: cannot convert float NaN to integer",
        }
        assert_eq!(
            outcome(whole(&Value::Float(f64::NAN), false).map(Value::Int)),
            "2"
        );
    }
}
