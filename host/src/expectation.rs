//! What live handles need their units to be: compared when a handle is made, and again with
//! every snapshot before it becomes current.

use std::fmt;

use hotplate_plugin_api::UnitEntry;
use hotplate_plugin_api::signature::LayoutFn;
use hotplate_plugin_api::view::ViewTable;

use crate::error::Error;
use crate::event::{Diagnostic, Rejection, Stage};
use crate::layers::Layers;
use crate::layout;
use crate::snapshot::{SlotId, Snapshot};
use crate::sync::Arc;
use crate::unit::LiveUnit;

/// Which unit a handle means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// The one in a slot.
    Slot(SlotId),
    /// Whatever template a name means at the time.
    Name(Arc<str>),
}

impl Target {
    /// The unit that it means in a snapshot.
    pub(crate) fn unit<'s>(
        &self,
        snapshot: &'s Snapshot,
        layers: &Layers,
    ) -> Option<&'s Arc<LiveUnit>> {
        match self {
            Self::Slot(slot) => snapshot.unit(*slot),
            Self::Name(name) => layers.named(snapshot, name),
        }
    }
}

/// What a live handle needs its unit to be.
pub(crate) enum Expectation {
    /// A function with parameters and a result of these layouts.
    Signature {
        parameters: Vec<LayoutFn>,
        returned: LayoutFn,
    },
    /// A template with code for a struct.
    Context(&'static ViewTable),
}

impl fmt::Debug for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature { parameters, .. } => write!(f, "Signature({})", parameters.len()),
            Self::Context(table) => write!(f, "Context({})", table.name),
        }
    }
}

impl Expectation {
    /// Compares a unit of `snapshot` with what is expected; the error says what differs.
    pub(crate) fn compare(&self, snapshot: &Snapshot, unit: &LiveUnit) -> Result<(), String> {
        match (self, unit.entry()) {
            (
                Self::Signature {
                    parameters,
                    returned,
                },
                UnitEntry::Function(function),
            ) => layout::compare_signatures(parameters, *returned, &function.signature),
            (Self::Context(table), UnitEntry::Template(template)) => {
                unit.check_context(table)?;
                for block in template.blocks.iter() {
                    let name = format!("{}/{block}", unit.name());
                    // A block without code for any struct is rendered as it always was.
                    if let Some(block) = snapshot.find(unit.plugin(), &name)
                        && block.typed().is_some()
                    {
                        block
                            .check_context(table)
                            .map_err(|difference| format!("in {name}: {difference}"))?;
                    }
                }
                Ok(())
            }
            _ => Err(format!("it is a {} now", unit.kind())),
        }
    }

    /// Compares for a handle that is about to be made or used.
    #[cold]
    pub(crate) fn check(&self, snapshot: &Snapshot, unit: &LiveUnit) -> Result<(), Error> {
        let compared = self.compare(snapshot, unit);
        compared.map_err(|difference| match self {
            Self::Signature { .. } => Error::incompatible(unit.path(), difference),
            Self::Context(_) => Error::unfit_context(unit.path(), difference),
        })
    }

    /// Why `next` cannot take the place of `before` while a handle lives that expects this.
    pub(crate) fn refusal(
        &self,
        before: &Snapshot,
        next: &Snapshot,
        unit: &LiveUnit,
    ) -> Option<Rejection> {
        let difference = self.compare(next, unit).err()?;
        let path = unit.path();
        let mut diagnostic = Diagnostic::message(match self {
            Self::Signature { .. } => format!(
                "{path} is in use with another signature: {difference}; put the signature back, \
                 or restart the host with handles of the new one"
            ),
            Self::Context(table) => format!(
                "{path} is in use with the struct `{}` that the host was built with: \
                 {difference}; put it back, or build the host with the new one and restart it",
                table.name
            ),
        });
        diagnostic.file = Some(unit.file());
        diagnostic.line = Some(unit.line());
        Some(Rejection {
            stage: Stage::Signature,
            plugin: Some(unit.plugin().to_string()),
            diagnostics: vec![diagnostic],
            serving: before.generation(),
        })
    }
}
