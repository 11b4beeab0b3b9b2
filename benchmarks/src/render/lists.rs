//! What an item of a list takes, in lists of ten to a million.

use bench_contexts::list;

use super::engine::Engine;
use super::workload::Data;
use super::{Options, hotplate};
use crate::rounds::measure_lasting;
use crate::{Fault, Row, Subject};

/// So many items, and what the rows are called.
const LENGTHS: [(u32, &str); 4] = [
    (10, "list-10"),
    (1_000, "list-1000"),
    (100_000, "list-100000"),
    (1_000_000, "list-1000000"),
];

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
        let data = Data::Gsoc(list(length as usize));
        let typed = typed.iter().map(|engine| engine as &dyn Engine);
        let mut subjects = Vec::new();
        for engine in typed.chain([dynamic as &dyn Engine]) {
            if !options.wants_subject(engine.name()) {
                continue;
            }
            let mut contender = engine.contender(&data)?;
            subjects.push(Subject::timed(engine.name(), move |renderings| {
                contender.repeat(renderings)
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
