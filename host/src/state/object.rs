//! Objects of plugins, and the code that fits them: the only module that calls the functions
//! of state types.
#![expect(
    unsafe_code,
    reason = "objects are untyped pointers beside the functions of their type"
)]

use std::fmt;

use hotplate_plugin_api::failure::LazyRecord;
use hotplate_plugin_api::state::{
    InstanceArgument, LayoutText, RawInstance, RestoreReport, StateDescriptor, StateSlot,
};
use hotplate_plugin_api::unit::UnitData;
use hotplate_plugin_api::{SourcePosition, Status, Value};

use crate::load::Library;
use crate::pin;
use crate::sync::Arc;

/// The code of a state type in one build of its plugin.
#[derive(Clone)]
pub(crate) struct Code {
    descriptor: &'static StateDescriptor,
    layout: Arc<LayoutText>,
    /// Keeps the functions mapped.
    library: Arc<Library>,
}

impl Code {
    /// The code of a type that a unit of `library` names.
    pub(crate) fn new(descriptor: &'static StateDescriptor, library: &Arc<Library>) -> Self {
        Self {
            descriptor,
            layout: Arc::new(pin::apart(|| (descriptor.functions.layout)())),
            library: library.clone(),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.descriptor.name.as_str()
    }

    pub(crate) fn version(&self) -> u32 {
        self.descriptor.version
    }

    pub(crate) fn layout(&self) -> &str {
        self.layout.text.as_str()
    }

    pub(crate) fn source(&self) -> SourcePosition<'static> {
        self.descriptor.source
    }

    /// Whether it is the code of this very type in this very library.
    pub(crate) fn is_of(&self, descriptor: &StateDescriptor, library: &Arc<Library>) -> bool {
        Arc::ptr_eq(&self.library, library)
            && self.descriptor.name == descriptor.name
            && self.descriptor.module_path == descriptor.module_path
            && self.descriptor.source == descriptor.source
    }

    /// Whether an object of one is an object of the other: of one library, or the same in
    /// memory as far as that can be known.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        self.is_of(other.descriptor, &other.library)
            || self.version() == other.version()
                && self.layout == other.layout
                && !self.layout.is_opaque
                && self.library.toolchain() == other.library.toolchain()
    }

    /// Makes an object by `Default`.
    ///
    /// # Errors
    ///
    /// If that panics.
    pub(crate) fn create(&self) -> Result<Payload, String> {
        let mut record = LazyRecord::default();
        let create = self.descriptor.functions.create;
        let object = pin::apart(|| create(record.failure()));
        self.payload(object, record)
    }

    /// Makes an object of what code of version `from` saved.
    ///
    /// # Errors
    ///
    /// If what was saved does not fit, or the code panics.
    pub(crate) fn restore(
        &self,
        from: u32,
        saved: &Value,
    ) -> Result<(Payload, RestoreReport), String> {
        let mut record = LazyRecord::default();
        let mut report = RestoreReport::default();
        let restore = self.descriptor.functions.restore;
        let object = pin::apart(|| restore(from, saved, record.failure(), &mut report));
        Ok((self.payload(object, record)?, report))
    }

    fn payload(&self, object: *const (), record: LazyRecord) -> Result<Payload, String> {
        if object.is_null() {
            return Err(record.into_record().to_string());
        }
        Ok(Payload {
            object,
            code: self.clone(),
        })
    }

    /// Takes over an object that a function of the plugin returned.
    ///
    /// # Errors
    ///
    /// If it is of another type: then it is dropped.
    pub(crate) fn adopt(&self, raw: RawInstance) -> Result<Payload, String> {
        match raw.descriptor() {
            Some(descriptor) if self.is_of(descriptor, &self.library) => Ok(Payload {
                object: raw.into_object(),
                code: self.clone(),
            }),
            Some(descriptor) => Err(format!("it is a `{}`", descriptor.name)),
            None => Err("it is no object".to_owned()),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({} {})", self.name(), self.version())
    }
}

/// An object with the code that fits it; dropped by that code.
pub(crate) struct Payload {
    object: *const (),
    code: Code,
}

// SAFETY: state types are `Send + Sync`, by the bounds of `State`.
unsafe impl Send for Payload {}
// SAFETY: as for `Send`.
unsafe impl Sync for Payload {}

impl Payload {
    /// Saves what the object holds.
    ///
    /// # Errors
    ///
    /// If something in it cannot be saved, or the code panics.
    pub(crate) fn save(&self) -> Result<Value, String> {
        let mut record = LazyRecord::default();
        let mut value = Value::None;
        let slot = self.slot(0);
        let save = self.code.descriptor.functions.save;
        // SAFETY: duty 1 of `StateFunctions`: the object was made by this code, or by code
        // that fits it, as `take_over` checks.
        let status = pin::apart(|| unsafe { save(&slot, record.failure(), &mut value) });
        match status {
            Status::Ok => Ok(value),
            Status::Failed => Err(record.into_record().to_string()),
        }
    }

    /// Has other code handle the object from here on, if it fits.
    pub(crate) fn take_over(&mut self, code: &Code) {
        if self.code.fits(code) {
            self.code = code.clone();
        }
    }

    /// Where the object is, for who binds a unit to it.
    pub(crate) fn place(&self) -> Place {
        Place(self.object)
    }

    /// Where units find the object.
    fn slot(&self, token: usize) -> StateSlot {
        StateSlot {
            object: self.object,
            token,
        }
    }

    /// The object as the argument of a call.
    ///
    /// # Safety
    ///
    /// 1. The token must be that of the cell whose code fits this object.
    /// 2. The object must stay where it is for `'a`, or until the argument was used.
    pub(crate) unsafe fn lend<'a>(&self, token: usize) -> InstanceArgument<'a> {
        // SAFETY: by duties 1 and 2.
        unsafe { InstanceArgument::new(self.slot(token)) }
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        let mut record = LazyRecord::default();
        let slot = self.slot(0);
        let destroy = self.code.descriptor.functions.drop;
        // SAFETY: duty 1 as in `save`; duty 2, slots that still point to the object belong to
        // units whose cell is retired, which are not called any more, or to nobody.
        let status = pin::apart(|| unsafe { destroy(&slot, record.failure()) });
        if status == Status::Failed {
            let name = self.code.name();
            tracing::warn!("dropping {name} failed: {}", record.into_record());
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({})", self.code.name())
    }
}

/// Where an object is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(*const ());

/// What a unit finds its objects by.
pub(crate) struct Slots(Box<[StateSlot]>);

// SAFETY: the objects are `Send + Sync`, as those of `Payload`; slots are never written.
unsafe impl Send for Slots {}
// SAFETY: as for `Send`.
unsafe impl Sync for Slots {}

impl Slots {
    /// One slot for each use: the object, where one is shared, and the token of its cell.
    pub(crate) fn new(uses: impl Iterator<Item = (Option<Place>, usize)>) -> Self {
        let slots = uses.map(|(place, token)| StateSlot {
            object: place.map_or(std::ptr::null(), |Place(object)| object),
            token,
        });
        Self(slots.collect())
    }

    /// What a unit is called with.
    pub(crate) fn data(&self) -> UnitData {
        UnitData(self.0.as_ptr().cast())
    }
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slots({})", self.0.len())
    }
}
