//! The workloads: a template and what it shows.

use bench_contexts::{Big, Gsoc, Inherit, Page, Teams};
use hotplate::Value;
use hotplate_plugin_api::View;
use serde::Serialize;

/// The data of a workload.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Data {
    Big(Big),
    Teams(Teams),
    Page(Page<'static>),
    Inherit(Inherit<'static>),
    Gsoc(Gsoc),
}

/// The workloads that every engine renders.
pub(super) const NAMES: [&str; 7] = [
    "big-100",
    "big-500",
    "big-mixed",
    "teams",
    "page",
    "inherit",
    "gsoc",
];

impl Data {
    /// The data of the workload of this name.
    pub(super) fn of(workload: &str) -> Option<Self> {
        Some(match workload {
            "big-100" => Self::Big(bench_contexts::big(100)),
            "big-500" => Self::Big(bench_contexts::big(500)),
            "big-mixed" => Self::Big(bench_contexts::mixed(100)),
            "teams" => Self::Teams(bench_contexts::teams()),
            "page" => Self::Page(bench_contexts::page()),
            "inherit" => Self::Inherit(bench_contexts::inherit()),
            "gsoc" => Self::Gsoc(bench_contexts::gsoc()),
            _ => return None,
        })
    }

    /// What the template that shows it is called, without the ending that an engine wants.
    pub(super) fn template(&self) -> &'static str {
        match self {
            Self::Big(_) => "big",
            Self::Teams(_) => "teams",
            Self::Page(_) => "page",
            Self::Inherit(_) => "inherit",
            Self::Gsoc(_) => "gsoc",
        }
    }

    /// The data as an engine gets it that knows no structs.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Big(big) => View::new(big),
            Self::Teams(teams) => View::new(teams),
            Self::Page(page) => View::new(page),
            Self::Inherit(inherit) => View::new(inherit),
            Self::Gsoc(gsoc) => View::new(gsoc),
        }
        .to_value()
    }
}
