//! What Python's own types have under names, as far as templates can reach it. The
//! runtime's `attributes` say what each of them is.

use crate::contexts::Type;

const DICT: &[&str] = &[
    "copy",
    "fromkeys",
    "get",
    "items",
    "keys",
    "pop",
    "setdefault",
    "update",
    "values",
];
const LIST: &[&str] = &[
    "append", "copy", "count", "extend", "index", "insert", "remove",
];
const TUPLE: &[&str] = &["count", "index"];
const INT: &[&str] = &[
    "as_integer_ratio",
    "bit_count",
    "bit_length",
    "conjugate",
    "denominator",
    "from_bytes",
    "imag",
    "is_integer",
    "numerator",
    "real",
    "to_bytes",
];
const FLOAT: &[&str] = &[
    "as_integer_ratio",
    "conjugate",
    "from_number",
    "fromhex",
    "hex",
    "imag",
    "is_integer",
    "real",
];
const DATE: &[&str] = &[
    "ctime",
    "day",
    "fromisocalendar",
    "fromisoformat",
    "fromordinal",
    "fromtimestamp",
    "isocalendar",
    "isoformat",
    "isoweekday",
    "max",
    "min",
    "month",
    "replace",
    "resolution",
    "strftime",
    "strptime",
    "timetuple",
    "today",
    "toordinal",
    "weekday",
    "year",
];
const DATETIME: &[&str] = &[
    "astimezone",
    "combine",
    "date",
    "dst",
    "fold",
    "hour",
    "microsecond",
    "minute",
    "now",
    "second",
    "time",
    "timestamp",
    "timetz",
    "tzinfo",
    "tzname",
    "utcnow",
    "utcoffset",
    "utctimetuple",
];

/// Whether a value of a type that is no pointer may have something under a name that is
/// none of its fields or items.
pub(super) fn may_have(ty: &Type, name: &str) -> bool {
    let is_index = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    match ty {
        Type::Bool | Type::Int | Type::Unsigned => INT.contains(&name),
        Type::Float => FLOAT.contains(&name),
        // Text has many methods, and characters.
        Type::Text | Type::Safe => is_index || name.starts_with(|c: char| c.is_ascii_lowercase()),
        Type::Date => DATE.contains(&name),
        Type::DateTime => DATE.contains(&name) || DATETIME.contains(&name),
        Type::Record(_) => DICT.contains(&name),
        Type::List(_) => is_index || LIST.contains(&name),
        Type::Tuple(_) => TUPLE.contains(&name),
        Type::Map(..) | Type::Value | Type::Other(_) | Type::Option(_) | Type::Pointer(_) => true,
    }
}

/// What a type is called in messages.
pub(super) fn described(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "a bool",
        Type::Int | Type::Unsigned => "an integer",
        Type::Float => "a float",
        Type::Text | Type::Safe => "text",
        Type::Date => "a date",
        Type::DateTime => "a date with a time",
        Type::List(_) => "a list",
        Type::Tuple(_) => "a tuple",
        Type::Map(..) => "a map",
        Type::Record(_) => "a struct",
        Type::Value | Type::Other(_) | Type::Option(_) | Type::Pointer(_) => "a value",
    }
}
