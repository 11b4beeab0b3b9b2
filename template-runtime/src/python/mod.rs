//! Python semantics of values: text, truth, comparison, iteration.
//!
//! Each function here has the meaning of the Python built-in or operator that it
//! is named after, as seen from a template.

mod arithmetic;
mod compare;
mod date_format;
pub mod decimal;
mod digits;
mod escape;
mod iterate;
pub mod localize;
mod number;
mod repr;
mod strings;
mod temporal;
mod text;
pub mod zones;

pub use arithmetic::add;
pub(crate) use compare::check_hashable;
pub use compare::{
    compare, contains, dict_get, equal, greater, greater_equal, identical, less, less_equal, truth,
};
pub(crate) use date_format::{IS_FORMAT, MONTHS, MONTHS_3, WEEKDAYS, is_date};
pub use date_format::{format_date, format_time};
pub(crate) use date_format::{iso_week, timestamp, weekday};
pub use digits::{
    add as add_integers, divide_small as integer_divide_small, remainder as integer_remainder,
};
pub use escape::{conditional_escape, escape, escape_into};
pub use iterate::{Items, iterate, length, type_name};
pub use localize::{local_time, localize, number_format, render_value};
pub(crate) use number::plain_float;
pub use number::{
    decimal_digit, float, float_repr, float_text, int, int_clamped, parse_float, parse_int,
};
pub use repr::{repr, repr_str};
pub use strings::{decode, fold_digits, is_space, split_words, title, trim};
pub(crate) use temporal::{abbreviation, iso_date, iso_datetime, iso_time};
pub(crate) use text::{is_lazy, string};
pub use text::{plain_value, text};

#[cfg(test)]
mod kinds;
#[cfg(test)]
mod tests;
