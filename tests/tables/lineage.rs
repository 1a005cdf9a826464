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
