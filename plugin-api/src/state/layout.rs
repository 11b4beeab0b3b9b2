//! Saying how a type lies in memory, so that two builds can be compared.
#![expect(
    unsafe_code,
    reason = "who describes a type vouches for what equal descriptions mean"
)]

use std::any::{TypeId, type_name};
use std::fmt;
use std::marker::PhantomData;

use super::Persist;

/// The description of a type while it is being written: names, offsets, sizes, alignments,
/// and the same of every type inside.
///
/// ```
/// use hotplate_plugin_api::state::Layout;
/// use std::sync::Mutex;
///
/// let (text, is_opaque) = Layout::of::<Mutex<Vec<u32>>>();
/// assert_eq!((text.as_str(), is_opaque), ("Mutex<Vec<u32>>", false));
/// ```
#[derive(Debug, Default)]
pub struct Layout {
    text: String,
    /// Records that are described already or right now: a type may hold itself.
    known: Vec<TypeId>,
    is_opaque: bool,
}

/// Proof that a type has been described.
pub struct Described<T>(PhantomData<fn() -> T>);

impl<T> fmt::Debug for Described<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Described({})", type_name::<T>())
    }
}

impl Layout {
    /// The description of a type, and whether some part of it is [opaque](Self::opaque).
    ///
    /// Two types whose descriptions are equal, without such a part, and which one compiler
    /// built for one target, are the same in memory.
    pub fn of<T: Persist>() -> (String, bool) {
        let mut layout = Self::default();
        let Described(_) = T::describe(&mut layout);
        (layout.text, layout.is_opaque)
    }

    /// Describes a type of which nothing is known: it is equal to itself in the same library
    /// alone, so that every other build saves and restores it.
    pub fn opaque<T>(&mut self) -> Described<T> {
        self.is_opaque = true;
        self.write(format_args!(
            "?{}({},{})",
            type_name::<T>(),
            size_of::<T>(),
            align_of::<T>()
        ));
        Described(PhantomData)
    }

    /// Describes a struct or an enum. `describe` adds its fields or variants.
    ///
    /// # Safety
    ///
    /// 1. `name` and what `describe` writes must tell `T` from every type of other fields,
    ///    offsets, types of fields, variants or representation: those are written by
    ///    [`field`](Self::field), [`variant`](Self::variant) and [`part`](Self::part).
    pub unsafe fn record<T: 'static>(
        &mut self,
        name: &str,
        describe: impl FnOnce(&mut Self),
    ) -> Described<T> {
        let id = TypeId::of::<T>();
        if let Some(number) = self.known.iter().position(|known| *known == id) {
            self.write(format_args!("#{number}"));
            return Described(PhantomData);
        }
        self.known.push(id);
        self.write(format_args!(
            "{name}({},{}){{",
            size_of::<T>(),
            align_of::<T>()
        ));
        describe(self);
        self.text.push('}');
        Described(PhantomData)
    }

    /// A field of a struct, at its offset in bytes.
    pub fn field<T: Persist>(&mut self, name: &str, offset: usize) {
        self.write(format_args!("{name}@{offset}:"));
        self.nested::<T>();
    }

    /// A field of a struct that is not saved, and so need not be described.
    pub fn skipped<T>(&mut self, name: &str, offset: usize) {
        self.write(format_args!("{name}@{offset}:"));
        let Described(_) = self.opaque::<T>();
        self.text.push(';');
    }

    /// A variant of an enum, with its discriminant if that is written down.
    pub fn variant(&mut self, text: &str) {
        self.write(format_args!("|{text} "));
    }

    /// A field of the variant that was added last.
    pub fn part<T: Persist>(&mut self, name: &str) {
        self.write(format_args!("{name}:"));
        self.nested::<T>();
    }

    fn nested<T: Persist>(&mut self) {
        let Described(_) = T::describe(self);
        self.text.push(';');
    }

    /// Describes a type of the standard library by its name.
    pub(super) fn leaf<T>(&mut self, name: &str) -> Described<T> {
        self.text.push_str(name);
        Described(PhantomData)
    }

    /// Describes a type of the standard library by its name and its parameters.
    pub(super) fn wrap<T>(
        &mut self,
        name: &str,
        parameters: impl FnOnce(&mut Self),
    ) -> Described<T> {
        self.write(format_args!("{name}<"));
        parameters(self);
        self.text.push('>');
        Described(PhantomData)
    }

    /// A parameter of a type of the standard library.
    pub(super) fn parameter<T: Persist>(&mut self) {
        if !self.text.ends_with('<') {
            self.text.push(',');
        }
        let Described(_) = T::describe(self);
    }

    fn write(&mut self, text: fmt::Arguments<'_>) {
        self.text.push_str(&text.to_string());
    }
}
