//! Reads an answer file row by row; it is whole and right only once the last row was read and [`Answers::finish`] agreed.

use std::fs::{self, File};
use std::path::Path;

use super::bounded::{self, Bounded};
use super::columns::Columns;
use super::quoting::Quoting;
use super::{AnswerError, AnswerRow, FileCode};

/// The most bytes a file may have.
pub const LONGEST_FILE: u64 = 1_000_000_000;

/// The most bytes a row may have.
pub const LONGEST_ROW: u64 = 64 * 1024;

/// More rows than a file that is not too long has, and fewer than a date, read as a number, would be.
const MOST_ROWS: u64 = 10_000_000;

/// The rows of an answer file: an iterator. An error ends it, and nothing of the file may then be applied.
///
/// The file is read twice: once for its digest, by which a file that was applied before is known, and once for its rows.
pub struct Answers {
    reader: csv::Reader<Bounded>,
    record: csv::ByteRecord,
    columns: Columns,
    batch: Option<Batch>,
    digest: String,
    bytes: u64,
    rows: u64,
    state: State,
}

/// How far the reading has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    Whole,
    Failed,
}

/// What the record before the column names says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The file's code, if it could be read.
    pub code: Option<FileCode>,
    /// The rows that follow, if it could be read.
    pub rows: Option<u64>,
}

/// A file that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// SHA-256 of the bytes, 64 lowercase hexadecimal digits.
    pub digest: String,
    /// Its length.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// The record before the names, if there is one.
    pub batch: Option<Batch>,
}

impl Answers {
    /// Opens a file and binds its columns. Nothing is read of a pipe or a device.
    ///
    /// # Errors
    /// [`AnswerError`] for anything that is no answer of PDS MESH, or tells that PDS refused the request.
    pub fn open(path: &Path) -> Result<Self, AnswerError> {
        // Before it is opened too: opening a pipe would wait for ever.
        if !fs::metadata(path)?.is_file() {
            return Err(AnswerError::NotPlain);
        }
        Self::of(File::open(path)?)
    }

    /// The same of a file that is open.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of(mut file: File) -> Result<Self, AnswerError> {
        if !file.metadata()?.is_file() {
            return Err(AnswerError::NotPlain);
        }
        let mut quoting = Quoting::new();
        let Some((digest, bytes)) = bounded::digest(&mut file, LONGEST_FILE, &mut quoting)? else {
            return Err(AnswerError::TooLong { most: LONGEST_FILE });
        };
        if bytes == 0 {
            return Err(AnswerError::Empty);
        }
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            // A carriage return is no row's end: addresses have some in them.
            .terminator(csv::Terminator::Any(b'\n'))
            .buffer_capacity(1 << 15)
            .from_reader(Bounded::new(file, LONGEST_ROW));
        let mut answers = Self {
            reader,
            record: csv::ByteRecord::new(),
            columns: Columns::default(),
            batch: None,
            digest,
            bytes,
            rows: 0,
            state: State::Reading,
        };
        answers.bind()?;
        // Only now, as what is no answer at all is better told so.
        match quoting.fault() {
            Some(fault) => Err(fault),
            None => Ok(answers),
        }
    }

    /// Finds the names, in the first record or in the second, after one about the file.
    fn bind(&mut self) -> Result<(), AnswerError> {
        self.next_record()?;
        if !Columns::are_in(self.record.iter()) {
            let batch = Batch::of(&self.record);
            if let Ok(Batch {
                code: Some(code @ FileCode::Refused(_)),
                ..
            }) = batch
            {
                return Err(AnswerError::Refused { code });
            }
            if !self.next_record()? || !Columns::are_in(self.record.iter()) {
                return Err(AnswerError::NoNames);
            }
            self.batch = Some(batch?);
        }
        self.columns = Columns::bind(self.record.iter())?;
        Ok(())
    }

    /// Reads a record that is not blank. False at the end of the file.
    fn next_record(&mut self) -> Result<bool, AnswerError> {
        loop {
            let start = self.reader.position().clone();
            self.reader.get_mut().row_at(start.byte());
            let too_long = |line| AnswerError::RowTooLong {
                line,
                most: LONGEST_ROW,
            };
            let read = self.reader.read_byte_record(&mut self.record);
            let line = self.line();
            if self.reader.get_ref().exceeded {
                return Err(too_long(start.line()));
            }
            if !read.map_err(failed)? {
                return Ok(false);
            }
            if self.reader.position().byte() - start.byte() > LONGEST_ROW {
                return Err(too_long(line));
            }
            // A line with nothing on it but its end is no row.
            if self.record.len() > 1 || self.record.iter().any(|cell| !cell.trim_ascii().is_empty())
            {
                return Ok(true);
            }
        }
    }

    /// The line at which the record begins.
    fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    fn next_row(&mut self) -> Result<Option<AnswerRow>, AnswerError> {
        if !self.next_record()? {
            self.whole()?;
            return Ok(None);
        }
        let line = self.line();
        if self.record.len() != self.columns.width {
            return Err(AnswerError::Cells {
                line,
                found: self.record.len(),
                expected: self.columns.width,
            });
        }
        self.rows += 1;
        self.has_its_end(line)?;
        Ok(Some(AnswerRow::of(line, &self.columns, &self.record)))
    }

    /// A row without a line end may have been cut, and rows after it lost: a confidence of 100 then reads 1. It is taken only
    /// where the rows were counted, so that no more than the end of its last cell can be lost. What is left of a cell is no
    /// valid value then, or one that is believed less; of an empty one this cannot be said.
    fn has_its_end(&self, line: u64) -> Result<(), AnswerError> {
        let at_end = self.reader.position().byte() >= self.bytes;
        if !at_end || self.reader.get_ref().ends_whole() {
            return Ok(());
        }
        let counted = self.batch.is_some_and(|batch| batch.rows.is_some());
        let cell = self.record.iter().next_back().unwrap_or_default();
        let empty = self.columns.last_is_read() && cell.trim_ascii().is_empty();
        if counted && !empty {
            return Ok(());
        }
        Err(AnswerError::CutOff { line })
    }

    /// Whether what was read is the file that was hashed, with as many rows as it says.
    fn whole(&self) -> Result<(), AnswerError> {
        if self.reader.get_ref().digest() != self.digest {
            return Err(AnswerError::Changed);
        }
        match self.batch.and_then(|batch| batch.rows) {
            Some(expected) if expected != self.rows => Err(AnswerError::Rows {
                found: self.rows,
                expected,
            }),
            _ if self.rows == 0 => Err(AnswerError::NoRows),
            _ => Ok(()),
        }
    }

    /// SHA-256 of the file's bytes, 64 lowercase hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What the record before the names says, if there is one.
    pub const fn batch(&self) -> Option<Batch> {
        self.batch
    }

    /// Reads what is left and says what the file was. Only then is it known to be whole.
    ///
    /// # Errors
    /// As the iterator gives them.
    pub fn finish(mut self) -> Result<Summary, AnswerError> {
        for row in &mut self {
            row?;
        }
        if self.state == State::Failed {
            return Err(AnswerError::Unread);
        }
        Ok(Summary {
            digest: self.digest,
            bytes: self.bytes,
            rows: self.rows,
            batch: self.batch,
        })
    }
}

impl Iterator for Answers {
    type Item = Result<AnswerRow, AnswerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state != State::Reading {
            return None;
        }
        let row = self.next_row().transpose();
        match row {
            Some(Ok(_)) => (),
            Some(Err(_)) => self.state = State::Failed,
            None => self.state = State::Whole,
        }
        row
    }
}

impl Batch {
    /// Its last cell is the code and the one before it the number of rows. Without a code, as in the header of a request,
    /// its last cell is the number of rows.
    fn of(record: &csv::ByteRecord) -> Result<Self, AnswerError> {
        let mut cells = record
            .iter()
            .map(<[u8]>::trim_ascii)
            .rev()
            // A spreadsheet writes as many commas as the widest row has.
            .skip_while(|cell| cell.is_empty());
        let last = cells.next().unwrap_or_default();
        let before = cells.next().and_then(digits);
        let code = FileCode::parse(last);
        if code.is_some() {
            return Ok(Self { code, rows: before });
        }
        // A time stamp is no number of rows: beside one, the last cell is.
        if before.is_some_and(|rows| rows <= MOST_ROWS) {
            return Err(AnswerError::FileCode);
        }
        let rows = digits(last);
        Ok(Self { code, rows })
    }
}

/// A number, if a cell is one.
fn digits(cell: &[u8]) -> Option<u64> {
    let digits = !cell.is_empty() && cell.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(cell).ok()?.parse().ok())?
}

/// The reader's own faults: it reads bytes of any kind and rows of any length, so that only the system's are left.
fn failed(error: csv::Error) -> AnswerError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => AnswerError::Io(error),
        _ => AnswerError::NoNames,
    }
}
