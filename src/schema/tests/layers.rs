//! Schemas based on others, and the directory that goes before what is built in.

use std::fs;

use crate::schema::{Schema, SchemaError, known};

const RELEASE_2: &str = include_str!("../../../schemas/cld-release-2.yaml");

/// Writes files of a directory and loads one of them.
fn load_from(files: &[(&str, &str)], id: &str) -> Result<Schema, SchemaError> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    Schema::load(id, Some(dir.path()))
}

const RELEASE_3: &str = "\
schema: cld-release-3
based_on: cld-release-2
title: A later release
release: \"3\"
status: invented
in_use: never
fields:
  - snake: tenure
    after: accommodation_status
    name: Tenure
    module: person details
    type: list
    list: tenure
    applicable: 'client_type == \"Service user\"'
    mandatory: \"false\"
    conditions_are: inferred
    privacy: neutral
    treatment: keep
    writes: [{column: Tenure, as: value}]
    source: S1
    confidence: low
lists:
  - list: tenure
    complete: \"yes\"
    confidence: low
    source: S1
    values: [{value: Owned}, {value: Rented}]
  - list: gender
    complete: \"yes\"
    confidence: low
    source: S1
    values: [{value: Woman, was: [Female]}, {value: Man, was: [Male]}]
";

#[test]
fn a_new_release_is_one_new_file() {
    let schema = load_from(&[("cld-release-3.yaml", RELEASE_3)], "cld-release-3").unwrap();
    let tenure = schema.position("Tenure").unwrap();
    assert_eq!(schema.fields[tenure - 1].snake, "accommodation_status");
    assert!(schema.fields[schema.position("gp_practice_name").unwrap()].withdrawn);
    // What the new list does not mention is retired by itself.
    let retired: Vec<&str> = schema
        .list("gender")
        .unwrap()
        .retired
        .iter()
        .map(|r| r.value.as_str())
        .collect();
    assert_eq!(retired, ["Other", "Unknown"]);
    // A condition of Release 2 that names a value the new release lost is a fault of Release 2's line.
    let lost = RELEASE_3.replace("- list: gender", "- list: client_type");
    let error = load_from(&[("cld-release-3.yaml", &lost)], "cld-release-3")
        .unwrap_err()
        .to_string();
    assert!(error.contains("cld-release-2.yaml (built in):"), "{error}");
}

#[test]
fn changes_of_fields_that_do_not_exist_are_refused() {
    let text = RELEASE_3.replace("    after: accommodation_status\n", "");
    let error = load_from(&[("cld-release-3.yaml", &text)], "cld-release-3").unwrap_err();
    assert_eq!(
        (error.faults()[0].line, error.faults()[0].column),
        (8, 12),
        "{error}"
    );
    let text = RELEASE_3.replace("after: accommodation_status", "after: accomodation");
    let error = load_from(&[("cld-release-3.yaml", &text)], "cld-release-3").unwrap_err();
    assert_eq!(
        (error.faults()[0].line, error.faults()[0].column),
        (9, 12),
        "{error}"
    );
}

#[test]
fn bases_must_exist_and_not_go_round() {
    let text = RELEASE_3.replace("based_on: cld-release-2", "based_on: cld-release-7");
    let error = load_from(&[("cld-release-3.yaml", &text)], "cld-release-3").unwrap_err();
    assert_eq!(
        (error.faults()[0].line, error.faults()[0].column),
        (2, 11),
        "{error}"
    );
    let text = RELEASE_3.replace("based_on: cld-release-2", "based_on: cld-release-3");
    let error = load_from(&[("cld-release-3.yaml", &text)], "cld-release-3").unwrap_err();
    assert!(matches!(error, SchemaError::Circular { .. }), "{error}");
    let error = load_from(&[("cld-release-4.yaml", RELEASE_3)], "cld-release-4").unwrap_err();
    assert_eq!(
        (error.faults()[0].line, error.faults()[0].column),
        (1, 9),
        "{error}"
    );
}

#[test]
fn the_users_directory_goes_first() {
    let own = RELEASE_2.replacen("title: Adult", "title: Our adult", 1);
    let files = [
        ("cld-release-2.yaml", own.as_str()),
        ("cld-release-3.yaml", RELEASE_3),
        ("notes.txt", "x"),
    ];
    let schema = load_from(&files, "cld-release-2").unwrap();
    assert!(schema.title.starts_with("Our adult"));
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let ids: Vec<String> = known(Some(dir.path()))
        .unwrap()
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(ids, ["cld-release-1", "cld-release-2", "cld-release-3"]);
    assert!(Schema::load_file(&dir.path().join("cld-release-3.yaml")).is_ok());
}
