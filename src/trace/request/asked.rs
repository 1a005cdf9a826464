//! One question: a person as the council has them, before it is decided what of it can be sent.

use std::fmt;

use super::Reference;
use crate::date::Date;
use crate::nhs_number::NhsNumber;
use crate::redact::WITHHELD;

/// One person to ask about. `Debug` withholds all of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// What joins the answer to the question.
    pub reference: Reference,
    /// The number the council holds, if it is to be checked. None: it is to be found.
    pub nhs_number: Option<NhsNumber>,
    /// The family name as recorded.
    pub family_name: String,
    /// All given names as recorded, the first one first.
    pub given_names: String,
    /// The gender.
    pub gender: Gender,
    /// The whole date of birth. None where it is not known or not whole.
    pub birth_date: Option<Date>,
    /// The postcode as recorded.
    pub postcode: String,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asked({WITHHELD})")
    }
}

/// The gender as PDS has it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// 1
    Male,
    /// 2
    Female,
    /// 9, not specified: neither of the two.
    NotSpecified,
    /// 0, not known.
    NotKnown,
}

impl Gender {
    /// What a council records, by the return's list (Male, Female, Other, Unknown), the NHS code, or a first letter; a blank
    /// is not known. `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(text));
        match text {
            _ if is(&["Male", "M", "1"]) => Some(Self::Male),
            _ if is(&["Female", "F", "2"]) => Some(Self::Female),
            _ if is(&["Other", "Not specified", "9"]) => Some(Self::NotSpecified),
            _ if is(&["", "Unknown", "Not known", "U", "0"]) => Some(Self::NotKnown),
            _ => None,
        }
    }

    /// The code that is sent.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
            Self::NotSpecified => "9",
            Self::NotKnown => "0",
        }
    }
}

impl fmt::Debug for Gender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WITHHELD)
    }
}
