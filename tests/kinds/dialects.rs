//! Text with other separators, quotes, encodings and titles than a plain CSV has.

use super::writers;
use crate::support::{Council, Record, Table, service};

fn table() -> Table {
    Table::of(&Record::csv(&[
        service().with("Event Description", "Day centre; \"Zoë's\""),
        service()
            .with("Event Reference", "E2")
            .with("Gender", "Wrong"),
    ]))
}

#[test]
fn rows_are_counted_as_a_spreadsheet_does() {
    let table = table();
    let text = writers::text(&table, b';');
    // A title with a line break in quotes, a blank row; then the names, a blank row, the records.
    let (header, records) = text.split_once("\r\n").unwrap();
    let titled = format!("\"Client level\r\ndata\";;\r\n\r\n{header}\r\n\r\n{records}");
    let ran = Council::file("cld.csv", titled)
        .reads("delimiter: semicolon, header_row: 3")
        .makes();
    let worklist = ran.worklist();
    assert_eq!(worklist.find("rule", "gender.not_in_list", "row"), "6");
    assert_eq!(worklist.find("rule", "gender.not_in_list", "column"), "I");
    assert_eq!(ran.predicate()["sources"][0]["blank_lines"], 1);
}

#[test]
fn quotes_are_what_the_source_says() {
    let table = table();
    let comma = writers::text(&table, b',');
    // Apostrophes around cells; then none at all, where quotes stand for themselves.
    let apostrophes = comma
        .replace('\'', "''")
        .replace("\"\"", "\u{1}")
        .replace('"', "'")
        .replace('\u{1}', "\"");
    let bare = writers::text(&table, b'|')
        .replace("\"\"", "\u{1}")
        .replace('"', "")
        .replace('\u{1}', "\"");
    let expected = Council::file("cld.csv", comma)
        .makes()
        .read("submission.csv");
    for (text, settings) in [
        (apostrophes, "quote: \"'\""),
        (bare, "delimiter: pipe, quote: none"),
    ] {
        let ran = Council::file("cld.csv", text).reads(settings).makes();
        assert!(ran.read("submission.csv") == expected, "{settings}");
    }
}

#[test]
fn what_is_malformed_is_refused_in_its_row() {
    let table = table();
    let text = writers::text(&table, b';');
    let utf16 = writers::utf16(&writers::text(&table, b'\t'), true);
    let cut = utf16[..utf16.len() - 3].to_vec();
    let mut lonely = utf16.clone();
    lonely.extend_from_slice(&[0x00, 0xD8, b'x', 0]);
    for (bytes, settings, parts) in [
        (
            text.clone().into_bytes(),
            "kind: csv",
            &["separated by semicolons", "`delimiter: \";\"`"][..],
        ),
        (
            writers::text(&table, b'\t').into_bytes(),
            "kind: csv",
            &["separated by tabs", "`delimiter: tab`"],
        ),
        (
            format!("{text}\"999;x").into_bytes(),
            "delimiter: \";\"",
            &["row 4: a quote is opened and never closed"],
        ),
        (
            format!("{text}\"999\"x;\r\n").into_bytes(),
            "delimiter: \";\"",
            &["row 4: text follows a closing quote"],
        ),
        (
            format!("{text}999;x\r\n").into_bytes(),
            "delimiter: \";\"",
            &["row 4: has 2 cells where"],
        ),
        (cut, "delimiter: tab", &["is not utf-16le throughout"]),
        (lonely, "delimiter: tab", &["is not utf-16le throughout"]),
        (
            utf16,
            "delimiter: tab, encoding: utf-8",
            &["begins with the mark of UTF-16, but the configuration says utf-8"],
        ),
    ] {
        Council::file("cld.csv", bytes)
            .reads(settings)
            .fails(3)
            .said
            .says(parts);
    }
}

#[test]
fn an_encoding_that_is_named_is_read() {
    let table = table();
    let text = writers::text(&table, b',').replace("A81001", "A€");
    let encoded = encoding_rs::ISO_8859_15.encode(&text).0.into_owned();
    assert!(encoded.contains(&0xA4));
    let ran = Council::file("cld.csv", encoded)
        .reads("encoding: iso-8859-15")
        .makes();
    assert_eq!(ran.submission().column("GP_Practice_Code"), ["A€", "A€"]);
    assert_eq!(ran.predicate()["sources"][0]["encoding"], "iso-8859-15");
    let unmarked = writers::utf16(&text, false)[2..].to_vec();
    let ran = Council::file("cld.csv", unmarked)
        .reads("encoding: utf-16be")
        .makes();
    assert_eq!(ran.submission().column("GP_Practice_Code"), ["A€", "A€"]);
}
