//! Workbooks made from worklists written here, read back.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use calamine::{Data, Reader as _, Xlsx};

use super::workbook::write;
use super::{WORKBOOK, WorklistHeader, WorklistLines, write_workbook};
use crate::error::{Error, Result};

/// A finding in few words; the other cells are its own.
#[derive(Clone, Copy)]
struct Finding<'a> {
    person: &'a str,
    event: &'a str,
    row: &'a str,
    rule: &'a str,
    follows: &'a str,
    received: &'a str,
}

impl<'a> Finding<'a> {
    fn of(person: &'a str, row: &'a str, rule: &'a str, follows: &'a str) -> Self {
        Self {
            person,
            event: "E1",
            row,
            rule,
            follows,
            received: "x",
        }
    }
}

fn line(lines: &mut WorklistLines, finding: &Finding<'_>) {
    let (field, _) = finding.rule.split_once('.').unwrap();
    lines.line(
        [
            finding.rule,
            "error",
            "s",
            finding.row,
            "A",
            field,
            "",
            finding.person,
            finding.event,
            finding.received,
            "y",
            "is wrong",
            "put it right",
            "somebody",
            finding.follows,
            "",
            "North",
        ]
        .into_iter()
        .map(str::as_bytes),
    );
}

fn csv(findings: &[Finding<'_>]) -> Vec<u8> {
    let mut bytes = WorklistHeader::new(["local_team"].into_iter()).findings();
    let mut lines = WorklistLines::default();
    for finding in findings {
        line(&mut lines, finding);
    }
    bytes.extend(lines.bytes);
    bytes
}

const RULES: &str = "rule,severity,field,records,caused\r\n";

fn directory(findings: &[u8], rules: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("findings.csv"), findings).unwrap();
    fs::write(directory.path().join("findings-by-rule.csv"), rules).unwrap();
    directory
}

fn sheet(directory: &Path, name: &str) -> Vec<Vec<Data>> {
    let file = BufReader::new(File::open(directory.join(WORKBOOK)).unwrap());
    let mut book = Xlsx::new(file).unwrap();
    let range = book.worksheet_range(name).unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

/// The cells of a column, below its header.
#[track_caller]
fn column(sheet: &[Vec<Data>], name: &str) -> Vec<Data> {
    let at = sheet[0].iter().position(|cell| *cell == *name).unwrap();
    sheet[1..].iter().map(|row| row[at].clone()).collect()
}

#[track_caller]
fn texts(sheet: &[Vec<Data>], name: &str) -> Vec<String> {
    let text = |cell: Data| match cell {
        Data::String(text) => text,
        Data::Empty => String::new(),
        other => panic!("{name}: {other:?}"),
    };
    column(sheet, name).into_iter().map(text).collect()
}

/// "By case" of a workbook with this one finding.
fn only(finding: Finding<'_>) -> Vec<Vec<Data>> {
    let directory = directory(&csv(&[finding]), RULES);
    write_workbook(directory.path()).unwrap();
    sheet(directory.path(), "By case")
}

#[test]
fn text_stays_text_as_it_was_received() {
    for text in [
        "007",
        "1E5",
        "12345678901234567890",
        "=1+1",
        "+44",
        "-x",
        "-5.125",
        "@x",
        "'quoted'",
        "TRUE",
        "01/02/2025",
        "<r><t>x</t></r>",
        "a,\"b\"",
        "a\nb",
        " a ",
        "€ é 𝄞",
    ] {
        let mut finding = Finding::of(text, "2", "a.malformed", "");
        (finding.event, finding.received) = (text, text);
        let sheet = only(finding);
        for name in ["person_id", "event_reference", "received"] {
            assert_eq!(texts(&sheet, name), [text], "{name}");
        }
        assert_eq!(column(&sheet, "row"), [Data::Float(2.0)]);
    }
}

#[test]
fn what_xml_cannot_hold_breaks_nothing() {
    let every: String = (0..32)
        .map(char::from)
        .chain(['\u{7f}', '\u{fffe}', '\u{ffff}', '<', '&', ']'])
        .collect();
    for text in [&*every, "_x0041_", "_xFFFF_x_"] {
        let mut finding = Finding::of("P1", "2", "a.malformed", "");
        finding.received = text;
        assert_eq!(texts(&only(finding), "received"), [text]);
    }
}

#[test]
fn what_a_cell_cannot_hold_is_cut_and_says_so() {
    let units = |text: &str| text.encode_utf16().count();
    for (text, whole) in [
        ("a".repeat(32_767), true),
        ("a".repeat(32_768), false),
        ("é".repeat(32_767), true),
        ("𝄞".repeat(16_383), true),
        ("𝄞".repeat(16_384), false),
    ] {
        let mut finding = Finding::of("P1", "2", "a.malformed", "");
        finding.received = &text;
        let received = texts(&only(finding), "received").remove(0);
        assert_eq!(received == text, whole);
        assert!(units(&received) <= 32_767 && units(&received) >= 32_766);
        assert_eq!(
            received.ends_with("[cut here: findings.csv has the whole of it]"),
            !whole
        );
    }
}

#[test]
fn cases_come_in_order_and_those_without_a_person_last() {
    let findings = [
        ("", "E1", "2"),
        ("P2", "E1", "30"),
        ("P2", "E1", "4"),
        (" P1", "E2", "9"),
        ("P1", "E1", "10"),
    ]
    .map(|(person, event, row)| Finding {
        event,
        ..Finding::of(person, row, "a.malformed", "")
    });
    let directory = directory(&csv(&findings), RULES);
    write_workbook(directory.path()).unwrap();
    let rows = column(&sheet(directory.path(), "By case"), "row");
    assert_eq!(rows, [10.0, 9.0, 4.0, 30.0, 2.0].map(Data::Float));
}

#[test]
fn what_follows_from_another_finding_stands_in_its_line() {
    let findings = [
        Finding::of("P1", "2", "b.not_applicable", "a.not_in_list"),
        Finding::of("P1", "2", "a.not_in_list", ""),
        Finding::of("P1", "2", "c.not_applicable", "a.not_in_list"),
        // Two steps away from its cause.
        Finding::of("P1", "2", "c.shape", "b.not_applicable"),
        // The same rules in another record; one whose cause is not there; two in a circle, and one that follows from them.
        Finding::of("P1", "3", "b.not_applicable", "a.not_in_list"),
        Finding::of("P1", "4", "a.not_in_list", "a.not_in_list"),
        Finding::of("P1", "5", "a.shape", "b.shape"),
        Finding::of("P1", "5", "b.shape", "a.shape"),
        Finding::of("P1", "5", "c.shape", "b.shape"),
        // Of no record.
        Finding::of("", "", "a.not_in_list", ""),
        Finding::of("", "", "b.not_applicable", "a.not_in_list"),
    ];
    let directory = directory(&csv(&findings), RULES);
    let workbook = write_workbook(directory.path()).unwrap();
    assert_eq!((workbook.findings, workbook.folded), (11, 3));
    let sheet = sheet(directory.path(), "By case");
    assert_eq!(
        texts(&sheet, "rule"),
        [
            "a.not_in_list",
            "b.not_applicable",
            "a.not_in_list",
            "a.shape",
            "b.shape",
            "c.shape",
            "a.not_in_list",
            "b.not_applicable",
        ]
    );
    let told = texts(&sheet, "also_follows");
    assert_eq!(told[0], "b, c");
    assert!(told[1..].iter().all(String::is_empty));
    let counts = column(&sheet, "also_follows_count");
    assert_eq!(counts[0], Data::Float(3.0));
    assert!(counts[1..].iter().all(|count| *count == Data::Empty));
}

#[test]
fn what_one_sheet_cannot_hold_goes_on_in_the_next() {
    let rows: Vec<_> = (2..9).map(|row: u32| row.to_string()).collect();
    let findings = rows.iter().map(|row| Finding::of("P", row, "a.shape", ""));
    let findings = csv(&findings.collect::<Vec<_>>());
    let directory = directory(&findings, RULES);
    let workbook = write(directory.path(), 3).unwrap();
    let sheets = [
        ("By case", 3),
        ("By case 2", 3),
        ("By case 3", 1),
        ("By rule", 0),
    ];
    assert_eq!(
        workbook.sheets,
        sheets.map(|(name, n)| (name.to_owned(), n))
    );
    let read = sheets[..3].iter().flat_map(|(name, n)| {
        let sheet = sheet(directory.path(), name);
        assert_eq!(
            (sheet.len() as u64, &sheet[0][0]),
            (n + 1, &Data::String("person_id".into()))
        );
        column(&sheet, "row")
    });
    let rows: Vec<_> = (2..9).map(|row| Data::Float(f64::from(row))).collect();
    assert_eq!(read.collect::<Vec<_>>(), rows);
}

#[test]
fn rules_are_counted_with_what_they_say() {
    let findings = csv(&[Finding::of("P1", "2", "a.shape", "")]);
    let rules = format!("{RULES}a.shape,error,snake_a,1,3\r\nb.unverified,info,snake_b,12,0\r\n");
    let directory = directory(&findings, &rules);
    write_workbook(directory.path()).unwrap();
    let sheet = sheet(directory.path(), "By rule");
    for (name, expected) in [
        ("rule", ["a.shape", "b.unverified"]),
        ("severity", ["error", "info"]),
        ("field", ["a", "snake_b"]),
        (
            "what_is_wrong",
            [
                "is wrong",
                crate::validate::Check::Unverified.page().fault.as_str(),
            ],
        ),
        ("who", ["somebody", "the analyst"]),
    ] {
        assert_eq!(texts(&sheet, name), expected, "{name}");
    }
    assert_eq!(column(&sheet, "records"), [1.0, 12.0].map(Data::Float));
    assert_eq!(column(&sheet, "caused"), [3.0, 0.0].map(Data::Float));
}

#[test]
fn columns_are_found_by_name_and_new_ones_kept() {
    let text = String::from_utf8(csv(&[Finding::of("P1", "2", "a.shape", "")])).unwrap();
    let turned: Vec<_> = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(|line| {
            let first = if line.starts_with("rule") {
                "later"
            } else {
                "7"
            };
            let cells = line.rsplit(',').chain([first]);
            cells.collect::<Vec<_>>().join(",") + "\r\n"
        })
        .collect();
    let directory = directory(turned.concat().as_bytes(), RULES);
    write_workbook(directory.path()).unwrap();
    let sheet = sheet(directory.path(), "By case");
    let header: Vec<_> = sheet[0].iter().map(ToString::to_string).collect();
    assert_eq!(
        header.join(" "),
        "person_id event_reference what_to_do who what_is_wrong field source_column received expected \
        severity source row column local_team later also_follows also_follows_count follows_from record_excluded rule"
    );
    assert_eq!(texts(&sheet, "later"), ["7"]);
    assert_eq!(texts(&sheet, "person_id"), ["P1"]);
}

#[test]
fn a_worklist_without_a_finding_has_a_workbook() {
    let directory = directory(&csv(&[]), RULES);
    let workbook = write_workbook(directory.path()).unwrap();
    assert_eq!(
        workbook.sheets,
        [("By case".to_owned(), 0), ("By rule".to_owned(), 0)]
    );
    assert_eq!(sheet(directory.path(), "By case").len(), 1);
}

#[test]
fn equal_worklists_make_equal_workbooks() {
    let findings: Vec<_> = ["a.shape", "b.shape", "a.shape"]
        .iter()
        .map(|rule| Finding::of("P1", "2", rule, ""))
        .collect();
    let made = [(); 2].map(|()| {
        let directory = directory(&csv(&findings), RULES);
        write_workbook(directory.path()).unwrap();
        // Over one that is there already, and what one that was stopped left behind.
        fs::write(directory.path().join(".cld-unfinished-findings.xlsx"), "x").unwrap();
        write_workbook(directory.path()).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
        fs::read(directory.path().join(WORKBOOK)).unwrap()
    });
    assert_eq!(made[0], made[1]);
}

#[test]
fn what_is_no_worklist_is_refused_without_a_value() {
    let good = csv(&[Finding::of("Xsecret", "2", "a.shape", "")]);
    let good = String::from_utf8(good).unwrap();
    let refused = |bytes: &[u8], part: &str| {
        let directory = directory(bytes, RULES);
        let e = write_workbook(directory.path()).expect_err(part);
        assert!(matches!(e, Error::Input(_)), "{e:?}");
        let said = e.to_string();
        assert!(said.contains(part), "{part} in {said}");
        assert!(!said.contains("secret") && !format!("{e:?}").contains("secret"));
        assert!(!directory.path().join(WORKBOOK).exists());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    };
    refused(b"", "no column `person_id`");
    refused(RULES.as_bytes(), "no column `person_id`");
    refused(good.trim_end().as_bytes(), "middle of a line");
    refused(
        good.replace("Xsecret,", "\"Xsecret,").as_bytes(),
        "findings.csv",
    );
    refused(
        good.replace(",North", ",\"North").as_bytes(),
        "middle of a line",
    );
    refused(good.replace(",North", "").as_bytes(), "in row 2");
    refused(
        good.replace(",s,2,", ",s,secret,").as_bytes(),
        "`row` of row 2",
    );
    let mut windows = good.clone().into_bytes();
    let at = good.find("Xsecret").unwrap();
    windows[at] = 0xE9;
    refused(&windows, "row 2 that are not UTF-8");

    let directory = directory(good.as_bytes(), RULES);
    fs::remove_file(directory.path().join("findings-by-rule.csv")).unwrap();
    let missing: Result<_> = write_workbook(directory.path());
    assert!(missing.unwrap_err().to_string().contains("there is no"));
}
