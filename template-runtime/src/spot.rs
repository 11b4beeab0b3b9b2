//! What is constant about one place in a template at which a value is looked up: the name,
//! the filters, the text around it. Generated code refers to it, and the work is done here.

use hotplate_plugin_api::abi_stable::std_types::RStr;
use hotplate_plugin_api::render::Link;
use hotplate_plugin_api::value::{Ref, Text, Value};
use hotplate_plugin_api::view::View;
use hotplate_plugin_api::{Frame, Scope};

use crate::direct::{Direct, Test};
use crate::filtering::{filter, filter_with};
use crate::filters::Filter;
use crate::run::Each;
use crate::seek::{Path, find, find_after};
use crate::write::{DateFormat, Padded};
use crate::{Comparison, Flow, LoopField, Missing, Row, lookup};

/// One place.
// What is mostly needed comes first, in one line of the cache.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct Spot {
    /// Text that is written before anything else.
    pub(crate) before: Padded,
    pub(crate) op: Op,
    /// The number of the local's field.
    pub(crate) field: u8,
    pub(crate) missing: Missing,
    /// What a whole number is compared as, a bit for each [`Ordering`](std::cmp::Ordering).
    pub(crate) orders: u8,
    /// How many of the spots behind it are passed over.
    pub(crate) skip: u32,
    /// What a whole number is compared to, or divided by.
    pub(crate) number: i64,
    /// What is written if a test fails, and if it does not.
    pub(crate) choice: Option<&'static [Padded; 2]>,
    pub(crate) other: Other,
    pub(crate) path: Path,
    pub(crate) start: Start,
    pub(crate) steps: &'static [Step],
    pub(crate) unit: &'static str,
    pub(crate) site: u32,
    pub(crate) act: Act,
}

/// What else a place refers to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Other {
    Nothing,
    /// The loop that is run.
    Each(&'static Each),
    /// The unit that is called.
    Link(&'static Link),
    /// How it is compared, and to what.
    Compared(Comparison, &'static Spot),
}

/// What is done with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// What the filters make of it is written.
    Put,
    /// Nothing: the text is all.
    Text,
    /// Spots are passed over unless it is true.
    If,
    /// The same, below an operator, where an exception is no error.
    IfKnown,
    /// Spots are passed over unless it is false, and no exception.
    IfNot,
    /// Spots are passed over unless it compares to a whole number, which
    /// [`number`](Spot::number) gives.
    IfNumber(Comparison),
    /// A loop is run.
    Each,
    /// A template is rendered in the same scope.
    Include,
    /// The same with a block.
    Block,
}

/// What is done, and how the value is found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    Text,
    /// Writes a field of the local.
    PutField,
    /// Writes the local.
    PutWhole,
    /// Writes a number of the loop.
    PutLoop,
    /// Writes a name in the context.
    PutName,
    /// Writes a part of one.
    PutNamePart,
    /// Writes a part of a part of one.
    PutNameInner,
    /// Writes a part of a field of the local.
    PutPart,
    /// Writes something else as it is.
    Put,
    /// Writes what filters make of it.
    PutFiltered,
    /// Writes a field of the local as a date.
    PutDate,
    /// Writes a field of the local in capital letters.
    PutUpper,
    /// Writes an `s` unless a field of the local is one.
    PutPlural,
    /// Writes a field of the local, or a constant text.
    PutDefault,
    /// Writes how many rounds of the loop have begun.
    PutCounter,
    /// Tests a field of the local.
    IfField,
    /// Tests a name in the context.
    IfName,
    /// Tests a part of one.
    IfNamePart,
    /// Tests a part of a part of one.
    IfNameInner,
    /// Tests whether it is the first round of the loop.
    IfFirst,
    /// Tests a field of the loop.
    IfLoop,
    /// Tests what a filter makes of something.
    IfTested,
    If,
    IfKnown,
    IfNot,
    /// Tests whether a number divides how many rounds of the loop have begun.
    IfDivides,
    /// Compares a field of the local to a whole number.
    IfNumber,
    /// Compares something else to a whole number.
    IfNumberElse,
    IfCompares,
    Each,
    Include,
    Block,
}

impl Op {
    const fn of(act: Act, start: Start, steps: &[Step]) -> Self {
        match (act, start, steps) {
            (Act::Put, Start::Field(_, [_, _]), [step]) => Self::of_filter(step),
            (Act::Put, _, [_, ..]) => Self::PutFiltered,
            (Act::Put, Start::Field(_, [_, _]), _) => Self::PutField,
            (Act::Put, Start::Field(_, [_, _, _]), _) => Self::PutPart,
            (Act::Put, Start::Local([_]), _) => Self::PutWhole,
            (Act::Put, Start::Loop(LoopField::Counter), _) => Self::PutCounter,
            (Act::Put, Start::Loop(_), _) => Self::PutLoop,
            (Act::Put, Start::Context([_]), _) => Self::PutName,
            (Act::Put, Start::Context([_, _]), _) => Self::PutNamePart,
            (Act::Put, Start::Context([_, _, _]), _) => Self::PutNameInner,
            (Act::Put, ..) => Self::Put,
            (Act::Text, ..) => Self::Text,
            (Act::If, Start::Field(_, [_, _]), []) => Self::IfField,
            (Act::If, Start::Loop(LoopField::First), []) => Self::IfFirst,
            (Act::If, Start::Loop(_), []) => Self::IfLoop,
            (Act::If, Start::Context([_]), []) => Self::IfName,
            (Act::If, Start::Context([_, _]), []) => Self::IfNamePart,
            (Act::If, Start::Context([_, _, _]), []) => Self::IfNameInner,
            (Act::If, Start::Loop(LoopField::Counter), [step]) if step.divisor().is_some() => {
                Self::IfDivides
            }
            (Act::If, _, [Step { test: Some(_), .. }]) => Self::IfTested,
            (Act::If, ..) => Self::If,
            (Act::IfKnown, ..) => Self::IfKnown,
            (Act::IfNot, ..) => Self::IfNot,
            (Act::IfNumber(comparison), Start::Field(_, [_, _]), [])
                if orders_of(comparison) != 0 =>
            {
                Self::IfNumber
            }
            (Act::IfNumber(..), ..) => Self::IfNumberElse,
            (Act::Each, ..) => Self::Each,
            (Act::Include, ..) => Self::Include,
            (Act::Block, ..) => Self::Block,
        }
    }

    /// What writes what one filter makes of a field of the local.
    const fn of_filter(step: &Step) -> Self {
        match (step.known, step.argument) {
            (Known::Date(_), _) => Self::PutDate,
            (Known::Upper, None) => Self::PutUpper,
            (Known::Pluralize, None) => Self::PutPlural,
            (Known::Default, Some(Start::Text(_))) => Self::PutDefault,
            _ => Self::PutFiltered,
        }
    }
}

/// What a value is looked up by.
#[derive(Debug, Clone, Copy)]
pub enum Start {
    /// A dotted name in the context.
    Context(&'static [&'static str]),
    /// A dotted name whose first part is the local.
    Local(&'static [&'static str]),
    /// The same, and the number of the second part among the local's fields.
    Field(u8, &'static [&'static str]),
    /// A field of the local's loop.
    Loop(LoopField),
    /// A safe text.
    Text(&'static RStr<'static>),
    /// A whole number.
    Int(i64),
    /// A floating-point number, as its bits.
    Float(u64),
}

/// A filter of the runtime's.
#[derive(Clone, Copy)]
pub struct Step {
    pub(crate) filter: Filter,
    /// How to write what it makes.
    pub(crate) direct: Option<Direct>,
    /// Whether it keeps its input's safety.
    pub(crate) is_safe: bool,
    /// The truth of what it makes.
    pub(crate) test: Option<Test>,
    /// Which one it is, for the most frequent ones.
    pub(crate) known: Known,
    /// Its argument: a constant or a name in the context.
    pub(crate) argument: Option<Start>,
}

/// The filters that there are quicker ways for.
#[derive(Debug, Clone, Copy)]
pub enum Known {
    /// None of them.
    Other,
    /// `upper`
    Upper,
    /// `pluralize`
    Pluralize,
    /// `default`
    Default,
    /// `divisibleby`
    Divisibleby,
    /// `date`; [`Step::date`] makes it.
    Date(SimpleDate),
}

/// A format of dates that is simple.
#[derive(Debug, Clone, Copy)]
pub struct SimpleDate(pub(crate) DateFormat);

impl Step {
    /// A filter without an argument.
    pub const fn new(filter: Filter, is_safe: bool) -> Self {
        Self {
            filter,
            direct: None,
            test: None,
            known: Known::Other,
            is_safe,
            argument: None,
        }
    }

    /// The same with an argument.
    #[must_use]
    pub const fn with(self, argument: Start) -> Self {
        Self {
            argument: Some(argument),
            ..self
        }
    }

    /// How to write what it makes, where that is known. An argument that is looked up may
    /// raise, even if nothing is made of it.
    #[inline]
    pub(crate) fn writes(&self) -> Option<Direct> {
        match self.argument {
            Some(argument) if !argument.is_constant() => None,
            _ => self.direct,
        }
    }

    /// The same, where it is known whether what it makes is true.
    #[must_use]
    pub const fn test(self, test: Test) -> Self {
        Self {
            test: Some(test),
            ..self
        }
    }

    /// The same, where it is one of the filters that there are quicker ways for.
    #[must_use]
    pub const fn known(self, known: Known) -> Self {
        Self { known, ..self }
    }

    /// The same, where it is `date` with this format as its argument.
    #[must_use]
    pub const fn date(self, format: &'static str) -> Self {
        match DateFormat::new(format) {
            Some(format) => self.known(Known::Date(SimpleDate(format))),
            None => self,
        }
    }

    /// The number of which it tells whether it divides another.
    const fn divisor(&self) -> Option<i64> {
        const MOST: i64 = u32::MAX as i64;
        match (self.known, self.argument) {
            (Known::Divisibleby, Some(Start::Int(divisor @ 1..=MOST))) => Some(divisor),
            _ => None,
        }
    }

    /// How to tell whether what it makes is true, where that is known.
    #[inline]
    pub(crate) fn tests(&self) -> Option<Test> {
        match self.argument {
            Some(argument) if !argument.is_constant() => None,
            _ => self.test,
        }
    }

    /// The same, where it is known how to write what it makes.
    #[must_use]
    pub const fn direct(self, direct: Direct) -> Self {
        Self {
            direct: Some(direct),
            ..self
        }
    }
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step")
            .field("is_safe", &self.is_safe)
            .field("argument", &self.argument)
            .finish_non_exhaustive()
    }
}

impl Spot {
    /// A place in a unit.
    pub const fn new(
        start: Start,
        steps: &'static [Step],
        missing: Missing,
        unit: &'static str,
        site: u32,
    ) -> Self {
        Self {
            start,
            steps,
            missing,
            before: Padded::EMPTY,
            op: Op::of(Act::Put, start, steps),
            act: Act::Put,
            field: match start {
                Start::Field(field, _) => field,
                _ => 0,
            },
            skip: 0,
            orders: 0,
            number: 0,
            choice: None,
            unit,
            site,
            path: Path::of(start),
            other: Other::Nothing,
        }
    }

    /// A place that has text alone; both are arguments of [`Padded::new`].
    pub const fn words(text: &'static str, length: usize) -> Self {
        Self::new(Start::Int(0), &[], Missing::None, "", 0)
            .text(text, length)
            .act(Act::Text)
    }

    /// A place that has a loop.
    pub const fn each(each: &'static Each) -> Self {
        Self {
            other: Other::Each(each),
            ..Self::new(Start::Int(0), &[], Missing::None, "", 0).act(Act::Each)
        }
    }

    /// A place that includes a template.
    pub const fn include(link: &'static Link, unit: &'static str, site: u32) -> Self {
        let mut spot = Self::new(Start::Int(0), &[], Missing::None, unit, site);
        spot.other = Other::Link(link);
        spot.act(Act::Include)
    }

    /// A place that renders a block.
    pub const fn block(link: &'static Link, unit: &'static str, site: u32) -> Self {
        Self::include(link, unit, site).act(Act::Block)
    }

    /// The same with text before it; both are arguments of [`Padded::new`].
    #[must_use]
    pub const fn text(mut self, text: &'static str, length: usize) -> Self {
        self.before = Padded::new(text, length);
        self
    }

    /// The same with something else to do.
    #[must_use]
    pub const fn act(mut self, act: Act) -> Self {
        let (orders, number) = match (act, self.steps) {
            (Act::IfNumber(comparison), _) => (orders_of(comparison), self.number),
            (_, [step]) => match step.divisor() {
                Some(divisor) => (0, divisor),
                None => (0, 0),
            },
            _ => (0, 0),
        };
        self.act = act;
        self.op = Op::of(act, self.start, self.steps);
        self.orders = orders;
        self.number = number;
        self
    }

    /// The same test, which passes over nothing: it decides which text is written, the first
    /// one or, if it is true, the second one. Of an output through `default` the first one
    /// is what is written if there is no value.
    #[must_use]
    pub const fn choose(mut self, choice: &'static [Padded; 2]) -> Self {
        self.choice = Some(choice);
        self
    }

    /// The same with a number to compare to.
    #[must_use]
    pub const fn number(mut self, number: i64) -> Self {
        self.number = number;
        self
    }

    /// The same as a test: spots are passed over unless its value compares to that of another
    /// spot, which has no text before it.
    #[must_use]
    pub const fn compare(mut self, comparison: Comparison, right: &'static Self) -> Self {
        self.op = Op::IfCompares;
        self.other = Other::Compared(comparison, right);
        self
    }

    /// The same with a number of spots that are passed over.
    #[must_use]
    pub const fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// What is looked up, without the filters, where it is there and nothing has to be
    /// called or made for it.
    #[inline]
    pub(crate) fn seek<'a>(&self, row: &Row<'a>, s: &Scope<'a>) -> Option<View<'a>> {
        match self.start {
            Start::Field(field, _) => match row.field(field) {
                Some(found) => find_after(found, &self.path, 2),
                None => find(row.view(), &self.path),
            },
            Start::Local(_) => find(row.view(), &self.path),
            Start::Context(_) => crate::seek::find_in_scope(s, &self.path),
            Start::Loop(_) | Start::Text(_) | Start::Int(_) | Start::Float(_) => None,
        }
    }

    /// What is looked up, without the filters.
    pub(crate) fn operand<'a>(&self, row: &Row<'a>, f: &Frame<'_>, s: &Scope<'a>) -> Flow<'a> {
        match self.start {
            Start::Local(parts) | Start::Field(_, parts) => {
                lookup::local(row.view(), parts, self.missing, f)
            }
            Start::Loop(field) => Ok(Ref::Owned(row.loop_field(field))),
            start => start.flow(self.missing, f, s),
        }
    }
}

/// The orders of two numbers for which a comparison holds: the lowest bit for less, then
/// those for equal and for greater. None for what does not compare by order.
const fn orders_of(comparison: Comparison) -> u8 {
    match comparison {
        Comparison::Equal => 0b010,
        Comparison::NotEqual => 0b101,
        Comparison::Greater => 0b100,
        Comparison::GreaterEqual => 0b110,
        Comparison::Less => 0b001,
        Comparison::LessEqual => 0b011,
        Comparison::In | Comparison::NotIn | Comparison::Is | Comparison::IsNot => 0,
    }
}

impl Start {
    /// The value of a constant or of a name in the context.
    fn flow<'a>(self, missing: Missing, f: &Frame<'_>, s: &Scope<'a>) -> Flow<'a> {
        match self {
            Self::Context(parts) | Self::Local(parts) | Self::Field(_, parts) => {
                lookup::context(parts, missing, f, s)
            }
            constant => Ok(Ref::Owned(constant.constant())),
        }
    }

    /// The value of a constant, which must not leave the library.
    pub(crate) fn constant(self) -> Value {
        match self {
            Self::Text(text) => Value::Str(Text::constant(text, true)),
            Self::Int(number) => Value::Int(number),
            Self::Float(bits) => Value::Float(f64::from_bits(bits)),
            Self::Context(_) | Self::Local(_) | Self::Field(..) | Self::Loop(_) => Value::None,
        }
    }

    /// Whether it is no lookup.
    pub(crate) fn is_constant(self) -> bool {
        matches!(self, Self::Text(_) | Self::Int(_) | Self::Float(_))
    }
}

/// The value of an expression.
#[inline(never)]
pub fn flow<'a>(spot: &'static Spot, row: &Row<'a>, f: &Frame<'_>, s: &Scope<'a>) -> Flow<'a> {
    let start = match spot.seek(row, s) {
        Some(found) => Ok(found.to_ref()),
        None => spot.operand(row, f, s),
    };
    match steps(start, spot.steps, f, s)? {
        // A clone of a constant holds the text itself, and so may outlive the library.
        Ref::Owned(value) if spot.steps.is_empty() && spot.start.is_constant() => {
            Ok(Ref::Owned(value.clone()))
        }
        value => Ok(value),
    }
}

/// What filters make of a value.
pub(crate) fn steps<'a>(
    mut flow: Flow<'a>,
    steps: &[Step],
    f: &Frame<'_>,
    s: &Scope<'_>,
) -> Flow<'a> {
    for step in steps {
        flow = match step.argument {
            None => filter(flow, step.filter, step.is_safe, f),
            Some(argument) => {
                let argument = argument.flow(Missing::Raise, f, s);
                filter_with(flow, step.filter, argument, step.is_safe, f)
            }
        };
    }
    flow
}
