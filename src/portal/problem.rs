//! What is wrong with a file, how bad that is, and where.

use super::cells::At;

/// Places that are told of one problem; the count tells of the others.
pub const PLACES: usize = 3;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The portal's guide says that such a file is refused.
    Refused,
    /// The file may be refused, or arrives as something other than what was meant.
    Warning,
    /// Worth knowing; not known to be refused.
    Note,
}

impl Level {
    /// The word for it in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Which rule a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// Neither CSV nor the gzip of one.
    Format,
    /// A gzip file that cannot be unpacked to its end.
    DamagedGzip,
    /// A gzip file whose name does not say so.
    GzipName,
    /// Bigger than the portal takes.
    Size,
    /// Bigger than the portal takes if it counts in powers of ten.
    SizeUnit,
    /// Bigger than the portal takes from who signs in with CIS2.
    SizeCis2,
    /// Small as a gzip, but beyond the limit of plain files once unpacked.
    SizeUnpacked,
    /// Begins with the mark of UTF-8.
    Mark,
    /// UTF-16.
    Utf16,
    /// Characters in UTF-8, which are read as others.
    Utf8,
    /// Bytes that stand for nothing in Windows-1252.
    NoCharacter,
    /// The first row is no row of names.
    NoHeader,
    /// Almost the name of a field.
    Misspelt,
    /// A field's column is not there.
    Missing,
    /// A column that the specification does not have.
    Unexpected,
    /// The column of a field that the release no longer has.
    Withdrawn,
    /// The columns stand in another order than the specification's.
    Order,
    /// A value begins as a formula.
    FirstCharacter,
    /// A value begins with a minus and a digit, and goes on as no number.
    Minus,
    /// A row with more or fewer cells than the header.
    Cells,
    /// A row of names, and none below it.
    NoRecord,
    /// A carriage return alone.
    LoneReturn,
    /// A NUL byte.
    Nul,
    /// Text behind a closing quote.
    TextAfterQuote,
    /// A quote that is never closed.
    OpenQuote,
}

impl Rule {
    /// How bad it is to break it.
    pub fn level(self) -> Level {
        match self {
            Self::Format
            | Self::DamagedGzip
            | Self::Size
            | Self::Mark
            | Self::Utf16
            | Self::NoHeader
            | Self::Misspelt
            | Self::Missing
            | Self::Unexpected
            | Self::FirstCharacter => Level::Refused,
            // That fields were withdrawn is inferred; that the portal counts in powers of ten is not known.
            Self::GzipName
            | Self::SizeUnit
            | Self::Utf8
            | Self::NoCharacter
            | Self::Withdrawn
            | Self::Minus
            | Self::Cells
            | Self::NoRecord
            | Self::OpenQuote => Level::Warning,
            Self::SizeCis2
            | Self::SizeUnpacked
            | Self::Order
            | Self::LoneReturn
            | Self::Nul
            | Self::TextAfterQuote => Level::Note,
        }
    }

    /// Every rule.
    pub const ALL: [Self; 25] = [
        Self::Format,
        Self::DamagedGzip,
        Self::GzipName,
        Self::Size,
        Self::SizeUnit,
        Self::SizeCis2,
        Self::SizeUnpacked,
        Self::Mark,
        Self::Utf16,
        Self::Utf8,
        Self::NoCharacter,
        Self::NoHeader,
        Self::Misspelt,
        Self::Missing,
        Self::Unexpected,
        Self::Withdrawn,
        Self::Order,
        Self::FirstCharacter,
        Self::Minus,
        Self::Cells,
        Self::NoRecord,
        Self::LoneReturn,
        Self::Nul,
        Self::TextAfterQuote,
        Self::OpenQuote,
    ];

    /// What is checked.
    pub fn checks(self) -> &'static str {
        match self {
            Self::Format => {
                "The file is CSV, or the gzip of one, and no spreadsheet under another name."
            }
            Self::DamagedGzip => "A gzip file can be unpacked to its end.",
            Self::GzipName => "The name of a gzip file ends in .gz.",
            Self::Size => "The file is no larger than 4 GB, or 800 MB as a gzip.",
            Self::SizeUnit => "The file is below the limit however the portal counts a gigabyte.",
            Self::SizeCis2 => {
                "The file is below 1 GB, or 200 MB as a gzip, which is the limit for who signs in with CIS2."
            }
            Self::SizeUnpacked => {
                "What a gzip file holds is below the limit of plain files; whether the portal asks that is not known."
            }
            Self::Mark => {
                "The file does not begin with the mark of UTF-8, which the portal takes for part of the first name."
            }
            Self::Utf16 => "The file is not in UTF-16.",
            Self::Utf8 => {
                "The file has no characters in UTF-8, which the portal reads as two or more others of Windows-1252."
            }
            Self::NoCharacter => "Every byte stands for a character of Windows-1252.",
            Self::NoHeader => "The first row has the names of the columns.",
            Self::Misspelt => {
                "The names of the columns are spelt to the character as in the specification; a space and an underscore are two."
            }
            Self::Missing => "Every field of the return has a column.",
            Self::Unexpected => "There is no column that the specification does not have.",
            Self::Withdrawn => {
                "There is no column of a field that the release withdrew; that it did is inferred."
            }
            Self::Order => {
                "The columns stand in the order of the specification; whether that matters is not known."
            }
            Self::FirstCharacter => {
                "No value begins with = + - or @; a minus before a number may stand."
            }
            Self::Minus => "A value that begins with a minus and a digit is a number.",
            Self::Cells => "Every row has as many cells as the header.",
            Self::NoRecord => "There is a record below the header.",
            Self::LoneReturn => "There is no carriage return without a line feed.",
            Self::Nul => "There is no NUL byte.",
            Self::TextAfterQuote => "Nothing stands between a closing quote and the next comma.",
            Self::OpenQuote => "Every quote that is opened is closed.",
        }
    }

    /// What to do where it is broken.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Format => "Save the sheet as CSV.",
            Self::DamagedGzip => "Pack the file again.",
            Self::GzipName => "Rename the file.",
            Self::Size => "Send it as a gzip, or ask the regional office.",
            Self::SizeUnit => "Send it as a gzip if the portal refuses it.",
            Self::SizeCis2 => "Sign in another way, or send it as a gzip.",
            Self::SizeUnpacked => "Nothing, unless the portal refuses it.",
            Self::Mark => "Save the file as \"CSV\", not \"CSV UTF-8\".",
            Self::Utf16 => "Save the file as \"CSV\".",
            Self::Utf8 => "Save the file as \"CSV\", not \"CSV UTF-8\".",
            Self::NoCharacter => "Replace the characters, or export the file again.",
            Self::NoHeader => "Put the row of names first.",
            Self::Misspelt => "Write the name as it is told.",
            Self::Missing => "Add the column, with empty cells if there is nothing to fill in.",
            Self::Unexpected => "Remove the column.",
            Self::Withdrawn => "Remove the column if the portal refuses it.",
            Self::Order => "Nothing, unless the portal refuses it.",
            Self::FirstCharacter => "Remove the character in the case system.",
            Self::Minus => "Remove the character in the case system.",
            Self::Cells => "Export the file again; quote cells that hold a comma.",
            Self::NoRecord => "Check the extract.",
            Self::LoneReturn => "Save the file with Windows line ends.",
            Self::Nul => "Export the file again.",
            Self::TextAfterQuote => "Double every quote inside a quoted cell.",
            Self::OpenQuote => "Close the quote, or double it if it belongs to the value.",
        }
    }

    /// Its code in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Format => "portal.format",
            Self::DamagedGzip => "portal.damaged_gzip",
            Self::GzipName => "portal.gzip_name",
            Self::Size => "portal.size",
            Self::SizeUnit => "portal.size_unit",
            Self::SizeCis2 => "portal.size_cis2",
            Self::SizeUnpacked => "portal.size_unpacked",
            Self::Mark => "portal.byte_order_mark",
            Self::Utf16 => "portal.utf_16",
            Self::Utf8 => "portal.utf_8",
            Self::NoCharacter => "portal.no_character",
            Self::NoHeader => "portal.no_header",
            Self::Misspelt => "portal.header_misspelt",
            Self::Missing => "portal.header_missing",
            Self::Unexpected => "portal.header_unexpected",
            Self::Withdrawn => "portal.header_withdrawn",
            Self::Order => "portal.header_order",
            Self::FirstCharacter => "portal.first_character",
            Self::Minus => "portal.minus",
            Self::Cells => "portal.cells",
            Self::NoRecord => "portal.no_record",
            Self::LoneReturn => "portal.lone_return",
            Self::Nul => "portal.nul",
            Self::TextAfterQuote => "portal.text_after_quote",
            Self::OpenQuote => "portal.open_quote",
        }
    }
}

/// A place that a problem is told of. Of a gzip file, bytes are counted in what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Bytes before it.
    pub byte: u64,
    /// As a spreadsheet counts, where that means anything.
    pub row: Option<u64>,
    /// Columns before it, where that means anything.
    pub column: Option<u64>,
}

impl Place {
    /// A byte of the file that belongs to no cell.
    pub fn byte(byte: u64) -> Self {
        Self {
            byte,
            row: None,
            column: None,
        }
    }
}

impl From<At> for Place {
    fn from(at: At) -> Self {
        Self {
            byte: at.byte,
            row: Some(at.row),
            column: Some(at.column),
        }
    }
}

/// One thing that is wrong with a file. Holds no value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The rule.
    pub rule: Rule,
    /// The fields concerned, as the specification names them.
    pub fields: Vec<String>,
    /// How often it was met.
    pub count: u64,
    /// The first few places; none where the whole file is meant, or something that is not there.
    pub places: Vec<Place>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Problem {
    /// A problem of the file as a whole.
    pub fn new(rule: Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            fields: Vec::new(),
            count: 1,
            places: Vec::new(),
            message: message.into(),
        }
    }

    /// The same at this place.
    pub fn at(mut self, place: impl Into<Place>) -> Self {
        self.places.push(place.into());
        self
    }

    /// The same, about this field.
    pub fn of(mut self, field: &str) -> Self {
        self.fields.push(field.to_owned());
        self
    }

    /// The same, met at these places.
    pub fn met(mut self, met: &Met) -> Self {
        self.count = met.count;
        self.places.clone_from(&met.places);
        self
    }
}

/// How often something was met, and where first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Met {
    /// How often.
    pub count: u64,
    /// Where first.
    pub places: Vec<Place>,
}

impl Met {
    pub fn add(&mut self, place: impl Into<Place>) {
        self.count += 1;
        if self.places.len() < PLACES {
            self.places.push(place.into());
        }
    }
}
