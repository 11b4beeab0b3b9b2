//! Rendering other units: includes, parents, blocks.

use hotplate_plugin_api::abi_stable::std_types::RStr;
use hotplate_plugin_api::panic::guard_frame;
use hotplate_plugin_api::render::Link;
use hotplate_plugin_api::value::{Ref, TemplateName, Value};
use hotplate_plugin_api::{ErrorRecord, Frame, Scope, Status};

use crate::flow::stop;
use crate::lookup::path;
use crate::{Break, Done, Error, Flow, Missing, Result, Stop, bind, python};

/// What a unit's entry point does: runs the unit, and catches panics.
pub fn enter(
    f: &mut Frame<'_>,
    s: &Scope<'_>,
    body: fn(&mut Frame<'_>, &Scope<'_>) -> Done,
) -> Status {
    guard_frame(f, |f| status_of(body(f, s)))
}

/// How something ended, for another library.
#[inline]
pub(crate) fn status_of(done: Done) -> Status {
    match done {
        Ok(()) => Status::Ok,
        Err(Stop) => Status::Failed,
    }
}

/// Adds a line to the traceback if another unit failed.
#[inline]
pub(crate) fn passed(status: Status, f: &Frame<'_>, unit: &str, site: u32) -> Done {
    match status {
        Status::Ok => Ok(()),
        Status::Failed => Err(stop(&Error::Reported, &f.failure, unit, site)),
    }
}

/// Renders a template that is named by a literal.
///
/// # Errors
///
/// `Stop`, after reporting, if there is no such template or it fails.
pub fn include(
    link: &'static Link,
    scope: &Scope<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    let callee = f.callee(link, &[], &[]);
    let status = match callee.and_then(|callee| callee.include(f, scope)) {
        Some(status) => status,
        None => f.include_linked(link, scope),
    };
    passed(status, f, unit, site)
}

/// As [`include`], for a name that no link holds.
pub(crate) fn include_named(
    name: &str,
    scope: &Scope<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    let status = f.include(&[name.into()], scope);
    passed(status, f, unit, site)
}

/// Renders a computed template.
///
/// # Errors
///
/// `Stop`, after reporting, if there is none or it fails.
pub fn include_computed(
    included: &Included,
    scope: &Scope<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    let status = match included {
        Included::Template(template) => f.include_template(template, scope),
        Included::Names(names) => {
            let names: Vec<RStr<'_>> = names.iter().map(|name| RStr::from_str(name)).collect();
            f.include(&names, scope)
        }
    };
    passed(status, f, unit, site)
}

/// What an `include` of a computed template means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Included {
    /// The first of these that exists.
    Names(Vec<String>),
    /// The template that a value stands for.
    Template(TemplateName),
}

/// The templates that an `include` in `template` means.
///
/// # Errors
///
/// `Stop`, after reporting, if the expression raised or means no template at all.
pub fn included(
    flow: Flow<'_>,
    template: &str,
    f: &Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<Included, Stop> {
    let value = bind(flow, f, unit, site)?;
    if let Some(template) = template_of(&value) {
        return Ok(Included::Template(template));
    }
    let names = names_of(&value, template);
    names
        .map(Included::Names)
        .map_err(|error| stop(&error, &f.failure, unit, site))
}

/// The template that a value stands for, if it does.
fn template_of(value: &Value) -> Option<TemplateName> {
    match value {
        Value::Object(object) => object.template(),
        _ => None,
    }
}

fn names_of(value: &Value, template: &str) -> Result<Vec<String>> {
    let names = match value {
        Value::Str(text) if !text.as_str().is_empty() => {
            vec![absolute(text.as_str(), template)?]
        }
        value if python::truth(value) => {
            let mut names = Vec::new();
            for item in python::iterate(value)? {
                names.push(python::text(&item)?.as_str().to_owned());
            }
            names
        }
        _ => Vec::new(),
    };
    if names.is_empty() {
        return Err(Error::raise(
            "TemplateDoesNotExist",
            "No template names provided",
        ));
    }
    Ok(names)
}

/// Makes a name that starts with `./` or `../` absolute, as Django does.
fn absolute(name: &str, template: &str) -> Result<String> {
    let relative = name.trim_matches(['\'', '"']);
    if !relative.starts_with("./") && !relative.starts_with("../") {
        return Ok(name.to_owned());
    }
    if template.is_empty() {
        return Err(Error::raise(
            "TemplateSyntaxError",
            format!(
                "The relative path {name} cannot be evaluated due to an unknown template origin."
            ),
        ));
    }
    let template_path = template.trim_start_matches('/');
    let folder = template_path
        .rfind('/')
        .map_or("", |place| &template_path[..place]);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(relative.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let path = if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    };
    if path.starts_with("../") {
        return Err(Error::raise(
            "TemplateSyntaxError",
            format!(
                "The relative path '{name}' points outside the file hierarchy that template '{template}' is in."
            ),
        ));
    }
    if path == template_path {
        return Err(Error::raise(
            "TemplateSyntaxError",
            format!(
                "The relative path '{name}' was translated to template name '{template}', the same template in which the tag appears."
            ),
        ));
    }
    Ok(path)
}

/// Renders the parent. `variable` is the text of the expression that names it, where
/// that is no constant.
///
/// # Errors
///
/// `Stop`, after reporting, if the expression means no name, there is no such template,
/// or it fails.
pub fn extend(
    flow: Flow<'_>,
    variable: Option<&str>,
    scope: &Scope<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    let value = bind(flow, f, unit, site)?;
    if let Some(template) = template_of(&value) {
        let status = f.extend_template(&template, scope);
        return passed(status, f, unit, site);
    }
    let parent =
        parent_name(&value, variable).map_err(|error| stop(&error, &f.failure, unit, site))?;
    let status = f.extend(&parent, scope);
    passed(status, f, unit, site)
}

/// Renders the parent that a literal names.
///
/// # Errors
///
/// `Stop`, after reporting, if there is no such template or it fails.
pub fn extend_named(
    parent: &str,
    scope: &Scope<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    let status = f.extend(parent, scope);
    passed(status, f, unit, site)
}

fn parent_name(value: &Value, variable: Option<&str>) -> Result<String> {
    if python::truth(value) {
        return Ok(python::text(value)?.as_str().to_owned());
    }
    let mut message = format!(
        "Invalid template name in 'extends' tag: {}.",
        python::repr(value)?
    );
    if let Some(variable) = variable {
        message.push_str(&format!(" Got this from the '{variable}' variable."));
    }
    Err(Error::raise("TemplateSyntaxError", message))
}

/// Renders a block where it stands.
///
/// # Errors
///
/// `Stop`, after reporting, if the block fails.
pub fn block(
    link: &'static Link,
    scope: &Scope<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    let status = f.block(link, scope);
    passed(status, f, unit, site)
}

/// Writes `{{ block.super }}`.
///
/// # Errors
///
/// `Stop`, after reporting, if the block fails.
pub fn output_block_super(
    template: &str,
    block: &str,
    scope: &Scope<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    let status = f.block_super(template, block, scope);
    passed(status, f, unit, site)
}

/// `block.super` as a value, and a lookup that may start from it. `parts` is the dotted
/// name from `block` on.
pub fn block_super(
    template: &str,
    block: &str,
    scope: &Scope<'_>,
    parts: &[&'static str],
    missing: Missing,
    f: &Frame<'_>,
) -> Flow<'static> {
    // The block's failure may be an exception that a condition passes over, so it is
    // recorded here first.
    let mut record = ErrorRecord::default();
    let mut inner = f.inner(record.failure());
    let status = inner.block_super(template, block, scope);
    let captured = std::mem::take(&mut inner.out);
    f.serial.set(inner.serial.get());
    drop(inner);
    if status == Status::Failed {
        let error = Error::of_unit(record, &f.failure);
        // Django calls `super` as it calls any method, whose silent failures count as
        // `string_if_invalid`.
        if error.is_missing() {
            let invalid = Value::str(f.string_if_invalid.as_str());
            return path(Ref::Owned(invalid), parts, 2, missing, f);
        }
        return Err(Break::Error(error));
    }
    let value = Value::safe(captured.into_string());
    path(Ref::Owned(value), parts, 2, missing, f)
}
