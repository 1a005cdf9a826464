//! What only the custodian of the key has: the crosswalk from pseudonyms to records, where one was asked for, and the log of
//! every look into it.

mod crosswalk;
mod log;

pub use crosswalk::{CrosswalkError, CrosswalkLines, Found, Meaning, Places, Sought, find, head};
pub use log::{Checked, Entry, Log, LogError, check, judge_reason};
