//! The check that no direct identifier of the extract stands in what was written, on the bytes as written.

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use crate::date::Date;
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::treat::{Form, Identifiers, OutputColumn, skeleton};

/// Looks for the extract's identifiers in finished output.
pub struct LeakCheck<'a> {
    identifiers: &'a Identifiers,
    pub(super) columns: &'a [OutputColumn],
    pub(super) la_code: &'a [u8],
    /// Values that lists, candidates and the configuration give: a person whose name is one of them does not make it a leak.
    vocabulary: HashSet<String, FixedState>,
}

impl<'a> LeakCheck<'a> {
    /// For a submission with these columns.
    pub fn new(
        identifiers: &'a Identifiers,
        schema: &Schema,
        la_code: &'a str,
        columns: &'a [OutputColumn],
    ) -> Self {
        let mut vocabulary: HashSet<String, FixedState> = HashSet::default();
        let lists = schema.lists.iter().flat_map(|list| {
            let retired = list.retired.iter().map(|r| r.value.as_str());
            let values = list
                .values
                .iter()
                .flat_map(|v| v.was.iter().map(String::as_str).chain([v.value.as_str()]));
            values
                .chain(retired)
                .chain(list.candidates.iter().map(String::as_str))
        });
        for value in lists.chain([la_code]) {
            vocabulary.insert(skeleton(value));
        }
        Self {
            identifiers,
            columns,
            la_code: la_code.as_bytes(),
            vocabulary,
        }
    }

    /// Whether a cell that was copied from the extract must not leave: it holds an NHS number or full postcode of the
    /// extract, or is one of its person ids or names and not a word that anyone may use. Windows-1252.
    ///
    /// Numbers below a thousand are left alone in columns of counts, where they say nothing about anyone whose person id
    /// is as short.
    pub fn must_not_leave(&self, cell: &[u8], form: Form) -> bool {
        let may_be_word = match form {
            Form::Text => true,
            Form::Count => cell.len() > 3,
            Form::Decimal | Form::Date | Form::Integer | Form::Pseudonym | Form::Sector => false,
        };
        if form == Form::Text && self.vocabulary.contains(&folded(cell)) {
            // "Less than 16 hours" has the letters of a postcode that somebody may have typed.
            return false;
        }
        let identifiers = self.identifiers;
        identifiers.any_hidden_in(cell) || may_be_word && identifiers.is_word(cell)
    }

    /// Whether a text is what a column of its form may hold.
    pub(super) fn is_fit(&self, text: &[u8], form: Form) -> bool {
        match form {
            Form::Text => !self.must_not_leave(text, form),
            Form::Pseudonym => false,
            Form::Sector => {
                matches!(text, [outward @ .., b' ', b'0'..=b'9'] if (2..=4).contains(&outward.len()) && outward.iter().all(u8::is_ascii_alphanumeric))
            }
            Form::Date => Date::parse(text).is_some(),
            Form::Integer => text.len() <= 4 && text.iter().all(u8::is_ascii_digit),
            Form::Count | Form::Decimal => {
                let number = text.strip_prefix(b"-").unwrap_or(text);
                number.iter().all(|b| b.is_ascii_digit() || *b == b'.')
                    && !self.must_not_leave(text, form)
            }
        }
    }

    /// Checks another file of the bundle for NHS numbers and postcodes.
    ///
    /// # Errors
    /// An internal error, as for [`LineCheck::lines`](super::lines::LineCheck::lines).
    pub fn bytes(&self, name: &str, bytes: &[u8]) -> Result<()> {
        if self.identifiers.any_token_in(bytes) {
            Err(leak(name, "an NHS number or postcode"))
        } else {
            Ok(())
        }
    }
}

pub(super) const SUBMISSION: &str = "submission.csv";

fn folded(cell: &[u8]) -> String {
    skeleton(
        &encoding_rs::WINDOWS_1252
            .decode_without_bom_handling(cell)
            .0,
    )
}

pub(super) fn unfit(column: &OutputColumn) -> Error {
    leak(
        SUBMISSION,
        &format!("what must not leave in {}", column.name),
    )
}

pub(super) fn leak(file: &str, what: &str) -> Error {
    Error::Internal(format!(
        "the check of what was written found {what} of the extract in {file}, so no bundle was made"
    ))
}

#[cfg(test)]
#[path = "leak_tests.rs"]
mod tests;
