//! What the project's own commands share.

pub mod failure;
pub mod project;
