//! `{% load inclusion %}`: tags that render a template, by its name and, those whose names
//! end in `_from_template`, one of this plugin's own.

use hotplate_template_runtime::Error;
use hotplate_template_runtime::custom::{TagContext, Value, context, inclusion_tag};

use super::{joined, joined_pairs, named};

fn result(text: String) -> Value {
    context! { result: text }
}

/// Takes nothing.
#[inclusion_tag("inclusion.html")]
pub fn inclusion_no_params() -> Value {
    result("inclusion_no_params - Expected result".to_owned())
}

/// Takes nothing.
#[inclusion_tag("template_tags/inclusion.html")]
pub fn inclusion_no_params_from_template() -> Value {
    result("inclusion_no_params_from_template - Expected result".to_owned())
}

/// Shows its argument.
#[inclusion_tag("inclusion.html")]
pub fn inclusion_one_param(arg: &str) -> Value {
    result(format!("inclusion_one_param - Expected result: {arg}"))
}

/// Shows its argument.
#[inclusion_tag("template_tags/inclusion.html")]
pub fn inclusion_one_param_from_template(arg: &str) -> Value {
    result(format!(
        "inclusion_one_param_from_template - Expected result: {arg}"
    ))
}

/// Shows its argument.
#[inclusion_tag("inclusion.html")]
pub fn inclusion_explicit_no_context(arg: &str) -> Value {
    result(format!(
        "inclusion_explicit_no_context - Expected result: {arg}"
    ))
}

/// Shows its argument.
#[inclusion_tag("template_tags/inclusion.html")]
pub fn inclusion_explicit_no_context_from_template(arg: &str) -> Value {
    result(format!(
        "inclusion_explicit_no_context_from_template - Expected result: {arg}"
    ))
}

/// Shows a name of the context.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[inclusion_tag("inclusion.html", takes_context)]
pub fn inclusion_no_params_with_context(context: &mut TagContext<'_, '_>) -> Result<Value, Error> {
    let value = named(context, "value")?;
    Ok(result(format!(
        "inclusion_no_params_with_context - Expected result (context value: {value})"
    )))
}

/// Shows a name of the context.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[inclusion_tag("template_tags/inclusion.html", takes_context)]
pub fn inclusion_no_params_with_context_from_template(
    context: &mut TagContext<'_, '_>,
) -> Result<Value, Error> {
    let value = named(context, "value")?;
    Ok(result(format!(
        "inclusion_no_params_with_context_from_template - Expected result (context value: {value})"
    )))
}

/// Shows a name of the context and its argument.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[inclusion_tag("inclusion.html", takes_context)]
pub fn inclusion_params_and_context(
    context: &mut TagContext<'_, '_>,
    arg: &str,
) -> Result<Value, Error> {
    let value = named(context, "value")?;
    Ok(result(format!(
        "inclusion_params_and_context - Expected result (context value: {value}): {arg}"
    )))
}

/// Shows a name of the context and its argument.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[inclusion_tag("template_tags/inclusion.html", takes_context)]
pub fn inclusion_params_and_context_from_template(
    context: &mut TagContext<'_, '_>,
    arg: &str,
) -> Result<Value, Error> {
    let value = named(context, "value")?;
    Ok(result(format!(
        "inclusion_params_and_context_from_template - Expected result (context value: {value}): {arg}"
    )))
}

/// Shows its arguments.
#[inclusion_tag("inclusion.html")]
pub fn inclusion_two_params(one: &str, two: &str) -> Value {
    result(format!(
        "inclusion_two_params - Expected result: {one}, {two}"
    ))
}

/// Shows its arguments.
#[inclusion_tag("template_tags/inclusion.html")]
pub fn inclusion_two_params_from_template(one: &str, two: &str) -> Value {
    result(format!(
        "inclusion_two_params_from_template - Expected result: {one}, {two}"
    ))
}

/// Shows its arguments.
#[inclusion_tag("inclusion.html")]
pub fn inclusion_one_default(one: &str, #[default("hi")] two: &str) -> Value {
    result(format!(
        "inclusion_one_default - Expected result: {one}, {two}"
    ))
}

/// Shows its arguments.
#[inclusion_tag("template_tags/inclusion.html")]
pub fn inclusion_one_default_from_template(one: &str, #[default("hi")] two: &str) -> Value {
    result(format!(
        "inclusion_one_default_from_template - Expected result: {one}, {two}"
    ))
}

/// Shows its argument.
#[inclusion_tag("inclusion.html")]
pub fn inclusion_keyword_only_default(
    #[keyword]
    #[default(42)]
    kwarg: &str,
) -> Value {
    result(format!(
        "inclusion_keyword_only_default - Expected result: {kwarg}"
    ))
}

/// Shows its arguments.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[inclusion_tag("inclusion.html")]
pub fn inclusion_unlimited_args(
    one: &Value,
    #[default("hi")] two: &Value,
    #[args] args: &[Value],
) -> Result<Value, Error> {
    let all = joined([one, two].into_iter().chain(args))?;
    Ok(result(format!(
        "inclusion_unlimited_args - Expected result: {all}"
    )))
}

/// Shows its arguments.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[inclusion_tag("template_tags/inclusion.html")]
pub fn inclusion_unlimited_args_from_template(
    one: &Value,
    #[default("hi")] two: &Value,
    #[args] args: &[Value],
) -> Result<Value, Error> {
    let all = joined([one, two].into_iter().chain(args))?;
    Ok(result(format!(
        "inclusion_unlimited_args_from_template - Expected result: {all}"
    )))
}

/// Shows its arguments.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[inclusion_tag("inclusion.html")]
pub fn inclusion_only_unlimited_args(#[args] args: &[Value]) -> Result<Value, Error> {
    let all = joined(args)?;
    Ok(result(format!(
        "inclusion_only_unlimited_args - Expected result: {all}"
    )))
}

/// Shows its arguments.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[inclusion_tag("template_tags/inclusion.html")]
pub fn inclusion_only_unlimited_args_from_template(#[args] args: &[Value]) -> Result<Value, Error> {
    let all = joined(args)?;
    Ok(result(format!(
        "inclusion_only_unlimited_args_from_template - Expected result: {all}"
    )))
}

/// Shows its arguments.
///
/// # Errors
///
/// What a name that is not there, or a value without a text, raises.
#[inclusion_tag("inclusion.html")]
pub fn inclusion_unlimited_args_kwargs(
    one: &Value,
    #[default("hi")] two: &Value,
    #[args] args: &[Value],
    #[kwargs] kwargs: &[(String, Value)],
) -> Result<Value, Error> {
    let all = joined([one, two].into_iter().chain(args))?;
    let pairs = joined_pairs(kwargs)?;
    Ok(result(format!(
        "inclusion_unlimited_args_kwargs - Expected result: {all} / {pairs}"
    )))
}

/// Renders a template that asks whether values are localized.
#[inclusion_tag("test_incl_tag_use_l10n.html", takes_context)]
pub fn inclusion_tag_use_l10n(_context: &mut TagContext<'_, '_>) -> Value {
    context! {}
}

/// Renders a template that extends another.
#[inclusion_tag("inclusion_extends1.html")]
pub fn inclusion_extends1() -> Value {
    context! {}
}

/// Renders another template that extends the same.
#[inclusion_tag("inclusion_extends2.html")]
pub fn inclusion_extends2() -> Value {
    context! {}
}
