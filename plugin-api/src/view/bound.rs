//! Names of a scope whose types are known, handed over as what they are.
//!
//! A template that others include or extend has no struct of its own. Where those who use
//! it agree on the types of the names that it reads, its units have code for these types.
//! A [`NameBinding`] says how the values that this code takes are found in the views that a
//! caller offers; [`BoundEntry`](crate::callee::BoundEntry) is the code.

use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;

use abi_stable::StableAbi;
use abi_stable::std_types::RVec;

use super::{Data, Field, Reading, TableFn, View, ViewTable};

/// The most names that a unit can have bound.
pub const MOST_BOUND: usize = 12;

/// As what a name is handed over.
#[repr(C, u8)]
#[derive(StableAbi, Clone, Copy)]
#[non_exhaustive]
pub enum Form {
    /// A struct of this type.
    Record(TableFn),
    /// A list of structs of this type, one after the other.
    Records(TableFn),
    /// Text that is escaped on output.
    Text,
    /// A whole number that fits.
    Int,
    /// A float.
    Float,
    /// A truth value.
    Bool,
}

/// What a name is bound to, in the form that the unit asks for.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct BoundValue<'a> {
    /// What is referred to; nothing for a number or a truth value.
    data: *const (),
    /// The length of a text or a list, or a number's bits.
    bits: u64,
    lifetime: PhantomData<&'a ()>,
}

impl BoundValue<'_> {
    fn referring(data: *const (), length: usize) -> Self {
        Self {
            data,
            bits: length as u64,
            lifetime: PhantomData,
        }
    }

    fn plain(bits: u64) -> Self {
        Self {
            data: ptr::null(),
            bits,
            lifetime: PhantomData,
        }
    }
}

/// A type that code of a unit can take a name as.
///
/// # Safety
///
/// 1. `take` must be sound for each value that a [`NameBinding`] makes in the form `FORM`.
pub unsafe trait Bindable<'c>: Sized {
    /// The form.
    const FORM: Form;

    /// The value.
    ///
    /// # Safety
    ///
    /// 1. `value` must have been made in the form `FORM`, for a type whose table says the
    ///    same as the form's, laid out by the same compiler.
    unsafe fn take(value: BoundValue<'c>) -> Self;
}

// SAFETY: a value of this form refers to a `T` that lives for `'c`.
unsafe impl<'c, T: Field> Bindable<'c> for &'c T {
    const FORM: Form = Form::Record(TableFn::of::<T>());

    #[inline(always)]
    unsafe fn take(value: BoundValue<'c>) -> Self {
        // SAFETY: by duty 1 and the form.
        unsafe { &*value.data.cast::<T>() }
    }
}

// SAFETY: a value of this form refers to so many `T`s, which live for `'c`.
unsafe impl<'c, T: Field> Bindable<'c> for &'c [T] {
    const FORM: Form = Form::Records(TableFn::of::<T>());

    #[inline(always)]
    unsafe fn take(value: BoundValue<'c>) -> Self {
        // SAFETY: by duty 1 and the form; the length is one of a slice.
        unsafe { std::slice::from_raw_parts(value.data.cast::<T>(), value.bits as usize) }
    }
}

// SAFETY: a value of this form refers to text of this length, which lives for `'c`.
unsafe impl<'c> Bindable<'c> for &'c str {
    const FORM: Form = Form::Text;

    #[inline(always)]
    unsafe fn take(value: BoundValue<'c>) -> Self {
        // SAFETY: by duty 1 and the form; it was made of a string.
        unsafe {
            let bytes = std::slice::from_raw_parts(value.data.cast(), value.bits as usize);
            std::str::from_utf8_unchecked(bytes)
        }
    }
}

// SAFETY: any bits are a number.
unsafe impl<'c> Bindable<'c> for i64 {
    const FORM: Form = Form::Int;

    #[inline(always)]
    unsafe fn take(value: BoundValue<'c>) -> Self {
        value.bits.cast_signed()
    }
}

// SAFETY: any bits are a float.
unsafe impl<'c> Bindable<'c> for f64 {
    const FORM: Form = Form::Float;

    #[inline(always)]
    unsafe fn take(value: BoundValue<'c>) -> Self {
        Self::from_bits(value.bits)
    }
}

// SAFETY: any bits are compared with 0.
unsafe impl<'c> Bindable<'c> for bool {
    const FORM: Form = Form::Bool;

    #[inline(always)]
    unsafe fn take(value: BoundValue<'c>) -> Self {
        value.bits != 0
    }
}

/// The types of all names of a unit: a tuple of types that are [`Bindable`].
///
/// # Safety
///
/// 1. `take` must only read the first `FORMS.len()` values, each in its form.
pub unsafe trait BindableNames<'c>: Sized {
    /// The forms, in the order of the names; at most [`MOST_BOUND`].
    const FORMS: &'static [Form];

    /// The values.
    ///
    /// # Safety
    ///
    /// 1. `values` must point to values that a [`NameBinding`] for `FORMS` made, as in
    ///    [`Bindable::take`].
    unsafe fn take(values: *const BoundValue<'c>) -> Self;
}

macro_rules! tuples {
    ($(($($name:ident $place:literal),*))*) => {$(
        // SAFETY: the value of each place is taken in the form of the same place.
        unsafe impl<'c, $($name: Bindable<'c>),*> BindableNames<'c> for ($($name,)*) {
            const FORMS: &'static [Form] = &[$($name::FORM),*];

            #[inline(always)]
            unsafe fn take(values: *const BoundValue<'c>) -> Self {
                // SAFETY: by duty 1.
                unsafe { ($($name::take(*values.add($place)),)*) }
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}

/// Where the value of one name is found among what a caller offers.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Argument {
    /// Which of the offered views.
    pub offer: usize,
    /// The type of that view.
    pub table: &'static ViewTable,
    /// How many bytes into its data the value lies.
    pub offset: usize,
    /// The type of what lies there.
    pub part: &'static ViewTable,
    /// Whether that is the struct itself, and not something that leads to it.
    pub is_direct: bool,
    /// The form that is asked for.
    pub form: Form,
}

/// How the names of a unit are found among what a caller offers.
#[repr(C)]
#[derive(StableAbi, Debug)]
pub struct NameBinding {
    arguments: RVec<Argument>,
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offer, offset, .. } = self;
        write!(f, "{} at {offset} of {offer}", self.part.name)
    }
}

/// Room for the values that a unit takes.
pub struct BoundValues<'a>([MaybeUninit<BoundValue<'a>>; MOST_BOUND]);

impl<'a> BoundValues<'a> {
    /// No values.
    #[inline(always)]
    pub fn new() -> Self {
        Self([const { MaybeUninit::uninit() }; MOST_BOUND])
    }

    /// The first value; all others of the binding that [found](NameBinding::find) them follow.
    #[inline(always)]
    pub fn as_ptr(&self) -> *const BoundValue<'a> {
        self.0.as_ptr().cast()
    }
}

impl Default for BoundValues<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl NameBinding {
    /// A binding for the names of a unit, in their order.
    ///
    /// # Safety
    ///
    /// 1. What lies `offset` bytes into data of the type of `table` must be of the type of
    ///    `part`.
    /// 2. Where the form names a struct, the table of the struct that is found there (the
    ///    part itself if it is direct, else what it leads to; the items of a list) must say
    ///    the same as the form's, and one compiler must have laid out both.
    ///
    /// # Panics
    ///
    /// If there are more than [`MOST_BOUND`] arguments.
    pub unsafe fn new(arguments: impl IntoIterator<Item = Argument>) -> Self {
        let arguments: RVec<Argument> = arguments.into_iter().collect();
        assert!(
            arguments.len() <= MOST_BOUND,
            "more than {MOST_BOUND} names are bound"
        );
        Self { arguments }
    }

    /// Finds the values in what is offered, and puts them into `values`; `false` if it is not
    /// of the types that the binding was made for, or has no value there in the right form.
    #[inline]
    pub fn find<'a>(&self, offered: &[View<'a>], values: &mut BoundValues<'a>) -> bool {
        let arguments = self.arguments.as_slice();
        for (argument, value) in arguments.iter().zip(&mut values.0) {
            let Some(view) = offered.get(argument.offer) else {
                return false;
            };
            match argument.value(*view) {
                Some(found) => value.write(found),
                None => return false,
            };
        }
        true
    }
}

impl Argument {
    #[inline]
    fn value<'a>(&self, offered: View<'a>) -> Option<BoundValue<'a>> {
        if !offered
            .table
            .is_some_and(|table| ptr::eq(table, self.table))
        {
            return None;
        }
        // SAFETY: by duty 1 of `NameBinding::new`, as the data is of the type of `table`.
        let part = unsafe { View::part(offered.data, self.offset, self.part) };
        if self.is_direct {
            return Some(BoundValue::referring(part.data.pointer(), 1));
        }
        self.found(part)
    }

    /// The value at the end of references.
    #[inline(never)]
    fn found<'a>(&self, part: View<'a>) -> Option<BoundValue<'a>> {
        let refers = |data: Data<'a>, length| Some(BoundValue::referring(data.pointer(), length));
        match (self.form, part.read()) {
            (Form::Record(_), Reading::Record) => refers(part.resolve()?.data, 1),
            (Form::Records(_), Reading::Sequence(items)) => refers(items.first, items.length),
            (Form::Text, Reading::Text(text)) => Some(BoundValue::referring(
                text.as_str().as_ptr().cast(),
                text.len(),
            )),
            (Form::Int, Reading::Int(number)) => Some(BoundValue::plain(number.cast_unsigned())),
            (Form::Float, Reading::Float(number)) => Some(BoundValue::plain(number.to_bits())),
            (Form::Bool, Reading::Bool(truth)) => Some(BoundValue::plain(truth.into())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Context;

    #[derive(Context)]
    struct Badge<'a> {
        label: &'a str,
    }

    #[derive(Context)]
    struct Card<'a> {
        price: u16,
        badge: &'a Badge<'a>,
        parts: Vec<Badge<'a>>,
        weight: f64,
        is_new: bool,
        none: Option<i64>,
    }

    /// The argument for a field of `Card`.
    fn argument(field: &str, form: Form) -> Argument {
        let table = Card::table();
        let super::super::Kind::Record(fields) = &table.kind else {
            panic!("a struct has fields");
        };
        let found = fields.iter().find(|entry| entry.name == field);
        let entry = found.expect("there is such a field");
        Argument {
            offer: 1,
            table,
            offset: entry.offset,
            part: entry.table.get(),
            is_direct: false,
            form,
        }
    }

    type Names<'c> = (&'c Badge<'c>, &'c [Badge<'c>], &'c str, i64, f64, bool);

    #[test]
    fn fields_are_handed_over_in_the_forms_that_are_asked_for() {
        let badge = Badge { label: "new" };
        let card = Card {
            price: 1795,
            badge: &badge,
            parts: vec![Badge { label: "a" }, Badge { label: "b" }],
            weight: 0.5,
            is_new: true,
            none: None,
        };
        let text = Argument {
            offer: 0,
            table: <Badge<'_> as Field>::table(),
            offset: 0,
            part: <&str as Field>::table(),
            is_direct: false,
            form: Form::Text,
        };
        let forms = <Names<'_> as BindableNames<'_>>::FORMS;
        let fields = [
            argument("badge", forms[0]),
            argument("parts", forms[1]),
            text,
            argument("price", forms[3]),
            argument("weight", forms[4]),
            argument("is_new", forms[5]),
        ];
        // SAFETY: the places are those of the structs' tables, the forms those of their types.
        let binding = unsafe { NameBinding::new(fields) };
        let offered = [View::new(&badge), View::new(&card)];
        let mut values = BoundValues::new();
        assert!(binding.find(&offered, &mut values), "all fit");
        // SAFETY: the binding was made for these forms.
        let (badge, parts, label, price, weight, is_new) =
            unsafe { <Names<'_> as BindableNames<'_>>::take(values.as_ptr()) };
        let labels: Vec<&str> = parts.iter().map(|part| part.label).collect();
        assert_eq!((badge.label, labels.as_slice()), ("new", &["a", "b"][..]));
        assert_eq!((label, price, weight, is_new), ("new", 1795, 0.5, true));

        assert!(!binding.find(&offered[..1], &mut BoundValues::new()));
        let turned = [offered[1], offered[0]];
        assert!(!binding.find(&turned, &mut BoundValues::new()));
        // SAFETY: the place is that of the struct's table.
        let none = unsafe { NameBinding::new([argument("none", Form::Int)]) };
        assert!(!none.find(&offered, &mut BoundValues::new()));
    }
}
