//! Findings from end to end: what `cld run` lists, counts and writes. That every check finds what it should is the
//! conformance suite's to show.

use std::collections::BTreeSet;

use crate::support::{Council, Ran, Record, assessment, call, request, review, service};

/// A change to a valid record, the rule that it breaks, and how bad that is.
#[rustfmt::skip]
fn faults() -> Vec<(Record, &'static str, &'static str)> {
    let s = || service().with("NHS Number", "9434765919");
    vec![
        (s().with("Gender", " NULL "), "gender.blank_mandatory", "error"),
        (s().with("Gender", "Man"), "gender.not_in_list", "error"),
        (s().with("Ethnicity", "White - Roma"), "ethnicity.release_1", "warning"),
        (s().with("NHS Number", "9990000018"), "nhs_number.test_number", "error"),
        (s().with("Event Start Date", "1/5/2025"), "event_start_date.not_a_date", "error"),
        (s().with("Unit Cost", "seven"), "unit_cost.not_a_number", "error"),
        (s().with("Client Type", "Unpaid carer").with("No. of adults being cared for", "two"),
            "no_of_adults_being_cared_for.not_a_number", "warning"),
        (s().with("LA Code", "998"), "la_code.not_controller", "error"),
        (s().with("GP Practice Code", "=A81001"), "gp_practice_code.formula", "error"),
        (s().with("Dementia", "see 4010232137"), "dementia.identifier", "error"),
        (request().with("Service Type", "Long term support: Prison"), "service_type.not_applicable", "warning"),
        (s().with("Postcode", "LS1 4AP\u{a0}"), "postcode.white_space", "warning"),
        (s().with("Event End Date", "30/04/2025"), "event_end_date.before_start", "warning"),
        (s().with("Dementia", "Maybe"), "dementia.unverified", "info"),
        (review().with("Review Reason", "Planned"), "review_reason.unverified", "info"),
    ]
}

/// Under a key of the council's own, so that test numbers are found.
fn own_key(council: Council) -> Ran {
    let path = council.path("own.key");
    call(["key", "new", path.to_str().unwrap()]).code(0);
    council
        .set("key", "{file: own.key, epoch: \"2026\"}")
        .makes()
}

#[test]
fn the_worklist_lists_the_record_that_fails_and_no_other() {
    let good = service().with("NHS Number", "9434765919");
    let faults = faults();
    let records = faults.iter().enumerate().flat_map(|(n, (record, ..))| {
        let reference = |what: &str| format!("{what}-{n}");
        [
            good.clone().with("Event Reference", reference("pass")),
            record.clone().with("Event Reference", reference("fail")),
        ]
    });
    let worklist = own_key(Council::of(records)).worklist();
    let [reference, rule, severity] =
        ["event_reference", "rule", "severity"].map(|c| worklist.at(c));
    for (n, (_, code, expected)) in faults.iter().enumerate() {
        let found = |record: &str| {
            let mut rows = worklist.rows.iter();
            rows.find(|row| row[reference] == format!("{record}-{n}") && row[rule] == *code)
        };
        assert!(found("pass").is_none(), "{code}");
        match found("fail") {
            Some(row) => assert_eq!(row[severity], *expected, "{code}"),
            // Nobody can correct it record by record: it is counted, not listed.
            None => assert!(code.ends_with(".unverified"), "{code}"),
        }
    }
}

#[test]
fn findings_by_rule_count_what_the_worklist_lists() {
    let ran = own_key(Council::of(faults().into_iter().map(|(record, ..)| record)));
    let worklist = ran.whole_worklist();
    let [rule, follows] = ["rule", "follows_from"].map(|c| worklist.at(c));
    let mut rules = BTreeSet::new();
    for row in ran.findings().rows {
        let [code, _, _, records, caused] = row.try_into().unwrap();
        let listed = |of_itself: bool| {
            let rows = worklist.rows.iter();
            rows.filter(|r| r[rule] == code && r[follows].is_empty() == of_itself)
                .count()
                .to_string()
        };
        if code == "nhs_number.missing_share" {
            // About the extract: one line, whatever the number of records.
            assert_eq!(listed(true), "1");
        } else if code.ends_with(".unverified") {
            assert_eq!([listed(true), listed(false)], ["0", "0"], "{code}");
        } else {
            assert_eq!([listed(true), listed(false)], [records, caused], "{code}");
        }
        assert!(rules.insert(code));
    }
    for (_, code, _) in faults() {
        assert!(rules.contains(code), "{code}");
    }
}

#[test]
fn a_valid_record_of_each_kind_has_no_finding() {
    let records = [
        service(),
        request(),
        assessment(),
        review(),
        crate::support::carer(),
    ];
    let ran = Council::of(records).makes();
    assert_eq!(ran.worklist().rows, Vec::<Vec<String>>::new());
    let findings = ran.findings();
    assert!(findings.column("severity").iter().all(|s| s == "info"));
    assert!(ran.said.stdout.contains("No errors or warnings"));
}

#[test]
fn what_is_written_follows_from_what_was_found() {
    for (field, received, column, written) in [
        ("Gender", " female", "Gender", "Female"),
        ("Ethnicity", "white - ROMA", "Ethnicity", "White: Roma"),
        (
            "Event Outcome",
            "Provision of service",
            "Event_Outcome",
            "Continuation of support or services",
        ),
        (
            "Service Component",
            "Professional Support",
            "Service_Component",
            "Professional Support",
        ),
        ("Gender", "Femmale", "Gender", "Femmale"),
        ("Dementia", " Maybe ", "Dementia", "Maybe"),
        ("Gender", "null", "Gender", ""),
        ("Unit Cost", "£1,250", "Unit_Cost", "1250.00"),
        ("Unit Cost", "007", "Unit_Cost", "7.00"),
        (
            "Date of Death",
            " 01/06/2025 ",
            "Date_of_Death",
            "01/06/2025",
        ),
        ("Date of Death", "01/06/2025 00:00:00", "Date_of_Death", ""),
    ] {
        let table = Council::of([service().with(field, received)])
            .makes()
            .submission();
        assert_eq!(table.only(column), written, "{field}: {received}");
    }
}

#[test]
fn what_was_rewritten_is_counted_in_the_manifest() {
    let ran = Council::of([
        service().with("Ethnicity", "White - Roma"),
        service().with("Ethnicity", "White - Irish"),
        service().with("Unit Cost", "x"),
    ])
    .makes();
    let rewritten = ran.predicate()["rewritten"].clone();
    assert_eq!(
        rewritten,
        serde_json::json!([
            {"field": "Ethnicity", "change": "Release 1 value replaced by its Release 2 counterpart", "records": 2},
            {"field": "Unit Cost", "change": "written empty", "records": 1},
        ])
    );
}
