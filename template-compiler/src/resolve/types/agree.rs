//! What the templates of a set agree on: the types of names in templates that have no struct
//! of their own, but are included or extended by those that have one.
//!
//! Who uses a template with a struct under some name makes a claim of its type. Where all
//! claims are equal, the template's units get code for that type. It is a guess, not a
//! promise: the host compares the types of what there is before it runs such code.

use std::collections::{BTreeMap, BTreeSet};

use super::lower::{Lowering, Root, lower_names};
use crate::contexts::{Contexts, MOST_NAMES, Names, Type};
use crate::ir::{
    Expression, Node, Operand, Template, TypedInclude, TypedNode, Unit, UnitKind, walk,
};

/// How often claims are followed on to the templates that a template uses.
const MOST_ROUNDS: usize = 16;

/// The types of names that the templates of a set agree on, by template.
pub(crate) fn agree(
    templates: &BTreeMap<&str, &Template>,
    contexts: &Contexts,
) -> BTreeMap<String, Names> {
    if contexts.templates.is_empty() {
        return BTreeMap::new();
    }
    let needs = needs(templates);
    let mut claims = Claims::default();
    let mut agreed = BTreeMap::new();
    for _ in 0..MOST_ROUNDS {
        claims.types.clear();
        for (name, template) in templates {
            let record = contexts.templates.get(*name).cloned().map(Type::Record);
            let names: Vec<(String, Type)>;
            let root = match (&record, agreed.get(*name)) {
                (Some(record), _) => Root::Record(record),
                (None, Some(known)) => {
                    names = listed(known);
                    Root::Names(&names)
                }
                (None, None) => continue,
            };
            claims.of(template, root, &needs, contexts);
        }
        let next = claims.agreed(contexts);
        if next == agreed {
            break;
        }
        agreed = next;
    }
    agreed
}

/// Gives the units of a template without a struct their forms for names of these types.
pub(crate) fn give_names(
    template: &mut Template,
    names: Option<&Names>,
    needs: &BTreeMap<String, BTreeSet<String>>,
    contexts: &Contexts,
) {
    let none = Names::new();
    let names = names.unwrap_or(&none);
    for unit in &mut template.units {
        let mut needed = Needs::new(needs);
        walk::nodes(&mut needed, &unit.body);
        let used = names
            .iter()
            .filter(|(name, _)| needed.names.contains(*name));
        let used: Vec<_> = used
            .take(MOST_NAMES)
            .map(|(name, ty)| (name.clone(), ty.clone()))
            .collect();
        unit.typed = lower_names(contexts, &used, unit).map(Box::new);
    }
}

fn listed(names: &Names) -> Vec<(String, Type)> {
    let names = names.iter();
    names.map(|(name, ty)| (name.clone(), ty.clone())).collect()
}

/// The names that each template of a set, or what it includes, looks up in its context; those
/// of parents too.
pub(crate) fn needs(templates: &BTreeMap<&str, &Template>) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for _ in 0..MOST_ROUNDS {
        let mut has_grown = false;
        for (name, template) in templates {
            let mut needed = Needs::new(&all);
            for unit in &template.units {
                walk::nodes(&mut needed, &unit.body);
                if let UnitKind::Template {
                    parent: Some(parent),
                    ..
                } = &unit.kind
                {
                    needed
                        .names
                        .extend(all.get(parent).into_iter().flatten().cloned());
                }
            }
            let names = needed.names;
            has_grown |= all.get(*name).is_none_or(|known| known.len() < names.len());
            all.insert((*name).to_owned(), names);
        }
        if !has_grown {
            break;
        }
    }
    all
}

/// Collects the names that nodes look up in their context.
struct Needs<'n> {
    /// Those of other templates.
    others: &'n BTreeMap<String, BTreeSet<String>>,
    names: BTreeSet<String>,
}

impl<'n> Needs<'n> {
    fn new(others: &'n BTreeMap<String, BTreeSet<String>>) -> Self {
        Self {
            others,
            names: BTreeSet::new(),
        }
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Context { parts } => self.names.extend(parts.first().cloned()),
            Operand::Cell { otherwise, .. } => self.operand(otherwise),
            _ => {}
        }
    }
}

impl walk::Visit for Needs<'_> {
    fn node(&mut self, node: &Node) {
        let Node::Include {
            name,
            bindings,
            scope,
            only: false,
            ..
        } = node
        else {
            return;
        };
        let Some(needed) = name.constant_text().and_then(|name| self.others.get(name)) else {
            return;
        };
        let is_here = |name: &String| {
            scope.0.iter().any(|(here, _)| here == name)
                || bindings.iter().any(|binding| binding.name == *name)
        };
        let further = needed.iter().filter(|name| !is_here(name));
        self.names.extend(further.cloned());
    }

    fn expression(&mut self, value: &Expression) {
        value.operands().for_each(|operand| self.operand(operand));
    }
}

/// What the users of templates say of the types of names in them.
#[derive(Default)]
struct Claims {
    types: BTreeMap<(String, String), Type>,
    /// Names that were claimed to be of several types.
    disputed: BTreeSet<(String, String)>,
}

impl Claims {
    /// Adds what a template says of those that it uses.
    fn of(
        &mut self,
        template: &Template,
        root: Root<'_>,
        needs: &BTreeMap<String, BTreeSet<String>>,
        contexts: &Contexts,
    ) {
        for unit in &template.units {
            if let UnitKind::Template {
                parent: Some(parent),
                ..
            } = &unit.kind
            {
                self.parent(parent, root, needs, contexts);
            }
            if let Some(nodes) = lowered(unit, root, contexts) {
                includes(&nodes, &mut |include| {
                    self.include(include, needs, contexts);
                });
            }
        }
    }

    fn parent(
        &mut self,
        parent: &str,
        root: Root<'_>,
        needs: &BTreeMap<String, BTreeSet<String>>,
        contexts: &Contexts,
    ) {
        for name in needs.get(parent).into_iter().flatten() {
            let ty = match root {
                Root::Record(ty) => field(ty, name, contexts),
                Root::Names(names) => {
                    let mut names = names.iter();
                    names.find(|(known, _)| known == name).map(|(_, ty)| ty)
                }
            };
            self.add(parent, name, ty.and_then(handed_over));
        }
    }

    fn include(
        &mut self,
        include: &TypedInclude,
        needs: &BTreeMap<String, BTreeSet<String>>,
        contexts: &Contexts,
    ) {
        for name in needs.get(&include.template).into_iter().flatten() {
            let mut offers = include.offers.iter().rev();
            let offer = offers.find(|offer| offer.name.is_empty() || offer.name == *name);
            let Some((path, _)) = offer.and_then(|offer| offer.path.as_ref()) else {
                continue;
            };
            let ty = match offer {
                Some(offer) if offer.name.is_empty() => field(&path.ty, name, contexts),
                _ => Some(&path.ty),
            };
            self.add(&include.template, name, ty.and_then(handed_over));
        }
    }

    fn add(&mut self, template: &str, name: &str, ty: Option<Type>) {
        let Some(ty) = ty else {
            return;
        };
        let key = (template.to_owned(), name.to_owned());
        if self.types.get(&key).is_some_and(|known| *known != ty) {
            self.disputed.insert(key);
        } else {
            self.types.insert(key, ty);
        }
    }

    /// The types that nobody disputes, of templates that have no struct.
    fn agreed(&self, contexts: &Contexts) -> BTreeMap<String, Names> {
        let mut agreed: BTreeMap<String, Names> = BTreeMap::new();
        for (key, ty) in &self.types {
            let (template, name) = key;
            if !self.disputed.contains(key) && !contexts.templates.contains_key(template) {
                let names = agreed.entry(template.clone()).or_default();
                names.insert(name.clone(), ty.clone());
            }
        }
        agreed
    }
}

fn lowered(unit: &Unit, root: Root<'_>, contexts: &Contexts) -> Option<Vec<TypedNode>> {
    if let (Root::Record(_), Some(typed)) = (root, &unit.typed) {
        return typed.body.clone();
    }
    Some(Lowering::new(contexts, root, unit)?.nodes(&unit.body))
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
