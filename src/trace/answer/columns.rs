//! The columns of an answer: bound by name, never by place. A council that read them by place stored references as NHS
//! numbers when their order changed.

use super::AnswerError;

/// A column that is read. All others are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The reference of the question.
    Reference,
    /// The number that was asked about.
    Requested,
    /// The birth date on the matched record.
    BirthDate,
    /// The date of death on the matched record.
    DeathDate,
    /// Whether the record is sensitive.
    Sensitivity,
    /// The record's code.
    Code,
    /// The number of the matched record, or a sentinel.
    Matched,
    /// How the match was found.
    Algorithm,
    /// How sure PDS is of it.
    Confidence,
    /// How alike the family names are.
    FamilyNameScore,
    /// How alike the given names are.
    GivenNameScore,
    /// How alike the birth dates are.
    BirthDateScore,
    /// How alike the genders are.
    GenderScore,
    /// How alike the postcodes are.
    PostcodeScore,
}

impl Column {
    /// Every one.
    pub const ALL: [Self; 14] = [
        Self::Reference,
        Self::Requested,
        Self::BirthDate,
        Self::DeathDate,
        Self::Sensitivity,
        Self::Code,
        Self::Matched,
        Self::Algorithm,
        Self::Confidence,
        Self::FamilyNameScore,
        Self::GivenNameScore,
        Self::BirthDateScore,
        Self::GenderScore,
        Self::PostcodeScore,
    ];

    /// Its spellings, the usual one first. Case, and whether words are joined by a space, an underscore, a hyphen or a
    /// slash, makes no difference.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Reference => &["UNIQUE REFERENCE"],
            Self::Requested => &["REQ_NHS_NUMBER", "REQ_NHS_NO"],
            Self::BirthDate => &["DATE_OF_BIRTH"],
            Self::DeathDate => &["DATE_OF_DEATH"],
            Self::Sensitivity => &["SENSITIVITY_FLAG", "SENSITIVTY_FLAG"],
            Self::Code => &["ERROR/SUCCESS_CODE"],
            Self::Matched => &["MATCHED_NHS_NO", "MATCHED_NHS_NUMBER"],
            Self::Algorithm => &["MATCHED_ALGORITHM_INDICATOR"],
            Self::Confidence => &["MATCHED_CONFIDENCE_PERCENTAGE"],
            Self::FamilyNameScore => &["ALGORITHMIC_TRACE_FAMILY_NAME_SCORE_PERC"],
            Self::GivenNameScore => &["ALGORITHMIC_TRACE_GIVEN_NAME_SCORE_PERC"],
            Self::BirthDateScore => &["ALGORITHMIC_TRACE_DOB_SCORE_PERC"],
            Self::GenderScore => &["ALGORITHMIC_TRACE_GENDER_SCORE_PERC"],
            Self::PostcodeScore => &["ALGORITHMIC_TRACE_POSTCODE_SCORE_PERC"],
        }
    }

    /// Whether a file without it is refused: no number may be believed without what stands in it. The confidence is not among
    /// them: answers without it are known, and what is not found exactly goes to somebody who decides anyway.
    pub const fn is_required(self) -> bool {
        matches!(
            self,
            Self::Reference
                | Self::BirthDate
                | Self::DeathDate
                | Self::Code
                | Self::Matched
                | Self::Algorithm
        )
    }

    fn of(name: &[u8]) -> Option<Self> {
        let name = plain(name);
        Self::ALL.into_iter().find(|column| {
            let mut names = column.names().iter();
            names.any(|known| plain(known.as_bytes()) == name)
        })
    }
}

/// Where the columns of one file are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Columns {
    places: [Option<usize>; Column::ALL.len()],
    /// The cells every row must have.
    pub(super) width: usize,
}

impl Columns {
    /// Whether a record holds names: that of the reference is among its cells.
    pub(super) fn are_in<'a>(mut cells: impl Iterator<Item = &'a [u8]>) -> bool {
        cells.any(|cell| Column::of(cell) == Some(Column::Reference))
    }

    /// Binds the columns.
    pub(super) fn bind<'a>(cells: impl Iterator<Item = &'a [u8]>) -> Result<Self, AnswerError> {
        let mut places = [None; Column::ALL.len()];
        let mut width = 0;
        for (at, cell) in cells.enumerate() {
            width += 1;
            let Some(column) = Column::of(cell) else {
                continue;
            };
            if places[column as usize].replace(at).is_some() {
                return Err(AnswerError::Twice { column });
            }
        }
        let missing: Vec<_> = Column::ALL
            .into_iter()
            .filter(|column| column.is_required() && places[*column as usize].is_none())
            .collect();
        if missing.is_empty() {
            Ok(Self { places, width })
        } else {
            Err(AnswerError::Missing { columns: missing })
        }
    }

    /// Whether the last of them is one that is read.
    pub(super) fn last_is_read(&self) -> bool {
        self.places.contains(&self.width.checked_sub(1))
    }

    /// Where a column is.
    pub(super) const fn place(&self, column: Column) -> Option<usize> {
        self.places[column as usize]
    }
}

/// A name without what may differ.
fn plain(name: &[u8]) -> Vec<u8> {
    let joint = |b: &u8| matches!(b, b' ' | b'_' | b'-' | b'/' | b'\t' | b'\r');
    let mut plain = Vec::with_capacity(name.len());
    for word in name.split(joint).filter(|word| !word.is_empty()) {
        if !plain.is_empty() {
            plain.push(b'_');
        }
        plain.extend(word.iter().map(u8::to_ascii_uppercase));
    }
    plain
}
