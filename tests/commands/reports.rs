//! What `cld validate` and `cld run` tell people: folded findings, values on request, the national grid.

use serde_json::{Value, json};

use super::validate::Files;
use crate::support::{Council, Record, Table, request, service};

/// Four records: one cause with many consequences, values of every kind of trouble, a record that is clean.
fn troubled() -> [Record; 4] {
    [
        service()
            .with("Event Type", "Servise")
            .with("Gender", "Femmale"),
        service()
            .of("9990000018", "P\u{1b}[31m7", "E\u{202e}7")
            .with("Ethnicity", "White - Roma")
            .with("Unit Cost", format!("1\t\"{}\"", "9".repeat(80))),
        request().with("Gender", "").with("Event Type", ""),
        request(),
    ]
}

#[track_caller]
fn reviewed(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn a_cause_and_its_consequences_are_one_line() {
    let files = Files::of(&[("a.csv", &troubled())]);
    let said = files.validate_here(&["--allow-test-numbers"]).code(0);
    reviewed("validate-human", &said.stdout);
}

#[test]
fn values_are_shown_on_request_and_cannot_harm_the_terminal() {
    let files = Files::of(&[("a.csv", &troubled())]);
    let said = files
        .validate_here(&["--allow-test-numbers", "--show-values"])
        .code(0);
    reviewed("validate-human-show-values", &said.stdout);
    assert!(!said.stdout.contains(['\u{1b}', '\t', '\u{202e}']));
}

#[test]
fn values_are_for_people_only() {
    let files = Files::of(&[("a.csv", &troubled())]);
    for format in ["json", "sarif", "junit"] {
        let said = files
            .validate(&["--show-values", "--format", format])
            .code(2);
        said.says(&["--show-values", "identify people"]);
        assert_eq!(said.stdout, "");
    }
    for format in ["sarif", "junit"] {
        let said = files.validate(&["--grid", "--format", format]).code(2);
        said.says(&["--grid"]);
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn rules_that_could_not_run_are_named_with_the_reason() {
    let files = Files::of(&[("a.csv", &[service()])]);
    for (arguments, rule, named) in [
        (&[][..], "la_code.not_controller", true),
        (&["--la-code", "999"], "la_code.not_controller", false),
        (&[], "nhs_number.test_number", false),
        (&["--allow-test-numbers"], "nhs_number.test_number", true),
        (&[], "reporting_period_end_date.other_period", true),
        (&[], "dementia.not_in_list", true),
    ] {
        let said = files.validate(arguments).code(0);
        assert_eq!(
            (said.stdout.lines()).any(|line| line.starts_with("not run  ") && line.contains(rule)),
            named,
            "{rule} {arguments:?}"
        );
    }
}

#[test]
fn the_grid_is_a_table_that_fits() {
    let mut records = troubled().to_vec();
    // A line of commas, as a spreadsheet leaves behind, is no record.
    let full = service();
    let columns = full.columns();
    records.push(columns.into_iter().fold(service(), |r, c| r.with(c, "")));
    let files = Files::of(&[("a.csv", &records)]);
    let said = files
        .validate_here(&["--allow-test-numbers", "--grid"])
        .code(0);
    let (_, grid) = said
        .stdout
        .split_once("National quality by field")
        .expect("a grid");
    let (grid, _) = grid.split_once("\n\nNational quality:").expect("its end");
    reviewed("validate-grid", grid);
    assert!(grid.lines().all(|line| line.chars().count() <= 120));
    let without = files
        .validate_here(&["--allow-test-numbers"])
        .code(0)
        .stdout;
    assert!(without.contains("; --grid shows them by field\n"));
    assert!(!without.contains("by field, over"));
}

#[test]
fn a_run_has_the_grid_of_its_bundle() {
    let records = || troubled().into_iter().chain([service()]);
    let ran = Council::of(records()).argument("--grid").makes();
    let mut lines = ran.said.stdout.lines();
    assert!(lines.any(|l| l.ends_with("over the submitted records.")));
    assert!(lines.any(|l| l.starts_with("! ethnicity ")));
    assert!(lines.any(|l| l.starts_with("National quality: ")));
    let plain = Council::of(records()).makes().said.stdout;
    assert!(plain.contains("; --grid shows them by field\n"));
    assert!(!plain.contains("! ethnicity"));

    let ran = Council::of(records())
        .argument("--format")
        .argument("json")
        .makes();
    let printed = rows(&ran.said.json()["grid"]);
    assert_eq!(printed, ran.quality().rows);
}

#[test]
fn programs_get_the_grid() {
    let files = Files::of(&[("a.csv", &[service(), service()])]);
    let json = files
        .validate(&["--allow-test-numbers", "--format", "json"])
        .code(0)
        .json();
    let table = Council::of([service(), service()]).makes().quality();
    assert_eq!(rows(&json["grid"]), table.rows);
    let empty = Files::of(&[("a.csv", &[])]);
    let header = Record::csv(&[service()]);
    let header = header.split_inclusive(|b| *b == b'\n').next().unwrap();
    std::fs::write(empty.0.path().join("a.csv"), header).unwrap();
    let json = empty.validate(&["--format", "json"]).code(0).json();
    assert_eq!(json["grid"], json!([]));
    let said = empty.validate(&[]).code(0);
    assert!(!said.stdout.contains("National quality"));
}

/// The grid of a JSON document, as `data-quality.csv` has it.
fn rows(grid: &Value) -> Vec<Vec<String>> {
    let cell = |row: &Value, key: &str| match &row[key] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |row| ["module", "field", "status", "validity", "records"].map(|key| cell(row, key));
    let rows = grid.as_array().expect("an array").iter();
    rows.map(|r| row(r).to_vec()).collect()
}

/// Cells that count as failed nationally are findings that somebody can act on: as many records in the worklist, by
/// field and kind of failure, as in the grid.
#[test]
fn every_failing_cell_of_the_grid_is_in_the_worklist() {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/cld.csv");
    let ran = Council::bare()
        .and_file("cld.csv", std::fs::read(samples).unwrap())
        .reads(
            "columns: {NHS No: NHS Number}, values: {Gender: {F: Female, M: Male}}, ignore: [Team]",
        )
        .set(
            "selection",
            "{cancelled: {column: local_status, values: [Cancelled]}}",
        )
        .set("gate", "{max_error_records: 100%}")
        .makes();
    let worklist = ran.worklist();
    let mut failing = 0;
    let quality = ran.quality();
    let [field, validity, records] = ["field", "validity", "records"].map(|c| quality.at(c));
    let mut cells = std::collections::BTreeMap::new();
    for row in &quality.rows {
        if ["blank mandatory", "release 1", "invalid"].contains(&&*row[validity]) {
            let n: usize = row[records].parse().unwrap();
            *cells.entry((&row[field], &row[validity])).or_insert(0) += n;
        }
    }
    for ((field, validity), records) in cells {
        let found = records_with(&worklist, field, checks_of(validity));
        assert_eq!(found, records, "{field} {validity}");
        failing += records;
    }
    assert!(failing > 100, "the samples have faults");
}

/// The checks that make a cell fail so.
fn checks_of(validity: &str) -> &'static [&'static str] {
    match validity {
        "blank mandatory" => &["blank_mandatory"],
        "release 1" => &["release_1", "release_1_retired"],
        _ => &[
            "not_in_list",
            "malformed",
            "check_digit",
            "placeholder",
            "not_a_date",
            "not_a_number",
            "decimals",
            "not_a_postcode",
            "formula",
            "identifier",
        ],
    }
}

/// Submitted records with a finding of one of these checks of the field. What was withheld while writing has no row.
fn records_with(worklist: &Table, field: &str, checks: &[&str]) -> usize {
    let [rule, row, source, excluded] =
        ["rule", "row", "source", "record_excluded"].map(|c| worklist.at(c));
    let of_field = worklist.rows.iter().filter(|finding| {
        let (of, check) = finding[rule].split_once('.').expect("field.check");
        of == field && checks.contains(&check)
    });
    let places: std::collections::BTreeSet<_> = of_field
        .filter(|finding| finding[excluded].is_empty() && !finding[row].is_empty())
        .map(|finding| (&finding[source], &finding[row]))
        .collect();
    places.len()
}
