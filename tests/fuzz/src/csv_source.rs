//! The reader of sources against a plain one, byte by byte, that reads whole files.

use std::io::Read;
use std::path::Path;

use cld_return::extract::{Blocks, Encoding, ExtractError, Format, Key, Kind, Source, Text};

/// The names of the columns, and each record with its row.
type Table = (Vec<String>, Vec<(u64, Vec<String>)>);

/// Gives out so many bytes at a time, so that every byte may be the first or last of a reading.
struct Drops {
    bytes: Vec<u8>,
    at: usize,
    size: usize,
}

impl Read for Drops {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = &self.bytes[self.at..];
        let n = self.size.min(rest.len()).min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        Ok(n)
    }
}

fn read(bytes: &[u8], size: usize) -> Result<Table, ExtractError> {
    let source = Source {
        name: "s".into(),
        path: "s.csv".into(),
        encoding: None,
        format: Format::of(Kind::Csv),
        query: None,
        configured: false,
        recipe: None,
    };
    let drops = Drops {
        bytes: bytes.to_vec(),
        at: 0,
        size,
    };
    let mut blocks = Blocks::open(&source, 0, Text::plain(Box::new(drops)))?;
    let names = blocks.header().names.clone();
    let mut records = Vec::new();
    while let Some(block) = blocks.next()? {
        let cells = block.into_cells(names.len(), Path::new("s.csv"))?;
        for record in 0..cells.len() {
            let row = (0..names.len()).map(|column| {
                let cell = cells.get(column, record);
                let keyed = cells.keyed_column(column).nth(record).expect("a cell");
                assert!(keyed == (!cell.is_empty()).then(|| (cell, Key::of(cell))));
                String::from_utf8(cell.to_vec()).expect("UTF-8")
            });
            records.push((cells.row(record), row.collect()));
        }
        assert!(format!("{cells:?}").ends_with(" records, withheld)"));
    }
    assert!(blocks.encoding() != Encoding::Windows1252 || std::str::from_utf8(bytes).is_err());
    Ok((names, records))
}

/// The same read plainly: one state for each byte. None where it should be refused.
fn plainly(text: &str) -> Option<Table> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rows: Vec<(u64, Vec<String>, bool)> = Vec::new();
    let (mut row, mut line) = (1, 1);
    let mut cells = vec![String::new()];
    let (mut quoted, mut closed, mut any) = (false, false, false);
    let mut chars = text.chars().peekable();
    let mut has = false;
    while let Some(c) = chars.next() {
        has = true;
        let cell = cells.last_mut().expect("a cell");
        match c {
            '\0' => return None,
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => (quoted, closed) = (false, true),
            // A spreadsheet has it in the same row.
            c if quoted => cell.push(c),
            '"' if cell.is_empty() && !closed => (quoted, any) = (true, true),
            ',' => {
                cells.push(String::new());
                (closed, any) = (false, true);
            }
            '\n' => {
                line += 1;
                rows.push((row, std::mem::replace(&mut cells, vec![String::new()]), any));
                (closed, any, has, row) = (false, false, false, line);
            }
            // Part of the line end, or of the end of the file.
            '\r' if matches!(chars.peek(), Some('\n') | None) => {}
            '\r' => return None,
            _ if closed => return None,
            c => {
                cell.push(c);
                any = true;
            }
        }
    }
    if quoted {
        return None;
    }
    if has {
        rows.push((row, cells, any));
    }
    let first = text.split('\n').next()?;
    if first.bytes().all(|b| b.is_ascii_whitespace()) {
        return None;
    }
    let mut rows = rows.into_iter();
    let (_, names, _) = rows.next()?;
    // In a name of a column not even quotes make a carriage return harmless.
    if names.iter().any(|name| name.contains('\r')) {
        return None;
    }
    let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
    let mut records = Vec::new();
    // A line with nothing on it is no record.
    for (row, cells, _) in rows.filter(|(.., any)| *any) {
        if cells.len() != names.len() {
            return None;
        }
        records.push((row, cells));
    }
    Some((names, records))
}

/// As the plain reader, wherever the seams of reading lie; refusals carry no cell.
pub fn csv(bytes: &[u8]) {
    let Some((size, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = read(bytes, bytes.len().max(1));
    let parts = read(bytes, usize::from(*size) + 1);
    match (&whole, &parts) {
        (Ok(a), Ok(b)) => assert!(a == b, "a seam of reading makes a difference"),
        // Of several faults, which is told first may hang on how much was read.
        (Err(_), Err(_)) => {}
        _ => panic!("a seam of reading makes a difference"),
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let other_format = [
        &b"PK\x03\x04"[..],
        b"\x1f\x8b",
        b"\xD0\xCF\x11\xE0",
        b"PAR1",
        b"ARRO",
    ]
    .iter()
    .any(|m| bytes.starts_with(m));
    let expected = plainly(text).filter(|_| !other_format);
    match (whole, expected) {
        (Ok(found), expected) => assert!(
            Some(found) == expected,
            "another table than the plain reader's"
        ),
        (Err(error), Some(_)) => panic!("refused: {error}"),
        (Err(_), None) => {}
    }
}
