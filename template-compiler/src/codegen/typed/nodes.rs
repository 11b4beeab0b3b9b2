//! Nodes as Rust statements that write fields.

use std::collections::BTreeSet;

use super::conditions::length;
use super::dates;
use super::parts::{expression_locals, with_parents};
use super::runs::Piece;
use super::{Typed, record_type};
use crate::codegen::quote::quote;
use crate::contexts::Type;
use crate::ir::{
    BoundTo, Direct, Dynamic, Expression, Local, LocalType, LoopField, LoopId, LoopParent, Node,
    Operand, Path, SiteId, Start, TypedBinding, TypedFor, TypedInclude, TypedNode, ValueId,
};

/// The longest text that starts a round of a loop and is written with the end of the round
/// before.
const LONGEST_START: usize = 128;

impl<'t> Typed<'_, 't> {
    pub(super) fn node(&mut self, node: &'t TypedNode) {
        match node {
            TypedNode::Text(text) => self.piece(Piece::Text(text.clone())),
            TypedNode::LoopField(id, field) => {
                let value = self.loop_field(*id, *field);
                match field {
                    LoopField::First | LoopField::Last => self.truth_value(&value),
                    _ => self.piece(Piece::Unsigned(format!("{value} as u64"))),
                }
            }
            TypedNode::Output {
                path,
                filter,
                otherwise,
                site,
            } => self.output(path, filter.as_ref(), otherwise, *site),
            TypedNode::If {
                branches,
                otherwise,
            } => {
                self.flush();
                for (place, (condition, body)) in branches.iter().enumerate() {
                    let condition = self.condition(condition);
                    if place == 0 {
                        self.open(&format!("if {condition} {{"));
                    } else {
                        let next = format!("}} else if {condition} {{");
                        self.function.out.close_and_open(&next);
                    }
                    self.nodes(body);
                    self.flush();
                }
                if !otherwise.is_empty() {
                    self.function.out.close_and_open("} else {");
                    self.nodes(otherwise);
                    self.flush();
                }
                self.close("}");
            }
            TypedNode::For(each) => self.for_node(each),
            TypedNode::With {
                bindings,
                cells,
                body,
            } => {
                self.flush();
                self.open("{");
                bindings.iter().for_each(|binding| self.binding(binding));
                self.cells(cells);
                self.nodes(body);
                self.flush();
                self.close("}");
            }
            TypedNode::Include(include) => self.include(include),
            TypedNode::Dynamic(node) => self.dynamic(node),
        }
    }

    /// Prints that a template is called with what is known to be in scope, where the host says
    /// that it can be, and else is included as it is with any context.
    fn include(&mut self, include: &'t TypedInclude) {
        let Node::Include {
            scope, only, site, ..
        } = &include.otherwise.inner
        else {
            return;
        };
        self.flush();
        let (mut names, mut offered) = (Vec::new(), Vec::new());
        for offer in &include.offers {
            names.push(format!("rt::rstr({})", quote(&offer.name)));
            offered.push(match &offer.path {
                Some((path, _)) if path.steps.is_empty() && path.start == Start::Context => {
                    "rt::View::new(c)".to_owned()
                }
                Some((path, _)) => format!("rt::View::new(&{})", self.place(path)),
                None => "rt::View::nothing()".to_owned(),
            });
        }
        let count = names.len();
        let types = include.offers.iter().map(|offer| match &offer.path {
            Some((_, record)) => format!("rt::offered::<{}>()", record_type(record, "'static")),
            None => "rt::hidden()".to_owned(),
        });
        let types: Vec<String> = types.collect();
        let (names, types, offered) = (names.join(", "), types.join(", "), offered.join(", "));
        let link = quote(&include.template);
        let own = format!("{}_{}", self.place.number, self.includes.len());
        self.includes.push(format!(
            "rt::IncludeSite::new(&LINK{own}, &NAMES{own}, &TYPES{own})"
        ));
        let own_statics = [
            format!("static LINK{own}: rt::Link = rt::Link::to_template({link});"),
            format!("static NAMES{own}: [rt::RStr<'static>; {count}] = [{names}];"),
            format!("static TYPES{own}: [rt::ROption<rt::TableFn>; {count}] = [{types}];"),
        ];
        self.statics.extend(own_statics);
        self.open("w.with(|f| -> rt::Done {");
        self.line(&format!(
            "let offered: [rt::View<'_>; {count}] = [{offered}];"
        ));
        let at = self.function.at(*site);
        self.line(&format!(
            "let callee = f.callee(&LINK{own}, &NAMES{own}, &offered);"
        ));
        if let Some(call) = self.include_near(include, &at) {
            self.line(&format!("if let Some(done) = {call} {{ return done; }}"));
        }
        self.line(&format!(
            "if let Some(done) = rt::include_closed(callee, &offered, s, {at}) {{ return done; }}"
        ));
        let nodes = std::slice::from_ref(&include.otherwise.inner);
        let locals = crate::codegen::split::free_locals(nodes);
        for line in self.views(&include.otherwise.views, &locals) {
            self.line(&line);
        }
        let outer = if *only { "rt::Scope::empty()" } else { "s" };
        let scope = self.function.scope_with(outer, scope, &[]);
        self.line(&format!(
            "rt::include_bound(callee, &offered, &LINK{own}, {scope}, {at})"
        ));
        self.close("})?;");
    }

    /// Prints what is done with any context.
    fn dynamic(&mut self, node: &'t Dynamic<Node>) {
        self.flush();
        let nodes = std::slice::from_ref(&node.inner);
        let locals = crate::codegen::split::free_locals(nodes);
        self.open("w.with(|f| -> rt::Done {");
        for line in self.views(&node.views, &locals) {
            self.line(&line);
        }
        self.function.nodes(nodes);
        self.line("Ok(())");
        self.close("})?;");
    }

    fn dynamic_output(&mut self, value: &Expression, site: SiteId) {
        let views = self.views(&[], &expression_locals(value));
        self.open("w.with(|f| -> rt::Done {");
        views.iter().for_each(|line| self.line(line));
        self.function.output(value, site);
        self.line("Ok(())");
        self.close("})?;");
    }

    /// The statements that make views of fields and of the typed ones among `locals`, so
    /// that code for any context can use them.
    pub(super) fn views(
        &mut self,
        views: &[(ValueId, Path)],
        locals: &BTreeSet<Local>,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        for (id, path) in views {
            let place = self.place(path);
            lines.push(format!("let value{} = rt::View::new(&{place});", id.0));
        }
        let own = |id: &ValueId| views.iter().any(|(own, _)| own == id);
        let all = with_parents(locals, &self.known);
        for local in &all {
            match local {
                Local::Value(id) if !own(id) => match self.known.values.get(id) {
                    None | Some(LocalType::View) => {}
                    Some(LocalType::Named(_) | LocalType::Unnamed) => {
                        let id = id.0;
                        lines.push(format!("let value{id} = rt::View::new(item{id});"));
                    }
                },
                // An outer loop has a smaller number than those inside it.
                Local::Loop(id) => self.loop_state(*id, &mut lines),
                Local::Value(_) | Local::Cell(_) => {}
            }
        }
        lines
    }

    fn loop_state(&mut self, id: LoopId, lines: &mut Vec<String>) {
        let Some(&(parent, _)) = self.known.loops.get(&id) else {
            return;
        };
        self.function.own_loops.insert(id);
        let number = id.0;
        let parent = match parent {
            None => "rt::Local::Unset".to_owned(),
            Some(LoopParent::Loop(outer)) => format!("rt::Local::Loop(&loop{})", outer.0),
            Some(LoopParent::Value(value)) => format!("rt::Local::Value(value{})", value.0),
            Some(LoopParent::Context) => {
                lines.push(format!("let outside{number} = rt::outer_loop(s);"));
                format!("rt::outer_local(&outside{number})")
            }
        };
        lines.push(format!(
            "let loop{number} = rt::LoopState {{ index: index{number}, length: length{number}, serial: serial{number}, parent: {parent} }};"
        ));
    }

    fn binding(&mut self, binding: &'t TypedBinding) {
        let id = binding.id;
        match &binding.value {
            BoundTo::Path(path, ty) => {
                let place = self.place(path);
                self.line(&format!("let item{} = &{place};", id.0));
                self.known.values.insert(id, ty);
            }
            BoundTo::Value(value, site) => {
                let views = self.views(&value.views, &expression_locals(&value.inner));
                let mut text = self.function.expression(&value.inner);
                let at = self.function.at(*site);
                let is_lasting = matches!(
                    value.inner.operand,
                    Operand::Context { .. } | Operand::Local { .. } | Operand::Literal(_)
                );
                if !is_lasting {
                    text = format!("rt::detach({text})");
                }
                self.open(&format!("let held{} = w.with(|f| {{", id.0));
                views.iter().for_each(|line| self.line(line));
                self.line(&format!("rt::bind({text}, {at})"));
                self.close("})?;");
                self.line(&format!("let value{0} = rt::View::of(&held{0});", id.0));
                self.known.values.insert(id, &LocalType::View);
            }
        }
    }

    fn for_node(&mut self, each: &'t TypedFor) {
        self.flush();
        let id = each.id.0;
        self.open("{");
        if each.list.can_fail() {
            let reference = self.reference(&each.list, false);
            self.line(&format!(
                "let items{id}: &[_] = match {reference} {{ Some(items) => items, None => &[] }};"
            ));
        } else {
            let place = self.place(&each.list);
            self.line(&format!("let items{id}: &[_] = &{place};"));
        }
        self.line(&format!("let length{id} = items{id}.len();"));
        self.line(&if each.is_seen {
            format!("let serial{id} = w.with(|f| f.next_serial());")
        } else {
            format!("let serial{id} = 0_u64;")
        });
        self.cells(&each.cells);
        self.line(&format!("let mut index{id} = 0_usize;"));
        self.known
            .loops
            .insert(each.id, (each.parent, each.is_seen));
        let backwards = if each.reversed { ".rev()" } else { "" };
        match each.body.as_slice() {
            [TypedNode::Text(start), rest @ ..]
                if start.len() <= LONGEST_START && !Self::is_split(&each.body) =>
            {
                self.rotated(each, start, rest, backwards);
            }
            body => {
                self.open(&format!("for part{id} in items{id}.iter(){backwards} {{"));
                self.variables(each);
                self.nodes(body);
                self.flush();
                self.line(&format!("index{id} += 1;"));
                self.close("}");
            }
        }
        if !each.empty.is_empty() {
            self.open(&format!("if length{id} == 0 {{"));
            self.cells(&each.empty_cells);
            self.nodes(&each.empty);
            self.flush();
            self.close("}");
        }
        self.close("}");
    }

    /// A loop in which the text that starts a round is written with what ends the round
    /// before.
    fn rotated(&mut self, each: &'t TypedFor, start: &str, rest: &'t [TypedNode], backwards: &str) {
        let id = each.id.0;
        self.line(&format!("let mut rest{id} = items{id}.iter(){backwards};"));
        self.open(&format!("if let Some(mut part{id}) = rest{id}.next() {{"));
        self.write(&[Piece::Text(start.to_owned())]);
        self.open("loop {");
        self.variables(each);
        rest.iter().for_each(|node| self.node(node));
        let end = std::mem::take(&mut self.run);
        self.open(&format!("match rest{id}.next() {{"));
        self.open("Some(next) => {");
        self.run.clone_from(&end);
        self.piece(Piece::Text(start.to_owned()));
        self.flush();
        self.line(&format!("part{id} = next;"));
        self.line(&format!("index{id} += 1;"));
        self.close("}");
        self.open("None => {");
        self.write(&end);
        self.line("break;");
        self.close("}");
        self.close("}");
        self.close("}");
        self.close("}");
    }

    /// Prints the variables of a round.
    fn variables(&mut self, each: &'t TypedFor) {
        let id = each.id.0;
        for (place, (variable, ty, pointers)) in each.variables.iter().enumerate() {
            let part = if each.unpacks {
                format!("part{id}.{place}")
            } else {
                format!("(*part{id})")
            };
            let part = (0..*pointers).fold(part, |part, _| format!("(*{part})"));
            self.line(&format!("let item{} = &{part};", variable.0));
            self.known.values.insert(*variable, ty);
        }
        self.cells(&each.item_cells);
        for cell in &each.cleared {
            let cell = self.function.cell_mut(*cell);
            self.line(&format!("rt::clear({cell});"));
        }
    }

    fn output(
        &mut self,
        path: &Path,
        filter: Option<&Direct>,
        otherwise: &Expression,
        site: SiteId,
    ) {
        let written = Written {
            filter,
            otherwise,
            site,
        };
        if !path.can_fail() {
            let place = self.place(path);
            self.value(&place, &path.ty, written);
            return;
        }
        self.flush();
        let reference = self.reference(path, false);
        let name = self.option();
        self.open(&format!("match {reference} {{"));
        self.open(&format!("Some({name}) => {{"));
        self.value(&format!("(*{name})"), &path.ty, written);
        self.flush();
        self.close("}");
        self.open("None => {");
        self.dynamic_output(otherwise, site);
        self.close("}");
        self.close("}");
    }

    /// Prints that the value in a place is written, by way of a filter if there is one.
    fn value(&mut self, place: &str, ty: &Type, written: Written<'_>) {
        let Some(filter) = written.filter else {
            self.plain_value(place, ty, written.site);
            return;
        };
        if let Type::Option(inner) = ty {
            let none = match filter {
                Direct::Default(text) | Direct::DefaultIfNone(text) => text.as_str(),
                Direct::YesNo([.., maybe]) => maybe,
                _ => "None",
            };
            self.optional(place, none, |printer, place| {
                printer.value(place, inner, written);
            });
            return;
        }
        let text = match ty {
            Type::Safe => format!("&{place}.0"),
            _ => format!("&{place}"),
        };
        let (is_text, is_safe) = (
            matches!(ty, Type::Text | Type::Safe),
            matches!(ty, Type::Safe),
        );
        match filter {
            Direct::Text(name @ ("upper" | "lower" | "capfirst")) if !is_safe => {
                self.through(name, &text, written.site);
            }
            Direct::Text(name) => {
                self.call(&format!("{name}({text}, {is_safe}"), written.site);
            }
            Direct::Safe => self.call(&format!("passed({text}, true"), written.site),
            Direct::Length => {
                let length = length(place, ty);
                self.piece(Piece::Unsigned(format!("{length} as u64")));
            }
            Direct::Default(default) if is_safe => {
                let default = quote(default);
                let call = format!("default({text}, {is_safe}, {default}");
                self.call(&call, written.site);
            }
            Direct::Default(default) if is_text => self.either(
                &format!("{place}.is_empty()"),
                |printer| printer.piece(Piece::Text(default.clone())),
                |printer| printer.through("passed", &text, written.site),
            ),
            Direct::Default(default) => {
                let truth = self.truth(place, ty);
                self.either(
                    &truth,
                    |printer| printer.plain_value(place, ty, written.site),
                    |printer| printer.piece(Piece::Text(default.clone())),
                );
            }
            Direct::DefaultIfNone(_) if is_text && !is_safe => {
                self.through("passed", &text, written.site);
            }
            Direct::DefaultIfNone(_) if is_text => {
                self.call(&format!("passed({text}, {is_safe}"), written.site);
            }
            Direct::DefaultIfNone(_) => self.plain_value(place, ty, written.site),
            Direct::YesNo([yes, no, _]) => {
                let truth = self.truth(place, ty);
                self.words(&truth, yes, no);
            }
            Direct::Plural([singular, plural]) => {
                let number = match ty {
                    Type::List(_) => format!("{place}.len()"),
                    _ => place.to_owned(),
                };
                self.words(&format!("{number} == 1"), singular, plural);
            }
            Direct::Join(separator) => {
                let separator = quote(separator);
                let items = format!("&mut {place}.iter().map(|item| rt::typed::text(item))");
                self.call(&format!("join({items}, {separator}"), written.site);
            }
            Direct::Date(parts) => {
                let run = std::mem::take(&mut self.run);
                let name = self.option();
                let wanted = dates::wanted(parts);
                self.open(&format!("match w.day(&{place}, {wanted}) {{"));
                self.open(&format!("Some({name}) => {{"));
                self.run.clone_from(&run);
                (parts.iter()).for_each(|part| self.piece(dates::piece(part, &name)));
                self.flush();
                self.close("}");
                self.open("None => {");
                self.write(&run);
                self.dynamic_output(written.otherwise, written.site);
                self.close("}");
                self.close("}");
            }
            Direct::Add(number) => {
                self.flush();
                self.open(&format!(
                    "match ({place} as i64).checked_add({number}_i64) {{"
                ));
                self.line("Some(sum) => w.put(rt::int(sum))?,");
                self.open("None => {");
                self.dynamic_output(written.otherwise, written.site);
                self.close("}");
                self.close("}");
            }
        }
    }

    fn plain_value(&mut self, place: &str, ty: &Type, site: SiteId) {
        match ty {
            Type::Text => self.piece(Piece::Escaped(format!("&{place}"))),
            Type::Safe => {
                self.flush();
                self.line(&format!("w.text(&{place}.0)?;"));
            }
            Type::Int => self.piece(Piece::Int(format!("{place} as i64"))),
            Type::Unsigned => self.piece(Piece::Unsigned(format!("{place} as u64"))),
            Type::Bool => self.truth_value(place),
            Type::Float => self.call(&format!("float({place} as f64"), site),
            Type::Date => self.call(&format!("date(&{place}"), site),
            Type::DateTime => self.call(&format!("moment(&{place}"), site),
            Type::Option(inner) => self.optional(place, "None", |printer, place| {
                printer.plain_value(place, inner, site);
            }),
            // No others are written directly.
            _ => {}
        }
    }

    /// Prints a call of one of the runtime's functions for typed code, whose arguments are
    /// not complete yet.
    fn call(&mut self, call: &str, site: SiteId) {
        self.flush();
        let at = self.function.at(site);
        self.line(&format!("w.with(|f| rt::typed::{call}, {at}))?;"));
    }

    /// Prints that the writer writes what a filter makes of a text that is not safe.
    fn through(&mut self, filter: &str, text: &str, site: SiteId) {
        self.flush();
        // Rustc's messages about this line are about the place in the template.
        let _: String = self.function.at(site);
        self.line(&format!("w.{filter}({text}, U, {})?;", site.0));
    }

    fn truth_value(&mut self, truth: &str) {
        self.flush();
        self.line(&format!(
            "w.text(if {truth} {{ \"True\" }} else {{ \"False\" }})?;"
        ));
    }

    /// Prints what is done with what an option holds, or else text.
    fn optional(&mut self, place: &str, none: &str, some: impl FnOnce(&mut Self, &str)) {
        self.flush();
        let name = self.option();
        self.open(&format!("match &{place} {{"));
        self.open(&format!("Some({name}) => {{"));
        some(self, &format!("(*{name})"));
        self.flush();
        self.close("}");
        self.open("None => {");
        self.piece(Piece::Text(none.to_owned()));
        self.flush();
        self.close("}");
        self.close("}");
    }

    fn words(&mut self, condition: &str, yes: &str, no: &str) {
        self.either(
            condition,
            |printer| printer.piece(Piece::Text(yes.to_owned())),
            |printer| printer.piece(Piece::Text(no.to_owned())),
        );
    }

    fn either(&mut self, condition: &str, yes: impl FnOnce(&mut Self), no: impl FnOnce(&mut Self)) {
        self.flush();
        self.open(&format!("if {condition} {{"));
        yes(self);
        self.flush();
        self.function.out.close_and_open("} else {");
        no(self);
        self.flush();
        self.close("}");
    }
}

/// How a value is written.
#[derive(Clone, Copy)]
struct Written<'e> {
    filter: Option<&'e Direct>,
    /// The same as an expression.
    otherwise: &'e Expression,
    site: SiteId,
}
