//! What plugins log, written to the host's `tracing` subscriber.

use abi_stable::std_types::RStr;
use hotplate_plugin_api::SourcePosition;
use hotplate_plugin_api::log::{HostServices, Level};

use crate::pin;

/// The callbacks that every plugin gets.
pub(crate) static SERVICES: HostServices = HostServices { log, is_in_call };

extern "C" fn is_in_call() -> bool {
    pin::is_in_call()
}

extern "C" fn log(level: Level, target: RStr<'_>, message: RStr<'_>, place: &SourcePosition<'_>) {
    let (plugin_target, message) = (target.as_str(), message.as_str());
    let (file, line) = (place.file.as_str(), place.line);
    match level {
        Level::Error => {
            tracing::error!(target: "hotplate::plugin", plugin_target, file, line, "{message}");
        }
        Level::Warn => {
            tracing::warn!(target: "hotplate::plugin", plugin_target, file, line, "{message}");
        }
        Level::Info => {
            tracing::info!(target: "hotplate::plugin", plugin_target, file, line, "{message}");
        }
        Level::Debug => {
            tracing::debug!(target: "hotplate::plugin", plugin_target, file, line, "{message}");
        }
    }
}
