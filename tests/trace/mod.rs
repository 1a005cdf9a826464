//! `cld trace`: NHS numbers that are missing.

mod answers;
mod keeping;
mod returned;
mod safety;
mod selection;
mod support;
