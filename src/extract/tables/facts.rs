//! What was learnt of tables by reading them: for the manifest and for what a run prints. Nothing of it is identifiable.

use super::super::Encoding;

/// What became of a source with a recipe.
#[derive(Debug, Default, Clone)]
pub struct Made {
    /// The encoding of the file that has a row for each record.
    pub encoding: Option<Encoding>,
    /// The first row of that file that looks like UTF-8, though it is read as Windows-1252.
    pub mixed: Option<u64>,
    /// Cells that held a value which means nothing.
    pub emptied: u64,
    /// In the order in which they are looked up.
    pub tables: Vec<TableFacts>,
}

/// What was learnt of a table that is looked up.
#[derive(Debug, Default, Clone)]
pub struct TableFacts {
    /// Its encoding, if it is text.
    pub encoding: Option<Encoding>,
    /// Its first row that looks like UTF-8, though it is read as Windows-1252.
    pub mixed: Option<u64>,
    /// The sheet, if it is a workbook.
    pub sheet: Option<String>,
    /// Rows of the table.
    pub rows: u64,
    /// Of them rows that are kept: with a key, and of those that count.
    pub kept: u64,
    /// Rows with a first or last day that cannot be read, which are never in force.
    pub undated: u64,
    /// Bytes in memory.
    pub memory: u64,
    /// What looking up came to.
    pub counts: JoinCounts,
}

/// Records by what looking up came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct JoinCounts {
    /// A row was taken.
    pub matched: u64,
    /// No row has the key, or none of those that have it counts.
    pub unmatched: u64,
    /// Several rows have it, and no rule decides between them.
    pub undecided: u64,
    /// The record has no key.
    pub without_key: u64,
}
