//! Splits a block into columns of cells without copying: a cell is a place in the block's text.

use std::fmt;
use std::path::Path;

use memchr::{memchr, memchr2};

use super::ExtractError;
use super::blocks::Block;
use crate::swar;

/// The names of a source's columns, trimmed.
#[derive(Debug, Clone, Default)]
pub struct HeaderRow {
    /// In the order of the file.
    pub names: Vec<String>,
}

impl HeaderRow {
    /// Splits the header line, which is UTF-8.
    pub(super) fn parse(line: Vec<u8>) -> Self {
        let mut text = line;
        let mut names = Vec::new();
        let mut at = 0;
        loop {
            let (span, next) = cell(&mut text, at);
            names.push(
                String::from_utf8_lossy(&text[span.range()])
                    .trim()
                    .to_owned(),
            );
            match next {
                After::Cell(n) => at = n,
                After::Record(_) => return Self { names },
            }
        }
    }
}

/// The cells of a block by column. Holds identifiable text: its `Debug` shows only its size.
pub struct Cells {
    text: Vec<u8>,
    spans: Vec<Span>,
    /// Rows of the records, counted from `first_row`.
    rows: Vec<u32>,
    first_row: u64,
    /// Records that `spans` has room for in each column.
    stride: usize,
    /// Lines that hold nothing at all, not even a comma.
    blank_lines: u64,
    /// Position of the source in the configuration.
    pub source: usize,
}

#[derive(Clone, Copy, Default)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

enum After {
    Cell(usize),
    Record(usize),
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cells({} records, withheld)", self.len())
    }
}

impl Cells {
    /// The text of a block with room for so many records, none of them split yet.
    fn none(block: Block, stride: usize, columns: usize) -> Self {
        Self {
            spans: vec![Span::default(); stride * columns],
            rows: Vec::with_capacity(stride),
            first_row: block.first_row,
            stride,
            source: block.source,
            blank_lines: 0,
            text: block.text,
        }
    }

    pub(super) fn parse(block: Block, columns: usize, path: &Path) -> Result<Self, ExtractError> {
        let first_row = block.first_row;
        let records = block.lines + 1;
        let mut cells = Self::none(block, records, columns);
        let end = cells.text.len();
        let quoted = memchr(b'"', &cells.text).is_some();
        let mut row = 0_u32;
        let mut at = 0;
        while at < end {
            if let Some(next) = cells.blank_line(at) {
                at = next;
                cells.blank_lines += 1;
            } else {
                at = cells
                    .record(at, end, columns, quoted)
                    .map_err(|fault| fault.at(path, first_row + u64::from(row)))?;
                cells.rows.push(row);
            }
            row += 1;
        }
        Ok(cells)
    }

    pub(super) fn of_rows(
        block: Block,
        rows: impl Iterator<Item = u64>,
        columns: usize,
        path: &Path,
    ) -> Result<Self, ExtractError> {
        let first_row = block.first_row;
        let mut wanted: Vec<u32> = rows.map(|row| (row - first_row) as u32).collect();
        wanted.dedup();
        let mut cells = Self::none(block, wanted.len(), columns);
        let end = cells.text.len();
        let quoted = memchr(b'"', &cells.text).is_some();
        let (mut at, mut row) = (0, 0);
        for wanted in wanted {
            while row < wanted && at < end {
                at = line_end(&cells.text[..end], at);
                row += 1;
            }
            if at < end && cells.blank_line(at).is_none() {
                at = cells
                    .record(at, end, columns, quoted)
                    .map_err(|fault| fault.at(path, first_row + u64::from(row)))?;
                cells.rows.push(row);
                row += 1;
            }
        }
        Ok(cells)
    }

    /// Where the next line begins, if this one holds nothing.
    fn blank_line(&self, at: usize) -> Option<usize> {
        match &self.text[at..] {
            [b'\n', ..] => Some(at + 1),
            [b'\r', b'\n', ..] => Some(at + 2),
            [b'\r'] => Some(at + 1),
            _ => None,
        }
    }

    fn record(
        &mut self,
        mut at: usize,
        end: usize,
        columns: usize,
        quoted: bool,
    ) -> Result<usize, Fault> {
        let record = self.rows.len();
        let mut column = 0;
        loop {
            let (span, after) = if quoted {
                cell_within(&mut self.text, at, end)
            } else {
                plain(&self.text, at, end)
            };
            if column < columns {
                self.spans[column * self.stride + record] = span;
            }
            column += 1;
            match after {
                After::Cell(next) => at = next,
                After::Record(next) => {
                    return if column != columns {
                        Err(Fault::Ragged {
                            has: column,
                            wants: columns,
                        })
                    } else if self.lone_return(record, columns, end) {
                        Err(Fault::LoneReturn)
                    } else {
                        Ok(next)
                    };
                }
            }
        }
    }

    /// Whether a carriage return stands in a cell that has no quotes around it: a broken line end that glues two rows together.
    fn lone_return(&self, record: usize, columns: usize, end: usize) -> bool {
        let first = self.spans[record].start as usize;
        let last = self.spans[(columns - 1) * self.stride + record].end as usize;
        // Cells with doubled quotes lie behind the block's own text; then each cell is looked at.
        let plain = first <= last && memchr(b'\r', &self.text[first..last]).is_none();
        !plain
            && (0..columns).any(|column| {
                let span = self.spans[column * self.stride + record];
                let start = span.start as usize;
                let bare = start < end && (start == 0 || self.text[start - 1] != b'"');
                bare && memchr(b'\r', &self.text[span.range()]).is_some()
            })
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Lines that hold nothing at all, not even a comma; they are no records.
    pub fn blank_lines(&self) -> u64 {
        self.blank_lines
    }

    /// The block's text, with what was undone of doubled quotes behind it.
    pub fn into_text(self) -> Vec<u8> {
        self.text
    }

    /// The text of one cell.
    pub fn get(&self, column: usize, record: usize) -> &[u8] {
        debug_assert!(record < self.len());
        &self.text[self.spans[column * self.stride + record].range()]
    }

    /// The row of a record as a spreadsheet counts.
    pub fn row(&self, record: usize) -> u64 {
        self.first_row + u64::from(self.rows[record])
    }
}

enum Fault {
    Ragged { has: usize, wants: usize },
    LoneReturn,
}

impl Fault {
    fn at(self, path: &Path, row: u64) -> ExtractError {
        let path = path.to_owned();
        match self {
            Self::Ragged { has, wants } => ExtractError::Row {
                path,
                row,
                fault: format!(
                    "has {has} {} where the header has {wants}",
                    if has == 1 { "cell" } else { "cells" }
                ),
                remedy: "Put quotes around values that hold a comma or a line end, or export the file again",
            },
            Self::LoneReturn => ExtractError::Row {
                path,
                row,
                fault: "a carriage return stands inside a cell without quotes".to_owned(),
                remedy: "Put quotes around the value, or export the file again",
            },
        }
    }
}

/// A cell of a block that has no quotes at all.
fn plain(text: &[u8], at: usize, end: usize) -> (Span, After) {
    match swar::first_of(b',', b'\n', &text[at..end]) {
        Some(n) if text[at + n] == b',' => (span(at, at + n), After::Cell(at + n + 1)),
        Some(n) => (
            span(at, without_return(text, at, at + n)),
            After::Record(at + n + 1),
        ),
        None => (span(at, without_return(text, at, end)), After::Record(end)),
    }
}

fn cell(text: &mut Vec<u8>, at: usize) -> (Span, After) {
    let end = text.len();
    cell_within(text, at, end)
}

/// A cell that may have quotes around it. Doubled quotes are undone in a copy behind `end`.
fn cell_within(text: &mut Vec<u8>, at: usize, end: usize) -> (Span, After) {
    if text.get(at) != Some(&b'"') || at >= end {
        return plain(text, at, end);
    }
    let start = at + 1;
    let mut copied = None;
    let mut from = start;
    let close = loop {
        // The scan that cut the block made sure that every quote is closed.
        let quote = memchr(b'"', &text[from..end]).map_or(end, |n| from + n);
        if quote + 1 < end && text[quote + 1] == b'"' {
            copied.get_or_insert(text.len());
            text.extend_from_within(from..=quote);
            from = quote + 2;
        } else {
            break quote;
        }
    };
    let value = match copied {
        None => span(start, close),
        Some(behind) => {
            text.extend_from_within(from..close);
            span(behind, text.len())
        }
    };
    let mut next = (close + 1).min(end);
    if text[next..end].starts_with(b"\r\n") || &text[next..end] == b"\r" {
        next += 1;
    }
    match text[..end].get(next) {
        Some(b',') => (value, After::Cell(next + 1)),
        _ => (value, After::Record((next + 1).min(end))),
    }
}

fn without_return(text: &[u8], start: usize, end: usize) -> usize {
    if end > start && text[end - 1] == b'\r' {
        end - 1
    } else {
        end
    }
}

fn span(start: usize, end: usize) -> Span {
    // Blocks are at most a few mebibytes over `MAX_ROW_BYTES`.
    Span {
        start: start as u32,
        end: end as u32,
    }
}
/// Where the row that begins at `at` ends: behind the first line end outside quotes. The text was found sound before.
fn line_end(text: &[u8], mut at: usize) -> usize {
    let mut quoted = false;
    loop {
        let found = if quoted {
            memchr(b'"', &text[at..])
        } else {
            memchr2(b'"', b'\n', &text[at..])
        };
        let Some(found) = found.map(|found| at + found) else {
            return text.len();
        };
        at = found + 1;
        if text[found] == b'\n' {
            return at;
        } else if !quoted {
            quoted = found == 0 || matches!(text[found - 1], b',' | b'\n');
        } else if text.get(at) == Some(&b'"') {
            at += 1;
        } else {
            quoted = false;
        }
    }
}
