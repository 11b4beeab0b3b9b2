//! Nodes as Rust statements.

use std::collections::BTreeSet;

use super::quote::{quote, quote_list};
use super::spot::loop_field;
use super::{Function, Part, split};
use crate::ir::{
    Binding, CellId, Expression, For, Level, Local, LoopParent, Node, Operand, Scope, SiteId, Unit,
    UnitKind,
};

impl<'t> Function<'_, 't> {
    /// Prints the whole function.
    pub(super) fn print(&mut self, unit: &'t Unit, part: &Part<'t>) {
        let locals: String = part
            .locals
            .iter()
            .map(|local| match local {
                Local::Value(id) if part.rows.has(*id) => {
                    format!(", value{0}: rt::View<'_>, row{0}: &rt::Row<'_>", id.0)
                }
                Local::Value(id) => format!(", value{}: rt::View<'_>", id.0),
                Local::Loop(id) => format!(", loop{}: &rt::LoopState<'_>", id.0),
                Local::Cell(id) => format!(", cell{}: &mut Option<rt::Value>", id.0),
            })
            .collect();
        let name = &part.name;
        self.out.line("");
        self.out.open(&format!(
            "fn {name}(f: &mut rt::Frame<'_>, s: &rt::Scope<'_>{locals}) -> rt::Done {{"
        ));
        self.names_of(unit);
        if part.is_whole {
            self.whole(unit);
        } else {
            self.body(part.nodes, &part.cells);
        }
        self.print_spots();
        self.out.line("Ok(())");
        self.out.close("}");
    }

    /// Prints the names that a unit's code refers to.
    fn names_of(&mut self, unit: &Unit) {
        self.out
            .line(&format!("const U: &str = {};", quote(&unit.name)));
        if let UnitKind::Block { name } = &unit.kind {
            self.out.line(&format!("const B: &str = {};", quote(name)));
        }
    }

    /// Prints a unit that is nothing but a run, without any function; false, with nothing
    /// printed, if it is something else.
    pub(super) fn print_as_run(&mut self, unit: &Unit) -> bool {
        let level = &unit.level;
        let sets_names = !level.cells.is_empty() || level.layer.is_some();
        if sets_names || unit.body.is_empty() || !self.is_run(&unit.body) {
            return false;
        }
        let number = self.unit;
        self.out
            .open(&format!("pub(super) static RUN{number}: rt::RunUnit = {{"));
        self.names_of(unit);
        let run = self.add_whole(&unit.body);
        self.print_spots();
        self.out.line(&format!("rt::RunUnit::new(&R{run})"));
        self.out.close("};");
        true
    }

    /// Prints the body of a unit with the names that it sets.
    fn whole(&mut self, unit: &'t Unit) {
        let level = &unit.level;
        let is_partial = matches!(unit.kind, UnitKind::Partial { .. });
        let has_names = level.cells.iter().any(|(_, name)| name.is_some());
        let exports = is_partial && (has_names || level.layer.is_some());
        if exports {
            self.out.line("let exports = rt::take_exports(f);");
        }
        let (named, nameless): (Vec<_>, Vec<_>) =
            level.cells.iter().partition(|(_, name)| name.is_some());
        self.cells(named.into_iter().map(|&(cell, _)| cell));
        self.layer_names(level);
        self.layer(level);
        let nameless = nameless.into_iter().map(|&(cell, _)| cell).collect();
        self.body(&unit.body, &nameless);
        if !exports {
            return;
        }
        for (cell, name) in &level.cells {
            if let Some(name) = name {
                let (name, cell) = (quote(name), self.cell(*cell));
                self.out
                    .line(&format!("rt::fill_export(&exports, {name}, {cell});"));
            }
        }
        if level.layer.is_some() {
            self.out.line("rt::fill_exports(&exports, &assigned);");
        }
        self.out.line("rt::leave_exports(exports, f);");
    }

    /// Prints the function of a cycle's values.
    pub(super) fn cycle_values(&mut self, unit: &'t Unit, place: usize) {
        let number = self.unit;
        self.out.line("");
        self.out.open(&format!(
            "fn unit{number}_cycle{place}<'a>(place: usize, f: &rt::Frame<'_>, s: &rt::Scope<'a>) -> rt::Flow<'a> {{"
        ));
        self.out
            .line(&format!("const U: &str = {};", quote(&unit.name)));
        self.out.open("let flow = match place {");
        let values = &unit.cycles[place];
        for (place, value) in values.iter().enumerate() {
            let value = self.expression(value);
            let pattern = if place + 1 == values.len() {
                "_".to_owned()
            } else {
                place.to_string()
            };
            self.out.line(&format!("{pattern} => {value},"));
        }
        self.out.close("};");
        self.print_spots();
        self.out.line("flow");
        self.out.close("}");
    }

    pub(super) fn nodes(&mut self, nodes: &'t [Node]) {
        self.body(nodes, &BTreeSet::new());
    }

    /// Prints nodes that run once for each time that `cells` are made. A cell that only one
    /// part uses is declared there, so that no function has too many.
    fn body(&mut self, nodes: &'t [Node], cells: &BTreeSet<CellId>) {
        let Some(parts) = split::parts(nodes) else {
            self.cells(cells.iter().copied());
            self.list(nodes);
            return;
        };
        let locals: Vec<BTreeSet<Local>> = parts
            .iter()
            .map(|nodes| split::free_locals(nodes))
            .collect();
        let mut inner: Vec<BTreeSet<CellId>> = vec![BTreeSet::new(); parts.len()];
        for &cell in cells {
            let mut users =
                (0..parts.len()).filter(|&part| locals[part].contains(&Local::Cell(cell)));
            match (users.next(), users.next()) {
                (Some(part), None) if parts[part].len() > 1 => _ = inner[part].insert(cell),
                _ => self.cells([cell]),
            }
        }
        for ((nodes, locals), cells) in parts.into_iter().zip(locals).zip(inner) {
            if nodes.len() == 1 {
                self.list(nodes);
            } else {
                self.call_part(nodes, locals, cells);
            }
        }
    }

    /// Prints nodes, each of which writes the text before it where it can.
    fn list(&mut self, nodes: &'t [Node]) {
        for node in nodes {
            if self.add_to_run(node) {
                continue;
            }
            if self.takes_text(node) {
                self.print_run();
            } else {
                self.flush();
            }
            self.node(node);
        }
        self.flush();
    }

    /// Makes a function of `nodes`, which use `locals` and declare `cells`, and prints the
    /// call.
    fn call_part(
        &mut self,
        nodes: &'t [Node],
        mut locals: BTreeSet<Local>,
        cells: BTreeSet<CellId>,
    ) {
        let name = format!("part{}", self.parts);
        *self.parts += 1;
        locals.retain(|local| !matches!(local, Local::Cell(cell) if cells.contains(cell)));
        let arguments: String = locals
            .iter()
            .map(|local| match local {
                Local::Value(id) if self.rows.has(*id) => {
                    format!(", value{}, {}", id.0, self.row(Some(*id)))
                }
                Local::Value(id) => format!(", value{}", id.0),
                Local::Loop(id) => format!(", {}", self.loop_state(*id)),
                Local::Cell(id) => format!(", {}", self.cell_mut(*id)),
            })
            .collect();
        self.out.line(&format!("{name}(f, s{arguments})?;"));
        let rows = self.rows.passed(|id| locals.contains(&Local::Value(id)));
        self.pending.push_back(Part {
            name,
            nodes,
            locals,
            cells,
            rows,
            is_whole: false,
        });
    }

    pub(super) fn at(&mut self, SiteId(site): SiteId) -> String {
        if let Some(&position) = self.sites.get(site as usize) {
            self.out.origin(self.template, position);
        }
        format!("f, U, {site}")
    }

    /// Prints a node.
    fn node(&mut self, node: &'t Node) {
        match node {
            Node::Text(text) => self.before.push_str(text),
            Node::Output(
                Expression {
                    operand: Operand::BlockSuper { scope, parts },
                    filters,
                    ..
                },
                site,
            ) if parts.len() == 2 && filters.is_empty() => {
                let (scope, at) = (self.scope(scope), self.at(*site));
                self.out
                    .line(&format!("rt::output_block_super(T, B, {scope}, {at})?;"));
            }
            Node::Output(value, site) => self.output(value, *site),
            Node::If {
                branches,
                otherwise,
            } => {
                for (place, (condition, body)) in branches.iter().enumerate() {
                    let condition = self.branch(condition);
                    if place == 0 {
                        self.out.open(&format!("if {condition} {{"));
                    } else {
                        self.out
                            .close_and_open(&format!("}} else if {condition} {{"));
                    }
                    self.nodes(body);
                }
                if !otherwise.is_empty() {
                    self.out.close_and_open("} else {");
                    self.nodes(otherwise);
                }
                self.out.close("}");
            }
            Node::For(each) => self.for_node(each),
            Node::With {
                bindings,
                level,
                body,
            } => {
                self.out.open("{");
                self.bindings(bindings);
                self.level(level);
                self.nodes(body);
                self.out.close("}");
            }
            Node::Autoescape { on, body } => {
                self.out.open("{");
                self.out.line(&format!(
                    "let outside = std::mem::replace(&mut f.autoescape, {on});"
                ));
                self.nodes(body);
                self.out.line("f.autoescape = outside;");
                self.out.close("}");
            }
            Node::Include {
                name,
                bindings,
                scope,
                only,
                site,
            } => self.include(name, bindings, scope, *only, *site),
            Node::Block { name, scope, site } => {
                self.out.open("{");
                let link = format!("to_block(T, {})", quote(name));
                self.out
                    .line(&format!("static LINK: rt::Link = rt::Link::{link};"));
                let (scope, at) = (self.scope(scope), self.at(*site));
                self.out.line(&format!("rt::block(&LINK, {scope}, {at})?;"));
                self.out.close("}");
            }
            Node::Extend {
                parent,
                variable,
                site,
            } => {
                if let Some(name) = named_template(parent) {
                    let (name, at) = (quote(name), self.at(*site));
                    self.out
                        .line(&format!("rt::extend_named({name}, s, {at})?;"));
                    return;
                }
                let (parent, at) = (self.expression(parent), self.at(*site));
                let variable = match variable {
                    Some(text) => format!("Some({})", quote(text)),
                    None => "None".to_owned(),
                };
                self.out
                    .line(&format!("rt::extend({parent}, {variable}, s, {at})?;"));
            }
            Node::Call(call) => self.call(call),
            Node::Setting {
                function,
                arguments,
                body,
                site,
            } => self.setting(function, arguments, body, *site),
            Node::Cycle(cycle) => self.cycle(cycle),
            Node::ResetCycle(state) => self.reset_cycle(*state),
            Node::FirstOf(first) => self.first_of(first),
            Node::IfChanged(tag) => self.if_changed(tag),
            Node::Regroup(tag) => self.regroup(tag),
            Node::Filter {
                id,
                filters,
                body,
                place,
                site,
            } => self.filter_tag(*id, filters, body, *place, *site),
            Node::Spaceless(body) => self.spaceless(body),
            Node::Partial(partial) => self.partial(partial),
            Node::Raise {
                exception,
                message,
                site,
            } => {
                let (exception, message) = (quote(exception), quote(message));
                let at = self.at(*site);
                self.out
                    .line(&format!("rt::raise({exception}, {message}, {at})?;"));
            }
        }
    }

    /// Prints that a value is written.
    pub(super) fn output(&mut self, value: &Expression, site: SiteId) {
        if self.add_to_run(&Node::Output(value.clone(), site)) {
            self.print_run();
        } else if let Some((id, field)) = loop_field(value) {
            let (spot, state) = (self.text_spot(site), self.loop_state(id));
            self.at(site);
            self.out.line(&format!(
                "rt::put_field({spot}, {state}, rt::LoopField::{field:?}, f)?;"
            ));
        } else {
            let (value, at) = (self.expression(value), self.at(site));
            self.out.line(&format!("rt::output({value}, {at})?;"));
        }
    }

    fn for_node(&mut self, each: &'t For) {
        let id = each.id.0;
        self.out.open("{");
        let reversed = each.reversed;
        let items = match self.place(&each.sequence, each.site) {
            Some(place) => format!("items_of({}, f, s, {reversed})", place.arguments()),
            None => {
                let (sequence, site) = (self.expression(&each.sequence), each.site.0);
                format!("items({sequence}, {reversed}, f, U, {site})")
            }
        };
        self.at(each.site);
        self.out.line(&format!("let items{id} = rt::{items}?;"));
        let parent = match each.parent {
            None => "rt::Local::Unset".to_owned(),
            Some(LoopParent::Loop(outer)) => format!("rt::Local::Loop({})", self.loop_state(outer)),
            Some(LoopParent::Value(value)) => format!("rt::Local::Value(value{})", value.0),
            Some(LoopParent::Context) => {
                self.out
                    .line(&format!("let outside{id} = rt::outer_loop(s);"));
                format!("rt::outer_local(&outside{id})")
            }
        };
        self.own_loops.insert(each.id);
        self.out.line(&if each.is_seen {
            format!("let mut loop{id} = rt::seen_loop_state(&items{id}, {parent}, f);")
        } else {
            format!("let mut loop{id} = rt::loop_state(&items{id}, {parent});")
        });
        self.cells(each.states.iter().copied());
        // Several variables are pushed anew for each item.
        let is_lasting = each.variables.len() == 1;
        if is_lasting {
            self.cells(each.level.cells.iter().map(|&(cell, _)| cell));
            self.layer_names(&each.level);
        }
        self.rows.enter(each);
        if let [(_, variable)] = each.variables.as_slice() {
            let names = quote_list(self.rows.names(*variable));
            let value = variable.0;
            self.out.line(&format!(
                "static F{value}: rt::Fields = rt::Fields::new({names});"
            ));
            self.out
                .line(&format!("let mut row{value} = rt::Row::new(&F{value});"));
            self.out.open(&format!(
                "while row{value}.take(&items{id}, loop{id}.index) {{"
            ));
        } else {
            self.out
                .open(&format!("while loop{id}.index < loop{id}.length {{"));
        }
        if let [(name, variable)] = each.variables.as_slice() {
            let value = variable.0;
            self.out
                .line(&format!("let value{value} = row{value}.view();"));
            self.forget(&each.level, name);
        } else {
            let (count, at) = (each.variables.len(), self.at(each.site));
            self.out.line(&format!(
                "let parts{id} = rt::unpack(items{id}.get(loop{id}.index), {count}, {at})?;"
            ));
            for (place, (_, variable)) in each.variables.iter().enumerate() {
                let value = variable.0;
                self.out
                    .line(&format!("let value{value} = parts{id}.get({place});"));
                self.out.line(&format!(
                    "let row{value} = rt::Row::part(value{value}, &loop{id});"
                ));
            }
            self.cells(each.level.cells.iter().map(|&(cell, _)| cell));
            self.layer_names(&each.level);
        }
        if each.level.layer.is_some() {
            self.out.open("{");
            self.layer(&each.level);
        }
        self.nodes(&each.body);
        if each.level.layer.is_some() {
            self.out.close("}");
        }
        self.out.line(&format!("loop{id}.index += 1;"));
        self.out.close("}");
        if !each.empty.is_empty() {
            self.out.open(&format!("if loop{id}.length == 0 {{"));
            self.level(&each.empty_level);
            self.nodes(&each.empty);
            self.out.close("}");
        }
        self.out.close("}");
    }

    /// Prints what a level begins with.
    fn level(&mut self, level: &Level) {
        self.cells(level.cells.iter().map(|&(cell, _)| cell));
        self.layer_names(level);
        self.layer(level);
    }

    /// Prints that a loop variable hides what a tag has set under its name.
    fn forget(&mut self, level: &Level, name: &str) {
        for (cell, known) in &level.cells {
            if known.as_deref() == Some(name) {
                let cell = self.cell_mut(*cell);
                self.out.line(&format!("rt::clear({cell});"));
            }
        }
        if level.layer.is_some() {
            self.out.line(&format!("assigned.forget({});", quote(name)));
        }
    }

    pub(super) fn bindings(&mut self, bindings: &[Binding]) {
        for binding in bindings {
            let id = binding.id.0;
            if let Some(place) = self.silent_place(&binding.value, binding.site) {
                self.at(binding.site);
                let arguments = place.arguments();
                self.out
                    .line(&format!("let held{id} = rt::hold({arguments}, f, s)?;"));
                self.out.line(&format!("let value{id} = held{id}.view();"));
                continue;
            }
            let (value, at) = (self.expression(&binding.value), self.at(binding.site));
            self.out
                .line(&format!("let held{id} = rt::bind({value}, {at})?;"));
            self.out
                .line(&format!("let value{id} = rt::View::of(&held{id});"));
        }
    }

    fn include(
        &mut self,
        name: &Expression,
        bindings: &[Binding],
        scope: &Scope,
        only: bool,
        site: SiteId,
    ) {
        let outer = if only { "rt::Scope::empty()" } else { "s" };
        let named = named_template(name);
        self.out.open("{");
        if named.is_none() {
            let (name, at) = (self.expression(name), self.at(site));
            self.out
                .line(&format!("let included = rt::included({name}, T, {at})?;"));
        }
        self.bindings(bindings);
        if let Some(name) = named {
            let link = format!("to_template({})", quote(name));
            self.out
                .line(&format!("static LINK: rt::Link = rt::Link::{link};"));
        }
        let scope = self.scope_with(outer, scope, bindings);
        let at = self.at(site);
        self.out.line(&match named {
            Some(_) => format!("rt::include(&LINK, {scope}, {at})?;"),
            None => format!("rt::include_computed(&included, {scope}, {at})?;"),
        });
        self.out.close("}");
    }
}

/// The template that an expression names as it stands.
pub(super) fn named_template(name: &Expression) -> Option<&str> {
    name.constant_text().filter(|text| !text.is_empty())
}
