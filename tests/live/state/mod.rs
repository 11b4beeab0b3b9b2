//! State of plugins: across swaps, migrations, rollbacks and restarts.

mod disk;
mod instances;
mod linked;
mod swaps;
mod swarm;
mod templates;
mod together;
mod variants;
