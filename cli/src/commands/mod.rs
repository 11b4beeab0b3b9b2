//! The commands, one file each.

pub(crate) mod attach;
pub(crate) mod check;
pub(crate) mod emit;
pub(crate) mod render;
pub(crate) mod run;
pub(crate) mod serve;
