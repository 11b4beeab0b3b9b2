//! What recoders ask of the driver.

use std::path::PathBuf;
use std::sync::mpsc;

use super::RecoderStatus;
use super::locate::Piece;
use crate::error::Error;
use crate::event::Receipt;
use crate::reload::machine::SourceId;
use crate::sync::Arc;

/// A piece of a plugin's source.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) plugin: Arc<str>,
    /// The unit's name; for a whole file its path in the plugin.
    pub(crate) unit: Arc<str>,
    pub(crate) source: SourceId,
    /// The file, as seen from the plugin's root.
    pub(crate) path: PathBuf,
    pub(crate) piece: Piece,
    pub(crate) lane: Lane,
}

/// Which half of a plugin a file belongs to. Units of one are replaced without the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Templates,
    Rust,
}

/// An edit's number; a later edit has a greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct EditId(pub(crate) u64);

/// What is to be done with a piece.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    /// Put a text in its place, or nothing.
    Patch(Option<Arc<str>>),
    /// Add items to its module.
    Items(Arc<str>),
    /// Put a text in its place until `End`.
    Override(Arc<str>),
    End(EditId),
    Revert,
    Commit,
    Status,
    Source,
}

impl Operation {
    /// Whether it gives new text.
    pub(crate) fn is_edit(&self) -> bool {
        matches!(self, Self::Patch(_) | Self::Items(_) | Self::Override(_))
    }
}

/// A question to the driver.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) place: Place,
    pub(crate) operation: Operation,
    pub(crate) answer: mpsc::Sender<Answer>,
}

pub(crate) type Answer = Result<Reply, Error>;

/// What the driver did.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) receipt: Option<Receipt>,
    pub(crate) edit: EditId,
    pub(crate) text: Option<String>,
    pub(crate) status: RecoderStatus,
}

impl Reply {
    pub(crate) fn done(receipt: Option<Receipt>, edit: EditId) -> Self {
        Self {
            receipt,
            edit,
            text: None,
            status: RecoderStatus::Original,
        }
    }

    pub(crate) fn text(text: Option<String>) -> Self {
        Self {
            text,
            ..Self::done(None, EditId::default())
        }
    }

    pub(crate) fn status(status: RecoderStatus) -> Self {
        Self {
            status,
            ..Self::done(None, EditId::default())
        }
    }
}
