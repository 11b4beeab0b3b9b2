//! How the types of a program's data are read.

use std::ptr::NonNull;

use abi_stable::StableAbi;
use abi_stable::std_types::{ROption, RSlice, RStr, RVec};

use super::{Data, Field, Reading, View};

/// Gives a type's table. A function, so that types can contain themselves.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct TableFn(pub extern "C" fn() -> &'static ViewTable);

impl TableFn {
    /// The table of a type.
    pub const fn of<T: Field>() -> Self {
        Self(T::table)
    }

    /// The table.
    #[inline]
    pub fn get(self) -> &'static ViewTable {
        (self.0)()
    }
}

/// What must be known of a type to read its values. Two libraries agree on a type if their
/// tables say the same.
#[repr(C)]
#[derive(StableAbi)]
pub struct ViewTable {
    /// The type's name, without parameters.
    pub name: RStr<'static>,
    /// The module that a struct stands in; empty for types that are not a user's.
    pub module: RStr<'static>,
    /// The size of a value in bytes.
    pub size: usize,
    /// The alignment of a value in bytes.
    pub align: usize,
    /// How it is read.
    pub kind: Kind,
}

impl ViewTable {
    /// The table of a type that is not a user's.
    pub const fn new<T>(name: &'static str, kind: Kind) -> Self {
        Self::in_module::<T>(name, "", kind)
    }

    /// The table of a type of a module.
    pub const fn in_module<T>(name: &'static str, module: &'static str, kind: Kind) -> Self {
        Self {
            name: RStr::from_str(name),
            module: RStr::from_str(module),
            size: size_of::<T>(),
            align: align_of::<T>(),
            kind,
        }
    }
}

/// How values of a type are read. Each function is called with data of the table's type.
#[repr(C, u8)]
#[derive(StableAbi)]
#[non_exhaustive]
pub enum Kind {
    /// A `Value`.
    Value,
    /// What is read at once.
    Scalar(unsafe extern "C" fn(Data<'_>) -> Reading<'_>),
    /// A struct.
    Record(RSlice<'static, FieldEntry>),
    /// Items of one type, one after the other.
    Sequence(SequenceTable),
    /// Items of several types.
    Tuple(RSlice<'static, FieldEntry>),
    /// Keys with values.
    Map(MapTable),
    /// What leads to something else: a reference, a box, an option.
    Pointer(PointerTable),
}

/// A field of a struct or a tuple.
#[repr(C)]
#[derive(StableAbi)]
pub struct FieldEntry {
    /// Its name.
    pub name: RStr<'static>,
    /// How many bytes into the struct it lies.
    pub offset: usize,
    /// Its type.
    pub table: TableFn,
}

/// Items of one type.
#[repr(C)]
#[derive(StableAbi)]
pub struct SequenceTable {
    /// Their type.
    pub item: TableFn,
    /// How far they are apart, in bytes.
    pub stride: usize,
    /// Where they are.
    pub slice: unsafe extern "C" fn(Data<'_>) -> Slice<'_>,
}

/// Where the items of a sequence are.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Slice<'a> {
    /// The first one; dangling if there is none.
    pub first: Data<'a>,
    /// How many there are.
    pub length: usize,
}

impl Slice<'_> {
    /// The items of a slice, which must live as long as the data that they are part of.
    pub(super) fn of<T>(items: &[T]) -> Self {
        Self {
            first: Data::new(NonNull::from(items).cast()),
            length: items.len(),
        }
    }
}

/// Keys with values.
#[repr(C)]
#[derive(StableAbi)]
pub struct MapTable {
    /// The type of the keys.
    pub key: TableFn,
    /// The type of the values.
    pub value: TableFn,
    /// How many keys there are.
    pub len: unsafe extern "C" fn(Data<'_>) -> usize,
    /// The value of a key as a template writes it.
    pub get: for<'a> unsafe extern "C" fn(Data<'a>, RStr<'_>) -> ROption<View<'a>>,
    /// All keys with their values, in order.
    pub entries: unsafe extern "C" fn(Data<'_>) -> RVec<Pair<'_>>,
}

/// A key with its value.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Pair<'a> {
    /// The key.
    pub key: View<'a>,
    /// The value.
    pub value: View<'a>,
}

/// What leads to something else.
#[repr(C)]
#[derive(StableAbi)]
pub struct PointerTable {
    /// The type that it leads to.
    pub target: TableFn,
    /// Where it leads.
    pub follow: unsafe extern "C" fn(Data<'_>) -> ROption<View<'_>>,
}
