//! Makes of a unit what it does with a context of a known type.

use std::collections::{BTreeMap, BTreeSet};

use super::{Known, follow, target};
use crate::contexts::Type;
use crate::ir::{
    Binding, BoundTo, CellId, Dynamic, Expression, For, LocalType, LoopId, NamedType, Node,
    Operand, Path, RecordType, Scope, SiteId, Start, Step, TypedBinding, TypedFor, TypedNode,
    TypedUnit, Unit, UnitKind, ValueId, shape,
};
use crate::ir::{Level, Local};

/// The typed form of a unit; nothing for one that is not called with contexts of a known
/// type. `values` is the number of its locals.
pub(in crate::resolve) fn lower(
    known: &Known<'_>,
    unit: &Unit,
    values: u32,
    compares_identity: bool,
) -> Option<TypedUnit> {
    if let UnitKind::Partial { .. } = unit.kind {
        return None;
    }
    let root = Type::Record(known.name.clone());
    let mut lowering = Lowering {
        known,
        root: &root,
        locals: BTreeMap::new(),
        loops: BTreeSet::new(),
        next: values,
    };
    // A field is a new value each time that it is looked up.
    let is_dynamic = compares_identity || unit.level.layer.is_some();
    Some(TypedUnit {
        context: lowering.record(known.name),
        shape: shape(known.contexts, known.name),
        body: (!is_dynamic).then(|| lowering.nodes(&unit.body)),
    })
}

pub(super) struct Lowering<'c> {
    pub(super) known: &'c Known<'c>,
    root: &'c Type,
    /// The locals whose types are known.
    locals: BTreeMap<ValueId, &'c Type>,
    /// The loops over lists.
    pub(super) loops: BTreeSet<LoopId>,
    /// The next number of a local.
    next: u32,
}

impl<'c> Lowering<'c> {
    fn record(&self, name: &str) -> RecordType {
        let record = self.known.contexts.records.get(name);
        RecordType {
            name: name.to_owned(),
            lifetimes: record.map_or(0, |record| record.lifetimes),
        }
    }

    fn local_type(&self, ty: &Type) -> LocalType {
        LocalType::Named(match ty {
            Type::Bool => NamedType::Bool,
            Type::Int => NamedType::Int,
            Type::Unsigned => NamedType::Unsigned,
            Type::Float => NamedType::Float,
            Type::Text => NamedType::Text,
            Type::Record(name) => NamedType::Record(self.record(name)),
            _ => return LocalType::Unnamed,
        })
    }

    /// The field that an operand leads to.
    pub(super) fn path(&self, operand: &Operand) -> Option<Path> {
        let (start, ty, parts, done) = match operand {
            Operand::Context { parts } => (Start::Context, self.root, parts, 0),
            Operand::Local { id, parts } => (Start::Local(*id), *self.locals.get(id)?, parts, 1),
            _ => return None,
        };
        match follow(self.known.contexts, ty, parts, done) {
            super::Followed::Path(steps, ty) => Some(Path {
                start,
                steps,
                ty: ty.clone(),
            }),
            super::Followed::Unknown | super::Followed::Nowhere(..) => None,
        }
    }

    /// The same with the type that lives as long as what is known.
    fn known_path(&self, operand: &Operand) -> Option<(Path, &'c Type)> {
        let path = self.path(operand)?;
        let (ty, parts, done) = match operand {
            Operand::Context { parts } => (self.root, parts, 0),
            Operand::Local { id, parts } => (*self.locals.get(id)?, parts, 1),
            _ => return None,
        };
        match follow(self.known.contexts, ty, parts, done) {
            super::Followed::Path(_, ty) => Some((path, ty)),
            _ => None,
        }
    }

    fn nodes(&mut self, nodes: &[Node]) -> Vec<TypedNode> {
        let mut out = Vec::new();
        for node in nodes {
            self.node(node, &mut out);
        }
        out
    }

    fn node(&mut self, node: &Node, out: &mut Vec<TypedNode>) {
        out.push(match node {
            Node::Text(text) => TypedNode::Text(text.clone()),
            Node::Output(value, site) => self.output(value, *site),
            Node::If {
                branches,
                otherwise,
            } => TypedNode::If {
                branches: branches
                    .iter()
                    .map(|(condition, body)| (self.branch(condition), self.nodes(body)))
                    .collect(),
                otherwise: self.nodes(otherwise),
            },
            Node::For(each) => match self.list(each) {
                Some((path, item)) => self.for_node(each, path, item),
                None => dynamic(node.clone()),
            },
            Node::With {
                bindings,
                level,
                body,
            } if level.layer.is_none() => {
                let bindings: Vec<TypedBinding> = bindings
                    .iter()
                    .map(|binding| self.binding(binding))
                    .collect();
                TypedNode::With {
                    bindings,
                    cells: cells(level),
                    body: self.nodes(body),
                }
            }
            // Typed code is only run where it is on.
            Node::Autoescape { on: true, body } => {
                body.iter().for_each(|node| self.node(node, out));
                return;
            }
            Node::Include {
                name,
                bindings,
                scope,
                only,
                site,
            } => self.include(name, bindings, scope, *only, *site),
            node => dynamic(node.clone()),
        });
    }

    fn output(&mut self, value: &Expression, site: SiteId) -> TypedNode {
        if let Operand::LoopField { id, field } = value.operand
            && value.filters.is_empty()
            && self.loops.contains(&id)
        {
            return TypedNode::LoopField(id, field);
        }
        if let Some(path) = self.path(&value.operand)
            && let Some(filter) = self.direct(value, &path)
        {
            return TypedNode::Output {
                path,
                filter,
                otherwise: value.clone(),
                site,
            };
        }
        let mut views = Vec::new();
        let value = self.with_views(value, &mut views);
        TypedNode::Dynamic(Dynamic {
            inner: Node::Output(value, site),
            views,
        })
    }

    /// An expression whose names that are known to lead to fields are locals.
    pub(super) fn with_views(
        &mut self,
        value: &Expression,
        views: &mut Vec<(ValueId, Path)>,
    ) -> Expression {
        let mut value = value.clone();
        let arguments = value.filters.iter_mut();
        let arguments = arguments.filter_map(|call| call.argument.as_mut());
        for operand in std::iter::once(&mut value.operand).chain(arguments) {
            let Some(path) = self.path(operand) else {
                continue;
            };
            let parts = match operand {
                Operand::Context { parts } | Operand::Local { parts, .. } => parts.join("."),
                _ => continue,
            };
            if path.can_fail() || path.steps.is_empty() {
                continue;
            }
            let id = self.fresh();
            views.push((id, path));
            *operand = Operand::Local {
                id,
                parts: vec![parts],
            };
        }
        value
    }

    fn fresh(&mut self) -> ValueId {
        self.next += 1;
        ValueId(self.next - 1)
    }

    /// The list that a loop goes over, with the type of its items.
    fn list(&self, each: &For) -> Option<(Path, &'c Type)> {
        if !each.sequence.filters.is_empty()
            || each.level.layer.is_some()
            || each.empty_level.layer.is_some()
        {
            return None;
        }
        let (mut path, mut ty) = self.known_path(&each.sequence.operand)?;
        while let Type::Option(inner) | Type::Pointer(inner) = ty {
            path.steps.push(match ty {
                Type::Option(_) => Step::Some,
                _ => Step::Pointer,
            });
            ty = inner;
        }
        let Type::List(item) = ty else {
            return None;
        };
        path.ty = ty.clone();
        if each.variables.len() != 1 {
            match pointed(item).0 {
                Type::Tuple(types) if types.len() == each.variables.len() => {}
                _ => return None,
            }
        }
        Some((path, item))
    }

    fn for_node(&mut self, each: &For, list: Path, item: &'c Type) -> TypedNode {
        let unpacks = each.variables.len() != 1;
        let types: Vec<&Type> = match pointed(item).0 {
            Type::Tuple(types) if unpacks => types.iter().collect(),
            _ => vec![item],
        };
        let mut variables = Vec::new();
        let mut cleared = Vec::new();
        for ((name, id), ty) in each.variables.iter().zip(types) {
            let (ty, pointers) = pointed(ty);
            self.locals.insert(*id, ty);
            variables.push((*id, self.local_type(ty), pointers));
            if !unpacks {
                let named = each.level.cells.iter();
                let named = named.filter(|(_, known)| known.as_ref() == Some(name));
                cleared.extend(named.map(|&(cell, _)| cell));
            }
        }
        self.loops.insert(each.id);
        let body = self.nodes(&each.body);
        let empty = self.nodes(&each.empty);
        let (mut loop_cells, mut item_cells) = (each.states.clone(), Vec::new());
        if unpacks {
            item_cells = cells(&each.level);
        } else {
            loop_cells.extend(cells(&each.level));
        }
        TypedNode::For(TypedFor {
            id: each.id,
            list,
            reversed: each.reversed,
            unpacks,
            variables,
            parent: each.parent,
            is_seen: each.is_seen,
            cells: loop_cells,
            item_cells,
            cleared,
            body,
            empty_cells: cells(&each.empty_level),
            empty,
        })
    }

    /// The field that a name can stand for without being made a value of.
    fn alias(&self, value: &Expression) -> Option<(Path, &'c Type)> {
        if !value.filters.is_empty() {
            return None;
        }
        let (path, ty) = self.known_path(&value.operand)?;
        // A value may be something that is called whenever it is looked up.
        let is_value = matches!(target(ty), Type::Value | Type::Other(_));
        (!path.can_fail() && !is_value).then_some((path, ty))
    }

    fn binding(&mut self, binding: &Binding) -> TypedBinding {
        let id = binding.id;
        let value = match self.alias(&binding.value) {
            Some((path, ty)) => {
                self.locals.insert(id, ty);
                let local = self.local_type(ty);
                BoundTo::Path(path, local)
            }
            None => {
                let mut views = Vec::new();
                let inner = self.with_views(&binding.value, &mut views);
                BoundTo::Value(Dynamic { inner, views }, binding.site)
            }
        };
        TypedBinding { id, value }
    }

    /// The included template sees fields where they are.
    fn include(
        &mut self,
        name: &Expression,
        bindings: &[Binding],
        scope: &Scope,
        only: bool,
        site: SiteId,
    ) -> TypedNode {
        let mut scope = scope.clone();
        let mut views = Vec::new();
        let mut rest = Vec::new();
        for (place, binding) in bindings.iter().enumerate() {
            let is_last = (bindings[place + 1..].iter()).all(|later| later.name != binding.name);
            match self.alias(&binding.value) {
                Some((path, _)) if is_last => {
                    views.push((binding.id, path));
                    let local = Local::Value(binding.id);
                    scope.0.push((binding.name.clone(), local));
                }
                _ => rest.push(binding.clone()),
            }
        }
        // An earlier value of the same name would come to stand behind a later one.
        let is_repeated = rest.iter().any(|binding| {
            let mut own = bindings.iter().filter(|other| other.name == binding.name);
            own.nth(1).is_some()
        });
        if is_repeated {
            return dynamic(Node::Include {
                name: name.clone(),
                bindings: bindings.to_vec(),
                scope: scope_without(scope, &views),
                only,
                site,
            });
        }
        TypedNode::Dynamic(Dynamic {
            inner: Node::Include {
                name: name.clone(),
                bindings: rest,
                scope,
                only,
                site,
            },
            views,
        })
    }
}

fn scope_without(mut scope: Scope, views: &[(ValueId, Path)]) -> Scope {
    scope.0.truncate(scope.0.len() - views.len());
    scope
}

fn dynamic(node: Node) -> TypedNode {
    TypedNode::Dynamic(Dynamic {
        inner: node,
        views: Vec::new(),
    })
}

fn cells(level: &Level) -> Vec<CellId> {
    level.cells.iter().map(|&(cell, _)| cell).collect()
}

/// What pointers lead to, and how many.
fn pointed(mut ty: &Type) -> (&Type, usize) {
    let mut count = 0;
    while let Type::Pointer(inner) = ty {
        ty = inner;
        count += 1;
    }
    (ty, count)
}
