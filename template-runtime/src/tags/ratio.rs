//! `widthratio`: a share of a width.

use hotplate_plugin_api::value::Value;

use crate::tagging::TagCall;
use crate::{Error, Result, python};

/// `widthratio`: the first argument as a share of the second, times the third, rounded to
/// the nearest whole number, and of two equally near to the even one.
///
/// # Errors
///
/// `TemplateSyntaxError` if the width is no number or an argument raises that it is none,
/// `OverflowError` if it is infinite.
pub fn widthratio(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let raised = call.arguments.iter().find_map(|found| found.raised.clone());
    if let Some(error) = raised {
        return if error.is_missing() {
            Ok(Value::str(""))
        } else {
            Err(width_error(error))
        };
    }
    let argument = |place: usize| call.positional(place).unwrap_or(&Value::None);
    ratio(argument(0), argument(1), argument(2))
}

fn ratio(value: &Value, maximum: &Value, width: &Value) -> Result<Value> {
    let width = python::int(width).map_err(width_error)?;
    let operands = python::float(value).and_then(|value| Ok((value, python::float(maximum)?)));
    let (value, maximum) = match operands {
        Ok(operands) => operands,
        Err(error) if is_no_number(&error) || error.is("OverflowError") => {
            return Ok(Value::str(""));
        }
        Err(error) => return Err(error),
    };
    if maximum == 0.0 {
        return Ok(Value::str("0"));
    }
    // The width is an integer, which may be too large for a float.
    let Ok(width) = python::float(&width) else {
        return Ok(Value::str(""));
    };
    let share = (value / maximum * width).round_ties_even();
    Ok(Value::str(if share == 0.0 {
        "0".to_owned()
    } else if share.is_finite() {
        format!("{share:.0}")
    } else {
        String::new()
    }))
}

fn width_error(error: Error) -> Error {
    if is_no_number(&error) {
        let message = "widthratio final argument must be a number";
        Error::raise("TemplateSyntaxError", message)
    } else {
        error
    }
}

fn is_no_number(error: &Error) -> bool {
    error.is("ValueError") || error.is("TypeError")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{outcome, power_of_ten, table, v};

    #[test]
    fn a_ratio_is_rounded_half_to_even() {
        table! { ratio;
            (50, 100, 0) => "0",
            (50, 80, 100) => "62",
            (175, 200, 100) => "88",
            (1, 2, 1) => "0",
            (3, 2, 1) => "2",
            (5, 2, 1) => "2",
            (-1, 4, 1) => "0",
            (-3, 4, 1) => "-1",
            ("50", 100, "200") => "100",
            (50, 100, 100.9) => "50",
            (true, 1, 3) => "3",
            (1e22, 1, 1) => "10000000000000000000000",
        }
    }

    #[test]
    fn what_is_no_number_gives_nothing() {
        table! { ratio;
            (1, 0, 100) => "0",
            (f64::INFINITY, 0, 100) => "0",
            ("x", 2, 3) => "",
            ((), 2, 3) => "",
            (1, "y", 3) => "",
            (f64::INFINITY, 2, 100) => "",
            (f64::NAN, 2, 100) => "",
            (power_of_ten(400), 2, 100) => "",
            (1, 2, power_of_ten(400)) => "",
            (1, 2, "x") => "TemplateSyntaxError: widthratio final argument must be a number",
            (1, 2, ()) => "TemplateSyntaxError: widthratio final argument must be a number",
            (1, 2, f64::NAN) => "TemplateSyntaxError: widthratio final argument must be a number",
            (1, 2, f64::INFINITY) => "OverflowError: cannot convert float infinity to integer",
        }
    }
}
