//! Direct identifiers of the extract anywhere in the files of a bundle: as they are, in hex, in base64, in what a Parquet file
//! says about itself.
//!
//! Only what is in the extract is found, so that the ten digits of an amount or a version alarm nobody.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use foldhash::fast::FixedState;
use hashbrown::HashSet;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Encoding, Type};
use parquet::column::page::Page;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;

use super::alone::text;
use crate::attest::leak::LeakCheck;
use crate::treat::{Form, Identifiers, OutputColumn};

/// Looks for the extract's identifiers.
pub struct Traces<'a> {
    identifiers: &'a Identifiers,
    check: &'a LeakCheck<'a>,
    columns: &'a [OutputColumn],
}

/// Shorter words, and words without a letter or a digit, are anybody's.
const SHORTEST_WORD: usize = 5;

/// Bytes that are read at once, and so many more that what lies across their end is found.
const PIECE: usize = 1 << 20;
const OVERLAP: usize = 256;

impl<'a> Traces<'a> {
    /// For a submission with these columns.
    pub fn new(
        identifiers: &'a Identifiers,
        check: &'a LeakCheck<'a>,
        columns: &'a [OutputColumn],
    ) -> Self {
        Self {
            identifiers,
            check,
            columns,
        }
    }

    /// Whether a text holds an NHS number or full postcode, plain or encoded, or a person id among other words. Windows-1252.
    pub fn in_text(&self, text: &[u8]) -> bool {
        self.in_coded(text) || words(text).any(|word| self.identifiers.is_word(word))
    }

    /// The same without words, which a file of a million cells holds by chance.
    fn in_coded(&self, text: &[u8]) -> bool {
        let any = |bytes: &[u8]| self.identifiers.any_token_in(bytes);
        any(text) || from_hex(text, &any) || from_base64(text, &any)
    }

    /// Whether a file holds one. Read in pieces. `words` says whether person ids among other words count.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn in_file(&self, path: &Path, words: bool) -> std::io::Result<bool> {
        let mut file = BufReader::new(File::open(path)?);
        let mut held = Vec::new();
        loop {
            let read = (&mut file).take(PIECE as u64).read_to_end(&mut held)?;
            if read == 0 {
                return Ok(false);
            }
            if if words {
                self.in_text(&held)
            } else {
                self.in_coded(&held)
            } {
                return Ok(true);
            }
            let keep = held.len().min(OVERLAP);
            held.drain(..held.len() - keep);
        }
    }

    /// Whether a cell of a column of the submission is or holds one. Windows-1252.
    pub fn in_cell(&self, cell: &[u8], column: &str) -> bool {
        let form = self
            .columns
            .iter()
            .find(|c| c.name == column)
            .map_or(Form::Text, |c| c.form);
        match form {
            Form::Text | Form::Count => {
                self.check.must_not_leave(cell, form)
                    || form == Form::Text && self.in_hidden_code(cell)
            }
            Form::Pseudonym => {
                !is_pseudonym(cell)
                    && (self.identifiers.any_hidden_in(cell) || self.identifiers.is_word(cell))
            }
            Form::Decimal | Form::Date | Form::Integer | Form::Sector => {
                self.identifiers.any_hidden_in(cell)
            }
        }
    }

    fn in_hidden_code(&self, cell: &[u8]) -> bool {
        let any = |bytes: &[u8]| self.identifiers.any_token_in(bytes);
        from_hex(cell, &any) || from_base64(cell, &any)
    }

    /// Where a Parquet file holds one, in words: what it says about itself, its dictionaries, its cells. Gives the number of
    /// distinct cells looked at too.
    ///
    /// # Errors
    /// When it is not a Parquet file.
    pub fn in_parquet(&self, path: &Path) -> Result<(Vec<&'static str>, u64), ParquetError> {
        let mut found = Vec::new();
        let reader = SerializedFileReader::new(File::open(path)?)?;
        let about = reader.metadata().file_metadata();
        let said = about.key_value_metadata().into_iter().flatten();
        let said = said.flat_map(|pair| [Some(pair.key.as_str()), pair.value.as_deref()]);
        if said
            .flatten()
            .chain(about.created_by())
            .any(|text| self.in_text(text.as_bytes()))
        {
            found.push("the metadata of submission.parquet");
        }
        let names = about
            .schema_descr()
            .columns()
            .iter()
            .map(|column| column.name().to_owned());
        let names: Vec<String> = names.collect();
        if names.iter().any(|name| self.in_text(name.as_bytes())) {
            found.push("the column names of submission.parquet");
        }
        let (mut statistics, mut dictionaries) = (false, false);
        for (at, group) in reader.metadata().row_groups().iter().enumerate() {
            let row_group = reader.get_row_group(at)?;
            for (of, column) in group.columns().iter().enumerate() {
                statistics |= column.statistics().is_some_and(|s| self.in_statistics(s));
                let texts = column.column_type() == Type::BYTE_ARRAY;
                for page in row_group.get_column_page_reader(of)? {
                    let page = page?;
                    statistics |= page.statistics().is_some_and(|s| self.in_statistics(s));
                    if let Page::DictionaryPage { buf, encoding, .. } = &page
                        && texts
                        && matches!(encoding, Encoding::PLAIN | Encoding::PLAIN_DICTIONARY)
                    {
                        // Also what no row refers to.
                        dictionaries |=
                            plain(buf).any(|cell| self.in_cell(&narrow(cell), &names[of]));
                    }
                }
            }
        }
        if statistics {
            found.push("the statistics of submission.parquet");
        }
        if dictionaries {
            found.push("a dictionary of submission.parquet");
        }
        let (cells, looked_at) = self.in_rows(path)?;
        if cells {
            found.push("a cell of submission.parquet");
        }
        Ok((found, looked_at))
    }

    fn in_statistics(&self, statistics: &Statistics) -> bool {
        let ends = [statistics.min_bytes_opt(), statistics.max_bytes_opt()];
        ends.into_iter().flatten().any(|end| match *end {
            [a, b, c, d, e, f, g, h] => {
                let number = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
                self.in_number(number) || self.in_text(end)
            }
            _ => self.in_text(end),
        })
    }

    fn in_number(&self, number: u64) -> bool {
        number >= 1_000_000
            && self
                .identifiers
                .any_token_in(format!("{number:010}").as_bytes())
    }

    fn in_rows(&self, path: &Path) -> Result<(bool, u64), ParquetError> {
        let batches = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.build()?;
        let mut seen: HashSet<(usize, u64), FixedState> = HashSet::default();
        let (mut any, mut looked_at) = (false, 0);
        for batch in batches {
            let batch: RecordBatch = batch.map_err(|e| ParquetError::General(e.to_string()))?;
            for (at, (column, field)) in batch
                .columns()
                .iter()
                .zip(batch.schema().fields())
                .enumerate()
            {
                match column.data_type() {
                    DataType::Utf8 => {
                        for cell in column.as_string::<i32>().iter().flatten() {
                            if is_pseudonym(cell.as_bytes())
                                || !seen.insert((at, text(cell.as_bytes())))
                            {
                                continue;
                            }
                            looked_at += 1;
                            any |= self.in_cell(&narrow(cell.as_bytes()), field.name());
                        }
                    }
                    DataType::Int64 => {
                        let numbers = column.as_primitive::<Int64Type>().iter().flatten();
                        any |= numbers
                            .filter_map(|n| u64::try_from(n).ok())
                            .any(|n| self.in_number(n));
                    }
                    DataType::Int32 => {
                        let numbers = column.as_primitive::<Int32Type>().iter().flatten();
                        any |= numbers
                            .filter_map(|n| u64::try_from(n).ok())
                            .any(|n| self.in_number(n));
                    }
                    // Days, and amounts of two decimals, have no room for ten digits that anybody would read.
                    _ => {}
                }
                if seen.len() > 1 << 20 {
                    seen.clear();
                }
            }
        }
        Ok((any, looked_at))
    }
}

/// 64 hexadecimal digits, behind an LA code or not.
pub fn is_pseudonym(cell: &[u8]) -> bool {
    let digits = match cell.iter().rposition(|b| *b == b'_') {
        Some(at) if at <= 8 => &cell[at + 1..],
        _ => cell,
    };
    digits.len() == 64 && digits.iter().all(u8::is_ascii_hexdigit)
}

/// Words with a letter and a digit: person ids, mostly.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = text.split(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'-' | b'_' | b'/'));
    words.filter(|word| {
        (SHORTEST_WORD..=40).contains(&word.len())
            && word.iter().any(u8::is_ascii_digit)
            && word.iter().any(u8::is_ascii_alphabetic)
    })
}

/// Whether what somebody wrote as two hexadecimal digits for each character is an identifier: stretches of twenty and more.
fn from_hex(text: &[u8], any: &impl Fn(&[u8]) -> bool) -> bool {
    runs(text, |b| b.is_ascii_hexdigit(), 20).any(|run| {
        (0..2).any(|from| {
            let digits = &run[from..];
            let even = &digits[..digits.len() / 2 * 2];
            // Ten digits are ten times 3 and a digit; all else costs no more than this look.
            let plausible = even.as_chunks::<2>().0.windows(10).any(|w| {
                w.iter()
                    .all(|pair| pair[0] == b'3' && pair[1].is_ascii_digit())
            });
            plausible && decoded(even).is_some_and(|bytes| any(&bytes))
        })
    })
}

fn decoded(hex: &[u8]) -> Option<Vec<u8>> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(hex).ok()
}

/// Whether what somebody wrote in base64 is an identifier. Three digits are four characters of which the first is M, N or O;
/// of ten digits, six in a row are such whatever stands before them.
fn from_base64(text: &[u8], any: &impl Fn(&[u8]) -> bool) -> bool {
    let is_first = |b: u8| matches!(b, b'M' | b'N' | b'O');
    runs(
        text,
        |b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_'),
        13,
    )
    .any(|run| {
        (0..4).any(|from| {
            let quads = run[from..].as_chunks::<4>().0;
            let plausible = quads
                .windows(2)
                .any(|pair| is_first(pair[0][0]) && is_first(pair[1][0]));
            plausible && any(&unquad(&run[from..]))
        })
    })
}

/// The bytes of base64 in either alphabet, without padding.
fn unquad(run: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(run.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0);
    for b in run {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            _ => 63,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    bytes
}

/// Longest stretches of such bytes, of so many at least.
fn runs(text: &[u8], of: impl Fn(u8) -> bool, least: usize) -> impl Iterator<Item = &[u8]> {
    text.split(move |b| !of(*b))
        .filter(move |run| run.len() >= least)
}

/// The values of a page without encoding: four bytes of length before each.
fn plain(mut page: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = page.split_first_chunk::<4>()?;
        let (cell, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        page = rest;
        Some(cell)
    })
}

/// UTF-8 as the checks want it.
fn narrow(cell: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(cell) {
        Ok(text) if !text.is_ascii() => {
            Cow::Owned(encoding_rs::WINDOWS_1252.encode(text).0.into_owned())
        }
        _ => Cow::Borrowed(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nhs_number::canonical;
    use crate::schema::Schema;
    use crate::tokens;
    use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

    fn look(run: impl FnOnce(Traces<'_>)) {
        let schema = Schema::load("cld-release-2", None).unwrap();
        let identifiers = Identifiers::default();
        let mut met = identifiers.meeting();
        for number in ["9990000018", "9434765919"] {
            met.add_number(&canonical(number).unwrap());
        }
        met.add_postcode(tokens::pack_postcode("ZX1 4AB"));
        met.add_word("P100001");
        met.add_word("Jones");
        drop(met);
        let check = LeakCheck::new(&identifiers, &schema, "999", &[]);
        run(Traces::new(&identifiers, &check, &[]));
    }

    #[test]
    fn identifiers_are_found_however_they_are_written() {
        look(|traces| {
            for number in ["9990000018", "9434765919"] {
                let (a, b, c) = (&number[..3], &number[3..6], &number[6..]);
                for plain in [
                    number.to_owned(),
                    format!("{a} {b} {c}"),
                    format!("{a}-{b}-{c}"),
                ] {
                    for before in ["", "x=", "ab: "] {
                        let text = format!("{before}{plain}");
                        let bytes = text.as_bytes();
                        for written in [
                            text.clone(),
                            HEXLOWER.encode(bytes),
                            HEXUPPER.encode(bytes),
                            BASE64.encode(bytes),
                            BASE64URL_NOPAD.encode(bytes),
                        ] {
                            // Hyphens in three groups hide the digits from the quick look in base64 and hex.
                            if plain == number || written == text {
                                let text = format!("{{\"a\": \"{written}\"}}");
                                assert!(traces.in_text(text.as_bytes()), "{text}");
                            }
                        }
                    }
                }
            }
            for text in ["at ZX1 4AB.", "zx14ab", "<td>P100001</td>", "p100001"] {
                assert!(traces.in_text(text.as_bytes()), "{text}");
            }
        });
    }

    #[test]
    fn what_is_not_of_the_extract_is_left_alone() {
        look(|traces| {
            for text in [
                "9990000026",
                "99900000189",
                "d99900000186014ee8b0",
                "P100002",
                "sha256",
                &HEXLOWER.encode(b"9990000026"),
                &BASE64.encode(b"9990000026"),
                "MMMMNNNNOOOOMMMM",
                "Jones",
            ] {
                assert!(!traces.in_text(text.as_bytes()), "{text}");
            }
        });
    }

    #[test]
    fn cells_are_held_against_words_too() {
        look(|traces| {
            for cell in [
                "Jones",
                "jones ",
                "P100001",
                "999 000 0018",
                "OTk5MDAwMDAxOA",
            ] {
                assert!(traces.in_cell(cell.as_bytes(), "Event_Outcome"), "{cell}");
            }
            for cell in ["", "Female", "12.50", "2025"] {
                assert!(!traces.in_cell(cell.as_bytes(), "Event_Outcome"), "{cell}");
            }
        });
    }

    #[test]
    fn what_lies_across_two_pieces_is_found() {
        look(|traces| {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("file");
            for start in [0, PIECE - 9, PIECE - 1, PIECE, 2 * PIECE - 5] {
                let mut bytes = vec![b' '; 2 * PIECE + 100];
                bytes[start + 1..start + 11].copy_from_slice(b"9990000018");
                std::fs::write(&path, &bytes).unwrap();
                assert!(traces.in_file(&path, true).unwrap(), "{start}");
            }
            std::fs::write(&path, vec![b' '; PIECE]).unwrap();
            assert!(!traces.in_file(&path, true).unwrap());
        });
    }

    #[test]
    fn pseudonyms_are_told_from_other_cells() {
        let hex = "0d107c6a8984de9d3d669eb09a3e18317aff7fa8d187d4254eb148e68cf32086";
        assert!(is_pseudonym(hex.as_bytes()) && is_pseudonym(format!("999_{hex}").as_bytes()));
        assert!(!is_pseudonym(&hex.as_bytes()[1..]) && !is_pseudonym(b"9990000018"));
    }
}
