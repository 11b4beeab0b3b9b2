//! Python semantics of values: text, truth, comparison, iteration.
//!
//! Each function here has the meaning of the Python built-in or operator that it
//! is named after, as seen from a template.

mod compare;
mod digits;
mod escape;
mod iterate;
mod number;
mod repr;
mod strings;
mod temporal;
mod text;

pub use compare::{
    compare, contains, dict_get, equal, greater, greater_equal, identical, less, less_equal, truth,
};
pub use digits::{
    add as add_integers, divide_small as integer_divide_small, remainder as integer_remainder,
};
pub use escape::{conditional_escape, escape, escape_into};
pub use iterate::{Items, iterate, length, type_name};
pub use number::{
    decimal_digit, float, float_repr, float_text, int, int_clamped, parse_float, parse_int,
};
pub use repr::{repr, repr_str};
pub use strings::{fold_digits, is_space, split_words, title, trim};
pub use temporal::{format_date, format_time};
pub use text::{Printed, printed, render_text, text};

#[cfg(test)]
mod tests;
