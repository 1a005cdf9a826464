//! `cld validate`.

use std::fs;

use crate::support::{Record, Said, call, cld, request, service, tree};

/// Files in a directory of their own.
pub struct Files(pub tempfile::TempDir);

impl Files {
    pub fn of(files: &[(&str, &[Record])]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, records) in files {
            fs::write(directory.path().join(name), Record::csv(records)).unwrap();
        }
        Self(directory)
    }

    /// The files by name, as somebody in their directory gives them.
    #[track_caller]
    pub fn validate_here(&self, arguments: &[&str]) -> Said {
        let files = tree(self.0.path());
        let mut command = cld(["validate"]);
        command.args(files.keys()).args(arguments);
        let said = command.current_dir(self.0.path()).output();
        Said::of(said.expect("the binary starts"))
    }

    #[track_caller]
    pub fn validate(&self, arguments: &[&str]) -> Said {
        let before = tree(self.0.path());
        let paths: Vec<_> = before.keys().map(|name| self.0.path().join(name)).collect();
        let paths = paths.iter().map(|path| path.to_str().unwrap());
        let said = call(
            ["validate"]
                .into_iter()
                .chain(paths)
                .chain(arguments.iter().copied()),
        );
        assert_eq!(before, tree(self.0.path()), "it writes nothing");
        said
    }
}

#[test]
fn a_clean_file_has_nothing_to_say() {
    let files = Files::of(&[("a.csv", &[service(), request()])]);
    let said = files.validate(&["--allow-test-numbers"]).code(0);
    assert!(said.stdout.contains("2 records, 0 with an error\n"));
    assert!(!said.stdout.contains("warning"));
    // Without leave, test numbers are no numbers of people.
    let said = files.validate(&[]).code(0);
    assert!(said.stdout.contains("nhs_number.test_number"));
}

#[test]
fn findings_name_file_row_column_and_rule() {
    let files = Files::of(&[
        ("a.csv", &[service(), service().with("Gender", "Femmale")]),
        (
            "b.csv",
            &[
                service().with("Unit Cost", "x"),
                service().with("LA Code", "998"),
            ],
        ),
    ]);
    let said = files
        .validate(&["--allow-test-numbers", "--la-code", "999"])
        .code(0);
    let lines: Vec<_> = said.stdout.lines().take(3).collect();
    for (line, parts) in lines.iter().zip([
        [
            "a.csv:3:I: error gender.not_in_list: Gender",
            "expected one of: Male; Female; Other; Unknown;",
        ],
        [
            "b.csv:2:AT: error unit_cost.not_a_number: Unit Cost",
            "plain number",
        ],
        [
            "b.csv:3:A: error la_code.not_controller: LA Code",
            "expected 999;",
        ],
    ]) {
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
    }
    assert!(said.stdout.contains("4 records, 3 with an error\n"));
}

#[test]
fn programs_get_json() {
    let bad = service()
        .with("Gender", "Femmale")
        .with("Event Type", "Visit");
    let files = Files::of(&[("a.csv", &[service(), bad])]);
    let said = files.validate(&["--format", "json", "--allow-test-numbers"]);
    let json = said.code(0).json();
    let findings = json["findings"].as_array().unwrap();
    let first = &findings[0];
    assert_eq!(first["rule"], "gender.not_in_list");
    assert_eq!(first["severity"], "error");
    assert_eq!(first["row"], 3);
    assert_eq!(first["column"], "I");
    assert_eq!(first["field"], "Gender");
    assert_eq!(first["source_column"], serde_json::Value::Null);
    let caused = findings
        .iter()
        .find(|f| f["rule"] == "unit_cost.not_applicable");
    assert_eq!(caused.unwrap()["follows_from"], "event_type.not_in_list");
    assert_eq!(json["summary"]["records"], 2);
    assert_eq!(json["summary"]["records_with_errors"], 1);
    assert_eq!(json["summary"]["schema"], "cld-release-2");
    let clean = Files::of(&[("a.csv", &[service()])]);
    let json = clean
        .validate(&["--format", "json", "--allow-test-numbers"])
        .code(0)
        .json();
    assert_eq!(json["findings"], serde_json::json!([]));
}

#[test]
fn json_holds_together_over_many_blocks() {
    let records: Vec<_> = (0..8_000)
        .map(|n| {
            if n % 7 == 0 {
                service().with("Gender", "x")
            } else {
                service()
            }
        })
        .collect();
    let files = Files::of(&[("a.csv", &records)]);
    let json = files
        .validate(&["--format", "json", "--allow-test-numbers"])
        .code(0)
        .json();
    let rows: Vec<_> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["rule"] == "gender.not_in_list")
        .map(|f| f["row"].as_u64().unwrap())
        .collect();
    let expected: Vec<_> = (0..8_000).filter(|n| n % 7 == 0).map(|n| n + 2).collect();
    assert_eq!(rows, expected);
}

#[test]
fn exit_codes_follow_from_fail_on() {
    let clean = Files::of(&[("a.csv", &[service()])]);
    let warned = Files::of(&[("a.csv", &[service().with("Gender", "FEMALE")])]);
    let wrong = Files::of(&[("a.csv", &[service().with("Gender", "x")])]);
    for (files, fail_on, code) in [
        (&clean, "warning", 0),
        (&warned, "never", 0),
        (&warned, "error", 0),
        (&warned, "warning", 4),
        (&wrong, "never", 0),
        (&wrong, "error", 4),
        (&wrong, "warning", 4),
    ] {
        for format in ["human", "json", "sarif", "junit"] {
            let arguments = [
                "--allow-test-numbers",
                "--fail-on",
                fail_on,
                "--format",
                format,
            ];
            files.validate(&arguments).code(code);
        }
    }
}

#[test]
fn no_value_is_ever_printed() {
    let words: Vec<String> = (0..48).map(|n| format!("Q{n:02}xq")).collect();
    let mut records = Vec::new();
    for around in ["", " ", "=", "\u{2010}", "\""] {
        let columns = service();
        let record = columns
            .columns()
            .into_iter()
            .zip(&words)
            .fold(service(), |r, (c, word)| {
                r.with(c, format!("{around}{word}{around}"))
            });
        // An event that can be read makes other rules run.
        records.push(record.clone());
        records.push(
            record
                .with("Event Type", "Service")
                .with("Client Type", "Service user"),
        );
    }
    let identifying = [
        (" 9434765919 ", "Dementia"),
        ("943 476 5919", "GP Practice Code"),
        (" ZX1 9ZZ", "Postcode"),
        ("ZX1 9ZZ ", "GP Practice Code"),
        (" 1970-12-31", "Date of Birth"),
        ("4,321.987", "Unit Cost"),
        (" 4,321.98", "Unit Cost"),
        (" Babbage", "Review Reason"),
        ("babbage ", "Provider CQC Location ID"),
        (" 123", "LA Code"),
    ];
    records.extend(identifying.map(|(value, field)| service().with(field, value)));
    let files = Files::of(&[("a.csv", &records)]);
    for format in ["human", "json", "sarif", "junit"] {
        let said = files
            .validate(&["--format", format, "--la-code", "999"])
            .code(0);
        let printed = format!("{}{}", said.stdout, said.stderr);
        let values = identifying
            .iter()
            .map(|(value, _)| value.trim())
            .filter(|v| v.len() > 3);
        for value in words.iter().map(String::as_str).chain(values) {
            assert!(!printed.contains(value), "`{value}` in {format}");
        }
        assert!(printed.contains("white_space") && printed.contains("formula"));
    }
}

#[test]
fn another_return_and_packed_files_are_checked_too() {
    let record = service()
        .with("GP Practice Name", "")
        .with("Provider CQC Location Name", "")
        .with("Client Type", "Service User")
        .with("Ethnicity", "White - Roma");
    let files = Files::of(&[("a.csv", &[record])]);
    let release_1 = files
        .validate(&["--schema", "cld-release-1"])
        .code(0)
        .stdout;
    let release_2 = files.validate(&[]).code(0).stdout;
    assert!(release_2.contains("ethnicity.release_1") && !release_1.contains("ethnicity"));
}

#[test]
fn files_that_cannot_be_read_are_refused() {
    call(["validate", "/nowhere.csv"])
        .code(3)
        .says(&["/nowhere.csv"]);
    call(["validate", "/nowhere.csv", "--schema", "x"])
        .code(2)
        .says(&["x"]);
    let files = Files::of(&[("a.csv", &[service().without("Dementia")])]);
    files.validate(&[]).code(3).says(&["`Dementia`"]);
    let files = Files::of(&[]);
    let open = [Record::csv(&[service()]).as_slice(), b"\""].concat();
    for (bytes, says) in [
        (b"PK\x03\x04".as_slice(), "Excel"),
        (b"\x1F\x8B", "gzip"),
        (&open, "never closed"),
    ] {
        fs::write(files.0.path().join("a.csv"), bytes).unwrap();
        files.validate(&[]).code(3).says(&[says]);
    }
    fs::remove_file(files.0.path().join("a.csv")).unwrap();
    fs::write(files.0.path().join("a.csv.gz"), b"\x1F\x8B\x08").unwrap();
    files.validate(&[]).code(3).says(&["gzip"]);
}
