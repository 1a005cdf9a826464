//! `submission.csv`: Windows-1252, comma, CRLF, quoted only where needed.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use data_encoding::HEXLOWER;
use memchr::{memchr, memchr3};
use sha2::{Digest, Sha256};

use super::durable::Durable;
use super::sort::{PseudonymCell, Row, SortedRows};
use crate::hex;
use crate::treat::{OutputColumn, Stored};

/// Bytes of a line that are made room for.
const USUAL_LINE: usize = 768;

/// Renders some of the sorted rows as lines.
///
/// Neighbours are mostly about one person, and begin with the same cells: those are copied from the line before.
pub fn render(rows: &SortedRows<'_>, range: std::ops::Range<usize>) -> Vec<u8> {
    let key = rows.key();
    let mut lines = Vec::with_capacity(range.len() * USUAL_LINE);
    // Where each cell of the line before ends, counted from its start.
    let mut ends = vec![0_usize; key.columns.len()];
    let mut before: Option<(Row<'_>, usize)> = None;
    for row in rows.rows(range) {
        let start = lines.len();
        let mut from = 0;
        if let Some((last, at)) = before {
            from = same_cells(key.columns, last, row);
            if let Some(end) = from.checked_sub(1).map(|last| ends[last]) {
                lines.extend_from_within(at..at + end);
            }
        }
        for (column, end) in key.columns.iter().zip(&mut ends).skip(from) {
            match column.stored {
                Stored::Nothing => lines.push(b','),
                Stored::Value(at) => match row.numbers[at] {
                    0 => lines.push(b','),
                    number => rows.push_cell(&mut lines, at, number),
                },
                stored => push_pseudonym(&mut lines, row.pseudonym(stored), &key.layout.prefix),
            }
            *end = lines.len() - start;
        }
        // The last comma.
        lines.pop();
        lines.extend_from_slice(b"\r\n");
        before = Some((row, start));
    }
    lines
}

/// How many columns from the first on are equal in both rows, the last column apart.
pub fn same_cells(columns: &[OutputColumn], a: Row<'_>, b: Row<'_>) -> usize {
    let same = |column: &OutputColumn| match column.stored {
        Stored::Nothing => true,
        Stored::Value(at) => a.numbers[at] == b.numbers[at],
        stored => a.pseudonym(stored) == b.pseudonym(stored),
    };
    // The last cell has no comma behind it in the line before.
    let but_last = &columns[..columns.len() - 1];
    but_last
        .iter()
        .position(|column| !same(column))
        .unwrap_or(but_last.len())
}

fn push_pseudonym(lines: &mut Vec<u8>, cell: PseudonymCell<'_>, prefix: &[u8]) {
    let pseudonym = match cell {
        PseudonymCell::Empty => return lines.push(b','),
        PseudonymCell::Plain(pseudonym) => pseudonym,
        PseudonymCell::Prefixed(pseudonym) => {
            lines.extend_from_slice(prefix);
            pseudonym
        }
    };
    let mut digits = [0; 64];
    hex::encode_to(pseudonym, &mut digits);
    lines.extend_from_slice(&digits);
    lines.push(b',');
}

/// Appends a cell, in quotes if it needs them.
pub(super) fn push_quoted(line: &mut Vec<u8>, cell: &[u8]) {
    if memchr3(b',', b'"', b'\n', cell).is_none() && memchr(b'\r', cell).is_none() {
        line.extend_from_slice(cell);
        return;
    }
    line.push(b'"');
    for &byte in cell {
        if byte == b'"' {
            line.push(b'"');
        }
        line.push(byte);
    }
    line.push(b'"');
}

/// A file that is hashed as it is written.
pub struct CsvFile {
    file: Durable,
    hash: Sha256,
}

impl CsvFile {
    /// Makes the file with its header.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path, columns: &[OutputColumn]) -> io::Result<Self> {
        let mut file = Self {
            file: Durable::new(File::create_new(path)?),
            hash: Sha256::new(),
        };
        let mut header = Vec::new();
        for (position, column) in columns.iter().enumerate() {
            if position > 0 {
                header.push(b',');
            }
            push_quoted(&mut header, column.name.as_bytes());
        }
        header.extend_from_slice(b"\r\n");
        file.write(&header)?;
        Ok(file)
    }

    /// Appends lines.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        self.hash.update(lines);
        self.file.write_all(lines)
    }

    /// Has the disk write down what there is, and does not wait for it.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn settle(&mut self) -> io::Result<()> {
        self.file.settle()
    }

    /// Makes the file safe against a loss of power and gives its SHA-256 in hex.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(mut self) -> io::Result<String> {
        self.file.finish()?;
        Ok(HEXLOWER.encode(&self.hash.finalize()))
    }
}
