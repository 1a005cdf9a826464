//! The worklist: findings with the values received, for the people who correct the case system. It never leaves.

use super::csv_file::push_quoted;
use crate::formula::like_formula;

/// The columns of the worklist's files, the `local_` columns of all sources at the end.
#[derive(Debug, Clone, Default)]
pub struct WorklistHeader {
    local: Vec<String>,
}

const FINDINGS: [&str; 16] = [
    "rule",
    "severity",
    "source",
    "row",
    "column",
    "field",
    "source_column",
    "person_id",
    "event_reference",
    "received",
    "expected",
    "what_is_wrong",
    "what_to_do",
    "who",
    "follows_from",
    "record_excluded",
];

const EXCLUDED: [&str; 6] = [
    "source",
    "row",
    "person_id",
    "event_reference",
    "reason",
    "what_it_means",
];

impl WorklistHeader {
    /// With the `local_` columns of every source, each once.
    pub fn new<'a>(local: impl Iterator<Item = &'a str>) -> Self {
        let mut header = Self::default();
        for name in local {
            if !header.local.iter().any(|n| n == name) {
                header.local.push(name.to_owned());
            }
        }
        header
    }

    /// The names of the `local_` columns.
    pub fn local(&self) -> &[String] {
        &self.local
    }

    /// The header of `findings.csv`, behind the mark by which spreadsheets know UTF-8.
    pub fn findings(&self) -> Vec<u8> {
        self.line(&FINDINGS)
    }

    /// The header of `excluded.csv`.
    pub fn excluded(&self) -> Vec<u8> {
        self.line(&EXCLUDED)
    }

    /// The header of the file of records whose number is another one than the verified one.
    pub fn another_number(&self) -> Vec<u8> {
        self.line(&EXCLUDED[..4])
    }

    fn line(&self, columns: &[&str]) -> Vec<u8> {
        let mut lines = WorklistLines {
            bytes: b"\xEF\xBB\xBF".to_vec(),
            begun: false,
        };
        lines.line(
            columns
                .iter()
                .copied()
                .chain(self.local.iter().map(String::as_str))
                .map(str::as_bytes),
        );
        lines.bytes
    }
}

/// Lines of the worklist, UTF-8.
#[derive(Default)]
pub struct WorklistLines {
    /// The lines so far.
    pub bytes: Vec<u8>,
    begun: bool,
}

impl WorklistLines {
    /// Appends a cell. What a spreadsheet would run as a formula gets an apostrophe in front.
    pub fn cell(&mut self, cell: &[u8]) {
        if std::mem::replace(&mut self.begun, true) {
            self.bytes.push(b',');
        }
        if like_formula(cell) {
            push_quoted(&mut self.bytes, &[b"'", cell].concat());
        } else {
            push_quoted(&mut self.bytes, cell);
        }
    }

    /// Appends cells that were made before, without a line's end.
    pub fn cells(&mut self, cells: &Self) {
        if std::mem::replace(&mut self.begun, true) {
            self.bytes.push(b',');
        }
        self.bytes.extend_from_slice(&cells.bytes);
    }

    /// Appends a number.
    pub fn number(&mut self, mut number: u64) {
        let mut digits = [0; 20];
        let mut from = digits.len();
        loop {
            from -= 1;
            digits[from] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.cell(&digits[from..]);
    }

    /// Appends a line.
    pub fn line<'c>(&mut self, cells: impl Iterator<Item = &'c [u8]>) {
        cells.for_each(|cell| self.cell(cell));
        self.end();
    }

    /// Ends the line.
    pub fn end(&mut self) {
        self.bytes.extend_from_slice(b"\r\n");
        self.begun = false;
    }
}

/// `field,value,records` for values of lists that are not known in full: what a council looks up to complete them.
pub fn unverified_csv<'a>(rows: impl Iterator<Item = (&'a str, &'a str, u64)>) -> Vec<u8> {
    let mut lines = WorklistLines {
        bytes: b"\xEF\xBB\xBFfield,value,records\r\n".to_vec(),
        begun: false,
    };
    for (field, value, records) in rows {
        lines.cell(field.as_bytes());
        lines.cell(value.as_bytes());
        lines.cell(records.to_string().as_bytes());
        lines.end();
    }
    lines.bytes
}
