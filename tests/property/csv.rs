//! The reader of sources against the csv crate, and against arbitrary bytes.

use std::io::Read;
use std::path::{Path, PathBuf};

use cld_return::extract::{Blocks, ExtractError, Format, Kind, Source, Text};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::cases;
use crate::support::{Record, call, service};

/// Gives its bytes a few at a time, as a pipe or a decompressor may.
struct Pieces {
    bytes: Vec<u8>,
    at: usize,
    size: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.size.min(buffer.len()).min(self.bytes.len() - self.at);
        buffer[..n].copy_from_slice(&self.bytes[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

type Rows = Vec<Vec<Vec<u8>>>;

/// Header and records as our reader has them, with the row of each record and the number of blocks.
fn read(bytes: &[u8], size: usize) -> Result<(Vec<String>, Rows, Vec<u64>, usize), ExtractError> {
    let source = Source {
        name: "s".into(),
        path: PathBuf::from("s.csv"),
        encoding: None,
        format: Format::of(Kind::Csv),
        query: None,
        configured: false,
        recipe: None,
    };
    let pieces = Pieces {
        bytes: bytes.to_vec(),
        at: 0,
        size,
    };
    let mut blocks = Blocks::open(&source, 0, Text::plain(Box::new(pieces)))?;
    let names = blocks.header().names.clone();
    let (mut rows, mut places, mut count) = (Vec::new(), Vec::new(), 0);
    while let Some(block) = blocks.next()? {
        let cells = block.into_cells(names.len(), Path::new("s.csv"))?;
        for record in 0..cells.len() {
            let row = (0..names.len()).map(|column| cells.get(column, record).to_vec());
            rows.push(row.collect());
            places.push(cells.row(record));
        }
        count += 1;
    }
    Ok((names, rows, places, count))
}

fn cell() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a", "bc", "é", "€", ",", "\"", "\"\"", "\n", "\r\n", "\r", " ", "5\"", "x,y", "",
    ]);
    vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn table(columns: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Vec<String>>> {
    columns.prop_flat_map(|columns| vec(vec(cell(), columns), 0..12))
}

fn write(columns: usize, rows: &[Vec<String>], always: bool, windows: bool) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .quote_style(if always {
            csv::QuoteStyle::Always
        } else {
            csv::QuoteStyle::Necessary
        })
        .terminator(if windows {
            csv::Terminator::CRLF
        } else {
            csv::Terminator::Any(b'\n')
        })
        .from_writer(Vec::new());
    writer
        .write_record((0..columns).map(|n| format!("c{n}")))
        .unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}

fn bytes_of(rows: &[Vec<String>]) -> Rows {
    rows.iter()
        .map(|row| row.iter().map(|cell| cell.clone().into_bytes()).collect())
        .collect()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn well_formed_csv_is_read_as_the_csv_crate_reads_it(
        rows in table(1..5),
        always: bool,
        windows: bool,
        cut: bool,
        size in select(vec![1, 2, 3, 7, 64, 1 << 20]),
    ) {
        let columns = rows.first().map_or(2, Vec::len);
        let mut bytes = write(columns, &rows, always, windows);
        if cut && !rows.is_empty() && rows.last().unwrap().concat() != "" {
            bytes.truncate(bytes.len() - if windows { 2 } else { 1 });
        }
        let mut theirs = csv::Reader::from_reader(bytes.as_slice());
        let theirs: Rows = theirs
            .byte_records()
            .map(|r| r.unwrap().iter().map(<[u8]>::to_vec).collect())
            .collect();
        prop_assert_eq!(&theirs, &bytes_of(&rows));
        let (names, ours, places, _) = read(&bytes, size).unwrap();
        prop_assert_eq!(names.len(), columns);
        prop_assert_eq!(&ours, &theirs);
        prop_assert_eq!(places, (2..).take(rows.len()).collect::<Vec<u64>>());
    }

    #[test]
    fn nothing_panics_on_arbitrary_bytes(
        head in select(vec!["", "a,b\n", "\"a\",b\r\n", "\u{feff}a\n"]),
        pieces in vec(
            prop_oneof![
                select(vec!["\"", "\"\"", ",", "\n", "\r\n", "\r", "a", "\0", "\"\r", "é"])
                    .prop_map(|s| s.as_bytes().to_vec()),
                vec(any::<u8>(), 0..6),
            ],
            0..40,
        ),
        size in select(vec![1, 2, 5, 1 << 20]),
    ) {
        let bytes = [head.as_bytes(), &pieces.concat()].concat();
        let whole = read(&bytes, 1 << 20);
        let pieced = read(&bytes, size);
        // How the bytes come in changes nothing of what is made of them.
        prop_assert_eq!(whole.is_ok(), pieced.is_ok());
        if let (Ok(whole), Ok(pieced)) = (whole, pieced) {
            prop_assert_eq!(whole, pieced);
        }
    }
}

proptest! {
    #![proptest_config(cases(6))]

    #[test]
    fn blocks_may_end_anywhere(
        rows in vec((cell(), 1..900_000_usize, cell()), 3..9),
        always: bool,
        size in select(vec![1000, 65_536, 1_048_575, 1 << 21]),
    ) {
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(a, n, b)| vec![a, "x,\"\n".repeat(n / 4), b])
            .collect();
        let bytes = write(3, &rows, always, true);
        let (_, ours, places, blocks) = read(&bytes, size).unwrap();
        prop_assert!(ours == bytes_of(&rows), "cells differ");
        prop_assert_eq!(places, (2..).take(rows.len()).collect::<Vec<u64>>());
        prop_assert!(blocks > bytes.len() / (4 << 20));
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn the_binary_never_breaks_on_arbitrary_bytes(
        pieces in vec(
            prop_oneof![
                select(vec![",", "\n", "\"", "\r\n", "Service", "01/05/2025", "-", "£", "9990000018"])
                    .prop_map(|s| s.as_bytes().to_vec()),
                vec(any::<u8>(), 0..4),
            ],
            0..150,
        ),
        whole_rows: bool,
    ) {
        let mut bytes = Record::csv(&[service()]);
        if whole_rows {
            // Cells without anything that ends one.
            let cell = |p: &Vec<u8>| {
                p.iter().copied().filter(|b| !b",\n\r\"\0".contains(b)).collect::<Vec<_>>()
            };
            for row in pieces.chunks(48) {
                let cells: Vec<_> = (0..48).map(|n| row.get(n).map_or(Vec::new(), cell)).collect();
                bytes.extend(cells.join(&b','));
                bytes.push(b'\n');
            }
        } else {
            bytes.extend(pieces.concat());
        }
        let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let said = call(["validate", file.path().to_str().unwrap()]);
        prop_assert!([0, 3].contains(&said.code), "{}: {}", said.code, said.stderr);
        prop_assert!(!whole_rows || said.code == 0, "{}", said.stderr);
    }
}
