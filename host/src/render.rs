//! The host's side of a rendering: includes, inheritance and blocks, all resolved in
//! one snapshot.
#![expect(
    unsafe_code,
    reason = "templates hand the host's own data back as an untyped pointer"
)]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use abi_stable::std_types::{RSlice, RStr};
use hotplate_plugin_api::render::{RenderHost, RenderState};
use hotplate_plugin_api::{ErrorKind, ErrorRecord, Frame, Output, Scope, Status, Value, panic};

use crate::call;
use crate::error::{Error, TraceLine};
use crate::options::{Limits, RenderOptions};
use crate::snapshot::Snapshot;
use crate::unit::LiveUnit;

/// Renders `template` with `context`.
pub(crate) fn render(
    snapshot: &Snapshot,
    template: &LiveUnit,
    context: &Value,
    options: &RenderOptions,
    limits: Limits,
) -> Result<String, Error> {
    let rendering = Rendering {
        snapshot,
        runs: RefCell::default(),
        depth: Cell::new(0),
        depth_limit: limits.depth,
    };
    let mut record = ErrorRecord::default();
    let mut frame = Frame {
        out: Output::with_capacity(template.size_hint(), limits.output),
        failure: record.failure(),
        autoescape: options.autoescape,
        string_if_invalid: options.string_if_invalid.as_str().into(),
        host: RenderHost {
            state: (&raw const rendering).cast(),
            include,
            extend,
            block,
            block_super,
        },
    };
    let scope = Scope::root(context);
    let status = rendering.template(template, &mut frame, &scope);
    let out = frame.out;
    match status {
        Status::Ok => {
            template.learn_size(out.len());
            Ok(out.into_string())
        }
        Status::Failed => {
            let trace = rendering.trace(template, &record);
            Err(Error::call(template.path(), record, trace))
        }
    }
}

/// What one rendering knows; templates carry a pointer to it.
struct Rendering<'s> {
    snapshot: &'s Snapshot,
    /// The templates that are being rendered, included ones last.
    runs: RefCell<Vec<Run<'s>>>,
    depth: Cell<usize>,
    depth_limit: usize,
}

/// One template with its parents.
struct Run<'s> {
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
    fn template(&self, template: &'s LiveUnit, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        let run = Run {
            chain: vec![template],
            blocks: HashMap::new(),
        };
        self.runs.borrow_mut().push(run);
        let status = self.call(template, frame, scope);
        self.runs.borrow_mut().pop();
        status
    }

    fn include(&self, names: &[RStr<'_>], frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        let plugin = self.plugin();
        let found = names
            .iter()
            .find_map(|name| self.snapshot.template(plugin, name.as_str()));
        match found {
            Some(template) => self.template(template, frame, scope),
            None => {
                let names: Vec<&str> = names.iter().map(RStr::as_str).collect();
                missing_template(frame, &names.join(", "))
            }
        }
    }

    fn extend(&self, parent: &str, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        let found = {
            let mut runs = self.runs.borrow_mut();
            let Some(run) = runs.last_mut() else {
                return Status::Failed;
            };
            let child = run.chain[run.chain.len() - 1];
            let found = self.snapshot.template(child.plugin(), parent);
            let found =
                found.filter(|unit| !run.chain.iter().any(|seen| std::ptr::eq(*seen, &***unit)));
            if let Some(parent) = found {
                if run.chain.len() == 1 {
                    self.define_blocks(run, child);
                }
                self.define_blocks(run, parent);
                run.chain.push(parent);
            }
            found
        };
        match found {
            Some(parent) => self.call(parent, frame, scope),
            None => missing_template(frame, parent),
        }
    }

    fn define_blocks(&self, run: &mut Run<'s>, template: &'s LiveUnit) {
        let Some(entry) = template.template() else {
            return;
        };
        for block in entry.blocks.iter() {
            if let Some(unit) = self.block_unit(template, block.as_str()) {
                run.blocks
                    .entry(block.as_str())
                    .or_default()
                    .units
                    .push(unit);
            }
        }
    }

    fn block_unit(&self, template: &LiveUnit, block: &str) -> Option<&'s LiveUnit> {
        let name = format!("{}/{block}", template.name());
        self.snapshot
            .find(template.plugin(), &name)
            .map(|unit| &**unit)
    }

    fn block(
        &self,
        template: &str,
        block: &str,
        frame: &mut Frame<'_>,
        scope: &Scope<'_>,
    ) -> Status {
        match self.next_definition(block) {
            Some(unit) => self.definition(unit, block, frame, scope),
            None => {
                let own = {
                    let runs = self.runs.borrow();
                    let chain = runs.last().map(|run| run.chain.as_slice());
                    let defining = chain
                        .unwrap_or_default()
                        .iter()
                        .find(|unit| &**unit.name() == template);
                    defining.and_then(|unit| self.block_unit(unit, block))
                };
                match own {
                    Some(unit) => self.call(unit, frame, scope),
                    None => {
                        let message = format!("template {template} has no block {block}");
                        frame
                            .failure
                            .report(ErrorKind::Exception, "LookupError", &message);
                        Status::Failed
                    }
                }
            }
        }
    }

    fn block_super(&self, block: &str, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
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

    fn call(&self, unit: &LiveUnit, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        let depth = self.depth.get();
        if depth >= self.depth_limit {
            let message = format!(
                "templates are nested more than {} deep (includes, parents and blocks count)",
                self.depth_limit
            );
            frame.failure.report(ErrorKind::Limit, "", &message);
            return Status::Failed;
        }
        self.depth.set(depth + 1);
        let status = call::render(unit, frame, scope);
        self.depth.set(depth);
        status
    }

    /// The plugin of the template whose body runs.
    fn plugin(&self) -> &'s str {
        let runs = self.runs.borrow();
        let running = runs.last().and_then(|run| run.chain.last());
        running.map_or("", |unit| unit.plugin())
    }

    fn trace(&self, template: &LiveUnit, record: &ErrorRecord) -> Vec<TraceLine> {
        let line = |(name, site): &(String, u32)| {
            let own = self.snapshot.find(template.plugin(), name);
            let mut others = self.snapshot.index().plugin_names();
            own.or_else(|| others.find_map(|plugin| self.snapshot.find(plugin, name)))
                .map(|unit| unit.trace_line(*site))
        };
        record.trace.iter().rev().filter_map(line).collect()
    }
}

fn missing_template(frame: &Frame<'_>, name: &str) -> Status {
    let kind = ErrorKind::Exception;
    frame.failure.report(kind, "TemplateDoesNotExist", name);
    Status::Failed
}

/// Runs `body` with the rendering that `frame` belongs to; a panic in it stays here.
fn callback(
    frame: &mut Frame<'_>,
    body: impl FnOnce(&Rendering<'_>, &mut Frame<'_>) -> Status,
) -> Status {
    let state: *const RenderState = frame.host.state;
    // SAFETY: `render` stores a pointer to its own `Rendering`, which outlasts the frame;
    // templates pass it on unchanged, and only shared references are ever made of it.
    let rendering = unsafe { &*state.cast::<Rendering<'_>>() };
    panic::guard(frame.failure, || body(rendering, frame))
}

extern "C" fn include(
    frame: &mut Frame<'_>,
    names: RSlice<'_, RStr<'_>>,
    scope: &Scope<'_>,
) -> Status {
    callback(frame, |rendering, frame| {
        rendering.include(names.as_slice(), frame, scope)
    })
}

extern "C" fn extend(frame: &mut Frame<'_>, parent: RStr<'_>, scope: &Scope<'_>) -> Status {
    callback(frame, |rendering, frame| {
        rendering.extend(parent.as_str(), frame, scope)
    })
}

extern "C" fn block(
    frame: &mut Frame<'_>,
    template: RStr<'_>,
    block: RStr<'_>,
    scope: &Scope<'_>,
) -> Status {
    callback(frame, |rendering, frame| {
        rendering.block(template.as_str(), block.as_str(), frame, scope)
    })
}

extern "C" fn block_super(
    frame: &mut Frame<'_>,
    _template: RStr<'_>,
    block: RStr<'_>,
    scope: &Scope<'_>,
) -> Status {
    callback(frame, |rendering, frame| {
        rendering.block_super(block.as_str(), frame, scope)
    })
}
