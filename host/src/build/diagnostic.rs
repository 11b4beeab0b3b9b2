//! What a failed build says, as data: compiler messages, errors that build
//! scripts report, and cargo's own words where there is nothing better.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use cargo_metadata::CompilerMessage;
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel, DiagnosticSpan};

use super::BuildPackage;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// The build fails because of it.
    Error,
    /// The build goes on.
    Warning,
    /// Neither; goes with another message.
    Note,
}

/// One message about the sources that were built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuildDiagnostic {
    pub(crate) level: Level,
    /// One line that says what is wrong.
    pub(crate) message: String,
    /// The file, absolute, if it is known.
    pub(crate) file: Option<PathBuf>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    /// The whole text for people, with the lines of source where there are any.
    pub(crate) rendered: String,
}

impl BuildDiagnostic {
    /// A message of the compiler about a file in `workspace_root` or outside.
    pub(super) fn from_compiler(message: CompilerMessage, workspace_root: &Path) -> Self {
        let source = message.target.src_path.as_std_path();
        Self::new(message.message, workspace_root, source)
    }

    /// A message of rustc itself about the crate whose root is `source`; nothing for those
    /// that sum up others.
    pub(super) fn from_rustc(
        diagnostic: Diagnostic,
        workspace_root: &Path,
        source: &Path,
    ) -> Option<Self> {
        let sums_up = diagnostic.spans.is_empty()
            && diagnostic.code.is_none()
            && (diagnostic.message.starts_with("aborting due to")
                || diagnostic.message.starts_with("For more information"));
        (!sums_up).then(|| Self::new(diagnostic, workspace_root, source))
    }

    fn new(diagnostic: Diagnostic, workspace_root: &Path, source: &Path) -> Self {
        let primary = diagnostic.spans.iter().find(|span| span.is_primary);
        let place = primary.map(|span| place_of(span, workspace_root, source));
        let level = match diagnostic.level {
            DiagnosticLevel::Ice | DiagnosticLevel::Error => Level::Error,
            DiagnosticLevel::Warning => Level::Warning,
            _ => Level::Note,
        };
        let (file, span) = place.unzip();
        BuildDiagnostic {
            level,
            rendered: diagnostic
                .rendered
                .unwrap_or_else(|| diagnostic.message.clone()),
            message: diagnostic.message,
            file,
            line: span.and_then(|span| u32::try_from(span.line_start).ok()),
            column: span.and_then(|span| u32::try_from(span.column_start).ok()),
        }
    }

    fn error(message: String, rendered: String) -> Self {
        BuildDiagnostic {
            level: Level::Error,
            message,
            file: None,
            line: None,
            column: None,
            rendered,
        }
    }
}

/// Where a span lies, in a file of the workspace if any of its expansions does.
fn place_of<'a>(
    span: &'a DiagnosticSpan,
    workspace_root: &Path,
    source: &Path,
) -> (PathBuf, &'a DiagnosticSpan) {
    let first = (full_path(&span.file_name, workspace_root, source), span);
    let mut place = first.clone();
    loop {
        if place.0.starts_with(workspace_root) {
            return place;
        }
        match &place.1.expansion {
            Some(expansion) => {
                let span = &expansion.span;
                place = (full_path(&span.file_name, workspace_root, source), span);
            }
            None => return first,
        }
    }
}

/// The compiler names files relative to the directory it ran in: the workspace's
/// root, or the package's own for one outside.
fn full_path(file: &str, workspace_root: &Path, source: &Path) -> PathBuf {
    let bases = std::iter::once(workspace_root).chain(source.ancestors().skip(1));
    let mut candidates = bases.map(|base| base.join(file));
    let found = candidates.find(|candidate| candidate.exists());
    found.unwrap_or_else(|| workspace_root.join(file))
}

/// The lines of cargo's standard error that are not progress, bounded: the first
/// and the last ones, which hold the causes.
#[derive(Debug, Default)]
pub(crate) struct ErrorText {
    head: Vec<String>,
    head_size: usize,
    tail: VecDeque<String>,
    tail_size: usize,
    left_out: usize,
}

const LARGEST_PART: usize = 64 << 10;
const LARGEST_RENDERED: usize = 16 << 10;

impl ErrorText {
    pub(crate) fn push(&mut self, line: String) {
        if self.tail.is_empty() && self.head_size + line.len() <= LARGEST_PART {
            self.head_size += line.len() + 1;
            self.head.push(line);
            return;
        }
        self.tail_size += line.len() + 1;
        self.tail.push_back(line);
        while self.tail_size > LARGEST_PART {
            let Some(dropped) = self.tail.pop_front() else {
                break;
            };
            self.tail_size -= dropped.len() + 1;
            self.left_out += 1;
        }
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        let gap = (self.left_out > 0).then_some("…");
        let head = self.head.iter().map(String::as_str);
        let tail = self.tail.iter().map(String::as_str);
        head.chain(gap).chain(tail)
    }

    /// What build scripts reported with `cargo::error=`, one diagnostic a line. A
    /// text that starts with `file:line:column:` is taken apart.
    pub(super) fn script_errors(&self, packages: &[BuildPackage]) -> Vec<BuildDiagnostic> {
        let errors = self.lines().filter_map(|line| {
            let (package, text) = line.strip_prefix("error: ")?.split_once(": ")?;
            let (name, version) = package.split_once('@')?;
            let is_version = version.starts_with(|first: char| first.is_ascii_digit());
            if package.contains(' ') || !is_version {
                return None;
            }
            let mut diagnostic = BuildDiagnostic::error(text.to_owned(), text.to_owned());
            if let Some((file, line, column, message)) = split_place(text) {
                let package = packages.iter().find(|package| package.name == name);
                let file = match package {
                    Some(package) => package.directory.join(file),
                    None => PathBuf::from(file),
                };
                diagnostic.file = Some(file);
                diagnostic.line = Some(line);
                diagnostic.column = Some(column);
                diagnostic.message = message.to_owned();
            }
            Some(diagnostic)
        });
        errors.collect()
    }

    /// Cargo's own errors, one diagnostic each. Those that only sum up others are
    /// left out if anything else is there. Cargo ran in `directory`.
    pub(crate) fn cargo_errors(&self, directory: &Path) -> Vec<BuildDiagnostic> {
        let mut blocks: Vec<Vec<&str>> = Vec::new();
        let mut in_error = false;
        for line in self.lines() {
            if line.starts_with("error") {
                blocks.push(vec![line]);
                in_error = true;
            } else if line.starts_with("warning") {
                in_error = false;
            } else if in_error && let Some(block) = blocks.last_mut() {
                block.push(line);
            }
        }
        if blocks.is_empty() {
            let lines: Vec<&str> = self.lines().filter(|line| !line.is_empty()).collect();
            if !lines.is_empty() {
                blocks.push(lines);
            }
        }
        let is_summary = |block: &&Vec<&str>| {
            block.first().is_some_and(|first| {
                first.starts_with("error: could not compile")
                    || first.starts_with("error: build script logged errors")
            })
        };
        let all_summaries = blocks.iter().all(|block| is_summary(&block));
        let told = blocks
            .iter()
            .filter(|block| all_summaries || !is_summary(block));
        told.map(|block| from_block(block, directory)).collect()
    }
}

fn from_block(block: &[&str], directory: &Path) -> BuildDiagnostic {
    let first = block.first().copied().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let mut message = first.to_owned();
    let mut lines = block.iter();
    while let Some(line) = lines.next() {
        if *line == "Caused by:"
            && let Some(cause) = lines.next()
        {
            message.push_str(": ");
            message.push_str(cause.trim());
        }
    }
    let rendered = block.join("\n");
    let mut diagnostic = BuildDiagnostic::error(
        shorten(&message, 2000),
        shorten(rendered.trim_end(), LARGEST_RENDERED),
    );
    // About a manifest, in the compiler's manner: ` --> plugins/site/Cargo.toml:3:11`.
    let place = block
        .iter()
        .find_map(|line| line.trim_start().strip_prefix("--> "));
    if let Some((file, line, column, "")) = place
        .map(|place| format!("{place}:"))
        .as_deref()
        .and_then(split_place)
    {
        diagnostic.file = Some(directory.join(file));
        diagnostic.line = Some(line);
        diagnostic.column = Some(column);
    }
    diagnostic
}

/// Cuts the middle out of a long text.
fn shorten(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(longest / 2);
    let tail = text.ceil_char_boundary(text.len() - longest / 2);
    format!("{} … {}", &text[..head], &text[tail..])
}

/// Takes `file:line:column: message` apart.
fn split_place(text: &str) -> Option<(&str, u32, u32, &str)> {
    text.match_indices(':').find_map(|(at, _)| {
        let (line, rest) = text[at + 1..].split_once(':')?;
        let (column, message) = rest.split_once(':')?;
        let line = line.parse().ok()?;
        let column = column.parse().ok()?;
        Some((&text[..at], line, column, message.trim_start()))
    })
}

/// Whether a line of standard error is one of cargo's status lines, such as
/// `   Compiling site v0.1.0`: a word that ends in the twelfth column.
pub(super) fn status_line(line: &str) -> Option<&str> {
    let verb = line.get(..12)?.trim_start();
    let mut letters = verb.chars();
    let is_verb = letters.next()?.is_ascii_uppercase() && letters.all(|c| c.is_ascii_lowercase());
    (is_verb && line.get(12..13) == Some(" ")).then(|| line.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &str) -> ErrorText {
        let mut text = ErrorText::default();
        lines.lines().for_each(|line| text.push(line.to_owned()));
        text
    }

    #[test]
    fn status_lines_are_told_from_text() {
        let check = |line: &str, expected: Option<&str>| assert_eq!(status_line(line), expected);
        check("   Compiling site v0.1.0", Some("Compiling site v0.1.0"));
        check(
            "    Blocking waiting for file lock on build directory",
            Some("Blocking waiting for file lock on build directory"),
        );
        check(" Downloading crates ...", Some("Downloading crates ..."));
        check("error: no matching package", None);
        check("     0: std::panicking", None);
        check("äääääääääääääääääää", None);
        check("", None);
    }

    #[test]
    fn build_scripts_report_places() {
        let packages = [BuildPackage {
            name: "site".to_owned(),
            package_id: String::new(),
            directory: PathBuf::from("/p/site"),
        }];
        let errors = text(
            "error: site@0.1.0: templates/a.html:3:7: unknown tag `x`\n\
             error: site@0.1.0: no place: here\n\
             error: build script logged errors\n\
             error: no matching package: foo",
        )
        .script_errors(&packages);
        assert_eq!(errors.len(), 2);
        assert_eq!(
            errors[0].file.as_deref(),
            Some(Path::new("/p/site/templates/a.html"))
        );
        assert_eq!((errors[0].line, errors[0].column), (Some(3), Some(7)));
        assert_eq!(errors[0].message, "unknown tag `x`");
        assert_eq!(errors[1].message, "no place: here");
        assert_eq!(errors[1].file, None);
    }

    #[test]
    fn cargo_errors_are_one_each_with_their_causes() {
        let errors = text(
            "warning: unused\n  detail\n\
             error: failed to run custom build command for `a v0.1.0 (/a)`\n\nCaused by:\n  \
             process didn't exit successfully: `x` (exit status: 101)\n  --- stderr\n  oops\n\
             error: could not compile `a` (lib) due to 1 previous error",
        )
        .cargo_errors(Path::new("/w"));
        assert_eq!(errors.len(), 1);
        assert_eq!(
            errors[0].message,
            "failed to run custom build command for `a v0.1.0 (/a)`: \
             process didn't exit successfully: `x` (exit status: 101)"
        );
        assert!(
            errors[0].rendered.ends_with("oops"),
            "{}",
            errors[0].rendered
        );

        let killed = text("error: could not compile `a` (lib)\n\nCaused by:\n  signal: 9")
            .cargo_errors(Path::new("/w"));
        assert_eq!(killed[0].message, "could not compile `a` (lib): signal: 9");

        let plain = text("no error word at all\nbut text").cargo_errors(Path::new("/w"));
        assert_eq!(plain[0].message, "no error word at all");
        let manifest =
            text("error: bad\n --> sub/Cargo.toml:3:11\n  |").cargo_errors(Path::new("/w"));
        assert_eq!(
            manifest[0].file.as_deref(),
            Some(Path::new("/w/sub/Cargo.toml"))
        );
        assert_eq!((manifest[0].line, manifest[0].column), (Some(3), Some(11)));
        assert!(text("").cargo_errors(Path::new("/w")).is_empty());
    }

    #[test]
    fn text_is_bounded_and_keeps_both_ends() {
        let mut text = ErrorText::default();
        for number in 0..200_000 {
            text.push(format!("error: line {number}"));
        }
        let lines: Vec<&str> = text.lines().collect();
        let size: usize = lines.iter().map(|line| line.len()).sum();
        assert!(size <= 2 * LARGEST_PART, "{size}");
        assert_eq!(lines.first(), Some(&"error: line 0"));
        assert_eq!(lines.last(), Some(&"error: line 199999"));

        assert_eq!(shorten("äöü", 2), " … ");
        assert_eq!(shorten("short", 5), "short");
    }

    #[test]
    fn places_are_split_off() {
        let check = |text: &str, expected: Option<(&str, u32, u32, &str)>| {
            assert_eq!(split_place(text), expected, "{text}");
        };
        check("a.html:1:2: m", Some(("a.html", 1, 2, "m")));
        check(
            "odd:name.html:10:20: m: n",
            Some(("odd:name.html", 10, 20, "m: n")),
        );
        check("a.html:1: m", None);
        check("error", None);
    }
}
