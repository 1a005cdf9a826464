//! What can be wrong with a cell. A rule is a check of one field; its code is `field.check` and never changes.

/// How bad a broken rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Wrong, or counted as failed nationally.
    Error,
    /// Readable, but not as it should be.
    Warning,
    /// Could not be judged.
    Info,
}

impl Severity {
    /// The name used in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// One check. The order is that in which findings of one cell are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Check {
    BlankMandatory,
    NotInList,
    ReleaseOne,
    ReleaseOneRetired,
    Malformed,
    CheckDigit,
    Placeholder,
    TestNumber,
    NotADate,
    NotANumber,
    Decimals,
    NotAPostcode,
    NotController,
    BeforeStart,
    Formula,
    Identifier,
    NotApplicable,
    Capitals,
    WhiteSpace,
    NumberFormat,
    Shape,
    Encoding,
    Unverified,
}

impl Check {
    /// Every check, in order.
    pub const ALL: [Self; 23] = [
        Self::BlankMandatory,
        Self::NotInList,
        Self::ReleaseOne,
        Self::ReleaseOneRetired,
        Self::Malformed,
        Self::CheckDigit,
        Self::Placeholder,
        Self::TestNumber,
        Self::NotADate,
        Self::NotANumber,
        Self::Decimals,
        Self::NotAPostcode,
        Self::NotController,
        Self::BeforeStart,
        Self::Formula,
        Self::Identifier,
        Self::NotApplicable,
        Self::Capitals,
        Self::WhiteSpace,
        Self::NumberFormat,
        Self::Shape,
        Self::Encoding,
        Self::Unverified,
    ];

    /// Second half of the rule code.
    pub fn name(self) -> &'static str {
        match self {
            Self::BlankMandatory => "blank_mandatory",
            Self::NotInList => "not_in_list",
            Self::ReleaseOne => "release_1",
            Self::ReleaseOneRetired => "release_1_retired",
            Self::Malformed => "malformed",
            Self::CheckDigit => "check_digit",
            Self::Placeholder => "placeholder",
            Self::TestNumber => "test_number",
            Self::NotADate => "not_a_date",
            Self::NotANumber => "not_a_number",
            Self::Decimals => "decimals",
            Self::NotAPostcode => "not_a_postcode",
            Self::NotController => "not_controller",
            Self::BeforeStart => "before_start",
            Self::Formula => "formula",
            Self::Identifier => "identifier",
            Self::NotApplicable => "not_applicable",
            Self::Capitals => "capitals",
            Self::WhiteSpace => "white_space",
            Self::NumberFormat => "number_format",
            Self::Shape => "shape",
            Self::Encoding => "encoding",
            Self::Unverified => "unverified",
        }
    }

    /// How bad it is. What rests on convention or assumption instead of evidence is at most a warning.
    pub fn severity(self) -> Severity {
        match self {
            Self::BlankMandatory
            | Self::NotInList
            | Self::ReleaseOneRetired
            | Self::Malformed
            | Self::CheckDigit
            | Self::Placeholder
            | Self::TestNumber
            | Self::NotADate
            | Self::NotANumber
            | Self::Decimals
            | Self::NotController
            | Self::BeforeStart
            | Self::Formula
            | Self::Identifier => Severity::Error,
            Self::ReleaseOne
            | Self::NotAPostcode
            | Self::NotApplicable
            | Self::Capitals
            | Self::WhiteSpace
            | Self::NumberFormat
            | Self::Shape
            | Self::Encoding => Severity::Warning,
            Self::Unverified => Severity::Info,
        }
    }

    /// What is wrong, and what is written instead, after the field's name.
    pub fn fault(self) -> &'static str {
        match self {
            Self::BlankMandatory => "is blank but mandatory for this record",
            Self::NotInList => "is not a value of the list; it is sent as received",
            Self::ReleaseOne => "is a Release 1 value; its Release 2 counterpart is sent",
            Self::ReleaseOneRetired => {
                "is a Release 1 value without a single Release 2 counterpart; it is sent as received"
            }
            Self::Malformed => "is not ten digits; no pseudonym is made of it",
            Self::CheckDigit => "fails the modulus 11 check; no pseudonym is made of it",
            Self::Placeholder => {
                "is a placeholder, not a person's number; no pseudonym is made of it"
            }
            Self::TestNumber => "is of the 999 range reserved for tests",
            Self::NotADate => {
                "is not a day of the calendar written dd/mm/yyyy without a time; nothing is sent for it"
            }
            Self::NotANumber => "cannot be read as a number; it is sent empty",
            Self::Decimals => "has more than two decimals; it is sent empty",
            Self::NotAPostcode => "is not a full UK postcode; no sector is sent",
            Self::NotController => "is not the code of the council that sends this return",
            Self::BeforeStart => "is before Event Start Date",
            Self::Formula => "begins as a formula, which the portal rejects; it is sent empty",
            Self::Identifier => "holds what looks like a person's identifier; it is sent empty",
            Self::NotApplicable => "has a value, but does not apply to this record",
            Self::Capitals => "differs from the list in capitals; the exact spelling is sent",
            Self::WhiteSpace => "has white space around it; it is sent without",
            Self::NumberFormat => "is a number with signs in it; the plain number is sent",
            Self::Shape => "does not have the usual shape; it is sent as received",
            Self::Encoding => {
                "holds a character outside Windows-1252; a question mark is sent for it"
            }
            Self::Unverified => "is in no list that is known in full; it is sent as received",
        }
    }

    /// What to do, and who can.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::BlankMandatory => "record the value in the case system",
            Self::NotInList => {
                "map the local code under `values:`, or correct it in the case system"
            }
            Self::ReleaseOne => "map the value under `values:` to its Release 2 counterpart",
            Self::ReleaseOneRetired => "choose a Release 2 value for it under `values:`",
            Self::Malformed => {
                "correct the NHS number in the case system; if the extract made it a number, export it as text"
            }
            Self::CheckDigit | Self::Placeholder => {
                "look up the person's NHS number and correct it in the case system"
            }
            Self::TestNumber => {
                "remove the test person from the extract, or correct the number in the case system (for invented people, cld validate has --allow-test-numbers)"
            }
            Self::NotADate => {
                "write the date as dd/mm/yyyy without a time in the extract, or correct it in the case system"
            }
            Self::NotANumber => {
                "write a plain number such as 412.50 in the extract, or correct it in the case system"
            }
            Self::Decimals => "round it to two decimals in the extract",
            Self::NotAPostcode => "complete the postcode in the case system",
            Self::NotController => {
                "correct `controller.la_code`, or leave other councils' records out of the extract"
            }
            Self::BeforeStart => "correct one of the two dates in the case system",
            Self::Formula => {
                "remove the first character in the case system, or map the value under `values:`"
            }
            Self::Identifier => {
                "remove the identifier from the field in the case system, or map the value under `values:`"
            }
            Self::NotApplicable => {
                "check Client Type and Event Type of the record; if they are right, leave the field blank"
            }
            Self::Capitals | Self::WhiteSpace => {
                "map the value under `values:`, or correct it in the case system"
            }
            Self::NumberFormat => "write a plain number such as 1250.00 in the extract",
            Self::Shape => "check the code",
            Self::Encoding => "replace the character in the case system",
            Self::Unverified => {
                "look the value up in the official list and add the list under `lists:`"
            }
        }
    }
}

/// A set of checks that failed for one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checks(u32);

impl Checks {
    /// Adds one.
    pub fn add(&mut self, check: Check) {
        self.0 |= 1 << check as u8;
    }

    /// Whether none failed.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that failed, in order.
    pub fn iter(self) -> impl Iterator<Item = Check> {
        Check::ALL
            .into_iter()
            .filter(move |c| self.0 & 1 << *c as u8 != 0)
    }
}
