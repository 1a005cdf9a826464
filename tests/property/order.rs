//! Rows may come in any order and from any number of files; none is lost.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::cases;
use crate::support::{Council, Ran, Record, assessment, call, carer, request, review, service};

/// A record with a few fields taken from small pools, so that equal people and equal rows occur.
fn record() -> impl Strategy<Value = Record> {
    let base = select(vec![service(), request(), assessment(), review(), carer()]);
    let fields = [
        (
            "NHS Number",
            &["9990000018", "9990000026", "9990000034", "x", ""][..],
        ),
        ("LA Person Unique Identifier", &["P1", "P2", "P3", ""]),
        ("Gender", &["Female", "male", "Man", "=x", ""]),
        (
            "GP Practice Code",
            &["A81001", "Zoë, \"q\"", "line\nend", "Ł", "P1"],
        ),
        ("Event Type", &["Request", "Service", "Review", "Visit", ""]),
        (
            "Event Start Date",
            &["01/05/2025", "02/05/2025", "soon", ""],
        ),
        ("Event End Date", &["03/05/2025", "01/01/2024", ""]),
        ("Dementia", &["Yes", "Maybe"]),
        ("Unit Cost", &["1.50", "-0.01", "£1,000", "x", ""]),
    ];
    let cells: Vec<_> = fields
        .into_iter()
        .map(|(field, pool)| {
            let pool = pool.iter().map(|v| Some((field, *v))).chain([None; 3]);
            select(pool.collect::<Vec<_>>())
        })
        .collect();
    (base, cells).prop_map(|(base, cells)| {
        let cells = cells.into_iter().flatten();
        cells.fold(base, |record, (field, value)| record.with(field, value))
    })
}

/// Records with another order of them, cut into up to three files.
fn permuted() -> impl Strategy<Value = (Vec<Record>, Vec<Vec<Record>>)> {
    vec(record(), 1..40).prop_flat_map(|records| {
        let shuffled = Just(records.clone()).prop_shuffle();
        (Just(records), shuffled, 1..=3_usize).prop_map(|(records, shuffled, files)| {
            let size = shuffled.len().div_ceil(files);
            let parts = shuffled.chunks(size).map(<[Record]>::to_vec).collect();
            (records, parts)
        })
    })
}

/// What the worklist says of each record, whatever row it stands in.
fn told(ran: &Ran) -> Vec<Vec<String>> {
    let worklist = ran.whole_worklist();
    let columns = [
        "rule",
        "severity",
        "field",
        "person_id",
        "event_reference",
        "received",
        "what_is_wrong",
        "follows_from",
        "record_excluded",
    ];
    let columns = columns.map(|name| worklist.at(name));
    let mut told: Vec<Vec<String>> = (worklist.rows.iter())
        .map(|row| columns.map(|at| row[at].clone()).to_vec())
        .collect();
    told.sort();
    told
}

/// Many blocks, read by one thread and by all, in two orders.
#[test]
fn findings_do_not_depend_on_threads_blocks_or_order() {
    let directory = tempfile::tempdir().unwrap();
    let [file, turned] = ["a.csv", "b.csv"].map(|name| directory.path().join(name));
    let arguments = [
        "sample",
        "--rows",
        "6000",
        "--seed",
        "3",
        "--bad-rate",
        "0.02",
        "--out",
    ];
    call(arguments.into_iter().chain([file.to_str().unwrap()])).code(0);
    // The reader's own splitting is not used here: whole records, the last first.
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(&file)
        .unwrap();
    let mut rows: Vec<_> = records.byte_records().map(Result::unwrap).collect();
    rows[1..].reverse();
    let mut writer = csv::Writer::from_path(&turned).unwrap();
    rows.iter()
        .for_each(|row| writer.write_byte_record(row).unwrap());
    writer.flush().unwrap();

    let validate = |one_core: bool, file: &Path| -> Vec<String> {
        let program = env!("CARGO_BIN_EXE_cld");
        let mut command = if one_core {
            let mut command = std::process::Command::new("taskset");
            command.args(["-c", "0", program]);
            command
        } else {
            std::process::Command::new(program)
        };
        let file = file.to_str().unwrap();
        command.args(["validate", "--allow-test-numbers", "--format", "json", file]);
        let said = command.output().unwrap();
        assert!(said.status.success());
        let json: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        let findings = json["findings"].as_array().unwrap().iter().map(|f| {
            let row = f["row"]
                .as_u64()
                .map_or(0, |row| match file.ends_with("b.csv") {
                    true => rows.len() as u64 + 2 - row,
                    false => row,
                });
            let follows = f["follows_from"].as_str().unwrap_or_default();
            format!("{row} {} {} {follows}", f["rule"], f["what_is_wrong"])
        });
        let mut findings: Vec<_> = findings.collect();
        findings.sort();
        assert!(findings.len() > 3_000);
        findings
    };
    let expected = validate(false, &file);
    assert_eq!(validate(true, &file), expected);
    assert_eq!(validate(false, &turned), expected);
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn any_permutation_over_any_files_gives_the_same_bytes((mut records, mut parts) in permuted()) {
        // One that goes in any case: without any there would be no bundle.
        let goes = service().of("", "Z0", "E0");
        records.push(goes.clone());
        parts.push(vec![goes]);
        let read = records.len();
        let one = Council::of(records).makes();
        let several = parts
            .into_iter()
            .enumerate()
            .fold(Council::bare(), |council, (n, part)| council.source(&format!("{n}.csv"), part))
            .makes();
        for file in ["submission.csv", "submission.parquet", "data-quality.csv", "findings.csv"] {
            prop_assert_eq!(one.read(file), several.read(file), "{}", file);
        }
        prop_assert_eq!(told(&one), told(&several));
        for ran in [one, several] {
            let counts = ran.predicate()["counts"].clone();
            let excluded = counts["excluded"].as_object().unwrap();
            let excluded: u64 = excluded.values().map(|n| n.as_u64().unwrap()).sum();
            let submitted = counts["submitted"].as_u64().unwrap();
            prop_assert_eq!(submitted + excluded, read as u64);
            prop_assert_eq!(ran.submission().rows.len() as u64, submitted);
            let quality = ran.quality();
            let of_field = quality.rows.iter().filter(|row| row[1] == "gender");
            let in_grid: u64 = of_field.map(|row| row[4].parse::<u64>().unwrap()).sum();
            prop_assert_eq!(in_grid, submitted);
        }
    }
}
