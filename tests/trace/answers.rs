//! Answers: what is believed of them, and what is not.

use std::fs;

use super::support::{NUMBERS, Pds, Tracing, code, found};
use crate::support::{Table, tree};

fn asked() -> (Tracing, String, String) {
    let tracing = Tracing::new()
        .person("P101", "", "Quennell")
        .person("P102", "", "Ravenscroft");
    let rows = tracing.request();
    let one = Tracing::reference(&rows, "Quennell");
    let other = Tracing::reference(&rows, "Ravenscroft");
    (tracing, one, other)
}

fn work(tracing: &Tracing) -> Table {
    tracing.trace(&["worklist"]).code(0);
    Table::of(&fs::read(tracing.path("worklist/tracing/nhs-numbers-to-settle.csv")).unwrap())
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let (tracing, one, other) = asked();
    let answers = [
        (one.as_str(), found(NUMBERS[0])),
        (other.as_str(), code("96")),
    ];
    tracing.apply("a.csv", &answers);
    assert_eq!(tracing.statuses(), [("01".into(), 1), ("04".into(), 1)]);
    let before = tree(&tracing.path("tracing"));
    let again = tracing.apply("copy.csv", &answers);
    assert_eq!(
        (&again["known_files"], &again["answers"]),
        (&1.into(), &0.into())
    );
    assert_eq!(tree(&tracing.path("tracing")), before);
    // The same rows in another file say nothing new.
    let turned = [answers[1].clone(), answers[0].clone()];
    let repeated = tracing.apply("turned.csv", &turned);
    assert_eq!(
        (&repeated["repeated"], &repeated["known_files"]),
        (&2.into(), &0.into())
    );
    assert_eq!(tracing.statuses(), [("01".into(), 1), ("04".into(), 1)]);
    tracing.verify();
}

#[test]
fn all_files_are_applied_or_none() {
    let (tracing, one, other) = asked();
    tracing.answer("a.csv", &[(&one, found(NUMBERS[0]))]);
    tracing.answer("b.csv", &[(&other, found(NUMBERS[1]))]);
    let b = fs::read_to_string(tracing.path("b.csv")).unwrap();
    let before = tree(&tracing.path("tracing"));
    let apply = || {
        let (a, b) = (tracing.path("a.csv"), tracing.path("b.csv"));
        tracing.trace(&["apply", a.to_str().unwrap(), b.to_str().unwrap()])
    };
    for broken in [
        b.replacen("MATCHED_NHS_NO", "NUMBER", 1),
        b.replacen(",00,", ",", 1),
        // Cut: a confidence of 100 is one of 1 then.
        b[..b.len() - 3].to_owned(),
        b.trim_end().to_owned(),
        String::new(),
    ] {
        fs::write(tracing.path("b.csv"), broken).unwrap();
        apply().code(3);
        assert_eq!(tree(&tracing.path("tracing")), before);
    }
    fs::write(tracing.path("b.csv"), b).unwrap();
    apply().code(0);
    assert_eq!(tracing.statuses(), [("01".into(), 2)]);
}

/// Row 1's reference and birth date beside row 2's number and code: both people are born on one day.
#[test]
fn a_stray_quotation_mark_gives_nobody_the_number_of_another() {
    let (tracing, one, other) = asked();
    let before = tree(&tracing.path("tracing"));
    let text = |first: &str, second: &str| {
        format!(
            "UNIQUE REFERENCE,DATE_OF_BIRTH,DATE_OF_DEATH,ADDRESS_LINE1,ERROR/SUCCESS_CODE,MATCHED_NHS_NO,\
             MATCHED_ALGORITHM_INDICATOR\n\
             {one},19400501,,{first},98,0000000000,0\n\
             {other},19400501,,{second},00,{},3\n",
            NUMBERS[0]
        )
    };
    let path = tracing.path("a.csv");
    for (first, second) in [
        ("\"THE COTTAGE", "\"THE MILL"),
        ("\"THE COTTAGE", "THE MILL\""),
        ("THE \"COTTAGE\"", "THE MILL"),
    ] {
        fs::write(&path, text(first, second)).unwrap();
        let said = tracing.trace(&["apply", path.to_str().unwrap()]).code(3);
        assert!(said.stderr.contains("row at line 2"), "{}", said.stderr);
        assert_eq!(tree(&tracing.path("tracing")), before);
    }
    fs::write(&path, text("\"THE COTTAGE\"", "\"THE, MILL\"")).unwrap();
    tracing.trace(&["apply", path.to_str().unwrap()]).code(0);
    assert_eq!(tracing.statuses(), [("01".into(), 1), ("04".into(), 1)]);
}

#[test]
fn two_answers_to_one_question_are_none() {
    let (tracing, one, other) = asked();
    let twice = [
        (one.as_str(), found(NUMBERS[0])),
        (one.as_str(), found(NUMBERS[1])),
    ];
    let applied = tracing.apply("a.csv", &twice);
    assert_eq!(applied["rules"]["answer.twice"]["05"], 1);
    // In two files, one after the other: what was taken is taken back.
    tracing.apply("b.csv", &[(&other, found(NUMBERS[2]))]);
    assert_eq!(tracing.statuses(), [("01".into(), 1), ("05".into(), 1)]);
    let later = tracing.apply("c.csv", &[(&other, found(NUMBERS[3]))]);
    assert_eq!(later["rules"]["answer.contradicts"]["05"], 1);
    assert_eq!(tracing.statuses(), [("05".into(), 2)]);
    assert_eq!(
        work(&tracing).column("reason"),
        ["two_answers", "two_answers"]
    );
    tracing.verify();
}

/// Numbers that are valid, as many as are asked for.
fn numbers() -> impl Iterator<Item = &'static str> {
    (943_470_000_u32..).filter_map(|nine| {
        let digits = nine.to_string();
        let sum: u32 = digits
            .bytes()
            .zip((2..=10).rev())
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        let check = match 11 - sum % 11 {
            11 => 0,
            10 => return None,
            check => check,
        };
        Some(&*format!("{digits}{check}").leak())
    })
}

/// References are drawn, so that answers are taken in an order that differs each time: it may decide nothing.
#[test]
fn a_number_taken_back_is_given_to_nobody_by_the_same_answers() {
    let pairs = 12;
    let mut tracing = Tracing::new();
    for pair in 0..pairs {
        for (kind, name) in [("H", "Holder"), ("N", "Next")] {
            let letter = char::from(b'a' + pair);
            tracing = tracing.person(&format!("{kind}{pair:03}"), "", &format!("{name}{letter}"));
        }
    }
    let rows = tracing.request();
    let reference = |name: &str, pair: u8| {
        Tracing::reference(&rows, &format!("{name}{}", char::from(b'a' + pair)))
    };
    let numbers: Vec<&str> = numbers().take(2 * usize::from(pairs)).collect();
    let [theirs, others] = [0, usize::from(pairs)].map(|from| &numbers[from..]);
    let mut first = Vec::new();
    let mut second = Vec::new();
    for pair in 0..pairs {
        let at = usize::from(pair);
        first.push((reference("Holder", pair), found(theirs[at])));
        // Says something else of the holder, and gives the number to the next.
        second.push((reference("Holder", pair), found(others[at])));
        second.push((reference("Next", pair), found(theirs[at])));
    }
    for (file, answers) in [("a.csv", &first), ("b.csv", &second)] {
        let answers = answers.iter().map(|(r, pds)| (r.as_str(), pds.clone()));
        tracing.apply(file, &answers.collect::<Vec<_>>());
    }
    assert_eq!(tracing.statuses(), [("05".into(), 2 * u64::from(pairs))]);
    tracing.verify();
}

#[test]
fn a_death_that_pds_told_stays_on_the_work_list_when_the_number_is_taken_back() {
    let (mut tracing, one, _) = asked();
    let died = Pds {
        died: "20260101",
        ..found(NUMBERS[0])
    };
    let reasons = |tracing: &Tracing| {
        let list = work(tracing);
        let mut reasons: Vec<String> = list
            .column("reason")
            .iter()
            .map(ToString::to_string)
            .collect();
        reasons.sort();
        reasons
    };
    tracing.apply("a.csv", &[(&one, died)]);
    assert_eq!(reasons(&tracing), ["dead"]);
    tracing.apply("b.csv", &[(&one, found(NUMBERS[1]))]);
    assert_eq!(reasons(&tracing), ["dead", "two_answers"]);
    // Asked again, and found alive: it was put right.
    tracing.set("P101", "PCODE", "LS2 7EW");
    let rows = tracing.request();
    assert_eq!(reasons(&tracing), ["dead"]);
    tracing.apply("c.csv", &[(&rows[0][0], found(NUMBERS[1]))]);
    assert_eq!(reasons(&tracing), [""; 0]);
    tracing.verify();
}

#[test]
fn an_answer_for_nobody_is_counted_and_changes_nobody() {
    let (tracing, ..) = asked();
    let stranger = "B".repeat(32);
    let applied = tracing.apply(
        "a.csv",
        &[
            (&stranger, found(NUMBERS[0])),
            (NUMBERS[1], found(NUMBERS[0])),
        ],
    );
    assert_eq!(applied["for_nobody"], 2);
    assert_eq!(tracing.statuses(), [("06".into(), 2)]);
}

#[test]
fn what_does_not_pass_the_gates_is_on_the_work_list() {
    let cases: [(&str, Pds, &str, &str); 12] = [
        (
            "birth_date.differs",
            Pds {
                born: "19400502",
                ..found(NUMBERS[0])
            },
            "05",
            "birth_date_differs",
        ),
        (
            "birth_date.not_whole",
            Pds {
                born: "194005",
                ..found(NUMBERS[0])
            },
            "05",
            "birth_date_not_whole",
        ),
        (
            "match.not_certain",
            Pds {
                algorithm: "4",
                confidence: "87",
                ..found(NUMBERS[0])
            },
            "05",
            "not_exact",
        ),
        (
            "match.not_sure",
            Pds {
                confidence: "1",
                ..found(NUMBERS[0])
            },
            "05",
            "not_sure",
        ),
        (
            "match.nothing_to_check",
            Pds {
                algorithm: "1",
                ..found(NUMBERS[0])
            },
            "05",
            "nothing_to_check",
        ),
        (
            "answer.other_question",
            Pds {
                requested: NUMBERS[0],
                died: "20260101",
                ..found(NUMBERS[0])
            },
            "05",
            "other_question",
        ),
        (
            "number.not_superseded",
            Pds {
                code: "90",
                ..found(NUMBERS[0])
            },
            "05",
            "not_superseded",
        ),
        (
            "number.sentinel",
            found("9999999999"),
            "04",
            "no_usable_number",
        ),
        (
            "number.check_digit",
            found("9434765918"),
            "03",
            "no_usable_number",
        ),
        ("match.invalid_record", code("91"), "05", "invalid_record"),
        (
            "match.under_investigation",
            code("95"),
            "05",
            "under_investigation",
        ),
        (
            "code.unknown",
            Pds {
                code: "77",
                ..found(NUMBERS[0])
            },
            "03",
            "unknown_code",
        ),
    ];
    for (rule, pds, status, reason) in cases {
        let (tracing, one, _) = asked();
        let applied = tracing.apply("a.csv", &[(&one, pds)]);
        assert_eq!(applied["rules"][rule][status], 1, "{rule} in {applied}");
        let work = work(&tracing);
        assert_eq!(work.only("reason"), reason);
        assert_eq!(
            (work.only("person_id"), work.only("attempts")),
            ("P101", "1")
        );
    }
}

#[test]
fn a_number_of_another_living_person_is_nobodys() {
    // Of two who are answered at once neither has it.
    let (tracing, one, other) = asked();
    let applied = tracing.apply(
        "a.csv",
        &[(&one, found(NUMBERS[0])), (&other, found(NUMBERS[0]))],
    );
    assert_eq!(applied["rules"]["number.another_person"]["05"], 2);
    let list = work(&tracing);
    assert_eq!(
        list.column("reason"),
        ["held_by_another", "held_by_another"]
    );
    // Nor of two who are answered one after the other.
    let (tracing, one, other) = asked();
    tracing.apply("a.csv", &[(&one, found(NUMBERS[0]))]);
    let second = tracing.apply("b.csv", &[(&other, found(NUMBERS[0]))]);
    assert_eq!(second["taken_back"], 1);
    assert_eq!(tracing.statuses(), [("05".into(), 2)]);
    let list = work(&tracing);
    assert_eq!(list.column("other_person_id"), ["P102", "P101"]);
    tracing.verify();
    // Somebody else has it in the case system.
    let tracing =
        Tracing::new()
            .person("P101", "", "Quennell")
            .person("P102", "943 476 5919", "Ravenscroft");
    let rows = tracing.request();
    let one = Tracing::reference(&rows, "Quennell");
    tracing.apply("a.csv", &[(&one, found(NUMBERS[0]))]);
    assert_eq!(work(&tracing).only("other_person_id"), "P102");
    tracing.verify();
}

#[test]
fn an_answer_about_a_record_that_has_changed_is_not_taken() {
    for (column, value) in [("LAST", "Rowland"), ("BORN", "02/05/1940"), ("PCODE", "")] {
        let (mut tracing, one, _) = asked();
        tracing.set("P101", column, value);
        let applied = tracing.apply("a.csv", &[(&one, found(NUMBERS[0]))]);
        assert_eq!(applied["rules"]["record.changed"]["03"], 1, "{column}");
        assert_eq!(tracing.json(&["select"])["selected"], 1);
    }
}

#[test]
fn a_superseded_number_is_replaced_and_the_case_system_hears_of_it() {
    let tracing = Tracing::new().person("P101", NUMBERS[0], "Quennell");
    let rows = tracing.request();
    let superseded = Pds {
        code: "90",
        algorithm: "1",
        ..found(NUMBERS[1])
    };
    let applied = tracing.apply("a.csv", &[(&rows[0][0], superseded)]);
    assert_eq!(applied["rules"]["match.superseded"]["01"], 1);
    assert_eq!(work(&tracing).only("reason"), "superseded");
    // Without that code another number is a conflict.
    let tracing = Tracing::new().person("P101", NUMBERS[0], "Quennell");
    let rows = tracing.request();
    let other = tracing.apply("a.csv", &[(&rows[0][0], found(NUMBERS[1]))]);
    assert_eq!(other["rules"]["number.changed"]["05"], 1);
    assert_eq!(work(&tracing).only("reason"), "other_number");
}

#[test]
fn a_date_of_death_is_for_people_to_look_at_unless_the_record_is_sensitive() {
    let (tracing, one, other) = asked();
    let dead = Pds {
        died: "20260101",
        ..found(NUMBERS[0])
    };
    let sensitive = Pds {
        code: "92",
        died: "20260101",
        ..found(NUMBERS[1])
    };
    let applied = tracing.apply("a.csv", &[(&one, dead), (&other, sensitive)]);
    assert_eq!(applied["deaths"], 1);
    assert_eq!(tracing.statuses(), [("01".into(), 2)]);
    let list = work(&tracing);
    assert_eq!(
        (list.only("reason"), list.only("person_id")),
        ("dead", "P101")
    );
}

#[test]
fn an_answer_that_comes_after_a_newer_question_is_late() {
    let (mut tracing, one, _) = asked();
    tracing.set("P101", "PCODE", "LS2 8PD");
    // The record has changed, so that the answer is not taken and the question is asked again.
    tracing.apply("a.csv", &[(&one, code("97"))]);
    let rows = tracing.request();
    let newer = Tracing::reference(&rows, "Quennell");
    let late = tracing.apply("b.csv", &[(&one, found(NUMBERS[0]))]);
    assert_eq!(late["late"], 1);
    assert_eq!(tracing.statuses(), [("06".into(), 2)]);
    tracing.apply("c.csv", &[(&newer, found(NUMBERS[0]))]);
    assert_eq!(tracing.statuses(), [("01".into(), 1), ("06".into(), 1)]);
    tracing.verify();
}

#[test]
fn of_the_dead_and_of_those_without_a_worker_it_is_noted() {
    let (mut tracing, one, other) = asked();
    tracing.apply("a.csv", &[(&one, found(NUMBERS[0])), (&other, code("97"))]);
    tracing.set("P101", "DIED", "01/02/2026");
    tracing.end("P102", "01/02/2026");
    let noticed = tracing.json(&["request"]);
    assert_eq!(noticed["noticed"]["person.died"], 1);
    assert_eq!(noticed["noticed"]["person.left"], 1);
    assert_eq!(tracing.statuses(), [("01".into(), 1), ("07".into(), 1)]);
    // Somebody living may have the number of the dead.
    tracing.end("P102", "");
    let rows = tracing.request();
    tracing.apply("b.csv", &[(&rows[0][0], found(NUMBERS[0]))]);
    assert_eq!(tracing.statuses(), [("01".into(), 2)]);
    // Unless they are dead no more.
    tracing.set("P101", "DIED", "");
    let back = tracing.json(&["request"]);
    assert_eq!(back["noticed"]["number.withdrawn"], 1);
    assert_eq!(back["noticed"]["number.shared"], 1);
    assert_eq!(tracing.statuses(), [("05".into(), 2)]);
    assert!(
        tracing.json(&["request"])["noticed"]
            .as_object()
            .unwrap()
            .is_empty()
    );
    tracing.verify();
}
