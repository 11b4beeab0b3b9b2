//! A hot-patchable plugin host: compiled templates and Rust plugins, swapped while the
//! process runs.
//!
//! A [`Host`] watches plugin directories, rebuilds what changed, loads each new library
//! under a name never used before and makes it current in one atomic step. Handles that
//! were handed out before run the new code on their next call.
//!
//! ```no_run
//! use hotplate::{Host, context};
//!
//! let host = Host::builder()
//!     .plugin("plugins/site")
//!     .plugin("plugins/text")
//!     .start()?;
//! let page = host.template("site", "about.html")?;
//! let slugify = host.function::<(&str,), String>("text", "slugify")?;
//! loop {
//!     // Edit a template or the function between two turns: same process, same handles.
//!     println!("{}", slugify.call(("Hot Plates",))?);
//!     println!("{}", page.render(&context! { title: "About" })?);
//! #   break;
//! }
//! # Ok::<(), hotplate::Error>(())
//! ```
//!
//! Templates read a program's own data in three ways: a [`Value`], such as [`context!`] makes;
//! a struct with `#[derive(Context)]`, by [`Host::template`]; and a struct with
//! `#[derive(Template)]`, which the template was compiled for, by [`Host::typed`].
//!
//! # Features
//!
//! None is on by default.
//!
//! - `http`: what is rendered as a `Response<String>` of the `http` crate.
//! - `axum`: what is rendered, or will be, as an `IntoResponse` of axum.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../docs/state.md")]
struct StateGuide;

#[cfg(doctest)]
#[doc = include_str!("../../docs/publishing.md")]
struct GuideToPublishing;

#[cfg(doctest)]
#[doc = include_str!("../../docs/console.md")]
struct GuideToTheConsole;

mod artifact;
mod build;
mod builder;
mod by_value;
mod cache;
mod call;
mod candidate;
mod context;
pub mod control;
mod elf;
pub mod environment;
mod error;
mod event;
mod expectation;
mod files;
mod handle;
mod host;
mod json;
mod layers;
mod layout;
mod libraries;
mod linked;
mod links;
mod load;
mod log;
mod native_budget;
mod options;
mod pin;
mod publish;
mod recoder;
mod registration;
mod reload;
mod render;
#[cfg(feature = "http")]
mod respond;
mod retire;
mod shared;
mod snapshot;
mod source;
mod state;
mod sync;
mod templates;
mod to_value;
mod unit;
mod watch;
mod watching;

pub use artifact::ArtifactHash;
pub use build::PLUGIN_PROFILE;
pub use builder::Builder;
pub use error::{Error, TraceLine};
pub use event::{
    Cause, Change, ChangeKind, Diagnostic, Event, Events, NextStep, Receipt, Rejection, Rename,
    Stage, Timings,
};
pub use handle::{
    Arguments, CallReceipt, Function, LocalFunction, LocalTemplate, LocalTypedTemplate, Rendered,
    Template, TypedTemplate,
};
pub use host::{Host, Stats, UnitInfo};
pub use hotplate_plugin_api::context;
pub use hotplate_plugin_api::value::{self, Value};
pub use jiff;
pub use json::{from_json, to_json};
pub use options::RenderOptions;
pub use pin::Pin;
pub use publish::{CandidateView, HistoryEntry, Holder, Proposal, PublishListener, RollbackPolicy};
pub use recoder::{OverrideGuard, Recoder, RecoderStatus};
pub use registration::Registration;
pub use reload::modes::{PluginMode, ReloadMode};
#[cfg(feature = "http")]
pub use respond::Html;
#[cfg(feature = "axum")]
pub use respond::Page;
pub use state::{Instance, Migration, StateInfo, StateReport};
pub use to_value::to_value;
pub use watching::changes::{UnitChange, UnitChangeKind};
pub use watching::dependencies::Dependency;
pub use watching::intercept::{Interception, Next};
pub use watching::lookup::Dependant;
pub use watching::steps::{RetryPolicy, Step, StepCounts, StepStopper, Steps};
