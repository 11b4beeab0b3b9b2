//! Commands from standard input, a line each.

use std::io::{self, BufRead};

use super::Input;
use super::shell::{Outcome, Shell};
use crate::failure::Failure;

/// Runs a script to its end, or to its first error if that is asked for. Empty lines and
/// lines that begin with `#` are passed over.
///
/// # Errors
///
/// If a command failed; it was reported.
pub(super) fn run(mut shell: Shell, input: &Input) -> Result<(), Failure> {
    let first = input.first.iter().cloned().map(Ok);
    let mut has_failed = false;
    for line in first.chain(io::stdin().lock().lines()) {
        let line =
            line.map_err(|error| Failure::line(format_args!("cannot read the script: {error}")))?;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match shell.execute(line) {
            Outcome::Done => {}
            Outcome::Failed => {
                has_failed = true;
                if input.fail_fast {
                    break;
                }
            }
            Outcome::Quit => {
                has_failed |= line != "quit" && line != "exit";
                break;
            }
        }
    }
    shell.end();
    if has_failed {
        return Err(Failure::Said);
    }
    Ok(())
}
