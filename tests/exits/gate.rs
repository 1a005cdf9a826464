//! Exit code 4: too many records with an error, or none to submit.

use crate::support::{Council, Table, samples, service};

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

#[test]
fn nothing_to_submit_makes_no_bundle() {
    let of_later = |n: usize| {
        service()
            .of("", &format!("P{n}"), "E1")
            .with("Event Start Date", "01/07/2031")
    };
    let council = || Council::of((0..3).map(of_later)).set("gate", "{max_error_records: 100%}");
    let ran = council().fails(4);
    ran.said.says(&[
        "of 3 records none is left to submit",
        "excluded.csv",
        "No bundle",
    ]);
    assert!(ran.worklist_directory().join("excluded.csv").exists());
    // One is enough.
    let one = Council::of((0..3).map(of_later).chain([service()]))
        .set("gate", "{max_error_records: 100%}")
        .makes();
    assert_eq!(one.submission().rows.len(), 1);
}

fn person(n: usize) -> crate::support::Record {
    service().of("", &format!("P{n}"), &format!("E{n}"))
}

/// Forty people before, and so many of them again beside others.
fn again(number: usize, gate: &str) -> Council {
    let before = Council::of((0..40).map(person))
        .set("period", "{start: 2025-01-01, end: 2025-12-31}")
        .makes();
    let records = (0..number).chain(100..120).map(person);
    let council = Council::of(records).set("gate", gate);
    // The earlier bundle has to outlive this function.
    let sent = council.path("sent");
    std::fs::rename(before.bundle(), &sent).unwrap();
    council.set("previous", sent.to_str().unwrap())
}

#[test]
fn too_few_people_of_the_bundle_before_hold_the_next_one() {
    let ran = again(23, "{min_people_again: 60%}").fails(4);
    ran.said.says(&["58%", "at least 60%", "No bundle", "key"]);
    let made = again(24, "{min_people_again: 60%}").makes();
    assert_eq!(made.predicate()["previous"]["people_again"], "60%");
    assert_eq!(made.predicate()["gate"]["people_again"], "at least 60%");
    assert!(made.said.stdout.contains("who are in this one: 60%"));
    // Without a band the share is told and holds nothing.
    let made = again(12, "{}").makes();
    assert_eq!(made.predicate()["previous"]["people_again"], "30%");
    assert!(made.predicate()["gate"]["people_again"].is_null());
}

#[test]
fn a_band_has_two_ends() {
    again(24, "{min_people_again: 10%, max_people_again: 59%}")
        .fails(4)
        .said
        .says(&["from 10% to 59%"]);
    again(24, "{max_people_again: 60%}").makes();
    for gate in [
        "{min_people_again: 60}",
        "{min_people_again: 60%, max_people_again: 50%}",
    ] {
        again(24, gate)
            .fails(2)
            .said
            .says(&["gate.min_people_again"]);
    }
    Council::of([service()])
        .set("gate", "{min_people_again: 60%}")
        .fails(2)
        .said
        .says(&["gate.min_people_again", "previous"]);
    Council::of([service()])
        .set("previous_public_key", samples("test-signing.pub.pem"))
        .fails(2)
        .said
        .says(&["previous_public_key: is the key of", "`previous:`"]);
}

/// Another epoch makes other pseudonyms, as another key does: nobody can be there again.
#[test]
fn a_band_holds_what_was_made_with_another_key_or_epoch() {
    let key = samples("test.key");
    let epoch = format!("{{file: {key}, epoch: \"2027\"}}");
    again(40, "{min_people_again: 60%}")
        .set("key", epoch.as_str())
        .fails(4)
        .said
        .says(&["another epoch", "take gate.min_people_again"]);
    let made = again(40, "{}").set("key", epoch).makes();
    assert!(made.predicate()["previous"]["people_again"].is_null());
}
