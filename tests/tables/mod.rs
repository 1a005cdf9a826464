//! Sources of several tables: rows are looked up by rule, columns derived, records left out for declared reasons; whatever
//! does not match is told, and nothing is lost.

mod choosing;
mod deriving;
mod excluding;
mod leaks;
mod lineage;
mod refused;
mod same;

use crate::support::{Council, Record, service};

/// Fields of a person, which the tests look up in another table.
const OF_PERSON: [&str; 5] = [
    "NHS Number",
    "Gender",
    "Ethnicity",
    "Date of Birth",
    "Date of Death",
];

/// Events of the people 1, 2, 3, … in a table without what is of their persons, and the key `PERSON_ID`.
fn events(keys: &[&str]) -> String {
    let records = keys.iter().enumerate().map(|(at, key)| {
        service()
            .with("LA Person Unique Identifier", format!("P{}", at + 1))
            .with("Event Reference", format!("E{}", at + 1))
            .with("PERSON_ID", *key)
    });
    without(&records.collect::<Vec<_>>(), &OF_PERSON)
}

/// The records as CSV, without some columns.
fn without(records: &[Record], columns: &[&str]) -> String {
    let bytes = Record::csv(records);
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let header = reader.headers().expect("a header").clone();
    let kept: Vec<usize> = (0..header.len())
        .filter(|at| !columns.contains(&&header[*at]))
        .collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let pick = |row: &csv::StringRecord| {
        kept.iter()
            .map(|at| row[*at].to_owned())
            .collect::<Vec<_>>()
    };
    writer.write_record(pick(&header)).expect("written");
    for row in reader.records() {
        writer
            .write_record(pick(&row.expect("a row")))
            .expect("written");
    }
    String::from_utf8(writer.into_inner().expect("written")).expect("UTF-8")
}

/// A people table of these rows: `key,NHS,GENDER,DOB`.
pub fn people(rows: &[&str]) -> String {
    let mut text = "PERSON_ID,NHS,GENDER,ETHNICITY,DOB\n".to_owned();
    for row in rows {
        let cells: Vec<&str> = row.split(',').collect();
        text += &format!(
            "{},{},{},White: Irish,{}\n",
            cells[0], cells[1], cells[2], cells[3]
        );
    }
    text
}

/// What a source of events with people says of its columns.
const MAPPED: &str = "columns: {people.NHS: NHS Number, people.GENDER: Gender, people.ETHNICITY: Ethnicity, \
     people.DOB: Date of Birth}, absent: [Date of Death], ignore: [PERSON_ID]";

/// How people are joined, with what else the join says.
fn join(more: &str) -> String {
    format!(
        "{{table: people, on: {{PERSON_ID: PERSON_ID}}, take: [NHS, GENDER, ETHNICITY, DOB]{more}}}"
    )
}

/// A council whose events have the keys, and whose people table is this. `of_join` and `of_source` say more.
pub fn council(keys: &[&str], people: &str, of_join: &str, of_source: &str) -> Council {
    Council::bare()
        .beside("events.csv", events(keys))
        .beside("people.csv", people)
        .described(&format!(
            "tables: {{events: {{file: events.csv}}, people: {{file: people.csv}}}}, from: events, \
             join: [{}]{of_source}, {MAPPED}",
            join(of_join)
        ))
}

/// A council whose people table is these bytes, described so.
fn council_of(keys: &[&str], people: impl AsRef<[u8]>, described: &str) -> Council {
    Council::bare()
        .beside("events.csv", events(keys))
        .beside("people.csv", people)
        .described(&format!(
            "tables: {{events: {{file: events.csv}}, people: {described}}}, from: events, join: [{}], {MAPPED}",
            join("")
        ))
}
