//! What a configuration says of the kind of a source and how it is read.

use std::path::Path;

use super::odbc::RawOdbc;
use super::raw_table::RawTable;
use crate::extract::{Encoding, Format, Kind};

/// A key below the source's, with its dot, or nothing for the source itself; and what is wrong with it.
type Fault = (&'static str, String);

/// Reads the keys that say how a source is read.
pub(super) fn read(raw: &RawTable) -> Result<(Format, Option<Encoding>), Vec<Fault>> {
    let mut faults: Vec<Fault> = Vec::new();
    let kind = kind(raw).map_err(|fault| faults.push(fault)).ok();
    let mut format = Format::of(kind.unwrap_or(Kind::Csv));
    if let Some(kind) = kind {
        misplaced(raw, kind, &mut faults);
        faults.extend(misplaced_place(raw, kind));
    }
    let encoding = raw.encoding.as_deref().and_then(|name| {
        let known = Encoding::named(name);
        if known.is_none() {
            faults.push((".encoding", format!("is none of {}", Encoding::NAMES)));
        }
        known
    });
    format.sheet = raw.sheet.clone();
    if raw
        .sheet
        .as_deref()
        .is_some_and(|sheet| sheet.trim().is_empty())
    {
        faults.push((".sheet", "is blank".into()));
    }
    match raw.header_row {
        None => {}
        Some(row @ 1..=1_000) => format.header_row = row,
        Some(_) => faults.push((
            ".header_row",
            "is not a row from 1 to 1000, as a spreadsheet counts".into(),
        )),
    }
    match raw.delimiter.as_deref().map(delimiter) {
        None => {}
        Some(Some(delimiter)) => format.delimiter = delimiter,
        Some(None) => faults.push((
            ".delimiter",
            "is not one character of ASCII that separates cells, as \";\", \"|\", \"^\" or tab"
                .into(),
        )),
    }
    match raw.quote.as_deref() {
        None => {}
        Some("none") => format.quote = None,
        Some("\"") => format.quote = Some(b'"'),
        Some("'") => format.quote = Some(b'\''),
        Some(_) => faults.push((".quote", "is neither '\"' nor \"'\" nor none".into())),
    }
    match raw.max_inflated.as_deref().map(bytes) {
        None => {}
        Some(Some(most)) => format.max_inflated = most,
        Some(None) => faults.push((".max_inflated", "is not a size as 500 MiB or 12 GiB".into())),
    }
    if faults.is_empty() {
        Ok((format, encoding))
    } else {
        Err(faults)
    }
}

fn kind(raw: &RawTable) -> Result<Kind, Fault> {
    let file = raw.file.as_deref().unwrap_or_default();
    let lower = file.to_ascii_lowercase();
    match raw.kind.as_deref() {
        Some(name) => Kind::named(name).ok_or_else(|| {
            ("", format!("kind `{name}` is not known; known are csv (plain or .gz), xlsx, parquet, arrow and odbc"))
        }),
        None if raw.file.is_none() => {
            Err(("", "names no `file:`, nor says `kind: odbc` with a `query:`".into()))
        }
        None => Kind::of_path(Path::new(file)).ok_or_else(|| {
            let old = [".xls", ".xlsb", ".ods"].iter().find(|ending| lower.ends_with(**ending));
            let fault = match old {
                Some(old) => format!("{old} files are not read. Save the workbook as .xlsx, or its sheet as \"CSV\""),
                None => "the file's name ends in none of .csv, .csv.gz, .xlsx, .parquet, .arrow and .feather; say what it is with `kind: csv`, xlsx, parquet or arrow".into(),
            };
            ("", fault)
        }),
    }
}

/// Keys that say nothing of this kind.
fn misplaced(raw: &RawTable, kind: Kind, faults: &mut Vec<Fault>) {
    let text = &[Kind::Csv][..];
    for (key, given, kinds, of) in [
        (".encoding", raw.encoding.is_some(), text, "csv"),
        (".delimiter", raw.delimiter.is_some(), text, "csv"),
        (".quote", raw.quote.is_some(), text, "csv"),
        (".sheet", raw.sheet.is_some(), &[Kind::Xlsx], "xlsx"),
        (
            ".header_row",
            raw.header_row.is_some(),
            &[Kind::Csv, Kind::Xlsx],
            "csv and xlsx",
        ),
        (
            ".file",
            kind == Kind::Odbc && raw.file.is_some(),
            &[],
            "files",
        ),
    ] {
        if given && !kinds.contains(&kind) {
            faults.push((
                key,
                format!(
                    "goes with {of}, and this source is {}. Remove it",
                    kind.name()
                ),
            ));
        }
    }
}

/// What is wrong with the keys that say where a source is, be it a file or a query.
fn misplaced_place(raw: &RawTable, kind: Kind) -> Option<Fault> {
    if kind == Kind::Odbc {
        return None;
    }
    if raw.file.is_none() {
        return Some(("", format!("kind `{}` needs a `file:`", kind.name())));
    }
    let key = RawOdbc::of(raw).given()?;
    Some((
        key,
        format!(
            "goes with odbc, and this source is {}. Remove it",
            kind.name()
        ),
    ))
}

fn delimiter(text: &str) -> Option<u8> {
    match text {
        "comma" => Some(b','),
        "semicolon" => Some(b';'),
        "tab" | "\\t" => Some(b'\t'),
        "pipe" => Some(b'|'),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'\'') => Some(*byte),
            // Separators that no text holds, which some systems write.
            [byte @ (b'\t' | 0x01 | 0x1E | 0x1F)] => Some(*byte),
            _ => None,
        },
    }
}

/// Reads `500 MiB`. A megabyte is taken for a mebibyte: nobody means to allow less.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().ok()?;
    let power = match unit.trim().to_ascii_lowercase().as_str() {
        "kib" | "kb" => 10,
        "mib" | "mb" => 20,
        "gib" | "gb" => 30,
        "tib" | "tb" => 40,
        _ => return None,
    };
    number.checked_mul(1 << power).filter(|bytes| *bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_separators_are_read() {
        assert_eq!(bytes("12 GiB"), Some(12 << 30));
        assert_eq!(bytes("500MB"), Some(500 << 20));
        for wrong in [
            "",
            "12",
            "GiB",
            "0 MiB",
            "-1 GiB",
            "99999999999 TiB",
            "1.5 GiB",
        ] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
        assert_eq!(delimiter(";"), Some(b';'));
        assert_eq!(delimiter("tab"), Some(b'\t'));
        for wrong in ["", ";;", "\"", "a", " ", "\n", "£"] {
            assert_eq!(delimiter(wrong), None, "{wrong}");
        }
    }
}
