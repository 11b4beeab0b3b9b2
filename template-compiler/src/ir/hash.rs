//! Hashes that change exactly when a unit's meaning does.

use std::fmt;

use super::Unit;

impl Unit {
    /// A stable hash of what the unit does. Positions do not count.
    pub fn hash(&self) -> u64 {
        let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
        // The hasher takes everything, so that printing into it cannot fail.
        let _ = fmt::write(&mut hasher, format_args!("{self}"));
        hasher.0
    }
}

/// FNV-1a, 64 bits, over printed text.
struct Fnv(u64);

impl fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = text.bytes().fold(self.0, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Ok(())
    }
}
