//! T23: what would run as a formula when somebody opens it is inert in every file that people open, and does not leave.

use std::fs;

use calamine::{Data, DataType as _};

use crate::support::{Council, Ran, Record, Table, request, service, tree};
use crate::treatment::parquet;

const STARTS: [&str; 6] = ["=", "+", "-", "@", "\t", "\r"];

/// What a spreadsheet takes for a number, a sign included.
fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

fn runs(cell: &str) -> bool {
    STARTS.iter().any(|start| cell.starts_with(start)) && !is_number(cell)
}

/// Records with a formula in each column in turn, also behind a space, and in columns of the source's own.
fn records() -> Vec<Record> {
    let mut records = Vec::new();
    let columns: Vec<String> = service()
        .columns()
        .into_iter()
        .map(str::to_owned)
        .chain(["local_note".into()])
        .collect();
    for (n, start) in STARTS.into_iter().chain([" ="]).enumerate() {
        for (at, column) in columns.iter().enumerate() {
            let base = if at % 2 == 0 { service() } else { request() };
            let id = format!("{:04}", n * 100 + at);
            records.push(
                base.of("", &format!("P{id}"), &format!("E{id}"))
                    .with("local_note", format!("{start}HYPERLINK(A1)"))
                    .with(column, format!("{start}cmd|'/c calc'!A{n}")),
            );
        }
    }
    records
}

/// No cell of any CSV file runs; gives how many are held by an apostrophe.
fn check_csv(directory: &std::path::Path) -> usize {
    let mut held = 0;
    let mut files = 0;
    for (name, bytes) in tree(directory) {
        if !name.ends_with(".csv") {
            continue;
        }
        files += 1;
        let table = Table::of(&bytes);
        for cell in table.rows.iter().flatten().chain(&table.header) {
            assert!(!runs(cell), "{name}: {cell:?}");
            held += usize::from(cell.strip_prefix('\'').is_some_and(runs));
        }
    }
    assert!(files >= 3, "{files} files");
    held
}

fn check_workbook(ran: &Ran) {
    let mut workbook = ran.workbook();
    let mut held = 0;
    for sheet in workbook.sheets() {
        assert!(!workbook.runs(&sheet), "a formula in {sheet}");
        // As text a formula is a text, whatever it begins with; it must not have become anything else.
        for cell in workbook.rows(&sheet).iter().flatten() {
            held += usize::from(matches!(cell, Data::String(text) if runs(text)));
            assert!(!matches!(cell, Data::Error(_)) && !cell.is_datetime());
        }
    }
    assert!(held > 50, "the workbook shows what was received: {held}");
}

fn check_submission(ran: &Ran) {
    for table in [ran.submission(), parquet::read(ran)] {
        assert!(table.rows.len() > 200, "{}", table.rows.len());
        for cell in table.rows.iter().flatten() {
            assert!(!runs(cell) && !cell.starts_with('\''), "{cell:?}");
            assert!(
                !cell.contains("cmd|") && !cell.contains("HYPERLINK"),
                "{cell:?}"
            );
        }
    }
}

#[test]
fn t23_no_file_that_people_open_runs_a_formula() {
    let before = ["2", "3"].map(|n| {
        service()
            .of(
                &format!("99900000{n}{}", if n == "2" { 6 } else { 4 }),
                &format!("=P{n}"),
                &format!("+E{n}"),
            )
            .with("Service Component", "Day support")
    });
    let dated = before.map(|record| {
        record
            .with("Reporting Period Start Date", "01/01/2025")
            .with("Reporting Period End Date", "31/12/2025")
    });
    let sent = Council::of(dated.clone())
        .set("period", "{start: 2025-01-01, end: 2025-12-31}")
        .makes();
    // The services sent before are here, but cancelled and with another start, so that they are listed as lost.
    let lost = dated.map(|record| {
        record
            .with("Event Start Date", "02/05/2025")
            .with("local_note", "@x")
    });
    let ran = Council::of(records().into_iter().chain(lost))
        .set("previous", sent.bundle().to_str().unwrap())
        .makes();
    let names: Vec<_> = tree(&ran.worklist_directory()).into_keys().collect();
    for name in [
        "excluded.csv",
        "findings-by-rule.csv",
        "findings.csv",
        "findings.xlsx",
        "lost-services.csv",
        "unverified-values.csv",
    ] {
        assert!(names.iter().any(|n| n == name), "{name} in {names:?}");
    }
    assert!(check_csv(&ran.worklist_directory()) > 300);
    assert_eq!(check_csv(&ran.bundle()), 0, "nothing of the kind leaves");
    check_workbook(&ran);
    check_submission(&ran);
    let lost = fs::read(ran.worklist_directory().join("lost-services.csv")).unwrap();
    assert!(
        Table::of(&lost)
            .column("event_reference")
            .iter()
            .any(|cell| cell.starts_with("'+E"))
    );
    let report = String::from_utf8(ran.read("report.html")).unwrap();
    assert!(!report.contains("cmd|") && !report.contains("HYPERLINK"));
}

/// Names of columns are cells too.
#[test]
fn t23_names_of_columns_do_not_run_either() {
    let record = |n: usize| {
        let number = if n == 0 { "9990000018" } else { "9990000026" };
        let named = service()
            .of(number, "P1", "E1")
            .with("Gender", "=x")
            .renamed("Gender", "=Sex()");
        named.with("local_=1+1", "@y")
    };
    let ran = Council::of([record(0), record(1)])
        .reads("columns: {\"=Sex()\": Gender}")
        .makes();
    assert!(check_csv(&ran.worklist_directory()) > 0);
    check_csv(&ran.bundle());
    assert!(
        ran.whole_worklist()
            .column("source_column")
            .iter()
            .any(|name| name == "'=Sex()")
    );
    let mut workbook = ran.workbook();
    for sheet in workbook.sheets() {
        assert!(!workbook.runs(&sheet));
    }
}
