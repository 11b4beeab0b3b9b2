//! The state of nodes: what `cycle`, `ifchanged` and their kin remember in a rendering.

use hotplate_plugin_api::Value;

/// The states with the nodes' numbers, in rising order; nodes of several templates share a
/// number.
#[derive(Debug, Default)]
pub(super) struct NodeStates<'s>(Vec<(u32, Vec<Node<'s>>)>);

#[derive(Debug)]
struct Node<'s> {
    plugin: &'s str,
    template: String,
    /// The owners' numbers with their states, in rising order.
    owned: Vec<(u64, Value)>,
}

impl Node<'_> {
    /// Forgets what belongs to owners after this one: they are over.
    fn forget_after(&mut self, owner: u64) {
        while self.owned.last().is_some_and(|(last, _)| *last > owner) {
            self.owned.pop();
        }
    }
}

impl<'s> NodeStates<'s> {
    fn node(&mut self, plugin: &str, template: &str, id: u32) -> Option<&mut Node<'s>> {
        let place = self.0.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.0[place]
            .1
            .iter_mut()
            .find(|node| node.template == template && node.plugin == plugin)
    }

    pub(super) fn get(
        &mut self,
        owner: u64,
        plugin: &str,
        template: &str,
        id: u32,
    ) -> Option<Value> {
        let node = self.node(plugin, template, id)?;
        node.forget_after(owner);
        let (last, value) = node.owned.last()?;
        (*last == owner).then(|| value.clone())
    }

    pub(super) fn set(
        &mut self,
        owner: u64,
        plugin: &'s str,
        template: &str,
        id: u32,
        value: Value,
    ) {
        if let Some(node) = self.node(plugin, template, id) {
            node.forget_after(owner);
            match node.owned.last_mut() {
                Some((last, state)) if *last == owner => *state = value,
                _ => node.owned.push((owner, value)),
            }
            return;
        }
        let place = self.0.binary_search_by_key(&id, |(id, _)| *id);
        let place = place.unwrap_or_else(|place| {
            self.0.insert(place, (id, Vec::new()));
            place
        });
        self.0[place].1.push(Node {
            plugin,
            template: template.to_owned(),
            owned: vec![(owner, value)],
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(states: &mut NodeStates<'_>, owner: u64, plugin: &str, template: &str) -> Option<i64> {
        match states.get(owner, plugin, template, 7)? {
            Value::Int(number) => Some(number),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_state_belongs_to_its_owner_until_an_outer_one_asks() {
        let mut states = NodeStates::default();
        states.set(1, "site", "a.html", 7, Value::Int(10));
        states.set(2, "site", "a.html", 7, Value::Int(20));
        assert_eq!(get(&mut states, 2, "site", "a.html"), Some(20));
        assert_eq!(get(&mut states, 1, "site", "a.html"), Some(10));
        assert_eq!(get(&mut states, 2, "site", "a.html"), None, "it is over");
    }

    #[test]
    fn equal_templates_of_two_plugins_share_nothing() {
        let mut states = NodeStates::default();
        states.set(1, "theme", "base.html", 7, Value::Int(1));
        assert_eq!(get(&mut states, 1, "site", "base.html"), None);
        states.set(1, "site", "base.html", 7, Value::Int(2));
        assert_eq!(get(&mut states, 1, "theme", "base.html"), Some(1));
        assert_eq!(get(&mut states, 1, "theme", "other.html"), None);
    }
}
