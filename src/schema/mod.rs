//! What a return is: fields, lists, conditions and treatments, read from YAML and compiled once.

mod builtin;
mod columns;
mod compile;
mod complete;
mod condition;
mod fault;
mod fields;
mod grammar;
mod lists;
mod lookup;
mod merge;
mod model;
mod page;
mod raw;
mod rules;
pub mod show;
mod tokens;
mod unique_event;
mod words;

#[cfg(test)]
mod tests;

pub use builtin::known;
pub use complete::CompletionError;
pub use condition::{Check, Comparison, Condition, Subject, Test, Truth};
pub use fault::{ConditionError, Fault, Problem, SchemaError};
pub use lookup::Match;
pub use model::*;
pub use page::{Evidence, Level, Page, Severity};
pub use words::Named;
