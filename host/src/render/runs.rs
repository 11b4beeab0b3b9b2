//! Templates with their parents, blocks and partials while they are rendered.

use std::cell::{Cell, RefMut};
use std::collections::BTreeMap;

use abi_stable::std_types::{ROption, RStr};
use hotplate_plugin_api::render::Link;
use hotplate_plugin_api::value::TemplateName;
use hotplate_plugin_api::{ErrorKind, Frame, Scope, Status, UnitEntry};

use super::Rendering;
use crate::links::{Chain, Kind, Name};
use crate::sync::Arc;
use crate::unit::LiveUnit;

/// One template with its parents, or one partial.
#[derive(Clone, Copy)]
pub(super) struct Run<'s> {
    template: &'s LiveUnit,
    /// The template with the parents that it has got so far, if any.
    chain: Option<RunChain<'s>>,
    /// The number in [`Counts`] of the chain's first block.
    first_count: usize,
}

/// A chain that the snapshot keeps, or one of too many, by its number among the rendering's own.
#[derive(Clone, Copy)]
enum RunChain<'s> {
    Kept(&'s Chain),
    Own(usize),
}

/// How many definitions of each block are being rendered, each inside the one before: of
/// the outermost run first, then of the one inside it and so on. Those of a run that is over
/// are all 0.
#[derive(Default)]
pub(super) struct Counts([Cell<u8>; FEW]);

/// The counts that are [`MANY`], and those of blocks beyond the first [`FEW`].
pub(super) type MoreCounts = BTreeMap<usize, usize>;

/// Of how many blocks there are counts at hand.
const FEW: usize = 16;

/// What stands for a count of so many or more.
const MANY: u8 = u8::MAX;

impl Counts {
    /// The count of a block; `more` are the counts that are not here.
    #[inline]
    fn get<'m>(&self, number: usize, more: impl FnOnce() -> RefMut<'m, MoreCounts>) -> usize {
        match self.0.get(number).map(Cell::get) {
            None | Some(MANY) => more().get(&number).copied().unwrap_or_default(),
            Some(count) => count.into(),
        }
    }

    #[inline]
    fn set<'m>(&self, number: usize, count: usize, more: impl FnOnce() -> RefMut<'m, MoreCounts>) {
        let few = self.0.get(number);
        match (few, u8::try_from(count)) {
            (Some(few), Ok(count)) if count < MANY => return few.set(count),
            (Some(few), _) => few.set(MANY),
            (None, _) => {}
        }
        more().insert(number, count);
    }
}

impl<'s> Run<'s> {
    pub(super) fn of(template: &'s LiveUnit) -> Self {
        Self {
            template,
            chain: None,
            first_count: 0,
        }
    }
}

/// A block's next definition: the number of the block's count, how many definitions are
/// being rendered, and the unit.
#[derive(Clone, Copy)]
struct Next<'s> {
    count: usize,
    depth: usize,
    unit: &'s LiveUnit,
}

impl<'s> Rendering<'s> {
    /// Renders a template, or a partial as a template.
    pub(super) fn render(
        &self,
        unit: &'s LiveUnit,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        if !matches!(unit.entry(), UnitEntry::Partial(_)) {
            return self.isolated(unit, frame, scope);
        }
        // A partial sets names for a caller that takes them; an include does not.
        let exports = std::mem::replace(&mut frame.exports, ROption::RNone);
        let status = self.isolated(unit, frame, &scope.with(&[], &[]));
        frame.exports = exports;
        status
    }

    /// Renders a unit in a run of its own, which knows no other run's blocks and state.
    fn isolated(&self, unit: &'s LiveUnit, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        let outside = self.run.get();
        let blocks = outside
            .chain
            .map_or(0, |chain| self.with_chain(chain, Chain::block_count));
        self.run.set(Run {
            template: unit,
            chain: None,
            first_count: outside.first_count + blocks,
        });
        let outer = frame.run;
        frame.run = frame.next_serial();
        let status = self.call(unit, frame, scope);
        frame.run = outer;
        if let Some(RunChain::Own(number)) = self.run.replace(outside).chain {
            self.rare().chains.truncate(number);
        }
        status
    }

    /// What `ask` says of a chain.
    #[inline]
    fn with_chain<R>(&self, chain: RunChain<'s>, ask: impl FnOnce(&Chain) -> R) -> R {
        match chain {
            RunChain::Kept(chain) => ask(chain),
            RunChain::Own(number) => {
                let chain = self.rare().chains[number].clone();
                ask(&chain)
            }
        }
    }

    pub(super) fn include_linked(
        &self,
        link: &'static Link,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        let mut missing = "";
        let find = || {
            let found = self.named(link.template.as_str());
            found.map_err(|name| missing = name).ok()
        };
        match self.snapshot.seen(link, self.plugin_address(), find) {
            Some(unit) => self.render(unit, frame, scope),
            None => missing_template(frame, missing),
        }
    }

    pub(super) fn include(
        &self,
        names: &[RStr<'_>],
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        if names.is_empty() {
            return missing_template(frame, "No template names provided");
        }
        let mut missing: Vec<&str> = Vec::new();
        for name in names {
            match self.named(name.as_str()) {
                Ok(unit) => return self.render(unit, frame, scope),
                Err(name) if missing.contains(&name) => {}
                Err(name) => missing.push(name),
            }
        }
        missing_template(frame, &missing.join(", "))
    }

    /// The template that a name means to the running unit, or its partial after a `#`;
    /// else what there is not.
    pub(super) fn named<'n>(&self, name: &'n str) -> Result<&'s Arc<LiveUnit>, &'n str> {
        let mut missing = name;
        let find = || {
            let (template, partial) = name.split_once('#').unwrap_or((name, ""));
            if template.is_empty() {
                return None;
            }
            missing = template;
            let plugin = self.running().plugin();
            let unit = self.layers.find(self.snapshot, plugin, template, &[])?;
            if partial.is_empty() {
                return Some(unit);
            }
            missing = partial;
            self.partial_unit(unit.plugin(), template, partial)
        };
        let question = self.name(Kind::Named, name, "");
        self.snapshot.linked(question, find).ok_or(missing)
    }

    fn partial_unit(
        &self,
        plugin: &str,
        template: &str,
        partial: &str,
    ) -> Option<&'s Arc<LiveUnit>> {
        self.find(plugin, [template, "#", partial])
            .filter(|unit| matches!(unit.entry(), UnitEntry::Partial(_)))
    }

    /// Renders the template that a value stands for.
    pub(super) fn template(
        &self,
        template: &TemplateName,
        as_parent: bool,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        let (plugin, name) = (template.plugin.as_str(), template.name.as_str());
        if as_parent && let Some(parent) = self.known_parent(Kind::ParentOf, plugin, name) {
            return self.call(parent, frame, scope);
        }
        let found = if plugin.is_empty() {
            self.layers.named(self.snapshot, name)
        } else {
            self.snapshot.find(plugin, name)
        };
        let found = found.filter(|unit| match unit.entry() {
            UnitEntry::Template(_) => true,
            UnitEntry::Partial(_) => !as_parent,
            _ => false,
        });
        match found {
            Some(unit) if as_parent => {
                self.add_parent(Kind::ParentOf, plugin, name, unit);
                self.call(unit, frame, scope)
            }
            Some(unit) => self.render(unit, frame, scope),
            None => missing_template(frame, name),
        }
    }

    pub(super) fn extend(&self, parent: &str, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        if let Some(parent) = self.known_parent(Kind::Parent, parent, "") {
            return self.call(parent, frame, scope);
        }
        let chain = self.chain();
        let units: Vec<&LiveUnit> = chain
            .units
            .iter()
            .filter_map(|slot| self.snapshot.unit(*slot).map(Arc::as_ref))
            .collect();
        let found = units.last().and_then(|child| {
            let plugin = child.plugin();
            self.layers.find(self.snapshot, plugin, parent, &units)
        });
        match found {
            Some(unit) => {
                self.add_parent(Kind::Parent, parent, "", unit);
                self.call(unit, frame, scope)
            }
            None => missing_template(frame, parent),
        }
    }

    /// The question for a parent of the templates of this run.
    fn parent_name<'n>(&self, kind: Kind, first: &'n str, second: &'n str) -> Option<Name<'n>> {
        let run = self.run.get();
        let from = match run.chain {
            None => std::ptr::from_ref(run.template).addr(),
            Some(RunChain::Kept(chain)) => std::ptr::from_ref(chain).addr(),
            Some(RunChain::Own(_)) => return None,
        };
        Some(Name {
            kind,
            from,
            first,
            second,
        })
    }

    /// Adds a parent to the run, if it is known with its blocks.
    fn known_parent(&self, kind: Kind, first: &str, second: &str) -> Option<&'s LiveUnit> {
        let chain = self
            .snapshot
            .chain(self.parent_name(kind, first, second)?)?;
        let parent = self.snapshot.unit(*chain.units.last()?)?;
        self.go_on_with(RunChain::Kept(chain));
        Some(parent)
    }

    /// Adds a parent to the run, with its blocks.
    fn add_parent(&self, kind: Kind, first: &str, second: &str, parent: &'s LiveUnit) {
        let mut chain = self.chain();
        self.extend_chain(&mut chain, parent);
        let chain = Arc::new(chain);
        let kept = self
            .parent_name(kind, first, second)
            .and_then(|name| self.snapshot.keep_chain(name, chain.clone()));
        self.go_on_with(match kept {
            Some(chain) => RunChain::Kept(chain),
            None => self.own_chain(chain),
        });
    }

    /// Makes a chain the one that this run has of its own.
    fn own_chain(&self, chain: Arc<Chain>) -> RunChain<'s> {
        let chains = &mut self.rare().chains;
        let before = match self.run.get().chain {
            Some(RunChain::Own(number)) => number,
            _ => chains.len(),
        };
        chains.truncate(before);
        chains.push(chain);
        RunChain::Own(before)
    }

    fn go_on_with(&self, chain: RunChain<'s>) {
        self.run.set(Run {
            chain: Some(chain),
            ..self.run.get()
        });
    }

    /// The run's template with the parents that it has got so far.
    fn chain(&self) -> Chain {
        let run = self.run.get();
        match run.chain {
            Some(chain) => self.with_chain(chain, Chain::clone),
            None => {
                let mut chain = Chain::default();
                self.extend_chain(&mut chain, run.template);
                chain
            }
        }
    }

    fn extend_chain(&self, chain: &mut Chain, template: &LiveUnit) {
        chain.units.extend(self.snapshot.slot(template));
        let Some(entry) = template.template() else {
            return;
        };
        for block in entry.blocks.iter() {
            let parts = [template.name(), "/", block.as_str()];
            let unit = self.find(template.plugin(), parts);
            if let Some(slot) = unit.and_then(|unit| self.snapshot.slot(unit)) {
                chain.define(block.as_str(), slot);
            }
        }
    }

    pub(super) fn block(
        &self,
        link: &'static Link,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        let block = |chain: RunChain<'s>| match chain {
            RunChain::Kept(chain) => self.snapshot.seen_block(link, chain),
            own @ RunChain::Own(_) => {
                self.with_chain(own, |chain| chain.block(link.block.as_str()))
            }
        };
        if let Some(next) = self.next_definition(block) {
            return self.definition(next, frame, scope);
        }
        let (template, block) = (link.template.as_str(), link.block.as_str());
        let find = || {
            let find = || {
                let plugin = self.running().plugin();
                self.find(plugin, [template, "/", block])
            };
            let question = self.name(Kind::Block, template, block);
            self.snapshot.linked(question, find)
        };
        match self.snapshot.seen(link, self.plugin_address(), find) {
            Some(unit) => self.call(unit, frame, scope),
            None => {
                let message = format!("template {template} has no block {block}");
                let kind = ErrorKind::Exception;
                frame.failure.report(kind, "LookupError", &message);
                Status::Failed
            }
        }
    }

    pub(super) fn block_super(
        &self,
        block: &str,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        if self.run.get().chain.is_none() {
            frame.failure.report(
                ErrorKind::Exception,
                "TemplateSyntaxError",
                "'BlockNode' object has no attribute 'context'. Did you use {{ block.super }} in \
                 a base template?",
            );
            return Status::Failed;
        }
        let number = |chain| self.with_chain(chain, |chain| chain.block(block));
        match self.next_definition(number) {
            Some(next) => self.definition(next, frame, scope),
            None => Status::Ok,
        }
    }

    /// The most derived definition of a block that is not being rendered already.
    #[inline]
    fn next_definition(
        &self,
        block: impl FnOnce(RunChain<'s>) -> Option<usize>,
    ) -> Option<Next<'s>> {
        let run = self.run.get();
        let chain = run.chain?;
        let block = block(chain)?;
        let count = run.first_count + block;
        let depth = self.counts.get(count, || self.more_counts());
        let slot = self.with_chain(chain, |chain| chain.definition(block, depth))?;
        let unit = self.snapshot.unit(slot)?;
        Some(Next { count, depth, unit })
    }

    #[inline(always)]
    fn definition(&self, next: Next<'s>, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        let Next { count, depth, unit } = next;
        self.counts.set(count, depth + 1, || self.more_counts());
        let status = self.call_here(unit, frame, scope);
        self.counts.set(count, depth, || self.more_counts());
        status
    }

    #[cold]
    #[inline(never)]
    fn more_counts(&self) -> RefMut<'_, MoreCounts> {
        RefMut::map(self.rare(), |rare| &mut rare.counts)
    }

    /// Renders a partial of the template that the running unit was made from.
    pub(super) fn partial(
        &self,
        template: &str,
        partial: &str,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        let question = self.name(Kind::Partial, template, partial);
        let find = || {
            let plugin = self.running().plugin();
            self.partial_unit(plugin, template, partial)
        };
        let Some(unit) = self.snapshot.linked(question, find) else {
            let kind = ErrorKind::Exception;
            let message = no_partial(partial);
            frame.failure.report(kind, "TemplateSyntaxError", &message);
            return Status::Failed;
        };
        let status = self.isolated(unit, frame, scope);
        if status == Status::Failed
            && let Some(failed) = self.rare().failed.last_mut()
        {
            failed.partial = Some(partial.to_owned());
        }
        status
    }
}

/// Django's message for a partial that there is not.
pub(super) fn no_partial(partial: &str) -> String {
    format!("Partial '{partial}' is not defined in the current template.")
}

fn missing_template(frame: &Frame<'_>, name: &str) -> Status {
    let kind = ErrorKind::Exception;
    frame.failure.report(kind, "TemplateDoesNotExist", name);
    Status::Failed
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn counts_are_nothing_until_they_are_set() {
        let (counts, more) = (Counts::default(), RefCell::new(MoreCounts::new()));
        let get = |number| counts.get(number, || more.borrow_mut());
        for number in [0, 15, 16, 40] {
            assert_eq!(get(number), 0);
        }
        for (number, count) in [
            (3, 1),
            (15, 2),
            (16, 3),
            (40, 4),
            (3, 0),
            (7, 254),
            (7, 255),
            (7, 256),
            (16, 1000),
            (16, 2),
            (7, 255),
            (7, 254),
            (8, 70_000),
        ] {
            counts.set(number, count, || more.borrow_mut());
            assert_eq!(get(number), count, "{number}");
        }
        let all: Vec<usize> = (0..42).map(get).collect();
        assert_eq!((all[7], all[15], all[16], all[40]), (254, 2, 2, 4));
        assert_eq!(all.iter().sum::<usize>(), 254 + 2 + 2 + 4 + 70_000);
    }
}
