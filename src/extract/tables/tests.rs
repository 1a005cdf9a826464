//! Choosing rows, without files.
