//! Tags that call functions or hold state, as Rust statements.

use super::Function;
use super::quote::{quote, quote_list};
use super::spot::names_list;
use crate::ir::{
    self, Argument, Call, CallScope, CellId, Cycle, CycleValues, Export, Expression, FirstOf,
    IfChanged, Level, Local, Node, Partial, Regroup, Scope, SiteId, State, Target, Upward,
    UpwardEnd, ValueId,
};

impl<'t> Function<'_, 't> {
    /// Declares the cells of a level.
    pub(super) fn cells(&mut self, cells: impl IntoIterator<Item = CellId>) {
        for cell in cells {
            self.own_cells.insert(cell);
            self.out.line(&format!(
                "let mut cell{}: Option<rt::Value> = None;",
                cell.0
            ));
        }
    }

    /// Declares the names that any tag of a level sets.
    pub(super) fn layer_names(&mut self, level: &Level) {
        if level.layer.is_some() {
            self.out.line("let assigned = rt::Assignments::default();");
        }
    }

    /// Makes a layer of the scope that becomes the scope.
    pub(super) fn layer(&mut self, level: &Level) {
        let Some(scope) = &level.layer else {
            return;
        };
        let (names, values) = self.scope_lists(scope, &[]);
        let (count, names) = (names.len(), names_list(&names));
        self.out
            .line(&format!("let names: [rt::RStr<'_>; {count}] = [{names}];"));
        self.out.line(&format!(
            "let values: [rt::Local<'_>; {count}] = [{values}];"
        ));
        self.out
            .line("let layer = s.with(&names, &values).assigning(&assigned);");
        self.out.line("let s = &layer;");
    }

    /// A reference to a cell.
    pub(super) fn cell(&self, id: CellId) -> String {
        let reference = if self.own_cells.contains(&id) {
            "&"
        } else {
            "&*"
        };
        format!("{reference}cell{}", id.0)
    }

    /// A reference through which a cell is changed.
    pub(super) fn cell_mut(&self, id: CellId) -> String {
        let reference = if self.own_cells.contains(&id) {
            "&mut "
        } else {
            "&mut *"
        };
        format!("{reference}cell{}", id.0)
    }

    /// Prints that a name is set to `value`, an expression of type `rt::Value`.
    fn set(&mut self, name: &str, target: Target, value: &str) {
        let line = match target {
            Target::Cell(cell) => format!("rt::set({}, {value});", self.cell_mut(cell)),
            Target::Layer => format!("rt::assign(s, {}, {value});", quote(name)),
        };
        self.out.line(&line);
    }

    /// Prints that a name is set to `&value` where it is known already.
    fn set_upward(&mut self, name: &str, upward: &Upward) {
        let tried: Vec<String> = upward
            .cells
            .iter()
            .map(|&cell| self.cell_mut(cell))
            .collect();
        let tried = format!("&mut [{}]", tried.join(", "));
        match upward.otherwise {
            UpwardEnd::Context => {
                let name = quote(name);
                self.out
                    .line(&format!("rt::set_upward({tried}, {name}, s, &value);"));
            }
            UpwardEnd::Target(target) if upward.cells.is_empty() => {
                self.set(name, target, "value.clone()");
            }
            UpwardEnd::Target(target) => {
                self.out
                    .open(&format!("if !rt::replace({tried}, &value) {{"));
                self.set(name, target, "value.clone()");
                self.out.close("}");
            }
        }
    }

    /// Arguments as text of type `&[rt::TagArgument]`, declared before.
    fn arguments(&mut self, arguments: &[Argument], catches: bool) {
        if arguments.is_empty() {
            self.out
                .line("let arguments: &[rt::TagArgument<'_>] = &[];");
            return;
        }
        let evaluate = if catches {
            "rt::caught_argument"
        } else {
            "rt::argument"
        };
        self.out.open("let arguments: &[rt::TagArgument<'_>] = &[");
        for argument in arguments {
            let (value, at) = (self.expression(&argument.value), self.at(argument.site));
            let name = quote(&argument.name);
            self.out
                .line(&format!("{evaluate}({name}, {value}, {at})?,"));
        }
        self.out.close("];");
    }

    pub(super) fn setting(
        &mut self,
        function: &str,
        arguments: &[Argument],
        body: &'t [Node],
        site: SiteId,
    ) {
        self.out.open("{");
        self.arguments(arguments, false);
        let at = self.at(site);
        self.out.line(&format!(
            "let kept = rt::setting(rt::{function}, arguments, {at})?;"
        ));
        self.nodes(body);
        self.out.line("rt::put_back(kept, f);");
        self.out.close("}");
    }

    pub(super) fn call(&mut self, call: &'t Call) {
        self.out.open("{");
        self.bindings(&call.bindings);
        self.arguments(&call.arguments, call.catches);
        let is_library = matches!(call.function, ir::Function::Library(_));
        let scope = match &call.scope {
            CallScope::Layer => "s".to_owned(),
            CallScope::Locals(scope, _) => {
                let scope = self.call_scope(scope, !call.bodies.is_empty(), is_library);
                if is_library {
                    self.out.line("let assigned = rt::Assignments::default();");
                    self.out
                        .line(&format!("let scope = {scope}.assigning(&assigned);"));
                    "&scope".to_owned()
                } else if scope == "s" {
                    scope
                } else {
                    format!("&{scope}")
                }
            }
        };
        let count = call.bodies.len();
        let assigned = call.assign.is_some();
        let function = match &call.function {
            ir::Function::Runtime(path) => {
                let options = quote_list(&call.options);
                format!("rt::tag(rt::{path}, {options}, arguments, {count}, ")
            }
            ir::Function::Library(tag) => {
                let (library, name) = (quote(&tag.library), quote(&tag.name));
                let (escape, text) = (tag.escape, quote(&tag.text));
                format!("rt::library_tag({library}, {name}, {escape}, {text}, arguments, {count}, ")
            }
        };
        let at = self.at(call.site);
        let site = at.trim_start_matches("f, ").to_owned();
        let last = format!("{assigned}, f, {scope}, {site})?;");
        if call.bodies.is_empty() {
            self.out.line(&format!(
                "let result = {function}&mut |_, _, _| Ok(()), {last}"
            ));
        } else {
            self.out.open(&format!("let result = {function}"));
            self.out
                .open("&mut |body: usize, f: &mut rt::Frame<'_>, s: &rt::Scope<'_>| -> rt::Done {");
            self.out.open("match body {");
            for (place, body) in call.bodies.iter().enumerate() {
                self.out.open(&format!("{place} => {{"));
                self.nodes(body);
                self.out.close("}");
            }
            self.out.line("_ => {}");
            self.out.close("}");
            self.out.line("Ok(())");
            self.out.close("},");
            self.out.close(&last);
        }
        if let CallScope::Locals(_, exports) = &call.scope {
            self.exports("assigned", exports);
        }
        let include = match &call.function {
            ir::Function::Library(tag) => tag.include.as_ref(),
            ir::Function::Runtime(_) => None,
        };
        match (&call.assign, include) {
            (Some((name, target)), _) => self.set(name, *target, "result"),
            (None, Some((template, token))) => {
                let (template, token) = (quote(template), self.expression(token));
                let at = self.at(call.site);
                self.out.line(&format!(
                    "rt::include_result({template}, &result, {token}, {at})?;"
                ));
            }
            (None, None) => {
                let at = self.at(call.site);
                self.out.line(&format!("rt::write_result(&result, {at})?;"));
            }
        }
        self.out.close("}");
    }

    /// The scope that a function sees, a layer of its own if `is_new` says so. Where it has
    /// bodies, which may set cells, it sees copies of them.
    fn call_scope(&mut self, scope: &Scope, has_bodies: bool, is_new: bool) -> String {
        if scope.0.is_empty() {
            return if is_new { "s.with(&[], &[])" } else { "s" }.to_owned();
        }
        if has_bodies {
            for (_, local) in &scope.0 {
                if let Local::Cell(cell) = local {
                    let (id, cell) = (cell.0, self.cell(*cell));
                    self.out.line(&format!("let copy{id} = rt::cell({cell});"));
                }
            }
        }
        let (names, mut values) = self.scope_lists(scope, &[]);
        if has_bodies {
            for (_, local) in &scope.0 {
                if let Local::Cell(cell) = local {
                    let from = format!("rt::cell_local({})", self.cell(*cell));
                    values = values.replace(&from, &format!("rt::cell_local(&copy{})", cell.0));
                }
            }
        }
        let (count, names) = (names.len(), names_list(&names));
        self.out
            .line(&format!("let names: [rt::RStr<'_>; {count}] = [{names}];"));
        self.out.line(&format!(
            "let values: [rt::Local<'_>; {count}] = [{values}];"
        ));
        "s.with(&names, &values)".to_owned()
    }

    /// Copies names out of what was set.
    fn exports(&mut self, assigned: &str, exports: &[Export]) {
        for export in exports {
            let name = quote(&export.name);
            let line = match export.target {
                Target::Cell(cell) => {
                    format!("rt::export(&{assigned}, {name}, {});", self.cell_mut(cell))
                }
                Target::Layer => format!("rt::export_name(&{assigned}, {name}, s);"),
            };
            self.out.line(&line);
        }
    }

    pub(super) fn partial(&mut self, partial: &Partial) {
        let (name, scope) = (quote(&partial.name), self.scope(&partial.scope));
        let at = self.at(partial.site);
        let call = format!("rt::partial(T, {name}, {scope}, {at})?;");
        match &partial.exports {
            Some(exports) if exports.is_empty() => self.out.line(&call),
            Some(exports) => {
                self.out.open("{");
                self.out.line(&format!("let exports = {call}"));
                self.exports("exports", exports);
                self.out.close("}");
            }
            None => {
                self.out.open("{");
                self.out.line(&format!("let exports = {call}"));
                self.out.line("rt::export_all(&exports, s);");
                self.out.close("}");
            }
        }
    }

    pub(super) fn cycle(&mut self, cycle: &Cycle) {
        let count = match &cycle.values {
            CycleValues::Inline(values) => values.len(),
            CycleValues::Shared { count, .. } => *count,
        };
        let place = match cycle.state {
            State::Cell(cell) => format!("rt::cycle({}, {count})", self.cell_mut(cell)),
            State::Run(id) | State::Loop(id) => format!("rt::cycle_of_run(T, {id}, {count}, f)"),
        };
        let value = match &cycle.values {
            CycleValues::Shared {
                place: shared,
                scope,
                ..
            } => {
                let (scope, unit) = (self.scope(scope), self.unit);
                format!("unit{unit}_cycle{shared}({place}, f, {scope})")
            }
            CycleValues::Inline(values) => {
                let mut text = format!("match {place} {{ ");
                for (place, value) in values.iter().enumerate() {
                    if place + 1 < count {
                        text.push_str(&format!("{place} => {}, ", self.expression(value)));
                    } else {
                        text.push_str(&format!("_ => {} }}", self.expression(value)));
                    }
                }
                text
            }
        };
        let at = self.at(cycle.site);
        let Some((name, upward)) = &cycle.assign else {
            self.out.line(&format!("rt::output({value}, {at})?;"));
            return;
        };
        self.out.open("{");
        self.out.line(&format!(
            "let value = rt::bind({value}, {at})?.into_owned();"
        ));
        self.set_upward(name, upward);
        if !cycle.silent {
            self.out.line(&format!("rt::output_value(&value, {at})?;"));
        }
        self.out.close("}");
    }

    pub(super) fn reset_cycle(&mut self, state: State) {
        let line = match state {
            State::Cell(cell) => format!("rt::clear({});", self.cell_mut(cell)),
            State::Run(id) | State::Loop(id) => format!("rt::reset_cycle_of_run(T, {id}, f);"),
        };
        self.out.line(&line);
    }

    pub(super) fn first_of(&mut self, first: &FirstOf) {
        let assign = first.assign.as_ref();
        if assign.is_some() {
            self.out.open("{");
            self.out.line("let mut first = None;");
        }
        for (place, (value, site)) in first.values.iter().enumerate() {
            let (value, at) = (self.expression(value), self.at(*site));
            let start = if place == 0 { "let _ =" } else { "    ||" };
            let end = if place + 1 == first.values.len() {
                ";"
            } else {
                ""
            };
            self.out.line(&match assign {
                None => format!("{start} rt::output_if_true({value}, {at})?{end}"),
                Some(_) => format!("{start} rt::set_if_true({value}, &mut first, {at})?{end}"),
            });
        }
        if let Some((name, target)) = assign {
            self.set(name, *target, "rt::or_empty(first)");
            self.out.close("}");
        }
    }

    pub(super) fn if_changed(&mut self, tag: &'t IfChanged) {
        self.out.open("{");
        let by_output = tag.values.is_empty();
        let found = if by_output {
            self.out
                .open("let mut body = |f: &mut rt::Frame<'_>| -> rt::Done {");
            self.nodes(&tag.body);
            self.out.line("Ok(())");
            self.out.close("};");
            self.out
                .line("let rendered = rt::capture(f, |f| body(f))?;");
            "rt::safe_text(&rendered)"
        } else {
            self.out.open("let found = rt::compared(vec![");
            for (value, site) in &tag.values {
                let (value, at) = (self.expression(value), self.at(*site));
                self.out.line(&format!("rt::bind({value}, {at})?,"));
            }
            self.out.close("]);");
            "found"
        };
        let changed = match tag.state {
            State::Cell(cell) => format!("rt::changed({}, {found})", self.cell_mut(cell)),
            State::Run(id) | State::Loop(id) => {
                format!("rt::changed_outside(T, {id}, {found}, f, s)")
            }
        };
        self.out.open(&format!("if {changed} {{"));
        if by_output {
            // Django takes an empty output for one that is still to be rendered.
            self.out.open("if rendered.is_empty() {");
            self.out.line("body(f)?;");
            self.out.close_and_open("} else {");
            self.out.line("rt::text(&rendered, f)?;");
            self.out.close("}");
        } else {
            self.nodes(&tag.body);
        }
        if !tag.otherwise.is_empty() {
            self.out.close_and_open("} else {");
            self.nodes(&tag.otherwise);
        }
        self.out.close("}");
        self.out.close("}");
    }

    pub(super) fn regroup(&mut self, tag: &Regroup) {
        let (target, at) = (self.expression(&tag.target), self.at(tag.site));
        let (key, item) = (self.expression(&tag.key), tag.item.0);
        self.out.open("{");
        self.out
            .line(&format!("let target = rt::bind({target}, {at})?;"));
        self.out.line(&format!(
            "let groups = rt::regroup(&target, |value{item}: rt::View<'_>| Ok(rt::bind({key}, {at})?.into_owned()), {at})?;"
        ));
        let (name, target) = &tag.assign;
        self.set(name, *target, "groups");
        self.out.close("}");
    }

    pub(super) fn filter_tag(
        &mut self,
        id: ValueId,
        filters: &Expression,
        body: &'t [Node],
        place: usize,
        site: SiteId,
    ) {
        self.out.open("{");
        self.captured(body);
        self.out
            .line(&format!("let held{} = rt::safe_text(&captured);", id.0));
        self.out
            .line(&format!("let value{0} = rt::View::of(&held{0});", id.0));
        let (filters, at) = (self.expression(filters), self.at(site));
        self.out
            .line(&format!("rt::filtered({filters}, {place}, {at})?;"));
        self.out.close("}");
    }

    pub(super) fn spaceless(&mut self, body: &'t [Node]) {
        self.out.open("{");
        self.captured(body);
        self.out.line("rt::spaceless(&captured, f)?;");
        self.out.close("}");
    }

    fn captured(&mut self, body: &'t [Node]) {
        self.out
            .open("let captured = rt::capture(f, |f: &mut rt::Frame<'_>| -> rt::Done {");
        self.nodes(body);
        self.out.line("Ok(())");
        self.out.close("})?;");
    }
}
