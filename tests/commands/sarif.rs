//! `cld validate --format sarif`: held against the schema of SARIF 2.1.0, and against what the findings are.

use std::fs;

use serde_json::Value;

use super::validate::Files;
use crate::support::{Record, request, service};

/// The schema of SARIF 2.1.0. A pattern in it has a bracket that nothing opens, which browsers forgive: it gets the
/// backslash that makes it mean the same everywhere.
fn schema() -> Value {
    let text = include_str!("../schemas/sarif-2.1.0.json");
    assert_eq!(text.matches("{2}]?$").count(), 2);
    serde_json::from_str(&text.replace("{2}]?$", r"{2}\\]?$")).unwrap()
}

/// The only run of a document that the schema lets pass.
#[track_caller]
fn run_of(stdout: &str) -> Value {
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema())
        .unwrap();
    let mut document: Value = serde_json::from_str(stdout).expect(stdout);
    let faults: Vec<_> = validator
        .iter_errors(&document)
        .map(|e| format!("{} {e}", e.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(document["version"], "2.1.0");
    let runs = document["runs"].as_array_mut().unwrap();
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

#[track_caller]
fn sarif(files: &Files, arguments: &[&str], code: i32) -> Value {
    let arguments = [&["--format", "sarif"], arguments].concat();
    run_of(&files.validate_here(&arguments).code(code).stdout)
}

fn results(run: &Value) -> &[Value] {
    run["results"].as_array().unwrap()
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    let schema = schema();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    let validator = jsonschema::validator_for(&schema).unwrap();
    for wrong in [
        r#"{"version":"2.1.0"}"#,
        r#"{"version":"2.1.0","runs":[{"tool":{"driver":{}}}]}"#,
        r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"level":"info","message":{"text":"x"}}]}]}"#,
    ] {
        assert!(!validator.is_valid(&serde_json::from_str(wrong).unwrap()));
    }
}

#[test]
fn a_clean_file_has_rules_and_no_results() {
    let files = Files::of(&[("a.csv", &[service(), request()])]);
    let run = sarif(&files, &["--allow-test-numbers"], 0);
    assert!(results(&run).is_empty());
    assert_eq!(run["properties"]["records"], 2);
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "cld");
    let rules = driver["rules"].as_array().unwrap();
    assert!(rules.len() > 200);
    let find = |id: &str| rules.iter().find(|rule| rule["id"] == id).expect(id);
    for (id, level) in [
        ("gender.not_in_list", "error"),
        ("gender.capitals", "warning"),
        ("dementia.unverified", "note"),
    ] {
        assert_eq!(find(id)["defaultConfiguration"]["level"], level, "{id}");
    }
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[text]["text"].as_str().unwrap().is_empty(), "{rule}");
        }
        assert!(rule["properties"]["evidence"].is_string());
    }
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], true);
    let not_run = invocation["toolConfigurationNotifications"]
        .as_array()
        .unwrap();
    let reason = not_run
        .iter()
        .find(|n| n["associatedRule"]["id"] == "la_code.not_controller");
    let reason = reason.expect("it needs to know the code")["message"]["text"].as_str();
    assert!(reason.unwrap().contains("--la-code"));
}

/// The results about cells: records that are much alike are doubles of one another, and files have portal rules.
fn of_records(run: &Value) -> Vec<&Value> {
    let across = |r: &&Value| {
        let rule = r["ruleId"].as_str().unwrap();
        rule.starts_with("portal.")
            || [".duplicate_event", ".conflicting", ".missing_share"]
                .iter()
                .any(|check| rule.ends_with(check))
    };
    let all = results(run).iter();
    all.filter(|r| !across(r)).collect()
}

#[test]
fn results_have_a_place_and_a_rule() {
    let files = Files::of(&[
        ("a b.csv", &[service(), service().with("Gender", "Femmale")]),
        ("b.csv", &[service().with("Gender", "FEMALE")]),
    ]);
    let run = sarif(&files, &["--allow-test-numbers"], 0);
    let rules = &run["tool"]["driver"]["rules"];
    let results = of_records(&run);
    let expected = [
        ("gender.not_in_list", "error", "a%20b.csv", 3),
        ("gender.capitals", "warning", "b.csv", 2),
    ];
    assert_eq!(results.len(), expected.len());
    for (result, (rule, level, uri, row)) in results.iter().zip(expected) {
        assert_eq!(result["ruleId"], rule);
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], rule);
        assert_eq!(result["level"], level);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], uri);
        assert_eq!(place["region"]["startLine"], row);
        assert_eq!(place["region"]["startColumn"], 1);
        assert_eq!(
            result["locations"][0]["logicalLocations"][0]["name"],
            "Gender"
        );
        assert_eq!(result["properties"]["column"], "I");
        let fingerprint = &result["partialFingerprints"]["cldPlace/v1"];
        assert_eq!(*fingerprint, format!("{rule}:{row}:I"));
    }
}

#[test]
fn consequences_are_told_with_their_cause() {
    let files = Files::of(&[("a.csv", &[service().with("Event Type", "Visit")])]);
    let run = sarif(&files, &["--allow-test-numbers"], 0);
    let results = results(&run);
    assert_eq!(results.len(), 1);
    let cause = &results[0];
    assert_eq!(cause["ruleId"], "event_type.not_in_list");
    let follows = cause["properties"]["followedBy"].as_array().unwrap();
    assert!(follows.len() > 5);
    assert!(
        follows
            .iter()
            .any(|f| f["ruleId"] == "unit_cost.not_applicable" && f["column"] == "AT")
    );
    let message = cause["message"]["text"].as_str().unwrap();
    let told = format!("{} fields follow from this: ", follows.len());
    assert!(
        message.contains(&told) && message.ends_with(", …."),
        "{message}"
    );
}

#[test]
fn it_holds_together_over_many_blocks() {
    let records: Vec<_> = (0..8_000)
        .map(|n| {
            if n % 7 == 0 {
                service().with("Gender", "x")
            } else {
                service()
            }
        })
        .collect();
    let files = Files::of(&[("a.csv", &records)]);
    let said = files.validate_here(&["--allow-test-numbers", "--format", "sarif"]);
    // The schema is slow on thousands of results, and says nothing more of them than of one.
    let document: Value = serde_json::from_str(&said.code(0).stdout).unwrap();
    let rows: Vec<_> = of_records(&document["runs"][0])
        .iter()
        .map(|r| {
            let region = &r["locations"][0]["physicalLocation"]["region"];
            region["startLine"].as_u64().unwrap()
        })
        .collect();
    let expected: Vec<_> = (0..8_000).filter(|n| n % 7 == 0).map(|n| n + 2).collect();
    assert_eq!(rows, expected);
}

#[test]
fn a_failure_leaves_a_whole_document_that_says_so() {
    let files = Files::of(&[("a.csv", &[service().with("Gender", "x")]), ("b.csv", &[])]);
    let open = [Record::csv(&[service()]).as_slice(), b"\""].concat();
    fs::write(files.0.path().join("b.csv"), open).unwrap();
    let run = sarif(&files, &["--allow-test-numbers"], 3);
    assert_eq!(of_records(&run).len(), 1, "what was found before");
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 3);
    let told = &invocation["toolExecutionNotifications"][0]["message"]["text"];
    assert!(told.as_str().unwrap().contains("b.csv"), "{told}");

    // Nothing was found yet, as the columns do not fit.
    fs::write(files.0.path().join("b.csv"), "Gender\r\nx\r\n").unwrap();
    let run = sarif(&files, &[], 3);
    assert!(of_records(&run).is_empty());
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}
