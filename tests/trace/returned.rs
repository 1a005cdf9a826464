//! The return of a council that traces.

use std::fs;
use std::process::Command;

use super::support::{NUMBERS, Tracing, found};
use crate::support::{Council, Ran, Record, Said, Table, call, only_directory, samples, service};

const RIGHT: &str = "9990000026";
const WRONG: &str = "9990000034";

fn event(person: &str, number: &str, reference: &str) -> Record {
    service()
        .with("LA Person Unique Identifier", person)
        .with("NHS Number", number)
        .with("Event Reference", reference)
}

/// Three people: events with a number and without, with two numbers, and without any; only of the last nobody asks.
fn records() -> [Record; 6] {
    [
        event("P201", RIGHT, "E1"),
        event("P201", "", "E2"),
        event("P202", WRONG, "E3").with("local_team", "North"),
        event("P202", "9990000042", "E4"),
        event("P203", "", "E5"),
        event("P203", "", "E6"),
    ]
}

/// P201 and P202 are asked about; PDS gives them these numbers.
fn traced(more: &str, numbers: [&'static str; 2]) -> Tracing {
    let tracing = Tracing::of(Council::of(records()), more)
        .person("P201", "", "Quennell")
        .person("P202", "", "Ravenscroft");
    let rows = tracing.request();
    let one = Tracing::reference(&rows, "Quennell");
    let other = Tracing::reference(&rows, "Ravenscroft");
    tracing.apply(
        "a.csv",
        &[(&one, found(numbers[0])), (&other, found(numbers[1]))],
    );
    tracing
}

fn run(tracing: Tracing) -> Ran {
    let said = Said::of(tracing.council.command().output().unwrap());
    let said = said.code(0);
    let council = tracing.council;
    Ran { council, said }
}

#[test]
fn a_traced_number_stands_before_the_case_systems() {
    let ran = run(traced("", [RIGHT, "9990000042"]));
    let table = ran.submission();
    let [held, traced, combined, person] = [
        "Der_NHS_Number_Pseudo",
        "Der_NHS_Number_Traced_Pseudo",
        "Der_NHS_LA_Combined_Person_ID",
        "Der_LA_Person_Unique_Identifier_Pseudo",
    ]
    .map(|column| table.at(column));
    let mut people = std::collections::BTreeMap::new();
    for row in &table.rows {
        let of: &mut Vec<_> = people.entry(row[person].clone()).or_default();
        of.push((
            row[held].clone(),
            row[traced].clone(),
            row[combined].clone(),
        ));
    }
    assert_eq!(people.len(), 3);
    for (person, rows) in people {
        let combined = &rows[0].2;
        assert!(
            rows.iter().all(|row| row.2 == *combined),
            "one person, one id"
        );
        if rows.iter().all(|row| row.1.is_empty()) {
            assert_eq!(*combined, format!("999_{person}"), "nobody asked");
        } else {
            assert!(rows.iter().all(|row| row.1 == *combined));
            // The number that the case system has is sent as it is.
            assert!(rows.iter().any(|row| row.0 == row.1) && rows.iter().any(|row| row.0 != row.1));
        }
    }
    let tracing = &ran.predicate()["tracing"];
    assert_eq!(tracing["records_with_number_before"], 3);
    assert_eq!(tracing["records_with_number"], 4);
    assert_eq!(tracing["records_that_differ"], 1);
    for hidden in ["people", "people_healed", "people_who_differ"] {
        assert_eq!(tracing[hidden], "fewer than 10");
    }
    assert!(
        ran.said
            .stdout
            .contains("records with a number 3 of 6 before, 4 with tracing; 2 people")
    );
    assert!(
        ran.said.stdout.contains("2 of them one person now"),
        "{}",
        ran.said.stdout
    );
    let differs = fs::read(ran.worklist_directory().join("nhs-number-differs.csv")).unwrap();
    let differs = Table::of(&differs);
    assert_eq!(differs.only("person_id"), "P202");
    assert_eq!(
        (differs.only("event_reference"), differs.only("local_team")),
        ("E3", "North")
    );
    // The manifest is of the published shape, and names the register as it was.
    let schema: serde_json::Value = serde_json::from_slice(
        &fs::read(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/schemas/manifest.schema.json"
        ))
        .unwrap(),
    )
    .unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&ran.read("manifest.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &manifest));
    let config = ran.council.path("council.yaml");
    let verified = call([
        "trace",
        "verify",
        "--format",
        "json",
        "--config",
        config.to_str().unwrap(),
    ]);
    assert_eq!(verified.code(0).json()["head_sha256"], tracing["register"]);
    let report = String::from_utf8(ran.read("report.html")).unwrap();
    assert!(report.contains("Traced NHS numbers"));
    let bundle = ran.bundle();
    let shown = call(["manifest", "show", bundle.to_str().unwrap()])
        .code(0)
        .stdout;
    assert!(shown.contains("records whose number is another one"));
}

#[test]
fn without_tracing_nothing_is_different() {
    let ran = Council::of(records()).makes();
    let table = ran.submission();
    assert!(
        table
            .column("Der_NHS_Number_Traced_Pseudo")
            .iter()
            .all(String::is_empty)
    );
    assert!(ran.predicate().get("tracing").is_none());
    assert!(
        !ran.worklist_directory()
            .join("nhs-number-differs.csv")
            .exists()
    );
    assert!(
        !String::from_utf8(ran.read("report.html"))
            .unwrap()
            .contains("Traced NHS numbers")
    );
}

#[test]
fn another_register_is_another_run() {
    let tracing = traced("", [RIGHT, "9990000042"]);
    let ran = run(tracing);
    let first = only_directory(&ran.council.path("out"));
    let again = Said::of(ran.council.command().output().unwrap()).code(0);
    assert!(again.stdout.contains("an equal run made it before"));
    let config = ran.council.path("council.yaml");
    fs::write(ran.council.path("allocations.csv"), "ID,ENDED,TYPE\n").unwrap();
    call(["trace", "request", "--config", config.to_str().unwrap()]).code(0);
    Said::of(ran.council.command().output().unwrap()).code(0);
    assert_eq!(fs::read_dir(first.parent().unwrap()).unwrap().count(), 2);
}

#[test]
fn a_register_that_does_not_hold_makes_no_bundle() {
    let said = |tracing: &Tracing| Said::of(tracing.council.command().output().unwrap());
    let none = Tracing::of(Council::of(records()), "");
    said(&none).code(3).says(&["there is no register"]);
    let changed = traced("", [RIGHT, "9990000042"]);
    rusqlite::Connection::open(changed.register())
        .unwrap()
        .execute_batch("UPDATE people SET number = '9990000050' WHERE person = 'P201'")
        .unwrap();
    said(&changed).code(6).says(&["table `people`"]);
    // Nor does a test key meet the number of anybody.
    let real = traced("", [RIGHT, NUMBERS[0]]);
    let refused = said(&real).code(5);
    assert!(!refused.stderr.contains(NUMBERS[0]));
    for tracing in [none, changed, real] {
        let out = tracing.path("out");
        assert!(!out.exists() || fs::read_dir(out).unwrap().count() == 0);
    }
}

#[test]
fn a_dropped_number_is_dropped_traced_or_not() {
    let tracing = traced("", [RIGHT, "9990000042"]);
    let config = tracing.path("council.yaml");
    let text = fs::read_to_string(&config).unwrap() + "treatments: {NHS Number: drop}\n";
    fs::write(&config, text).unwrap();
    call(["run", "--config", config.to_str().unwrap()]).code(0);
    let council = tracing.council;
    let bundle = only_directory(&council.path("out"));
    let table = Table::of(&fs::read(bundle.join("submission.csv")).unwrap());
    assert!(
        table
            .column("Der_NHS_Number_Traced_Pseudo")
            .iter()
            .all(String::is_empty)
    );
    assert!(
        table
            .column("Der_NHS_LA_Combined_Person_ID")
            .iter()
            .all(|id| id.starts_with("999_"))
    );
    let manifest = fs::read_to_string(bundle.join("manifest.json")).unwrap();
    assert!(!manifest.contains("people_healed"));
}

#[test]
fn the_crosswalk_knows_what_traced_pseudonyms_stand_for() {
    let keygen = Command::new("age-keygen").output().expect("age");
    let identity = String::from_utf8(keygen.stdout).unwrap();
    let mut lines = identity.lines();
    let recipient = lines.find_map(|l| l.strip_prefix("# public key: "));
    let key = format!(
        "{{file: {}, epoch: \"2026\", custodian: {}}}",
        samples("test.key"),
        recipient.unwrap()
    );
    let council = Council::of([event("P201", WRONG, "E1")]).set("key", key);
    let file = council.path("crosswalk.age");
    let council = council
        .argument("--crosswalk")
        .argument(file.to_str().unwrap());
    let tracing = Tracing::of(council, "").person("P201", "", "Quennell");
    let rows = tracing.request();
    tracing.apply("a.csv", &[(&rows[0][0], found(RIGHT))]);
    fs::write(tracing.path("identity.txt"), &identity).unwrap();
    let ran = run(tracing);
    let opened = Command::new("age")
        .args([
            "-d",
            "-i",
            ran.council.path("identity.txt").to_str().unwrap(),
        ])
        .arg(&file)
        .output()
        .unwrap();
    let text = String::from_utf8(opened.stdout).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    let table = Table::of(format!("\u{feff}{rest}").as_bytes());
    let submission = ran.submission();
    for (column, number) in [
        ("Der_NHS_Number_Pseudo", WRONG),
        ("Der_NHS_Number_Traced_Pseudo", RIGHT),
        ("Der_NHS_LA_Combined_Person_ID", RIGHT),
    ] {
        let pseudonym = submission.only(column);
        assert_eq!(table.find("pseudonym", pseudonym, "value"), number);
    }
}
