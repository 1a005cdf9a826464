//! What `cld validate` prints, for people and for programs. One file for each format, and what they share.
//!
//! A format is a stream: what is found in one record is printed and forgotten, so that a million findings need no more
//! memory than ten. Only [`junit`] waits for the end, and keeps sums and a few places of each rule.

pub mod extract;
mod fold;
pub mod grid;
pub mod human;
pub mod json;
pub mod junit;
pub mod sarif;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::PathBuf;

use super::portal::{self, Preflights};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::pipeline::{self, Validated};
use crate::portal::Specification;
use crate::schema::Severity;
use crate::validate::Plan;

/// What is to be validated and told.
pub struct Job<'a> {
    /// The checks.
    pub plan: &'a Plan,
    /// The files.
    pub files: &'a [PathBuf],
    /// The sheet of workbooks, where several hold something.
    pub sheet: Option<&'a str>,
    /// Warnings count as failures too, where a format knows failures.
    pub warnings_fail: bool,
    /// Print the values received. For people only.
    pub show_values: bool,
    /// Print the whole national grid. For people only; programs always get it.
    pub grid: bool,
}

/// Where it is printed.
pub struct Out<W>(pub W);

impl<W: Write> Out<W> {
    /// Prints.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub fn put(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.io(|out| out.write_all(bytes.as_ref()))
    }

    /// Sees to it that everything is printed.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub fn flush(&mut self) -> Result<()> {
        self.io(Write::flush)
    }

    fn io(&mut self, write: impl FnOnce(&mut W) -> io::Result<()>) -> Result<()> {
        write(&mut self.0).map_err(Error::io("write", "standard output"))
    }
}

/// What was printed.
pub type Told = (Validated, Preflights);

impl Job<'_> {
    /// Validates, with the portal's rules held against the files meanwhile.
    fn validate<T: Default + Send>(
        &self,
        render: impl Fn(&[Finding<'_>], &mut T) + Sync,
        take: impl FnMut(T) -> Result<()> + Send,
    ) -> (Result<Validated>, Preflights) {
        let specification = Specification::of(&self.plan.schema);
        portal::beside(&specification, self.files, || {
            pipeline::validate(self.plan, self.files, self.sheet, render, take)
        })
    }

    /// Whether a finding as bad as this makes its rule fail.
    fn fails(&self, severity: Severity) -> bool {
        match severity {
            Severity::Error => true,
            Severity::Warning => self.warnings_fail,
            Severity::Info => false,
        }
    }
}
