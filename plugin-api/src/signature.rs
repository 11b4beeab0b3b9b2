//! Which Rust types may stand in a plugin function's signature, and how they cross.

use std::any::Any;

use abi_stable::StableAbi;
use abi_stable::std_types::{ROption, RSlice, RStr, RString, RVec};
use abi_stable::type_layout::TypeLayout;

use crate::state::StateDescriptor;
use crate::value::Value;

/// A function that gives a type's layout. One per type, never inlined, so that the
/// layout is instantiated where the type is defined and not in each plugin.
pub type LayoutFn = extern "C" fn() -> &'static TypeLayout;

/// The parameters and the result of a plugin function.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Signature {
    /// The parameters in order.
    pub parameters: RSlice<'static, ParameterDescriptor>,
    /// The layout of what the function returns.
    #[sabi(unsafe_opaque_field)]
    pub returned: LayoutFn,
}

/// One parameter of a plugin function.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct ParameterDescriptor {
    /// The parameter's name; empty on the caller's side.
    pub name: RStr<'static>,
    /// The layout of what crosses the boundary.
    #[sabi(unsafe_opaque_field)]
    pub layout: LayoutFn,
}

/// A type that a plugin function can take.
///
/// Implemented for numbers, `bool`, `&str`, `String`, `&Value`, `Value`, `&[u8]`,
/// `Vec<T>` and `Option<T>` of owned ones, and by [`plugin_type!`](crate::plugin_type!)
/// for types of your own.
pub trait Parameter {
    /// The type with a lifetime of its own, so that a handle can outlive its arguments.
    type Value<'a>;
    /// What crosses the boundary. Its layout must be the one that `layout` gives.
    type Abi<'a>;
    /// The layout of `Abi`.
    extern "C" fn layout() -> &'static TypeLayout;
    /// Packs, on the caller's side.
    fn into_abi(value: Self::Value<'_>) -> Self::Abi<'_>;
    /// Unpacks, on the plugin's side.
    fn from_abi(abi: Self::Abi<'_>) -> Self::Value<'_>;
}

/// A type that a plugin function can return: owned, and valid for as long as native
/// plugins stay mapped.
pub trait Returned: Sized + 'static {
    /// What crosses the boundary. Its layout must be the one that `layout` gives.
    type Abi;
    /// The type of the instance that this is, if it is one.
    #[doc(hidden)]
    const INSTANCE: Option<&'static StateDescriptor> = None;
    /// The layout of `Abi`.
    extern "C" fn layout() -> &'static TypeLayout;
    /// Packs, on the plugin's side.
    fn into_abi(self) -> Self::Abi;
    /// Unpacks, on the caller's side.
    fn from_abi(abi: Self::Abi) -> Self;
    /// Unpacks where nothing has to be taken over or given back: what gives a value here
    /// is forgotten. It spares moving a large result that is empty.
    #[inline(always)]
    fn peek(_: &Self::Abi) -> Option<Self> {
        None
    }
    /// Is told by a host what it knows of the unit that returned this.
    #[doc(hidden)]
    fn adopt(&mut self, _unit: &dyn Any) {}
}

macro_rules! by_value {
    ($($ty:ty => $abi:ty),* $(,)?) => {$(
        impl Parameter for $ty {
            type Value<'a> = $ty;
            type Abi<'a> = $abi;

            #[inline(never)]
            extern "C" fn layout() -> &'static TypeLayout {
                <$abi as StableAbi>::LAYOUT
            }

            #[inline(always)]
            fn into_abi(value: Self::Value<'_>) -> Self::Abi<'_> {
                value.into()
            }

            #[inline(always)]
            fn from_abi(abi: Self::Abi<'_>) -> Self::Value<'_> {
                abi.into()
            }
        }

        impl Returned for $ty {
            type Abi = $abi;

            #[inline(never)]
            extern "C" fn layout() -> &'static TypeLayout {
                <$abi as StableAbi>::LAYOUT
            }

            #[inline(always)]
            fn into_abi(self) -> $abi {
                self.into()
            }

            #[inline(always)]
            fn from_abi(abi: $abi) -> $ty {
                abi.into()
            }
        }
    )*};
}

by_value! {
    () => (),
    bool => bool,
    i8 => i8, i16 => i16, i32 => i32, i64 => i64, isize => isize,
    u8 => u8, u16 => u16, u32 => u32, u64 => u64, usize => usize,
    f32 => f32, f64 => f64,
    RString => RString,
    Value => Value,
    Vec<u8> => RVec<u8>,
    Vec<i64> => RVec<i64>,
    Vec<f64> => RVec<f64>,
    Vec<Value> => RVec<Value>,
    RVec<RString> => RVec<RString>,
    Option<bool> => ROption<bool>,
    Option<i64> => ROption<i64>,
    Option<f64> => ROption<f64>,
    Option<RString> => ROption<RString>,
}

impl Parameter for String {
    type Value<'a> = Self;
    type Abi<'a> = RString;

    extern "C" fn layout() -> &'static TypeLayout {
        <RString as Parameter>::layout()
    }

    #[inline(always)]
    fn into_abi(value: Self::Value<'_>) -> Self::Abi<'_> {
        value.into()
    }

    #[inline(always)]
    fn from_abi(abi: Self::Abi<'_>) -> Self::Value<'_> {
        abi.into()
    }
}

impl Returned for String {
    type Abi = RString;

    extern "C" fn layout() -> &'static TypeLayout {
        <RString as Parameter>::layout()
    }

    #[inline(always)]
    fn into_abi(self) -> RString {
        if self.capacity() == 0 {
            return RString::new();
        }
        self.into()
    }

    #[inline(always)]
    fn from_abi(abi: RString) -> Self {
        abi.into()
    }

    #[inline(always)]
    fn peek(abi: &RString) -> Option<Self> {
        (abi.capacity() == 0).then(Self::new)
    }
}

impl Parameter for Vec<String> {
    type Value<'a> = Self;
    type Abi<'a> = RVec<RString>;

    extern "C" fn layout() -> &'static TypeLayout {
        <RVec<RString> as Parameter>::layout()
    }

    #[inline(always)]
    fn into_abi(value: Self::Value<'_>) -> Self::Abi<'_> {
        value.into_iter().map(RString::from).collect()
    }

    #[inline(always)]
    fn from_abi(abi: Self::Abi<'_>) -> Self::Value<'_> {
        abi.into_iter().map(String::from).collect()
    }
}

impl Returned for Vec<String> {
    type Abi = RVec<RString>;

    extern "C" fn layout() -> &'static TypeLayout {
        <RVec<RString> as Parameter>::layout()
    }

    #[inline(always)]
    fn into_abi(self) -> RVec<RString> {
        <Self as Parameter>::into_abi(self)
    }

    #[inline(always)]
    fn from_abi(abi: RVec<RString>) -> Self {
        abi.into_iter().map(String::from).collect()
    }
}

impl Parameter for Option<String> {
    type Value<'a> = Self;
    type Abi<'a> = ROption<RString>;

    extern "C" fn layout() -> &'static TypeLayout {
        <Option<RString> as Parameter>::layout()
    }

    #[inline(always)]
    fn into_abi(value: Self::Value<'_>) -> Self::Abi<'_> {
        value.map(RString::from).into()
    }

    #[inline(always)]
    fn from_abi(abi: Self::Abi<'_>) -> Self::Value<'_> {
        abi.into_option().map(String::from)
    }
}

impl Returned for Option<String> {
    type Abi = ROption<RString>;

    extern "C" fn layout() -> &'static TypeLayout {
        <Option<RString> as Parameter>::layout()
    }

    #[inline(always)]
    fn into_abi(self) -> ROption<RString> {
        self.map(RString::from).into()
    }

    #[inline(always)]
    fn from_abi(abi: ROption<RString>) -> Self {
        abi.into_option().map(String::from)
    }
}

impl Parameter for &str {
    type Value<'a> = &'a str;
    type Abi<'a> = RStr<'a>;

    #[inline(never)]
    extern "C" fn layout() -> &'static TypeLayout {
        <RStr<'static> as StableAbi>::LAYOUT
    }

    #[inline(always)]
    fn into_abi(value: Self::Value<'_>) -> Self::Abi<'_> {
        value.into()
    }

    #[inline(always)]
    fn from_abi(abi: Self::Abi<'_>) -> Self::Value<'_> {
        abi.as_str()
    }
}

impl Parameter for RStr<'_> {
    type Value<'a> = RStr<'a>;
    type Abi<'a> = RStr<'a>;

    extern "C" fn layout() -> &'static TypeLayout {
        <&str as Parameter>::layout()
    }

    #[inline(always)]
    fn into_abi(value: Self::Value<'_>) -> Self::Abi<'_> {
        value
    }

    #[inline(always)]
    fn from_abi(abi: Self::Abi<'_>) -> Self::Value<'_> {
        abi
    }
}

impl Parameter for &[u8] {
    type Value<'a> = &'a [u8];
    type Abi<'a> = RSlice<'a, u8>;

    #[inline(never)]
    extern "C" fn layout() -> &'static TypeLayout {
        <RSlice<'static, u8> as StableAbi>::LAYOUT
    }

    #[inline(always)]
    fn into_abi(value: Self::Value<'_>) -> Self::Abi<'_> {
        value.into()
    }

    #[inline(always)]
    fn from_abi(abi: Self::Abi<'_>) -> Self::Value<'_> {
        abi.as_slice()
    }
}

impl Parameter for &Value {
    type Value<'a> = &'a Value;
    type Abi<'a> = &'a Value;

    #[inline(never)]
    extern "C" fn layout() -> &'static TypeLayout {
        <&'static Value as StableAbi>::LAYOUT
    }

    #[inline(always)]
    fn into_abi(value: Self::Value<'_>) -> Self::Abi<'_> {
        value
    }

    #[inline(always)]
    fn from_abi(abi: Self::Abi<'_>) -> Self::Value<'_> {
        abi
    }
}

/// Lets types of your own stand in plugin functions' signatures.
///
/// Each must be `#[repr(C)]` and derive `StableAbi`, which needs a dependency on
/// `abi_stable` itself. Define it in a crate that host and plugin share; each is built
/// with the definition of its time, and the layouts are compared field by field when a
/// handle is made and at every publish.
///
/// ```
/// use abi_stable::StableAbi;
///
/// #[repr(C)]
/// #[derive(StableAbi)]
/// pub struct Point {
///     pub x: f64,
///     pub y: f64,
/// }
///
/// hotplate_plugin_api::plugin_type!(Point);
/// ```
#[macro_export]
macro_rules! plugin_type {
    ($($ty:ty),+ $(,)?) => {$(
        impl $crate::Parameter for $ty {
            type Value<'a> = $ty;
            type Abi<'a> = $ty;

            extern "C" fn layout() -> &'static $crate::abi_stable::type_layout::TypeLayout {
                <$ty as $crate::abi_stable::StableAbi>::LAYOUT
            }

            #[inline(always)]
            fn into_abi(value: Self::Value<'_>) -> Self::Abi<'_> {
                value
            }

            #[inline(always)]
            fn from_abi(abi: Self::Abi<'_>) -> Self::Value<'_> {
                abi
            }
        }

        impl $crate::Returned for $ty {
            type Abi = $ty;

            extern "C" fn layout() -> &'static $crate::abi_stable::type_layout::TypeLayout {
                <$ty as $crate::abi_stable::StableAbi>::LAYOUT
            }

            #[inline(always)]
            fn into_abi(self) -> $ty {
                self
            }

            #[inline(always)]
            fn from_abi(abi: $ty) -> $ty {
                abi
            }
        }
    )+};
}
