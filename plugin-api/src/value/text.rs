//! Strings and large integers.

use abi_stable::StableAbi;
use abi_stable::std_types::{RArc, RString};

/// A shared string that knows whether it may be written without escaping.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct Text {
    text: RArc<RString>,
    safe: bool,
}

impl Text {
    /// Makes a string.
    pub fn new(text: String, safe: bool) -> Self {
        Self {
            text: RArc::new(text.into()),
            safe,
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// Whether it is written as it is.
    pub fn is_safe(&self) -> bool {
        self.safe
    }

    /// The same text, safe or not; shares the memory.
    pub fn with_safety(&self, safe: bool) -> Self {
        Self {
            text: self.text.clone(),
            safe,
        }
    }
}

/// An integer of any size, in decimal digits.
#[repr(transparent)]
#[derive(StableAbi, Clone)]
pub struct BigInt {
    digits: RArc<RString>,
}

impl BigInt {
    /// Reads an optional minus sign and decimal digits; nothing for any other text.
    ///
    /// Leading zeros are dropped, so equal numbers have equal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = match digits.trim_start_matches('0') {
            "" => "0".to_owned(),
            digits => format!("{sign}{digits}"),
        };
        Some(Self {
            digits: RArc::new(digits.into()),
        })
    }

    /// The canonical form: no leading zeros, a minus sign if negative.
    pub fn digits(&self) -> &str {
        self.digits.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn big_integers_have_one_form() {
        let cases = [
            ("0", Some("0")),
            ("-0", Some("0")),
            ("0012", Some("12")),
            ("-99999999999999999999", Some("-99999999999999999999")),
            ("", None),
            ("-", None),
            ("1x", None),
        ];
        for (input, expected) in cases {
            let parsed = BigInt::parse(input);
            assert_eq!(parsed.as_ref().map(BigInt::digits), expected, "{input}");
        }
    }
}
