//! Findings that follow from another one of the same record.

use crate::support::{Council, carer, request, service};

#[test]
fn what_hangs_on_a_bad_event_type_names_it_as_its_cause() {
    let ran = Council::of([
        service().with("Event Type", "Visit"),
        // The same findings of themselves: an event type that can be read, and services' fields in a request.
        request().with("Service Type", "Long term support: Prison"),
    ])
    .makes();
    let worklist = ran.worklist();
    let [rule, row, follows] = ["rule", "row", "follows_from"].map(|c| worklist.at(c));
    let cause = |code: &str, of_row: &str| {
        let mut rows = worklist.rows.iter();
        let found = rows.find(|r| r[rule] == code && r[row] == of_row);
        found.map(|r| r[follows].as_str())
    };
    assert_eq!(cause("event_type.not_in_list", "2"), Some(""));
    for caused in [
        "service_type.not_applicable",
        "unit_cost.not_applicable",
        "event_end_date.blank_mandatory",
    ] {
        assert_eq!(
            cause(caused, "2"),
            Some("event_type.not_in_list"),
            "{caused}"
        );
    }
    assert_eq!(cause("service_type.not_applicable", "3"), Some(""));

    let findings = ran.findings();
    let counted = |rule: &str| ["records", "caused"].map(|c| findings.find("rule", rule, c));
    assert_eq!(counted("service_type.not_applicable"), ["1", "1"]);
    assert_eq!(counted("unit_cost.not_applicable"), ["0", "1"]);
    assert_eq!(counted("event_type.not_in_list"), ["1", "0"]);
}

#[test]
fn a_blank_or_misread_cause_counts_as_one_too() {
    for (field, value, caused, cause) in [
        (
            "Client Type",
            "",
            "dementia.not_applicable",
            "client_type.blank_mandatory",
        ),
        (
            "Event Type",
            "",
            "unit_cost.not_applicable",
            "event_type.blank_mandatory",
        ),
        (
            "Event Type",
            "=Service",
            "unit_cost.not_applicable",
            "event_type.formula",
        ),
    ] {
        let sound = service().of("", "P9", "E9");
        let ran = Council::of([service().with(field, value), sound]).makes();
        let found = ran.worklist();
        assert_eq!(found.find("rule", caused, "follows_from"), cause);
    }
}

#[test]
fn what_does_not_hang_on_it_has_no_cause() {
    let ran = Council::of([
        service().with("Event Type", "Visit").with("Gender", ""),
        service().of("", "P9", "E9"),
    ])
    .makes();
    let found = ran.worklist();
    assert_eq!(
        found.find("rule", "gender.blank_mandatory", "follows_from"),
        ""
    );
    let ran = Council::of([carer().with("Unit Cost", "5")]).makes();
    let found = ran.worklist();
    assert_eq!(
        found.find("rule", "unit_cost.not_applicable", "follows_from"),
        ""
    );
}
