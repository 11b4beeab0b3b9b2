//! Tags that call functions, hold state or define partials.

use std::collections::BTreeSet;

use super::names::Names;
use super::types::Checker;
use super::unit::{Home, UnitBuilder};
use super::{Place, Resolver};
use crate::ast::{self, NodeKind};
use crate::ir::{
    Call, CallScope, Cycle, CycleValues, Export, FirstOf, Function, IfChanged, LibraryTag, Missing,
    Node, Partial, Regroup, State, UnitKind,
};
use crate::libraries::TagKind;
use crate::source::Span;

impl<'t> Resolver<'t> {
    pub(super) fn call(
        &mut self,
        unit: &mut UnitBuilder<'t>,
        call: &'t ast::Call,
        span: Span,
    ) -> Node {
        let bindings = unit.bindings(&call.bindings);
        let unbound = unit.names.len();
        for binding in &bindings {
            unit.bind(&binding.name, Home::Value(binding.id));
        }
        let arguments = unit.arguments(&call.arguments);
        let (function, declared) = match &call.function {
            ast::Function::Runtime(path) => (Function::Runtime(path), None),
            ast::Function::Library(tag) => {
                let declared = match &tag.kind {
                    TagKind::Full { names } => names.as_ref(),
                    TagKind::Simple { .. } | TagKind::Inclusion { .. } => None,
                };
                (Function::Library(library_tag(unit, tag)), declared)
            }
        };
        // What the tag and its bodies set, the bodies see through the scope that they are
        // rendered with: the tag may have pushed a layer of its own.
        let mut set = BTreeSet::new();
        if let Some(names) = declared {
            set.extend(names.writes.iter().cloned());
            for body in &call.bodies {
                set.extend(self.names.assigned(body).names);
            }
        }
        let scope = if is_full(call) && (declared.is_none() || unit.is_layer()) {
            CallScope::Layer
        } else {
            let locals = if call.whole_context {
                unit.scope()
            } else {
                let reads = declared.into_iter().flat_map(|names| &names.reads);
                let reads = reads.chain(&call.reads);
                let seen = reads.chain(&set).map(String::as_str).collect();
                unit.scope_of(&seen)
            };
            let exports = set.iter().map(|name| Export {
                name: name.clone(),
                target: unit.target(name),
            });
            CallScope::Locals(locals, exports.collect())
        };
        unit.names.truncate(unbound);
        let assign = call
            .assign
            .as_ref()
            .map(|name| (name.clone(), unit.target(name)));
        let outside = unit.names.len();
        set.iter().for_each(|name| unit.bind(name, Home::Scope));
        let bodies = call.bodies.iter().map(|body| self.nodes(unit, body));
        let bodies = bodies.collect();
        unit.names.truncate(outside);
        Node::Call(Box::new(Call {
            function,
            options: call.options.clone(),
            bindings,
            arguments,
            catches: call.catches,
            assign,
            bodies,
            scope,
            site: unit.site(span),
        }))
    }

    pub(super) fn cycle(&mut self, unit: &mut UnitBuilder<'t>, place: usize, span: Span) -> Node {
        let cycle: &'t ast::Cycle = &self.tree.cycles[place];
        let is_repeated = unit.cycle_uses.get(&place).is_some_and(|&uses| uses > 1);
        let values = if is_repeated {
            let shared = match unit.shared_cycles.get(&place) {
                Some(&shared) => shared,
                None => {
                    let mut nowhere = UnitBuilder::default();
                    let values = cycle.values.iter();
                    let values = values.map(|value| nowhere.expression(value, Missing::Invalid));
                    unit.cycle_values.push(values.collect());
                    let shared = unit.cycle_values.len() - 1;
                    unit.shared_cycles.insert(place, shared);
                    shared
                }
            };
            CycleValues::Shared {
                place: shared,
                count: cycle.values.len(),
                scope: unit.scope_of(&names_in(&cycle.values)),
            }
        } else {
            let values = cycle.values.iter();
            CycleValues::Inline(
                values
                    .map(|value| unit.expression(value, Missing::Invalid))
                    .collect(),
            )
        };
        let name = cycle.name.as_ref();
        Node::Cycle(Box::new(Cycle {
            state: self.cycle_state(unit, place),
            values,
            assign: name.map(|name| (name.clone(), unit.upward(name))),
            silent: cycle.silent,
            site: unit.site(span),
        }))
    }

    /// The state of a cycle belongs to the rendering of the template. It is a cell where
    /// only one call of one unit can see it.
    pub(super) fn cycle_state(&self, unit: &mut UnitBuilder<'t>, place: usize) -> State {
        if self.names.is_shared(place) {
            return State::Run(state_number(place));
        }
        if let Some(&cell) = unit.cycles.get(&place) {
            return State::Cell(cell);
        }
        let cell = unit.cell();
        unit.cycles.insert(place, cell);
        State::Cell(cell)
    }

    pub(super) fn first_of(
        &mut self,
        unit: &mut UnitBuilder<'t>,
        values: &[ast::Expression],
        assign: Option<&String>,
    ) -> Node {
        Node::FirstOf(FirstOf {
            values: unit.placed(values, Missing::None),
            assign: assign.map(|name| (name.clone(), unit.target(name))),
        })
    }

    pub(super) fn if_changed(
        &mut self,
        unit: &mut UnitBuilder<'t>,
        values: &[ast::Expression],
        body: &'t [ast::Node],
        otherwise: &'t [ast::Node],
    ) -> Node {
        let state = match unit.home("forloop") {
            Some(Home::Loop(place)) => {
                let cell = unit.cell();
                unit.loops[place].states.push(cell);
                State::Cell(cell)
            }
            _ => {
                self.states += 1;
                State::Loop(state_number(self.tree.cycles.len() + self.states))
            }
        };
        Node::IfChanged(Box::new(IfChanged {
            state,
            values: unit.placed(values, Missing::None),
            body: self.nodes(unit, body),
            otherwise: self.nodes(unit, otherwise),
        }))
    }

    pub(super) fn regroup(
        &mut self,
        unit: &mut UnitBuilder<'t>,
        target: &ast::Expression,
        key: &ast::Expression,
        name: &str,
    ) -> Node {
        let site = unit.site(target.span);
        let (value, ty) = unit.typed_expression(target, Missing::None);
        let item = unit.value();
        if let Some(checker) = &mut unit.checker {
            checker.items(target, ty, &[item]);
        }
        unit.bind(name, Home::Value(item));
        let key = unit.expression(key, Missing::None);
        unit.names.pop();
        Node::Regroup(Box::new(Regroup {
            target: value,
            item,
            key,
            assign: (name.to_owned(), unit.target(name)),
            site,
        }))
    }

    pub(super) fn filter(
        &mut self,
        unit: &mut UnitBuilder<'t>,
        filters: &ast::Expression,
        body: &'t [ast::Node],
        place: usize,
    ) -> Node {
        let body = self.nodes(unit, body);
        let id = unit.value();
        unit.bind("var", Home::Value(id));
        let value = unit.expression(filters, Missing::Invalid);
        unit.names.pop();
        Node::Filter {
            id,
            filters: value,
            body,
            place,
            site: unit.site(filters.span),
        }
    }

    pub(super) fn partial(&mut self, unit: &mut UnitBuilder<'t>, name: &str, span: Span) -> Node {
        let site = unit.site(span);
        let Some(assigned) = self.names.partial(name) else {
            return Node::Raise {
                exception: "TemplateSyntaxError",
                message: format!("Partial '{name}' is not defined in the current template."),
                site,
            };
        };
        let exports = (!assigned.any).then(|| {
            let names = assigned.names.iter().map(|name| Export {
                name: name.clone(),
                target: unit.target(name),
            });
            names.collect()
        });
        Node::Partial(Box::new(Partial {
            name: name.to_owned(),
            scope: unit.scope(),
            exports,
            site,
        }))
    }

    /// Makes the unit of a partial. It sees no locals of the unit it stands in.
    pub(super) fn partial_unit(&mut self, name: &str, body: &'t [ast::Node], span: Span) {
        let kind = UnitKind::Partial {
            name: name.to_owned(),
        };
        let unit_name = format!("{}#{name}", self.source.name);
        self.separate_unit(unit_name, kind, body, span);
    }

    /// Makes the units of all blocks and partials in `nodes`, which are not run themselves.
    pub(super) fn units_of(&mut self, nodes: &'t [ast::Node]) {
        for node in nodes {
            match &node.kind {
                NodeKind::Block { name, body } => self.block(name, body, node.whole),
                NodeKind::PartialDef { name, body, .. } => {
                    self.partial_unit(name, body, node.whole);
                }
                kind => kind.bodies_of(|body| self.units_of(body)),
            }
        }
    }

    /// A builder for a unit with this body.
    pub(super) fn builder(&self, body: &[ast::Node], place: Place) -> Box<UnitBuilder<'t>> {
        // Units stand in units: what is being made of one is not kept on the stack.
        let mut unit = Box::<UnitBuilder<'_>>::default();
        unit.checker = self.known.clone().map(|known| {
            Box::new(match place {
                Place::Template => Checker::new(known, Some(BTreeSet::new()), false),
                Place::Inside => Checker::new(known, self.bound.clone(), self.extends),
            })
        });
        self.names.cycle_names(body, &mut unit.cycle_names);
        Names::cycle_uses(body, &mut unit.cycle_uses);
        unit
    }
}

/// The names that lookups in expressions start from.
fn names_in(values: &[ast::Expression]) -> BTreeSet<&str> {
    let operands = values.iter().flat_map(|value| {
        let arguments = value
            .filters
            .iter()
            .filter_map(|call| call.argument.as_ref());
        std::iter::once(&value.operand).chain(arguments)
    });
    let names = operands.filter_map(|operand| match operand {
        ast::Operand::Name(parts) => parts.first().map(String::as_str),
        ast::Operand::Literal(_) => None,
    });
    names.collect()
}

/// Whether it is a tag that may look at names and set them.
fn is_full(call: &ast::Call) -> bool {
    match &call.function {
        ast::Function::Library(tag) => tag.kind.sees_context(),
        ast::Function::Runtime(_) => false,
    }
}

fn library_tag(unit: &mut UnitBuilder<'_>, tag: &ast::LibraryTag) -> LibraryTag {
    let include = match &tag.kind {
        TagKind::Inclusion { template, .. } => {
            let token = ast::Expression {
                text: "csrf_token".to_owned(),
                span: Span::default(),
                operand: ast::Operand::Name(vec!["csrf_token".to_owned()]),
                filters: Vec::new(),
            };
            Some((template.clone(), unit.expression(&token, Missing::None)))
        }
        TagKind::Simple { .. } | TagKind::Full { .. } => None,
    };
    LibraryTag {
        library: tag.library.clone(),
        name: tag.name.clone(),
        text: tag.text.clone(),
        escape: matches!(tag.kind, TagKind::Simple { .. }),
        include,
    }
}

fn state_number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
