//! Filters that show a value in the formats of the language, or not.

use hotplate_plugin_api::environment::Switch;
use hotplate_plugin_api::value::{Ref, Value};

use super::Call;
use crate::{Result, python};

/// `localize`: the value as text, in the formats of the language.
///
/// # Errors
///
/// What making a text of the value raises.
pub fn localize(call: &Call<'_>, value: &Value, _arguments: &[Ref<'_>]) -> Result<Value> {
    shown(value, Switch::On, call)
}

/// `unlocalize`: the value as text, in no language's formats.
///
/// # Errors
///
/// What making a text of the value raises.
pub fn unlocalize(call: &Call<'_>, value: &Value, _arguments: &[Ref<'_>]) -> Result<Value> {
    shown(value, Switch::Off, call)
}

fn shown(value: &Value, switch: Switch, call: &Call<'_>) -> Result<Value> {
    let localized = python::localize(value, switch, call)?;
    Ok(Value::Str(python::text(&localized)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{date_of, datetime, in_paris, outcome, safe_str, v};

    fn check(value: &Value, localized: &str, unlocalized: &str) {
        in_paris(Some("de"), false, Switch::Default, |call| {
            assert_eq!(outcome(localize(call, value, &[])), localized);
            assert_eq!(outcome(unlocalize(call, value, &[])), unlocalized);
        });
    }

    #[test]
    fn numbers_and_times_follow_the_language_or_not() {
        check(&v(1234.5), "1234,5", "1234.5");
        check(&v("<b>"), "<b>", "<b>");
        check(&safe_str("<b>"), "safe: <b>", "safe: <b>");
        check(&v(()), "None", "None");
        check(&v(true), "True", "True");
        check(&date_of(2024, 3, 9), "9. März 2024", "März 9, 2024");
        // These filters do not convert to the current zone.
        let noon = datetime((2024, 7, 1), (12, 0, 0, 0), Some((0, "UTC")));
        check(&noon, "1. July 2024 12:00", "July 1, 2024, Mittag");
    }
}
