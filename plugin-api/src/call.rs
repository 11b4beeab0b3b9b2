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
use crate::signature::Returned;
use crate::unit::UnitDescriptor;

/// Calls a plugin function. The type is erased: for parameters `A, B, …` and the result
/// `R` of the [signature](crate::signature::Signature) beside it, the function is
///
/// ```text
/// unsafe extern "C" fn(UnitData, Failure<'_>, A::Abi<'_>, B::Abi<'_>, …, *mut R::Abi) -> Status
/// ```
///
/// so that arguments travel in registers where there is room.
///
/// # Safety of a call
///
/// 1. It is called as a function of that type, for types whose layouts are equal to those
///    that the signature lists.
/// 2. The last argument points to memory for the result's `Abi` type; it is initialised
///    exactly if the status is `Ok`.
/// 3. The data pointer is the descriptor's, or for a function with state the slots that the
///    host has bound it to; the library stays mapped during the call.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct CallEntry(pub unsafe extern "C" fn());

/// Runs a plugin function's body and stores its result.
///
/// # Safety
///
/// 1. `result` must be that of a [`CallEntry`] whose signature returns `R`.
// In the entry, it would make the compiler take half as long again for an edit of a plugin; the
// call takes less than a nanosecond.
#[doc(hidden)]
#[inline(never)]
pub unsafe fn run<R: Returned, E: Display>(
    result: *mut R::Abi,
    failure: Failure<'_>,
    body: impl FnOnce() -> Result<R, E>,
) -> Status {
    panic::guard(failure, || match body() {
        Ok(value) => {
            // SAFETY: by duty 1 there is room for an `R::Abi`.
            unsafe { result.write(value.into_abi()) };
            Status::Ok
        }
        Err(error) => failed(failure, &error),
    })
}

#[cold]
#[inline(never)]
fn failed(failure: Failure<'_>, error: &dyn Display) -> Status {
    failure.report(ErrorKind::Function, "", &error.to_string());
    Status::Failed
}

/// What a plugin function may return besides a plain value.
#[doc(hidden)]
#[inline(always)]
pub fn infallible<R>(value: R) -> Result<R, Infallible> {
    Ok(value)
}

/// The descriptors between two bounds of a linker section.
///
/// # Safety
///
/// 1. `start` and `stop` must be the bounds of a section that holds nothing but
///    `UnitDescriptor`s and is mapped for `'static`.
pub(crate) unsafe fn units_between(
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
