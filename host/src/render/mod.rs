//! The host's side of a rendering: includes, inheritance, blocks, partials, filters and
//! tags of libraries, all resolved in one snapshot.

mod callbacks;
mod runs;
mod state;

use std::cell::{Cell, RefCell};

use abi_stable::std_types::ROption;
use hotplate_plugin_api::environment::{EnvironmentRef, HttpRequest, Locale, Settings};
use hotplate_plugin_api::tag::{Outcome, TagInput};
use hotplate_plugin_api::value::Exception;
use hotplate_plugin_api::view::View;
use hotplate_plugin_api::{ErrorKind, ErrorRecord, Frame, Output, Scope, Status, UnitEntry, Value};

use crate::call;
use crate::error::{Error, TraceLine};
use crate::layers::Layers;
use crate::options::Limits;
use crate::snapshot::Snapshot;
use crate::sync::Arc;
use crate::unit::LiveUnit;
use runs::Run;
use state::NodeStates;

/// What a rendering is told: the caller's options over the host's defaults.
pub(crate) struct Circumstances<'a> {
    pub(crate) autoescape: bool,
    pub(crate) string_if_invalid: &'a str,
    pub(crate) environment: EnvironmentRef<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) locale: Locale,
    pub(crate) request: Option<&'a HttpRequest>,
    pub(crate) limits: Limits,
    pub(crate) layers: &'a Layers,
}

/// Renders a template, or a partial of one, with `context`.
pub(crate) fn render(
    snapshot: &Snapshot,
    unit: &LiveUnit,
    context: View<'_>,
    circumstances: Circumstances<'_>,
) -> Result<String, Error> {
    let limits = circumstances.limits;
    let rendering = Rendering {
        snapshot,
        layers: circumstances.layers,
        runs: RefCell::default(),
        running: Cell::new(unit),
        depth: Cell::new(0),
        depth_limit: limits.depth,
        states: RefCell::default(),
        failed: RefCell::default(),
        borrowed: RefCell::default(),
        name: Cell::default(),
    };
    let mut record = ErrorRecord::default();
    let mut frame = Frame {
        out: Output::with_capacity(unit.size_hint(), limits.output),
        failure: record.failure(),
        autoescape: circumstances.autoescape,
        string_if_invalid: circumstances.string_if_invalid.into(),
        host: callbacks::table(&rendering),
        environment: circumstances.environment,
        settings: circumstances.settings,
        request: circumstances.request,
        locale: circumstances.locale,
        filter_limit: limits.filter,
        serial: Cell::new(0),
        run: 0,
        exports: ROption::RNone,
    };
    let scope = Scope::root(context);
    let status = rendering.render(unit, &mut frame, &scope);
    let out = frame.out;
    match status {
        Status::Ok => {
            unit.learn_size(out.len());
            Ok(out.into_string())
        }
        Status::Failed => {
            let trace = rendering.trace(&record);
            rendering.blame_partial(&mut record);
            Err(Error::call(unit.path(), record, trace))
        }
    }
}

/// What one rendering knows; templates carry a pointer to it.
struct Rendering<'s> {
    snapshot: &'s Snapshot,
    layers: &'s Layers,
    /// The templates that are being rendered, included ones last.
    runs: RefCell<Vec<Run<'s>>>,
    /// The unit whose code runs.
    running: Cell<&'s LiveUnit>,
    depth: Cell<usize>,
    depth_limit: usize,
    states: RefCell<NodeStates<'s>>,
    /// The units that a failure has passed through, innermost first. Nothing once a tag
    /// has caught it.
    failed: RefCell<Vec<Failed<'s>>>,
    /// The filters and tags of other plugins that were found.
    borrowed: RefCell<Vec<&'s LiveUnit>>,
    /// Where names of units are put together.
    name: Cell<String>,
}

struct Failed<'s> {
    unit: &'s LiveUnit,
    /// The partial that the unit is, if a `partial` tag rendered it.
    partial: Option<String>,
}

impl<'s> Rendering<'s> {
    /// Calls a unit's code.
    fn call(&self, unit: &'s LiveUnit, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        let depth = self.depth.get();
        if depth >= self.depth_limit {
            let message = format!(
                "templates are nested more than {} deep (includes, parents, blocks and partials \
                 count)",
                self.depth_limit
            );
            frame.failure.report(ErrorKind::Limit, "", &message);
            return Status::Failed;
        }
        self.depth.set(depth + 1);
        let outer = self.running.replace(unit);
        let status = call::render(unit, frame, scope);
        self.running.set(outer);
        self.depth.set(depth);
        if status == Status::Failed {
            let partial = None;
            self.failed.borrow_mut().push(Failed { unit, partial });
        }
        status
    }

    /// Forgets a failure that a tag has caught: code that fails asks for nothing more.
    fn go_on(&self) {
        let mut failed = self.failed.borrow_mut();
        if !failed.is_empty() {
            failed.clear();
        }
    }

    /// The unit of a plugin whose name consists of these parts.
    fn find(&self, plugin: &str, parts: [&str; 3]) -> Option<&'s Arc<LiveUnit>> {
        let mut name = self.name.take();
        name.clear();
        name.extend(parts);
        let found = self.snapshot.find(plugin, &name);
        self.name.set(name);
        found
    }

    /// The unit of a library: that of the running plugin, else of the first other one, by
    /// name, that has it.
    fn of_library(
        &self,
        [library, separator, name]: [&str; 3],
        fits: impl Fn(&UnitEntry) -> bool,
    ) -> Option<&'s LiveUnit> {
        let fits = |unit: &&'s Arc<LiveUnit>| fits(unit.entry());
        let own = self.running.get().plugin();
        let parts = [library, separator, name];
        if let Some(unit) = self.find(own, parts).filter(fits) {
            return Some(unit);
        }
        let is_it = |unit: &&&LiveUnit| {
            let rest = unit.name().strip_prefix(library);
            rest.and_then(|rest| rest.strip_prefix(separator)) == Some(name)
        };
        let known = self.borrowed.borrow().iter().find(is_it).copied();
        known.or_else(|| {
            let others = self.snapshot.index().plugin_names();
            let others = others.filter(|other| *other != own);
            let unit = others
                .filter_map(|other| self.find(other, parts))
                .find(fits)?;
            self.borrowed.borrow_mut().push(unit);
            Some(unit)
        })
    }

    fn filter(
        &self,
        frame: &Frame<'_>,
        library: &str,
        name: &str,
        value: &Value,
        arguments: &[Value],
    ) -> Outcome {
        let is_filter = |entry: &UnitEntry| matches!(entry, UnitEntry::Filter(_));
        match self.of_library([library, "|", name], is_filter) {
            Some(unit) => call::filter(unit, frame, value, arguments),
            None => missing(library, "filter", name),
        }
    }

    fn tag(
        &self,
        frame: &mut Frame<'_>,
        library: &str,
        name: &str,
        input: &TagInput<'_>,
    ) -> Outcome {
        let is_tag = |entry: &UnitEntry| matches!(entry, UnitEntry::Tag(_));
        match self.of_library([library, ".", name], is_tag) {
            Some(unit) => call::tag(unit, frame, input),
            None => missing(library, "tag", name),
        }
    }

    /// Django's `partial` tag takes any `KeyError` from inside its partial for a sign that
    /// there is no such partial.
    fn blame_partial(&self, record: &mut ErrorRecord) {
        if record.exception != "KeyError" {
            return;
        }
        let failed = self.failed.borrow();
        if let Some(partial) = failed.iter().find_map(|failed| failed.partial.as_ref()) {
            "TemplateSyntaxError".clone_into(&mut record.exception);
            record.message = runs::no_partial(partial);
        }
    }

    /// The places that a failure passed through, outermost first.
    fn trace(&self, record: &ErrorRecord) -> Vec<TraceLine> {
        let failed = self.failed.borrow();
        let mut units = failed.iter().map(|failed| failed.unit).peekable();
        let mut current: Option<&LiveUnit> = None;
        let line = |(name, site): &(String, u32)| {
            // Each unit reports under its name, once or more; the names repeat where layers
            // have equal ones.
            if current.is_none_or(|unit| **unit.name() != **name) {
                let found = units.clone().position(|unit| **unit.name() == **name)?;
                current = units.nth(found);
            }
            current.map(|unit| unit.trace_line(*site))
        };
        let mut lines: Vec<TraceLine> = record.trace.iter().filter_map(line).collect();
        // Static text, which has no site, fails if the output's limit is reached.
        if let Some(Failed { unit, .. }) = failed.first()
            && record
                .trace
                .first()
                .is_none_or(|(name, _)| **unit.name() != **name)
        {
            lines.insert(0, unit.start());
        }
        lines.reverse();
        lines
    }
}

fn missing(library: &str, kind: &str, name: &str) -> Outcome {
    let message = format!("no plugin has the {kind} {name} of library {library}");
    Outcome::Raised(Exception::new("LookupError", message))
}
