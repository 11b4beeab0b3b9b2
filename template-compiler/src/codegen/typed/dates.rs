//! The parts of dates as Rust text.

use super::runs::Piece;
use crate::ir::DatePart;

/// The method that gives the part of a sign, and the constant of the names that it shows.
fn sign(sign: char) -> (&'static str, Option<&'static str>) {
    match sign {
        'd' => ("day_2", None),
        'D' => ("weekday_3", Some("WEEKDAY_3")),
        'F' => ("month", Some("MONTH")),
        'j' => ("day_number", None),
        'l' => ("weekday", Some("WEEKDAY")),
        'm' => ("month_2", None),
        'M' => ("month_3", Some("MONTH_3")),
        'n' => ("month_number", None),
        'y' => ("year_2", None),
        _ => ("year", None),
    }
}

/// The names that a format shows, as an expression.
pub(super) fn wanted(parts: &[DatePart]) -> String {
    let mut names: Vec<String> = Vec::new();
    for part in parts {
        if let DatePart::Sign(character) = part
            && let (_, Some(name)) = sign(*character)
        {
            names.push(format!("rt::dates::{name}"));
        }
    }
    names.sort();
    names.dedup();
    if names.is_empty() {
        return "0".to_owned();
    }
    names.join(" | ")
}

/// A part of the date that is in a variable.
pub(super) fn piece(part: &DatePart, variable: &str) -> Piece {
    match part {
        DatePart::Text(text) => Piece::Text(text.clone()),
        DatePart::Sign(character) => Piece::Date(format!("{variable}.{}()", sign(*character).0)),
    }
}
