//! A host that renders a line about each unit it is asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;

use hotplate_template_runtime as rt;
use rt::api::abi_stable::std_types::{ROption, RSlice, RStr};
use rt::api::callee::{Callee, RenderState};
use rt::api::environment::{EnvironmentRef, Locale, Settings};
use rt::api::render::{Link, RenderFunctions, RenderHost};
use rt::api::tag::{Outcome, TagContext, TagInput};
use rt::api::value::{Exception, TemplateName};
use rt::api::view::View;
use rt::api::{ErrorKind, ErrorRecord, Output};
use rt::{Done, Frame, Missing, Scope, Status, Stop, Value};

extern "C" fn include(f: &mut Frame<'_>, names: RSlice<'_, RStr<'_>>, scope: &Scope<'_>) -> Status {
    if names.iter().any(|name| name.as_str() == "broken.html") {
        f.failure
            .report(ErrorKind::Exception, "TypeError", "broken");
        f.failure.trace("broken.html", 7);
        return Status::Failed;
    }
    let paths: [&[&'static str]; 3] = [
        &["x"],
        &["forloop", "counter"],
        &["forloop", "parentloop", "counter"],
    ];
    let names: Vec<&str> = names.iter().map(RStr::as_str).collect();
    let written = rt::text(&format!("[{}", names.join(",")), f);
    let written = written.and_then(|()| {
        paths.into_iter().try_for_each(|parts| {
            let value = rt::context(parts, Missing::Invalid, f, scope);
            rt::text(" ", f)?;
            rt::output(value, f, "include", 0)
        })
    });
    match written.and_then(|()| rt::text("]", f)) {
        Ok(()) => Status::Ok,
        Err(Stop) => Status::Failed,
    }
}

extern "C" fn block_super(f: &mut Frame<'_>, t: RStr<'_>, b: RStr<'_>, s: &Scope<'_>) -> Status {
    if b.as_str() == "broken" {
        f.failure
            .report(ErrorKind::Exception, "TypeError", "broken");
        f.failure.trace("base.html/broken", 1);
        return Status::Failed;
    }
    block(f, t, b, s)
}

extern "C" fn extend(f: &mut Frame<'_>, parent: RStr<'_>, _: &Scope<'_>) -> Status {
    f.write(&format!("[extend {parent}]"))
}

extern "C" fn block(f: &mut Frame<'_>, t: RStr<'_>, b: RStr<'_>, _: &Scope<'_>) -> Status {
    f.write(&format!("<{t} {b}>"))
}

extern "C" fn template(f: &mut Frame<'_>, t: &TemplateName, _: &Scope<'_>, _: bool) -> Status {
    f.write(&format!("[template {}]", t.name))
}

/// A partial that sets `x` for its caller.
extern "C" fn partial(f: &mut Frame<'_>, t: RStr<'_>, p: RStr<'_>, s: &Scope<'_>) -> Status {
    let exports = rt::take_exports(f);
    let x = rt::context(&["x"], Missing::Invalid, f, s).map(rt::Ref::into_owned);
    rt::fill_export(&exports, "x", &Some(Value::str("set")));
    rt::leave_exports(exports, f);
    f.write(&format!("<{t}#{p} {x:?}>"))
}

#[expect(
    improper_ctypes_definitions,
    reason = "the ABI's own types say so themselves"
)]
extern "C" fn filter(
    f: &Frame<'_>,
    library: RStr<'_>,
    name: RStr<'_>,
    value: &Value,
    arguments: RSlice<'_, Value>,
) -> Outcome {
    if name.as_str() == "broken" {
        f.failure.report(ErrorKind::Panic, "", "broken");
        return Outcome::Failed;
    }
    let arguments = arguments.as_slice();
    Outcome::Done(Value::from(format!(
        "{library}.{name} {value:?} {arguments:?}"
    )))
}

/// A tag that shows what it is given and sets `x`.
#[expect(
    improper_ctypes_definitions,
    reason = "the ABI's own types say so themselves"
)]
extern "C" fn tag(
    f: &mut Frame<'_>,
    library: RStr<'_>,
    name: RStr<'_>,
    input: &TagInput<'_>,
) -> Outcome {
    let mut call = TagContext::new(f, input);
    if name.as_str() == "raises" {
        return Outcome::Raised(Exception::new("ValueError", "raised"));
    }
    let positional: Vec<&Value> = call.positional().collect();
    let keywords: Vec<(&str, &Value)> = call.keywords().collect();
    let mut shown = format!("{library}.{name} {positional:?} {keywords:?}");
    for index in 0..call.body_count() {
        match call.render_body(index) {
            Ok(body) => shown.push_str(&format!(" [{body}]")),
            Err(exception) => return Outcome::Raised(exception),
        }
    }
    call.set("x", "set");
    Outcome::Done(Value::from(shown))
}

thread_local! {
    static STATES: RefCell<BTreeMap<(u64, String, u32), Value>> = RefCell::default();
}

#[expect(
    improper_ctypes_definitions,
    reason = "the ABI's own types say so themselves"
)]
extern "C" fn node_state(_: &Frame<'_>, owner: u64, template: RStr<'_>, id: u32) -> ROption<Value> {
    let key = (owner, template.to_string(), id);
    STATES
        .with_borrow(|states| states.get(&key).cloned())
        .into()
}

#[expect(
    improper_ctypes_definitions,
    reason = "the ABI's own types say so themselves"
)]
extern "C" fn set_node_state(_: &Frame<'_>, owner: u64, template: RStr<'_>, id: u32, value: Value) {
    let key = (owner, template.to_string(), id);
    STATES.with_borrow_mut(|states| states.insert(key, value));
}

extern "C" fn include_linked(f: &mut Frame<'_>, link: &'static Link, s: &Scope<'_>) -> Status {
    f.include(&[link.template], s)
}

extern "C" fn linked_block(f: &mut Frame<'_>, link: &'static Link, s: &Scope<'_>) -> Status {
    block(f, link.template, link.block, s)
}

extern "C" fn callee<'f>(
    _: &mut Frame<'f>,
    _: &'static Link,
    _: RSlice<'_, RStr<'static>>,
    _: RSlice<'_, View<'_>>,
) -> Option<&'f Callee> {
    None
}

extern "C" fn unit_failed(_: &Frame<'_>, _: *const ()) {}

extern "C" fn forget_failure(_: &Frame<'_>) {}

static FUNCTIONS: RenderFunctions = RenderFunctions {
    include,
    include_linked,
    extend,
    block: linked_block,
    block_super,
    template,
    partial,
    filter,
    tag,
    node_state,
    set_node_state,
    callee,
    unit_failed,
    forget_failure,
};

/// How a test rendering is set up.
pub(crate) struct Setup {
    pub(crate) context: Value,
    pub(crate) autoescape: bool,
    pub(crate) string_if_invalid: &'static str,
    pub(crate) limit: usize,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            context: Value::default(),
            autoescape: true,
            string_if_invalid: "",
            limit: usize::MAX,
        }
    }
}

impl Setup {
    pub(crate) fn frame<'a>(&self, record: &'a mut ErrorRecord) -> Frame<'a> {
        Frame {
            out: Output::with_limit(self.limit),
            failure: record.failure(),
            autoescape: self.autoescape,
            string_if_invalid: self.string_if_invalid.into(),
            host: RenderHost {
                state: Box::leak(Box::<RenderState>::default()),
                functions: &FUNCTIONS,
            },
            environment: EnvironmentRef::default(),
            settings: const { &Settings::DEFAULT },
            request: None,
            locale: const { &Locale::DEFAULT }.into(),
            filter_limit: usize::MAX,
            serial: std::cell::Cell::new(0),
            run: 0,
            exports: ROption::RNone,
        }
    }
}

pub(crate) type Body = fn(&mut Frame<'_>, &Scope<'_>) -> Done;

/// Runs a unit's body: what it rendered, or the record of its failure.
pub(crate) fn render(setup: &Setup, body: Body) -> Result<String, ErrorRecord> {
    let mut record = ErrorRecord::default();
    let mut frame = setup.frame(&mut record);
    let status = rt::enter(&mut frame, &Scope::root(&setup.context), body);
    let text = std::mem::take(&mut frame.out).into_string();
    match status {
        Status::Ok => Ok(text),
        Status::Failed => Err(record),
    }
}

pub(crate) fn check(setup: &Setup, body: Body, expected: &str) {
    let found = match render(setup, body) {
        Ok(text) => text,
        Err(record) => format!("{record} {:?}", record.trace),
    };
    assert_eq!(found, expected);
}
