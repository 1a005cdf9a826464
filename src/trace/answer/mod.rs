//! The answer file of PDS MESH: columns bound by their names, every code a type, and the whole file refused if any of it
//! cannot be read.
//!
//! Of what comes back only what tracing needs is kept: no name, no address, no telephone number, so that nothing of it
//! could overwrite the council's record.

mod bounded;
mod code;
mod columns;
mod error;
#[cfg(test)]
mod property_tests;
mod quoting;
mod read;
#[cfg(test)]
mod refusal_tests;
mod row;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use code::{Algorithm, FileCode, RecordCode};
pub use columns::Column;
pub use error::AnswerError;
pub use read::{Answers, Batch, LONGEST_FILE, LONGEST_ROW, Summary};
pub use row::{AnswerRow, Confidence, Matched, PdsDate, Requested, Scores};
