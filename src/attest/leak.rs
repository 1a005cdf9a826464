//! The check that no direct identifier of the extract stands in what was written, on the bytes as written.

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use crate::date::Date;
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::treat::{Form, Identifiers, OutputColumn, Stored, skeleton};
use crate::write::{PseudonymCell, Row, SortedRows, Texts, same_cells};

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

    /// Whether a text is what a column of its form may hold.
    fn is_fit(&self, text: &[u8], form: Form) -> bool {
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
    texts: &'a FitTexts,
    /// Texts that came with their rows and were found to hold nothing.
    harmless: HashSet<(usize, Box<[u8]>), FixedState>,
}

/// The distinct texts of the submission, each found to be what its column may hold. Made once for all threads.
pub struct FitTexts {
    /// For each column of values, by number: it has a quote, comma or line end, so that it must stand in quotes.
    special: Vec<Vec<bool>>,
}

impl FitTexts {
    /// Looks at every text: one of a text column may be no person id or name of the extract and hold no NHS number or
    /// postcode of it; every other must be what the run makes for its column and nothing else, a day or a number.
    ///
    /// # Errors
    /// An internal error: what must not leave is withheld before, so that this finds nothing.
    pub fn new(check: &LeakCheck<'_>, texts: &Texts) -> Result<Self> {
        let mut special = Vec::new();
        for column in check.columns {
            let Stored::Value(at) = column.stored else {
                continue;
            };
            let of = texts.column(at);
            let mut of_column = vec![false; of.len()];
            for number in (1..of.len()).filter(|number| !of.withheld[*number]) {
                if !check.is_fit(of.text(number), column.form) {
                    return Err(unfit(column));
                }
                of_column[number] = is_special(of.text(number));
            }
            if special.len() <= at {
                special.resize(at + 1, Vec::new());
            }
            special[at] = of_column;
        }
        Ok(Self { special })
    }
}

impl<'a> LineCheck<'a> {
    /// Distinct texts remembered at most.
    const CAPACITY: usize = 1 << 14;

    /// One that has seen nothing.
    pub fn new(check: &'a LeakCheck<'a>, texts: &'a FitTexts) -> Self {
        Self {
            check,
            texts,
            harmless: HashSet::default(),
        }
    }

    /// Reads lines back as they stand in the file, and gives the number of cells: each must be the text of its row that was
    /// found fit, or the digits of a pseudonym, and nothing else may stand between them.
    ///
    /// # Errors
    /// An internal error: what must not leave is withheld before, so that this finds nothing.
    pub fn lines(
        &mut self,
        lines: &[u8],
        rows: &SortedRows<'_>,
        range: std::ops::Range<usize>,
    ) -> Result<u64> {
        let columns = self.check.columns;
        let cells = (range.len() * columns.len()) as u64;
        let Some((last, others)) = columns.split_last() else {
            return Ok(0);
        };
        let mut rest = lines;
        // Neighbours are mostly about one person: what begins as the line before, which was found fit, is fit.
        let mut ends = vec![0; others.len()];
        let mut before: Option<(Row<'_>, &[u8])> = None;
        for row in rows.rows(range) {
            let line = rest;
            let mut from = 0;
            if let Some((last, line_before)) = before {
                let same = same_cells(columns, last, row);
                let end = same.checked_sub(1).map_or(0, |last| ends[last]);
                if line.get(..end) == line_before.get(..end) {
                    (from, rest) = (same, &line[end..]);
                }
            }
            for (column, end) in others.iter().zip(&mut ends).skip(from) {
                let behind = self.cell(rest, rows, &row, column);
                rest = behind
                    .and_then(|rest| rest.strip_prefix(b","))
                    .ok_or_else(|| unfit(column))?;
                *end = line.len() - rest.len();
            }
            let behind = self.cell(rest, rows, &row, last);
            rest = behind
                .and_then(|rest| rest.strip_prefix(b"\r\n"))
                .ok_or_else(|| unfit(last))?;
            before = Some((row, line));
        }
        if rest.is_empty() {
            Ok(cells)
        } else {
            Err(leak(SUBMISSION, "more than the rows that were written"))
        }
    }

    /// What follows a cell, if the cell is as it should be.
    #[inline]
    fn cell<'l>(
        &mut self,
        line: &'l [u8],
        rows: &SortedRows<'_>,
        row: &Row<'_>,
        column: &OutputColumn,
    ) -> Option<&'l [u8]> {
        match column.stored {
            Stored::Nothing => Some(line),
            Stored::Value(at) => {
                let number = row.numbers[at];
                if number == 0 {
                    return Some(line);
                }
                let text = rows.text(at, number);
                let special = match self.texts.special[at].get(number as usize) {
                    Some(special) => *special,
                    None => {
                        self.is_harmless(at, text, column.form).then_some(())?;
                        is_special(text)
                    }
                };
                if special {
                    unquoted(line, text)
                } else {
                    line.strip_prefix(text)
                }
            }
            Stored::Pseudonym(_) | Stored::Combined { .. } => {
                let digits = match row.pseudonym(column.stored) {
                    PseudonymCell::Empty => return Some(line),
                    PseudonymCell::Plain(_) => line,
                    PseudonymCell::Prefixed(_) => {
                        line.strip_prefix(self.check.la_code)?.strip_prefix(b"_")?
                    }
                };
                let (digits, rest) = digits.split_first_chunk::<64>()?;
                // Without an early end, so that the bytes are looked at many at a time.
                let digit = |b: u8| (b.wrapping_sub(b'0') < 10) | (b.wrapping_sub(b'a') < 6);
                digits
                    .iter()
                    .fold(true, |all, b| all & digit(*b))
                    .then_some(rest)
            }
        }
    }

    fn is_harmless(&mut self, at: usize, text: &[u8], form: Form) -> bool {
        let known = (at, Box::from(text));
        if self.harmless.contains(&known) {
            return true;
        }
        let fit = self.check.is_fit(text, form);
        if fit {
            if self.harmless.len() >= Self::CAPACITY {
                self.harmless.clear();
            }
            self.harmless.insert(known);
        }
        fit
    }
}

/// What follows a cell in quotes, if it reads as the text.
fn unquoted<'l>(line: &'l [u8], text: &[u8]) -> Option<&'l [u8]> {
    let mut rest = line.strip_prefix(b"\"")?;
    for byte in text {
        rest = rest.strip_prefix(&[*byte])?;
        if *byte == b'"' {
            rest = rest.strip_prefix(b"\"")?;
        }
    }
    rest.strip_prefix(b"\"")
}

fn is_special(text: &[u8]) -> bool {
    text.iter()
        .any(|b| matches!(b, b'"' | b',' | b'\n' | b'\r'))
}

const SUBMISSION: &str = "submission.csv";

fn folded(cell: &[u8]) -> String {
    skeleton(
        &encoding_rs::WINDOWS_1252
            .decode_without_bom_handling(cell)
            .0,
    )
}

fn unfit(column: &OutputColumn) -> Error {
    leak(
        SUBMISSION,
        &format!("what must not leave in {}", column.name),
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
    use crate::treat::{INLINE, Layout, PSEUDONYM, Values};
    use crate::write::{Key, Spill, SpillWriter, groups, render_csv};

    fn identifiers() -> Identifiers {
        let identifiers = Identifiers::default();
        let mut met = identifiers.meeting();
        met.add_number(&crate::nhs_number::canonical("9990000018").unwrap());
        met.add_postcode(tokens::pack_postcode("ZX1 4AB"));
        met.add_postcode(tokens::pack_postcode("N1 6HO"));
        met.add_word("P100001");
        met.add_word("Request");
        met.add_word("12");
        drop(met);
        identifiers
    }

    fn columns() -> [OutputColumn; 4] {
        let column = |name: &str, form, stored| OutputColumn {
            name: name.into(),
            form,
            field: 0,
            stored,
        };
        let combined = Stored::Combined {
            number: None,
            person: 0,
        };
        [
            column("Der_Person", Form::Pseudonym, Stored::Pseudonym(0)),
            column("Der_Combined", Form::Pseudonym, combined),
            column("Event_Type", Form::Text, Stored::Value(0)),
            column("Der_Birth_Month", Form::Integer, Stored::Value(1)),
        ]
    }

    fn check(run: impl FnOnce(LeakCheck<'_>)) {
        let schema = Schema::load("cld-release-2", None).unwrap();
        let identifiers = identifiers();
        run(LeakCheck::new(&identifiers, &schema, "999", &columns()));
    }

    /// Writes rows of two values as a run would that withholds nothing, and gives the lines and what checks lines to `look`.
    /// So many texts have a number; the others come with their rows.
    fn checked<T>(
        rows: &[(&str, &str)],
        numbered: usize,
        look: impl FnOnce(&[u8], &mut dyn FnMut(&[u8]) -> Result<u64>) -> T,
    ) -> Result<T> {
        let (schema, identifiers, columns) = (
            Schema::load("cld-release-2", None).unwrap(),
            identifiers(),
            columns(),
        );
        let check = LeakCheck::new(&identifiers, &schema, "999", &columns);
        let layout = Layout {
            values: 2,
            pseudonyms: 1,
            order: vec![0, 1, 2, 3],
            by_person: true,
            prefix: b"999_".to_vec(),
        };
        let directory = tempfile::tempdir().unwrap();
        let (spill, values) = (
            Spill::new(directory.path()),
            Values::with_room_for(2, numbered),
        );
        let mut writer = SpillWriter::new(&spill);
        for (at, (text, month)) in rows.iter().enumerate() {
            let texts = [text, month].map(|text| text.as_bytes());
            let numbers = [0, 1].map(|at| values.number(at, texts[at], true));
            let inline = texts.into_iter().zip(numbers).filter(|(_, n)| *n == INLINE);
            // Two rows for each person.
            let person = [(at / 2) as u8; PSEUDONYM];
            let mut row = Vec::new();
            layout.pack(
                &mut row,
                &numbers,
                [Some(&person)].into_iter(),
                inline.map(|(text, _)| text),
            );
            writer.push(Some([(at / 2) as u8; 2]), &row).unwrap();
        }
        writer.finish().unwrap();
        let texts = Texts::new(&values, &layout, &columns, |_, _| false).unwrap();
        let fit = FitTexts::new(&check, &texts)?;
        let key = Key {
            layout: &layout,
            columns: &columns,
            texts: &texts,
        };
        let group = groups(&spill.rows()).remove(0);
        let rows = SortedRows::load(&spill, group, key, |_, _| false).unwrap();
        let lines = render_csv(&rows, 0..rows.len());
        let mut check = LineCheck::new(&check, &fit);
        Ok(look(&lines, &mut |lines| {
            check.lines(lines, &rows, 0..rows.len())
        }))
    }

    fn whole(rows: &[(&str, &str)], numbered: usize) -> Result<u64> {
        checked(rows, numbered, |lines, check| check(lines))?
    }

    /// Whether texts have numbers or come with their rows.
    const EITHER: [usize; 2] = [100, 0];

    #[test]
    fn identifiers_are_found_in_lines_and_files() {
        for numbered in EITHER {
            let good = [
                ("Request", "12"),
                ("a \"b\", c", "3"),
                ("", ""),
                ("P1000011", "1"),
                ("xP100001", "1"),
            ];
            assert_eq!(whole(&good, numbered).unwrap(), 20);
            for bad in [
                "p100001",
                "P100001",
                "x 999 000 0018 x",
                "9990000018",
                "zx14ab",
            ] {
                assert!(whole(&[(bad, "1")], numbered).is_err(), "{bad}");
            }
            assert!(whole(&[("Request", "99900")], numbered).is_err());
        }
        check(|check| {
            assert!(check.bytes("report.html", b"<p>999-000-0018</p>").is_err());
            assert!(check.bytes("report.html", b"<p>9990000026</p>").is_ok());
        });
    }

    /// Whatever is wrong in what is written, but for digits of a pseudonym in the place of others.
    #[test]
    fn lines_that_are_not_the_rows_are_found() {
        let rows = [
            ("Request", "12"),
            ("Request", "3"),
            ("a \"b\", c", "3"),
            ("a \"b\", c", ""),
            ("", ""),
        ];
        for numbered in EITHER {
            let look = |lines: &[u8], check: &mut dyn FnMut(&[u8]) -> Result<u64>| {
                assert!(check(lines).is_ok());
                let mut changed = lines.to_vec();
                for at in 0..lines.len() {
                    for other in *b"Zg,\"\n1" {
                        changed[at] = other;
                        let digits = lines[at].is_ascii_hexdigit() && other == b'1';
                        let same = lines[at] == other;
                        assert!(same || digits || check(&changed).is_err(), "byte {at}");
                    }
                    changed[at] = lines[at];
                    assert!(check(&lines[..at]).is_err(), "cut at {at}");
                    assert!(check(&[&lines[..at], b" ", &lines[at..]].concat()).is_err());
                }
                assert!(check(&[lines, b"\n"].concat()).is_err());
            };
            checked(&rows, numbered, look).unwrap();
        }
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
        let message = whole(&[("P100001", "1")], 9).unwrap_err().to_string();
        assert!(
            message.contains("Event_Type") && !message.contains("100001"),
            "{message}"
        );
    }
}
