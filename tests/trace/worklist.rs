//! The work list: what somebody must know who does it, and nothing that they must not.

use std::fs;

use super::support::{NUMBERS, Pds, Tracing, code, found};
use crate::support::Table;

#[track_caller]
fn work(tracing: &Tracing) -> Table {
    tracing.trace(&["worklist"]).code(0);
    Table::of(&fs::read(tracing.path("worklist/tracing/nhs-numbers-to-settle.csv")).unwrap())
}

/// One person with this number in the case system, and what PDS answers.
fn answered(number: &str, pds: Pds) -> Tracing {
    let tracing = Tracing::new().person("P101", number, "Quennell");
    let rows = tracing.request();
    tracing.apply("a.csv", &[(&rows[0][0], pds)]);
    tracing
}

fn superseded(number: &'static str) -> Pds {
    Pds {
        code: "90",
        algorithm: "1",
        ..found(number)
    }
}

#[test]
fn the_number_from_pds_is_there_where_numbers_are_to_be_compared() {
    let one = found(NUMBERS[0]);
    let cases: [(&str, Pds, &str, &str, &str); 15] = [
        (
            NUMBERS[1],
            superseded(NUMBERS[0]),
            "superseded",
            NUMBERS[0],
            "100",
        ),
        (
            "not given yet",
            one.clone(),
            "held_number_invalid",
            NUMBERS[0],
            "100",
        ),
        (NUMBERS[1], one.clone(), "other_number", NUMBERS[0], "100"),
        (
            "",
            Pds {
                born: "19400502",
                ..one.clone()
            },
            "birth_date_differs",
            NUMBERS[0],
            "100",
        ),
        (
            "",
            Pds {
                born: "194005",
                ..one.clone()
            },
            "birth_date_not_whole",
            NUMBERS[0],
            "100",
        ),
        (
            "",
            Pds {
                algorithm: "4",
                confidence: "87",
                ..one.clone()
            },
            "not_exact",
            NUMBERS[0],
            "87",
        ),
        (
            "",
            Pds {
                confidence: "1",
                ..one.clone()
            },
            "not_sure",
            NUMBERS[0],
            "1",
        ),
        (
            "",
            Pds {
                algorithm: "1",
                ..one.clone()
            },
            "nothing_to_check",
            NUMBERS[0],
            "100",
        ),
        (
            "",
            Pds {
                code: "90",
                ..one.clone()
            },
            "not_superseded",
            NUMBERS[0],
            "100",
        ),
        (
            NUMBERS[0],
            superseded(NUMBERS[0]),
            "superseded_by_itself",
            NUMBERS[0],
            "100",
        ),
        // Where none is to be compared, or the answer may be about anybody.
        (
            "",
            Pds {
                requested: NUMBERS[1],
                ..one.clone()
            },
            "other_question",
            "",
            "100",
        ),
        ("", code("91"), "invalid_record", "", "0"),
        ("", code("97"), "several_at_postcode", "", "0"),
        ("", found("9434765918"), "no_usable_number", "", "100"),
        (
            "",
            Pds {
                died: "20260101",
                ..one
            },
            "dead",
            "",
            "100",
        ),
    ];
    for (held, pds, reason, number, confidence) in cases {
        let list = work(&answered(held, pds));
        assert_eq!(list.only("reason"), reason);
        assert_eq!(list.only("pds_nhs_number"), number, "{reason}");
        assert_eq!(list.only("confidence"), confidence, "{reason}");
    }
    // Superseded is what was asked about, not what somebody has put in its place since.
    let mut tracing = answered(NUMBERS[1], superseded(NUMBERS[0]));
    tracing.set("P101", "NHS", NUMBERS[2]);
    assert_eq!(work(&tracing).only("reason"), "other_number");
    // A number that the case system has not is loaded, and is no work.
    assert_eq!(work(&answered("", found(NUMBERS[0]))).rows.len(), 0);
}

#[test]
fn no_number_is_shown_of_who_objects_or_is_recorded_otherwise_by_now() {
    let changes: [(&[(&str, &str)], &str); 6] = [
        (&[], NUMBERS[0]),
        (&[("LAST", "Rowland")], NUMBERS[0]),
        (&[("PCODE", "LS2 8PD")], NUMBERS[0]),
        (&[("OBJECTS", "Y")], ""),
        (&[("BORN", "02/05/1940")], ""),
        (&[("LAST", "Rowland"), ("FIRST", "Eve")], ""),
    ];
    let likely = Pds {
        algorithm: "4",
        confidence: "87",
        ..found(NUMBERS[0])
    };
    for (changes, number) in changes {
        for (held, pds) in [("", likely.clone()), (NUMBERS[1], superseded(NUMBERS[0]))] {
            // Names are known again by eleven bits: one in a thousand is taken for the one before.
            let shown = (0..3).any(|_| {
                let mut tracing = answered(held, pds.clone());
                for (column, value) in changes {
                    tracing.set("P101", column, value);
                }
                work(&tracing).only("pds_nhs_number") == number
            });
            assert!(shown, "{changes:?}");
        }
    }
}

#[test]
fn the_words_fit_who_has_no_number_in_the_case_system() {
    // Verified, then recorded otherwise: PDS is asked whether the number that it gave fits, and gives another one.
    let mut tracing = answered("", found(NUMBERS[0]));
    tracing.set("P101", "BORN", "02/05/1940");
    let rows = tracing.request();
    assert_eq!(rows[0][1], NUMBERS[0]);
    let other = Pds {
        born: "19400502",
        ..found(NUMBERS[1])
    };
    let applied = tracing.apply("b.csv", &[(&rows[0][0], other)]);
    assert_eq!(applied["rules"]["number.changed"]["05"], 1);
    let list = work(&tracing);
    assert_eq!(
        (list.only("reason"), list.only("to_do")),
        ("other_than_asked", "decide_match")
    );
    assert!(
        list.only("what_is_wrong")
            .ends_with("the case system has none")
    );
    assert_eq!(list.only("pds_nhs_number"), NUMBERS[1]);
    // As the case system is now: with a number, with the one from PDS, and with something that is none.
    for (number, reason) in [
        (NUMBERS[2], "other_number"),
        (NUMBERS[1], "changed_since"),
        ("not given yet", "held_number_invalid"),
    ] {
        tracing.set("P101", "NHS", number);
        assert_eq!(work(&tracing).only("reason"), reason);
    }
}

#[test]
fn two_who_were_only_offered_one_number_are_named_to_each_other() {
    let tracing = Tracing::new()
        .person("P101", "", "Quennell")
        .person("P102", "", "Ravenscroft")
        .person("P103", "", "Stonehouse");
    let rows = tracing.request();
    let of = |word| Tracing::reference(&rows, word);
    let [one, other, third] = ["Quennell", "Ravenscroft", "Stonehouse"].map(of);
    tracing.apply(
        "a.csv",
        &[
            (&one, found(NUMBERS[0])),
            (&other, found(NUMBERS[0])),
            (&third, found(NUMBERS[1])),
        ],
    );
    let list = work(&tracing);
    assert_eq!(list.column("person_id"), ["P101", "P102"]);
    assert_eq!(list.column("to_do"), ["merge_records", "merge_records"]);
    assert_eq!(list.column("other_person_id"), ["P102", "P101"]);
    assert_eq!(list.column("pds_nhs_number"), ["", ""]);
}

/// What the list says to do must lead to an end.
#[test]
fn once_two_records_are_merged_the_one_that_stays_is_asked_about_again() {
    for first in ["P101", "P102"] {
        let mut tracing =
            Tracing::new()
                .person("P101", "", "Quennell")
                .person("P102", "", "Ravenscroft");
        let rows = tracing.request();
        let one = Tracing::reference(&rows, "Quennell");
        let other = Tracing::reference(&rows, "Ravenscroft");
        let order = match first {
            "P101" => [&one, &other],
            _ => [&other, &one],
        };
        tracing.apply("a.csv", &[(order[0], found(NUMBERS[0]))]);
        tracing.apply("b.csv", &[(order[1], found(NUMBERS[0]))]);
        // Nobody is asked about while both are there.
        assert_eq!(tracing.json(&["request"])["excluded"]["number_shared"], 2);
        assert_eq!(work(&tracing).column("to_do"), ["merge_records"; 2]);
        tracing.remove("P102");
        let list = work(&tracing);
        assert_eq!(list.only("reason"), "shared_no_more");
        assert_eq!(list.only("to_do"), "send_again");
        let rows = tracing.request();
        tracing.apply("c.csv", &[(&rows[0][0], found(NUMBERS[0]))]);
        assert_eq!(tracing.statuses(), [("01".into(), 1), ("07".into(), 1)]);
        assert!(work(&tracing).rows.is_empty());
        tracing.verify();
    }
}

#[test]
fn one_of_two_with_one_number_who_is_corrected_is_asked_about_and_gets_it_only_when_it_is_nobody_elses()
 {
    let mut tracing =
        Tracing::new()
            .person("P101", "", "Quennell")
            .person("P102", "", "Ravenscroft");
    let rows = tracing.request();
    let one = Tracing::reference(&rows, "Quennell");
    let other = Tracing::reference(&rows, "Ravenscroft");
    tracing.apply(
        "a.csv",
        &[(&one, found(NUMBERS[0])), (&other, found(NUMBERS[0]))],
    );
    tracing.set("P101", "PCODE", "LS2 7EW");
    let rows = tracing.request();
    assert_eq!(rows.len(), 1);
    tracing.apply("b.csv", &[(&rows[0][0], found(NUMBERS[0]))]);
    assert_eq!(tracing.statuses(), [("05".into(), 2)]);
    // PDS knows better by now.
    tracing.set("P101", "PCODE", "LS2 7EX");
    let rows = tracing.request();
    tracing.apply("c.csv", &[(&rows[0][0], found(NUMBERS[1]))]);
    assert_eq!(tracing.statuses(), [("01".into(), 1), ("05".into(), 1)]);
    let rows = tracing.request();
    tracing.apply("d.csv", &[(&rows[0][0], found(NUMBERS[0]))]);
    assert_eq!(tracing.statuses(), [("01".into(), 2)]);
    tracing.verify();
}

#[test]
fn a_number_to_compare_that_is_somebody_elses_already_names_them() {
    for (held, other) in [(NUMBERS[0], "P102"), (NUMBERS[1], "")] {
        let tracing =
            Tracing::new()
                .person("P101", "", "Quennell")
                .person("P102", held, "Ravenscroft");
        let rows = tracing.request();
        let likely = Pds {
            algorithm: "4",
            confidence: "87",
            ..found(NUMBERS[0])
        };
        tracing.apply("a.csv", &[(&Tracing::reference(&rows, "Quennell"), likely)]);
        let list = work(&tracing);
        assert_eq!(
            (list.only("reason"), list.only("pds_nhs_number")),
            ("not_exact", NUMBERS[0])
        );
        assert_eq!(list.only("other_person_id"), other);
    }
}

#[test]
fn an_id_on_several_rows_is_on_the_list_once_and_a_row_without_one_is_pointed_out() {
    let mut tracing = Tracing::new()
        .person("P101", "", "Quennell")
        .person("P102", "", "Ravenscroft")
        .person("P103", "", "Stonehouse")
        .person("P104", "", "Tolland");
    tracing.end("P104", "01/02/2026");
    let rows = tracing.request();
    let one = Tracing::reference(&rows, "Quennell");
    tracing.apply("a.csv", &[(&one, code("97"))]);
    let mut tracing = tracing
        .person("P101", "", "Quennell")
        .person("P102", "", "Ravenscroft")
        .person("P105", "", "Umfraville")
        .person("P105", "", "Umfraville")
        .person("P105", "", "Umfraville");
    // Who has no worker is not asked about, however many rows there are; nor who is dead on all of them.
    tracing.end("P102", "01/02/2026");
    let list = work(&tracing);
    assert_eq!(list.column("reason"), ["several_rows"; 2]);
    assert_eq!(list.column("to_do"), ["correct_extract"; 2]);
    assert_eq!(list.column("person_id"), ["P101", "P105"]);
    // What is known of them stands there, and what is known of nobody does not.
    assert_eq!(list.column("attempts"), ["1", "0"]);
    assert_eq!(list.column("pds_nhs_number"), ["", ""]);
    let selected = tracing.json(&["select"]);
    assert_eq!(selected["excluded"]["several_rows"], 7);
    assert_eq!(selected["rows_without_person_id"], serde_json::json!([]));
    assert!(!tracing.trace(&["select"]).code(0).stdout.contains("in row"));
    for _ in 0..2 {
        tracing = tracing.person("", "", "Idless");
    }
    let selected = tracing.json(&["select"]);
    assert_eq!(
        selected["rows_without_person_id"],
        serde_json::json!([11, 12])
    );
    for command in ["select", "request"] {
        let told = tracing.trace(&[command]).code(0).stdout;
        assert!(told.contains("in rows 11, 12\n"), "{told}");
    }
    for _ in 0..20 {
        tracing = tracing.person("", "", "Idless");
    }
    let told = tracing.trace(&["select"]).code(0).stdout;
    assert!(told.contains(", 29, 30 and 2 more\n"), "{told}");
}

#[test]
fn what_could_not_be_sent_is_told_where_nobody_was_found() {
    let tracing = Tracing::new()
        .person("P101", "", "Quennell")
        .but("P101", "FIRST", "Zoë Siân")
        .person("P102", "", "O\u{2019}Neill")
        .but("P102", "FIRST", "Anne\u{2013}Marie")
        .person("P103", "", "Müller")
        .but("P103", "FIRST", "Jane");
    let rows = tracing.request();
    assert_eq!(rows.len(), 2, "nobody asks about a Müller");
    let row = |word: &str| {
        rows.iter()
            .find(|row| row.contains(&word.to_owned()))
            .unwrap()
    };
    assert_eq!(row("Quennell")[3..5], ["", ""]);
    assert_eq!(row("O'Neill")[3], "Anne-Marie");
    let answers = [row("Quennell")[0].as_str(), row("O'Neill")[0].as_str()];
    tracing.apply("a.csv", &answers.map(|reference| (reference, code("97"))));
    let list = work(&tracing);
    let not_sent = |person| list.find("person_id", person, "not_sent").to_owned();
    let accent = "has a letter with an accent or another character that PDS does not take";
    assert_eq!(
        not_sent("P101"),
        format!("GIVEN_NAME {accent}; OTHER_GIVEN_NAME {accent}")
    );
    assert_eq!(not_sent("P102"), "");
    assert_eq!(list.find("person_id", "P103", "reason"), "name_not_ascii");
}

#[test]
fn an_apostrophe_that_is_sent_plain_does_not_make_another_record() {
    let tracing = Tracing::new().person("P101", "", "O\u{2019}Neill");
    let rows = tracing.request();
    let applied = tracing.apply("a.csv", &[(&rows[0][0], found(NUMBERS[0]))]);
    assert_eq!(applied["rules"]["match.single"]["01"], 1);
    let again = tracing.json(&["request"]);
    assert_eq!(again["excluded"]["verified"], 1);
    assert!(again["noticed"].as_object().unwrap().is_empty());
}
