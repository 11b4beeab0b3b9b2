//! What the host lends a plugin for as long as it is loaded: a place to log to.
//!
//! Every library has a `tracing` dispatcher of its own, so a plugin's events
//! would vanish; they cross as plain text through a callback instead.

use std::fmt;
use std::sync::OnceLock;

use abi_stable::StableAbi;
use abi_stable::std_types::RStr;

use crate::unit::SourcePosition;

/// How important a log line is.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something looks wrong.
    Warn,
    /// Something worth knowing happened.
    Info,
    /// For finding faults.
    Debug,
}

/// Callbacks that the host passes to [`ModuleHeader::init`](crate::ModuleHeader::init).
#[repr(C)]
#[derive(StableAbi)]
pub struct HostServices {
    /// Writes one log line: level, target, message, place.
    pub log: extern "C" fn(Level, RStr<'_>, RStr<'_>, &SourcePosition<'_>),
    /// Whether the host is calling a unit on this thread.
    pub is_in_call: extern "C" fn() -> bool,
}

static SERVICES: OnceLock<&'static HostServices> = OnceLock::new();

/// Stores the host's callbacks and installs the plugin's panic hook. The header's `init`.
pub extern "C" fn init(services: &'static HostServices) {
    if SERVICES.set(services).is_ok() {
        crate::panic::install_hook();
    }
}

/// Whether a panic here would end a call, which reports it.
pub(crate) fn is_in_call() -> bool {
    SERVICES
        .get()
        .is_none_or(|services| (services.is_in_call)())
}

/// Does for plugins that are linked into the host's program what [`init`] does in a library:
/// the program's own panic hook stays, for panics outside of calls.
pub fn init_in_program(services: &'static HostServices) {
    if SERVICES.set(services).is_ok() {
        crate::panic::install_hook_in_program();
    }
}

/// Writes a log line through the host; does nothing outside a host.
///
/// The [`log!`](crate::log!) macro fills in target and place.
pub fn write(level: Level, target: &str, place: &SourcePosition<'_>, message: fmt::Arguments<'_>) {
    if let Some(services) = SERVICES.get() {
        (services.log)(
            level,
            target.into(),
            message.to_string().as_str().into(),
            place,
        );
    }
}

/// Logs from a plugin through the host's `tracing` subscriber.
///
/// ```
/// use hotplate_plugin_api::log::Level;
///
/// hotplate_plugin_api::log!(Level::Info, "read {} bytes", 3);
/// ```
#[macro_export]
macro_rules! log {
    ($level:expr, $($message:tt)+) => {
        $crate::log::write(
            $level,
            module_path!(),
            &$crate::SourcePosition {
                file: file!().into(),
                line: line!(),
                column: column!(),
            },
            format_args!($($message)+),
        )
    };
}
