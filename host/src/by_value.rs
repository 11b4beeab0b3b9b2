//! Calling plugin functions with values, for who learns their names and types at run time: a
//! console, a script, a request.

use hotplate_plugin_api::signature::LayoutFn;
use hotplate_plugin_api::{Parameter, Value};

use crate::call;
use crate::error::Error;
use crate::handle::live;
use crate::host::Host;
use crate::layout;
use crate::snapshot::Snapshot;
use crate::sync::Arc;
use crate::unit::LiveUnit;

impl Host {
    /// Calls a plugin function with values in place of typed arguments, as it is when the call
    /// begins.
    ///
    /// Each value must fit its parameter: whole numbers that are in range, any number for a
    /// `float`, a string, a list for a `Vec`, `None` for an `Option`, and anything for a
    /// `Value`. A handle from [`function`](Self::function) costs much less per call.
    ///
    /// ```no_run
    /// use hotplate::Value;
    ///
    /// # let host = hotplate::Host::builder().plugin("plugins/text").start()?;
    /// let slug = host.call_value("text", "slugify", &[Value::from("Hot Plates")])?;
    /// assert_eq!(format!("{slug:?}"), r#""hot-plates""#);
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such function, or it fails as in
    /// [`Function::call`](crate::Function::call). If there are too many or too few arguments,
    /// one does not fit, or the type of a parameter or of the result has no form as a value,
    /// [`Error::is_unfit_arguments`] is true.
    pub fn call_value(
        &self,
        plugin: &str,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value, Error> {
        let shared = self.shared();
        let slot = shared.find("function", plugin, function)?;
        let path: Arc<str> = format!("{plugin}::{function}").into();
        let touches_state = |snapshot: &Snapshot| snapshot.touches_state(slot);
        shared.run(touches_state, |snapshot| {
            let unit = live(snapshot, slot, &path)?;
            let redirected = snapshot.interceptors().and_then(|all| all.of(unit));
            match call::with_values(unit, redirected, arguments) {
                Some(result) => result
                    .map_err(|record| Error::call(unit.path(), record.into_record(), Vec::new())),
                None if unit.function().is_none() => {
                    Err(Error::wrong_kind(unit.path(), "function", unit.kind()))
                }
                None => Err(Error::setup(format!(
                    "{path} has more parameters than can be passed as values"
                ))),
            }
        })
    }

    /// The signature of a live plugin function for people to read, such as
    /// `slugify(text: &str) -> String`.
    ///
    /// # Errors
    ///
    /// If there is no such function.
    pub fn signature(&self, plugin: &str, function: &str) -> Result<String, Error> {
        let shared = self.shared();
        let slot = shared.find("function", plugin, function)?;
        let path: Arc<str> = format!("{plugin}::{function}").into();
        let snapshot = shared.current();
        let unit = live(&snapshot, slot, &path)?;
        signature_of(unit).ok_or_else(|| Error::wrong_kind(unit.path(), "function", unit.kind()))
    }
}

/// A function's name, parameters and result; nothing for a unit of another kind.
pub(crate) fn signature_of(unit: &LiveUnit) -> Option<String> {
    let signature = &unit.function()?.signature;
    let parameters: Vec<String> = signature
        .parameters
        .iter()
        .map(|parameter| format!("{}: {}", parameter.name, type_name(parameter.layout)))
        .collect();
    let returned = match type_name(signature.returned).as_str() {
        "()" => String::new(),
        name => format!(" -> {name}"),
    };
    Some(format!(
        "{}({}){returned}",
        unit.name(),
        parameters.join(", ")
    ))
}

/// The types that plain layouts hide the insides of.
const GENERIC: &[(&str, LayoutFn)] = &[
    ("Vec<u8>", <Vec<u8> as Parameter>::layout),
    ("Vec<i64>", <Vec<i64> as Parameter>::layout),
    ("Vec<f64>", <Vec<f64> as Parameter>::layout),
    ("Vec<String>", <Vec<String> as Parameter>::layout),
    ("Vec<Value>", <Vec<Value> as Parameter>::layout),
    ("Option<bool>", <Option<bool> as Parameter>::layout),
    ("Option<i64>", <Option<i64> as Parameter>::layout),
    ("Option<f64>", <Option<f64> as Parameter>::layout),
    ("Option<String>", <Option<String> as Parameter>::layout),
    ("&[u8]", <&[u8] as Parameter>::layout),
    ("&Value", <&Value as Parameter>::layout),
];

/// What a plugin's author writes for a type.
fn type_name(found: LayoutFn) -> String {
    let layout = found();
    let same_name = |known: LayoutFn| known().name() == layout.name();
    let generic = GENERIC
        .iter()
        .find(|(_, known)| same_name(*known) && layout::compare(known(), layout).is_ok());
    match generic {
        Some((name, _)) => (*name).to_owned(),
        None => author_name(&layout.full_type().to_string()),
    }
}

/// What crosses the boundary has names of its own, and lifetimes that say nothing here.
fn author_name(name: &str) -> String {
    let mut text = String::new();
    let mut rest = name;
    while let Some(place) = rest.find('\'') {
        text.push_str(&rest[..place]);
        rest = rest[place + 1..].trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        rest = rest.strip_prefix(", ").unwrap_or(rest.trim_start());
    }
    text.push_str(rest);
    let names = [
        ("<>", ""),
        ("RString", "String"),
        ("RStr", "&str"),
        ("RVec", "Vec"),
        ("ROption", "Option"),
    ];
    let rename = |name: String, (from, to): &(&str, &str)| name.replace(from, to);
    names.iter().fold(text, rename)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_names_that_authors_write() {
        let cases = [
            ("RStr<'a>", "&str"),
            ("RStr<'_>", "&str"),
            ("RString", "String"),
            ("Two<'a, 'b>", "Two"),
            ("Value", "Value"),
        ];
        for (name, expected) in cases {
            assert_eq!(author_name(name), expected, "{name}");
        }
        let cases: [(LayoutFn, &str); 8] = [
            (<() as Parameter>::layout, "()"),
            (<u8 as Parameter>::layout, "u8"),
            (<&str as Parameter>::layout, "&str"),
            (<Value as Parameter>::layout, "Value"),
            (<&Value as Parameter>::layout, "&Value"),
            (<&[u8] as Parameter>::layout, "&[u8]"),
            (<Vec<String> as Parameter>::layout, "Vec<String>"),
            (<Option<f64> as Parameter>::layout, "Option<f64>"),
        ];
        for (layout, expected) in cases {
            assert_eq!(type_name(layout), expected);
        }
    }
}
