//! Cuts a stream of bytes into blocks of whole records, counting rows as a spreadsheet does.

use std::io::{ErrorKind, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use memchr::memchr;

use super::cells::Cells;
use super::encoding::{self, Encoding};
use super::scan::Scan;
use super::source::{MAX_ROW_BYTES, Source, Text};
use super::spare::Spare;
use super::tables::Made;
use super::{ExtractError, HeaderRow, Kind};
use crate::tokens::without_nhs_numbers;

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
    pub(super) offset: u64,
    pub(super) length: usize,
    /// Whether it stands there as it is.
    pub(super) in_place: bool,
    /// Where the memory comes from and goes.
    pub(super) spare: Arc<Spare>,
}

/// One source, block by block.
pub struct Blocks {
    source: usize,
    described: Source,
    path: PathBuf,
    reader: Box<dyn Read + Send>,
    encoding: Encoding,
    /// The file begins with the mark of UTF-8, so it can be nothing else.
    marked: bool,
    /// The first row that looks like UTF-8, though it is read as Windows-1252.
    mixed: Option<u64>,
    /// The text was made UTF-8 before.
    decoded: bool,
    in_place: bool,
    header: HeaderRow,
    made: Option<Arc<Mutex<Made>>>,
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
    pub fn open(described: &Source, source: usize, text: Text) -> Result<Self, ExtractError> {
        let encoding = text.decoded.or(described.encoding);
        let mut blocks = Self {
            source,
            described: described.clone(),
            path: described.path.clone(),
            reader: text.reader,
            encoding: encoding.unwrap_or(Encoding::Ascii),
            marked: false,
            mixed: None,
            decoded: text.decoded.is_some(),
            in_place: text.in_place,
            header: HeaderRow::default(),
            made: text.made,
            scan: Scan::beginning_at(text.first_row),
            ended: false,
            spare: Arc::default(),
            block_bytes: BLOCK_BYTES,
        };
        while blocks.scan.text.len() < 4 && !blocks.ended {
            blocks.read_more()?;
        }
        if described.format.kind == Kind::Csv && described.recipe.is_none() {
            blocks.refuse_other_formats()?;
        }
        if !blocks.decoded && blocks.scan.text.starts_with(b"\xEF\xBB\xBF") {
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
        blocks.header.first_column = text.first_column;
        // A sheet may be called after a person, and its name goes wherever findings go.
        blocks.header.sheet = text
            .sheet
            .map(|name| without_nhs_numbers(&name).into_owned());
        blocks.header.own_columns = text.own_columns;
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

    /// The first row that looks like UTF-8 in a source that is read as Windows-1252; known once all blocks are read.
    pub fn mixed(&self) -> Option<u64> {
        self.mixed
    }

    /// What became of a source with a recipe; known once all blocks are read.
    pub fn made(&self) -> Option<Made> {
        let made = self.made.as_ref()?;
        Some(made.lock().unwrap_or_else(PoisonError::into_inner).clone())
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
        let room = self.spare.text(BLOCK_BYTES + 3 * READ_BYTES);
        let Some(cut) = self.scan.cut(self.ended, room) else {
            return Ok(None);
        };
        let mut block = Block {
            source: self.source,
            first_row: cut.first_row,
            lines: cut.lines,
            length: cut.text.len(),
            text: cut.text,
            offset: cut.offset,
            in_place: self.in_place,
            spare: Arc::clone(&self.spare),
        };
        let undecided = matches!(self.encoding, Encoding::Ascii | Encoding::Windows1252);
        let utf8 = (undecided && self.mixed.is_none())
            .then(|| encoding::first_utf8(&block.text))
            .flatten();
        let utf8 = utf8.map(|at| {
            block.first_row + memchr::memchr_iter(b'\n', &block.text[..at]).count() as u64
        });
        self.encoding =
            encoding::decode(&mut block.text, self.encoding).ok_or_else(|| self.not_utf8())?;
        if self.encoding == Encoding::Windows1252 {
            self.mixed = self.mixed.or(utf8);
        }
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
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(self.described.read_fault(e)),
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
        } else if text.starts_with(b"PK\x03\x04") {
            (
                "is an Excel workbook or zip archive, not CSV",
                "Give a workbook a name that ends in .xlsx, or save its sheet as \"CSV\"",
            )
        } else if text.starts_with(b"\xD0\xCF\x11\xE0") {
            (
                "is a workbook of an old kind (.xls) or under a password, not CSV",
                "Save the sheet as \"CSV\", or the workbook as .xlsx without a password",
            )
        } else if text.starts_with(b"PAR1") {
            (
                "is a Parquet file, not CSV",
                "Give it a name that ends in .parquet",
            )
        } else if text.starts_with(b"ARRO") {
            (
                "is an Arrow file, not CSV",
                "Give it a name that ends in .arrow",
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

impl Block {
    /// A block of the first source that was not cut from one, with as many records at most as it has `lines`.
    pub fn alone(first_row: u64, lines: usize, text: Vec<u8>) -> Self {
        Self {
            source: 0,
            first_row,
            lines,
            offset: 0,
            length: text.len(),
            in_place: false,
            text,
            spare: Arc::default(),
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
