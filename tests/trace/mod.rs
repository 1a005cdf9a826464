//! `cld trace`: NHS numbers that are missing.

mod answers;
mod custody;
mod keeping;
mod numbers;
mod returned;
mod safety;
mod selection;
mod support;
mod words;
mod worklist;
