//! The limit: copying a text that is there already.

use std::hint::black_box;

use super::engine::{Contender, Engine, contender};
use super::workload::Data;
use crate::Fault;

/// Copies the text of one workload.
pub(super) struct Memcpy<'t>(pub(super) &'t str);

impl Engine for Memcpy<'_> {
    fn name(&self) -> &'static str {
        "memcpy"
    }

    fn contender<'d>(&'d self, _: &'d Data) -> Result<Contender<'d>, Fault> {
        Ok(contender(|| Ok(black_box(self.0).to_owned())))
    }
}
