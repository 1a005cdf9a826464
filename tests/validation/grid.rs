//! The national grid, status by validity, of single records against expectations worked out by hand from the conditions.

use std::collections::BTreeMap;

use crate::support::{Council, Record, Table, assessment, carer, request, review, service};

/// Status and validity of every field of one record.
#[track_caller]
fn grid(record: Record) -> BTreeMap<String, String> {
    let table = Council::of([record]).makes().quality();
    of_one(&table)
}

#[track_caller]
fn of_one(table: &Table) -> BTreeMap<String, String> {
    assert_eq!(
        table.header,
        ["module", "field", "status", "validity", "records"]
    );
    assert_eq!(table.rows.len(), 50, "one cell of the grid for each field");
    let cells = table.rows.iter().map(|row| {
        assert_eq!(row[4], "1");
        (row[1].clone(), format!("{}, {}", row[2], row[3]))
    });
    cells.collect()
}

#[track_caller]
fn holds(record: Record, expected: &[(&str, &[&str])]) {
    let grid = grid(record);
    for (cell, fields) in expected {
        for field in *fields {
            assert_eq!(&grid[*field], cell, "{field}");
        }
    }
}

#[test]
fn a_service() {
    holds(
        service()
            .with("Dementia", "Maybe")
            .with("GP Practice Code", "x"),
        &[
            (
                "mandatory, valid",
                &[
                    "la_code",
                    "reporting_period_end_date",
                    "nhs_number",
                    "la_person_unique_identifier",
                    "gender",
                    "ethnicity",
                    "date_of_birth",
                    "client_type",
                    "primary_support_reason",
                    "postcode",
                    "client_funding_status",
                    "event_type",
                    "event_start_date",
                    "event_outcome",
                    "service_type",
                    "service_component",
                    "unit_cost",
                    "cost_frequency_unit_type",
                    "planned_units_per_week",
                ],
            ),
            (
                "applicable, valid",
                &[
                    "employment_status",
                    "visual_impairment",
                    "delivery_mechanism",
                    "provider_cqc_location_id",
                ],
            ),
            ("applicable, blank", &["date_of_death", "event_end_date"]),
            ("applicable, unverified", &["dementia", "gp_practice_code"]),
            (
                "not applicable, blank",
                &[
                    "request_route_of_access",
                    "assessment_type",
                    "method_of_assessment",
                    "total_hrs_caring_per_week",
                    "no_of_adults_being_cared_for",
                    "adult_1_linked_person_id",
                    "review_reason",
                ],
            ),
            // Whether names are mandatory in Release 2 is not known.
            ("undetermined, valid", &["first_name", "last_name"]),
            ("undetermined, blank", &["gp_practice_name"]),
        ],
    );
}

#[test]
fn a_service_of_a_person_who_died() {
    holds(
        service().with("Date of Death", "01/06/2025"),
        &[
            ("applicable, valid", &["date_of_death"]),
            ("mandatory, blank mandatory", &["event_end_date"]),
        ],
    );
}

#[test]
fn a_commissioned_service_needs_no_cost() {
    holds(
        service()
            .with("Delivery Mechanism", "cassr commissioned SUPPORT")
            .with("Unit Cost", "")
            .with("Planned units per week", "x"),
        &[
            ("applicable, blank", &["unit_cost"]),
            ("applicable, invalid", &["planned_units_per_week"]),
        ],
    );
}

#[test]
fn a_request() {
    holds(
        request()
            .with("Primary Support Reason", "")
            .with("Service Type", "Long term support: Prison")
            .with("Request: Route of Access", "")
            .with("Ethnicity", "White - Roma"),
        &[
            // Not mandatory for requests alone.
            ("applicable, blank", &["primary_support_reason"]),
            ("mandatory, valid", &["event_end_date", "event_outcome"]),
            ("mandatory, blank mandatory", &["request_route_of_access"]),
            ("mandatory, release 1", &["ethnicity"]),
            // A value where none is wanted keeps its validity.
            ("not applicable, valid", &["service_type"]),
            ("not applicable, blank", &["service_component", "unit_cost"]),
            ("applicable, valid", &["client_funding_status"]),
        ],
    );
}

#[test]
fn a_financial_assessment() {
    holds(
        assessment()
            .with("Assessment Type", "Financial assessment")
            .with("Event Outcome", "")
            .with("Method of Assessment", "")
            .with("Client Funding Status", ""),
        &[
            ("mandatory, unverified", &["assessment_type"]),
            (
                "applicable, blank",
                &["event_outcome", "method_of_assessment"],
            ),
            ("mandatory, blank mandatory", &["client_funding_status"]),
        ],
    );
    holds(
        assessment()
            .with("Event Outcome", "")
            .with("Method of Assessment", ""),
        &[(
            "mandatory, blank mandatory",
            &["event_outcome", "method_of_assessment"],
        )],
    );
}

#[test]
fn a_review() {
    holds(
        review().with("Review Reason", "Planned review"),
        &[
            (
                "mandatory, unverified",
                &["review_reason", "method_of_review"],
            ),
            ("mandatory, blank mandatory", &["review_outcomes_achieved"]),
        ],
    );
    holds(
        review(),
        &[
            ("mandatory, valid", &["review_reason"]),
            ("applicable, blank", &["review_outcomes_achieved"]),
        ],
    );
}

#[test]
fn a_carer_known_by_association() {
    holds(
        carer(),
        &[
            ("mandatory, valid", &["client_type", "gender", "postcode"]),
            (
                "not applicable, blank",
                &[
                    "event_type",
                    "event_reference",
                    "event_start_date",
                    "event_end_date",
                    "event_outcome",
                    "service_type",
                    "dementia",
                    "client_funding_status",
                ],
            ),
            ("applicable, valid", &["adult_1_linked_person_id"]),
            (
                "applicable, blank",
                &["total_hrs_caring_per_week", "adult_2_linked_person_id"],
            ),
        ],
    );
}

#[test]
fn employment_hangs_on_age_and_support_reason() {
    let learning = |birth: &str| {
        service()
            .with("Primary Support Reason", "Learning disability support")
            .with("Employment Status", "")
            .with("Date of Birth", birth)
    };
    for (birth, expected) in [
        ("01/04/1961", "mandatory, blank mandatory"),
        // 65 on the last day of the period.
        ("31/03/1961", "applicable, blank"),
        ("31/03/2008", "mandatory, blank mandatory"),
        ("01/04/2008", "applicable, blank"),
        ("", "applicable, blank"),
    ] {
        assert_eq!(
            grid(learning(birth))["employment_status"],
            expected,
            "{birth}"
        );
    }
}

#[test]
fn only_submitted_records_are_in_the_grid() {
    let left_out = request().with("Event End Date", "").with("Gender", "x");
    let ran = Council::of([service(), left_out]).makes();
    assert_eq!(of_one(&ran.quality())["gender"], "mandatory, valid");
    assert_eq!(
        ran.findings().find("rule", "gender.not_in_list", "records"),
        "1"
    );
}
