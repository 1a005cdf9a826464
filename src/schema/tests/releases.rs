//! The built-in releases: headers, treatments, lists, ranks, completion.

use crate::schema::{
    Completeness, CompletionError, Domain, Make, Match, Privacy, Schema, SchemaError, Treatment,
    known,
};

const HEADER_2: &str = "
LA_Code Reporting_Period_Start_Date Reporting_Period_End_Date Der_NHS_Number_Pseudo Der_NHS_Number_Traced_Pseudo
Der_LA_Person_Unique_Identifier_Pseudo Der_NHS_LA_Combined_Person_ID GP_Practice_Code Gender Ethnicity Der_Birth_Year
Der_Birth_Month Der_Age_Event_Start_Date Der_Age_Reporting_Period_End_Date Date_of_Death Client_Type
Primary_Support_Reason Der_Postcode_Sector Accommodation_Status Employment_Status Has_Unpaid_Carer
Autism_Spectrum_Disorder_ASD Visual_Impairment Hearing_Impairment Dementia Client_Funding_Status Event_Type
Der_Event_Reference_Pseudo Event_Start_Date Event_End_Date Der_Conversation Event_Outcome Request_Route_of_Access
Assessment_Type Eligible_Needs_Identified Method_of_Assessment Total_Hrs_Caring_per_week No_of_adults_being_cared_for
Der_Adult_1_Linked_Person_ID_Pseudo Der_Adult_2_Linked_Person_ID_Pseudo Der_Adult_3_Linked_Person_ID_Pseudo
Service_Type Service_Component Delivery_Mechanism Provider_CQC_Location_ID Review_Reason Review_Outcomes_Achieved
Method_of_Review Unit_Cost Cost_Frequency_Unit_Type Planned_units_per_week";

fn load(id: &str) -> Schema {
    Schema::load(id, None).unwrap_or_else(|error| panic!("{error}"))
}

fn header(schema: &Schema) -> Vec<&str> {
    schema
        .columns()
        .map(|(_, column)| column.name.as_str())
        .collect()
}

#[test]
fn the_headers_are_those_of_the_contract() {
    let second: Vec<&str> = HEADER_2.split_whitespace().collect();
    assert_eq!(header(&load("cld-release-2")), second);
    let first = HEADER_2
        .replace(" GP_Practice_Code", " GP_Practice_Name GP_Practice_Code")
        .replace(
            "Provider_CQC_Location_ID",
            "Provider_CQC_Location_Name Provider_CQC_Location_ID",
        );
    assert_eq!(
        header(&load("cld-release-1")),
        first.split_whitespace().collect::<Vec<_>>()
    );
}

#[test]
fn both_releases_have_fifty_fields_and_few_tests() {
    for id in ["cld-release-1", "cld-release-2"] {
        let schema = load(id);
        assert_eq!((schema.fields.len(), schema.lists.len()), (50, 26));
        assert!(schema.tests.len() <= 128, "{}", schema.tests.len());
        assert_eq!(schema.digest.len(), 64);
        assert_eq!(schema.fields[schema.roles.birth].name, "Date of Birth");
        assert_eq!(schema.fields[schema.roles.event_end].name, "Event End Date");
    }
    assert_ne!(load("cld-release-1").digest, load("cld-release-2").digest);
}

#[test]
fn no_direct_identifier_is_kept_and_linked_persons_share_the_domain() {
    for id in ["cld-release-1", "cld-release-2"] {
        for field in load(id).fields {
            if matches!(field.privacy, Privacy::DirectIdentifier | Privacy::FreeText) {
                assert_ne!(field.treatment, Treatment::Keep, "{}", field.name);
            }
            if field.snake.contains("person_id") || field.snake.starts_with("la_person") {
                assert_eq!(
                    field.columns[0].make,
                    Make::Pseudonym(Domain::LaPerson),
                    "{}",
                    field.name
                );
            }
        }
    }
}

#[test]
fn release_2_withdraws_two_fields_and_sends_no_names() {
    let schema = load("cld-release-2");
    let optional: Vec<&str> = schema
        .fields
        .iter()
        .filter(|f| f.optional())
        .map(|f| f.snake.as_str())
        .collect();
    assert_eq!(
        optional,
        [
            "first_name",
            "last_name",
            "gp_practice_name",
            "provider_cqc_location_name"
        ]
    );
    let withdrawn: Vec<&str> = schema
        .fields
        .iter()
        .filter(|f| f.withdrawn)
        .map(|f| f.snake.as_str())
        .collect();
    assert_eq!(
        withdrawn,
        ["gp_practice_name", "provider_cqc_location_name"]
    );
    assert!(
        schema
            .fields
            .iter()
            .filter(|f| f.optional())
            .all(|f| f.columns.is_empty())
    );
}

#[test]
fn evidence_of_conditions_follows_the_release() {
    let evidence = |id: &str, snake: &str| {
        let schema = load(id);
        let field = &schema.fields[schema.position(snake).unwrap()];
        (field.evidence.clone(), field.evidence_note.clone())
    };
    assert_eq!(evidence("cld-release-1", "gender").0, "published");
    assert_eq!(evidence("cld-release-2", "gender").0, "inferred");
    assert_eq!(
        evidence("cld-release-2", "first_name"),
        ("none".into(), String::new())
    );
    assert_eq!(
        evidence("cld-release-1", "first_name").1,
        "older version only (S15: mandatory)"
    );
}

#[test]
fn shapes_are_whole() {
    let schema = load("cld-release-2");
    let fits = |snake: &str, text: &str| {
        schema.fields[schema.position(snake).unwrap()]
            .shape
            .as_ref()
            .unwrap()
            .is_match(text)
    };
    assert!(fits("la_code", "503") && !fits("la_code", "5031") && !fits("la_code", "x503"));
    assert!(fits("gp_practice_code", "A81001") && !fits("gp_practice_code", "81001"));
    assert!(
        fits("provider_cqc_location_id", "1-123456789")
            && !fits("provider_cqc_location_id", "1-12")
    );
}

#[test]
fn values_are_looked_up_without_regard_to_space_and_capitals() {
    let schema = load("cld-release-2");
    let respelt = |value, space, capitals| Match::Respelt {
        value,
        space,
        capitals,
    };
    for (list, text, expected) in [
        ("client_type", "Service user", Match::Exact("Service user")),
        (
            "client_type",
            " Service user\u{a0}",
            respelt("Service user", true, false),
        ),
        (
            "client_type",
            "Service User",
            respelt("Service user", false, true),
        ),
        (
            "client_type",
            "\tSERVICE USER",
            respelt("Service user", true, true),
        ),
        (
            "client_type",
            " carer ",
            Match::Previous {
                value: "Unpaid carer",
            },
        ),
        ("client_type", "Service users", Match::Unlisted),
        (
            "event_outcome",
            "progress to end of life care",
            Match::Retired { choices: &[] },
        ),
        (
            "delivery_mechanism",
            "Self-Funder Metering Only",
            Match::Retired { choices: &[] },
        ),
        // Incomplete lists: what the release before had may still be in it.
        ("assessment_type", "Financial Assessment", Match::Unlisted),
        ("method_of_review", "Carer only", Match::Unlisted),
    ] {
        assert_eq!(
            schema.list(list).unwrap().look_up(text),
            expected,
            "{list}: {text}"
        );
    }
    let choices = [
        "Professional support: Social worker".to_owned(),
        "Professional support: Other".to_owned(),
    ];
    let component = schema.list("service_component").unwrap();
    assert_eq!(
        component.look_up("Professional Support"),
        Match::Retired { choices: &choices }
    );
}

#[test]
fn suggestions_know_misspellings_of_both_releases() {
    let schema = load("cld-release-2");
    let nearest =
        |list: &str, text: &str| schema.list(list).unwrap().nearest(text).map(str::to_owned);
    assert_eq!(
        nearest("ethnicity", "Mixed: White and Asian").unwrap(),
        "Mixed or multiple ethnic groups: White and Asian"
    );
    // Known to mean nothing in particular.
    assert_eq!(nearest("ethnicity", "white"), None);
    assert_eq!(
        nearest("event_type", "Referral from GP").unwrap(),
        "Request"
    );
    assert_eq!(
        nearest("event_outcome", "NFA - Support ended – other reason").unwrap(),
        "NFA: Support ended for other reason"
    );
    assert_eq!(nearest("gender", "Femal").unwrap(), "Female");
    assert_eq!(
        nearest("method_of_review", "Unpaid carer ony").unwrap(),
        "Unpaid carer only"
    );
    assert_eq!(nearest("gender", "xyz"), None);
}

#[test]
fn outcomes_rank_as_in_the_hierarchy() {
    let rank = |id: &str, text: &str| load(id).list("event_outcome").unwrap().rank(text);
    assert_eq!(
        rank("cld-release-2", "progress to reablement/st-max"),
        Some(1)
    );
    assert_eq!(
        rank("cld-release-2", "Progress to End of Life Care"),
        Some(3)
    );
    assert_eq!(rank("cld-release-2", "No change in package"), Some(5));
    assert_eq!(rank("cld-release-2", "NFA: Other"), Some(17));
    assert_eq!(rank("cld-release-2", ""), None);
    assert_eq!(rank("cld-release-1", "NFA- Other"), Some(19));
    assert_eq!(
        load("cld-release-2").list("gender").unwrap().rank("Male"),
        None
    );
}

#[test]
fn a_council_completes_lists() {
    let mut schema = load("cld-release-2");
    let addition = |field: &str, value: &str| (field.to_owned(), value.to_owned());
    schema
        .complete_lists(&[
            addition("Method of Review", "Unpaid carer only"),
            addition("method_of_review", " Service user only "),
            addition("Review Reason", "Review of SHORT term support"),
        ])
        .unwrap();
    let review = schema.list("method_of_review").unwrap();
    assert_eq!(review.complete, Completeness::ByCouncil);
    assert_eq!(
        review.look_up("Service user only"),
        Match::Exact("Service user only")
    );
    assert_eq!(
        review.look_up("Carer only"),
        Match::Retired { choices: &[] }
    );
    assert_eq!(review.look_up("Nobody"), Match::Unlisted);
    assert_eq!(schema.list("review_reason").unwrap().values.len(), 1);

    let before = format!("{:?}", schema.lists);
    let unknown = schema.complete_lists(&[
        addition("Dementia", "Yes"),
        addition("Method of Revue", "x"),
    ]);
    assert_eq!(
        unknown.unwrap_err(),
        CompletionError::UnknownField {
            field: "Method of Revue".into(),
            nearest: Some("Method of Review".into())
        }
    );
    let error = schema
        .complete_lists(&[addition("Unit Cost", "x")])
        .unwrap_err();
    assert!(matches!(error, CompletionError::NoList { .. }), "{error}");
    let error = schema
        .complete_lists(&[addition("Dementia", " null ")])
        .unwrap_err();
    assert_eq!(error.to_string(), "a value of `Dementia` is blank");
    assert_eq!(
        format!("{:?}", schema.lists),
        before,
        "an error changes nothing"
    );
}

#[test]
fn schemas_are_known_by_name() {
    let ids: Vec<String> = known(None).unwrap().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["cld-release-1", "cld-release-2"]);
    assert!(matches!(
        Schema::load("cld-release-9", None),
        Err(SchemaError::Unknown { .. })
    ));
    assert!(matches!(
        Schema::load("../secret", None),
        Err(SchemaError::Name { .. })
    ));
}
