//! Which names tags set, found before anything is resolved.

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::{Call, Cycle, Function, Node, NodeKind, Template};
use crate::libraries::TagKind;

/// The most names that a caller of a partial keeps in cells.
const EXPORT_LIMIT: usize = 100;

/// The names that are set directly in a level.
#[derive(Debug, Clone, Default)]
pub(super) struct Assigned {
    pub(super) names: BTreeSet<String>,
    /// Whether a tag may set any name.
    pub(super) any: bool,
}

/// What is known of a template's names and cycles before it is resolved.
#[derive(Default)]
pub(super) struct Names<'t> {
    cycles: &'t [Cycle],
    partials: BTreeMap<&'t str, Assigned>,
    /// The cycles that stand in blocks, whose state outlives a call of the block.
    shared_cycles: BTreeSet<usize>,
}

impl<'t> Names<'t> {
    pub(super) fn of(tree: &'t Template) -> Self {
        let mut names = Self {
            cycles: &tree.cycles,
            ..Self::default()
        };
        names.cycles_in_blocks(&tree.nodes, false);
        names.partials(&tree.nodes);
        names
    }

    /// What a partial sets; nothing if there is no partial of this name.
    pub(super) fn partial(&self, name: &str) -> Option<&Assigned> {
        self.partials.get(name)
    }

    pub(super) fn is_shared(&self, cycle: usize) -> bool {
        self.shared_cycles.contains(&cycle)
    }

    /// The names that are set directly in a level.
    pub(super) fn assigned(&self, nodes: &[Node]) -> Assigned {
        let mut assigned = Assigned::default();
        let mut called = BTreeSet::new();
        self.collect(nodes, &mut assigned, &mut called);
        for name in called {
            if let Some(partial) = self.partials.get(name) {
                assigned.any |= partial.any;
                assigned.names.extend(partial.names.iter().cloned());
            }
        }
        assigned
    }

    /// The names that the cycles of a unit set, in whatever level they stand.
    pub(super) fn cycle_names(&self, nodes: &[Node], names: &mut BTreeSet<String>) {
        for node in nodes {
            match &node.kind {
                NodeKind::Cycle(cycle) => names.extend(self.cycles[*cycle].name.clone()),
                NodeKind::Block { .. } | NodeKind::Extends { .. } => {}
                NodeKind::PartialDef { inline: false, .. } => {}
                kind => kind.bodies_of(|body| self.cycle_names(body, names)),
            }
        }
    }

    /// How often each cycle stands in a unit.
    pub(super) fn cycle_uses(nodes: &[Node], uses: &mut BTreeMap<usize, usize>) {
        for node in nodes {
            match &node.kind {
                NodeKind::Cycle(cycle) => *uses.entry(*cycle).or_default() += 1,
                NodeKind::Block { .. } | NodeKind::Extends { .. } => {}
                NodeKind::PartialDef { inline: false, .. } => {}
                kind => kind.bodies_of(|body| Self::cycle_uses(body, uses)),
            }
        }
    }

    fn cycles_in_blocks(&mut self, nodes: &[Node], in_block: bool) {
        for node in nodes {
            match &node.kind {
                NodeKind::Cycle(cycle) | NodeKind::ResetCycle(cycle) => {
                    if in_block {
                        self.shared_cycles.insert(*cycle);
                    }
                }
                kind => {
                    let in_block = in_block || matches!(kind, NodeKind::Block { .. });
                    kind.bodies_of(|body| self.cycles_in_blocks(body, in_block));
                }
            }
        }
    }

    /// Finds out what partials set, those that they call included.
    fn partials(&mut self, nodes: &'t [Node]) {
        let mut bodies = Vec::new();
        definitions(nodes, &mut bodies);
        let mut calls: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for &(name, body) in &bodies {
            let mut assigned = Assigned::default();
            self.collect(body, &mut assigned, calls.entry(name).or_default());
            self.partials.insert(name, assigned);
        }
        let mut callers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (&caller, called) in &calls {
            for &name in called {
                callers.entry(name).or_default().push(caller);
            }
        }
        let mut changed: Vec<&str> = self.partials.keys().copied().collect();
        while let Some(name) = changed.pop() {
            let Some(source) = self.partials.get(name).cloned() else {
                continue;
            };
            for &caller in callers.get(name).into_iter().flatten() {
                let Some(target) = self.partials.get_mut(caller) else {
                    continue;
                };
                let before = (target.names.len(), target.any);
                target.any |= source.any;
                if !target.any {
                    target.names.extend(source.names.iter().cloned());
                    target.any = target.names.len() > EXPORT_LIMIT;
                }
                if (target.names.len(), target.any) != before {
                    changed.push(caller);
                }
            }
        }
    }

    /// Collects the names that are set directly in a level, but for those that partials
    /// set, which are collected by name.
    fn collect<'n>(
        &self,
        nodes: &'n [Node],
        assigned: &mut Assigned,
        called: &mut BTreeSet<&'n str>,
    ) {
        for node in nodes {
            match &node.kind {
                NodeKind::FirstOf { assign, .. } => assigned.names.extend(assign.clone()),
                NodeKind::Regroup { name, .. } => _ = assigned.names.insert(name.clone()),
                NodeKind::Cycle(cycle) => {
                    assigned.names.extend(self.cycles[*cycle].name.clone());
                }
                NodeKind::Partial { name } => _ = called.insert(name),
                NodeKind::Call(call) => {
                    assigned.names.extend(call.assign.clone());
                    match declared(call) {
                        Declared::Nothing => {}
                        Declared::Names(names) => assigned.names.extend(names.iter().cloned()),
                        Declared::Anything => assigned.any = true,
                    }
                    for body in &call.bodies {
                        self.collect(body, assigned, called);
                    }
                }
                NodeKind::Autoescape { body, .. }
                | NodeKind::Verbatim { body }
                | NodeKind::Setting { body, .. }
                | NodeKind::Filter { body, .. }
                | NodeKind::Spaceless { body }
                | NodeKind::PartialDef {
                    inline: true, body, ..
                } => self.collect(body, assigned, called),
                NodeKind::IfChanged {
                    body, otherwise, ..
                } => {
                    self.collect(body, assigned, called);
                    self.collect(otherwise, assigned, called);
                }
                NodeKind::If {
                    branches,
                    otherwise,
                } => {
                    for (_, body) in branches {
                        self.collect(body, assigned, called);
                    }
                    self.collect(otherwise, assigned, called);
                }
                NodeKind::Text
                | NodeKind::Constant(_)
                | NodeKind::Variable(_)
                | NodeKind::Silent
                | NodeKind::For(_)
                | NodeKind::With { .. }
                | NodeKind::Include { .. }
                | NodeKind::Extends { .. }
                | NodeKind::Block { .. }
                | NodeKind::ResetCycle(_)
                | NodeKind::PartialDef { inline: false, .. } => {}
            }
        }
    }
}

/// What a call declares that it sets.
pub(super) enum Declared<'c> {
    Nothing,
    Names(&'c [String]),
    Anything,
}

pub(super) fn declared(call: &Call) -> Declared<'_> {
    match &call.function {
        Function::Library(tag) => match &tag.kind {
            TagKind::Full { names: Some(names) } => Declared::Names(&names.writes),
            kind if kind.sees_context() => Declared::Anything,
            _ => Declared::Nothing,
        },
        Function::Runtime(_) => Declared::Nothing,
    }
}

/// The partials that are defined in `nodes`, at any depth.
fn definitions<'t>(nodes: &'t [Node], found: &mut Vec<(&'t str, &'t [Node])>) {
    for node in nodes {
        if let NodeKind::PartialDef { name, body, .. } = &node.kind {
            found.push((name, body));
        }
        node.kind.bodies_of(|body| definitions(body, found));
    }
}
