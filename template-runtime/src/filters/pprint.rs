//! `pprint`: a value on several lines, as Python's `pprint` module prints it.

use hotplate_plugin_api::value::{Bytes, Ref, Value};

use super::wrap::split_lines;
use super::{Call, lists};
use crate::python::{is_space, less, repr, repr_str, type_name};
use crate::{Error, Result};

/// How wide the lines should be.
const WIDTH: usize = 80;
/// How deep containers may be nested.
const MAX_DEPTH: usize = 450;
/// No part of a container's representation is shorter than this, separator included.
const SHORTEST_ITEM: usize = 3;

/// `pprint`: the value's representation, containers and long strings on several lines.
///
/// # Errors
///
/// A limit for a result that is too long; any exception becomes part of the result.
pub fn pprint(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let mut printer = Printer {
        out: String::new(),
        limit: call.limit,
    };
    let place = Place {
        indent: 0,
        allowance: 0,
        level: 0,
    };
    match printer.write(value, place) {
        Ok(()) => Ok(Value::str(printer.out)),
        Err(Error::Raised(raised)) if !Error::Raised(raised.clone()).is_fatal() => {
            let (exception, message) = (&raised.exception, &raised.message);
            Ok(Value::str(format!(
                "Error in formatting: {exception}: {message}"
            )))
        }
        Err(error) => Err(error),
    }
}

/// Where something is printed.
#[derive(Clone, Copy)]
struct Place {
    /// The column at which further lines begin.
    indent: usize,
    /// How many characters have to follow on the last line.
    allowance: usize,
    /// How many containers it is in.
    level: usize,
}

impl Place {
    /// How many characters fit.
    fn room(self) -> usize {
        WIDTH.saturating_sub(self.indent + self.allowance)
    }
}

struct Printer {
    out: String,
    limit: usize,
}

impl Printer {
    fn push(&mut self, text: &str) -> Result<()> {
        if text.len() > self.limit.saturating_sub(self.out.len()) {
            return Err(too_long(self.limit));
        }
        self.out.push_str(text);
        Ok(())
    }

    fn new_line(&mut self, indent: usize) -> Result<()> {
        if indent >= self.limit.saturating_sub(self.out.len()) {
            return Err(too_long(self.limit));
        }
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        Ok(())
    }

    fn write(&mut self, value: &Value, place: Place) -> Result<()> {
        let mut short = Short::new(place.room());
        if short.write(value, place.level)? {
            return self.push(&short.out);
        }
        let inside = |brackets| Place {
            indent: place.indent + 1,
            allowance: place.allowance + brackets,
            level: place.level + 1,
        };
        match value {
            Value::Dict(dict) => {
                self.push("{")?;
                self.write_entries(&sorted(dict.iter().collect())?, inside(1))?;
                self.push("}")
            }
            Value::List(items) => {
                self.push("[")?;
                self.write_items(items.iter(), inside(1))?;
                self.push("]")
            }
            Value::Tuple(items) => {
                let end = if items.len() == 1 { ",)" } else { ")" };
                self.push("(")?;
                self.write_items(items.iter(), inside(end.len()))?;
                self.push(end)
            }
            Value::Set(items) if !items.is_empty() => {
                let items = sorted(items.iter().map(|item| (item, ())).collect())?;
                self.push("{")?;
                self.write_items(items.iter().map(|(item, ())| *item), inside(1))?;
                self.push("}")
            }
            Value::Str(text) if !text.as_str().is_empty() => self.write_str(text.as_str(), place),
            Value::Bytes(bytes) if bytes.as_slice().len() > 4 => {
                self.write_bytes(bytes.as_slice(), place)
            }
            _ => self.push(&repr(value)?),
        }
    }

    fn write_items<'v>(
        &mut self,
        items: impl ExactSizeIterator<Item = &'v Value>,
        place: Place,
    ) -> Result<()> {
        let count = items.len();
        for (number, item) in items.enumerate() {
            if number > 0 {
                self.push(",")?;
                self.new_line(place.indent)?;
            }
            let is_last = number + 1 == count;
            let allowance = if is_last { place.allowance } else { 1 };
            self.write(item, Place { allowance, ..place })?;
        }
        Ok(())
    }

    fn write_entries(&mut self, entries: &[(&Value, &Value)], place: Place) -> Result<()> {
        for (number, (key, value)) in entries.iter().enumerate() {
            if number > 0 {
                self.push(",")?;
                self.new_line(place.indent)?;
            }
            let mut whole = Short::new(usize::MAX);
            whole.write(key, place.level)?;
            self.push(&whole.out)?;
            self.push(": ")?;
            let is_last = number + 1 == entries.len();
            let below = Place {
                indent: place.indent + whole.length + 2,
                allowance: if is_last { place.allowance } else { 1 },
                ..place
            };
            self.write(value, below)?;
        }
        Ok(())
    }

    /// A string as several, which Python joins: by lines, and long lines by words.
    fn write_str(&mut self, text: &str, place: Place) -> Result<()> {
        let is_outermost = usize::from(place.level == 0);
        let indent = place.indent + is_outermost;
        let allowance = place.allowance + is_outermost;
        let (wide, narrow) = (
            WIDTH.saturating_sub(indent),
            WIDTH.saturating_sub(indent + allowance),
        );
        let mut chunks = Vec::new();
        let lines = split_lines(text);
        for (number, line) in lines.iter().enumerate() {
            let last_room = if number + 1 == lines.len() {
                narrow
            } else {
                wide
            };
            let whole = repr_str(line);
            if whole.chars().count() <= last_room {
                chunks.push(whole);
            } else {
                push_words(line, wide, last_room, &mut chunks);
            }
        }
        self.write_chunks(&chunks, indent, is_outermost == 1)
    }

    fn write_chunks(&mut self, chunks: &[String], indent: usize, outermost: bool) -> Result<()> {
        if let [chunk] = chunks {
            return self.push(chunk);
        }
        self.push(if outermost { "(" } else { "" })?;
        for (number, chunk) in chunks.iter().enumerate() {
            if number > 0 {
                self.new_line(indent)?;
            }
            self.push(chunk)?;
        }
        self.push(if outermost { ")" } else { "" })
    }

    /// Bytes as several literals, of a multiple of four bytes each.
    fn write_bytes(&mut self, bytes: &[u8], place: Place) -> Result<()> {
        let is_outermost = usize::from(place.level == 0);
        let indent = place.indent + is_outermost;
        let wide = WIDTH.saturating_sub(indent);
        let narrow = wide.saturating_sub(place.allowance + is_outermost);
        let show = |part: &[u8]| repr(&Value::Bytes(Bytes::new(part.to_vec())));
        // From here on, what follows the bytes has to fit as well.
        let last = bytes.len() / 4 * 4;
        let mut start = 0;
        self.push(if is_outermost == 1 { "(" } else { "" })?;
        for place in (0..bytes.len()).step_by(4) {
            let end = bytes.len().min(place + 4);
            let room = if place == last { narrow } else { wide };
            if place > start && show(&bytes[start..end])?.chars().count() > room {
                self.push(&show(&bytes[start..place])?)?;
                self.new_line(indent)?;
                start = place;
            }
        }
        self.push(&show(&bytes[start..])?)?;
        self.push(if is_outermost == 1 { ")" } else { "" })
    }
}

#[cold]
fn too_long(limit: usize) -> Error {
    Error::limit(format!(
        "pprint would make more than the {limit} bytes that are allowed"
    ))
}

/// Splits a line after white space, into strings whose representations fit.
fn push_words(line: &str, room: usize, last_room: usize, chunks: &mut Vec<String>) {
    let mut current = 0;
    let mut end = 0;
    while end < line.len() {
        let part = end;
        end += line[end..].find(is_space).unwrap_or(line.len() - end);
        end += line[end..]
            .find(|c| !is_space(c))
            .unwrap_or(line.len() - end);
        let room = if end == line.len() { last_room } else { room };
        // The quotes depend on all of the text, so that it is looked at as a whole.
        if repr_str(&line[current..end]).chars().count() > room && part > current {
            chunks.push(repr_str(&line[current..part]));
            current = part;
        }
    }
    chunks.push(repr_str(&line[current..]));
}

/// Pairs in the order of what comes first in them: as Python compares them, or by the
/// names of types that it does not order.
fn sorted<T>(items: Vec<(&Value, T)>) -> Result<Vec<(&Value, T)>> {
    lists::merge_sort(
        items,
        &|left: &(&Value, T), right: &(&Value, T)| match less(left.0, right.0) {
            Err(error) if error.is("TypeError") => Ok(class_name(left.0) < class_name(right.0)),
            result => result,
        },
    )
}

fn class_name(value: &Value) -> String {
    match value {
        Value::Str(text) if text.is_safe() => "django.utils.safestring.SafeString".to_owned(),
        _ => type_name(value).into_owned(),
    }
}

/// A representation on one line, as long as it is short enough.
struct Short {
    out: String,
    length: usize,
    limit: usize,
}

impl Short {
    fn new(limit: usize) -> Self {
        Self {
            out: String::new(),
            length: 0,
            limit,
        }
    }

    fn push(&mut self, text: &str) -> bool {
        self.length += text.chars().count();
        let fits = self.length <= self.limit;
        if fits {
            self.out.push_str(text);
        }
        fits
    }

    /// Whether so many items may fit.
    fn may_hold(&self, count: usize) -> bool {
        count.saturating_sub(1).saturating_mul(SHORTEST_ITEM) <= self.limit
    }

    /// Whether it fits.
    fn write(&mut self, value: &Value, depth: usize) -> Result<bool> {
        if depth > MAX_DEPTH {
            return Err(Error::raise(
                "RecursionError",
                "maximum recursion depth exceeded",
            ));
        }
        match value {
            Value::Str(text) => {
                // No character is longer than four bytes.
                let at_least = text.as_str().len() / 4;
                Ok(at_least <= self.limit && self.push(&repr_str(text.as_str())))
            }
            Value::Dict(dict) => {
                if !self.may_hold(dict.len()) {
                    return Ok(false);
                }
                let entries = sorted(dict.iter().collect())?;
                let mut fits = self.push("{");
                for (number, (key, value)) in entries.into_iter().enumerate() {
                    fits = fits
                        && (number == 0 || self.push(", "))
                        && self.write(key, depth + 1)?
                        && self.push(": ")
                        && self.write(value, depth + 1)?;
                }
                Ok(fits && self.push("}"))
            }
            Value::List(items) => self.write_all("[", items, "]", depth),
            Value::Tuple(items) => {
                let end = if items.len() == 1 { ",)" } else { ")" };
                self.write_all("(", items, end, depth)
            }
            Value::Set(items) if !self.may_hold(items.len()) => Ok(false),
            _ => {
                let text = repr(value)?;
                Ok(self.push(&text))
            }
        }
    }

    fn write_all(&mut self, start: &str, items: &[Value], end: &str, depth: usize) -> Result<bool> {
        let mut fits = self.may_hold(items.len()) && self.push(start);
        for (number, item) in items.iter().enumerate() {
            if !fits {
                return Ok(false);
            }
            fits = (number == 0 || self.push(", ")) && self.write(item, depth + 1)?;
        }
        Ok(fits && self.push(end))
    }
}

#[cfg(test)]
mod tests;
