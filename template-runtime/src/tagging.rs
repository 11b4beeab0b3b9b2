//! Calling the functions behind tags, and giving them their bodies to render.

use std::cell::RefCell;

use hotplate_plugin_api::abi_stable::std_types::RStr;
use hotplate_plugin_api::environment::ActiveLocale;
use hotplate_plugin_api::panic::catch;
use hotplate_plugin_api::tag::{Body, Outcome, OwnedBodies, TagInput};
use hotplate_plugin_api::value::{Ref, Value};
use hotplate_plugin_api::{Frame, Output, Scope, Status, tag as api};

use crate::flow::stop;
use crate::{Break, Done, Error, Flow, Result, Stop, bind, emit, python};

/// The work of a tag: its result is written as it is, or bound to a name.
pub type Tag = fn(&mut TagCall<'_, '_>) -> Result<Value>;

/// The work of a tag that changes how its body is rendered.
pub type Setting = fn(&mut Frame<'_>, &[TagArgument<'_>]) -> Result<()>;

/// An argument of a tag, evaluated.
#[derive(Debug, Clone)]
pub struct TagArgument<'c> {
    /// The name of a keyword argument; empty for a positional one.
    pub name: &'c str,
    /// The value; `None` if it raised.
    pub value: Ref<'c>,
    /// What evaluating it raised, for a tag that is told.
    pub raised: Option<Error>,
}

/// Renders one of a tag's bodies into the frame.
pub type Bodies<'b> = dyn FnMut(usize, &mut Frame<'_>, &Scope<'_>) -> Done + 'b;

/// What a tag is called with.
#[expect(missing_debug_implementations, reason = "a frame has nothing to show")]
pub struct TagCall<'c, 'f> {
    /// The rendering.
    pub frame: &'c mut Frame<'f>,
    /// The names that the tag sees, for tags that look at names of their own choosing.
    pub scope: &'c Scope<'c>,
    /// What the compiler decided.
    pub options: &'c [&'c str],
    /// The arguments in order.
    pub arguments: &'c [TagArgument<'c>],
    /// Whether the result is bound to a name (`as name`).
    pub assigned: bool,
    bodies: &'c mut Bodies<'c>,
    body_count: usize,
}

impl<'c> TagCall<'c, '_> {
    /// How many bodies the tag has.
    pub fn body_count(&self) -> usize {
        self.body_count
    }

    /// Renders a body; one that is not there is empty.
    ///
    /// # Errors
    ///
    /// What rendering it raises.
    pub fn render_body(&mut self, index: usize) -> Result<String> {
        if index >= self.body_count {
            return Ok(String::new());
        }
        let (bodies, scope) = (&mut *self.bodies, self.scope);
        let rendered = capture(self.frame, |frame| bodies(index, frame, scope));
        rendered.map_err(|Stop| Error::Reported)
    }

    /// A positional argument.
    pub fn positional(&self, index: usize) -> Option<&'c Value> {
        let mut positional = self.arguments.iter().filter(|found| found.name.is_empty());
        positional.nth(index).map(|found| &*found.value)
    }

    /// A keyword argument.
    pub fn keyword(&self, name: &str) -> Option<&'c Value> {
        let found = self.arguments.iter().find(|found| found.name == name);
        found.map(|found| &*found.value)
    }
}

/// Evaluates an argument.
///
/// # Errors
///
/// `Stop`, after reporting, if the expression raised.
pub fn argument<'c>(
    name: &'c str,
    flow: Flow<'c>,
    f: &Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<TagArgument<'c>, Stop> {
    let value = bind(flow, f, unit, site)?;
    Ok(TagArgument {
        name,
        value,
        raised: None,
    })
}

/// Evaluates an argument of a tag that is told of what the expression raises.
///
/// # Errors
///
/// `Stop`, after reporting, for what is no exception.
pub fn caught_argument<'c>(
    name: &'c str,
    flow: Flow<'c>,
    f: &Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<TagArgument<'c>, Stop> {
    match flow {
        Err(Break::Error(error)) if !error.is_fatal() => Ok(TagArgument {
            name,
            value: Ref::Owned(Value::None),
            raised: Some(error),
        }),
        flow => argument(name, flow, f, unit, site),
    }
}

/// Calls the function of a tag.
///
/// # Errors
///
/// `Stop`, after reporting, if it raised or panicked.
#[expect(clippy::too_many_arguments, reason = "called by generated code alone")]
pub fn tag<'c>(
    function: Tag,
    options: &'c [&'c str],
    arguments: &'c [TagArgument<'c>],
    body_count: usize,
    bodies: &'c mut Bodies<'c>,
    assigned: bool,
    f: &'c mut Frame<'_>,
    scope: &'c Scope<'c>,
    unit: &str,
    site: u32,
) -> Result<Value, Stop> {
    let failure = f.failure;
    let mut call = TagCall {
        frame: f,
        scope,
        options,
        arguments,
        assigned,
        bodies,
        body_count,
    };
    let result = catch(failure, || function(&mut call)).unwrap_or(Err(Error::Reported));
    result.map_err(|error| stop(&error, &failure, unit, site))
}

/// Calls a tag of a library. `escape` says that a result that is written is escaped.
///
/// # Errors
///
/// `Stop`, after reporting, if it raised or panicked.
#[expect(clippy::too_many_arguments, reason = "called by generated code alone")]
pub fn library_tag(
    library: &str,
    name: &str,
    escape: bool,
    text: &str,
    arguments: &[TagArgument<'_>],
    body_count: usize,
    bodies: &mut Bodies<'_>,
    assigned: bool,
    f: &mut Frame<'_>,
    scope: &Scope<'_>,
    unit: &str,
    site: u32,
) -> Result<Value, Stop> {
    let (positional, keywords): (Vec<_>, Vec<_>) = arguments
        .iter()
        .map(|argument| api::TagArgument {
            name: RStr::from_str(argument.name),
            value: &argument.value,
        })
        .partition(|argument| argument.name.is_empty());
    let arguments: Vec<api::TagArgument<'_>> = positional.into_iter().chain(keywords).collect();
    let bodies = RefCell::new(bodies);
    let mut each: Vec<_> = (0..body_count)
        .map(|index| {
            let bodies = &bodies;
            move |frame: &mut Frame<'_>, scope: &Scope<'_>| {
                let Ok(mut bodies) = bodies.try_borrow_mut() else {
                    let error =
                        Error::raise("RuntimeError", "a tag's body was rendered inside itself");
                    error.report(&frame.failure);
                    return Status::Failed;
                };
                match bodies(index, frame, scope) {
                    Ok(()) => Status::Ok,
                    Err(Stop) => Status::Failed,
                }
            }
        })
        .collect();
    let each = each.iter_mut().map(|body| body as &mut Body<'_>).collect();
    let bodies = OwnedBodies::new(each);
    let outcome = f.tag(
        library,
        name,
        &TagInput {
            scope,
            text: text.into(),
            arguments: arguments.as_slice().into(),
            bodies: bodies.lend(),
            assigned,
        },
    );
    let result = match outcome {
        Outcome::Done(value) if escape && !assigned && f.autoescape => {
            python::conditional_escape(&value).map(Value::Str)
        }
        Outcome::Done(value) => Ok(value),
        Outcome::Raised(exception) => Err(exception.into()),
        Outcome::Failed => Err(Error::Reported),
    };
    result.map_err(|error| stop(&error, &f.failure, unit, site))
}

/// Writes the result of a tag as it is.
///
/// # Errors
///
/// `Stop`, after reporting, if it cannot be printed.
pub fn write_result(value: &Value, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    if let Value::Str(text) = value {
        return emit::text(text.as_str(), f);
    }
    match python::text(value) {
        Ok(printed) => emit::text(printed.as_str(), f),
        Err(error) => Err(stop(&error, &f.failure, unit, site)),
    }
}

/// Renders the template of an inclusion tag, whose context the tag's result is.
///
/// # Errors
///
/// `Stop`, after reporting, if there is no such template or it fails.
pub fn include_result(
    template: &str,
    context: &Value,
    csrf_token: Flow<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    let token = bind(csrf_token, f, unit, site)?;
    let names = [RStr::from_str("csrf_token")];
    let values = [match &*token {
        Value::None => crate::Local::Unset,
        token => crate::Local::Value(crate::View::of(token)),
    }];
    let root = Scope::root(context);
    let scope = root.with(&names, &values);
    crate::render::include_named(template, &scope, f, unit, site)
}

/// How a place is rendered, to be put back.
#[derive(Debug)]
pub struct Kept<'f> {
    autoescape: bool,
    locale: ActiveLocale<'f>,
}

/// Changes how what follows is rendered; what it was before is to be [put back](put_back).
///
/// # Errors
///
/// `Stop`, after reporting, if the function raised or panicked.
pub fn setting<'f>(
    function: Setting,
    arguments: &[TagArgument<'_>],
    f: &mut Frame<'f>,
    unit: &str,
    site: u32,
) -> Result<Kept<'f>, Stop> {
    let kept = Kept {
        autoescape: f.autoescape,
        locale: f.locale.clone(),
    };
    let failure = f.failure;
    match catch(failure, || function(f, arguments)).unwrap_or(Err(Error::Reported)) {
        Ok(()) => Ok(kept),
        Err(error) => Err(stop(&error, &failure, unit, site)),
    }
}

/// Ends what [`setting`] began.
pub fn put_back<'f>(kept: Kept<'f>, f: &mut Frame<'f>) {
    f.autoescape = kept.autoescape;
    f.locale = kept.locale;
}

/// What a body renders, as text.
///
/// # Errors
///
/// `Stop`, if the body failed, which it has reported.
pub fn capture<'f>(
    f: &mut Frame<'f>,
    body: impl FnOnce(&mut Frame<'f>) -> Done,
) -> Result<String, Stop> {
    let inside = Output::with_limit(f.out.limit());
    let outside = std::mem::replace(&mut f.out, inside);
    let done = body(f);
    let inside = std::mem::replace(&mut f.out, outside);
    done.map(|()| inside.into_string())
}

/// Sets a name in the last layer of a scope.
pub fn assign(scope: &Scope<'_>, name: &str, value: Value) {
    if let Some(assigned) = scope.assigned {
        assigned.set(name, value);
    }
}
