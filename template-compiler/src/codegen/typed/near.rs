//! Templates in the same text: code for names of known types can call their code for such
//! names as it is.

use std::collections::BTreeMap;

use super::Typed;
use crate::CompiledTemplate;
use crate::ir::{KnownName, NameType, TypedContext, TypedInclude, UnitKind};

/// The templates that have code for names, by their names.
pub(in crate::codegen) struct Near<'t>(BTreeMap<&'t str, Own<'t>>);

/// The code of a template for names.
#[derive(Clone, Copy)]
struct Own<'t> {
    /// The number of the template, and that of its unit.
    template: usize,
    unit: usize,
    names: &'t [KnownName],
}

impl<'t> Near<'t> {
    pub(in crate::codegen) fn new(templates: &[&'t CompiledTemplate]) -> Self {
        let own = |(number, template): (usize, &&'t CompiledTemplate)| {
            let ir = &template.ir;
            let mut units = ir.units.iter().enumerate();
            let (unit, names) = units.find_map(|(number, unit)| {
                // What has blocks or a parent is called by the host alone.
                let UnitKind::Template {
                    extends, blocks, ..
                } = &unit.kind
                else {
                    return None;
                };
                match &unit.typed.as_deref()?.context {
                    TypedContext::Names(names) if !extends && blocks.is_empty() => {
                        Some((number, names.as_slice()))
                    }
                    _ => None,
                }
            })?;
            let template = number;
            Some((
                ir.name.as_str(),
                Own {
                    template,
                    unit,
                    names,
                },
            ))
        };
        Self(templates.iter().enumerate().filter_map(own).collect())
    }
}

impl Typed<'_, '_> {
    /// A call of the code of an included template that is done if `callee` is that, if it is in
    /// this text and the names that it takes are offered to it as what it takes them; `at` are
    /// the unit and the site.
    pub(super) fn include_near(&self, include: &TypedInclude, at: &str) -> Option<String> {
        let own = self.place.near.0.get(include.template.as_str())?;
        let arguments = own.names.iter().map(|known| {
            let offer = include.offer(&known.name)?;
            match (&offer.path, &known.ty) {
                (Some((path, offered)), NameType::Record(record))
                    if offer.name == known.name && offered == record =>
                {
                    Some(format!("&{},", self.place(path)))
                }
                _ => None,
            }
        });
        let arguments: Option<Vec<String>> = arguments.collect();
        let (arguments, unit) = (arguments?.join(" "), own.unit);
        let module = format!("super::t{}", own.template);
        Some(format!(
            "rt::include_near::<{module}::Typed{unit}>(callee, &{module}::BOUND{unit}, &({arguments}), s, {at})"
        ))
    }
}
