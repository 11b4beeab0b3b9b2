//! Calling plugin functions: the entry's contract and what `#[plugin_fn]` expands to.
#![expect(
    unsafe_code,
    reason = "arguments and results cross as pointers whose types the signature check vouches for"
)]

use std::convert::Infallible;
use std::fmt::Display;

use abi_stable::StableAbi;
use abi_stable::std_types::RSlice;

use crate::failure::{ErrorKind, Failure, Status};
use crate::panic;
use crate::signature::{Parameter, Returned};
use crate::unit::{UnitData, UnitDescriptor};

/// Calls a plugin function: data pointer, arguments, result, failure sink.
///
/// # Safety of a call
///
/// 1. `arguments` points to as many pointers as the signature has parameters, each to
///    an initialised value of that parameter's `Abi` type; the callee takes the values
///    over, whatever the status.
/// 2. `result` points to memory for the result's `Abi` type; it is initialised exactly
///    if the status is `Ok`.
/// 3. The data pointer is the descriptor's, and the library stays mapped during the call.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct CallEntry(
    pub unsafe extern "C" fn(UnitData, *const *mut (), *mut (), &Failure<'_>) -> Status,
);

/// Reads argument `index` of a call.
///
/// # Safety
///
/// 1. `arguments` must be those of a [`CallEntry`] whose parameter `index` is a `P`.
/// 2. Each argument is read once.
#[doc(hidden)]
pub unsafe fn argument<'a, P: Parameter>(arguments: *const *mut (), index: usize) -> P::Value<'a> {
    // SAFETY: by duty 1 the pointer leads to an initialised `P::Abi`, and by duty 2
    // nobody else takes it.
    P::from_abi(unsafe { (*arguments.add(index)).cast::<P::Abi<'a>>().read() })
}

/// Runs a plugin function's body and stores its result.
///
/// # Safety
///
/// 1. `result` must be that of a [`CallEntry`] whose signature returns `R`.
#[doc(hidden)]
pub unsafe fn run<R: Returned, E: Display>(
    result: *mut (),
    failure: &Failure<'_>,
    body: impl FnOnce() -> Result<R, E>,
) -> Status {
    panic::guard(*failure, || match body() {
        Ok(value) => {
            // SAFETY: by duty 1 there is room for an `R::Abi`.
            unsafe { result.cast::<R::Abi>().write(value.into_abi()) };
            Status::Ok
        }
        Err(error) => {
            failure.report(ErrorKind::Function, "", &error.to_string());
            Status::Failed
        }
    })
}

/// What a plugin function may return besides a plain value.
#[doc(hidden)]
pub fn infallible<R>(value: R) -> Result<R, Infallible> {
    Ok(value)
}

/// The descriptors between two bounds of a linker section.
///
/// # Safety
///
/// 1. `start` and `stop` must be the bounds of a section that holds nothing but
///    `UnitDescriptor`s and is mapped for `'static`.
#[doc(hidden)]
pub unsafe fn units_between(
    start: *const [UnitDescriptor; 0],
    stop: *const [UnitDescriptor; 0],
) -> RSlice<'static, UnitDescriptor> {
    let bytes = stop as usize - start as usize;
    // SAFETY: by duty 1; the compiler aligns each static for its type, and
    // descriptors follow each other without gaps because their size is a multiple
    // of their alignment.
    RSlice::from_slice(unsafe {
        std::slice::from_raw_parts(
            start.cast::<UnitDescriptor>(),
            bytes / size_of::<UnitDescriptor>(),
        )
    })
}
