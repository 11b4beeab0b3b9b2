//! Commands from a person: line editing, history, completion.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::PoisonError;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, ExternalPrinter as _, Helper};

use super::Target;
use super::shell::{Outcome, Shell};
use crate::failure::Failure;
use crate::report::{Place, PromptReporter, SharedReporter, TextReporter};

const PROMPT: &str = "hotplate> ";

/// How many lines are remembered.
const REMEMBERED: usize = 2_000;

/// Reads lines until the person has enough.
///
/// # Errors
///
/// If there is no terminal that lines can be read from.
pub(super) fn run(shell: Shell) -> Result<(), Failure> {
    let lost = |error: ReadlineError| Failure::line(format_args!("no console: {error}"));
    shell.signals.state().is_interactive = true;
    write_line(&shell.introduction());
    let shell = Rc::new(RefCell::new(shell));
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .max_history_size(REMEMBERED)
        .and_then(|config| config.history_ignore_dups(true))
        .map_err(lost)?
        .history_ignore_space(true)
        .build();
    let mut editor: Editor<Completing, FileHistory> = Editor::with_config(config).map_err(lost)?;
    editor.set_helper(Some(Completing(shell.clone())));
    let history = history_file();
    if let Some(path) = &history {
        // There is none the first time.
        let _ = editor.load_history(path);
    }
    let mut told: Option<(SharedReporter, bool)> = None;
    loop {
        tell_above_prompt(&shell, &mut editor, &mut told);
        match editor.readline(PROMPT) {
            Ok(line) => {
                let line = line.trim();
                if line.is_empty() {
                    continue;
                }
                // A line that cannot be remembered is no reason not to carry it out.
                let _ = editor.add_history_entry(line);
                if shell.borrow_mut().execute(line) == Outcome::Quit {
                    break;
                }
            }
            Err(ReadlineError::Interrupted) => write_line("`quit` or Ctrl-D ends the console."),
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(lost(error)),
        }
    }
    if let Some(path) = &history {
        // What cannot be remembered is forgotten.
        let _ = editor.save_history(path);
    }
    if let Some((reporter, verbose)) = told {
        let mut reporter = reporter.lock().unwrap_or_else(PoisonError::into_inner);
        *reporter = Box::new(TextReporter::new(verbose, Place::Output));
    }
    drop(editor);
    if let Some(shell) = Rc::into_inner(shell) {
        shell.into_inner().end();
    }
    Ok(())
}

/// Has the events of a host in this process appear above the line that is being typed.
fn tell_above_prompt(
    shell: &Rc<RefCell<Shell>>,
    editor: &mut Editor<Completing, FileHistory>,
    told: &mut Option<(SharedReporter, bool)>,
) {
    if told.is_some() {
        return;
    }
    let Some(Target::Running {
        reporter, verbose, ..
    }) = shell.borrow().target().cloned()
    else {
        return;
    };
    // Without such a printer the lines come where they may.
    let Ok(mut printer) = editor.create_external_printer() else {
        return;
    };
    let prompted = PromptReporter::new(verbose, move |text| {
        // A terminal that has gone is noticed by who reads from it.
        let _ = printer.print(text);
    });
    *reporter.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(prompted);
    *told = Some((reporter, verbose));
    shell.borrow_mut().tells_events = true;
}

/// Asks the host what a word may become.
struct Completing(Rc<RefCell<Shell>>);

impl Completer for Completing {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let begun = line.get(..position).unwrap_or(line);
        let (start, mut candidates) = self.0.borrow_mut().complete(begun);
        // The next word can be typed at once.
        if let [only] = candidates.as_mut_slice() {
            only.push(' ');
        }
        Ok((start, candidates))
    }
}

impl Hinter for Completing {
    type Hint = String;
}

impl Highlighter for Completing {}
impl Validator for Completing {}
impl Helper for Completing {}

/// Where lines are remembered: in the user's directory for state.
fn history_file() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let state = set("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".local/state")));
    let directory = state?.join("hotplate");
    std::fs::create_dir_all(&directory).ok()?;
    Some(directory.join("history"))
}

fn write_line(text: &str) {
    use std::io::Write as _;
    let mut stdout = std::io::stdout().lock();
    // Nobody is left to tell if standard output is closed.
    let _ = writeln!(stdout, "{text}");
}
