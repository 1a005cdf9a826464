//! The check that no direct identifier of the extract stands in what was written, on the bytes as written.

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::treat::{Form, Identifiers, OutputColumn};

/// Looks for the extract's identifiers in finished output.
pub struct LeakCheck<'a> {
    identifiers: &'a Identifiers,
    columns: &'a [OutputColumn],
    /// Values that lists, candidates and the configuration give: a person whose name is one of them does not make it a leak.
    vocabulary: HashSet<Box<[u8]>, FixedState>,
}

impl<'a> LeakCheck<'a> {
    /// For a submission with these columns.
    pub fn new(
        identifiers: &'a Identifiers,
        schema: &Schema,
        la_code: &str,
        columns: &'a [OutputColumn],
    ) -> Self {
        let mut vocabulary: HashSet<Box<[u8]>, FixedState> = HashSet::default();
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
            vocabulary.insert(folded(crate::validate::windows_1252(value).0.as_ref()));
        }
        Self {
            identifiers,
            columns,
            vocabulary,
        }
    }

    /// Whether a whole cell is a person id or name of the extract and not a word that anyone may use. Windows-1252.
    pub fn is_identifying_word(&self, cell: &[u8]) -> bool {
        self.identifiers.is_word(cell) && !self.vocabulary.contains(&folded(cell))
    }

    /// Checks lines of the submission as they stand in the file, and gives the number of cells.
    ///
    /// NHS numbers and postcodes are looked for everywhere. Person ids and names are looked for as whole cells of
    /// columns that hold text; dates, ages, amounts and pseudonyms are made by the run and copy nothing.
    ///
    /// # Errors
    /// An internal error: what must not leave is withheld before, so that this finds nothing.
    pub fn lines(&self, lines: &[u8]) -> Result<u64> {
        if self.identifiers.any_token_in(lines) {
            return Err(leak("submission.csv", "an NHS number or postcode"));
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(lines);
        let mut record = csv::ByteRecord::new();
        let mut cells = 0;
        let mut harmless: HashSet<Box<[u8]>, FixedState> = HashSet::default();
        while reader
            .read_byte_record(&mut record)
            .map_err(|_| leak("submission.csv", "a line that cannot be read back"))?
        {
            for (column, cell) in self.columns.iter().zip(&record) {
                if column.form != Form::Text || cell.is_empty() || harmless.contains(cell) {
                    continue;
                }
                if self.is_identifying_word(cell) {
                    return Err(leak(
                        "submission.csv",
                        &format!("a person id or name in {}", column.name),
                    ));
                }
                harmless.insert(cell.into());
            }
            cells += record.len() as u64;
        }
        Ok(cells)
    }

    /// Checks another file of the bundle for NHS numbers and postcodes.
    ///
    /// # Errors
    /// An internal error, as for [`LeakCheck::lines`].
    pub fn bytes(&self, name: &str, bytes: &[u8]) -> Result<()> {
        if self.identifiers.any_token_in(bytes) {
            Err(leak(name, "an NHS number or postcode"))
        } else {
            Ok(())
        }
    }
}

fn folded(cell: &[u8]) -> Box<[u8]> {
    cell.trim_ascii().to_ascii_lowercase().into()
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
        let mut identifiers = Identifiers::default();
        identifiers.add_number(&crate::nhs_number::canonical("9990000018").unwrap());
        identifiers.add_postcode(tokens::pack_postcode("ZX1 4AB"));
        identifiers.add_word("P100001");
        identifiers.add_word("Request");
        identifiers.add_word("12");
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

    #[test]
    fn identifiers_are_found_in_lines_and_files() {
        check(|check| {
            assert_eq!(check.lines(b"Request,12\r\nService,3\r\n").unwrap(), 4);
            for line in [
                &b"p100001,1\r\n"[..],
                b"\"P100001\",1\r\n",
                b"x 999 000 0018 x,1\r\n",
                b"9990000018,1\r\n",
                b"zx14ab,1\r\n",
                b"Request,9990000018\r\n",
            ] {
                assert!(check.lines(line).is_err());
            }
            assert!(check.lines(b"P1000011,1\r\nxP100001,1\r\n").is_ok());
            assert!(check.bytes("report.html", b"<p>999-000-0018</p>").is_err());
            assert!(check.bytes("report.html", b"<p>9990000026</p>").is_ok());
        });
    }

    #[test]
    fn the_message_names_file_and_column_and_no_value() {
        check(|check| {
            let message = check.lines(b"P100001,1\r\n").unwrap_err().to_string();
            assert!(
                message.contains("Event_Type") && !message.contains("100001"),
                "{message}"
            );
        });
    }
}
