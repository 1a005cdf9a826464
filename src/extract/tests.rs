//! Blocks and cells of small files, row by row, and what is refused of them.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{Blocks, Encoding, ExtractError, Source};

fn source(encoding: Option<Encoding>) -> Source {
    Source {
        name: "s".into(),
        path: PathBuf::from("s.csv"),
        encoding,
        configured: false,
    }
}

/// The records with their rows, cells joined by `|`.
fn read(bytes: &[u8]) -> Result<Vec<(u64, String)>, ExtractError> {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let mut blocks = Blocks::open(&source(None), 0, reader)?;
    let columns = blocks.header().names.len();
    let mut records = Vec::new();
    while let Some(block) = blocks.next()? {
        let cells = block.into_cells(columns, Path::new("s.csv"))?;
        for record in 0..cells.len() {
            let row = (0..columns).map(|c| String::from_utf8_lossy(cells.get(c, record)));
            records.push((cells.row(record), row.collect::<Vec<_>>().join("|")));
        }
    }
    Ok(records)
}

#[test]
fn records_keep_their_rows_and_cells() {
    for (text, expected) in [
        ("a,b\n1,2\n", &[(2, "1|2")][..]),
        ("a,b\r\n1,2\r\n3,4", &[(2, "1|2"), (3, "3|4")]),
        ("a,b\n\n1,2\n\r\n\n3,4\n", &[(3, "1|2"), (6, "3|4")]),
        ("a,b\n\"1\n1\",2\n3,4\n", &[(2, "1\n1|2"), (3, "3|4")]),
        ("a,b\n\"1\"\"1\",\"\"\n", &[(2, "1\"1|")]),
        ("a,b\n5\" pipe,x\"y\n", &[(2, "5\" pipe|x\"y")]),
        ("a,b\n,\n", &[(2, "|")]),
        ("\"a\n\nb\",c\n1,2\n", &[(2, "1|2")]),
        ("a\n\"\"\n", &[(2, "")]),
        ("a,b\n\"1\",\"2\"\r", &[(2, "1|2")]),
        ("a,b", &[]),
    ] {
        let read = read(text.as_bytes()).unwrap();
        let read: Vec<_> = read
            .iter()
            .map(|(row, text)| (*row, text.as_str()))
            .collect();
        assert_eq!(read, expected, "{text:?}");
    }
}

#[test]
fn what_is_malformed_is_refused_in_its_row() {
    for (text, expected) in [
        ("a,b\n1\n", "row 2: has 1 cell where the header has 2"),
        ("a,b\n1,2\n\n1,2,3\n", "row 4: has 3 cells where"),
        ("a,b\n\"1,2\n3,4\n", "row 2: a quote is opened"),
        ("a,b\n1,\"2\"x\n", "row 2: text follows a closing quote"),
        ("a,b\n1,2\r3,4\n", "row 2: has 3 cells"),
        ("a,b\n1\r,2\n", "row 2: a carriage return stands inside"),
        (
            "a,b\n\"1\",\"2\"\r\"3\",\"4\"\n",
            "row 2: a lone carriage return follows",
        ),
        ("a,b\n1,2\n1,\0\n", "row 3: holds a NUL byte"),
        ("a,b\r1,2\r", "lone carriage return"),
        ("", "is empty"),
    ] {
        let message = read(text.as_bytes()).unwrap_err().to_string();
        assert!(message.contains(expected), "{text:?}: {message}");
    }
}

#[test]
fn names_of_columns_are_trimmed_and_marks_removed() {
    let text = b"\xEF\xBB\xBF a ,\"b, c\",\n1,2,3\n".to_vec();
    let blocks = Blocks::open(&source(None), 0, Box::new(Cursor::new(text))).unwrap();
    assert_eq!(blocks.header().names, ["a", "b, c", ""]);
    assert_eq!(blocks.encoding(), Encoding::Utf8);
}

#[test]
fn the_encoding_of_a_whole_file_is_told() {
    let detect = |bytes: &[u8]| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let source = Source {
            path: file.path().to_owned(),
            ..source(None)
        };
        source.detect_encoding().unwrap()
    };
    assert_eq!(detect("Zoë".as_bytes()), Encoding::Utf8);
    assert_eq!(detect(b"Zo\xeb"), Encoding::Windows1252);
    // A character cut by the end of the file is no UTF-8; one cut by the end of a buffer is.
    assert_eq!(detect(b"Zo\xc3"), Encoding::Windows1252);
    let long = [vec![b'x'; (1 << 20) - 1], "ëë".into()].concat();
    assert_eq!(detect(&long), Encoding::Utf8);
    assert_eq!(detect(&long[..long.len() - 1]), Encoding::Windows1252);
    assert_eq!(detect(b"\xEF\xBB\xBFZo\xeb"), Encoding::Utf8);
}

/// The records of some rows alone.
fn read_only(bytes: &[u8], wanted: &[u64]) -> Vec<(u64, String)> {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let mut blocks = Blocks::open(&source(None), 0, reader).unwrap();
    let columns = blocks.header().names.len();
    let mut records = Vec::new();
    while let Some(block) = blocks.next().unwrap() {
        let first = block.first_row;
        let rows = wanted.iter().copied().filter(|row| *row >= first);
        let cells = block
            .into_cells_of(rows, columns, Path::new("s.csv"))
            .unwrap();
        for record in 0..cells.len() {
            let row = (0..columns).map(|c| String::from_utf8_lossy(cells.get(c, record)));
            records.push((cells.row(record), row.collect::<Vec<_>>().join("|")));
        }
    }
    records
}

/// Another file in its place, or the same one written to, is not the file that was opened.
#[test]
fn a_file_that_changed_is_known() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.csv");
    let source = Source {
        path: path.clone(),
        ..source(None)
    };
    std::fs::write(&path, "a\n1\n").unwrap();
    let first = source.fingerprint();
    assert!(first.is_some());
    assert_eq!(source.fingerprint(), first);
    let other = directory.path().join("b.csv");
    std::fs::write(&other, "a\n2\n").unwrap();
    std::fs::rename(&other, &path).unwrap();
    let second = source.fingerprint();
    assert_ne!(second, first);
    std::thread::sleep(std::time::Duration::from_millis(20));
    std::fs::write(&path, "a\n3\n").unwrap();
    assert_ne!(source.fingerprint(), second);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(source.fingerprint(), None);
}

proptest! {
    #[test]
    fn rows_read_alone_are_the_same(
        lines in proptest::collection::vec("(|[a\"]{0,3},[ab]{0,2}|\"(a|\n|,|\"\"){0,4}\",\"b\")(\n|\r\n)", 0..12),
        wanted in proptest::collection::btree_set(0_u64..30, 0..8),
    ) {
        let text = format!("x,y\n{}", lines.concat());
        let wanted: Vec<u64> = wanted.into_iter().map(|row| row + 2).collect();
        if let Ok(mut all) = read(text.as_bytes()) {
            all.retain(|(row, _)| wanted.contains(row));
            prop_assert_eq!(read_only(text.as_bytes(), &wanted), all);
        }
    }
}
