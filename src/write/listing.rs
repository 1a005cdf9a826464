//! A CSV file of the worklist, read back whole. Cells repeat from line to line, so each text is kept once.

use std::fs::File;
use std::hash::BuildHasher as _;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::error::{Error, Result};
use crate::formula::as_received;

/// Lines and columns of a file. It is identifiable, and therefore has no `Debug`.
pub(super) struct Listing {
    path: PathBuf,
    header: Vec<String>,
    /// Numbers of texts, line by line.
    cells: Vec<u32>,
    texts: Texts,
    bytes: u64,
}

impl Listing {
    /// Reads a file that has at least these columns.
    ///
    /// # Errors
    /// [`Error::Input`] when there is none, or it is not as it was written.
    pub fn read(path: PathBuf, needed: &[&str]) -> Result<Self> {
        let plain = |kind: std::fs::FileType| {
            // Opening a pipe would wait for somebody who writes into it.
            kind.is_file()
                .then_some(())
                .ok_or_else(|| io::Error::other("it is no plain file"))
        };
        let opened = std::fs::symlink_metadata(&path)
            .and_then(|m| plain(m.file_type()))
            .and_then(|()| File::open(&path));
        let file = opened.map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => Error::Input(format!(
                "there is no {}. Name the directory of a run's worklist",
                path.display()
            )),
            _ => Error::Input(format!("cannot read {}: {e}", path.display())),
        })?;
        let mut reader =
            csv::Reader::from_reader(Whole::new(BufReader::with_capacity(1 << 18, file)));
        let header = reader.byte_headers().map_err(|e| broken(&path, &e))?;
        let mut listing = Self {
            header: header
                .iter()
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .collect(),
            cells: Vec::new(),
            texts: Texts::default(),
            bytes: 0,
            path,
        };
        for name in needed {
            if listing.position(name).is_none() {
                return Err(listing.malformed(&format!("has no column `{name}`")));
            }
        }
        let mut record = csv::ByteRecord::new();
        while reader
            .read_byte_record(&mut record)
            .map_err(|e| broken(&listing.path, &e))?
        {
            listing.take(&record)?;
            if listing.len().is_multiple_of(1 << 12) {
                crate::interrupt::check()?;
            }
        }
        if !reader.get_ref().ended() {
            return Err(listing.malformed("ends in the middle of a line"));
        }
        listing.bytes = reader.get_ref().bytes;
        listing.texts.known = HashTable::new();
        listing.cells.shrink_to_fit();
        Ok(listing)
    }

    fn take(&mut self, record: &csv::ByteRecord) -> Result<()> {
        for cell in record {
            let Ok(text) = std::str::from_utf8(cell) else {
                let place = format!("row {}", self.len() + 2);
                return Err(self.malformed(&format!("has bytes in {place} that are not UTF-8")));
            };
            let Some(number) = self.texts.number(as_received(text)) else {
                return Err(self.malformed("is too large"));
            };
            self.cells.push(number);
        }
        Ok(())
    }

    /// The names of the columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// How many lines there are below the header.
    pub fn len(&self) -> usize {
        self.cells.len() / self.header.len()
    }

    /// How large the file is.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Where the column of this name stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    /// Where a column stands that was asked for when the file was read.
    pub fn column(&self, name: &str) -> Result<usize> {
        let missing = || Error::Internal(format!("the column {name} was not asked for"));
        self.position(name).ok_or_else(missing)
    }

    /// The number of the text of a cell. Equal texts have equal numbers.
    pub fn number(&self, line: usize, column: usize) -> u32 {
        self.cells[line * self.header.len() + column]
    }

    /// The text of a cell, as it was received.
    pub fn text(&self, line: usize, column: usize) -> &str {
        self.texts.text(self.number(line, column))
    }

    /// The cell as a number; `None` if it is empty.
    pub fn count(&self, line: usize, column: usize) -> Result<Option<u64>> {
        let text = self.text(line, column);
        if text.is_empty() {
            return Ok(None);
        }
        let not_one = |_| {
            let (name, row) = (&self.header[column], line + 2);
            self.malformed(&format!(
                "has no number in the column `{name}` of row {row}"
            ))
        };
        text.parse().map(Some).map_err(not_one)
    }

    /// An error about the file, which is named, without anything that stands in it.
    fn malformed(&self, fault: &str) -> Error {
        malformed(&self.path, fault)
    }
}

fn malformed(path: &Path, fault: &str) -> Error {
    Error::Input(format!(
        "{} {fault}. It must be as a run wrote it into its worklist: run again to have it anew",
        path.display()
    ))
}

/// What the csv crate says, in our words: none of its own may bring a value along.
fn broken(path: &Path, e: &csv::Error) -> Error {
    match e.kind() {
        csv::ErrorKind::Io(e) => Error::Input(format!("cannot read {}: {e}", path.display())),
        csv::ErrorKind::UnequalLengths { pos, .. } => {
            let row = pos.as_ref().map_or(0, csv::Position::record) + 1;
            malformed(
                path,
                &format!("has another number of cells in row {row} than in its header"),
            )
        }
        _ => malformed(path, "is no CSV file"),
    }
}

/// Texts by number, each once.
#[derive(Default)]
struct Texts {
    bytes: String,
    ends: Vec<usize>,
    known: HashTable<u32>,
    hasher: FixedState,
}

impl Texts {
    fn text(&self, number: u32) -> &str {
        text(&self.bytes, &self.ends, number)
    }

    /// The number of a text; `None` if there are more than numbers.
    fn number(&mut self, wanted: &str) -> Option<u32> {
        let (bytes, ends, hasher) = (&mut self.bytes, &mut self.ends, &self.hasher);
        let hash = hasher.hash_one(wanted);
        if let Some(&number) = self.known.find(hash, |n| text(bytes, ends, *n) == wanted) {
            return Some(number);
        }
        let number = u32::try_from(ends.len()).ok()?;
        bytes.push_str(wanted);
        ends.push(bytes.len());
        self.known
            .insert_unique(hash, number, |n| hasher.hash_one(text(bytes, ends, *n)));
        Some(number)
    }
}

fn text<'t>(bytes: &'t str, ends: &[usize], number: u32) -> &'t str {
    let number = number as usize;
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    &bytes[start..ends[number]]
}

/// Notices whether what was read ended with a whole line: a copy may have been cut off, and a quote may be missing.
struct Whole<R> {
    inner: R,
    bytes: u64,
    last: u8,
    even: bool,
}

impl<R> Whole<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            bytes: 0,
            last: b'\n',
            even: true,
        }
    }

    fn ended(&self) -> bool {
        self.last == b'\n' && self.even
    }
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.bytes += n as u64;
        if let Some(&last) = buffer[..n].last() {
            self.last = last;
        }
        self.even ^= memchr::memchr_iter(b'"', &buffer[..n]).count() % 2 == 1;
        Ok(n)
    }
}
