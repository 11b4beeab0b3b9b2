//! `hotplate check`: every mistake in all templates at once, without a build.

use std::collections::BTreeSet;
use std::io::{self, Write};

use hotplate_template_compiler::{Diagnostic, Source, Style, compile_set, warnings};

use crate::args::CheckArguments;
use crate::failure::Failure;
use crate::plugin_dir::PluginDir;
use crate::report::colours_for;

/// Runs the command.
///
/// # Errors
///
/// If there are mistakes, or the templates cannot be read.
pub(crate) fn run(arguments: &CheckArguments) -> Result<(), Failure> {
    let plugin = PluginDir::open(&arguments.directory)?;
    let sources = plugin.sources()?;
    let options = plugin.options()?;
    show(&plugin, &sources, &warnings(&sources, &options))?;
    if let Err(mistakes) = compile_set(&sources, &options) {
        show(&plugin, &sources, &mistakes)?;
        return Err(Failure::Line(count(&mistakes)));
    }
    let count = sources.len();
    let templates = if count == 1 { "template" } else { "templates" };
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{count} {templates}, no mistakes")?;
    stdout.flush()?;
    Ok(())
}

/// Writes diagnostics to standard error.
pub(crate) fn show(
    plugin: &PluginDir,
    sources: &[Source],
    diagnostics: &[Diagnostic],
) -> io::Result<()> {
    let stderr = io::stderr();
    let style = if colours_for(&stderr) {
        Style::Coloured
    } else {
        Style::Plain
    };
    let mut stderr = stderr.lock();
    for diagnostic in diagnostics {
        let path = plugin.templates.join(&diagnostic.template);
        let source = sources
            .iter()
            .find(|source| source.name == diagnostic.template);
        let text = source.map_or("", |source| source.text.as_str());
        let rendered = diagnostic.render(&path.display().to_string(), text, style);
        writeln!(stderr, "{}\n", rendered.trim_end())?;
    }
    stderr.flush()
}

/// How many mistakes there are, in words.
pub(crate) fn count(mistakes: &[Diagnostic]) -> String {
    let templates: BTreeSet<&str> = mistakes
        .iter()
        .map(|mistake| mistake.template.as_str())
        .collect();
    let plural = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    format!(
        "{} in {}",
        plural(mistakes.len(), "mistake"),
        plural(templates.len(), "template")
    )
}
