//! Splits text of whole records into cells: which bytes stand between quotes, where cells and rows end.

use std::path::Path;

use memchr::memchr;

use super::ExtractError;
use crate::masks::{BLOCK, Bytes, odd_so_far};

/// A place in the block's text.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The bytes of the text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// From here to there.
pub(super) fn span(start: usize, end: usize) -> Span {
    // Blocks are at most a few mebibytes over `MAX_ROW_BYTES`.
    Span {
        start: start as u32,
        end: end as u32,
    }
}

/// What is wrong with a row.
pub(super) enum Fault {
    Ragged { has: usize, wants: usize },
    LoneReturn,
}

impl Fault {
    pub fn at(self, path: &Path, row: u64) -> ExtractError {
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
pub(super) enum Wanted {
    Yes,
    No,
    /// Nor those of any row behind it.
    NoneFrom,
}

/// Goes through a block whose quotes were found sound when it was cut. Other text is split somehow.
pub(super) struct Splitter<'a, W> {
    pub text: &'a [u8],
    pub spans: &'a mut [Span],
    pub rows: &'a mut Vec<u32>,
    /// As of [`Cells`].
    pub stride: usize,
    /// How many the header has.
    pub columns: usize,
    pub blank_lines: u64,
    /// Values with doubled quotes, undone; they will stand behind the text.
    pub undone: Vec<u8>,
    pub wanted: W,
    /// Rows that have ended.
    pub row: u32,
    /// Where the first row begins, and every [`STEP`]th behind it.
    pub starts: Vec<u32>,
}

/// Rows between two of which it is known where they begin.
pub(super) const STEP: u32 = 16;

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
    /// Finds the cells of all rows that are wanted.
    pub fn all(&mut self) -> Result<(), Fault> {
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
        if self.row.is_multiple_of(STEP) {
            self.starts.push(start as u32);
        }
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
