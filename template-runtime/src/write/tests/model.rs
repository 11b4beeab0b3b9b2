//! What is written, once more and plainly: a string to which characters are pushed.
//!
//! Bytes make a script of calls, so that random bytes and those of a fuzzer do.

use super::frame::frame;
use super::rt::api::{ErrorRecord, Output, Sink};
use super::rt::{Done, Writer, escaped as rt_escaped, int, lit, uint};

/// Escapes character by character.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            other => out.push(other),
        }
    }
    out
}

/// Reads a script; behind its end there are zeros.
struct Script<'s>(&'s [u8]);

impl<'s> Script<'s> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// A number of any width.
    fn number(&mut self) -> u64 {
        let mut number = 0;
        for _ in 0..self.byte() % 9 {
            number = number << 8 | u64::from(self.byte());
        }
        number
    }

    fn bytes(&mut self, length: usize) -> &'s [u8] {
        let (bytes, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    /// A text of such characters as matter: escaped ones and others, short and long ones.
    fn text(&mut self) -> String {
        let length = usize::from(self.byte()) % 101;
        self.bytes(length)
            .iter()
            .map(|byte| character(*byte))
            .collect()
    }
}

/// A character by a byte.
pub(crate) fn character(byte: u8) -> char {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => char::from(byte),
        byte => {
            ['&', '<', '>', '"', '\'', ' ', 'ä', '€', '😀', '#', '%', '='][usize::from(byte) % 12]
        }
    }
}

/// Where a script's calls write.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    New,
    Capacity(usize),
    Append(usize),
    Streaming(usize),
}

/// Runs a script, and checks that it writes what the plain way does, up to the limit.
pub(crate) fn check(target: Target, limit: usize, script: &[u8]) {
    let mut record = ErrorRecord::default();
    let mut taken = Vec::new();
    let mut sink = Sink::new(&mut taken);
    let before = match target {
        Target::Append(size) => "é".repeat(size),
        _ => String::new(),
    };
    let out = match target {
        Target::New => Output::with_limit(limit),
        Target::Capacity(size) => Output::with_capacity(size, limit),
        Target::Append(_) => Output::from_string(before.clone(), limit),
        Target::Streaming(size) => Output::streaming(size, limit, &mut sink),
    };
    let mut expected = String::new();
    let (text, fits, done) = {
        let mut frame = frame(out, &mut record);
        let (fits, done) = play(Script(script), limit, &mut frame, &mut expected);
        let ends_well = done.is_ok() && frame.out.flush();
        assert_eq!(ends_well, done.is_ok(), "a vector takes all");
        (std::mem::take(&mut frame.out).into_buffer(), fits, done)
    };
    sink.finish().expect("a vector takes all");
    let text = String::from_utf8(taken).expect("whole characters") + &text;
    let text = text.strip_prefix(&*before).expect("what was there is kept");
    assert_eq!(done.is_ok(), fits, "{target:?} {limit}");
    if fits {
        assert_eq!(text, expected, "{target:?} {limit}");
    } else {
        assert!(expected.starts_with(text), "{target:?} {limit}");
        let message = format!("the output exceeds the limit of {limit} bytes");
        assert_eq!(record.message, message);
    }
}

/// Makes the calls: whether the plain way says that they fit, and whether they did.
fn play(
    mut script: Script<'_>,
    limit: usize,
    frame: &mut super::rt::Frame<'_>,
    expected: &mut String,
) -> (bool, Done) {
    let mut w = Writer::new(frame);
    while !script.0.is_empty() {
        let mut retracted = "";
        let done = match script.byte() % 12 {
            0 => {
                let text = script.text();
                expected.push_str(&text);
                w.text(&text)
            }
            1 | 2 => {
                let text = script.text();
                expected.push_str(&escaped(&text));
                w.escaped(&text)
            }
            3 => {
                let text = script.text();
                expected.push_str(&text);
                w.with(|frame| super::rt::text(&text, frame))
            }
            4 => {
                let number = script.number().cast_signed();
                expected.push_str(&format!("{number}</td><td>"));
                w.put((int(number), lit!("</td><td>")))
            }
            5 => {
                let (first, second) = (script.number(), script.number().cast_signed());
                expected.push_str(&format!("{first} is {second}"));
                w.put((uint(first), lit!(" is "), int(second)))
            }
            6 => {
                expected.push_str("<a href=\"/articles/2026/archive.html\">é€😀");
                w.put((
                    lit!("<"),
                    lit!("a "),
                    lit!("href="),
                    lit!("\"/articles/2026/archive.html\">"),
                    lit!("é"),
                    lit!("€"),
                    lit!("😀"),
                    lit!(""),
                ))
            }
            7 => {
                let text = script.text();
                expected.push_str(&escaped(&text));
                expected.push_str("</li><li>");
                retracted = "<li>";
                w.escaped(&text).and_then(|()| w.put(lit!("</li><li>")))
            }
            9 => {
                let (first, second) = (script.text(), script.text());
                let number = script.number();
                expected.push_str(&format!(
                    "<a href=\"{}/{number}\">{}</a>",
                    escaped(&first),
                    escaped(&second)
                ));
                w.put((
                    lit!("<a href=\""),
                    rt_escaped(&first),
                    lit!("/"),
                    uint(number),
                    lit!("\">"),
                    rt_escaped(&second),
                    lit!("</a>"),
                ))
            }
            10 => {
                let text = script.text();
                expected.push_str(&escaped(&text.to_uppercase()));
                w.upper(&text, "", 0)
            }
            8 => {
                let number = script.number();
                expected.push_str(&format!("{number}é"));
                retracted = "é";
                w.put((uint(number), lit!("é")))
            }
            _ => {
                let text = script.text().repeat(usize::from(script.byte() % 64));
                expected.push_str(&escaped(&text));
                w.escaped(&text)
            }
        };
        let fits = expected.len() <= limit;
        if !fits || done.is_err() {
            return (fits, done);
        }
        if !retracted.is_empty() {
            w.retract(match retracted {
                "é" => "é",
                _ => "<li>",
            });
            expected.truncate(expected.len() - retracted.len());
        }
    }
    w.finish();
    (true, Ok(()))
}
