//! What it costs to call a function of a loaded plugin.
//!
//! The call is `slugify("")` of the project's own `plugins/text`: it does next to nothing,
//! so that the way to it is what is measured. The peers call the same function, linked into
//! this program: through a plain pointer, and through the two usual ways of making such a
//! pointer replaceable.

use std::hint::black_box;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwap;
use hotplate::Host;

use crate::{Fault, Row, Subject, measure, project_folder};

/// How many calls one round makes of each subject.
const CALLS: usize = 20_000;

type Slugify = fn(&str) -> String;

/// Runs the benchmark.
///
/// # Errors
///
/// If the plugin does not build, or a call fails.
pub fn run(rounds: usize) -> Result<Vec<Row>, Fault> {
    let host = Host::builder()
        .plugin(project_folder("plugins/text"))
        .manual()
        .start()?;
    let shared = host.function::<(&str,), String>("text", "slugify")?;
    let mut local = shared.local();
    let pointer: Slugify = black_box(text::slugify);
    let swapped = ArcSwap::new(Arc::new(pointer));
    let locked = RwLock::new(pointer);
    let mut subjects = [
        Subject::new("function-pointer", || {
            black_box(black_box(pointer)(black_box("")));
            Ok(())
        }),
        Subject::new("hotplate-shared", || {
            black_box(shared.call((black_box(""),))?);
            Ok(())
        }),
        Subject::new("hotplate-local", || {
            black_box(local.call((black_box(""),))?);
            Ok(())
        }),
        Subject::new("arc-swap-load", || {
            black_box(swapped.load()(black_box("")));
            Ok(())
        }),
        Subject::new("rwlock-read", || {
            let function = locked.read().unwrap_or_else(PoisonError::into_inner);
            black_box(function(black_box("")));
            Ok(())
        }),
    ];
    let samples = measure(&mut subjects, CALLS, rounds)?;
    let rows = subjects.iter().zip(samples);
    Ok(rows
        .map(|(subject, samples)| Row::new("dispatch", "call-1t", subject.name, "ns", samples))
        .collect())
}
