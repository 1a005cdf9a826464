//! What a sample promises: equal bytes, numbers of the test range, clean records where asked, and all its dirt in the
//! file that the repository carries.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::NaiveDate;
use regex::Regex;
use sha2::{Digest, Sha256};

use super::*;
use crate::nhs_number::canonical;
use crate::schema::{Kind, Match, Schema, Subject, Truth};

fn schema() -> Schema {
    Schema::load("cld-release-2", None).expect("built in")
}

fn made(schema: &Schema, options: &Options) -> (String, Summary) {
    let mut bytes = Vec::new();
    let summary = write(schema, options, &mut bytes).expect("a vector takes everything");
    (String::from_utf8(bytes).expect("UTF-8"), summary)
}

fn clean(rows: u64) -> Options {
    Options {
        rows,
        bad_rate: Rate::ZERO,
        ..Options::default()
    }
}

/// The arguments of `samples/cld.csv`:
/// `cld sample --rows 2100 --people 300 --seed 2092 --bad-rate 0.005 --council-style --local-columns --out samples/cld.csv`
fn repository() -> Options {
    Options {
        rows: 2100,
        people: Some(300),
        seed: 2092,
        bad_rate: Rate::per_million(5000),
        council_style: true,
        local_columns: true,
        ..Options::default()
    }
}

fn repository_file() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "samples", "cld.csv"]
        .iter()
        .collect()
}

/// Records as maps from column to cell.
fn records(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader
        .deserialize()
        .map(|record| record.expect("well-formed"))
        .collect()
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%d/%m/%Y").ok()
}

#[test]
fn equal_arguments_give_equal_bytes_on_every_machine() {
    let (text, summary) = made(
        &schema(),
        &Options {
            rows: 200,
            ..Options::default()
        },
    );
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&text));
    assert_eq!((summary.rows, text.lines().count()), (200, 201));
    assert_eq!(
        digest,
        "559bb1ac77c70a464a6d9afb7def1f6063543d7cabf2076e3a724e6a7ca592aa"
    );
    let (other, _) = made(
        &schema(),
        &Options {
            rows: 200,
            seed: 2,
            ..Options::default()
        },
    );
    assert_ne!(text, other);
}

#[test]
fn the_header_is_the_returns_own() {
    let schema = schema();
    let (text, summary) = made(&schema, &clean(0));
    let names = schema
        .fields
        .iter()
        .filter(|field| !field.withdrawn)
        .map(|field| field.name.as_str());
    assert_eq!(text, names.collect::<Vec<_>>().join(",") + "\r\n");
    assert_eq!(summary, Summary::EMPTY);
    let (text, _) = made(
        &schema,
        &Options {
            rows: 0,
            ..repository()
        },
    );
    assert!(text.contains(",NHS No,"));
    assert!(text.ends_with(",Team,local_team,local_worker,local_status\r\n"));
}

#[test]
fn every_character_is_of_windows_1252_and_every_line_ends_alike() {
    let options = Options {
        rows: 1000,
        bad_rate: Rate::per_million(200_000),
        ..Options::default()
    };
    let (text, summary) = made(&schema(), &options);
    assert!(!encoding_rs::WINDOWS_1252.encode(&text).2);
    assert_eq!(text.matches("\r\n").count(), text.matches('\n').count());
    assert_eq!(records(&text).len(), 1000);
    assert!(summary.bad_cells() > 2000);
}

#[test]
fn people_have_numbers_of_the_test_range_and_no_two_the_same() {
    let (text, summary) = made(&schema(), &clean(3000));
    let mut holders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in records(&text) {
        let number = &record["NHS Number"];
        assert!(canonical(number).is_ok_and(|number| number.is_test()));
        holders
            .entry(record["LA Person Unique Identifier"].clone())
            .or_default()
            .insert(number.clone());
    }
    let numbers: BTreeSet<&String> = holders.values().flatten().collect();
    assert_eq!(holders.len() as u64, summary.people);
    assert_eq!(numbers.len(), holders.len());
    assert!((6..8).contains(&(summary.rows / summary.people)));
}

#[test]
fn adults_cared_for_are_service_users_of_the_file() {
    let records = records(&made(&schema(), &clean(3000)).0);
    let users: BTreeSet<&str> = records
        .iter()
        .filter(|record| record["Client Type"] == "Service user")
        .map(|record| record["LA Person Unique Identifier"].as_str())
        .collect();
    let linked: Vec<&str> = records
        .iter()
        .flat_map(|record| (1..=3).map(|n| record[&format!("Adult {n} Linked Person_ID")].as_str()))
        .filter(|id| !id.is_empty())
        .collect();
    assert!(linked.len() > 300);
    // One in twenty-five service users has a record as a carer, which may be the only one.
    let strangers = linked.iter().filter(|id| !users.contains(*id)).count();
    assert!(
        strangers * 100 < linked.len(),
        "{strangers} of {}",
        linked.len()
    );
}

#[test]
fn without_dirt_every_cell_is_right_and_every_mandatory_cell_filled() {
    for id in ["cld-release-1", "cld-release-2"] {
        let schema = Schema::load(id, None).expect("built in");
        let (text, summary) = made(&schema, &clean(4000));
        assert_eq!(summary.bad_cells(), 0);
        for (number, record) in records(&text).iter().enumerate() {
            check_clean(&schema, record, number);
        }
    }
}

fn check_clean(schema: &Schema, record: &BTreeMap<String, String>, number: usize) {
    let cell = |at: usize| {
        record
            .get(&schema.fields[at].name)
            .map_or("", String::as_str)
    };
    let day = |at: usize| date(cell(at));
    let roles = schema.roles;
    let age = day(roles.period_end)
        .zip(day(roles.birth))
        .and_then(|(end, birth)| end.years_since(birth));
    let results = schema
        .tests
        .iter()
        .enumerate()
        .fold(0, |results, (at, test)| {
            let holds = match test.subject {
                Subject::Field(field) => test.holds_for_text(cell(field)),
                Subject::AgeAtPeriodEnd => test.holds_for_number(age.map(i64::from)),
                Subject::AgeAtEventStart => false,
            };
            results | u128::from(holds) << at
        });
    for (at, field) in schema
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| !field.withdrawn)
    {
        let (text, place) = (cell(at), format!("{} of record {number}", field.name));
        match text {
            "" => assert_ne!(
                field.mandatory.evaluate(results),
                Truth::True,
                "{place} is blank"
            ),
            _ => assert_ne!(
                field.applicable.evaluate(results),
                Truth::False,
                "{place} does not belong"
            ),
        }
        if text.is_empty() {
            continue;
        }
        assert!(
            field
                .shape
                .as_ref()
                .is_none_or(|shape| shape.is_match(text)),
            "{place} has another shape"
        );
        match field.list.map(|list| &schema.lists[list]) {
            Some(list) if list.complete.is_closed() => {
                assert!(
                    matches!(list.look_up(text), Match::Exact(_)),
                    "{place}: {text}"
                );
            }
            Some(list) => {
                let listed = list.values.iter().any(|known| known.value == text);
                let unknown = list.values.is_empty() && list.candidates.is_empty();
                assert!(
                    listed || unknown || list.candidates.iter().any(|guess| guess == text),
                    "{place}: {text}"
                );
            }
            None => {}
        }
        let decimal = |text: &str| {
            text.split_once('.')
                .is_some_and(|(_, pence)| pence.len() == 2)
        };
        match field.kind {
            Kind::Date => assert!(date(text).is_some(), "{place}: {text}"),
            Kind::Decimal => assert!(
                decimal(text) && text.parse::<f64>().is_ok(),
                "{place}: {text}"
            ),
            Kind::Integer => assert!(text.parse::<u64>().is_ok(), "{place}: {text}"),
            _ => {}
        }
    }
    let postcode = Regex::new("^[QXZ][XZ][1-9][0-9]? [0-9][A-Z]{2}$").expect("a pattern");
    assert!(
        postcode.is_match(cell(roles.postcode)),
        "{}",
        cell(roles.postcode)
    );
    let digits = |id: &str| id.split('-').nth(1).map(str::to_owned);
    let location = record
        .get("Provider CQC Location ID")
        .and_then(|id| digits(id));
    assert!(location.is_none_or(|location| canonical(&location).is_err()));
    let (start, end, death) = (
        day(roles.event_start),
        day(roles.event_end),
        day(roles.death),
    );
    assert!(
        end.is_none() || start <= end,
        "record {number} ends before it starts"
    );
    assert!(
        death.is_none() || start <= death,
        "record {number} starts after a death"
    );
    assert!(
        age.is_some_and(|age| (19..=101).contains(&age)),
        "record {number}: {age:?}"
    );
}

#[test]
fn dirt_changes_nothing_but_the_cells_it_falls_on() {
    let (plain, _) = made(&schema(), &clean(500));
    let (dirty, summary) = made(
        &schema(),
        &Options {
            rows: 500,
            ..Options::default()
        },
    );
    assert!(summary.of(Dirt::NullText) > 0);
    let changed = |(a, b): (BTreeMap<String, String>, BTreeMap<String, String>)| {
        a.iter()
            .filter(|(column, cell)| b[*column] != **cell)
            .count() as u64
    };
    let cells: u64 = records(&plain)
        .into_iter()
        .zip(records(&dirty))
        .map(changed)
        .sum();
    // A record written twice changes every cell of the one whose place it takes.
    let most = summary.bad_cells() + summary.of(Dirt::NoPersonId) + 48 * summary.of(Dirt::DoubleUp);
    assert!((100..=most).contains(&cells), "{cells} of {most}");
}

#[test]
fn the_file_of_the_repository_is_what_its_arguments_give() {
    let file = std::fs::read_to_string(repository_file()).expect("samples/cld.csv");
    // Not `assert_eq`: the file would be printed.
    assert!(
        file == made(&schema(), &repository()).0,
        "remake it: cargo test --lib sample -- --ignored remake"
    );
}

/// Remakes `samples/cld.csv`.
#[test]
#[ignore = "writes a file of the repository"]
fn remake() {
    std::fs::write(repository_file(), made(&schema(), &repository()).0).expect("samples/cld.csv");
}

#[test]
fn the_file_of_the_repository_has_every_kind_of_record_dirt_and_exclusion() {
    let (text, summary) = made(&schema(), &repository());
    for dirt in Dirt::ALL {
        assert!(summary.of(dirt) > 0, "{}", dirt.name());
    }
    assert!((290..=310).contains(&summary.people), "{}", summary.people);
    let records = records(&text);
    let has = |column: &str, value: &str| records.iter().any(|record| record[column] == value);
    for (column, field) in [
        ("Event Type", "event_type"),
        ("Client Type", "client_type"),
        ("Service Type", "service_type"),
    ] {
        for known in &schema().list(field).expect("known").values {
            assert!(has(column, &known.value), "{column}: {}", known.value);
        }
    }
    let mut excluded: BTreeMap<&str, u64> = BTreeMap::new();
    for record in &records {
        *excluded.entry(fate(record)).or_default() += 1;
    }
    let reasons: Vec<&str> = excluded.keys().copied().collect();
    assert_eq!(
        reasons,
        [
            "cancelled",
            "no_event",
            "no_person_id",
            "open_event",
            "outside_period",
            "submitted"
        ]
    );
    assert!(excluded["submitted"] > 1900, "{excluded:?}");
}

/// What becomes of a record (contract section 9), where `local_status` says that it was cancelled.
fn fate(record: &BTreeMap<String, String>) -> &'static str {
    let cell = |name: &str| {
        Some(record[name].trim())
            .filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("null"))
    };
    let (start, end) = (
        cell("Event Start Date").and_then(date),
        cell("Event End Date").and_then(date),
    );
    let (first, last) = (
        NaiveDate::from_ymd_opt(2025, 4, 1),
        NaiveDate::from_ymd_opt(2026, 3, 31),
    );
    let known = cell("Client Type")
        .is_some_and(|text| text.eq_ignore_ascii_case("Unpaid carer known by association"));
    let service = cell("Event Type").is_some_and(|text| text.eq_ignore_ascii_case("Service"));
    if canonical(&record["NHS No"]).is_err() && cell("LA Person Unique Identifier").is_none() {
        "no_person_id"
    } else if !known && (start.is_none() || cell("Event Type").is_none()) {
        "no_event"
    } else if record["local_status"] == "Cancelled" {
        "cancelled"
    } else if known {
        "submitted"
    } else if end.is_none() && !service {
        "open_event"
    } else if start > last || (end.is_some() && (end < first || (!service && end > last))) {
        "outside_period"
    } else {
        "submitted"
    }
}
