//! Which row is taken.

use super::{council, people};
use crate::support::{Council, Ran};

/// What each event's own row says after looking up: the genders by event reference, and the rules of the join.
fn genders(ran: &Ran) -> Vec<String> {
    let mut genders = ran.submission().column("Gender");
    genders.sort();
    genders
}

fn rules(ran: &Ran) -> Vec<(String, String)> {
    let table = ran.worklist();
    let (rule, row) = (table.at("rule"), table.at("row"));
    let rows = table
        .rows
        .iter()
        .map(|cells| (cells[rule].clone(), cells[row].clone()));
    let mut rules: Vec<_> = rows
        .filter(|(rule, _)| rule.ends_with(".unmatched") || rule.ends_with(".undecided"))
        .collect();
    rules.sort();
    rules
}

fn told(rule: &str, row: u64) -> (String, String) {
    (format!("nhs_number.{rule}"), row.to_string())
}

const ONE: &str = "1,9990000018,Female,15/06/1950";
const TWO: &str = "2,9990000026,Male,15/06/1951";

#[test]
fn keys_that_match_bring_their_row_and_others_are_told() {
    let ran = council(
        &["1", "2", "3", "01", "1 ", "1.0"],
        &people(&[ONE, TWO]),
        "",
        "",
    )
    .makes();
    assert_eq!(genders(&ran), ["", "", "", "", "Female", "Male"]);
    let expected: Vec<_> = (4..8).map(|row| told("unmatched", row)).collect();
    assert_eq!(rules(&ran), expected, "as text, to the letter");
    let worklist = ran.worklist();
    let wanted = worklist.column("expected");
    assert!(
        wanted.contains(&"one row of `people` by PERSON_ID".to_owned()),
        "{wanted:?}"
    );
    assert!(
        ran.said
            .stdout
            .contains("source-1: people (2 rows of 2, 1 MiB); 4: no row"),
        "{}",
        ran.said.stdout
    );
    let counts = &ran.predicate()["sources"][0]["tables"][0];
    assert_eq!(counts["records"]["matched"], 2);
    assert_eq!(counts["records"]["unmatched"], 4);
    assert_eq!(counts["name"], "people");
    assert_eq!(counts["rows"], 2);
    assert_eq!(ran.predicate()["counts"]["read"], 6);
}

#[test]
fn a_row_need_not_be_there_if_that_is_said() {
    let ran = council(&["1", "3"], &people(&[ONE]), ", optional: true", "").makes();
    assert!(rules(&ran).is_empty());
    assert_eq!(
        ran.predicate()["sources"][0]["tables"][0]["records"]["unmatched"],
        1
    );
}

#[test]
fn keys_that_mean_nobody_look_nothing_up() {
    let unknown = people(&[
        ONE,
        "-1,9990000026,Male,15/06/1951",
        "0,9990000034,Male,15/06/1951",
    ]);
    let ran = council(&["1", "-1", "", " ", "0"], &unknown, "", "").makes();
    assert_eq!(
        genders(&ran),
        ["", "", "", "Female", "Male"],
        "-1 means nobody, 0 does not say so"
    );
    assert!(rules(&ran).is_empty());
    assert_eq!(
        ran.predicate()["sources"][0]["tables"][0]["records"]["without_key"],
        3
    );
    let ran = council(&["1", "-1", "0"], &unknown, "", ", no_key: [\"0\"]").makes();
    assert_eq!(genders(&ran), ["", "Female", "Male"]);
}

/// What means nobody is nobody's id either: such events are not one invented person's.
#[test]
fn a_key_that_means_nobody_goes_on_as_nothing() {
    let events = super::without(
        &["1", "-1", "-1"].map(|key| {
            crate::support::service()
                .with("PERSON_ID", key)
                .with("Event Reference", format!("E{key}"))
        }),
        &[&super::OF_PERSON[..], &["LA Person Unique Identifier"]].concat(),
    );
    let mapped = super::MAPPED
        .replace(
            "columns: {",
            "columns: {PERSON_ID: LA Person Unique Identifier, ",
        )
        .replace(", ignore: [PERSON_ID]", "");
    let ran = Council::bare()
        .beside("events.csv", events)
        .beside("people.csv", people(&[ONE]))
        .described(&format!(
            "tables: {{events: {{file: events.csv}}, people: {{file: people.csv}}}}, from: events, \
             join: [{}], {mapped}",
            super::join("")
        ))
        .makes();
    assert_eq!(genders(&ran), ["Female"]);
    assert_eq!(ran.predicate()["counts"]["excluded"]["no_person_id"], 2);
}

#[test]
fn several_rows_that_say_the_same_are_one_and_others_are_not_guessed() {
    let table = people(&[ONE, TWO, ONE, "2,9990000026,Female,15/06/1951"]);
    let ran = council(&["1", "2"], &table, "", "").makes();
    assert_eq!(genders(&ran), ["", "Female"]);
    assert_eq!(rules(&ran), [told("undecided", 3)]);
    assert!(
        ran.said.stdout.contains("1: several and no rule decides"),
        "{}",
        ran.said.stdout
    );
}

#[test]
fn rows_that_do_not_count_are_not_looked_up() {
    let table = people(&["1,9990000026,Male,15/06/1951", ONE]);
    let ran = council(&["1"], &table, ", where: \"GENDER = 'Female'\"", "").makes();
    assert_eq!(genders(&ran), ["Female"]);
    assert!(
        ran.said.stdout.contains("people (1 rows of 2"),
        "{}",
        ran.said.stdout
    );
    let ran = council(&["1"], &table, ", where: \"GENDER = 'Other'\"", "").makes();
    assert_eq!(rules(&ran), [told("unmatched", 2)]);
}

/// The rule for NHS numbers: the verified one, else the only valid one, else a finding.
#[test]
fn of_several_nhs_references_the_verified_one_else_the_only_valid_one() {
    const REFERENCES: &str = "PERSON_ID,KIND,REFERENCE,VERIFIED\n\
        1,NHS,9990000018,N\n1,NHS,9990000026,Y\n\
        2,NHS,9990000018,N\n2,NHS,12345,\n\
        3,NHS,9990000018,\n3,NHS,9990000026,\n\
        4,NHS,9990000018,Y\n4,NHS,9990000026,Y\n\
        5,NHS,999 000 0018,\n5,NHS,9990000018,\n\
        6,LOCAL,9990000018,Y\n\
        7,NHS,12345,Y\n7,NHS,9990000018,N\n\
        8,NHS,999000001,\n\
        9,NHS,12345,\n9,NHS,54321,\n";
    let keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let source = "tables: {events: {file: events.csv}, people: {file: people.csv}, references: {file: references.csv}}, \
        from: events, join: [{table: people, on: {PERSON_ID: PERSON_ID}, take: [GENDER, ETHNICITY, DOB]}, \
        {table: references, on: {PERSON_ID: PERSON_ID}, take: [REFERENCE], where: \"KIND = 'NHS'\", \
        prefer: [\"VERIFIED = 'Y'\", {valid_nhs_number: REFERENCE}]}], \
        columns: {references.REFERENCE: NHS Number, people.GENDER: Gender, people.ETHNICITY: Ethnicity, people.DOB: Date of Birth}, \
        absent: [Date of Death], ignore: [PERSON_ID]";
    let rows: Vec<String> = keys
        .iter()
        .map(|key| format!("{key},,Female,15/06/1950"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let ran = Council::bare()
        .beside("events.csv", super::events(&keys))
        .beside("people.csv", people(&rows))
        .beside("references.csv", REFERENCES)
        .described(source)
        .makes();
    let expected = [
        told("undecided", 10),
        told("undecided", 4),
        told("undecided", 5),
        told("unmatched", 7),
    ];
    assert_eq!(rules(&ran), expected);
    let worklist = ran.worklist();
    // A lost leading zero is a finding and never padded back; a verified number that is wrong is not passed over.
    let malformed: Vec<_> = worklist
        .rows
        .iter()
        .filter(|row| row[worklist.at("rule")] == "nhs_number.malformed")
        .map(|row| {
            (
                row[worklist.at("row")].as_str(),
                row[worklist.at("received")].as_str(),
            )
        })
        .collect();
    assert_eq!(malformed, [("8", "12345"), ("9", "999000001")]);
    let pseudonyms = ran.submission().column("Der_NHS_Number_Pseudo");
    assert_eq!(
        pseudonyms.iter().filter(|p| !p.is_empty()).count(),
        3,
        "of 1, 2 and 5"
    );
}

const ADDRESSES: &str = "PERSON_ID,FROM,TO,POSTCODE\n\
    1,2020-01-01,2025-04-30,LS1 4AP\n1,2025-05-01,,LS2 9JT\n\
    2,2020-01-01,2024-12-31,LS1 4AP\n2,01/06/2025,,LS2 9JT\n\
    3,2020-01-01,2024-12-31,LS1 4AP\n3,2019-01-01,2019-12-31,LS2 9JT\n\
    4,2020-01-01 00:00:00,,LS1 4AP\n4,2025-04-30 00:00:00,,LS2 9JT\n\
    5,2020-01-01,,LS1 4AP\n5,2020-01-01,,LS2 9JT\n\
    6,1 Jan 20,,LS1 4AP\n6,,2030-01-01,LS2 9JT\n";

/// Sectors of the address that events of 1 May 2025 get, in the order of the people 1 to 6.
fn sectors(otherwise: &str) -> (Vec<String>, Vec<String>) {
    let keys = ["1", "2", "3", "4", "5", "6"];
    let events = super::events(&keys);
    // Postcodes of the events themselves are another column.
    let events = events.replacen("Postcode", "OLD", 1);
    let rows: Vec<String> = keys
        .iter()
        .map(|key| format!("{key},9990000018,Female,15/06/1950"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let source = format!(
        "tables: {{events: {{file: events.csv}}, people: {{file: people.csv}}, addresses: {{file: addresses.csv}}}}, \
         from: events, join: [{}, {{table: addresses, on: {{PERSON_ID: PERSON_ID}}, take: [POSTCODE], \
         valid_at: {{date: Event Start Date, from: FROM, to: TO{otherwise}}}}}], \
         derive: {{local_postcode: \"addresses.POSTCODE\", Planned units per week: PERSON_ID}}, \
         columns: {{addresses.POSTCODE: Postcode, people.NHS: NHS Number, people.GENDER: Gender, \
         people.ETHNICITY: Ethnicity, people.DOB: Date of Birth}}, absent: [Date of Death], ignore: [PERSON_ID, OLD]",
        super::join("")
    );
    let ran = Council::bare()
        .beside("events.csv", events)
        .beside("people.csv", people(&rows))
        .beside("addresses.csv", ADDRESSES)
        .described(&source)
        .makes();
    let table = ran.submission();
    let (units, sector) = (
        table.at("Planned_units_per_week"),
        table.at("Der_Postcode_Sector"),
    );
    let mut rows: Vec<_> = table
        .rows
        .iter()
        .map(|row| (row[units].clone(), row[sector].clone()))
        .collect();
    rows.sort();
    let worklist = ran.worklist();
    let of_postcode = worklist
        .rows
        .iter()
        .filter(|row| row[worklist.at("rule")].starts_with("postcode.un"));
    let mut told: Vec<_> = of_postcode
        .map(|row| format!("{} {}", row[worklist.at("row")], row[worklist.at("rule")]))
        .collect();
    told.sort();
    (rows.into_iter().map(|(_, sector)| sector).collect(), told)
}

#[test]
fn the_address_in_force_at_the_event_is_taken() {
    let (sectors, told) = sectors("");
    // The fourth began last of two; the fifth has two of one day; the sixth one that cannot be read and one without a start.
    assert_eq!(sectors, ["LS2 9", "", "", "LS2 9", "", "LS2 9"]);
    assert_eq!(
        told,
        [
            "3 postcode.unmatched",
            "4 postcode.unmatched",
            "6 postcode.undecided"
        ]
    );
}

#[test]
fn otherwise_the_latest_in_the_period_or_at_all() {
    let (in_period, told) = sectors(", otherwise: latest_in_period");
    assert_eq!(in_period, ["LS2 9", "LS2 9", "", "LS2 9", "", "LS2 9"]);
    assert_eq!(told, ["4 postcode.unmatched", "6 postcode.undecided"]);
    let (ever, told) = sectors(", otherwise: latest");
    assert_eq!(ever, ["LS2 9", "LS2 9", "LS1 4", "LS2 9", "", "LS2 9"]);
    assert_eq!(told, ["6 postcode.undecided"]);
}

#[test]
fn keys_of_several_columns_and_tables_in_a_row() {
    let chain = "SUBGROUP,KIND,PERSON\n1,PER,1\n1,ORG,2\n2,PER,2\n";
    let source = format!(
        "tables: {{events: {{file: events.csv}}, subjects: {{file: subjects.csv}}, people: {{file: people.csv}}}}, \
         from: events, join: [{{table: subjects, on: {{PERSON_ID: SUBGROUP, Event Type: KIND}}, take: [PERSON]}}, \
         {{table: people, on: {{subjects.PERSON: PERSON_ID}}, take: [NHS, GENDER, ETHNICITY, DOB]}}], {}",
        super::MAPPED.replace("[PERSON_ID]", "[PERSON_ID, subjects.PERSON]")
    );
    let ran = Council::bare()
        .beside("events.csv", super::events(&["1", "2"]))
        .beside("subjects.csv", chain.replace("PER,", "Service,"))
        .beside("people.csv", people(&[ONE, TWO]))
        .described(&source)
        .makes();
    assert_eq!(genders(&ran), ["Female", "Male"]);
    assert!(rules(&ran).is_empty());
}
