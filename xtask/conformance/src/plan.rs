//! What is to be done with a case: nothing, if its end is known, or to build and run it.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::thread;

use hotplate_template_compiler as compiler;
use hotplate_template_compiler::{CompiledTemplate, Diagnostic, Source};

use crate::case::{Case, Outcome, Phase};
use crate::value;

/// The anonymous template's name.
const ANONYMOUS: &str = "<string>";

/// The compiler recurses to the depth of the templates' nesting.
const STACK: usize = 64 << 20;

/// What a case may need that there is no way to supply yet, and what that is.
const UNSUPPLIED: &[(&str, &str)] = &[
    ("custom", "test-only tag libraries"),
    ("layers", "layers of template directories"),
    ("url", "URL reversing"),
    ("static", "static files"),
    ("gettext", "translations"),
    ("language", "languages"),
    ("language_info", "languages"),
    ("formats", "localized formats"),
    ("tz", "time zones"),
    ("cache", "a cache"),
    ("request", "a request"),
    ("now", "a clock"),
];

/// Settings that change what is rendered, that there is no way to set yet, and the
/// filters that they are for; none means all.
const SETTINGS: &[(&str, &[&str])] = &[
    ("URLIZE_ASSUME_HTTPS", &["urlize", "urlizetrunc"]),
    ("USE_THOUSAND_SEPARATOR", &[]),
];

pub(crate) enum Plan {
    Settled(Outcome),
    Run(Prepared),
}

/// A case whose entry compiled.
pub(crate) struct Prepared {
    /// The generated module.
    pub(crate) rust: String,
    /// The templates that did not compile, with what they raise when they are loaded.
    broken: BTreeMap<String, Outcome>,
}

impl Prepared {
    /// A case with this generated module.
    #[cfg(test)]
    pub(crate) fn of(rust: &str) -> Self {
        Self {
            rust: rust.to_owned(),
            broken: BTreeMap::new(),
        }
    }

    /// Whether the library has a template of this name.
    pub(crate) fn has(&self, case: &Case, name: &str) -> bool {
        case.templates.contains_key(name) && !self.broken.contains_key(name)
    }

    /// A template that did not compile is not in the library. Where rendering misses it,
    /// its mistake is what loading it would have raised.
    pub(crate) fn finish(&self, outcome: Outcome) -> Outcome {
        match &outcome {
            Outcome::Error {
                type_name, message, ..
            } if type_name == "TemplateDoesNotExist" => {
                self.broken.get(message).cloned().unwrap_or(outcome)
            }
            _ => outcome,
        }
    }
}

/// Plans all cases, on all cores.
pub(crate) fn plan_all(cases: &[Case]) -> Vec<Plan> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = cases.len().div_ceil(workers).max(1);
    thread::scope(|scope| {
        let threads: Vec<_> = cases
            .chunks(share)
            .map(|cases| {
                thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, || cases.iter().map(plan).collect::<Vec<_>>())
            })
            .collect();
        let planned = threads.into_iter().zip(cases.chunks(share));
        planned
            .flat_map(|(thread, cases)| match thread.map(|thread| thread.join()) {
                Ok(Ok(plans)) => plans,
                _ => {
                    let lost = || Outcome::Broken("the compiler's thread was lost".to_owned());
                    cases.iter().map(|_| Plan::Settled(lost())).collect()
                }
            })
            .collect()
    })
}

fn plan(case: &Case) -> Plan {
    if let Some(reason) = skip_reason(case) {
        return Plan::Settled(Outcome::Skipped(reason));
    }
    panic::catch_unwind(AssertUnwindSafe(|| compile(case)))
        .unwrap_or_else(|_| Plan::Settled(Outcome::Broken("the compiler panicked".to_owned())))
}

fn skip_reason(case: &Case) -> Option<String> {
    let unsupplied = UNSUPPLIED
        .iter()
        .find(|(need, _)| case.needs.iter().any(|other| other == need))
        .map(|(_, what)| format!("needs {what}"));
    let setting = || {
        let (name, _) = SETTINGS.iter().find(|(name, filters)| {
            let used = case
                .uses
                .filters
                .iter()
                .any(|filter| filters.contains(&filter.as_str()));
            case.options.settings.get(*name) == Some(&true.into()) && (used || filters.is_empty())
        })?;
        Some(format!("needs the setting {name}"))
    };
    unsupplied.or_else(setting).or_else(|| {
        let mut kinds = case.context.values().filter_map(value::unsupported);
        kinds
            .next()
            .map(|kind| format!("needs values of kind {kind}"))
    })
}

fn compile(case: &Case) -> Plan {
    let mut templates: Vec<CompiledTemplate> = Vec::new();
    let mut broken = BTreeMap::new();
    for (name, text) in &case.templates {
        let source = Source::new(name, text);
        match compiler::compile(&source, &compiler::Options::default()) {
            Ok(template) => templates.push(template),
            Err(mistakes) => {
                let Some(first) = mistakes.first() else {
                    let message = format!("{name} was refused without a reason");
                    return Plan::Settled(Outcome::Broken(message));
                };
                broken.insert(name.clone(), raised(name, first, Phase::Render));
            }
        }
    }
    for name in case.entry.names() {
        if let Some(Outcome::Error {
            type_name, message, ..
        }) = broken.get(name)
        {
            return Plan::Settled(Outcome::Error {
                type_name: type_name.clone(),
                message: message.clone(),
                phase: Phase::Compile,
            });
        }
        if case.templates.contains_key(name) {
            break;
        }
    }
    let rust = compiler::print(&templates.iter().collect::<Vec<_>>()).rust;
    Plan::Run(Prepared { rust, broken })
}

/// The exception that Django raises for a mistake: the name of the template goes before
/// the message where there is one.
fn raised(name: &str, mistake: &Diagnostic, phase: Phase) -> Outcome {
    let message = if mistake.exception == "TemplateSyntaxError" && name != ANONYMOUS {
        format!("Template: {name}, {}", mistake.message)
    } else {
        mistake.message.clone()
    };
    Outcome::Error {
        type_name: mistake.exception.to_owned(),
        message,
        phase,
    }
}
