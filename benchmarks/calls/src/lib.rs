//! Functions whose calls are measured: as units of a plugin, and under their plain names
//! for who looks symbols up.
//!
//! Whoever calls them calls the same machine code, so that only the way there differs.
#![expect(
    unsafe_code,
    reason = "a symbol without mangling may clash with another one; these do not"
)]

use hotplate_plugin_api::{plugin_fn, state};

// A plugin cannot link another one, so this is its source.
#[path = "../../../plugins/text/src/slug.rs"]
pub mod slug;

/// `slugify` of `plugins/text`, which does next to nothing for an empty title.
#[plugin_fn]
#[unsafe(no_mangle)]
pub fn slug_of(title: &str) -> String {
    slug::slugify(title)
}

/// One step of a hash of 64 bits (FNV-1a).
#[plugin_fn]
#[unsafe(no_mangle)]
pub fn hash_step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// State that is only read.
#[state]
#[derive(Default)]
pub struct Seed {
    bits: u64,
}

/// [`hash_step`] with state of the plugin.
#[plugin_fn]
pub fn seeded_hash_step(#[state] seed: &Seed, hash: u64, byte: u8) -> u64 {
    hash_step(hash ^ seed.bits, byte)
}

hotplate_plugin_api::plugin!();
