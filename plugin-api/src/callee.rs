//! Calls from unit to unit inside a library's code, without a detour through the host.
//!
//! A host says once per snapshot where an `include` leads and how the names that the
//! included template reads are found among those of the caller; from then on the caller
//! calls it directly.
#![expect(
    unsafe_code,
    reason = "a unit calls an entry of another one, with values that the host vouches for"
)]

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use abi_stable::StableAbi;
use abi_stable::std_types::{ROption, RSlice, RStr};

use crate::failure::Status;
use crate::render::{Frame, Link, RenderEntry, Scope};
use crate::unit::UnitData;
use crate::view::bound::{BoundValue, BoundValues, Form, NameBinding};
use crate::view::{TableFn, View};

/// Renders a unit with names of known types into `frame.out`.
///
/// # Safety of a call
///
/// 1. The first argument is the descriptor's data, and the library stays mapped during the call.
/// 2. The last argument points to values that a [`NameBinding`] for the entry's forms found.
/// 3. The frame is an [ordinary](Frame::is_ordinary) one.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct BoundRenderEntry(
    pub unsafe extern "C" fn(UnitData, &mut Frame<'_>, &Scope<'_>, *const BoundValue<'_>) -> Status,
);

/// How a unit is rendered with names of known types.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct BoundEntry {
    /// Renders it.
    pub render: BoundRenderEntry,
    /// The names.
    pub names: RSlice<'static, RStr<'static>>,
    /// As what it takes them, in the same order.
    pub forms: RSlice<'static, Form>,
    /// Whether it also looks into the scope that it is called with, other than to pass it on
    /// to `includes`.
    pub uses_scope: bool,
    /// The templates that it may call.
    pub includes: RSlice<'static, IncludeSite>,
}

/// An `include` in code for names of known types.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct IncludeSite {
    /// The template.
    pub link: &'static Link,
    /// The names that are offered to it, as in [`Frame::callee`].
    pub names: RSlice<'static, RStr<'static>>,
    /// The types of what is offered, in the same order; none for what hides a name.
    pub types: RSlice<'static, ROption<TableFn>>,
}

impl IncludeSite {
    /// An `include` of what `link` names.
    pub const fn new(
        link: &'static Link,
        names: &'static [RStr<'static>],
        types: &'static [ROption<TableFn>],
    ) -> Self {
        Self {
            link,
            names: RSlice::from_slice(names),
            types: RSlice::from_slice(types),
        }
    }
}

/// What a whole rendering shares: the first part of what the host knows of it.
#[repr(C)]
#[derive(StableAbi, Debug)]
pub struct RenderState {
    /// How many more units may be rendered inside the running one.
    pub depth: Cell<usize>,
    /// The running unit, as the host knows it.
    pub unit: Cell<*const ()>,
    /// Whether a failure has passed through a unit, and the host may have to forget it.
    pub has_failed: Cell<bool>,
    /// Where links are known to lead; null, or the snapshot's for as long as the rendering.
    callees: *const CalleeTable,
}

impl RenderState {
    /// The state of a rendering that begins with `unit`, inside which `depth` more may be
    /// rendered.
    pub fn new(unit: *const (), depth: usize, callees: Option<&CalleeTable>) -> Self {
        Self {
            depth: Cell::new(depth),
            unit: Cell::new(unit),
            has_failed: Cell::new(false),
            callees: callees.map_or(std::ptr::null(), |callees| callees),
        }
    }
}

impl Default for RenderState {
    /// The state of a rendering without a host.
    fn default() -> Self {
        Self::new(std::ptr::null(), 0, None)
    }
}

/// Where the links of a snapshot's templates are known to lead. It is filled while templates
/// are rendered, by whoever asks first, and read without a lock.
///
/// A link is known by its address: it is a static of a library that the snapshot keeps mapped.
#[repr(C)]
#[derive(StableAbi, Debug)]
pub struct CalleeTable {
    /// As many as a power of two, which this owns. An `RVec` would be asked for them by a call
    /// wherever code is not compiled to be fast alone.
    entries: *mut CalleeEntry,
    /// The number of the last one.
    last: usize,
    /// What found no room there: a list.
    more: AtomicPtr<MoreCallees>,
}

#[repr(C)]
#[derive(StableAbi, Debug)]
struct CalleeEntry {
    /// The link's address; 0 if the entry is free, [`FILLING`] while it is being filled.
    link: AtomicUsize,
    /// Null if the link leads to nothing that can be called directly.
    callee: AtomicPtr<Callee>,
}

#[repr(C)]
#[derive(StableAbi, Debug)]
struct MoreCallees {
    link: usize,
    callee: *mut Callee,
    next: *mut MoreCallees,
}

/// In how many entries a link may be found.
const PROBES: usize = 4;

/// What stands in place of a link's address while an entry is being filled: no static lies
/// there.
const FILLING: usize = 1;

// SAFETY: the entries are the table's own, and they and the rest may be sent.
unsafe impl Send for CalleeTable {}
// SAFETY: all that changes is changed by atomic operations.
unsafe impl Sync for CalleeTable {}

impl CalleeTable {
    /// A table for so many links, or fewer.
    pub fn with_capacity(links: usize) -> Self {
        let count = links.next_power_of_two().clamp(16, 4096);
        let free = || CalleeEntry {
            link: AtomicUsize::new(0),
            callee: AtomicPtr::new(std::ptr::null_mut()),
        };
        let entries: Box<[CalleeEntry]> = (0..count).map(|_| free()).collect();
        Self {
            entries: Box::into_raw(entries).cast(),
            last: count - 1,
            more: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// What is known of a link; a null pointer if it leads to nothing that can be called.
    #[inline(always)]
    fn get(&self, link: &'static Link) -> Option<*const Callee> {
        // Mostly it is the first entry.
        let first = self.entry(std::ptr::from_ref(link).addr(), 0);
        if first.link.load(Ordering::Acquire) == std::ptr::from_ref(link).addr() {
            return Some(first.callee.load(Ordering::Relaxed));
        }
        self.get_behind(link)
    }

    #[inline(never)]
    fn get_behind(&self, link: &'static Link) -> Option<*const Callee> {
        let link = std::ptr::from_ref(link).addr();
        for probe in 0..PROBES {
            let entry = self.entry(link, probe);
            match entry.link.load(Ordering::Acquire) {
                found if found == link => return Some(entry.callee.load(Ordering::Relaxed)),
                0 | FILLING => return None,
                _ => {}
            }
        }
        self.get_more(link)
    }

    #[cold]
    fn get_more(&self, link: usize) -> Option<*const Callee> {
        let mut next = self.more.load(Ordering::Acquire).cast_const();
        // SAFETY: it is null, or a box that `keep` has put there, which stays as long as the
        // table and is not changed any more.
        while let Some(more) = unsafe { next.as_ref() } {
            if more.link == link {
                return Some(more.callee);
            }
            next = more.next;
        }
        None
    }

    /// Keeps where a link leads, if it leads to what can be called, unless that is known
    /// already; gives what is kept.
    pub fn keep(&self, link: &'static Link, callee: Option<Callee>) -> Option<&Callee> {
        let address = std::ptr::from_ref(link).addr();
        let callee = callee.map_or(std::ptr::null_mut(), |callee| {
            Box::into_raw(Box::new(callee))
        });
        let kept = self.keep_pointer(address, callee);
        if kept != callee && !callee.is_null() {
            // SAFETY: it was made of a box just now, and nobody else knows it.
            drop(unsafe { Box::from_raw(callee) });
        }
        // SAFETY: what is kept is null, or a box that stays as long as the table.
        unsafe { kept.as_ref() }
    }

    /// Keeps a pointer, and gives the one that is kept.
    fn keep_pointer(&self, link: usize, callee: *mut Callee) -> *mut Callee {
        for probe in 0..PROBES {
            let entry = self.entry(link, probe);
            loop {
                let order = Ordering::Acquire;
                match (entry.link).compare_exchange(0, FILLING, order, order) {
                    Ok(_) => {
                        entry.callee.store(callee, Ordering::Relaxed);
                        entry.link.store(link, Ordering::Release);
                        return callee;
                    }
                    // Another thread is between the two stores.
                    Err(FILLING) => std::hint::spin_loop(),
                    Err(found) if found == link => return entry.callee.load(Ordering::Relaxed),
                    Err(_) => break,
                }
            }
        }
        let mut first = self.more.load(Ordering::Acquire);
        loop {
            if let Some(kept) = self.get_more(link) {
                return kept.cast_mut();
            }
            let next = first;
            let more = Box::into_raw(Box::new(MoreCallees { link, callee, next }));
            let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
            match (self.more).compare_exchange(first, more, success, failure) {
                Ok(_) => return callee,
                Err(found) => {
                    first = found;
                    // SAFETY: it was made of a box just now, and nobody else knows it.
                    drop(unsafe { Box::from_raw(more) });
                }
            }
        }
    }

    #[inline]
    fn entry(&self, link: usize, probe: usize) -> &CalleeEntry {
        // The upper half of a product is the better mixed one.
        let hash = (link as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        // SAFETY: there are `last + 1` entries, a power of two, and this is at most `last`.
        unsafe { &*self.entries.add((hash as usize + probe) & self.last) }
    }
}

impl Drop for CalleeTable {
    fn drop(&mut self) {
        let entries = ptr::slice_from_raw_parts_mut(self.entries, self.last + 1);
        // SAFETY: `with_capacity` made it of a box of so many, and nobody refers to it any more.
        let mut entries = unsafe { Box::from_raw(entries) };
        let callees = entries.iter_mut().map(|entry| *entry.callee.get_mut());
        let mut callees: Vec<*mut Callee> = callees.collect();
        let mut next = *self.more.get_mut();
        while !next.is_null() {
            // SAFETY: `keep` made it of a box, and nobody refers to the table any more.
            let more = unsafe { Box::from_raw(next) };
            callees.push(more.callee);
            next = more.next;
        }
        for callee in callees.into_iter().filter(|callee| !callee.is_null()) {
            // SAFETY: as above; each is kept once.
            drop(unsafe { Box::from_raw(callee) });
        }
    }
}

/// Where an `include` leads in a snapshot.
#[repr(C)]
#[derive(StableAbi)]
pub struct Callee {
    render: RenderEntry,
    data: UnitData,
    unit: *const (),
    bound: ROption<BoundCode>,
}

/// Code for names of known types, and how the names are found among what is offered.
#[repr(C)]
#[derive(StableAbi)]
pub struct BoundCode {
    entry: &'static BoundEntry,
    binding: NameBinding,
    uses_scope: bool,
}

impl BoundCode {
    /// The code of `entry`; `uses_scope` says whether it has to be called with the scope of the
    /// place that includes it.
    ///
    /// # Safety
    ///
    /// 1. `binding` must have been made for the entry's forms.
    pub unsafe fn new(entry: &'static BoundEntry, binding: NameBinding, uses_scope: bool) -> Self {
        Self {
            entry,
            binding,
            uses_scope,
        }
    }
}

// SAFETY: the pointers are only handed to an entry and to a host, which may be called from any
// thread.
unsafe impl Send for Callee {}
// SAFETY: as for `Send`; nothing in it changes.
unsafe impl Sync for Callee {}

impl<'f> Frame<'f> {
    #[inline(always)]
    fn render_state(&self) -> &'f RenderState {
        // SAFETY: a frame's host is the one that made it, and outlives it; its data starts
        // with a `RenderState`, which is only used by the thread that renders.
        unsafe { &*self.host.state }
    }

    /// Where the `include` that a link names leads, if it can be called from here. `names`
    /// are those that the included template would see, the innermost last, each with a view
    /// in `offered`; a view of nothing hides what is further out. The empty name means a
    /// context, whose fields are names too. A link is always asked for with the same names,
    /// and with views of the same types.
    #[inline(always)]
    pub fn callee(
        &mut self,
        link: &'static Link,
        names: &[RStr<'static>],
        offered: &[View<'_>],
    ) -> Option<&'f Callee> {
        let state = self.render_state();
        // SAFETY: `RenderState::new` was given a table that stays for as long as the
        // rendering, or none.
        let known = unsafe { state.callees.as_ref() };
        if let Some(known) = known
            && let Some(callee) = known.get(link)
        {
            // SAFETY: it is null, or a box of the table's.
            return unsafe { callee.as_ref() };
        }
        (self.host.functions.callee)(self, link, names.into(), offered.into())
    }
}

/// Which unit runs, in which run, and how many may be rendered inside of it.
///
/// It is kept by who enters a unit, and where panics are caught: these pass by units that were
/// entered and are never left, so that what was before cannot be counted back.
#[derive(Clone, Copy)]
pub(crate) struct Running {
    unit: *const (),
    run: u64,
    depth: usize,
}

impl Frame<'_> {
    #[inline(always)]
    pub(crate) fn running(&self) -> Running {
        let state = self.render_state();
        Running {
            unit: state.unit.get(),
            run: self.run,
            depth: state.depth.get(),
        }
    }

    #[inline(always)]
    pub(crate) fn go_to(&mut self, running: Running) {
        let Running { unit, run, depth } = running;
        self.run = run;
        let state = self.render_state();
        state.unit.set(unit);
        state.depth.set(depth);
    }
}

impl Callee {
    /// A template that has neither blocks nor a parent, perhaps with code for names.
    ///
    /// # Safety
    ///
    /// 1. `render`, `data` and the code must be of one descriptor, and `unit` is what the host's
    ///    [`RenderFunctions::unit_failed`] takes.
    /// 2. All that is named here must stay mapped wherever the callee is handed to.
    ///
    /// [`RenderFunctions::unit_failed`]: crate::render::RenderFunctions::unit_failed
    pub unsafe fn new(
        render: RenderEntry,
        data: UnitData,
        unit: *const (),
        bound: Option<BoundCode>,
    ) -> Self {
        Self {
            render,
            data,
            unit,
            bound: bound.into(),
        }
    }

    /// Whether it can only be called with the scope of the place that includes it.
    #[inline]
    pub fn uses_scope(&self) -> bool {
        match &self.bound {
            ROption::RSome(bound) => bound.uses_scope,
            ROption::RNone => true,
        }
    }

    /// Whether its code for names is that of this entry, and makes no use of the scope of the
    /// place that includes it.
    #[inline(always)]
    pub fn is_closed(&self, entry: &'static BoundEntry) -> bool {
        match &self.bound {
            ROption::RSome(bound) => !bound.uses_scope && ptr::eq(bound.entry, entry),
            ROption::RNone => false,
        }
    }

    /// Renders it, with its code for names, as a template that is included where the frame is;
    /// nothing, and nothing was done, if it has to be rendered in another way.
    pub fn include_bound(
        &self,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
        offered: &[View<'_>],
    ) -> Option<Status> {
        let bound = match &self.bound {
            ROption::RSome(bound) if frame.is_ordinary() => bound,
            _ => return None,
        };
        let mut values = BoundValues::new();
        if !bound.binding.find(offered, &mut values) {
            return None;
        }
        self.inside(frame, |frame| {
            // SAFETY: the duties of `BoundRenderEntry`: 1 and 2 by those of `new`, and because
            // the host hands callees to renderings alone that keep their snapshot; 3 was
            // checked.
            unsafe { (bound.entry.render.0)(self.data, frame, scope, values.as_ptr()) }
        })
    }

    /// Renders it as a template that is included where the frame is, in any circumstances;
    /// nothing, and nothing was done, if the host has to.
    pub fn include(&self, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Option<Status> {
        self.inside(frame, |frame| {
            // SAFETY: duty 1 of `RenderEntry` by those of `new`, as in `include_bound`.
            unsafe { (self.render.0)(self.data, frame, scope) }
        })
    }

    /// The data of the template, if this is its entry.
    #[inline(always)]
    pub fn data_of(&self, entry: RenderEntry) -> Option<UnitData> {
        std::ptr::fn_addr_eq(self.render.0, entry.0).then_some(self.data)
    }

    /// Does what `render` does as a unit inside the running one; nothing if that is too deep.
    #[inline(always)]
    fn inside<'f>(
        &self,
        frame: &mut Frame<'f>,
        render: impl FnOnce(&mut Frame<'f>) -> Status,
    ) -> Option<Status> {
        let mut inside = self.enter(frame)?;
        let status = render(inside.frame());
        inside.leave(status);
        Some(status)
    }

    /// Makes it the running unit, so that what is done with the frame is done as its entry would
    /// do it; nothing, and nothing was done, if that is too deep.
    #[inline(always)]
    pub fn enter<'i, 'f>(&self, frame: &'i mut Frame<'f>) -> Option<Inside<'i, 'f>> {
        let before = frame.running();
        let depth = before.depth.checked_sub(1)?;
        if frame.render_state().has_failed.get() {
            (frame.host.functions.forget_failure)(frame);
        }
        let unit = self.unit;
        let run = frame.next_serial();
        frame.go_to(Running { unit, run, depth });
        Some(Inside {
            frame,
            unit,
            before,
        })
    }
}

/// A frame while a unit runs inside the one that ran before.
#[must_use = "the unit runs until it is left"]
pub struct Inside<'i, 'f> {
    frame: &'i mut Frame<'f>,
    unit: *const (),
    before: Running,
}

impl<'f> Inside<'_, 'f> {
    /// The frame.
    #[inline(always)]
    pub fn frame(&mut self) -> &mut Frame<'f> {
        self.frame
    }

    /// Goes back to the unit that ran before; `status` is how this one has ended.
    #[inline(always)]
    pub fn leave(self, status: Status) {
        let frame = self.frame;
        frame.go_to(self.before);
        if status == Status::Failed {
            (frame.host.functions.unit_failed)(frame, self.unit);
        }
    }
}

impl std::fmt::Debug for Inside<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inside")
            .field("unit", &self.unit)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Callee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = match &self.bound {
            ROption::RSome(bound) => bound.entry.names.as_slice(),
            ROption::RNone => &[],
        };
        f.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern "C" fn render(_: UnitData, _: &mut Frame<'_>, _: &Scope<'_>) -> Status {
        Status::Ok
    }

    fn callee(unit: usize) -> Callee {
        let unit = std::ptr::without_provenance(unit);
        // SAFETY: the entry makes use of nothing, and the callee is not called.
        unsafe { Callee::new(RenderEntry(render), UnitData::NONE, unit, None) }
    }

    #[test]
    fn the_first_callee_of_a_link_stays() {
        let links: Vec<&'static Link> = (0..200)
            .map(|_| &*Box::leak(Box::new(Link::to_template("a.html"))))
            .collect();
        let table = CalleeTable::with_capacity(60);
        let unit = |callee: Option<&Callee>| callee.map(|callee| callee.unit.addr());
        for (number, link) in links.iter().enumerate() {
            assert_eq!(table.get(link), None);
            let kept = unit(table.keep(link, Some(callee(number))));
            assert_eq!(kept, Some(number));
        }
        for (number, link) in links.iter().enumerate() {
            assert_eq!(unit(table.keep(link, Some(callee(1000)))), Some(number));
            let known = table.get(link).expect("it is kept");
            // SAFETY: the table is still there.
            assert_eq!(unit(unsafe { known.as_ref() }), Some(number));
        }
        let none = CalleeTable::with_capacity(1);
        assert_eq!(unit(none.keep(links[0], None)), None);
        assert_eq!(none.get(links[0]), Some(std::ptr::null()));
    }

    #[test]
    fn threads_that_keep_one_link_get_one_callee() {
        for _ in 0..200 {
            let link: &'static Link = Box::leak(Box::new(Link::to_template("a.html")));
            let table = CalleeTable::with_capacity(1);
            let kept = std::thread::scope(|scope| {
                let keep = |unit: usize| {
                    let table = &table;
                    move || {
                        table
                            .keep(link, Some(callee(unit)))
                            .map(|kept| kept.unit.addr())
                    }
                };
                let threads = [1, 2].map(|unit| scope.spawn(keep(unit)));
                threads.map(|thread| thread.join().ok().flatten())
            });
            assert_eq!(kept[0], kept[1]);
            assert!(kept[0].is_some());
        }
    }
}
