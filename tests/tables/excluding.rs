//! excluding
