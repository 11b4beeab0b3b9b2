//! A command line in words.

use serde_json::Deserializer;

use super::answer::Refusal;
use crate::Value;
use crate::json::from_json;

/// What is left of a command line. Words end at white space; one that holds some stands in
/// double quotes, as a JSON string.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'l> {
    rest: &'l str,
}

impl<'l> Words<'l> {
    pub(super) fn new(line: &'l str) -> Self {
        Self { rest: line.trim() }
    }

    /// What is left, as it was written.
    pub(super) fn rest(&self) -> &'l str {
        self.rest
    }

    /// The next word, if there is one.
    pub(super) fn next(&mut self) -> Result<Option<String>, Refusal> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        if self.rest.starts_with('"') {
            let mut stream = Deserializer::from_str(self.rest).into_iter::<String>();
            let Some(Ok(word)) = stream.next() else {
                return Err(Refusal::usage("a word in quotes has no closing quote"));
            };
            self.rest = self.rest[stream.byte_offset()..].trim_start();
            return Ok(Some(word));
        }
        let end = self.rest.find(char::is_whitespace);
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        Ok(Some(word.to_owned()))
    }

    /// The next word, which must be there; `what` names it.
    pub(super) fn word(&mut self, what: &str) -> Result<String, Refusal> {
        self.next()?
            .ok_or_else(|| Refusal::usage(format!("{what} is missing")))
    }

    /// The next word as a number, if there is one.
    pub(super) fn number(&mut self, what: &str) -> Result<Option<u64>, Refusal> {
        let Some(word) = self.next()? else {
            return Ok(None);
        };
        let number = word.parse();
        number
            .map(Some)
            .map_err(|_| Refusal::usage(format!("{what} is a whole number, and {word} is none")))
    }

    /// Makes sure that nothing is left.
    pub(super) fn end(self) -> Result<(), Refusal> {
        match self.rest {
            "" => Ok(()),
            rest => Err(Refusal::usage(format!("there is too much: {rest}"))),
        }
    }

    /// What is left as JSON values, one after another, with white space between.
    pub(super) fn values(self) -> Result<Vec<Value>, Refusal> {
        let mut values = Vec::new();
        let mut rest = self.rest;
        while !rest.is_empty() {
            let mut stream = Deserializer::from_str(rest).into_iter::<serde_json::Value>();
            let length = match stream.next() {
                Some(Ok(_)) => stream.byte_offset(),
                _ => return Err(no_json(rest)),
            };
            // Read again, for every digit of its numbers.
            let value = from_json(&rest[..length]);
            values.push(value.map_err(|error| Refusal::new("json", error.to_string()))?);
            rest = rest[length..].trim_start();
        }
        Ok(values)
    }
}

/// Says which word is no JSON, and how text is written.
fn no_json(text: &str) -> Refusal {
    let word = text.split_whitespace().next().unwrap_or_default();
    let is_bare = word.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && !["true", "false", "null"].contains(&word);
    let message = if is_bare {
        format!("{word} is no JSON; text stands in double quotes: \"{word}\"")
    } else {
        match from_json(text) {
            Err(error) => error.to_string(),
            Ok(_) => format!("{text} is no JSON"),
        }
    };
    Refusal::new("json", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_white_space_or_quotes() {
        let mut words = Words::new("  render \"my site\"  a.html  {\"a\": 1} ");
        let mut found = Vec::new();
        for _ in 0..3 {
            found.push(words.word("a word").expect("there is one"));
        }
        assert_eq!(found, ["render", "my site", "a.html"]);
        assert_eq!(words.rest, "{\"a\": 1}");
        assert_eq!(words.values().expect("it is JSON").len(), 1);
        assert!(Words::new("\"open").next().is_err());
        assert!(Words::new("x").end().is_err());
    }

    #[test]
    fn values_follow_each_other() {
        let check = |text: &str, expected: &str| {
            let found = match Words::new(text).values() {
                Ok(values) => format!("{values:?}"),
                Err(refusal) => refusal.message,
            };
            assert_eq!(found, expected, "{text}");
        };
        check("", "[]");
        check(
            "\"a b\" 1 [1, 2] {\"x\": null} 123456789012345678901",
            "[\"a b\", 1, [1, 2], {\"x\": None}, 123456789012345678901]",
        );
        check(
            "\"a\" hot plates",
            "hot is no JSON; text stands in double quotes: \"hot\"",
        );
        check(
            "[1,",
            "this is no JSON: a value is expected in line 1 at column 4",
        );
    }
}
