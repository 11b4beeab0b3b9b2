//! State on disk: one file of JSON, by plugin and type.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::Dict;

use super::Key;
use super::encode;
use super::report::StateInfo;
use crate::error::{Error, with_causes};
use crate::json::from_json;

/// What the file's form is called.
const FORMAT: i64 = 1;

/// State of one type as it was saved.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) version: u32,
    pub(super) fields: Value,
}

impl Stored {
    pub(super) fn info(self, (plugin, name): &Key) -> StateInfo {
        StateInfo {
            plugin: plugin.to_string(),
            name: name.to_string(),
            version: self.version,
            layout: None,
            value: Ok(Some(self.fields)),
            instances: 0,
            in_use: false,
        }
    }
}

/// Writes the file so that whoever reads it, at any time, finds the old one or the new one.
pub(super) fn write(file: &Path, states: &BTreeMap<Key, Stored>) -> Result<(), Error> {
    let text = text_of(states)
        .map_err(|why| Error::state(format!("the state cannot be written to disk: {why}")))?;
    replace(file, &text).map_err(|error| {
        Error::setup_from(
            format!("cannot write the state to {}", file.display()),
            error,
        )
    })
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut next = tempfile::NamedTempFile::new_in(folder)?;
    next.write_all(text.as_bytes())?;
    next.as_file().sync_all()?;
    next.persist(file).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

fn text_of(states: &BTreeMap<Key, Stored>) -> Result<String, String> {
    let mut text = format!("{{\n  \"hotplate_state\": {FORMAT},\n  \"plugins\": {{");
    let mut latest: Option<&str> = None;
    for ((plugin, name), stored) in states {
        if latest == Some(plugin) {
            text.push(',');
        } else {
            text.push_str(if latest.is_some() { "\n    },\n" } else { "\n" });
            text.push_str(&format!("    {}: {{", encode::quoted(plugin)));
            latest = Some(plugin);
        }
        let fields =
            encode::to_json(&stored.fields).map_err(|why| format!("{plugin}::{name}: {why}"))?;
        text.push_str(&format!(
            "\n      {}: {{\"version\": {}, \"fields\": {fields}}}",
            encode::quoted(name),
            stored.version
        ));
    }
    text.push_str(if latest.is_some() {
        "\n    }\n  }\n}\n"
    } else {
        "}\n}\n"
    });
    Ok(text)
}

/// Reads a file; one that is not there holds nothing.
pub(super) fn read(file: &Path) -> Result<BTreeMap<Key, Stored>, Error> {
    let refuse = |why: String| {
        Error::setup(format!(
            "{} cannot be restored: {why}; move it away to begin without it",
            file.display()
        ))
    };
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(refuse(error.to_string())),
    };
    let value = from_json(&text).map_err(|error| refuse(with_causes(&error)))?;
    parse(&value).map_err(refuse)
}

fn parse(value: &Value) -> Result<BTreeMap<Key, Stored>, String> {
    let whole = dict(value, "the file")?;
    match whole.get_str("hotplate_state") {
        Some(Value::Int(FORMAT)) => {}
        Some(Value::Int(other)) => {
            return Err(format!(
                "it has form {other}, and this host reads form {FORMAT}"
            ));
        }
        _ => return Err("it is not what `save_state` writes".to_owned()),
    }
    let mut states = BTreeMap::new();
    let plugins = whole.get_str("plugins").unwrap_or(&Value::None);
    for (plugin, types) in named(plugins, "plugins")? {
        for (name, stored) in named(types, plugin)? {
            let path = format!("{plugin}::{name}");
            let stored = dict(stored, &path)?;
            let Some(Value::Int(version)) = stored.get_str("version") else {
                return Err(format!("{path} has no version"));
            };
            let version = u32::try_from(*version);
            let version = version.map_err(|_| format!("{path} has an impossible version"))?;
            let fields = stored.get_str("fields").unwrap_or(&Value::None);
            let fields = encode::from_encoded(fields).map_err(|why| format!("{path}: {why}"))?;
            states.insert((plugin.into(), name.into()), Stored { version, fields });
        }
    }
    Ok(states)
}

fn dict<'v>(value: &'v Value, what: &str) -> Result<&'v Dict, String> {
    match value {
        Value::Dict(dict) => Ok(dict),
        _ => Err(format!("{what} is not an object")),
    }
}

fn named<'v>(value: &'v Value, what: &str) -> Result<Vec<(&'v str, &'v Value)>, String> {
    let entries = dict(value, what)?.iter();
    let entries = entries.filter_map(|(key, value)| match key {
        Value::Str(key) => Some((key.as_str(), value)),
        _ => None,
    });
    Ok(entries.collect())
}
