//! A finding of joined records names the row of each side.

use super::{council, people};

#[test]
fn findings_name_the_row_of_each_table() {
    let table = people(&[
        "9,9990000018,Female,15/06/1950",
        "1,9990000026,Vague,15/06/1950",
        "2,9990000034,Male,never",
    ]);
    let ran = council(&["1", "2", "3"], &table, "", "").makes();
    let findings = ran.worklist();
    let of = |rule: &str| {
        [
            "source",
            "row",
            "column",
            "source_column",
            "local_people_row",
        ]
        .map(|column| findings.find("rule", rule, column).to_owned())
    };
    assert_eq!(
        of("gender.not_in_list"),
        ["source-1", "2", "", "people.GENDER", "3"]
    );
    assert_eq!(
        of("date_of_birth.not_a_date"),
        ["source-1", "3", "", "people.DOB", "4"]
    );
    assert_eq!(
        findings.find("rule", "nhs_number.unmatched", "local_people_row"),
        ""
    );
    assert_eq!(findings.find("rule", "nhs_number.unmatched", "row"), "4");
}

/// A sheet counts the rows above its header, and blank rows.
#[test]
fn rows_are_counted_as_a_spreadsheet_does() {
    let table = "title\n\n".to_owned()
        + &people(&["9,9990000018,Female,15/06/1950"])
        + "\n\n1,9990000026,Vague,White: Irish,15/06/1950\n";
    let ran = super::council_of(&["1"], &table, "{file: people.csv, header_row: 3}").makes();
    let findings = ran.worklist();
    assert_eq!(
        findings.find("rule", "gender.not_in_list", "local_people_row"),
        "7"
    );
}

/// Records come in many blocks, and blank lines between them are rows.
#[test]
fn rows_are_right_in_every_block() {
    let keys: Vec<String> = (0..4000).map(|n| format!("K{n}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let events = super::events(&keys);
    let events = events.replacen("\n", "\n\n", 1);
    let rows: Vec<String> = (0..4000)
        .filter(|n| *n != 1234)
        .map(|n| {
            let gender = if n % 1000 == 999 { "Vague" } else { "Male" };
            format!("K{n},9990000018,{gender},15/06/1950")
        })
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let ran = crate::support::Council::bare()
        .beside("events.csv", events)
        .beside("people.csv", people(&rows))
        .described(&format!(
            "tables: {{events: {{file: events.csv}}, people: {{file: people.csv}}}}, from: events, join: [{}], {}",
            super::join(""),
            super::MAPPED
        ))
        .makes();
    let findings = ran.worklist();
    let of = |rule: &str| -> Vec<String> {
        let rows = findings
            .rows
            .iter()
            .filter(|row| row[findings.at("rule")] == rule);
        let cell = |row: &Vec<String>, column| row[findings.at(column)].clone();
        rows.map(|row| format!("{} {}", cell(row, "row"), cell(row, "local_people_row")))
            .collect()
    };
    assert_eq!(
        of("gender.not_in_list"),
        ["1002 1001", "2002 2000", "3002 3000", "4002 4000"]
    );
    assert_eq!(of("nhs_number.unmatched"), ["1237 "]);
}
