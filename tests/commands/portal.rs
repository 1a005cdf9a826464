//! What `cld validate` says of the portal's file rules.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::support::{Record, Said, call, service};

/// Validates a file of these bytes.
#[track_caller]
fn validate(name: &str, bytes: impl AsRef<[u8]>, arguments: &[&str]) -> Said {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, bytes).unwrap();
    let file = ["validate", "--allow-test-numbers", path.to_str().unwrap()];
    call(file.into_iter().chain(arguments.iter().copied()))
}

/// The verdict on a file, and its problems.
#[track_caller]
fn preflight(name: &str, bytes: impl AsRef<[u8]>, code: i32) -> (Value, Vec<Value>) {
    let said = validate(name, bytes, &["--format", "json"]).code(code);
    let portal = said.json()["portal"][0].clone();
    let problems = portal["problems"].as_array().unwrap().clone();
    (portal, problems)
}

/// The rule, the number of times and the first place of each.
fn told(problems: &[Value]) -> Vec<(&str, u64, Option<u64>)> {
    let told = |p: &'_ Value| p["places"][0]["byte"].as_u64();
    problems
        .iter()
        .map(|p| {
            (
                p["rule"].as_str().unwrap(),
                p["count"].as_u64().unwrap(),
                told(p),
            )
        })
        .collect()
}

fn clean() -> Vec<u8> {
    Record::csv(&[service(), service()])
}

fn find(bytes: &[u8], needle: &str) -> u64 {
    let needle = needle.as_bytes();
    bytes
        .windows(needle.len())
        .position(|w| w == needle)
        .unwrap() as u64
}

#[test]
fn a_clean_file_would_pass() {
    let bytes = clean();
    let (portal, problems) = preflight("a.csv", &bytes, 0);
    assert_eq!(portal["verdict"], "would pass");
    assert_eq!(portal["format"], "csv");
    assert_eq!(portal["size"]["plain"], bytes.len());
    assert_eq!(portal["size"]["gzipped_measured"], "not needed");
    assert!(problems.is_empty(), "{problems:?}");
    let unknown: Vec<_> = portal["not_checked"].as_array().unwrap().iter().collect();
    assert_eq!(unknown.len(), 2);
    let said = validate("a.csv", &bytes, &["--fail-on", "error"]).code(0);
    for part in [
        "a.csv would pass\n",
        "Not checked, because unknown: field checks",
    ] {
        assert!(said.stdout.contains(part), "{}", said.stdout);
    }
}

#[test]
fn a_byte_order_mark_is_refused() {
    let bytes = ["\u{feff}".as_bytes(), &clean()].concat();
    let (portal, problems) = preflight("a.csv", &bytes, 0);
    assert_eq!(portal["verdict"], "would be refused");
    assert_eq!(told(&problems), [("portal.byte_order_mark", 1, Some(0))]);
    for (fail_on, code) in [("never", 0), ("error", 4), ("warning", 4)] {
        validate("a.csv", &bytes, &["--fail-on", fail_on]).code(code);
    }
}

#[test]
fn names_that_do_not_match_are_told_though_nothing_else_can_be() {
    let underscores = service()
        .columns()
        .into_iter()
        .fold(service(), |r, c| r.renamed(c, &c.replace(' ', "_")));
    let bytes = Record::csv(&[underscores]);
    let (portal, problems) = preflight("a.csv", &bytes, 3);
    assert_eq!(portal["verdict"], "would be refused");
    let misspelt = told(&problems);
    let spaced = service()
        .columns()
        .iter()
        .filter(|c| c.contains(' '))
        .count();
    assert_eq!(misspelt.len(), spaced);
    assert_eq!(misspelt[0], ("portal.header_misspelt", 1, Some(0)));
    let at = find(&bytes, "NHS_Number");
    let nhs = problems
        .iter()
        .find(|p| p["fields"][0] == "NHS Number")
        .unwrap();
    assert_eq!(nhs["places"][0]["byte"], at);
    assert_eq!(nhs["places"][0]["column"], "D");
    let said = validate("a.csv", &bytes, &[]).code(3);
    let more = format!("and {} more like these", spaced - 5);
    for part in [
        "row 1 column A byte 0: is `LA_Code`, not exactly `LA Code` (space and underscore are not interchangeable)",
        &more,
    ] {
        assert!(said.stdout.contains(part), "{}", said.stdout);
    }
    said.says(&["LA_Code"]);
}

#[test]
fn columns_of_our_own_are_not_the_portals() {
    let record = service()
        .without("Dementia")
        .with("local_team", "x")
        .with("GP Practice Name", "")
        .with("Whatnot", "x");
    let (_, problems) = preflight("a.csv", Record::csv(&[record]), 3);
    let rules: Vec<_> = told(&problems).iter().map(|(rule, _, _)| *rule).collect();
    assert_eq!(
        rules,
        [
            "portal.header_unexpected",
            "portal.header_unexpected",
            "portal.header_missing",
            "portal.header_withdrawn",
        ]
    );
    let text = format!("{problems:?}");
    assert!(
        !text.contains("Whatnot") && !text.contains("local_team"),
        "{text}"
    );
    let data = Record::csv(&[service()]);
    let data = &data[find(&data, "\n") as usize + 1..];
    let said = validate("a.csv", data, &[]).code(3);
    assert!(
        said.stdout
            .contains("no cell of the first row is the name of a field")
    );
    assert!(!said.stdout.contains("Lovelace"));
}

#[test]
fn a_value_that_begins_as_a_formula_is_placed_to_the_byte() {
    let records = [
        service(),
        service().with("Event Description", "one\r\ntwo, \"three\"\n=four"),
        service()
            .with("Event Reference", "=SUM(1)")
            .with("Unit Cost", "-4.50"),
        service()
            .with("Event Description", "a,\n@")
            .with("Event Reference", "+44"),
    ];
    let bytes = Record::csv(&records);
    let (portal, problems) = preflight("a.csv", &bytes, 0);
    assert_eq!(portal["verdict"], "would be refused");
    let at = find(&bytes, "=SUM");
    assert_eq!(told(&problems), [("portal.first_character", 2, Some(at))]);
    let places = &problems[0]["places"];
    assert_eq!(
        (&places[0]["row"], &places[0]["column"]),
        (&4.into(), &"Y".into())
    );
    assert_eq!(places[1]["byte"], find(&bytes, "+44"));
    assert_eq!(problems[0]["fields"][0], "Event Reference");
    assert!(!format!("{portal}").contains("SUM"));
}

#[test]
fn what_a_gzip_holds_is_checked() {
    let text = Record::csv(&[service(), service().with("Event Reference", "=1")]);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&text).unwrap();
    let bytes = encoder.finish().unwrap();
    let (portal, problems) = preflight("a.csv.gz", &bytes, 0);
    assert_eq!(portal["format"], "csv.gz");
    assert_eq!(portal["size"]["plain"], text.len());
    assert_eq!(portal["size"]["gzipped"], bytes.len());
    let at = find(&text, "=1");
    assert_eq!(told(&problems), [("portal.first_character", 1, Some(at))]);
}

#[test]
fn a_workbook_is_no_csv_whatever_its_name() {
    let (portal, problems) = preflight("a.csv", b"PK\x03\x04\x14\0\x06\0", 3);
    assert_eq!(portal["verdict"], "would be refused");
    assert_eq!(told(&problems), [("portal.format", 1, Some(0))]);
    assert!(
        problems[0]["message"]
            .as_str()
            .unwrap()
            .contains("spreadsheet")
    );
}

#[test]
fn characters_are_expected_in_windows_1252() {
    let utf8 = Record::csv(&[service().with("First Name", "Zoé")]);
    let at = find(&utf8, "é");
    let mut windows = utf8.clone();
    windows.splice(at as usize..at as usize + 2, [0xe9]);
    let (portal, problems) = preflight("a.csv", &windows, 0);
    assert_eq!(portal["verdict"], "would pass");
    assert!(problems.is_empty(), "{problems:?}");
    let (portal, problems) = preflight("a.csv", &utf8, 0);
    assert_eq!(portal["verdict"], "would pass, with warnings");
    assert_eq!(told(&problems), [("portal.utf_8", 1, Some(at))]);
    assert_eq!(problems[0]["level"], "warning");
    assert_eq!(problems[0]["places"][0]["row"], 2);
    assert_eq!(problems[0]["places"][0]["column"], "F");
    validate("a.csv", &utf8, &["--fail-on", "error"]).code(0);
    validate("a.csv", &utf8, &["--fail-on", "warning"]).code(4);
}

#[test]
fn files_are_told_apart_and_missing_ones_have_no_verdict() {
    let directory = tempfile::tempdir().unwrap();
    let paths = ["a.csv", "b.csv"].map(|name| directory.path().join(name));
    fs::write(&paths[0], clean()).unwrap();
    fs::write(&paths[1], b"x\n").unwrap();
    let paths = paths.map(|p| p.to_str().unwrap().to_owned());
    let said = call(["validate", &paths[0], &paths[1]]).code(3);
    assert!(said.stdout.contains("a.csv would pass"));
    assert!(said.stdout.contains("b.csv would be refused"));
    let said = call(["validate", &paths[0], "/nowhere.csv"]).code(3);
    assert!(said.stdout.contains("a.csv would pass"));
    assert!(!said.stdout.contains("nowhere"));
    let json = call(["validate", "/nowhere.csv", "--format", "json"])
        .code(3)
        .json();
    assert_eq!(json["portal"], serde_json::json!([]));
}

#[test]
fn rows_of_another_width_and_files_without_a_record_are_warned_of() {
    let mut odd = clean();
    odd.extend_from_slice(b"999,1\r\n");
    let (portal, problems) = preflight("a.csv", &odd, 3);
    assert_eq!(portal["verdict"], "would pass, with warnings");
    assert_eq!(problems[0]["rule"], "portal.cells");
    assert_eq!(problems[0]["level"], "warning");
    let bytes = clean();
    let header = &bytes[..=find(&bytes, "\n") as usize];
    let (portal, problems) = preflight("a.csv", header, 0);
    assert_eq!(portal["verdict"], "would pass, with warnings");
    assert_eq!(told(&problems), [("portal.no_record", 1, None)]);
}

#[test]
fn the_gate_counts_a_rule_of_the_portal_once() {
    let records = [service()
        .with("Event Reference", "=1")
        .with("Event Description", "@2")];
    let bytes = Record::csv(&records);
    let (_, problems) = preflight("a.csv", &bytes, 0);
    assert_eq!(problems.len(), 2, "{problems:?}");
    validate("a.csv", &bytes, &["--fail-on", "error"])
        .code(4)
        .says(&["1 rule of the portal is broken that --fail-on does not let pass"]);
}

#[test]
fn advice_of_a_validation_speaks_of_no_configuration() {
    let renamed = Record::csv(&[service()
        .renamed("NHS Number", "NHS No")
        .without("Dementia")]);
    let said = validate("a.csv", &renamed, &[]).code(3);
    assert!(!said.stderr.contains("under `"), "{}", said.stderr);
    said.says(&[
        "Rename it in the file to `NHS Number`",
        "no column is the field `Dementia`. Add the column",
    ]);
    let said = call(["validate", "/nowhere.csv"]).code(3);
    assert!(!said.stderr.contains("sources:"), "{}", said.stderr);
    said.says(&["Check the path and"]);
}

#[test]
fn separators_other_than_commas_are_named() {
    let text = String::from_utf8(clean()).unwrap();
    for (separator, name) in [(";", "semicolons"), ("\t", "tabs")] {
        let said = validate("a.csv", text.replace(',', separator), &[]).code(3);
        let told = format!("cells are separated by {name}");
        assert!(said.stdout.contains(&told), "{}", said.stdout);
        said.says(&[&told]);
    }
}
