//! `{% load tags %}`: a tag that prints everything it can see.

use std::sync::atomic::{AtomicUsize, Ordering};

use hotplate_template_runtime::Error;
use hotplate_template_runtime::custom::{TagContext, tag, text};

/// How often it was rendered, after making a text of every value in the context.
///
/// # Errors
///
/// What a value's `__str__` raises, but for `AttributeError`.
#[tag]
pub fn count_render(context: &mut TagContext<'_, '_>) -> Result<String, Error> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    for (_, value) in context.flatten() {
        match text(&value) {
            Err(error) if !error.is("AttributeError") => return Err(error),
            _ => {}
        }
    }
    Ok(count.to_string())
}
