//! State of the standard library's simple types, cells and locks.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU16,
    AtomicU32, AtomicU64, AtomicUsize, Ordering,
};
use std::sync::{Arc, Mutex, OnceLock, RwLock, TryLockError};
use std::time::{Duration, Instant, SystemTime};

use super::saved::tuple_items;
use super::{Described, Layout, Misfit, Persist, Report};
use crate::value::Value;

/// How long saving waits for a lock that another thread holds.
const PATIENCE: Duration = Duration::from_millis(200);

macro_rules! integers {
    ($($ty:ident $atomic:ident),* $(,)?) => {$(
        integers!(@ $ty);

        impl Persist for $atomic {
            fn describe(layout: &mut Layout) -> Described<Self> {
                layout.leaf(stringify!($atomic))
            }

            fn save(&self) -> Result<Value, Misfit> {
                Ok(Value::from(self.load(Ordering::SeqCst)))
            }

            fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
                <$ty>::restore(saved, report).map(Self::new)
            }
        }
    )*};
    (@ $ty:ident) => {
        impl Persist for $ty {
            fn describe(layout: &mut Layout) -> Described<Self> {
                layout.leaf(stringify!($ty))
            }

            fn save(&self) -> Result<Value, Misfit> {
                Ok(Value::from(*self))
            }

            fn restore(saved: &Value, _: &mut Report) -> Result<Self, Misfit> {
                let number = match saved {
                    Value::Int(number) => Self::try_from(*number).ok(),
                    Value::BigInt(number) => number.digits().parse().ok(),
                    _ => return Err(Misfit::expected("a whole number", saved)),
                };
                number.ok_or_else(|| {
                    Misfit::new(format_args!("{saved:?} does not fit {}", stringify!($ty)))
                })
            }
        }
    };
}

integers! {
    i8 AtomicI8, i16 AtomicI16, i32 AtomicI32, i64 AtomicI64, isize AtomicIsize,
    u8 AtomicU8, u16 AtomicU16, u32 AtomicU32, u64 AtomicU64, usize AtomicUsize,
}

integers!(@ i128);
integers!(@ u128);

impl Persist for f64 {
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.leaf("f64")
    }

    fn save(&self) -> Result<Value, Misfit> {
        Ok(Value::Float(*self))
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "what does not come back the same is refused"
    )]
    fn restore(saved: &Value, _: &mut Report) -> Result<Self, Misfit> {
        match saved {
            Value::Float(number) => Ok(*number),
            // At 2^63 the way back saturates, which would look the same.
            Value::Int(number) if *number < i64::MAX && *number as Self as i64 == *number => {
                Ok(*number as Self)
            }
            Value::Int(_) => Err(Misfit::new(format_args!("{saved:?} does not fit f64"))),
            _ => Err(Misfit::expected("a number", saved)),
        }
    }
}

impl Persist for f32 {
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.leaf("f32")
    }

    fn save(&self) -> Result<Value, Misfit> {
        Ok(Value::from(*self))
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not come back the same is refused"
    )]
    fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
        let wide = f64::restore(saved, report)?;
        let narrow = wide as Self;
        if f64::from(narrow) == wide || wide.is_nan() {
            return Ok(narrow);
        }
        Err(Misfit::new(format_args!("{wide} does not fit f32")))
    }
}

macro_rules! simple {
    ($($ty:ty, $name:literal, $takes:literal:
        |$own:ident| $save:expr, $pattern:pat => $restore:expr;)*) => {$(
        impl Persist for $ty {
            fn describe(layout: &mut Layout) -> Described<Self> {
                layout.leaf($name)
            }

            fn save(&self) -> Result<Value, Misfit> {
                let $own = self;
                Ok($save)
            }

            fn restore(saved: &Value, _: &mut Report) -> Result<Self, Misfit> {
                match saved {
                    $pattern => Ok($restore),
                    _ => Err(Misfit::expected($takes, saved)),
                }
            }
        }
    )*};
}

simple! {
    bool, "bool", "a truth value": |it| Value::Bool(*it), Value::Bool(it) => *it;
    AtomicBool, "AtomicBool", "a truth value":
        |it| Value::Bool(it.load(Ordering::SeqCst)), Value::Bool(it) => Self::new(*it);
    String, "String", "a text": |it| Value::from(it.as_str()), Value::Str(it) => it.as_str().into();
    Box<str>, "Box<str>", "a text": |it| Value::from(&**it), Value::Str(it) => it.as_str().into();
    Arc<str>, "Arc<str>", "a text": |it| Value::from(&**it), Value::Str(it) => it.as_str().into();
    Cow<'static, str>, "Cow<str>", "a text":
        |it| Value::from(&**it), Value::Str(it) => Self::Owned(it.as_str().to_owned());
    (), "()", "nothing": |_it| Value::None, Value::None => ();
}

impl Persist for Value {
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.leaf("Value")
    }

    fn save(&self) -> Result<Value, Misfit> {
        Ok(self.clone())
    }

    fn restore(saved: &Value, _: &mut Report) -> Result<Self, Misfit> {
        Ok(saved.clone())
    }
}

impl Persist for char {
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.leaf("char")
    }

    fn save(&self) -> Result<Value, Misfit> {
        Ok(Value::from(self.to_string()))
    }

    fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
        let text = String::restore(saved, report)?;
        let character = text.parse();
        character.map_err(|_| Misfit::new(format_args!("{text:?} is not one character")))
    }
}

impl Persist for PathBuf {
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.leaf("PathBuf")
    }

    fn save(&self) -> Result<Value, Misfit> {
        let text = self.to_str();
        let text = text.ok_or_else(|| Misfit::new("the path is not valid UTF-8"));
        text.map(Value::from)
    }

    fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
        String::restore(saved, report).map(Self::from)
    }
}

impl Persist for Duration {
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.leaf("Duration")
    }

    /// Seconds and nanoseconds.
    fn save(&self) -> Result<Value, Misfit> {
        (self.as_secs(), self.subsec_nanos()).save()
    }

    fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
        let (seconds, nanoseconds) = <(u64, u32)>::restore(saved, report)?;
        let rest = Self::from_nanos(nanoseconds.into());
        let whole = Self::from_secs(seconds).checked_add(rest);
        whole.ok_or_else(|| Misfit::new("the duration is too long"))
    }
}

impl Persist for SystemTime {
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.leaf("SystemTime")
    }

    /// Whether it is after 1970, and how far from it.
    fn save(&self) -> Result<Value, Misfit> {
        match self.duration_since(Self::UNIX_EPOCH) {
            Ok(since) => (true, since).save(),
            Err(error) => (false, error.duration()).save(),
        }
    }

    fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
        let (is_after, distance) = <(bool, Duration)>::restore(saved, report)?;
        let time = if is_after {
            Self::UNIX_EPOCH.checked_add(distance)
        } else {
            Self::UNIX_EPOCH.checked_sub(distance)
        };
        time.ok_or_else(|| Misfit::new("there is no such time"))
    }
}

impl<T: 'static> Persist for PhantomData<T> {
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.leaf("PhantomData")
    }

    fn save(&self) -> Result<Value, Misfit> {
        Ok(Value::None)
    }

    fn restore(_: &Value, _: &mut Report) -> Result<Self, Misfit> {
        Ok(Self)
    }
}

/// What marks an option in an option, so that `Some(None)` is not `None`.
const SOME: &str = "Some";

impl<T: Persist> Persist for Option<T> {
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.wrap("Option", Layout::parameter::<T>)
    }

    fn save(&self) -> Result<Value, Misfit> {
        let Some(inner) = self else {
            return Ok(Value::None);
        };
        let saved = inner.save()?;
        if matches!(saved, Value::None) || marked(&saved).is_some() {
            return Ok([(SOME, saved)].into_iter().collect());
        }
        Ok(saved)
    }

    fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
        if matches!(saved, Value::None) {
            return Ok(None);
        }
        T::restore(marked(saved).unwrap_or(saved), report).map(Some)
    }
}

/// What an option holds, if it is marked.
fn marked(saved: &Value) -> Option<&Value> {
    match saved {
        Value::Dict(dict) if dict.len() == 1 => dict.get_str(SOME),
        _ => None,
    }
}

macro_rules! wrappers {
    ($($wrapper:ident where $($bound:ident)?: |$own:ident, $T:ident| $save:expr;)*) => {$(
        impl<$T: Persist $(+ $bound)?> Persist for $wrapper<$T> {
            fn describe(layout: &mut Layout) -> Described<Self> {
                layout.wrap(stringify!($wrapper), Layout::parameter::<$T>)
            }

            fn save(&self) -> Result<Value, Misfit> {
                let $own = self;
                $save
            }

            fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
                $T::restore(saved, report).map(Self::from)
            }
        }
    )*};
}

wrappers! {
    Box where: |it, T| T::save(it);
    Arc where: |it, T| T::save(it);
    Cell where Copy: |it, T| it.get().save();
    RefCell where: |it, T| match it.try_borrow() {
        Ok(inner) => inner.save(),
        Err(_) => Err(Misfit::new("it is borrowed mutably")),
    };
    Mutex where: |it, T| {
        let guard = patiently(|| match it.try_lock() {
            Ok(guard) => Some(guard),
            // A panic of the plugin's own; the data is what it has.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })?;
        guard.save()
    };
    RwLock where: |it, T| {
        let guard = patiently(|| match it.try_read() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })?;
        guard.save()
    };
}

/// Tries for a while to lock something. A lock that is held for longer, by a thread of the
/// plugin's own or by the very call that asks, must not stop the host.
fn patiently<G>(mut lock: impl FnMut() -> Option<G>) -> Result<G, Misfit> {
    let mut deadline = None;
    loop {
        if let Some(guard) = lock() {
            return Ok(guard);
        }
        let deadline = *deadline.get_or_insert_with(|| Instant::now() + PATIENCE);
        if Instant::now() > deadline {
            return Err(Misfit::new("it is locked all the time"));
        }
        std::thread::yield_now();
    }
}

macro_rules! once {
    ($($once:ident),*) => {$(
        impl<T: Persist> Persist for $once<T> {
            fn describe(layout: &mut Layout) -> Described<Self> {
                layout.wrap(stringify!($once), Layout::parameter::<T>)
            }

            fn save(&self) -> Result<Value, Misfit> {
                match self.get() {
                    // As an option of it is saved.
                    Some(inner) => {
                        let saved = inner.save()?;
                        let is_plain = !matches!(saved, Value::None) && marked(&saved).is_none();
                        Ok(if is_plain { saved } else { [(SOME, saved)].into_iter().collect() })
                    }
                    None => Ok(Value::None),
                }
            }

            fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
                let inner = Option::<T>::restore(saved, report)?;
                Ok(inner.map_or_else(Self::new, Self::from))
            }
        }
    )*};
}

once!(OnceCell, OnceLock);

macro_rules! tuples {
    ($($count:literal: $($T:ident $place:tt),+;)*) => {$(
        impl<$($T: Persist),+> Persist for ($($T,)+) {
            fn describe(layout: &mut Layout) -> Described<Self> {
                layout.wrap("tuple", |layout| { $(layout.parameter::<$T>();)+ })
            }

            fn save(&self) -> Result<Value, Misfit> {
                Ok(Value::tuple([$(
                    self.$place.save().map_err(|misfit| misfit.at(concat!("[", $place, "]")))?
                ),+]))
            }

            fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
                let items = tuple_items(saved, $count)?;
                Ok(($(
                    report.within(concat!("[", $place, "]"), |report| {
                        $T::restore(&items[$place], report)
                    })?,
                )+))
            }
        }
    )*};
}

tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
}
