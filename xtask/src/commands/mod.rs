//! One file per command.

pub(crate) mod bench;
pub(crate) mod bless_conformance;
pub(crate) mod ci;
pub(crate) mod conformance;
pub(crate) mod rebuild_loop;
pub(crate) mod tidy;
