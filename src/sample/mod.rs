//! Synthetic records: a CLD extract of invented people, clean or with a stated share of bad cells.
//!
//! Nothing here is drawn from real people: NHS numbers come from the 999 test range, postcodes from areas that do
//! not exist. The same arguments give the same bytes on every machine: one small generator of whole numbers, no
//! clock, no floating point, no hash order. Memory does not grow with the number of rows: whatever belongs to a
//! person or to a row is derived from the seed and its number.

mod chance;
mod clean;
mod day;
mod dirt;
mod event;
mod fits;
mod household;
mod nhs;
mod options;
mod person;
mod random;
mod row;
mod services;
mod slots;
mod spoil;
mod vocabulary;
mod words;
mod writer;

#[cfg(test)]
mod tests;

pub use dirt::Dirt;
pub use options::{Options, Rate, RateError, Summary};
pub use writer::write;
