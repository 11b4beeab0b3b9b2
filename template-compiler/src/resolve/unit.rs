//! A unit in the making: the names in scope, and what an expression means there.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Assigned;
use super::types::{Checker, Place};
use crate::ast;
use crate::contexts::Type;
use crate::ir::{
    Argument, Binding, CellId, Compared, Condition, Expression, FilterCall, Level, Local,
    LoopField, LoopId, Missing, Needs, Node, Operand, Operator, Scope, SiteId, Target, Unit,
    UnitKind, Upward, UpwardEnd, ValueId,
};
use crate::source::Span;

/// A name with a known home.
#[derive(Clone, Copy)]
pub(super) enum Home {
    Value(ValueId),
    /// An index into the builder's loops.
    Loop(usize),
    /// The variable `block` of a block.
    Block,
    /// What a tag may have set; if it has not, the home further out counts.
    Cell(CellId),
    /// Whatever the scope says.
    Scope,
}

pub(super) struct Loop {
    pub(super) id: LoopId,
    /// The place of the parent in the builder's loops.
    pub(super) outer: Option<usize>,
    pub(super) parent_is_used: bool,
    pub(super) is_seen: bool,
    /// The states of tags that begin anew with the loop.
    pub(super) states: Vec<CellId>,
}

/// Something that Django pushes onto its stack of contexts.
struct OpenLevel {
    /// Where its names begin.
    start: usize,
    /// Whether all names are looked up through the scope.
    is_layer: bool,
}

#[derive(Default)]
pub(super) struct UnitBuilder<'t> {
    /// The names in scope, innermost last. A name that is nothing hides all before it:
    /// they are looked up through the scope.
    pub(super) names: Vec<(Option<String>, Home)>,
    levels: Vec<OpenLevel>,
    pub(super) loops: Vec<Loop>,
    sites: Vec<Span>,
    values: u32,
    cells: u32,
    /// The states of tags that belong to no loop, by cycle.
    pub(super) cycles: BTreeMap<usize, CellId>,
    /// The names that cycles of the unit set.
    pub(super) cycle_names: BTreeSet<String>,
    /// How often each cycle stands in the unit.
    pub(super) cycle_uses: BTreeMap<usize, usize>,
    /// The places of those that have a function of their own.
    pub(super) shared_cycles: BTreeMap<usize, usize>,
    pub(super) cycle_values: Vec<Vec<Expression>>,
    /// Whether it matters somewhere if two values are one and the same.
    compares_identity: bool,
    /// Checks names, if the type of the context is known.
    pub(super) checker: Option<Box<Checker<'t>>>,
}

impl<'t> UnitBuilder<'t> {
    pub(super) fn finish(
        self,
        name: String,
        kind: UnitKind,
        mut level: Level,
        body: Vec<Node>,
        span: Span,
    ) -> Unit {
        level
            .cells
            .extend(self.cycles.into_values().map(|cell| (cell, None)));
        Unit {
            name,
            kind,
            level,
            needs: Needs::of(&body),
            body,
            typed: None,
            values: self.values,
            compares_identity: self.compares_identity,
            cycles: self.cycle_values,
            sites: self.sites,
            span,
            renamed_from: Vec::new(),
        }
    }

    pub(super) fn site(&mut self, span: Span) -> SiteId {
        let id = u32::try_from(self.sites.len()).unwrap_or(u32::MAX);
        self.sites.push(span);
        SiteId(id)
    }

    pub(super) fn value(&mut self) -> ValueId {
        self.values += 1;
        ValueId(self.values - 1)
    }

    pub(super) fn cell(&mut self) -> CellId {
        self.cells += 1;
        CellId(self.cells - 1)
    }

    pub(super) fn bind(&mut self, name: &str, home: Home) {
        self.names.push((Some(name.to_owned()), home));
    }

    /// Opens a level whose own names, from `start` on, are in scope already.
    pub(super) fn open_level(&mut self, start: usize, assigned: &Assigned) -> Level {
        self.levels.push(OpenLevel {
            start,
            is_layer: assigned.any,
        });
        if assigned.any {
            let scope = self.scope();
            self.names.push((None, Home::Scope));
            return Level {
                cells: Vec::new(),
                layer: Some(scope),
            };
        }
        let mut names = assigned.names.clone();
        let is_root = self.levels.len() == 1;
        let own = self.names[start..]
            .iter()
            .filter_map(|(name, _)| name.as_ref());
        let known: BTreeSet<&String> = own.collect();
        // A cycle sets its name where it is known already, up to the unit's own level.
        let upward = self.cycle_names.iter();
        names.extend(
            upward
                .filter(|name| is_root || known.contains(name))
                .cloned(),
        );
        let cells: Vec<(CellId, Option<String>)> = names
            .into_iter()
            .map(|name| (self.cell(), Some(name)))
            .collect();
        for (cell, name) in &cells {
            self.names.push((name.clone(), Home::Cell(*cell)));
        }
        Level { cells, layer: None }
    }

    /// Closes the innermost level and forgets its names.
    pub(super) fn close_level(&mut self) {
        if let Some(level) = self.levels.pop() {
            self.names.truncate(level.start);
        }
    }

    /// The cells that may hold a name, innermost first, and its home if they are empty.
    fn homes(&self, name: &str) -> (Vec<CellId>, Option<Home>) {
        let mut cells = Vec::new();
        for (place, (known, home)) in self.names.iter().enumerate().rev() {
            match (known, *home) {
                (None, _) => return (cells, self.block_before(place, name)),
                (Some(known), Home::Cell(cell)) if known == name => cells.push(cell),
                (Some(known), Home::Scope) if known == name => return (cells, None),
                (Some(known), home) if known == name => return (cells, Some(home)),
                _ => {}
            }
        }
        (cells, None)
    }

    /// The block, if that is what a name means before `place`: the scope does not hold it.
    fn block_before(&self, place: usize, name: &str) -> Option<Home> {
        let mut names = self.names[..place].iter().rev();
        let found = names.find(|(known, _)| known.as_deref() == Some(name));
        found
            .map(|&(_, home)| home)
            .filter(|home| matches!(home, Home::Block))
    }

    /// Whether all names are looked up through the scope here.
    pub(super) fn is_layer(&self) -> bool {
        self.levels.last().is_some_and(|level| level.is_layer)
    }

    /// The loop of the unit that `forloop` means, unless a tag has set the name.
    pub(super) fn home(&self, name: &str) -> Option<Home> {
        self.homes(name).1
    }

    /// Where a tag sets a name.
    pub(super) fn target(&mut self, name: &str) -> Target {
        let start = match self.levels.last() {
            Some(level) if level.is_layer => return Target::Layer,
            Some(level) => level.start,
            None => 0,
        };
        let mut own = self.names[start..].iter().rev();
        match own.find(|(known, _)| known.as_deref() == Some(name)) {
            Some((_, Home::Cell(cell))) => Target::Cell(*cell),
            _ => Target::Layer,
        }
    }

    /// Where a cycle sets its name.
    pub(super) fn upward(&mut self, name: &str) -> Upward {
        let mut cells = Vec::new();
        for (known, home) in self.names.iter().rev() {
            match (known, home) {
                (None, _) => {
                    return Upward {
                        cells,
                        otherwise: UpwardEnd::Target(Target::Layer),
                    };
                }
                (Some(known), _) if known != name => {}
                (Some(_), Home::Cell(cell)) => cells.push(*cell),
                (Some(_), Home::Scope) => {
                    return Upward {
                        cells,
                        otherwise: UpwardEnd::Target(Target::Layer),
                    };
                }
                // The level that binds the name has a cell for it, which came just before.
                (Some(_), _) => {
                    let end = cells.pop().map_or(Target::Layer, Target::Cell);
                    return Upward {
                        cells,
                        otherwise: UpwardEnd::Target(end),
                    };
                }
            }
        }
        match self.target(name) {
            Target::Layer => Upward {
                cells,
                otherwise: UpwardEnd::Target(Target::Layer),
            },
            // The innermost cell is that of the level that the cycle stands in.
            Target::Cell(own) if cells == [own] => Upward {
                cells: Vec::new(),
                otherwise: UpwardEnd::Target(Target::Cell(own)),
            },
            Target::Cell(_) => Upward {
                cells,
                otherwise: UpwardEnd::Context,
            },
        }
    }

    /// The locals that another unit sees when it is called here.
    pub(super) fn scope(&mut self) -> Scope {
        self.scope_where(|_| true)
    }

    /// The locals among these names.
    pub(super) fn scope_of(&mut self, names: &BTreeSet<&str>) -> Scope {
        if names.is_empty() {
            return Scope::default();
        }
        self.scope_where(|name| names.contains(name))
    }

    fn scope_where(&mut self, is_wanted: impl Fn(&str) -> bool) -> Scope {
        let mut done = BTreeSet::new();
        let mut visible = Vec::new();
        let mut seen_loops = Vec::new();
        for (name, home) in self.names.iter().rev() {
            let Some(name) = name else {
                break;
            };
            if !is_wanted(name) || done.contains(name.as_str()) {
                continue;
            }
            match *home {
                Home::Cell(cell) => {
                    visible.push((name.clone(), Local::Cell(cell)));
                    continue;
                }
                Home::Value(id) => visible.push((name.clone(), Local::Value(id))),
                Home::Loop(place) => {
                    seen_loops.push(place);
                    visible.push((name.clone(), Local::Loop(self.loops[place].id)));
                }
                Home::Block | Home::Scope => {}
            }
            done.insert(name.as_str());
        }
        visible.reverse();
        for place in seen_loops {
            self.loops[place].is_seen = true;
            self.use_parents(place);
        }
        Scope(visible)
    }

    /// Notes that the parents of a loop can be seen, all the way out.
    fn use_parents(&mut self, place: usize) {
        let mut next = Some(place);
        while let Some(place) = next {
            let outer = &mut self.loops[place];
            outer.parent_is_used = true;
            next = outer.outer;
        }
    }

    pub(super) fn operand(&mut self, operand: &ast::Operand) -> Operand {
        let parts = match operand {
            ast::Operand::Literal(literal) => return Operand::Literal(literal.clone()),
            ast::Operand::Name(parts) => parts.clone(),
        };
        let (cells, home) = self.homes(&parts[0]);
        let innermost = match home {
            None | Some(Home::Cell(_) | Home::Scope) => Operand::Context {
                parts: parts.clone(),
            },
            Some(Home::Value(id)) => Operand::Local {
                id,
                parts: parts.clone(),
            },
            Some(Home::Loop(place)) => self.loop_operand(place, parts.clone()),
            Some(Home::Block) => match parts.get(1).map(String::as_str) {
                Some("name") if parts.len() == 2 => Operand::BlockName,
                Some("super") => Operand::BlockSuper {
                    scope: self.scope(),
                    parts: parts.clone(),
                },
                _ => Operand::Context {
                    parts: parts.clone(),
                },
            },
        };
        cells
            .into_iter()
            .rev()
            .fold(innermost, |otherwise, id| Operand::Cell {
                id,
                parts: parts.clone(),
                otherwise: Box::new(otherwise),
            })
    }

    fn loop_operand(&mut self, mut place: usize, parts: Vec<String>) -> Operand {
        let mut fields = &parts[1..];
        while let ([parentloop, rest @ ..], Some(outer)) = (fields, self.loops[place].outer)
            && parentloop == "parentloop"
        {
            fields = rest;
            place = outer;
        }
        let id = self.loops[place].id;
        if let [field] = fields
            && let Some(field) = LoopField::from_name(field)
        {
            return Operand::LoopField { id, field };
        }
        self.use_parents(place);
        let mut rest = vec![parts[0].clone()];
        rest.extend_from_slice(fields);
        Operand::Loop { id, parts: rest }
    }

    pub(super) fn expression(
        &mut self,
        expression: &ast::Expression,
        missing: Missing,
    ) -> Expression {
        self.typed_expression(expression, missing).0
    }

    /// The same with its type, if that is known.
    pub(super) fn typed_expression(
        &mut self,
        expression: &ast::Expression,
        missing: Missing,
    ) -> (Expression, Option<&'t Type>) {
        let ty = self.check(expression);
        let operand = self.operand(&expression.operand);
        let filters = expression.filters.iter().map(|call| FilterCall {
            filter: call.filter.clone(),
            argument: call
                .argument
                .as_ref()
                .map(|argument| self.operand(argument)),
        });
        let resolved = Expression {
            operand,
            missing,
            filters: filters.collect(),
        };
        (resolved, ty)
    }

    /// Checks the names of an expression, and gives its type if that is known.
    fn check(&mut self, expression: &ast::Expression) -> Option<&'t Type> {
        let mut checker = self.checker.take()?;
        let mut check = |operand: &ast::Operand| match operand {
            ast::Operand::Literal(_) => None,
            ast::Operand::Name(parts) => checker.name(parts, &self.place(&parts[0]), expression),
        };
        let ty = check(&expression.operand);
        let arguments = expression.filters.iter().map(|call| call.argument.as_ref());
        arguments.flatten().for_each(|argument| _ = check(argument));
        self.checker = Some(checker);
        ty.filter(|_| expression.filters.is_empty())
    }

    /// Where a name lives, as far as types are concerned.
    fn place(&self, name: &str) -> Place {
        let mut names = self.names.iter().rev();
        let found = names.find(|(known, _)| known.as_deref().is_none_or(|known| known == name));
        match found {
            None => Place::Context,
            Some((Some(_), Home::Value(id))) => Place::Local(*id),
            Some(_) => Place::Elsewhere,
        }
    }

    /// Expressions with their places.
    pub(super) fn placed(
        &mut self,
        expressions: &[ast::Expression],
        missing: Missing,
    ) -> Vec<(Expression, SiteId)> {
        let resolve = |value: &ast::Expression| {
            let site = self.site(value.span);
            (self.expression(value, missing), site)
        };
        expressions.iter().map(resolve).collect()
    }

    pub(super) fn arguments(&mut self, arguments: &[ast::Argument]) -> Vec<Argument> {
        let resolve = |argument: &ast::Argument| Argument {
            name: argument.name.clone().unwrap_or_default(),
            site: self.site(argument.value.span),
            value: self.expression(&argument.value, argument.missing),
        };
        arguments.iter().map(resolve).collect()
    }

    pub(super) fn bindings(&mut self, bindings: &[ast::Binding]) -> Vec<Binding> {
        let resolve = |binding: &ast::Binding| {
            let id = self.value();
            let (value, ty) = self.typed_expression(&binding.value, Missing::Invalid);
            if let Some(checker) = &mut self.checker {
                checker.local(id, ty);
            }
            Binding {
                id,
                name: binding.name.clone(),
                value,
                site: self.site(binding.value.span),
            }
        };
        bindings.iter().map(resolve).collect()
    }

    pub(super) fn condition(&mut self, condition: &ast::Condition) -> Condition {
        match condition {
            ast::Condition::Value(value) => {
                let site = self.site(value.span);
                Condition::Truth(self.expression(value, Missing::None), site)
            }
            ast::Condition::Not(inner) => Condition::Not(Box::new(self.condition(inner))),
            ast::Condition::Binary(operator, left, right) => match operator {
                Operator::And => {
                    let left = Box::new(self.condition(left));
                    Condition::And(left, Box::new(self.condition(right)))
                }
                Operator::Or => {
                    let left = Box::new(self.condition(left));
                    Condition::Or(left, Box::new(self.condition(right)))
                }
                operator => {
                    self.note_identity(*operator, left, right);
                    Condition::Compare {
                        operator: *operator,
                        site: self.site(first_span(left)),
                        left: self.compared(left),
                        right: self.compared(right),
                    }
                }
            },
        }
    }

    /// Notes if a condition asks whether two values are one and the same.
    fn note_identity(&mut self, operator: Operator, left: &ast::Condition, right: &ast::Condition) {
        let is_constant = |side: &ast::Condition| match side {
            ast::Condition::Value(value) => match &value.operand {
                ast::Operand::Literal(_) => true,
                ast::Operand::Name(parts) => {
                    matches!(parts.as_slice(), [name] if ["None", "True", "False"].contains(&name.as_str()))
                }
            },
            _ => false,
        };
        self.compares_identity |= matches!(operator, Operator::Is | Operator::IsNot)
            && !is_constant(left)
            && !is_constant(right);
    }

    fn compared(&mut self, condition: &ast::Condition) -> Compared {
        match condition {
            ast::Condition::Value(value) => Compared::Value(self.expression(value, Missing::None)),
            condition => Compared::Condition(Box::new(self.condition(condition))),
        }
    }
}

fn first_span(condition: &ast::Condition) -> Span {
    let mut condition = condition;
    loop {
        match condition {
            ast::Condition::Value(value) => return value.span,
            ast::Condition::Not(inner) | ast::Condition::Binary(_, inner, _) => condition = inner,
        }
    }
}
