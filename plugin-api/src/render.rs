//! Rendering templates: what a template unit is called with.

use abi_stable::StableAbi;
use abi_stable::std_types::{RSlice, RStr};

use crate::failure::{ErrorKind, Failure, Status};
use crate::output::Output;
use crate::unit::UnitData;
use crate::value::{Ref, Value};

/// Renders a template's body or a block into `frame.out`.
///
/// # Safety of a call
///
/// 1. The first argument is the descriptor's data, and the library stays mapped during the call.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct RenderEntry(pub unsafe extern "C" fn(UnitData, &mut Frame<'_>, &Scope<'_>) -> Status);

/// What stays the same, or is handed on, through a whole rendering.
#[repr(C)]
#[derive(StableAbi)]
pub struct Frame<'a> {
    /// Where text goes.
    pub out: Output,
    /// Where errors go.
    pub failure: Failure<'a>,
    /// Whether output is escaped here. A tag that changes it puts it back.
    pub autoescape: bool,
    /// What takes the place of a variable that does not resolve.
    pub string_if_invalid: RStr<'a>,
    /// What the host does for templates.
    pub host: RenderHost,
}

/// The host's side of a rendering: other units of the same snapshot.
///
/// Each function may render into `frame.out`, and has reported into
/// `frame.failure` when it returns `Failed`.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct RenderHost {
    /// The host's own data for this rendering.
    pub state: *const RenderState,
    /// Renders the first of the named templates that exists.
    pub include: extern "C" fn(&mut Frame<'_>, RSlice<'_, RStr<'_>>, &Scope<'_>) -> Status,
    /// Renders the parent of the template whose body is running.
    pub extend: extern "C" fn(&mut Frame<'_>, RStr<'_>, &Scope<'_>) -> Status,
    /// Renders a block, of the template named first, as the most derived template defines it.
    pub block: extern "C" fn(&mut Frame<'_>, RStr<'_>, RStr<'_>, &Scope<'_>) -> Status,
    /// Renders the next definition of the block that is running; nothing if there is none.
    pub block_super: extern "C" fn(&mut Frame<'_>, RStr<'_>, RStr<'_>, &Scope<'_>) -> Status,
}

/// Opaque to templates.
#[repr(C)]
#[derive(StableAbi)]
pub struct RenderState {
    _private: [u8; 0],
}

impl Frame<'_> {
    /// Renders the first template of `names` that exists with `scope` as its context.
    pub fn include(&mut self, names: &[RStr<'_>], scope: &Scope<'_>) -> Status {
        (self.host.include)(self, names.into(), scope)
    }

    /// Renders the parent of the running template.
    pub fn extend(&mut self, parent: &str, scope: &Scope<'_>) -> Status {
        (self.host.extend)(self, parent.into(), scope)
    }

    /// Renders block `block`, which stands in the text of `template`.
    pub fn block(&mut self, template: &str, block: &str, scope: &Scope<'_>) -> Status {
        (self.host.block)(self, template.into(), block.into(), scope)
    }

    /// Renders what `{{ block.super }}` means inside block `block` of `template`.
    pub fn block_super(&mut self, template: &str, block: &str, scope: &Scope<'_>) -> Status {
        (self.host.block_super)(self, template.into(), block.into(), scope)
    }

    /// Writes text as it is; reports a limit error where there is no room for it.
    #[inline]
    pub fn write(&mut self, text: &str) -> Status {
        if self.out.push_str(text) {
            Status::Ok
        } else {
            self.output_limit()
        }
    }

    #[cold]
    fn output_limit(&self) -> Status {
        let limit = self.out.limit();
        let message = format!("the output exceeds the limit of {limit} bytes");
        self.failure.report(ErrorKind::Limit, "", &message);
        Status::Failed
    }
}

/// One layer of names; the chain of them is what a template sees as its context.
///
/// Generated code keeps names with a known home in Rust locals and links them
/// into a scope only where another unit is rendered.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Scope<'a> {
    /// The layer outside this one.
    pub parent: Option<&'a Scope<'a>>,
    /// Names defined here.
    pub names: RSlice<'a, RStr<'a>>,
    /// Their values, in the same order.
    pub values: RSlice<'a, Local<'a>>,
    /// A context object whose keys are names too: the outermost layer's.
    pub context: Option<&'a Value>,
}

/// The value of a name in a scope.
#[repr(C, u8)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub enum Local<'a> {
    /// Not assigned: look further out.
    Unset,
    /// An ordinary value.
    Value(&'a Value),
    /// A `forloop`, made into a value only if somebody looks at it.
    Loop(&'a LoopState<'a>),
}

/// Where a `for` loop is.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct LoopState<'a> {
    /// `forloop.counter0`.
    pub index: usize,
    /// `forloop.length`.
    pub length: usize,
    /// `forloop.parentloop`; `Unset` outside any loop.
    pub parent: Local<'a>,
}

impl<'a> Scope<'a> {
    /// The outermost layer, over a context.
    pub fn root(context: &'a Value) -> Self {
        Self {
            parent: None,
            names: RSlice::EMPTY,
            values: RSlice::EMPTY,
            context: Some(context),
        }
    }

    /// An outermost layer without a context, as `include … only` makes.
    pub fn empty() -> Self {
        Self {
            parent: None,
            names: RSlice::EMPTY,
            values: RSlice::EMPTY,
            context: None,
        }
    }

    /// A layer inside this one. `names` and `values` have the same length.
    pub fn with<'b>(&'b self, names: &'b [RStr<'b>], values: &'b [Local<'b>]) -> Scope<'b>
    where
        'a: 'b,
    {
        debug_assert_eq!(names.len(), values.len());
        Scope {
            parent: Some(self),
            names: names.into(),
            values: values.into(),
            context: None,
        }
    }

    /// Looks `name` up, innermost layer first.
    pub fn get(&self, name: &str) -> Option<Found<'a>> {
        let mut layer = Some(self);
        while let Some(scope) = layer {
            let values = scope.values.as_slice();
            for (defined, value) in scope.names.as_slice().iter().zip(values).rev() {
                if defined.as_str() == name {
                    match *value {
                        Local::Unset => {}
                        Local::Value(value) => return Some(Found::Value(Ref::Borrowed(value))),
                        Local::Loop(state) => return Some(Found::Loop(state)),
                    }
                }
            }
            if let Some(found) = scope.context.and_then(|context| context.name(name)) {
                return Some(Found::Value(found));
            }
            layer = scope.parent;
        }
        None
    }
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Found<'a> {
    /// An ordinary value.
    Value(Ref<'a>),
    /// A `forloop`.
    Loop(&'a LoopState<'a>),
}
