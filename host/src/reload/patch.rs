//! Patches: which units of a plugin's templates really have to be compiled.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use hotplate_template_compiler as compiler;

use crate::candidate::PatchedUnits;
use crate::load::Library;
use crate::snapshot::Snapshot;
use crate::sync::Arc;
use crate::templates::TemplateSet;
use crate::unit::{LiveUnit, Positions};

/// What an edit of templates comes to.
#[derive(Debug, Default)]
pub(crate) struct Patch<'s> {
    /// Templates with only those units that no library has.
    pub(crate) compile: Vec<Cow<'s, compiler::CompiledTemplate>>,
    /// What needs no compiler: units that an earlier library still has, deleted ones, and
    /// ones that only moved in their source.
    pub(crate) units: PatchedUnits,
}

impl<'s> Patch<'s> {
    /// Compares the templates `names` of a set with the units that live.
    ///
    /// If the names are the `whole` set, units of other templates are gone. `kept` are
    /// earlier snapshots, the latest last: their libraries are loaded, so a unit in them
    /// that means the same is taken from there.
    pub(crate) fn plan(
        plugin: &str,
        set: &'s TemplateSet,
        names: &BTreeSet<String>,
        whole: bool,
        live: &Snapshot,
        kept: &[Arc<Snapshot>],
    ) -> Self {
        let mut patch = Self::default();
        let mut wanted = BTreeSet::new();
        for template in names.iter().filter_map(|name| set.get(name)) {
            let mut missing = BTreeMap::new();
            for (place, unit) in template.ir.units.iter().enumerate() {
                wanted.insert(unit.name.as_str());
                let hash = unit.hash();
                let positions = positions(&template.ir.name, &template.positions[place]);
                let equal = |snapshot: &Snapshot| -> Option<Arc<LiveUnit>> {
                    let found = snapshot.find(plugin, &unit.name)?;
                    found.has_hash(hash).then(|| found.clone())
                };
                if equal(live).is_some() {
                    patch
                        .units
                        .moved
                        .push((unit.name.as_str().into(), positions));
                } else if let Some(earlier) = kept.iter().rev().find_map(|kept| equal(kept)) {
                    patch.units.units.push(Arc::new(earlier.at(positions)));
                } else {
                    missing.insert(place, unit);
                }
            }
            if !missing.is_empty() {
                patch.compile.push(only(template, &missing));
            }
        }
        let gone = live.plugin_units(plugin).filter(|unit| {
            unit.is_of_template()
                && !wanted.contains(&**unit.name())
                && (whole || unit.stands_in(names))
        });
        patch.units.deleted = gone.map(|unit| unit.name().clone()).collect();
        patch
    }
}

/// A library with fewer live units than this counts as a patch.
const FEW: usize = 8;

/// The live units of a plugin's templates that live in small libraries, by library.
fn small_libraries<'s>(plugin: &str, live: &'s Snapshot) -> Vec<Vec<&'s Arc<LiveUnit>>> {
    let mut libraries: BTreeMap<*const Library, Vec<&Arc<LiveUnit>>> = BTreeMap::new();
    for unit in live.plugin_units(plugin) {
        if unit.is_of_template() && !unit.library().is_native() {
            let library = Arc::as_ptr(unit.library());
            libraries.entry(library).or_default().push(unit);
        }
    }
    libraries
        .into_values()
        .filter(|units| units.len() < FEW)
        .collect()
}

/// How many small libraries a plugin's templates live in.
pub(crate) fn count_small_libraries(plugin: &str, live: &Snapshot) -> usize {
    small_libraries(plugin, live).len()
}

/// The templates, with those units alone that live in small libraries, so that one library
/// can take their place.
pub(crate) fn fold<'s>(
    plugin: &str,
    set: &'s TemplateSet,
    live: &Snapshot,
) -> Vec<Cow<'s, compiler::CompiledTemplate>> {
    let small = small_libraries(plugin, live);
    let names: BTreeSet<&str> = small.iter().flatten().map(|unit| &**unit.name()).collect();
    let templates = set.names();
    let chosen = templates.iter().filter_map(|name| set.get(name));
    chosen
        .filter_map(|template| {
            let units = template.ir.units.iter().enumerate();
            let units: BTreeMap<_, _> = units
                .filter(|(_, unit)| names.contains(unit.name.as_str()))
                .collect();
            (!units.is_empty()).then(|| only(template, &units))
        })
        .collect()
}

/// A template with some of its units.
fn only<'s>(
    template: &'s compiler::CompiledTemplate,
    units: &BTreeMap<usize, &compiler::ir::Unit>,
) -> Cow<'s, compiler::CompiledTemplate> {
    if units.len() == template.ir.units.len() {
        return Cow::Borrowed(template);
    }
    Cow::Owned(compiler::CompiledTemplate {
        ir: compiler::ir::Template {
            name: template.ir.name.clone(),
            units: units.values().map(|unit| (*unit).clone()).collect(),
        },
        positions: units
            .keys()
            .map(|place| template.positions[*place].clone())
            .collect(),
        libraries: Vec::new(),
        references: Vec::new(),
    })
}

fn positions(template: &str, positions: &compiler::UnitPositions) -> Positions {
    Positions {
        file: template.to_owned(),
        line: positions.start.line,
        column: positions.start.column,
        end_line: positions.end_line,
        sites: positions
            .sites
            .iter()
            .map(|site| (site.line, site.column))
            .collect(),
    }
}
