//! Treatments that the configuration makes stricter than the schema.

use crate::support::{Council, Record, Table, service};

#[track_caller]
fn treated(treatments: &str, record: Record) -> Table {
    Council::of([record])
        .set("treatments", treatments)
        .makes()
        .submission()
}

fn is_pseudonym(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[test]
fn a_field_pseudonymised_instead_of_kept_has_another_name() {
    for (field, value, column, renamed) in [
        ("Gender", "Female", "Gender", "Der_Gender_Pseudo"),
        (
            "Provider CQC Location ID",
            "1-123456789",
            "Provider_CQC_Location_ID",
            "Der_Provider_CQC_Location_ID_Pseudo",
        ),
        ("Unit Cost", "412.50", "Unit_Cost", "Der_Unit_Cost_Pseudo"),
        (
            "Date of Death",
            "01/06/2025",
            "Date_of_Death",
            "Der_Date_of_Death_Pseudo",
        ),
        (
            "Event Start Date",
            "01/05/2025",
            "Event_Start_Date",
            "Der_Event_Start_Date_Pseudo",
        ),
    ] {
        let kept = treated("{}", service().with(field, value));
        let table = treated(
            &format!("{{{field}: pseudonymise}}"),
            service().with(field, value),
        );
        assert_eq!(table.at(renamed), kept.at(column), "it keeps its place");
        assert!(!table.header.iter().any(|c| c == column));
        assert!(
            is_pseudonym(table.only(renamed)),
            "{field}: {:?}",
            table.only(renamed)
        );
        let blank = treated(
            &format!("{{{field}: pseudonymise}}"),
            service()
                .with(field, "")
                .with("Client Type", "Unpaid carer known by association"),
        );
        assert_eq!(blank.only(renamed), "", "{field}");
    }
}

#[test]
fn equal_values_have_equal_pseudonyms_and_fields_share_none() {
    let records = [("Yes", "Yes"), ("yes", "No"), ("No", "Yes")].map(|(carer, dementia)| {
        service()
            .with("Has Unpaid Carer", carer)
            .with("Dementia", dementia)
    });
    let table = Council::of(records)
        .set(
            "treatments",
            "{Has Unpaid Carer: pseudonymise, Dementia: pseudonymise}",
        )
        .makes()
        .submission();
    let distinct = |columns: &[&str]| {
        let mut all: Vec<_> = columns.iter().flat_map(|c| table.column(c)).collect();
        all.sort();
        all.dedup();
        all.len()
    };
    // Capitals are put right before the value is hashed.
    assert_eq!(distinct(&["Der_Has_Unpaid_Carer_Pseudo"]), 2);
    assert_eq!(distinct(&["Der_Dementia_Pseudo"]), 2);
    assert_eq!(
        distinct(&["Der_Has_Unpaid_Carer_Pseudo", "Der_Dementia_Pseudo"]),
        4
    );
}

#[test]
fn a_field_that_is_dropped_leaves_its_columns_empty() {
    let whole = treated("{}", service());
    for (field, columns) in [
        ("Gender", &["Gender"][..]),
        ("Event Reference", &["Der_Event_Reference_Pseudo"]),
        ("Postcode", &["Der_Postcode_Sector"]),
        ("Event Description", &["Der_Conversation"]),
        ("Event Start Date", &["Event_Start_Date"]),
        ("Unit Cost", &["Unit_Cost"]),
        (
            "Date of Birth",
            &[
                "Der_Birth_Year",
                "Der_Birth_Month",
                "Der_Age_Event_Start_Date",
                "Der_Age_Reporting_Period_End_Date",
            ],
        ),
    ] {
        let table = treated(&format!("{{{field}: drop}}"), service());
        assert_eq!(table.header, whole.header);
        for (at, column) in table.header.iter().enumerate() {
            let expected = if columns.contains(&column.as_str()) {
                ""
            } else {
                &whole.rows[0][at]
            };
            assert_eq!(table.rows[0][at], expected, "{column} without {field}");
        }
    }
}

#[test]
fn nothing_is_made_of_a_dropped_nhs_number() {
    let table = treated("{NHS Number: drop}", service());
    let person = table.only("Der_LA_Person_Unique_Identifier_Pseudo");
    assert_eq!(table.only("Der_NHS_Number_Pseudo"), "");
    assert_eq!(
        table.only("Der_NHS_LA_Combined_Person_ID"),
        format!("999_{person}")
    );
}

#[test]
fn the_manifest_says_what_was_made_stricter() {
    let ran = Council::of([service()])
        .set("treatments", "{Gender: drop, Ethnicity: keep}")
        .makes();
    let predicate = ran.predicate();
    let treatment = predicate["treatment"].as_array().unwrap();
    let stricter: Vec<_> = treatment
        .iter()
        .filter(|t| t["stricter_than_schema"] == true)
        .map(|t| {
            (
                t["field"].as_str().unwrap(),
                t["treatment"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(stricter, [("Gender", "drop")]);
    assert_eq!(treatment.len(), 50);
}
