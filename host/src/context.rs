//! Comparing the types of contexts as host and plugin know them, and naming what differs.
//!
//! Code of a plugin that reads a struct of the host's must have been compiled with the same
//! struct. Each side has a table of it; they are compared in words that a person can act on.

use std::collections::HashSet;

use hotplate_plugin_api::unit::TypedEntry;
use hotplate_plugin_api::view::{FieldEntry, Kind, ViewTable};

use crate::sync::{AtomicUsize, Mutex, Ordering, lock};

/// Compares a type as the host knows it with the same as a plugin does; the error names the
/// first difference.
pub(crate) fn compare(host: &'static ViewTable, plugin: &'static ViewTable) -> Result<(), String> {
    let mut comparison = Comparison::default();
    comparison.add(host, plugin, None);
    let mut next = 0;
    while next < comparison.pairs.len() {
        comparison.pair(next)?;
        next += 1;
    }
    match comparison.layout {
        Some((_, difference)) => Err(difference),
        None => Ok(()),
    }
}

/// Whether code for a type of context fits what handles render it with: remembers the
/// types that it was compared with.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    /// The address of the table that was asked for last, of those that agree; 0 at first.
    latest: AtomicUsize,
    /// The addresses of all tables that agree.
    all: Mutex<Vec<usize>>,
}

impl Agreement {
    /// Whether the entry was found to be compiled with the type that `table` describes, and
    /// that type is the one that was asked for last.
    #[inline]
    pub(crate) fn has(&self, table: &'static ViewTable) -> bool {
        // A table lives for good, so that no other one has its address.
        self.latest.load(Ordering::Acquire) == address(table)
    }

    /// Whether `entry`, which must be the same each time, was compiled with the type that
    /// `table` describes; the error says what differs.
    #[cold]
    pub(crate) fn check(
        &self,
        entry: &TypedEntry,
        table: &'static ViewTable,
    ) -> Result<(), String> {
        let mut all = lock(&self.all);
        if !all.contains(&address(table)) {
            compare(table, entry.context.get())?;
            all.push(address(table));
        }
        self.latest.store(address(table), Ordering::Release);
        Ok(())
    }
}

fn address(table: &'static ViewTable) -> usize {
    std::ptr::from_ref(table).addr()
}

/// A comparison, breadth first, so that what differs further out is found first, and types
/// that contain themselves are looked at once.
#[derive(Default)]
struct Comparison {
    pairs: Vec<Pair>,
    seen: HashSet<(usize, usize)>,
    /// The innermost of the differences in layout, and how deep it is. They count only if
    /// names and types are the same: those explain them.
    layout: Option<(usize, String)>,
}

/// A type as both sides know it.
#[derive(Clone, Copy)]
struct Pair {
    host: &'static ViewTable,
    plugin: &'static ViewTable,
    /// What it is a part of.
    origin: Option<Origin>,
    depth: usize,
}

#[derive(Clone, Copy)]
struct Origin {
    pair: usize,
    /// The field of a struct; none for what items, references and the like lead to.
    field: Option<&'static str>,
}

impl Comparison {
    fn add(
        &mut self,
        host: &'static ViewTable,
        plugin: &'static ViewTable,
        origin: Option<Origin>,
    ) {
        if self.seen.insert((address(host), address(plugin))) {
            let depth = origin.map_or(0, |origin| self.pairs[origin.pair].depth + 1);
            self.pairs.push(Pair {
                host,
                plugin,
                origin,
                depth,
            });
        }
    }

    fn pair(&mut self, number: usize) -> Result<(), String> {
        let Pair { host, plugin, .. } = self.pairs[number];
        if (host.name, host.module) != (plugin.name, plugin.module) {
            return Err(self.other_type(number));
        }
        let part = Some(Origin {
            pair: number,
            field: None,
        });
        match (&host.kind, &plugin.kind) {
            (Kind::Value, Kind::Value) | (Kind::Scalar(_), Kind::Scalar(_)) => {}
            (Kind::Record(ours), Kind::Record(theirs)) => {
                self.fields(number, ours.as_slice(), theirs.as_slice())?;
            }
            (Kind::Tuple(ours), Kind::Tuple(theirs)) => {
                if ours.len() != theirs.len() {
                    return Err(self.other_type(number));
                }
                for (our, their) in ours.iter().zip(theirs.iter()) {
                    self.add(our.table.get(), their.table.get(), part);
                    if our.offset != their.offset {
                        self.layout(number, |this| {
                            format!("the items of {} lie elsewhere", this.spelled(number))
                        });
                    }
                }
            }
            (Kind::Sequence(ours), Kind::Sequence(theirs)) => {
                if host.name == "[]" && items(host) != items(plugin) {
                    return Err(self.other_type(number));
                }
                self.add(ours.item.get(), theirs.item.get(), part);
                if ours.stride != theirs.stride {
                    self.layout(number, |this| {
                        format!("the items of {} are of another size", this.spelled(number))
                    });
                }
            }
            (Kind::Map(ours), Kind::Map(theirs)) => {
                self.add(ours.key.get(), theirs.key.get(), part);
                self.add(ours.value.get(), theirs.value.get(), part);
            }
            (Kind::Pointer(ours), Kind::Pointer(theirs)) => {
                self.add(ours.target.get(), theirs.target.get(), part);
            }
            _ => return Err(self.other_type(number)),
        }
        if (host.size, host.align) != (plugin.size, plugin.align) {
            self.layout(number, |this| {
                format!(
                    "{} takes {} bytes in the host, aligned to {}, and {} in the plugin, aligned \
                     to {}",
                    this.spelled(number),
                    host.size,
                    host.align,
                    plugin.size,
                    plugin.align
                )
            });
        }
        Ok(())
    }

    fn fields(
        &mut self,
        number: usize,
        ours: &'static [FieldEntry],
        theirs: &'static [FieldEntry],
    ) -> Result<(), String> {
        let name = self.pairs[number].host.name;
        let lacks = |fields: &[FieldEntry], field: &FieldEntry| {
            !fields.iter().any(|other| other.name == field.name)
        };
        if let Some(added) = theirs.iter().find(|field| lacks(ours, field)) {
            return Err(format!(
                "the plugin's `{name}` has a field `{}` that the host's has not{}",
                added.name,
                self.reached(number)
            ));
        }
        for our in ours {
            let Some(their) = theirs.iter().find(|field| field.name == our.name) else {
                return Err(format!(
                    "the host's `{name}` has a field `{}` that the plugin's has not{}",
                    our.name,
                    self.reached(number)
                ));
            };
            let origin = Origin {
                pair: number,
                field: Some(our.name.as_str()),
            };
            self.add(our.table.get(), their.table.get(), Some(origin));
            if our.offset != their.offset {
                self.layout(number, |this| {
                    format!(
                        "field `{}` of `{name}` lies elsewhere: {} bytes into the host's, {} into \
                         the plugin's{}",
                        our.name,
                        our.offset,
                        their.offset,
                        this.reached(number)
                    )
                });
            }
        }
        Ok(())
    }

    /// That a type is another one, told of the field that it was reached through.
    fn other_type(&self, number: usize) -> String {
        let mut pair = self.pairs[number];
        while let Some(origin) = pair.origin {
            let outer = self.pairs[origin.pair];
            let Some(field) = origin.field else {
                pair = outer;
                continue;
            };
            let (ours, theirs) = names(pair.host, pair.plugin);
            return format!(
                "field `{field}` of `{}`: the host has {ours}, the plugin {theirs}{}",
                outer.host.name,
                match outer.origin {
                    Some(_) => format!(" (`{}.{field}`)", self.path(origin.pair)),
                    None => String::new(),
                }
            );
        }
        let (ours, theirs) = names(pair.host, pair.plugin);
        format!("the host has {ours}, the plugin {theirs}")
    }

    /// Notes a difference in layout, unless there is one as deep.
    fn layout(&mut self, number: usize, text: impl FnOnce(&Self) -> String) {
        let depth = self.pairs[number].depth;
        if self.layout.as_ref().is_none_or(|(other, _)| *other < depth) {
            self.layout = Some((depth, text(self)));
        }
    }

    /// The type of a pair, with how it was reached.
    fn spelled(&self, number: usize) -> String {
        let table = self.pairs[number].host;
        format!("`{}`{}", spell(table, false, 0), self.reached(number))
    }

    /// How a part was reached, in parentheses; nothing for the context itself.
    fn reached(&self, number: usize) -> String {
        match self.pairs[number].origin {
            Some(_) => format!(" (`{}`)", self.path(number)),
            None => String::new(),
        }
    }

    /// The fields that lead to a part, such as `Article.author.name`.
    fn path(&self, number: usize) -> String {
        let pair = self.pairs[number];
        let Some(origin) = pair.origin else {
            return pair.host.name.to_string();
        };
        let mut path = self.path(origin.pair);
        if let Some(field) = origin.field {
            path.push('.');
            path.push_str(field);
        }
        path
    }
}

/// How many items an array has.
fn items(table: &ViewTable) -> Option<usize> {
    match &table.kind {
        Kind::Sequence(sequence) => table.size.checked_div(sequence.stride),
        _ => None,
    }
}

/// Two types by names that tell them apart.
fn names(host: &'static ViewTable, plugin: &'static ViewTable) -> (String, String) {
    let short = (spell(host, false, 0), spell(plugin, false, 0));
    if short.0 != short.1 {
        return short;
    }
    (spell(host, true, 0), spell(plugin, true, 0))
}

/// A type as it is written in Rust.
fn spell(table: &'static ViewTable, with_modules: bool, depth: usize) -> String {
    /// Deeper types are cut short.
    const DEEPEST: usize = 8;

    let name = table.name.as_str();
    if depth > DEEPEST {
        return "…".to_owned();
    }
    let inner = |table| spell(table, with_modules, depth + 1);
    match &table.kind {
        Kind::Pointer(pointer) if name == "&" => format!("&{}", inner(pointer.target.get())),
        Kind::Pointer(pointer) => format!("{name}<{}>", inner(pointer.target.get())),
        Kind::Sequence(sequence) => {
            let item = inner(sequence.item.get());
            match items(table) {
                Some(length) if name == "[]" => format!("[{item}; {length}]"),
                _ if name.contains("[]") => name.replace("[]", &format!("[{item}]")),
                _ => format!("{name}<{item}>"),
            }
        }
        Kind::Map(map) => format!(
            "{name}<{}, {}>",
            inner(map.key.get()),
            inner(map.value.get())
        ),
        Kind::Tuple(fields) => {
            let items: Vec<String> = fields.iter().map(|item| inner(item.table.get())).collect();
            match items.as_slice() {
                [item] => format!("({item},)"),
                items => format!("({})", items.join(", ")),
            }
        }
        _ if with_modules && !table.module.is_empty() => format!("{}::{name}", table.module),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use abi_stable::std_types::{RSlice, RStr};
    use hotplate_plugin_api::Context;
    use hotplate_plugin_api::view::{Field, TableFn};

    #[derive(Context)]
    struct Section {
        _title: String,
        _inner: Vec<Section>,
        _counts: BTreeMap<String, (i64, Option<f64>)>,
        _grid: [i64; 3],
    }

    #[test]
    fn types_that_contain_themselves_agree_with_themselves() {
        assert_eq!(compare(Section::table(), Section::table()), Ok(()));
        assert_eq!(compare(deep(), deep_copy()), Ok(()));
    }

    /// The table of a struct that is only described.
    macro_rules! records {
        ($($table:ident: $name:literal, $size:literal { $($field:literal @ $offset:literal: $type:expr),* })*) => {$(
            extern "C" fn $table() -> &'static ViewTable {
                const FIELDS: &[FieldEntry] = &[$(FieldEntry {
                    name: RStr::from_str($field),
                    offset: $offset,
                    table: $type,
                }),*];
                const TABLE: &ViewTable = &ViewTable {
                    name: RStr::from_str($name),
                    module: RStr::from_str("site"),
                    size: $size,
                    align: 8,
                    kind: Kind::Record(RSlice::from_slice(FIELDS)),
                };
                TABLE
            }
        )*};
    }

    const TEXT: TableFn = TableFn::of::<String>();
    const INT: TableFn = TableFn::of::<i64>();

    records! {
        deep: "Deep", 8 { "next" @ 0: TableFn(deep), "number" @ 0: INT }
        deep_copy: "Deep", 8 { "next" @ 0: TableFn(deep_copy), "number" @ 0: INT }

        author: "Author", 32 { "name" @ 0: TEXT, "age" @ 24: INT }
        author_with_text: "Author", 48 { "name" @ 0: TEXT, "age" @ 24: TEXT }
        author_turned: "Author", 32 { "name" @ 8: TEXT, "age" @ 0: INT }
        person: "Person", 32 { "name" @ 0: TEXT, "age" @ 24: INT }

        article: "Article", 96 { "title" @ 0: TEXT, "author" @ 24: TableFn(author), "tags" @ 56: TableFn::of::<Vec<&str>>() }
        more: "Article", 104 { "title" @ 0: TEXT, "author" @ 24: TableFn(author), "tags" @ 56: TableFn::of::<Vec<&str>>(), "summary" @ 80: INT }
        fewer: "Article", 72 { "title" @ 0: TEXT, "author" @ 24: TableFn(author) }
        number: "Article", 80 { "title" @ 0: INT, "author" @ 8: TableFn(author), "tags" @ 40: TableFn::of::<Vec<&str>>() }
        texts: "Article", 96 { "title" @ 0: TEXT, "author" @ 24: TableFn(author), "tags" @ 56: TableFn::of::<Vec<String>>() }
        array: "Article", 96 { "title" @ 0: TEXT, "author" @ 24: TableFn(author), "tags" @ 56: TableFn::of::<[&str; 2]>() }
        turned: "Article", 96 { "title" @ 32: TEXT, "author" @ 0: TableFn(author), "tags" @ 56: TableFn::of::<Vec<&str>>() }
        padded: "Article", 104 { "title" @ 0: TEXT, "author" @ 24: TableFn(author), "tags" @ 56: TableFn::of::<Vec<&str>>() }
        inner_type: "Article", 112 { "title" @ 0: TEXT, "author" @ 24: TableFn(author_with_text), "tags" @ 72: TableFn::of::<Vec<&str>>() }
        inner_place: "Article", 96 { "title" @ 0: TEXT, "author" @ 24: TableFn(author_turned), "tags" @ 56: TableFn::of::<Vec<&str>>() }
        inner_name: "Article", 96 { "title" @ 0: TEXT, "author" @ 24: TableFn(person), "tags" @ 56: TableFn::of::<Vec<&str>>() }
    }

    fn check(plugin: extern "C" fn() -> &'static ViewTable, expected: &str) {
        let found = compare(article(), plugin());
        assert_eq!(found.err().as_deref().unwrap_or_default(), expected);
    }

    #[test]
    fn differences_are_named() {
        check(article, "");
        check(
            more,
            "the plugin's `Article` has a field `summary` that the host's has not",
        );
        check(
            fewer,
            "the host's `Article` has a field `tags` that the plugin's has not",
        );
        check(
            number,
            "field `title` of `Article`: the host has String, the plugin i64",
        );
        check(
            texts,
            "field `tags` of `Article`: the host has Vec<&str>, the plugin Vec<String>",
        );
        check(
            array,
            "field `tags` of `Article`: the host has Vec<&str>, the plugin [&str; 2]",
        );
        check(
            turned,
            "field `title` of `Article` lies elsewhere: 0 bytes into the host's, 32 into the \
             plugin's",
        );
        check(
            padded,
            "`Article` takes 96 bytes in the host, aligned to 8, and 104 in the plugin, aligned \
             to 8",
        );
        check(
            inner_type,
            "field `age` of `Author`: the host has i64, the plugin String (`Article.author.age`)",
        );
        check(
            inner_place,
            "field `name` of `Author` lies elsewhere: 0 bytes into the host's, 8 into the \
             plugin's (`Article.author`)",
        );
        check(
            inner_name,
            "field `author` of `Article`: the host has Author, the plugin Person",
        );
        check(person, "the host has Article, the plugin Person");
    }
}
