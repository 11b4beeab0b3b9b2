//! The tags and filters that a template can use at the place that is being read.

use std::collections::{BTreeMap, BTreeSet};

use crate::Options;
use crate::ast::FilterFunction;
use crate::filters::{self, Argument};
use crate::libraries::{self, Library, TagSpec};
use crate::parser::tags::{self, Tag};

/// A tag, and where it comes from.
#[derive(Clone, Copy)]
pub(crate) enum TagSource<'s> {
    /// One of Django's own.
    Builtin(&'static Tag),
    /// A tag of a plugin's library.
    Library(&'s str, &'s TagSpec),
}

/// A filter, as far as the parser needs it.
pub(crate) struct FilterSource {
    pub(crate) function: FilterFunction,
    pub(crate) argument: Argument,
}

/// What is loaded.
pub(crate) struct Loaded<'s> {
    options: &'s Options,
    tags: BTreeMap<&'s str, TagSource<'s>>,
    /// The library of each filter; empty for one of Django's own.
    filters: BTreeMap<&'s str, &'s str>,
}

impl<'s> Loaded<'s> {
    /// What is there without any `load`: Django's own, and what the options add.
    pub(crate) fn new(options: &'s Options) -> Self {
        let mut loaded = Self {
            options,
            tags: BTreeMap::new(),
            filters: BTreeMap::new(),
        };
        for library in &options.builtins {
            loaded.load(library, None);
        }
        loaded
    }

    /// The tag of this name.
    pub(crate) fn tag(&self, name: &str) -> Option<TagSource<'s>> {
        let loaded = self.tags.get(name).copied();
        loaded.or_else(|| tags::find("", name).map(TagSource::Builtin))
    }

    /// The names of all tags that can be used here, those of closing tags included.
    pub(crate) fn tag_names(&self) -> impl Iterator<Item = &'s str> {
        let loaded = self.tags.iter().flat_map(|(&name, &tag)| {
            let (builtin, library): (&[&'static str], &'s [String]) = match tag {
                TagSource::Builtin(tag) => (tag.ends, &[]),
                TagSource::Library(_, spec) => (&[], &spec.ends),
            };
            let ends = builtin.iter().copied();
            std::iter::once(name)
                .chain(ends)
                .chain(library.iter().map(String::as_str))
        });
        let builtin = tags::names_of("").map(|name| -> &'s str { name });
        builtin.chain(loaded)
    }

    /// Whether a tag of this name ends a part of some tag's body.
    pub(crate) fn ends_some_body(&self, name: &str) -> bool {
        tags::ends_some_body(name)
            || self.tags.values().any(|tag| match tag {
                TagSource::Builtin(_) => false,
                TagSource::Library(_, spec) => spec.ends.iter().any(|end| end == name),
            })
    }

    /// The libraries that have a tag of this name.
    pub(crate) fn libraries_with_tag(&self, name: &str) -> Vec<&'s str> {
        let has = |library: &&str| match self.options.libraries.get(*library) {
            Some(library) => library.tags.contains_key(name),
            None => tags::find(library, name).is_some(),
        };
        self.registered().into_iter().filter(has).collect()
    }

    /// The filter of this name.
    pub(crate) fn filter(&self, name: &str) -> Option<FilterSource> {
        let library = self.filters.get(name).copied().unwrap_or_default();
        if let Some(spec) = self
            .options
            .libraries
            .get(library)
            .and_then(|library| library.filters.get(name))
        {
            return Some(FilterSource {
                function: FilterFunction::Library {
                    library: library.to_owned(),
                    name: name.to_owned(),
                    is_safe: spec.is_safe,
                },
                argument: spec.argument,
            });
        }
        let filter = filters::find(name).filter(|filter| filter.library == library)?;
        Some(FilterSource {
            function: FilterFunction::Builtin(filter),
            argument: filter.argument,
        })
    }

    /// The names of all filters that can be used here.
    pub(crate) fn filter_names(&self) -> impl Iterator<Item = &str> {
        let builtin = filters::of_library("").map(|filter| filter.name);
        builtin.chain(self.filters.keys().copied())
    }

    /// The libraries that have a filter of this name.
    pub(crate) fn libraries_with_filter(&self, name: &str) -> Vec<&'s str> {
        let has = |library: &&str| match self.options.libraries.get(*library) {
            Some(library) => library.filters.contains_key(name),
            None => filters::find(name).is_some_and(|filter| filter.library == *library),
        };
        self.registered().into_iter().filter(has).collect()
    }

    /// The names of all libraries that can be loaded, sorted.
    pub(crate) fn registered(&self) -> Vec<&'s str> {
        let names: BTreeSet<&str> = match &self.options.registered {
            Some(names) => names.iter().map(String::as_str).collect(),
            None => {
                let plugins = self.options.libraries.keys().map(String::as_str);
                libraries::BUILTIN.into_iter().chain(plugins).collect()
            }
        };
        names.into_iter().collect()
    }

    /// Adds the tags and filters of a library, or those of the given name only; says
    /// whether there were any.
    pub(crate) fn load(&mut self, library: &'s str, only: Option<&str>) -> bool {
        let wanted = |name: &str| only.is_none_or(|only| only == name);
        let mut found = false;
        let plugin: Option<&'s Library> = self.options.libraries.get(library);
        if let Some(plugin) = plugin {
            for (name, spec) in plugin.tags.iter().filter(|(name, _)| wanted(name)) {
                found = true;
                self.tags.insert(name, TagSource::Library(library, spec));
            }
            for name in plugin.filters.keys().filter(|name| wanted(name)) {
                found = true;
                self.filters.insert(name, library);
            }
        } else if !library.is_empty() {
            for tag in tags::of_library(library).filter(|tag| wanted(tag.name)) {
                found = true;
                self.tags.insert(tag.name, TagSource::Builtin(tag));
            }
            for filter in filters::of_library(library).filter(|filter| wanted(filter.name)) {
                found = true;
                self.filters.insert(filter.name, library);
            }
        }
        found
    }

    /// The names of the tags and filters of a library.
    pub(crate) fn names_in(&self, library: &'s str) -> Vec<&'s str> {
        match self.options.libraries.get(library) {
            Some(plugin) => {
                let tags = plugin.tags.keys();
                let names = tags.chain(plugin.filters.keys());
                names.map(String::as_str).collect()
            }
            None => {
                let filters = filters::of_library(library).map(|filter| filter.name);
                let tags = tags::of_library(library).map(|tag| tag.name);
                tags.chain(filters).collect()
            }
        }
    }
}
