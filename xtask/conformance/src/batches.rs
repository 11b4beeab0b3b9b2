//! Which cases share a library, and so a host.

use crate::plan::Prepared;

/// How many cases go into one library.
const CASES: usize = 200;

/// How much generated Rust goes into one library, in bytes.
const TEXT: usize = 1_500_000;

/// Cases that share a library, as places in the list of runnable ones.
pub(crate) type Batch = Vec<usize>;

/// Groups cases in their order. No case sees another's templates: each has layers of its
/// own.
pub(crate) fn batches(runnable: &[(usize, Prepared)]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut open = 0;
    for (place, (_, prepared)) in runnable.iter().enumerate() {
        let text: usize = prepared.modules.iter().map(String::len).sum();
        match batches.last_mut() {
            Some(batch) if batch.len() < CASES && open + text <= TEXT => {
                batch.push(place);
                open += text;
            }
            _ => {
                batches.push(vec![place]);
                open = text;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_cases_and_in_text() {
        let sizes = |texts: &[usize]| {
            let cases = texts.iter().map(|&text| Prepared::of(&"x".repeat(text)));
            let runnable: Vec<_> = cases.enumerate().collect();
            let batches = batches(&runnable).into_iter();
            batches.map(|batch| batch.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[]), [0usize; 0]);
        assert_eq!(sizes(&[1; CASES + 1]), [CASES, 1]);
        assert_eq!(sizes(&[TEXT, 1, TEXT - 1, 1, TEXT + 1]), [1, 2, 1, 1]);
    }
}
