//! `submission.csv` as a file: its header, its hash, and the cells that need quotes.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use data_encoding::HEXLOWER;
use memchr::{memchr, memchr3};
use sha2::{Digest, Sha256};

use super::durable::{Durable, Settling};
use crate::treat::OutputColumn;

/// Appends a cell, in quotes if it needs them.
pub(super) fn push_quoted(line: &mut Vec<u8>, cell: &[u8]) {
    if cell.is_empty() {
        return;
    }
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

    /// Gives the SHA-256 of the file in hex, and what to wait for until the file is safe against a loss of power.
    ///
    /// # Errors
    /// When there is no handle left.
    pub fn finish(mut self) -> io::Result<(String, Settling)> {
        let settling = self.file.conclude()?;
        Ok((HEXLOWER.encode(&self.hash.finalize()), settling))
    }
}
