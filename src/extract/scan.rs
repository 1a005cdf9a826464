//! Finds where records end in a stream of bytes.

use memchr::{memchr, memchr_iter, memrchr};

use crate::masks::{BLOCK, Bytes, odd_so_far};

/// What a block of bytes came to.
struct Ends {
    /// Line ends outside quotes.
    lines: u64,
    /// Whether a quote is open behind it.
    open: bool,
    /// How many of its bytes are done with.
    bytes: usize,
}

/// Where a scan stopped being well formed.
pub(super) struct Malformed {
    pub row: u64,
    pub fault: &'static str,
    pub remedy: &'static str,
}

/// Whole records that were cut off.
pub(super) struct Cut {
    /// Row of the first.
    pub first_row: u64,
    /// Line ends outside quotes.
    pub lines: usize,
    /// The records, as they stand in the file.
    pub text: Vec<u8>,
    /// Where they stand in the file.
    pub offset: u64,
}

/// Finds record ends: sixty-four bytes at a time where quotes stand as they mostly do, from quote to quote where not.
pub(super) struct Scan {
    pub text: Vec<u8>,
    /// Bytes of `text` looked at.
    seen: usize,
    /// Bytes of `text` up to the last record end.
    pub whole: usize,
    /// Line ends outside quotes in `text[..whole]`.
    lines: usize,
    /// Row that begins at `text[whole..]`.
    pub row: u64,
    /// Row that begins at `text[0]`.
    first_row: u64,
    /// Where `text[0]` stands in the file.
    pub offset: u64,
    /// Row in which the open quote was opened.
    pub quoted_since: Option<u64>,
    /// Where the first row ends.
    header_end: Option<usize>,
    /// Whether bytes are looked at sixty-four at a time; tests compare both ways.
    pub(super) by_blocks: bool,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            text: Vec::new(),
            seen: 0,
            whole: 0,
            lines: 0,
            row: 1,
            first_row: 1,
            offset: 0,
            quoted_since: None,
            header_end: None,
            by_blocks: true,
        }
    }
}

impl Scan {
    /// One of text of which the first row is not the first of its file.
    pub fn beginning_at(row: u64) -> Self {
        Self {
            row,
            first_row: row,
            ..Self::default()
        }
    }

    /// Looks at the bytes not seen yet.
    pub fn advance(&mut self, ended: bool) -> Result<(), Malformed> {
        while self.by_blocks
            && let Some(block) = self.text[self.seen..].first_chunk::<BLOCK>()
        {
            match self.of_block(&Bytes::of(block)) {
                Some(ends) => self.take_over(ends),
                None if memchr(0, block).is_some() => break,
                None => self.advance_to(self.seen + BLOCK, false)?,
            }
        }
        let from = self.seen.min(self.text.len());
        match memchr(0, &self.text[from..]) {
            None => self.advance_to(self.text.len(), ended),
            Some(at) => {
                // Faults before the NUL come first; then the row is known.
                self.advance_to(from + at, false)?;
                Err(Malformed {
                    row: self.row,
                    fault: "holds a NUL byte",
                    remedy: "The file is damaged or not text: export it again",
                })
            }
        }
    }

    /// Which bytes of the block at `seen` are line ends, and what is between quotes behind it; `None` where it takes a
    /// closer look.
    #[inline(always)]
    fn of_block(&self, bytes: &Bytes) -> Option<Ends> {
        const LAST: u32 = BLOCK as u32 - 1;
        let open = self.quoted_since.is_some();
        let (quotes, lines) = (bytes.equal(b'"'), bytes.equal(b'\n'));
        if bytes.at_most(0) != 0 {
            return None;
        }
        if quotes == 0 {
            let lines = if open { 0 } else { lines };
            return Some(Ends {
                lines,
                open,
                bytes: BLOCK,
            });
        }
        let odd = odd_so_far(quotes);
        let inside = if open { !odd } else { odd };
        let lines = lines & !inside;
        let separators = (bytes.equal(b',') & !inside) | lines;
        let (opening, closing) = (quotes & inside, quotes & !inside);
        let behind = closing << 1;
        let starts = self.seen == 0 || matches!(self.text[self.seen - 1], b',' | b'\n');
        let may_open = separators << 1 | behind | u64::from(starts);
        let returns = bytes.equal(b'\r') & lines >> 1;
        let sound = opening & !may_open | behind & !(separators | quotes | returns) == 0;
        // Whether a quote at the end closes is told by what comes behind.
        let pending = closing >> LAST != 0;
        sound.then_some(Ends {
            lines,
            open: pending || inside >> LAST != 0,
            bytes: if pending { BLOCK - 1 } else { BLOCK },
        })
    }

    fn take_over(&mut self, ends: Ends) {
        let Ends { lines, open, bytes } = ends;
        if lines != 0 {
            let count = lines.count_ones();
            self.lines += count as usize;
            self.row += u64::from(count);
            self.whole = self.seen + BLOCK - lines.leading_zeros() as usize;
            if self.header_end.is_none() {
                self.header_end = Some(self.seen + lines.trailing_zeros() as usize + 1);
            }
        }
        // No row ends between quotes, so an open one was opened in this row.
        self.quoted_since = open.then_some(self.row);
        self.seen += bytes;
    }

    fn advance_to(&mut self, end: usize, ended: bool) -> Result<(), Malformed> {
        while self.seen < end {
            let quote = memchr(b'"', &self.text[self.seen..end]).map_or(end, |at| self.seen + at);
            if self.quoted_since.is_none() {
                let stretch = &self.text[self.seen..quote];
                if let Some(last) = memrchr(b'\n', stretch) {
                    let lines = memchr_iter(b'\n', stretch).count();
                    self.lines += lines;
                    self.row += lines as u64;
                    self.whole = self.seen + last + 1;
                    if self.header_end.is_none() {
                        self.header_end = memchr(b'\n', stretch).map(|at| self.seen + at + 1);
                    }
                }
                if quote < end && (quote == 0 || matches!(self.text[quote - 1], b',' | b'\n')) {
                    self.quoted_since = Some(self.row);
                }
                // A quote inside a cell that has none around it, as in 5" pipe, stands for itself.
                self.seen = (quote + 1).min(end);
            } else if quote == end {
                self.seen = end;
            } else if quote + 1 == end && !ended {
                self.seen = quote;
                return Ok(());
            } else {
                match self.text[..end].get(quote + 1) {
                    Some(b'"') => self.seen = quote + 2,
                    Some(b'\r') if quote + 2 == end && !ended => {
                        self.seen = quote;
                        return Ok(());
                    }
                    Some(b'\r')
                        if !matches!(self.text[..end].get(quote + 2), Some(b'\n') | None) =>
                    {
                        return Err(Malformed {
                            row: self.row,
                            fault: "a lone carriage return follows a closing quote",
                            remedy: "Save it as CSV with Windows or Unix line ends",
                        });
                    }
                    Some(b',' | b'\n' | b'\r') | None => {
                        self.quoted_since = None;
                        self.seen = quote + 1;
                    }
                    Some(b';' | b'\t') if self.row == 1 => {
                        return Err(Malformed {
                            row: self.row,
                            fault: "cells are separated by semicolons or tabs",
                            remedy: "Save the file with commas between the cells",
                        });
                    }
                    Some(_) => {
                        return Err(Malformed {
                            row: self.row,
                            fault: "text follows a closing quote",
                            remedy: "Double every quote inside a quoted cell, or export the file again",
                        });
                    }
                }
            }
        }
        match self.quoted_since {
            Some(row) if ended => Err(Malformed {
                row,
                fault: "a quote is opened and never closed",
                remedy: "Close the quote, or double it if it belongs to the value",
            }),
            _ => Ok(()),
        }
    }

    /// Takes the whole records; `room` is the memory for what comes behind them.
    pub fn cut(&mut self, ended: bool, mut room: Vec<u8>) -> Option<Cut> {
        let end = if ended { self.text.len() } else { self.whole };
        if end == 0 {
            return None;
        }
        room.extend_from_slice(&self.text[end..]);
        let mut text = std::mem::replace(&mut self.text, room);
        text.truncate(end);
        let cut = Cut {
            first_row: self.first_row,
            lines: self.lines,
            text,
            offset: self.offset,
        };
        self.offset += end as u64;
        self.seen -= end;
        self.whole = 0;
        self.lines = 0;
        self.first_row = self.row;
        Some(cut)
    }

    /// Takes the first record alone.
    pub fn cut_header(&mut self, ended: bool) -> Vec<u8> {
        let end = self
            .header_end
            .unwrap_or(if ended { self.text.len() } else { 0 });
        let rest = self.text.split_off(end);
        let line = std::mem::replace(&mut self.text, rest);
        if self.header_end.is_some() {
            self.lines -= 1;
            self.whole -= end;
        }
        self.seen = self.seen.saturating_sub(end);
        self.offset += end as u64;
        self.first_row += 1;
        line
    }
}
