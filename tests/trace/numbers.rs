//! Verified numbers for the case system: whose are given, and how the file is kept.

use std::fs;

use super::support::{NUMBERS, Pds, Tracing, found};
use crate::support::Table;

/// Verified by an answer of PDS, each with a number: people of the file in their order.
fn verified(tracing: &Tracing, answers: &[(&str, Pds)]) {
    let rows = tracing.request();
    let answers: Vec<_> = answers
        .iter()
        .map(|(word, pds)| (Tracing::reference(&rows, word), pds.clone()))
        .collect();
    let answers: Vec<_> = answers
        .iter()
        .map(|(reference, pds)| (reference.as_str(), pds.clone()))
        .collect();
    tracing.apply("a.csv", &answers);
}

/// Runs `numbers`: what it says, and the file.
#[track_caller]
fn given(tracing: &Tracing, more: &[&str]) -> (serde_json::Value, Table) {
    let out = tracing.path("private/numbers.csv");
    if out.exists() {
        fs::remove_file(&out).unwrap();
    }
    let arguments = ["numbers", "--out", out.to_str().unwrap()];
    let all: Vec<&str> = arguments.into_iter().chain(more.iter().copied()).collect();
    let said = tracing.json(&all);
    (said, Table::of(&fs::read(out).unwrap()))
}

fn superseded(number: &'static str) -> Pds {
    Pds {
        code: "90",
        algorithm: "1",
        ..found(number)
    }
}

/// One with no number in the case system, one with a superseded one, one with something that is none, one with the right
/// one; and one who was not found.
fn four() -> Tracing {
    let tracing = Tracing::new()
        .person("P104", NUMBERS[3], "Tolland")
        .person("P101", "", "Quennell")
        .person("P102", NUMBERS[0], "Ravenscroft")
        .person("P103", "not given yet", "Stonehouse")
        .person("P105", "", "Umfraville");
    let answers = [
        ("Quennell", found("9990000026")),
        (NUMBERS[0], superseded(NUMBERS[1])),
        ("Stonehouse", found(NUMBERS[2])),
        (NUMBERS[3], found(NUMBERS[3])),
        ("Umfraville", super::support::code("97")),
    ];
    verified(&tracing, &answers);
    tracing
}

#[test]
fn verified_numbers_that_the_case_system_has_not_are_given() {
    let today = || chrono::Utc::now().format("%Y-%m-%d").to_string();
    let began = today();
    let tracing = four();
    let before = fs::read(tracing.register()).unwrap();
    let (said, table) = given(&tracing, &[]);
    let columns = [
        "person_id",
        "nhs_number",
        "indicator",
        "verified_on",
        "in_case_system",
    ];
    assert_eq!(table.header, columns);
    assert_eq!(table.column("person_id"), ["P101", "P102", "P103"]);
    assert_eq!(
        table.column("nhs_number"),
        ["9990000026", NUMBERS[1], NUMBERS[2]]
    );
    assert_eq!(table.column("in_case_system"), ["none", "other", "invalid"]);
    assert_eq!(table.column("indicator"), ["01"; 3]);
    // A day may end while this runs.
    let days = [began, today()];
    assert!(
        table
            .column("verified_on")
            .iter()
            .all(|day| days.contains(day))
    );
    assert_eq!(said["written"], 3);
    assert_eq!(said["in_case_system"]["same"], 1);
    assert!(said["withheld"].as_object().unwrap().is_empty());
    let (said, table) = given(&tracing, &["--all"]);
    assert_eq!(said["written"], 4);
    assert_eq!(table.find("person_id", "P104", "in_case_system"), "same");
    assert_eq!(table.find("person_id", "P104", "nhs_number"), NUMBERS[3]);
    // The register is as it was.
    assert_eq!(fs::read(tracing.register()).unwrap(), before);
    // For people too, numbers only.
    let out = tracing.path("other.csv");
    let told = tracing
        .trace(&["numbers", "--out", out.to_str().unwrap()])
        .code(0);
    for words in [
        "3  verified numbers written",
        "1    the case system has another number",
        "1  not: the case system has this number",
        "other.csv",
    ] {
        assert!(told.stdout.contains(words), "{words} in {}", told.stdout);
    }
}

#[test]
fn nobody_is_given_the_number_of_who_may_not_have_it() {
    type Change = fn(&mut Tracing);
    let nothing: Change = |_| ();
    let cases: [(&str, Change, u64); 10] = [
        ("", nothing, 1),
        ("dead", |t| t.set("P101", "DIED", "01/02/2026"), 0),
        ("death_unclear", |t| t.set("P101", "DIED", "last May"), 0),
        ("no_worker", |t| t.end("P101", "01/02/2026"), 0),
        // What `request` would take back, which nobody has run.
        ("taken_back", |t| t.set("P101", "OBJECTS", "Y"), 0),
        ("taken_back", |t| t.set("P101", "BORN", "02/05/1940"), 0),
        (
            "taken_back",
            |t| {
                t.set("P101", "LAST", "Rowland");
                t.set("P101", "FIRST", "Eve");
            },
            0,
        ),
        ("taken_back", |t| t.set("P102", "NHS", NUMBERS[0]), 0),
        // One name alone is no other person, nor is another number in the case system.
        ("", |t| t.set("P101", "LAST", "Rowland"), 1),
        ("", |t| t.set("P101", "NHS", NUMBERS[1]), 1),
    ];
    for (at, (why, change, written)) in cases.into_iter().enumerate() {
        let mut tracing =
            Tracing::new()
                .person("P101", "", "Quennell")
                .person("P102", "", "Ravenscroft");
        verified(&tracing, &[("Quennell", found(NUMBERS[0]))]);
        change(&mut tracing);
        let (said, table) = given(&tracing, &["--all"]);
        assert_eq!(said["written"], written, "case {at}");
        assert_eq!(table.rows.len() as u64, written, "case {at}");
        let withheld = said["withheld"].as_object().unwrap();
        if why.is_empty() {
            assert!(withheld.is_empty(), "case {at}: {said}");
        } else {
            assert_eq!(withheld[why], 1, "case {at}: {said}");
            assert_eq!(withheld.len(), 1);
        }
        tracing.verify();
    }
}

#[test]
fn an_id_on_several_rows_or_on_none_is_given_nothing() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    verified(&tracing, &[("Quennell", found(NUMBERS[0]))]);
    let tracing = tracing
        .person("P101", "", "Quennell")
        .person("P101", "", "Quennell");
    let (said, table) = given(&tracing, &["--all"]);
    assert_eq!((&said["written"], table.rows.len()), (&0.into(), 0));
    assert_eq!(said["withheld"]["several_rows"], 1);
    // A council that does not send the person any more.
    let config = fs::read_to_string(tracing.path("council.yaml")).unwrap();
    let others = "ID,NHS,LAST,FIRST,SEX,BORN,DIED,PCODE,OBJECTS,TEAM\r\n";
    fs::write(tracing.path("others.csv"), others).unwrap();
    let config = config.replacen("file: people.csv", "file: others.csv", 1);
    fs::write(tracing.path("council.yaml"), config).unwrap();
    assert_eq!(given(&tracing, &[]).0["withheld"]["absent"], 1);
}

#[test]
fn a_number_of_two_people_of_the_register_is_given_to_neither() {
    let mut tracing =
        Tracing::new()
            .person("P101", "", "Quennell")
            .person("P102", "", "Ravenscroft");
    let rows = tracing.request();
    let one = Tracing::reference(&rows, "Quennell");
    let other = Tracing::reference(&rows, "Ravenscroft");
    tracing.apply("a.csv", &[(&one, found(NUMBERS[0]))]);
    tracing.set("P101", "DIED", "01/02/2026");
    tracing.json(&["request"]);
    tracing.apply("b.csv", &[(&other, found(NUMBERS[0]))]);
    assert_eq!(tracing.statuses(), [("01".into(), 2)]);
    let (said, _) = given(&tracing, &[]);
    assert_eq!(said["written"], 0);
    assert_eq!(
        said["withheld"],
        serde_json::json!({"dead": 1, "number_shared": 1})
    );
}

#[test]
fn another_number_that_the_case_system_has_verified_is_for_people_to_settle() {
    let mut tracing = Tracing::new().person("P101", "", "Quennell");
    verified(&tracing, &[("Quennell", found(NUMBERS[0]))]);
    let config = fs::read_to_string(tracing.path("council.yaml")).unwrap();
    let config = config.replacen(
        "objection:",
        "verified: {column: TEAM, values: [North]}, objection:",
        1,
    );
    fs::write(tracing.path("council.yaml"), config).unwrap();
    // A blank number cannot have been verified.
    assert_eq!(given(&tracing, &[]).0["written"], 1);
    tracing.set("P101", "NHS", NUMBERS[1]);
    let (said, _) = given(&tracing, &["--all"]);
    assert_eq!(said["withheld"]["other_verified"], 1);
    tracing.trace(&["worklist"]).code(0);
    let list = fs::read(tracing.path("worklist/tracing/nhs-numbers-to-settle.csv")).unwrap();
    assert_eq!(Table::of(&list).only("reason"), "other_number");
    tracing.set("P101", "NHS", NUMBERS[0]);
    assert_eq!(given(&tracing, &["--all"]).0["in_case_system"]["same"], 1);
}

#[test]
fn an_id_that_a_spreadsheet_would_run_is_kept_from_it() {
    let tracing = Tracing::new().person("=P101", "", "Quennell");
    verified(&tracing, &[("Quennell", found(NUMBERS[0]))]);
    assert_eq!(given(&tracing, &[]).1.only("person_id"), "'=P101");
}

#[test]
fn the_file_is_for_its_owner_alone_apart_from_others_and_never_over_another() {
    let tracing = four();
    given(&tracing, &[]);
    let out = tracing.path("private/numbers.csv");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(out.clone()), 0o600);
        assert_eq!(mode(tracing.path("private")), 0o700);
    }
    let before = fs::read(&out).unwrap();
    for (name, says) in [
        ("private/numbers.csv", "is there already"),
        ("people.csv", "is there already"),
        ("out/numbers.csv", "folder of the bundles"),
        ("out/x/numbers.csv", "folder of the bundles"),
        ("worklist/numbers.csv", "folder of the worklists"),
        ("worklist/x/numbers.csv", "folder of the worklists"),
    ] {
        let path = tracing.path(name);
        let there = path.exists();
        tracing
            .trace(&["numbers", "--out", path.to_str().unwrap()])
            .code(2)
            .says(&[says]);
        assert_eq!(path.exists(), there, "{name}");
    }
    assert_eq!(fs::read(&out).unwrap(), before);
    // Beside a bundle that somebody moved elsewhere.
    let elsewhere = tracing.path("elsewhere");
    fs::create_dir_all(elsewhere.join("bundle")).unwrap();
    fs::write(elsewhere.join("bundle/manifest.dsse.json"), "{}").unwrap();
    let path = elsewhere.join("numbers.csv");
    tracing
        .trace(&["numbers", "--out", path.to_str().unwrap()])
        .code(2)
        .says(&["holds bundles"]);
    assert!(!path.exists());
    // Without a register there is nothing to give.
    let none = Tracing::new().person("P101", "", "Quennell");
    let path = none.path("numbers.csv");
    none.trace(&["numbers", "--out", path.to_str().unwrap()])
        .code(3)
        .says(&["there is no register"]);
    assert!(!path.exists());
}
