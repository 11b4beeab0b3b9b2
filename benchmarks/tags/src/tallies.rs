//! `{% load tallies %}`: tags that count what they meet.

use hotplate_template_runtime::custom::{TagContext, tag};

use crate::sum::add;

fn tally_in(context: &mut TagContext<'_, '_>) {
    let sum = add(context.get("item").as_ref(), context.get("sum").as_ref());
    context.set("sum", sum);
}

/// Adds the length of `item` to `sum`, and declares nothing.
#[tag]
pub fn tally(context: &mut TagContext<'_, '_>) {
    tally_in(context);
}

/// The same, and declares it.
#[tag(reads(item, sum), writes(sum))]
pub fn declared_tally(context: &mut TagContext<'_, '_>) {
    tally_in(context);
}
