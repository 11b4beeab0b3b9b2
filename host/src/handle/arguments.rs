//! Passing a call's arguments.
#![expect(
    unsafe_code,
    reason = "an entry gets back the type that the signature says it has"
)]

use std::mem;

use hotplate_plugin_api::call::CallEntry;
use hotplate_plugin_api::signature::LayoutFn;
use hotplate_plugin_api::unit::UnitData;
use hotplate_plugin_api::{Failure, Parameter, Returned, Status};

use super::redirect;
#[cfg(doc)]
use crate::watching::intercept::Link;

mod sealed {
    pub trait Sealed {}
}

/// The arguments of a plugin function, as a tuple of up to eight
/// [`Parameter`](hotplate_plugin_api::Parameter)s.
///
/// Lifetimes in the tuple do not matter: a handle for `(&str,)` takes a string of any
/// lifetime at each call.
pub trait Arguments: sealed::Sealed {
    /// The tuple with the lifetime of one call.
    type Values<'a>;

    #[doc(hidden)]
    fn layouts() -> Vec<LayoutFn>;

    /// Calls an entry, which takes the values over.
    ///
    /// # Safety
    ///
    /// 1. The signature that `entry` belongs to must list parameters with the layouts of
    ///    `Self`, and a result with the layout of `R`.
    /// 2. `data` must be that of the entry's descriptor, whose library must stay mapped.
    /// 3. `result` must point to memory for an `R`; it is initialised exactly if the status
    ///    is `Ok`.
    #[doc(hidden)]
    unsafe fn call<R>(
        entry: CallEntry,
        data: UnitData,
        failure: Failure<'_>,
        values: Self::Values<'_>,
        result: *mut R,
    ) -> Status;

    /// The entry that calls an interceptor where a function with this signature is called. Its
    /// data is a [`Link`] to a [`Redirect<Self, R>`](super::Redirect).
    #[doc(hidden)]
    fn redirected<R: Returned>() -> CallEntry;
}

macro_rules! arguments {
    ($($name:ident $value:ident),*) => {
        impl<$($name: Parameter),*> sealed::Sealed for ($($name,)*) {}

        impl<$($name: Parameter),*> Arguments for ($($name,)*) {
            type Values<'a> = ($($name::Value<'a>,)*);

            fn layouts() -> Vec<LayoutFn> {
                vec![$($name::layout),*]
            }

            #[inline(always)]
            unsafe fn call<R>(
                entry: CallEntry,
                data: UnitData,
                failure: Failure<'_>,
                ($($value,)*): Self::Values<'_>,
                result: *mut R,
            ) -> Status {
                type Entry<R, $($name),*> =
                    unsafe extern "C" fn(UnitData, Failure<'_>, $($name,)* *mut R) -> Status;
                // SAFETY: by duty 1 the entry has this type, up to types of equal layout.
                let entry = unsafe {
                    mem::transmute::<unsafe extern "C" fn(), Entry<R, $($name::Abi<'_>),*>>(entry.0)
                };
                // SAFETY: the duties of `CallEntry`: 1 by duty 1 here, 2 by duty 3, 3 by
                // duty 2.
                unsafe { entry(data, failure, $($name::into_abi($value),)* result) }
            }

            fn redirected<R: Returned>() -> CallEntry {
                unsafe extern "C" fn entry<'v, $($name: Parameter,)* R: Returned>(
                    data: UnitData,
                    failure: Failure<'v>,
                    $($value: $name::Abi<'v>,)*
                    result: *mut R::Abi,
                ) -> Status {
                    // SAFETY: by the contract of `CallEntry`, the data is what stands beside
                    // this entry: a link whose redirect has these types. Who calls has room
                    // for the result.
                    unsafe {
                        redirect::run::<($($name,)*), R>(
                            data,
                            failure,
                            || ($($name::from_abi($value),)*),
                            result,
                        )
                    }
                }
                let entry = entry::<$($name,)* R> as *const ();
                // SAFETY: both are pointers to functions; who calls this one gives it its type
                // back, by the contract of `CallEntry`.
                CallEntry(unsafe { mem::transmute::<*const (), unsafe extern "C" fn()>(entry) })
            }
        }
    };
}

arguments!();
arguments!(A a);
arguments!(A a, B b);
arguments!(A a, B b, C c);
arguments!(A a, B b, C c, D d);
arguments!(A a, B b, C c, D d, E e);
arguments!(A a, B b, C c, D d, E e, F f);
arguments!(A a, B b, C c, D d, E e, F f, G g);
arguments!(A a, B b, C c, D d, E e, F f, G g, H h);
