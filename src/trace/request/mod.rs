//! The request file of PDS MESH: who is asked about and with what, in the columns and lengths that it takes.
//!
//! Nothing is sent that does not help to find the person: no address, no telephone number, no id of the council.

mod asked;
mod file;
mod reference;
mod row;
#[cfg(test)]
mod tests;

pub use asked::{Asked, Gender};
pub use file::{Limits, RequestError, RequestFile, RequestFiles, Unpublished};
pub use reference::{NoReference, Reference};
pub use row::{COLUMNS, Field, Form, LeftOut, NotEnough, Row, Why};
