//! What was saved of a struct: its fields by their names.

use std::fmt;

use super::{Misfit, Persist, Report, State};
use crate::value::{Dict, Value};

/// What was saved of a struct, field by field, for who makes another one of it.
///
/// ```
/// use hotplate_plugin_api::state;
/// use hotplate_plugin_api::state::{Misfit, Saved, State};
///
/// #[state(version = 2, migrate = from_minutes)]
/// #[derive(Default)]
/// pub struct Timer {
///     seconds: u64,
///     laps: Vec<u64>,
/// }
///
/// /// Version 1 counted minutes.
/// fn from_minutes(from: u32, saved: &mut Saved<'_>) -> Result<Timer, Misfit> {
///     if from != 1 {
///         return Err(Misfit::new(format!("there is no way from version {from}")));
///     }
///     let minutes: u64 = saved.take("minutes")?.unwrap_or_default();
///     // What was not taken is carried over by name: the laps.
///     let mut timer = Timer::by_name(saved)?;
///     timer.seconds = minutes * 60;
///     Ok(timer)
/// }
/// ```
pub struct Saved<'s> {
    fields: &'s Dict,
    taken: Vec<bool>,
    report: &'s mut Report,
}

impl<'s> Saved<'s> {
    /// The fields of what was saved.
    ///
    /// # Errors
    ///
    /// If it was no struct with named fields.
    pub fn of(saved: &'s Value, report: &'s mut Report) -> Result<Self, Misfit> {
        let Value::Dict(dict) = saved else {
            return Err(Misfit::expected("fields", saved));
        };
        Ok(Self {
            taken: vec![false; dict.len()],
            fields: dict,
            report,
        })
    }

    /// The names of the fields, in the order in which they were declared.
    pub fn names(&self) -> impl Iterator<Item = &'s str> {
        self.fields.iter().filter_map(|(key, _)| match key {
            Value::Str(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// What was saved of a field, left where it is.
    pub fn value(&self, name: &str) -> Option<&'s Value> {
        self.fields.values().get(self.place(name)?)
    }

    /// Takes a field out; nothing if there was none of this name, or it was taken before.
    ///
    /// # Errors
    ///
    /// If what was saved does not fit the type.
    pub fn take<T: Persist>(&mut self, name: &str) -> Result<Option<T>, Misfit> {
        let Some(place) = self.place(name).filter(|place| !self.taken[*place]) else {
            return Ok(None);
        };
        let value = &self.fields.values()[place];
        let taken = self
            .report
            .within(name, |report| T::restore(value, report))?;
        self.taken[place] = true;
        self.report.note_carried(name);
        Ok(Some(taken))
    }

    /// Takes a field over if there was one of this name; else `field` keeps its default.
    #[doc(hidden)]
    pub fn carry<T: Persist>(&mut self, name: &str, field: &mut T) -> Result<(), Misfit> {
        match self.take(name)? {
            Some(value) => *field = value,
            None if self.place(name).is_none() => self.report.note_defaulted(name),
            // A function that migrates took it, for a field that it sets itself.
            None => {}
        }
        Ok(())
    }

    /// A field of a struct further in; one that is new has its default, if its type has one.
    #[doc(hidden)]
    pub fn field<T: Persist>(
        &mut self,
        name: &str,
        default: impl FnOnce() -> Option<T>,
    ) -> Result<T, Misfit> {
        if let Some(value) = self.take(name)? {
            return Ok(value);
        }
        self.skipped(name, default)
    }

    /// A field that is not saved.
    #[doc(hidden)]
    pub fn skipped<T>(
        &mut self,
        name: &str,
        default: impl FnOnce() -> Option<T>,
    ) -> Result<T, Misfit> {
        let value = default().ok_or_else(|| {
            Misfit::new("it is new, and its type has no Default: write a migration").at(name)
        })?;
        self.report.note_defaulted(name);
        Ok(value)
    }

    /// A field of a state that is not saved and has its default again.
    #[doc(hidden)]
    pub fn note_skipped(&mut self, name: &str) {
        self.report.note_defaulted(name);
    }

    /// Reports what nobody took.
    #[doc(hidden)]
    pub fn finish(self) {
        for ((key, _), taken) in self.fields.iter().zip(&self.taken) {
            if let Value::Str(name) = key
                && !taken
            {
                self.report.note_removed(name.as_str());
            }
        }
    }

    /// Makes a whole state by name.
    pub(super) fn restore<T: State>(
        saved: &Value,
        report: &mut Report,
        from: u32,
    ) -> Result<T, Misfit> {
        let mut saved = Saved::of(saved, report)?;
        let restored = if from == T::DESCRIPTOR.version {
            T::by_name(&mut saved)
        } else {
            T::migrate(from, &mut saved)
        }?;
        saved.finish();
        Ok(restored)
    }

    fn place(&self, name: &str) -> Option<usize> {
        let mut keys = self.fields.shape().keys().iter();
        keys.position(|key| matches!(key, Value::Str(key) if key.as_str() == name))
    }
}

impl fmt::Debug for Saved<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.fields.iter()).finish()
    }
}

/// The fields of a struct as one value; for `#[derive(Persist)]`.
#[doc(hidden)]
pub fn fields_value<const N: usize>(
    fields: [(&str, Result<Value, Misfit>); N],
) -> Result<Value, Misfit> {
    let fields = fields.into_iter().map(|(name, value)| {
        let value = value.map_err(|misfit| misfit.at(name))?;
        Ok((Value::from(name), value))
    });
    let fields = fields.collect::<Result<Vec<_>, Misfit>>()?;
    Ok(Value::Dict(fields.into_iter().collect()))
}

/// A variant of an enum as one value: its name, or its name with what it holds.
#[doc(hidden)]
pub fn enum_value(name: &str, parts: Option<Value>) -> Value {
    match parts {
        None => Value::from(name),
        Some(parts) => [(name, parts)].into_iter().collect(),
    }
}

/// The variant that was saved, and what it holds.
#[doc(hidden)]
pub fn variant_of(saved: &Value) -> Result<(&str, &Value), Misfit> {
    match saved {
        Value::Str(name) => Ok((name.as_str(), &Value::None)),
        Value::Dict(dict) => match (dict.shape().keys(), dict.values()) {
            ([Value::Str(name)], [value]) => Ok((name.as_str(), value)),
            _ => Err(Misfit::expected("a variant of an enum", saved)),
        },
        _ => Err(Misfit::expected("a variant of an enum", saved)),
    }
}

/// The items of a tuple of so many.
#[doc(hidden)]
pub fn tuple_items(saved: &Value, count: usize) -> Result<&[Value], Misfit> {
    match saved {
        Value::Tuple(items) | Value::List(items) if items.len() == count => Ok(items),
        _ => Err(Misfit::expected(&format!("a tuple of {count}"), saved)),
    }
}
