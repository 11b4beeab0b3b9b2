//! What a cached file was made from, as one hash.

use std::fmt;

/// Goes into every key: files that an incompatible version wrote are never found.
const FORMAT: &str = "hotplate cache, format 1";

/// The hash of everything that a cached file depends on. Displays as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey(blake3::Hash);

/// A key to which parts are still added.
#[derive(Debug)]
#[must_use = "`finish` makes the key"]
pub(crate) struct KeyParts(blake3::Hasher);

impl CacheKey {
    /// Begins a key for files of one kind, such as "template patch".
    #[expect(clippy::new_ret_no_self, reason = "a key is made of parts")]
    pub(crate) fn new(kind: &str) -> KeyParts {
        KeyParts(blake3::Hasher::new())
            .part("format", FORMAT)
            .part("kind", kind)
    }

    /// Reads what `Display` wrote.
    pub(super) fn parse(text: &str) -> Option<CacheKey> {
        blake3::Hash::from_hex(text).ok().map(CacheKey)
    }
}

impl KeyParts {
    /// Adds a part. Labels, order and the limits between parts count, so that no two
    /// lists of parts give the same key.
    pub(crate) fn part(mut self, label: &str, bytes: impl AsRef<[u8]>) -> KeyParts {
        for bytes in [label.as_bytes(), bytes.as_ref()] {
            self.0.update(&(bytes.len() as u64).to_le_bytes());
            self.0.update(bytes);
        }
        self
    }

    /// The key of the parts so far.
    pub(crate) fn finish(self) -> CacheKey {
        CacheKey(self.0.finalize())
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_hex())
    }
}
