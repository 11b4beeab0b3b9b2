//! Filters and tags that plugins define: how they are called, and what they see.
#![expect(
    unsafe_code,
    reason = "the bodies of a tag cross as an untyped pointer with one function"
)]

use std::cell::RefCell;
use std::marker::PhantomData;

use abi_stable::StableAbi;
use abi_stable::std_types::{RSlice, RStr};

use crate::failure::{ErrorKind, ErrorRecord, Status};
use crate::render::{Assignments, Found, Frame, Local, Scope};
use crate::state::StateUse;
use crate::unit::UnitData;
use crate::value::{Exception, Value};
use crate::view::View;

/// What a filter or a tag comes to.
#[repr(C, u8)]
#[derive(StableAbi, Debug)]
#[must_use = "a failure must end the rendering"]
pub enum Outcome {
    /// This value.
    Done(Value),
    /// It raised.
    Raised(Exception),
    /// It failed, and has reported why into the frame.
    Failed,
}

impl From<Result<Value, Exception>> for Outcome {
    fn from(result: Result<Value, Exception>) -> Self {
        match result {
            Ok(value) => Self::Done(value),
            Err(exception) => Self::Raised(exception),
        }
    }
}

/// Runs a filter: the frame, the value left of the bar, the arguments after the colon.
///
/// # Safety of a call
///
/// 1. The first argument is the descriptor's data, or for a unit with state the slots that the
///    host has bound it to; the library stays mapped during the call.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct FilterCode(
    pub unsafe extern "C" fn(UnitData, &Frame<'_>, &Value, RSlice<'_, Value>) -> Outcome,
);

/// A filter of a library.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct FilterEntry {
    /// Checks the arguments, calls the filter, catches panics.
    pub call: FilterCode,
    /// The library that `load` knows it by.
    pub library: RStr<'static>,
    /// Its name in templates.
    pub name: RStr<'static>,
    /// The state types that it uses.
    pub states: RSlice<'static, StateUse>,
}

/// Runs a tag.
///
/// # Safety of a call
///
/// 1. As for [`FilterCode`].
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct TagCode(pub unsafe extern "C" fn(UnitData, &mut Frame<'_>, &TagInput<'_>) -> Outcome);

/// A tag of a library.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct TagEntry {
    /// Reads the arguments, calls the tag, catches panics.
    pub call: TagCode,
    /// The library that `load` knows it by.
    pub library: RStr<'static>,
    /// Its name in templates.
    pub name: RStr<'static>,
    /// The state types that it uses.
    pub states: RSlice<'static, StateUse>,
}

/// An argument of a tag, evaluated.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct TagArgument<'c> {
    /// The name of a keyword argument; empty for a positional one.
    pub name: RStr<'c>,
    /// The value.
    pub value: &'c Value,
}

/// What a tag is called with.
#[repr(C)]
#[derive(StableAbi)]
pub struct TagInput<'c> {
    /// The names that the tag sees. What the tag sets goes into its
    /// [`assigned`](Scope::assigned), which is always there.
    pub scope: &'c Scope<'c>,
    /// The text of the tag after its name, as it is written.
    pub text: RStr<'c>,
    /// The arguments, positional ones first.
    pub arguments: RSlice<'c, TagArgument<'c>>,
    /// What stands between the tag and its closing tag, in parts.
    pub bodies: Bodies<'c>,
    /// Whether the tag was written with `as name`.
    pub assigned: bool,
}

/// One body of a tag: renders it into the frame with a scope.
pub type Body<'b> = dyn FnMut(&mut Frame<'_>, &Scope<'_>) -> Status + 'b;

/// The bodies of a tag.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Bodies<'c> {
    bodies: *const (),
    count: usize,
    render: unsafe extern "C" fn(*const (), usize, &mut Frame<'_>, &Scope<'_>) -> Status,
    _borrow: PhantomData<&'c ()>,
}

/// The bodies as their owner keeps them, to be lent out as [`Bodies`].
#[expect(
    missing_debug_implementations,
    reason = "closures have nothing to show"
)]
pub struct OwnedBodies<'b>(RefCell<Vec<&'b mut Body<'b>>>);

impl<'b> OwnedBodies<'b> {
    /// Takes the bodies of a tag in order.
    pub fn new(bodies: Vec<&'b mut Body<'b>>) -> Self {
        Self(RefCell::new(bodies))
    }

    /// Lends them.
    pub fn lend(&self) -> Bodies<'_> {
        Bodies {
            bodies: (&raw const *self).cast(),
            count: self.0.borrow().len(),
            render: render_body,
            _borrow: PhantomData,
        }
    }
}

/// # Safety
///
/// 1. `bodies` must be an `OwnedBodies` that is borrowed during the call.
unsafe extern "C" fn render_body(
    bodies: *const (),
    index: usize,
    frame: &mut Frame<'_>,
    scope: &Scope<'_>,
) -> Status {
    // SAFETY: by duty 1. The lifetime is shortened to that of the call: bodies are only
    // called, never taken out.
    let bodies = unsafe { &*bodies.cast::<OwnedBodies<'_>>() };
    let Ok(mut bodies) = bodies.0.try_borrow_mut() else {
        let message = "a tag's body was rendered inside itself";
        frame
            .failure
            .report(ErrorKind::Exception, "RuntimeError", message);
        return Status::Failed;
    };
    match bodies.get_mut(index) {
        Some(body) => {
            let before = frame.running();
            let status = crate::panic::guard_frame(frame, |frame| body(frame, scope));
            frame.go_to(before);
            status
        }
        None => Status::Ok,
    }
}

impl Bodies<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Renders a body into `frame.out`; one that is not there renders nothing.
    pub fn render(&self, index: usize, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        // SAFETY: `lend` made pointer and function together, and its borrow is not over.
        unsafe { (self.render)(self.bodies, index, frame, scope) }
    }
}

/// What a tag that a plugin defines works with.
#[expect(missing_debug_implementations, reason = "a frame has nothing to show")]
pub struct TagContext<'c, 'f> {
    frame: &'c mut Frame<'f>,
    input: &'c TagInput<'c>,
    failed: Option<ErrorRecord>,
}

impl<'c, 'f> TagContext<'c, 'f> {
    /// For the code that `#[tag]` and its kin expand to.
    #[doc(hidden)]
    pub fn new(frame: &'c mut Frame<'f>, input: &'c TagInput<'c>) -> Self {
        Self {
            frame,
            input,
            failed: None,
        }
    }

    /// What the tag comes to, given what its function came to.
    ///
    /// An exception that came out of a body goes on with all that was known of it: the
    /// templates that it passed through. What is no exception, such as a panic or a limit
    /// that was reached, cannot be ignored by a tag.
    #[doc(hidden)]
    pub fn finish(self, outcome: Outcome) -> Outcome {
        let Some(record) = self.failed else {
            return outcome;
        };
        let is_passed_on = match &outcome {
            Outcome::Raised(exception) => *exception == record.clone().into_exception(),
            _ => false,
        };
        if record.kind == ErrorKind::Exception && !is_passed_on {
            return outcome;
        }
        record.pass_on(&self.frame.failure);
        Outcome::Failed
    }

    /// The text of the tag after its name, as it is written. It is all that a tag gets
    /// whose function has no parameters for arguments.
    pub fn text(&self) -> &'c str {
        self.input.text.as_str()
    }

    /// The positional arguments in order.
    pub fn positional(&self) -> impl Iterator<Item = &'c Value> + use<'c> {
        let arguments = self.input.arguments.as_slice().iter();
        arguments
            .filter(|argument| argument.name.is_empty())
            .map(|argument| argument.value)
    }

    /// The keyword arguments in order.
    pub fn keywords(&self) -> impl Iterator<Item = (&'c str, &'c Value)> + use<'c> {
        let arguments = self.input.arguments.as_slice().iter();
        arguments
            .filter(|argument| !argument.name.is_empty())
            .map(|argument| (argument.name.as_str(), argument.value))
    }

    /// A keyword argument.
    pub fn keyword(&self, name: &str) -> Option<&'c Value> {
        let mut keywords = self.keywords();
        keywords.find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Whether the tag was written with `as name`.
    pub fn is_assigned(&self) -> bool {
        self.input.assigned
    }

    /// Whether output is escaped here.
    pub fn autoescape(&self) -> bool {
        self.frame.autoescape
    }

    /// The rendering's frame: environment, settings, locale.
    pub fn frame(&self) -> &Frame<'f> {
        self.frame
    }

    /// What a name means here, assignments of this tag included.
    pub fn get(&self, name: &str) -> Option<Value> {
        match self.input.scope.get(name)? {
            Found::Value(value) => Some(value.into_owned()),
            found => Some(found.to_value()),
        }
    }

    /// What a name means here.
    ///
    /// # Errors
    ///
    /// `KeyError` where it means nothing, as `context[name]` raises.
    pub fn item(&self, name: &str) -> Result<Value, Exception> {
        self.get(name)
            .ok_or_else(|| Exception::new("KeyError", format!("'{name}'")))
    }

    /// All names with what they mean here, as `context.flatten()` gives them, in the
    /// order of the layers that define them, outermost first. Names that an object as
    /// context computes on demand are not among them.
    pub fn flatten(&self) -> Vec<(String, Value)> {
        self.input.scope.flatten()
    }

    /// Sets a name in the innermost scope, as `context[name] = value` does.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(assigned) = self.input.scope.assigned {
            assigned.set(name, value.into());
        }
    }

    /// How many bodies the tag has.
    pub fn body_count(&self) -> usize {
        self.input.bodies.len()
    }

    /// Renders a body, and gives its text.
    ///
    /// # Errors
    ///
    /// What rendering the body raises.
    pub fn render_body(&mut self, index: usize) -> Result<String, Exception> {
        self.render_in(index, self.input.scope)
    }

    /// Renders a body in a scope of its own that has these names.
    ///
    /// # Errors
    ///
    /// What rendering the body raises.
    pub fn render_body_with(
        &mut self,
        index: usize,
        names: &[(&str, Value)],
    ) -> Result<String, Exception> {
        let values: Vec<Local<'_>> = names
            .iter()
            .map(|(_, value)| Local::Value(View::of(value)))
            .collect();
        let names: Vec<RStr<'_>> = names.iter().map(|(name, _)| RStr::from_str(name)).collect();
        let assigned = Assignments::default();
        let scope = self.input.scope.with(&names, &values);
        let scope = scope.assigning(&assigned);
        self.render_in(index, &scope)
    }

    fn render_in(&mut self, index: usize, scope: &Scope<'_>) -> Result<String, Exception> {
        let mut record = ErrorRecord::default();
        let mut inner = self.frame.inner(record.failure());
        let status = self.input.bodies.render(index, &mut inner, scope);
        let text = std::mem::take(&mut inner.out).into_string();
        self.frame.serial.set(inner.serial.get());
        drop(inner);
        match status {
            Status::Ok => Ok(text),
            Status::Failed => {
                let exception = record.clone().into_exception();
                let is_fatal = |failed: &ErrorRecord| failed.kind != ErrorKind::Exception;
                if !self.failed.as_ref().is_some_and(is_fatal) {
                    self.failed = Some(record);
                }
                Err(exception)
            }
        }
    }
}
