//! Waiting for events instead of sleeping.

use std::time::{Duration, Instant};

use hotplate::{Event, Events, Receipt, Rejection};

/// The longest that a test waits for one event: a build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A subscription with what was seen so far, for messages of failing tests.
#[derive(Debug)]
pub struct Waiting<'e> {
    events: &'e Events,
    seen: Vec<Event>,
}

impl<'e> Waiting<'e> {
    /// Waits on `events`.
    pub fn on(events: &'e Events) -> Self {
        Self {
            events,
            seen: Vec::new(),
        }
    }

    /// The first event that `wanted` makes something of.
    ///
    /// # Panics
    ///
    /// If none comes in time.
    pub fn find<T>(&mut self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(event) = self.events.recv_timeout(left) else {
                panic!("the event did not come; seen: {:#?}", self.seen);
            };
            let found = wanted(&event);
            self.seen.push(event);
            if let Some(found) = found {
                return found;
            }
        }
    }
}

/// Waits for the next publish; a rejection in between fails the test.
///
/// # Panics
///
/// If the next change set is rejected, or nothing comes in time.
pub fn next_publish(events: &Events) -> Receipt {
    Waiting::on(events).find(|event| match event {
        Event::Published(receipt) => Some(receipt.clone()),
        Event::Rejected(rejection) => panic!("rejected: {rejection}"),
        _ => None,
    })
}

/// Waits for the next rejection; a publish in between fails the test.
///
/// # Panics
///
/// If the next change set is published, or nothing comes in time.
pub fn next_rejection(events: &Events) -> Rejection {
    Waiting::on(events).find(|event| match event {
        Event::Rejected(rejection) => Some(rejection.clone()),
        Event::Published(receipt) => panic!("published: {receipt:?}"),
        _ => None,
    })
}
