//! A row of the request: what of a question is sent, in which form, and what had to be left out and why.

use std::fmt;

use super::{Asked, Reference};
use crate::date::Date;
use crate::formula::like_formula;
use crate::redact::WITHHELD;
use crate::validate::postcode;

/// The columns of a request, in their order. The first name has a space, the others have none.
pub const COLUMNS: [&str; 23] = [
    "UNIQUE REFERENCE",
    "NHS_NO",
    "FAMILY_NAME",
    "GIVEN_NAME",
    "OTHER_GIVEN_NAME",
    "GENDER",
    "DATE_OF_BIRTH",
    "POSTCODE",
    "DATE_OF_DEATH",
    "ADDRESS_LINE1",
    "ADDRESS_LINE2",
    "ADDRESS_LINE3",
    "ADDRESS_LINE4",
    "ADDRESS_LINE5",
    "ADDRESS_DATE",
    "GP_PRACTICE_CODE",
    "NHAIS_POSTING_ID",
    "AS_AT_DATE",
    "LOCAL_PATIENT_ID",
    "INTERNAL_ID",
    "TELEPHONE_NUMBER",
    "MOBILE_NUMBER",
    "EMAIL_ADDRESS",
];

/// Columns from the first to `POSTCODE`: those that are ever filled.
const FILLED: usize = 8;

/// A field of a question that may be left out of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `FAMILY_NAME`, at most 40 characters.
    FamilyName,
    /// `GIVEN_NAME`, the first word, at most 40 characters.
    GivenName,
    /// `OTHER_GIVEN_NAME`, the words after it, at most 100 characters.
    OtherGivenName,
    /// `POSTCODE`, at most 8 characters.
    Postcode,
}

impl Field {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::FamilyName,
        Self::GivenName,
        Self::OtherGivenName,
        Self::Postcode,
    ];

    /// The name of its column.
    pub const fn column(self) -> &'static str {
        match self {
            Self::FamilyName => "FAMILY_NAME",
            Self::GivenName => "GIVEN_NAME",
            Self::OtherGivenName => "OTHER_GIVEN_NAME",
            Self::Postcode => "POSTCODE",
        }
    }

    /// The most characters it may have.
    pub const fn longest(self) -> usize {
        match self {
            Self::FamilyName | Self::GivenName => 40,
            Self::OtherGivenName => 100,
            Self::Postcode => 8,
        }
    }
}

/// Why a value that is recorded is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It has a character that is not ASCII; NHS England's own sender leaves such values out too.
    NotAscii,
    /// It is longer than the field. A name cut short is another name.
    TooLong,
    /// It has a comma, a quote or a control character. Whether PDS reads quotes is not published, and a value that
    /// moves the ones after it into other columns would ask about somebody else.
    Separator,
    /// A spreadsheet would run it.
    Formula,
    /// A name without a letter in it.
    NoLetter,
    /// No postcode of the United Kingdom.
    NotAPostcode,
    /// A postcode that stands for no place (ZZ99): with a postcode that is not the person's, PDS finds nobody.
    NoPlace,
}

impl Why {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::NotAscii,
        Self::TooLong,
        Self::Separator,
        Self::Formula,
        Self::NoLetter,
        Self::NotAPostcode,
        Self::NoPlace,
    ];

    /// A stable name, for keeping and counting.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotAscii => "not_ascii",
            Self::TooLong => "too_long",
            Self::Separator => "separator",
            Self::Formula => "formula",
            Self::NoLetter => "no_letter",
            Self::NotAPostcode => "not_a_postcode",
            Self::NoPlace => "no_place",
        }
    }

    /// The same in words, after "the value".
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotAscii => {
                "has a letter with an accent or another character that PDS does not take"
            }
            Self::TooLong => "is longer than PDS takes",
            Self::Separator => "has a comma, a quotation mark or a line end in it",
            Self::Formula => "begins with a sign that a spreadsheet would run",
            Self::NoLetter => "has no letter in it",
            Self::NotAPostcode => "is not a full postcode",
            Self::NoPlace => "is a postcode that stands for no place (ZZ99)",
        }
    }
}

/// A value that is recorded and was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeftOut {
    /// Which.
    pub field: Field,
    /// Why.
    pub why: Why,
}

/// Why nothing can be asked about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum NotEnough {
    /// There is no whole date of birth.
    #[error("no whole date of birth is recorded")]
    BirthDate,
    /// The date of birth is one that systems put where there is none, or is still to come.
    #[error("the date of birth recorded stands for none, or is in the future")]
    BirthDateStandIn,
    /// There is no number to check and no family name.
    #[error("no family name is recorded")]
    FamilyName,
    /// There is no number to check, and the family name cannot be sent.
    #[error("the family name cannot be sent: it {}", .0.words())]
    FamilyNameLeftOut(Why),
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// Is this number the one of the person born that day?
    CrossCheck,
    /// Which number has a person with this name, birth date and gender?
    Alphanumeric,
}

/// A row that can be sent. `Debug` withholds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    form: Form,
    reference: Reference,
    birth_date: Date,
    cells: [String; FILLED],
    left_out: Vec<LeftOut>,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({:?}, {WITHHELD})", self.form)
    }
}

impl Row {
    /// Decides what of a question is sent: of a person with a number only that and the birth date, of one without a
    /// number the names, gender, birth date and postcode.
    ///
    /// # Errors
    /// [`NotEnough`] where PDS could not even look.
    pub fn of(asked: &Asked, today: Date) -> Result<Self, NotEnough> {
        let birth_date = asked.birth_date.ok_or(NotEnough::BirthDate)?;
        if birth_date > today || stands_for_none(birth_date) {
            return Err(NotEnough::BirthDateStandIn);
        }
        let mut row = Self {
            form: Form::CrossCheck,
            reference: asked.reference,
            birth_date,
            cells: Default::default(),
            left_out: Vec::new(),
        };
        row.cells[0] = asked.reference.text();
        row.cells[6] = format!(
            "{:04}{:02}{:02}",
            birth_date.year(),
            birth_date.month(),
            birth_date.day()
        );
        if let Some(number) = asked.nhs_number {
            row.cells[1] = number.digits().iter().copied().map(char::from).collect();
            return Ok(row);
        }
        row.form = Form::Alphanumeric;
        let family = words(&asked.family_name);
        if family.is_empty() {
            return Err(NotEnough::FamilyName);
        }
        row.cells[2] = name(Field::FamilyName, family).map_err(NotEnough::FamilyNameLeftOut)?;
        let given = words(&asked.given_names);
        let (first, others) = given.split_once(' ').unwrap_or((&given, ""));
        row.put(3, Field::GivenName, first, name);
        row.put(4, Field::OtherGivenName, others, name);
        row.cells[5] = asked.gender.code().to_owned();
        row.put(7, Field::Postcode, asked.postcode.trim(), place);
        Ok(row)
    }

    fn put(
        &mut self,
        at: usize,
        field: Field,
        value: &str,
        fitting: fn(Field, String) -> Result<String, Why>,
    ) {
        if value.is_empty() {
            return;
        }
        match fitting(field, value.to_owned()) {
            Ok(value) => self.cells[at] = value,
            Err(why) => self.left_out.push(LeftOut { field, why }),
        }
    }

    /// What is asked for.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// What joins the answer to it.
    pub const fn reference(&self) -> Reference {
        self.reference
    }

    /// The birth date as sent: the one that comes back must be equal.
    pub const fn birth_date(&self) -> Date {
        self.birth_date
    }

    /// Whether a postcode is sent.
    pub const fn has_postcode(&self) -> bool {
        !self.cells[7].is_empty()
    }

    /// Recorded values that are not sent.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The line of the file, with its end. No cell needs quotes.
    pub fn line(&self) -> String {
        let empty = ",".repeat(COLUMNS.len() - FILLED);
        format!("{}{empty}\n", self.cells.join(","))
    }
}

/// Whether a day is the first one of a database: 01/01/1900, or 01/01/1753 of SQL Server. PDS may have it too, of somebody
/// else, and then it would be equal.
fn stands_for_none(day: Date) -> bool {
    [1753, 1900].contains(&day.year()) && (day.month(), day.day()) == (1, 1)
}

/// Words with one space between them, with the apostrophes and hyphens that PDS takes.
fn words(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().map(plain).collect()
}

/// What word processors make of an apostrophe or hyphen, as it was typed. The name is the same. Letters are left as they are: what
/// PDS has for one with an accent nobody has published, and a name that is nearly right finds nobody, or somebody else.
const fn plain(sign: char) -> char {
    match sign {
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{02BC}' => '\'',
        '\u{2010}'..='\u{2013}' => '-',
        other => other,
    }
}

fn name(field: Field, text: String) -> Result<String, Why> {
    let text = sendable(field, text)?;
    if text.bytes().any(|b| b.is_ascii_alphabetic()) {
        Ok(text)
    } else {
        Err(Why::NoLetter)
    }
}

fn place(field: Field, text: String) -> Result<String, Why> {
    // The outward code as far as the space, wherever people put it and of whatever kind it is.
    let compact: String = text.split_whitespace().collect();
    if !compact.is_ascii() {
        return Err(Why::NotAscii);
    }
    let full = postcode::full(&compact).ok_or(Why::NotAPostcode)?;
    if full.starts_with("ZZ99") {
        return Err(Why::NoPlace);
    }
    sendable(field, full)
}

/// What every value must be, whatever it is.
fn sendable(field: Field, text: String) -> Result<String, Why> {
    if !text.is_ascii() {
        Err(Why::NotAscii)
    } else if text
        .bytes()
        .any(|b| matches!(b, b',' | b'"') || b.is_ascii_control())
    {
        Err(Why::Separator)
    } else if like_formula(text.as_bytes()) {
        Err(Why::Formula)
    } else if text.len() > field.longest() {
        Err(Why::TooLong)
    } else {
        Ok(text)
    }
}
