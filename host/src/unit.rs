//! A live unit: an entry point, the library that it lives in, and where it came from.

use std::collections::BTreeSet;
use std::fmt;
use std::ptr;

use hotplate_plugin_api::abi_stable::std_types::{RSlice, RStr};
use hotplate_plugin_api::callee::BoundEntry;
use hotplate_plugin_api::header::TOOLCHAIN;
use hotplate_plugin_api::render::RenderEntry;
use hotplate_plugin_api::state::{StateDescriptor, StateUse};
use hotplate_plugin_api::unit::{CanaryEntry, FunctionEntry, TemplateEntry, TypedEntry, UnitData};
use hotplate_plugin_api::view::ViewTable;
use hotplate_plugin_api::view::bound::Form;
use hotplate_plugin_api::{UnitDescriptor, UnitEntry, UnitReference};

use crate::context::{self, Agreement};
use crate::error::TraceLine;
use crate::load::Library;
use crate::state::Binding;
use crate::sync::{Arc, AtomicUsize, Mutex, Ordering, lock};

/// One unit of a loaded library.
///
/// Entry and data point into the library, which the unit keeps mapped.
pub(crate) struct LiveUnit {
    plugin: Arc<str>,
    name: Arc<str>,
    entry: UnitEntry,
    /// What the entry is called with: of the descriptor, or of the binding.
    data: UnitData,
    source_hash: u64,
    /// Moves when text above the unit is edited, without a new generation.
    positions: Mutex<Positions>,
    /// How much renderings write, so that the next one can reserve it.
    size_hint: AtomicUsize,
    /// The structs that its typed code fits.
    agreement: Agreement,
    /// In the library.
    references: RSlice<'static, UnitReference>,
    /// In the library.
    renamed_from: RSlice<'static, RStr<'static>>,
    /// In the library.
    code_for_names: Option<&'static BoundEntry>,
    /// Whether it can be called only inside the gate of its host's state, once it is bound.
    needs_state: bool,
    /// The state that it is called with, once it is to be current.
    binding: Option<Arc<Binding>>,
    library: Arc<Library>,
}

/// Where a unit and its sites stand in its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Positions {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// The line in which it ends; 0 if that is not known.
    pub(crate) end_line: u32,
    pub(crate) sites: Vec<(u32, u32)>,
}

impl LiveUnit {
    /// Copies what outlives the library, and keeps the library for the rest.
    pub(crate) fn new(
        plugin: Arc<str>,
        descriptor: &UnitDescriptor,
        library: Arc<Library>,
    ) -> Self {
        let source = descriptor.source;
        Self {
            plugin,
            name: descriptor.name.as_str().into(),
            entry: descriptor.entry,
            data: descriptor.data,
            source_hash: descriptor.source_hash,
            positions: Mutex::new(Positions {
                file: source.file.as_str().to_owned(),
                line: source.line,
                column: source.column,
                end_line: descriptor.end_line,
                sites: descriptor
                    .sites
                    .iter()
                    .map(|site| (site.line, site.column))
                    .collect(),
            }),
            size_hint: AtomicUsize::new(0),
            agreement: Agreement::default(),
            references: descriptor.references,
            renamed_from: descriptor.renamed_from,
            code_for_names: descriptor.bound.into_option(),
            needs_state: !states_of(&descriptor.entry).is_empty()
                || returned_by(&descriptor.entry).is_some(),
            binding: None,
            library,
        }
    }

    /// The units that it names.
    pub(crate) fn references(&self) -> &[UnitReference] {
        self.references.as_slice()
    }

    /// The names that it had before.
    pub(crate) fn former_names(&self) -> impl Iterator<Item = &str> {
        self.renamed_from.iter().map(|name| name.as_str())
    }

    pub(crate) fn plugin(&self) -> &Arc<str> {
        &self.plugin
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// `plugin::unit`.
    pub(crate) fn path(&self) -> String {
        format!("{}::{}", self.plugin, self.name)
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.entry.kind()
    }

    pub(crate) fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// What its entry is called with.
    #[inline]
    pub(crate) fn data(&self) -> UnitData {
        self.data
    }

    /// The state types that it uses.
    pub(crate) fn state_uses(&self) -> &'static [StateUse] {
        states_of(&self.entry)
    }

    /// The type of the instances that it returns, if it does.
    pub(crate) fn returned_instance(&self) -> Option<&'static StateDescriptor> {
        returned_by(&self.entry)
    }

    /// Whether it can be called only inside the gate, once it is bound.
    #[inline]
    pub(crate) fn needs_state(&self) -> bool {
        self.needs_state
    }

    pub(crate) fn binding(&self) -> Option<&Binding> {
        self.binding.as_deref()
    }

    /// Whether it is not bound to the state that it needs, or not any more.
    pub(crate) fn is_stale(&self) -> bool {
        match &self.binding {
            Some(binding) => binding.is_stale(),
            None => self.needs_state(),
        }
    }

    /// The same code with state to be called with.
    pub(crate) fn bound(&self, binding: Binding) -> Self {
        let binding = Arc::new(binding);
        Self {
            data: binding.data(),
            binding: Some(binding),
            ..self.at(self.positions())
        }
    }

    pub(crate) fn entry(&self) -> &UnitEntry {
        &self.entry
    }

    pub(crate) fn template(&self) -> Option<&TemplateEntry> {
        match &self.entry {
            UnitEntry::Template(entry) => Some(entry),
            _ => None,
        }
    }

    /// Whether it can be rendered by name: a template, or a partial of one.
    pub(crate) fn is_renderable(&self) -> bool {
        matches!(self.entry, UnitEntry::Template(_) | UnitEntry::Partial(_))
    }

    /// Whether it was made from a template.
    pub(crate) fn is_of_template(&self) -> bool {
        self.is_renderable() || matches!(self.entry, UnitEntry::Block(_))
    }

    /// Whether it is a filter or a tag.
    pub(crate) fn is_custom(&self) -> bool {
        matches!(self.entry, UnitEntry::Filter(_) | UnitEntry::Tag(_))
    }

    #[inline]
    pub(crate) fn function(&self) -> Option<&FunctionEntry> {
        match &self.entry {
            UnitEntry::Function(entry) => Some(entry),
            _ => None,
        }
    }

    pub(crate) fn canary(&self) -> Option<&CanaryEntry> {
        match &self.entry {
            UnitEntry::Canary(entry) => Some(entry),
            _ => None,
        }
    }

    /// The code for a context of a known type.
    pub(crate) fn typed(&self) -> Option<&TypedEntry> {
        match &self.entry {
            UnitEntry::Template(entry) => entry.typed.as_ref().into_option(),
            UnitEntry::Block(entry) => entry.typed.as_ref().into_option(),
            _ => None,
        }
    }

    /// The code for a context of the type that `table` describes: it was compiled with the
    /// same type, by the compiler that compiled this host.
    #[inline]
    pub(crate) fn typed_for(&self, table: &'static ViewTable) -> Option<&TypedEntry> {
        let entry = self.typed()?;
        if self.agreement.has(table) || self.check_context(table).is_ok() {
            Some(entry)
        } else {
            None
        }
    }

    /// Whether there is code for a context of the type that `table` describes; the error
    /// says why there is not.
    pub(crate) fn check_context(&self, table: &'static ViewTable) -> Result<(), String> {
        let Some(entry) = self.typed() else {
            let package = table.module.as_str().split("::").next();
            return Err(format!(
                "it has no code for `{}`; name the crate of the struct, {}, in the plugin's \
                 Cargo.toml: `[package.metadata.hotplate]` with `contexts = [\"{}\"]`",
                table.name,
                package.unwrap_or_default(),
                package.unwrap_or_default(),
            ));
        };
        let toolchain = self.library.toolchain();
        if !self.is_of_this_toolchain() {
            return Err(format!(
                "the plugin was built by {toolchain} and the host by {TOOLCHAIN}, which may lay \
                 structs out differently; build both with the same compiler"
            ));
        }
        self.agreement.check(entry, table)
    }

    /// Whether the compiler that compiled this host made it.
    pub(crate) fn is_of_this_toolchain(&self) -> bool {
        self.library.toolchain() == TOOLCHAIN
    }

    /// The code for names of known types; it is mapped as long as the unit.
    #[inline]
    pub(crate) fn code_for_names(&self) -> Option<&'static BoundEntry> {
        self.code_for_names
    }

    /// Whether the code of both, with its links, is the same piece of code.
    pub(crate) fn shares_code(&self, other: &Self) -> bool {
        let (typed, names) = (
            self.typed().zip(other.typed()),
            self.code_for_names.zip(other.code_for_names),
        );
        let is_same = |(one, other): (RenderEntry, RenderEntry)| ptr::fn_addr_eq(one.0, other.0);
        Arc::ptr_eq(&self.library, &other.library)
            && (typed.is_some_and(|(one, other)| ptr::fn_addr_eq(one.render.0, other.render.0))
                || names.is_some_and(|(one, other)| ptr::eq(one, other))
                || (self
                    .render_entry()
                    .zip(other.render_entry())
                    .is_some_and(is_same)
                    && ptr::eq(self.data.0, other.data.0)))
    }

    /// What renders it, if it was made from a template.
    #[inline]
    pub(crate) fn render_entry(&self) -> Option<RenderEntry> {
        match &self.entry {
            UnitEntry::Template(entry) => Some(entry.render),
            UnitEntry::Block(entry) => Some(entry.render),
            UnitEntry::Partial(entry) => Some(*entry),
            _ => None,
        }
    }

    /// Whether both mean the same.
    pub(crate) fn same_meaning(&self, other: &Self) -> bool {
        let same_context = match (self.typed(), other.typed()) {
            (None, None) => true,
            (Some(one), Some(other)) => {
                context::compare(one.context.get(), other.context.get()).is_ok()
            }
            _ => false,
        };
        self.source_hash == other.source_hash
            && self.kind() == other.kind()
            && same_context
            && same_names(self.code_for_names, other.code_for_names)
    }

    /// Whether a call of one does what a call of the other does, as far as can be known: of
    /// functions, filters and tags, code that they call counts too.
    pub(crate) fn same_behaviour(&self, other: &Self) -> bool {
        self.name == other.name
            && self.same_meaning(other)
            && (self.is_of_template() || self.library.hash() == other.library.hash())
    }

    pub(crate) fn source_hash(&self) -> u64 {
        self.source_hash
    }

    /// Whether the unit was made from source with this hash.
    pub(crate) fn has_hash(&self, source_hash: u64) -> bool {
        self.source_hash == source_hash
    }

    pub(crate) fn positions(&self) -> Positions {
        lock(&self.positions).clone()
    }

    /// Takes over where equal source stands now.
    pub(crate) fn move_to(&self, positions: Positions) {
        *lock(&self.positions) = positions;
    }

    /// The same code for equal source that stands elsewhere.
    pub(crate) fn at(&self, positions: Positions) -> Self {
        Self {
            plugin: self.plugin.clone(),
            name: self.name.clone(),
            entry: self.entry,
            data: self.data,
            source_hash: self.source_hash,
            positions: Mutex::new(positions),
            size_hint: AtomicUsize::new(self.size_hint()),
            agreement: Agreement::default(),
            references: self.references,
            renamed_from: self.renamed_from,
            code_for_names: self.code_for_names,
            needs_state: self.needs_state,
            binding: self.binding.clone(),
            library: self.library.clone(),
        }
    }

    pub(crate) fn file(&self) -> String {
        lock(&self.positions).file.clone()
    }

    /// Whether its source is one of these files.
    pub(crate) fn stands_in(&self, files: &BTreeSet<String>) -> bool {
        files.contains(&lock(&self.positions).file)
    }

    pub(crate) fn line(&self) -> u32 {
        lock(&self.positions).line
    }

    /// The place of a numbered site; the unit's own for a number that it does not have.
    pub(crate) fn trace_line(&self, site: u32) -> TraceLine {
        let positions = lock(&self.positions);
        let own = (positions.line, positions.column);
        let place = usize::try_from(site)
            .ok()
            .and_then(|site| positions.sites.get(site));
        let (line, column) = place.copied().unwrap_or(own);
        TraceLine {
            unit: self.name.to_string(),
            file: positions.file.clone(),
            line,
            column,
        }
    }

    /// The place where it starts.
    pub(crate) fn start(&self) -> TraceLine {
        self.trace_line(u32::MAX)
    }

    fn size_hint(&self) -> usize {
        self.size_hint.load(Ordering::Relaxed)
    }

    /// How many bytes to reserve for what it renders: a little more than it rendered
    /// before, so that code which reserves for the longest case need not grow the memory.
    pub(crate) fn expected_size(&self) -> usize {
        let size = self.size_hint();
        size + size / 32 + 128
    }

    /// Takes notice of the size of a rendering: at once if it is larger than expected,
    /// half-way if it is much smaller. Otherwise nothing is written that other threads
    /// read.
    pub(crate) fn learn_size(&self, size: usize) {
        let hint = self.size_hint();
        if size > hint {
            self.size_hint.store(size, Ordering::Relaxed);
        } else if size < hint / 2 {
            self.size_hint
                .store(usize::midpoint(size, hint), Ordering::Relaxed);
        }
    }
}

/// Whether code for names of known types takes the same names as the same types.
fn same_names(one: Option<&BoundEntry>, other: Option<&BoundEntry>) -> bool {
    let (one, other) = match (one, other) {
        (None, None) => return true,
        (Some(one), Some(other)) => (one, other),
        _ => return false,
    };
    let mut forms = one.forms.iter().zip(other.forms.iter());
    one.names == other.names && forms.all(|(one, other)| same_form(*one, *other))
}

fn same_form(one: Form, other: Form) -> bool {
    match (one, other) {
        (Form::Record(one), Form::Record(other)) | (Form::Records(one), Form::Records(other)) => {
            context::compare(one.get(), other.get()).is_ok()
        }
        (one, other) => std::mem::discriminant(&one) == std::mem::discriminant(&other),
    }
}

fn states_of(entry: &UnitEntry) -> &'static [StateUse] {
    match entry {
        UnitEntry::Function(entry) => entry.states.as_slice(),
        UnitEntry::Filter(entry) => entry.states.as_slice(),
        UnitEntry::Tag(entry) => entry.states.as_slice(),
        _ => &[],
    }
}

fn returned_by(entry: &UnitEntry) -> Option<&'static StateDescriptor> {
    match entry {
        UnitEntry::Function(entry) => entry.returns.into_option(),
        _ => None,
    }
}

impl fmt::Debug for LiveUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.path())
    }
}
