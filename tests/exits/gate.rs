//! Exit code 4: too many records with an error.

use crate::support::{Council, Table, service};

fn council(gate: &str) -> Council {
    let wrong = service().with("Gender", "Femmale");
    Council::of([service(), service(), service(), wrong])
        .set("gate", format!("{{max_error_records: {gate}}}"))
}

#[test]
fn a_gate_that_fails_leaves_worklist_and_findings_alone() {
    let ran = council("24.9999%").fails(4);
    ran.said
        .says(&["1 of 4 records", "24.9999%", "No bundle", "worklist"]);
    assert_eq!(ran.rules(), ["gender.not_in_list"]);
    let counted = std::fs::read(ran.worklist_directory().join("findings-by-rule.csv")).unwrap();
    let counted = Table::of(&counted);
    assert_eq!(counted.find("rule", "gender.not_in_list", "records"), "1");
}

#[test]
fn a_gate_that_is_just_met_lets_the_bundle_pass() {
    assert_eq!(council("25%").makes().submission().rows.len(), 4);
    assert_eq!(
        council("100%").makes().predicate()["gate"]["max_error_records"],
        "100%"
    );
}

#[test]
fn a_gate_of_nought_lets_warnings_pass() {
    Council::of([service().with("Gender", "FEMALE")])
        .set("gate", "{max_error_records: 0%}")
        .makes();
}
