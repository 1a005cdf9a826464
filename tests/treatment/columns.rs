//! The header of both releases, the order of the rows, and the columns derived from dates, postcode and description.

use crate::support::{Council, Record, carer, request, service};

const RELEASE_2: &str = "
LA_Code Reporting_Period_Start_Date Reporting_Period_End_Date Der_NHS_Number_Pseudo Der_NHS_Number_Traced_Pseudo
Der_LA_Person_Unique_Identifier_Pseudo Der_NHS_LA_Combined_Person_ID GP_Practice_Code Gender Ethnicity Der_Birth_Year Der_Birth_Month Der_Age_Event_Start_Date
Der_Age_Reporting_Period_End_Date Date_of_Death Client_Type Primary_Support_Reason Der_Postcode_Sector Accommodation_Status
Employment_Status Has_Unpaid_Carer Autism_Spectrum_Disorder_ASD Visual_Impairment Hearing_Impairment Dementia Client_Funding_Status
Event_Type Der_Event_Reference_Pseudo Event_Start_Date Event_End_Date Der_Conversation Event_Outcome Request_Route_of_Access
Assessment_Type Eligible_Needs_Identified Method_of_Assessment Total_Hrs_Caring_per_week No_of_adults_being_cared_for
Der_Adult_1_Linked_Person_ID_Pseudo Der_Adult_2_Linked_Person_ID_Pseudo Der_Adult_3_Linked_Person_ID_Pseudo Service_Type
Service_Component Delivery_Mechanism Provider_CQC_Location_ID Review_Reason Review_Outcomes_Achieved Method_of_Review Unit_Cost
Cost_Frequency_Unit_Type Planned_units_per_week";

#[test]
fn the_header_is_the_contracts() {
    let release_2: Vec<_> = RELEASE_2.split_whitespace().collect();
    let ran = Council::of([service()]).makes();
    assert_eq!(ran.submission().header, release_2);
    let bytes = ran.read("submission.csv");
    assert!(bytes.starts_with(format!("{}\r\n", release_2.join(",")).as_bytes()));

    let release_1 = RELEASE_2
        .replace(" GP_Practice_Code", " GP_Practice_Name GP_Practice_Code")
        .replace(
            " Provider_CQC_Location_ID",
            " Provider_CQC_Location_Name Provider_CQC_Location_ID",
        );
    let record = service()
        .with("GP Practice Name", "The Surgery")
        .with("Provider CQC Location Name", "The Home");
    let ran = Council::of([record]).set("return", "cld-release-1").makes();
    let table = ran.submission();
    assert_eq!(
        table.header,
        release_1.split_whitespace().collect::<Vec<_>>()
    );
    assert_eq!(table.only("GP_Practice_Name"), "The Surgery");
    assert_eq!(table.only("Provider_CQC_Location_Name"), "The Home");
}

#[test]
fn what_is_kept_is_written_as_it_is() {
    let table = Council::of([service()]).makes().submission();
    for (column, expected) in [
        ("LA_Code", "999"),
        ("Reporting_Period_Start_Date", "01/04/2025"),
        ("GP_Practice_Code", "A81001"),
        ("Gender", "Female"),
        ("Date_of_Death", ""),
        ("Client_Type", "Service user"),
        ("Event_Start_Date", "01/05/2025"),
        ("Event_End_Date", ""),
        ("Service_Type", "Long term support: Community"),
        ("Unit_Cost", "412.50"),
        ("Planned_units_per_week", "3.00"),
        ("No_of_adults_being_cared_for", ""),
    ] {
        assert_eq!(table.only(column), expected, "{column}");
    }
}

#[test]
fn rows_ascend_by_person_then_from_left_to_right() {
    let mut records = vec![
        service().of("9990000018", "", "E1"),
        service().of("9990000026", "", "E2"),
        service(),
        service().with("GP Practice Code", "A81002"),
        service().with("GP Practice Code", "A81000"),
        service().with("Planned units per week", "2.00"),
        service(),
    ];
    records.extend((0..300).map(|n| request().of("", &format!("P{}", n % 90), &format!("E{n}"))));
    let table = Council::of(records).makes().submission();
    let person = table.at("Der_LA_Person_Unique_Identifier_Pseudo");
    let keys: Vec<_> = table
        .rows
        .iter()
        .map(|row| (row[person].clone(), row.clone()))
        .collect();
    assert_eq!(keys.len(), 307);
    assert!(keys.is_sorted());
}

/// One run for many records, told apart by their GP practice.
#[track_caller]
fn derive(records: Vec<(Record, &[(&str, &str)])>) {
    let mark = |n: usize| format!("A{:05}", n + 1);
    let marked = records
        .iter()
        .enumerate()
        .map(|(n, (record, _))| record.clone().with("GP Practice Code", mark(n)));
    let table = Council::of(marked).makes().submission();
    for (n, (_, expected)) in records.iter().enumerate() {
        for (column, value) in *expected {
            let written = table.find("GP_Practice_Code", &mark(n), column);
            assert_eq!(written, *value, "{column} of case {n}");
        }
    }
}

#[test]
fn ages_and_birth_are_derived_from_the_full_date() {
    const YEAR: &str = "Der_Birth_Year";
    const MONTH: &str = "Der_Birth_Month";
    const AT_START: &str = "Der_Age_Event_Start_Date";
    const AT_END: &str = "Der_Age_Reporting_Period_End_Date";
    let born = |birth: &str, start: &str| {
        service()
            .with("Date of Birth", birth)
            .with("Event Start Date", start)
    };
    derive(vec![
        (
            born("15/06/1950", "14/06/2025"),
            &[
                (YEAR, "1950"),
                (MONTH, "6"),
                (AT_START, "74"),
                (AT_END, "75"),
            ],
        ),
        (born("15/06/1950", "15/06/2025"), &[(AT_START, "75")]),
        (born("31/03/1950", "01/05/2025"), &[(AT_END, "76")]),
        (
            born("01/04/1950", "01/05/2025"),
            &[(AT_END, "75"), (MONTH, "4")],
        ),
        // Born on 29 February: a year older on 1 March of a common year, on the day itself in a leap year.
        (
            born("29/02/2000", "28/02/2025"),
            &[
                (YEAR, "2000"),
                (MONTH, "2"),
                (AT_START, "24"),
                (AT_END, "26"),
            ],
        ),
        (born("29/02/2000", "01/03/2025"), &[(AT_START, "25")]),
        (born("29/02/2000", "28/02/2024"), &[(AT_START, "23")]),
        (born("29/02/2000", "29/02/2024"), &[(AT_START, "24")]),
        (
            born("", "01/05/2025"),
            &[(YEAR, ""), (MONTH, ""), (AT_START, ""), (AT_END, "")],
        ),
        (
            born("30/02/1950", "01/05/2025"),
            &[(YEAR, ""), (MONTH, ""), (AT_START, ""), (AT_END, "")],
        ),
        (
            born("15/06/1950", "01/05/2025").with("Reporting Period End Date", "2026"),
            &[(YEAR, "1950"), (AT_START, "74"), (AT_END, "")],
        ),
        (carer(), &[(YEAR, "1950"), (AT_START, ""), (AT_END, "75")]),
        // Nobody is of a negative age.
        (
            born("15/06/2025", "01/05/2025"),
            &[(YEAR, "2025"), (AT_START, ""), (AT_END, "0")],
        ),
    ]);
}

#[test]
fn the_postcode_is_cut_to_its_sector() {
    let at = |postcode: &str| service().with("Postcode", postcode);
    let sector = |s| [("Der_Postcode_Sector", s)];
    let cases = [
        ("LS1 4AP", sector("LS1 4")),
        (" ls14ap ", sector("LS1 4")),
        ("EC1A 1BB", sector("EC1A 1")),
        ("M1 1AE", sector("M1 1")),
        ("LS1 4", sector("")),
        ("LS1", sector("")),
        ("none", sector("")),
        ("", sector("")),
        ("NULL", sector("")),
    ];
    derive(cases.iter().map(|(p, e)| (at(p), e.as_slice())).collect());
}

#[test]
fn a_conversation_is_flagged() {
    let saying = |text: &str| request().with("Event Description", text);
    let flag = |f| [("Der_Conversation", f)];
    let cases = [
        ("Initial conversation", flag("1")),
        ("CONVERSATION 1", flag("1")),
        ("three-conversations model", flag("1")),
        ("conversing", flag("0")),
        ("con versation", flag("0")),
        ("Day centre", flag("0")),
        ("", flag("")),
        (" null ", flag("")),
    ];
    derive(
        cases
            .iter()
            .map(|(t, e)| (saying(t), e.as_slice()))
            .collect(),
    );
}
