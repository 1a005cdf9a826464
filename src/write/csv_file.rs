//! `submission.csv`: Windows-1252, comma, CRLF, quoted only where needed.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::thread::JoinHandle;

use memchr::{memchr, memchr3};
use sha2::{Digest, Sha256};

use super::sort::Row;
use crate::treat::OutputColumn;

/// Renders sorted rows as lines.
///
/// A row has its cells in the order of the columns, but for the first one, by which rows are sorted; so a line is two
/// stretches of the row around that cell, with commas for the zero bytes.
pub fn render(rows: &[Row<'_>], columns: &[OutputColumn]) -> Vec<u8> {
    let sorted_by = columns
        .iter()
        .position(|column| column.at == 0)
        .unwrap_or(0);
    // Quotes and commas in values add little to the bytes of the rows.
    let bytes: usize = rows.iter().map(|row| row.bytes.len() + 1).sum();
    let mut lines = Vec::with_capacity(bytes + bytes / 32);
    for &row in rows {
        push_stretch(&mut lines, row, 1, sorted_by + 1);
        push_stretch(&mut lines, row, 0, 1);
        push_stretch(&mut lines, row, sorted_by + 1, columns.len());
        lines.pop();
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

/// Appends the cells from one position of the row up to another, each with a comma behind it. What lies between cells
/// that need quotes is copied in one piece.
fn push_stretch(lines: &mut Vec<u8>, row: Row<'_>, from: usize, to: usize) {
    let mut from = from;
    while from < to {
        let stretch = row.between(from, to);
        let special = memchr3(b',', b'"', b'\n', stretch)
            .into_iter()
            .chain(memchr(b'\r', stretch))
            .min();
        let quoted = special.map_or(to, |at| row.cell_at(from, at));
        let start = lines.len();
        lines.extend_from_slice(row.between(from, quoted));
        for byte in &mut lines[start..] {
            *byte = if *byte == 0 { b',' } else { *byte };
        }
        if quoted < to {
            push_quoted(lines, row.cell(quoted));
            lines.push(b',');
        }
        from = quoted + 1;
    }
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

/// Bytes after which the disk is asked to write down what it has, so that little is left to wait for at the end.
const SYNC_EVERY: u64 = 128 << 20;

/// A file that is hashed as it is written.
pub struct CsvFile {
    file: File,
    hash: Sha256,
    unsynced: u64,
    syncing: Option<JoinHandle<io::Result<()>>>,
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
            unsynced: 0,
            syncing: None,
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
        self.file.write_all(lines)?;
        self.unsynced += lines.len() as u64;
        if self.unsynced >= SYNC_EVERY && self.syncing.as_ref().is_none_or(JoinHandle::is_finished)
        {
            self.synced()?;
            self.unsynced = 0;
            let file = self.file.try_clone()?;
            self.syncing = Some(std::thread::spawn(move || file.sync_data()));
        }
        Ok(())
    }

    /// Waits for the disk.
    fn synced(&mut self) -> io::Result<()> {
        let panicked = |_| Err(io::Error::other("a thread ended early"));
        self.syncing
            .take()
            .map_or(Ok(()), |thread| thread.join().unwrap_or_else(panicked))
    }

    /// Makes the file safe against a loss of power and gives its SHA-256 in hex.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(mut self) -> io::Result<String> {
        self.synced()?;
        self.file.sync_all()?;
        Ok(data_encoding::HEXLOWER.encode(&self.hash.finalize()))
    }
}
