//! Templates with their parents, blocks and partials while they are rendered.

use std::collections::HashMap;

use abi_stable::std_types::{ROption, RStr};
use hotplate_plugin_api::value::TemplateName;
use hotplate_plugin_api::{ErrorKind, Frame, Scope, Status, UnitEntry};

use super::Rendering;
use crate::sync::Arc;
use crate::unit::LiveUnit;

/// One template with its parents, or one partial.
pub(super) struct Run<'s> {
    /// The template, its parent and so on, up to the one whose body runs.
    chain: Vec<&'s LiveUnit>,
    /// The definitions of each block, most derived first. Empty without inheritance.
    blocks: HashMap<&'s str, Definitions<'s>>,
}

#[derive(Default)]
struct Definitions<'s> {
    units: Vec<&'s LiveUnit>,
    /// How many of them are being rendered, each inside the one before.
    running: usize,
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
        self.runs.borrow_mut().push(Run {
            chain: vec![unit],
            blocks: HashMap::new(),
        });
        let outer = frame.run;
        frame.run = frame.next_serial();
        let status = self.call(unit, frame, scope);
        frame.run = outer;
        self.runs.borrow_mut().pop();
        status
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
    fn named<'n>(&self, name: &'n str) -> Result<&'s LiveUnit, &'n str> {
        let (template, partial) = name.split_once('#').unwrap_or((name, ""));
        if template.is_empty() {
            return Err(name);
        }
        let plugin = self.running.get().plugin();
        let found = self.layers.find(self.snapshot, plugin, template, &[]);
        let unit = found.ok_or(template)?;
        if partial.is_empty() {
            return Ok(unit);
        }
        self.partial_unit(unit.plugin(), template, partial)
            .ok_or(partial)
    }

    fn partial_unit(&self, plugin: &str, template: &str, partial: &str) -> Option<&'s LiveUnit> {
        self.find(plugin, [template, "#", partial])
            .filter(|unit| matches!(unit.entry(), UnitEntry::Partial(_)))
            .map(Arc::as_ref)
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
            Some(unit) if as_parent => self.render_parent(unit, frame, scope),
            Some(unit) => self.render(unit, frame, scope),
            None => missing_template(frame, name),
        }
    }

    pub(super) fn extend(&self, parent: &str, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        let found = {
            let runs = self.runs.borrow();
            runs.last().and_then(|run| {
                let child = run.chain.last()?;
                let plugin = child.plugin();
                self.layers.find(self.snapshot, plugin, parent, &run.chain)
            })
        };
        match found {
            Some(parent) => self.render_parent(parent, frame, scope),
            None => missing_template(frame, parent),
        }
    }

    fn render_parent(
        &self,
        parent: &'s LiveUnit,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        if let Some(run) = self.runs.borrow_mut().last_mut() {
            if let &[child] = run.chain.as_slice() {
                self.define_blocks(run, child);
            }
            self.define_blocks(run, parent);
            run.chain.push(parent);
        }
        self.call(parent, frame, scope)
    }

    fn define_blocks(&self, run: &mut Run<'s>, template: &'s LiveUnit) {
        let Some(entry) = template.template() else {
            return;
        };
        for block in entry.blocks.iter() {
            if let Some(unit) = self.block_unit(template.plugin(), template.name(), block.as_str())
            {
                let definitions = run.blocks.entry(block.as_str()).or_default();
                definitions.units.push(unit);
            }
        }
    }

    fn block_unit(&self, plugin: &str, template: &str, block: &str) -> Option<&'s LiveUnit> {
        self.find(plugin, [template, "/", block]).map(Arc::as_ref)
    }

    pub(super) fn block(
        &self,
        template: &str,
        block: &str,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        if let Some(unit) = self.next_definition(block) {
            return self.definition(unit, block, frame, scope);
        }
        match self.block_unit(self.running.get().plugin(), template, block) {
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
        if !self.inherits() {
            frame.failure.report(
                ErrorKind::Exception,
                "TemplateSyntaxError",
                "'BlockNode' object has no attribute 'context'. Did you use {{ block.super }} in \
                 a base template?",
            );
            return Status::Failed;
        }
        match self.next_definition(block) {
            Some(unit) => self.definition(unit, block, frame, scope),
            None => Status::Ok,
        }
    }

    /// Whether the template that is being rendered extends another.
    fn inherits(&self) -> bool {
        let runs = self.runs.borrow();
        runs.last().is_some_and(|run| run.chain.len() > 1)
    }

    /// The most derived definition of a block that is not being rendered already.
    fn next_definition(&self, block: &str) -> Option<&'s LiveUnit> {
        let runs = self.runs.borrow();
        let definitions = runs.last()?.blocks.get(block)?;
        definitions.units.get(definitions.running).copied()
    }

    fn definition(
        &self,
        unit: &'s LiveUnit,
        block: &str,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        self.count_running(block, 1);
        let status = self.call(unit, frame, scope);
        self.count_running(block, -1);
        status
    }

    fn count_running(&self, block: &str, change: isize) {
        let mut runs = self.runs.borrow_mut();
        if let Some(run) = runs.last_mut()
            && let Some(definitions) = run.blocks.get_mut(block)
        {
            definitions.running = definitions.running.saturating_add_signed(change);
        }
    }

    /// Renders a partial of the template that the running unit was made from.
    pub(super) fn partial(
        &self,
        template: &str,
        partial: &str,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        let plugin = self.running.get().plugin();
        let Some(unit) = self.partial_unit(plugin, template, partial) else {
            let kind = ErrorKind::Exception;
            let message = no_partial(partial);
            frame.failure.report(kind, "TemplateSyntaxError", &message);
            return Status::Failed;
        };
        let status = self.isolated(unit, frame, scope);
        if status == Status::Failed
            && let Some(failed) = self.failed.borrow_mut().last_mut()
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
