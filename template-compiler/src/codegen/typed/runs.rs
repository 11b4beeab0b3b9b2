//! What is written together, with one check that there is room for it.

use super::Typed;
use crate::codegen::quote::quote;

/// The longest text that is stored where it is written.
const LONGEST: usize = 256;

/// How many pieces are written at once.
const MOST: usize = 8;

/// Something that is written.
#[derive(Clone, PartialEq)]
pub(super) enum Piece {
    /// Text.
    Text(String),
    /// An integer, as an expression of type `i64`.
    Int(String),
    /// An integer that is not negative, as an expression of type `u64`.
    Unsigned(String),
    /// Text that is escaped, as an expression of a reference to what derefs to `str`.
    Escaped(String),
    /// A part of a date, as an expression.
    Date(String),
}

impl Typed<'_, '_> {
    /// Writes a piece together with those before it.
    pub(super) fn piece(&mut self, piece: Piece) {
        match (self.run.last_mut(), piece) {
            (_, Piece::Text(text)) if text.is_empty() => {}
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => self.run.push(piece),
        }
    }

    /// Prints that what has been collected is written.
    pub(super) fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        self.write(&run);
    }

    /// Prints that pieces are written.
    pub(super) fn write(&mut self, run: &[Piece]) {
        let mut pieces = Vec::new();
        for piece in run {
            match piece {
                Piece::Text(text) if text.len() > LONGEST => {
                    self.put(&mut pieces);
                    self.line(&format!("w.text({})?;", quote(text)));
                    continue;
                }
                Piece::Text(text) => pieces.push(format!("rt::lit!({})", quote(text))),
                Piece::Int(number) if self.known.loops.is_empty() => {
                    pieces.push(format!("rt::lone_int({number})"));
                }
                Piece::Int(number) => pieces.push(format!("rt::int({number})")),
                Piece::Unsigned(number) => pieces.push(format!("rt::uint({number})")),
                Piece::Date(part) => pieces.push(part.clone()),
                Piece::Escaped(text) => pieces.push(format!("rt::escaped({text})")),
            }
            if pieces.len() == MOST {
                self.put(&mut pieces);
            }
        }
        self.put(&mut pieces);
    }

    fn put(&mut self, pieces: &mut Vec<String>) {
        match pieces.as_slice() {
            [] => {}
            [piece] => self.line(&format!("w.put({piece})?;")),
            pieces => self.line(&format!("w.put(({}))?;", pieces.join(", "))),
        }
        pieces.clear();
    }
}
