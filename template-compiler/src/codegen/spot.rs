//! What is constant about a place in a template, so that one call does all of its work.

use super::quote::{quote, quote_list};
use super::{Function, expression};
use crate::ir::{
    Compared, Condition, Expression, FilterCall, FilterFunction, Literal, LoopField, LoopId,
    Missing, Node, Operand, SiteId, ValueId,
};

/// How many parts of a name the runtime remembers the places of.
const MOST_PARTS: usize = 8;

/// The filters whose results the runtime writes without making them.
const DIRECT: [(&str, &str); 13] = [
    ("dates::date", "date"),
    ("html::escape", "escape"),
    ("html::force_escape", "escape"),
    ("html::safe", "safe"),
    ("lists::join", "join"),
    ("lists::length", "length"),
    ("logic::default", "default"),
    ("logic::default_if_none", "default_if_none"),
    ("logic::pluralize", "pluralize"),
    ("logic::yesno", "yesno"),
    ("strings::capfirst", "capfirst"),
    ("strings::lower", "lower"),
    ("strings::upper", "upper"),
];

/// The filters of whose results the runtime knows the truth without making them.
const TESTS: [(&str, &str); 2] = [
    ("lists::length", "has_items"),
    ("numbers::divisibleby", "is_divisible"),
];

/// The filters that the runtime has quicker ways for.
const KNOWN: [(&str, &str); 4] = [
    (DEFAULT, "Default"),
    ("logic::pluralize", "Pluralize"),
    ("numbers::divisibleby", "Divisibleby"),
    ("strings::upper", "Upper"),
];

/// The filter of which the runtime is given what its argument becomes.
const DEFAULT: &str = "logic::default";

/// The filter of which the runtime reads the format beforehand.
const DATE: &str = "dates::date";

/// What the lengths of padded texts are multiples of.
const UNIT: usize = 32;

/// A place, as text: the reference to what is constant about it, and the local that its
/// lookup starts from.
pub(super) struct Place {
    pub(super) spot: String,
    pub(super) row: String,
}

impl Place {
    /// Both as arguments.
    pub(super) fn arguments(&self) -> String {
        format!("{}, {}", self.spot, self.row)
    }
}

/// A spot as text.
pub(super) struct PrintedSpot {
    pub(super) site: Option<SiteId>,
    pub(super) text: String,
}

/// A constant, as text of type `rt::Start`.
fn constant(operand: &Operand) -> Option<String> {
    Some(match operand {
        Operand::Literal(Literal::Text {
            text,
            translated: false,
        }) => format!("rt::Start::Text(&rt::rstr({}))", quote(text)),
        Operand::Literal(Literal::Int(number)) => format!("rt::Start::Int({number})"),
        Operand::Literal(Literal::Float(number)) => {
            format!("rt::Start::Float({:#x})", number.to_bits())
        }
        _ => return None,
    })
}

/// What needs no local, as text of type `rt::Start`.
fn outside(operand: &Operand) -> Option<String> {
    match operand {
        Operand::Context { parts } if parts.len() <= MOST_PARTS => {
            Some(format!("rt::Start::Context({})", quote_list(parts)))
        }
        operand => constant(operand),
    }
}

/// A filter, as text of type `rt::Step`.
fn step(call: &FilterCall) -> Option<String> {
    let FilterFunction::Builtin(filter) = &call.filter else {
        return None;
    };
    let (function, is_safe) = (filter.function, filter.is_safe);
    let mut text = format!("rt::Step::new(rt::filters::{function}, {is_safe})");
    if let Some(argument) = &call.argument {
        text.push_str(&format!(".with({})", outside(argument)?));
    }
    if let Some((_, direct)) = DIRECT.iter().find(|(known, _)| *known == function) {
        text.push_str(&format!(".direct(rt::direct::{direct})"));
    }
    if let Some((_, test)) = TESTS.iter().find(|(known, _)| *known == function) {
        text.push_str(&format!(".test(rt::direct::{test})"));
    }
    if let Some((_, known)) = KNOWN.iter().find(|(known, _)| *known == function) {
        text.push_str(&format!(".known(rt::Known::{known})"));
    }
    if function == DATE
        && let Some(Operand::Literal(Literal::Text {
            text: format,
            translated: false,
        })) = &call.argument
    {
        text.push_str(&format!(".date({})", quote(format)));
    }
    Some(text)
}

/// The constant text of `default`, if that is the only filter.
pub(super) fn default_argument(filters: &[FilterCall]) -> Option<&str> {
    match filters {
        [
            FilterCall {
                filter: FilterFunction::Builtin(filter),
                argument:
                    Some(Operand::Literal(Literal::Text {
                        text,
                        translated: false,
                    })),
            },
        ] if filter.function == DEFAULT => Some(text),
        _ => None,
    }
}

/// How many of the filters a spot can hold.
fn held_filters(filters: &[FilterCall]) -> usize {
    filters
        .iter()
        .take_while(|call| step(call).is_some())
        .count()
}

/// A field of a loop, if that is all.
pub(super) fn loop_field(value: &Expression) -> Option<(LoopId, LoopField)> {
    match value.operand {
        Operand::LoopField { id, field } if value.filters.is_empty() => Some((id, field)),
        _ => None,
    }
}

/// The arguments of a text that is padded with spaces.
fn padded(text: &str) -> String {
    let length = text.len();
    let blank = " ".repeat(length.max(1).next_multiple_of(UNIT) - length);
    format!("{}, {length}", quote(&format!("{text}{blank}")))
}

/// A text that is padded with spaces, as text of type `rt::Padded`.
pub(super) fn padded_text(text: &str) -> String {
    match text {
        "" => "rt::Padded::EMPTY".to_owned(),
        text => format!("rt::Padded::new({})", padded(text)),
    }
}

/// A spot that has text alone.
pub(super) fn words(text: &str) -> String {
    format!("rt::Spot::words({})", padded(text))
}

impl Function<'_, '_> {
    /// What a lookup starts from, as text of type `rt::Start`, and the local that it uses.
    fn start(&self, operand: &Operand) -> Option<(String, Option<ValueId>)> {
        match operand {
            Operand::Local { id, parts } if parts.len() <= MOST_PARTS => {
                let list = quote_list(parts);
                let names = self.rows.names(*id);
                let field =
                    (parts.get(1)).and_then(|part| names.iter().position(|name| name == part));
                let start = match field {
                    Some(field) => format!("rt::Start::Field({field}, {list})"),
                    None => format!("rt::Start::Local({list})"),
                };
                Some((start, Some(*id)))
            }
            Operand::LoopField { id, field } => {
                let row = self.rows.of_loop(*id)?;
                Some((
                    format!("rt::Start::Loop(rt::LoopField::{field:?})"),
                    Some(row),
                ))
            }
            operand => Some((outside(operand)?, None)),
        }
    }

    /// The local that an expression needs, if a spot can hold all of it.
    pub(super) fn spot_local(&self, value: &Expression) -> Option<Option<ValueId>> {
        let (_, row) = self.start(&value.operand)?;
        (held_filters(&value.filters) == value.filters.len()).then_some(row)
    }

    /// Whether a spot can hold all of an expression.
    fn is_spot(&self, value: &Expression) -> bool {
        self.spot_local(value).is_some()
    }

    /// Whether what a node becomes writes the text before it first.
    pub(super) fn takes_text(&self, node: &Node) -> bool {
        match node {
            Node::Output(value, _) => self.is_spot(value) || loop_field(value).is_some(),
            Node::If { branches, .. } => branches
                .first()
                .is_some_and(|(first, _)| self.evaluates(first)),
            Node::For(each) => self.is_spot(&each.sequence),
            _ => false,
        }
    }

    /// Whether the first thing that a condition evaluates writes text first.
    fn evaluates(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Truth(value, _) => loop_field(value).is_none() && self.is_spot(value),
            Condition::Not(inner) => self.evaluates(inner),
            Condition::And(left, _) | Condition::Or(left, _) => self.evaluates(left),
            Condition::Compare { left, right, .. } => self.are_compared(left, right).is_some(),
        }
    }

    /// Both sides of a comparison, if spots can hold them.
    pub(super) fn are_compared<'c>(
        &self,
        left: &'c Compared,
        right: &'c Compared,
    ) -> Option<(&'c Expression, &'c Expression)> {
        match (left, right) {
            (Compared::Value(left), Compared::Value(right))
                if self.is_spot(left) && self.is_spot(right) =>
            {
                Some((left, right))
            }
            _ => None,
        }
    }

    /// The place of a statement, which writes the text that is still to be written; nothing
    /// if a spot cannot hold the expression.
    pub(super) fn place(&mut self, value: &Expression, site: SiteId) -> Option<Place> {
        if !self.is_spot(value) {
            return None;
        }
        let before = std::mem::take(&mut self.before);
        self.new_place(value, value.filters.len(), Some(site), &before)
    }

    /// The place of a statement that writes no text.
    pub(super) fn silent_place(&mut self, value: &Expression, site: SiteId) -> Option<Place> {
        if !self.is_spot(value) {
            return None;
        }
        self.new_place(value, value.filters.len(), Some(site), "")
    }

    /// The place of an operand with as many of its filters as a spot can hold, and how many
    /// these are.
    pub(super) fn flow_place(&mut self, value: &Expression) -> Option<(Place, usize)> {
        let count = held_filters(&value.filters);
        if count == 0 && constant(&value.operand).is_some() {
            return None;
        }
        let place = self.new_place(value, count, None, "")?;
        Some((place, count))
    }

    /// The spot of an expression, which writes no text, as a reference.
    pub(super) fn kept_spot(&mut self, value: &Expression, site: SiteId) -> Option<String> {
        let (text, _) = self.spot(value, value.filters.len(), Some(site), "")?;
        Some(self.keep_spot(Some(site), text))
    }

    /// The spot of what has no lookup.
    pub(super) fn text_spot(&mut self, site: SiteId) -> String {
        let before = std::mem::take(&mut self.before);
        let text = spot("rt::Start::Int(0)", "", Missing::None, Some(site), &before);
        self.keep_spot(Some(site), text)
    }

    fn new_place(
        &mut self,
        value: &Expression,
        filters: usize,
        site: Option<SiteId>,
        before: &str,
    ) -> Option<Place> {
        let (text, row) = self.spot(value, filters, site, before)?;
        let row = self.row(row);
        let spot = self.keep_spot(site, text);
        Some(Place { spot, row })
    }

    /// The spot of an expression with some of its filters, as text, and the local that it
    /// needs.
    pub(super) fn spot(
        &self,
        value: &Expression,
        filters: usize,
        site: Option<SiteId>,
        before: &str,
    ) -> Option<(String, Option<ValueId>)> {
        let (start, row) = self.start(&value.operand)?;
        let steps: Option<Vec<String>> = value.filters.iter().take(filters).map(step).collect();
        let steps = steps?.join(", ");
        Some((spot(&start, &steps, value.missing, site, before), row))
    }

    fn keep_spot(&mut self, site: Option<SiteId>, text: String) -> String {
        self.spots.push(PrintedSpot { site, text });
        format!("&S[{}]", self.spots.len() - 1)
    }

    /// Prints the spots at the end of their function.
    pub(super) fn print_spots(&mut self) {
        let spots = std::mem::take(&mut self.spots);
        if !spots.is_empty() {
            self.print_list("S", spots);
        }
        for (number, spots) in std::mem::take(&mut self.runs).into_iter().enumerate() {
            self.print_list(&format!("R{number}"), spots);
        }
        for line in std::mem::take(&mut self.loops) {
            self.out.line(&line);
        }
        for line in std::mem::take(&mut self.links) {
            self.out.line(&line);
        }
        for (number, names) in std::mem::take(&mut self.names).into_iter().enumerate() {
            let (count, names) = (names.len(), names_list(&names));
            self.out.line(&format!(
                "static N{number}: [rt::RStr<'static>; {count}] = [{names}];"
            ));
        }
    }

    fn print_list(&mut self, name: &str, spots: Vec<PrintedSpot>) {
        let count = spots.len();
        self.out
            .open(&format!("static {name}: [rt::Spot; {count}] = ["));
        for spot in spots {
            if let Some(site) = spot.site {
                self.at(site);
            }
            self.out.line(&format!("{},", spot.text));
        }
        self.out.close("];");
    }
}

/// Names as they cross the boundary, as the items of an array.
pub(super) fn names_list(names: &[String]) -> String {
    let names = names.iter();
    let printed: Vec<String> = names
        .map(|name| format!("rt::rstr({})", quote(name)))
        .collect();
    printed.join(", ")
}

fn spot(start: &str, steps: &str, missing: Missing, site: Option<SiteId>, before: &str) -> String {
    let missing = expression::missing_text(missing);
    // Who asks for the value alone reports what becomes of it.
    let number = site.map_or(0, |SiteId(site)| site);
    let mut text = format!("rt::Spot::new({start}, &[{steps}], {missing}, U, {number})");
    text.push_str(&text_before(before));
    text
}

/// What a spot says of the text before it.
pub(super) fn text_before(before: &str) -> String {
    if before.is_empty() {
        return String::new();
    }
    format!(".text({})", padded(before))
}
