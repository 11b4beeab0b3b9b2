//! The source of twenty functions, one of which is edited: `f07`.

use std::fmt::Write as _;

/// The function that is edited and called.
pub(super) const EDITED: &str = "f07";

const COUNT: usize = 20;

/// Functions in Rust, each below the line `attribute`. The edited one gives `mark`.
pub(super) fn rust(head: &str, attribute: &str, mark: &str) -> String {
    let mut text = format!("//! Twenty functions.\n\n{head}\n");
    for number in 0..COUNT {
        let own = own_mark(number, mark);
        let step = number + 2;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n/// Function {number}.\n{attribute}\npub fn f{number:02}(text: &str) -> String {{\n    \
             let mut words = Vec::new();\n    \
             for (place, word) in text.split_whitespace().enumerate() {{\n        \
             if place % {step} == 0 {{\n            \
             words.push(word.to_uppercase());\n        }} else {{\n            \
             words.push(format!(\"{{word}}-{number}\"));\n        }}\n    }}\n    \
             let mut line = words.join(\" \");\n    \
             line.push_str(\" {own}\");\n    line\n}}\n"
        );
    }
    text
}

/// The same in Python.
pub(super) fn python(mark: &str) -> String {
    let mut text = "\"\"\"Twenty functions.\"\"\"\n".to_owned();
    for number in 0..COUNT {
        let own = own_mark(number, mark);
        let step = number + 2;
        let _ = write!(
            text,
            "\n\ndef f{number:02}(text):\n    words = []\n    \
             for place, word in enumerate(text.split()):\n        \
             if place % {step} == 0:\n            \
             words.append(word.upper())\n        else:\n            \
             words.append(f\"{{word}}-{number}\")\n    \
             return \" \".join(words) + \" {own}\"\n"
        );
    }
    text
}

fn own_mark(number: usize, mark: &str) -> &str {
    if EDITED == format!("f{number:02}") {
        mark
    } else {
        "unchanged"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_function_has_the_mark() {
        for text in [rust("", "#[test]", "the-mark"), python("the-mark")] {
            assert_eq!(text.matches("the-mark").count(), 1, "{text}");
            assert_eq!(text.matches("unchanged").count(), COUNT - 1, "{text}");
        }
    }
}
