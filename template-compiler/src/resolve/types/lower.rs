//! Makes of a unit what it does with a context of a known type.

use std::collections::{BTreeMap, BTreeSet};

use super::{Followed, Known, follow, target};
use crate::contexts::{Contexts, Type};
use crate::ir::{
    Binding, BoundTo, CellId, Dynamic, Expression, For, KnownName, Level, Local, LocalType, LoopId,
    LoopParent, NameType, NamedType, Node, Offer, Operand, Path, RecordType, Scope, SiteId, Start,
    Step, TypedBinding, TypedContext, TypedFor, TypedInclude, TypedNode, TypedUnit, Unit, UnitKind,
    ValueId, shape,
};

/// The form of a unit for the struct of its template; nothing for one that is not called
/// with contexts of a known type.
pub(in crate::resolve) fn lower_record(known: &Known<'_>, unit: &Unit) -> Option<TypedUnit> {
    let root = Type::Record(known.name.clone());
    let mut lowering = Lowering::new(known.contexts, Root::Record(&root), unit)?;
    Some(TypedUnit {
        context: TypedContext::Record(lowering.record(known.name)),
        shape: shape(known.contexts, known.name),
        body: (!is_dynamic(unit)).then(|| lowering.nodes(&unit.body)),
    })
}

/// The form of a unit for names that are in scope.
pub(super) fn lower_names(
    contexts: &Contexts,
    names: &[(String, Type)],
    unit: &Unit,
) -> Option<TypedUnit> {
    let mut lowering = Lowering::for_names(contexts, names, unit)?;
    let (known, shape) = lowering.known_names(names)?;
    Some(TypedUnit {
        context: TypedContext::Names(known),
        shape,
        body: Some(lowering.nodes(&unit.body)),
    })
}

/// All types that the form of a unit for names is made of; nothing if it has none.
pub(super) fn names_shape(
    contexts: &Contexts,
    names: &[(String, Type)],
    unit: &Unit,
) -> Option<String> {
    let lowering = Lowering::for_names(contexts, names, unit)?;
    lowering.known_names(names).map(|(_, shape)| shape)
}

/// Whether a unit does the same with any context: a field is a new value each time that it is
/// looked up, and a layer may hide it.
fn is_dynamic(unit: &Unit) -> bool {
    unit.compares_identity || unit.level.layer.is_some()
}

/// What is known of the context.
#[derive(Clone, Copy)]
pub(super) enum Root<'c> {
    /// It is a struct.
    Record(&'c Type),
    /// The types of names in it.
    Names(&'c [(String, Type)]),
}

pub(super) struct Lowering<'c> {
    pub(super) contexts: &'c Contexts,
    root: Root<'c>,
    /// The locals whose types are known.
    locals: BTreeMap<ValueId, &'c Type>,
    /// The loops over lists.
    pub(super) loops: BTreeSet<LoopId>,
    /// The next number of a local.
    next: u32,
}

impl<'c> Lowering<'c> {
    pub(super) fn new(contexts: &'c Contexts, root: Root<'c>, unit: &Unit) -> Option<Self> {
        if let UnitKind::Partial { .. } = unit.kind {
            return None;
        }
        Some(Self {
            contexts,
            root,
            locals: BTreeMap::new(),
            loops: BTreeSet::new(),
            next: unit.values,
        })
    }

    fn for_names(contexts: &'c Contexts, names: &'c [(String, Type)], unit: &Unit) -> Option<Self> {
        if names.is_empty() || is_dynamic(unit) {
            return None;
        }
        Self::new(contexts, Root::Names(names), unit)
    }

    /// Names with the types that they are handed over as, and all that is known of these.
    fn known_names(&self, names: &[(String, Type)]) -> Option<(Vec<KnownName>, String)> {
        let mut known = Vec::new();
        let mut shapes = String::new();
        for (name, ty) in names {
            let ty = self.name_type(ty)?;
            if let NameType::Record(record) | NameType::Records(record) = &ty {
                shapes.push(' ');
                shapes.push_str(&shape(self.contexts, &record.name));
            }
            let name = name.clone();
            known.push(KnownName { name, ty });
        }
        let shape = format!("{known:?}{shapes}");
        Some((known, shape))
    }

    fn name_type(&self, ty: &Type) -> Option<NameType> {
        let is_record = |ty: &Type| match ty {
            Type::Record(name) => Some(self.record(name)),
            _ => None,
        };
        Some(match ty {
            Type::Pointer(inner) => NameType::Record(is_record(inner)?),
            Type::List(item) => NameType::Records(is_record(item)?),
            Type::Text => NameType::Text,
            Type::Int => NameType::Int,
            Type::Float => NameType::Float,
            Type::Bool => NameType::Bool,
            _ => return None,
        })
    }

    fn record(&self, name: &str) -> RecordType {
        let record = self.contexts.records.get(name);
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
        self.known_path(operand).map(|(path, _)| path)
    }

    /// The same with the type that lives as long as what is known.
    fn known_path(&self, operand: &Operand) -> Option<(Path, &'c Type)> {
        let (start, first, ty, parts, done) = match operand {
            Operand::Context { parts } => match self.root {
                Root::Record(ty) => (Start::Context, None, ty, parts, 0),
                Root::Names(names) => {
                    let place = names.iter().position(|(name, _)| *name == parts[0])?;
                    let first = Some(Step::Part(place));
                    (Start::Context, first, &names[place].1, parts, 1)
                }
            },
            Operand::Local { id, parts } => {
                (Start::Local(*id), None, *self.locals.get(id)?, parts, 1)
            }
            _ => return None,
        };
        let Followed::Path(rest, ty) = follow(self.contexts, ty, parts, done) else {
            return None;
        };
        let path = Path {
            start,
            steps: first.into_iter().chain(rest).collect(),
            ty: ty.clone(),
        };
        Some((path, ty))
    }

    pub(super) fn nodes(&mut self, nodes: &[Node]) -> Vec<TypedNode> {
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
            parent: each.parent.filter(|parent| self.is_there(*parent)),
            is_seen: each.is_seen,
            cells: loop_cells,
            item_cells,
            cleared,
            body,
            empty_cells: cells(&each.empty_level),
            empty,
        })
    }

    /// Whether there may be a `forloop` outside of a loop: code for a struct runs where nothing
    /// but its fields is in scope.
    fn is_there(&self, parent: LoopParent) -> bool {
        let Root::Record(Type::Record(name)) = self.root else {
            return true;
        };
        let record = self.contexts.records.get(name);
        parent != LoopParent::Context
            || record.is_none_or(|record| record.field("forloop").is_some())
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
        let mut inner_scope = scope.clone();
        let mut views = Vec::new();
        let mut rest = Vec::new();
        for (place, binding) in bindings.iter().enumerate() {
            let is_last = (bindings[place + 1..].iter()).all(|later| later.name != binding.name);
            match self.alias(&binding.value) {
                Some((path, _)) if is_last => {
                    views.push((binding.id, path));
                    let local = Local::Value(binding.id);
                    inner_scope.0.push((binding.name.clone(), local));
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
                scope: scope_without(inner_scope, &views),
                only,
                site,
            });
        }
        let is_called = rest.is_empty();
        let offers = self.offers(bindings, scope, only);
        let otherwise = Dynamic {
            inner: Node::Include {
                name: name.clone(),
                bindings: rest,
                scope: inner_scope,
                only,
                site,
            },
            views,
        };
        match name.constant_text() {
            // A partial takes part in setting names.
            Some(template) if is_called && !template.is_empty() && !template.contains('#') => {
                TypedNode::Include(Box::new(TypedInclude {
                    template: template.to_owned(),
                    offers,
                    otherwise,
                }))
            }
            _ => TypedNode::Dynamic(otherwise),
        }
    }

    /// The names that an included template sees, the outermost first.
    fn offers(&self, bindings: &[Binding], scope: &Scope, only: bool) -> Vec<Offer> {
        let mut offers = Vec::new();
        match self.root {
            _ if only => {}
            Root::Record(ty) => {
                let whole = Path {
                    start: Start::Context,
                    steps: Vec::new(),
                    ty: ty.clone(),
                };
                offers.push(self.offered("", Some(whole)));
            }
            Root::Names(names) => offers.extend(names.iter().map(|(name, _)| {
                let parts = vec![name.clone()];
                self.offer(name, &Operand::Context { parts })
            })),
        }
        offers.extend(scope.0.iter().map(|(name, local)| match local {
            Local::Value(id) => {
                let parts = vec![name.clone()];
                self.offer(name, &Operand::Local { id: *id, parts })
            }
            Local::Loop(_) | Local::Cell(_) => self.offered(name, None),
        }));
        offers.extend(bindings.iter().map(|binding| {
            if binding.value.filters.is_empty() {
                self.offer(&binding.name, &binding.value.operand)
            } else {
                self.offered(&binding.name, None)
            }
        }));
        offers
    }

    fn offer(&self, name: &str, operand: &Operand) -> Offer {
        let path = self.path(operand).filter(|path| !path.can_fail());
        self.offered(name, path)
    }

    fn offered(&self, name: &str, path: Option<Path>) -> Offer {
        let path = path.and_then(|path| match &path.ty {
            Type::Record(record) => {
                let record = self.record(record);
                Some((path, record))
            }
            _ => None,
        });
        let name = name.to_owned();
        Offer { name, path }
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
