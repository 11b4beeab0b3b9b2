//! The command line.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// A hot-patchable host for Django templates and Rust plugins.
#[derive(Debug, Parser)]
#[command(name = "hotplate", version, about)]
pub(crate) struct Arguments {
    /// Without a command, a console starts
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a site, and every edit to it as soon as it is saved
    Serve(ServeArguments),
    /// Run plugins, and every edit to them: a function of one, a console, or until Ctrl-C
    Run(RunArguments),
    /// Open a console to a host that runs
    Attach(AttachArguments),
    /// Print one rendering of a template
    Render(RenderArguments),
    /// Report every mistake in a plugin's templates at once
    Check(CheckArguments),
    /// Print the Rust that a template is compiled to
    Emit(EmitArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Plugins: crates, or folders of templates; the first with a site.toml is the site
    #[arg(value_name = "DIR", required = true)]
    pub(crate) directories: Vec<PathBuf>,
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8000)]
    pub(crate) port: u16,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) host: IpAddr,
    /// Another file or directory whose changes rebuild the plugins
    #[arg(long, value_name = "PATH")]
    pub(crate) watch: Vec<PathBuf>,
    /// How long a change has to be quiet before a build starts
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    pub(crate) debounce: Option<Duration>,
    /// Look for changes this often instead of waiting for file events
    #[arg(long, value_name = "SECS", value_parser = some_seconds)]
    pub(crate) poll: Option<Duration>,
    /// Let other machines see the dashboard and roll back with it
    #[arg(long)]
    pub(crate) remote_dashboard: bool,
    /// How to say what happens
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) events: EventFormat,
    #[command(flatten)]
    pub(crate) control: ControlArguments,
    /// Say more; twice for the host's own log
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Args)]
pub(crate) struct ControlArguments {
    /// Let `hotplate attach` reach the host through a socket that only this user can open
    #[expect(
        clippy::option_option,
        reason = "the option may be absent, or there without a path"
    )]
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true)]
    pub(crate) control: Option<Option<PathBuf>>,
}

impl ControlArguments {
    /// The socket's path, if there is to be one.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        let path = self.control.clone()?;
        Some(path.unwrap_or_else(hotplate::control::default_path))
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Plugins: crates, or folders of templates
    #[arg(value_name = "DIR", required = true)]
    pub(crate) directories: Vec<PathBuf>,
    /// Call a function without parameters, and print its result
    #[arg(short = 'm', value_name = "PLUGIN:FUNCTION", value_parser = function_name)]
    pub(crate) function: Option<FunctionName>,
    /// Open a console, after the function if there is one
    #[arg(short, long)]
    pub(crate) interactive: bool,
    #[command(flatten)]
    pub(crate) script: ScriptArguments,
    /// Another file or directory whose changes rebuild the plugins
    #[arg(long, value_name = "PATH")]
    pub(crate) watch: Vec<PathBuf>,
    /// Where plugins are built; by default in the target directory of their workspace
    #[arg(long, value_name = "DIR")]
    pub(crate) target_dir: Option<PathBuf>,
    /// How long a change has to be quiet before a build starts
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    pub(crate) debounce: Option<Duration>,
    /// Look for changes this often instead of waiting for file events
    #[arg(long, value_name = "SECS", value_parser = some_seconds)]
    pub(crate) poll: Option<Duration>,
    #[command(flatten)]
    pub(crate) control: ControlArguments,
    /// Say more; twice for the host's own log
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Args)]
pub(crate) struct AttachArguments {
    /// The host's socket; without it, the only one in the default place
    #[arg(value_name = "SOCKET")]
    pub(crate) socket: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) script: ScriptArguments,
}

#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct ScriptArguments {
    /// Read commands from standard input, and answer each with a line of JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// End a script at its first error
    #[arg(long)]
    pub(crate) fail_fast: bool,
}

/// A function of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionName {
    pub(crate) plugin: String,
    pub(crate) function: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line on standard output, and nothing else
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct RenderArguments {
    /// The plugin that the template is in
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The template's name, such as index.html
    pub(crate) template: String,
    /// A JSON object with the names that the template sees
    #[arg(long, value_name = "FILE")]
    pub(crate) context: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The plugin
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct EmitArguments {
    /// The plugin that the template is in
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The template's name, such as index.html
    pub(crate) template: String,
}

/// A plugin and a function with a colon between.
fn function_name(text: &str) -> Result<FunctionName, String> {
    match text.split_once(':') {
        Some((plugin, function)) if !plugin.is_empty() && !function.is_empty() => {
            Ok(FunctionName {
                plugin: plugin.to_owned(),
                function: function.to_owned(),
            })
        }
        _ => Err("expected a plugin and a function, such as text:main".to_owned()),
    }
}

/// Seconds as a decimal number, zero allowed.
fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| "expected a number of seconds, such as 0.05".to_owned())?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

/// Seconds as a decimal number greater than zero.
fn some_seconds(text: &str) -> Result<Duration, String> {
    let duration = seconds(text)?;
    if duration.is_zero() {
        return Err("must be greater than zero".to_owned());
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn reads_seconds() {
        let cases = [
            ("0", Some(Duration::ZERO)),
            ("0.05", Some(Duration::from_millis(50))),
            ("2", Some(Duration::from_secs(2))),
            ("-1", None),
            ("nan", None),
            ("1e300", None),
            ("soon", None),
            ("", None),
        ];
        for (input, expected) in cases {
            assert_eq!(seconds(input).ok(), expected, "{input}");
        }
        assert!(some_seconds("0").is_err());
        assert!(some_seconds("0.5").is_ok());
    }

    #[test]
    fn reads_the_whole_serve_command() {
        let line = "hotplate serve a b --port 0 --watch c --watch d --debounce 0.1 --poll 1 --events json -vv";
        let arguments = Arguments::try_parse_from(line.split(' ')).expect("a correct line");
        let Some(Command::Serve(serve)) = arguments.command else {
            panic!("not serve");
        };
        assert_eq!(serve.directories.len(), 2);
        assert_eq!(serve.port, 0);
        assert_eq!(serve.host, IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert_eq!(serve.watch.len(), 2);
        assert_eq!(serve.debounce, Some(Duration::from_millis(100)));
        assert_eq!(serve.poll, Some(Duration::from_secs(1)));
        assert_eq!(serve.events, EventFormat::Json);
        assert_eq!(serve.verbose, 2);
        assert!(!serve.remote_dashboard);
        assert_eq!(serve.control.path(), None);
    }

    #[test]
    fn a_control_socket_takes_its_path_after_an_equals_sign() {
        let socket = |line: &str| {
            let arguments = Arguments::try_parse_from(line.split(' ')).expect("a correct line");
            match arguments.command {
                Some(Command::Run(run)) => (run.directories, run.control.path()),
                other => panic!("not run: {other:?}"),
            }
        };
        let plugin = vec![PathBuf::from("site")];
        assert_eq!(
            socket("hotplate run --control site"),
            (plugin.clone(), Some(hotplate::control::default_path()))
        );
        assert_eq!(
            socket("hotplate run site --control=a.sock"),
            (plugin, Some(PathBuf::from("a.sock")))
        );
    }

    #[test]
    fn reads_the_name_of_a_function() {
        let name = function_name("text:main").expect("a name");
        assert_eq!((name.plugin, name.function), ("text".into(), "main".into()));
        for wrong in ["", "text", "text:", ":main"] {
            assert!(function_name(wrong).is_err(), "{wrong}");
        }
    }
}
