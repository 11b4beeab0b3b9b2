//! What an interpreter does for the loop with a tag: names live in a stack of hash maps,
//! and every name is looked up in it. Written by hand, without any cost of walking a tree.

use std::collections::HashMap;
use std::fmt::Write as _;

use hotplate::Value;
use hotplate::Value::Dict;

#[path = "../../tags/src/sum.rs"]
mod sum;

/// Names and values, innermost scope last.
struct Context {
    scopes: Vec<HashMap<String, Value>>,
}

impl Context {
    fn get(&self, name: &str) -> Option<&Value> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    fn set(&mut self, name: &str, value: Value) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), value);
        }
    }
}

/// Renders what `undeclared.html` does.
pub(super) fn render(context: &Value) -> String {
    let mut out = String::new();
    let mut outermost = HashMap::new();
    if let Dict(names) = context {
        for (key, value) in names.iter() {
            if let Value::Str(name) = key {
                outermost.insert(name.as_str().to_owned(), value.clone());
            }
        }
    }
    let mut context = Context {
        scopes: vec![outermost],
    };
    let Some(Value::List(items)) = context.get("items").cloned() else {
        return out;
    };
    context.scopes.push(HashMap::new());
    for (index, item) in items.iter().enumerate() {
        let counters = [
            ("counter0", index),
            ("counter", index + 1),
            ("revcounter", items.len() - index),
            ("revcounter0", items.len() - index - 1),
        ];
        let forloop = counters.map(|(name, number)| (Value::str(name), Value::from(number)));
        let ends = [("first", index == 0), ("last", index + 1 == items.len())];
        let ends = ends.map(|(name, truth)| (Value::str(name), Value::from(truth)));
        context.set("forloop", forloop.into_iter().chain(ends).collect());
        context.set("item", item.clone());
        if let Some(Dict(forloop)) = context.get("forloop") {
            write(forloop.get_str("counter"), &mut out);
        }
        out.push(' ');
        write(context.get("item"), &mut out);
        let sum = sum::add(context.get("item"), context.get("sum"));
        context.set("sum", sum);
        out.push(' ');
        write(context.get("sum"), &mut out);
        out.push('\n');
    }
    out
}

fn write(value: Option<&Value>, out: &mut String) {
    match value {
        Some(Value::Str(text)) => {
            for character in text.as_str().chars() {
                match character {
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '&' => out.push_str("&amp;"),
                    '"' => out.push_str("&quot;"),
                    '\'' => out.push_str("&#x27;"),
                    character => out.push(character),
                }
            }
        }
        Some(Value::Int(number)) => {
            // Writing to a string cannot fail.
            let _ = write!(out, "{number}");
        }
        _ => {}
    }
}
