//! `debug`: what a template can see.

use hotplate_plugin_api::render::{Local, Scope};
use hotplate_plugin_api::value::{Dict, Value};

use crate::filters::{Call, pprint};
use crate::tagging::TagCall;
use crate::{Result, python};

/// `debug`: in debug mode the layers of names, innermost first, and then the modules of
/// Python, of which there are none; nothing otherwise.
///
/// # Errors
///
/// A limit for names whose values are too long to print.
pub fn debug(call: &mut TagCall<'_, '_>) -> Result<Value> {
    if !call.frame.settings.debug {
        return Ok(Value::str(""));
    }
    show(&Call::new(call.frame), call.scope)
}

fn show(call: &Call<'_>, scope: &Scope<'_>) -> Result<Value> {
    let mut out = String::new();
    let mut layer = Some(scope);
    while let Some(scope) = layer {
        push(call, &names(scope), &mut out)?;
        layer = scope.parent;
    }
    let constants = [
        ("False", Value::Bool(false)),
        ("None", Value::None),
        ("True", Value::Bool(true)),
    ];
    push(call, &dictionary(constants), &mut out)?;
    out.push_str("\n\n");
    push(call, &dictionary([]), &mut out)?;
    Ok(Value::safe(out))
}

fn push(call: &Call<'_>, value: &Value, out: &mut String) -> Result<()> {
    let printed = pprint::pprint(call, value, &[])?;
    out.push_str(&python::escape(python::text(&printed)?.as_str()));
    Ok(())
}

fn dictionary<'n>(entries: impl IntoIterator<Item = (&'n str, Value)>) -> Value {
    let entries = entries.into_iter();
    Value::Dict(Dict::from_iter(
        entries.map(|(name, value)| (Value::str(name), value)),
    ))
}

/// What one layer alone defines.
fn names(scope: &Scope<'_>) -> Value {
    let mut entries: Vec<(Value, Value)> = Vec::new();
    match scope.context.to_ref().into_owned() {
        Value::Dict(dict) => {
            entries.extend(dict.iter().map(|(key, value)| (key.clone(), value.clone())))
        }
        Value::None => {}
        // What computes its names on demand does not tell them.
        context => return context,
    }
    let locals = scope.names.iter().zip(scope.values.iter());
    for (name, local) in locals {
        let value = match local {
            Local::Unset => continue,
            Local::Value(value) => value.to_value(),
            Local::Loop(state) => state.to_value(),
        };
        entries.push((Value::str(name.as_str()), value));
    }
    if let Some(assigned) = scope.assigned {
        let assigned = assigned.entries().into_iter();
        entries.extend(assigned.map(|(name, value)| (Value::str(name), value)));
    }
    // Of equal names the last counts.
    Value::Dict(Dict::from_iter(entries))
}

#[cfg(test)]
mod tests {
    use hotplate_plugin_api::abi_stable::std_types::RStr;
    use hotplate_plugin_api::render::Assignments;

    use super::*;
    use crate::testing::{dict, outcome, v};

    #[test]
    fn the_layers_are_printed_innermost_first() {
        let context = dict([(v("a"), v("<")), (v("b"), v(1))]);
        let root = Scope::root(&context);
        let value = v(2);
        let names = [RStr::from_str("x"), RStr::from_str("y")];
        let values = [Local::Value((&value).into()), Local::Unset];
        let assigned = Assignments::default();
        assigned.set("z", v(3));
        let scope = root.with(&names, &values).assigning(&assigned);
        let expected = "safe: {&#x27;x&#x27;: 2, &#x27;z&#x27;: 3}\
             {&#x27;a&#x27;: &#x27;&lt;&#x27;, &#x27;b&#x27;: 1}\
             {&#x27;False&#x27;: False, &#x27;None&#x27;: None, &#x27;True&#x27;: True}\n\n{}";
        assert_eq!(outcome(show(&Call::plain(true), &scope)), expected);
    }
}
