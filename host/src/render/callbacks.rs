//! The functions that templates call their host by.
#![expect(
    unsafe_code,
    reason = "templates hand the host's own data back as an untyped pointer"
)]
#![expect(
    improper_ctypes_definitions,
    reason = "`Value` and what holds it are `repr(C)`; that they may grow does not change that"
)]

use std::ptr::NonNull;

use abi_stable::std_types::{ROption, RSlice, RStr};
use hotplate_plugin_api::callee::{Callee, RenderState};
use hotplate_plugin_api::render::{Link, RenderFunctions, RenderHost};
use hotplate_plugin_api::tag::{Outcome, TagInput};
use hotplate_plugin_api::value::TemplateName;
use hotplate_plugin_api::{Frame, Scope, Status, Value, View, panic};

use super::Rendering;
use crate::snapshot::Snapshot;
use crate::unit::LiveUnit;

/// The host's side of a frame. It must not outlive `rendering`.
pub(super) fn table(rendering: &Rendering<'_>) -> RenderHost {
    RenderHost {
        state: (&raw const *rendering).cast(),
        functions: &FUNCTIONS,
    }
}

static FUNCTIONS: RenderFunctions = RenderFunctions {
    include,
    include_linked,
    extend,
    block,
    block_super,
    template,
    partial,
    filter,
    tag,
    node_state,
    set_node_state,
    callee,
    unit_failed,
    forget_failure,
};

/// What templates see of a rendering in `snapshot` in which `unit` runs.
#[inline(always)]
pub(super) fn state(snapshot: &Snapshot, unit: &LiveUnit, depth: usize) -> RenderState {
    RenderState::new(erased(unit), depth, snapshot.callees())
}

/// A unit as templates know it.
pub(super) fn erased(unit: &LiveUnit) -> *const () {
    (&raw const *unit).cast()
}

impl<'s> Rendering<'s> {
    /// The unit whose code runs.
    #[inline]
    pub(super) fn running(&self) -> &'s LiveUnit {
        // SAFETY: what is put there comes from `erased`, or is a callee's, whose unit does.
        unsafe { self.unerased(self.state.unit.get()) }
    }

    /// The unit that a pointer stands for.
    ///
    /// # Safety
    ///
    /// 1. [`erased`] must have made it of a unit of the rendering's snapshot.
    #[inline]
    unsafe fn unerased(&self, unit: *const ()) -> &'s LiveUnit {
        // SAFETY: by duty 1; the snapshot is borrowed for `'s`, and never changes.
        unsafe { &*unit.cast() }
    }
}

/// Runs `body` with the rendering that a frame belongs to.
fn with_rendering<R>(state: *const RenderState, body: impl FnOnce(&Rendering<'_>) -> R) -> R {
    // SAFETY: `table` stores a pointer to the `Rendering` of `render`, which outlasts the
    // frame; templates pass it on unchanged, and only shared references are made of it.
    let rendering = unsafe { &*state.cast::<Rendering<'_>>() };
    rendering.go_on();
    body(rendering)
}

/// Runs `body` with the rendering that `frame` belongs to; a panic in it stays here.
fn callback<'a>(
    frame: &mut Frame<'a>,
    body: impl FnOnce(&Rendering<'_>, &mut Frame<'a>) -> Status,
) -> Status {
    panic::guard_frame(frame, |frame| {
        with_rendering(frame.host.state, |rendering| body(rendering, frame))
    })
}

extern "C" fn include(
    frame: &mut Frame<'_>,
    names: RSlice<'_, RStr<'_>>,
    scope: &Scope<'_>,
) -> Status {
    callback(frame, |rendering, frame| {
        rendering.include(names.as_slice(), frame, scope)
    })
}

extern "C" fn include_linked(
    frame: &mut Frame<'_>,
    link: &'static Link,
    scope: &Scope<'_>,
) -> Status {
    callback(frame, |rendering, frame| {
        rendering.include_linked(link, frame, scope)
    })
}

extern "C" fn extend(frame: &mut Frame<'_>, parent: RStr<'_>, scope: &Scope<'_>) -> Status {
    callback(frame, |rendering, frame| {
        rendering.extend(parent.as_str(), frame, scope)
    })
}

extern "C" fn block(frame: &mut Frame<'_>, link: &'static Link, scope: &Scope<'_>) -> Status {
    callback(frame, |rendering, frame| {
        rendering.block(link, frame, scope)
    })
}

extern "C" fn block_super(
    frame: &mut Frame<'_>,
    _template: RStr<'_>,
    block: RStr<'_>,
    scope: &Scope<'_>,
) -> Status {
    callback(frame, |rendering, frame| {
        rendering.block_super(block.as_str(), frame, scope)
    })
}

extern "C" fn template(
    frame: &mut Frame<'_>,
    template: &TemplateName,
    scope: &Scope<'_>,
    as_parent: bool,
) -> Status {
    callback(frame, |rendering, frame| {
        rendering.template(template, as_parent, frame, scope)
    })
}

extern "C" fn partial(
    frame: &mut Frame<'_>,
    template: RStr<'_>,
    partial: RStr<'_>,
    scope: &Scope<'_>,
) -> Status {
    callback(frame, |rendering, frame| {
        rendering.partial(template.as_str(), partial.as_str(), frame, scope)
    })
}

extern "C" fn filter(
    frame: &Frame<'_>,
    library: RStr<'_>,
    name: RStr<'_>,
    value: &Value,
    arguments: RSlice<'_, Value>,
) -> Outcome {
    let outcome = panic::catch(frame.failure, || {
        with_rendering(frame.host.state, |rendering| {
            let arguments = arguments.as_slice();
            rendering.filter(frame, library.as_str(), name.as_str(), value, arguments)
        })
    });
    outcome.unwrap_or(Outcome::Failed)
}

extern "C" fn tag(
    frame: &mut Frame<'_>,
    library: RStr<'_>,
    name: RStr<'_>,
    input: &TagInput<'_>,
) -> Outcome {
    let outcome = panic::catch(frame.failure, || {
        with_rendering(frame.host.state, |rendering| {
            rendering.tag(frame, library.as_str(), name.as_str(), input)
        })
    });
    outcome.unwrap_or(Outcome::Failed)
}

extern "C" fn node_state(
    frame: &Frame<'_>,
    owner: u64,
    template: RStr<'_>,
    id: u32,
) -> ROption<Value> {
    with_rendering(frame.host.state, |rendering| {
        let plugin = rendering.running().plugin();
        let states = &mut rendering.rare().states;
        states.get(owner, plugin, template.as_str(), id).into()
    })
}

extern "C" fn set_node_state(
    frame: &Frame<'_>,
    owner: u64,
    template: RStr<'_>,
    id: u32,
    value: Value,
) {
    with_rendering(frame.host.state, |rendering| {
        let plugin = rendering.running().plugin();
        let states = &mut rendering.rare().states;
        states.set(owner, plugin, template.as_str(), id, value);
    });
}

extern "C" fn callee<'f>(
    frame: &mut Frame<'f>,
    link: &'static Link,
    names: RSlice<'_, RStr<'static>>,
    offered: RSlice<'_, View<'_>>,
) -> Option<&'f Callee> {
    let callee = panic::catch(frame.failure, || {
        with_rendering(frame.host.state, |rendering| {
            let callee = rendering.callee(link, names.as_slice(), offered.as_slice());
            callee.map(NonNull::from_ref)
        })
    });
    // SAFETY: the callee is the snapshot's, which outlives the rendering and so its frame.
    callee.flatten().map(|callee| unsafe { callee.as_ref() })
}

extern "C" fn unit_failed(frame: &Frame<'_>, unit: *const ()) {
    // SAFETY: as in `with_rendering`; what has failed is not to be forgotten here.
    let rendering = unsafe { &*frame.host.state.cast::<Rendering<'_>>() };
    // SAFETY: a callee hands back what it was made with: a unit of the snapshot.
    rendering.passed(unsafe { rendering.unerased(unit) });
}

extern "C" fn forget_failure(frame: &Frame<'_>) {
    with_rendering(frame.host.state, |_| ());
}
