//! Exit code 3: files that are no well-formed CSV, each with its row and a remedy.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{Council, Record, service};

/// A header and one record, then these bytes: they begin in row 3.
fn then(bytes: &[u8]) -> Vec<u8> {
    [&good(), bytes].concat()
}

fn good() -> Vec<u8> {
    Record::csv(&[service()])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A record of as many cells as the header has, the first as given.
fn record(first: &str) -> String {
    format!("{first}{}\n", ",".repeat(service().columns().len() - 1))
}

#[track_caller]
fn refused(bytes: &[u8], says: &[&str]) {
    Council::file("cld.csv", bytes).fails(3).said.says(says);
}

#[test]
fn ragged_rows_are_told_with_their_row() {
    refused(
        &then(b"999,01/04/2025\n"),
        &[
            "cld.csv row 3",
            "has 2 cells where the header has 48",
            "Put quotes",
        ],
    );
    refused(
        &then(record("999,").as_bytes()),
        &["row 3", "has 49 cells where the header has 48"],
    );
    refused(&then(b"999\n"), &["row 3", "has 1 cell where"]);
    // A blank line is a row; a line end within quotes is none.
    let before = format!("\n\r\n{}", record("\"9\n9\r\n9\""));
    refused(&then(format!("{before}999\n").as_bytes()), &["row 6"]);
}

#[test]
fn quotes_that_do_not_fit_are_told_with_their_row() {
    refused(
        &then(format!("{}\"999,x\n\n\n", record("999")).as_bytes()),
        &["row 4", "opened and never closed", "Close the quote"],
    );
    refused(
        &then(record("\"9\"9").as_bytes()),
        &[
            "row 3",
            "text follows a closing quote",
            "Double every quote",
        ],
    );
    refused(
        &then(record("\"9\" ").as_bytes()),
        &["row 3", "text follows a closing quote"],
    );
}

#[test]
fn a_nul_byte_is_told_with_its_row() {
    refused(
        &then(record("9\09").as_bytes()),
        &["row 3", "NUL byte", "export it again"],
    );
    refused(&then(record("\"9\09\"").as_bytes()), &["row 3", "NUL byte"]);
    refused(b"LA \0Code\n", &["row 1", "NUL byte"]);
}

#[test]
fn what_is_no_csv_file_is_told_by_its_first_bytes() {
    refused(b"", &["is empty", "row of column names"]);
    refused(b"\n\n", &["no column names", "row of column names"]);
    // UTF-16 is read, but half a character is none.
    refused(b"\xFF\xFEL\0A", &["not utf-16le throughout", "CSV UTF-8"]);
    refused(b"\xFE\xFF\0L\0", &["not utf-16be throughout", "CSV UTF-8"]);
    refused(
        b"PK\x03\x04\x14\0\x06\0",
        &["Excel workbook or zip", "save its sheet as \"CSV\""],
    );
    refused(&gzip(&good()), &["is a gzip file", ".csv.gz"]);
}

#[test]
fn a_gzip_file_must_be_sound() {
    let whole = gzip(&good());
    let refused = |bytes: &[u8], says: &[&str]| {
        Council::file("cld.csv.gz", bytes).fails(3).said.says(says);
    };
    refused(&whole[..whole.len() - 12], &["cut short", "again"]);
    refused(&whole[..whole.len() / 2], &["cut short", "again"]);
    refused(&good(), &["not a sound gzip file", "again"]);
    let mut damaged = whole.clone();
    let crc = damaged.len() - 8;
    damaged[crc] ^= 1;
    refused(&damaged, &["not a sound gzip file", "again"]);
    refused(b"", &["gzip"]);
}

#[test]
fn lone_carriage_returns_are_refused() {
    let unix = String::from_utf8(good()).unwrap();
    refused(
        unix.replace('\n', "\r").as_bytes(),
        &["lone carriage return", "Windows or Unix line ends"],
    );
    refused(
        &then(record("9\r9").as_bytes()),
        &["row 3", "carriage return", "Put quotes"],
    );
    // Behind a closing quote it would end a record that nobody counted.
    let quoted = format!("\"999\"{}", ",\"\"".repeat(service().columns().len() - 1));
    for records in [2, 5, 40] {
        let lone = [quoted.as_str()].repeat(records).join("\r");
        refused(&then(lone.as_bytes()), &["row 3", "carriage return"]);
    }
}

#[test]
fn a_row_that_never_ends_is_refused() {
    let long = record(&"9".repeat(18 << 20));
    refused(&then(long.as_bytes()), &["row 3", "longer than 16 MiB"]);
    let open = format!("\"{}", record("9").repeat((18 << 20) / 48));
    refused(
        &then(open.as_bytes()),
        &["row 3", "quote that is never closed"],
    );
}

#[test]
fn an_extract_without_a_record_is_refused() {
    let header = good()
        .split_inclusive(|b| *b == b'\n')
        .next()
        .unwrap()
        .to_vec();
    refused(
        &header,
        &["no record below their headers", "Check the extract"],
    );
    refused(header.trim_ascii_end(), &["no record below their headers"]);
    Council::file("a.csv", &header)
        .and_file("b.csv", &header)
        .fails(3)
        .said
        .says(&["no record"]);
    Council::file("a.csv", &header)
        .source("b.csv", [service()])
        .makes();
}
