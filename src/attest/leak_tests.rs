//! The check of what was written, on lines that a run would write and on lines that it must never write.

use super::*;
use crate::attest::lines::{FitTexts, LineCheck};
use crate::tokens;
use crate::treat::{INLINE, Layout, PSEUDONYM, Stored, Values};
use crate::write::{Key, SortedRows, Spill, SpillWriter, Texts, groups, render_csv};

fn identifiers() -> Identifiers {
    let identifiers = Identifiers::default();
    let mut met = identifiers.meeting();
    met.add_number(&crate::nhs_number::canonical("9990000018").unwrap());
    met.add_postcode(tokens::pack_postcode("ZX1 4AB"));
    met.add_postcode(tokens::pack_postcode("N1 6HO"));
    met.add_word("P100001");
    met.add_word("Request");
    met.add_word("12");
    drop(met);
    identifiers
}

fn columns() -> [OutputColumn; 4] {
    let column = |name: &str, form, stored| OutputColumn {
        name: name.into(),
        form,
        field: 0,
        stored,
    };
    let combined = Stored::Combined {
        number: None,
        person: 0,
    };
    [
        column("Der_Person", Form::Pseudonym, Stored::Pseudonym(0)),
        column("Der_Combined", Form::Pseudonym, combined),
        column("Event_Type", Form::Text, Stored::Value(0)),
        column("Der_Birth_Month", Form::Integer, Stored::Value(1)),
    ]
}

fn check(run: impl FnOnce(LeakCheck<'_>)) {
    let schema = Schema::load("cld-release-2", None).unwrap();
    let identifiers = identifiers();
    run(LeakCheck::new(&identifiers, &schema, "999", &columns()));
}

/// Writes rows of two values as a run would that withholds nothing, and gives the lines and what checks lines to `look`.
/// So many texts have a number; the others come with their rows.
fn checked<T>(
    rows: &[(&str, &str)],
    numbered: usize,
    look: impl FnOnce(&[u8], &mut dyn FnMut(&[u8]) -> Result<u64>) -> T,
) -> Result<T> {
    let (schema, identifiers, columns) = (
        Schema::load("cld-release-2", None).unwrap(),
        identifiers(),
        columns(),
    );
    let check = LeakCheck::new(&identifiers, &schema, "999", &columns);
    let layout = Layout {
        values: 2,
        pseudonyms: 1,
        order: vec![0, 1, 2, 3],
        by_person: true,
        prefix: b"999_".to_vec(),
    };
    let directory = tempfile::tempdir().unwrap();
    let (spill, values) = (
        Spill::new(directory.path()),
        Values::with_room_for(2, numbered),
    );
    let mut writer = SpillWriter::new(&spill);
    for (at, (text, month)) in rows.iter().enumerate() {
        let texts = [text, month].map(|text| text.as_bytes());
        let numbers = [0, 1].map(|at| values.number(at, texts[at], true));
        let inline = texts.into_iter().zip(numbers).filter(|(_, n)| *n == INLINE);
        // Two rows for each person.
        let person = [(at / 2) as u8; PSEUDONYM];
        let mut row = Vec::new();
        layout.pack(
            &mut row,
            &numbers,
            [Some(&person)].into_iter(),
            inline.map(|(text, _)| text),
        );
        writer.push(Some([(at / 2) as u8; 2]), &row).unwrap();
    }
    writer.finish().unwrap();
    let texts = Texts::new(&values, &layout, &columns, |_, _| false).unwrap();
    let withholds = |text: &[u8], _| text == WITHHELD.as_bytes();
    let withholding = Texts::new(&values, &layout, &columns, withholds).unwrap();
    let fit = FitTexts::new(&check, &withholding)?;
    let key = Key {
        layout: &layout,
        columns: &columns,
        texts: &texts,
    };
    let group = groups(&spill.rows()).remove(0);
    let rows = SortedRows::load(&spill, group, key, |_, _| false).unwrap();
    let lines = render_csv(&rows, 0..rows.len());
    let mut check = LineCheck::new(&check, &fit);
    Ok(look(&lines, &mut |lines| {
        check.lines(lines, &rows, 0..rows.len())
    }))
}

fn whole(rows: &[(&str, &str)], numbered: usize) -> Result<u64> {
    checked(rows, numbered, |lines, check| check(lines))?
}

/// Withheld in what lines are checked against, and yet in the lines if a row has it.
const WITHHELD: &str = "P-100001";

/// Whether texts have numbers or come with their rows.
const EITHER: [usize; 2] = [100, 0];

#[test]
fn identifiers_are_found_in_lines_and_files() {
    for numbered in EITHER {
        let good = [
            ("Request", "12"),
            ("a \"b\", c", "3"),
            ("", ""),
            ("P1000011", "1"),
            ("xP100001", "1"),
        ];
        assert_eq!(whole(&good, numbered).unwrap(), 20);
        for bad in [
            "p100001",
            "P100001",
            WITHHELD,
            "x 999 000 0018 x",
            "9990000018",
            "zx14ab",
        ] {
            assert!(whole(&[(bad, "1")], numbered).is_err(), "{bad}");
        }
        assert!(whole(&[("Request", "99900")], numbered).is_err());
    }
    check(|check| {
        assert!(check.bytes("report.html", b"<p>999-000-0018</p>").is_err());
        assert!(check.bytes("report.html", b"<p>9990000026</p>").is_ok());
    });
}

/// Whatever is wrong in what is written, digits of a pseudonym included.
#[test]
fn lines_that_are_not_the_rows_are_found() {
    let rows = [
        ("Request", "12"),
        ("Request", "3"),
        ("a \"b\", c", "3"),
        ("a \"b\", c", ""),
        ("", ""),
    ];
    for numbered in EITHER {
        let look = |lines: &[u8], check: &mut dyn FnMut(&[u8]) -> Result<u64>| {
            assert!(check(lines).is_ok());
            let mut changed = lines.to_vec();
            for at in 0..lines.len() {
                for other in *b"Zg,\"\n1" {
                    changed[at] = other;
                    let same = lines[at] == other;
                    assert!(same || check(&changed).is_err(), "byte {at}");
                }
                changed[at] = lines[at];
                assert!(check(&lines[..at]).is_err(), "cut at {at}");
                assert!(check(&[&lines[..at], b" ", &lines[at..]].concat()).is_err());
            }
            assert!(check(&[lines, b"\n"].concat()).is_err());
        };
        checked(&rows, numbered, look).unwrap();
    }
}

#[test]
fn numbers_are_looked_at_where_they_may_be_copied() {
    check(|check| {
        assert!(check.must_not_leave(b"9990000018.00", Form::Decimal));
        assert!(!check.must_not_leave(b"12", Form::Count));
        assert!(check.must_not_leave(b"12", Form::Text));
        // A postcode of the extract that letters of a list's value happen to make.
        assert!(
            check
                .identifiers
                .any_hidden_in(b"Paid: Less than 16 hours a week")
        );
        assert!(!check.must_not_leave(b"Paid: Less than 16 hours a week", Form::Text));
    });
}

#[test]
fn the_message_names_file_and_column_and_no_value() {
    let message = whole(&[("P100001", "1")], 9).unwrap_err().to_string();
    assert!(
        message.contains("Event_Type") && !message.contains("100001"),
        "{message}"
    );
}
