//! Sources of every kind: the same records give the same bytes, what cannot be read is refused, what is hostile is bounded.

mod cells;
mod dialects;
mod hostile;
mod refused;
mod same;
pub mod writers;
