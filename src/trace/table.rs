//! Reads named columns of a file of any kind, row by row.

use crate::error::{Error, Result};
use crate::extract::{Blocks, Kind, Source};
use crate::interrupt;

/// A row: its number as a spreadsheet counts, and the cells of the columns that were asked for, in that order, trimmed.
pub(super) struct TableRow<'a> {
    pub number: u64,
    cells: &'a [&'a str],
}

impl<'a> TableRow<'a> {
    /// A cell, empty where it is blank.
    pub fn cell(&self, column: usize) -> &'a str {
        self.cells[column]
    }
}

/// Reads all rows of a source. `of` is where the configuration names the columns.
///
/// # Errors
/// When the file cannot be read, is malformed, has not all columns once, or changes meanwhile; and what `each` fails with.
pub(super) fn read(
    source: &Source,
    of: &str,
    columns: &[&str],
    mut each: impl FnMut(&TableRow<'_>) -> Result<()>,
) -> Result<()> {
    let path = &source.path;
    let before = source.fingerprint();
    let mut source = source.clone();
    if source.format.kind == Kind::Csv {
        source.encoding = Some(source.detect_encoding()?);
    }
    let mut blocks = Blocks::open(&source, 0, source.open()?)?;
    let names = blocks.header().names.clone();
    let mut places = Vec::with_capacity(columns.len());
    for column in columns {
        let mut found = (0..names.len()).filter(|at| names[*at] == column.trim());
        match (found.next(), found.next()) {
            (Some(at), None) => places.push(at),
            (None, _) => {
                return Err(Error::Input(format!(
                    "{}: there is no column `{column}`, which `{of}` in the configuration names. Name the right one there, or add the column",
                    path.display()
                )));
            }
            (Some(_), Some(_)) => {
                return Err(Error::Input(format!(
                    "{}: two columns are called `{column}`. Give one of them another name",
                    path.display()
                )));
            }
        }
    }
    while let Some(block) = blocks.next()? {
        interrupt::check()?;
        let cells = block.into_cells(names.len(), path)?;
        let mut row = Vec::with_capacity(places.len());
        for record in 0..cells.len() {
            row.clear();
            row.extend(places.iter().map(|at| text(cells.get(*at, record))));
            each(&TableRow {
                number: cells.row(record),
                cells: &row,
            })?;
        }
    }
    if source.fingerprint() != before {
        return Err(Error::Input(format!(
            "{} changed while it was read. Run again when nothing writes to it",
            path.display()
        )));
    }
    Ok(())
}

/// A cell without white space around it; one that says NULL says nothing.
fn text(cell: &[u8]) -> &str {
    let text = std::str::from_utf8(cell).unwrap_or_default().trim();
    if text.eq_ignore_ascii_case("null") {
        ""
    } else {
        text
    }
}
