//! The edits of one file, and the text that they make of it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::change::Replaced;
use super::locate::{LocateError, Piece, SyntaxError, end_of_module};
use super::requests::{EditId, Lane};
use crate::reload::machine::SourceId;
use crate::sync::Arc;

/// A file with edits.
#[derive(Debug, Clone)]
pub(crate) struct FileEdits {
    pub(crate) source: SourceId,
    pub(crate) lane: Lane,
    /// What the file had when the first edit was made; none if there was no file.
    pub(crate) base: Option<Arc<str>>,
    /// Whether the file has something else by now.
    pub(crate) out_of_sync: bool,
    /// In the order in which they apply.
    pub(crate) edits: Vec<Edit>,
}

/// One edit.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    pub(crate) id: EditId,
    pub(crate) piece: Piece,
    pub(crate) kind: EditKind,
    /// The recoder's plugin and unit, for events.
    pub(crate) plugin: Arc<str>,
    pub(crate) unit: Arc<str>,
    /// What it replaced when it was published.
    pub(crate) replaced: Option<Replaced>,
    /// Whether a rollback has taken it out of what runs.
    pub(crate) rolled_back: bool,
}

/// What an edit does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EditKind {
    /// Replaces its piece; with nothing, if there is no text.
    Replace(Option<Arc<str>>),
    /// The same, for as long as a guard lives.
    Override(Arc<str>),
    /// Adds items to the module of its piece.
    Items(Arc<str>),
}

/// Why an edit does not apply.
#[derive(Debug)]
pub(crate) struct Misfit {
    pub(crate) message: String,
    /// Where a Rust text is wrong, in lines and columns of the whole text.
    pub(crate) syntax: Option<SyntaxError>,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl FileEdits {
    /// The text that all edits make, and where the last one's own text lies in it.
    pub(crate) fn apply(&self) -> Result<(Option<Arc<str>>, Range<usize>), Misfit> {
        self.apply_some(|_| true)
    }

    /// The same, with those edits alone that `wanted` chooses.
    pub(crate) fn apply_some(
        &self,
        wanted: impl Fn(&Edit) -> bool,
    ) -> Result<(Option<Arc<str>>, Range<usize>), Misfit> {
        let mut text = self.base.as_deref().map(Cow::Borrowed);
        let mut own = 0..0;
        for edit in self.edits.iter().filter(|edit| wanted(edit)) {
            let (next, range) = edit.apply(text.as_deref(), &self.base)?;
            text = next.map(Cow::Owned);
            own = range;
        }
        Ok((text.map(Arc::from), own))
    }

    pub(crate) fn of_piece<'e>(&'e self, piece: &'e Piece) -> impl Iterator<Item = &'e Edit> {
        self.edits.iter().filter(move |edit| edit.piece == *piece)
    }
}

impl Edit {
    fn apply(
        &self,
        text: Option<&str>,
        base: &Option<Arc<str>>,
    ) -> Result<(Option<String>, Range<usize>), Misfit> {
        let replacement = match &self.kind {
            EditKind::Replace(replacement) => replacement.as_deref(),
            EditKind::Override(replacement) => Some(&**replacement),
            EditKind::Items(items) => return self.add_items(text, items, base),
        };
        let replacement = replacement.map(|own| in_line_ends_of(own, base));
        if self.piece == Piece::Whole {
            let length = replacement.as_ref().map_or(0, |own| own.len());
            return Ok((replacement.map(Cow::into_owned), 0..length));
        }
        let text = text.ok_or_else(|| self.misfit(&LocateError::Missing))?;
        let range = self
            .piece
            .locate(text)
            .map_err(|error| self.misfit(&error))?;
        let own = replacement.unwrap_or_default();
        let next = format!("{}{own}{}", &text[..range.start], &text[range.end..]);
        Ok((Some(next), range.start..range.start + own.len()))
    }

    fn add_items(
        &self,
        text: Option<&str>,
        items: &str,
        base: &Option<Arc<str>>,
    ) -> Result<(Option<String>, Range<usize>), Misfit> {
        let text = text.ok_or_else(|| self.misfit(&LocateError::Missing))?;
        let modules = match &self.piece {
            Piece::Function(path) => path.modules.as_slice(),
            _ => &[],
        };
        let end = end_of_module(text, modules).map_err(|error| self.misfit(&error))?;
        let before = if text[..end].is_empty() || text[..end].ends_with('\n') {
            "\n"
        } else {
            "\n\n"
        };
        let before = in_line_ends_of(before, base);
        let own = in_line_ends_of(items, base);
        let after = if own.ends_with('\n') { "" } else { "\n" };
        let after = in_line_ends_of(after, base);
        let next = format!("{}{before}{own}{after}{}", &text[..end], &text[end..]);
        let start = end + before.len();
        Ok((Some(next), start..start + own.len()))
    }

    fn misfit(&self, error: &LocateError) -> Misfit {
        let what = self.piece.describe();
        match error {
            LocateError::Missing => Misfit {
                message: format!("there is no {what} in the source of {}", self.unit),
                syntax: None,
            },
            LocateError::Ambiguous => Misfit {
                message: format!(
                    "there is more than one {what} in the source of {}",
                    self.unit
                ),
                syntax: None,
            },
            LocateError::Syntax(syntax) => Misfit {
                message: format!(
                    "the source of {} cannot be parsed: {}",
                    self.unit, syntax.message
                ),
                syntax: Some(syntax.clone()),
            },
        }
    }
}

/// A text with the line ends that a file has throughout.
fn in_line_ends_of<'t>(text: &'t str, base: &Option<Arc<str>>) -> Cow<'t, str> {
    let has_only_crlf = base.as_deref().is_some_and(|base| {
        let lines = base.matches('\n').count();
        lines > 0 && base.matches("\r\n").count() == lines
    });
    if has_only_crlf && !text.contains('\r') {
        Cow::Owned(text.replace('\n', "\r\n"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recoder::locate::FunctionPath;

    fn edits(base: &str, edits: &[(Piece, EditKind)]) -> FileEdits {
        let edits = edits.iter().enumerate().map(|(id, (piece, kind))| Edit {
            id: EditId(id as u64),
            piece: piece.clone(),
            kind: kind.clone(),
            plugin: "p".into(),
            unit: "u".into(),
            replaced: None,
            rolled_back: false,
        });
        FileEdits {
            source: SourceId(0),
            lane: Lane::Rust,
            base: Some(base.into()),
            out_of_sync: false,
            edits: edits.collect(),
        }
    }

    fn replace(text: &str) -> EditKind {
        EditKind::Replace(Some(text.into()))
    }

    fn function(name: &str) -> Piece {
        Piece::Function(FunctionPath {
            modules: Vec::new(),
            name: name.to_owned(),
            place: 0,
        })
    }

    #[test]
    fn edits_apply_in_order_and_each_can_be_left_out() {
        let file = edits(
            "fn a() {}\nfn b() {}\n",
            &[
                (function("a"), replace("fn a() { 1; }\n\nfn more() {}")),
                (function("b"), replace("fn b() { 2; }")),
                (function("a"), EditKind::Items("use x;".into())),
            ],
        );
        let check = |without: Option<u64>, expected: &str| {
            let (text, _) = file.apply_some(|edit| Some(edit.id.0) != without).unwrap();
            assert_eq!(text.as_deref(), Some(expected), "{without:?}");
        };
        let a = "fn a() { 1; }\n\nfn more() {}\n";
        check(None, &format!("{a}fn b() {{ 2; }}\n\nuse x;\n"));
        check(Some(0), "fn a() {}\nfn b() { 2; }\n\nuse x;\n");
        check(Some(1), &format!("{a}fn b() {{}}\n\nuse x;\n"));
        check(Some(2), &format!("{a}fn b() {{ 2; }}\n"));
        let (text, own) = file.apply().unwrap();
        assert_eq!(&text.unwrap()[own], "use x;");
    }

    #[test]
    fn line_ends_are_the_files() {
        let check = |base: &str, own: &str, expected: &str| {
            let file = edits(base, &[(function("a"), replace(own))]);
            let (text, _) = file.apply().unwrap();
            assert_eq!(text.as_deref(), Some(expected));
        };
        check(
            "x!();\r\nfn a() {}\r\n",
            "fn a() {\n}",
            "x!();\r\nfn a() {\r\n}\r\n",
        );
        check(
            "x!();\nfn a() {}\r\n",
            "fn a() {\n}",
            "x!();\nfn a() {\n}\r\n",
        );
        check(
            "x!();\r\nfn a() {}\r\n",
            "fn a() {\r\n}",
            "x!();\r\nfn a() {\r\n}\r\n",
        );
    }

    #[test]
    fn what_is_not_there_cannot_be_replaced() {
        let file = edits("fn a() {}", &[(function("b"), replace("fn b() {}"))]);
        let misfit = file.apply().unwrap_err();
        assert_eq!(misfit.message, "there is no function b in the source of u");
        let deleted = edits(
            "fn a() {}",
            &[
                (Piece::Whole, EditKind::Replace(None)),
                (function("a"), replace("fn a() {}")),
            ],
        );
        assert!(deleted.apply().is_err());
    }
}
