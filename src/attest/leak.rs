//! The check that no direct identifier of the extract stands in what was written, on the bytes as written.

use std::path::Path;

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use crate::date::Date;
use crate::error::{Error, Result};
use crate::extract::Block;
use crate::schema::Schema;
use crate::treat::{Form, Identifiers, OutputColumn, skeleton};

/// Looks for the extract's identifiers in finished output.
pub struct LeakCheck<'a> {
    identifiers: &'a Identifiers,
    columns: &'a [OutputColumn],
    la_code: &'a [u8],
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

    /// Checks another file of the bundle for NHS numbers and postcodes.
    ///
    /// # Errors
    /// An internal error, as for [`LineCheck::lines`].
    pub fn bytes(&self, name: &str, bytes: &[u8]) -> Result<()> {
        if self.identifiers.any_token_in(bytes) {
            Err(leak(name, "an NHS number or postcode"))
        } else {
            Ok(())
        }
    }
}

/// Checks the submission as it is written. One belongs to one thread.
pub struct LineCheck<'a> {
    check: &'a LeakCheck<'a>,
    /// Texts found to hold nothing.
    harmless: HashSet<Box<[u8]>, FixedState>,
}

impl<'a> LineCheck<'a> {
    /// Distinct texts remembered at most.
    const CAPACITY: usize = 1 << 14;

    /// One that has seen nothing.
    pub fn new(check: &'a LeakCheck<'a>) -> Self {
        Self {
            check,
            harmless: HashSet::default(),
        }
    }

    /// Reads lines back as they stand in the file, and gives them back with the number of cells.
    ///
    /// A cell of a text column may be no person id or name of the extract and hold no NHS number or postcode of it. Every
    /// other cell must be what the run makes for its column and nothing else: a pseudonym, a day, a number.
    ///
    /// # Errors
    /// An internal error: what must not leave is withheld before, so that this finds nothing.
    pub fn lines(&mut self, lines: Vec<u8>, rows: usize) -> Result<(Vec<u8>, u64)> {
        let columns = self.check.columns;
        let length = lines.len();
        let block = Block {
            source: 0,
            first_row: 2,
            lines: rows,
            text: lines,
        };
        let cells = block
            .into_cells(columns.len(), Path::new(SUBMISSION))
            .map_err(|_| leak(SUBMISSION, "a line that cannot be read back"))?;
        if cells.len() != rows {
            return Err(leak(SUBMISSION, "another number of rows than were written"));
        }
        for (at, column) in columns.iter().enumerate() {
            let mut last: &[u8] = b"";
            for row in 0..rows {
                let cell = cells.get(at, row);
                if cell.is_empty() {
                    continue;
                }
                if cell != last && !self.is_fit(cell, column.form) {
                    return Err(leak(
                        SUBMISSION,
                        &format!("what must not leave in {}", column.name),
                    ));
                }
                last = cell;
            }
        }
        let mut lines = cells.into_text();
        lines.truncate(length);
        Ok((lines, (rows * columns.len()) as u64))
    }

    fn is_fit(&mut self, cell: &[u8], form: Form) -> bool {
        match form {
            Form::Text => self.is_harmless(cell),
            Form::Pseudonym => {
                let own = cell
                    .strip_prefix(self.check.la_code)
                    .and_then(|rest| rest.strip_prefix(b"_"));
                let hex = own.unwrap_or(cell);
                // Without an early end, so that the bytes are looked at many at a time.
                let digit = |b: u8| (b.wrapping_sub(b'0') < 10) | (b.wrapping_sub(b'a') < 6);
                hex.len() == 64 && hex.iter().fold(true, |all, b| all & digit(*b))
            }
            Form::Sector => {
                matches!(cell, [outward @ .., b' ', b'0'..=b'9'] if (2..=4).contains(&outward.len()) && outward.iter().all(u8::is_ascii_alphanumeric))
            }
            Form::Date => Date::parse(cell).is_some(),
            Form::Integer => cell.len() <= 4 && cell.iter().all(u8::is_ascii_digit),
            Form::Count | Form::Decimal => {
                let number = cell.strip_prefix(b"-").unwrap_or(cell);
                number.iter().all(|b| b.is_ascii_digit() || *b == b'.')
                    && !self.check.must_not_leave(cell, form)
            }
        }
    }

    fn is_harmless(&mut self, cell: &[u8]) -> bool {
        if self.harmless.contains(cell) {
            return true;
        }
        let harmless = !self.check.must_not_leave(cell, Form::Text);
        if harmless {
            if self.harmless.len() >= Self::CAPACITY {
                self.harmless.clear();
            }
            self.harmless.insert(cell.into());
        }
        harmless
    }
}

const SUBMISSION: &str = "submission.csv";

fn folded(cell: &[u8]) -> String {
    skeleton(
        &encoding_rs::WINDOWS_1252
            .decode_without_bom_handling(cell)
            .0,
    )
}

fn leak(file: &str, what: &str) -> Error {
    Error::Internal(format!(
        "the check of what was written found {what} of the extract in {file}, so no bundle was made"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens;

    fn check(run: impl FnOnce(LeakCheck<'_>)) {
        let schema = Schema::load("cld-release-2", None).unwrap();
        let identifiers = Identifiers::default();
        let mut met = identifiers.meeting();
        met.add_number(&crate::nhs_number::canonical("9990000018").unwrap());
        met.add_postcode(tokens::pack_postcode("ZX1 4AB"));
        met.add_postcode(tokens::pack_postcode("N1 6HO"));
        met.add_word("P100001");
        met.add_word("Request");
        met.add_word("12");
        drop(met);
        let column = |name: &str, form| OutputColumn {
            name: name.into(),
            form,
            field: 0,
            at: 0,
        };
        let columns = [
            column("Event_Type", Form::Text),
            column("Der_Birth_Month", Form::Integer),
        ];
        run(LeakCheck::new(&identifiers, &schema, "999", &columns));
    }

    fn lines(check: &LeakCheck<'_>, lines: &[u8], rows: usize) -> Result<(Vec<u8>, u64)> {
        LineCheck::new(check).lines(lines.to_vec(), rows)
    }

    #[test]
    fn identifiers_are_found_in_lines_and_files() {
        check(|check| {
            let good = b"\"Request\",12\r\n\"a \"\"b\"\", c\",3\r\n";
            assert_eq!(lines(&check, good, 2).unwrap(), (good.to_vec(), 4));
            for line in [
                &b"p100001,1\r\n"[..],
                b"\"P100001\",1\r\n",
                b"x 999 000 0018 x,1\r\n",
                b"9990000018,1\r\n",
                b"zx14ab,1\r\n",
                b"Request,9990000018\r\n",
                b"Request,a\r\n",
                b"Request\r\n",
            ] {
                assert!(lines(&check, line, 1).is_err(), "{}", line.escape_ascii());
            }
            assert!(lines(&check, b"P1000011,1\r\nxP100001,1\r\n", 2).is_ok());
            assert!(lines(&check, b"a,1\r\n", 2).is_err());
            assert!(check.bytes("report.html", b"<p>999-000-0018</p>").is_err());
            assert!(check.bytes("report.html", b"<p>9990000026</p>").is_ok());
        });
    }

    #[test]
    fn numbers_are_looked_at_where_they_may_be_copied() {
        check(|check| {
            assert!(check.must_not_leave(b"9990000018.00", Form::Decimal));
            assert!(!check.must_not_leave(b"12", Form::Count));
            assert!(check.must_not_leave(b"12", Form::Text));
            // A postcode of the extract that letters of a list's value happen to make.
            assert!(
                check
                    .identifiers
                    .any_hidden_in(b"Paid: Less than 16 hours a week")
            );
            assert!(!check.must_not_leave(b"Paid: Less than 16 hours a week", Form::Text));
        });
    }

    #[test]
    fn the_message_names_file_and_column_and_no_value() {
        check(|check| {
            let message = lines(&check, b"P100001,1\r\n", 1).unwrap_err().to_string();
            assert!(
                message.contains("Event_Type") && !message.contains("100001"),
                "{message}"
            );
        });
    }
}
