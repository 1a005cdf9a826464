//! Tests of the registers: what the manifest knows is said, what it does not is left open, nothing is markup.

use super::*;
use crate::attest::example;

fn answer(register: usize, name: &str) -> Result<String, &'static str> {
    let entries = entries(&example::statement());
    let mut items = entries[register].items.iter();
    let item = items.find(|item| item.name == name).expect(name);
    item.answer.clone()
}

#[test]
fn every_register_says_what_the_manifest_knows() {
    for (register, name, words) in [
        (
            0,
            "Organisation that releases",
            "Sample & Sons Council (LA code 999)",
        ),
        (
            0,
            "National data opt-out honoured",
            "No: the disclosure is required by law (0 records removed)",
        ),
        (
            0,
            "Objections honoured",
            "57 entries, fewer than 10 of them unreadable, 41 people",
        ),
        (0, "Sharing agreement ends", "2028-12-31"),
        (0, "Made on", "2026-04-07"),
        (0, "Release before", "2025-12-31-9f0c1a2b"),
        (0, "Sensitive", "No field of health"),
        (
            1,
            "Categories of people (groups overlap)",
            "unpaid carers (31,000); of another client type (fewer than 10)",
        ),
        (
            1,
            "Categories of personal data",
            "NHS Number, Gender, Date of Birth",
        ),
        (1, "Security measures", "TEST KEY"),
        (
            2,
            "Field Event Reference",
            "not sent; stricter than the return asks",
        ),
        (
            2,
            "Field Date of Birth",
            "reduced: Der_Birth_Year (year), Der_Birth_Month (month)",
        ),
        (2, "Left out: Outside the reporting period", "560 records"),
        (2, "Change 1", "Gender leaves now, and did not before"),
        (2, "To be reviewed by", "2027-01-31"),
    ] {
        let answer = answer(register, name).expect(name);
        assert!(answer.contains(words), "`{words}` in `{answer}`");
    }
}

#[test]
fn what_a_manifest_cannot_know_is_left_open() {
    for (register, name) in [
        (0, "How often"),
        (0, "Sublicensing"),
        (1, "Articles 6 and 9 of the UK GDPR"),
        (2, "Risks that remain, and who accepts them"),
    ] {
        assert!(answer(register, name).is_err(), "{name}");
    }
    let mut bare = example::predicate();
    bare.governance.legal_basis = None;
    bare.treatment[1].field = "Ethnicity".into();
    let statement = example::stating(bare);
    let text = markdown(&entries(&statement));
    assert!(text.contains("| Legal basis | *\\[to be filled in by information governance\\]* |"));
    assert!(text.contains("| Sensitive | Yes: Ethnicity |"));
}

#[test]
fn markdown_and_csv_hold_the_same_and_run_nothing() {
    let mut hostile = example::predicate();
    hostile.purpose = "=1+1|<b>\n".into();
    let statement = example::stating(hostile);
    let entries = entries(&statement);
    let items: usize = entries.iter().map(|entry| entry.items.len()).sum();
    let markdown = markdown(&entries);
    assert!(markdown.contains("| Purpose | =1+1\\|&lt;b&gt;  |"));
    let rows = markdown.lines().filter(|line| line.starts_with("| "));
    assert_eq!(rows.count(), items + 2 * entries.len());
    let csv = csv(&entries);
    let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), items);
    let purpose = rows.iter().find(|row| &row[1] == "Purpose").expect("there");
    assert_eq!(&purpose[2], "'=1+1|<b>\n");
    let open = rows
        .iter()
        .find(|row| &row[1] == "How often")
        .expect("there");
    assert_eq!((&open[2], &open[3]), ("", GOVERNANCE));
    assert_eq!(
        json(&entries)[0]["items"][0]["item"],
        "Organisation that releases"
    );
}

#[test]
fn an_entry_is_a_line_below_its_header() {
    let entries = entries(&example::statement());
    for entry in &entries {
        let csv = csv_line(entry);
        let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
        let header = reader.headers().expect("a header").clone();
        let names = entry.items.iter().map(|item| item.name.as_str());
        assert!(header.iter().eq(names));
        let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), 1, "{}", entry.register);
        let open = entry.items.iter().position(|item| item.answer.is_err());
        assert!(rows[0][open.expect("something")].starts_with("[to be filled in by "));
    }
}
