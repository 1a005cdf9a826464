//! Joined records are the same records: as one file would give them, from tables of any kind, in any order.

use super::{OF_PERSON, join, people};
use crate::support::{Council, Record, review, service};

fn records() -> Vec<Record> {
    let genders = ["Female", "Male", "Other"];
    (0..40)
        .map(|at| {
            let record = if at % 3 == 0 { review() } else { service() };
            let person = at % 7;
            record
                .numbered(at + 1)
                .with("LA Person Unique Identifier", format!("P{person}"))
                .with("NHS Number", NUMBERS[person])
                .with("Gender", genders[person % 3])
                .with(
                    "Date of Birth",
                    format!("{:02}/06/19{:02}", person + 1, 40 + person),
                )
                .with("Event Description", "with, comma and \"quotes\"")
        })
        .collect()
}

const NUMBERS: [&str; 7] = [
    "9990000026",
    "9990000034",
    "9990000042",
    "",
    "9990000050",
    "9990000069",
    "9990000077",
];

/// The same in two tables.
fn joined(reversed: bool) -> Council {
    let mut keyed: Vec<Record> = records()
        .into_iter()
        .enumerate()
        .map(|(at, record)| record.with("PERSON_ID", format!("K{}", at % 7)))
        .collect();
    if reversed {
        keyed.reverse();
    }
    let genders = ["Female", "Male", "Other"];
    let rows: Vec<String> = (0..7)
        .map(|person| {
            format!(
                "K{person},{},{},{:02}/06/19{:02}",
                NUMBERS[person],
                genders[person % 3],
                person + 1,
                40 + person
            )
        })
        .collect();
    let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    if reversed {
        rows.reverse();
    }
    Council::bare()
        .beside("events.csv", super::without(&keyed, &OF_PERSON))
        .beside("people.csv", people(&rows))
        .described(&format!(
            "tables: {{events: {{file: events.csv}}, people: {{file: people.csv}}}}, from: events, join: [{}], {}",
            join(""),
            super::MAPPED
        ))
}

#[test]
fn joined_records_are_submitted_as_one_file_is() {
    let one = Council::of(records()).makes();
    let submission = one.read("submission.csv");
    assert!(one.submission().rows.len() == 40);
    for reversed in [false, true] {
        let ran = joined(reversed).makes();
        assert!(
            ran.read("submission.csv") == submission,
            "reversed: {reversed}"
        );
        assert!(ran.read("submission.parquet") == one.read("submission.parquet"));
        assert!(ran.read("data-quality.csv") == one.read("data-quality.csv"));
    }
}

#[test]
fn a_run_made_twice_has_one_name_and_another_table_another() {
    let name = |ran: &crate::support::Ran| ran.bundle().file_name().expect("named").to_owned();
    let (a, b) = (joined(false).makes(), joined(false).makes());
    assert_eq!(name(&a), name(&b));
    let one = |gender: &str| {
        let table = people(&[&format!("1,9990000018,{gender},15/06/1950")]);
        super::council(&["1"], &table, "", "").makes()
    };
    assert_ne!(
        name(&one("Female")),
        name(&one("Male")),
        "the table's digest is part of it"
    );
}

#[test]
fn tables_are_files_of_any_kind() {
    let rows = [
        "1,9990000018,Female,15/06/1950",
        "2,9990000026,Male,15/06/1951",
    ];
    let expected = super::council(&["1", "2"], &people(&rows), "", "")
        .makes()
        .read("submission.csv");
    let semicolons = people(&rows).replace(',', ";").into_bytes();
    let utf16: Vec<u8> = people(&rows)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [&b"\xFF\xFE"[..], &utf16].concat();
    let latin = people(&rows).replace("White: Irish", "White: Irish\u{e9}");
    let latin: Vec<u8> = latin.chars().map(|c| c as u8).collect();
    for (described, bytes) in [
        ("{file: people.csv, delimiter: \";\"}", semicolons),
        ("{file: people.csv}", marked),
    ] {
        let ran = super::council_of(&["1", "2"], bytes, described).makes();
        assert_eq!(ran.read("submission.csv"), expected, "{described}");
    }
    let ran = super::council_of(&["1", "2"], latin, "{file: people.csv}").makes();
    let table = &ran.predicate()["sources"][0]["tables"][0];
    assert_eq!(table["encoding"], "windows-1252");
    let worklist = ran.worklist();
    assert!(
        worklist
            .column("received")
            .contains(&"White: Irish\u{e9}".to_owned())
    );
}

/// Who asks for one table under two names gets both rows.
#[test]
fn one_table_under_two_names() {
    let rows = [
        "1,9990000018,Female,15/06/1950",
        "2,9990000026,Male,15/06/1951",
    ];
    let records = vec![service().with("PERSON_ID", "1").with("OTHER", "2")];
    let source = format!(
        "tables: {{events: {{file: events.csv}}, people: {{file: people.csv}}}}, from: events, join: [{}, \
         {{table: people, name: other, on: {{OTHER: PERSON_ID}}, take: [GENDER]}}], \
         derive: {{local_both: \"people.GENDER || ' ' || other.GENDER\"}}, {}",
        join(""),
        super::MAPPED.replace("[PERSON_ID]", "[PERSON_ID, OTHER, other.GENDER]")
    );
    let ran = Council::bare()
        .beside(
            "events.csv",
            super::without(&records, &OF_PERSON)
                .replace("Continuation of support or services", "x"),
        )
        .beside("people.csv", people(&rows))
        .described(&source)
        .makes();
    assert_eq!(ran.worklist().only("local_both"), "Female Male");
    assert_eq!(ran.worklist().only("local_other_row"), "3");
}

/// The table of records is told apart from UTF-8 as any file is, even late.
#[test]
fn records_may_be_windows_1252() {
    let keys: Vec<&str> = std::iter::repeat_n("1", 3000).collect();
    let mut events = super::events(&keys).into_bytes();
    let last = events
        .iter()
        .rposition(|byte| *byte == b'D')
        .expect("a day centre");
    events[last] = 0xE9;
    let ran = Council::bare()
        .beside("events.csv", events)
        .beside("people.csv", people(&["1,9990000018,Female,15/06/1950"]))
        .described(&format!(
            "tables: {{events: {{file: events.csv}}, people: {{file: people.csv}}}}, from: events, join: [{}], {}",
            join(""),
            super::MAPPED
        ))
        .makes();
    let source = &ran.predicate()["sources"][0];
    assert_eq!(source["encoding"], "windows-1252");
    assert_eq!(source["tables"][0]["records"]["matched"], 3000);
    assert_eq!(source["rows"], 3000);
}
