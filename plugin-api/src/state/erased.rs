//! State as it crosses the boundary: objects without a type, and what can be done with them.
#![expect(
    unsafe_code,
    reason = "objects cross as untyped pointers beside the functions of their type"
)]

use std::ptr;

use abi_stable::StableAbi;
use abi_stable::std_types::{RSlice, RStr, RString, RVec};

use super::{InstanceArgument, Layout, Report, Saved, State};
use crate::failure::{ErrorKind, Failure, Status};
use crate::panic;
use crate::unit::{SourcePosition, UnitData};
use crate::value::Value;

/// What a plugin tells of a state type.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct StateDescriptor {
    /// The type's name, unique in its plugin.
    pub name: RStr<'static>,
    /// The module that it stands in (`module_path!()`).
    pub module_path: RStr<'static>,
    /// The version that its author gave it.
    pub version: u32,
    /// Where it stands.
    pub source: SourcePosition<'static>,
    /// What can be done with its objects.
    pub functions: StateFunctions,
}

impl StateDescriptor {
    /// Describes `T`.
    pub const fn of<T: State>(
        name: &'static str,
        module_path: &'static str,
        version: u32,
        source: SourcePosition<'static>,
    ) -> Self {
        Self {
            name: RStr::from_str(name),
            module_path: RStr::from_str(module_path),
            version,
            source,
            functions: StateFunctions {
                layout: layout::<T>,
                create: create::<T>,
                save: save::<T>,
                restore: restore::<T>,
                drop: drop::<T>,
            },
        }
    }
}

/// The functions of a state type. None of them unwinds.
///
/// # Safety of a call
///
/// 1. A slot that is handed to `save` or `drop` holds an object of this type: one that
///    `create` or `restore` of this table made, or of the table of another build for the same
///    target by the same compiler, whose [`LayoutText`] is equal and not opaque, or is of the
///    same library.
/// 2. After `drop` the object is not used again.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct StateFunctions {
    /// How the type lies in memory.
    pub layout: extern "C" fn() -> LayoutText,
    /// Makes an object by `Default`; null if that panics, which is reported.
    pub create: extern "C" fn(Failure<'_>) -> *const (),
    /// Saves what the object in a slot holds.
    pub save: unsafe extern "C" fn(&StateSlot, Failure<'_>, &mut Value) -> Status,
    /// Makes an object of what code of a version saved; null if it cannot, which is reported.
    pub restore: extern "C" fn(u32, &Value, Failure<'_>, &mut RestoreReport) -> *const (),
    /// Drops the object in a slot; a panic is reported.
    pub drop: unsafe extern "C" fn(&StateSlot, Failure<'_>) -> Status,
}

/// The [layout](Layout) of a type.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, PartialEq, Eq)]
pub struct LayoutText {
    /// The description.
    pub text: RString,
    /// Whether it says too little to compare it with another build.
    pub is_opaque: bool,
}

/// What became of fields when an object was restored.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Default)]
pub struct RestoreReport {
    /// Those that were taken over.
    pub carried: RVec<RString>,
    /// Those that are new and have their defaults.
    pub defaulted: RVec<RString>,
    /// Those that were saved and are no more.
    pub removed: RVec<RString>,
}

/// Where a unit finds an object. Its [data](UnitData) points to as many as it uses state
/// types, in their order.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct StateSlot {
    /// The object; null for the type of a receiver, which comes with each call.
    pub object: *const (),
    /// Tells the type, in its host and in the layout that is in force, from all others.
    pub token: usize,
}

/// One state type that a unit uses.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct StateUse {
    /// The type.
    pub descriptor: &'static StateDescriptor,
    /// How it is used.
    pub role: StateRole,
}

/// How a unit uses a state type.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateRole {
    /// It uses the one object of the plugin.
    Shared,
    /// It is a method: each call brings an object of its own.
    Receiver,
}

impl StateUse {
    /// No state.
    pub const NONE: RSlice<'static, Self> = RSlice::EMPTY;

    /// The plugin's one object of a type.
    pub const fn shared<T: State>() -> Self {
        Self {
            descriptor: T::DESCRIPTOR,
            role: StateRole::Shared,
        }
    }

    /// The object that a call brings.
    pub const fn receiver<T: State>() -> Self {
        Self {
            descriptor: T::DESCRIPTOR,
            role: StateRole::Receiver,
        }
    }
}

/// The plugin's one object of a state type, in a unit's wrapper.
///
/// # Safety
///
/// 1. `data` must be what the host hands to a unit whose use number `index` is
///    [`StateUse::shared::<T>()`](StateUse::shared).
#[doc(hidden)]
#[inline(always)]
pub unsafe fn shared<T: State>(data: &UnitData, index: usize) -> &T {
    // SAFETY: by duty 1 there is such a slot, and in it an object of the type, which the host
    // keeps for as long as the call runs; state is shared between threads.
    unsafe { &*(*data.0.cast::<StateSlot>().add(index)).object.cast::<T>() }
}

/// The object that a call brings; nothing if it is none of the type, which is reported.
///
/// # Safety
///
/// 1. `data` must be what the host hands to a unit whose use number `index` is
///    [`StateUse::receiver::<T>()`](StateUse::receiver).
#[doc(hidden)]
#[inline(always)]
pub unsafe fn receiver<'a, T: State>(
    data: UnitData,
    index: usize,
    argument: InstanceArgument<'a>,
    failure: Failure<'_>,
) -> Option<&'a T> {
    // SAFETY: by duty 1 there is such a slot.
    let slot = unsafe { &*data.0.cast::<StateSlot>().add(index) };
    if slot.token != argument.token() {
        wrong_receiver(T::DESCRIPTOR, failure);
        return None;
    }
    // SAFETY: equal tokens mean that the object is of the type and the layout that this unit
    // was bound to; `'a` is the time for which the caller lends it.
    Some(unsafe { &*argument.object().cast::<T>() })
}

#[cold]
#[inline(never)]
fn wrong_receiver(descriptor: &StateDescriptor, failure: Failure<'_>) {
    let message = format!(
        "the instance is not a `{}` of this plugin and host",
        descriptor.name
    );
    failure.report(ErrorKind::State, "", &message);
}

extern "C" fn layout<T: State>() -> LayoutText {
    // Of a description that panics nothing is known.
    let described = std::panic::catch_unwind(Layout::of::<T>);
    let (text, is_opaque) = described.unwrap_or_else(|_| ("?".to_owned(), true));
    LayoutText {
        text: text.into(),
        is_opaque,
    }
}

fn boxed<T>(object: T) -> *const () {
    Box::into_raw(Box::new(object)).cast_const().cast()
}

extern "C" fn create<T: State>(failure: Failure<'_>) -> *const () {
    panic::catch(failure, || boxed(T::default())).unwrap_or(ptr::null())
}

/// # Safety
///
/// 1. That of [`StateFunctions`].
unsafe extern "C" fn save<T: State>(
    slot: &StateSlot,
    failure: Failure<'_>,
    value: &mut Value,
) -> Status {
    panic::guard(failure, || {
        // SAFETY: by duty 1 it is a `T`; state is shared between threads.
        let object = unsafe { &*slot.object.cast::<T>() };
        match object.save() {
            Ok(saved) => {
                *value = saved;
                Status::Ok
            }
            Err(misfit) => {
                failure.report(ErrorKind::Function, "", &misfit.to_string());
                Status::Failed
            }
        }
    })
}

extern "C" fn restore<T: State>(
    from: u32,
    saved: &Value,
    failure: Failure<'_>,
    report: &mut RestoreReport,
) -> *const () {
    let restored = panic::catch(failure, || {
        let mut noted = Report::default();
        match Saved::restore::<T>(saved, &mut noted, from) {
            Ok(object) => {
                let names = |names: &[String]| names.iter().map(|n| n.as_str().into()).collect();
                report.carried = names(noted.carried());
                report.defaulted = names(noted.defaulted());
                report.removed = names(noted.removed());
                boxed(object)
            }
            Err(misfit) => {
                failure.report(ErrorKind::Function, "", &misfit.to_string());
                ptr::null()
            }
        }
    });
    restored.unwrap_or(ptr::null())
}

/// # Safety
///
/// 1. That of [`StateFunctions`].
unsafe extern "C" fn drop<T: State>(slot: &StateSlot, failure: Failure<'_>) -> Status {
    panic::guard(failure, || {
        // SAFETY: by duty 1 it is a `T` that `boxed` made, and by duty 2 nobody uses it again.
        std::mem::drop(unsafe { Box::from_raw(slot.object.cast_mut().cast::<T>()) });
        Status::Ok
    })
}
