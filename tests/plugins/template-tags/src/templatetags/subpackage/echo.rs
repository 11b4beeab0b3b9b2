//! `{% load subpackage.echo %}`.

use hotplate_template_runtime::custom::{Value, simple_tag};

/// Its argument.
#[simple_tag]
pub fn echo2(arg: Value) -> Value {
    arg
}
