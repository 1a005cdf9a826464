//! Every rule of a return as people read it: what it says of itself, and examples that pass and fail. `cld explain` prints
//! it; the conformance suite runs the examples, so that none can be wrong.
//!
//! The examples stand in `tests/cases/`, one file for each module of the return.

mod cases;
mod entry;
mod json;
mod record;
mod text;

pub use cases::{CASE_FILES, Case, Example, TableRow, TestNumbers, cases};
pub use entry::{Detail, Entry};
pub use json::entry_json;
pub use record::{Base, Change, bases};
pub use text::entry_text;
