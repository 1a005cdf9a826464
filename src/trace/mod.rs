//! Tracing of NHS numbers: what is asked of the Personal Demographics Service, what it answers, and what people then do.
//!
//! `people` and `select` say who may be asked about, `request` and `answer` are the files, `gates` decide what is believed,
//! `register` keeps it, `work` is what is left for people to do.

mod allocations;
pub mod answer;
pub mod apply;
pub mod ask;
mod census;
pub mod gates;
#[cfg(test)]
mod keeping_tests;
pub mod list;
#[cfg(test)]
mod machine_tests;
mod notice;
pub mod numbers;
pub mod people;
pub mod purge;
pub mod register;
pub mod request;
pub mod rule;
pub mod select;
pub mod selection;
mod table;
pub mod work;
