//! The root of a generated library: a module per plugin, and the header that lists them.

use std::fmt::Write as _;

use crate::plan::Prepared;
use crate::structs::CRATE;

/// What every library has.
const COMMON: &str = include_str!("library.txt");

/// As what a case's context is given to its templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Value,
    View,
    Typed,
}

/// A case's plugin, or the one with a further layer of its templates: its name and, with
/// `_`, its module. There is one for each form that the context has.
pub(crate) fn plugin_name(place: usize, layer: usize, form: Form) -> String {
    let form = match form {
        Form::Value => "",
        Form::View => "-view",
        Form::Typed => "-typed",
    };
    match layer {
        0 => format!("case-{place:04}{form}"),
        layer => format!("case-{place:04}-{layer}{form}"),
    }
}

/// The name of a plugin's module.
pub(crate) fn module_name(plugin: &str) -> String {
    plugin.replace('-', "_")
}

/// The file with the structs of a case.
pub(crate) fn structs_file(place: usize) -> String {
    format!("case_{place:04}_structs.rs")
}

/// Prints the root of a library with these cases, each after its place.
pub(crate) fn print(cases: &[(usize, &Prepared)]) -> String {
    let mut text = format!(
        "//! Cases for the conformance run.\n\
         #![allow(warnings)]\n\n\
         extern crate self as {CRATE};\n\n\
         use std::sync::OnceLock;\n\n\
         use hotplate_conformance_structs as structs;\n\
         use hotplate_plugin_api as api;\n\
         use hotplate_plugin_api::abi_stable::std_types::{{ROption, RSlice, RStr}};\n\
         use hotplate_plugin_api::view::Kind;\n\
         use hotplate_plugin_api::view::bound::{{Argument, BoundValues, Form, NameBinding}};\n\n"
    );
    let mut table = String::new();
    for (place, prepared) in cases {
        let mut layers = String::new();
        for layer in 0..prepared.modules.len() {
            let forms = [Form::Value, Form::View, Form::Typed];
            let names = forms.map(|form| plugin_name(*place, layer, form));
            let module = module_name(&names[0]);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "mod {module};");
            let _ = write!(layers, "({names:?}, &{module}::UNITS), ");
        }
        let structs = prepared.structs.as_ref().map(|structs| {
            let (module, file) = (&structs.module, structs_file(*place));
            let _ = writeln!(text, "#[path = {file:?}]\nmod {module};");
            format!(
                "Some(Structs::of::<{}>(&{:?}))",
                structs.context, structs.units
            )
        });
        let structs = structs.unwrap_or_else(|| "None".to_owned());
        let _ = writeln!(
            table,
            "    Case {{ layers: &[{layers}], structs: {structs} }},"
        );
    }
    let count = cases.len();
    let _ = write!(
        text,
        "\nstatic CASES: [Case; {count}] = [\n{table}];\n{COMMON}"
    );
    text
}
