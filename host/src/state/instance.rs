//! Instances: objects of plugins that the program holds.
#![expect(
    unsafe_code,
    reason = "an object is lent to a call with the token of the cell that it is in, and with \
              what the program holds it by"
)]

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::ptr;

use abi_stable::type_layout::TypeLayout;
use hotplate_plugin_api::state::{
    InstanceArgument, RawInstance, instance_layout, raw_instance_layout,
};
use hotplate_plugin_api::{Parameter, Returned, Value};

use super::cell::{Binding, Cell};
use super::object::{Code, Payload};
use crate::error::Error;
use crate::sync::{Arc, Mutex, lock};

/// An object that a function of a plugin has handed out, and that its methods take.
///
/// ```no_run
/// use hotplate::{Host, Instance};
///
/// let host = Host::builder().plugin("plugins/game").start()?;
/// let join = host.function::<(&str,), Instance>("game", "join")?;
/// let score = host.function::<(&Instance, u64), String>("game", "score")?;
/// let ann = join.call(("Ann",))?;
/// // The plugin can be edited here: `ann` keeps her points, and takes on the new methods.
/// println!("{}", score.call((&ann, 3))?);
/// # Ok::<(), hotplate::Error>(())
/// ```
///
/// Clones are the same object. It is dropped, by the code that fits it, with the last of them.
#[derive(Clone)]
pub struct Instance(Repr);

#[derive(Clone)]
enum Repr {
    /// Came out of a call, and is taken over by the host before the call's caller has it.
    Raw(Arc<Mutex<Option<RawInstance>>>),
    Held(Arc<Held>),
    /// What a function returned that does not say so.
    Nothing(Arc<str>),
}

thread_local! {
    /// What an interceptor returned, on its way to whoever called the function.
    static PASSED_ON: RefCell<Option<Arc<Held>>> = const { RefCell::new(None) };
}

/// An object that the program holds.
#[derive(Debug)]
pub(crate) struct Held(Mutex<(Arc<Cell>, Payload)>);

impl Held {
    pub(super) fn new(cell: &Arc<Cell>, object: Payload) -> Arc<Self> {
        Arc::new(Self(Mutex::new((cell.clone(), object))))
    }

    pub(super) fn save(&self) -> Result<Value, String> {
        lock(&self.0).1.save()
    }

    pub(super) fn take_over(&self, code: &Code) {
        lock(&self.0).1.take_over(code);
    }

    /// The same object in another cell.
    pub(super) fn move_to(&self, cell: &Arc<Cell>) {
        lock(&self.0).0 = cell.clone();
    }

    /// Another object, in another cell; gives the old one. The gate is closed.
    pub(super) fn replace(&self, cell: &Arc<Cell>, object: Payload) -> Payload {
        let mut held = lock(&self.0);
        held.0 = cell.clone();
        std::mem::replace(&mut held.1, object)
    }

    fn cell(&self) -> Arc<Cell> {
        lock(&self.0).0.clone()
    }

    fn lend(&self) -> InstanceArgument<'_> {
        let held = lock(&self.0);
        // SAFETY: the duties of `Payload::lend`. 1: objects are put into a cell with code that
        // fits, by `Cell::adopt` and by migrations. 2: they are replaced only while the gate is
        // closed, and a function that takes an instance is called inside of it.
        unsafe { held.1.lend(held.0.token()) }
    }
}

impl Instance {
    /// The plugin that it belongs to.
    pub fn plugin(&self) -> String {
        match &self.0 {
            Repr::Held(held) => held.cell().plugin.to_string(),
            _ => String::new(),
        }
    }

    /// The name of its type.
    pub fn type_name(&self) -> String {
        match &self.0 {
            Repr::Held(held) => held.cell().name.to_string(),
            _ => String::new(),
        }
    }

    /// What it holds, as a migration would save it.
    ///
    /// # Errors
    ///
    /// If something in it cannot be saved, such as a lock that is held all the time.
    pub fn value(&self) -> Result<Value, Error> {
        let saved = match &self.0 {
            Repr::Held(held) => held.save(),
            Repr::Raw(_) => Err("no host has taken it over".to_owned()),
            Repr::Nothing(why) => Err(why.to_string()),
        };
        saved.map_err(|why| Error::state(format!("the instance cannot be saved: {why}")))
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instance({}::{})", self.plugin(), self.type_name())
    }
}

impl Returned for Instance {
    type Abi = RawInstance;

    extern "C" fn layout() -> &'static TypeLayout {
        raw_instance_layout()
    }

    /// Plugins return instances through their own type; interceptors return this one, which
    /// [`from_abi`](Returned::from_abi) unpacks next on the same thread.
    fn into_abi(self) -> RawInstance {
        let (raw, held) = match self.0 {
            Repr::Raw(raw) => (lock(&raw).take(), None),
            Repr::Held(held) => (None, Some(held)),
            Repr::Nothing(_) => (None, None),
        };
        PASSED_ON.replace(held);
        raw.unwrap_or_else(RawInstance::nothing)
    }

    fn from_abi(raw: RawInstance) -> Self {
        if raw.descriptor().is_none()
            && let Some(held) = PASSED_ON.take()
        {
            return Self(Repr::Held(held));
        }
        Self(Repr::Raw(Arc::new(Mutex::new(Some(raw)))))
    }

    fn adopt(&mut self, unit: &dyn Any) {
        let Repr::Raw(raw) = &self.0 else {
            return;
        };
        let (Some(binding), Some(raw)) = (unit.downcast_ref::<Binding>(), lock(raw).take()) else {
            return;
        };
        let adopted = match binding.adopt(raw) {
            Ok(held) => Repr::Held(held),
            Err(why) => Repr::Nothing(why.into()),
        };
        self.0 = adopted;
    }
}

impl Parameter for &Instance {
    type Value<'a> = &'a Instance;
    type Abi<'a> = InstanceArgument<'a>;

    extern "C" fn layout() -> &'static TypeLayout {
        instance_layout()
    }

    fn into_abi(instance: Self::Value<'_>) -> Self::Abi<'_> {
        let argument = match &instance.0 {
            Repr::Held(held) => held.lend(),
            _ => InstanceArgument::nothing(),
        };
        // SAFETY: duty 1, the argument lives no longer than this very borrow.
        unsafe { argument.held_by(ptr::from_ref(instance).cast()) }
    }

    /// For interceptors, which are called as plugins are.
    ///
    /// # Panics
    ///
    /// If the argument was not made of an instance. In a plugin, the parameter is a reference
    /// to the type itself, with `#[instance]`.
    fn from_abi(argument: Self::Abi<'_>) -> Self::Value<'_> {
        let holder = argument.holder().cast::<Instance>();
        assert!(
            !holder.is_null(),
            "a plugin takes an instance as a reference to its type, with #[instance]"
        );
        // SAFETY: by duty 1 of `held_by` it is one, for as long as the argument lives.
        unsafe { &*holder }
    }
}
