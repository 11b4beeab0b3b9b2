//! Reading catalogues as translators write them.

use std::mem;

use super::Entry;

/// Which string of an entry is being read.
#[derive(Clone, Copy)]
enum Field {
    Context,
    Singular,
    Plural,
    Translation(usize),
}

/// How many plural forms a message may have: no language has more than six.
const MOST_FORMS: usize = 64;

/// Reads a `.po` file, without what is marked as fuzzy.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::default();
    for (number, line) in text.lines().enumerate() {
        let wrong = |why: &str| format!("line {}: {why}", number + 1);
        reader.line(line.trim()).map_err(|why| wrong(&why))?;
    }
    reader.end();
    Ok(reader.entries)
}

#[derive(Default)]
struct Reader {
    entries: Vec<Entry>,
    entry: Entry,
    field: Option<Field>,
    unused: String,
    /// Whether the entry that is being read is fuzzy, and whether the next one is.
    fuzzy: bool,
    next_is_fuzzy: bool,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(comment) = line.strip_prefix('#') {
            if let Some(flags) = comment.strip_prefix(',') {
                self.next_is_fuzzy |= flags.split(',').any(|flag| flag.trim() == "fuzzy");
            }
            return Ok(());
        }
        if line.is_empty() {
            return Ok(());
        }
        if line.starts_with('"') {
            let field = self.field.ok_or("a text without a keyword")?;
            let text = unquote(line)?;
            self.target(field).push_str(&text);
            return Ok(());
        }
        let end = line.find(['"', ' ', '\t']).unwrap_or(line.len());
        let (keyword, rest) = line.split_at(end);
        let field = field(keyword)?;
        let starts = match field {
            Field::Context => true,
            Field::Singular => !matches!(self.field, Some(Field::Context)),
            Field::Plural | Field::Translation(_) => false,
        };
        if starts {
            self.end();
        }
        self.field = Some(field);
        if matches!(field, Field::Context) {
            self.entry.context = Some(String::new());
        }
        self.entry.plural |= matches!(field, Field::Plural);
        let text = unquote(rest.trim_start())?;
        self.target(field).push_str(&text);
        Ok(())
    }

    fn target(&mut self, field: Field) -> &mut String {
        let entry = &mut self.entry;
        match field {
            Field::Context => entry.context.get_or_insert_default(),
            Field::Singular => &mut entry.singular,
            // The plural is not needed: the singular is the key.
            Field::Plural => &mut self.unused,
            Field::Translation(form) => {
                if entry.translations.len() <= form {
                    entry.translations.resize(form + 1, String::new());
                }
                &mut entry.translations[form]
            }
        }
    }

    /// Ends the entry that is being read.
    fn end(&mut self) {
        let entry = mem::take(&mut self.entry);
        let fuzzy = mem::replace(&mut self.fuzzy, mem::take(&mut self.next_is_fuzzy));
        if let Some(Field::Translation(_)) = self.field.take()
            && !fuzzy
        {
            self.entries.push(entry);
        }
    }
}

fn field(keyword: &str) -> Result<Field, String> {
    let form = |form: &str| {
        let form: usize = form.parse().ok()?;
        (form < MOST_FORMS).then_some(Field::Translation(form))
    };
    let field = match keyword {
        "msgctxt" => Some(Field::Context),
        "msgid" => Some(Field::Singular),
        "msgid_plural" => Some(Field::Plural),
        "msgstr" => Some(Field::Translation(0)),
        _ => keyword
            .strip_prefix("msgstr[")
            .and_then(|rest| rest.strip_suffix(']'))
            .and_then(form),
    };
    field.ok_or_else(|| format!("there is no keyword {keyword}"))
}

/// The text of a C string literal.
fn unquote(literal: &str) -> Result<String, String> {
    let inner = literal
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let inner = inner
        .filter(|_| literal.len() > 1)
        .ok_or("a text lacks a quote")?;
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '"' {
            return Err("a quote stands inside a text".to_owned());
        }
        if character != '\\' {
            text.push(character);
            continue;
        }
        let escaped = characters.next().ok_or("a text ends in a backslash")?;
        text.push(match escaped {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '\\' | '"' | '\'' | '?' => escaped,
            _ => return Err(format!("there is no escape \\{escaped}")),
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Context, message and translations.
    type Expected<'e> = (Option<&'e str>, &'e str, &'e [&'e str]);

    fn check(text: &str, expected: Result<&[Expected<'_>], &str>) {
        let entries = read(text.as_bytes());
        let found = entries.as_ref().map(|entries| {
            let entries = entries.iter().map(|entry| {
                let translations: Vec<&str> =
                    entry.translations.iter().map(String::as_str).collect();
                (
                    entry.context.as_deref(),
                    entry.singular.as_str(),
                    translations,
                )
            });
            entries.collect::<Vec<_>>()
        });
        let expected = expected.map(|entries| {
            let entries = entries.iter().map(|(context, singular, translations)| {
                (*context, *singular, translations.to_vec())
            });
            entries.collect::<Vec<_>>()
        });
        assert_eq!(found.map_err(String::as_str), expected, "{text}");
    }

    #[test]
    fn entries_are_read() {
        check("msgid \"a\"\nmsgstr \"b\"", Ok(&[(None, "a", &["b"])]));
        check(
            "msgctxt \"\"\nmsgid \"a\"\nmsgstr \"b\"\nmsgid \"c\"\nmsgstr \"d\"",
            Ok(&[(Some(""), "a", &["b"]), (None, "c", &["d"])]),
        );
        check(
            "msgid \"a\"\nmsgid_plural \"as\"\nmsgstr[0] \"b\"\nmsgstr[1] \"b\"\n\"s\"",
            Ok(&[(None, "a", &["b", "bs"])]),
        );
        check(
            "#, python-format, fuzzy\nmsgid \"a\"\nmsgstr \"b\"\n\nmsgid \"c\"\nmsgstr \"d\"",
            Ok(&[(None, "c", &["d"])]),
        );
        check(
            r#"msgid "\n\t\"\\"
msgstr "x""#,
            Ok(&[(None, "\n\t\"\\", &["x"])]),
        );
        check("msgid \"unfinished\"", Ok(&[]));
        check("", Ok(&[]));
    }

    #[test]
    fn mistakes_name_their_line() {
        check("\nmsgid \"a", Err("line 2: a text lacks a quote"));
        check("msgid \"", Err("line 1: a text lacks a quote"));
        check("\"a\"", Err("line 1: a text without a keyword"));
        check("message \"a\"", Err("line 1: there is no keyword message"));
        check(
            "msgstr[99999999999] \"a\"",
            Err("line 1: there is no keyword msgstr[99999999999]"),
        );
        check(
            "msgid \"a\"b\"",
            Err("line 1: a quote stands inside a text"),
        );
        check("msgid \"\\q\"", Err("line 1: there is no escape \\q"));
    }
}
