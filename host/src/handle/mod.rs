//! Handles: cheap, clonable references to units that survive every swap.

mod arguments;
mod function;
mod redirect;
mod template;
mod typed;

pub use arguments::Arguments;
pub use function::{Function, LocalFunction};
pub(crate) use redirect::{Redirect, call_next};
pub use template::{LocalTemplate, Rendered, Template};
pub use typed::{LocalTypedTemplate, TypedTemplate};

use crate::artifact::ArtifactHash;
use crate::error::Error;
use crate::expectation::Target;
use crate::pin;
use crate::shared::Shared;
use crate::snapshot::{SlotId, Snapshot};
use crate::sync::Arc;
use crate::unit::LiveUnit;

/// Which code a call ran.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallReceipt {
    /// The plugin.
    pub plugin: String,
    /// The unit.
    pub unit: String,
    /// The generation of the snapshot that the call ran in.
    pub generation: u64,
    /// The library that the unit lives in.
    pub artifact: ArtifactHash,
}

impl CallReceipt {
    fn new(snapshot: &Snapshot, unit: &LiveUnit) -> Self {
        Self {
            plugin: unit.plugin().to_string(),
            unit: unit.name().to_string(),
            generation: snapshot.generation(),
            artifact: unit.library().hash(),
        }
    }
}

/// The generation in which what a handle means changed last, in the snapshot that a call
/// would run in.
fn generation(shared: &Shared, target: &Target) -> u64 {
    pin::with_snapshot(shared, |snapshot| {
        let layers = &shared.defaults.layers;
        let dependencies = snapshot.dependencies(layers);
        dependencies.meaning_of(target, snapshot, layers)
    })
}

/// The live unit in `slot`, or the error that it was removed.
pub(crate) fn live<'s>(
    snapshot: &'s Snapshot,
    slot: SlotId,
    path: &Arc<str>,
) -> Result<&'s Arc<LiveUnit>, Error> {
    snapshot
        .unit(slot)
        .ok_or_else(|| Error::removed(path.to_string()))
}
