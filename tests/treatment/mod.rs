//! What is made of every field on its way out (contract section 5), and in which bytes.

mod columns;
pub mod parquet;
mod pseudonyms;
mod stricter;
mod text;
