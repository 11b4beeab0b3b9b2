//! Objects: values whose attributes, items and text are computed on demand.
#![expect(
    unsafe_code,
    reason = "an object crosses as an untyped pointer with a table of functions"
)]

use abi_stable::StableAbi;
use abi_stable::std_types::{ROption, RResult, RStr, RString, RVec};

use super::{Text, Value};

/// An exception that a lookup or a call raises, as Python would.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The type's name, such as `ValueError`.
    pub type_name: RString,
    /// The message.
    pub message: RString,
    /// Whether a template replaces the value instead of failing (`silent_variable_failure`).
    pub silent: bool,
}

impl Exception {
    /// An exception that ends the rendering.
    pub fn new(type_name: &str, message: impl Into<String>) -> Self {
        Self {
            type_name: type_name.into(),
            message: message.into().into(),
            silent: false,
        }
    }
}

/// What a lookup finds.
#[repr(C, u8)]
#[derive(StableAbi, Debug, Clone)]
pub enum Lookup {
    /// This value.
    Found(Value),
    /// Nothing; the template goes on to the next kind of lookup.
    Missing,
    /// The lookup raised.
    Raised(Exception),
}

/// Whether and how a template calls an object it meets in a lookup.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callable {
    /// It is no function.
    No,
    /// It is called without arguments.
    Yes,
    /// It needs arguments, so that it stands for an invalid variable.
    NeedsArguments,
    /// It changes data, so that it stands for an invalid variable (`alters_data`).
    AltersData,
    /// It is left as it is (`do_not_call_in_templates`).
    DoNotCall,
}

/// A value of the host or a plugin with behaviour of its own.
///
/// All methods but `type_name` have the meaning of a plain Python object by default.
///
/// ```
/// use hotplate_plugin_api::Value;
/// use hotplate_plugin_api::value::{Lookup, Object};
///
/// struct Article;
///
/// impl Object for Article {
///     fn type_name(&self) -> &str {
///         "Article"
///     }
///
///     fn attribute(&self, name: &str) -> Lookup {
///         match name {
///             "title" => Lookup::Found(Value::str("On plates")),
///             _ => Lookup::Missing,
///         }
///     }
/// }
///
/// let article = Value::object(Article);
/// assert_eq!(format!("{article:?}"), "<Article object>");
/// ```
pub trait Object: Send + Sync + 'static {
    /// The class's name.
    fn type_name(&self) -> &str;

    /// `self[key]`, where `key` is a string or a whole number.
    fn item(&self, key: &Value) -> Lookup {
        let _ = key;
        Lookup::Missing
    }

    /// `self.name`.
    fn attribute(&self, name: &str) -> Lookup {
        let _ = name;
        Lookup::Missing
    }

    /// Whether templates call it.
    fn callable(&self) -> Callable {
        Callable::No
    }

    /// `self()`.
    ///
    /// # Errors
    ///
    /// What the function raises.
    fn call(&self) -> Result<Value, Exception> {
        let message = format!("'{}' object is not callable", self.type_name());
        Err(Exception::new("TypeError", message))
    }

    /// `str(self)`; safe if `__str__` gives a safe string, which output does not escape.
    ///
    /// # Errors
    ///
    /// What `__str__` raises.
    fn text(&self) -> Result<Text, Exception> {
        Ok(Text::new(self.repr(), false))
    }

    /// `repr(self)`.
    fn repr(&self) -> String {
        format!("<{} object>", self.type_name())
    }

    /// `bool(self)`.
    fn truth(&self) -> bool {
        self.length() != Some(0)
    }

    /// `len(self)`, for what has a length.
    fn length(&self) -> Option<usize> {
        None
    }

    /// `list(self)`, for what can be iterated over. What can be iterated over once only
    /// has no items the second time.
    ///
    /// # Errors
    ///
    /// What iterating raises.
    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        None
    }

    /// The plain value that the object also is: an instance of a subclass of `str` is a
    /// string, one of a subclass of `int` a number. A lazily translated text is its text.
    fn plain(&self) -> Option<Value> {
        None
    }

    /// `self.__html__()`, for what knows its own form in HTML.
    fn html(&self) -> Option<String> {
        None
    }

    /// `int(self)`, for what is no number but can be made one.
    ///
    /// # Errors
    ///
    /// What `__int__` raises.
    fn int(&self) -> Option<Result<Value, Exception>> {
        None
    }

    /// `float(self)`, for what is no number but can be made one.
    ///
    /// # Errors
    ///
    /// What `__float__` raises.
    fn float(&self) -> Option<Result<f64, Exception>> {
        None
    }

    /// The template that this object stands for in `include` and `extends`.
    fn template(&self) -> Option<TemplateName> {
        None
    }
}

/// A template of a plugin.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, PartialEq, Eq)]
pub struct TemplateName {
    /// The plugin.
    pub plugin: RString,
    /// The template's name in it.
    pub name: RString,
}

/// A shared reference to an [`Object`] of any library.
#[repr(C)]
#[derive(StableAbi)]
pub struct ObjectRef {
    object: *const (),
    functions: &'static ObjectFunctions,
}

// SAFETY: `new` takes only objects that are `Send + Sync`.
unsafe impl Send for ObjectRef {}
// SAFETY: as for `Send`.
unsafe impl Sync for ObjectRef {}

#[repr(C)]
#[derive(StableAbi)]
#[expect(unreachable_pub, reason = "its layout is part of the type beside it")]
pub struct ObjectFunctions {
    clone: unsafe extern "C" fn(*const ()),
    drop: unsafe extern "C" fn(*const ()),
    type_name: unsafe extern "C" fn(*const ()) -> RString,
    item: unsafe extern "C" fn(*const (), &Value) -> Lookup,
    attribute: unsafe extern "C" fn(*const (), RStr<'_>) -> Lookup,
    callable: unsafe extern "C" fn(*const ()) -> Callable,
    call: unsafe extern "C" fn(*const ()) -> RResult<Value, Exception>,
    text: unsafe extern "C" fn(*const ()) -> RResult<Text, Exception>,
    repr: unsafe extern "C" fn(*const ()) -> RString,
    truth: unsafe extern "C" fn(*const ()) -> bool,
    length: unsafe extern "C" fn(*const ()) -> ROption<usize>,
    items: unsafe extern "C" fn(*const ()) -> ROption<RResult<RVec<Value>, Exception>>,
    plain: unsafe extern "C" fn(*const ()) -> ROption<Value>,
    html: unsafe extern "C" fn(*const ()) -> ROption<RString>,
    int: unsafe extern "C" fn(*const ()) -> ROption<RResult<Value, Exception>>,
    float: unsafe extern "C" fn(*const ()) -> ROption<RResult<f64, Exception>>,
    template: unsafe extern "C" fn(*const ()) -> ROption<TemplateName>,
}

mod functions {
    //! The table's functions for an object of type `T`.
    //!
    //! Each has the same contract: the pointer comes from `Arc::<T>::into_raw` and
    //! holds one count. A method that panics gives an exception, or where there is
    //! no room for one, the default.

    use std::panic::{self, AssertUnwindSafe};
    use std::sync::Arc;

    use super::{
        Callable, Exception, Lookup, Object, ObjectFunctions, ROption, RResult, RStr, RString,
        RVec, TemplateName, Text, Value,
    };

    pub(super) const fn table<T: Object>() -> &'static ObjectFunctions {
        const {
            &ObjectFunctions {
                clone: clone::<T>,
                drop: drop::<T>,
                type_name: type_name::<T>,
                item: item::<T>,
                attribute: attribute::<T>,
                callable: callable::<T>,
                call: call::<T>,
                text: text::<T>,
                repr: repr::<T>,
                truth: truth::<T>,
                length: length::<T>,
                items: items::<T>,
                plain: plain::<T>,
                html: html::<T>,
                int: int::<T>,
                float: float::<T>,
                template: template::<T>,
            }
        }
    }

    /// # Safety
    ///
    /// 1. `object` must come from `Arc::<T>::into_raw` and hold a count during the call.
    unsafe fn with<T: Object, R>(object: *const (), method: impl FnOnce(&T) -> R) -> Option<R> {
        // SAFETY: by duty 1.
        let object = unsafe { &*object.cast::<T>() };
        panic::catch_unwind(AssertUnwindSafe(|| method(object))).ok()
    }

    fn panicked() -> Exception {
        Exception::new("RuntimeError", "a method of the object panicked")
    }

    unsafe extern "C" fn clone<T: Object>(object: *const ()) {
        // SAFETY: the table's contract.
        unsafe { Arc::increment_strong_count(object.cast::<T>()) };
    }

    unsafe extern "C" fn drop<T: Object>(object: *const ()) {
        // SAFETY: the table's contract; the caller gives its count up.
        let object = unsafe { Arc::from_raw(object.cast::<T>()) };
        let _ = panic::catch_unwind(AssertUnwindSafe(|| std::mem::drop(object)));
    }

    unsafe extern "C" fn type_name<T: Object>(object: *const ()) -> RString {
        // SAFETY: the table's contract.
        let name = unsafe { with(object, |object: &T| object.type_name().into()) };
        name.unwrap_or_else(|| "object".into())
    }

    unsafe extern "C" fn item<T: Object>(object: *const (), key: &Value) -> Lookup {
        // SAFETY: the table's contract.
        let found = unsafe { with(object, |object: &T| object.item(key)) };
        found.unwrap_or_else(|| Lookup::Raised(panicked()))
    }

    unsafe extern "C" fn attribute<T: Object>(object: *const (), name: RStr<'_>) -> Lookup {
        // SAFETY: the table's contract.
        let found = unsafe { with(object, |object: &T| object.attribute(name.as_str())) };
        found.unwrap_or_else(|| Lookup::Raised(panicked()))
    }

    unsafe extern "C" fn callable<T: Object>(object: *const ()) -> Callable {
        // SAFETY: the table's contract.
        unsafe { with(object, T::callable) }.unwrap_or(Callable::No)
    }

    unsafe extern "C" fn call<T: Object>(object: *const ()) -> RResult<Value, Exception> {
        // SAFETY: the table's contract.
        let result = unsafe { with(object, T::call) };
        result.unwrap_or_else(|| Err(panicked())).into()
    }

    unsafe extern "C" fn text<T: Object>(object: *const ()) -> RResult<Text, Exception> {
        // SAFETY: the table's contract.
        let text = unsafe { with(object, T::text) };
        text.unwrap_or_else(|| Err(panicked())).into()
    }

    unsafe extern "C" fn repr<T: Object>(object: *const ()) -> RString {
        // SAFETY: the table's contract.
        let repr = unsafe { with(object, |object: &T| object.repr().into()) };
        repr.unwrap_or_else(|| "<object>".into())
    }

    unsafe extern "C" fn truth<T: Object>(object: *const ()) -> bool {
        // SAFETY: the table's contract.
        unsafe { with(object, T::truth) }.unwrap_or(true)
    }

    unsafe extern "C" fn length<T: Object>(object: *const ()) -> ROption<usize> {
        // SAFETY: the table's contract.
        unsafe { with(object, T::length) }.flatten().into()
    }

    unsafe extern "C" fn items<T: Object>(
        object: *const (),
    ) -> ROption<RResult<RVec<Value>, Exception>> {
        // SAFETY: the table's contract.
        let items = unsafe { with(object, T::items) };
        let items = items.unwrap_or_else(|| Some(Err(panicked())));
        items.map(|items| items.map(RVec::from).into()).into()
    }

    unsafe extern "C" fn plain<T: Object>(object: *const ()) -> ROption<Value> {
        // SAFETY: the table's contract.
        unsafe { with(object, T::plain) }.flatten().into()
    }

    unsafe extern "C" fn html<T: Object>(object: *const ()) -> ROption<RString> {
        // SAFETY: the table's contract.
        let html = unsafe { with(object, T::html) };
        html.flatten().map(RString::from).into()
    }

    unsafe extern "C" fn int<T: Object>(object: *const ()) -> ROption<RResult<Value, Exception>> {
        // SAFETY: the table's contract.
        let number = unsafe { with(object, T::int) };
        let number = number.unwrap_or_else(|| Some(Err(panicked())));
        number.map(RResult::from).into()
    }

    unsafe extern "C" fn float<T: Object>(object: *const ()) -> ROption<RResult<f64, Exception>> {
        // SAFETY: the table's contract.
        let number = unsafe { with(object, T::float) };
        let number = number.unwrap_or_else(|| Some(Err(panicked())));
        number.map(RResult::from).into()
    }

    unsafe extern "C" fn template<T: Object>(object: *const ()) -> ROption<TemplateName> {
        // SAFETY: the table's contract.
        unsafe { with(object, T::template) }.flatten().into()
    }
}

impl ObjectRef {
    /// Shares `object`.
    pub fn new<T: Object>(object: T) -> Self {
        Self {
            object: std::sync::Arc::into_raw(std::sync::Arc::new(object)).cast(),
            functions: functions::table::<T>(),
        }
    }

    /// Whether both refer to the same object (Python's `is`).
    pub fn is(&self, other: &Self) -> bool {
        self.object == other.object
    }

    /// Tells this object from others as long as it lives.
    pub(super) fn address(&self) -> usize {
        self.object.addr()
    }

    /// [`Object::type_name`].
    pub fn type_name(&self) -> String {
        // SAFETY: `object` and `functions` were made together by `new`, and `self`
        // holds a count. The same holds in every method below.
        unsafe { (self.functions.type_name)(self.object) }.into()
    }

    /// [`Object::item`].
    pub fn item(&self, key: &Value) -> Lookup {
        // SAFETY: as in `type_name`.
        unsafe { (self.functions.item)(self.object, key) }
    }

    /// [`Object::attribute`].
    pub fn attribute(&self, name: &str) -> Lookup {
        // SAFETY: as in `type_name`.
        unsafe { (self.functions.attribute)(self.object, name.into()) }
    }

    /// [`Object::callable`].
    pub fn callable(&self) -> Callable {
        // SAFETY: as in `type_name`.
        unsafe { (self.functions.callable)(self.object) }
    }

    /// [`Object::call`].
    ///
    /// # Errors
    ///
    /// What the function raises.
    pub fn call(&self) -> Result<Value, Exception> {
        // SAFETY: as in `type_name`.
        unsafe { (self.functions.call)(self.object) }.into()
    }

    /// [`Object::text`].
    ///
    /// # Errors
    ///
    /// What `__str__` raises.
    pub fn text(&self) -> Result<Text, Exception> {
        // SAFETY: as in `type_name`.
        unsafe { (self.functions.text)(self.object) }.into()
    }

    /// [`Object::repr`].
    pub fn repr(&self) -> String {
        // SAFETY: as in `type_name`.
        unsafe { (self.functions.repr)(self.object) }.into()
    }

    /// [`Object::truth`].
    pub fn truth(&self) -> bool {
        // SAFETY: as in `type_name`.
        unsafe { (self.functions.truth)(self.object) }
    }

    /// [`Object::length`].
    pub fn length(&self) -> Option<usize> {
        // SAFETY: as in `type_name`.
        unsafe { (self.functions.length)(self.object) }.into()
    }

    /// [`Object::items`].
    ///
    /// # Errors
    ///
    /// What iterating raises.
    pub fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        // SAFETY: as in `type_name`.
        let items = unsafe { (self.functions.items)(self.object) };
        let items = items.into_option()?;
        Some(items.into_result().map(Vec::from))
    }

    /// [`Object::plain`].
    pub fn plain(&self) -> Option<Value> {
        // SAFETY: as in `type_name`.
        unsafe { (self.functions.plain)(self.object) }.into()
    }

    /// [`Object::html`].
    pub fn html(&self) -> Option<String> {
        // SAFETY: as in `type_name`.
        let html = unsafe { (self.functions.html)(self.object) };
        html.into_option().map(String::from)
    }

    /// [`Object::int`].
    ///
    /// # Errors
    ///
    /// What `__int__` raises.
    pub fn int(&self) -> Option<Result<Value, Exception>> {
        // SAFETY: as in `type_name`.
        let number = unsafe { (self.functions.int)(self.object) };
        number.into_option().map(RResult::into_result)
    }

    /// [`Object::float`].
    ///
    /// # Errors
    ///
    /// What `__float__` raises.
    pub fn float(&self) -> Option<Result<f64, Exception>> {
        // SAFETY: as in `type_name`.
        let number = unsafe { (self.functions.float)(self.object) };
        number.into_option().map(RResult::into_result)
    }

    /// [`Object::template`].
    pub fn template(&self) -> Option<TemplateName> {
        // SAFETY: as in `type_name`.
        unsafe { (self.functions.template)(self.object) }.into()
    }
}

impl Clone for ObjectRef {
    fn clone(&self) -> Self {
        // SAFETY: as in `type_name`; the new count belongs to the clone.
        unsafe { (self.functions.clone)(self.object) };
        Self {
            object: self.object,
            functions: self.functions,
        }
    }
}

impl Drop for ObjectRef {
    fn drop(&mut self) {
        // SAFETY: as in `type_name`; the count is given up and `self` not used again.
        unsafe { (self.functions.drop)(self.object) };
    }
}
