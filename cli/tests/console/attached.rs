//! `hotplate attach` to a host of this process, whose plugins are linked.

use std::path::PathBuf;

use hotplate::Host;
use tempfile::TempDir;

use crate::{check_transcript, hotplate, run, stderr, stdout};

/// A host with a socket in a directory of its own.
struct Place {
    host: Option<Host>,
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let host = Host::builder()
            .linked(text::PLUGIN)
            .linked(site::PLUGIN)
            .control_socket(directory.path().join("private/host.sock"))
            .start()
            .expect("it starts");
        Self {
            host: Some(host),
            directory,
        }
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("private/host.sock")
    }

    fn attach(&self, more: &[&str]) -> std::process::Command {
        let mut command = hotplate(&["attach"]);
        command.arg(self.socket()).args(more);
        command
    }
}

#[test]
fn commands_answer_as_their_transcript_says() {
    let place = Place::new();
    let transcript = include_str!("../transcripts/attached.txt");
    check_transcript(&mut place.attach(&["--json"]), transcript, &[]);
}

#[test]
fn people_get_text_and_errors_go_to_standard_error() {
    let place = Place::new();
    let script = "# a script\n\ncall text slugify \"Hot Plates\"\nrendr\ncall text slugfy\n";
    let output = run(&mut place.attach(&[]), script);
    assert_eq!(stdout(&output), "\"hot-plates\"\n");
    assert_eq!(
        stderr(&output),
        "error: there is no command rendr; did you mean render?\n\
         error: no function slugfy in plugin text; did you mean slugify?\n"
    );
    assert_eq!(output.status.code(), Some(1));
    let output = run(
        &mut place.attach(&[]),
        "call text slugify \"a\"\nquit\nnever\n",
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = run(&mut place.attach(&["--fail-fast"]), "never\nstatus\n");
    assert_eq!(
        (stdout(&output).as_str(), output.status.code()),
        ("", Some(1))
    );
    let output = run(&mut place.attach(&[]), "help\nhelp render\nlist text\n");
    let text = stdout(&output);
    for expected in [
        "render PLUGIN TEMPLATE [CONTEXT]",
        "Example: render site about.html",
        "slugify(text: &str) -> String",
    ] {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn the_socket_goes_with_the_host() {
    let mut place = Place::new();
    let socket = place.socket();
    assert!(socket.exists());
    place.host = None;
    assert!(!socket.exists());
    let output = run(&mut place.attach(&["--json"]), "status\n");
    let expected = format!("error: there is no socket {}\n", socket.display());
    assert_eq!(stderr(&output), expected);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_only_running_host_is_found() {
    let runtime = tempfile::tempdir().expect("a directory");
    let directory = runtime.path().join("hotplate");
    let attach = |script: &str| {
        let mut command = hotplate(&["attach"]);
        command.env("XDG_RUNTIME_DIR", runtime.path());
        run(&mut command, script)
    };
    assert!(stderr(&attach("")).starts_with("error: no running host has a socket in "));
    let host = Host::builder()
        .linked(text::PLUGIN)
        .start()
        .expect("it starts");
    let socket = |name: &str| directory.join(name);
    host.serve_control(socket("1.sock")).expect("it listens");
    assert_eq!(stdout(&attach("call text slugify \"A\"\n")), "\"a\"\n");
    host.serve_control(socket("2.sock")).expect("it listens");
    let output = attach("status\n");
    assert!(stderr(&output).starts_with("error: several hosts are running; attach to one of "));

    // Without arguments a console starts, which says what there is.
    let mut command = hotplate(&[]);
    command.env("XDG_RUNTIME_DIR", runtime.path());
    let script = format!(
        "help\nstatus\nattach {}\ncall text slugify \"A b\"\nquit\n",
        socket("2.sock").display()
    );
    let output = run(&mut command, &script);
    let text = stdout(&output);
    assert!(text.contains("attach [SOCKET]"), "{text}");
    assert!(text.contains("Attached to "), "{text}");
    assert!(text.ends_with("\"a-b\"\n"), "{text}");
    assert!(
        stderr(&output).starts_with("error: there is no host to ask"),
        "{}",
        stderr(&output)
    );
}
