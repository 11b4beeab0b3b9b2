//! Descriptors of generated units, as constants.

use std::fmt;

use hotplate_plugin_api::abi_stable::std_types::{ROption, RSlice, RStr};
use hotplate_plugin_api::render::RenderEntry;
use hotplate_plugin_api::unit::{BlockEntry, Site, TemplateEntry, TypedEntry, UnitData};
use hotplate_plugin_api::{
    Frame, ReferenceKind, Scope, SourcePosition, Status, UnitDescriptor, UnitEntry, UnitReference,
};

/// The entry point of a generated unit.
pub type Entry = extern "C" fn(UnitData, &mut Frame<'_>, &Scope<'_>) -> Status;

/// What renders a generated unit.
#[derive(Clone, Copy)]
pub struct Code {
    pub(crate) render: RenderEntry,
    /// What `render` is called with.
    pub(crate) data: UnitData,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code")
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// The code of a unit that has an entry of its own.
pub const fn code(entry: Entry) -> Code {
    Code {
        render: RenderEntry(entry),
        data: UnitData::NONE,
    }
}

/// A string as it crosses the boundary.
pub const fn rstr(text: &str) -> RStr<'_> {
    RStr::from_str(text)
}

/// A reference to a block or a partial of the same template.
pub const fn to_own(name: &'static str) -> UnitReference {
    UnitReference::new(ReferenceKind::Own, name)
}

/// A reference to a template.
pub const fn to_template(name: &'static str) -> UnitReference {
    UnitReference::new(ReferenceKind::Template, name)
}

/// A reference to a template whose name is not known yet.
pub const fn to_any_template() -> UnitReference {
    UnitReference::new(ReferenceKind::AnyTemplate, "")
}

/// A reference to a filter, as `library|filter`.
pub const fn to_filter(name: &'static str) -> UnitReference {
    UnitReference::new(ReferenceKind::Filter, name)
}

/// A reference to a tag, as `library.tag`.
pub const fn to_tag(name: &'static str) -> UnitReference {
    UnitReference::new(ReferenceKind::Tag, name)
}

/// Where a unit starts.
pub const fn place(template: &'static str, line: u32, column: u32) -> SourcePosition<'static> {
    SourcePosition {
        file: rstr(template),
        line,
        column,
    }
}

/// The descriptor of a template's body.
#[expect(clippy::too_many_arguments, reason = "called by generated code alone")]
pub const fn template_unit(
    name: &'static str,
    code: Code,
    source_hash: u64,
    source: SourcePosition<'static>,
    sites: &'static [Site],
    parent: Option<&'static str>,
    extends: bool,
    blocks: &'static [RStr<'static>],
    typed: Option<TypedEntry>,
) -> UnitDescriptor {
    let entry = UnitEntry::Template(TemplateEntry {
        render: code.render,
        parent: match parent {
            Some(parent) => ROption::RSome(rstr(parent)),
            None => ROption::RNone,
        },
        extends,
        blocks: RSlice::from_slice(blocks),
        typed: optional(typed),
    });
    unit(name, entry, code.data, source_hash, source, sites)
}

/// The descriptor of a block.
pub const fn block_unit(
    name: &'static str,
    code: Code,
    source_hash: u64,
    source: SourcePosition<'static>,
    sites: &'static [Site],
    typed: Option<TypedEntry>,
) -> UnitDescriptor {
    let entry = BlockEntry {
        render: code.render,
        typed: optional(typed),
    };
    let entry = UnitEntry::Block(entry);
    unit(name, entry, code.data, source_hash, source, sites)
}

/// The descriptor of a partial.
pub const fn partial_unit(
    name: &'static str,
    code: Code,
    source_hash: u64,
    source: SourcePosition<'static>,
    sites: &'static [Site],
) -> UnitDescriptor {
    let entry = UnitEntry::Partial(code.render);
    unit(name, entry, code.data, source_hash, source, sites)
}

const fn optional(typed: Option<TypedEntry>) -> ROption<TypedEntry> {
    match typed {
        Some(typed) => ROption::RSome(typed),
        None => ROption::RNone,
    }
}

const fn unit(
    name: &'static str,
    entry: UnitEntry,
    data: UnitData,
    source_hash: u64,
    source: SourcePosition<'static>,
    sites: &'static [Site],
) -> UnitDescriptor {
    UnitDescriptor {
        module_path: rstr(""),
        name: rstr(name),
        entry,
        data,
        source_hash,
        source,
        sites: RSlice::from_slice(sites),
        end_line: 0,
        references: RSlice::EMPTY,
        renamed_from: RSlice::EMPTY,
        bound: ROption::RNone,
    }
}
