//! Which template a name means: the search through layers of plugins.

use crate::links::{Kind, Name};
use crate::snapshot::{SlotId, Snapshot};
use crate::sync::Arc;
use crate::unit::LiveUnit;

/// Groups of plugins whose templates are searched in order, as Django's loaders are.
///
/// A plugin belongs to one group at most. Templates of a plugin that belongs to none see
/// their own plugin first and then all others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers(Vec<Vec<String>>);

impl Layers {
    /// Adds a group; gives the name of a plugin that belongs to one already.
    pub(crate) fn add(&mut self, plugins: Vec<String>) -> Result<(), String> {
        let mut known: Vec<&String> = self.0.iter().flatten().collect();
        for plugin in &plugins {
            if known.contains(&plugin) {
                return Err(plugin.clone());
            }
            known.push(plugin);
        }
        if !plugins.is_empty() {
            self.0.push(plugins);
        }
        Ok(())
    }

    /// The plugins that are named.
    pub(crate) fn plugins(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(String::as_str)
    }

    /// The template that `name` means in a template of `plugin`; those of `skip` do not
    /// count.
    pub(crate) fn find<'s>(
        &self,
        snapshot: &'s Snapshot,
        plugin: &str,
        name: &str,
        skip: &[&LiveUnit],
    ) -> Option<&'s Arc<LiveUnit>> {
        let counts = |unit: &&Arc<LiveUnit>| {
            let skipped = skip
                .iter()
                .any(|other| std::ptr::eq(*other, &raw const ***unit));
            unit.template().is_some() && !skipped
        };
        let group = self
            .0
            .iter()
            .find(|group| group.iter().any(|layer| layer == plugin));
        match group {
            Some(group) => group
                .iter()
                .filter_map(|layer| snapshot.find(layer, name))
                .find(counts),
            None => snapshot
                .find(plugin, name)
                .filter(counts)
                .or_else(|| others(snapshot, plugin, name).find(counts)),
        }
    }

    /// The slots that `name` may lead to in a template of `plugin`, up to the first that
    /// holds one: what the name means changes only if one of these does. The template in the
    /// slot `own`, which extends its own name, does not count.
    pub(crate) fn candidates(
        &self,
        snapshot: &Snapshot,
        plugin: &str,
        name: &str,
        own: Option<SlotId>,
    ) -> Vec<SlotId> {
        let template = name.split('#').next().unwrap_or(name);
        let index = snapshot.index();
        let group = self
            .0
            .iter()
            .find(|group| group.iter().any(|layer| layer == plugin));
        let plugins: Vec<&str> = match group {
            Some(group) => group.iter().map(String::as_str).collect(),
            None => {
                let others = index.plugin_names().map(|other| &**other);
                let others = others.filter(|other| *other != plugin);
                std::iter::once(plugin).chain(others).collect()
            }
        };
        let mut slots = Vec::new();
        for plugin in plugins {
            let Some(slot) = index.slot(plugin, template) else {
                continue;
            };
            if own == Some(slot) {
                continue;
            }
            slots.push(slot);
            if template.len() < name.len() {
                slots.extend(index.slot(plugin, name));
            }
            if snapshot
                .unit(slot)
                .is_some_and(|unit| unit.template().is_some())
            {
                break;
            }
        }
        slots
    }

    /// The plugin that the application's names are looked up from.
    pub(crate) fn first(&self) -> &str {
        let first = self.0.first().and_then(|group| group.first());
        first.map_or("", String::as_str)
    }

    /// The template, or partial, that `name` means to the application: in the first group
    /// of layers, or in any plugin if there are none.
    pub(crate) fn named<'s>(
        &self,
        snapshot: &'s Snapshot,
        name: &str,
    ) -> Option<&'s Arc<LiveUnit>> {
        let link = Name {
            kind: Kind::Application,
            from: 0,
            first: name,
            second: "",
        };
        snapshot.linked(link, || self.search(snapshot, name))
    }

    fn search<'s>(&self, snapshot: &'s Snapshot, name: &str) -> Option<&'s Arc<LiveUnit>> {
        let template = name.split('#').next().unwrap_or(name);
        let unit = self.find(snapshot, self.first(), template, &[])?;
        if template.len() == name.len() {
            return Some(unit);
        }
        snapshot
            .find(unit.plugin(), name)
            .filter(|unit| unit.is_renderable())
    }
}

/// What other plugins than `plugin` have under a name.
fn others<'s>(
    snapshot: &'s Snapshot,
    plugin: &str,
    name: &str,
) -> impl Iterator<Item = &'s Arc<LiveUnit>> {
    snapshot
        .index()
        .plugin_names()
        .filter(move |other| &***other != plugin)
        .filter_map(move |other| snapshot.find(other, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_belongs_to_one_group() {
        let mut layers = Layers::default();
        let group = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        assert_eq!(layers.add(group(&["theme", "site"])), Ok(()));
        assert_eq!(layers.add(group(&["a", "site"])), Err("site".to_owned()));
        assert_eq!(layers.add(group(&["a", "a"])), Err("a".to_owned()));
        assert_eq!(layers.add(group(&["a"])), Ok(()));
    }
}
