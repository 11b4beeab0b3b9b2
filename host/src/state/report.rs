//! What the host tells of state.

use std::fmt;
use std::time::Duration;

use hotplate_plugin_api::Value;

use super::encode;
use crate::error::Error;

/// What a publish did with state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateReport {
    /// State that was made, as `plugin::Type`.
    pub created: Vec<String>,
    /// State that code of another layout or version took over.
    pub migrations: Vec<Migration>,
    /// State that was in use before and is not any more. It is kept.
    pub unused: Vec<String>,
    /// For how long calls that touch state were held back; nothing unless state migrated.
    pub pause: Duration,
}

/// State of one type that was saved by one build and restored by another.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migration {
    /// The plugin.
    pub plugin: String,
    /// The type.
    pub name: String,
    /// The version that it was saved by.
    pub from: u32,
    /// The version that restored it.
    pub to: u32,
    /// Fields that were taken over.
    pub carried: Vec<String>,
    /// Fields that are new and have their defaults; with a path where they are further in.
    pub defaulted: Vec<String>,
    /// Fields that are no more. What they held is gone.
    pub removed: Vec<String>,
    /// How many instances migrated.
    pub instances: usize,
    /// Whether it was read from disk.
    pub from_disk: bool,
}

impl Migration {
    /// Adds what happened to an object, which is the same for all objects but for what is
    /// inside lists.
    pub(super) fn add(&mut self, report: &hotplate_plugin_api::state::RestoreReport) {
        let lists = [
            (&mut self.carried, &report.carried),
            (&mut self.defaulted, &report.defaulted),
            (&mut self.removed, &report.removed),
        ];
        for (known, new) in lists {
            for name in new {
                if !known.iter().any(|known| known == name.as_str()) {
                    known.push(name.to_string());
                }
            }
        }
    }
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, .. } = self;
        write!(f, "Migrate {}::{} {from}→{to}", self.plugin, self.name)?;
        let lists = [
            ("carried", &self.carried),
            ("new", &self.defaulted),
            ("removed", &self.removed),
        ];
        let mut separator = ": ";
        for (word, names) in lists {
            if !names.is_empty() {
                write!(f, "{separator}{word} {}", names.join(", "))?;
                separator = "; ";
            }
        }
        Ok(())
    }
}

/// State that a host keeps, as [`Host::states`](crate::Host::states) lists it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StateInfo {
    /// The plugin.
    pub plugin: String,
    /// The type.
    pub name: String,
    /// The version of the code that handles it.
    pub version: u32,
    /// How the type lies in memory: names, offsets, sizes and alignments. Nothing for what
    /// was read from disk and has not been used since.
    pub layout: Option<String>,
    /// What it holds, if functions share one object; or why that cannot be said.
    pub value: Result<Option<Value>, String>,
    /// How many instances the program holds.
    pub instances: usize,
    /// Whether a live unit uses it.
    pub in_use: bool,
}

impl StateInfo {
    /// What it holds as JSON; `null` for a type that only has instances.
    ///
    /// # Errors
    ///
    /// If it cannot be saved, or holds what JSON cannot say.
    pub fn json(&self) -> Result<String, Error> {
        let refuse = |why: String| {
            let (plugin, name) = (&self.plugin, &self.name);
            Error::state(format!("{plugin}::{name} cannot be shown: {why}"))
        };
        let value = self.value.clone().map_err(refuse)?;
        encode::to_json(&value.unwrap_or_default()).map_err(refuse)
    }
}
