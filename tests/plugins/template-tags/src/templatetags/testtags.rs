//! `{% load testtags %}`: a tag that says its words again, under two names.

use hotplate_template_runtime::custom::{TagContext, filter, tag};

/// The words after the tag's name.
#[tag]
#[tag(name = "other_echo")]
pub fn echo(context: &mut TagContext<'_, '_>) -> String {
    let words: Vec<&str> = context.text().split_whitespace().collect();
    words.join(" ")
}

/// Has the name of one of Django's own filters.
#[filter]
pub fn upper(value: &str) -> String {
    value.to_uppercase()
}
