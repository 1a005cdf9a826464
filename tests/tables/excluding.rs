//! Records left out for reasons that the council declares.

use super::{council, people};
use crate::support::{Council, call, request, service};

const EXCLUDE: &str = "exclude: {test_person: \"\\\"Last Name\\\" LIKE 'ZZ%TEST%'\", duplicate_person: \"DUPLICATED IS NOT NULL\"}, \
     ignore: [DUPLICATED]";

#[test]
fn declared_reasons_come_first_and_are_counted_everywhere() {
    let person = |at: usize, name: &str, duplicated: &str| {
        service()
            .numbered(at)
            .with("Last Name", name)
            .with("DUPLICATED", duplicated)
    };
    let records = [
        person(1, "Lovelace", ""),
        person(2, "ZZ-TEST-1", ""),
        person(3, "ZZ-TEST-2", "2025-01-01"),
        person(4, "Lovelace", "2025-01-01"),
        // A reason of the return itself comes behind those declared.
        person(5, "ZZTEST", "").with("Event Type", ""),
        request()
            .numbered(6)
            .with("Event End Date", "")
            .with("DUPLICATED", ""),
    ];
    let ran = Council::of(records).reads(EXCLUDE).makes();
    let predicate = ran.predicate();
    let counts = &predicate["counts"];
    assert_eq!(counts["read"], 6);
    assert_eq!(counts["submitted"], 1);
    assert_eq!(counts["excluded"]["test_person"], 3);
    assert_eq!(counts["excluded"]["duplicate_person"], 1);
    assert_eq!(counts["excluded"]["open_event"], 1);
    assert_eq!(counts["excluded"]["no_event"], 0);
    for line in [
        "Excluded                  3  test_person: as declared under `exclude:` in the configuration",
        "Excluded                  1  duplicate_person: as declared",
    ] {
        assert!(ran.said.stdout.contains(line), "{}", ran.said.stdout);
    }
    let excluded = crate::support::Table::of(
        &std::fs::read(ran.worklist_directory().join("excluded.csv")).expect("a list"),
    );
    let mut reasons: Vec<_> = excluded
        .column("row")
        .into_iter()
        .zip(excluded.column("reason"))
        .collect();
    reasons.sort();
    let reasons: Vec<_> = reasons
        .iter()
        .map(|(row, reason)| format!("{row} {reason}"))
        .collect();
    assert_eq!(
        reasons,
        [
            "3 test_person",
            "4 test_person",
            "5 duplicate_person",
            "6 test_person",
            "7 open_event"
        ]
    );
    let findings = ran.worklist();
    let left_out = findings.find("rule", "event_type.blank_mandatory", "record_excluded");
    assert_eq!(left_out, "test_person");
    let report = String::from_utf8(ran.read("report.html")).expect("UTF-8");
    assert!(
        report.contains("test person"),
        "the reviewer sees the reason"
    );
    let bundle = ran.bundle();
    let key = crate::support::samples("test-signing.pub.pem");
    call([
        "manifest",
        "verify",
        bundle.to_str().expect("UTF-8"),
        "--public-key",
        &key,
    ])
    .code(0);
    let config = ran.council.path("council.yaml");
    let config = config.to_str().expect("UTF-8");
    call(["map", "check", "--config", config]).code(0);
}

#[test]
fn conditions_see_joined_and_derived_columns() {
    let table = people(&[
        "1,9990000018,Female,15/06/1950",
        "2,9990000026,TEST,15/06/1950",
    ]);
    let source = ", derive: {local_kind: \"LOWER(people.GENDER)\"}, exclude: {test_person: \"local_kind = 'test'\"}";
    let ran = council(&["1", "2", "3"], &table, "", source).makes();
    assert_eq!(ran.predicate()["counts"]["excluded"]["test_person"], 1);
    assert_eq!(
        ran.predicate()["counts"]["submitted"],
        2,
        "what is unknown is no reason"
    );
}

#[test]
fn one_reason_may_hold_in_several_sources() {
    let source = |at| service().numbered(at).with("TEST", "1");
    let says = "exclude: {test_person: \"TEST = '1'\"}, ignore: [TEST]";
    let ran = Council::of([source(1), service().numbered(2).with("TEST", "")])
        .reads(says)
        .source("more.csv", [source(3)])
        .reads(says)
        .makes();
    assert_eq!(ran.predicate()["counts"]["excluded"]["test_person"], 2);
}

#[test]
fn a_reason_needs_a_name_of_its_own() {
    for (reason, word) in [
        ("no_event", "is a reason of the return itself"),
        ("Test", "no word of small letters"),
        ("p9990000018", "no word of small letters"),
    ] {
        let ran = Council::of([service()])
            .reads(&format!("exclude: {{{reason}: \"Gender = 'x'\"}}"))
            .fails(2);
        ran.said.says(&["sources[1].exclude", word]);
        assert!(!ran.said.stderr.contains("9990000018"));
    }
}
