//! The canonical printed form of a unit: readable, and what its hash is made of.

use std::fmt::{self, Display, Formatter, Write};

use super::print_tags::{Arguments, Number};
use super::{
    Binding, Compared, Condition, Expression, FilterFunction, For, Level, Literal, Local,
    LoopParent, Missing, Node, Operand, Scope, Unit, UnitKind,
};

impl Display for Unit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            UnitKind::Template {
                parent,
                extends,
                blocks,
            } => {
                write!(f, "template {}", Quoted(&self.name))?;
                match parent {
                    Some(parent) => write!(f, " extends {}", Quoted(parent))?,
                    None if *extends => f.write_str(" extends a variable")?,
                    None => {}
                }
                if !blocks.is_empty() {
                    write!(f, " blocks {}", List(blocks))?;
                }
            }
            UnitKind::Block { name } => {
                write!(f, "block {} named {}", Quoted(&self.name), Quoted(name))?;
            }
            UnitKind::Partial { name } => {
                write!(f, "partial {} named {}", Quoted(&self.name), Quoted(name))?;
            }
        }
        if !self.renamed_from.is_empty() {
            write!(f, " renamed from {}", List(&self.renamed_from))?;
        }
        writeln!(f, "{}", self.level)?;
        // The typed body follows from the body and the types.
        if let Some(typed) = &self.typed {
            writeln!(f, "  context {}", typed.shape)?;
        }
        nodes(f, &self.body, 1)?;
        for (place, values) in self.cycles.iter().enumerate() {
            write!(f, "  cycle{place}")?;
            values.iter().try_for_each(|value| write!(f, " {value}"))?;
            f.write_str("\n")?;
        }
        Ok(())
    }
}

pub(super) fn nodes(f: &mut Formatter<'_>, list: &[Node], depth: usize) -> fmt::Result {
    list.iter().try_for_each(|item| node(f, item, depth))
}

fn node(f: &mut Formatter<'_>, node: &Node, depth: usize) -> fmt::Result {
    let indent = Indent(depth);
    match node {
        Node::Text(text) => writeln!(f, "{indent}text {}", Quoted(text)),
        Node::Output(value, site) => writeln!(f, "{indent}output {value} @{}", site.0),
        Node::If {
            branches,
            otherwise,
        } => {
            for (condition, body) in branches {
                writeln!(f, "{indent}when {condition}")?;
                nodes(f, body, depth + 1)?;
            }
            writeln!(f, "{indent}otherwise")?;
            nodes(f, otherwise, depth + 1)
        }
        Node::For(each) => for_node(f, each, depth),
        Node::With {
            bindings,
            level,
            body,
        } => {
            writeln!(f, "{indent}with{}{level}", Bindings(bindings))?;
            nodes(f, body, depth + 1)
        }
        Node::Autoescape { on, body } => {
            writeln!(f, "{indent}autoescape {on}")?;
            nodes(f, body, depth + 1)
        }
        Node::Include {
            name,
            bindings,
            scope,
            only,
            site,
        } => {
            let bindings = Bindings(bindings);
            let only = if *only { " only" } else { "" };
            writeln!(
                f,
                "{indent}include {name}{bindings}{only} {scope} @{}",
                site.0
            )
        }
        Node::Block { name, scope, site } => {
            let name = Quoted(name);
            writeln!(f, "{indent}block {name} {scope} @{}", site.0)
        }
        Node::Extend {
            parent,
            variable,
            site,
        } => {
            write!(f, "{indent}extend {parent}")?;
            if let Some(variable) = variable {
                write!(f, " from {}", Quoted(variable))?;
            }
            writeln!(f, " @{}", site.0)
        }
        Node::Setting {
            function,
            arguments,
            body,
            site,
        } => {
            let arguments = Arguments(arguments);
            writeln!(f, "{indent}setting {function}{arguments} @{}", site.0)?;
            nodes(f, body, depth + 1)
        }
        Node::Call(call) => call.print(f, depth),
        Node::Cycle(cycle) => cycle.print(f, depth),
        Node::ResetCycle(state) => writeln!(f, "{indent}reset {state}"),
        Node::FirstOf(first) => first.print(f, depth),
        Node::IfChanged(tag) => tag.print(f, depth),
        Node::Regroup(tag) => tag.print(f, depth),
        Node::Filter {
            id,
            filters,
            body,
            place,
            site,
        } => {
            let id = id.0;
            writeln!(
                f,
                "{indent}filter value{id} as {filters} after {place} @{}",
                site.0
            )?;
            nodes(f, body, depth + 1)
        }
        Node::Spaceless(body) => {
            writeln!(f, "{indent}spaceless")?;
            nodes(f, body, depth + 1)
        }
        Node::Partial(partial) => partial.print(f, depth),
        Node::Raise {
            exception,
            message,
            site,
        } => {
            let message = Quoted(message);
            writeln!(f, "{indent}raise {exception} {message} @{}", site.0)
        }
    }
}

fn for_node(f: &mut Formatter<'_>, each: &For, depth: usize) -> fmt::Result {
    let indent = Indent(depth);
    write!(f, "{indent}for loop{}", each.id.0)?;
    for (name, variable) in &each.variables {
        write!(f, " value{}", variable.0)?;
        if each.level.layer.is_some() {
            write!(f, " named {}", Quoted(name))?;
        }
    }
    write!(f, " in {}", each.sequence)?;
    if each.reversed {
        f.write_str(" reversed")?;
    }
    match each.parent {
        None => {}
        Some(LoopParent::Loop(id)) => write!(f, " inside loop{}", id.0)?,
        Some(LoopParent::Value(id)) => write!(f, " inside value{}", id.0)?,
        Some(LoopParent::Context) => f.write_str(" inside context")?,
    }
    if each.is_seen {
        f.write_str(" seen")?;
    }
    for state in &each.states {
        write!(f, " {}", Number(*state))?;
    }
    writeln!(f, "{} @{}", each.level, each.site.0)?;
    nodes(f, &each.body, depth + 1)?;
    writeln!(f, "{indent}empty{}", each.empty_level)?;
    nodes(f, &each.empty, depth + 1)
}

/// A text in quotes, from which it can be told exactly.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for run in self.0.split_inclusive(['"', '\\', '\n']) {
            if let Some(plain) = run.strip_suffix('\n') {
                f.write_str(plain)?;
                f.write_str("\\n")?;
            } else if let Some(plain) = run.strip_suffix(['"', '\\']) {
                f.write_str(plain)?;
                f.write_char('\\')?;
                f.write_str(&run[plain.len()..])?;
            } else {
                f.write_str(run)?;
            }
        }
        f.write_char('"')
    }
}

pub(super) struct List<'a>(pub(super) &'a [String]);

impl Display for List<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (place, text) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            write!(f, "{separator}{}", Quoted(text))?;
        }
        f.write_str("]")
    }
}

pub(super) struct Indent(pub(super) usize);

impl Display for Indent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        (0..self.0).try_for_each(|_| f.write_str("  "))
    }
}

pub(super) struct Bindings<'a>(pub(super) &'a [Binding]);

impl Display for Bindings<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|binding| {
            let (id, name, value) = (binding.id.0, Quoted(&binding.name), &binding.value);
            write!(f, " value{id} {name}={value} @{}", binding.site.0)
        })
    }
}

impl Display for Level {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (cell, name) in &self.cells {
            write!(f, " {}", Number(*cell))?;
            if let Some(name) = name {
                write!(f, "={}", Quoted(name))?;
            }
        }
        if let Some(scope) = &self.layer {
            write!(f, " layer {scope}")?;
        }
        Ok(())
    }
}

impl Display for Scope {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (place, (name, local)) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            let name = Quoted(name);
            match local {
                Local::Value(id) => write!(f, "{separator}{name}: value{}", id.0)?,
                Local::Loop(id) => write!(f, "{separator}{name}: loop{}", id.0)?,
                Local::Cell(id) => write!(f, "{separator}{name}: cell{}", id.0)?,
            }
        }
        f.write_str("]")
    }
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.operand.fmt(f)?;
        f.write_str(match self.missing {
            Missing::Invalid => "",
            Missing::None => "?",
            Missing::Raise => "!",
        })?;
        for call in &self.filters {
            f.write_str("|")?;
            if let FilterFunction::Library { library, .. } = &call.filter {
                write!(f, "{}.", Quoted(library))?;
            }
            f.write_str(call.filter.name())?;
            if let Some(argument) = &call.argument {
                write!(f, ":{argument}")?;
            }
        }
        Ok(())
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(Literal::Text { text, translated }) => {
                let mark = if *translated { "_" } else { "" };
                write!(f, "{mark}{}", Quoted(text))
            }
            Self::Literal(Literal::Int(number)) => write!(f, "{number}"),
            Self::Literal(Literal::BigInt(digits)) => f.write_str(digits),
            Self::Literal(Literal::Float(number)) => write!(f, "float {:#x}", number.to_bits()),
            Self::Context { parts } => write!(f, "context{}", List(parts)),
            Self::Local { id, parts } => write!(f, "value{}{}", id.0, List(parts)),
            Self::Cell {
                id,
                parts,
                otherwise,
            } => write!(f, "{}{} else {otherwise}", Number(*id), List(parts)),
            Self::LoopField { id, field } => write!(f, "loop{}.{field:?}", id.0),
            Self::Loop { id, parts } => write!(f, "loop{}{}", id.0, List(parts)),
            Self::BlockName => f.write_str("block.name"),
            Self::BlockSuper { scope, parts } => write!(f, "block.super{scope}{}", List(parts)),
        }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truth(value, site) => write!(f, "{value} @{}", site.0),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::And(left, right) => write!(f, "({left}) and ({right})"),
            Self::Or(left, right) => write!(f, "({left}) or ({right})"),
            Self::Compare {
                operator,
                left,
                right,
                site,
            } => write!(f, "({left}) {operator:?} ({right}) @{}", site.0),
        }
    }
}

impl Display for Compared {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::Condition(condition) => write!(f, "truth of {condition}"),
        }
    }
}
