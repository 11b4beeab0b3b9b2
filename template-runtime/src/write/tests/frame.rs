//! A frame for tests of writing, whose host has nothing to offer.
#![expect(
    improper_ctypes_definitions,
    reason = "the types are those of the boundary, which are StableAbi"
)]

use std::cell::Cell;

use super::rt::api::abi_stable::std_types::{ROption, RSlice, RStr};
use super::rt::api::callee::{Callee, RenderState};
use super::rt::api::environment::{EnvironmentRef, Locale, Settings};
use super::rt::api::render::{Link, RenderFunctions, RenderHost};
use super::rt::api::tag::{Outcome, TagInput};
use super::rt::api::value::{Exception, TemplateName};
use super::rt::api::view::View;
use super::rt::api::{ErrorRecord, Output};
use super::rt::{Frame, Scope, Status, Value};

type Text<'a> = RStr<'a>;

extern "C" fn include(_: &mut Frame<'_>, _: RSlice<'_, Text<'_>>, _: &Scope<'_>) -> Status {
    Status::Failed
}

extern "C" fn extend(_: &mut Frame<'_>, _: Text<'_>, _: &Scope<'_>) -> Status {
    Status::Failed
}

extern "C" fn part(_: &mut Frame<'_>, _: Text<'_>, _: Text<'_>, _: &Scope<'_>) -> Status {
    Status::Failed
}

extern "C" fn linked(_: &mut Frame<'_>, _: &'static Link, _: &Scope<'_>) -> Status {
    Status::Failed
}

extern "C" fn template(_: &mut Frame<'_>, _: &TemplateName, _: &Scope<'_>, _: bool) -> Status {
    Status::Failed
}

fn nothing() -> Outcome {
    Outcome::Raised(Exception::new("RuntimeError", "there is no such thing"))
}

extern "C" fn filter(
    _: &Frame<'_>,
    _: Text<'_>,
    _: Text<'_>,
    _: &Value,
    _: RSlice<'_, Value>,
) -> Outcome {
    nothing()
}

extern "C" fn tag(_: &mut Frame<'_>, _: Text<'_>, _: Text<'_>, _: &TagInput<'_>) -> Outcome {
    nothing()
}

extern "C" fn node_state(_: &Frame<'_>, _: u64, _: Text<'_>, _: u32) -> ROption<Value> {
    ROption::RNone
}

extern "C" fn set_node_state(_: &Frame<'_>, _: u64, _: Text<'_>, _: u32, _: Value) {}

extern "C" fn callee<'f>(
    _: &mut Frame<'f>,
    _: &'static Link,
    _: RSlice<'_, Text<'static>>,
    _: RSlice<'_, View<'_>>,
) -> Option<&'f Callee> {
    None
}

extern "C" fn unit_failed(_: &Frame<'_>, _: *const ()) {}

extern "C" fn forget_failure(_: &Frame<'_>) {}

static FUNCTIONS: RenderFunctions = RenderFunctions {
    include,
    include_linked: linked,
    extend,
    block: linked,
    block_super: part,
    template,
    partial: part,
    filter,
    tag,
    node_state,
    set_node_state,
    callee,
    unit_failed,
    forget_failure,
};

thread_local! {
    /// The state of renderings without a host, in which nothing can be entered.
    static STATE: &'static RenderState = Box::leak(Box::default());
}

/// A frame that writes to `out` and reports into `record`.
pub(crate) fn frame<'a>(out: Output<'a>, record: &'a mut ErrorRecord) -> Frame<'a> {
    Frame {
        out,
        failure: record.failure(),
        autoescape: true,
        string_if_invalid: "".into(),
        host: RenderHost {
            state: STATE.with(|state| std::ptr::from_ref(*state)),
            functions: &FUNCTIONS,
        },
        environment: EnvironmentRef::default(),
        settings: const { &Settings::DEFAULT },
        request: None,
        locale: const { &Locale::DEFAULT }.into(),
        filter_limit: usize::MAX,
        serial: Cell::new(0),
        run: 0,
        exports: ROption::RNone,
    }
}
