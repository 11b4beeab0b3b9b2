//! `lorem`: text that means nothing, to see a page with.

use hotplate_plugin_api::value::Value;

use crate::filters::Call;
use crate::tagging::TagCall;
use crate::{Error, Result, python};

/// What printers have begun with since the sixteenth century.
const COMMON_PARAGRAPH: &str = "Lorem ipsum dolor sit amet, consectetur adipisicing elit, \
    sed do eiusmod tempor incididunt ut labore et dolore magna aliqua. Ut enim ad minim veniam, \
    quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat. Duis aute \
    irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur. \
    Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit \
    anim id est laborum.";

/// The words of its first sentence.
const COMMON_WORDS: [&str; 19] = [
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "consectetur",
    "adipisicing",
    "elit",
    "sed",
    "do",
    "eiusmod",
    "tempor",
    "incididunt",
    "ut",
    "labore",
    "et",
    "dolore",
    "magna",
    "aliqua",
];

/// The words of random text, which are Cicero's.
const WORDS: &str = "\
    a ab accusamus accusantium ad adipisci alias aliquam aliquid amet animi aperiam \
    architecto asperiores aspernatur assumenda at atque aut autem beatae blanditiis \
    commodi consectetur consequatur consequuntur corporis corrupti culpa cum cumque \
    cupiditate debitis delectus deleniti deserunt dicta dignissimos distinctio dolor \
    dolore dolorem doloremque dolores doloribus dolorum ducimus ea eaque earum eius \
    eligendi enim eos error esse est et eum eveniet ex excepturi exercitationem expedita \
    explicabo facere facilis fuga fugiat fugit harum hic id illo illum impedit in incidunt \
    inventore ipsa ipsam ipsum iste itaque iure iusto labore laboriosam laborum laudantium \
    libero magnam magni maiores maxime minima minus modi molestiae molestias mollitia nam \
    natus necessitatibus nemo neque nesciunt nihil nisi nobis non nostrum nulla numquam \
    obcaecati odio odit officia officiis omnis optio pariatur perferendis perspiciatis \
    placeat porro possimus praesentium provident quae quaerat quam quas quasi qui quia \
    quibusdam quidem quis quisquam quo quod quos ratione recusandae reiciendis rem \
    repellat repellendus reprehenderit repudiandae rerum saepe sapiente sed sequi \
    similique sint sit soluta sunt suscipit tempora tempore temporibus tenetur totam ullam \
    unde ut vel velit veniam veritatis vero vitae voluptas voluptate voluptatem voluptates \
    voluptatibus voluptatum";

/// `lorem`: as many words or paragraphs as the argument says. The options are the method
/// (`w` for words, `p` for paragraphs of HTML, `b` for plain ones), and `common` for text
/// that begins as usual or `random`.
///
/// # Errors
///
/// A limit for more text than a filter may make; `OverflowError` for an infinite count.
pub fn lorem(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let (method, is_common) = match *call.options {
        [method, beginning] => (method, beginning == "common"),
        _ => ("b", true),
    };
    let count = call.positional(0).unwrap_or(&Value::None);
    show(&Call::new(call.frame), count, method, is_common)
}

fn show(call: &Call<'_>, count: &Value, method: &str, is_common: bool) -> Result<Value> {
    let count = match python::int_clamped(count) {
        Ok(count) => count,
        Err(error) if error.is("ValueError") || error.is("TypeError") => 1,
        Err(error) => return Err(error),
    };
    let mut writer = Writer {
        call,
        words: WORDS.split(' ').collect(),
        out: String::new(),
    };
    match method {
        "w" => writer.words(count, is_common)?,
        method => writer.paragraphs(count, is_common, method == "p")?,
    }
    Ok(Value::str(writer.out))
}

struct Writer<'c> {
    call: &'c Call<'c>,
    /// The words, of which those chosen last stand at the beginning.
    words: Vec<&'static str>,
    out: String,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) -> Result<()> {
        let limit = self.call.limit;
        if text.len() > limit.saturating_sub(self.out.len()) {
            let message = format!("lorem would make more than {limit} bytes");
            return Err(Error::limit(message));
        }
        self.out.push_str(text);
        Ok(())
    }

    /// A random number below `below`.
    fn random(&self, below: usize) -> usize {
        let number = self.call.environment.random(below as u64);
        usize::try_from(number).unwrap_or(0)
    }

    fn words(&mut self, count: i64, is_common: bool) -> Result<()> {
        let usual: &[&str] = if is_common { &COMMON_WORDS } else { &[] };
        let magnitude = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        // A negative count leaves words out at the end.
        let usual_count = match count {
            0.. => usual.len().min(magnitude),
            _ => usual.len().saturating_sub(magnitude),
        };
        for (place, word) in usual.iter().take(usual_count).enumerate() {
            self.push(if place == 0 { "" } else { " " })?;
            self.push(word)?;
        }
        let mut rest = match count {
            0.. => magnitude - usual_count,
            _ => 0,
        };
        while rest > 0 {
            let some = rest.min(self.words.len());
            if !self.out.is_empty() {
                self.push(" ")?;
            }
            self.sample(some)?;
            rest -= some;
        }
        Ok(())
    }

    /// So many different words at random.
    fn sample(&mut self, count: usize) -> Result<()> {
        for place in 0..count {
            let chosen = place + self.random(self.words.len() - place);
            self.words.swap(place, chosen);
            self.push(if place == 0 { "" } else { " " })?;
            self.push(self.words[place])?;
        }
        Ok(())
    }

    fn paragraphs(&mut self, count: i64, is_common: bool, is_html: bool) -> Result<()> {
        let (open, close) = if is_html { ("<p>", "</p>") } else { ("", "") };
        for number in 0..count {
            self.push(if number == 0 { "" } else { "\n\n" })?;
            self.push(open)?;
            if is_common && number == 0 {
                self.push(COMMON_PARAGRAPH)?;
            } else {
                self.paragraph()?;
            }
            self.push(close)?;
        }
        Ok(())
    }

    fn paragraph(&mut self) -> Result<()> {
        for sentence in 0..=self.random(4) {
            self.push(if sentence == 0 { "" } else { " " })?;
            self.sentence()?;
        }
        Ok(())
    }

    fn sentence(&mut self) -> Result<()> {
        let start = self.out.len();
        for section in 0..=self.random(5) {
            self.push(if section == 0 { "" } else { ", " })?;
            let count = 3 + self.random(10);
            self.sample(count)?;
        }
        // The words are ASCII.
        self.out[start..=start].make_ascii_uppercase();
        self.push(if self.random(2) == 0 { "?" } else { "." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{outcome, power_of_ten, v};

    fn check(count: impl Into<Value>, method: &str, expected: &str) {
        let result = show(&Call::plain(true), &count.into(), method, true);
        assert_eq!(outcome(result), expected, "{method}");
    }

    #[test]
    fn text_begins_as_usual() {
        check(3, "w", "lorem ipsum dolor");
        check(-17, "w", "lorem ipsum");
        check(-25, "w", "");
        check(0, "b", "");
        check(-1, "p", "");
        check("two", "p", &format!("<p>{COMMON_PARAGRAPH}</p>"));
        check((), "b", COMMON_PARAGRAPH);
        check(2.9, "w", "lorem ipsum");
        check(
            f64::INFINITY,
            "w",
            "OverflowError: cannot convert float infinity to integer",
        );
    }

    fn text(count: i64, method: &str) -> String {
        outcome(show(&Call::plain(true), &v(count), method, false))
    }

    #[test]
    fn random_words_repeat_only_when_all_have_been_used() {
        let known = WORDS.split(' ').count();
        let text = text(200, "w");
        let words: Vec<&str> = text.split(' ').collect();
        assert_eq!(words.len(), 200);
        let mut first = words[..known].to_vec();
        first.sort_unstable();
        assert_eq!(first.join(" "), WORDS);
    }

    #[test]
    fn random_paragraphs_are_sentences() {
        let text = text(20, "p");
        let paragraphs: Vec<&str> = text.split("\n\n").collect();
        assert_eq!(paragraphs.len(), 20);
        for paragraph in paragraphs {
            let inner = paragraph.strip_prefix("<p>").expect("it is open");
            let inner = inner.strip_suffix("</p>").expect("it is closed");
            assert!(
                inner.starts_with(|c: char| c.is_ascii_uppercase()),
                "{inner}"
            );
            assert!(inner.ends_with(['.', '?']), "{inner}");
        }
    }

    #[test]
    fn huge_counts_reach_the_limit() {
        let call = Call {
            limit: 10_000,
            ..Call::plain(true)
        };
        for (method, is_common) in [("w", true), ("w", false), ("p", true), ("b", false)] {
            let result = show(&call, &power_of_ten(30), method, is_common);
            assert_eq!(outcome(result), ": lorem would make more than 10000 bytes");
        }
    }
}
