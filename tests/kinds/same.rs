//! The same records give the same bytes, whatever kind of file they come in, and the same findings in the same places.

use arrow::ipc::CompressionType;
use parquet::basic;

use super::writers;
use crate::support::{Council, Ran, Table};

/// Invented records with their faults, of which some in every kind of cell.
fn records() -> Table {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/cld.csv");
    let mut table = Table::of(&std::fs::read(path).unwrap());
    table.rows.truncate(900);
    // Something beyond ASCII, and what has to be quoted.
    let practice = table.at("GP Practice Code");
    table.rows[3][practice] = "Zoë – \"A\", B; C".into();
    table
}

const COLUMNS: &str =
    "columns: {NHS No: NHS Number}, values: {Gender: {F: Female, M: Male}}, ignore: [Team]";

fn run(file: &str, bytes: impl AsRef<[u8]>, settings: &str) -> Ran {
    let settings = format!(
        "{COLUMNS}{}{settings}",
        if settings.is_empty() { "" } else { ", " }
    );
    Council::file(file, bytes)
        .reads(&settings)
        .set(
            "selection",
            "{cancelled: {column: local_status, values: [Cancelled]}}",
        )
        .makes()
}

#[test]
fn every_kind_of_source_gives_the_same_submission() {
    let table = records();
    let comma = writers::text(&table, b',');
    let latin = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let semicolons = writers::text(&table, b';');
    let texts = writers::batch(&table, false);
    let typed = writers::batch(&table, true);
    let plain = run("cld.csv", &comma, "");
    let same_places = |ran: &Ran, what: &str, sheet: &str| {
        for name in [
            "submission.csv",
            "submission.parquet",
            "data-quality.csv",
            "findings.csv",
        ] {
            assert!(ran.read(name) == plain.read(name), "{what}: {name}");
        }
        let mut expected = plain.whole_worklist();
        let source = expected.at("source");
        for row in &mut expected.rows {
            if row[source] == "source-1" {
                row[source] += sheet;
            }
        }
        assert!(ran.whole_worklist() == expected, "{what}: the worklist");
    };
    let tab = "kind: csv, delimiter: tab";
    for (file, bytes, settings, kind, encoding) in [
        (
            "cld.csv.gz",
            writers::gzip(comma.as_bytes()),
            "",
            "csv.gz",
            Some("utf-8"),
        ),
        (
            "cld.csv",
            latin(&semicolons),
            "delimiter: \";\"",
            "csv",
            Some("windows-1252"),
        ),
        (
            "cld.csv.gz",
            writers::gzip(&latin(&semicolons)),
            "delimiter: semicolon, encoding: iso-8859-1",
            "csv.gz",
            Some("windows-1252"),
        ),
        (
            "cld.txt",
            writers::utf16(&writers::text(&table, b'\t'), true),
            tab,
            "csv",
            Some("utf-16le"),
        ),
        (
            "cld.csv.gz",
            writers::gzip(&writers::utf16(&comma, false)),
            "",
            "csv.gz",
            Some("utf-16be"),
        ),
        (
            "cld.csv",
            semicolons.replace("\r\n", "\r").into_bytes(),
            "delimiter: \";\"",
            "csv",
            Some("utf-8"),
        ),
        (
            "cld.csv",
            writers::text(&table, b'|').into_bytes(),
            "delimiter: \"|\"",
            "csv",
            Some("utf-8"),
        ),
        ("cld.xlsx", writers::xlsx(&table, false), "", "xlsx", None),
        (
            "cld.xlsx",
            writers::xlsx(&table, true),
            "sheet: events",
            "xlsx",
            None,
        ),
        (
            "cld.parquet",
            writers::parquet(&texts, basic::Compression::SNAPPY),
            "",
            "parquet",
            None,
        ),
        (
            "cld.data",
            writers::parquet(
                &typed,
                basic::Compression::GZIP(basic::GzipLevel::default()),
            ),
            "kind: parquet",
            "parquet",
            None,
        ),
        (
            "cld.pq",
            writers::parquet(&typed, basic::Compression::LZ4_RAW),
            "",
            "parquet",
            None,
        ),
        (
            "cld.arrow",
            writers::arrow_file(&typed, None),
            "",
            "arrow",
            None,
        ),
        (
            "cld.feather",
            writers::arrow_file(&texts, Some(CompressionType::LZ4_FRAME)),
            "",
            "arrow",
            None,
        ),
        (
            "cld.arrows",
            writers::arrow_stream(&texts),
            "",
            "arrow",
            None,
        ),
    ] {
        let ran = run(file, bytes, settings);
        let sheet = if kind == "xlsx" { " [Events]" } else { "" };
        same_places(&ran, &format!("{file} {settings}"), sheet);
        let source = &ran.predicate()["sources"][0];
        assert_eq!(source["kind"], kind);
        assert_eq!(source["encoding"].as_str(), encoding);
        assert_eq!(
            source["sheet"].as_str(),
            (kind == "xlsx").then_some("Events")
        );
        assert_eq!(source["rows"], 900);
    }
}

/// Writes the file named in `CLD_CSV` as a workbook, as Parquet and as Arrow beside it, to measure what reading them takes.
#[test]
#[ignore = "makes files to measure with"]
fn files_to_measure() {
    let path = std::path::PathBuf::from(std::env::var_os("CLD_CSV").expect("a file in CLD_CSV"));
    let table = Table::of(&std::fs::read(&path).unwrap());
    let write = |ending: &str, bytes: Vec<u8>| {
        std::fs::write(path.with_extension(ending), bytes).unwrap();
    };
    let texts = writers::batch(&table, false);
    write(
        "parquet",
        writers::parquet(&texts, basic::Compression::SNAPPY),
    );
    write("arrow", writers::arrow_file(&texts, None));
    write("xlsx", writers::xlsx(&table, true));
}
