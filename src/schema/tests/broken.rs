//! Broken schemas: each is refused, at the right line and column.

use std::fs;
use std::path::Path;

use crate::schema::{Schema, SchemaError, known};

const RELEASE_1: &str = include_str!("../../../schemas/cld-release-1.yaml");

/// A text where one piece is replaced by another; the piece must stand in it.
#[track_caller]
fn with(text: &str, piece: &str, by: &str) -> String {
    assert!(text.contains(piece), "{piece}");
    text.replacen(piece, by, 1)
}

/// Loads Release 1 changed in this way from a directory of its own.
fn load_changed(text: &str) -> Result<Schema, SchemaError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cld-release-1.yaml"), text).unwrap();
    Schema::load("cld-release-1", Some(dir.path()))
}

/// Expects exactly one fault, at the first character of the only `here` of the text, with these words in it.
#[track_caller]
fn refused(text: &str, here: &str, words: &str) {
    refused_at(
        text,
        text.find(here).expect("the place stands in the text"),
        words,
    );
}

#[track_caller]
fn refused_at(text: &str, offset: usize, words: &str) {
    let line = text[..offset].matches('\n').count() + 1;
    let column = text[..offset]
        .chars()
        .rev()
        .take_while(|c| *c != '\n')
        .count()
        + 1;
    let error = load_changed(text).unwrap_err();
    let [fault] = error.faults() else {
        panic!("one fault, not: {error}")
    };
    let found = fault.to_string();
    assert!(found.contains(words), "{found}");
    assert!(found.contains("cld-release-1.yaml:"), "{found}");
    assert_eq!((fault.line, fault.column), (line, column), "{found}");
}

#[test]
fn a_bad_condition_is_refused_at_the_condition() {
    let text = with(
        RELEASE_1,
        "    mandatory: \"true\"",
        "    mandatory: gendr is @",
    );
    refused(
        &text,
        "gendr is @",
        "`mandatory` at character 10: expected a name",
    );
    let text = with(
        RELEASE_1,
        "    mandatory: \"true\"",
        "    mandatory: gendr is blank",
    );
    refused(
        &text,
        "gendr is",
        "there is no field `gendr`; did you mean `gender`?",
    );
    let text = with(
        RELEASE_1,
        "    mandatory: \"true\"",
        "    mandatory: 'client_type == \"Servce User\"'",
    );
    refused(
        &text,
        "'client_type == \"Servce",
        "is not in the list of `client_type`; did you mean `Service User`?",
    );
}

#[test]
fn a_folded_condition_is_refused_where_it_begins() {
    let text = with(
        RELEASE_1,
        "or date_of_death is present",
        "or date_of_death is there",
    );
    let piece = text.find("or date_of_death is there").unwrap();
    let offset = text[..piece].rfind(">-").unwrap();
    refused_at(
        &text,
        offset,
        "expected `blank` or `present`, found `there`",
    );
}

#[test]
fn references_lead_somewhere() {
    let text = with(RELEASE_1, "    list: gender\n", "    list: gendre\n");
    let error = load_changed(&text).unwrap_err().to_string();
    assert!(
        error.contains("there is no list `gendre`; did you mean `gender`?"),
        "{error}"
    );
    assert!(error.contains("no field uses the list `gender`"), "{error}");
}

#[test]
fn missing_keys_are_refused_at_the_entry() {
    let text = with(RELEASE_1, "    treatment: keep\n", "");
    refused(
        &text,
        "name: LA Code",
        "the field `la_code` has no `treatment`",
    );
    let text = with(RELEASE_1, "    applicable: \"true\"\n", "");
    refused(
        &text,
        "name: LA Code",
        "the field `la_code` has no `applicable`",
    );
    let text = with(RELEASE_1, "    treatment: keep\n", "    treatment:\n");
    let offset = text.find("    treatment:\n").unwrap() + "    treatment:".len();
    refused_at(&text, offset, "is not text");
}

#[test]
fn choices_are_refused_where_they_stand() {
    let text = with(RELEASE_1, "    type: code\n", "    type: codec\n");
    refused(
        &text,
        "codec\n",
        "`codec` is not a type; the choices are text, code, date, whole number, decimal, list",
    );
    let text = with(
        RELEASE_1,
        "    treatment: keep\n",
        "    treatment: encrypt\n",
    );
    refused(&text, "encrypt\n", "`encrypt` is not a treatment");
    let text = with(RELEASE_1, "as: birth year", "as: birth_year");
    refused(
        &text,
        "birth_year",
        "`birth_year` is not a way to make a column",
    );
    let text = with(
        RELEASE_1,
        "conditions_are: published",
        "conditions_are: guessed",
    );
    refused(&text, "guessed\n", "`guessed` is not a kind of evidence");
    let text = with(RELEASE_1, "complete: \"yes\"", "complete: by council");
    refused(
        &text,
        "by council\n",
        "the choices are yes, unknown, not found",
    );
}

#[test]
fn duplicates_are_refused_at_the_second() {
    let text = with(RELEASE_1, "- value: Female\n", "- value: male\n");
    refused(
        &text,
        "male\n      - value: Other",
        "value `male` stands twice",
    );
    let text = with(
        RELEASE_1,
        "snake: reporting_period_end_date",
        "snake: reporting_period_start_date",
    );
    let error = load_changed(&text).unwrap_err();
    let line = text[..text.rfind("snake: reporting_period_start_date").unwrap()]
        .matches('\n')
        .count()
        + 1;
    assert!(
        error
            .faults()
            .iter()
            .any(|f| (f.line, f.column) == (line, 12)),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("field `reporting_period_start_date` stands twice"),
        "{error}"
    );
    let text = with(RELEASE_1, "column: Gender,", "column: LA_Code,");
    let offset = text.rfind("LA_Code,").unwrap();
    refused_at(&text, offset, "column `LA_Code` stands twice");
}

#[test]
fn yaml_itself_is_read_strictly() {
    let text = with(
        RELEASE_1,
        "    max_length: 3\n",
        "    max_length: 3\n    max_length: 4\n",
    );
    refused(&text, "max_length: 4", "the key `max_length` stands twice");
    let text = with(RELEASE_1, "    max_length: 3\n", "    maxlength: 3\n");
    refused(
        &text,
        "maxlength: 3",
        "unknown key `maxlength`; the nearest known one is `max_length`",
    );
    let text = with(RELEASE_1, "    max_length: 3\n", "    max_length: three\n");
    refused(&text, "three\n    applicable", "expected u32");
    let text = with(RELEASE_1, "confidence: medium", "confidence: &c medium");
    refused(&text, "&c medium", "anchors and aliases");
    let text = with(RELEASE_1, "confidence: medium", "confidence: *c");
    refused(&text, "*c", "anchors and aliases");
    let text = with(RELEASE_1, "- value: Female\n", "- value: null\n");
    refused(
        &text,
        "null\n      - value: Other",
        "nothing (or null) is not text",
    );
    let text = with(RELEASE_1, "- value: Female\n", "- value: true\n");
    refused(&text, "true\n      - value: Other", "true is not text");
    let text = with(RELEASE_1, "- value: Female\n", "- value: 4\n");
    refused(&text, "4\n      - value: Other", "4 is not text");
    let text = with(RELEASE_1, "- value: Female\n", "- value: \"NULL\"\n");
    refused(&text, "\"NULL\"", "counts as blank");
}

#[test]
fn what_would_leak_or_contradict_is_refused() {
    let text = with(
        RELEASE_1,
        "{column: Der_Postcode_Sector, as: postcode sector}",
        "{column: Postcode, as: value}",
    );
    let offset = text.find("- {column: Postcode,").unwrap();
    refused_at(
        &text,
        offset,
        "a field with `privacy: direct identifier` may not be written as it is",
    );
    let text = with(
        RELEASE_1,
        "{column: Gender, as: value}",
        "{column: Gender, as: postcode sector}",
    );
    refused(
        &text,
        "postcode sector}\n    null_seen",
        "is made from `postcode` only",
    );
    let text = with(
        RELEASE_1,
        "as: pseudonym, domain: nhs-number",
        "as: pseudonym",
    );
    refused(&text, "Der_NHS_Number_Pseudo, as", "has no `domain`");
    let text = with(
        RELEASE_1,
        "    snake: date_of_death\n",
        "    snake: date_of_dying\n",
    );
    let error = load_changed(&text).unwrap_err().to_string();
    assert!(
        error.contains("the schema has no field `date_of_death`, which the pipeline needs"),
        "{error}"
    );
}

#[test]
fn every_fault_is_told_at_once_in_order() {
    let text = with(RELEASE_1, "    type: code\n", "    type: codec\n");
    let text = with(
        &text,
        "    mandatory: \"true\"\n",
        "    mandatory: \"maybe\"\n",
    );
    let text = with(&text, "- value: Female\n", "- value: Male\n");
    let error = load_changed(&text).unwrap_err();
    let lines: Vec<usize> = error.faults().iter().map(|fault| fault.line).collect();
    assert_eq!(lines.len(), 3, "{error}");
    assert!(lines.is_sorted(), "{error}");
    assert_eq!(error.to_string().lines().count(), 3);
}

#[test]
fn more_than_128_tests_are_refused_where_the_129th_stands() {
    let tests: Vec<String> = (0..129)
        .map(|i| format!("age_at_period_end > {i}"))
        .collect();
    let text = with(
        RELEASE_1,
        "    mandatory: \"true\"",
        &format!("    mandatory: {}", tests.join(" or ")),
    );
    let error = load_changed(&text).unwrap_err();
    assert!(
        error.faults()[0].to_string().contains("128 distinct tests"),
        "{error}"
    );
    let line = text[..text.find("mandatory: age").unwrap()]
        .matches('\n')
        .count()
        + 1;
    assert_eq!(
        (error.faults()[0].line, error.faults()[0].column),
        (line, 16)
    );
}

#[test]
fn files_beyond_the_limit_or_absent_are_refused() {
    let long = format!("{RELEASE_1}#{}\n", "x".repeat(1 << 20));
    assert!(matches!(
        load_changed(&long),
        Err(SchemaError::TooLarge { .. })
    ));
    assert!(matches!(
        Schema::load_file(Path::new("no/such.yaml")),
        Err(SchemaError::Read { .. })
    ));
    assert!(matches!(
        known(Some(Path::new("no-such-directory"))),
        Err(SchemaError::Read { .. })
    ));
}
