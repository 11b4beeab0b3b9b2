//! What a command gives: a result as JSON and as text, or a refusal with a code.

use serde_json::json;

use crate::error::Error;
use crate::event::Rejection;

/// The result of a command.
#[derive(Debug)]
pub(super) struct Answer {
    /// JSON on one line.
    pub(super) result: String,
    /// The same for people, without a line break at its end; it may be empty.
    pub(super) text: String,
}

impl Answer {
    pub(super) fn new(result: impl ToString, text: impl Into<String>) -> Self {
        let text: String = text.into();
        Self {
            result: result.to_string(),
            text: text.trim_end().to_owned(),
        }
    }
}

/// Why a command gave no result.
#[derive(Debug)]
pub(super) struct Refusal {
    /// One word for programs.
    pub(super) code: &'static str,
    /// For people.
    pub(super) message: String,
    /// Members that only some refusals have, with their JSON.
    pub(super) details: Vec<(&'static str, String)>,
    /// More for people: reports of what is wrong in sources.
    pub(super) report: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
            report: String::new(),
        }
    }

    /// The command was not written as it has to be.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new("usage", message)
    }

    fn with(mut self, name: &'static str, json: String) -> Self {
        self.details.push((name, json));
        self
    }

    fn rejected(rejection: &Rejection) -> Self {
        let reports = rejection.diagnostics.iter();
        let reports: Vec<&str> = reports.map(|found| found.rendered.trim_end()).collect();
        let plugin = rejection.plugin.as_deref();
        let message = format!(
            "{} at stage {}; generation {} goes on serving",
            plugin.map_or_else(
                || "the change was rejected".to_owned(),
                |plugin| format!("the change of {plugin} was rejected")
            ),
            rejection.stage.as_str(),
            rejection.serving,
        );
        let mut refusal = Self::new("rejected", message).with("rejection", rejection.to_json());
        refusal.report = reports.join("\n\n");
        refusal
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        if let Some(rejection) = error.rejection() {
            return Self::rejected(rejection);
        }
        let code = if error.is_unknown() {
            "unknown"
        } else if error.is_removed() {
            "removed"
        } else if error.is_unfit_arguments() {
            "arguments"
        } else if error.is_incompatible() {
            "incompatible"
        } else if error.is_panic() {
            "panic"
        } else if error.is_limit() {
            "limit"
        } else if error.is_render_failure() || error.is_function_error() {
            "failed"
        } else if error.is_closed() {
            "closed"
        } else {
            "refused"
        };
        let mut refusal = Self::new(code, crate::error::with_causes(&error));
        if !error.suggestions().is_empty() {
            refusal = refusal.with("suggestions", json!(error.suggestions()).to_string());
        }
        if let Some(exception) = error.exception() {
            refusal = refusal.with("exception", json!(exception).to_string());
        }
        if !error.trace().is_empty() {
            let trace: Vec<_> = error
                .trace()
                .iter()
                .map(|place| {
                    json!({
                        "unit": place.unit,
                        "file": place.file,
                        "line": place.line,
                        "column": place.column,
                    })
                })
                .collect();
            refusal = refusal.with("trace", json!(trace).to_string());
        }
        refusal
    }
}
