//! `submission.csv`: Windows-1252, comma, CRLF, quoted only where needed.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use memchr::{memchr, memchr3};
use sha2::{Digest, Sha256};

use super::sort::{SortedRows, cell, cells};
use crate::treat::OutputColumn;

/// Renders sorted rows as lines.
pub fn render(rows: &SortedRows, columns: &[OutputColumn]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(rows.iter().map(|r| r.len() + 2).sum());
    let mut ends = Vec::new();
    for row in rows.iter() {
        cells(row, &mut ends);
        let quotes = memchr3(b',', b'"', b'\n', row).is_some() || memchr(b'\r', row).is_some();
        for (position, column) in columns.iter().enumerate() {
            if position > 0 {
                lines.push(b',');
            }
            let cell = cell(row, &ends, column.at);
            if quotes {
                push_quoted(&mut lines, cell);
            } else {
                lines.extend_from_slice(cell);
            }
        }
        lines.extend_from_slice(b"\r\n");
    }
    lines
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
    file: File,
    hash: Sha256,
}

impl CsvFile {
    /// Makes the file with its header.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path, columns: &[OutputColumn]) -> io::Result<Self> {
        let mut file = Self {
            file: File::create_new(path)?,
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

    /// Makes the file safe against a loss of power and gives its SHA-256 in hex.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(self) -> io::Result<String> {
        self.file.sync_all()?;
        Ok(data_encoding::HEXLOWER.encode(&self.hash.finalize()))
    }
}
