//! Rendering templates: what a template unit is called with.

use std::cell::Cell;

use abi_stable::StableAbi;
use abi_stable::std_types::{ROption, RSlice, RStr, RString, RVec};

use crate::callee::{Callee, RenderState};
use crate::environment::{ActiveLocale, EnvironmentRef, HttpRequest, Settings};
use crate::failure::{ErrorKind, Failure, Status};
use crate::output::Output;
use crate::tag::{Outcome, TagInput};
use crate::unit::UnitData;
use crate::value::{Dict, Ref, TemplateName, Value};
use crate::view::{Reading, View};

/// Renders a template's body or a block into `frame.out`.
///
/// # Safety of a call
///
/// 1. The first argument is the descriptor's data, and the library stays mapped during the call.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct RenderEntry(pub unsafe extern "C" fn(UnitData, &mut Frame<'_>, &Scope<'_>) -> Status);

/// Renders a template's body or a block with a context of a known type into `frame.out`.
///
/// # Safety of a call
///
/// 1. The first argument is the descriptor's data, and the library stays mapped during the call.
/// 2. The last argument points to a context whose type has the same table as the one beside
///    the entry. It lives and does not change during the call.
/// 3. The scope is the outermost one, over a view of the same context.
/// 4. The frame is an [ordinary](Frame::is_ordinary) one.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct TypedRenderEntry(
    pub unsafe extern "C" fn(UnitData, &mut Frame<'_>, &Scope<'_>, *const ()) -> Status,
);

/// What stays the same, or is handed on, through a whole rendering.
#[repr(C)]
#[derive(StableAbi)]
pub struct Frame<'a> {
    /// Where text goes.
    pub out: Output<'a>,
    /// Where errors go.
    pub failure: Failure<'a>,
    /// Whether output is escaped here. A tag that changes it puts it back.
    pub autoescape: bool,
    /// What takes the place of a variable that does not resolve.
    pub string_if_invalid: RStr<'a>,
    /// What the host does for templates.
    pub host: RenderHost,
    /// What the application does for templates.
    pub environment: EnvironmentRef<'a>,
    /// What stays the same for all renderings.
    pub settings: &'a Settings,
    /// The request that is answered, if there is one.
    pub request: Option<&'a HttpRequest>,
    /// Language, zone and what depends on them. A tag that changes it puts it back.
    pub locale: ActiveLocale<'a>,
    /// The most bytes that a filter may make of its input.
    pub filter_limit: usize,
    /// Counts what needs a number of its own in this rendering: loops and templates.
    pub serial: Cell<u64>,
    /// The number of the template that is being rendered, which state belongs to that is
    /// no loop's.
    pub run: u64,
    /// The names that a partial sets for its caller: the caller of a partial puts an
    /// empty table here, the partial takes it and leaves it filled.
    pub exports: ROption<Assignments>,
}

/// The host's side of a rendering: other units of the same snapshot.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct RenderHost {
    /// The host's own data for this rendering, which starts with what is shared.
    pub state: *const RenderState,
    /// What it does with them.
    pub functions: &'static RenderFunctions,
}

/// What the host does for templates.
///
/// Each function may render into `frame.out`, and has reported into
/// `frame.failure` when it returns `Failed`.
#[repr(C)]
#[derive(StableAbi)]
pub struct RenderFunctions {
    /// Renders the first of the named templates that exists.
    pub include: extern "C" fn(&mut Frame<'_>, RSlice<'_, RStr<'_>>, &Scope<'_>) -> Status,
    /// Renders the template that a link names.
    pub include_linked: extern "C" fn(&mut Frame<'_>, &'static Link, &Scope<'_>) -> Status,
    /// Renders the parent of the template whose body is running.
    pub extend: extern "C" fn(&mut Frame<'_>, RStr<'_>, &Scope<'_>) -> Status,
    /// Renders the block that a link names, as the most derived template defines it.
    pub block: extern "C" fn(&mut Frame<'_>, &'static Link, &Scope<'_>) -> Status,
    /// Renders the next definition of the block that is running; nothing if there is none.
    pub block_super: extern "C" fn(&mut Frame<'_>, RStr<'_>, RStr<'_>, &Scope<'_>) -> Status,
    /// Renders a template that a value stands for; as the parent if the last argument says so.
    pub template: extern "C" fn(&mut Frame<'_>, &TemplateName, &Scope<'_>, bool) -> Status,
    /// Renders a partial, of the template named first, in the caller's scope.
    pub partial: extern "C" fn(&mut Frame<'_>, RStr<'_>, RStr<'_>, &Scope<'_>) -> Status,
    /// Applies a filter of a library.
    pub filter: extern "C" fn(&Frame<'_>, RStr<'_>, RStr<'_>, &Value, RSlice<'_, Value>) -> Outcome,
    /// Runs a tag of a library.
    pub tag: extern "C" fn(&mut Frame<'_>, RStr<'_>, RStr<'_>, &TagInput<'_>) -> Outcome,
    /// The state of a node, by its owner's number, the template it stands in and its
    /// number there.
    pub node_state: extern "C" fn(&Frame<'_>, u64, RStr<'_>, u32) -> ROption<Value>,
    /// Sets the state of a node.
    pub set_node_state: extern "C" fn(&Frame<'_>, u64, RStr<'_>, u32, Value),
    /// Where the `include` that a link names leads, if that can be called from here with
    /// views of these names; the empty name means a context, whose fields are names too.
    pub callee: for<'f> extern "C" fn(
        &mut Frame<'f>,
        &'static Link,
        RSlice<'_, RStr<'static>>,
        RSlice<'_, View<'_>>,
    ) -> Option<&'f Callee>,
    /// Notes that a failure passed through a unit which was called through a callee.
    pub unit_failed: extern "C" fn(&Frame<'_>, *const ()),
    /// Forgets the failures that were noted so far: code that goes on has caught them.
    pub forget_failure: extern "C" fn(&Frame<'_>),
}

/// A place in a template that names another unit: a static of the template's library. The
/// host remembers by the address, for each snapshot anew, where it leads.
#[repr(C)]
#[derive(StableAbi, Debug)]
pub struct Link {
    /// The template that is included, or that a block stands in.
    pub template: RStr<'static>,
    /// The block; nothing for an include.
    pub block: RStr<'static>,
}

impl Link {
    /// A link to a template, or to a partial of one after a `#`.
    pub const fn to_template(template: &'static str) -> Self {
        Self::to_block(template, "")
    }

    /// A link to a block that stands in the text of a template.
    pub const fn to_block(template: &'static str, block: &'static str) -> Self {
        Self {
            template: RStr::from_str(template),
            block: RStr::from_str(block),
        }
    }
}

impl<'a> Frame<'a> {
    /// A frame like this one that writes into a buffer of its own. Its `serial` is to be
    /// taken over ([`Cell::set`]) when it is done, lest a number be given out twice.
    pub fn inner<'b>(&'b self, failure: Failure<'b>) -> Frame<'b>
    where
        'a: 'b,
    {
        Frame {
            out: Output::with_limit(self.out.limit()),
            failure,
            autoescape: self.autoescape,
            string_if_invalid: self.string_if_invalid,
            host: self.host,
            environment: self.environment,
            settings: self.settings,
            request: self.request,
            locale: self.locale.clone(),
            filter_limit: self.filter_limit,
            serial: self.serial.clone(),
            run: self.run,
            exports: ROption::RNone,
        }
    }
}

/// The least limit for the results of filters with which code for known types is run: what
/// it writes in place of results that are known beforehand is shorter.
const LEAST_FILTER_LIMIT: usize = 8192;

impl Frame<'_> {
    /// Renders the first template of `names` that exists with `scope` as its context.
    pub fn include(&mut self, names: &[RStr<'_>], scope: &Scope<'_>) -> Status {
        (self.host.functions.include)(self, names.into(), scope)
    }

    /// Renders the template that a link names with `scope` as its context.
    #[inline]
    pub fn include_linked(&mut self, link: &'static Link, scope: &Scope<'_>) -> Status {
        (self.host.functions.include_linked)(self, link, scope)
    }

    /// Renders the parent of the running template.
    pub fn extend(&mut self, parent: &str, scope: &Scope<'_>) -> Status {
        (self.host.functions.extend)(self, parent.into(), scope)
    }

    /// Renders the block that a link names.
    #[inline]
    pub fn block(&mut self, link: &'static Link, scope: &Scope<'_>) -> Status {
        (self.host.functions.block)(self, link, scope)
    }

    /// Renders what `{{ block.super }}` means inside block `block` of `template`.
    pub fn block_super(&mut self, template: &str, block: &str, scope: &Scope<'_>) -> Status {
        (self.host.functions.block_super)(self, template.into(), block.into(), scope)
    }

    /// Renders a template that a value stands for.
    pub fn include_template(&mut self, template: &TemplateName, scope: &Scope<'_>) -> Status {
        (self.host.functions.template)(self, template, scope, false)
    }

    /// Renders a template that a value stands for as the parent of the running one.
    pub fn extend_template(&mut self, template: &TemplateName, scope: &Scope<'_>) -> Status {
        (self.host.functions.template)(self, template, scope, true)
    }

    /// Renders partial `partial`, which is defined in the text of `template`.
    pub fn partial(&mut self, template: &str, partial: &str, scope: &Scope<'_>) -> Status {
        (self.host.functions.partial)(self, template.into(), partial.into(), scope)
    }

    /// Applies a filter of a library.
    pub fn filter(&self, library: &str, name: &str, value: &Value, arguments: &[Value]) -> Outcome {
        (self.host.functions.filter)(self, library.into(), name.into(), value, arguments.into())
    }

    /// Runs a tag of a library.
    pub fn tag(&mut self, library: &str, name: &str, input: &TagInput<'_>) -> Outcome {
        (self.host.functions.tag)(self, library.into(), name.into(), input)
    }

    /// The state of node `id` of `template` that belongs to `owner`, a loop or a run.
    ///
    /// Owners are numbered by [`next_serial`](Self::next_serial). Asking for the state of
    /// one forgets those with higher numbers, which are over.
    pub fn state(&self, owner: u64, template: &str, id: u32) -> Option<Value> {
        (self.host.functions.node_state)(self, owner, template.into(), id).into_option()
    }

    /// Sets what [`state`](Self::state) gives.
    pub fn set_state(&self, owner: u64, template: &str, id: u32, value: Value) {
        (self.host.functions.set_node_state)(self, owner, template.into(), id, value);
    }

    /// Whether code for known types may run: output is escaped, digits are not grouped, and
    /// results of filters may be as long as what such code writes in place of some.
    #[inline]
    pub fn is_ordinary(&self) -> bool {
        self.autoescape
            && !self.settings.use_thousand_separator
            && self.filter_limit >= LEAST_FILTER_LIMIT
    }

    /// A number that nothing else in this rendering has.
    #[inline]
    pub fn next_serial(&self) -> u64 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    /// Writes text as it is; reports a limit error where there is no room for it.
    #[inline]
    pub fn write(&mut self, text: &str) -> Status {
        if self.out.push_str(text) {
            Status::Ok
        } else {
            self.refuse()
        }
    }

    /// Reports that the output takes nothing more: it has reached its limit, or cannot be
    /// passed on.
    #[cold]
    pub fn refuse(&self) -> Status {
        self.failure
            .report(ErrorKind::Limit, "", &self.out.refusal());
        Status::Failed
    }
}

/// One layer of names; the chain of them is what a template sees as its context.
///
/// Generated code keeps names with a known home in Rust locals and links them
/// into a scope only where another unit is rendered.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Scope<'a> {
    /// The layer outside this one.
    pub parent: Option<&'a Scope<'a>>,
    /// Names defined here.
    pub names: RSlice<'a, RStr<'a>>,
    /// Their values, in the same order.
    pub values: RSlice<'a, Local<'a>>,
    /// A context whose keys are names too: the outermost layer's.
    pub context: View<'a>,
    /// Names set while rendering, which hide the others of this layer.
    pub assigned: Option<&'a Assignments>,
}

/// Names that tags set while a template is rendered.
#[repr(C)]
#[derive(StableAbi, Default)]
pub struct Assignments {
    names: Cell<RVec<Assigned>>,
}

#[repr(C)]
#[derive(StableAbi)]
struct Assigned {
    name: RString,
    value: Value,
}

impl Assignments {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<Value> {
        let names = self.names.take();
        let found = names.iter().find(|assigned| assigned.name == name);
        let found = found.map(|assigned| assigned.value.clone());
        self.names.set(names);
        found
    }

    /// Sets a name.
    pub fn set(&self, name: &str, value: Value) {
        let mut names = self.names.take();
        match names.iter_mut().find(|assigned| assigned.name == name) {
            Some(assigned) => assigned.value = value,
            None => names.push(Assigned {
                name: name.into(),
                value,
            }),
        }
        self.names.set(names);
    }

    /// Forgets a name.
    pub fn forget(&self, name: &str) {
        let mut names = self.names.take();
        names.retain(|assigned| assigned.name != name);
        self.names.set(names);
    }

    /// The names with their values, in the order in which they were first set.
    pub fn entries(&self) -> Vec<(String, Value)> {
        let names = self.names.take();
        let entries = names
            .iter()
            .map(|assigned| (assigned.name.to_string(), assigned.value.clone()))
            .collect();
        self.names.set(names);
        entries
    }
}

impl std::fmt::Debug for Assignments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.entries()).finish()
    }
}

/// The value of a name in a scope.
#[repr(C, u8)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub enum Local<'a> {
    /// Not assigned: look further out.
    Unset,
    /// An ordinary value.
    Value(View<'a>),
    /// A `forloop`, made into a value only if somebody looks at it.
    Loop(&'a LoopState<'a>),
}

/// Where a `for` loop is.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct LoopState<'a> {
    /// `forloop.counter0`.
    pub index: usize,
    /// `forloop.length`.
    pub length: usize,
    /// `forloop.parentloop`; `Unset` outside any loop.
    pub parent: Local<'a>,
    /// The loop's number, by which state belongs to it; 0 if no other unit sees the loop.
    pub serial: u64,
}

impl LoopState<'_> {
    /// The `forloop` as the dictionary that it is in Django.
    pub fn to_value(&self) -> Value {
        let mut states = vec![*self];
        let mut parent = loop {
            match states[states.len() - 1].parent {
                Local::Loop(outer) => states.push(*outer),
                Local::Value(value) => break value.to_value(),
                Local::Unset => break Value::Dict(Dict::from_iter([])),
            }
        };
        for state in states.iter().rev() {
            let (index, length) = (state.index, state.length);
            parent = Value::Dict(Dict::from_iter([
                (Value::str("parentloop"), parent),
                (Value::str("length"), length.into()),
                (Value::str("counter0"), index.into()),
                (Value::str("counter"), (index + 1).into()),
                (
                    Value::str("revcounter"),
                    length.saturating_sub(index).into(),
                ),
                (
                    Value::str("revcounter0"),
                    length.saturating_sub(index + 1).into(),
                ),
                (Value::str("first"), (index == 0).into()),
                (Value::str("last"), (index + 1 == length).into()),
            ]));
        }
        parent
    }
}

impl<'a> Scope<'a> {
    /// The outermost layer, over a context.
    pub fn root(context: impl Into<View<'a>>) -> Self {
        Self {
            parent: None,
            names: RSlice::EMPTY,
            values: RSlice::EMPTY,
            context: context.into(),
            assigned: None,
        }
    }

    /// An outermost layer without a context, as `include … only` makes.
    pub fn empty() -> Self {
        Self {
            parent: None,
            names: RSlice::EMPTY,
            values: RSlice::EMPTY,
            context: View::nothing(),
            assigned: None,
        }
    }

    /// A layer inside this one. `names` and `values` have the same length.
    #[inline]
    pub fn with<'b>(&'b self, names: &'b [RStr<'b>], values: &'b [Local<'b>]) -> Scope<'b>
    where
        'a: 'b,
    {
        debug_assert_eq!(names.len(), values.len());
        Scope {
            parent: Some(self),
            names: names.into(),
            values: values.into(),
            context: View::nothing(),
            assigned: None,
        }
    }

    /// The same layer with names that can be set.
    pub fn assigning<'b>(self, assigned: &'b Assignments) -> Scope<'b>
    where
        'a: 'b,
    {
        Scope {
            assigned: Some(assigned),
            ..self
        }
    }

    /// Looks `name` up, innermost layer first.
    pub fn get(&self, name: &str) -> Option<Found<'a>> {
        let mut layer = Some(self);
        while let Some(scope) = layer {
            if let Some(value) = scope.assigned.and_then(|assigned| assigned.get(name)) {
                return Some(Found::Value(Ref::Owned(value)));
            }
            let values = scope.values.as_slice();
            for (defined, value) in scope.names.as_slice().iter().zip(values).rev() {
                if defined.as_str() == name {
                    match *value {
                        Local::Unset => {}
                        Local::Value(view) => return Some(Found::from(view)),
                        Local::Loop(state) => return Some(Found::Loop(state)),
                    }
                }
            }
            if let Some(found) = named(scope.context, name) {
                return Some(found);
            }
            layer = scope.parent;
        }
        None
    }
}

impl Scope<'_> {
    /// All names with their values, outermost layer first; a name that is defined again
    /// keeps its place and takes the inner value. Names that an object as context computes
    /// on demand are not among them.
    pub fn flatten(&self) -> Vec<(String, Value)> {
        let mut layers = vec![self];
        while let Some(parent) = layers.last().and_then(|layer| layer.parent) {
            layers.push(parent);
        }
        let mut pairs = Vec::new();
        for layer in layers.iter().rev() {
            if let Value::Dict(dict) = &*layer.context.to_ref() {
                pairs.extend(dict.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            let names = layer.names.as_slice().iter().zip(layer.values.as_slice());
            for (name, value) in names {
                let value = match *value {
                    Local::Unset => continue,
                    Local::Value(value) => value.to_value(),
                    Local::Loop(state) => state.to_value(),
                };
                pairs.push((Value::str(name.as_str()), value));
            }
            let assigned = layer.assigned.map(Assignments::entries).unwrap_or_default();
            pairs.extend(
                assigned
                    .into_iter()
                    .map(|(name, value)| (Value::str(name), value)),
            );
        }
        let dict = Dict::from_iter(pairs);
        dict.iter()
            .filter_map(|(key, value)| match key {
                Value::Str(name) => Some((name.as_str().to_owned(), value.clone())),
                _ => None,
            })
            .collect()
    }
}

/// What a name stands for if `context` is a rendering's context.
fn named<'a>(context: View<'a>, name: &str) -> Option<Found<'a>> {
    if let Some(value) = context.as_value() {
        return value.name(name).map(Found::Value);
    }
    match context.read() {
        Reading::Value(value) => value.name(name).map(Found::Value),
        Reading::Record => context.field(name).map(Found::from),
        Reading::Map(map) => map.get(name).map(Found::from),
        _ => None,
    }
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Found<'a> {
    /// An ordinary value.
    Value(Ref<'a>),
    /// A value of one of the program's own types.
    View(View<'a>),
    /// A `forloop`.
    Loop(&'a LoopState<'a>),
}

impl<'a> From<View<'a>> for Found<'a> {
    #[inline]
    fn from(view: View<'a>) -> Self {
        match view.as_value() {
            Some(value) => Self::Value(Ref::Borrowed(value)),
            None => Self::View(view),
        }
    }
}

impl Found<'_> {
    /// A value of its own.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Value(value) => (**value).clone(),
            Self::View(view) => view.to_value(),
            Self::Loop(state) => state.to_value(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flattened_names_keep_their_places_and_take_inner_values() {
        let context = crate::context! { a: 1, b: 2 };
        let root = Scope::root(&context);
        let inner_b = Value::Int(3);
        let state = LoopState {
            index: 0,
            length: 1,
            parent: Local::Unset,
            serial: 0,
        };
        let names = ["b", "unset", "forloop"].map(RStr::from_str);
        let values = [
            Local::Value((&inner_b).into()),
            Local::Unset,
            Local::Loop(&state),
        ];
        let assigned = Assignments::default();
        let scope = root.with(&names, &values).assigning(&assigned);
        assigned.set("a", Value::Int(4));
        assigned.set("c", Value::Int(5));
        let found = scope.flatten();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "forloop", "c"]);
        let values = [0, 1, 3].map(|place| format!("{:?}", found[place].1));
        assert_eq!(values, ["4", "3", "5"]);
    }
}
