//! Holds records against the return: the validity and status of every cell, and findings where a rule is broken.
//!
//! Rules are compiled from the schema into a [`Plan`] once; a [`Checker`] belongs to one thread and runs the plan over
//! batches of cells, column by column, doing the work of a look-up once for each distinct value.

pub mod across;
mod check;
mod checker;
mod gather;
mod lexicon;
mod number;
mod period;
mod plan;
pub(crate) mod postcode;
mod rules;
mod status;
mod tally;

pub use check::{Broken, Check, Checks};
pub use checker::{AlreadyPseudonym, Checked, Checker, ColumnResult, Issue, Unverified};
pub use gather::{FileSums, Gatherer, Periods, derived_end};
pub use lexicon::{Context as LexiconContext, Entry, Lexicon, is_blank, key_of, windows_1252};
pub use period::{Derived, Month, derive as derived_period};
pub use plan::{ClientKind, DayTest, EventKind, FieldPlan, Judge, Kernel, Plan, Setting};
pub use rules::{Rule, collisions};
pub use status::{Status, Validity};
pub use tally::{FindingCount, Grid, MonthCounts, Tally};
