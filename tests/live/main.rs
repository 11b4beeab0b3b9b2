//! Swapping real plugins while handles are in use.
//!
//! Every test has plugins of its own in a temporary directory, and waits for the host's
//! events; none sleeps.

mod artifacts;
mod bound;
mod canaries;
mod closing;
mod contexts;
mod discovery;
mod environment;
mod errors;
mod escaping;
mod handles;
mod hostile;
mod lane;
mod layers;
mod libraries;
mod linked;
mod listeners;
mod many;
mod memory;
mod modes;
mod recoder;
mod rejections;
mod reload_modes;
mod renames;
mod rendering;
mod rollback;
mod saves;
mod signatures;
mod state;
mod steps;
mod swarm;
mod tags;
mod test_command;
mod together;
mod trials;
mod typed;
mod watching;
