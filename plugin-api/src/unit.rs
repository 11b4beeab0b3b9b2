//! Unit descriptors: what a plugin offers, and where it came from.

use abi_stable::StableAbi;
use abi_stable::std_types::{ROption, RSlice, RStr};

use crate::call::CallEntry;
use crate::callee::BoundEntry;
use crate::render::{RenderEntry, TypedRenderEntry};
use crate::signature::Signature;
use crate::state::{StateDescriptor, StateUse};
use crate::tag::{FilterEntry, TagEntry};
use crate::values::ValuesEntry;
use crate::view::TableFn;

/// A place in a source file. Lines and columns count from one; a column counts characters.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourcePosition<'a> {
    /// The file, relative to the plugin's directory; for a template, its name in the set.
    pub file: RStr<'a>,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// A numbered place inside a unit that can fail. Code refers to it by index, so that
/// moving a template's text does not change the code made from it.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// The data pointer that goes with an entry; null for native code without state. To units
/// that use state, the host hands a pointer to one [`StateSlot`](crate::state::StateSlot) for
/// each of their uses.
#[repr(transparent)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct UnitData(pub *const ());

#[expect(unsafe_code, reason = "the pointer is data of a static descriptor")]
// SAFETY: the pointer is only handed to the entry that it stands beside, whose
// contract says that it may be called from any thread.
unsafe impl Send for UnitData {}
#[expect(unsafe_code, reason = "the pointer is data of a static descriptor")]
// SAFETY: as for `Send`.
unsafe impl Sync for UnitData {}

impl UnitData {
    /// No data.
    pub const NONE: Self = Self(std::ptr::null());
}

/// The kind of a unit and its entry point.
#[repr(C, u8)]
#[derive(StableAbi, Clone, Copy)]
#[non_exhaustive]
pub enum UnitEntry {
    /// A template's body.
    Template(TemplateEntry),
    /// A block of a template. The unit's name is `template/block`.
    Block(BlockEntry),
    /// A plugin function.
    Function(FunctionEntry),
    /// A partial of a template. The unit's name is `template#partial`.
    Partial(RenderEntry),
    /// A filter of a library. The unit's name is `library|filter`.
    Filter(FilterEntry),
    /// A tag of a library. The unit's name is `library.tag`.
    Tag(TagEntry),
    /// A check that a host runs on a candidate before it is published.
    Canary(CanaryEntry),
}

impl UnitEntry {
    /// The kind in one word, as events and error messages show it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Template(_) => "template",
            Self::Block(_) => "block",
            Self::Function(_) => "function",
            Self::Partial(_) => "partial",
            Self::Filter(_) => "filter",
            Self::Tag(_) => "tag",
            Self::Canary(_) => "canary",
        }
    }
}

/// A template's body and what must be known about the template to resolve inheritance.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct TemplateEntry {
    /// Renders the body.
    pub render: RenderEntry,
    /// The parent's name, where the template extends a parent named by a literal.
    pub parent: ROption<RStr<'static>>,
    /// Whether the template extends another at all.
    pub extends: bool,
    /// The names of all blocks in the template, at any depth, in order of appearance.
    pub blocks: RSlice<'static, RStr<'static>>,
    /// The same for a context of a known type, if the template has one.
    pub typed: ROption<TypedEntry>,
}

/// A block.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct BlockEntry {
    /// Renders it.
    pub render: RenderEntry,
    /// The same for the type of context that its template has, if it has one.
    pub typed: ROption<TypedEntry>,
}

/// How a unit is rendered with a context of a known type.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct TypedEntry {
    /// Renders it.
    pub render: TypedRenderEntry,
    /// The type, as the plugin was built with it.
    pub context: TableFn,
}

/// A plugin function's wrapper and its signature.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct FunctionEntry {
    /// Unpacks arguments, calls the function, catches panics.
    pub call: CallEntry,
    /// The layouts of parameters and result.
    pub signature: Signature,
    /// Calls it with values; nothing if it has more parameters than a handle can pass.
    pub values: ROption<ValuesEntry>,
    /// The state types that it uses.
    pub states: RSlice<'static, StateUse>,
    /// The type of the instances that it returns, if it does.
    pub returns: ROption<&'static StateDescriptor>,
}

/// A check of a plugin by itself, which `#[canary]` makes of a function.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct CanaryEntry {
    /// A function without parameters. Its result is a [`Value`](crate::Value) if there is a
    /// template, else `()`.
    pub call: CallEntry,
    /// The template of the plugin that is to be rendered with the result as context.
    pub template: ROption<RStr<'static>>,
}

/// One unit of a plugin.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct UnitDescriptor {
    /// The module the unit was written in (`module_path!()`); empty for generated units.
    pub module_path: RStr<'static>,
    /// The unit's name, unique in its plugin.
    pub name: RStr<'static>,
    /// Kind and entry point.
    pub entry: UnitEntry,
    /// Handed to the entry at each call.
    pub data: UnitData,
    /// Changes exactly when the unit's meaning changes.
    pub source_hash: u64,
    /// Where the unit starts.
    pub source: SourcePosition<'static>,
    /// The places in it that can fail.
    pub sites: RSlice<'static, Site>,
    /// The line where it ends; 0 if that is not known.
    pub end_line: u32,
    /// The units that it names: whoever derives something from this unit depends on them.
    pub references: RSlice<'static, UnitReference>,
    /// The names in its plugin that it had before.
    pub renamed_from: RSlice<'static, RStr<'static>>,
    /// Code for names of known types, if a template's unit has such.
    pub bound: ROption<&'static BoundEntry>,
}

impl UnitDescriptor {
    /// The same unit, which ends in this line.
    #[must_use]
    pub const fn ends_at(mut self, line: u32) -> Self {
        self.end_line = line;
        self
    }

    /// The same unit, which names these others.
    #[must_use]
    pub const fn names(mut self, references: &'static [UnitReference]) -> Self {
        self.references = RSlice::from_slice(references);
        self
    }

    /// The same unit, with code for names of known types.
    #[must_use]
    pub const fn binds(mut self, entry: &'static BoundEntry) -> Self {
        self.bound = ROption::RSome(entry);
        self
    }

    /// The same unit, which had these names before.
    #[must_use]
    pub const fn was(mut self, names: &'static [RStr<'static>]) -> Self {
        self.renamed_from = RSlice::from_slice(names);
        self
    }
}

/// Another unit that a unit names.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitReference {
    /// How the name is meant.
    pub kind: ReferenceKind,
    /// The name; empty for [`ReferenceKind::AnyTemplate`].
    pub name: RStr<'static>,
}

impl UnitReference {
    /// A reference.
    pub const fn new(kind: ReferenceKind, name: &'static str) -> Self {
        Self {
            kind,
            name: RStr::from_str(name),
        }
    }
}

/// How a unit names another.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReferenceKind {
    /// A block or a partial of the same template, by the unit's name.
    Own,
    /// The template, or partial of one, that the name means to templates of the plugin.
    Template,
    /// A template whose name is not known before it is rendered.
    AnyTemplate,
    /// A filter, as `library|filter`.
    Filter,
    /// A tag, as `library.tag`.
    Tag,
}
