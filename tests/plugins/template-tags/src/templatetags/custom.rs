//! `{% load custom %}`: filters, simple tags and block tags with every kind of parameter.

use std::sync::atomic::{AtomicUsize, Ordering};

use hotplate_plugin_api::environment::Switch;
use hotplate_template_runtime::Error;
use hotplate_template_runtime::custom::{
    TagContext, Value, conditional_escape, escape, filter, simple_block_tag, simple_tag, tag,
};

use super::{joined, joined_pairs, named};

/// The first `num` characters; a negative number leaves as many out at the end.
#[filter]
pub fn trim(value: &str, num: i64) -> String {
    let count = usize::try_from(num).unwrap_or_else(|_| {
        let left_out = usize::try_from(num.unsigned_abs()).unwrap_or(usize::MAX);
        value.chars().count().saturating_sub(left_out)
    });
    value.chars().take(count).collect()
}

/// An element that has the value in an attribute.
#[filter]
pub fn make_data_div(value: &str) -> Value {
    Value::safe(format!("<div data-name=\"{value}\"></div>"))
}

/// The value, whatever the argument.
#[filter]
pub fn noop(value: Value, _param: Option<&Value>) -> Value {
    value
}

/// An element around what it encloses.
///
/// # Errors
///
/// What `__str__` of the id raises.
#[simple_block_tag]
pub fn div(content: &str, #[default("test")] id: &Value) -> Result<Value, Error> {
    let id = conditional_escape(id)?;
    Ok(Value::safe(format!(
        "<div id='{}'>{content}</div>",
        id.as_str()
    )))
}

/// The same with a closing tag of its own.
#[simple_block_tag(end_name = "divend")]
pub fn div_custom_end(content: &str) -> Value {
    Value::safe(format!("<div>{content}</div>"))
}

/// Takes nothing.
#[simple_tag]
pub fn no_params() -> String {
    "no_params - Expected result".to_owned()
}

/// Shows its argument.
#[simple_tag]
pub fn one_param(arg: &str) -> String {
    format!("one_param - Expected result: {arg}")
}

/// Shows its argument, with what it encloses.
#[simple_block_tag]
pub fn one_param_block(content: &str, arg: &str) -> String {
    format!("one_param_block - Expected result: {arg} with content {content}")
}

/// Shows its argument.
#[simple_tag]
pub fn explicit_no_context(arg: &str) -> String {
    format!("explicit_no_context - Expected result: {arg}")
}

/// Shows its argument, with what it encloses.
#[simple_block_tag]
pub fn explicit_no_context_block(content: &str, arg: &str) -> String {
    format!("explicit_no_context_block - Expected result: {arg} with content {content}")
}

/// Shows a name of the context.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[simple_tag(takes_context)]
pub fn no_params_with_context(context: &mut TagContext<'_, '_>) -> Result<String, Error> {
    let value = named(context, "value")?;
    Ok(format!(
        "no_params_with_context - Expected result (context value: {value})"
    ))
}

/// Shows a name of the context, with what it encloses.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[simple_block_tag(takes_context)]
pub fn no_params_with_context_block(
    context: &mut TagContext<'_, '_>,
    content: &str,
) -> Result<String, Error> {
    let value = named(context, "value")?;
    Ok(format!(
        "no_params_with_context_block - Expected result (context value: {value}) (content value: {content})"
    ))
}

/// Shows a name of the context and its argument.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[simple_tag(takes_context)]
pub fn params_and_context(context: &mut TagContext<'_, '_>, arg: &str) -> Result<String, Error> {
    let value = named(context, "value")?;
    Ok(format!(
        "params_and_context - Expected result (context value: {value}): {arg}"
    ))
}

/// Shows a name of the context and its argument, with what it encloses.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[simple_block_tag(takes_context)]
pub fn params_and_context_block(
    context: &mut TagContext<'_, '_>,
    content: &str,
    arg: &str,
) -> Result<String, Error> {
    let value = named(context, "value")?;
    Ok(format!(
        "params_and_context_block - Expected result (context value: {value}) (content value: {content}): {arg}"
    ))
}

/// Shows its arguments.
#[simple_tag]
pub fn simple_two_params(one: &str, two: &str) -> String {
    format!("simple_two_params - Expected result: {one}, {two}")
}

/// Shows its arguments, with what it encloses.
#[simple_block_tag]
pub fn simple_two_params_block(content: &str, one: &str, two: &str) -> String {
    format!("simple_two_params_block - Expected result (content value: {content}): {one}, {two}")
}

/// Shows its argument.
#[simple_tag]
pub fn simple_keyword_only_param(#[keyword] kwarg: &str) -> String {
    format!("simple_keyword_only_param - Expected result: {kwarg}")
}

/// Shows its argument, with what it encloses.
#[simple_block_tag]
pub fn simple_keyword_only_param_block(content: &str, #[keyword] kwarg: &str) -> String {
    format!("simple_keyword_only_param_block - Expected result (content value: {content}): {kwarg}")
}

/// Shows its argument.
#[simple_tag]
pub fn simple_keyword_only_default(
    #[keyword]
    #[default(42)]
    kwarg: &str,
) -> String {
    format!("simple_keyword_only_default - Expected result: {kwarg}")
}

/// Shows its argument, with what it encloses.
#[simple_block_tag]
pub fn simple_keyword_only_default_block(
    content: &str,
    #[keyword]
    #[default(42)]
    kwarg: &str,
) -> String {
    format!(
        "simple_keyword_only_default_block - Expected result (content value: {content}): {kwarg}"
    )
}

/// Shows its arguments.
#[simple_tag]
pub fn simple_one_default(one: &str, #[default("hi")] two: &str) -> String {
    format!("simple_one_default - Expected result: {one}, {two}")
}

/// Shows its arguments, with what it encloses.
#[simple_block_tag]
pub fn simple_one_default_block(content: &str, one: &str, #[default("hi")] two: &str) -> String {
    format!("simple_one_default_block - Expected result (content value: {content}): {one}, {two}")
}

/// Shows its arguments.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[simple_tag]
pub fn simple_unlimited_args(
    one: &Value,
    #[default("hi")] two: &Value,
    #[args] args: &[Value],
) -> Result<String, Error> {
    let all = joined([one, two].into_iter().chain(args))?;
    Ok(format!("simple_unlimited_args - Expected result: {all}"))
}

/// Shows its arguments, with what it encloses.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[simple_block_tag]
pub fn simple_unlimited_args_block(
    content: &str,
    one: &Value,
    #[default("hi")] two: &Value,
    #[args] args: &[Value],
) -> Result<String, Error> {
    let all = joined([one, two].into_iter().chain(args))?;
    Ok(format!(
        "simple_unlimited_args_block - Expected result (content value: {content}): {all}"
    ))
}

/// Shows its arguments.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[simple_tag]
pub fn simple_only_unlimited_args(#[args] args: &[Value]) -> Result<String, Error> {
    let all = joined(args)?;
    Ok(format!(
        "simple_only_unlimited_args - Expected result: {all}"
    ))
}

/// Shows its arguments, with what it encloses.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[simple_block_tag]
pub fn simple_only_unlimited_args_block(
    content: &str,
    #[args] args: &[Value],
) -> Result<String, Error> {
    let all = joined(args)?;
    Ok(format!(
        "simple_only_unlimited_args_block - Expected result (content value: {content}): {all}"
    ))
}

/// Shows its arguments.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[simple_tag]
pub fn simple_unlimited_args_kwargs(
    one: &Value,
    #[default("hi")] two: &Value,
    #[args] args: &[Value],
    #[kwargs] kwargs: &[(String, Value)],
) -> Result<String, Error> {
    let all = joined([one, two].into_iter().chain(args))?;
    let pairs = joined_pairs(kwargs)?;
    Ok(format!(
        "simple_unlimited_args_kwargs - Expected result: {all} / {pairs}"
    ))
}

/// Shows its arguments, with what it encloses.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[simple_block_tag]
pub fn simple_unlimited_args_kwargs_block(
    content: &str,
    one: &Value,
    #[default("hi")] two: &Value,
    #[args] args: &[Value],
    #[kwargs] kwargs: &[(String, Value)],
) -> Result<String, Error> {
    let all = joined([one, two].into_iter().chain(args))?;
    let pairs = joined_pairs(kwargs)?;
    Ok(format!(
        "simple_unlimited_args_kwargs_block - Expected result (content value: {content}): {all} / {pairs}"
    ))
}

/// Greets, and leaves escaping to the engine.
///
/// # Errors
///
/// `KeyError` without a name in the context.
#[simple_tag(takes_context)]
pub fn escape_naive(context: &mut TagContext<'_, '_>) -> Result<String, Error> {
    Ok(format!("Hello {}!", named(context, "name")?))
}

/// Greets, and leaves escaping to the engine.
///
/// # Errors
///
/// `KeyError` without a name in the context.
#[simple_block_tag(takes_context)]
pub fn escape_naive_block(
    context: &mut TagContext<'_, '_>,
    content: &str,
) -> Result<String, Error> {
    Ok(format!("Hello {}: {content}!", named(context, "name")?))
}

/// Greets, and escapes all of it.
///
/// # Errors
///
/// `KeyError` without a name in the context.
#[simple_tag(takes_context)]
pub fn escape_explicit(context: &mut TagContext<'_, '_>) -> Result<Value, Error> {
    Ok(Value::safe(escape(&escape_naive(context)?)))
}

/// Greets, and escapes all of it.
///
/// # Errors
///
/// `KeyError` without a name in the context.
#[simple_block_tag(takes_context)]
pub fn escape_explicit_block(
    context: &mut TagContext<'_, '_>,
    content: &str,
) -> Result<Value, Error> {
    Ok(Value::safe(escape(&escape_naive_block(context, content)?)))
}

/// Greets, and escapes the name.
///
/// # Errors
///
/// `KeyError` without a name in the context.
#[simple_tag(takes_context)]
pub fn escape_format_html(context: &mut TagContext<'_, '_>) -> Result<Value, Error> {
    let name = conditional_escape(&context.item("name")?)?;
    Ok(Value::safe(format!("Hello {}!", name.as_str())))
}

/// Greets, and escapes the name.
///
/// # Errors
///
/// `KeyError` without a name in the context.
#[simple_block_tag(takes_context)]
pub fn escape_format_html_block(
    context: &mut TagContext<'_, '_>,
    content: &str,
) -> Result<Value, Error> {
    let name = conditional_escape(&context.item("name")?)?;
    Ok(Value::safe(format!("Hello {}: {content}!", name.as_str())))
}

/// Whether values are localized here, as Python shows it: `None` is as the settings say.
#[simple_tag(takes_context)]
pub fn use_l10n(context: &mut TagContext<'_, '_>) -> &'static str {
    match context.frame().locale.localize {
        Switch::Default => "None",
        Switch::On => "True",
        Switch::Off => "False",
    }
}

/// Two less.
#[simple_tag(name = "minustwo")]
pub fn minustwo_overridden_name(value: i64) -> i128 {
    i128::from(value) - 2
}

/// One less.
#[simple_tag]
pub fn minusone(x: i64) -> i128 {
    i128::from(x) - 1
}

/// How often it was rendered before, since the plugin was loaded.
#[tag]
pub fn counter(_context: &mut TagContext<'_, '_>) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed).to_string()
}
