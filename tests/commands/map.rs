//! `cld map`: local codes suggested, edited, named in the configuration, and what a mapping leaves uncovered.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Council, Record, Said, Table, call, service, tree};

/// A record of its own person.
fn of(n: usize) -> Record {
    service()
        .of("", &format!("Zq{n:05}"), &format!("E{n}"))
        .with("First Name", "Qqfirst")
        .with("Last Name", "Qqlast")
}

fn gender(n: usize, code: &str) -> Record {
    of(n).with("Gender", code)
}

/// `cld map …` of a council whose files are written.
fn map(council: &Council, arguments: &[&str]) -> Said {
    drop(council.command());
    let config = council.path("council.yaml");
    let config = ["--config", config.to_str().unwrap()];
    let (command, rest) = arguments.split_first().unwrap();
    call(
        ["map", command]
            .into_iter()
            .chain(config)
            .chain(rest.iter().copied()),
    )
}

fn suggested(council: &Council) -> Table {
    Table::of(map(council, &["suggest"]).code(0).stdout.as_bytes())
}

#[test]
fn what_is_suggested_is_edited_and_maps() {
    let codes = ["F", "f", "F", "MALE!", "Male", "7"];
    let records = codes.into_iter().enumerate();
    let records: Vec<_> = records.map(|(n, code)| gender(n, code)).collect();
    let council = Council::of(records.clone());
    let out = council.path("codes.csv");
    let said = map(&council, &["suggest", "--out", out.to_str().unwrap()]).code(0);
    assert!(said.stdout.contains("4 codes to decide"), "{}", said.stdout);
    assert_eq!(
        fs::metadata(&out).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    let table = fs::read_to_string(&out).unwrap();
    assert_eq!(
        table,
        "\u{feff}source,field,local,value,suggestion,nearness,records\r\n\
         source-1,Gender,F,,Female,80,2\r\n\
         source-1,Gender,7,,,,1\r\n\
         source-1,Gender,MALE!,Male,Male,100,1\r\n\
         source-1,Gender,f,,Female,80,1\r\n"
    );
    // Over nothing that is there: somebody may have edited it.
    map(&council, &["suggest", "--out", out.to_str().unwrap()])
        .code(2)
        .says(&["exists", "Name a new file"]);
    assert_eq!(fs::read_to_string(&out).unwrap(), table);

    let edited = table.replace(",,Female", ",Female,Female");
    let council = Council::of(records)
        .beside("codes.csv", edited)
        .reads("values_file: codes.csv");
    let left = suggested(&council);
    assert_eq!(left.column("local"), ["7"]);
    let said = map(&council, &["check", "--format", "json"]).code(0).json();
    let fields = said["sources"][0]["fields"].as_array().unwrap();
    let found = fields.iter().find(|f| f["field"] == "Gender").unwrap();
    assert_eq!(found["mapped"], 4);
    assert_eq!(found["listed"], 1);
    assert_eq!(found["uncovered"], 1);
    assert_eq!(found["undecided"], 1);
    assert_eq!(said["uncovered"], 1);
    let ran = council.makes();
    let mut genders = ran.submission().column("Gender");
    genders.sort();
    assert_eq!(genders, ["7", "Female", "Female", "Female", "Male", "Male"]);
}

#[test]
fn what_may_tell_who_somebody_is_is_counted_and_not_shown() {
    let hidden = [
        "9990000018",
        "999 000 0018",
        "999.000.0018",
        "LS1 4AP",
        "Zq00003",
        "qqlast",
        "Qqfirst Qqlast",
        "15/06/1950",
        "1950-06-15",
        "1234567",
    ];
    let long = "a remark about somebody ".repeat(5);
    let codes = hidden
        .into_iter()
        .chain([long.as_str(), "Woman"])
        .enumerate();
    let records: Vec<_> = codes.map(|(n, code)| gender(n, code)).collect();
    let council = Council::of(records);
    let suggest = map(&council, &["suggest"]).code(0);
    let check = map(&council, &["check"]).code(0);
    let json = map(&council, &["check", "--format", "json"]).code(0);
    for said in [&suggest, &check, &json] {
        let printed = format!("{}{}", said.stdout, said.stderr);
        for code in hidden.iter().chain([&"a remark"]) {
            assert!(!printed.contains(code), "{code} in {printed}");
        }
        assert!(printed.contains("Woman"), "{printed}");
    }
    suggest.says(&["Gender: not shown", "codes 11, records 11"]);
    assert!(
        check.stdout.contains("codes 11, records 11"),
        "{}",
        check.stdout
    );
}

#[test]
fn a_code_of_many_people_is_shown_although_somebody_has_the_name() {
    let numbered = |n: usize| gender(n, "1234567").with("Ethnicity", "Jones");
    let mut records: Vec<_> = (0..9).map(numbered).collect();
    records.push(of(50).with("Last Name", "Jones"));
    // One person often is still one person.
    records.extend((0..9).map(|n| numbered(0).with("Event Reference", format!("F{n}"))));
    assert_eq!(suggested(&Council::of(records.clone())).rows.len(), 0);
    records.push(numbered(9));
    let table = suggested(&Council::of(records));
    assert_eq!(table.column("local"), ["1234567", "Jones"]);
    assert_eq!(table.column("records"), ["19", "19"]);
}

#[test]
fn a_mapping_is_checked_against_the_source() {
    let records = ["F", "M", "Female", "female ", "x", ""];
    let records = records.into_iter().enumerate();
    let records = records.map(|(n, code)| gender(n, code).with("Dementia", "perhaps"));
    let council = Council::of(records).reads("values: {Gender: {F: Female, M: Male, N: Other}}");
    let said = map(&council, &["check"]).code(0);
    for part in [
        "source-1: 6 records",
        "Gender: 4 of 5 records covered (80.0%), 1 uncovered",
        "1  x",
        "mapped, but not in the source: `N` (1)",
        "cannot be judged",
        "Dementia: 0 of 6 records covered (0.0%), 6 left",
        "6  perhaps",
        "Event Type: 6 of 6 records covered (100.0%), 0 uncovered",
        "Uncovered in all, where the list is known in full: 1 codes",
    ] {
        assert!(said.stdout.contains(part), "`{part}` in {}", said.stdout);
    }
    map(&council, &["check", "--fail-on", "uncovered"])
        .code(4)
        .says(&["1 codes of records", "map suggest"]);
    let council = council.reads("values_file: more.csv").beside(
        "more.csv",
        "field,local,value\nGender,x,Unknown\nGender,y,\n",
    );
    let said = map(&council, &["check", "--fail-on", "uncovered"]).code(0);
    assert!(
        said.stdout
            .contains("rows of the values file without a value: 1"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_mapping_that_does_not_fit_yet_is_told() {
    let record = gender(0, "F")
        .with("Team", "North")
        .with("9990000018", "")
        .without("Dementia")
        .without("Has Unpaid Carer");
    let council = Council::of([record]).reads("absent: [Has Unpaid Carer]");
    let said = map(&council, &["check"]).code(0);
    for part in [
        "Fields without a column: Dementia",
        "Fields said to be absent: Has Unpaid Carer",
        "A run would refuse the source",
        "`Team`",
    ] {
        assert!(said.stdout.contains(part), "`{part}` in {}", said.stdout);
    }
    assert!(!said.stdout.contains("9990000018"));
    let json = map(&council, &["check", "--format", "json"]).code(0).json();
    let unplaced = json["sources"][0]["columns_unplaced"].as_array().unwrap();
    assert_eq!(unplaced.len(), 2);
    assert_eq!(unplaced[0]["name"], "Team");
    assert!(unplaced[1]["name"].is_null());
    map(&council, &["check", "--fail-on", "uncovered"]).code(4);
    let said = map(&council, &["suggest"]).code(0);
    said.says(&["source-1: 2 columns are no field yet and 1 fields have no column"]);
    assert!(said.stdout.contains("Gender,F,,Female"), "{}", said.stdout);
}

#[test]
fn nothing_is_written_but_the_table() {
    let council = Council::of([gender(0, "=F()")]);
    drop(council.command());
    fs::create_dir(council.path("out")).unwrap();
    let before = tree(council.directory.path());
    map(&council, &["check"]).code(0);
    let table = map(&council, &["suggest"]).code(0).stdout;
    assert!(table.contains("Gender,'=F(),"), "{table}");
    let inside = council.path("out/codes.csv");
    map(&council, &["suggest", "--out", inside.to_str().unwrap()])
        .code(2)
        .says(&["folder of the bundles"]);
    let nowhere = council.path("none/codes.csv");
    map(&council, &["suggest", "--out", nowhere.to_str().unwrap()])
        .code(1)
        .says(&["cannot write"]);
    assert_eq!(tree(council.directory.path()), before);
    let missing = Council::bare().and_missing("cld.csv");
    map(&missing, &["check"]).code(3).says(&["cld.csv"]);
    call(["map", "check", "--config", "none.yaml"]).code(2);
}

#[test]
fn too_many_codes_are_cut_and_told() {
    let records = (0..1_005).map(|n| gender(n, &format!("w{n}x")));
    let council = Council::of(records.chain([gender(2000, "w1003x")]));
    let said = map(&council, &["suggest"]).code(0);
    let table = Table::of(said.stdout.as_bytes());
    assert_eq!(table.rows.len(), 1_000);
    assert_eq!(table.column("local")[0], "w1003x", "the commonest first");
    said.says(&["those of 5 more records are not shown"]);
}
