//! Values from JSON text, with every digit of its numbers.

use std::borrow::Cow;

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{BigInt, DictBuilder, Pattern};

use crate::error::Error;

/// How deep lists and objects may be nested.
const DEEPEST: usize = 256;

/// Makes a value of JSON text: objects become dictionaries in the order of their keys,
/// whole numbers of any size stay whole, other numbers become the nearest `float`.
///
/// ```
/// let value = hotplate::from_json(r#"{"id": 123456789012345678901234567890, "x": 0.1}"#)?;
/// assert_eq!(format!("{value:?}"), r#"{"id": 123456789012345678901234567890, "x": 0.1}"#);
/// # Ok::<(), hotplate::Error>(())
/// ```
///
/// # Errors
///
/// If the text is no JSON, or lists and objects are nested more than 256 deep.
pub fn from_json(text: &str) -> Result<Value, Error> {
    let mut reader = Reader {
        text,
        place: 0,
        depth: 0,
    };
    let value = reader.value(&mut Pattern::default()).and_then(|value| {
        reader.skip_space();
        if reader.place == text.len() {
            Ok(value)
        } else {
            Err("nothing more")
        }
    });
    value.map_err(|expected| {
        let before = &text[..reader.place];
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        Error::setup(format!(
            "this is no JSON: {expected} is expected in line {line} at column {column}"
        ))
    })
}

struct Reader<'t> {
    text: &'t str,
    place: usize,
    depth: usize,
}

/// What reading gives, or what was expected instead.
type Read<T> = Result<T, &'static str>;

impl<'t> Reader<'t> {
    fn skip_space(&mut self) {
        let rest = &self.text[self.place..];
        let space = |c: char| !matches!(c, ' ' | '\t' | '\n' | '\r');
        self.place += rest.find(space).unwrap_or(rest.len());
    }

    /// Takes a sign of punctuation or a word, after any space.
    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        let found = self.text[self.place..].starts_with(token);
        if found {
            self.place += token.len();
        }
        found
    }

    /// Reads a value, which may be like those read with the pattern before.
    fn value(&mut self, pattern: &mut Pattern) -> Read<Value> {
        self.skip_space();
        match self.text.as_bytes().get(self.place) {
            Some(b'{') => self.nested(Self::object, pattern),
            Some(b'[') => self.nested(Self::array, pattern),
            Some(b'"') => Ok(self.string()?.into()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("true") => Ok(Value::Bool(true)),
            _ if self.take("false") => Ok(Value::Bool(false)),
            _ if self.take("null") => Ok(Value::None),
            _ => Err("a value"),
        }
    }

    fn nested(
        &mut self,
        read: fn(&mut Self, &mut Pattern) -> Read<Value>,
        pattern: &mut Pattern,
    ) -> Read<Value> {
        if self.depth == DEEPEST {
            return Err("less nesting");
        }
        self.depth += 1;
        self.place += 1;
        let value = read(self, pattern);
        self.depth -= 1;
        value
    }

    fn array(&mut self, pattern: &mut Pattern) -> Read<Value> {
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value(pattern.part(0))?);
            if self.take("]") {
                return Ok(Value::list(items));
            }
            if !self.take(",") {
                return Err("a comma or a closing bracket");
            }
        }
    }

    fn object(&mut self, pattern: &mut Pattern) -> Read<Value> {
        let mut dict = DictBuilder::new(pattern);
        if self.take("}") {
            return Ok(dict.finish().into());
        }
        loop {
            self.skip_space();
            dict.key(&self.string()?);
            if !self.take(":") {
                return Err("a colon");
            }
            let value = self.value(dict.part())?;
            dict.value(value);
            if self.take("}") {
                return Ok(dict.finish().into());
            }
            if !self.take(",") {
                return Err("a comma or a closing brace");
            }
        }
    }

    /// The token that begins here and ends before `end` bytes of the rest.
    fn token(&self, end: usize) -> &'t str {
        &self.text[self.place..self.place + end]
    }

    fn string(&mut self) -> Read<Cow<'t, str>> {
        let bytes = &self.text.as_bytes()[self.place..];
        if bytes.first() != Some(&b'"') {
            return Err("a string");
        }
        let mut end = 1;
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
                None => return Err("a string that ends"),
            }
        }
        let token = self.token(end + 1);
        let string = if token.contains('\\') {
            serde_json::from_str(token).map(Cow::Owned)
        } else {
            serde_json::from_str(token).map(Cow::Borrowed)
        };
        let string = string.map_err(|_| "a string without mistakes")?;
        self.place += end + 1;
        Ok(string)
    }

    fn number(&mut self) -> Read<Value> {
        let rest = &self.text[self.place..];
        let outside = |c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E');
        let token = self.token(rest.find(outside).unwrap_or(rest.len()));
        let number = if is_number(token) {
            read_number(token)
        } else {
            None
        };
        let number = number.ok_or("a number without mistakes")?;
        self.place += token.len();
        Ok(number)
    }
}

/// Whether the text is a number as JSON writes it.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

/// The value of a number with all of its digits.
pub(crate) fn read_number(text: &str) -> Option<Value> {
    if text.contains(['.', 'e', 'E']) {
        return text.parse().ok().map(Value::Float);
    }
    match text.parse() {
        Ok(number) => Some(Value::Int(number)),
        Err(_) => BigInt::parse(text).map(Value::BigInt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let value = from_json(text).expect("the text is JSON");
        assert_eq!(format!("{value:?}"), expected, "{text}");
    }

    #[test]
    fn values_mirror_the_text() {
        check("null", "None");
        check(
            " [true, false,\n\t1, -0, 1.5, 1e3, -2.5E-3] ",
            "[true, false, 1, 0, 1.5, 1000.0, -0.0025]",
        );
        check(
            r#"{"b": [], "a": {}, "b": "last"}"#,
            r#"{"b": "last", "a": {}}"#,
        );
        check(r#""\u00e4\ud83d\ude00\n\\\"""#, r#""ä😀\n\\\"""#);
        check("9223372036854775807", "9223372036854775807");
        check("9223372036854775808", "9223372036854775808");
        check(
            "-123456789012345678901234567890",
            "-123456789012345678901234567890",
        );
        check("0.1", "0.1");
        check("2.2250738585072011e-308", "2.225073858507201e-308");
    }

    #[test]
    fn mistakes_name_their_place() {
        let cases = [
            ("", "a value is expected in line 1 at column 1"),
            (
                "[1,\n 2 3]",
                "a comma or a closing bracket is expected in line 2 at column 4",
            ),
            ("{\"ä\" 1}", "a colon is expected in line 1 at column 6"),
            ("{1: 2}", "a string is expected in line 1 at column 2"),
            ("[1] x", "nothing more is expected in line 1 at column 5"),
            (
                "\"a",
                "a string that ends is expected in line 1 at column 1",
            ),
            (
                "\"a\\",
                "a string that ends is expected in line 1 at column 1",
            ),
            (
                "\"\\q\"",
                "a string without mistakes is expected in line 1 at column 1",
            ),
            (
                "\"\n\"",
                "a string without mistakes is expected in line 1 at column 1",
            ),
            (
                "01",
                "a number without mistakes is expected in line 1 at column 1",
            ),
            (
                "1.",
                "a number without mistakes is expected in line 1 at column 1",
            ),
            (
                "--1",
                "a number without mistakes is expected in line 1 at column 1",
            ),
            (
                "1e",
                "a number without mistakes is expected in line 1 at column 1",
            ),
            ("[1,]", "a value is expected in line 1 at column 4"),
            ("NaN", "a value is expected in line 1 at column 1"),
        ];
        for (text, expected) in cases {
            let error = from_json(text).expect_err("the text is no JSON");
            assert_eq!(
                error.to_string(),
                format!("this is no JSON: {expected}"),
                "{text}"
            );
        }
        let deep = "[".repeat(1_000_000);
        let error = from_json(&deep).expect_err("it is too deep");
        assert!(error.to_string().contains("less nesting"));
        assert!(from_json(&format!("{}{}", "[".repeat(256), "]".repeat(256))).is_ok());
    }
}
