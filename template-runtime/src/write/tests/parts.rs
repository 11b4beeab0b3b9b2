//! Texts in other letters, and the parts of dates.

use hotplate_plugin_api::environment::{Environment, EnvironmentRef, Locale, Message};
use hotplate_plugin_api::value::{Date, Text};
use hotplate_plugin_api::{ErrorRecord, Output};

use super::frame::frame;
use super::model::escaped;
use super::rt::{Writer, dates, lit};
use super::{Random, times};
use crate::python::{MONTHS, WEEKDAYS, is_date, weekday};
use crate::write::block::{Lanes, Native, Portable};
use crate::write::case::turn;
use crate::write::{Case, Cursor, push_turned};

/// A text in other letters, the plain way.
fn turned(text: &str, case: Case) -> String {
    match case {
        Case::Upper => text.to_uppercase(),
        Case::Lower => text.to_lowercase(),
        Case::Capital => {
            let mut characters = text.chars();
            let first = characters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(characters.by_ref()).collect()
        }
    }
}

fn check_turned(text: &str) {
    for case in [Case::Upper, Case::Lower, Case::Capital] {
        let plain = turned(text, case);
        let in_html = escaped(&plain);
        let is_simple = match case {
            Case::Capital => text.chars().next().is_none_or(|first| first.is_ascii()),
            _ => text.is_ascii(),
        };
        for (is_escaped, expected) in [(true, &in_html), (false, &plain)] {
            for room in [0, text.len(), 8 * text.len() + 8] {
                let mut out = Output::with_capacity(room, usize::MAX);
                let is_written = push_turned(text, case, is_escaped, &mut out);
                let is_roomy = room > 8 * text.len();
                assert_eq!(
                    is_written,
                    is_simple && is_roomy,
                    "{text:?} {case:?} {room}"
                );
                assert_eq!(out.as_str(), if is_written { expected } else { "" });
            }
        }
        for room in [0, 1000] {
            let mut record = ErrorRecord::default();
            let mut frame = frame(Output::with_capacity(room, usize::MAX), &mut record);
            let mut w = Writer::new(&mut frame);
            let done = match case {
                Case::Upper => w.upper(text, "", 0),
                Case::Lower => w.lower(text, "", 0),
                Case::Capital => w.capfirst(text, "", 0),
            };
            assert!(done.and_then(|()| w.put(lit!("."))).is_ok());
            w.finish();
            assert_eq!(
                frame.out.as_str(),
                format!("{in_html}."),
                "{text:?} {case:?}"
            );
        }
        check_block::<Native>(text, case);
        check_block::<Portable>(text, case);
    }
}

fn check_block<B: crate::write::block::Block + Lanes>(text: &str, case: Case) {
    let letter = match case {
        Case::Upper => b'a',
        Case::Lower => b'A',
        Case::Capital => return,
    };
    let mut out = Output::with_capacity(6 * text.len() + 1, usize::MAX);
    let Cursor { at, .. } = out.cursor();
    // SAFETY: there is room for the text, however many of its characters are escaped.
    let end = unsafe { turn::<B, true>(at, text.as_bytes(), letter) };
    assert_eq!(end.is_null(), !text.is_ascii());
    if !end.is_null() {
        // SAFETY: all up to `end` is written.
        unsafe { out.advance(end) };
        assert_eq!(out.as_str(), escaped(&turned(text, case)));
    }
}

#[test]
fn letters_are_turned_as_the_standard_library_does() {
    for byte in 0..=127u8 {
        for place in 0..18 {
            let mut text = "x".repeat(place);
            text.push(char::from(byte));
            text.push_str("Yz");
            check_turned(&text);
        }
    }
    let mut random = Random(5);
    for length in (0..70).chain([100, 300]) {
        for round in 0..times(20) {
            check_turned(&random.text(length, [1, 5, 1000][round % 3]));
        }
    }
    for text in ["", "é", "aé", "Éa", "ßa", "ŉ", "ΑΣ", "İ"] {
        check_turned(text);
    }
}

#[test]
fn long_texts_go_through_the_filter_and_its_limit() {
    let mut record = ErrorRecord::default();
    let mut frame = frame(Output::new(), &mut record);
    frame.filter_limit = 100;
    let mut w = Writer::new(&mut frame);
    assert!(w.upper(&"a".repeat(50), "", 0).is_ok());
    assert!(w.passed(&"<".repeat(10), "", 0).is_ok());
    assert!(w.upper(&"a".repeat(101), "", 0).is_err());
    let mut w = Writer::new(&mut frame);
    assert!(w.passed(&"a".repeat(101), "", 0).is_err());
    let expected = "A".repeat(50) + &"&lt;".repeat(10);
    assert_eq!(frame.out.as_str(), expected);
}

/// All parts of a date, or nothing.
fn shown(w: &mut Writer<'_, '_>, date: Date) -> bool {
    let all = dates::MONTH | dates::MONTH_3 | dates::WEEKDAY | dates::WEEKDAY_3;
    let Some(day) = w.day(&date, all) else {
        return false;
    };
    w.put((day.year(), lit!(" "), day.year_2(), lit!(" "), day.month()))
        .and_then(|()| w.put((lit!(" "), day.month_3(), lit!(" "), day.month_2())))
        .and_then(|()| w.put((lit!(" "), day.month_number(), lit!(" "), day.weekday())))
        .and_then(|()| w.put((lit!(" "), day.weekday_3(), lit!(" "), day.day_number())))
        .and_then(|()| w.put((lit!(" "), day.day_2())))
        .is_ok()
}

fn check_date(date: Date) {
    for room in [0, 1000] {
        let mut record = ErrorRecord::default();
        let mut frame = frame(Output::with_capacity(room, usize::MAX), &mut record);
        let mut w = Writer::new(&mut frame);
        let is_shown = shown(&mut w, date);
        w.finish();
        assert_eq!(is_shown, is_date(date), "{date:?}");
        if !is_shown {
            assert_eq!(frame.out.as_str(), "");
            continue;
        }
        let Date { year, month, day } = date;
        let month_name = MONTHS[usize::from(month) - 1];
        let day_name = WEEKDAYS[usize::from(weekday(date))];
        let expected = format!(
            "{year:04} {:02} {month_name} {} {month:02} {month} {day_name} {} {day} {day:02}",
            year % 100,
            &month_name[..3],
            &day_name[..3],
        );
        assert_eq!(frame.out.as_str(), expected);
    }
}

#[test]
fn parts_of_dates_are_those_of_the_plain_way() {
    for year in [
        0,
        1,
        9,
        99,
        1900,
        2000,
        2023,
        2024,
        9999,
        10_000,
        -1,
        i32::MIN,
    ] {
        for month in [0, 1, 2, 3, 4, 12, 13, 255] {
            for day in [0, 1, 9, 10, 28, 29, 30, 31, 32, 255] {
                check_date(Date { year, month, day });
            }
        }
    }
    for month in 1..=12 {
        for day in 1..=28 {
            check_date(Date {
                year: 2026,
                month,
                day,
            });
        }
    }
}

/// Has another name for May alone, and counts nothing.
struct May;

impl Environment for May {
    fn gettext(&self, message: &Message<'_>) -> Option<String> {
        (message.singular == "May").then(|| "Mai".to_owned())
    }
}

#[test]
fn a_date_with_a_translated_name_is_left_to_the_filter() {
    let locale = Locale {
        language: Some(Text::new("de".to_owned(), false)).into(),
        ..Locale::DEFAULT
    };
    let mut record = ErrorRecord::default();
    let mut frame = frame(Output::new(), &mut record);
    frame.environment = EnvironmentRef::new(&May);
    frame.locale = (&locale).into();
    let mut w = Writer::new(&mut frame);
    let mut is_known = |month, wanted| {
        let date = Date {
            year: 2026,
            month,
            day: 1,
        };
        w.day(&date, wanted).is_some()
    };
    for _ in 0..2 {
        assert!(is_known(4, dates::MONTH));
        assert!(!is_known(5, dates::MONTH));
        assert!(is_known(5, dates::MONTH_3), "that is another message");
        assert!(is_known(5, dates::WEEKDAY | dates::WEEKDAY_3));
        assert!(is_known(5, 0));
    }
}
