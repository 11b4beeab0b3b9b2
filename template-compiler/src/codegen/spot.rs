//! What is constant about a place in a template, so that one call does all of its work.

use super::quote::{quote, quote_list};
use super::{Function, expression};
use crate::ir::{
    Compared, Condition, Expression, FilterCall, FilterFunction, Literal, LoopField, LoopId,
    Missing, Node, Operand, SiteId,
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

/// A place, as text: the reference to what is constant about it, and the view that its
/// lookup starts from.
pub(super) struct Place {
    pub(super) spot: String,
    pub(super) view: String,
}

impl Place {
    /// Both as arguments.
    pub(super) fn arguments(&self) -> String {
        format!("{}, {}", self.spot, self.view)
    }
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

/// What a lookup starts from, as text of types `rt::Start` and `rt::View`.
fn start(operand: &Operand) -> Option<(String, String)> {
    match operand {
        Operand::Local { id, parts } if parts.len() <= MOST_PARTS => Some((
            format!("rt::Start::Local({})", quote_list(parts)),
            format!("value{}", id.0),
        )),
        operand => Some((outside(operand)?, "rt::NOTHING".to_owned())),
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
    Some(text)
}

/// How many of the filters a spot can hold.
fn held_filters(filters: &[FilterCall]) -> usize {
    filters
        .iter()
        .take_while(|call| step(call).is_some())
        .count()
}

/// Whether all of an expression can be held by a spot.
fn is_spot(value: &Expression) -> bool {
    start(&value.operand).is_some() && held_filters(&value.filters) == value.filters.len()
}

/// A field of a loop, if that is all.
pub(super) fn loop_field(value: &Expression) -> Option<(LoopId, LoopField)> {
    match value.operand {
        Operand::LoopField { id, field } if value.filters.is_empty() => Some((id, field)),
        _ => None,
    }
}

/// Whether what a node becomes writes the text before it first.
pub(super) fn takes_text(node: &Node) -> bool {
    match node {
        Node::Output(value, _) => is_spot(value) || loop_field(value).is_some(),
        Node::If { branches, .. } => branches.first().is_some_and(|(first, _)| evaluates(first)),
        Node::For(each) => is_spot(&each.sequence),
        _ => false,
    }
}

/// Whether the first thing that a condition evaluates writes text first.
fn evaluates(condition: &Condition) -> bool {
    match condition {
        Condition::Truth(value, _) => is_spot(value),
        Condition::Not(inner) => evaluates(inner),
        Condition::And(left, _) | Condition::Or(left, _) => evaluates(left),
        Condition::Compare { left, right, .. } => are_compared(left, right).is_some(),
    }
}

/// Both sides of a comparison, if spots can hold them.
pub(super) fn are_compared<'c>(
    left: &'c Compared,
    right: &'c Compared,
) -> Option<(&'c Expression, &'c Expression)> {
    match (left, right) {
        (Compared::Value(left), Compared::Value(right)) if is_spot(left) && is_spot(right) => {
            Some((left, right))
        }
        _ => None,
    }
}

impl Function<'_, '_> {
    /// The place of a statement, which writes the text that is still to be written; nothing
    /// if a spot cannot hold the expression.
    pub(super) fn place(&mut self, value: &Expression, site: SiteId, after: &str) -> Option<Place> {
        if !is_spot(value) {
            return None;
        }
        let before = std::mem::take(&mut self.before);
        self.new_place(value, value.filters.len(), Some(site), &before, after)
    }

    /// The place of a statement that writes no text.
    pub(super) fn silent_place(&mut self, value: &Expression, site: SiteId) -> Option<Place> {
        if !is_spot(value) {
            return None;
        }
        self.new_place(value, value.filters.len(), Some(site), "", "")
    }

    /// The place of an operand with as many of its filters as a spot can hold, and how many
    /// these are.
    pub(super) fn flow_place(&mut self, value: &Expression) -> Option<(Place, usize)> {
        let count = held_filters(&value.filters);
        if count == 0 && constant(&value.operand).is_some() {
            return None;
        }
        let place = self.new_place(value, count, None, "", "")?;
        Some((place, count))
    }

    /// The spot of what has no lookup.
    pub(super) fn text_spot(&mut self, site: SiteId, after: &str) -> String {
        let before = std::mem::take(&mut self.before);
        let site = Some(site);
        self.new_spot("rt::Start::Int(0)", "", Missing::None, site, &before, after)
    }

    fn new_place(
        &mut self,
        value: &Expression,
        filters: usize,
        site: Option<SiteId>,
        before: &str,
        after: &str,
    ) -> Option<Place> {
        let (start, view) = start(&value.operand)?;
        let steps: Option<Vec<String>> = value.filters.iter().take(filters).map(step).collect();
        let steps = steps?.join(", ");
        let spot = self.new_spot(&start, &steps, value.missing, site, before, after);
        Some(Place { spot, view })
    }

    fn new_spot(
        &mut self,
        start: &str,
        steps: &str,
        missing: Missing,
        site: Option<SiteId>,
        before: &str,
        after: &str,
    ) -> String {
        let missing = expression::missing_text(missing);
        // Who asks for the value alone reports what becomes of it.
        let number = site.map_or(0, |SiteId(site)| site);
        let mut text = format!("rt::Spot::new({start}, &[{steps}], {missing}, U, {number})");
        if !(before.is_empty() && after.is_empty()) {
            text.push_str(&format!(".text({}, {})", quote(before), quote(after)));
        }
        self.spots.push((site, text));
        format!("&S[{}]", self.spots.len() - 1)
    }

    /// Prints the spots at the end of their function.
    pub(super) fn print_spots(&mut self) {
        let spots = std::mem::take(&mut self.spots);
        if spots.is_empty() {
            return;
        }
        self.out
            .open(&format!("static S: [rt::Spot; {}] = [", spots.len()));
        for (site, spot) in spots {
            if let Some(site) = site {
                self.at(site);
            }
            self.out.line(&format!("{spot},"));
        }
        self.out.close("];");
    }

    /// Prints that the text is written that is still to be written.
    pub(super) fn flush(&mut self) {
        if !self.before.is_empty() {
            let text = std::mem::take(&mut self.before);
            self.out.line(&format!("rt::text({}, f)?;", quote(&text)));
        }
    }
}
