//! The first row of a source: the names of its columns.

use memchr::{memchr, memchr2};

use super::split::{Span, span};

/// The names of a source's columns, trimmed.
#[derive(Debug, Clone, Default)]
pub struct HeaderRow {
    /// In the order of the file.
    pub names: Vec<String>,
    /// Columns of a sheet before the first one.
    pub first_column: usize,
    /// The sheet, if the source is a workbook; without NHS numbers.
    pub sheet: Option<String>,
}

impl HeaderRow {
    /// The letters of a column as the spreadsheet has it.
    pub fn letters(&self, column: usize) -> String {
        letters(self.first_column + column)
    }

    /// Splits the header line, which is UTF-8.
    pub(super) fn parse(line: Vec<u8>) -> Self {
        let mut text = line;
        let end = text.len();
        let mut names = Vec::new();
        let mut at = 0;
        loop {
            let (span, next) = cell(&mut text, at, end);
            names.push(
                String::from_utf8_lossy(&text[span.range()])
                    .trim()
                    .to_owned(),
            );
            match next {
                After::Cell(n) => at = n,
                After::Record => {
                    return Self {
                        names,
                        ..Self::default()
                    };
                }
            }
        }
    }
}

/// A column as a spreadsheet names it: A, Z, AA.
pub fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut n = column + 1;
    while n > 0 {
        letters.push(b'A' + ((n - 1) % 26) as u8);
        n = (n - 1) / 26;
    }
    letters.iter().rev().map(|&b| char::from(b)).collect()
}

enum After {
    Cell(usize),
    Record,
}

/// The value of the cell that begins at `at` of a header that ends at `end`. Doubled quotes are undone in a copy behind.
fn cell(text: &mut Vec<u8>, at: usize, end: usize) -> (Span, After) {
    if text[..end].get(at) != Some(&b'"') {
        let stop = memchr2(b',', b'\n', &text[at..end]).map_or(end, |n| at + n);
        return match text[..end].get(stop) {
            Some(b',') => (span(at, stop), After::Cell(stop + 1)),
            _ => (span(at, stop), After::Record),
        };
    }
    let start = at + 1;
    let mut copied = None;
    let mut from = start;
    let close = loop {
        // The scan that cut the block made sure that every quote is closed.
        let quote = memchr(b'"', &text[from..end]).map_or(end, |n| from + n);
        if quote + 1 < end && text[quote + 1] == b'"' {
            copied.get_or_insert(text.len());
            text.extend_from_within(from..=quote);
            from = quote + 2;
        } else {
            break quote;
        }
    };
    let value = match copied {
        None => span(start, close),
        Some(behind) => {
            text.extend_from_within(from..close);
            span(behind, text.len())
        }
    };
    let next = (close + 1).min(end);
    match text[..end].get(next) {
        Some(b',') => (value, After::Cell(next + 1)),
        _ => (value, After::Record),
    }
}
