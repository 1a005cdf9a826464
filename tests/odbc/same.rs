//! The same records from a database and from a file.

use sha2::{Digest as _, Sha256};

use super::server::{LOGIN, asking, columns, connection, load};
use crate::kinds::writers;
use crate::support::{Council, Ran, Record, Table, service};

const SETTINGS: &str =
    "columns: {NHS No: NHS Number}, values: {Gender: {F: Female, M: Male}}, ignore: [Team]";

/// Invented records with their faults, and what is hard to write in SQL, CSV or one byte.
fn records() -> Table {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/cld.csv");
    let mut table = Table::of(&std::fs::read(path).unwrap());
    table.rows.truncate(900);
    let [practice, description] =
        ["GP Practice Code", "Event Description"].map(|name| table.at(name));
    table.rows[3][practice] = "Zoë – \"A\", B; C".into();
    table.rows[4][description] = "O'Brien's; \"talk\", two\nlines – 😀 ŵ".into();
    table
}

fn file(table: &Table) -> Ran {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(&table.header).chain(&table.rows) {
        writer.write_record(row).unwrap();
    }
    selected(Council::file("cld.csv", writer.into_inner().unwrap()).reads(SETTINGS))
}

fn selected(council: Council) -> Ran {
    council
        .set(
            "selection",
            "{cancelled: {column: local_status, values: [Cancelled]}}",
        )
        .makes()
}

/// Everything is the same but where findings say they are.
#[track_caller]
fn compare(ran: &Ran, plain: &Ran) {
    for name in [
        "submission.csv",
        "submission.parquet",
        "data-quality.csv",
        "findings.csv",
    ] {
        assert!(ran.read(name) == plain.read(name), "{name}");
    }
    let mut expected = plain.whole_worklist();
    let source = expected.at("source");
    for row in &mut expected.rows {
        if row[source] == "source-1" {
            row[source] = "source-1 [events.sql]".into();
        }
    }
    assert!(ran.whole_worklist() == expected, "the worklist");
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn records_of_text_give_the_same_submission_and_digest() {
    let table = records();
    let name = load(&table, |_| "text");
    let query = format!("SELECT {} FROM {name} ORDER BY id", columns(&table));
    let ran = selected(asking(&query, &format!(", {SETTINGS}")));
    let plain = file(&table);
    compare(&ran, &plain);
    let [source, of_file] = [&ran, &plain].map(|ran| ran.predicate()["sources"][0].clone());
    assert_eq!(source["kind"], "odbc");
    assert_eq!(source["rows"], 900);
    assert_eq!(source["query"]["name"], "events.sql");
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(query.as_bytes()));
    assert_eq!(source["query"]["digest"], digest);
    for none in ["encoding", "sheet"] {
        assert!(source[none].is_null(), "{none}");
    }
    // What is attested is the answer as the plainest text of it.
    assert_eq!(source["keyed_digest"], of_file["keyed_digest"]);
    assert_eq!(source["bytes"], of_file["bytes"]);
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn records_with_types_give_the_same_submission() {
    let mut table = records();
    // Where nearly all are days, what is none could not be stored as one.
    for at in 0..table.header.len() {
        let is_day = |row: &&mut Vec<String>| writers::day(&row[at]).is_some();
        let filled = table.rows.iter().filter(|row| !row[at].is_empty()).count();
        let days = table.rows.iter_mut().filter(is_day).count();
        if 2 * days > filled {
            for row in table.rows.iter_mut().filter(|row| !is_day(row)) {
                row[at].clear();
            }
        }
    }
    let all = |at: usize, is: &dyn Fn(&str) -> bool| {
        table
            .rows
            .iter()
            .all(|row| row[at].is_empty() || is(&row[at]))
    };
    let is_day = |cell: &str| writers::day(cell).is_some();
    let is_whole = |cell: &str| cell.parse::<i64>().is_ok_and(|n| n.to_string() == cell);
    let is_number = |cell: &str| {
        cell.parse::<f64>().is_ok()
            && cell.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && !cell.starts_with("00")
    };
    let used = std::cell::RefCell::new(std::collections::BTreeSet::new());
    let name = load(&table, |at| {
        let of = if all(at, &is_day) {
            ["date", "timestamp", "timestamp(0)"][at % 3]
        } else if all(at, &is_whole) {
            "bigint"
        } else if all(at, &is_number) {
            "numeric"
        } else {
            ["text", "varchar", "varchar(3000)"][at % 3]
        };
        used.borrow_mut().insert(of);
        of
    });
    assert!(used.borrow().len() >= 5, "{used:?}");
    let query = format!(
        "-- every event\nSELECT {} FROM {name} ORDER BY id;\n",
        columns(&table)
    );
    compare(
        &selected(asking(&query, &format!(", {SETTINGS}"))),
        &file(&table),
    );
}

/// A table that is looked up may be a query, and its key goes to the worklist.
#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn people_may_be_looked_up_in_a_database() {
    let people = "KEY,PERSON_ID,GENDER\n501,P1,Male\n502,P2,Q\n";
    let people = Table::of(people.as_bytes());
    let name = load(&people, |_| "text");
    let query = format!("SELECT {} FROM {name}", columns(&people));
    let events = [
        service().of("9990002002", "P1", "E1"),
        service().of("9990002029", "P2", "E2"),
    ];
    let council = |key: &str| {
        let table = format!(
            "{{kind: odbc, query: people.sql, connection: \"{}\", {LOGIN}, key: {key}}}",
            connection()
        );
        Council::bare()
            .beside("people.sql", &query)
            .beside("events.csv", Record::csv(&events.clone().map(|event| event.without("Gender"))))
            .described(&format!(
                "tables: {{events: {{file: events.csv}}, people: {table}}}, from: events, join: [{{table: people, \
                 on: {{LA Person Unique Identifier: PERSON_ID}}, take: [GENDER]}}], columns: {{people.GENDER: Gender}}"
            ))
    };
    let ran = council("KEY").makes();
    let worklist = ran.worklist();
    let of = |column: &str| {
        worklist
            .find("rule", "gender.not_in_list", column)
            .to_owned()
    };
    assert_eq!(of("local_people_KEY"), "502");
    assert_eq!(of("local_people_row"), "3");
    let table = &ran.predicate()["sources"][0]["tables"][0];
    assert_eq!(table["query"]["name"], "people.sql");
    council("GONE").fails(2).said.says(&["`GONE` is not among"]);
}
