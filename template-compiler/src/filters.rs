//! The table of filters: what the compiler must know of each.

/// A filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// Its name in templates.
    pub name: &'static str,
    /// The library that `load` must name; empty for a filter that is always there.
    pub library: &'static str,
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

/// The filter of this name, whatever its library.
pub fn find(name: &str) -> Option<&'static Filter> {
    let place = FILTERS
        .binary_search_by(|filter| filter.name.cmp(name))
        .ok()?;
    Some(&FILTERS[place])
}

/// The filters of a library; of the name "" those that are always there. Sorted by name.
pub fn of_library(library: &str) -> impl Iterator<Item = &'static Filter> {
    FILTERS
        .iter()
        .filter(move |filter| filter.library == library)
}

const fn row(
    name: &'static str,
    argument: Argument,
    is_safe: bool,
    function: &'static str,
) -> Filter {
    Filter {
        name,
        library: "",
        argument,
        is_safe,
        function,
    }
}

impl Filter {
    /// The same filter, as one of a library.
    const fn of(self, library: &'static str) -> Self {
        Self { library, ..self }
    }
}

use Argument::{None as No, Optional, Required};

/// All filters, sorted by name.
#[rustfmt::skip]
static FILTERS: &[Filter] = &[
    row("add",                Required, false, "numbers::add"),
    row("addslashes",         No,       true,  "strings::addslashes"),
    row("apnumber",           No,       true,  "humanize::apnumber").of("humanize"),
    row("capfirst",           No,       true,  "strings::capfirst"),
    row("center",             Required, true,  "strings::center"),
    row("cut",                Required, false, "strings::cut"),
    row("date",               Optional, false, "dates::date"),
    row("default",            Required, false, "logic::default"),
    row("default_if_none",    Required, false, "logic::default_if_none"),
    row("dictsort",           Required, false, "lists::dictsort"),
    row("dictsortreversed",   Required, false, "lists::dictsortreversed"),
    row("divisibleby",        Required, false, "numbers::divisibleby"),
    row("escape",             No,       true,  "html::escape"),
    row("escapejs",           No,       false, "html::escapejs"),
    row("escapeseq",          No,       true,  "lists::escapeseq"),
    row("filesizeformat",     No,       true,  "numbers::filesizeformat"),
    row("first",              No,       false, "lists::first"),
    row("floatformat",        Optional, true,  "numbers::floatformat"),
    row("force_escape",       No,       true,  "html::force_escape"),
    row("get_digit",          Required, false, "numbers::get_digit"),
    row("intcomma",           Optional, true,  "humanize::intcomma").of("humanize"),
    row("intword",            No,       false, "humanize::intword").of("humanize"),
    row("iriencode",          No,       true,  "html::iriencode"),
    row("join",               Required, true,  "lists::join"),
    row("json_script",        Optional, true,  "json::json_script"),
    row("language_bidi",      No,       false, "languages::language_bidi").of("i18n"),
    row("language_name",      No,       false, "languages::language_name").of("i18n"),
    row("language_name_local", No,      false, "languages::language_name_local").of("i18n"),
    row("language_name_translated", No, false, "languages::language_name_translated").of("i18n"),
    row("last",               No,       true,  "lists::last"),
    row("length",             No,       false, "lists::length"),
    row("linebreaks",         No,       true,  "html::linebreaks"),
    row("linebreaksbr",       No,       true,  "html::linebreaksbr"),
    row("linenumbers",        No,       true,  "html::linenumbers"),
    row("ljust",              Required, true,  "strings::ljust"),
    row("localize",           No,       false, "localization::localize").of("l10n"),
    row("localtime",          No,       false, "zones::localtime").of("tz"),
    row("lower",              No,       true,  "strings::lower"),
    row("make_list",          No,       false, "strings::make_list"),
    row("naturalday",         Optional, false, "humanize::naturalday").of("humanize"),
    row("naturaltime",        No,       false, "humanize::naturaltime").of("humanize"),
    row("ordinal",            No,       true,  "humanize::ordinal").of("humanize"),
    row("phone2numeric",      No,       true,  "strings::phone2numeric"),
    row("pluralize",          Optional, false, "logic::pluralize"),
    row("pprint",             No,       true,  "pprint::pprint"),
    row("random",             No,       true,  "lists::random"),
    row("rjust",              Required, true,  "strings::rjust"),
    row("safe",               No,       true,  "html::safe"),
    row("safeseq",            No,       true,  "lists::safeseq"),
    row("slice",              Required, true,  "lists::slice"),
    row("slugify",            No,       true,  "strings::slugify"),
    row("stringformat",       Required, true,  "strings::stringformat"),
    row("striptags",          No,       true,  "html::striptags"),
    row("time",               Optional, false, "dates::time"),
    row("timesince",          Optional, false, "since::timesince"),
    row("timeuntil",          Optional, false, "since::timeuntil"),
    row("timezone",           Required, false, "zones::timezone").of("tz"),
    row("title",              No,       true,  "strings::title"),
    row("truncatechars",      Required, true,  "truncation::truncatechars"),
    row("truncatechars_html", Required, true,  "truncation::truncatechars_html"),
    row("truncatewords",      Required, true,  "truncation::truncatewords"),
    row("truncatewords_html", Required, true,  "truncation::truncatewords_html"),
    row("unlocalize",         No,       false, "localization::unlocalize").of("l10n"),
    row("unordered_list",     No,       true,  "lists::unordered_list"),
    row("upper",              No,       false, "strings::upper"),
    row("urlencode",          Optional, false, "html::urlencode"),
    row("urlize",             No,       true,  "urlize::urlize"),
    row("urlizetrunc",        Required, true,  "urlize::urlizetrunc"),
    row("utc",                No,       false, "zones::utc").of("tz"),
    row("wordcount",          No,       false, "strings::wordcount"),
    row("wordwrap",           Required, true,  "wrap::wordwrap"),
    row("yesno",              Optional, false, "logic::yesno"),
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
