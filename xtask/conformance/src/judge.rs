//! Comparing what a case gave with what Django gave.

use std::fmt;

use crate::case::{Answer, Case, Expect, Outcome};

/// Whether a case passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    /// What kind of failure, and particulars.
    Failed(&'static str, String),
    Skipped(String),
}

/// How many cases passed, failed and were skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Tally {
    pub(crate) fn of<'v>(verdicts: impl IntoIterator<Item = &'v Verdict>) -> Self {
        let mut tally = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Passed => tally.passed += 1,
                Verdict::Failed(..) => tally.failed += 1,
                Verdict::Skipped(_) => tally.skipped += 1,
            }
        }
        tally
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// Judges one case. An error passes by its type; if `strict`, message and phase count too.
pub(crate) fn judge(case: &Case, answer: &Answer, strict: bool) -> Verdict {
    let forms = [
        ("other as a view", &answer.view),
        ("other when typed", &answer.typed),
    ];
    for (kind, outcome) in forms {
        if let Some(outcome) = outcome
            && *outcome != answer.value
        {
            return Verdict::Failed(kind, contrast(&answer.value, outcome));
        }
    }
    judge_outcome(case, &answer.value, strict)
}

/// How the outcome with a struct differs from that with a dictionary.
fn contrast(value: &Outcome, other: &Outcome) -> String {
    match (value, other) {
        (Outcome::Output(value), Outcome::Output(other)) => difference(value, other),
        (value, other) => format!("expected {value:?}, got {other:?}"),
    }
}

fn judge_outcome(case: &Case, outcome: &Outcome, strict: bool) -> Verdict {
    match (&case.expect, outcome) {
        (_, Outcome::Skipped(reason)) => Verdict::Skipped(reason.clone()),
        (_, Outcome::Broken(reason)) => Verdict::Failed("broken", reason.clone()),
        (Expect::Output(expected), Outcome::Output(output)) => {
            if expected == output {
                Verdict::Passed
            } else {
                Verdict::Failed("other output", difference(expected, output))
            }
        }
        (
            Expect::Output(_),
            Outcome::Error {
                type_name, message, ..
            },
        ) => Verdict::Failed("error instead of output", format!("{type_name}: {message}")),
        (Expect::Error(expected), Outcome::Output(_)) => {
            let detail = format!("expected {}: {}", expected.type_name, expected.message);
            Verdict::Failed("output instead of error", detail)
        }
        (
            Expect::Error(expected),
            Outcome::Error {
                type_name,
                message,
                phase,
            },
        ) => {
            let found = format!("{type_name}: {message} ({phase:?})");
            if expected.type_name != *type_name {
                let detail = format!("expected {}, got {found}", expected.type_name);
                return Verdict::Failed("other error type", detail);
            }
            let same_message =
                comparable(type_name, &expected.message) == comparable(type_name, message);
            if strict && !(same_message && expected.phase == *phase) {
                let detail = format!(
                    "expected {} ({:?}), got {found}",
                    expected.message, expected.phase
                );
                return Verdict::Failed("other message or phase", detail);
            }
            Verdict::Passed
        }
    }
}

/// The part of a message that counts: a failed lookup's does not end with the whole context.
fn comparable<'m>(type_name: &str, message: &'m str) -> &'m str {
    match message.find("] in ") {
        Some(place) if type_name == "VariableDoesNotExist" => &message[..=place],
        _ => message,
    }
}

/// The first place where two texts differ, with what stands there.
fn difference(expected: &str, output: &str) -> String {
    let same = expected
        .char_indices()
        .zip(output.chars())
        .find(|((_, a), b)| a != b)
        .map_or(expected.len().min(output.len()), |((place, _), _)| place);
    let show = |text: &str| -> String {
        let rest = text.get(same..).unwrap_or_default();
        rest.chars().take(60).collect()
    };
    format!(
        "at byte {same}: expected {:?}, got {:?}",
        show(expected),
        show(output)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Phase;

    fn case(expect: &str) -> Case {
        let text = format!(
            r#"{{"id": "a#1", "templates": {{}}, "entry": "a", "options": {{"autoescape": true,
            "string_if_invalid": ""}}, "context": {{}}, "expect": {expect}, "needs_custom": false,
            "uses": {{"tags": [], "filters": []}}, "needs": []}}"#
        );
        serde_json::from_str(&text).expect("a case")
    }

    fn error(type_name: &str, message: &str, phase: Phase) -> Outcome {
        Outcome::Error {
            type_name: type_name.to_owned(),
            message: message.to_owned(),
            phase,
        }
    }

    #[test]
    fn compares_as_the_format_says() {
        let raises = r#"{"error": {"type": "KeyError", "message": "m", "phase": "render"}}"#;
        let lookup = r#"{"error": {"type": "VariableDoesNotExist", "phase": "render",
            "message": "Failed lookup for key [a]"}}"#;
        let long = "Failed lookup for key [a] in [{'b': 1}]";
        let cases = [
            (r#"{"output": "x"}"#, Outcome::Output("x".into()), "pp"),
            (r#"{"output": "x"}"#, Outcome::Output("x\n".into()), "ff"),
            (
                r#"{"output": "x"}"#,
                error("KeyError", "m", Phase::Render),
                "ff",
            ),
            (r#"{"output": "x"}"#, Outcome::Broken("crash".into()), "ff"),
            (r#"{"output": "x"}"#, Outcome::Skipped("later".into()), "ss"),
            (raises, error("KeyError", "m", Phase::Render), "pp"),
            (raises, error("KeyError", "n", Phase::Render), "pf"),
            (raises, error("KeyError", "m", Phase::Compile), "pf"),
            (raises, error("TypeError", "m", Phase::Render), "ff"),
            (raises, Outcome::Output("x".into()), "ff"),
            (
                lookup,
                error("VariableDoesNotExist", long, Phase::Render),
                "pp",
            ),
        ];
        for (expect, outcome, expected) in cases {
            let judged = [false, true].map(|strict| {
                match judge(&case(expect), &outcome.clone().into(), strict) {
                    Verdict::Passed => 'p',
                    Verdict::Failed(..) => 'f',
                    Verdict::Skipped(_) => 's',
                }
            });
            assert_eq!(String::from_iter(judged), expected, "{expect} {outcome:?}");
        }
    }

    #[test]
    fn every_form_of_a_context_has_to_give_the_same() {
        let output = |text: &str| Outcome::Output(text.to_owned());
        let raised = |message: &str| error("KeyError", message, Phase::Render);
        let cases = [
            (output("x"), Some(output("x")), Some(output("x")), None),
            (
                output("x"),
                Some(output("y")),
                None,
                Some("other as a view"),
            ),
            (
                output("x"),
                None,
                Some(raised("m")),
                Some("other when typed"),
            ),
            (output("y"), Some(output("y")), None, Some("other output")),
            (
                output("y"),
                Some(output("x")),
                None,
                Some("other as a view"),
            ),
        ];
        for (value, view, typed, expected) in cases {
            let answer = Answer { value, view, typed };
            let kind = match judge(&case(r#"{"output": "x"}"#), &answer, false) {
                Verdict::Failed(kind, _) => Some(kind),
                _ => None,
            };
            assert_eq!(kind, expected, "{answer:?}");
        }
    }

    #[test]
    fn a_difference_is_shown_from_where_it_starts() {
        let shown = difference("añb", "añc");
        assert_eq!(shown, r#"at byte 3: expected "b", got "c""#);
        assert_eq!(difference("ab", "a"), r#"at byte 1: expected "b", got """#);
    }
}
