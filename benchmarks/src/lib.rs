//! The figures that the project claims, measured side by side.
//!
//! Every round measures every subject once, so that whatever slows the machine down for a
//! while slows all of them down. Trust the ratios, not the absolute numbers.

pub mod compile;
pub mod dispatch;
mod process;
pub mod python;
pub mod readme;
pub mod reload;
pub mod render;
mod row;

pub use row::{Row, Stages, table};

use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

/// Why a benchmark could not run.
pub type Fault = Box<dyn Error + Send + Sync>;

/// One thing that is measured: a name, and what one round of it takes per call.
pub(crate) struct Subject<'s> {
    name: &'static str,
    /// Performs that many calls.
    run: Box<dyn FnMut(usize) -> Result<(), Fault> + 's>,
}

impl<'s> Subject<'s> {
    pub(crate) fn new(
        name: &'static str,
        mut call: impl FnMut() -> Result<(), Fault> + 's,
    ) -> Self {
        Self::batch(name, move |calls| {
            for _ in 0..calls {
                black_box(call())?;
            }
            Ok(())
        })
    }

    /// A subject that makes several calls by itself.
    pub(crate) fn batch(
        name: &'static str,
        run: impl FnMut(usize) -> Result<(), Fault> + 's,
    ) -> Self {
        Self {
            name,
            run: Box::new(run),
        }
    }
}

/// Seconds per call of each subject in each round, after one round to warm up.
pub(crate) fn measure(
    subjects: &mut [Subject<'_>],
    calls: usize,
    rounds: usize,
) -> Result<Vec<Vec<f64>>, Fault> {
    let mut samples = vec![Vec::with_capacity(rounds); subjects.len()];
    for round in 0..=rounds {
        for (subject, samples) in subjects.iter_mut().zip(&mut samples) {
            let began = Instant::now();
            (subject.run)(calls)?;
            let took = began.elapsed().as_secs_f64();
            if round > 0 {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "there are fewer than 2^52 calls"
                )]
                samples.push(took / calls as f64);
            }
        }
    }
    Ok(samples)
}

/// A folder of the project.
pub(crate) fn project_folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(name)
}
