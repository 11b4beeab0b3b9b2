//! Measuring subjects in interleaved rounds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::Fault;

/// So many calls make one sample at most.
const MOST_CALLS: usize = 1 << 24;

/// One thing that is measured: a name, and what one round of it takes per call.
pub(crate) struct Subject<'s> {
    pub(crate) name: &'static str,
    /// Performs that many calls, and tells how long they took.
    run: Box<dyn FnMut(usize) -> Result<Duration, Fault> + 's>,
}

impl<'s> Subject<'s> {
    pub(crate) fn new(
        name: &'static str,
        mut call: impl FnMut() -> Result<(), Fault> + 's,
    ) -> Self {
        Self::timed(name, move |calls| {
            let began = Instant::now();
            for _ in 0..calls {
                black_box(call())?;
            }
            Ok(began.elapsed())
        })
    }

    /// A subject that makes several calls and measures them by itself.
    pub(crate) fn timed(
        name: &'static str,
        run: impl FnMut(usize) -> Result<Duration, Fault> + 's,
    ) -> Self {
        Self {
            name,
            run: Box::new(run),
        }
    }

    /// How many calls take at least that long.
    fn calls_lasting(&mut self, least: Duration) -> Result<usize, Fault> {
        let mut calls = 1;
        (self.run)(1)?;
        loop {
            let took = (self.run)(calls)?.min((self.run)(calls)?);
            if took >= least || calls >= MOST_CALLS {
                return Ok(calls);
            }
            // A little more than should do.
            let missing = least.as_nanos() * 5 / 4 / took.as_nanos().max(1) + 1;
            let factor = usize::try_from(missing).unwrap_or(MOST_CALLS).clamp(2, 16);
            calls = calls.saturating_mul(factor).min(MOST_CALLS);
        }
    }
}

/// Seconds per call of each subject in each round, after one round to warm up.
pub(crate) fn measure(
    subjects: &mut [Subject<'_>],
    calls: usize,
    rounds: usize,
) -> Result<Vec<Vec<f64>>, Fault> {
    let calls = vec![calls; subjects.len()];
    measure_each(subjects, &calls, rounds, false)
}

/// What takes longer than this is not warmed up before each round.
const LONG: Duration = Duration::from_millis(50);

/// Seconds per call of each subject in each round; each makes as many calls in a round as
/// take at least so long, and at least one. Each makes some more before, which do not count:
/// whoever was measured last has left the caches full of its own, and the system may have
/// taken memory back. Only what takes [`LONG`] or longer does without.
pub(crate) fn measure_lasting(
    subjects: &mut [Subject<'_>],
    least: Duration,
    rounds: usize,
) -> Result<Vec<Vec<f64>>, Fault> {
    let calls = subjects
        .iter_mut()
        .map(|subject| subject.calls_lasting(least));
    let calls = calls.collect::<Result<Vec<_>, _>>()?;
    measure_each(subjects, &calls, rounds, true)
}

/// In which order so many subjects are measured in a round: it starts with another one, and
/// goes on by another stride, so that nobody always runs behind the same neighbour's garbage.
pub(crate) fn order(round: usize, count: usize) -> impl Iterator<Item = usize> {
    let strides: Vec<usize> = (1..=count)
        .filter(|&stride| is_coprime(stride, count))
        .collect();
    let stride = strides[round % strides.len().max(1)];
    (0..count).map(move |turn| (round + turn * stride) % count)
}

/// Whether steps of this size come to every place.
fn is_coprime(stride: usize, count: usize) -> bool {
    let (mut large, mut small) = (count, stride);
    while small > 0 {
        (large, small) = (small, large % small);
    }
    large == 1
}

fn measure_each(
    subjects: &mut [Subject<'_>],
    calls: &[usize],
    rounds: usize,
    warm_up: bool,
) -> Result<Vec<Vec<f64>>, Fault> {
    let count = subjects.len();
    let mut samples = vec![Vec::with_capacity(rounds); count];
    let mut is_long = vec![false; count];
    for round in 0..=rounds {
        for place in order(round, count) {
            if warm_up && !is_long[place] {
                (subjects[place].run)(calls[place].div_ceil(4))?;
            }
            let took = (subjects[place].run)(calls[place])?;
            is_long[place] = calls[place] == 1 && took >= LONG;
            let took = took.as_secs_f64();
            if round > 0 {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "there are fewer than 2^52 calls"
                )]
                samples[place].push(took / calls[place] as f64);
            }
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn rounds_interleave_and_rotate() {
        let seen = RefCell::new(String::new());
        let subject = |name: &'static str, seconds| {
            let seen = &seen;
            Subject::timed(name, move |calls| {
                seen.borrow_mut().push_str(name);
                Ok(Duration::from_secs(seconds) * u32::try_from(calls)?)
            })
        };
        let mut subjects = [subject("a", 1), subject("b", 2), subject("c", 3)];
        let samples = measure(&mut subjects, 10, 3).expect("nothing fails");
        assert_eq!(*seen.borrow(), "abcbaccabacb");
        assert_eq!(samples, [vec![1.0; 3], vec![2.0; 3], vec![3.0; 3]]);
    }

    #[test]
    fn every_round_has_all_and_neighbours_change() {
        for count in 1..=20 {
            let mut behind_first = Vec::new();
            for round in 0..2 * count {
                let order: Vec<usize> = order(round, count).collect();
                let mut sorted = order.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..count).collect::<Vec<_>>(), "{round} of {count}");
                let place = order.iter().position(|&place| place == 0);
                behind_first.extend(order.get(place.map_or(0, |place| place + 1)).copied());
            }
            behind_first.sort_unstable();
            behind_first.dedup();
            assert!(
                count < 3 || behind_first.len() > 1,
                "{count}: {behind_first:?}"
            );
        }
    }

    #[test]
    fn what_is_short_is_warmed_up() {
        let seen = RefCell::new(String::new());
        let subject = |name: &'static str, took| {
            let seen = &seen;
            Subject::timed(name, move |_| {
                seen.borrow_mut().push_str(name);
                Ok(took)
            })
        };
        let mut subjects = [subject("s", Duration::from_millis(1)), subject("l", LONG)];
        measure_lasting(&mut subjects, Duration::from_micros(1), 1).expect("nothing fails");
        assert_eq!(*seen.borrow(), "ssslllsslllss");
    }

    #[test]
    fn calls_last_long_enough() {
        let cases = [(1, 100), (7, 15), (100, 1), (5000, 1)];
        for (microseconds, least) in cases {
            let mut subject = Subject::timed("a", |calls| {
                Ok(Duration::from_micros(microseconds) * u32::try_from(calls)?)
            });
            let calls = subject.calls_lasting(Duration::from_micros(100));
            let calls = calls.expect("nothing fails");
            assert!(
                (least..=2 * least).contains(&calls),
                "{microseconds}: {calls}"
            );
        }
    }
}
