//! `cld trace`: NHS numbers that are missing.

mod answers;
mod keeping;
mod selection;
mod support;
