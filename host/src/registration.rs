//! What keeps something registered with a host.

use std::fmt;

use crate::sync::Arc;

/// Keeps a listener, a canary or a callback; dropping it removes that.
///
/// A call that is running at that moment on another thread is not waited for.
#[must_use = "what was registered goes when this is dropped"]
pub struct Registration {
    /// The host holds no more than a weak reference.
    _registered: Arc<dyn Send + Sync>,
}

impl Registration {
    pub(crate) fn new<T: Send + Sync + 'static>(registered: Arc<T>) -> Self {
        Self {
            _registered: registered,
        }
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registration")
    }
}
