//! What is constant about one place in a template at which a value is looked up: the name,
//! the filters, the text around it. Generated code refers to it, and the work is done here.

use std::sync::atomic::{AtomicU64, Ordering};

use hotplate_plugin_api::abi_stable::std_types::RStr;
use hotplate_plugin_api::value::{Ref, Text, Value};
use hotplate_plugin_api::view::View;
use hotplate_plugin_api::{Frame, Scope};

use crate::direct::Direct;
use crate::filtering::{filter, filter_with};
use crate::filters::Filter;
use crate::seek::find;
use crate::{Flow, Missing, lookup};

/// One place.
#[derive(Debug)]
pub struct Spot {
    pub(crate) start: Start,
    pub(crate) steps: &'static [Step],
    pub(crate) missing: Missing,
    /// Text that is written before anything else.
    pub(crate) before: &'static str,
    /// Text that is written after the value.
    pub(crate) after: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) site: u32,
    pub(crate) guesses: Guesses,
}

/// What a value is looked up by.
#[derive(Debug, Clone, Copy)]
pub enum Start {
    /// A dotted name in the context.
    Context(&'static [&'static str]),
    /// A dotted name whose first part is a local.
    Local(&'static [&'static str]),
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
    /// Its argument: a constant or a name in the context.
    pub(crate) argument: Option<Start>,
}

impl Step {
    /// A filter without an argument.
    pub const fn new(filter: Filter, is_safe: bool) -> Self {
        Self {
            filter,
            direct: None,
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
            before: "",
            after: "",
            unit,
            site,
            guesses: Guesses::new(),
        }
    }

    /// The same with text around it.
    #[must_use]
    pub const fn text(mut self, before: &'static str, after: &'static str) -> Self {
        self.before = before;
        self.after = after;
        self
    }

    /// What is looked up, without the filters, where it is there and nothing has to be
    /// called or made for it.
    #[inline]
    pub(crate) fn seek<'a>(&self, view: View<'a>, s: &Scope<'a>) -> Option<View<'a>> {
        match self.start {
            Start::Local(parts) => find(view, parts, &self.guesses),
            Start::Context(parts) => crate::seek::find_in_scope(s, parts, &self.guesses),
            Start::Text(_) | Start::Int(_) | Start::Float(_) => None,
        }
    }

    /// What is looked up, without the filters.
    pub(crate) fn operand<'a>(&self, view: View<'a>, f: &Frame<'_>, s: &Scope<'a>) -> Flow<'a> {
        match self.start {
            Start::Local(parts) => lookup::local(view, parts, self.missing, f),
            start => start.flow(self.missing, f, s),
        }
    }
}

impl Start {
    /// The value of a constant or of a name in the context.
    fn flow<'a>(self, missing: Missing, f: &Frame<'_>, s: &Scope<'a>) -> Flow<'a> {
        match self {
            Self::Context(parts) | Self::Local(parts) => lookup::context(parts, missing, f, s),
            constant => Ok(Ref::Owned(constant.constant())),
        }
    }

    /// The value of a constant, which must not leave the library.
    pub(crate) fn constant(self) -> Value {
        match self {
            Self::Text(text) => Value::Str(Text::constant(text, true)),
            Self::Int(number) => Value::Int(number),
            Self::Float(bits) => Value::Float(f64::from_bits(bits)),
            Self::Context(_) | Self::Local(_) => Value::None,
        }
    }

    /// Whether it is no lookup.
    pub(crate) fn is_constant(self) -> bool {
        !matches!(self, Self::Context(_) | Self::Local(_))
    }
}

/// The value of an expression.
#[inline(never)]
pub fn flow<'a>(spot: &'static Spot, view: View<'a>, f: &Frame<'_>, s: &Scope<'a>) -> Flow<'a> {
    let start = match spot.seek(view, s) {
        Some(found) => Ok(found.to_ref()),
        None => spot.operand(view, f, s),
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

/// Where each part of a dotted name was found the last time: a byte for each of the first
/// eight. A guess that is wrong costs time alone, as what is there is compared.
#[derive(Debug)]
pub(crate) struct Guesses(AtomicU64);

impl Guesses {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// All guesses.
    #[inline]
    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The guess for part `part`.
    #[inline]
    pub(crate) fn of(guesses: u64, part: usize) -> usize {
        usize::from(guesses.to_le_bytes()[part % 8])
    }

    /// Remembers where part `part` was.
    #[cold]
    pub(crate) fn learn(&self, part: usize, place: usize) {
        if let Ok(place) = u8::try_from(place) {
            let mut guesses = self.read().to_le_bytes();
            guesses[part % 8] = place;
            self.0.store(u64::from_le_bytes(guesses), Ordering::Relaxed);
        }
    }
}
