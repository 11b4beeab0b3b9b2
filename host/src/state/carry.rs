//! Carrying state from one snapshot into the next.

use std::collections::{BTreeMap, HashSet};

use hotplate_plugin_api::state::{StateDescriptor, StateRole};

use super::cell::{Binding, Cell};
use super::disk::Stored;
use super::gate::Closed;
use super::instance::Held;
use super::object::{Code, Payload};
use super::report::{Migration, StateReport};
use super::{Key, States};
use crate::event::{Diagnostic, Rejection, Stage};
use crate::snapshot::Snapshot;
use crate::sync::{Arc, lock};
use crate::unit::LiveUnit;

/// Why state cannot be carried.
#[derive(Debug)]
pub(crate) struct Fault {
    plugin: Option<String>,
    message: String,
    place: Option<(String, u32)>,
}

impl Fault {
    /// A fault of no single plugin.
    pub(crate) fn new(message: String) -> Self {
        Self {
            plugin: None,
            message,
            place: None,
        }
    }

    fn of(key: &Key, code: &Code, message: String) -> Self {
        let source = code.source();
        Self {
            plugin: Some(key.0.to_string()),
            message,
            place: Some((source.file.to_string(), source.line)),
        }
    }

    /// The refusal of a change set, while `serving` goes on.
    pub(crate) fn rejection(self, serving: u64) -> Rejection {
        let mut diagnostic = Diagnostic::message(self.message);
        if let Some((file, line)) = self.place {
            diagnostic.file = Some(file);
            diagnostic.line = Some(line);
        }
        Rejection {
            stage: Stage::State,
            plugin: self.plugin,
            diagnostics: vec![diagnostic],
            serving,
        }
    }
}

/// What has to happen to the state that a snapshot uses.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    key: Key,
    code: Code,
    /// Whether functions share an object of the type.
    is_shared: bool,
    /// What there is.
    found: Found,
}

#[derive(Debug)]
enum Found {
    /// Objects that are the same in memory.
    Same(Arc<Cell>),
    /// Objects of another layout or version.
    Other(Arc<Cell>),
    /// What was read from disk.
    Stored(Stored),
    Nothing,
}

impl Plan {
    /// Whether calls must be held back: an object changes its layout.
    pub(crate) fn needs_gate(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| matches!(step.found, Found::Other(_)))
    }
}

/// State that was carried into a snapshot which is not current yet. Dropping it undoes all.
#[derive(Debug)]
pub(crate) struct Carried<'s> {
    states: &'s States,
    done: Vec<Done>,
    report: StateReport,
    closed: Option<Closed<'s>>,
}

/// A step that was done.
#[derive(Debug)]
struct Done {
    key: Key,
    code: Code,
    cell: Arc<Cell>,
    /// The cell whose place it takes.
    replaces: Option<Arc<Cell>>,
    /// An object for a cell that had only instances.
    added: Option<Payload>,
    instances: Vec<(Arc<Held>, Payload)>,
    was_stored: bool,
}

/// The cells that the units of a snapshot are bound to.
pub(super) fn used_cells(snapshot: &Snapshot) -> HashSet<*const Cell> {
    let bindings = snapshot.live().filter_map(|(_, unit)| unit.binding());
    bindings
        .flat_map(|binding| binding.cells())
        .map(Arc::as_ptr)
        .collect()
}

impl States {
    /// Compares the state types that `next` uses with what there is.
    ///
    /// # Errors
    ///
    /// If two types of one plugin have one name.
    pub(crate) fn plan(&self, next: &Snapshot) -> Result<Plan, Fault> {
        let mut needs: BTreeMap<Key, (Code, bool)> = BTreeMap::new();
        for (_, unit) in next.live() {
            let uses = unit.state_uses().iter();
            let uses = uses.map(|wanted| (wanted.descriptor, wanted.role == StateRole::Shared));
            let returned = unit
                .returned_instance()
                .map(|descriptor| (descriptor, false));
            for (descriptor, is_shared) in uses.chain(returned) {
                let key = (unit.plugin().clone(), descriptor.name.as_str().into());
                match needs.get_mut(&key) {
                    Some((code, shares)) if code.is_of(descriptor, unit.library()) => {
                        *shares |= is_shared;
                    }
                    Some((code, _)) => return Err(ambiguous(&key, code, descriptor)),
                    None => {
                        let code = Code::new(descriptor, unit.library());
                        needs.insert(key, (code, is_shared));
                    }
                }
            }
        }
        let types = lock(&self.types);
        let steps = needs.into_iter().map(|(key, (code, is_shared))| {
            let found = match (types.cells.get(&key), types.stored.get(&key)) {
                (Some(cell), _) if lock(&cell.contents).code.fits(&code) => {
                    Found::Same(cell.clone())
                }
                (Some(cell), _) => Found::Other(cell.clone()),
                (None, Some(stored)) if is_shared => Found::Stored(stored.clone()),
                (None, _) => Found::Nothing,
            };
            Step {
                key,
                code,
                is_shared,
                found,
            }
        });
        Ok(Plan {
            steps: steps.collect(),
        })
    }

    /// Makes what a plan says, and binds the units of `next` to it. Nothing that is in use
    /// changes before [`Carried::commit`]. The gate is closed if the plan needs it.
    ///
    /// # Errors
    ///
    /// If an object cannot be made, saved or restored.
    pub(crate) fn carry<'s>(
        &'s self,
        plan: Plan,
        before: &Snapshot,
        next: Snapshot,
        closed: Option<Closed<'s>>,
    ) -> Result<(Snapshot, Carried<'s>), Fault> {
        let mut carried = Carried {
            states: self,
            done: Vec::new(),
            report: StateReport::default(),
            closed,
        };
        for step in plan.steps {
            let done = carried.take(step)?;
            carried.done.push(done);
        }
        let next = carried.bind(next);
        carried.report.unused = carried.unused(before);
        Ok((next, carried))
    }
}

fn ambiguous(key: &Key, code: &Code, other: &StateDescriptor) -> Fault {
    let (one, two) = (code.source(), other.source);
    let message = format!(
        "two state types of {} are named {} ({}:{} and {}:{}); give one of them another name: \
         #[state(name = \"…\")]",
        key.0, key.1, one.file, one.line, two.file, two.line
    );
    Fault::of(key, code, message)
}

impl Carried<'_> {
    fn take(&mut self, step: Step) -> Result<Done, Fault> {
        let Step {
            key,
            code,
            is_shared,
            found,
        } = step;
        let path = format!("{}::{}", key.0, key.1);
        let fault = |why: String| Fault::of(&key, &code, why);
        let create = || {
            let made = code.create();
            made.map_err(|why| fault(format!("the state {path} cannot be made: {why}")))
        };
        let mut done = Done {
            cell: Cell::new(key.clone(), code.clone(), None, &[]),
            code: code.clone(),
            key: key.clone(),
            replaces: None,
            added: None,
            instances: Vec::new(),
            was_stored: false,
        };
        match found {
            Found::Same(cell) => {
                if is_shared && lock(&cell.contents).shared.is_none() {
                    done.added = Some(create()?);
                    self.report.created.push(path);
                }
                done.cell = cell;
            }
            Found::Nothing => {
                let object = is_shared.then(create).transpose()?;
                if object.is_some() {
                    self.report.created.push(path);
                }
                lock(&done.cell.contents).shared = object;
            }
            Found::Stored(stored) => {
                let mut migration = migration(&key, stored.version, &code);
                let restored = code.restore(stored.version, &stored.fields);
                let (object, report) = restored.map_err(|why| {
                    let file = lock(&self.states.types).file.display().to_string();
                    fault(format!(
                        "the state {path} of version {} in {file} cannot be restored: {why}; put \
                         the code right, or take the state out of the file",
                        stored.version
                    ))
                })?;
                migration.add(&report);
                migration.from_disk = true;
                self.report.migrations.push(migration);
                lock(&done.cell.contents).shared = Some(object);
                done.was_stored = true;
            }
            Found::Other(cell) => {
                let mut old = lock(&cell.contents);
                let from = old.code.version();
                let mut migration = migration(&key, from, &code);
                let mut migrate = |save: &dyn Fn() -> Result<_, String>, what: &str| {
                    let restored = save().and_then(|saved| code.restore(from, &saved));
                    let (object, report) = restored.map_err(|why| {
                        fault(format!(
                            "{what} {path} of version {from} cannot become that of version {}: \
                             {why}; the old code goes on with the old state",
                            code.version()
                        ))
                    })?;
                    migration.add(&report);
                    Ok(object)
                };
                let shared = match &old.shared {
                    Some(object) => Some(migrate(&|| object.save(), "the state")?),
                    None => None,
                };
                for held in old.held() {
                    let object = migrate(&|| held.save(), "an instance of")?;
                    done.instances.push((held, object));
                }
                drop(old);
                migration.instances = done.instances.len();
                let is_new = shared.is_none() && is_shared;
                let shared = match shared {
                    None if is_shared => Some(create()?),
                    shared => shared,
                };
                if is_new {
                    self.report.created.push(path);
                } else if shared.is_some() || migration.instances > 0 {
                    self.report.migrations.push(migration);
                }
                let held: Vec<_> = done
                    .instances
                    .iter()
                    .map(|(held, _)| held.clone())
                    .collect();
                done.cell = Cell::new(key.clone(), code.clone(), shared, &held);
                done.replaces = Some(cell);
            }
        }
        Ok(done)
    }

    /// The snapshot with all units bound to the cells that there will be.
    fn bind(&mut self, next: Snapshot) -> Snapshot {
        // A cell that had no object gets it before units look for it; without it, nobody has
        // looked.
        for done in &mut self.done {
            if let Some(object) = done.added.take() {
                lock(&done.cell.contents).shared = Some(object);
            }
        }
        let cells: BTreeMap<&Key, &Arc<Cell>> = self
            .done
            .iter()
            .map(|done| (&done.key, &done.cell))
            .collect();
        if cells.is_empty() {
            return next;
        }
        let bound = |unit: &LiveUnit| -> Option<LiveUnit> {
            if !unit.needs_state() {
                return None;
            }
            let find = |descriptor: &StateDescriptor| {
                let key = (unit.plugin().clone(), descriptor.name.as_str().into());
                cells.get(&key).map(|cell| (*cell).clone())
            };
            let returned = unit.returned_instance();
            let returns = returned.map(|descriptor| (descriptor, unit.library()));
            let binding = Binding::new(unit.state_uses(), returns, find)?;
            let is_same = unit.binding().is_some_and(|old| {
                let same = |(a, b): (&Arc<Cell>, &Arc<Cell>)| Arc::ptr_eq(a, b);
                old.cells().zip(binding.cells()).all(same)
            });
            (!is_same).then(|| unit.bound(binding))
        };
        let mut units = next.units().to_vec();
        for (slot, unit) in next.live() {
            if let Some(bound) = bound(unit) {
                Snapshot::place(&mut units, slot, Some(Arc::new(bound)));
            }
        }
        next.with_units(next.generation(), units)
    }

    /// State that `before` uses and that is not used any more.
    fn unused(&self, before: &Snapshot) -> Vec<String> {
        let used = used_cells(before);
        let types = lock(&self.states.types);
        let done = |key: &Key| self.done.iter().any(|done| done.key == *key);
        let cells = types.cells.iter();
        let unused = cells.filter(|(key, cell)| used.contains(&Arc::as_ptr(cell)) && !done(key));
        unused
            .map(|((plugin, name), _)| format!("{plugin}::{name}"))
            .collect()
    }

    /// Makes it final: the snapshot is current. Opens the gate, and drops what is old.
    pub(crate) fn commit(mut self) -> StateReport {
        let mut old = Vec::new();
        let mut types = lock(&self.states.types);
        for done in self.done {
            match &done.replaces {
                Some(replaced) => {
                    old.extend(replaced.retire());
                    for (held, object) in done.instances {
                        old.push(held.replace(&done.cell, object));
                    }
                }
                None => done.cell.take_over(&done.code),
            }
            if done.was_stored {
                types.stored.remove(&done.key);
            }
            types.cells.insert(done.key, done.cell);
        }
        drop(types);
        if let Some(closed) = self.closed.take() {
            self.report.pause = closed.elapsed();
        }
        drop(old);
        self.report
    }
}

fn migration(key: &Key, from: u32, code: &Code) -> Migration {
    Migration {
        plugin: key.0.to_string(),
        name: key.1.to_string(),
        from,
        to: code.version(),
        carried: Vec::new(),
        defaulted: Vec::new(),
        removed: Vec::new(),
        instances: 0,
        from_disk: false,
    }
}
