//! Packing a call's arguments.

use std::mem::ManuallyDrop;

use hotplate_plugin_api::Parameter;
use hotplate_plugin_api::signature::LayoutFn;

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

    /// Gives `call` a pointer to each packed argument, which it must take over.
    #[doc(hidden)]
    fn with_pointers<R>(values: Self::Values<'_>, call: impl FnOnce(*const *mut ()) -> R) -> R;
}

macro_rules! arguments {
    ($($name:ident $value:ident),*) => {
        impl<$($name: Parameter),*> sealed::Sealed for ($($name,)*) {}

        impl<$($name: Parameter),*> Arguments for ($($name,)*) {
            type Values<'a> = ($($name::Value<'a>,)*);

            fn layouts() -> Vec<LayoutFn> {
                vec![$($name::layout),*]
            }

            fn with_pointers<R>(
                ($($value,)*): Self::Values<'_>,
                call: impl FnOnce(*const *mut ()) -> R,
            ) -> R {
                // The callee drops the values, whatever it returns.
                $(let mut $value = ManuallyDrop::new($name::into_abi($value));)*
                let pointers: &[*mut ()] = &[$((&raw mut $value).cast()),*];
                call(pointers.as_ptr())
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
