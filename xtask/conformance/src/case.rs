//! Recorded cases, and what becomes of them.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Map;
use serde_json::Value as Json;

use crate::Selection;
use xtask::failure::Failure;

/// One line of a case file. Unknown fields are other readers' business.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) templates: BTreeMap<String, String>,
    pub(crate) entry: Entry,
    pub(crate) options: Options,
    pub(crate) context: Map<String, Json>,
    pub(crate) expect: Expect,
    pub(crate) needs_custom: bool,
    pub(crate) uses: Uses,
    pub(crate) needs: Vec<String>,
}

/// What is rendered: one template, or the first of several that exists.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    One(String),
    First(Vec<String>),
}

impl Entry {
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::First(names) => names,
        }
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Options {
    pub(crate) autoescape: bool,
    pub(crate) string_if_invalid: String,
    #[serde(default)]
    pub(crate) settings: Map<String, Json>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Expect {
    Output(String),
    Error(ExpectedError),
}

#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct ExpectedError {
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    pub(crate) message: String,
    pub(crate) phase: Phase,
}

/// Whether loading the entry failed, or rendering it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    Compile,
    Render,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(crate) struct Uses {
    pub(crate) tags: Vec<String>,
    pub(crate) filters: Vec<String>,
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It rendered this.
    Output(String),
    /// It raised.
    Error {
        #[serde(rename = "type")]
        type_name: String,
        message: String,
        phase: Phase,
    },
    /// It asks for something that there is no way to supply yet.
    Skipped(String),
    /// It should have rendered or raised, and did neither.
    Broken(String),
}

impl Case {
    /// Whether the case has a tag, filter or need of this name, or an id that starts so.
    fn has(&self, word: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == word);
        named(&self.uses.tags)
            || named(&self.uses.filters)
            || named(&self.needs)
            || self.id.starts_with(word)
    }
}

/// Reads the cases of `files` that are selected.
pub(crate) fn read(files: &[PathBuf], selection: &Selection) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    let mut ids = HashSet::new();
    for file in files {
        let shown = file.display();
        let text = fs::read_to_string(file).map_err(Failure::at(format!("cannot read {shown}")))?;
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            let case: Case = serde_json::from_str(line)
                .map_err(Failure::at(format!("{shown}:{number} is no case")))?;
            if !ids.insert(case.id.clone()) {
                let id = &case.id;
                return Err(Failure::new(format!(
                    "{shown}:{number}: {id} is there already"
                )));
            }
            let custom = selection.no_custom && case.needs_custom;
            if !custom && selection.only.iter().all(|word| case.has(word)) {
                cases.push(case);
            }
        }
    }
    Ok(cases)
}
