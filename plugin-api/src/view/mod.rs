//! Values that are borrowed: a program's own data, read by templates where it is.
//!
//! A [`View`] is to a [`Field`] what a trait object is to a trait, with a layout that
//! libraries built apart agree on: a pointer to the data and one to a table that says how
//! to read it. Nothing is converted until a filter or a tag asks for a [`Value`].
#![expect(
    unsafe_code,
    reason = "data crosses as an untyped pointer beside the table of its type"
)]

pub mod bound;
mod fields;
mod maps;
mod table;

use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use abi_stable::StableAbi;
use abi_stable::std_types::{RSlice, RStr};

use crate::value::{DictBuilder, Pattern, Ref, Text, Value, same_text};
pub use fields::Safe;
pub use table::{
    FieldEntry, Kind, MapTable, Pair, PointerTable, SequenceTable, Slice, TableFn, ViewTable,
};

/// A type that the fields of a template's context can have.
///
/// Implemented for `bool`, `char`, integers, floats, strings (borrowed, owned and shared),
/// dates and times, [`Value`], and for options, references, boxes, vectors, slices, arrays,
/// tuples and maps of such types. `#[derive(Context)]` implements it for a struct.
///
/// ```
/// use hotplate_plugin_api::view::{Reading, View};
///
/// let numbers = vec![1, 2, 3];
/// let Reading::Sequence(items) = View::new(&numbers).read() else {
///     panic!("a vector is read as a sequence");
/// };
/// assert_eq!(items.len(), 3);
/// assert!(matches!(items.get(1).read(), Reading::Int(2)));
/// ```
///
/// # Safety
///
/// 1. What the table says of places and functions must be true of the type.
pub unsafe trait Field {
    /// How values of the type are read.
    extern "C" fn table() -> &'static ViewTable;
}

/// A pointer to data of a type that the table beside it describes.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct Data<'a> {
    pointer: NonNull<()>,
    lifetime: PhantomData<&'a ()>,
}

impl<'a> Data<'a> {
    #[inline]
    fn of<T>(value: &'a T) -> Self {
        Self::new(NonNull::from(value).cast())
    }

    #[inline]
    const fn new(pointer: NonNull<()>) -> Self {
        Self {
            pointer,
            lifetime: PhantomData,
        }
    }

    fn pointer(self) -> *const () {
        self.pointer.as_ptr()
    }

    /// The data as what it is.
    ///
    /// # Safety
    ///
    /// 1. The data must be a `T`.
    #[doc(hidden)]
    #[inline]
    pub unsafe fn get<T>(self) -> &'a T {
        // SAFETY: by duty 1, and because a `Data` is only made of a reference that lives
        // for `'a`, or of a part of what such a one refers to.
        unsafe { self.pointer.cast::<T>().as_ref() }
    }
}

/// A value where it lies.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct View<'a> {
    data: Data<'a>,
    /// None for a [`Value`].
    table: Option<&'static ViewTable>,
}

/// What a view shows.
#[repr(C, u8)]
#[derive(StableAbi, Clone)]
#[non_exhaustive]
pub enum Reading<'a> {
    /// `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A float.
    Float(f64),
    /// Text that is escaped on output.
    Text(RStr<'a>),
    /// Text that is written as it is.
    Safe(RStr<'a>),
    /// A value.
    Value(&'a Value),
    /// What has no form of its own here: a date, say.
    Owned(Value),
    /// A struct, which [`View::field`] takes apart.
    Record,
    /// A list or a tuple.
    Sequence(Sequence<'a>),
    /// A map.
    Map(Map<'a>),
}

/// Items one after the other.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Sequence<'a> {
    first: Data<'a>,
    length: usize,
    stride: usize,
    /// The items' table; none for those of a tuple, which differ.
    item: Option<&'static ViewTable>,
    fields: RSlice<'static, FieldEntry>,
}

impl<'a> Sequence<'a> {
    /// How many items there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether it is a tuple.
    pub fn is_tuple(&self) -> bool {
        self.item.is_none()
    }

    /// Item `index`.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    #[inline]
    pub fn get(&self, index: usize) -> View<'a> {
        assert!(index < self.length, "no item {index} of {}", self.length);
        match self.item {
            // SAFETY: `first` points to `length` items, each `stride` bytes after the one
            // before, and the index was checked.
            Some(table) => unsafe { View::part(self.first, index * self.stride, table) },
            None => {
                let field = &self.fields[index];
                // SAFETY: the fields are those of the tuple that `first` points to.
                unsafe { View::part(self.first, field.offset, field.table.get()) }
            }
        }
    }

    /// The items.
    pub fn iter(&self) -> impl Iterator<Item = View<'a>> + use<'a> {
        let items = *self;
        (0..items.length).map(move |index| items.get(index))
    }
}

/// Keys with values.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Map<'a> {
    data: Data<'a>,
    table: &'static MapTable,
}

impl<'a> Map<'a> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        // SAFETY: the table is that of the data.
        unsafe { (self.table.len)(self.data) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key as a template writes it.
    pub fn get(&self, key: &str) -> Option<View<'a>> {
        // SAFETY: the table is that of the data.
        unsafe { (self.table.get)(self.data, key.into()) }.into_option()
    }

    /// The keys with their values, in the map's order.
    pub fn entries(&self) -> Vec<(View<'a>, View<'a>)> {
        // SAFETY: the table is that of the data.
        let pairs = unsafe { (self.table.entries)(self.data) };
        pairs
            .into_iter()
            .map(|pair| (pair.key, pair.value))
            .collect()
    }
}

impl<'a> View<'a> {
    /// A view of a value of any type that templates can read.
    #[inline]
    pub fn new<T: Field>(value: &'a T) -> Self {
        Self::with_table(Data::of(value), T::table())
    }

    /// A view of a value.
    #[inline]
    pub fn of(value: &'a Value) -> Self {
        Self {
            data: Data::of(value),
            table: None,
        }
    }

    /// A view of nothing, as which every name is missing.
    #[inline]
    pub const fn nothing() -> View<'static> {
        static NOTHING: Value = Value::None;
        View {
            data: Data::new(NonNull::from_ref(&NOTHING).cast()),
            table: None,
        }
    }

    /// A view of data that came through a boundary.
    ///
    /// # Safety
    ///
    /// 1. `data` must point to a value of the type that `table` describes, which lives and
    ///    does not change during `'a`.
    pub unsafe fn from_raw(data: *const (), table: &'static ViewTable) -> Self {
        // SAFETY: by duty 1 there is a value, whose place is not null.
        let pointer = unsafe { NonNull::new_unchecked(data.cast_mut()) };
        Self::with_table(Data::new(pointer), table)
    }

    #[inline]
    fn with_table(data: Data<'a>, table: &'static ViewTable) -> Self {
        let table = match table.kind {
            Kind::Value => None,
            _ => Some(table),
        };
        Self { data, table }
    }

    /// A view of what lies `offset` bytes into `data`.
    ///
    /// # Safety
    ///
    /// 1. There must be a value of the table's type.
    #[inline]
    unsafe fn part(data: Data<'a>, offset: usize, table: &'static ViewTable) -> Self {
        // SAFETY: by duty 1 the place is inside what `data` points into.
        let pointer = unsafe { data.pointer.byte_add(offset) };
        Self::with_table(Data::new(pointer), table)
    }

    /// The data, to be given to code that knows its type.
    pub fn data(self) -> *const () {
        self.data.pointer()
    }

    /// The table; none for a [`Value`].
    #[inline]
    pub fn table(self) -> Option<&'static ViewTable> {
        self.table
    }

    /// The value, if it is one.
    #[inline]
    pub fn as_value(self) -> Option<&'a Value> {
        match self.table {
            // SAFETY: without a table the data is a `Value`.
            None => Some(unsafe { self.data.get::<Value>() }),
            Some(_) => None,
        }
    }

    /// What is at the end of references and options; nothing for an option that is empty.
    #[inline]
    pub fn resolve(self) -> Option<Self> {
        let mut view = self;
        while let Some(ViewTable {
            kind: Kind::Pointer(pointer),
            ..
        }) = view.table
        {
            // SAFETY: the table is that of the data.
            view = unsafe { (pointer.follow)(view.data) }.into_option()?;
        }
        Some(view)
    }

    /// What it shows.
    pub fn read(self) -> Reading<'a> {
        let Some(view) = self.resolve() else {
            return Reading::None;
        };
        let Some(table) = view.table else {
            // SAFETY: without a table the data is a `Value`.
            return Reading::Value(unsafe { view.data.get::<Value>() });
        };
        match &table.kind {
            // SAFETY: the table is that of the data.
            Kind::Scalar(read) => unsafe { read(view.data) },
            Kind::Record(_) => Reading::Record,
            Kind::Sequence(sequence) => {
                // SAFETY: the table is that of the data.
                let slice = unsafe { (sequence.slice)(view.data) };
                Reading::Sequence(Sequence {
                    first: slice.first,
                    length: slice.length,
                    stride: sequence.stride,
                    item: Some(sequence.item.get()),
                    fields: RSlice::EMPTY,
                })
            }
            Kind::Tuple(fields) => Reading::Sequence(Sequence {
                first: view.data,
                length: fields.len(),
                stride: 0,
                item: None,
                fields: *fields,
            }),
            Kind::Map(map) => Reading::Map(Map {
                data: view.data,
                table: map,
            }),
            // `resolve` and `with_table` leave none of these.
            Kind::Pointer(_) | Kind::Value => Reading::None,
        }
    }

    /// The fields of a struct, at the end of references and options.
    #[inline]
    pub fn fields(self) -> Option<(Self, &'static [FieldEntry])> {
        let view = self.resolve()?;
        match &view.table?.kind {
            Kind::Record(fields) => Some((view, fields.as_slice())),
            _ => None,
        }
    }

    /// The field of a struct.
    ///
    /// ```
    /// use hotplate_plugin_api::view::View;
    ///
    /// assert!(View::new(&1).field("name").is_none());
    /// ```
    pub fn field(self, name: &str) -> Option<Self> {
        let (view, fields) = self.fields()?;
        let field = fields.iter().find(|field| is_named(field, name))?;
        // SAFETY: the field is one of the table of the data.
        Some(unsafe { Self::part(view.data, field.offset, field.table.get()) })
    }

    /// The place of the field of this name, for [`field_at`](Self::field_at).
    pub fn field_slot(self, name: &str) -> Option<usize> {
        let (_, fields) = self.fields()?;
        fields.iter().position(|field| is_named(field, name))
    }

    /// The field of a struct in place `slot`, if that is its name.
    #[inline]
    pub fn field_at(self, slot: usize, name: &str) -> Option<Self> {
        let (view, fields) = self.fields()?;
        let field = fields.get(slot).filter(|field| is_named(field, name))?;
        // SAFETY: the field is one of the table of the data.
        Some(unsafe { Self::part(view.data, field.offset, field.table.get()) })
    }

    /// The field of a struct in place `slot`, whatever its name is.
    ///
    /// What is in a place is the same for all views with this [`table`](Self::table).
    #[inline]
    pub fn field_in(self, slot: usize) -> Option<Self> {
        let (view, fields) = self.fields()?;
        let field = fields.get(slot)?;
        // SAFETY: the field is one of the table of the data.
        Some(unsafe { Self::part(view.data, field.offset, field.table.get()) })
    }

    /// The same as a [`Value`] of its own: structs and maps are dictionaries there.
    ///
    /// ```
    /// use hotplate_plugin_api::view::View;
    ///
    /// let names = Some(vec!["a", "b"]);
    /// assert_eq!(format!("{:?}", View::new(&names).to_value()), r#"["a", "b"]"#);
    /// ```
    pub fn to_value(self) -> Value {
        self.to_value_like(&mut Pattern::default())
    }

    /// The same for a value that may be like those that were made with this pattern before.
    pub fn to_value_like(self, pattern: &mut Pattern) -> Value {
        match self.read() {
            Reading::None => Value::None,
            Reading::Bool(truth) => Value::Bool(truth),
            Reading::Int(number) => Value::Int(number),
            Reading::Float(number) => Value::Float(number),
            Reading::Text(text) => Value::Str(Text::copied(text.as_str(), false)),
            Reading::Safe(text) => Value::Str(Text::copied(text.as_str(), true)),
            Reading::Value(value) => value.clone(),
            Reading::Owned(value) => value,
            Reading::Record => {
                let (view, fields) = match self.fields() {
                    Some(found) => found,
                    None => return Value::None,
                };
                let mut dict = DictBuilder::new(pattern);
                for field in fields {
                    // SAFETY: the field is one of the table of the data.
                    let part = unsafe { Self::part(view.data, field.offset, field.table.get()) };
                    dict.key(field.name.as_str());
                    let value = part.to_value_like(dict.part());
                    dict.value(value);
                }
                Value::Dict(dict.finish())
            }
            Reading::Sequence(items) if items.is_tuple() => {
                let parts = items.iter().enumerate();
                Value::tuple(parts.map(|(place, item)| item.to_value_like(pattern.part(place))))
            }
            Reading::Sequence(items) => {
                let pattern = pattern.part(0);
                Value::list(items.iter().map(|item| item.to_value_like(pattern)))
            }
            Reading::Map(map) => {
                let mut dict = DictBuilder::new(pattern);
                for (key, value) in map.entries() {
                    match key.read() {
                        Reading::Text(text) => dict.key(text.as_str()),
                        _ => dict.any_key(key.to_value()),
                    }
                    let value = value.to_value_like(dict.part());
                    dict.value(value);
                }
                Value::Dict(dict.finish())
            }
        }
    }

    /// The value that it is a view of, or else a new one.
    #[inline]
    pub fn to_ref(self) -> Ref<'a> {
        match self.as_value() {
            Some(value) => Ref::Borrowed(value),
            None => Ref::Owned(self.to_value()),
        }
    }
}

#[inline]
fn is_named(field: &FieldEntry, name: &str) -> bool {
    same_text(field.name.as_str(), name)
}

impl<'a, T: Field> From<&'a T> for View<'a> {
    #[inline]
    fn from(value: &'a T) -> Self {
        Self::new(value)
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}

/// A struct that a template is rendered with: `#[derive(Template)]` implements it.
///
/// ```ignore
/// #[derive(Template)]
/// #[template(path = "article.html")]
/// pub struct Article<'a> {
///     pub title: &'a str,
///     pub views: u64,
/// }
/// ```
pub trait Template: Field {
    /// The same struct with another lifetime, so that a handle can outlive what it renders.
    type Of<'a>: Template;
    /// The template's name.
    const PATH: &'static str;
}

#[cfg(test)]
mod tests;
