//! Both forms of each unit render the same, whatever the fields hold.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hotplate_plugin_api::abi_stable::std_types::{ROption, RSlice, RStr};
use hotplate_plugin_api::callee::{Callee, RenderState};
use hotplate_plugin_api::environment::{EnvironmentRef, Locale, Settings};
use hotplate_plugin_api::render::{Link, RenderFunctions, RenderHost};
use hotplate_plugin_api::tag::{Outcome, TagInput};
use hotplate_plugin_api::value::{Date, DateTime, TemplateName, Time};
use hotplate_plugin_api::view::{Safe, View};
use hotplate_plugin_api::{ErrorRecord, Frame, Output, Scope, Status, Value, context};
use hotplate_template_runtime as rt;
use typed_pages::{Author, Item, PAGES, Page, Unit};

/// Renders what an included template sees under some names.
extern "C" fn include(f: &mut Frame<'_>, _: RSlice<'_, RStr<'_>>, scope: &Scope<'_>) -> Status {
    let paths: &[&[&'static str]] = &[
        &["x"],
        &["z"],
        &["x", "name"],
        &["x", "0"],
        &["forloop", "counter"],
        &["forloop", "last"],
        &["forloop", "parentloop", "counter"],
    ];
    let written = paths.iter().try_for_each(|parts| {
        let value = rt::context(parts, rt::Missing::Invalid, f, scope);
        rt::text(" ", f)?;
        rt::output(value, f, "include", 0)
    });
    match written {
        Ok(()) => Status::Ok,
        Err(rt::Stop) => Status::Failed,
    }
}

extern "C" fn extend(f: &mut Frame<'_>, parent: RStr<'_>, _: &Scope<'_>) -> Status {
    f.write(&parent)
}

extern "C" fn block(f: &mut Frame<'_>, _: RStr<'_>, name: RStr<'_>, s: &Scope<'_>) -> Status {
    let value = rt::context(&["x"], rt::Missing::Invalid, f, s);
    match rt::text(&name, f).and_then(|()| rt::output(value, f, "block", 0)) {
        Ok(()) => Status::Ok,
        Err(rt::Stop) => Status::Failed,
    }
}

extern "C" fn template(f: &mut Frame<'_>, t: &TemplateName, _: &Scope<'_>, _: bool) -> Status {
    f.write(&t.name)
}

extern "C" fn partial(f: &mut Frame<'_>, _: RStr<'_>, name: RStr<'_>, _: &Scope<'_>) -> Status {
    let exports = rt::take_exports(f);
    rt::leave_exports(exports, f);
    f.write(&name)
}

#[expect(
    improper_ctypes_definitions,
    reason = "the ABI's own types say so themselves"
)]
extern "C" fn filter(
    _: &Frame<'_>,
    _: RStr<'_>,
    _: RStr<'_>,
    value: &Value,
    _: RSlice<'_, Value>,
) -> Outcome {
    Outcome::Done(value.clone())
}

#[expect(
    improper_ctypes_definitions,
    reason = "the ABI's own types say so themselves"
)]
extern "C" fn tag(_: &mut Frame<'_>, _: RStr<'_>, _: RStr<'_>, _: &TagInput<'_>) -> Outcome {
    Outcome::Done(Value::None)
}

extern "C" fn include_linked(f: &mut Frame<'_>, _: &'static Link, scope: &Scope<'_>) -> Status {
    include(f, RSlice::EMPTY, scope)
}

extern "C" fn block_linked(f: &mut Frame<'_>, link: &'static Link, s: &Scope<'_>) -> Status {
    block(f, link.template, link.block, s)
}

#[expect(
    improper_ctypes_definitions,
    reason = "the ABI's own types say so themselves"
)]
extern "C" fn node_state(_: &Frame<'_>, _: u64, _: RStr<'_>, _: u32) -> ROption<Value> {
    ROption::RNone
}

#[expect(
    improper_ctypes_definitions,
    reason = "the ABI's own types say so themselves"
)]
extern "C" fn set_node_state(_: &Frame<'_>, _: u64, _: RStr<'_>, _: u32, _: Value) {}

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
    block: block_linked,
    block_super: block,
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

/// How a page is rendered.
#[derive(Clone, Copy)]
struct Setup {
    string_if_invalid: &'static str,
    limit: usize,
    filter_limit: usize,
}

/// What a form of a unit renders, or the exception and message.
fn render(
    setup: Setup,
    page: &Page<'_>,
    body: impl Fn(&mut Frame<'_>, &Scope<'_>) -> rt::Done,
) -> Result<String, String> {
    let mut record = ErrorRecord::default();
    let mut frame = Frame {
        out: Output::with_limit(setup.limit),
        failure: record.failure(),
        autoescape: true,
        string_if_invalid: setup.string_if_invalid.into(),
        host: RenderHost {
            state: Box::leak(Box::<RenderState>::default()),
            functions: &FUNCTIONS,
        },
        environment: EnvironmentRef::default(),
        settings: const { &Settings::DEFAULT },
        request: None,
        locale: const { &Locale::DEFAULT }.into(),
        filter_limit: setup.filter_limit,
        serial: std::cell::Cell::new(0),
        run: 0,
        exports: ROption::RNone,
    };
    let done = body(&mut frame, &Scope::root(page));
    let text = std::mem::take(&mut frame.out).into_string();
    drop(frame);
    match done {
        Ok(()) => Ok(text),
        Err(rt::Stop) => Err(record.to_string()),
    }
}

fn both(setup: Setup, page: &Page<'_>, unit: &Unit) -> Result<String, String> {
    let dynamic = render(setup, page, unit.dynamic);
    let typed = render(setup, page, |f, s| (unit.typed)(f, s, page));
    assert_eq!(typed, dynamic, "{}", unit.name);
    typed
}

/// A small generator of numbers.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_of<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(3) > 0).then(|| make(self))
    }

    fn some<T>(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }

    fn text(&mut self) -> &'static str {
        self.one_of(&[
            "",
            "a",
            "a<b",
            "<b>&amp;\"it's\"</b>",
            "Ada Lovelace",
            "ß ünïcode 中文 ǆ",
            "3",
            " x  y\nz ",
            "a long text of many words, in which nothing is to be escaped at all, but 'this' here.",
            "ALL UPPER",
            "None",
            "0",
        ])
    }

    fn int(&mut self) -> i64 {
        self.one_of(&[
            0,
            1,
            2,
            3,
            -1,
            999,
            1000,
            1_234_567,
            i64::MAX,
            i64::MIN,
            -42,
        ])
    }

    fn float(&mut self) -> f64 {
        self.one_of(&[
            0.0,
            -0.0,
            1.0,
            1.5,
            1e22,
            1e-7,
            0.1,
            f64::INFINITY,
            -2.5,
            f64::NAN,
        ])
    }

    fn date(&mut self) -> Date {
        let year = self.one_of(&[2024, 1, 9999, 1970]);
        let month = self.one_of(&[1, 2, 12]);
        Date {
            year,
            month,
            day: self.one_of(&[1, 9, 28]),
        }
    }

    fn author(&mut self, depth: usize) -> Author<'static> {
        Author {
            name: self.text(),
            email: self.maybe(Self::text),
            r#type: self.one_of(&[0, 1, 255]),
            boss: match depth {
                0 => None,
                depth => self.maybe(|numbers| Box::new(numbers.author(depth - 1))),
            },
        }
    }

    fn item(&mut self) -> Item {
        Item {
            title: self.text().to_owned(),
            price: self.float(),
            count: self.int(),
            tags: self.some(3, |numbers| numbers.text().to_owned()),
            is_new: self.below(2) == 0,
            note: self.maybe(|numbers| numbers.text().to_owned()),
            day: self.date(),
        }
    }

    fn value(&mut self) -> Value {
        match self.below(5) {
            0 => Value::None,
            1 => Value::from(self.int()),
            2 => Value::safe(self.text()),
            3 => context! { key: self.text() },
            _ => Value::list([Value::from(self.text()), Value::from(self.float())]),
        }
    }

    fn page<'a>(&mut self, author: &'a Author<'a>) -> Page<'a> {
        let time = Time {
            hour: self.one_of(&[0, 9, 23]),
            minute: self.one_of(&[0, 59]),
            second: 1,
            microsecond: 0,
        };
        Page {
            text: self.text(),
            owned: self.text().to_owned(),
            cow: Cow::Borrowed(self.text()),
            shared: self.text().into(),
            safe: Safe(self.text().to_owned()),
            int: self.int(),
            small: self.one_of(&[0, 1, 3, -128, 127]),
            unsigned: self.one_of(&[0, 1, 3, u64::MAX, 1 << 63]),
            float: self.float(),
            flag: self.below(2) == 0,
            letter: self.one_of(&['a', '<', 'ß']),
            date: self.date(),
            moment: DateTime::naive(self.date(), time),
            value: self.value(),
            maybe_text: self.maybe(|numbers| numbers.text().to_owned()),
            maybe_int: self.maybe(Self::int),
            maybe_unsigned: self.maybe(|numbers| numbers.one_of(&[0, 3, u64::MAX])),
            maybe_flag: self.maybe(|numbers| numbers.below(2) == 0),
            maybe_float: self.maybe(Self::float),
            maybe_date: self.maybe(Self::date),
            maybe_maybe: self.maybe(|numbers| numbers.maybe(Self::int)),
            author,
            maybe_author: self.maybe(|numbers| numbers.author(2)),
            authors: self.some(3, |_| author),
            items: self.some(4, Self::item),
            boxed: Box::new(self.item()),
            words: self.some(4, Self::text),
            numbers: [self.below(9) as i32, -1, i32::MAX],
            maybe_numbers: self.maybe(|numbers| numbers.some(3, Self::int)),
            table: self.some(3, |numbers| numbers.some(3, Self::int)),
            pairs: self.some(3, |numbers| (numbers.text().to_owned(), 7)),
            pair: (self.int(), self.text()),
            map: BTreeMap::from_iter(self.some(3, |numbers| {
                let key = numbers.one_of(&["a", "items", "<k>"]);
                (key.to_owned(), numbers.int())
            })),
        }
    }
}

const ORDINARY: Setup = Setup {
    string_if_invalid: "",
    limit: usize::MAX,
    filter_limit: 1 << 20,
};

#[test]
fn both_forms_render_the_same() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut counts = [0_usize; 2];
    for round in 0..40 {
        let author = numbers.author(2);
        let page = numbers.page(&author);
        let string_if_invalid = ["", "INVALID<", "no %s"][round % 3];
        for unit in PAGES {
            let setup = Setup {
                string_if_invalid,
                ..ORDINARY
            };
            counts[usize::from(both(setup, &page, unit).is_err())] += 1;
        }
    }
    let [rendered, failed] = counts;
    assert!(rendered > 10 * failed, "{failed} of {rendered} failed");
}

#[test]
fn both_forms_stop_at_the_same_limit() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for _ in 0..3 {
        let author = numbers.author(2);
        let page = numbers.page(&author);
        for unit in PAGES {
            let Ok(text) = both(ORDINARY, &page, unit) else {
                continue;
            };
            let limited = |limit| Setup { limit, ..ORDINARY };
            assert_eq!(both(limited(text.len()), &page, unit).as_ref(), Ok(&text));
            if let Some(less) = text.len().checked_sub(1) {
                assert!(both(limited(less), &page, unit).is_err(), "{}", unit.name);
            }
        }
    }
}

#[test]
fn both_forms_keep_to_the_limit_of_filters() {
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    let author = numbers.author(2);
    let mut page = numbers.page(&author);
    page.owned = "<é>".repeat(3000);
    page.safe = Safe("a".repeat(8192));
    page.boxed.tags = vec!["<".repeat(5000); 3];
    let setup = Setup {
        filter_limit: 8192,
        ..ORDINARY
    };
    for unit in PAGES {
        let _ = both(setup, &page, unit);
    }
}
