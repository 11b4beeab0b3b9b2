//! `hotplate emit`: the Rust that a template is compiled to.

use std::io::{self, Write};

use hotplate_template_compiler::{compile, print};

use crate::args::EmitArguments;
use crate::commands::check;
use crate::failure::Failure;
use crate::plugin_dir::{PluginDir, template_of};

/// Runs the command.
///
/// # Errors
///
/// If there is no such template or it has mistakes.
pub(crate) fn run(arguments: &EmitArguments) -> Result<(), Failure> {
    let plugin = PluginDir::open(&arguments.directory)?;
    plugin.require_template(&arguments.template)?;
    let template = template_of(&arguments.template);
    let sources: Vec<_> = plugin
        .sources()?
        .into_iter()
        .filter(|source| source.name == template)
        .collect();
    let Some(source) = sources.first() else {
        return Err(Failure::line("the template has just been deleted"));
    };
    let compiled = compile(source, &plugin.options()?).map_err(|mistakes| {
        match check::show(&plugin, &sources, &mistakes) {
            Ok(()) => Failure::line(check::count(&mistakes)),
            Err(error) => error.into(),
        }
    })?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(print(&[&compiled]).rust.as_bytes())?;
    stdout.flush()?;
    Ok(())
}
