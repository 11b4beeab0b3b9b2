//! How long the template compiler takes, from text to Rust.

use std::hint::black_box;

use hotplate_template_build::read_set;
use hotplate_template_compiler::{Options, Source, compile_set};

use crate::{Fault, Row, Subject, measure, project_folder};

/// A page as web applications have them: navigation, a table in a loop, conditions,
/// filters, a form.
const PAGE: &str = include_str!("../templates/page.html");

/// How many pages one round compiles for each figure.
const PAGES: usize = 20;

/// Runs the benchmark.
///
/// # Errors
///
/// If a template cannot be read, or does not compile.
pub fn run(rounds: usize) -> Result<Vec<Row>, Fault> {
    let mut rows = compile("page", vec![Source::new("page.html", PAGE)], rounds)?;
    let site = read_set(&project_folder("plugins/site/templates"))?;
    rows.extend(compile("site-per-page", site, rounds)?);
    Ok(rows)
}

/// Times one set; the figures are per template of it.
fn compile(workload: &str, sources: Vec<Source>, rounds: usize) -> Result<Vec<Row>, Fault> {
    let options = Options::default();
    #[expect(clippy::cast_precision_loss, reason = "sets are small")]
    let count = sources.len() as f64;
    let mut subjects = [Subject::new("hotplate", || {
        let set = compile_set(black_box(&sources), &options).map_err(|mistakes| {
            let mistakes = mistakes.iter().map(|mistake| mistake.message.as_str());
            Fault::from(mistakes.collect::<Vec<_>>().join("; "))
        })?;
        black_box(set);
        Ok(())
    })];
    let samples = measure(&mut subjects, PAGES, rounds)?;
    let rows = samples.into_iter().map(|samples| {
        let per_page = samples.into_iter().map(|sample| sample / count).collect();
        Row::new("compile", workload, "hotplate", "us", per_page)
    });
    Ok(rows.collect())
}
