//! Many threads that count, through many publishes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::variants::Stage;

const THREADS: u64 = 8;
const CALLS: u64 = 125_000;
const PUBLISHES: usize = 100;

/// 10⁶ calls and 100 publishes, every fifth with another layout: no increment is lost, and
/// no call sees two generations.
#[test]
fn no_increment_is_lost_in_a_million_calls_and_a_hundred_publishes() {
    // Migrations may have to wait for threads that the machine has no time for.
    let stage = Stage::with("state_swarm", "one", |builder, _| {
        builder.migration_timeout(Duration::from_secs(30))
    });
    let stage = stage.expect("the first build is fine");
    let ann = stage.join("Ann");
    let score = stage.score();
    let hit = stage.hit();
    let calls = AtomicU64::new(0);
    let failed = AtomicBool::new(false);
    let mut pauses = Vec::new();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (hit, score, ann, calls) = (hit.clone(), score.clone(), ann.clone(), &calls);
            let failed = &failed;
            scope.spawn(move || {
                let _guard = Failing(failed);
                let mut local = hit.local();
                let mut latest = 0;
                for call in 0..CALLS {
                    let count = if thread % 2 == 0 {
                        local.call((1,)).expect("it counts")
                    } else {
                        let (count, receipt) = hit.call_with_receipt((1,)).expect("it counts");
                        assert!(receipt.generation <= PUBLISHES as u64 + 1);
                        count
                    };
                    assert!(count > latest, "the count went from {latest} to {count}");
                    latest = count;
                    if call % 100 == 0 {
                        score.call((&ann, 1)).expect("it is a player");
                    }
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut build = "one";
        for round in 0..PUBLISHES as u64 {
            // Spread over the calls, so that all publishes meet some.
            while calls.load(Ordering::Relaxed) < round * THREADS * CALLS / PUBLISHES as u64 / 2
                && !failed.load(Ordering::Relaxed)
            {
                std::thread::yield_now();
            }
            build = match (round % 5, build) {
                (4, _) => "wide",
                (_, "one") => "two",
                _ => "one",
            };
            let before = stage.host.stats().state_pauses;
            let receipt = stage.swap(build).expect("every build is good");
            let is_same = receipt.state.migrations.is_empty();
            let closings = stage.host.stats().state_pauses - before;
            assert_eq!(
                closings,
                usize::from(!is_same),
                "the gate closes for migrations alone"
            );
            assert_eq!(receipt.state.pause > Duration::ZERO, !is_same);
            if !is_same {
                pauses.push(receipt.state.pause);
            }
        }
    });
    assert_eq!(stage.host.generation(), 1 + PUBLISHES as u64);
    assert_eq!(pauses.len(), 39, "to the wide layout and back from it");
    assert_eq!(hit.call((0,)).unwrap(), THREADS * CALLS);
    let points = THREADS * CALLS / 100;
    assert!(
        score
            .call((&ann, 0))
            .unwrap()
            .ends_with(&format!("Ann: {points}"))
    );
}

/// Says that a thread has panicked, so that nobody waits for it.
struct Failing<'f>(&'f AtomicBool);

impl Drop for Failing<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}
