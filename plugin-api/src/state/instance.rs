//! Instances: objects of a plugin that a program holds one by one.
#![expect(
    unsafe_code,
    reason = "an object that nobody took over is dropped by the functions of its type"
)]

use std::marker::PhantomData;

use abi_stable::StableAbi;
use abi_stable::type_layout::TypeLayout;

use super::{State, StateDescriptor, StateSlot};
use crate::failure::LazyRecord;
use crate::signature::{Parameter, Returned};

/// An object that a plugin function hands out. The program holds it as a
/// `hotplate::Instance`, and passes it to functions that take it with `#[instance]`: its
/// methods.
///
/// ```
/// use std::sync::Mutex;
///
/// use hotplate_plugin_api::state::Instance;
/// use hotplate_plugin_api::{plugin_fn, state};
///
/// #[state]
/// #[derive(Default)]
/// pub struct Player {
///     name: String,
///     score: Mutex<u64>,
/// }
///
/// #[plugin_fn]
/// pub fn join(name: &str) -> Instance<Player> {
///     Instance::new(Player { name: name.to_owned(), score: Mutex::default() })
/// }
///
/// #[plugin_fn]
/// pub fn score(#[instance] player: &Player, points: u64) -> String {
///     let mut score = player.score.lock().unwrap();
///     *score += points;
///     format!("{}: {score}", player.name)
/// }
///
/// hotplate_plugin_api::plugin!();
/// # fn main() {}
/// ```
///
/// Objects that are there already are handled by new code after a swap, as all state is.
#[derive(Debug)]
pub struct Instance<T> {
    raw: RawInstance,
    object: PhantomData<T>,
}

impl<T: State> Instance<T> {
    /// Hands an object out.
    pub fn new(object: T) -> Self {
        let slot = StateSlot {
            object: Box::into_raw(Box::new(object)).cast_const().cast(),
            token: 0,
        };
        Self {
            raw: RawInstance {
                slot,
                descriptor: Some(T::DESCRIPTOR),
            },
            object: PhantomData,
        }
    }
}

impl<T: State> Returned for Instance<T> {
    type Abi = RawInstance;

    const INSTANCE: Option<&'static StateDescriptor> = Some(T::DESCRIPTOR);

    extern "C" fn layout() -> &'static TypeLayout {
        raw_instance_layout()
    }

    fn into_abi(self) -> RawInstance {
        self.raw
    }

    fn from_abi(raw: RawInstance) -> Self {
        Self {
            raw,
            object: PhantomData,
        }
    }
}

/// An object on its way to the host, with the functions of its type.
#[repr(C)]
#[derive(StableAbi)]
pub struct RawInstance {
    slot: StateSlot,
    /// Nothing if there is no object.
    descriptor: Option<&'static StateDescriptor>,
}

// SAFETY: only `Instance::new` makes one, and its type is `State`, which is `Send`.
unsafe impl Send for RawInstance {}
// SAFETY: as for `Send`; nothing is done through a shared reference.
unsafe impl Sync for RawInstance {}

impl RawInstance {
    /// No object.
    pub fn nothing() -> Self {
        Self {
            slot: StateSlot {
                object: std::ptr::null(),
                token: 0,
            },
            descriptor: None,
        }
    }

    /// The object, which is the caller's from here on; null if there is none.
    pub fn into_object(self) -> *const () {
        let object = self.slot.object;
        std::mem::forget(self);
        object
    }

    /// The object's type, if there is an object.
    pub fn descriptor(&self) -> Option<&'static StateDescriptor> {
        self.descriptor
    }
}

impl std::fmt::Debug for RawInstance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self
            .descriptor
            .map_or("", |descriptor| descriptor.name.as_str());
        write!(f, "RawInstance({name})")
    }
}

impl Drop for RawInstance {
    fn drop(&mut self) {
        let Some(descriptor) = self.descriptor else {
            return;
        };
        let mut record = LazyRecord::default();
        // SAFETY: the contract of `StateFunctions`: `Instance::new` made the object in the
        // library of this very table, and it is not used again. A panic has been reported,
        // and there is nobody to tell.
        let _ = unsafe { (descriptor.functions.drop)(&self.slot, record.failure()) };
    }
}

/// The layout of what crosses when a function returns an instance.
#[inline(never)]
pub extern "C" fn raw_instance_layout() -> &'static TypeLayout {
    <RawInstance as StableAbi>::LAYOUT
}

/// An object that is lent to a method for one call.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct InstanceArgument<'a> {
    slot: StateSlot,
    /// What the program holds the object by; null if it does not say.
    holder: *const (),
    _lent: PhantomData<&'a ()>,
}

impl InstanceArgument<'_> {
    /// Lends the object in a slot.
    ///
    /// # Safety
    ///
    /// 1. The object must be of the type and layout that the token stands for, and live for
    ///    as long as the argument does.
    pub unsafe fn new(slot: StateSlot) -> Self {
        Self {
            slot,
            holder: std::ptr::null(),
            _lent: PhantomData,
        }
    }

    /// An argument that is no object of any type.
    pub fn nothing() -> Self {
        Self {
            slot: StateSlot {
                object: std::ptr::null(),
                token: 0,
            },
            holder: std::ptr::null(),
            _lent: PhantomData,
        }
    }

    /// The same with what the program holds the object by, for functions of the program's own
    /// that are called in the place of a plugin's.
    ///
    /// # Safety
    ///
    /// 1. `holder` must point to a `hotplate::Instance` that lives, and is only read, for as
    ///    long as the argument.
    pub unsafe fn held_by(self, holder: *const ()) -> Self {
        Self { holder, ..self }
    }

    /// What the program holds the object by; null if it does not say.
    pub fn holder(&self) -> *const () {
        self.holder
    }

    pub(super) fn token(&self) -> usize {
        self.slot.token
    }

    pub(super) fn object(&self) -> *const () {
        self.slot.object
    }
}

/// The layout of what crosses when a function takes an instance.
#[inline(never)]
pub extern "C" fn instance_layout() -> &'static TypeLayout {
    <InstanceArgument<'static> as StableAbi>::LAYOUT
}

/// Stands in a signature for a parameter marked `#[instance]`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Receiver;

impl Parameter for Receiver {
    type Value<'a> = InstanceArgument<'a>;
    type Abi<'a> = InstanceArgument<'a>;

    extern "C" fn layout() -> &'static TypeLayout {
        instance_layout()
    }

    fn into_abi(value: Self::Value<'_>) -> Self::Abi<'_> {
        value
    }

    fn from_abi(abi: Self::Abi<'_>) -> Self::Value<'_> {
        abi
    }
}
