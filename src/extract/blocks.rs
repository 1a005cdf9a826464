//! Cuts a stream of bytes into blocks of whole records, counting rows as a spreadsheet does.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use memchr::{memchr, memchr_iter, memrchr};

use super::cells::Cells;
use super::encoding::{self, Encoding};
use super::source::{MAX_ROW_BYTES, Source};
use super::spare::Spare;
use super::{ExtractError, HeaderRow};
use crate::masks::{BLOCK, Bytes, odd_so_far};

/// Text of a block at least; about 1,000 records of the return, so that one block and its cells stay in the processor's cache.
const BLOCK_BYTES: usize = 1 << 19;

/// What is read at once.
const READ_BYTES: usize = 1 << 16;

/// Some whole records of one source, as UTF-8.
pub struct Block {
    /// Position of the source in the configuration.
    pub source: usize,
    /// Row of the first record, as a spreadsheet counts: the header is row 1 and blank lines are rows.
    pub first_row: u64,
    /// How many line ends outside quotes the text holds; an upper bound of its records, less one.
    pub lines: usize,
    /// The records.
    pub text: Vec<u8>,
    /// Where it stands in the file, before it was decoded.
    offset: u64,
    length: usize,
    /// Where the memory comes from and goes.
    pub(super) spare: Arc<Spare>,
}

/// Where a block stands in a file that is not compressed, so that it can be read again alone.
#[derive(Debug, Clone, Copy)]
pub struct BlockPlace {
    source: usize,
    first_row: u64,
    lines: usize,
    offset: u64,
    length: usize,
}

impl BlockPlace {
    /// Row of the first record, and the row behind the last one.
    pub fn rows(self) -> std::ops::Range<u64> {
        // The text of a block ends behind its last record, so no row of it lies beyond its line ends.
        self.first_row..self.first_row + self.lines as u64 + 1
    }

    /// Position of the source in the configuration.
    pub fn source(self) -> usize {
        self.source
    }

    /// Bytes of the file.
    pub fn length(self) -> usize {
        self.length
    }

    /// Reads it again. `None` if the file does not have it any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(
        self,
        file: &mut File,
        encoding: Option<Encoding>,
        spare: &Arc<Spare>,
    ) -> std::io::Result<Option<Block>> {
        let mut text = spare.text(self.length);
        file.seek(SeekFrom::Start(self.offset))?;
        file.take(self.length as u64).read_to_end(&mut text)?;
        let whole = text.len() == self.length
            && encoding::decode(&mut text, encoding.unwrap_or(Encoding::Ascii)).is_some();
        Ok(whole.then(|| Block {
            source: self.source,
            first_row: self.first_row,
            lines: self.lines,
            text,
            offset: self.offset,
            length: self.length,
            spare: Arc::clone(spare),
        }))
    }
}

/// One source, block by block.
pub struct Blocks {
    source: usize,
    path: PathBuf,
    configured: bool,
    reader: Box<dyn Read + Send>,
    encoding: Encoding,
    /// The file begins with the mark of UTF-8, so it can be nothing else.
    marked: bool,
    header: HeaderRow,
    pub(super) scan: Scan,
    ended: bool,
    spare: Arc<Spare>,
    /// Text of a block at least.
    pub(super) block_bytes: usize,
}

impl Blocks {
    /// Reads the header. `source` is the position of the source in the configuration.
    ///
    /// # Errors
    /// When the file cannot be read, is empty, or is something other than a CSV file.
    pub fn open(
        described: &Source,
        source: usize,
        reader: Box<dyn Read + Send>,
    ) -> Result<Self, ExtractError> {
        let mut blocks = Self {
            source,
            path: described.path.clone(),
            configured: described.configured,
            reader,
            encoding: described.encoding.unwrap_or(Encoding::Ascii),
            marked: false,
            header: HeaderRow::default(),
            scan: Scan::default(),
            ended: false,
            spare: Arc::default(),
            block_bytes: BLOCK_BYTES,
        };
        while blocks.scan.text.len() < 4 && !blocks.ended {
            blocks.read_more()?;
        }
        blocks.refuse_other_formats()?;
        if blocks.scan.text.starts_with(b"\xEF\xBB\xBF") {
            if blocks.encoding == Encoding::Windows1252 {
                return Err(blocks.file_fault(
                    "begins with the mark of UTF-8, but the configuration says windows-1252",
                    "Remove `encoding:` from the source",
                ));
            }
            blocks.encoding = Encoding::Utf8;
            blocks.marked = true;
            blocks.scan.text.drain(..3);
            blocks.scan.offset = 3;
        }
        blocks.scan()?;
        blocks.read_header()?;
        Ok(blocks)
    }

    /// The names of the columns.
    pub fn header(&self) -> &HeaderRow {
        &self.header
    }

    /// What is known of the encoding so far; final once all blocks are read.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The next records, or `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read on, or its quotes, rows or characters are broken.
    #[allow(
        clippy::should_implement_trait,
        reason = "fallible, and never used as an iterator"
    )]
    pub fn next(&mut self) -> Result<Option<Block>, ExtractError> {
        self.fill(self.block_bytes)?;
        let Some(mut block) = self.scan.cut(self.source, self.ended, &self.spare) else {
            return Ok(None);
        };
        self.encoding =
            encoding::decode(&mut block.text, self.encoding).ok_or_else(|| self.not_utf8())?;
        Ok(Some(block))
    }

    /// Reads until `wanted` bytes of whole records are there, or the end.
    fn fill(&mut self, wanted: usize) -> Result<(), ExtractError> {
        while !self.ended && self.scan.whole < wanted {
            if self.scan.text.len() - self.scan.whole > MAX_ROW_BYTES {
                return Err(self.row_fault(
                    self.scan.quoted_since.unwrap_or(self.scan.row),
                    format!("longer than {} MiB", MAX_ROW_BYTES >> 20),
                    "Look for a quote that is never closed, or check that this is a CSV file",
                ));
            }
            self.read_more()?;
            self.scan()?;
        }
        Ok(())
    }

    fn read_more(&mut self) -> Result<(), ExtractError> {
        let had = self.scan.text.len();
        self.scan.text.resize(had + READ_BYTES, 0);
        let n = loop {
            match self.reader.read(&mut self.scan.text[had..]) {
                Ok(n) => break n,
                Err(e) => match e.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                        return Err(self.file_fault(
                            "is not a sound gzip file",
                            "Make the file again, or unpack it first",
                        ));
                    }
                    ErrorKind::UnexpectedEof => {
                        return Err(self.file_fault(
                            "is cut short: the gzip data end too early",
                            "Copy or make the file again",
                        ));
                    }
                    _ => {
                        return Err(ExtractError::Unreadable {
                            path: self.path.clone(),
                            source: e,
                            configured: self.configured,
                        });
                    }
                },
            }
        };
        self.scan.text.truncate(had + n);
        self.ended = n == 0;
        Ok(())
    }

    fn scan(&mut self) -> Result<(), ExtractError> {
        self.scan
            .advance(self.ended)
            .map_err(|f| self.row_fault(f.row, f.fault.to_owned(), f.remedy))
    }

    fn read_header(&mut self) -> Result<(), ExtractError> {
        self.fill(1)?;
        let mut line = self.scan.cut_header(self.ended);
        if line.iter().all(u8::is_ascii_whitespace) {
            return Err(self.file_fault(
                "has no column names in its first row",
                "A source begins with a row of column names",
            ));
        }
        self.encoding =
            encoding::decode(&mut line, self.encoding).ok_or_else(|| self.not_utf8())?;
        let names = line.strip_suffix(b"\n").unwrap_or(&line);
        if memchr(b'\r', names.strip_suffix(b"\r").unwrap_or(names)).is_some() {
            return Err(self.file_fault(
                "has line ends of a lone carriage return",
                "Save it as CSV with Windows or Unix line ends",
            ));
        }
        self.header = HeaderRow::parse(line);
        Ok(())
    }

    fn refuse_other_formats(&self) -> Result<(), ExtractError> {
        let text = &self.scan.text;
        let (fault, remedy) = if text.is_empty() {
            ("is empty", "A source begins with a row of column names")
        } else if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
            ("is UTF-16 (\"Unicode text\")", "Save it as \"CSV\" instead")
        } else if text.starts_with(b"PK\x03\x04") {
            (
                "is an Excel workbook or zip archive, not CSV",
                "Save the sheet as \"CSV\"",
            )
        } else if text.starts_with(b"\x1F\x8B") {
            ("is a gzip file", "Give it a name that ends in .csv.gz")
        } else {
            return Ok(());
        };
        Err(self.file_fault(fault, remedy))
    }

    fn not_utf8(&self) -> ExtractError {
        if self.marked {
            self.file_fault(
                "begins with the mark of UTF-8, but is not UTF-8 throughout",
                "Save it as \"CSV\", which is Windows-1252",
            )
        } else {
            ExtractError::NotUtf8 {
                path: self.path.clone(),
            }
        }
    }

    fn file_fault(&self, fault: &str, remedy: &'static str) -> ExtractError {
        ExtractError::File {
            path: self.path.clone(),
            fault: fault.to_owned(),
            remedy,
        }
    }

    fn row_fault(&self, row: u64, fault: String, remedy: &'static str) -> ExtractError {
        ExtractError::Row {
            path: self.path.clone(),
            row,
            fault,
            remedy,
        }
    }
}

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
struct Malformed {
    row: u64,
    fault: &'static str,
    remedy: &'static str,
}

/// Finds record ends: sixty-four bytes at a time where quotes stand as they mostly do, from quote to quote where not.
pub(super) struct Scan {
    text: Vec<u8>,
    /// Bytes of `text` looked at.
    seen: usize,
    /// Bytes of `text` up to the last record end.
    whole: usize,
    /// Line ends outside quotes in `text[..whole]`.
    lines: usize,
    /// Row that begins at `text[whole..]`.
    row: u64,
    /// Row that begins at `text[0]`.
    first_row: u64,
    /// Where `text[0]` stands in the file.
    offset: u64,
    /// Row in which the open quote was opened.
    quoted_since: Option<u64>,
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
    /// Looks at the bytes not seen yet.
    fn advance(&mut self, ended: bool) -> Result<(), Malformed> {
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

    /// Takes the whole records.
    fn cut(&mut self, source: usize, ended: bool, spare: &Arc<Spare>) -> Option<Block> {
        let end = if ended { self.text.len() } else { self.whole };
        if end == 0 {
            return None;
        }
        let mut rest = spare.text(BLOCK_BYTES + 3 * READ_BYTES);
        rest.extend_from_slice(&self.text[end..]);
        let mut text = std::mem::replace(&mut self.text, rest);
        text.truncate(end);
        let block = Block {
            source,
            first_row: self.first_row,
            lines: self.lines,
            text,
            offset: self.offset,
            length: end,
            spare: Arc::clone(spare),
        };
        self.offset += end as u64;
        self.seen -= end;
        self.whole = 0;
        self.lines = 0;
        self.first_row = self.row;
        Some(block)
    }

    /// Takes the first record alone.
    fn cut_header(&mut self, ended: bool) -> Vec<u8> {
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
        self.first_row = 2;
        line
    }
}

impl Block {
    /// A block of the first source that was not cut from one, with as many records at most as it has `lines`.
    pub fn alone(first_row: u64, lines: usize, text: Vec<u8>) -> Self {
        Self {
            source: 0,
            first_row,
            lines,
            offset: 0,
            length: text.len(),
            text,
            spare: Arc::default(),
        }
    }

    /// Where it stands in its file.
    pub fn place(&self) -> BlockPlace {
        BlockPlace {
            source: self.source,
            first_row: self.first_row,
            lines: self.lines,
            offset: self.offset,
            length: self.length,
        }
    }

    /// Splits the block into cells.
    ///
    /// # Errors
    /// When a record has more or fewer cells than the header, or a carriage return stands alone in a cell.
    pub fn into_cells(self, columns: usize, path: &std::path::Path) -> Result<Cells, ExtractError> {
        Cells::parse(self, columns, path)
    }

    /// The cells of some rows alone, given in ascending order; rows that the block does not have are passed over.
    ///
    /// # Errors
    /// As for [`Block::into_cells`], of these rows.
    pub fn into_cells_of(
        self,
        rows: impl Iterator<Item = u64>,
        columns: usize,
        path: &std::path::Path,
    ) -> Result<Cells, ExtractError> {
        Cells::of_rows(self, rows, columns, path)
    }
}
