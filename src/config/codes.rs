//! The file under `values_file:`: local codes and the values they stand for, as `cld map suggest` writes it and somebody
//! edited it.

use std::borrow::Cow;
use std::io::Read as _;
use std::path::Path;

use crate::formula::as_received;
use crate::nearest::closest;

/// The columns that say something.
const NEEDED: [&str; 3] = ["field", "local", "value"];

/// The other columns of a suggestion, in its order: what is known and left alone. `source` picks the rows of a source.
const OTHERS: [&str; 4] = ["source", "suggestion", "nearness", "records"];

/// A table of codes is some hundreds of lines.
const MOST_BYTES: u64 = 4 << 20;

/// A row of the file. Its local code was met in somebody's data, so messages name the row instead.
pub(super) struct CodeRow {
    /// As a spreadsheet counts.
    pub row: u64,
    /// The source that it is for; empty for every source that names the file.
    pub source: String,
    /// Name of the field.
    pub field: String,
    /// Trimmed, not blank.
    pub local: String,
    /// Empty where nobody decided yet.
    pub value: String,
}

/// Reads a file of codes: bytes and rows.
///
/// # Errors
/// What is wrong with it, with the row; no local code is repeated.
pub(super) fn read(path: &Path) -> Result<(Vec<u8>, Vec<CodeRow>), String> {
    let shown = path.display();
    let unreadable = |e: std::io::Error| format!("cannot read {shown}: {e}");
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err(format!("{shown} is no plain file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!(
            "{shown} is larger than {} MiB, so it is no table of codes",
            MOST_BYTES >> 20
        ));
    }
    let rows = rows(&text(&bytes)).map_err(|fault| format!("{shown} {fault}"))?;
    Ok((bytes, rows))
}

/// Spreadsheets save as UTF-8 with its mark or, unless asked, as Windows-1252.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
        }
    }
}

fn rows(text: &str) -> Result<Vec<CodeRow>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let unreadable = |_| "is not CSV".to_owned();
    if !reader.read_record(&mut record).map_err(unreadable)? {
        return Err("is empty; it begins with the header `field,local,value`".into());
    }
    let header: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
    let [field, local, value] = columns(&header)?;
    let source = header.iter().position(|name| name == OTHERS[0]);
    let mut rows = Vec::new();
    let mut lines = Lines {
        text: text.as_bytes(),
        at: 0,
        ends: 0,
    };
    while reader.read_record(&mut record).map_err(unreadable)? {
        let cell = |at: usize| as_received(record.get(at).unwrap_or_default().trim()).trim();
        let position = record.position().map_or(0, csv::Position::byte);
        let at = lines.row(position as usize);
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if record.len() != header.len() {
            return Err(format!(
                "row {at}: has {} cells, and the header has {}. A value with a comma stands in double quotes",
                record.len(),
                header.len()
            ));
        }
        if cell(field).is_empty() {
            return Err(format!("row {at}: the field is blank"));
        }
        if cell(local).is_empty() {
            return Err(format!(
                "row {at}: the local code is blank. What blank cells stand for is said under `values:`, as in `values: {{Gender: {{'': Unknown}}}}`"
            ));
        }
        rows.push(CodeRow {
            row: at,
            source: source.map_or("", cell).to_owned(),
            field: cell(field).to_owned(),
            local: cell(local).to_owned(),
            value: cell(value).to_owned(),
        });
    }
    Ok(rows)
}

/// Counts rows as a spreadsheet does, as long as no cell holds a line break: no code does. The reader itself passes over
/// blank lines, and knows only one kind of line end.
struct Lines<'t> {
    text: &'t [u8],
    /// So far it was looked at.
    at: usize,
    /// Line ends before that.
    ends: u64,
}

impl Lines<'_> {
    /// The row of a record that begins here or after line ends.
    fn row(&mut self, begins: usize) -> u64 {
        while let Some(byte) = self.text.get(self.at) {
            let end = match byte {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ if self.at >= begins => break,
                _ => false,
            };
            self.ends += u64::from(end);
            self.at += 1;
        }
        self.ends + 1
    }
}

/// Where the columns that say something stand.
fn columns(header: &[String]) -> Result<[usize; 3], String> {
    let known = || NEEDED.into_iter().chain(OTHERS);
    for (at, name) in header.iter().enumerate() {
        if header[..at].contains(name) {
            return Err(format!("row 1: two columns are called `{name}`"));
        }
        // A first row that is no header may be anything.
        if !known().any(|k| k == name) && header.iter().any(|name| NEEDED.contains(&&**name)) {
            let nearest = closest(name, known()).unwrap_or_default();
            return Err(format!(
                "row 1: column {} is none of {}; the nearest is `{nearest}`",
                at + 1,
                known().collect::<Vec<_>>().join(", ")
            ));
        }
    }
    let mut found = [0; 3];
    for (place, name) in found.iter_mut().zip(NEEDED) {
        *place = header.iter().position(|n| n == name).ok_or_else(|| {
            format!("row 1: has no column `{name}`; a table of codes begins with the header `field,local,value`, with commas between")
        })?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &[u8]) -> Result<Vec<[String; 4]>, String> {
        let rows = rows(&super::text(text))?;
        let cells = |r: CodeRow| [r.row.to_string(), r.field, r.local, r.value];
        Ok(rows.into_iter().map(cells).collect())
    }

    #[test]
    fn rows_are_read_as_spreadsheets_save_them() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned);
        for text in [
            &b"field,local,value\nGender,F,Female\n\nGender, M ,\n"[..],
            b"\xEF\xBB\xBFfield,local,value\r\nGender,F,Female\r\n,,\r\nGender,M,\"\"",
            b"field,local,value\rGender,F,Female\r\rGender,M,\r",
            b"nearness,value,local,field\n5,Female,F,Gender\n,,,\n,,M,Gender\n",
        ] {
            let read = read_text(text).unwrap();
            assert_eq!(
                read,
                [
                    row(["2", "Gender", "F", "Female"]),
                    row(["4", "Gender", "M", ""])
                ]
            );
        }
        let read = read_text(b"field,local,value\nEthnicity,Caf\xE9,'=x\nGender,'-f,Male").unwrap();
        assert_eq!(read[0], row(["2", "Ethnicity", "Caf\u{e9}", "=x"]));
        assert_eq!(read[1][2], "-f");
    }

    #[test]
    fn what_is_no_table_of_codes_is_said_without_its_cells() {
        for (text, says) in [
            ("", "is empty"),
            ("secret,x\n", "no column `field`"),
            ("field;local;value\n", "with commas"),
            (
                "field,local,valu\n",
                "column 3 is none of field, local, value, source, suggestion, nearness, records; the nearest is `value`",
            ),
            (
                "field,local,value,value\n",
                "two columns are called `value`",
            ),
            ("field,local,value\nGender,secret\n", "row 2: has 2 cells"),
            (
                "field,local,value\n,secret,x\n",
                "row 2: the field is blank",
            ),
            (
                "field,local,value\nGender,,secret\n",
                "row 2: the local code is blank",
            ),
        ] {
            let fault = read_text(text.as_bytes()).unwrap_err();
            assert!(fault.contains(says), "{says} in {fault}");
            assert!(!fault.contains("secret"), "{fault}");
        }
    }
}
