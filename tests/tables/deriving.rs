//! Columns derived from others, and values that mean nothing.

use super::{council, people};
use crate::support::{Council, Record, service};

/// One record with its day of birth in three columns.
fn in_three(day: &str, month: &str, year: &str) -> Record {
    service()
        .without("Date of Birth")
        .with("DOB_DAY", day)
        .with("DOB_MTH", month)
        .with("DOB_YR", year)
}

const BIRTH: &str = "derive: {Date of Birth: \"LPAD(DOB_DAY, 2, '0') || '/' || LPAD(DOB_MTH, 2, '0') || '/' || DOB_YR\"}, \
     ignore: [DOB_DAY, DOB_MTH, DOB_YR]";

#[test]
fn a_day_in_three_columns_is_one_again() {
    let records = [
        in_three("5", "6", "1950"),
        in_three("", "6", "1950").numbered(2),
    ];
    let ran = Council::of(records).reads(BIRTH).makes();
    let mut years = ran.submission().column("Der_Birth_Year");
    years.sort();
    assert_eq!(years, ["", "1950"], "a part that is missing is no day");
    let table = ran.worklist();
    assert_eq!(
        table.find("rule", "date_of_birth.blank_mandatory", "row"),
        "3"
    );
    assert_eq!(
        table.find("rule", "date_of_birth.blank_mandatory", "column"),
        "",
        "it stands in no file"
    );
}

#[test]
fn an_estimated_birth_date_is_shown_where_it_is_worked_on() {
    let records = [
        service().with("AGE_ESTIMATED", "Y").with("Gender", "X"),
        service()
            .with("AGE_ESTIMATED", "")
            .with("Gender", "X")
            .numbered(2),
    ];
    let ran = Council::of(records)
        .reads("derive: {local_birth_estimated: \"AGE_ESTIMATED = 'Y'\"}, ignore: [AGE_ESTIMATED]")
        .makes();
    let table = ran.worklist();
    let estimated = |row: &str| {
        let at = table.at("local_birth_estimated");
        let rows = table
            .rows
            .iter()
            .filter(|cells| cells[table.at("row")] == row);
        rows.map(|cells| cells[at].clone()).next()
    };
    assert_eq!(estimated("2"), Some("TRUE".into()));
    assert_eq!(estimated("3"), Some(String::new()));
}

#[test]
fn a_value_that_a_cast_fails_on_ends_the_run_with_its_row_alone() {
    let records = [
        service().with("HOURS", "1"),
        service().with("HOURS", "secretvalue").numbered(2),
    ];
    let strict = "derive: {Planned units per week: \"CAST(HOURS AS INT) * 2\"}, ignore: [HOURS]";
    let ran = Council::of(records.clone()).reads(strict).fails(3);
    ran.said.says(&[
        "cld.csv row 3: sources[1].derive.Planned units per week cannot be worked out",
        "TRY_CAST",
    ]);
    assert!(
        !ran.said.stderr.contains("secretvalue"),
        "{}",
        ran.said.stderr
    );
    let lenient = strict.replace("CAST", "TRY_CAST");
    let ran = Council::of(records).reads(&lenient).makes();
    let mut units = ran.submission().column("Planned_units_per_week");
    units.sort();
    assert_eq!(units, ["", "2.00"]);
}

#[test]
fn values_that_mean_nothing_are_empty_and_counted() {
    let with = |death: &str, birth: &str| {
        service()
            .with("Date of Death", death)
            .with("Date of Birth", birth)
    };
    let records = [
        with("01/01/1900", "01/01/1900"),
        with(" 01/01/1753 ", "15/06/1950").numbered(2),
        with("", "15/06/1950").numbered(3),
    ];
    let ran = Council::of(records.clone())
        .reads("blank: [01/01/1900, 01/01/1753]")
        .makes();
    let table = ran.worklist();
    assert_eq!(
        table.find("rule", "date_of_birth.blank_mandatory", "row"),
        "2"
    );
    assert!(
        !ran.rules()
            .iter()
            .any(|rule| rule.ends_with("placeholder_date"))
    );
    assert!(
        ran.said
            .stdout
            .contains("Read as empty             3  source-1"),
        "{}",
        ran.said.stdout
    );
    // A day is a day however it is written: a workbook or a database gives it otherwise than a text has it.
    let ran = Council::of(records.clone())
        .reads("blank: [1900-01-01, 1753-01-01]")
        .makes();
    let said = &ran.said.stdout;
    assert!(said.contains("Read as empty             3"), "{said}");
    let ran = Council::of(records.clone())
        .reads("blank: {Date of Death: [01/01/1900, 01/01/1753]}")
        .makes();
    assert_eq!(
        ran.rules(),
        [
            "date_of_birth.placeholder_date",
            "date_of_birth.age_115_or_over"
        ],
        "another column keeps it"
    );
    let ran = Council::of(records).makes();
    let rules = ran.rules();
    let placeholders = rules
        .iter()
        .filter(|rule| rule.ends_with(".placeholder_date"));
    assert_eq!(placeholders.count(), 3, "{rules:?}");
}

#[test]
fn values_of_tables_that_are_looked_up_mean_nothing_too() {
    let table = people(&["1,9990000018,Female,1900-01-01"]);
    let blank = ", blank: {people.DOB: [1900-01-01]}";
    let ran = council(&["1"], &table, "", blank).makes();
    assert_eq!(ran.rules(), ["date_of_birth.blank_mandatory"]);
    let ran = council(&["1"], &table, "", "").makes();
    assert_eq!(ran.rules(), ["date_of_birth.not_a_date"]);
}

#[test]
fn columns_of_tables_are_derived_from() {
    let table = people(&[
        "1,9990000018,F,1950-06-15 00:00:00.000",
        "2,9990000026,M,1951-06-15 00:00:00.000",
    ]);
    let source = "tables: {events: {file: events.csv}, people: {file: people.csv}}, from: events, \
        join: [{table: people, on: {PERSON_ID: PERSON_ID}, take: [NHS, GENDER, ETHNICITY, DOB]}], \
        derive: {Gender: \"CASE people.GENDER WHEN 'F' THEN 'Female' WHEN 'M' THEN 'Male' END\", \
        Date of Birth: \"STRPTIME(LEFT(people.DOB, 10), '%Y-%m-%d')\"}, \
        columns: {people.NHS: NHS Number, people.ETHNICITY: Ethnicity}, absent: [Date of Death], \
        ignore: [PERSON_ID, people.GENDER, people.DOB]";
    let ran = Council::bare()
        .beside("events.csv", super::events(&["1", "2"]))
        .beside("people.csv", table)
        .described(source)
        .makes();
    assert!(ran.rules().is_empty(), "{:?}", ran.rules());
    let mut years = ran.submission().column("Der_Birth_Year");
    years.sort();
    assert_eq!(years, ["1950", "1951"]);
}

/// Dates with a time and years of two digits are told, and never put right.
#[test]
fn dates_with_times_and_short_years_are_findings() {
    let records = ["15/06/1950 00:00", "15/06/50", "1950-06-15"];
    let records = records.iter().enumerate();
    let records = records.map(|(at, day)| service().with("Date of Birth", *day).numbered(at + 1));
    let ran = Council::of(records).makes();
    assert_eq!(ran.rules(), ["date_of_birth.not_a_date"; 3]);
}
