//! Swapping real plugins while handles are in use.
//!
//! Every test has plugins of its own in a temporary directory, and waits for the host's
//! events; none sleeps.

mod artifacts;
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
mod many;
mod modes;
mod rejections;
mod reload_modes;
mod renames;
mod rendering;
mod saves;
mod signatures;
mod steps;
mod swarm;
mod tags;
mod together;
mod typed;
mod watching;
