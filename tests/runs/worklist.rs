//! The worklist: identifiable findings for the council, kept apart from the bundle.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Council, Said, Table, service};

#[test]
fn nobody_else_can_read_it() {
    let ran = Council::of([service().with("Gender", "x")]).makes();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let directory = ran.worklist_directory();
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(directory.parent().unwrap()), 0o700);
    let mut files = 0;
    for entry in fs::read_dir(&directory).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
        files += 1;
    }
    assert_eq!(files, 5);
    assert_eq!(directory.file_name(), ran.bundle().file_name());
}

#[test]
fn it_says_whose_record_what_and_where() {
    let record = service()
        .of("9990000018", "P100001", "E77")
        .renamed("Gender", "Sex")
        .with("Sex", "Femmale");
    let ran = Council::of([service(), record.with("local_team", "North")])
        .reads("columns: {Sex: Gender}");
    let ran = ran.run();
    // The first record has no column of that name, so the union of the columns has both.
    ran.said.says(&["both the field `Gender`"]);

    let record = service()
        .with("Gender", "Femmale")
        .with("local_team", "North");
    let ran = Council::of([service(), record.with("Event Reference", "E77")]).makes();
    let table = ran.worklist();
    assert_eq!(
        table.header,
        [
            "rule",
            "severity",
            "source",
            "row",
            "column",
            "field",
            "source_column",
            "person_id",
            "event_reference",
            "received",
            "expected",
            "what_is_wrong",
            "what_to_do",
            "who",
            "follows_from",
            "record_excluded",
            "local_team",
        ]
    );
    for (column, expected) in [
        ("rule", "gender.not_in_list"),
        ("severity", "error"),
        ("source", "source-1"),
        ("row", "3"),
        ("column", "I"),
        ("field", "Gender"),
        ("person_id", "P100001"),
        ("event_reference", "E77"),
        ("received", "Femmale"),
        ("expected", "Female"),
        ("follows_from", ""),
        ("local_team", "North"),
    ] {
        assert_eq!(table.only(column), expected, "{column}");
    }
    assert!(!table.only("what_is_wrong").is_empty() && !table.only("what_to_do").is_empty());
}

#[test]
fn formulas_get_an_apostrophe() {
    for (value, shown) in [
        ("=1+1", "'=1+1"),
        ("+44", "'+44"),
        ("@x", "'@x"),
        ("-x", "'-x"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("a=b", "a=b"),
    ] {
        let record = service().with("Gender", value).with("local_n", value);
        let table = Council::of([record.with("LA Person Unique Identifier", value)])
            .makes()
            .worklist();
        let shown = |column| table.find("rule", table.rows[0][0].as_str(), column) == shown;
        assert!(table.rows[0][0].starts_with("gender."), "{:?}", table.rows);
        assert!(
            shown("received") && shown("local_n") && shown("person_id"),
            "{value:?}"
        );
    }
    let record = service().with("Unit Cost", "-5.125");
    let table = Council::of([record]).makes().worklist();
    assert_eq!(
        table.find("rule", "unit_cost.decimals", "received"),
        "-5.125"
    );
}

#[test]
fn what_it_shows_stands_nowhere_else() {
    let values = ["Qqfirst", "Wwsecond", "Xxthird", "Yyfourth"];
    let ran = Council::of([service()
        .with("Unit Cost", values[0])
        .with("Date of Death", values[1])
        .with("Event Description", values[2])
        .with("Postcode", values[3])])
    .makes();
    let received = ran.worklist().column("received");
    for value in [values[0], values[1], values[3]] {
        assert!(received.iter().any(|r| r == value), "{value}");
    }
    for entry in fs::read_dir(ran.bundle()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for value in values {
            assert!(!bytes.windows(value.len()).any(|w| w == value.as_bytes()));
        }
    }
    let printed = format!("{}{}", ran.said.stdout, ran.said.stderr);
    assert!(values.iter().all(|v| !printed.contains(v)));
}

#[test]
fn an_identifier_that_was_withheld_while_writing_is_in_it_without_the_value() {
    let ran = Council::of([
        service().with("GP Practice Code", "Lovelace"),
        service().with("GP Practice Code", "at LS1 4AP"),
        service().with("Dementia", "p100001"),
    ])
    .makes();
    let submission = ran.submission();
    let mut codes = submission.column("GP_Practice_Code");
    codes.sort();
    assert_eq!(codes, ["", "", "A81001"]);
    let table = ran.worklist();
    let at = |rule, column| table.find("rule", rule, column).to_owned();
    assert_eq!(at("gp_practice_code.identifier", "source"), "all sources");
    assert_eq!(at("gp_practice_code.identifier", "received"), "");
    assert!(at("gp_practice_code.identifier", "expected").contains("2 records"));
    assert!(at("dementia.identifier", "expected").contains("1 records"));
    let findings = ran.findings();
    assert_eq!(
        findings.find("rule", "gp_practice_code.identifier", "records"),
        "2"
    );
}

#[test]
fn an_equal_run_puts_it_in_place_of_the_older_one() {
    let ran = Council::of([service().with("Gender", "x")]).makes();
    let path = ran.worklist_directory().join("findings.csv");
    let first = fs::read(&path).unwrap();
    fs::write(&path, "edited").unwrap();
    Said::of(ran.council.command().output().unwrap()).code(0);
    assert_eq!(fs::read(&path).unwrap(), first);
    assert_eq!(Table::of(&first).rows.len(), 1);
}
