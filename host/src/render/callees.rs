//! Units that have code for names of known types: where the names are found.
#![expect(
    unsafe_code,
    reason = "vouching for the types of what such code is called with"
)]

use std::ptr;

use abi_stable::std_types::RStr;
use hotplate_plugin_api::callee::{BoundCode, BoundEntry, Callee};
use hotplate_plugin_api::render::{Link, RenderEntry};
use hotplate_plugin_api::view::bound::{Argument, BoundValues, Form, NameBinding};
use hotplate_plugin_api::view::{Kind, TableFn, View, ViewTable};
use hotplate_plugin_api::{Frame, Scope, Status, UnitEntry};

use super::{Rendering, callbacks};
use crate::unit::LiveUnit;
use crate::{call, context};

/// How far includes are followed to see whether one of them needs the scope.
const DEEPEST: usize = 8;

impl<'s> Rendering<'s> {
    /// Where the `include` of the running unit that a link names leads, if that can be called
    /// with what is offered.
    pub(super) fn callee(
        &self,
        link: &'static Link,
        names: &[RStr<'static>],
        offered: &[View<'_>],
    ) -> Option<&'s Callee> {
        let running = self.running();
        if self.snapshot.is_shared(running) {
            return self.snapshot.keep_callee(link, None);
        }
        let find = || self.named(link.template.as_str()).ok();
        let unit = self.snapshot.seen(link, self.plugin_address(), find)?;
        let make = || {
            let render = leaf(unit)?;
            let bound = unit.code_for_names().and_then(|entry| {
                let types: Vec<_> = offered.iter().map(|view| view.table()).collect();
                let binding = binding(entry, &[running, unit], names, &types)?;
                let uses_scope = self.uses_scope(unit, entry, DEEPEST);
                // SAFETY: the binding was made for the entry's forms.
                Some(unsafe { BoundCode::new(entry, binding, uses_scope) })
            });
            let (data, unit) = (unit.data(), callbacks::erased(unit));
            // SAFETY: entries and data are of the unit. The snapshot keeps the unit, with its
            // library, as long as the callee.
            Some(unsafe { Callee::new(render, data, unit, bound) })
        };
        self.snapshot.keep_callee(link, make())
    }

    /// Whether a unit looks into the scope that it is called with, or may have to pass it on:
    /// something that it includes cannot be called with what the unit has alone.
    fn uses_scope(&self, unit: &LiveUnit, entry: &BoundEntry, depth: usize) -> bool {
        if entry.uses_scope || depth == 0 {
            return true;
        }
        if !entry.includes.is_empty() && self.snapshot.is_shared(unit) {
            return true;
        }
        entry.includes.iter().any(|site| {
            let (plugin, name) = (unit.plugin(), site.link.template.as_str());
            let found = self.layers.find(self.snapshot, plugin, name, &[]);
            let found = found.filter(|unit| leaf(unit).is_some());
            let Some((callee, inner)) = found.and_then(|unit| Some((unit, unit.code_for_names()?)))
            else {
                return true;
            };
            let types = site.types.iter();
            let types: Vec<_> = types.map(|ty| ty.map(TableFn::get).into_option()).collect();
            let units = [unit, &**callee];
            match arguments(inner, &units, site.names.as_slice(), &types) {
                Some(arguments) => {
                    arguments.iter().any(|argument| !argument.is_direct)
                        || self.uses_scope(callee, inner, depth - 1)
                }
                None => true,
            }
        })
    }

    /// Renders a unit with the code for names of known types, where it has such and all of
    /// them are found in `context`, which `scope` is the outermost one of.
    #[inline]
    pub(super) fn run_bound(
        &self,
        unit: &'s LiveUnit,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
        context: View<'_>,
    ) -> Option<Status> {
        if !frame.is_ordinary() {
            return None;
        }
        let entry = unit.code_for_names()?;
        let table = context.table()?;
        let binding = self.snapshot.binding(unit, table, || {
            binding(entry, &[unit], &[RStr::from_str("")], &[Some(table)])
        })?;
        let mut values = BoundValues::new();
        if !binding.find(&[context], &mut values) {
            return None;
        }
        Some(call::render_bound(unit, entry, frame, scope, &values))
    }
}

/// The code of a template, if no block and no parent can come to be rendered inside of it.
fn leaf(unit: &LiveUnit) -> Option<RenderEntry> {
    match unit.entry() {
        UnitEntry::Template(entry) if !entry.extends && entry.blocks.is_empty() => {
            Some(entry.render)
        }
        _ => None,
    }
}

/// How the names of an entry are found among what is offered, if they are there with their
/// types. What `units` were compiled to has a part in it.
fn binding(
    entry: &BoundEntry,
    units: &[&LiveUnit],
    names: &[RStr<'static>],
    types: &[Option<&'static ViewTable>],
) -> Option<NameBinding> {
    let arguments = arguments(entry, units, names, types)?;
    // SAFETY: `argument` takes offsets from the tables that they belong to, and compares the
    // tables of structs; one compiler has made all that is compared.
    Some(unsafe { NameBinding::new(arguments) })
}

fn arguments(
    entry: &BoundEntry,
    units: &[&LiveUnit],
    names: &[RStr<'static>],
    types: &[Option<&'static ViewTable>],
) -> Option<Vec<Argument>> {
    if !units.iter().all(|unit| unit.is_of_this_toolchain()) {
        return None;
    }
    let wanted = entry.names.iter().zip(entry.forms.iter());
    wanted
        .map(|(name, form)| argument(name.as_str(), *form, names, types))
        .collect()
}

/// Where a name is found: the innermost one counts.
fn argument(
    name: &str,
    form: Form,
    names: &[RStr<'static>],
    types: &[Option<&'static ViewTable>],
) -> Option<Argument> {
    let mut offers = names.iter().zip(types).enumerate().rev();
    let is_found = |offered: &RStr<'static>| offered.is_empty() || *offered == name;
    let (offer, (offered, table)) = offers.find(|(_, (offered, _))| is_found(offered))?;
    let table = (*table)?;
    let (offset, part) = match &table.kind {
        Kind::Record(fields) if offered.is_empty() => {
            let field = fields.iter().find(|field| field.name == name)?;
            (field.offset, field.table.get())
        }
        _ if offered.is_empty() => return None,
        _ => (0, table),
    };
    Some(Argument {
        offer,
        table,
        offset,
        part,
        is_direct: is_of_form(part, form)?,
        form,
    })
}

/// Whether a type is the struct of a form itself; nothing if it cannot be handed over in this
/// form.
fn is_of_form(part: &'static ViewTable, form: Form) -> Option<bool> {
    let target = target(part);
    match (form, &target.kind) {
        (Form::Record(wanted), Kind::Record(_)) => {
            context::compare(target, wanted.get()).ok()?;
            Some(ptr::eq(target, part))
        }
        (Form::Records(wanted), Kind::Sequence(items)) => {
            let (item, wanted) = (items.item.get(), wanted.get());
            context::compare(item, wanted).ok()?;
            (items.stride == wanted.size).then_some(false)
        }
        (Form::Text | Form::Int | Form::Float | Form::Bool, Kind::Scalar(_)) => Some(false),
        _ => None,
    }
}

/// The type at the end of references and options.
fn target(mut table: &'static ViewTable) -> &'static ViewTable {
    while let Kind::Pointer(pointer) = &table.kind {
        table = pointer.target.get();
    }
    table
}
