//! Blocks and cells of small files, row by row, and what is refused of them.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{Blocks, Encoding, ExtractError, Format, Key, Kind, Source, Text};

fn source(encoding: Option<Encoding>) -> Source {
    Source {
        name: "s".into(),
        path: PathBuf::from("s.csv"),
        encoding,
        format: Format::of(Kind::Csv),
        query: None,
        configured: false,
        recipe: None,
    }
}

/// The records with their rows, cells joined by `|`.
fn read(bytes: &[u8]) -> Result<Vec<(u64, String)>, ExtractError> {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let mut blocks = Blocks::open(&source(None), 0, Text::plain(reader))?;
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
    let blocks = Blocks::open(&source(None), 0, Text::plain(Box::new(Cursor::new(text)))).unwrap();
    assert_eq!(blocks.header().names, ["a", "b, c", ""]);
    assert_eq!(blocks.encoding(), Encoding::Utf8);
    // Doubled quotes in a name do not reach into the names behind it, with or without an end of the line.
    for text in [
        "\"a\"\"b\",\"c\"",
        "\"a\"\"b\",\"c\"\n",
        "\"a\"\"b\",c",
        "\"a\"\"b\",c\r\n",
    ] {
        let reader = Box::new(Cursor::new(text.as_bytes().to_vec()));
        let blocks = Blocks::open(&source(None), 0, Text::plain(reader)).unwrap();
        assert_eq!(blocks.header().names, ["a\"b", "c"], "{text}");
    }
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
    let mut blocks = Blocks::open(&source(None), 0, Text::plain(reader)).unwrap();
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

/// Gives out a few bytes at a time.
struct Drops {
    bytes: Vec<u8>,
    at: usize,
    sizes: Vec<usize>,
    turn: usize,
}

impl Read for Drops {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()].min(buffer.len());
        self.turn += 1;
        let rest = &self.bytes[self.at..];
        let n = size.min(rest.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        Ok(n)
    }
}

/// Records with their rows, and cells as they are; or what is wrong.
type Records = Result<Vec<(u64, Vec<Vec<u8>>)>, String>;

/// The records below a header of two columns, read in drops of these sizes and in blocks of so many bytes.
fn read_in_drops(
    bytes: &[u8],
    encoding: Option<Encoding>,
    sizes: &[usize],
    block_bytes: usize,
    by_blocks: bool,
) -> Records {
    let reader = Drops {
        bytes: [b"x,y\n", bytes].concat(),
        at: 0,
        sizes: sizes.to_vec(),
        turn: 0,
    };
    let blocks = Blocks::open(&source(encoding), 0, Text::plain(Box::new(reader)));
    let mut blocks = blocks.map_err(|e| e.to_string())?;
    blocks.block_bytes = block_bytes;
    blocks.scan.by_blocks = by_blocks;
    let mut records = Vec::new();
    while let Some(block) = blocks.next().map_err(|e| e.to_string())? {
        let cells = block.into_cells(2, Path::new("s.csv"));
        let cells = cells.map_err(|e| e.to_string())?;
        for record in 0..cells.len() {
            let row: Vec<_> = (0..2).map(|c| cells.get(c, record).to_vec()).collect();
            for (column, cell) in row.iter().enumerate() {
                assert_eq!(cells.column(column).nth(record), Some(&cell[..]));
                let keyed = cells.keyed_column(column).nth(record).unwrap();
                let wanted = (!cell.is_empty()).then(|| (&cell[..], Key::of(cell)));
                assert!(keyed == wanted, "column {column}");
            }
            records.push((cells.row(record), row));
        }
    }
    Ok(records)
}

/// The same as the csv crate has them, in UTF-8, for lines that are one row each.
fn read_plainly(lines: &[String]) -> Records {
    let mut records = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(line.as_bytes());
        for record in reader.byte_records() {
            let record = record.map_err(|e| e.to_string())?;
            let cells = record.iter().map(<[u8]>::to_vec).collect();
            records.push((at as u64 + 2, cells));
        }
    }
    Ok(records)
}

/// A cell as it may stand in a file: of any length about those that are looked at together, with quotes around it or in it.
fn a_cell() -> impl Strategy<Value = String> {
    let length = prop_oneof![0_usize..20, 28_usize..36, 56_usize..72, 120_usize..136];
    let fill = length.prop_map(|n| "abcdefg ".chars().cycle().take(n).collect::<String>());
    prop_oneof![
        Just(String::new()),
        fill.clone(),
        (fill.clone(), "([a\"\u{e9}\u{20ac}]{1,3})")
            .prop_map(|(fill, odd)| format!("a{fill}{odd}")),
        (fill, "((,|\n|\r|\r\n|\"\"|\u{e9}|a){0,6})")
            .prop_map(|(fill, odd)| format!("\"{fill}{odd}{fill}\"")),
    ]
}

fn a_line() -> impl Strategy<Value = String> {
    let end = prop_oneof![Just("\n"), Just("\r\n")];
    prop_oneof![
        8 => (a_cell(), a_cell(), end.clone()).prop_map(|(a, b, end)| format!("{a},{b}{end}")),
        1 => end.prop_map(str::to_owned),
    ]
}

proptest! {
    /// A seam of reading or of a block may lie anywhere.
    #[test]
    fn records_are_those_of_a_plain_reader(
        lines in proptest::collection::vec(a_line(), 0..12),
        sizes in proptest::collection::vec(1_usize..150, 1..6),
        block_bytes in 1_usize..400,
        ends in any::<bool>(),
        windows in any::<bool>(),
    ) {
        let mut lines = lines;
        if let Some(last) = lines.last_mut().filter(|_| !ends) {
            let end = last.trim_end_matches(['\n', '\r']).len();
            last.truncate(end);
        }
        let expected = read_plainly(&lines);
        let text = lines.concat();
        let encoding = windows.then_some(Encoding::Windows1252);
        let bytes = if windows {
            encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
        } else {
            text.into_bytes()
        };
        prop_assert_eq!(read_in_drops(&bytes, encoding, &sizes, block_bytes, true), expected);
    }

    /// What is malformed is told of in the same words, whichever way it is looked at.
    #[test]
    fn both_ways_of_finding_record_ends_agree(
        pieces in proptest::collection::vec("(a{0,3}|a{60,66}|[,\n\"]|\"\"|,\"|\",|\"\n|\"\r\n|\r|\0?;?)", 0..60),
        sizes in proptest::collection::vec(1_usize..150, 1..6),
        block_bytes in 1_usize..400,
    ) {
        let text = pieces.concat();
        let fast = read_in_drops(text.as_bytes(), None, &sizes, block_bytes, true);
        prop_assert_eq!(fast, read_in_drops(text.as_bytes(), None, &sizes, block_bytes, false));
    }
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

/// Some rows as they are read with all others, and as they are read again alone.
fn rows_again(
    lines: &[String],
    wanted: &[bool],
    block_bytes: usize,
    windows: bool,
) -> (Records, Records) {
    let text = format!("x,y\n{}", lines.concat());
    let encoding = windows.then_some(Encoding::Windows1252);
    let text = if windows {
        encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
    } else {
        text.into_bytes()
    };
    let plain = Text::plain(Box::new(Cursor::new(text.clone())));
    let mut blocks = Blocks::open(&source(encoding), 0, plain).expect("a header");
    blocks.block_bytes = block_bytes;
    let mut file = Cursor::new(text);
    let (mut all, mut again) = (Vec::new(), Vec::new());
    let is_wanted = |row: u64| wanted[row as usize % wanted.len()];
    while let Some(block) = blocks.next().expect("sound") {
        let mut cells = block.into_cells(2, Path::new("s.csv")).expect("sound");
        let record = |cells: &super::Cells, at: usize| {
            let row = [0, 1].map(|column| cells.get(column, at).to_vec());
            (cells.row(at), row.to_vec())
        };
        let records = (0..cells.len()).map(|at| record(&cells, at));
        all.extend(records.filter(|(row, _)| is_wanted(*row)));
        let place = cells.take_place().expect("as it stands in the file");
        let rows: Vec<u64> = place.whole().rows().filter(|row| is_wanted(*row)).collect();
        for part in place.parts(rows.iter().copied()) {
            let part_rows = rows.iter().copied().filter(|row| part.rows().contains(row));
            let block = part.read(&mut file, encoding, &Default::default());
            let block = block.expect("there").expect("as it was");
            let cells = block
                .into_cells_of(part_rows, 2, Path::new("s.csv"))
                .expect("sound");
            again.extend((0..cells.len()).map(|at| record(&cells, at)));
        }
    }
    (Ok(all), Ok(again))
}

proptest! {
    /// Whatever stands between the rows that are wanted, and wherever a block ends.
    #[test]
    fn rows_are_read_again_as_they_were_read(
        lines in proptest::collection::vec(a_line(), 0..120),
        wanted in proptest::collection::vec(proptest::bool::weighted(0.1), 1..90),
        block_bytes in 1_usize..9_000,
        windows in any::<bool>(),
    ) {
        let (all, again) = rows_again(&lines, &wanted, block_bytes, windows);
        prop_assert_eq!(all, again);
    }
}
