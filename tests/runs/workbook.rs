//! The worklist as a workbook, as a run makes it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use calamine::{Data, DataType as _};

use crate::support::{Council, Record, Said, Table, Workbook, service};

#[test]
fn a_run_makes_it_with_a_sheet_of_cases_and_one_of_rules() {
    let record = service()
        .of("9990000018", "0071", "1E5")
        .with("Event Type", "Visit")
        .with("Gender", "=1+1")
        .with("local_team", "0012");
    let ran = Council::of([
        record,
        service()
            .of("9990000026", "0072", "")
            .with("local_team", "@x"),
    ])
    .makes();
    let path = ran.worklist_directory().join("findings.xlsx");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);

    let (listed, mut book) = (ran.whole_worklist(), ran.workbook());
    assert_eq!(book.sheets(), ["By case", "By rule"]);
    let header: Vec<_> = book.rows("By case")[0]
        .iter()
        .map(Data::to_string)
        .collect();
    assert_eq!(
        header.join(" "),
        "person_id event_reference what_to_do who what_is_wrong field source_column received expected severity source row column \
         local_team also_follows also_follows_count follows_from record_excluded rule"
    );
    assert!(!book.runs("By case") && !book.runs("By rule"));

    // What hangs on the event type stands in its line: nothing is told twice, and nothing is lost.
    let lines = book.rows("By case").len() - 1;
    let counted = book.column("By case", "also_follows_count");
    let folded: f64 = counted.iter().filter_map(Data::as_f64).sum();
    assert!(folded > 0.0);
    assert_eq!(lines + folded as usize, listed.rows.len());
    let follows = listed.column("follows_from");
    let caused = follows.iter().filter(|rule| !rule.is_empty()).count();
    assert_eq!(folded as usize, caused);

    for (name, text) in [
        ("person_id", "0071"),
        ("event_reference", "1E5"),
        ("local_team", "0012"),
    ] {
        let cells = book.column("By case", name);
        assert!(cells.iter().all(|cell| *cell == *text), "{cells:?}");
    }
    let at = |book: &mut Workbook, rule: &str, name: &str| {
        let rules = book.column("By case", "rule");
        let at = rules.iter().position(|cell| *cell == *rule).expect(rule);
        book.column("By case", name).swap_remove(at)
    };
    // Without the apostrophe of the CSV.
    assert_eq!(at(&mut book, "gender.formula", "received"), *"=1+1");
    assert_eq!(at(&mut book, "gender.formula", "row"), Data::Float(2.0));
    let also = at(&mut book, "event_type.not_in_list", "also_follows").to_string();
    assert!(
        also.contains("Service Type") && also.contains("Unit Cost"),
        "{also}"
    );

    let by_rule = book.rows("By rule");
    let counts = fs::read(ran.worklist_directory().join("findings-by-rule.csv")).unwrap();
    let counts = Table::of(&counts);
    assert_eq!(by_rule.len() - 1, counts.rows.len());
    let rules = book.column("By rule", "rule");
    let at = rules
        .iter()
        .position(|cell| *cell == *"event_type.not_in_list");
    let cell = |book: &mut Workbook, name| book.column("By rule", name).swap_remove(at.unwrap());
    assert_eq!(cell(&mut book, "field"), *"Event Type");
    assert_eq!(cell(&mut book, "records"), Data::Float(1.0));
    assert_eq!(cell(&mut book, "caused"), Data::Float(0.0));
    for name in ["what_is_wrong", "what_to_do"] {
        assert!(cell(&mut book, name).to_string().len() > 10, "{name}");
    }
}

#[test]
fn every_sheet_has_filters_and_keeps_its_header_in_sight() {
    let ran = Council::of([service().with("Gender", "x")]).makes();
    let path = ran.worklist_directory().join("findings.xlsx");
    let mut book = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    for (sheet, filter) in [("sheet1", "A1:R2"), ("sheet2", "A1:H4")] {
        let part = book.by_name(&format!("xl/worksheets/{sheet}.xml")).unwrap();
        let text = std::io::read_to_string(part).unwrap();
        assert!(
            text.contains(&format!("<autoFilter ref=\"{filter}\"/>")),
            "{text}"
        );
        assert!(text.contains("ySplit=\"1\"") && text.contains("state=\"frozen\""));
        assert!(text.contains("<cols>") && !text.contains("<f>"));
    }
    let styles = std::io::read_to_string(book.by_name("xl/styles.xml").unwrap()).unwrap();
    assert!(!styles.contains("wrapText"));
}

#[test]
fn equal_runs_make_it_equal() {
    let ran = Council::of([service().with("Gender", "x")]).makes();
    let path = ran.worklist_directory().join("findings.xlsx");
    let first = fs::read(&path).unwrap();
    fs::write(&path, "edited").unwrap();
    let again = Said::of(ran.council.command().output().unwrap()).code(0);
    assert_eq!(fs::read(&path).unwrap(), first);
    assert!(!again.stdout.contains("cld worklist"));
    let shown = Council::of([service()]).argument("--format=json").makes();
    let shown = shown.said.json();
    let workbook = shown["workbook"].as_str().unwrap();
    assert!(workbook.ends_with("findings.xlsx") && fs::exists(workbook).unwrap());
}

#[test]
fn a_gate_that_fails_leaves_it_too() {
    let mut ran = Council::of([service().with("Gender", "x")])
        .set("gate", "{max_error_records: 0%}")
        .fails(4)
        .workbook();
    assert_eq!(
        ran.column("By case", "rule"),
        [Data::String("gender.not_in_list".into())]
    );
}

#[test]
fn above_a_hundred_thousand_findings_it_is_left_to_whoever_asks() {
    let header = Record::csv(&[service()]);
    let header = header.split(|byte| *byte == b'\n').next().unwrap();
    let columns = header.split(|byte| *byte == b',').count();
    let row = vec!["=x"; columns].join(",") + "\n";
    // One record to submit beside them.
    let sound = Record::csv(&[service()]);
    let bytes = [&sound[..], row.repeat(2_500).as_bytes()].concat();
    let ran = Council::file("cld.csv", &bytes).makes();
    let directory = ran.worklist_directory();
    let findings = fs::read(directory.join("findings.csv")).unwrap();
    assert!(Table::of(&findings).rows.len() > 100_000);
    assert!(!directory.join("findings.xlsx").exists());
    assert!(ran.said.stdout.contains("More than 100,000 findings"));
    assert!(ran.said.stdout.contains("cld worklist "));

    let machine = Council::file("cld.csv", &bytes).argument("--format=json");
    let said = machine.makes().said.json();
    assert_eq!(said["workbook"], serde_json::Value::Null);
}
