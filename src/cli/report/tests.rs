//! Findings that are about no single record, and columns that were renamed, in every format.

use std::borrow::Cow;
use std::sync::Arc;

use super::{fold::fold, human, json, junit, sarif};
use crate::finding::{ALL_SOURCES, Case, Finding};
use crate::redact::Identifying;
use crate::schema::{Schema, Severity};
use crate::validate::{Check, Plan, Setting};

fn plan() -> Plan {
    let schema = Schema::load("cld-release-2", None).unwrap();
    Plan::new(Arc::new(schema), &Setting::default())
}

fn finding(plan: &Plan, check: Check) -> Finding<'_> {
    let field = plan.schema.roles.event_type;
    Finding {
        rule: plan.code(field as u16, check.into()).into(),
        page: check.page(),
        fault: Cow::Borrowed(&check.page().fault),
        severity: Severity::Warning,
        field: &plan.schema.fields[field],
        source: "a.csv",
        sheet: None,
        row: Some(7),
        column: Some("X"),
        source_column: None,
        expected: Cow::Borrowed("something"),
        follows_from: None,
        case: Identifying::new(Case {
            person_id: b"",
            event_reference: b"",
            received: b"",
            suggestion: crate::finding::Suggestion::Text("".into()),
        }),
    }
}

#[test]
fn a_finding_about_no_record_has_no_row() {
    let plan = plan();
    let of_file = |source| Finding {
        row: None,
        column: None,
        source,
        ..finding(&plan, Check::Missing)
    };
    let places = sarif::Places::of(&plan, &["a.csv".into(), "b c.csv".into()]);
    for (source, uris) in [
        ("a.csv", &["a.csv"][..]),
        (ALL_SOURCES, &["a.csv", "b%20c.csv"]),
    ] {
        let findings = [of_file(source)];
        let result = places.result(&fold(&findings)[0]);
        let locations = result["locations"].as_array().unwrap();
        assert_eq!(locations.len(), uris.len());
        for (location, uri) in locations.iter().zip(uris) {
            let place = &location["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], *uri);
            assert!(place.get("region").is_none());
        }
        assert!(result.get("partialFingerprints").is_none());

        let mut line = String::new();
        human::line(&fold(&findings)[0], true, &mut line);
        let start = format!("{source}: warning event_type.missing: Event Type ");
        assert!(line.starts_with(&start), "{line}");

        let mut item = Vec::new();
        json::item(&findings[0], &mut item);
        let item: serde_json::Value = serde_json::from_slice(&item[1..]).unwrap();
        assert_eq!(item["row"], serde_json::Value::Null);

        let mut broken = junit::Broken::default();
        broken.add_record(&findings);
        let suites: Vec<_> = broken.suites().collect();
        assert_eq!(suites, ["the extract as a whole"]);
    }
}

#[test]
fn a_renamed_column_has_its_own_name_beside_the_fields() {
    let plan = plan();
    let findings = [Finding {
        source_column: Some("Kind"),
        ..finding(&plan, Check::NotInList)
    }];
    let folded = fold(&findings);
    let mut line = String::new();
    human::line(&folded[0], false, &mut line);
    assert!(
        line.contains(": Event Type (column \"Kind\") is not "),
        "{line}"
    );
    let result = sarif::Places::of(&plan, &[]).result(&folded[0]);
    assert_eq!(result["properties"]["sourceColumn"], "Kind");
    let mut item = Vec::new();
    json::item(&findings[0], &mut item);
    let item: serde_json::Value = serde_json::from_slice(&item[1..]).unwrap();
    assert_eq!(item["source_column"], "Kind");
}

#[test]
fn what_follows_through_another_is_told_with_the_first() {
    let plan = plan();
    let after = |check: Check, cause: &'static str| Finding {
        follows_from: Some(cause),
        ..finding(&plan, check)
    };
    let findings = [
        after(Check::Shape, "event_type.blank_mandatory"),
        after(Check::BlankMandatory, "event_type.not_in_list"),
        finding(&plan, Check::NotInList),
        after(Check::TooLong, "gender.not_in_list"),
    ];
    let told: Vec<_> = fold(&findings)
        .iter()
        .map(|folded| (folded.cause.rule.to_string(), folded.follows.len()))
        .collect();
    // A cause that is not among the record's findings leaves its consequence to stand for itself.
    let expected = [("event_type.not_in_list", 2), ("event_type.too_long", 0)];
    assert_eq!(told, expected.map(|(rule, n)| (rule.to_owned(), n)));
    let consequences = fold(&findings)[0].consequences();
    let told = "this follows from it: event_type.shape, event_type.blank_mandatory";
    assert_eq!(consequences.as_deref(), Some(told));
}
