//! Going back: because somebody asked, or because too many calls failed.

use std::sync::mpsc;

use super::Driver;
use crate::error::Error;
use crate::event::{Cause, Event, Receipt, Stage};
use crate::publish::Verdict;
use crate::reload::machine::Input;

impl Driver {
    pub(super) fn rollback(
        &mut self,
        to: Option<u64>,
        answer: &mpsc::Sender<Result<Receipt, Error>>,
    ) {
        let result = self.shared.rollback(to, Cause::Rollback);
        self.went_back(&result);
        // Whoever asked may have gone.
        let _ = answer.send(result);
    }

    pub(super) fn judged(&mut self, verdict: Verdict) {
        let Verdict {
            generation,
            calls,
            failures,
            ..
        } = verdict;
        let Some(example) = verdict.example.clone() else {
            self.shared.emit(Event::TrialPassed {
                generation,
                calls,
                failures,
            });
            return;
        };
        if self.shared.generation() != generation {
            // It was left before the word came.
            return;
        }
        self.shared.emit(Event::TrialFailed {
            generation,
            calls,
            failures,
            example,
        });
        let result = self.shared.leave(&verdict);
        self.went_back(&result);
        if let Err(error) = result
            && !error.is_rejected()
        {
            let rejection = self.rejection(Stage::Trial, None, error.to_string());
            self.shared.emit(Event::RollbackRefused(rejection));
        }
    }

    fn went_back(&mut self, result: &Result<Receipt, Error>) {
        match result {
            Ok(receipt) => {
                self.shared.emit(Event::Published(receipt.clone()));
                self.rolled_back(receipt);
                // What lives is older than the sources now, and a build that is under way
                // compared itself with what lived before.
                for source in self.sources.ids() {
                    self.dirty.entry(source).or_default().everywhere = true;
                }
                let in_flight = self.machine.in_flight();
                self.feed(Input::Changed(in_flight));
            }
            Err(error) => {
                if let Some(rejection) = error.rejection() {
                    let refused = Event::RollbackRefused(rejection.clone());
                    self.shared.emit(refused);
                }
            }
        }
    }
}
