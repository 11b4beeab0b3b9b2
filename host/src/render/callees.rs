//! Units that have code for names of known types: where the names are found.
#![expect(
    unsafe_code,
    reason = "vouching for the types of what such code is called with"
)]

use std::ptr;

use abi_stable::std_types::RStr;
use hotplate_plugin_api::callee::{BoundEntry, Callee};
use hotplate_plugin_api::render::Link;
use hotplate_plugin_api::view::bound::{Argument, Form, NameBinding};
use hotplate_plugin_api::view::{Kind, View, ViewTable};
use hotplate_plugin_api::{Frame, Scope, Status, UnitEntry};

use super::{Rendering, callbacks};
use crate::sync::Arc;
use crate::unit::LiveUnit;
use crate::{call, context};

impl<'s> Rendering<'s> {
    /// Where the `include` of the running unit that a link names leads, if that can be called
    /// with what is offered.
    pub(super) fn callee(
        &self,
        link: &'static Link,
        names: &[RStr<'static>],
        offered: &[View<'_>],
    ) -> Option<&'s Callee> {
        let find = || self.named(link.template.as_str()).ok();
        let unit = self.snapshot.seen(link, self.plugin_address(), find)?;
        let make = || {
            let entry = leaf(unit)?;
            let binding = bind(entry, &[self.running(), unit], names, offered)?;
            // SAFETY: entry and data are of the unit; the binding was made for the entry's
            // forms. The snapshot keeps the unit, with its library, as long as the callee.
            Some(unsafe { Callee::new(entry, unit.data(), callbacks::erased(unit), binding) })
        };
        self.snapshot.callee(link, self.running(), make)
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
        let entry = unit.code_for_names()?;
        let table = context.table()?;
        let binding = self.snapshot.binding(unit, table, || {
            bind(entry, &[unit], &[RStr::from_str("")], &[context])
        })?;
        let values = binding.values(&[context])?;
        Some(call::render_bound(unit, entry, frame, scope, &values))
    }
}

/// The code of a template for names of known types, if no block and no parent can come to be
/// rendered inside of it.
fn leaf(unit: &Arc<LiveUnit>) -> Option<&'static BoundEntry> {
    match unit.entry() {
        UnitEntry::Template(entry) if !entry.extends && entry.blocks.is_empty() => {
            unit.code_for_names()
        }
        _ => None,
    }
}

/// How the names of an entry are found among what is offered, if they are there with their
/// types. What `units` were compiled to has a part in it.
fn bind(
    entry: &'static BoundEntry,
    units: &[&LiveUnit],
    names: &[RStr<'static>],
    offered: &[View<'_>],
) -> Option<NameBinding> {
    if !units.iter().all(|unit| unit.is_of_this_toolchain()) {
        return None;
    }
    let mut arguments = Vec::new();
    for (name, form) in entry.names.iter().zip(entry.forms.iter()) {
        arguments.push(argument(name.as_str(), *form, names, offered)?);
    }
    // SAFETY: `argument` takes offsets from the tables that they belong to, and compares the
    // tables of structs; one compiler has made all that is compared.
    Some(unsafe { NameBinding::new(arguments) })
}

/// Where a name is found: the innermost one counts.
fn argument(
    name: &str,
    form: Form,
    names: &[RStr<'static>],
    offered: &[View<'_>],
) -> Option<Argument> {
    let places = names.iter().zip(offered).enumerate().rev();
    for (offer, (offered_name, view)) in places {
        let (offset, part) = if offered_name.is_empty() {
            let (at, fields) = view.fields()?;
            let field = fields.iter().find(|field| field.name == name);
            let field = field.filter(|_| at.data() == view.data())?;
            (field.offset, field.table.get())
        } else if *offered_name == name {
            (0, view.table()?)
        } else {
            continue;
        };
        return Some(Argument {
            offer,
            table: view.table()?,
            offset,
            part,
            is_direct: is_of_form(part, form)?,
            form,
        });
    }
    None
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
