//! What is sent and what is not, the shape of the file, and where it is split.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::date::Date;
use crate::nhs_number;

fn asked() -> Asked {
    Asked {
        reference: Reference::of([7; 16]),
        nhs_number: None,
        family_name: "O'Brien-Smith".to_owned(),
        given_names: " Jane  Mary Ann ".to_owned(),
        gender: Gender::Female,
        birth_date: Date::new(1950, 3, 7),
        postcode: "ls1 4ap".to_owned(),
    }
}

fn today() -> Date {
    Date::new(2026, 5, 1).unwrap()
}

fn cells(asked: &Asked) -> Vec<String> {
    let line = Row::of(asked, today()).unwrap().line();
    let line = line.strip_suffix('\n').unwrap();
    line.split(',').map(str::to_owned).collect()
}

fn at<'c>(cells: &'c [String], column: &str) -> &'c str {
    &cells[COLUMNS.iter().position(|c| *c == column).unwrap()]
}

#[test]
fn a_person_without_a_number_is_asked_about_by_name() {
    let cells = cells(&asked());
    assert_eq!(cells.len(), 23);
    for (column, cell) in [
        ("UNIQUE REFERENCE", Reference::of([7; 16]).text().as_str()),
        ("NHS_NO", ""),
        ("FAMILY_NAME", "O'Brien-Smith"),
        ("GIVEN_NAME", "Jane"),
        ("OTHER_GIVEN_NAME", "Mary Ann"),
        ("GENDER", "2"),
        ("DATE_OF_BIRTH", "19500307"),
        ("POSTCODE", "LS1 4AP"),
    ] {
        assert_eq!(at(&cells, column), cell, "{column}");
    }
    assert!(cells[8..].iter().all(String::is_empty));
    let row = Row::of(&asked(), today()).unwrap();
    assert_eq!(row.form(), Form::Alphanumeric);
    assert!(row.has_postcode() && row.left_out().is_empty());
}

#[test]
fn a_person_with_a_number_is_asked_about_with_it_and_the_birth_date_alone() {
    let asked = Asked {
        nhs_number: Some(nhs_number::canonical("9434765919").unwrap()),
        ..asked()
    };
    let cells = cells(&asked);
    let filled: Vec<_> = (0..23).filter(|at| !cells[*at].is_empty()).collect();
    assert_eq!(filled, [0, 1, 6]);
    assert_eq!(at(&cells, "NHS_NO"), "9434765919");
    let row = Row::of(&asked, today()).unwrap();
    assert_eq!(row.form(), Form::CrossCheck);
    assert!(!row.has_postcode());
}

#[test]
fn genders_have_the_codes_of_the_service() {
    for (text, code) in [
        ("Male", "1"),
        (" female ", "2"),
        ("F", "2"),
        ("Other", "9"),
        ("not specified", "9"),
        ("Unknown", "0"),
        ("", "0"),
        ("0", "0"),
    ] {
        assert_eq!(Gender::read(text).map(Gender::code), Some(code), "{text}");
    }
    for text in ["3", "X", "Man", "Fem"] {
        assert!(Gender::read(text).is_none(), "{text}");
    }
}

#[test]
fn without_a_name_or_a_birth_date_nothing_is_asked() {
    let of = |change: fn(&mut Asked)| {
        let mut asked = asked();
        change(&mut asked);
        Row::of(&asked, today()).map(drop)
    };
    assert_eq!(of(|_| ()), Ok(()));
    assert_eq!(of(|a| a.birth_date = None), Err(NotEnough::BirthDate));
    for (year, month, day, taken) in [
        (1900, 1, 1, false),
        (1900, 1, 2, true),
        (1901, 1, 1, true),
        (1753, 1, 1, false),
        (1900, 2, 1, true),
        (2026, 5, 1, true),
        (2026, 5, 2, false),
        (2027, 1, 1, false),
        (2999, 12, 31, false),
    ] {
        for number in [None, nhs_number::canonical("9434765919").ok()] {
            let asked = Asked {
                nhs_number: number,
                birth_date: Date::new(year, month, day),
                ..asked()
            };
            let expected = if taken {
                Ok(())
            } else {
                Err(NotEnough::BirthDateStandIn)
            };
            assert_eq!(Row::of(&asked, today()).map(drop), expected, "{year}");
        }
    }
    for (name, expected) in [
        (" \t", NotEnough::FamilyName),
        ("Žák", NotEnough::FamilyNameLeftOut(Why::NotAscii)),
        ("?", NotEnough::FamilyNameLeftOut(Why::NoLetter)),
        ("=Smith", NotEnough::FamilyNameLeftOut(Why::Formula)),
        ("Smith, Jr", NotEnough::FamilyNameLeftOut(Why::Separator)),
        (
            "Smith \"Bob\"",
            NotEnough::FamilyNameLeftOut(Why::Separator),
        ),
        ("Smith\u{0}", NotEnough::FamilyNameLeftOut(Why::Separator)),
    ] {
        let asked = Asked {
            family_name: name.to_owned(),
            ..asked()
        };
        assert_eq!(Row::of(&asked, today()).map(drop), Err(expected), "{name}");
    }
    let long = |length| Asked {
        family_name: "x".repeat(length),
        ..asked()
    };
    assert!(Row::of(&long(40), today()).is_ok());
    assert_eq!(
        Row::of(&long(41), today()),
        Err(NotEnough::FamilyNameLeftOut(Why::TooLong))
    );
    // A number can be checked without any name.
    let asked = Asked {
        nhs_number: Some(nhs_number::canonical("9434765919").unwrap()),
        family_name: String::new(),
        ..asked()
    };
    assert!(Row::of(&asked, today()).is_ok());
}

#[test]
fn typographic_apostrophes_and_dashes_are_sent_plain_and_letters_as_they_are() {
    let sent = |family: &str, given: &str| {
        let asked = Asked {
            family_name: family.to_owned(),
            given_names: given.to_owned(),
            ..asked()
        };
        let row = Row::of(&asked, today()).map_err(|_| ())?;
        let cells: Vec<_> = row.line().split(',').map(str::to_owned).collect();
        Ok::<_, ()>([2, 3, 4].map(|at| cells[at].clone()))
    };
    for apostrophe in ["\u{2018}", "\u{2019}", "\u{201B}", "\u{02BC}", "'"] {
        let family = format!("O{apostrophe}Neill");
        assert_eq!(
            sent(&family, "Jane"),
            Ok(["O'Neill", "Jane", ""].map(str::to_owned))
        );
    }
    for dash in ["\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "-"] {
        let (family, given) = (format!("Hall{dash}Smith"), format!("Ann Mary{dash}Jo"));
        assert_eq!(
            sent(&family, &given),
            Ok(["Hall-Smith", "Ann", "Mary-Jo"].map(str::to_owned))
        );
    }
    // Still no formula, and no other sign is taken for one of these.
    assert_eq!(sent("\u{2013}Smith", "Jane"), Err(()));
    for family in [
        "Hall\u{2014}Smith",
        "O\u{B4}Neill",
        "O\u{2032}Neill",
        "Zoë",
        "Siân",
    ] {
        assert_eq!(sent(family, "Jane"), Err(()), "{family}");
    }
    // A name that is as long as it may be does not become longer.
    assert!(sent(&"x\u{2019}".repeat(20), "Jane").is_ok());
    assert_eq!(sent(&"x\u{2019}".repeat(21), "Jane"), Err(()));
    for space in ["\u{A0}", "\u{2009}", " "] {
        let asked = Asked {
            postcode: format!("ls1{space}4ap"),
            ..asked()
        };
        assert_eq!(at(&cells(&asked), "POSTCODE"), "LS1 4AP");
    }
}

#[test]
fn what_cannot_be_sent_is_left_out_and_told() {
    for (given, postcode, left) in [
        ("Jane", "LS1 4AP", vec![]),
        ("Jane", "", vec![]),
        (
            "Renée Ann",
            "LS1 4AP",
            vec![(Field::GivenName, Why::NotAscii)],
        ),
        (
            "Ann Renée",
            "LS1 4AP",
            vec![(Field::OtherGivenName, Why::NotAscii)],
        ),
        ("Jane", "LS1", vec![(Field::Postcode, Why::NotAPostcode)]),
        ("Jane", "LS1 4AÉ", vec![(Field::Postcode, Why::NotAscii)]),
        ("Jane", "zz99 3vz", vec![(Field::Postcode, Why::NoPlace)]),
        ("Jane", "L S14A P", vec![]),
        ("Jane -", "", vec![(Field::OtherGivenName, Why::Formula)]),
        ("Jane '", "", vec![(Field::OtherGivenName, Why::NoLetter)]),
    ] {
        let row = Row::of(
            &Asked {
                given_names: given.to_owned(),
                postcode: postcode.to_owned(),
                ..asked()
            },
            today(),
        )
        .unwrap();
        let found: Vec<_> = row.left_out().iter().map(|l| (l.field, l.why)).collect();
        assert_eq!(found, left, "{given} {postcode}");
        for LeftOut { field, .. } in row.left_out() {
            let line = row.line();
            let cells: Vec<_> = line.split(',').map(str::to_owned).collect();
            assert_eq!(at(&cells, field.column()), "");
        }
    }
    let long = |first: usize, others: usize| {
        let given = format!("{} {}", "a".repeat(first), "b".repeat(others));
        let row = Row::of(
            &Asked {
                given_names: given,
                ..asked()
            },
            today(),
        );
        row.unwrap().left_out().to_vec()
    };
    assert_eq!(long(40, 100), []);
    assert_eq!(long(41, 101).len(), 2);
}

#[test]
fn a_reference_is_neither_a_number_nor_an_id_and_comes_back_as_it_went() {
    let one = Reference::new().unwrap();
    assert_ne!(one, Reference::new().unwrap());
    assert_eq!(Reference::parse(one.text().as_bytes()), Ok(one));
    let lower = format!(" {} ", one.text().to_lowercase());
    assert_eq!(Reference::parse(lower.as_bytes()), Ok(one));
    for bad in [
        "",
        "9434765919",
        "P100001",
        "00000000000000000000009434765919",
        &one.text()[1..],
        &format!("{}B", one.text()),
        &one.text().replace(|_| true, "A"),
    ] {
        assert_eq!(Reference::parse(bad.as_bytes()), Err(NoReference), "{bad}");
    }
}

#[test]
fn nothing_of_a_person_is_formatted() {
    let asked = asked();
    let row = Row::of(&asked, today()).unwrap();
    let text = format!("{asked:?} {row:?} {:?} {:?}", asked.reference, asked.gender);
    assert_eq!(
        text,
        "Asked([withheld]) Row(Alphanumeric, [withheld]) [withheld] [withheld]"
    );
    assert!(!NoReference.to_string().contains(&asked.reference.text()));
}

fn rows(count: u8) -> Vec<Row> {
    let row = |n| {
        Row::of(
            &Asked {
                reference: Reference::of([n; 16]),
                ..asked()
            },
            today(),
        )
    };
    (0..count).map(|n| row(n).unwrap()).collect()
}

fn push(limits: Limits, rows: &[Row]) -> (tempfile::TempDir, Vec<RequestFile>, Vec<usize>) {
    let place = tempfile::tempdir().unwrap();
    let mut files = RequestFiles::begin(place.path(), "ask-1", limits).unwrap();
    let numbers = rows.iter().map(|row| files.push(row).unwrap()).collect();
    let unpublished = files.finish().unwrap();
    let none = fs::read_dir(place.path()).unwrap().all(|entry| {
        let name = entry.unwrap().file_name();
        name.to_string_lossy().starts_with(".cld-unfinished-")
    });
    assert!(none, "no file has its name before it is published");
    let told: Vec<_> = unpublished.files().cloned().collect();
    let published = unpublished.publish().unwrap();
    assert_eq!(told, published);
    (place, published, numbers)
}

#[test]
fn a_file_has_the_names_then_the_rows_and_only_its_owner_reads_it() {
    let rows = rows(3);
    let (place, files, numbers) = push(Limits::default(), &rows);
    assert_eq!(numbers, [1, 1, 1]);
    let [file] = files.as_slice() else {
        panic!("one file")
    };
    assert_eq!(file.path, place.path().join("ask-1-0001.csv"));
    let bytes = fs::read(&file.path).unwrap();
    let lines: String = rows.iter().map(Row::line).collect();
    let expected = format!("{}\n{lines}", COLUMNS.join(","));
    assert_eq!(bytes, expected.as_bytes());
    assert!(expected.starts_with("UNIQUE REFERENCE,NHS_NO,FAMILY_NAME,"));
    assert_eq!(file.digest, crate::attest::digest::of_bytes(&bytes));
    assert_eq!((file.rows, file.bytes), (3, bytes.len() as u64));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&file.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_request_is_split_at_so_many_rows_and_at_so_many_bytes() {
    assert_eq!(
        Limits::default(),
        Limits {
            rows: 500_000,
            bytes: 100_000_000
        }
    );
    let rows = rows(5);
    let (_place, files, numbers) = push(
        Limits {
            rows: 2,
            ..Limits::default()
        },
        &rows,
    );
    assert_eq!(numbers, [1, 1, 2, 2, 3]);
    assert_eq!(files.iter().map(|f| f.rows).collect::<Vec<_>>(), [2, 2, 1]);
    let header = COLUMNS.join(",").len() as u64 + 1;
    let line = rows[0].line().len() as u64;
    for (bytes, expected) in [
        (header + 3 * line, vec![3, 2]),
        (header + 3 * line - 1, vec![2, 2, 1]),
    ] {
        let (_place, files, _) = push(Limits { rows: 9, bytes }, &rows);
        assert_eq!(files.iter().map(|f| f.rows).collect::<Vec<_>>(), expected);
        assert!(files.iter().all(|f| f.bytes <= bytes));
        let again = files.iter().map(|f| fs::read(&f.path).unwrap());
        assert!(
            again
                .into_iter()
                .all(|b| b.starts_with(b"UNIQUE REFERENCE,"))
        );
    }
}

#[test]
fn nothing_is_written_over_and_nothing_is_left_behind() {
    let place = tempfile::tempdir().unwrap();
    let begin = |stem| RequestFiles::begin(place.path(), stem, Limits::default());
    let long = "x".repeat(81);
    for stem in ["", "a/b", "..", "a b", &long] {
        assert!(matches!(begin(stem), Err(RequestError::Stem)), "{stem}");
    }
    let nobody = begin("a").unwrap().finish();
    assert!(matches!(nobody, Err(RequestError::Nobody)));
    let rows = rows(4);
    let limits = Limits {
        rows: 2,
        ..Limits::default()
    };
    let mut dropped = RequestFiles::begin(place.path(), "a", limits).unwrap();
    for row in &rows {
        dropped.push(row).unwrap();
    }
    drop(dropped.finish().unwrap());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);

    // The second name is taken after it was found to be free: the first one goes again.
    let mut late = RequestFiles::begin(place.path(), "a", limits).unwrap();
    for row in &rows {
        late.push(row).unwrap();
    }
    let late = late.finish().unwrap();
    fs::write(place.path().join("a-0002.csv"), "mine").unwrap();
    let refused = late.publish().unwrap_err();
    assert!(matches!(refused, RequestError::Exists { .. }));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    assert_eq!(fs::read(place.path().join("a-0002.csv")).unwrap(), b"mine");

    fs::write(place.path().join("a-0001.csv"), "mine").unwrap();
    assert!(matches!(begin("a"), Err(RequestError::Exists { .. })));
}

proptest! {
    #[test]
    fn a_row_has_23_plain_cells_whatever_is_recorded(
        family in "\\PC{0,50}", given in ".{0,50}|[A-Za-z' -]{0,150}", postcode in "\\PC{0,10}|[A-Z]{1,2}[0-9] ?[0-9][A-Z]{2}",
        number: bool,
    ) {
        let asked = Asked {
            nhs_number: number.then(|| nhs_number::canonical("9434765919").unwrap()),
            family_name: family,
            given_names: given,
            postcode,
            ..asked()
        };
        if let Ok(row) = Row::of(&asked, today()) {
            let line = row.line();
            prop_assert!(line.is_ascii() && line.ends_with('\n') && !line.contains('"'));
            prop_assert_eq!(line.bytes().filter(|b| b.is_ascii_control()).count(), 1);
            let cells: Vec<_> = line.trim_end().split(',').map(str::to_owned).collect();
            prop_assert_eq!(cells.len(), COLUMNS.len());
            for field in Field::ALL {
                prop_assert!(at(&cells, field.column()).len() <= field.longest());
            }
        }
    }

    #[test]
    fn a_reference_has_no_digit_and_comes_back(bytes: [u8; 16]) {
        let reference = Reference::of(bytes);
        let text = reference.text();
        prop_assert!(text.len() == 32 && text.bytes().all(|b| b.is_ascii_uppercase()));
        prop_assert_eq!(Reference::parse(text.as_bytes()), Ok(reference));
        prop_assert_eq!(reference.bytes(), &bytes);
    }
}
