//! The work list of tracing: who could not be settled, grouped by what the person who does it must do next.

mod files;
mod reason;
#[cfg(test)]
mod tests;

pub use files::{CSV, Listed, WORKBOOK, WorkItem, write};
pub use reason::{Group, Reason, Sent};
