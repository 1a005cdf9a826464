//! Splits a block into columns of cells without copying: a cell is a place in the block's text.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::ExtractError;
use super::again::BlockPlace;
use super::blocks::Block;
use super::spare::Spare;
use super::split::{Span, Splitter, Wanted};

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
    /// Where the block stands in its file.
    place: Option<BlockPlace>,
    /// Where the memory goes afterwards.
    spare: Arc<Spare>,
}

/// The text of a cell. Blocks are UTF-8, so that nothing is replaced in what comes of one.
#[inline]
pub fn text_of(cell: &[u8]) -> Cow<'_, str> {
    // Eight bytes at a time, where the lossy way asks about each.
    match std::str::from_utf8(cell) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(cell),
    }
}

/// Bytes looked at together for a key.
const WORD: usize = 8;

/// Length, first and last bytes of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key {
    first: u64,
    last: u64,
    length: u32,
}

impl Key {
    /// As many bytes as a key holds; texts that are no longer are equal if their keys are.
    pub const HOLDS: usize = 2 * WORD;

    /// Of the empty text.
    pub const EMPTY: Self = Self {
        first: 0,
        last: 0,
        length: 0,
    };

    /// A number for it below two to the power of `bits`.
    #[inline]
    pub fn slot(self, bits: u32) -> usize {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = self.first ^ self.last.rotate_left(29) ^ u64::from(self.length) << 40;
        let high = (mixed ^ mixed >> 32).wrapping_mul(SPREAD) >> (u64::BITS - bits);
        high as usize
    }

    /// Of a text that stands alone.
    pub fn of(text: &[u8]) -> Self {
        let word = |bytes: &[u8]| {
            let mut word = [0; WORD];
            let n = bytes.len().min(WORD);
            word[..n].copy_from_slice(&bytes[..n]);
            u64::from_le_bytes(word)
        };
        let last = text.last_chunk::<WORD>().filter(|_| text.len() > WORD);
        Self {
            first: word(text),
            last: last.map_or(0, |last| word(last)),
            length: text.len() as u32,
        }
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cells({} records, withheld)", self.len())
    }
}

impl Cells {
    fn none(block: Block, columns: usize, records: usize) -> Self {
        let (mut spans, mut rows) = block.spare.places();
        // What stands in the places from an earlier block is written over before it is read.
        let needed = records * columns;
        if spans.len() < needed {
            spans.resize(needed, Span::default());
        }
        rows.clear();
        Self {
            spans,
            rows,
            first_row: block.first_row,
            stride: records,
            source: block.source,
            blank_lines: 0,
            place: block.in_place.then(|| block.place()),
            text: block.text,
            spare: block.spare,
        }
    }

    pub(super) fn parse(block: Block, columns: usize, path: &Path) -> Result<Self, ExtractError> {
        // A record has a byte at least for each cell, its separator; lines without any are no records and need no room.
        let records = (block.lines + 1).min(block.text.len() / columns.max(1) + 2);
        let mut cells = Self::none(block, columns, records);
        cells.split(columns, path, |_| Wanted::Yes)?;
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
        let mut cells = Self::none(block, columns, wanted.len());
        let mut wanted = wanted.into_iter().peekable();
        cells.split(columns, path, |row| {
            if wanted.next_if_eq(&row).is_some() {
                Wanted::Yes
            } else if wanted.peek().is_some() {
                Wanted::No
            } else {
                Wanted::NoneFrom
            }
        })?;
        Ok(cells)
    }

    /// Finds the cells of the rows that are wanted. Each row is asked for once, in order, counted from 0.
    fn split(
        &mut self,
        columns: usize,
        path: &Path,
        wanted: impl FnMut(u32) -> Wanted,
    ) -> Result<(), ExtractError> {
        let mut splitter = Splitter {
            text: &self.text,
            spans: &mut self.spans[..self.stride * columns],
            rows: &mut self.rows,
            stride: self.stride,
            columns,
            blank_lines: 0,
            undone: Vec::new(),
            wanted,
            row: 0,
            starts: Vec::new(),
        };
        let outcome = splitter.all();
        let row = self.first_row + u64::from(splitter.row);
        self.blank_lines = splitter.blank_lines;
        let undone = splitter.undone;
        if let Some(place) = &mut self.place {
            place.rows_begin_at(splitter.starts, self.text.len());
        }
        self.text.extend_from_slice(&undone);
        self.text.extend_from_slice(&[0; WORD]);
        outcome.map_err(|fault| fault.at(path, row))
    }

    /// Where the block stands in its file, if its rows can be read there again.
    pub fn take_place(&mut self) -> Option<BlockPlace> {
        self.place.take()
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

    /// The texts of one column, record by record.
    pub fn column(&self, column: usize) -> impl ExactSizeIterator<Item = &[u8]> {
        let from = column * self.stride;
        let spans = &self.spans[from..from + self.len()];
        spans.iter().map(|span| &self.text[span.range()])
    }

    /// The text of one cell.
    pub fn get(&self, column: usize, record: usize) -> &[u8] {
        debug_assert!(record < self.len());
        &self.text[self.spans[column * self.stride + record].range()]
    }

    /// The same with their keys, of which two are equal only where the texts are as long and begin and end alike. `None`
    /// for an empty cell.
    pub fn keyed_column(
        &self,
        column: usize,
    ) -> impl ExactSizeIterator<Item = Option<(&[u8], Key)>> {
        let from = column * self.stride;
        let spans = &self.spans[from..from + self.len()];
        spans.iter().map(|span| {
            let is_empty = span.start == span.end;
            (!is_empty).then(|| (&self.text[span.range()], self.key(*span)))
        })
    }

    /// Of a cell that is not empty.
    #[inline(always)]
    fn key(&self, span: Span) -> Key {
        // Eight bytes follow the text, and eight before the end of a short cell are there and not looked at.
        let word = |at: usize| {
            let word = self.text.get(at..at + WORD).and_then(<[u8]>::first_chunk);
            word.map_or(0, |word| u64::from_le_bytes(*word))
        };
        let length = span.end - span.start;
        let short = length.clamp(1, WORD as u32);
        let first = word(span.start as usize) & u64::MAX >> (8 * (WORD as u32 - short));
        let last = word((span.end as usize).saturating_sub(WORD));
        Key {
            first,
            last: if length > WORD as u32 { last } else { 0 },
            length,
        }
    }

    /// The row of a record as a spreadsheet counts.
    pub fn row(&self, record: usize) -> u64 {
        self.first_row + u64::from(self.rows[record])
    }
}

impl Drop for Cells {
    fn drop(&mut self) {
        self.spare.keep_text(std::mem::take(&mut self.text));
        let (spans, rows) = (&mut self.spans, &mut self.rows);
        self.spare
            .keep_places(std::mem::take(spans), std::mem::take(rows));
    }
}
