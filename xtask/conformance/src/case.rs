//! Recorded cases, and what becomes of them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::PathBuf;

use hotplate_template_compiler as compiler;
use serde::{Deserialize, Serialize};
use serde_json::Map;
use serde_json::Value as Json;

use crate::Selection;
use crate::structs::turns;
use crate::templates::ANONYMOUS;
use xtask::failure::Failure;

/// The name of a template that includes the one that a case is about.
const INCLUDING: &str = "including.html";

/// One line of a case file. Unknown fields are other readers' business.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    /// The text of an anonymous template, which is short for `templates` and `entry`.
    #[serde(default, skip_serializing)]
    template: Option<String>,
    #[serde(default)]
    pub(crate) templates: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) entry: Entry,
    #[serde(default)]
    pub(crate) options: Options,
    #[serde(default)]
    pub(crate) context: Map<String, Json>,
    pub(crate) expect: Expect,
    #[serde(default)]
    pub(crate) needs_custom: bool,
    #[serde(default)]
    pub(crate) uses: Uses,
    #[serde(default)]
    pub(crate) needs: Vec<String>,
}

/// What is rendered: one template, or the first of several that exists.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    One(String),
    First(Vec<String>),
}

impl Default for Entry {
    fn default() -> Self {
        Self::One("main".to_owned())
    }
}

impl Entry {
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::First(names) => names,
        }
    }
}

/// What the template engine was told, and what was around it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Options {
    pub(crate) autoescape: bool,
    pub(crate) string_if_invalid: String,
    /// The libraries that exist, with the modules that they are in Python.
    pub(crate) libraries: BTreeMap<String, String>,
    /// The modules of libraries that need no `load`.
    pub(crate) builtins: Vec<String>,
    pub(crate) language: Option<String>,
    pub(crate) use_tz: bool,
    pub(crate) time_zone: String,
    pub(crate) current_timezone: Json,
    pub(crate) context_use_l10n: Option<bool>,
    pub(crate) context_use_tz: Option<bool>,
    pub(crate) now: Option<Now>,
    pub(crate) request: Option<Map<String, Json>>,
    pub(crate) settings: Map<String, Json>,
    pub(crate) host: Map<String, Json>,
    /// Template directories, in the order in which they are searched.
    pub(crate) layers: Vec<BTreeMap<String, String>>,
    /// Whether a template is compiled once for each of its names.
    pub(crate) cached_loader: bool,
}

impl Default for Options {
    fn default() -> Self {
        let libraries = compiler::libraries::BUILTIN.map(|name| (name.to_owned(), String::new()));
        Self {
            autoescape: true,
            string_if_invalid: String::new(),
            libraries: BTreeMap::from(libraries),
            builtins: Vec::new(),
            language: Some("en".to_owned()),
            use_tz: true,
            time_zone: "UTC".to_owned(),
            current_timezone: Json::Null,
            context_use_l10n: None,
            context_use_tz: None,
            now: None,
            request: None,
            settings: Map::new(),
            host: Map::new(),
            layers: Vec::new(),
            cached_loader: true,
        }
    }
}

/// A clock that stands still.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Now {
    pub(crate) utc: String,
    pub(crate) naive_local: String,
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
#[serde(default)]
pub(crate) struct Uses {
    pub(crate) tags: Vec<String>,
    pub(crate) filters: Vec<String>,
}

impl Uses {
    fn is_unknown(&self) -> bool {
        self.tags.is_empty() && self.filters.is_empty()
    }

    /// The tags and filters in templates, as far as the looks of them tell.
    fn of<'t>(texts: impl Iterator<Item = &'t String>) -> Self {
        let word = |text: &str| -> String {
            let text = text.trim_start().chars();
            text.take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        };
        let (mut tags, mut filters) = (BTreeSet::new(), BTreeSet::new());
        for text in texts {
            for piece in text.split('{').skip(1) {
                let (inside, end) = match piece.strip_prefix('%') {
                    Some(inside) => (inside, "%}"),
                    None => (piece, "}"),
                };
                let inside = inside.split(end).next().unwrap_or_default();
                if end == "%}" {
                    tags.insert(word(inside));
                }
                filters.extend(inside.split('|').skip(1).map(word));
            }
        }
        let named = |names: BTreeSet<String>| {
            let names = names.into_iter();
            names.filter(|name| !name.is_empty()).collect()
        };
        Self {
            tags: named(tags),
            filters: named(filters),
        }
    }
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

/// What became of a case with each form of its context.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Answer {
    /// With a dictionary.
    pub(crate) value: Outcome,
    /// With a struct, which is read as a view.
    pub(crate) view: Option<Outcome>,
    /// With a struct that the template was compiled for.
    pub(crate) typed: Option<Outcome>,
}

impl From<Outcome> for Answer {
    fn from(value: Outcome) -> Self {
        Self {
            value,
            view: None,
            typed: None,
        }
    }
}

impl Case {
    /// Makes the entry a further template, which includes the one that it was; nothing changes
    /// where that is a part of a template or one of several.
    pub(crate) fn include_entry(&mut self) {
        let Entry::One(name) = &self.entry else {
            return;
        };
        let mut layers = self.options.layers.iter_mut();
        let layer = match layers.find(|layer| layer.contains_key(name)) {
            Some(layer) => layer,
            None => &mut self.templates,
        };
        let is_plain = !name.contains(['#', '"', '%', '\\']);
        if is_plain && layer.contains_key(name) && !layer.contains_key(INCLUDING) {
            layer.insert(INCLUDING.to_owned(), format!("{{% include \"{name}\" %}}"));
            self.entry = Entry::One(INCLUDING.to_owned());
            // The other one is loaded when this one is rendered.
            if let Expect::Error(expected) = &mut self.expect {
                expected.phase = Phase::Render;
            }
        }
    }

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
            let mut case: Case = serde_json::from_str(line)
                .map_err(Failure::at(format!("{shown}:{number} is no case")))?;
            if let Some(text) = case.template.take() {
                case.templates.insert(ANONYMOUS.to_owned(), text);
                case.entry = Entry::One(ANONYMOUS.to_owned());
            }
            if case.uses.is_unknown() {
                case.uses = Uses::of(case.templates.values());
            }
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
    if let Some(count) = selection.sample {
        sample(&mut cases, count);
    }
    Ok(cases)
}

/// Leaves `count` cases, in their order. Which ones depends on their ids alone.
fn sample(cases: &mut Vec<Case>, count: usize) {
    let mut order: Vec<u64> = cases.iter().map(|case| turns(&case.id)).collect();
    order.sort_unstable();
    if let Some(first_out) = order.get(count) {
        cases.retain(|case| turns(&case.id) < *first_out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_the_same_each_time_and_in_order() {
        let case = |number: usize| -> Case {
            let json = serde_json::json!({
                "id": format!("case{number}"), "template": "", "expect": {"output": ""},
            });
            serde_json::from_value(json).expect("a case")
        };
        let ids = |count: usize, among: usize| {
            let mut cases: Vec<Case> = (0..among).map(case).collect();
            sample(&mut cases, count);
            cases.into_iter().map(|case| case.id).collect::<Vec<_>>()
        };
        let three = ids(3, 9);
        assert_eq!(three.len(), 3);
        assert!(three.is_sorted());
        assert_eq!(three, ids(3, 9));
        assert_eq!(ids(20, 9).len(), 9);
        assert_eq!(ids(0, 9).len(), 0);
    }

    #[test]
    fn an_entry_is_included_where_it_is_one_template() {
        let check =
            |entry: serde_json::Value, layers: serde_json::Value, expected: Option<&str>| {
                let json = serde_json::json!({
                    "id": "a", "entry": entry, "templates": {"a": "x"},
                    "options": {"layers": layers}, "expect": {"output": ""},
                });
                let mut case: Case = serde_json::from_value(json).expect("a case");
                case.include_entry();
                let layers = case.options.layers.iter().chain([&case.templates]);
                let mut texts = layers.filter_map(|layer| layer.get(INCLUDING));
                assert_eq!(texts.next().map(String::as_str), expected);
                let is_entry = case.entry.names() == [INCLUDING];
                assert_eq!(is_entry, expected.is_some());
            };
        let none = || serde_json::json!([]);
        check("a".into(), none(), Some("{% include \"a\" %}"));
        check("b".into(), none(), None);
        check("a#part".into(), none(), None);
        check(serde_json::json!(["a", "b"]), none(), None);
        let layers = serde_json::json!([{"c": ""}, {"b": ""}]);
        check("b".into(), layers, Some("{% include \"b\" %}"));
    }

    #[test]
    fn a_template_shows_what_it_uses() {
        let text = "{% if a|length %}{{ b|add:1 | upper }}{% endif %}{ c|d }".to_owned();
        let uses = Uses::of([text].iter());
        assert_eq!(uses.tags, ["endif", "if"]);
        assert_eq!(uses.filters, ["add", "d", "length", "upper"]);
    }
}
