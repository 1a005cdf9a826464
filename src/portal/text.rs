//! Goes through the text of a file as it comes in: its first bytes, its header, its records.

use std::io::{ErrorKind, Read};
use std::path::Path;

use super::Specification;
use super::cells::Scan;
use super::file::{self, Format};
use super::header::{self, Header};
use super::problem::{Place, Problem, Rule};
use super::tally::Tally;
use crate::error::Result;
use crate::extract::ExtractError;

/// What is read at once.
pub const READ_BYTES: usize = 1 << 18;

/// As many bytes as any mark of a format has.
const MARK_BYTES: usize = 16;

/// What stands at the start of UTF-8 that says so.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Sees the text as it is read.
type Watch<'a> = Box<dyn FnMut(&[u8]) + 'a>;

/// A file's text, unpacked.
pub struct Text<'a> {
    path: &'a Path,
    input: Box<dyn Read + 'a>,
    gzip: bool,
    watch: Watch<'a>,
    /// What has been read and is still needed.
    bytes: Vec<u8>,
    read: u64,
    ended: bool,
    /// Why a gzip could not be unpacked to its end.
    damage: Option<&'static str>,
}

impl<'a> Text<'a> {
    pub fn new(path: &'a Path, input: Box<dyn Read + 'a>, gzip: bool, watch: Watch<'a>) -> Self {
        Self {
            path,
            input,
            gzip,
            watch,
            bytes: Vec::new(),
            read: 0,
            ended: false,
            damage: None,
        }
    }

    /// How many bytes there are, if all were read.
    pub fn whole(&self) -> Option<u64> {
        (self.ended && self.damage.is_none()).then_some(self.read)
    }

    /// Reads to the end, unless it is no text at all.
    pub fn check(
        &mut self,
        specification: &Specification,
        problems: &mut Vec<Problem>,
        go_on: &dyn Fn() -> Result<()>,
    ) -> Result<Format> {
        while !self.ended && self.bytes.len() < MARK_BYTES {
            self.more()?;
        }
        let refused = file::refuse(&self.bytes, self.gzip);
        if let Some(problem) = refused.filter(|_| self.damage.is_none()) {
            problems.push(problem.at(Place::byte(0)));
            return Ok(Format::Other);
        }
        if self.bytes.starts_with(MARK) {
            self.bytes.drain(..MARK.len());
            problems.push(
                Problem::new(
                    Rule::Mark,
                    "begins with the byte order mark of UTF-8, which spoils the first name. Save the file as Windows-1252 (\"CSV\", not \"CSV UTF-8\")",
                )
                .at(Place::byte(0)),
            );
        }
        self.records(specification, problems, go_on)?;
        if let Some(damage) = self.damage {
            problems.push(
                Problem::new(
                    Rule::DamagedGzip,
                    format!("{damage}; nothing behind this place was checked. Make the file again"),
                )
                .at(Place::byte(self.read)),
            );
        }
        Ok(if self.gzip { Format::Gzip } else { Format::Csv })
    }

    fn records(
        &mut self,
        specification: &Specification,
        problems: &mut Vec<Problem>,
        go_on: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        let header = self.header(specification, problems)?;
        let row = if header.width() == 0 { 1 } else { 2 };
        let mut scan = Scan::new(Tally::new(header.width()), self.at(), row);
        loop {
            go_on()?;
            let done = scan.advance(&self.bytes, self.ended);
            self.bytes.drain(..done);
            if self.ended {
                break;
            }
            self.more()?;
        }
        let met = scan.sink.problems(&header);
        // Of a damaged file it is not known what it holds.
        let whole = self.damage.is_none();
        problems.extend(
            met.into_iter()
                .filter(|p| whole || p.rule != Rule::NoRecord),
        );
        Ok(())
    }

    /// Takes the header off, unless there is none.
    fn header(
        &mut self,
        specification: &Specification,
        problems: &mut Vec<Problem>,
    ) -> Result<Header> {
        loop {
            // What is left of a damaged gzip may be less than a row.
            let last = self.ended && self.damage.is_none();
            if let Some((mut header, end)) = Header::read(&self.bytes, self.at(), last) {
                problems.extend(header.check(specification));
                self.bytes.drain(..end);
                return Ok(header);
            }
            if self.ended {
                return Ok(Header::default());
            }
            if self.bytes.len() > header::MAX_BYTES {
                problems.push(
                    Problem::new(
                        Rule::NoHeader,
                        "the first row does not end within a mebibyte, so it is no row of names. Look for a quote that is never closed",
                    )
                    .at(Place::byte(self.at())),
                );
                return Ok(Header::default());
            }
            self.more()?;
        }
    }

    /// Where `bytes` begins in the file.
    fn at(&self) -> u64 {
        self.read - self.bytes.len() as u64
    }

    fn more(&mut self) -> Result<()> {
        let had = self.bytes.len();
        let mut piece = self.input.by_ref().take(READ_BYTES as u64);
        let outcome = piece.read_to_end(&mut self.bytes);
        let new = &self.bytes[had..];
        (self.watch)(new);
        self.read += new.len() as u64;
        self.ended = new.is_empty();
        if let Err(source) = outcome {
            self.damage = Some(match source.kind() {
                ErrorKind::UnexpectedEof if self.gzip => {
                    "is cut short: the gzip data end too early"
                }
                ErrorKind::InvalidInput | ErrorKind::InvalidData if self.gzip => {
                    "is not a sound gzip file"
                }
                _ => {
                    return Err(ExtractError::Unreadable {
                        path: self.path.to_owned(),
                        source,
                        configured: false,
                    }
                    .into());
                }
            });
            self.ended = true;
        }
        Ok(())
    }
}
