//! Cells: where the host keeps the objects of one state type; and how units are bound to them.

use std::sync::Weak;

use hotplate_plugin_api::state::{RawInstance, StateDescriptor, StateRole, StateUse};
use hotplate_plugin_api::unit::UnitData;

use super::disk::Stored;
use super::instance::Held;
use super::object::{Code, Payload, Slots};
use super::report::StateInfo;
use crate::load::Library;
use crate::sync::{Arc, AtomicBool, Mutex, Ordering, lock};

/// The objects of one state type of a plugin, in one layout.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(super) plugin: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) contents: Mutex<Contents>,
    /// Set once another cell has taken its place.
    retired: AtomicBool,
}

#[derive(Debug)]
pub(super) struct Contents {
    /// The code that is in force.
    pub(super) code: Code,
    /// The object that functions share, if some do.
    pub(super) shared: Option<Payload>,
    /// The objects that the program holds.
    instances: Vec<Weak<Held>>,
}

impl Contents {
    /// The instances that somebody holds.
    pub(super) fn held(&mut self) -> Vec<Arc<Held>> {
        let held: Vec<_> = self.instances.iter().filter_map(Weak::upgrade).collect();
        self.instances = held.iter().map(Arc::downgrade).collect();
        held
    }
}

impl Cell {
    pub(super) fn new(
        (plugin, name): (Arc<str>, Arc<str>),
        code: Code,
        shared: Option<Payload>,
        instances: &[Arc<Held>],
    ) -> Arc<Self> {
        Arc::new(Self {
            plugin,
            name,
            contents: Mutex::new(Contents {
                code,
                shared,
                instances: instances.iter().map(Arc::downgrade).collect(),
            }),
            retired: AtomicBool::new(false),
        })
    }

    /// Tells it from all cells that live, of any host.
    pub(super) fn token(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// Has newer code, whose objects are the same, handle what there is.
    pub(super) fn take_over(&self, code: &Code) {
        let mut contents = lock(&self.contents);
        contents.code = code.clone();
        if let Some(object) = &mut contents.shared {
            object.take_over(code);
        }
        for held in contents.held() {
            held.take_over(code);
        }
    }

    /// Ends all use of it, and gives its object up. The gate is closed.
    pub(super) fn retire(&self) -> Option<Payload> {
        self.retired.store(true, Ordering::SeqCst);
        lock(&self.contents).shared.take()
    }

    /// A cell for the instances alone; nothing if nobody holds one.
    pub(super) fn without_object(&self) -> Option<Arc<Self>> {
        let mut contents = lock(&self.contents);
        let held = contents.held();
        if held.is_empty() {
            return None;
        }
        let key = (self.plugin.clone(), self.name.clone());
        let cell = Self::new(key, contents.code.clone(), None, &held);
        drop(contents);
        for instance in &held {
            instance.move_to(&cell);
        }
        Some(cell)
    }

    /// What is written to disk of it; nothing for a type that only has instances.
    pub(super) fn stored(&self) -> Result<Option<Stored>, String> {
        let contents = lock(&self.contents);
        let Some(object) = &contents.shared else {
            return Ok(None);
        };
        let fields = object
            .save()
            .map_err(|why| format!("{}::{}: {why}", self.plugin, self.name))?;
        Ok(Some(Stored {
            version: contents.code.version(),
            fields,
        }))
    }

    pub(super) fn info(&self, in_use: bool) -> StateInfo {
        let mut contents = lock(&self.contents);
        let instances = contents.held().len();
        let value = contents.shared.as_ref().map(Payload::save).transpose();
        StateInfo {
            plugin: self.plugin.to_string(),
            name: self.name.to_string(),
            version: contents.code.version(),
            layout: Some(contents.code.layout().to_owned()),
            value,
            instances,
            in_use,
        }
    }

    /// Takes an object over that a function of the plugin returned.
    pub(super) fn adopt(
        self: &Arc<Self>,
        code: &Code,
        raw: RawInstance,
    ) -> Result<Arc<Held>, String> {
        let object = code.adopt(raw)?;
        // Under the lock, so that code that takes over here meets the instance.
        let mut contents = lock(&self.contents);
        let held = Held::new(self, object);
        contents.instances.push(Arc::downgrade(&held));
        if contents.instances.len().is_power_of_two() {
            // Those that are gone are forgotten now and then.
            contents.held();
        }
        Ok(held)
    }
}

/// What a unit's uses of state are bound to.
#[derive(Debug)]
pub(crate) struct Binding {
    slots: Slots,
    /// One for each use.
    cells: Vec<Arc<Cell>>,
    /// Where instances that it returns belong, with its own code for them.
    returns: Option<(Arc<Cell>, Code)>,
}

impl Binding {
    /// Binds uses to the cells that `find` gives for their types.
    pub(super) fn new(
        uses: &[StateUse],
        returns: Option<(&'static StateDescriptor, &Arc<Library>)>,
        find: impl Fn(&StateDescriptor) -> Option<Arc<Cell>>,
    ) -> Option<Self> {
        let cells = uses.iter().map(|wanted| find(wanted.descriptor));
        let cells = cells.collect::<Option<Vec<_>>>()?;
        let returns = match returns {
            Some((descriptor, library)) => {
                Some((find(descriptor)?, Code::new(descriptor, library)))
            }
            None => None,
        };
        // One cell may stand for several uses, so each is locked by itself.
        let slots = Slots::new(uses.iter().zip(&cells).map(|(wanted, cell)| {
            let contents = lock(&cell.contents);
            let is_shared = wanted.role == StateRole::Shared;
            let shared = contents.shared.as_ref().filter(|_| is_shared);
            (shared.map(Payload::place), cell.token())
        }));
        Some(Self {
            slots,
            cells,
            returns,
        })
    }

    /// The cells it is bound to.
    pub(super) fn cells(&self) -> impl Iterator<Item = &Arc<Cell>> {
        let returned = self.returns.iter().map(|(cell, _)| cell);
        self.cells.iter().chain(returned)
    }

    /// Whether a cell of it was replaced, so that its unit must not be called.
    pub(crate) fn is_stale(&self) -> bool {
        let is_retired = |cell: &Arc<Cell>| cell.retired.load(Ordering::SeqCst);
        self.cells().any(is_retired)
    }

    /// What the unit is called with.
    pub(crate) fn data(&self) -> UnitData {
        self.slots.data()
    }

    /// Takes an object over that the unit returned.
    pub(super) fn adopt(&self, raw: RawInstance) -> Result<Arc<Held>, String> {
        match &self.returns {
            Some((cell, code)) => cell.adopt(code, raw),
            None => Err("the function does not say that it returns one".to_owned()),
        }
    }
}
