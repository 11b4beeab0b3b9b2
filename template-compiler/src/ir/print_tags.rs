//! The printed form of what tags do that call functions or hold state.

use std::fmt::{self, Display, Formatter};

use super::print::{Bindings, Indent, List, Quoted, nodes};
use super::{
    Argument, Call, CallScope, CellId, Cycle, CycleValues, Export, FirstOf, Function, IfChanged,
    Partial, Regroup, State, Target, Upward, UpwardEnd,
};

pub(super) struct Number(pub(super) CellId);

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "cell{}", self.0.0)
    }
}

pub(super) struct Arguments<'a>(pub(super) &'a [Argument]);

impl Display for Arguments<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for argument in self.0 {
            f.write_str(" ")?;
            if !argument.name.is_empty() {
                write!(f, "{}=", Quoted(&argument.name))?;
            }
            write!(f, "{} @{}", argument.value, argument.site.0)?;
        }
        Ok(())
    }
}

struct Exports<'a>(&'a [Export]);

impl Display for Exports<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|export| write!(f, " {} to {}", Quoted(&export.name), export.target))
    }
}

struct Assign<'a, T>(&'a Option<(String, T)>);

impl<T: Display> Display for Assign<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((name, target)) => write!(f, " as {} in {target}", Quoted(name)),
            None => Ok(()),
        }
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell(cell) => Number(*cell).fmt(f),
            Self::Layer => f.write_str("layer"),
        }
    }
}

impl Display for State {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell(cell) => Number(*cell).fmt(f),
            Self::Run(id) => write!(f, "state{id} of run"),
            Self::Loop(id) => write!(f, "state{id} of loop"),
        }
    }
}

impl Display for Upward {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for cell in &self.cells {
            write!(f, "{} or ", Number(*cell))?;
        }
        match self.otherwise {
            UpwardEnd::Target(target) => target.fmt(f),
            UpwardEnd::Context => f.write_str("where it is known"),
        }
    }
}

impl Call {
    pub(super) fn print(&self, f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = Indent(depth);
        match &self.function {
            Function::Runtime(path) => write!(f, "{indent}call {path}")?,
            Function::Library(tag) => {
                let (library, name) = (Quoted(&tag.library), Quoted(&tag.name));
                let text = Quoted(&tag.text);
                write!(f, "{indent}call {library} {name} {text}")?;
                if tag.escape {
                    f.write_str(" escaped")?;
                }
                if let Some((template, token)) = &tag.include {
                    write!(f, " including {} with {token}", Quoted(template))?;
                }
            }
        }
        if !self.options.is_empty() {
            write!(f, " {}", List(&self.options))?;
        }
        if !self.bindings.is_empty() {
            write!(f, " with{}", Bindings(&self.bindings))?;
        }
        if self.catches {
            f.write_str(" catching")?;
        }
        write!(f, "{}{}", Arguments(&self.arguments), Assign(&self.assign))?;
        match &self.scope {
            CallScope::Layer => f.write_str(" layer")?,
            CallScope::Locals(scope, exports) => write!(f, " {scope}{}", Exports(exports))?,
        }
        writeln!(f, " @{}", self.site.0)?;
        for body in &self.bodies {
            writeln!(f, "{indent}body")?;
            nodes(f, body, depth + 1)?;
        }
        Ok(())
    }
}

impl Cycle {
    pub(super) fn print(&self, f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
        write!(f, "{}cycle {}", Indent(depth), self.state)?;
        match &self.values {
            CycleValues::Inline(values) => {
                values.iter().try_for_each(|value| write!(f, " {value}"))?;
            }
            CycleValues::Shared {
                place,
                count,
                scope,
            } => write!(f, " cycle{place} of {count} {scope}")?,
        }
        let silent = if self.silent { " silent" } else { "" };
        writeln!(f, "{}{silent} @{}", Assign(&self.assign), self.site.0)
    }
}

impl FirstOf {
    pub(super) fn print(&self, f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
        write!(f, "{}first of", Indent(depth))?;
        for (value, site) in &self.values {
            write!(f, " {value} @{}", site.0)?;
        }
        writeln!(f, "{}", Assign(&self.assign))
    }
}

impl IfChanged {
    pub(super) fn print(&self, f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = Indent(depth);
        write!(f, "{indent}changed {}", self.state)?;
        for (value, site) in &self.values {
            write!(f, " {value} @{}", site.0)?;
        }
        f.write_str("\n")?;
        nodes(f, &self.body, depth + 1)?;
        writeln!(f, "{indent}otherwise")?;
        nodes(f, &self.otherwise, depth + 1)
    }
}

impl Regroup {
    pub(super) fn print(&self, f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
        let (name, target) = &self.assign;
        writeln!(
            f,
            "{}regroup {} by value{}: {} as {} in {target} @{}",
            Indent(depth),
            self.target,
            self.item.0,
            self.key,
            Quoted(name),
            self.site.0
        )
    }
}

impl Partial {
    pub(super) fn print(&self, f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
        let (indent, name) = (Indent(depth), Quoted(&self.name));
        write!(f, "{indent}partial {name} {}", self.scope)?;
        match &self.exports {
            Some(exports) => write!(f, "{}", Exports(exports))?,
            None => f.write_str(" all")?,
        }
        writeln!(f, " @{}", self.site.0)
    }
}
