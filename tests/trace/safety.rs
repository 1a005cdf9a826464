//! What would give a number to the wrong person, or to two: people who are back, share, object or are recorded otherwise.

use std::fs;

use super::support::{NUMBERS, Pds, Tracing, code, found};
use crate::support::{Council, Record, Said, Table, service};

/// The work list.
fn work(tracing: &Tracing) -> Table {
    tracing.trace(&["worklist"]).code(0);
    Table::of(&fs::read(tracing.path("worklist/tracing/nhs-numbers-to-settle.csv")).unwrap())
}

/// P101 is verified with a number and then recorded as dead, which the register has noticed.
fn one_died(number: &'static str, council: Council) -> (Tracing, String) {
    let mut tracing = Tracing::of(council, "")
        .person("P101", "", "Quennell")
        .person("P102", "", "Ravenscroft");
    let rows = tracing.request();
    let one = Tracing::reference(&rows, "Quennell");
    let other = Tracing::reference(&rows, "Ravenscroft");
    tracing.apply("a.csv", &[(&one, found(number))]);
    tracing.set("P101", "DIED", "01/02/2026");
    tracing.json(&["request"]);
    (tracing, other)
}

#[test]
fn the_number_of_the_dead_is_anothers_only_while_they_are_dead() {
    let (mut tracing, other) = one_died(NUMBERS[0], Council::of([service()]));
    // Alive again in the case system; nobody has run `request` since.
    tracing.set("P101", "DIED", "");
    let applied = tracing.apply("b.csv", &[(&other, found(NUMBERS[0]))]);
    assert_eq!(applied["rules"]["number.another_person"]["05"], 1);
    let (tracing, other) = one_died(NUMBERS[0], Council::of([service()]));
    let applied = tracing.apply("b.csv", &[(&other, found(NUMBERS[0]))]);
    assert_eq!(applied["rules"]["match.single"]["01"], 1);
    tracing.verify();
}

fn event(person: &str, reference: &str) -> Record {
    service()
        .with("LA Person Unique Identifier", person)
        .with("NHS Number", "")
        .with("Event Reference", reference)
}

/// Runs the return: what it says, and how many of the rows have a traced number.
#[track_caller]
fn returned(tracing: &Tracing) -> (Said, usize) {
    let out = tracing.path("out");
    if out.exists() {
        fs::remove_dir_all(&out).unwrap();
    }
    let said = Said::of(tracing.council.command().output().unwrap()).code(0);
    let bundle = crate::support::only_directory(&out);
    let table = Table::of(&fs::read(bundle.join("submission.csv")).unwrap());
    let column = table.column("Der_NHS_Number_Traced_Pseudo");
    (said, column.iter().filter(|cell| !cell.is_empty()).count())
}

#[test]
fn a_number_of_two_people_is_not_used_in_the_return() {
    const SHARED: &str = "9990000026";
    let council = || Council::of([event("P101", "E1"), event("P102", "E2")]);
    let (tracing, other) = one_died(SHARED, council());
    let (said, with) = returned(&tracing);
    assert_eq!(with, 1);
    assert!(!said.stdout.contains("one number"));
    tracing.apply("b.csv", &[(&other, found(SHARED))]);
    let (said, with) = returned(&tracing);
    assert_eq!(with, 0);
    assert!(
        said.stdout
            .contains("2 people of the register share a verified number"),
        "{}",
        said.stdout
    );
}

/// P101 without a number in the case system, verified.
fn verified(number: &'static str, council: Council) -> Tracing {
    let tracing = Tracing::of(council, "").person("P101", "", "Quennell");
    let rows = tracing.request();
    tracing.apply("a.csv", &[(&rows[0][0], found(number))]);
    assert_eq!(tracing.statuses(), [("01".into(), 1)]);
    tracing
}

#[test]
fn a_verified_number_that_somebody_else_has_too_is_a_conflict_of_both() {
    let tracing = verified(NUMBERS[0], Council::of([service()]));
    let mut tracing = tracing.person("P102", NUMBERS[0], "Ravenscroft");
    assert_eq!(work(&tracing).only("reason"), "held_by_another");
    let noticed = tracing.json(&["request"]);
    assert_eq!(noticed["noticed"]["number.shared"], 2);
    assert_eq!(tracing.statuses(), [("05".into(), 2)]);
    let list = work(&tracing);
    assert_eq!(
        list.column("reason"),
        ["held_by_another", "held_by_another"]
    );
    assert_eq!(list.column("other_person_id"), ["P102", "P101"]);
    // It stays so, and nothing is noticed twice.
    let again = tracing.json(&["request"]);
    assert_eq!(again["excluded"]["number_shared"], 2);
    assert!(again["noticed"].as_object().unwrap().is_empty());
    // Until the other one has it no more.
    tracing.set("P102", "NHS", NUMBERS[1]);
    assert_eq!(tracing.json(&["request"])["selected"], 2);
    tracing.verify();
    // The dead have none.
    let tracing = verified(NUMBERS[0], Council::of([service()]))
        .person("P102", NUMBERS[0], "Ravenscroft")
        .but("P102", "DIED", "01/02/2026");
    tracing.json(&["request"]);
    assert_eq!(tracing.statuses(), [("01".into(), 1)]);
}

#[test]
fn the_number_of_somebody_who_left_is_no_safer() {
    type Spoil = fn(&mut Tracing);
    let ways: [(&str, Spoil); 4] = [
        ("left", |tracing| tracing.end("P101", "01/06/2025")),
        ("unclear death", |tracing| {
            tracing.set("P101", "DIED", "unknown")
        }),
        ("several rows", |tracing| tracing.again("P101")),
        ("absent", |tracing| tracing.remove("P101")),
    ];
    for (way, spoil) in ways {
        let mut tracing = verified(NUMBERS[0], Council::of([service()]));
        spoil(&mut tracing);
        tracing.json(&["request"]);
        assert_eq!(tracing.statuses(), [("01".into(), 1)], "{way}");
        let tracing = tracing.person("P102", NUMBERS[0], "Ravenscroft");
        tracing.json(&["request"]);
        assert_eq!(tracing.statuses(), [("05".into(), 2)], "{way}");
        // And nothing is noticed twice.
        let again = tracing.json(&["request"]);
        let noticed = again["noticed"].as_object().unwrap();
        assert!(noticed.is_empty() || way == "absent", "{way}: {noticed:?}");
        tracing.verify();
    }
}

#[test]
fn a_row_that_stands_beside_another_one_of_its_id_is_doubted_too() {
    let mut tracing = verified(NUMBERS[0], Council::of([service()]));
    tracing.again("P101");
    tracing.json(&["request"]);
    assert_eq!(tracing.statuses(), [("01".into(), 1)]);
    tracing.set("P101", "BORN", "02/05/1941");
    let noticed = tracing.json(&["request"]);
    assert_eq!(noticed["noticed"]["record.changed"], 1);
    assert_eq!(tracing.statuses(), [("03".into(), 1)]);
    tracing.verify();
}

/// However answers are spread over commands, the same comes of them.
#[test]
fn a_match_that_is_not_certain_keeps_nobody_else_from_a_number() {
    for order in [vec!["a", "b"], vec!["b", "a"], vec!["ab"], vec!["ba"]] {
        let tracing =
            Tracing::new()
                .person("P101", "", "Quennell")
                .person("P102", "", "Ravenscroft");
        let rows = tracing.request();
        let likely = Pds {
            algorithm: "4",
            confidence: "80",
            ..found(NUMBERS[0])
        };
        tracing.answer("a.csv", &[(&Tracing::reference(&rows, "Quennell"), likely)]);
        tracing.answer(
            "b.csv",
            &[(&Tracing::reference(&rows, "Ravenscroft"), found(NUMBERS[0]))],
        );
        apply_all(&tracing, &order);
        let list = work(&tracing);
        assert_eq!(
            (list.only("person_id"), list.only("reason")),
            ("P101", "not_exact"),
            "{order:?}"
        );
        assert_eq!(tracing.statuses(), [("01".into(), 1), ("05".into(), 1)]);
        tracing.verify();
    }
}

/// PDS gives a number to two people: neither gets it, whoever is asked about again, until one of the two is no more.
#[test]
fn a_number_of_two_people_is_nobodys_also_when_one_leaves_or_objects() {
    type Step = fn(&mut Tracing);
    let steps: [Step; 2] = [
        |tracing| tracing.end("P101", "01/06/2025"),
        |tracing| tracing.set("P101", "OBJECTS", "Y"),
    ];
    for step in steps {
        let mut tracing =
            Tracing::new()
                .person("P101", "", "Quennell")
                .person("P102", "", "Ravenscroft");
        let rows = tracing.request();
        let answers: Vec<_> = rows
            .iter()
            .map(|row| (row[0].as_str(), found(NUMBERS[0])))
            .collect();
        tracing.apply("a.csv", &answers);
        step(&mut tracing);
        for _ in 0..2 {
            assert_eq!(tracing.json(&["request"])["selected"], 0);
        }
        assert_eq!(tracing.statuses(), [("05".into(), 1), ("07".into(), 1)]);
        tracing.verify();
    }
}

#[test]
fn a_number_for_somebody_with_another_one_is_not_free_for_others() {
    // P101 has another number; PDS does not know it, and gives one by name that is given to P102 too.
    for files in [vec!["ab"], vec!["a", "b"], vec!["b", "a"]] {
        let tracing = Tracing::new().person("P101", NUMBERS[1], "Quennell");
        let rows = tracing.request();
        tracing.apply("0.csv", &[(&rows[0][0], code("98"))]);
        let tracing = tracing.person("P102", "", "Ravenscroft");
        let rows = tracing.request();
        assert_eq!(rows.len(), 2);
        for (name, person) in [("a.csv", "Quennell"), ("b.csv", "Ravenscroft")] {
            let reference = Tracing::reference(&rows, person);
            tracing.answer(name, &[(&reference, found(NUMBERS[0]))]);
        }
        apply_all(&tracing, &files);
        assert_eq!(tracing.statuses(), [("05".into(), 2)], "{files:?}");
        tracing.verify();
    }
}

/// Applies files of these letters, those of one word with one command.
fn apply_all(tracing: &Tracing, commands: &[&str]) {
    for files in commands {
        let paths: Vec<String> = files
            .chars()
            .map(|file| tracing.path(&format!("{file}.csv")).display().to_string())
            .collect();
        let mut arguments = vec!["apply"];
        arguments.extend(paths.iter().map(String::as_str));
        tracing.json(&arguments);
    }
}

#[test]
fn of_two_answers_to_one_question_neither_number_is_free_for_others() {
    for commands in [
        vec!["abc"],
        vec!["cba"],
        vec!["a", "b", "c"],
        vec!["b", "a", "c"],
        vec!["a", "c", "b"],
        vec!["b", "c", "a"],
        vec!["c", "a", "b"],
        vec!["c", "b", "a"],
        vec!["ab", "c"],
        vec!["ba", "c"],
    ] {
        let tracing =
            Tracing::new()
                .person("P101", "", "Quennell")
                .person("P102", "", "Ravenscroft");
        let rows = tracing.request();
        let one = Tracing::reference(&rows, "Quennell");
        let other = Tracing::reference(&rows, "Ravenscroft");
        tracing.answer("a.csv", &[(&one, found(NUMBERS[0]))]);
        tracing.answer("b.csv", &[(&one, found(NUMBERS[1]))]);
        tracing.answer("c.csv", &[(&other, found(NUMBERS[0]))]);
        apply_all(&tracing, &commands);
        assert_eq!(tracing.statuses(), [("05".into(), 2)], "{commands:?}");
        tracing.verify();
    }
}

#[test]
fn a_row_without_an_id_keeps_nobody_from_a_number() {
    let tracing =
        Tracing::new()
            .person("P101", "", "Quennell")
            .person("", NUMBERS[0], "Ravenscroft");
    let rows = tracing.request();
    tracing.apply("a.csv", &[(&rows[0][0], found(NUMBERS[0]))]);
    assert_eq!(tracing.statuses(), [("01".into(), 1)]);
    assert!(work(&tracing).rows.is_empty());
    assert_eq!(tracing.json(&["request"])["excluded"]["verified"], 1);
}

#[test]
fn who_is_dead_on_every_row_of_theirs_is_dead() {
    let mut tracing = verified(NUMBERS[0], Council::of([service()]));
    tracing.set("P101", "DIED", "01/02/2026");
    tracing.again("P101");
    let noticed = tracing.json(&["request"]);
    assert_eq!(noticed["noticed"]["person.died"], 1);
    // So somebody living may have the number.
    let tracing = tracing.person("P102", "", "Ravenscroft");
    let rows = tracing.request();
    tracing.apply("b.csv", &[(&rows[0][0], found(NUMBERS[0]))]);
    assert_eq!(tracing.statuses(), [("01".into(), 2)]);
    tracing.verify();
}

#[test]
fn of_two_answers_either_may_tell_of_a_death() {
    let died = Pds {
        died: "20260101",
        ..found(NUMBERS[1])
    };
    for swap in [false, true] {
        let tracing = Tracing::new().person("P101", "", "Quennell");
        let rows = tracing.request();
        let mut answers = [
            (rows[0][0].as_str(), found(NUMBERS[0])),
            (&rows[0][0], died.clone()),
        ];
        if swap {
            answers.reverse();
        }
        let applied = tracing.apply("a.csv", &answers);
        assert_eq!(applied["deaths"], 1);
        let list = work(&tracing);
        let mut reasons = list.column("reason");
        reasons.sort_unstable();
        assert_eq!(reasons, ["dead", "two_answers"]);
    }
}

#[test]
fn who_objects_after_the_question_has_no_answer_taken() {
    let mut tracing = Tracing::new().person("P101", "", "Quennell");
    let rows = tracing.request();
    tracing.set("P101", "OBJECTS", "Y");
    let applied = tracing.apply("a.csv", &[(&rows[0][0], found(NUMBERS[0]))]);
    assert_eq!(applied["rules"]["person.objected"]["07"], 1);
    assert_eq!(tracing.json(&["request"])["excluded"]["objection"], 1);
    // Who takes it back is asked about again.
    tracing.set("P101", "OBJECTS", "n");
    assert_eq!(tracing.request().len(), 1);
    tracing.verify();
}

#[test]
fn who_objects_after_the_answer_has_the_number_withdrawn() {
    const NUMBER: &str = "9990000026";
    let mut tracing = verified(NUMBER, Council::of([event("P101", "E1")]));
    assert_eq!(returned(&tracing).1, 1);
    tracing.set("P101", "OBJECTS", "Y");
    let noticed = tracing.json(&["request"]);
    assert_eq!(noticed["noticed"]["person.objected"], 1);
    assert_eq!(tracing.statuses(), [("07".into(), 1)]);
    assert_eq!(returned(&tracing).1, 0);
    let again = tracing.json(&["request"]);
    assert!(again["noticed"].as_object().unwrap().is_empty());
    tracing.verify();
    // Also where the person has left.
    let mut tracing = verified(NUMBER, Council::of([event("P101", "E1")]));
    tracing.set("P101", "OBJECTS", "Y");
    tracing.end("P101", "01/02/2026");
    tracing.json(&["request"]);
    assert_eq!(tracing.statuses(), [("07".into(), 1)]);
    assert_eq!(
        tracing.json(&["request"])["noticed"]
            .as_object()
            .unwrap()
            .len(),
        0
    );
    tracing.verify();
}

#[test]
fn an_objection_that_nobody_can_read_is_refused() {
    let tracing = Tracing::new()
        .person("P101", "", "Quennell")
        .but("P101", "OBJECTS", "N")
        .person("P102", "", "Ravenscroft")
        .but("P102", "OBJECTS", "withdrawn-perhaps");
    for command in ["select", "request"] {
        let said = tracing.trace(&[command]).code(3);
        said.says(&["1 cells of the column `OBJECTS`", "row 3"]);
        assert!(!said.stderr.contains("perhaps"));
    }
    assert!(!tracing.register().exists());
    let tracing = tracing.but("P102", "OBJECTS", "");
    assert_eq!(tracing.json(&["select"])["selected"], 2);
}

#[test]
fn a_verified_number_of_somebody_recorded_otherwise_is_asked_about_again() {
    const NUMBER: &str = "9990000026";
    for (changes, status) in [
        (&[("BORN", "02/05/1940")][..], "06"),
        (&[("LAST", "Rowland"), ("FIRST", "Eve")][..], "06"),
        (&[("LAST", "Rowland")][..], "01"),
        (&[("FIRST", "ann mary"), ("LAST", "QUENNELL")][..], "01"),
        (&[("PCODE", "LS2 8PD")][..], "01"),
    ] {
        let mut tracing = verified(NUMBER, Council::of([event("P101", "E1")]));
        for (column, value) in changes {
            tracing.set("P101", column, value);
        }
        let asked = tracing.json(&["request"]);
        assert_eq!(tracing.statuses(), [(status.to_owned(), 1)], "{changes:?}");
        let with = returned(&tracing).1;
        if status == "01" {
            assert_eq!((&asked["selected"], with), (&0.into(), 1));
            continue;
        }
        assert_eq!(asked["noticed"]["record.changed"], 1);
        assert_eq!((&asked["cross_check"], with), (&1.into(), 0));
        tracing.verify();
    }
}

#[test]
fn who_has_nothing_to_correct_is_asked_about_three_times() {
    let unusable = || found("9434765918");
    let unknown = || code("77");
    for answer in [unusable, unknown] {
        let tracing = Tracing::new().person("P101", "", "Quennell");
        for name in ["a.csv", "b.csv", "c.csv"] {
            let rows = tracing.request();
            assert_eq!(rows.len(), 1, "{name}");
            tracing.apply(name, &[(&rows[0][0], answer())]);
        }
        assert_eq!(tracing.json(&["request"])["excluded"]["unsettled"], 1);
        // Then the list does not say to wait for the next request.
        let list = work(&tracing);
        assert_eq!(list.only("attempts"), "3");
        assert_eq!(
            (list.only("reason"), list.only("to_do")),
            ("asked_enough", "ask_gp")
        );
    }
    // A fault of the last of several questions does not end it: what was left out was another question.
    let tracing = Tracing::new().person("P101", NUMBERS[3], "Quennell");
    for (at, answer) in ["98", "98", "14", "14", "14"].into_iter().enumerate() {
        let rows = tracing.request();
        assert_eq!(rows.len(), 1, "question {at}");
        tracing.apply(&format!("{at}.csv"), &[(&rows[0][0], code(answer))]);
    }
    assert_eq!(tracing.json(&["request"])["excluded"]["unsettled"], 1);
    assert_eq!(work(&tracing).only("reason"), "asked_enough");
    let tracing = Tracing::new().person("P101", "", "Quennell");
    let rows = tracing.request();
    let (one, other) = (found(NUMBERS[0]), found(NUMBERS[1]));
    tracing.apply("a.csv", &[(&rows[0][0], one), (&rows[0][0], other)]);
    assert_eq!(tracing.request().len(), 1);
    tracing.verify();
}

#[test]
fn a_day_of_death_that_says_nothing_makes_nobody_dead() {
    // The last two are to come, and before the birth.
    for day in [
        "last May",
        "01/01/1900",
        "1753-01-01",
        "31/12/9999",
        "01/01/2206",
        "01/01/1930",
    ] {
        let tracing = Tracing::new()
            .person("P101", "", "Quennell")
            .but("P101", "DIED", day);
        let mut asked = tracing.json(&["request"]);
        assert_eq!(asked["excluded"]["death_unclear"], 1, "{day}");
        assert_eq!(tracing.statuses(), [("03".into(), 1)]);
        let list = work(&tracing);
        assert_eq!(list.only("reason"), "death_unclear");
        let mut tracing = tracing;
        tracing.set("P101", "DIED", "");
        asked = tracing.json(&["request"]);
        assert_eq!(asked["selected"], 1);
        tracing.verify();
    }
}

#[test]
fn an_end_to_come_is_none_and_one_that_cannot_be_read_is_told() {
    let mut tracing = Tracing::new().person("P101", "", "Quennell");
    for (day, selected, unreadable) in [
        ("31/12/9999", 1, 0),
        ("01/01/2999", 1, 0),
        ("01/01/2020", 0, 0),
        ("in May", 0, 1),
    ] {
        tracing.end("P101", day);
        let said = tracing.json(&["select"]);
        assert_eq!(said["selected"], selected, "{day}");
        assert_eq!(said["unreadable_ends"], unreadable, "{day}");
        let told = tracing.trace(&["select"]).code(0).stdout;
        assert_eq!(told.contains("cannot be read"), unreadable == 1);
    }
}

#[test]
fn no_command_uses_a_register_that_does_not_verify() {
    let tracing = verified(NUMBERS[0], Council::of([service()]));
    rusqlite::Connection::open(tracing.register())
        .unwrap()
        .execute_batch("UPDATE people SET number = '9434765870'")
        .unwrap();
    let before = fs::read(tracing.register()).unwrap();
    let answers = tracing.path("a.csv");
    for arguments in [
        &["select"][..],
        &["request"],
        &["apply", answers.to_str().unwrap()],
        &["worklist"],
        &["status"],
        &["purge"],
    ] {
        tracing.trace(arguments).code(6).says(&["table `people`"]);
    }
    assert_eq!(fs::read(tracing.register()).unwrap(), before);
}

#[test]
fn every_answer_is_counted_once() {
    let tracing = Tracing::new()
        .person("P101", "", "Quennell")
        .person("P102", "", "Ravenscroft");
    let rows = tracing.request();
    let one = Tracing::reference(&rows, "Quennell");
    let other = Tracing::reference(&rows, "Ravenscroft");
    let stranger = "B".repeat(32);
    let applied = tracing.apply(
        "a.csv",
        &[
            (&one, found(NUMBERS[0])),
            (&one, found(NUMBERS[1])),
            (&one, found(NUMBERS[0])),
            (&other, code("97")),
            (&other, code("97")),
            (&stranger, code("97")),
        ],
    );
    let decided = applied["rules"].as_object().unwrap().values();
    let decided: u64 = decided
        .flat_map(|statuses| statuses.as_object().unwrap().values())
        .map(|n| n.as_u64().unwrap())
        .sum();
    let rest = ["repeated", "contradicting", "late", "for_nobody"];
    let rest: u64 = rest.iter().map(|of| applied[of].as_u64().unwrap()).sum();
    assert_eq!((decided, rest), (2, 4));
    assert_eq!(applied["contradicting"], 1);
    assert_eq!(applied["answers"], 6);
}
