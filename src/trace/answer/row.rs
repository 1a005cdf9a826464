//! One answer: what of a row is kept, with a type for each of its cells.

use std::fmt;

use super::columns::Columns;
use super::{Algorithm, Column, RecordCode};
use crate::date::Date;
use crate::nhs_number::{self, NhsNumber};
use crate::redact::WITHHELD;
use crate::trace::request::Reference;

/// An answer to one question. `Debug` shows its line, code and algorithm and withholds the rest.
#[derive(Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// The line of the file at which the row begins; the first is 1.
    pub line: u64,
    /// The question it answers. None: no reference of ours, so an answer for nobody.
    pub reference: Option<Reference>,
    /// The code.
    pub code: RecordCode,
    /// The number of the match.
    pub matched: Matched,
    /// How it was found.
    pub algorithm: Algorithm,
    /// How sure PDS is.
    pub confidence: Confidence,
    /// The birth date on the matched record.
    pub birth_date: PdsDate,
    /// The date of death on it.
    pub death_date: PdsDate,
    /// Whether the cell about sensitivity says so. See [`is_sensitive`](Self::is_sensitive).
    pub flagged: bool,
    /// The number that was asked about, as it came back.
    pub requested: Requested,
    /// How alike the parts are, after an algorithmic trace.
    pub scores: Scores,
}

/// The number of a match.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Matched {
    /// Empty, or 0000000000.
    None,
    /// 9999999999.
    Several,
    /// A number whose check digit holds and which is no sentinel or placeholder.
    Number(NhsNumber),
    /// Anything else.
    Invalid,
}

/// A number that was asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Requested {
    /// Empty, 0000000000, or no such column.
    None,
    /// A number.
    Number(NhsNumber),
    /// Anything else.
    Invalid,
}

/// How sure PDS is of a match. In this order: the less is told, the less it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Empty, or no such column.
    NotTold,
    /// Something else: what it says cannot be read.
    Unreadable,
    /// In per cent, rounded down.
    PerCent(u8),
}

/// A date as PDS writes it: yyyyMMdd, or only what is known of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PdsDate {
    /// Empty.
    None,
    /// A day.
    Day(Date),
    /// yyyyMM
    Month {
        /// The year.
        year: u16,
        /// 1 to 12.
        month: u8,
    },
    /// yyyy
    Year(u16),
    /// Something else: there is a date, and it cannot be read.
    Unreadable,
}

/// How alike the parts of two records are, in per cent, rounded down. None: not told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scores {
    /// The family names.
    pub family_name: Option<u8>,
    /// The given names.
    pub given_name: Option<u8>,
    /// The birth dates.
    pub birth_date: Option<u8>,
    /// The genders.
    pub gender: Option<u8>,
    /// The postcodes.
    pub postcode: Option<u8>,
}

impl AnswerRow {
    /// Reads the cells of a row that has as many as there are columns.
    pub(super) fn of(line: u64, columns: &Columns, cells: &csv::ByteRecord) -> Self {
        let cell = |column| match columns.place(column) {
            Some(at) => cells.get(at).unwrap_or_default().trim_ascii(),
            None => b"",
        };
        Self {
            line,
            reference: Reference::parse(cell(Column::Reference)).ok(),
            code: RecordCode::parse(cell(Column::Code)),
            matched: Matched::parse(cell(Column::Matched)),
            algorithm: Algorithm::parse(cell(Column::Algorithm)),
            confidence: Confidence::parse(cell(Column::Confidence)),
            birth_date: PdsDate::parse(cell(Column::BirthDate)),
            death_date: PdsDate::parse(cell(Column::DeathDate)),
            flagged: is_flag(cell(Column::Sensitivity)),
            requested: match Matched::parse(cell(Column::Requested)) {
                Matched::None => Requested::None,
                Matched::Number(number) => Requested::Number(number),
                Matched::Several | Matched::Invalid => Requested::Invalid,
            },
            scores: Scores {
                family_name: per_cent(cell(Column::FamilyNameScore)),
                given_name: per_cent(cell(Column::GivenNameScore)),
                birth_date: per_cent(cell(Column::BirthDateScore)),
                gender: per_cent(cell(Column::GenderScore)),
                postcode: per_cent(cell(Column::PostcodeScore)),
            },
        }
    }

    /// Whether the record is sensitive, by its code or by its flag.
    pub fn is_sensitive(&self) -> bool {
        self.flagged || self.code == RecordCode::Sensitive
    }
}

impl fmt::Debug for AnswerRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerRow")
            .field("line", &self.line)
            .field("code", &self.code)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl Matched {
    /// Reads a cell: ten digits, spaced or not. The sentinels pass the check digit test and are told first.
    pub fn parse(cell: &[u8]) -> Self {
        let cell = cell.trim_ascii();
        let digits: Vec<u8> = cell.iter().copied().filter(|b| *b != b' ').collect();
        match digits.as_slice() {
            b"" | b"0000000000" => return Self::None,
            b"9999999999" => return Self::Several,
            _ => (),
        }
        let text = std::str::from_utf8(cell).ok();
        match text.and_then(|text| nhs_number::canonical(text).ok()) {
            Some(number) => Self::Number(number),
            None => Self::Invalid,
        }
    }
}

impl fmt::Debug for Matched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Several => "Several",
            Self::Number(_) => "Number",
            Self::Invalid => "Invalid",
        })
    }
}

impl fmt::Debug for Requested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WITHHELD)
    }
}

impl PdsDate {
    /// Reads a cell.
    pub fn parse(cell: &[u8]) -> Self {
        let cell = cell.trim_ascii();
        if cell.is_empty() {
            return Self::None;
        }
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_u32, |n, d| {
                d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0'))
            })
        };
        let read = || {
            let year = number(cell.get(..4)?)?;
            let short = || u16::try_from(year).ok().filter(|year| *year > 0);
            Some(match cell.len() {
                4 => Self::Year(short()?),
                6 => {
                    let month = number(&cell[4..])?;
                    let month = u8::try_from(month).ok().filter(|m| (1..=12).contains(m))?;
                    Self::Month {
                        year: short()?,
                        month,
                    }
                }
                8 => Self::Day(Date::new(year, number(&cell[4..6])?, number(&cell[6..])?)?),
                _ => return None,
            })
        };
        read().unwrap_or(Self::Unreadable)
    }

    /// The day, if it is one.
    pub const fn day(self) -> Option<Date> {
        match self {
            Self::Day(day) => Some(day),
            _ => None,
        }
    }

    /// Whether there is any date, whole or not.
    pub const fn is_there(self) -> bool {
        !matches!(self, Self::None)
    }
}

impl fmt::Debug for PdsDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WITHHELD)
    }
}

impl Confidence {
    fn parse(cell: &[u8]) -> Self {
        match (cell, per_cent(cell)) {
            (b"", _) => Self::NotTold,
            (_, None) => Self::Unreadable,
            (_, Some(sure)) => Self::PerCent(sure),
        }
    }

    /// The percentage, where there is one.
    pub const fn per_cent(self) -> Option<u8> {
        match self {
            Self::PerCent(sure) => Some(sure),
            _ => None,
        }
    }

    /// Whether nothing speaks against an exact match, which is always sure.
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::NotTold | Self::PerCent(100))
    }
}

/// A percentage, with decimals or without: 100, 100.00, 87.5.
fn per_cent(cell: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(cell).ok()?;
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) {
        return None;
    }
    let whole = whole.parse().ok().filter(|whole| *whole <= 100)?;
    let above = whole == 100 && decimals.bytes().any(|b| b != b'0');
    (!above).then_some(whole)
}

/// Whether a cell about sensitivity says that a record is. What is not known to mean no, means yes.
fn is_flag(cell: &[u8]) -> bool {
    !matches!(cell, b"" | b"0" | b"N" | b"n" | b"U" | b"u")
}
