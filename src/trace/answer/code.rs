//! The codes of PDS, of a file and of a record, and the way in which a match was found.

use std::fmt;

/// What PDS says of a whole file, in the record before the column names. Anything but [`FileCode::Accepted`] means that
/// no row of the file is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileCode {
    /// 00
    Accepted,
    /// 01 to 09, the ones whose meaning is known.
    Refused(u8),
}

impl FileCode {
    /// Reads two digits, 00 to 09.
    pub fn parse(text: &[u8]) -> Option<Self> {
        match text {
            b"00" => Some(Self::Accepted),
            [b'0', digit @ b'1'..=b'9'] => Some(Self::Refused(digit - b'0')),
            _ => None,
        }
    }

    /// What it means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Accepted => "the file was accepted",
            Self::Refused(1) => "the request could not be parsed",
            Self::Refused(2) => "the reference of the request is wrong",
            Self::Refused(3) => "the workflow id of the request is wrong",
            Self::Refused(4) => "the request has another number of rows than its header says",
            Self::Refused(6) => "the request has too many rows",
            Self::Refused(7) => "the name of the request is another one than its reference",
            Self::Refused(8) => "a unique reference of the request is missing or is there twice",
            Self::Refused(9) => "the time stamp of the request is wrong",
            Self::Refused(_) => "something unexpected happened at the service",
        }
    }
}

impl fmt::Display for FileCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = match self {
            Self::Accepted => 0,
            Self::Refused(code) => *code,
        };
        write!(f, "{code:02}")
    }
}

/// What PDS says of one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordCode {
    /// 00: one match, with its record.
    Matched,
    /// 10: a field that must be there is missing.
    FieldMissing,
    /// 11: a field is too long.
    FieldTooLong,
    /// 12: the gender is none of the four codes.
    BadGender,
    /// 13: a field is not in its format.
    BadFormat,
    /// 14: the service could not reach its records.
    Datastore,
    /// 15: nothing was traced.
    NotTraced,
    /// 16: the row has too few fields.
    TooFewFields,
    /// 17: the row has too many fields.
    TooManyFields,
    /// 90: the number asked about has been superseded; the details are those of the record that took its place.
    Superseded,
    /// 91: a match whose record is invalid. Everything is suppressed.
    InvalidRecord,
    /// 92: one match, of a sensitive record: where the person is, and their GP, are suppressed.
    Sensitive,
    /// 95: under investigation, of the former service.
    UnderInvestigation,
    /// 96: several records match exactly, and the birth date or the postcode was missing from the question.
    SeveralExact,
    /// 97: several records match closely.
    SeveralClose,
    /// 98: none matches.
    NoMatch,
    /// Anything else: its two digits if it has such, or none. Never taken for a match.
    Unknown(Option<u8>),
}

impl RecordCode {
    /// Every one that is known.
    pub const KNOWN: [Self; 16] = [
        Self::Matched,
        Self::FieldMissing,
        Self::FieldTooLong,
        Self::BadGender,
        Self::BadFormat,
        Self::Datastore,
        Self::NotTraced,
        Self::TooFewFields,
        Self::TooManyFields,
        Self::Superseded,
        Self::InvalidRecord,
        Self::Sensitive,
        Self::UnderInvestigation,
        Self::SeveralExact,
        Self::SeveralClose,
        Self::NoMatch,
    ];

    /// Reads a cell. Exactly two digits: 0 is not 00, as something shortened by a spreadsheet may be shortened elsewhere.
    pub fn parse(cell: &[u8]) -> Self {
        let [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = *cell.trim_ascii() else {
            return Self::Unknown(None);
        };
        Self::of((tens - b'0') * 10 + ones - b'0')
    }

    /// The code of a number below 100.
    pub fn of(number: u8) -> Self {
        Self::KNOWN
            .into_iter()
            .find(|code| code.number() == Some(number))
            .unwrap_or(Self::Unknown(Some(number)))
    }

    /// Its number. None where the cell held none.
    pub const fn number(self) -> Option<u8> {
        Some(match self {
            Self::Matched => 0,
            Self::FieldMissing => 10,
            Self::FieldTooLong => 11,
            Self::BadGender => 12,
            Self::BadFormat => 13,
            Self::Datastore => 14,
            Self::NotTraced => 15,
            Self::TooFewFields => 16,
            Self::TooManyFields => 17,
            Self::Superseded => 90,
            Self::InvalidRecord => 91,
            Self::Sensitive => 92,
            Self::UnderInvestigation => 95,
            Self::SeveralExact => 96,
            Self::SeveralClose => 97,
            Self::NoMatch => 98,
            Self::Unknown(number) => return number,
        })
    }

    /// Whether it comes with a number that may be believed if all gates hold.
    pub const fn brings_a_number(self) -> bool {
        matches!(self, Self::Matched | Self::Superseded | Self::Sensitive)
    }

    /// What it means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Matched => "one match",
            Self::FieldMissing => "a field that PDS needs was missing",
            Self::FieldTooLong => "a field was too long for PDS",
            Self::BadGender => "PDS did not take the gender code",
            Self::BadFormat => "a field was not in the format of PDS",
            Self::Datastore => "PDS could not reach its records",
            Self::NotTraced => "PDS did not trace",
            Self::TooFewFields => "the row had too few fields for PDS",
            Self::TooManyFields => "the row had too many fields for PDS",
            Self::Superseded => "the number held has been superseded by another one",
            Self::InvalidRecord => "the matching PDS record is invalid",
            Self::Sensitive => "one match, whose PDS record is sensitive",
            Self::UnderInvestigation => "the PDS record is under investigation",
            Self::SeveralExact => {
                "several PDS records match exactly, and the birth date or postcode was missing"
            }
            Self::SeveralClose => "several PDS records match closely",
            Self::NoMatch => "no PDS record matches",
            Self::Unknown(_) => "PDS gave a code that this program does not know",
        }
    }
}

/// The code as it stands in files; empty where the cell held none.
impl fmt::Display for RecordCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number() {
            Some(number) => write!(f, "{number:02}"),
            None => Ok(()),
        }
    }
}

/// How PDS found a match: `MATCHED_ALGORITHM_INDICATOR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// 0: nothing was traced.
    NoTrace,
    /// 1: the number and the birth date belong together.
    CrossCheck,
    /// 2: the simple trace.
    Simple,
    /// 3: all of what was sent is equal.
    Alphanumeric,
    /// 4: much of what was sent is alike; the confidence says how much.
    Algorithmic,
    /// Empty, or another value.
    Unknown,
}

impl Algorithm {
    /// Reads a cell.
    pub fn parse(cell: &[u8]) -> Self {
        match cell.trim_ascii() {
            b"0" => Self::NoTrace,
            b"1" => Self::CrossCheck,
            b"2" => Self::Simple,
            b"3" => Self::Alphanumeric,
            b"4" => Self::Algorithmic,
            _ => Self::Unknown,
        }
    }

    /// Its number. None where it is unknown.
    pub const fn number(self) -> Option<u8> {
        match self {
            Self::NoTrace => Some(0),
            Self::CrossCheck => Some(1),
            Self::Simple => Some(2),
            Self::Alphanumeric => Some(3),
            Self::Algorithmic => Some(4),
            Self::Unknown => None,
        }
    }

    /// Whether a match found so is certain as far as PDS goes: by cross check or alphanumeric trace.
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::CrossCheck | Self::Alphanumeric)
    }
}
