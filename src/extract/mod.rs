//! Reads sources into blocks of whole records and blocks into columns of cells. Knows nothing of the return.
//!
//! A source is read once, from front to back, by one thread at a time; what is malformed is refused here with file, row
//! and remedy.
//!
//! Blocks and cells know comma-separated text alone. A source of another kind is a stream of such text, made while it is
//! read ([`Source::open`]): same names, cells and row numbers, so that whatever comes after knows no kinds. Text that is
//! comma-separated already is taken as it lies. So is a source of several tables, or with derived columns, such a stream,
//! made of the first table's ([`Recipe`]).

mod again;
mod blocks;
mod bomb;
mod cells;
mod dialect;
mod encoding;
mod expression;
mod flow;
mod format;
mod gzip;
mod header;
mod ipc;
#[cfg(feature = "odbc")]
mod odbc;
mod package;
mod parquet;
mod query;
mod scan;
mod source;
mod spare;
mod split;
mod spool;
mod tables;
#[cfg(test)]
mod tests;
mod typed;
mod xlsx;

pub use again::{BlockPlace, Part};
pub use blocks::{Block, Blocks};
pub use cells::{Cells, Key, text_of};
pub use encoding::Encoding;
pub use expression::Expression;
pub use format::{Format, Kind};
pub use header::{HeaderRow, MADE, letters};
pub use query::{Answer, Login, Query};
pub use source::{Fingerprint, MAX_ROW_BYTES, Places, Source, Text, Watch};
pub use spare::Spare;
pub use tables::{
    Blank, JOINS, Join, JoinCounts, LEFT_OUT, LOOKUP_MEMORY, Made, Otherwise, Prefer, Recipe,
    TableFacts, ValidAt,
};

use std::path::PathBuf;

use crate::{refusal, tokens};

/// Why a source was refused. Never carries a cell's value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The file cannot be opened or read.
    #[error("cannot read {}: {source}. {}", path.display(), remedy(source, *configured))]
    Unreadable {
        /// The file concerned.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
        /// Whether a configuration names the file.
        configured: bool,
    },
    /// Not a plain file.
    #[error("{} is not a plain file; name the file itself, not a link, a directory or a device", path.display())]
    NotAFile {
        /// The file concerned.
        path: PathBuf,
    },
    /// The file as a whole is not what it should be.
    #[error("{}: {fault}. {remedy}", path.display())]
    File {
        /// The file concerned.
        path: PathBuf,
        /// What is wrong.
        fault: String,
        /// What to do.
        remedy: &'static str,
    },
    /// One row is malformed.
    #[error("{} row {row}: {fault}. {remedy}", path.display())]
    Row {
        /// The file concerned.
        path: PathBuf,
        /// As a spreadsheet counts: the header is row 1.
        row: u64,
        /// What is wrong.
        fault: String,
        /// What to do.
        remedy: &'static str,
    },
    /// What a database gave cannot be kept.
    #[error("cannot keep the answer of the database in {}: {source}", directory.display())]
    Spool {
        /// Where a file without a name was to hold it.
        directory: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Somebody asked to stop.
    #[error("stopped on request; nothing was left behind")]
    Stopped,
    /// The configuration asks for what these files do not have.
    #[error("{0}")]
    Configured(String),
    /// Bytes that are not UTF-8 came after others that were read as UTF-8: the file must be read again as Windows-1252.
    #[error("{} is not UTF-8 throughout. Save it as \"CSV UTF-8\", or write `encoding: windows-1252` if it is that", path.display())]
    NotUtf8 {
        /// The file concerned.
        path: PathBuf,
    },
}

/// A name for a message. One that may be a value, an identifier at worst, is not repeated.
pub(crate) fn told(name: &str) -> String {
    let digits = name.chars().filter(|c| c.is_numeric()).count();
    let mut token = false;
    tokens::scan(name.as_bytes(), |_| token = true);
    if token || digits >= 5 || name.chars().count() > 80 {
        "a name that looks like a value, so it is not repeated here,".to_owned()
    } else {
        format!("`{name}`")
    }
}

/// A number of bytes in words, as exact as it is round.
fn size(bytes: u64) -> String {
    [(30, "GiB"), (20, "MiB"), (10, "KiB")]
        .into_iter()
        .find(|(power, _)| bytes >= 1 << power && bytes.is_multiple_of(1 << power))
        .map_or_else(
            || format!("{bytes} bytes"),
            |(power, unit)| format!("{} {unit}", bytes >> power),
        )
}

fn remedy(refused: &std::io::Error, configured: bool) -> &'static str {
    match refusal::of_reading(refused) {
        Some(remedy) => remedy,
        None if configured => "Check the path under `sources:` and that you may read the file",
        None => "Check the path and that you may read the file",
    }
}
