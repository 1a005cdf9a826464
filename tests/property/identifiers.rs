//! No direct identifier of the extract stands in any file of the bundle, wherever in the extract it stood.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::cases;
use crate::support::{Council, Ran, Record, assessment, carer, request, review, service, tree};
use crate::treatment::parquet;

#[derive(Debug, Clone)]
struct Person {
    number: String,
    id: String,
    first: String,
    last: String,
    postcode: String,
}

/// A valid NHS number of the test range.
fn number() -> impl Strategy<Value = String> {
    (0..1_000_000_u32).prop_filter_map("no check digit", |n| {
        let nine = format!("999{n:06}");
        let sum: u32 = nine
            .bytes()
            .zip(2..=10)
            .map(|(d, w)| u32::from(d - b'0') * (12 - w))
            .sum();
        let check = match 11 - sum % 11 {
            11 => 0,
            10 => return None,
            check => check,
        };
        (nine != "999999999").then(|| format!("{nine}{check}"))
    })
}

fn person() -> impl Strategy<Value = Person> {
    let name = "[QZX][a-zë]{3,9}( [QZX][a-z]{2,6}|-[QZX][a-z]{2,6})?";
    let id = "[A-Z]{1,3}[0-9]{5,8}|[0-9]{6,8}|[QZ]{2} [0-9]{4}/[0-9]{2}";
    let postcode = "(ZX|QV|YK)[1-9][0-9]? [0-9][A-Z]{2}";
    (number(), id, name, name, postcode).prop_map(|(number, id, first, last, postcode)| Person {
        number,
        id,
        first,
        last,
        postcode,
    })
}

/// How an identifier is written where nobody expects it.
fn planted(person: &Person, kind: usize) -> String {
    let n = &person.number;
    let (a, b, c) = (&n[..3], &n[3..6], &n[6..]);
    let p = &person.postcode;
    match kind {
        0 => n.clone(),
        1 => format!("{a} {b} {c}"),
        2 => format!("{a}-{b}-{c}"),
        3 => format!("see {n}, urgent"),
        4 => format!("({a} {b}-{c})"),
        5 => format!("{a}\u{2013}{b}\u{a0}{c}"),
        6 => p.clone(),
        7 => p.replace(' ', ""),
        8 => format!("at {} since May", p.to_lowercase()),
        9 => format!(" {} ", person.id),
        10 => person.id.to_lowercase(),
        11 => person.first.clone(),
        12 => person.last.to_uppercase(),
        13 => format!("{n}.00"),
        14 => format!("{a}\u{2010}{b}\u{2010}{c}"),
        15 => format!("{a}\u{200b}{b}{c}"),
        _ => p.replace(' ', "\u{2009}"),
    }
}
const KINDS: usize = 17;

/// Ten digits in a row or in groups of 3, 3 and 4, and full postcodes, that stand as words of their own.
fn words(text: &str) -> Vec<String> {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{a0}' | '-' | '?' => ' ',
            c => c,
        })
        .collect();
    let single: Vec<&str> = plain.split(|c: char| !c.is_alphanumeric()).collect();
    let mut words: Vec<String> = single.iter().map(|w| w.to_uppercase()).collect();
    for several in [2, 3] {
        words.extend(single.windows(several).map(|w| w.concat().to_uppercase()));
    }
    words
}

fn assert_clean(ran: &Ran, people: &[Person]) {
    let csv = ran.submission();
    let parquet = parquet::read(ran);
    assert_eq!(csv, parquet);
    let tables = [csv, parquet, ran.findings(), ran.quality()];
    let texts = tree(&ran.bundle()).into_iter().map(|(name, bytes)| {
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes);
        (name, text.into_owned())
    });
    let texts: Vec<_> = texts.collect();
    let mut tokens = std::collections::HashSet::new();
    for (_, text) in &texts {
        tokens.extend(words(text));
    }
    for cell in tables.iter().flat_map(|t| t.rows.iter().flatten()) {
        tokens.extend(words(cell));
    }
    for person in people {
        assert!(!tokens.contains(&person.number), "an NHS number");
        assert!(
            !tokens.contains(&person.postcode.replace(' ', "")),
            "a postcode"
        );
        for table in &tables {
            // A count below a thousand says nothing about anyone whose person id is as short.
            let copied = |header: &str, cell: &str| {
                header != "No_of_adults_being_cared_for" || cell.len() > 3
            };
            let cells = table.rows.iter().flat_map(|row| {
                let headed = table.header.iter().zip(row);
                headed
                    .filter(|(header, cell)| copied(header, cell))
                    .map(|(_, cell)| cell.as_str())
            });
            for cell in cells {
                for word in [&person.id, &person.first, &person.last] {
                    assert_ne!(cell.trim().to_lowercase(), word.to_lowercase());
                }
            }
        }
    }
}

fn base() -> impl Strategy<Value = Record> {
    select(vec![service(), request(), assessment(), review(), carer()])
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn no_identifier_leaves(
        people in vec((person(), base(), any::<bool>()), 1..12),
        plants in vec((any::<Index>(), any::<Index>(), any::<Index>(), 0..KINDS), 0..40),
    ) {
        let mut records: Vec<_> = people
            .iter()
            .map(|(person, base, spaced)| {
                let n = &person.number;
                let spaced_number = format!("{} {} {}", &n[..3], &n[3..6], &n[6..]);
                base.clone()
                    .of(if *spaced { &spaced_number } else { n }, &person.id, "E1")
                    .with("First Name", &person.first)
                    .with("Last Name", &person.last)
                    .with("Postcode", &person.postcode)
                    .with("local_note", &person.last)
            })
            .collect();
        let people: Vec<_> = people.into_iter().map(|(person, ..)| person).collect();
        // Each plant: into one record's column, an identifier of somebody.
        const OWN: [&str; 5] =
            ["NHS Number", "LA Person Unique Identifier", "First Name", "Last Name", "Postcode"];
        for (record, column, whose, kind) in plants {
            let record = record.get_mut(&mut records);
            let columns: Vec<_> = record.columns().into_iter().map(str::to_owned).collect();
            let column = column.get(&columns);
            if !OWN.contains(&column.as_str()) {
                *record = record.clone().with(column, planted(whose.get(&people), kind));
            }
        }
        // One that goes in any case: without any there would be no bundle.
        records.push(service().of("", "Z0", "E0"));
        let ran = Council::of(records).makes();
        assert_clean(&ran, &people);
    }
}

/// The test above must be able to see what it looks for.
#[test]
fn the_scan_finds_what_is_planted() {
    let person = Person {
        number: "9990000018".into(),
        id: "P1".into(),
        first: "Ada".into(),
        last: "Lovelace".into(),
        postcode: "ZX1 4AP".into(),
    };
    for kind in (0..KINDS).filter(|kind| !(9..=12).contains(kind) && *kind != 15) {
        let text = planted(&person, kind);
        let (written, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
        let (written, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&written);
        let found = words(&written.replace("&#8208;", "?").replace("&#8201;", "?"));
        assert!(
            found.contains(&person.number) || found.contains(&"ZX14AP".to_owned()),
            "{text}"
        );
    }
}

#[test]
fn every_column_withholds_every_kind() {
    let person = Person {
        number: "9990000018".into(),
        id: "QX77001".into(),
        first: "Adaline".into(),
        last: "Lovelace-Quux".into(),
        postcode: "ZX1 4AP".into(),
    };
    let own = || {
        service()
            .of(&person.number, &person.id, "E1")
            .with("First Name", &person.first)
            .with("Last Name", &person.last)
            .with("Postcode", &person.postcode)
    };
    // What stands in a linked id is looked for as a person's id too, so those columns go apart.
    let (linked, others): (Vec<_>, Vec<_>) = service()
        .columns()
        .into_iter()
        .skip(7)
        .chain(["LA Code"])
        .map(str::to_owned)
        .partition(|column| column.starts_with("Adult"));
    for (columns, treatments) in [
        (&others, "{}"),
        (&others, "{Event Reference: drop, Gender: pseudonymise}"),
        (&linked, "{}"),
    ] {
        let plants = (0..KINDS).flat_map(|kind| columns.iter().map(move |column| (kind, column)));
        let records = plants.map(|(kind, column)| own().with(column, planted(&person, kind)));
        let ran = Council::of(records.chain([own()]))
            .set("treatments", treatments)
            .makes();
        assert_clean(&ran, std::slice::from_ref(&person));
        let submitted = ran.submission().rows.len();
        assert!(submitted > 14 * columns.len(), "most of it was submitted");
    }
}
