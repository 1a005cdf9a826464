//! NHS numbers in keys, in columns that are looked up, in conditions and in names: none in a bundle, none on the terminal.

use super::people;
use crate::support::{Council, tree};

/// Valid, of nobody's test range, spread over everything that a table can have.
const CANARIES: [&str; 6] = [
    "9434765919",
    "4010232137",
    "9876543210",
    "9434765870",
    "4505577104",
    "6541003238",
];

/// Looks for the canaries in what was printed and, if there is one, in the bundle.
fn silent(council: Council) -> i32 {
    let ran = council.argument("--allow-test-key").run();
    let mut all = format!("{}{}", ran.said.stdout, ran.said.stderr).into_bytes();
    if ran.said.code == 0 {
        for (name, bytes) in tree(&ran.bundle()) {
            if !name.ends_with(".parquet") {
                all.extend(bytes);
            }
        }
    }
    let text = String::from_utf8_lossy(&all);
    for canary in CANARIES {
        let spaced = format!("{} {} {}", &canary[..3], &canary[3..6], &canary[6..]);
        assert!(
            !text.contains(canary) && !text.contains(&spaced),
            "an NHS number in: {text}"
        );
    }
    ran.said.code
}

fn source(join: &str, more: &str) -> Council {
    let [a, b, c, d, ..] = CANARIES;
    let rows = [
        format!("{a},{b},Female,15/06/1950"),
        format!("{c},{a},{d},never"),
        format!("{d},{b},Male,15/06/1950"),
        format!("{d},{a},Male,15/06/1951"),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    Council::bare()
        .beside("events.csv", super::events(&[a, b, c, d]))
        .beside("people.csv", people(&rows))
        .described(&format!(
            "tables: {{events: {{file: events.csv}}, people: {{file: people.csv}}}}, from: events, \
             join: [{}]{more}, {}",
            super::join(join),
            super::MAPPED
        ))
}

#[test]
fn nothing_of_tables_leaks() {
    let canary = CANARIES[4];
    // Unmatched and undecided keys, values in lists and dates, conditions and values that mean nothing.
    assert_eq!(silent(source("", "")), 0);
    let excluding = format!(
        ", exclude: {{known: \"people.NHS = '{canary}'\"}}, blank: [\"{}\"]",
        CANARIES[3]
    );
    assert_eq!(
        silent(source(
            &format!(", where: \"NHS <> '{canary}'\""),
            &excluding
        )),
        0
    );
    // A cast that fails.
    let cast = ", derive: {local_x: \"CAST(people.GENDER AS DATE)\"}";
    assert_ne!(silent(source("", cast)), 0);
    for (join, more) in [
        (format!(", where: \"'{canary}' ||\""), String::new()),
        (
            format!(", where: \"\\\"{canary}\\\" = 'x'\""),
            String::new(),
        ),
        (
            String::new(),
            format!(", derive: {{\"{canary}\": people.NHS}}"),
        ),
        (
            String::new(),
            format!(", exclude: {{\"n{canary}\": \"people.NHS = 'x'\"}}"),
        ),
        (
            String::new(),
            format!(", blank: {{\"people.{canary}\": [x]}}"),
        ),
        (format!(", name: \"{canary}\""), String::new()),
        (
            format!(", valid_at: {{date: \"{canary}\", from: DOB}}"),
            String::new(),
        ),
        (
            format!(", prefer: [{{valid_nhs_number: \"{canary}\"}}]"),
            String::new(),
        ),
    ] {
        assert_eq!(silent(source(&join, &more)), 2, "{join}{more}");
    }
}
