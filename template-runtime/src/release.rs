//! Letting go of what generated code holds, by one call.
//!
//! The compiler writes the code that drops a value wherever the value is dropped, down to
//! its last part: in every library of templates, with every edit. What stands here drops
//! itself instead, and is compiled once.

use std::fmt;
use std::mem::{self, ManuallyDrop};
use std::ops::Deref;

use hotplate_plugin_api::value::{Ref, Value};

/// What stands in for a value that is gone.
static NONE: Value = Value::None;

/// Drops what is in a slot and leaves something that needs no dropping.
pub(crate) fn release<T>(slot: &mut ManuallyDrop<T>, nothing: T) {
    drop(ManuallyDrop::into_inner(mem::replace(
        slot,
        ManuallyDrop::new(nothing),
    )));
}

/// A value that is kept while a template uses it.
pub struct Kept<'a>(ManuallyDrop<Ref<'a>>);

impl<'a> Kept<'a> {
    /// Keeps a value.
    pub(crate) fn new(value: Ref<'a>) -> Self {
        Self(ManuallyDrop::new(value))
    }
}

impl Deref for Kept<'_> {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl fmt::Debug for Kept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Drop for Kept<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        release(&mut self.0, Ref::Borrowed(&NONE));
    }
}
