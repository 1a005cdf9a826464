//! What is refused, with key or row and without any value.

use super::{council, people};
use crate::support::{Council, service};

const ONE: &str = "1,9990000018,Female,15/06/1950";

/// Fails as a configuration does, and says this.
#[track_caller]
fn refused(council: Council, parts: &[&str]) {
    council.fails(2).said.says(parts);
}

#[test]
fn columns_that_are_not_there() {
    let table = people(&[ONE]);
    for (of_join, of_source, parts) in [
        (
            ", where: \"GONE = '1'\"",
            "",
            ["sources[1].join[1].where", "`GONE` is not a column"],
        ),
        (
            ", prefer: [{valid_nhs_number: GONE}]",
            "",
            [
                "sources[1].join[1].prefer",
                "`GONE` is not among the 5 columns of people",
            ],
        ),
        (
            ", valid_at: {date: GONE, from: DOB}",
            "",
            ["join[1].valid_at.date", "`GONE`"],
        ),
        (
            ", valid_at: {date: Event Start Date, from: GONE}",
            "",
            ["join[1].valid_at.from", "`GONE`"],
        ),
        (
            "",
            ", derive: {x: \"people.GONE\"}",
            ["sources[1].derive.x", "`people.GONE` is not a column"],
        ),
        (
            "",
            ", derive: {x: \"others.GENDER\"}",
            ["sources[1].derive.x", "no table of that name"],
        ),
        (
            "",
            ", exclude: {test: \"GONE\"}",
            ["sources[1].exclude.test", "`GONE` is not a column"],
        ),
        (
            "",
            ", blank: {events.GONE: [x]}",
            ["sources[1].blank", "`events.GONE`"],
        ),
        (
            "",
            ", blank: {GENDER: [x]}",
            ["sources[1].blank", "`GENDER`"],
        ),
    ] {
        refused(council(&["1"], &table, of_join, of_source), &parts);
    }
    let join = |on: &str, take: &str| {
        Council::bare()
            .beside("events.csv", super::events(&["1"]))
            .beside("people.csv", people(&[ONE]))
            .described(&format!(
                "tables: {{events: {{file: events.csv}}, people: {{file: people.csv}}}}, from: events, \
                 join: [{{table: people, on: {{{on}}}, take: [{take}]}}]"
            ))
    };
    refused(
        join("GONE: PERSON_ID", "NHS"),
        &["join[1].on", "`GONE` is not among the"],
    );
    refused(
        join("PERSON_ID: GONE", "NHS"),
        &["join[1].on", "`GONE` is not among the 5 columns of people"],
    );
    refused(
        join("PERSON_ID: PERSON_ID", "GONE"),
        &[
            "join[1].take",
            "`GONE` is not among the 5 columns of people",
        ],
    );
    refused(
        join("PERSON_ID: PERSON_ID", "\"9434765919\""),
        &["join[1].take", "not repeated here"],
    );
}

#[test]
fn expressions_that_are_wrong_or_look_at_other_records() {
    for (text, word) in [
        ("Gender ||", "is no expression"),
        ("SUM(Gender)", "`SUM(…)` is not a function of one record"),
        ("ROW_NUMBER()", "is not a function of one record"),
        ("RANDOM()", "is not a function of one record"),
        ("Gender OVER (1)", "the same whenever it is run"),
        ("(SELECT 1)", "the same whenever it is run"),
        ("CURRENT_DATE", "the same whenever it is run"),
        ("ABS(Gender)", "does not fit columns of text"),
        ("GREATEST()", "is given nothing to work with"),
        ("INTERVAL '9995001012'", "is not known here"),
        (
            &["Gender"; 110].join("||"),
            "more than 200 words and operators",
        ),
        ("", "is blank"),
    ] {
        let council = Council::of([service()]).reads(&format!("derive: {{local_x: {text:?}}}"));
        refused(council, &["sources[1].derive.local_x: ", word]);
    }
    let long = ["Gender"; 90].join("||");
    Council::of([service()])
        .reads(&format!("derive: {{local_x: {long:?}}}"))
        .makes();
    let council = Council::of([service()]).reads("exclude: {test: Gender}");
    refused(council, &["sources[1].exclude.test", "is no condition"]);
}

#[test]
fn an_expression_with_an_identifier_is_not_repeated() {
    for text in [
        "Gender = '9434765919' 9434765919",
        "\\\"9434765919\\\" = 'x'",
    ] {
        let ran = Council::of([service()])
            .reads(&format!("exclude: {{test: \"{text}\"}}"))
            .fails(2);
        assert!(
            !ran.said.stderr.contains("9434765919"),
            "{}",
            ran.said.stderr
        );
    }
}

#[test]
fn tables_that_are_not_described_as_they_should_be() {
    let tables = |said: &str| {
        Council::bare()
            .beside("events.csv", super::events(&["1"]))
            .beside("people.csv", people(&[ONE]))
            .described(said)
    };
    let both = "tables: {events: {file: events.csv}, people: {file: people.csv}}";
    let on = "on: {PERSON_ID: PERSON_ID}";
    for (said, parts) in [
        (
            both.to_owned(),
            [
                "sources[1].from",
                "name the table that has a row for each record",
            ],
        ),
        (
            format!("{both}, from: event"),
            [
                "sources[1].from",
                "none of the tables under `tables:`: events, people",
            ],
        ),
        (
            format!("{both}, from: events"),
            ["sources[1].tables", "a table that nothing joins"],
        ),
        (
            format!("{both}, from: events, join: [{{table: person, {on}}}]"),
            ["join[1].table", "none of the tables"],
        ),
        (
            format!(
                "{both}, from: events, join: [{{table: people, {on}}}, {{table: people, {on}}}]"
            ),
            ["join[2]", "another name with `name:`"],
        ),
        (
            format!("{both}, from: events, file: x.csv, join: [{{table: people, {on}}}]"),
            ["sources[1]", "stand under each table"],
        ),
        (
            format!("{both}, from: events, join: [{{table: people, on: {{}}}}]"),
            ["join[1].on", "names no columns"],
        ),
        (
            "tables: {9434765919: {file: events.csv}}, from: x".to_owned(),
            ["sources[1].tables", "is no word"],
        ),
        (
            "file: events.csv, from: events".to_owned(),
            ["sources[1].from", "goes with `tables:`"],
        ),
        (
            "tables: {events: {file: events.old}}, from: events".to_owned(),
            ["sources[1].tables.events", "say what it is"],
        ),
        (
            format!("{both}, from: events, jion: []"),
            ["unknown key `jion`", "nearest known one is `join`"],
        ),
    ] {
        refused(tables(&said), &parts);
    }
}

#[test]
fn more_than_memory_is_meant_to_hold() {
    let rows: Vec<String> = (0..2000)
        .map(|n| format!("K{n},9990000018,Female,15/06/1950"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let large = || council(&["K1"], &people(&rows), "", ", lookup_memory: 20 KiB");
    large()
        .fails(3)
        .said
        .says(&["people.csv", "more memory than is left", "lookup_memory"]);
    council(&["K1"], &people(&rows), "", ", lookup_memory: 1 MiB").makes();
}

#[test]
fn a_table_that_is_missing_or_broken() {
    let ran = council(&["1"], &people(&[ONE]), "", "").beside("gone", "");
    std::fs::remove_file(ran.path("people.csv")).expect("removed");
    ran.fails(3).said.says(&["people.csv"]);
    let broken = people(&[ONE]) + "1,2\n";
    council(&["1"], &broken, "", "")
        .fails(3)
        .said
        .says(&["people.csv row 3"]);
}

#[test]
fn names_of_the_program_are_its_own() {
    let record = service().with("cld:left_out", "0");
    let council = Council::of([record]).reads("derive: {local_x: Gender}");
    refused(council, &["has a column `cld:left_out`"]);
}
