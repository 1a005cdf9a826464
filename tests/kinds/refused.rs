//! What cannot be read is refused with the place and what to do.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, ListArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use parquet::basic;
use rust_xlsxwriter::{Format, Workbook};

use super::writers;
use crate::support::{Council, Record, Table, call, service};

fn table() -> Table {
    Table::of(&Record::csv(&[
        service(),
        service().with("Event Reference", "E2"),
    ]))
}

#[track_caller]
fn refused(file: &str, bytes: impl AsRef<[u8]>, settings: &str, code: i32, parts: &[&str]) {
    let council = Council::file(file, bytes);
    let council = if settings.is_empty() {
        council
    } else {
        council.reads(settings)
    };
    council.fails(code).said.says(parts);
}

/// A workbook made by hand.
fn workbook(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(&mut workbook);
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_says_where_its_table_is() {
    let table = table();
    // A title above, and the table from column C on.
    let titled = workbook(|workbook| {
        let sheet = workbook.add_worksheet().set_name("Events").unwrap();
        sheet
            .write_string(0, 0, "Client level data, quarter 4")
            .unwrap();
        writers::put(sheet, 2, 2, &table.header, false);
        for (row, cells) in (3..).zip(&table.rows) {
            writers::put(sheet, row, 2, cells, true);
        }
        sheet.write_string(6, 2, "998").unwrap();
    });
    refused(
        "cld.xlsx",
        &titled,
        "",
        3,
        &[
            "has one cell alone in row 1 of sheet `Events`, which is a title",
            "`header_row:`",
        ],
    );
    refused(
        "cld.xlsx",
        &titled,
        "header_row: 2",
        3,
        &["no column names in row 2 of sheet `Events`"],
    );
    let ran = Council::file("cld.xlsx", &titled)
        .reads("header_row: 3")
        .makes();
    assert_eq!(ran.submission().rows.len(), 2);
    // Row 6 is blank, row 7 holds another council's code and nothing else.
    let worklist = ran.worklist();
    let other = worklist
        .rows
        .iter()
        .find(|row| row[worklist.at("rule")] == "la_code.not_controller")
        .unwrap();
    assert_eq!(other[worklist.at("source")], "source-1 [Events]");
    assert_eq!(other[worklist.at("row")], "7");
    assert_eq!(other[worklist.at("column")], "C");
    let source = &ran.predicate()["sources"][0];
    assert_eq!(
        (&source["rows"], &source["blank_lines"]),
        (&3.into(), &1.into())
    );
}

#[test]
fn one_sheet_is_read_and_named() {
    let table = table();
    let several = workbook(|workbook| {
        for name in ["Events", "Old events"] {
            let sheet = workbook.add_worksheet().set_name(name).unwrap();
            writers::put(sheet, 0, 0, &table.header, false);
            writers::put(sheet, 1, 0, &table.rows[0], false);
        }
        workbook.add_worksheet().set_name("Empty").unwrap();
        let hidden = workbook.add_worksheet().set_name("Hidden").unwrap();
        hidden.write_string(0, 0, "x").unwrap();
        hidden.set_hidden(true);
    });
    refused(
        "cld.xlsx",
        &several,
        "",
        3,
        &["several sheets: `Events`, `Old events`.", "`sheet:`"],
    );
    refused(
        "cld.xlsx",
        &several,
        "sheet: Event",
        3,
        &["has no sheet `Event`; it has `Events`, `Old events`, `Empty`, `Hidden`"],
    );
    refused(
        "cld.xlsx",
        &several,
        "sheet: Empty",
        3,
        &["no column names in row 1 of sheet `Empty`"],
    );
    Council::file("cld.xlsx", &several)
        .reads("sheet: Old events")
        .makes();
    // The same file held against the rules alone.
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cld.xlsx");
    std::fs::write(&path, &several).unwrap();
    let path = path.to_str().unwrap();
    call(["validate", path])
        .code(3)
        .says(&["several sheets: `Events`, `Old events`", "--sheet"]);
    let said = call(["validate", path, "--sheet", "Events", "--format", "json"]).code(0);
    let said = said.json();
    let findings = said["findings"].as_array().unwrap();
    let of_records: Vec<_> = findings.iter().filter(|f| !f["row"].is_null()).collect();
    assert!(
        !of_records.is_empty() && of_records.iter().all(|f| f["sheet"] == "Events"),
        "{said}"
    );
    assert_eq!(said["portal"][0]["verdict"], "would be refused", "{said}");
    let csv = directory.path().join("cld.csv");
    std::fs::write(&csv, writers::text(&table, b',')).unwrap();
    call(["validate", csv.to_str().unwrap(), "--sheet", "Events"])
        .code(2)
        .says(&["--sheet goes with a workbook"]);
}

#[test]
fn cells_that_would_be_lost_are_refused() {
    let table = table();
    let of = |change: &dyn Fn(&mut rust_xlsxwriter::Worksheet)| {
        workbook(|workbook| {
            let sheet = workbook.add_worksheet();
            writers::put(sheet, 0, 0, &table.header, false);
            writers::put(sheet, 1, 0, &table.rows[0], false);
            change(sheet);
        })
    };
    let merged = of(&|sheet| {
        sheet
            .merge_range(0, 3, 0, 4, "NHS Number", &Format::new())
            .unwrap();
    });
    refused(
        "cld.xlsx",
        merged,
        "",
        3,
        &[
            "merged cells in the row of column names of sheet `Sheet1`: D1:E1",
            "Unmerge them",
        ],
    );
    let merged = of(&|sheet| {
        sheet
            .merge_range(1, 0, 2, 0, "999", &Format::new())
            .unwrap();
    });
    refused(
        "cld.xlsx",
        merged,
        "",
        3,
        &["merged cells of sheet `Sheet1`: A2:A3"],
    );
    let beyond = of(&|sheet| {
        sheet.write_string(1, 50, "9990000018").unwrap();
    });
    refused(
        "cld.xlsx",
        beyond,
        "",
        3,
        &["row 2: of sheet `Sheet1`: has a value in column AY, which has no name"],
    );
}

#[test]
fn other_kinds_are_named_with_what_to_do() {
    for (file, bytes, settings, code, parts) in [
        (
            "cld.xlsx",
            &b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1...."[..],
            "",
            3,
            &[
                "under a password, or of an old kind (.xls)",
                "Save it as .xlsx",
            ][..],
        ),
        (
            "cld.xlsx",
            b"LA Code,NHS Number\n",
            "",
            3,
            &["is not an Excel workbook", "`kind: csv`"],
        ),
        ("cld.xlsx", b"", "", 3, &["is empty"]),
        (
            "cld.xlsx",
            b"PK\x03\x04 and then nothing",
            "",
            3,
            &["is not a sound workbook"],
        ),
        (
            "cld.parquet",
            b"PAR1 and then nothing",
            "",
            3,
            &["is not a sound Parquet file"],
        ),
        (
            "cld.arrow",
            b"ARROW1 and then nothing",
            "",
            3,
            &["is not a sound Arrow file"],
        ),
        (
            "cld.feather",
            b"FEA1 and then nothing",
            "",
            3,
            &["is Feather of the first version"],
        ),
        (
            "cld.csv",
            b"PAR1 and then nothing",
            "",
            3,
            &["is a Parquet file, not CSV"],
        ),
        (
            "cld.csv",
            b"PK\x03\x04",
            "",
            3,
            &["is an Excel workbook", ".xlsx"],
        ),
        (
            "cld.xls",
            b"",
            "",
            2,
            &[".xls files are not read. Save the workbook as .xlsx"],
        ),
        (
            "cld.txt",
            b"",
            "",
            2,
            &["the file's name ends in none of .csv", "`kind: csv`"],
        ),
        (
            "cld.csv",
            b"",
            "kind: word",
            2,
            &["kind `word` is not known; known are csv"],
        ),
        (
            "cld.csv",
            b"",
            "sheet: A",
            2,
            &["sources[1].sheet: goes with xlsx, and this source is csv"],
        ),
        (
            "cld.xlsx",
            b"",
            "delimiter: tab",
            2,
            &["sources[1].delimiter: goes with csv, and this source is xlsx"],
        ),
        (
            "cld.parquet",
            b"",
            "encoding: utf-8",
            2,
            &["sources[1].encoding: goes with csv, and this source is parquet"],
        ),
        (
            "cld.arrow",
            b"",
            "header_row: 2",
            2,
            &["sources[1].header_row: goes with csv and xlsx"],
        ),
        (
            "cld.csv",
            b"",
            "header_row: 0",
            2,
            &["sources[1].header_row: is not a row"],
        ),
        (
            "cld.csv",
            b"",
            "delimiter: ab",
            2,
            &["sources[1].delimiter: is not one character"],
        ),
        (
            "cld.csv",
            b"",
            "quote: x",
            2,
            &["sources[1].quote: is neither"],
        ),
        (
            "cld.csv",
            b"",
            "max_inflated: lots",
            2,
            &["sources[1].max_inflated: is not a size"],
        ),
        (
            "cld.csv",
            b"",
            "encoding: ebcdic",
            2,
            &["sources[1].encoding: is none of utf-8, windows-1252"],
        ),
    ] {
        refused(file, bytes, settings, code, parts);
    }
}

#[test]
fn columns_that_are_no_cells_are_refused() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)])]);
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["999"]));
    let nested = RecordBatch::try_from_iter([
        ("LA Code", Arc::clone(&ids)),
        ("Notes", Arc::new(list) as ArrayRef),
    ])
    .unwrap();
    let parts = &["column B is a list", "leave it out"];
    refused(
        "cld.arrow",
        writers::arrow_file(&nested, None),
        "",
        3,
        parts,
    );
    refused(
        "cld.parquet",
        writers::parquet(&nested, basic::Compression::UNCOMPRESSED),
        "",
        3,
        parts,
    );
    // Text that was not called text is text, unless it is none.
    let table = table();
    let batch = writers::batch(&table, false);
    let number = table.at("GP Practice Code");
    for (bytes, sound) in [(&b"A81001"[..], true), (b"A8\xFF", false)] {
        let mut columns: Vec<(String, ArrayRef)> = table
            .header
            .iter()
            .cloned()
            .zip(batch.columns().iter().cloned())
            .collect();
        columns[number].1 = Arc::new(BinaryArray::from_iter_values([bytes, bytes]));
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let file = writers::parquet(&batch, basic::Compression::SNAPPY);
        if sound {
            Council::file("cld.parquet", file).makes();
        } else {
            refused("cld.parquet", file, "", 3, &["not UTF-8"]);
        }
    }
}
