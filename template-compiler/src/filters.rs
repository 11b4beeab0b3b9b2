//! The table of filters: what the compiler must know of each.

/// A filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// Its name in templates.
    pub name: &'static str,
    /// Whether it takes an argument.
    pub argument: Argument,
    /// Whether its result is safe if its input was.
    pub is_safe: bool,
    /// The function's path in the runtime's `filters` module.
    pub function: &'static str,
}

/// Whether a filter takes an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// It takes none.
    None,
    /// It takes one or none.
    Optional,
    /// It takes one.
    Required,
}

/// The filter of this name.
pub fn find(name: &str) -> Option<&'static Filter> {
    let place = FILTERS
        .binary_search_by(|filter| filter.name.cmp(name))
        .ok()?;
    Some(&FILTERS[place])
}

/// The names of all filters, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILTERS.iter().map(|filter| filter.name)
}

const fn row(
    name: &'static str,
    argument: Argument,
    is_safe: bool,
    function: &'static str,
) -> Filter {
    Filter {
        name,
        argument,
        is_safe,
        function,
    }
}

use Argument::{None as No, Optional, Required};

/// All filters, sorted by name.
#[rustfmt::skip]
static FILTERS: &[Filter] = &[
    row("add",              Required, false, "numbers::add"),
    row("addslashes",       No,       true,  "strings::addslashes"),
    row("capfirst",         No,       true,  "strings::capfirst"),
    row("center",           Required, true,  "strings::center"),
    row("cut",              Required, false, "strings::cut"),
    row("date",             Optional, false, "dates::date"),
    row("default",          Required, false, "logic::default"),
    row("default_if_none",  Required, false, "logic::default_if_none"),
    row("dictsort",         Required, false, "lists::dictsort"),
    row("dictsortreversed", Required, false, "lists::dictsortreversed"),
    row("divisibleby",      Required, false, "numbers::divisibleby"),
    row("escape",           No,       true,  "html::escape"),
    row("escapejs",         No,       false, "html::escapejs"),
    row("filesizeformat",   No,       true,  "numbers::filesizeformat"),
    row("first",            No,       false, "lists::first"),
    row("floatformat",      Optional, true,  "numbers::floatformat"),
    row("force_escape",     No,       true,  "html::force_escape"),
    row("get_digit",        Required, false, "numbers::get_digit"),
    row("join",             Required, true,  "lists::join"),
    row("json_script",      Optional, true,  "json::json_script"),
    row("last",             No,       true,  "lists::last"),
    row("length",           No,       false, "lists::length"),
    row("linebreaks",       No,       true,  "html::linebreaks"),
    row("linebreaksbr",     No,       true,  "html::linebreaksbr"),
    row("ljust",            Required, true,  "strings::ljust"),
    row("lower",            No,       true,  "strings::lower"),
    row("make_list",        No,       false, "strings::make_list"),
    row("pluralize",        Optional, false, "logic::pluralize"),
    row("rjust",            Required, true,  "strings::rjust"),
    row("safe",             No,       true,  "html::safe"),
    row("slice",            Required, true,  "lists::slice"),
    row("slugify",          No,       true,  "strings::slugify"),
    row("stringformat",     Required, true,  "strings::stringformat"),
    row("striptags",        No,       true,  "html::striptags"),
    row("time",             Optional, false, "dates::time"),
    row("title",            No,       true,  "strings::title"),
    row("truncatechars",    Required, true,  "strings::truncatechars"),
    row("truncatewords",    Required, true,  "strings::truncatewords"),
    row("upper",            No,       false, "strings::upper"),
    row("urlencode",        Optional, false, "html::urlencode"),
    row("wordcount",        No,       false, "strings::wordcount"),
    row("yesno",            Optional, false, "logic::yesno"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_row_is_found() {
        assert!(FILTERS.is_sorted_by(|a, b| a.name < b.name));
        for filter in FILTERS {
            assert_eq!(find(filter.name), Some(filter));
        }
        assert_eq!(find("nonesuch"), None);
    }
}
