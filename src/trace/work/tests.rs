//! Every code has its place on the work list, and the files of it say the same.

use std::fs;
use std::path::Path;

use calamine::{Data, Reader, open_workbook_auto};

use super::files::write_workbook;
use super::*;
use crate::date::Date;
use crate::nhs_number;
use crate::redact::Identifying;
use crate::trace::answer::RecordCode;
use crate::trace::request::{Field, Form, LeftOut, NotEnough, Why};

const SENT: [Sent; 3] = [
    Sent {
        form: Form::CrossCheck,
        postcode: false,
    },
    Sent {
        form: Form::Alphanumeric,
        postcode: false,
    },
    Sent {
        form: Form::Alphanumeric,
        postcode: true,
    },
];

#[test]
fn every_code_has_its_place() {
    use Group::{AddPostcode, AskGp, ReferToBackOffice, SendAgain};
    for (codes, groups) in [
        (&[0, 90, 92][..], [None; 3]),
        (&[10, 11, 12, 13, 14, 15, 16, 17], [Some(SendAgain); 3]),
        (&[91, 95], [Some(ReferToBackOffice); 3]),
        (
            &[96, 97],
            [Some(AddPostcode), Some(AddPostcode), Some(AskGp)],
        ),
        (&[98], [Some(SendAgain), Some(AskGp), Some(SendAgain)]),
        (&[1, 20, 93, 94, 99], [Some(SendAgain); 3]),
    ] {
        for &code in codes {
            let code = RecordCode::of(code);
            let found = SENT.map(|sent| Reason::of_code(code, sent).map(Reason::group));
            assert_eq!(found, groups, "{code}");
            assert_eq!(found[0].is_none(), code.brings_a_number());
        }
    }
    let unknown = Reason::of_code(RecordCode::Unknown(None), SENT[0]);
    assert_eq!(unknown, Some(Reason::UnknownCode));
}

#[test]
fn every_reason_has_a_name_of_its_own_and_every_group_a_reason() {
    let mut names: Vec<_> = Reason::ALL.iter().map(|r| r.name()).collect();
    for reason in Reason::ALL {
        assert_eq!(Reason::named(reason.name()), Some(*reason));
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Reason::ALL.len());
    assert_eq!(Reason::named("none of them"), None);
    for group in Group::ALL {
        assert!(Reason::ALL.iter().any(|r| r.group() == group), "{group:?}");
        assert!(group.sheet().len() <= 28, "room for a number, of 31");
    }
    for (why, reason) in [
        (NotEnough::BirthDate, Reason::NoBirthDate),
        (NotEnough::BirthDateStandIn, Reason::BirthDateStandIn),
        (NotEnough::FamilyName, Reason::NoFamilyName),
        (
            NotEnough::FamilyNameLeftOut(Why::NotAscii),
            Reason::NameNotAscii,
        ),
        (
            NotEnough::FamilyNameLeftOut(Why::TooLong),
            Reason::NameNotSendable,
        ),
    ] {
        assert_eq!(Reason::of_not_enough(why), reason);
    }
}

fn item(person: &str, reason: Reason, asked: Option<Date>) -> WorkItem {
    WorkItem {
        person_id: Identifying::new(person.to_owned()),
        reason,
        other_person_id: None,
        number: None,
        death: None,
        first_asked: asked,
        attempts: 2,
        code: Some(RecordCode::NoMatch),
        confidence: None,
        left_out: Vec::new(),
    }
}

fn items() -> Vec<WorkItem> {
    let day = |d| Date::new(2026, 1, d);
    vec![
        item("=P1", Reason::NotFound, day(10)),
        item("P2", Reason::NotFound, day(1)),
        item("P3", Reason::NotFound, None),
        WorkItem {
            other_person_id: Some(Identifying::new("P9".to_owned())),
            number: nhs_number::canonical("9434765919")
                .ok()
                .map(Identifying::new),
            confidence: Some(73),
            left_out: vec![LeftOut {
                field: Field::GivenName,
                why: Why::NotAscii,
            }],
            ..item("P,4", Reason::HeldByAnother, day(20))
        },
    ]
}

fn today() -> Date {
    Date::new(2026, 1, 31).unwrap()
}

fn records(path: &Path) -> Vec<Vec<String>> {
    let bytes = fs::read(path).unwrap();
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").expect("the mark");
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(bytes)
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn the_csv_has_every_item_with_its_age_longest_first_and_no_formula() {
    let place = tempfile::tempdir().unwrap();
    let listed = write(place.path(), items(), today()).unwrap();
    assert_eq!(listed.groups, [(Group::MergeRecords, 1), (Group::AskGp, 3)]);
    let lines = records(&listed.csv);
    let column = |name: &str| lines[0].iter().position(|n| n == name).expect("a column");
    let told = |name| {
        let at = column(name);
        lines[1..]
            .iter()
            .map(|l| l[at].as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told("to_do"),
        ["merge_records", "ask_gp", "ask_gp", "ask_gp"]
    );
    assert_eq!(told("person_id"), ["P,4", "P2", "'=P1", "P3"]);
    assert_eq!(told("days_waiting"), ["11", "30", "21", ""]);
    assert_eq!(told("first_asked")[0], "2026-01-20");
    assert_eq!(told("attempts"), ["2"; 4]);
    assert_eq!(told("last_code"), ["98"; 4]);
    assert_eq!(told("confidence"), ["73", "", "", ""]);
    assert_eq!(told("other_person_id"), ["P9", "", "", ""]);
    assert_eq!(told("pds_nhs_number"), ["9434765919", "", "", ""]);
    assert!(told("not_sent")[0].starts_with("GIVEN_NAME has a letter with an accent"));
    // Whatever the order they come in.
    let first = fs::read(&listed.csv).unwrap();
    let reversed = items().into_iter().rev().collect();
    write(place.path(), reversed, today()).unwrap();
    assert_eq!(first, fs::read(&listed.csv).unwrap());
    #[cfg(unix)]
    for path in [&listed.csv, &listed.workbook] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let two = fs::read_dir(place.path()).unwrap().count();
    assert_eq!(two, 2, "nothing else is left there");
}

fn sheet(path: &Path, name: &str) -> Vec<Vec<String>> {
    let mut book = open_workbook_auto(path).unwrap();
    let range = book.worksheet_range(name).expect(name);
    range
        .rows()
        .map(|row| row.iter().map(Data::to_string).collect())
        .collect()
}

#[test]
fn the_workbook_has_a_sheet_of_counts_and_one_for_each_thing_to_do() {
    let place = tempfile::tempdir().unwrap();
    let listed = write(place.path(), items(), today()).unwrap();
    let book = open_workbook_auto(&listed.workbook).unwrap();
    assert_eq!(
        book.sheet_names(),
        ["Summary", "Merge two records", "Ask the GP"]
    );
    let summary = sheet(&listed.workbook, "Summary");
    assert_eq!(summary.len(), 1 + Group::ALL.len());
    for (line, group) in summary[1..].iter().zip(Group::ALL) {
        let (people, longest) = match group {
            Group::MergeRecords => ("1", "11"),
            Group::AskGp => ("3", "30"),
            _ => ("0", ""),
        };
        assert_eq!(
            [&line[0], &line[3], &line[4]],
            [group.sheet(), people, longest]
        );
    }
    let lines = sheet(&listed.workbook, "Ask the GP");
    assert_eq!(lines[0][..2], ["reason", "person_id"]);
    let people: Vec<_> = lines[1..].iter().map(|line| line[1].as_str()).collect();
    // A text in a workbook is never run, so nothing stands before it.
    assert_eq!(people, ["P2", "=P1", "P3"]);
}

#[test]
fn a_sheet_that_is_full_is_followed_by_another() {
    let place = tempfile::tempdir().unwrap();
    let items: Vec<_> = (0..5)
        .map(|n| item(&format!("P{n}"), Reason::Dead, None))
        .collect();
    let groups = [(Group::CheckDeath, &items[..])];
    let path = write_workbook(place.path(), &groups, today(), 2).unwrap();
    let book = open_workbook_auto(&path).unwrap();
    assert_eq!(
        book.sheet_names(),
        [
            "Summary",
            "Check a death",
            "Check a death 2",
            "Check a death 3"
        ]
    );
    assert_eq!(sheet(&path, "Check a death 3").len(), 2);
}

#[test]
fn an_empty_list_has_its_files_too() {
    let place = tempfile::tempdir().unwrap();
    let listed = write(place.path(), Vec::new(), today()).unwrap();
    assert_eq!(listed.groups, []);
    assert_eq!(records(&listed.csv).len(), 1);
    assert_eq!(sheet(&listed.workbook, "Summary").len(), 13);
}

#[test]
fn nothing_of_a_person_is_formatted() {
    let shown = format!("{:?}", items());
    assert!(!shown.contains('P') && !shown.contains("9434765919"));
}

#[test]
fn the_readme_has_every_column_thing_to_do_and_reason_in_these_words() {
    let readme = include_str!("../../../README.md");
    for column in super::files::COLUMNS {
        assert!(readme.contains(&format!("`{column}`")), "{column}");
    }
    for group in Group::ALL {
        let row = format!(
            "| `{}` | {} | {} | {} |\n",
            group.name(),
            group.sheet(),
            group.who(),
            group.what_to_do()
        );
        assert!(readme.contains(&row), "{row}");
    }
    for reason in Reason::ALL {
        let row = format!(
            "| `{}` | `{}` | {} |\n",
            reason.name(),
            reason.group().name(),
            reason.what_is_wrong()
        );
        assert!(readme.contains(&row), "{row}");
    }
}
