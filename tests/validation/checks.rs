//! Every check of a cell, with a record that passes and one that fails.

use std::collections::BTreeSet;

use cld_return::validate::Check;

use crate::support::{Council, Ran, Record, assessment, call, request, review, service};

struct Case {
    check: Check,
    rule: &'static str,
    severity: &'static str,
    passes: Record,
    fails: Record,
}

/// A change to the base record, and one to the record that fails.
fn case(
    check: Check,
    rule: &'static str,
    severity: &'static str,
    base: Record,
    field: &str,
    good: &str,
    bad: &str,
) -> Case {
    Case {
        check,
        rule,
        severity,
        passes: base.clone().with(field, good),
        fails: base.with(field, bad),
    }
}

fn cases() -> Vec<Case> {
    use Check::*;
    let s = || service().with("NHS Number", "9434765919");
    let carer_of = |r: Record| r.with("Client Type", "Unpaid carer");
    let (gp, nhs) = ("GP Practice Code", "NHS Number");
    #[rustfmt::skip]
    let cases = vec![
        case(BlankMandatory, "gender.blank_mandatory", "error", s(), "Gender", "Other", " NULL "),
        case(BlankMandatory, "nhs_number.blank_mandatory", "error", s(), nhs, "9434765919", ""),
        case(BlankMandatory, "event_end_date.blank_mandatory", "error", s().with("Event Type", "Request"), "Event End Date", "02/05/2025", ""),
        case(BlankMandatory, "unit_cost.blank_mandatory", "error", s().with("Service Component", "Unpaid carer respite"), "Unit Cost", "1", ""),
        case(NotInList, "gender.not_in_list", "error", s(), "Gender", "Male", "Man"),
        case(NotInList, "event_type.not_in_list", "error", s(), "Event Type", "Service", "Services"),
        case(ReleaseOne, "ethnicity.release_1", "warning", s(), "Ethnicity", "White: Roma", "White - Roma"),
        case(ReleaseOneRetired, "service_component.release_1_retired", "error", s(), "Service Component", "Meals", "Professional Support"),
        case(Malformed, "nhs_number.malformed", "error", s(), nhs, "943 476 5919", "943476591"),
        case(CheckDigit, "nhs_number.check_digit", "error", s(), nhs, "4010232137", "4010232138"),
        case(Placeholder, "nhs_number.placeholder", "error", s(), nhs, "4000000632", "4444444444"),
        case(TestNumber, "nhs_number.test_number", "error", s(), nhs, "9000000009", "9990000018"),
        case(NotADate, "date_of_birth.not_a_date", "error", s(), "Date of Birth", "29/02/1952", "29/02/1951"),
        case(NotADate, "event_start_date.not_a_date", "error", s(), "Event Start Date", "01/05/2025", "1/5/2025"),
        case(NotANumber, "unit_cost.not_a_number", "error", s(), "Unit Cost", "7", "seven"),
        // That this field is a number is assumed, so nobody may be refused for it.
        case(NotANumber, "no_of_adults_being_cared_for.not_a_number", "warning", carer_of(s()), "No. of adults being cared for", "2", "two"),
        case(Decimals, "unit_cost.decimals", "error", s(), "Unit Cost", "7.120", "7.125"),
        case(NotAPostcode, "postcode.not_a_postcode", "warning", s(), "Postcode", "ls14ap", "LS1"),
        case(NotController, "la_code.not_controller", "error", s(), "LA Code", "999", "998"),
        case(Formula, "gp_practice_code.formula", "error", s(), gp, "A81001", "=A81001"),
        case(Identifier, "gp_practice_code.identifier", "error", s(), gp, "4010232138", "401 023 2137"),
        case(Identifier, "dementia.identifier", "error", s(), "Dementia", "Yes", "see 4010232137"),
        case(Identifier, "unit_cost.identifier", "error", s(), "Unit Cost", "4010232138", "4010232137"),
        case(NotApplicable, "service_type.not_applicable", "warning", request(), "Service Type", "", "Long term support: Prison"),
        case(NotApplicable, "method_of_review.not_applicable", "warning", assessment(), "Method of Review", " null", "Telephone"),
        case(Capitals, "gender.capitals", "warning", s(), "Gender", "Female", "FEMALE"),
        case(WhiteSpace, "gender.white_space", "warning", s(), "Gender", "Female", "Female "),
        case(WhiteSpace, "date_of_birth.white_space", "warning", s(), "Date of Birth", "01/02/1950", " 01/02/1950"),
        case(WhiteSpace, "postcode.white_space", "warning", s(), "Postcode", "LS1 4AP", "LS1 4AP\u{a0}"),
        case(NumberFormat, "unit_cost.number_format", "warning", s(), "Unit Cost", "1250", "£1,250.00"),
        case(Shape, "gp_practice_code.shape", "warning", s(), gp, "B12345", "12345"),
        case(Shape, "provider_cqc_location_id.shape", "warning", s(), "Provider CQC Location ID", "1-1234567890", "1-1"),
        case(Encoding, "gp_practice_code.encoding", "warning", s(), gp, "Zoë", "Žoł"),
        case(Unverified, "dementia.unverified", "info", s(), "Dementia", "", "Maybe"),
        case(Unverified, "review_reason.unverified", "info", review(), "Review Reason", "Review of short term support", "Planned"),
    ];
    cases
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
fn no_check_is_without_a_case() {
    let covered: BTreeSet<_> = cases().iter().map(|c| c.check).collect();
    assert!(!covered.is_empty());
    for case in cases() {
        assert!(case.rule.ends_with(&format!(".{}", case.check.name())));
        let raised = case.severity == case.check.page().severity.name();
        assert!(raised || case.rule.starts_with("no_of_adults"));
    }
}

#[test]
fn each_check_finds_the_record_that_fails_and_no_other() {
    let mut records = Vec::new();
    for (n, case) in cases().into_iter().enumerate() {
        records.push(case.passes.with("Event Reference", format!("pass-{n}")));
        records.push(case.fails.with("Event Reference", format!("fail-{n}")));
    }
    let worklist = own_key(Council::of(records)).worklist();
    let [reference, rule, severity] =
        ["event_reference", "rule", "severity"].map(|c| worklist.at(c));
    for (n, case) in cases().iter().enumerate() {
        let found = |record: &str| {
            let mut rows = worklist.rows.iter();
            rows.find(|row| row[reference] == format!("{record}-{n}") && row[rule] == case.rule)
        };
        assert!(found("pass").is_none(), "{} passes", case.rule);
        if case.check == Check::Unverified {
            // Nobody can correct it record by record: it is counted, not listed.
            assert!(found("fail").is_none());
        } else {
            let row = found("fail").unwrap_or_else(|| panic!("{} fails", case.rule));
            assert_eq!(row[severity], case.severity, "{}", case.rule);
        }
    }
}

#[test]
fn findings_by_rule_count_what_the_worklist_lists() {
    let records = cases().into_iter().flat_map(|c| [c.passes, c.fails]);
    let ran = own_key(Council::of(records));
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
    for case in cases() {
        assert!(rules.contains(case.rule), "{}", case.rule);
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
