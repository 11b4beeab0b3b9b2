//! What the templates of a set agree on: the types of names in templates that have no struct
//! of their own, but are included or extended by those that have one.
//!
//! Who uses a template with a struct under some name makes a claim of its type. Where all
//! claims are equal, the template's units get code for that type. It is a guess, not a
//! promise: the host compares the types of what there is before it runs such code.
//!
//! All this is done at every edit of a set: only the templates that those with a struct lead
//! to are looked at, and only units that include something are asked what they offer.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::lower::{Lowering, Root, lower_names, names_shape};
use crate::contexts::{Contexts, MOST_NAMES, Names, Type};
use crate::ir::{Template, TypedInclude, TypedNode, TypedUnit, Unit, UnitKind};

/// How often claims are followed on to the templates that a template uses.
const MOST_ROUNDS: usize = 16;

/// What the templates of a set agree on.
pub(crate) struct Agreement<'t> {
    /// The types of names, by template.
    names: BTreeMap<&'t str, Names>,
    needs: Needs<'t>,
    contexts: &'t Contexts,
}

/// The names that each template, or what it includes, looks up in its context; those of
/// parents too.
type Needs<'t> = BTreeMap<&'t str, BTreeSet<&'t str>>;

/// A name in a template.
type Place<'t> = (&'t str, &'t str);

impl<'t> Agreement<'t> {
    /// What the templates of a set agree on.
    pub(crate) fn of(templates: &BTreeMap<&'t str, &'t Template>, contexts: &'t Contexts) -> Self {
        let reached = reached(templates, contexts);
        let needs = needs(&reached);
        let mut claims = Claims::default();
        let mut names: BTreeMap<&str, Names> = BTreeMap::new();
        let with_struct = |name: &&str| contexts.templates.contains_key(*name);
        let mut users: BTreeSet<&str> = reached.keys().copied().filter(with_struct).collect();
        for _ in 0..MOST_ROUNDS {
            for user in &users {
                let names = names.get(user);
                claims.replace(user, reached[user], names, &needs, contexts);
            }
            let next = claims.agreed(contexts);
            let all = names.keys().chain(next.keys());
            users = all
                .copied()
                .filter(|name| names.get(name) != next.get(name))
                .collect();
            names = next;
            if users.is_empty() {
                break;
            }
        }
        Self {
            names,
            needs,
            contexts,
        }
    }

    /// The forms of the units of a template without a struct for names of known types;
    /// nothing if they have just these.
    pub(crate) fn forms(&self, template: &Template) -> Option<Vec<Option<Box<TypedUnit>>>> {
        let name = template.name.as_str();
        let names = self.names.get(name);
        let had_names = template.units.iter().any(|unit| unit.typed.is_some());
        if self.contexts.templates.contains_key(name) || (names.is_none() && !had_names) {
            return None;
        }
        let used = template
            .units
            .iter()
            .map(|unit| (unit, self.used(unit, names)));
        let used: Vec<(&Unit, Vec<(String, Type)>)> = used.collect();
        let is_same = used.iter().all(|(unit, used)| {
            let shape = unit.typed.as_ref().map(|typed| &typed.shape);
            shape == names_shape(self.contexts, used, unit).as_ref()
        });
        if is_same {
            return None;
        }
        let forms = used
            .iter()
            .map(|(unit, used)| lower_names(self.contexts, used, unit).map(Box::new));
        Some(forms.collect())
    }

    /// The names that a unit makes use of, as far as their types are known.
    fn used(&self, unit: &Unit, names: Option<&Names>) -> Vec<(String, Type)> {
        let is_used = |name: &str| {
            let needs = &unit.needs;
            needs.names.contains(name)
                || needs.includes.iter().any(|include| {
                    let hidden = include.hidden.as_ref();
                    let needed = self.needs.get(include.template.as_str());
                    hidden.is_some_and(|hidden| !hidden.contains(name))
                        && needed.is_some_and(|needed| needed.contains(name))
                })
        };
        let used = names.into_iter().flatten();
        let used = used.filter(|(name, _)| is_used(name)).take(MOST_NAMES);
        used.map(|(name, ty)| (name.clone(), ty.clone())).collect()
    }
}

/// The templates with structs, and all that these lead to.
fn reached<'t>(
    templates: &BTreeMap<&'t str, &'t Template>,
    contexts: &Contexts,
) -> BTreeMap<&'t str, &'t Template> {
    let mut reached = BTreeMap::new();
    let mut waiting: Vec<&str> = contexts.templates.keys().map(String::as_str).collect();
    while let Some(name) = waiting.pop() {
        let Some((name, template)) = templates.get_key_value(name) else {
            continue;
        };
        if reached.insert(*name, *template).is_some() {
            continue;
        }
        for unit in &template.units {
            waiting.extend(parent(unit));
            let includes = unit.needs.includes.iter();
            waiting.extend(includes.map(|include| include.template.as_str()));
        }
    }
    reached
}

/// The parent that a template's unit names.
fn parent(unit: &Unit) -> Option<&str> {
    match &unit.kind {
        UnitKind::Template { parent, .. } => parent.as_deref(),
        _ => None,
    }
}

/// Who needs what some template needs, but for names that this does not see further out.
type User<'t> = (&'t str, Option<&'t BTreeSet<String>>);

/// What templates need, of which each leads to others of them alone.
fn needs<'t>(templates: &BTreeMap<&'t str, &'t Template>) -> Needs<'t> {
    let mut all: Needs<'_> = BTreeMap::new();
    let mut users: BTreeMap<&str, Vec<User<'_>>> = BTreeMap::new();
    for (name, template) in templates {
        let names = all.entry(name).or_default();
        for unit in &template.units {
            names.extend(unit.needs.names.iter().map(String::as_str));
            if let Some(parent) = parent(unit) {
                users.entry(parent).or_default().push((name, None));
            }
            for include in &unit.needs.includes {
                if let Some(hidden) = &include.hidden {
                    let users = users.entry(&include.template).or_default();
                    users.push((name, Some(hidden)));
                }
            }
        }
    }
    let mut waiting: VecDeque<&str> = all.keys().copied().collect();
    while let Some(name) = waiting.pop_front() {
        let Some(names) = all.get(name).cloned() else {
            continue;
        };
        for (user, hidden) in users.get(name).into_iter().flatten() {
            let is_seen = |name: &&str| hidden.is_none_or(|hidden| !hidden.contains(*name));
            let known = all.entry(user).or_default();
            let before = known.len();
            known.extend(names.iter().copied().filter(is_seen));
            if known.len() > before {
                waiting.push_back(user);
            }
        }
    }
    all
}

/// What the users of templates say of the types of names in them.
#[derive(Default)]
struct Claims<'t> {
    by_user: BTreeMap<&'t str, Vec<(Place<'t>, Type)>>,
    /// Names that were ever claimed to be of several types.
    disputed: BTreeSet<Place<'t>>,
}

impl<'t> Claims<'t> {
    /// Takes what a template says of those that it uses in place of what it said before.
    fn replace(
        &mut self,
        user: &'t str,
        template: &Template,
        names: Option<&Names>,
        needs: &Needs<'t>,
        contexts: &Contexts,
    ) {
        let record = contexts.templates.get(user).cloned().map(Type::Record);
        let listed: Vec<(String, Type)>;
        let root = match (&record, names) {
            (Some(record), _) => Root::Record(record),
            (None, Some(names)) => {
                let names = names.iter();
                listed = names.map(|(name, ty)| (name.clone(), ty.clone())).collect();
                Root::Names(&listed)
            }
            (None, None) => {
                self.by_user.remove(user);
                return;
            }
        };
        let mut found = Vec::new();
        for unit in &template.units {
            if let Some(parent) = parent(unit) {
                of_parent(parent, root, needs, contexts, &mut found);
            }
            if !unit.needs.includes.is_empty()
                && let Some(nodes) = lowered(unit, root, contexts)
            {
                includes(&nodes, &mut |include| {
                    of_include(include, needs, contexts, &mut found);
                });
            }
        }
        self.by_user.insert(user, found);
    }

    /// The types that nobody disputes, of templates that have no struct.
    fn agreed(&mut self, contexts: &Contexts) -> BTreeMap<&'t str, Names> {
        let mut types: BTreeMap<Place<'_>, &Type> = BTreeMap::new();
        for (place, ty) in self.by_user.values().flatten() {
            if *types.entry(*place).or_insert(ty) != ty {
                self.disputed.insert(*place);
            }
        }
        let mut agreed: BTreeMap<&str, Names> = BTreeMap::new();
        for (place, ty) in types {
            let (template, name) = place;
            if !self.disputed.contains(&place) && !contexts.templates.contains_key(template) {
                let names = agreed.entry(template).or_default();
                names.insert(name.to_owned(), ty.clone());
            }
        }
        agreed
    }
}

/// What a template says of its parent.
fn of_parent<'t>(
    parent: &str,
    root: Root<'_>,
    needs: &Needs<'t>,
    contexts: &Contexts,
    found: &mut Vec<(Place<'t>, Type)>,
) {
    let Some((parent, needed)) = needs.get_key_value(parent) else {
        return;
    };
    for name in needed {
        let ty = match root {
            Root::Record(ty) => field(ty, name, contexts),
            Root::Names(names) => {
                let mut names = names.iter();
                names.find(|(known, _)| known == name).map(|(_, ty)| ty)
            }
        };
        let ty = ty.and_then(handed_over);
        found.extend(ty.map(|ty| ((*parent, *name), ty)));
    }
}

/// What an `include` says of the template that it includes.
fn of_include<'t>(
    include: &TypedInclude,
    needs: &Needs<'t>,
    contexts: &Contexts,
    found: &mut Vec<(Place<'t>, Type)>,
) {
    let Some((template, needed)) = needs.get_key_value(include.template.as_str()) else {
        return;
    };
    for name in needed {
        let offer = include.offer(name);
        let Some((path, _)) = offer.and_then(|offer| offer.path.as_ref()) else {
            continue;
        };
        let ty = match offer {
            Some(offer) if offer.name.is_empty() => field(&path.ty, name, contexts),
            _ => Some(&path.ty),
        };
        let ty = ty.and_then(handed_over);
        found.extend(ty.map(|ty| ((*template, *name), ty)));
    }
}

/// What a unit does where types are known.
fn lowered<'u>(
    unit: &'u Unit,
    root: Root<'_>,
    contexts: &Contexts,
) -> Option<Cow<'u, [TypedNode]>> {
    if let (Root::Record(_), Some(typed)) = (root, &unit.typed) {
        return typed.body.as_deref().map(Cow::Borrowed);
    }
    let mut lowering = Lowering::new(contexts, root, unit)?;
    Some(Cow::Owned(lowering.nodes(&unit.body)))
}

/// The field of a struct.
fn field<'c>(ty: &Type, name: &str, contexts: &'c Contexts) -> Option<&'c Type> {
    match ty {
        Type::Record(record) => contexts.records.get(record)?.field(name),
        _ => None,
    }
}

/// The type as which a value of some type is handed over, if it can be.
fn handed_over(mut ty: &Type) -> Option<Type> {
    while let Type::Pointer(inner) = ty {
        ty = inner;
    }
    Some(match ty {
        Type::Record(_) => Type::Pointer(Box::new(ty.clone())),
        Type::List(item) if matches!(**item, Type::Record(_)) => ty.clone(),
        Type::Int | Type::Unsigned => Type::Int,
        Type::Text | Type::Float | Type::Bool => ty.clone(),
        _ => return None,
    })
}

/// Finds what nodes include.
fn includes(nodes: &[TypedNode], found: &mut impl FnMut(&TypedInclude)) {
    for node in nodes {
        match node {
            TypedNode::Include(include) => found(include),
            TypedNode::If {
                branches,
                otherwise,
            } => {
                for (_, body) in branches {
                    includes(body, found);
                }
                includes(otherwise, found);
            }
            TypedNode::For(each) => {
                includes(&each.body, found);
                includes(&each.empty, found);
            }
            TypedNode::With { body, .. } => includes(body, found),
            TypedNode::Text(_)
            | TypedNode::Output { .. }
            | TypedNode::LoopField(..)
            | TypedNode::Dynamic(_) => {}
        }
    }
}
