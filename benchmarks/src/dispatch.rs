//! What it costs to call a function of a loaded plugin, on one thread and on two.
//!
//! | workload | what is called |
//! |---|---|
//! | `call-1t`, `call-2t` | `slug_of("")` of `benchmarks/calls`: `slugify` of `plugins/text`, which takes a string, gives one back and does next to nothing between |
//! | `tiny-1t`, `tiny-2t` | `hash_step` of the same library: two numbers to one, in two instructions |
//! | `scaling-2t`, `tiny-scaling-2t` | calls per second on two threads over those on one; no time but a plain factor |
//!
//! All subjects but `direct` run the same machine code, that of one release build of the
//! library: `pointer` has looked the function up once and calls it through a pointer that
//! the compiler cannot see through, `arc-swap` and `rwlock` keep such a pointer in what
//! people use to make one replaceable, and `hot-lib-reloader` does for each call what the
//! code does that its macro generates. `direct` calls the function as it is linked into
//! this program. The rows `…-state` are of a function that also reads state of the plugin.
//!
//! A figure is nanoseconds per call **of one thread**: two threads that do not disturb each
//! other show the figure of one. Each thread keeps to a core of its own, and has a handle of
//! its own where handles are meant for one thread.

mod library;

use std::hint::black_box;
use std::sync::{Barrier, PoisonError, RwLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use hotplate::Host;
use library::Calls;

use crate::rounds::order;
use crate::{Fault, Row};

/// How many calls a thread makes in one round.
const CALLS: usize = 20_000;

type Slug = fn(&str) -> String;
type HashStep = fn(u64, u8) -> u64;

/// Makes calls: that many.
type Caller<'s> = Box<dyn FnMut(usize) -> Result<(), Fault> + 's>;

struct Subject<'s> {
    name: &'static str,
    /// Gives each thread its caller.
    caller: Box<dyn Fn() -> Caller<'s> + Sync + 's>,
}

impl<'s> Subject<'s> {
    /// `prepare` gives what makes one call.
    fn new<C: FnMut() -> Result<(), Fault> + 's>(
        name: &'static str,
        prepare: impl Fn() -> C + Sync + 's,
    ) -> Self {
        let caller = move || -> Caller<'s> {
            let mut call = prepare();
            Box::new(move |calls| (0..calls).try_for_each(|_| call()))
        };
        Self {
            name,
            caller: Box::new(caller),
        }
    }

    /// Seconds per call and thread where so many threads call at once.
    fn measure(&self, threads: usize) -> Result<f64, Fault> {
        let barrier = Barrier::new(threads);
        let times = std::thread::scope(|scope| {
            let run = |thread: usize| {
                let barrier = &barrier;
                scope.spawn(move || -> Result<Duration, Fault> {
                    let mut call = keep_to_core(thread).map(|()| (self.caller)());
                    if let Ok(call) = &mut call {
                        call(CALLS / 10)?;
                    }
                    barrier.wait();
                    let began = Instant::now();
                    call?(CALLS)?;
                    Ok(began.elapsed())
                })
            };
            let running: Vec<_> = (0..threads).map(run).collect();
            let times = running.into_iter().map(|thread| {
                let time = thread.join();
                time.unwrap_or_else(|_| Err("a thread that calls has panicked".into()))
            });
            times.collect::<Result<Vec<_>, Fault>>()
        })?;
        let slowest = times.into_iter().max().unwrap_or_default();
        #[expect(
            clippy::cast_precision_loss,
            reason = "there are fewer than 2^52 calls"
        )]
        Ok(slowest.as_secs_f64() / CALLS as f64)
    }
}

/// Keeps this thread to one of the cores that it may use, counted from the last: interrupts
/// prefer the first.
#[cfg(target_os = "linux")]
fn keep_to_core(number: usize) -> Result<(), Fault> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let allowed = sched_getaffinity(None)?;
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
        .rev()
        .filter(|&core| allowed.is_set(core))
        .collect();
    let mut only = CpuSet::new();
    only.set(cores[number % cores.len()]);
    Ok(sched_setaffinity(None, &only)?)
}

/// Threads cannot be kept to a core here.
#[cfg(not(target_os = "linux"))]
fn keep_to_core(_: usize) -> Result<(), Fault> {
    Ok(())
}

/// Runs the benchmark.
///
/// # Errors
///
/// If the library does not build, or a call fails.
pub fn run(rounds: usize) -> Result<Vec<Row>, Fault> {
    let calls = Calls::build()?;
    let host = Host::builder()
        .artifacts(calls.artifacts())
        .manual()
        .start()?;
    let mut rows = slugs(&calls, &host, rounds)?;
    rows.extend(hash_steps(&calls, &host, rounds)?);
    Ok(rows)
}

fn slugs(calls: &Calls, host: &Host, rounds: usize) -> Result<Vec<Row>, Fault> {
    let shared = host.function::<(&str,), String>("bench-calls", "slug_of")?;
    let pointer: Slug = calls.slug()?;
    let swapped = ArcSwap::from_pointee(pointer);
    let locked = RwLock::new(pointer);
    let subjects = [
        Subject::new("pointer", || {
            let mut pointer = pointer;
            move || {
                black_box(black_box(&mut pointer)(black_box("")));
                Ok(())
            }
        }),
        Subject::new("direct", || {
            || {
                black_box(text::slugify(black_box("")));
                Ok(())
            }
        }),
        Subject::new("hotplate-local", || {
            let mut local = shared.local();
            move || {
                black_box(local.call((black_box(""),))?);
                Ok(())
            }
        }),
        Subject::new("hotplate-shared", || {
            || {
                black_box(shared.call((black_box(""),))?);
                Ok(())
            }
        }),
        Subject::new("arc-swap", || {
            || {
                black_box(swapped.load()(black_box("")));
                Ok(())
            }
        }),
        Subject::new("rwlock", || {
            || {
                let function = locked.read().unwrap_or_else(PoisonError::into_inner);
                black_box(function(black_box("")));
                Ok(())
            }
        }),
        Subject::new("hot-lib-reloader", || {
            || {
                black_box(calls.hot_slug(black_box(""))?);
                Ok(())
            }
        }),
    ];
    measure(["call-1t", "call-2t", "scaling-2t"], &subjects, rounds)
}

fn hash_steps(calls: &Calls, host: &Host, rounds: usize) -> Result<Vec<Row>, Fault> {
    let shared = host.function::<(u64, u8), u64>("bench-calls", "hash_step")?;
    let with_state = host.function::<(u64, u8), u64>("bench-calls", "seeded_hash_step")?;
    let pointer: HashStep = calls.hash_step()?;
    let swapped = ArcSwap::from_pointee(pointer);
    let locked = RwLock::new(pointer);
    let arguments = || (black_box(7), black_box(b'h'));
    let subjects = [
        Subject::new("pointer", || {
            let mut pointer = pointer;
            move || {
                let (hash, byte) = arguments();
                black_box(black_box(&mut pointer)(hash, byte));
                Ok(())
            }
        }),
        Subject::new("hotplate-local", || {
            let mut local = shared.local();
            move || {
                black_box(local.call(arguments())?);
                Ok(())
            }
        }),
        Subject::new("hotplate-shared", || {
            || {
                black_box(shared.call(arguments())?);
                Ok(())
            }
        }),
        Subject::new("hotplate-local-state", || {
            let mut local = with_state.local();
            move || {
                black_box(local.call(arguments())?);
                Ok(())
            }
        }),
        Subject::new("hotplate-shared-state", || {
            || {
                black_box(with_state.call(arguments())?);
                Ok(())
            }
        }),
        Subject::new("arc-swap", || {
            || {
                let (hash, byte) = arguments();
                black_box(swapped.load()(hash, byte));
                Ok(())
            }
        }),
        Subject::new("rwlock", || {
            || {
                let (hash, byte) = arguments();
                let function = locked.read().unwrap_or_else(PoisonError::into_inner);
                black_box(function(hash, byte));
                Ok(())
            }
        }),
        Subject::new("hot-lib-reloader", || {
            || {
                let (hash, byte) = arguments();
                black_box(calls.hot_hash_step(hash, byte)?);
                Ok(())
            }
        }),
    ];
    measure(["tiny-1t", "tiny-2t", "tiny-scaling-2t"], &subjects, rounds)
}

/// Every subject on one thread and on two, in each round.
fn measure(
    [one, two, scaling]: [&'static str; 3],
    subjects: &[Subject<'_>],
    rounds: usize,
) -> Result<Vec<Row>, Fault> {
    let mut samples = vec![[const { Vec::new() }; 3]; subjects.len()];
    for round in 0..=rounds {
        for place in order(round, subjects.len()) {
            let alone = subjects[place].measure(1)?;
            let both = subjects[place].measure(2)?;
            if round > 0 {
                // A row multiplies its samples, which are seconds, by a thousand if their
                // unit is none of the short ones.
                let values = [alone, both, 2.0 * alone / both / 1e3];
                for (samples, value) in samples[place].iter_mut().zip(values) {
                    samples.push(value);
                }
            }
        }
    }
    let workloads = [(one, "ns"), (two, "ns"), (scaling, "x")];
    let names: Vec<_> = subjects.iter().map(|subject| subject.name).collect();
    let rows = workloads.into_iter().enumerate();
    Ok(rows
        .flat_map(|(place, (workload, unit))| {
            let samples = samples.iter().map(|samples| samples[place].clone());
            let samples: Vec<_> = samples.collect();
            Row::paired("dispatch", workload, unit, &names, &samples)
        })
        .collect())
}
