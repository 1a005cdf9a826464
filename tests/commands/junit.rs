//! `cld validate --format junit`: well formed, and its counts are those of its tests.

use std::collections::BTreeMap;
use std::fs;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::validate::Files;
use crate::support::{Record, service};

/// A test as a CI server reads it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Case {
    /// `failure`, `skipped`, `error`, `system-out`, or nothing where it passed.
    outcome: String,
    message: String,
    text: String,
}

type Suites = BTreeMap<String, BTreeMap<String, Case>>;

fn attribute(element: &BytesStart<'_>, name: &str) -> String {
    let found = element.try_get_attribute(name).unwrap();
    found.map_or(String::new(), |a| {
        a.normalized_value(XmlVersion::Explicit1_0)
            .unwrap()
            .into_owned()
    })
}

/// Reads a document; the counts of every suite and of them all are right.
#[track_caller]
fn read(text: &str) -> Suites {
    let mut reader = Reader::from_str(text);
    let mut suites = Suites::new();
    let mut stated = Vec::new();
    let (mut suite, mut case) = (String::new(), String::new());
    loop {
        let event = reader.read_event().expect("well formed");
        match &event {
            Event::Eof => break,
            Event::Start(e) | Event::Empty(e) => match e.name().as_ref() {
                "testsuites" => stated.push((None, counts_of(e))),
                "testsuite" => {
                    suite = attribute(e, "name");
                    suites.insert(suite.clone(), BTreeMap::new());
                    stated.push((Some(suite.clone()), counts_of(e)));
                }
                "testcase" => {
                    assert_eq!(attribute(e, "classname"), suite);
                    case = attribute(e, "name");
                    let before = suites.get_mut(&suite).unwrap();
                    let before = before.insert(case.clone(), Case::default());
                    assert_eq!(before, None, "{case} twice");
                }
                outcome => {
                    let case = suites.get_mut(&suite).unwrap().get_mut(&case).unwrap();
                    case.outcome = outcome.to_owned();
                    case.message = attribute(e, "message");
                }
            },
            Event::Text(t) if !t.trim().is_empty() => {
                if let Some(case) = suites.get_mut(&suite).and_then(|s| s.get_mut(&case)) {
                    case.text += t;
                }
            }
            _ => {}
        }
    }
    for (name, counts) in stated {
        let of_name = suites
            .iter()
            .filter(|(suite, _)| name.as_ref().is_none_or(|n| n == *suite));
        let cases: Vec<_> = of_name.flat_map(|(_, cases)| cases.values()).collect();
        let with = |outcome: &str| cases.iter().filter(|c| c.outcome == outcome).count();
        let met = [cases.len(), with("failure"), with("error"), with("skipped")];
        assert_eq!(counts, met, "{name:?}");
    }
    suites
}

fn counts_of(element: &BytesStart<'_>) -> [usize; 4] {
    ["tests", "failures", "errors", "skipped"].map(|n| attribute(element, n).parse().unwrap())
}

#[track_caller]
fn junit(files: &Files, arguments: &[&str], code: i32) -> Suites {
    let arguments = [&["--format", "junit", "--allow-test-numbers"], arguments].concat();
    read(&files.validate_here(&arguments).code(code).stdout)
}

#[test]
fn every_rule_is_a_test_of_every_file() {
    let files = Files::of(&[("a&b.csv", &[service()]), ("c.csv", &[service()])]);
    let suites = junit(&files, &[], 0);
    let names: Vec<_> = suites.keys().collect();
    assert_eq!(
        names,
        [
            "a&b.csv",
            "c.csv",
            "portal: a&b.csv",
            "portal: c.csv",
            "the extract as a whole"
        ]
    );
    assert_eq!(suites["portal: c.csv"]["portal"].outcome, "");
    let (first, second) = (&suites["a&b.csv"], &suites["c.csv"]);
    assert_eq!(
        first.keys().collect::<Vec<_>>(),
        second.keys().collect::<Vec<_>>()
    );
    assert!(first.len() > 200);
    assert_eq!(first["gender.not_in_list"], Case::default());
    for skipped in [
        "la_code.not_controller",
        "nhs_number.test_number",
        "dementia.not_in_list",
    ] {
        assert_eq!(first[skipped].outcome, "skipped", "{skipped}");
        assert!(!first[skipped].message.is_empty());
    }
    let whole = &suites["the extract as a whole"];
    assert!(!whole.is_empty() && whole.keys().all(|rule| !first.contains_key(rule)));
    let suites = junit(&files, &["--la-code", "999"], 0);
    assert_eq!(suites["c.csv"]["la_code.not_controller"], Case::default());
}

#[test]
fn a_broken_rule_fails_once_with_its_first_places() {
    let mut records = vec![service().with("Gender", "x"); 25];
    records.push(service().with("Event Type", "Visit"));
    let files = Files::of(&[("a.csv", &records)]);
    let suites = junit(&files, &[], 0);
    let case = &suites["a.csv"]["gender.not_in_list"];
    assert_eq!(case.outcome, "failure");
    assert!(case.message.starts_with("25 times: Gender "), "{case:?}");
    assert_eq!(case.text.matches("a.csv row ").count(), 20);
    assert!(case.text.contains("a.csv row 2 column I\n"));
    assert!(case.text.contains("and 5 more\n"));
    // What follows from the event type does not fail of itself.
    let suite = &suites["a.csv"];
    assert!(
        suite["event_type.not_in_list"]
            .message
            .starts_with("once: ")
    );
    let caused = &suite["unit_cost.not_applicable"];
    assert_eq!(caused.outcome, "system-out");
    assert!(
        caused.text.contains("1 that follow from another"),
        "{caused:?}"
    );
    let failed = suite.values().filter(|case| case.outcome == "failure");
    assert_eq!(failed.count(), 2);
}

#[test]
fn warnings_fail_where_they_are_to() {
    let record = service().with("Gender", "FEMALE").with("Unit Cost", "x");
    let files = Files::of(&[("a.csv", &[record])]);
    for (fail_on, code, warning) in [
        ("never", 0, "system-out"),
        ("error", 4, "system-out"),
        ("warning", 4, "failure"),
    ] {
        let suites = junit(&files, &["--fail-on", fail_on], code);
        let outcome = |rule: &str| suites["a.csv"][rule].outcome.clone();
        assert_eq!(outcome("unit_cost.not_a_number"), "failure", "{fail_on}");
        assert_eq!(outcome("gender.capitals"), warning, "{fail_on}");
    }
}

#[test]
fn a_failure_leaves_a_whole_document_in_which_nothing_has_passed() {
    let files = Files::of(&[("a.csv", &[service().with("Gender", "x")]), ("b.csv", &[])]);
    let open = [Record::csv(&[service()]).as_slice(), b"\""].concat();
    fs::write(files.0.path().join("b.csv"), open).unwrap();
    let suites = junit(&files, &[], 3);
    let told = suites
        .iter()
        .filter(|(name, _)| !name.starts_with("portal"));
    let told: Vec<_> = told
        .flat_map(|(_, cases)| cases)
        .map(|(rule, case)| (&**rule, &*case.outcome))
        .collect();
    assert_eq!(
        told,
        [
            ("gender.not_in_list", "failure"),
            ("read to the end", "error")
        ]
    );
    let error = &suites["the extract as a whole"]["read to the end"];
    assert!(error.message.contains("b.csv"), "{error:?}");
}
