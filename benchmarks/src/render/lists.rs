//! What an item of a list takes, in lists of ten to a million.
//!
//! A text of many megabytes is memory that the system has to hand out page by page, which
//! costs everyone the same: `memcpy`, the hand-written `floor`, and us. `hotplate-reused`
//! renders into memory that it has already.

use std::hint::black_box;
use std::time::Instant;

use bench_contexts::{Gsoc, list};

use super::engine::Engine;
use super::workload::Data;
use super::{Options, floor, hotplate, memcpy};
use crate::rounds::measure_lasting;
use crate::{Fault, Row, Subject};

/// So many items, and what the rows are called.
const LENGTHS: [(u32, &str); 4] = [
    (10, "list-10"),
    (1_000, "list-1000"),
    (100_000, "list-100000"),
    (1_000_000, "list-1000000"),
];

/// What renders into memory that it has.
const REUSED: &str = "hotplate-reused";

/// The longest list takes a good part of a second with everyone.
const MOST_ROUNDS: usize = 20;

/// Rows in nanoseconds per item.
pub(super) fn run(
    typed: &[hotplate::Typed<'_>],
    dynamic: &hotplate::Dynamic<'_>,
    options: &Options,
) -> Result<Vec<Row>, Fault> {
    let mut rows = Vec::new();
    for (length, workload) in LENGTHS {
        (options.progress)(workload);
        let gsoc = list(length as usize);
        let mut text = String::new();
        let mut reused = dynamic.typed::<Gsoc>()?;
        reused.render_into(&gsoc, &mut text)?;
        let data = Data::Gsoc(gsoc.clone());
        let copy = memcpy::Memcpy(&text);
        let typed = typed.iter().map(|engine| engine as &dyn Engine);
        let others: [&dyn Engine; 3] = [dynamic, &copy, &floor::Floor];
        let mut subjects = Vec::new();
        for engine in typed.chain(others) {
            if !options.wants_subject(engine.name()) {
                continue;
            }
            let mut contender = engine.contender(&data)?;
            subjects.push(Subject::timed(engine.name(), move |renderings| {
                contender.repeat(renderings)
            }));
        }
        if options.wants_subject(REUSED) {
            let mut text = text.clone();
            subjects.push(Subject::timed(REUSED, move |renderings| {
                let began = Instant::now();
                for _ in 0..renderings {
                    text.clear();
                    reused.render_into(black_box(&gsoc), &mut text)?;
                }
                Ok(began.elapsed())
            }));
        }
        let rounds = options.rounds.min(MOST_ROUNDS);
        let mut samples = measure_lasting(&mut subjects, options.least, rounds)?;
        for sample in samples.iter_mut().flatten() {
            *sample /= f64::from(length);
        }
        let names: Vec<_> = subjects.iter().map(|subject| subject.name).collect();
        rows.extend(Row::paired("render", workload, "ns", &names, &samples));
    }
    Ok(rows)
}
