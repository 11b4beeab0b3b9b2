//! Expressions and conditions as Rust text.

use super::Function;
use super::quote::{quote, quote_list};
use super::spot::loop_field;
use crate::ir::{
    Binding, Compared, Condition, Expression, FilterFunction, Literal, Local, LoopField, LoopId,
    Missing, Operand, Operator, Scope,
};

impl Function<'_, '_> {
    /// An expression, as text of type `rt::Flow`.
    pub(super) fn expression(&mut self, expression: &Expression) -> String {
        let (mut text, done) = match self.flow_place(expression) {
            Some((place, done)) => (format!("rt::flow({}, f, s)", place.arguments()), done),
            None => (self.operand(&expression.operand, expression.missing), 0),
        };
        for call in &expression.filters[done..] {
            let argument = call.argument.as_ref();
            let argument = argument.map(|argument| self.argument(argument));
            text = match (&call.filter, argument) {
                (FilterFunction::Builtin(filter), None) => {
                    let (function, safe) = (filter.function, filter.is_safe);
                    format!("rt::filter({text}, rt::filters::{function}, {safe}, f)")
                }
                (FilterFunction::Builtin(filter), Some(argument)) => {
                    let (function, safe) = (filter.function, filter.is_safe);
                    format!(
                        "rt::filter_with({text}, rt::filters::{function}, {argument}, {safe}, f)"
                    )
                }
                (
                    FilterFunction::Library {
                        library,
                        name,
                        is_safe,
                    },
                    argument,
                ) => {
                    let (library, name) = (quote(library), quote(name));
                    let argument = match argument {
                        Some(argument) => format!("Some({argument})"),
                        None => "None".to_owned(),
                    };
                    format!(
                        "rt::library_filter({text}, {library}, {name}, {argument}, {is_safe}, f)"
                    )
                }
            };
        }
        text
    }

    /// The argument of a filter.
    fn argument(&mut self, argument: &Operand) -> String {
        self.expression(&Expression {
            operand: argument.clone(),
            missing: Missing::Raise,
            filters: Vec::new(),
        })
    }

    fn operand(&mut self, operand: &Operand, missing: Missing) -> String {
        if let Operand::Cell { parts, .. } = operand {
            return self.cell_operand(operand, parts, missing);
        }
        let missing = missing_text(missing);
        match operand {
            Operand::Literal(Literal::Text {
                text,
                translated: true,
            }) => {
                format!("rt::literal_translated({}, f)", quote(text))
            }
            Operand::Literal(Literal::Text { text, .. }) => {
                format!("rt::literal_text({})", quote(text))
            }
            Operand::Literal(Literal::Int(number)) => format!("rt::literal_int({number})"),
            Operand::Literal(Literal::BigInt(digits)) => {
                format!("rt::literal_big_int({})", quote(digits))
            }
            Operand::Literal(Literal::Float(number)) => {
                format!("rt::literal_float({:#x})", number.to_bits())
            }
            Operand::Context { parts } => {
                format!("rt::context({}, {missing}, f, s)", quote_list(parts))
            }
            Operand::Local { id, parts } => {
                format!(
                    "rt::local(value{}, {}, {missing}, f)",
                    id.0,
                    quote_list(parts)
                )
            }
            // Handled above.
            Operand::Cell { .. } => String::new(),
            Operand::LoopField { id, field } => {
                format!(
                    "rt::loop_field({}, rt::LoopField::{field:?})",
                    self.loop_state(*id)
                )
            }
            Operand::Loop { id, parts } => {
                let (state, parts) = (self.loop_state(*id), quote_list(parts));
                format!("rt::loop_path({state}, {parts}, {missing}, f)")
            }
            Operand::BlockName => "rt::block_name(B)".to_owned(),
            Operand::BlockSuper { scope, parts } => {
                let (scope, parts) = (self.scope(scope), quote_list(parts));
                format!("rt::block_super(T, B, {scope}, {parts}, {missing}, f)")
            }
        }
    }

    /// A lookup that starts from cells.
    fn cell_operand(&mut self, operand: &Operand, parts: &[String], missing: Missing) -> String {
        let mut cells = Vec::new();
        let mut innermost = operand;
        while let Operand::Cell { id, otherwise, .. } = innermost {
            cells.push(self.cell(*id));
            innermost = otherwise;
        }
        let cells = cells.join(", ");
        let (parts, text) = (quote_list(parts), missing_text(missing));
        match innermost {
            Operand::Context { .. } => format!("rt::cells(&[{cells}], {parts}, {text}, f, s)"),
            Operand::Local { id, .. } => {
                let id = id.0;
                format!("rt::cells_or_local(&[{cells}], value{id}, {parts}, {text}, f)")
            }
            innermost => {
                let otherwise = self.operand(innermost, missing);
                format!(
                    "(match rt::first_cell(&[{cells}]) {{ Some(value) => rt::detach(rt::local(rt::View::of(&value), {parts}, {text}, f)), None => {otherwise} }})"
                )
            }
        }
    }

    /// A reference to a loop's state.
    pub(super) fn loop_state(&self, id: LoopId) -> String {
        let reference = if self.own_loops.contains(&id) {
            "&"
        } else {
            ""
        };
        format!("{reference}loop{}", id.0)
    }

    /// The scope that another unit is called with.
    pub(super) fn scope(&mut self, scope: &Scope) -> String {
        self.scope_with("s", scope, &[])
    }

    /// A scope inside `outer` with the locals of `scope` and the given bindings.
    pub(super) fn scope_with(
        &mut self,
        outer: &str,
        scope: &Scope,
        bindings: &[Binding],
    ) -> String {
        let (names, values) = self.scope_lists(scope, bindings);
        match (names.is_empty(), outer) {
            (true, "s") => return "s".to_owned(),
            (true, outer) => return format!("&{outer}"),
            _ => {}
        }
        let number = self.kept_names(names);
        format!("&{outer}.with(&N{number}, &[{values}])")
    }

    /// The number of the static with these names.
    pub(super) fn kept_names(&mut self, names: Vec<String>) -> usize {
        let known = self.names.iter().position(|known| *known == names);
        known.unwrap_or_else(|| {
            self.names.push(names);
            self.names.len() - 1
        })
    }

    /// The names of a scope and their values, as the items of arrays.
    pub(super) fn scope_lists(&self, scope: &Scope, bindings: &[Binding]) -> (Vec<String>, String) {
        let mut names = Vec::new();
        let mut values = Vec::new();
        for (name, local) in &scope.0 {
            names.push(name.clone());
            values.push(match local {
                Local::Value(id) => format!("rt::Local::Value(value{})", id.0),
                Local::Loop(id) => format!("rt::Local::Loop({})", self.loop_state(*id)),
                Local::Cell(id) => format!("rt::cell_local({})", self.cell(*id)),
            });
        }
        for binding in bindings {
            names.push(binding.name.clone());
            values.push(format!("rt::Local::Value(value{})", binding.id.0));
        }
        (names, values.join(", "))
    }

    /// The condition of a branch, as text of type `bool`. The first thing that it evaluates
    /// writes the text that is still to be written, if [`takes_text`](Self::takes_text) says
    /// so.
    pub(super) fn branch(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::Truth(value, site) => {
                if let Some((id, field)) = loop_field(value) {
                    return self.field_holds(id, field);
                }
                match self.place(value, *site) {
                    Some(place) => format!("rt::holds({}, f, s)?", place.arguments()),
                    None => {
                        let value = self.expression(value);
                        format!("rt::condition({value}, f, U, {})?", site.0)
                    }
                }
            }
            condition => self.condition(condition),
        }
    }

    fn field_holds(&self, id: LoopId, field: LoopField) -> String {
        format!(
            "rt::field_holds({}, rt::LoopField::{field:?})",
            self.loop_state(id)
        )
    }

    /// A condition below an operator, as text of type `bool`.
    fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::Truth(value, _) => match loop_field(value) {
                Some((id, field)) => self.field_holds(id, field),
                None => format!("({} == Some(true))", self.truth(condition)),
            },
            Condition::Not(inner) => match &**inner {
                Condition::Truth(value, _) => match loop_field(value) {
                    Some((id, field)) => format!("!{}", self.field_holds(id, field)),
                    None => format!("({} == Some(false))", self.truth(inner)),
                },
                inner => format!("!{}", self.condition(inner)),
            },
            Condition::And(left, right) => {
                format!("({} && {})", self.condition(left), self.condition(right))
            }
            Condition::Or(left, right) => match &**left {
                // An exception on the left makes the whole false, whatever the right is.
                Condition::Truth(value, _) if loop_field(value).is_none() => {
                    let (left, right) = (self.truth(left), self.condition(right));
                    format!(
                        "(match {left} {{ Some(false) => {right}, known => known == Some(true) }})"
                    )
                }
                left => format!("({} || {})", self.condition(left), self.condition(right)),
            },
            Condition::Compare {
                operator,
                left,
                right,
                site,
            } => {
                let operator = comparison(*operator);
                if let Some((left, right)) = self.are_compared(left, right)
                    && let Some(left) = self.place(left, *site)
                    && let Some(right) = self.silent_place(right, *site)
                {
                    let (left, right) = (left.arguments(), right.arguments());
                    return format!(
                        "rt::compares(rt::Comparison::{operator}, ({left}), ({right}), f, s)?"
                    );
                }
                let (left, right) = (self.compared(left), self.compared(right));
                format!(
                    "rt::compare(rt::Comparison::{operator}, {left}, {right}, f, U, {})?",
                    site.0
                )
            }
        }
    }

    /// The truth of a value, as text of type `Option<bool>`: nothing if it raised.
    fn truth(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::Truth(value, site) => match self.place(value, *site) {
                Some(place) => format!("rt::known({}, f, s)?", place.arguments()),
                None => {
                    let value = self.expression(value);
                    format!("rt::truth({value}, f, U, {})?", site.0)
                }
            },
            condition => format!("Some({})", self.condition(condition)),
        }
    }

    fn compared(&mut self, compared: &Compared) -> String {
        match compared {
            Compared::Value(value) => self.expression(value),
            Compared::Condition(condition) => {
                format!("rt::literal_bool({})", self.condition(condition))
            }
        }
    }
}

pub(super) fn missing_text(missing: Missing) -> &'static str {
    match missing {
        Missing::Invalid => "rt::Missing::Invalid",
        Missing::None => "rt::Missing::None",
        Missing::Raise => "rt::Missing::Raise",
    }
}

pub(super) fn comparison(operator: Operator) -> &'static str {
    match operator {
        Operator::Or => "Or",
        Operator::And => "And",
        Operator::In => "In",
        Operator::NotIn => "NotIn",
        Operator::Is => "Is",
        Operator::IsNot => "IsNot",
        Operator::Equal => "Equal",
        Operator::NotEqual => "NotEqual",
        Operator::Greater => "Greater",
        Operator::GreaterEqual => "GreaterEqual",
        Operator::Less => "Less",
        Operator::LessEqual => "LessEqual",
    }
}
