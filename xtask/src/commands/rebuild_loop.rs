//! `cargo xtask rebuild-loop`: the demo site in the dev server, from a fresh clone.

use std::io::BufReader;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use cargo_metadata::Message;
use clap::{Args, ValueEnum};

use xtask::failure::Failure;
use xtask::project;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// How to say what happens
    #[arg(long, value_enum, default_value_t)]
    events: Events,
    /// Passed on to `hotplate serve`
    #[arg(last = true)]
    rest: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Events {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Builds the `hotplate` command and becomes it. The host that it starts builds the
/// plugins, in the target directory that it goes on to use for every edit.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let server = build_server()?;
    let events = match arguments.events {
        Events::Text => "text",
        Events::Json => "json",
    };
    // Replaces this process, so that signals reach the server and its exit code is ours.
    let error = Command::new(&server)
        .current_dir(project::root())
        .args(["serve", "plugins/site", "plugins/text"])
        .args(["--port", &arguments.port.to_string()])
        .args(["--events", events])
        .args(&arguments.rest)
        .exec();
    Err(Failure::at(format!("cannot run {}", server.display()))(
        error,
    ))
}

/// Builds `hotplate` and gives its path. Cargo shows its progress on standard error.
fn build_server() -> Result<PathBuf, Failure> {
    let mut child = project::cargo()
        .args(["build", "--package", "hotplate-cli", "--bin", "hotplate"])
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Failure::at("cannot run cargo"))?;
    let mut executable = None;
    if let Some(output) = child.stdout.take() {
        for message in Message::parse_stream(BufReader::new(output)) {
            let message = message.map_err(Failure::at("cannot read what cargo says"))?;
            if let Message::CompilerArtifact(artifact) = message
                && artifact.target.name == "hotplate"
                && let Some(path) = artifact.executable
            {
                executable = Some(path.into_std_path_buf());
            }
        }
    }
    let status = child.wait().map_err(Failure::at("cannot wait for cargo"))?;
    if !status.success() {
        return Err(Failure::new("the hotplate command does not build"));
    }
    executable.ok_or_else(|| Failure::new("cargo built no hotplate command"))
}
