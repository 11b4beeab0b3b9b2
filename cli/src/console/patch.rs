//! Where the source of a patch comes from: a file, or an editor.

use std::fs;
use std::io::Write;
use std::process::Command;

use serde_json::json;

use super::client::Client;

/// A command `patch` without a source, or with `@FILE` for one, as the host takes it; any other
/// command as it is.
///
/// # Errors
///
/// What to say if there is no source.
pub(super) fn complete_line(
    client: &mut Client,
    line: &str,
    is_interactive: bool,
) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["patch", plugin, unit, source] if source.starts_with('@') => {
            let file = &source[1..];
            let text =
                fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
            Ok(format!("patch {plugin} {unit} {}", json!(text)))
        }
        ["patch", plugin, unit] if is_interactive => {
            let before = source_of(client, plugin, unit)?;
            let after = edit(unit, &before)?;
            if after == before {
                return Err("nothing was changed in the editor".to_owned());
            }
            Ok(format!("patch {plugin} {unit} {}", json!(after)))
        }
        _ => Ok(line.to_owned()),
    }
}

fn source_of(client: &mut Client, plugin: &str, unit: &str) -> Result<String, String> {
    let lost = |error| format!("the host is lost: {error}");
    client
        .send(&format!("source {plugin} {unit}"))
        .map_err(lost)?;
    let (_, line) = client.receive().map_err(lost)?;
    match (line.ok, line.result["source"].as_str()) {
        (Some(true), source) => Ok(source.unwrap_or_default().to_owned()),
        _ => Err(line.message),
    }
}

/// Lets a person change a text in the editor of their choice.
fn edit(unit: &str, text: &str) -> Result<String, String> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).ok_or(
        "there is no source; write it after the unit, name a file as @FILE, or set EDITOR",
    )?;
    let failed = |error| format!("cannot edit: {error}");
    // Editors know the language by the end of the name.
    let extension = match unit.rsplit_once('.') {
        Some((_, extension)) if extension.chars().all(char::is_alphanumeric) => extension,
        Some(_) => "html",
        None => "rs",
    };
    let mut file = tempfile::Builder::new()
        .prefix("hotplate-")
        .suffix(&format!(".{extension}"))
        .tempfile()
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or_default();
    let status = Command::new(program)
        .args(words)
        .arg(file.path())
        .status()
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    if !status.success() {
        return Err(format!(
            "{program} ended with {status}, so nothing was patched"
        ));
    }
    // Read by name, since some editors put a new file in its place.
    fs::read_to_string(file.path()).map_err(failed)
}
