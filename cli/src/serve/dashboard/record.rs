//! What the dashboard remembers: times of stages, what went wrong, answers to forms.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use hotplate::{ChangeKind, Event, Receipt, Rejection};

use crate::problem::Problem;
use crate::serve::overlay::Refusal;

/// Generations whose times are remembered.
const GENERATIONS: usize = 24;

/// Things that went wrong that are remembered.
const INCIDENTS: usize = 20;

/// Answers to forms that are remembered.
const ANSWERS: usize = 16;

/// Filled by the host's events and by failed requests; read by each rendering.
#[derive(Debug, Default)]
pub(crate) struct Record(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    publishes: VecDeque<Publish>,
    /// By plugin and name, the generation that last changed a live unit.
    units: HashMap<(String, String), u64>,
    incidents: VecDeque<Incident>,
    answers: VecDeque<Answer>,
    next_answer: u64,
}

/// A publish, and when it was.
#[derive(Debug, Clone)]
pub(crate) struct Publish {
    pub(crate) receipt: Receipt,
    pub(crate) moment: SystemTime,
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incident {
    pub(crate) title: String,
    pub(crate) details: Vec<String>,
    pub(crate) moment: SystemTime,
    pub(crate) count: u32,
}

/// What became of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Names it in the address of the page.
    pub(crate) number: u64,
    pub(crate) is_done: bool,
    pub(crate) text: String,
    /// The generation that served then. In a later one the answer is old news.
    pub(crate) generation: u64,
}

impl Record {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of an event. Gives whether something went wrong.
    pub(crate) fn observe(&self, event: &Event) -> bool {
        let (title, details) = match event {
            Event::Published(receipt) => {
                self.published(receipt);
                return false;
            }
            Event::Rejected(rejection) => rejected("A change was rejected", rejection),
            Event::RollbackRefused(rejection) => rejected("A rollback was refused", rejection),
            Event::PatchRefused { unit, rejection } => {
                rejected(&format!("A patch of {unit} was refused"), rejection)
            }
            Event::TrialFailed {
                generation,
                calls,
                failures,
                example,
            } => (
                format!(
                    "Generation {generation} is left: {failures} of its first {calls} calls failed"
                ),
                vec![example.clone()],
            ),
            Event::ListenerPanicked {
                listener,
                during,
                message,
            } => (
                format!("Listener {listener} panicked in {during}"),
                vec![message.clone()],
            ),
            Event::RevertFailed {
                plugin,
                unit,
                message,
            } => (
                format!("An override of {plugin}::{unit} stays in force"),
                vec![message.clone()],
            ),
            Event::WatchFailed { path, message } => (
                format!("{} cannot be watched", path.display()),
                vec![message.clone()],
            ),
            _ => return false,
        };
        self.went_wrong(title, details);
        true
    }

    /// Takes note of a publish, once.
    pub(crate) fn published(&self, receipt: &Receipt) {
        let mut inner = self.lock();
        let known = |publish: &Publish| publish.receipt.generation == receipt.generation;
        if inner.publishes.iter().any(known) {
            return;
        }
        for change in &receipt.changes {
            let unit = (change.plugin.clone(), change.unit.clone());
            match change.kind {
                ChangeKind::Update | ChangeKind::Add | ChangeKind::Rename => {
                    let since = inner.units.entry(unit).or_default();
                    *since = receipt.generation.max(*since);
                }
                ChangeKind::Delete => {
                    inner.units.remove(&unit);
                }
            }
        }
        for rename in &receipt.renames {
            let former = (rename.plugin.clone(), rename.from.clone());
            inner.units.remove(&former);
        }
        keep(&mut inner.publishes, GENERATIONS).push_back(Publish {
            receipt: receipt.clone(),
            moment: SystemTime::now(),
        });
    }

    /// Takes note of mistakes in the site's own files.
    pub(crate) fn site_rejected(&self, refusal: &Refusal) {
        self.went_wrong(
            "The site's files have mistakes".to_owned(),
            details_of(&refusal.problems),
        );
    }

    /// Takes note of a page that could not be rendered.
    pub(crate) fn page_failed(&self, path: &str, failure: String) {
        self.went_wrong(format!("{path} could not be rendered"), vec![failure]);
    }

    /// What happens again right away is counted.
    fn went_wrong(&self, title: String, details: Vec<String>) {
        let moment = SystemTime::now();
        let mut inner = self.lock();
        if let Some(last) = inner.incidents.back_mut()
            && last.title == title
            && last.details == details
        {
            last.count = last.count.saturating_add(1);
            last.moment = moment;
            return;
        }
        keep(&mut inner.incidents, INCIDENTS).push_back(Incident {
            title,
            details,
            moment,
            count: 1,
        });
    }

    /// Keeps the answer to a form; gives its number.
    pub(crate) fn answer(&self, is_done: bool, text: String, generation: u64) -> u64 {
        let mut inner = self.lock();
        inner.next_answer += 1;
        let number = inner.next_answer;
        keep(&mut inner.answers, ANSWERS).push_back(Answer {
            number,
            is_done,
            text,
            generation,
        });
        number
    }

    /// The answer with this number, if it is not forgotten.
    pub(crate) fn answer_to(&self, number: u64) -> Option<Answer> {
        let inner = self.lock();
        let mut answers = inner.answers.iter();
        answers.find(|answer| answer.number == number).cloned()
    }

    /// The latest publishes, the oldest first.
    pub(crate) fn publishes(&self) -> Vec<Publish> {
        let mut publishes: Vec<Publish> = self.lock().publishes.iter().cloned().collect();
        // The answer to a form may come before or after the events of its moment.
        publishes.sort_by_key(|publish| publish.receipt.generation);
        publishes
    }

    /// What went wrong, the latest first.
    pub(crate) fn incidents(&self) -> Vec<Incident> {
        self.lock().incidents.iter().rev().cloned().collect()
    }

    /// The generation that last changed each unit of some.
    pub(crate) fn since(&self, units: &[hotplate::UnitInfo]) -> Vec<Option<u64>> {
        let inner = self.lock();
        let key = |unit: &hotplate::UnitInfo| (unit.plugin.clone(), unit.name.clone());
        let units = units.iter();
        units
            .map(|unit| inner.units.get(&key(unit)).copied())
            .collect()
    }
}

/// The list, with room for one more.
fn keep<T>(list: &mut VecDeque<T>, most: usize) -> &mut VecDeque<T> {
    while list.len() >= most {
        list.pop_front();
    }
    list
}

fn rejected(what: &str, rejection: &Rejection) -> (String, Vec<String>) {
    let problems: Vec<Problem> = rejection.diagnostics.iter().map(Problem::from).collect();
    let title = describe(what, rejection.stage.as_str(), rejection.plugin.as_deref());
    (title, details_of(&problems))
}

/// What was refused where.
pub(crate) fn describe(what: &str, stage: &str, plugin: Option<&str>) -> String {
    match plugin {
        Some(plugin) => format!("{what} at stage {stage}, plugin {plugin}"),
        None => format!("{what} at stage {stage}"),
    }
}

/// A text for each problem.
pub(crate) fn details_of(problems: &[Problem]) -> Vec<String> {
    let text = |problem: &Problem| {
        let rendered = problem.rendered.trim_end();
        if rendered.contains(&problem.message) {
            rendered.to_owned()
        } else {
            format!("{}\n{rendered}", problem.message)
        }
    };
    problems.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_again_is_counted() {
        let record = Record::default();
        record.page_failed("/a", "it broke".to_owned());
        record.page_failed("/a", "it broke".to_owned());
        record.page_failed("/b", "it broke".to_owned());
        record.page_failed("/a", "it broke".to_owned());
        let found = record.incidents();
        let found: Vec<(&str, u32)> = found
            .iter()
            .map(|incident| (incident.title.as_str(), incident.count))
            .collect();
        let expected = [
            ("/a could not be rendered", 1),
            ("/b could not be rendered", 1),
            ("/a could not be rendered", 2),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn only_the_latest_is_remembered() {
        let record = Record::default();
        for number in 0..INCIDENTS + 3 {
            record.page_failed("/", number.to_string());
            record.answer(true, number.to_string(), 1);
        }
        let incidents = record.incidents();
        assert_eq!(incidents.len(), INCIDENTS);
        assert_eq!(incidents[0].details, [(INCIDENTS + 2).to_string()]);
        assert_eq!(record.answer_to(1), None);
        let last = record.answer_to((INCIDENTS + 3) as u64);
        assert!(last.is_some_and(|answer| answer.is_done));
    }
}
