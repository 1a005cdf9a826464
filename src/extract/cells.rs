//! Splits a block into columns of cells without copying: a cell is a place in the block's text.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use memchr::{memchr, memchr2};

use super::ExtractError;
use super::blocks::Block;
use super::spare::Spare;
use crate::masks::{BLOCK, Bytes, odd_so_far};

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
                After::Record => return Self { names },
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
    /// Where the memory goes afterwards.
    spare: Arc<Spare>,
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

/// A place in the block's text.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
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
    Record,
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
            text: block.text,
            spare: block.spare,
        }
    }

    pub(super) fn parse(block: Block, columns: usize, path: &Path) -> Result<Self, ExtractError> {
        let records = block.lines + 1;
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
        };
        let outcome = splitter.all();
        let row = self.first_row + u64::from(splitter.row);
        self.blank_lines = splitter.blank_lines;
        let undone = splitter.undone;
        self.text.extend_from_slice(&undone);
        self.text.extend_from_slice(&[0; WORD]);
        outcome.map_err(|fault| fault.at(path, row))
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

    /// The block's text, with what was undone of doubled quotes and some bytes more behind it.
    pub fn into_text(mut self) -> Vec<u8> {
        std::mem::take(&mut self.text)
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

    /// The same with their keys, of which two are equal only where the texts are as long and begin and end alike.
    pub fn keyed_column(&self, column: usize) -> impl ExactSizeIterator<Item = (&[u8], Key)> {
        let from = column * self.stride;
        let spans = &self.spans[from..from + self.len()];
        spans
            .iter()
            .map(|span| (&self.text[span.range()], self.key(*span)))
    }

    #[inline(always)]
    fn key(&self, span: Span) -> Key {
        // Eight bytes follow the text, and eight before the end of a short cell are there and not looked at.
        let word = |at: usize| {
            let word = self.text.get(at..at + WORD).and_then(<[u8]>::first_chunk);
            word.map_or(0, |word| u64::from_le_bytes(*word))
        };
        let length = span.end - span.start;
        let short = length.min(WORD as u32);
        let first = match short {
            0 => 0,
            n => word(span.start as usize) & u64::MAX >> (8 * (WORD as u32 - n)),
        };
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

/// Whether the cells of a row are to be kept.
enum Wanted {
    Yes,
    No,
    /// Nor those of any row behind it.
    NoneFrom,
}

/// Goes through a block whose quotes were found sound when it was cut. Other text is split somehow.
struct Splitter<'a, W> {
    text: &'a [u8],
    spans: &'a mut [Span],
    rows: &'a mut Vec<u32>,
    /// As of [`Cells`].
    stride: usize,
    /// How many the header has.
    columns: usize,
    blank_lines: u64,
    /// Values with doubled quotes, undone; they will stand behind the text.
    undone: Vec<u8>,
    wanted: W,
    /// Rows that have ended.
    row: u32,
}

/// The row that is being looked at.
#[derive(Clone, Copy)]
struct Row {
    /// Where its cell begins.
    start: usize,
    /// Where the place of its first cell is kept; [`NOWHERE`] in a row that is not wanted.
    first: usize,
    /// Where the place of this one is.
    place: usize,
}

/// Beyond all places, with room for those of a row behind it.
const NOWHERE: usize = usize::MAX / 2;

impl<W: FnMut(u32) -> Wanted> Splitter<'_, W> {
    fn all(&mut self) -> Result<(), Fault> {
        let text = self.text;
        let mut quotes = Quotes::default();
        // A carriage return that no line end follows stands in the row, in blocks before.
        let mut lone_before = false;
        let Some(mut row) = self.begin_row(0) else {
            return Ok(());
        };
        let mut base = 0;
        while base < text.len() {
            let mut padded = [0; BLOCK];
            let block = text[base..].first_chunk::<BLOCK>().unwrap_or_else(|| {
                let rest = &text[base..];
                padded[..rest.len()].copy_from_slice(rest);
                &padded
            });
            let bytes = Bytes::of(block);
            let (commas, lines) = (bytes.equal(b','), bytes.equal(b'\n'));
            let inside = quotes.inside(block, bytes.equal(b'"'), commas | lines);
            let lines = lines & !inside;
            let lone = match bytes.equal(b'\r') & !inside {
                0 => 0,
                returns => returns & !self.before_line_end(base, lines),
            };
            let mut ends = (commas & !inside) | lines;
            while ends != 0 {
                if row.first == NOWHERE {
                    // Of a row that is not wanted the end is all that is looked for.
                    let line = ends & lines;
                    let before = (line & line.wrapping_neg()).wrapping_sub(1);
                    ends &= !before;
                    if ends == 0 {
                        break;
                    }
                }
                let end = base + ends.trailing_zeros() as usize;
                let bit = ends & ends.wrapping_neg();
                ends ^= bit;
                if lines & bit == 0 {
                    self.cell(&mut row, end);
                    continue;
                }
                let has_lone = lone_before || lone & (bit - 1) != 0;
                self.end_row(row, end, has_lone)?;
                lone_before = false;
                match self.begin_row(end + 1) {
                    Some(next) => row = next,
                    None => return Ok(()),
                }
            }
            // What stands before the last line end of the block was told of there.
            let since = 63 - (lines | 1).leading_zeros();
            lone_before |= lone >> since != 0;
            base += BLOCK;
        }
        if row.start < text.len() || row.place != row.first {
            self.end_row(row, text.len(), lone_before)?;
        }
        Ok(())
    }

    /// Bytes of the block at `base` that a line end follows, or the end of the text.
    #[cold]
    fn before_line_end(&self, base: usize, lines: u64) -> u64 {
        let next = matches!(self.text.get(base + BLOCK), Some(b'\n') | None);
        let last = self.text.len() - base - 1;
        let at_end = if last < BLOCK { 1 << last } else { 0 };
        lines >> 1 | u64::from(next) << (BLOCK - 1) | at_end
    }

    /// The row that begins at `start`; `None` if neither it nor any behind it is wanted.
    #[inline(always)]
    fn begin_row(&mut self, start: usize) -> Option<Row> {
        let first = match (self.wanted)(self.row) {
            Wanted::Yes => self.rows.len(),
            Wanted::No => NOWHERE,
            Wanted::NoneFrom => return None,
        };
        Some(Row {
            start,
            first,
            place: first,
        })
    }

    /// Keeps the place of the cell that ends at `end`, and goes on to the next.
    #[inline(always)]
    fn cell(&mut self, row: &mut Row, end: usize) {
        // Beyond the last column, places are nowhere as well.
        if let Some(place) = self.spans.get_mut(row.place) {
            *place = span(row.start, end);
            if self.text.get(row.start) == Some(&b'"') {
                *place = within_quotes(self.text, row.start + 1, end, &mut self.undone);
            }
        }
        row.place += self.stride;
        row.start = end + 1;
    }

    #[inline(always)]
    fn end_row(&mut self, mut row: Row, end: usize, has_lone: bool) -> Result<(), Fault> {
        let returned = end > row.start && self.text[end - 1] == b'\r';
        let value_end = end - usize::from(returned);
        if row.place == row.first && value_end == row.start {
            self.blank_lines += 1;
        } else if row.first != NOWHERE {
            self.cell(&mut row, value_end);
            let has = (row.place - row.first) / self.stride;
            if has != self.columns {
                return Err(Fault::Ragged {
                    has,
                    wants: self.columns,
                });
            }
            if has_lone {
                return Err(Fault::LoneReturn);
            }
            self.rows.push(self.row);
        }
        self.row += 1;
        Ok(())
    }
}

/// The value of a cell whose opening quote stands before `start`, up to `end`. Doubled quotes are undone in a copy.
fn within_quotes(text: &[u8], start: usize, end: usize, undone: &mut Vec<u8>) -> Span {
    let value = &text[start..end];
    match value {
        [plain @ .., b'"'] if memchr(b'"', plain).is_none() => span(start, end - 1),
        _ => {
            let behind = text.len() + undone.len();
            undouble(value, undone);
            span(behind, text.len() + undone.len())
        }
    }
}

/// Copies what stands behind an opening quote up to the closing one, with doubled quotes made single.
fn undouble(mut rest: &[u8], value: &mut Vec<u8>) {
    while let Some(quote) = memchr(b'"', rest) {
        if rest.get(quote + 1) != Some(&b'"') {
            rest = &rest[..quote];
            break;
        }
        value.extend_from_slice(&rest[..=quote]);
        rest = &rest[quote + 2..];
    }
    value.extend_from_slice(rest);
}

/// Which bytes stand between quotes, block by block. A quote opens only at the start of a cell, and is doubled within; any
/// other stands for itself.
struct Quotes {
    is_inside: bool,
    /// The last byte was a quote that closes the cell, unless another follows.
    closed: bool,
    /// The next byte is the first of a cell.
    starts: bool,
}

impl Default for Quotes {
    fn default() -> Self {
        Self {
            is_inside: false,
            closed: false,
            starts: true,
        }
    }
}

impl Quotes {
    /// Bytes of the next block that stand between quotes; opening quotes do, closing ones do not.
    #[inline(always)]
    fn inside(&mut self, block: &[u8; BLOCK], quotes: u64, separators: u64) -> u64 {
        const LAST: u32 = BLOCK as u32 - 1;
        if quotes == 0 {
            let inside = if self.is_inside { u64::MAX } else { 0 };
            self.closed = false;
            self.starts = (separators & !inside) >> LAST != 0;
            return inside;
        }
        let odd = odd_so_far(quotes);
        let inside = if self.is_inside { !odd } else { odd };
        let separators = separators & !inside;
        let (opening, closing) = (quotes & inside, quotes & !inside);
        let may_open = (separators | closing) << 1 | u64::from(self.starts | self.closed);
        if opening & !may_open != 0 {
            return self.byte_by_byte(block);
        }
        self.is_inside = inside >> LAST != 0;
        self.closed = closing >> LAST != 0;
        self.starts = separators >> LAST != 0;
        inside
    }

    #[cold]
    fn byte_by_byte(&mut self, block: &[u8; BLOCK]) -> u64 {
        let mut inside = 0;
        for (at, byte) in block.iter().enumerate() {
            let opens = *byte == b'"' && !self.is_inside && (self.starts || self.closed);
            self.closed = *byte == b'"' && self.is_inside;
            self.is_inside = opens || self.is_inside && !self.closed;
            self.starts = !self.is_inside && matches!(byte, b',' | b'\n');
            inside |= u64::from(self.is_inside) << at;
        }
        inside
    }
}

/// The value of the header's cell that begins at `at`. Doubled quotes are undone in a copy behind `end`.
fn cell(text: &mut Vec<u8>, at: usize) -> (Span, After) {
    let end = text.len();
    if text.get(at) != Some(&b'"') {
        let stop = memchr2(b',', b'\n', &text[at..]).map_or(end, |n| at + n);
        return match text.get(stop) {
            Some(b',') => (span(at, stop), After::Cell(stop + 1)),
            _ => (span(at, stop), After::Record),
        };
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
    let next = (close + 1).min(end);
    match text[..end].get(next) {
        Some(b',') => (value, After::Cell(next + 1)),
        _ => (value, After::Record),
    }
}

fn span(start: usize, end: usize) -> Span {
    // Blocks are at most a few mebibytes over `MAX_ROW_BYTES`.
    Span {
        start: start as u32,
        end: end as u32,
    }
}
