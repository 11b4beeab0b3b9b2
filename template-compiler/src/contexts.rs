//! What is known of the structs that templates are rendered with.
//!
//! Data only: whoever calls the compiler reads the structs from where they are defined.

use std::collections::BTreeMap;

/// The contexts that templates have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contexts {
    /// The struct of each template that has one, by the template's name.
    pub templates: BTreeMap<String, RecordName>,
    /// The structs.
    pub records: BTreeMap<RecordName, Record>,
}

/// The types of names that a template without a struct reads from the scope that it is rendered
/// in.
pub type Names = BTreeMap<String, Type>;

/// The most names of a unit whose types are made use of.
pub const MOST_NAMES: usize = 12;

/// A struct's path in Rust, from a crate's name on: `contexts::Article`.
pub type RecordName = String;

/// A struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// How many lifetimes it has.
    pub lifetimes: usize,
    /// The fields in order.
    pub fields: Vec<Field>,
    /// Where it is defined, as a file with a line, for messages.
    pub place: String,
}

impl Record {
    /// The type of a field.
    pub fn field(&self, name: &str) -> Option<&Type> {
        let mut fields = self.fields.iter();
        fields
            .find(|field| field.name == name)
            .map(|field| &field.ty)
    }
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name as a template writes it; in Rust it may need `r#` before it.
    pub name: String,
    /// The type.
    pub ty: Type,
}

/// The type of a field, as far as the compiler makes use of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// `bool`.
    Bool,
    /// An integer that fits `i64`: all but `u64`, `usize` and those of 128 bits.
    Int,
    /// `u64` or `usize`.
    Unsigned,
    /// `f32` or `f64`.
    Float,
    /// Text of any kind that derefs to `str`, escaped on output.
    Text,
    /// `Safe<S>`: text that is written as it is.
    Safe,
    /// `Date` of the plugin API.
    Date,
    /// `DateTime` of the plugin API.
    DateTime,
    /// `Value`.
    Value,
    /// A struct of [`Contexts::records`].
    Record(RecordName),
    /// `Option<T>`.
    Option(Box<Self>),
    /// `&T`, `Box<T>`, `Rc<T>`, `Arc<T>`.
    Pointer(Box<Self>),
    /// `Vec<T>`, `&[T]`, `[T; N]` and their kin.
    List(Box<Self>),
    /// A tuple.
    Tuple(Vec<Self>),
    /// `BTreeMap<K, V>` or `HashMap<K, V>`.
    Map(Box<Self>, Box<Self>),
    /// Any other type: read through its view when the template is rendered. The text is
    /// the type as the struct has it.
    Other(String),
}
