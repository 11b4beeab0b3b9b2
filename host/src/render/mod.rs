//! The host's side of a rendering: includes, inheritance, blocks, partials, filters and
//! tags of libraries, all resolved in one snapshot.

mod callbacks;
mod callees;
mod runs;
mod state;

use std::cell::{Cell, RefCell, RefMut};
use std::{io, ptr};

use abi_stable::std_types::ROption;
use hotplate_plugin_api::callee::RenderState;
use hotplate_plugin_api::environment::{EnvironmentRef, HttpRequest, Locale, Settings};
use hotplate_plugin_api::failure::LazyRecord;
use hotplate_plugin_api::tag::{Outcome, TagInput};
use hotplate_plugin_api::value::Exception;
use hotplate_plugin_api::view::View;
use hotplate_plugin_api::{
    ErrorKind, ErrorRecord, Frame, Output, Scope, Sink, Status, UnitEntry, Value,
};

use crate::call;
use crate::error::{Error, TraceLine};
use crate::layers::Layers;
use crate::links::{Chain, Kind, Name};
use crate::options::Limits;
use crate::snapshot::Snapshot;
use crate::sync::Arc;
use crate::unit::LiveUnit;
use runs::{Counts, MoreCounts, Run};
use state::NodeStates;

/// What a rendering is told: the caller's options over the host's defaults.
///
/// References, so that nothing is looked at before it is written to a frame.
pub(crate) struct Circumstances<'a> {
    pub(crate) autoescape: bool,
    pub(crate) string_if_invalid: &'a String,
    pub(crate) environment: EnvironmentRef<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) locale: &'a Locale,
    pub(crate) request: Option<&'a HttpRequest>,
    pub(crate) limits: &'a Limits,
    pub(crate) layers: &'a Layers,
}

/// What a template is rendered with.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c> {
    view: View<'c>,
    /// Whether to run the code for the view's type where there is such code.
    is_typed: bool,
}

impl<'c> Context<'c> {
    /// The parts, which travel in registers.
    #[inline(always)]
    pub(crate) fn parts(self) -> (View<'c>, bool) {
        (self.view, self.is_typed)
    }

    /// A context of these parts.
    #[inline(always)]
    pub(crate) fn of_parts(view: View<'c>, is_typed: bool) -> Self {
        Self { view, is_typed }
    }

    /// A context in which names are looked up.
    pub(crate) fn dynamic(view: View<'c>) -> Self {
        let is_typed = false;
        Self { view, is_typed }
    }

    /// A context whose type templates may have been compiled for.
    pub(crate) fn typed(view: View<'c>) -> Self {
        let is_typed = true;
        Self { view, is_typed }
    }
}

/// Renders a template, or a partial of one, into a text of its own.
#[inline(always)]
pub(crate) fn render(
    snapshot: &Snapshot,
    unit: &LiveUnit,
    context: Context<'_>,
    circumstances: &Circumstances<'_>,
) -> Result<String, Error> {
    let out = Output::with_capacity(unit.expected_size(), circumstances.limits.output);
    let (text, done) = render_to(snapshot, unit, context, circumstances, out, Text);
    done?;
    unit.learn_size(text.len());
    Ok(text)
}

/// Renders after what `text` holds; on an error it holds just that again.
pub(crate) fn append(
    snapshot: &Snapshot,
    unit: &LiveUnit,
    context: Context<'_>,
    circumstances: &Circumstances<'_>,
    text: &mut String,
) -> Result<(), Error> {
    let before = text.len();
    let limit = circumstances.limits.output;
    text.reserve(unit.expected_size().min(limit));
    let out = Output::from_string(std::mem::take(text), limit);
    let done;
    (*text, done) = render_to(snapshot, unit, context, circumstances, out, Buffer);
    match done {
        Ok(()) => unit.learn_size(text.len() - before),
        Err(_) => text.truncate(before),
    }
    done
}

/// Renders into `writer` through a buffer that does not grow with the text.
pub(crate) fn stream(
    snapshot: &Snapshot,
    unit: &LiveUnit,
    context: Context<'_>,
    circumstances: &Circumstances<'_>,
    writer: &mut dyn io::Write,
) -> Result<(), Error> {
    let limit = circumstances.limits.output;
    let mut sink = Sink::new(writer);
    let out = Output::streaming(STREAM_BUFFER.min(unit.expected_size()), limit, &mut sink);
    let (written, done) = render_to(snapshot, unit, context, circumstances, out, Flushed);
    // A rendering whose text is not wanted fails because of that.
    sink.finish()
        .map_err(|error| Error::write(unit.path(), error))?;
    done?;
    unit.learn_size(written);
    Ok(())
}

/// How many bytes are rendered before a writer gets them.
const STREAM_BUFFER: usize = 16 << 10;

/// What becomes of an output in the end.
trait Finish {
    type Result;

    fn finish(self, out: &mut Output<'_>) -> Self::Result;
}

/// It becomes a text.
struct Text;

impl Finish for Text {
    type Result = String;

    #[inline(always)]
    fn finish(self, out: &mut Output<'_>) -> String {
        out.take_string()
    }
}

/// It becomes a text that keeps all of its memory.
struct Buffer;

impl Finish for Buffer {
    type Result = String;

    #[inline(always)]
    fn finish(self, out: &mut Output<'_>) -> String {
        out.take_buffer()
    }
}

/// The rest is handed over; what remains is how much has been written.
struct Flushed;

impl Finish for Flushed {
    type Result = usize;

    fn finish(self, out: &mut Output<'_>) -> usize {
        // What was rendered before a failure belongs to the writer too; the sink tells if it
        // did not take it.
        let _ = out.flush();
        out.written()
    }
}

/// Renders a unit into `out`, after what that holds already, and gives what `finish` makes
/// of it. What was written before a failure is in it too.
///
/// A part of the short pages' time is spent here: everything is made where it stays, and is
/// never copied.
#[inline(always)]
fn render_to<F: Finish>(
    snapshot: &Snapshot,
    unit: &LiveUnit,
    context: Context<'_>,
    circumstances: &Circumstances<'_>,
    out: Output<'_>,
    finish: F,
) -> (F::Result, Result<(), Error>) {
    /// The number of the outermost run.
    const FIRST: u64 = 1;

    let rendering = Rendering {
        state: callbacks::state(snapshot, unit, circumstances.limits.depth),
        snapshot,
        layers: circumstances.layers,
        typed: context.is_typed.then_some(context.view),
        run: Cell::new(Run::of(unit)),
        depth_limit: circumstances.limits.depth,
        counts: Counts::default(),
        rare: RefCell::default(),
    };
    let mut record = LazyRecord::default();
    let mut frame = Frame {
        out,
        failure: record.failure(),
        autoescape: circumstances.autoescape,
        string_if_invalid: circumstances.string_if_invalid.as_str().into(),
        host: callbacks::table(&rendering),
        environment: circumstances.environment,
        settings: circumstances.settings,
        request: circumstances.request,
        locale: circumstances.locale.into(),
        filter_limit: circumstances.limits.filter,
        serial: Cell::new(FIRST),
        run: FIRST,
        exports: ROption::RNone,
    };
    let status = rendering.outermost(unit, &mut frame, context);
    let finished = finish.finish(&mut frame.out);
    let done = match status {
        Status::Ok => Ok(()),
        Status::Failed => Err(rendering.error(unit, record)),
    };
    (finished, done)
}

/// What one rendering knows; templates carry a pointer to it, and use its first part.
#[repr(C)]
struct Rendering<'s> {
    /// How deep units may still be nested, the one whose code runs, and whether there are
    /// failures in `failed`.
    state: RenderState,
    snapshot: &'s Snapshot,
    layers: &'s Layers,
    /// The context, if units that were compiled for its type are to run that code.
    typed: Option<View<'s>>,
    /// The innermost template that is being rendered; the outer ones wait on the stack.
    run: Cell<Run<'s>>,
    /// How often the blocks of that template, and of the outer ones, are being rendered.
    counts: Counts,
    depth_limit: usize,
    rare: RefCell<Lazy<Rare<'s>>>,
}

/// Something that is made when it is first needed. That it never was costs one look.
struct Lazy<T>(Option<Box<T>>);

impl<T> Default for Lazy<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Drop for Lazy<T> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            drop_apart(value);
        }
    }
}

#[cold]
#[inline(never)]
fn drop_apart<T>(value: Box<T>) {
    drop(value);
}

/// What most renderings never know; made by those that do.
#[derive(Default)]
struct Rare<'s> {
    states: NodeStates<'s>,
    /// The chains of templates with their parents that the snapshot does not keep.
    chains: Vec<Arc<Chain>>,
    /// The counts of blocks that there is no room for in `counts`.
    counts: MoreCounts,
    /// The units that a failure has passed through, innermost first. Nothing once a tag
    /// has caught it.
    failed: Vec<Failed<'s>>,
}

struct Failed<'s> {
    unit: &'s LiveUnit,
    /// The partial that the unit is, if a `partial` tag rendered it.
    partial: Option<String>,
}

impl<'s> Rendering<'s> {
    /// Calls the code of the unit that is rendered.
    #[inline(always)]
    fn outermost(&self, unit: &'s LiveUnit, frame: &mut Frame<'_>, context: Context<'_>) -> Status {
        if context.is_typed && self.depth_limit > 0 {
            self.state.depth.set(self.depth_limit - 1);
            if let Some(status) = call::render_typed(unit, frame, context.view) {
                if status == Status::Failed {
                    self.passed(unit);
                }
                return status;
            }
            self.state.depth.set(self.depth_limit);
        }
        self.outermost_dynamic(unit, frame, context.view)
    }

    #[inline(never)]
    fn outermost_dynamic(
        &self,
        unit: &'s LiveUnit,
        frame: &mut Frame<'_>,
        view: View<'_>,
    ) -> Status {
        let scope = Scope::root(view);
        if matches!(unit.entry(), UnitEntry::Partial(_)) {
            return self.call(unit, frame, &scope.with(&[], &[]));
        }
        self.call(unit, frame, &scope)
    }

    /// Calls a unit's code.
    fn call(&self, unit: &'s LiveUnit, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        self.call_here(unit, frame, scope)
    }

    /// The same, inlined.
    #[inline(always)]
    fn call_here(&self, unit: &'s LiveUnit, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        let depth = self.state.depth.get();
        if depth == 0 {
            return self.too_deep(frame);
        }
        self.state.depth.set(depth - 1);
        let outer = self.state.unit.replace(callbacks::erased(unit));
        let status = self.run_code(unit, frame, scope);
        self.state.unit.set(outer);
        self.state.depth.set(depth);
        if status == Status::Failed {
            self.passed(unit);
        }
        status
    }

    /// Runs a unit's code for the type of the context where that is possible and means the
    /// same, else the code that looks names up.
    #[inline]
    fn run_code(&self, unit: &'s LiveUnit, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
        if let Some(context) = self.typed
            && is_outermost(scope, context)
            && let Some(status) = call::render_typed(unit, frame, context)
                .or_else(|| self.run_bound(unit, frame, scope, context))
        {
            return status;
        }
        call::render(unit, frame, scope)
    }

    #[cold]
    fn too_deep(&self, frame: &Frame<'_>) -> Status {
        let message = format!(
            "templates are nested more than {} deep (includes, parents, blocks and partials \
             count)",
            self.depth_limit
        );
        frame.failure.report(ErrorKind::Limit, "", &message);
        Status::Failed
    }

    fn rare(&self) -> RefMut<'_, Rare<'s>> {
        RefMut::map(self.rare.borrow_mut(), |rare| {
            &mut **rare.0.get_or_insert_default()
        })
    }

    /// Notes that a failure passed through a unit.
    #[cold]
    fn passed(&self, unit: &'s LiveUnit) {
        let partial = None;
        self.rare().failed.push(Failed { unit, partial });
        self.state.has_failed.set(true);
    }

    /// Forgets a failure that a tag has caught: code that fails asks for nothing more.
    #[inline(always)]
    fn go_on(&self) {
        if self.state.has_failed.get() {
            self.forget_failed();
        }
    }

    #[cold]
    fn forget_failed(&self) {
        self.state.has_failed.set(false);
        self.rare().failed.clear();
    }

    #[cold]
    fn error(&self, unit: &LiveUnit, record: LazyRecord) -> Error {
        let mut record = record.into_record();
        let trace = self.trace(&record);
        self.blame_partial(&mut record);
        Error::call(unit.path(), record, trace)
    }

    /// The address of the running unit's plugin, which lives as long as the snapshot.
    #[inline]
    fn plugin_address(&self) -> usize {
        self.running().plugin().as_ptr().addr()
    }

    /// The question what a name means to the running unit's plugin.
    fn name<'n>(&self, kind: Kind, first: &'n str, second: &'n str) -> Name<'n> {
        Name {
            kind,
            from: self.plugin_address(),
            first,
            second,
        }
    }

    /// The unit of a plugin whose name consists of these parts.
    fn find(&self, plugin: &str, parts: [&str; 3]) -> Option<&'s Arc<LiveUnit>> {
        self.snapshot.find(plugin, &parts.concat())
    }

    /// The unit of a library: that of the running plugin, else of the first other one, by
    /// name, that has it.
    fn of_library(
        &self,
        kind: Kind,
        [library, separator, name]: [&str; 3],
        fits: impl Fn(&UnitEntry) -> bool,
    ) -> Option<&'s LiveUnit> {
        let find = || {
            let fits = |unit: &&'s Arc<LiveUnit>| fits(unit.entry());
            let own = self.running().plugin();
            let parts = [library, separator, name];
            self.find(own, parts).filter(fits).or_else(|| {
                let others = self.snapshot.index().plugin_names();
                let others = others.filter(|other| *other != own);
                others
                    .filter_map(|other| self.find(other, parts))
                    .find(fits)
            })
        };
        let question = self.name(kind, library, name);
        self.snapshot.linked(question, find).map(Arc::as_ref)
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
        match self.of_library(Kind::Filter, [library, "|", name], is_filter) {
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
        match self.of_library(Kind::Tag, [library, ".", name], is_tag) {
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
        let failed = &self.rare().failed;
        if let Some(partial) = failed.iter().find_map(|failed| failed.partial.as_ref()) {
            "TemplateSyntaxError".clone_into(&mut record.exception);
            record.message = runs::no_partial(partial);
        }
    }

    /// The places that a failure passed through, outermost first.
    fn trace(&self, record: &ErrorRecord) -> Vec<TraceLine> {
        let failed = &self.rare().failed;
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

/// Whether nothing but the names of `context` is visible in a scope.
fn is_outermost(scope: &Scope<'_>, context: View<'_>) -> bool {
    let table = |view: View<'_>| view.table().map(ptr::from_ref);
    scope.parent.is_none()
        && scope.names.is_empty()
        && scope.assigned.is_none()
        && scope.context.data() == context.data()
        && table(scope.context) == table(context)
}

fn missing(library: &str, kind: &str, name: &str) -> Outcome {
    let message = format!("no plugin has the {kind} {name} of library {library}");
    Outcome::Raised(Exception::new("LookupError", message))
}
