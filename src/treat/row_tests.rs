//! The small parts of a row; whole rows are tested through the binary.

use super::*;
use crate::date::Date;
use crate::tokens;

fn key() -> DomainKey {
    let schema = Scope::new("999", "r", "p", "e").unwrap();
    MasterKey::generate()
        .unwrap()
        .domain_key(&schema, &Domain::LaPerson)
        .unwrap()
}

#[test]
fn a_conversation_is_found_in_any_case_and_place() {
    for (text, expected) in [
        ("conversation", true),
        ("Initial CONVERSATION", true),
        ("preconversational", true),
        ("conversatio", false),
        ("con versation", false),
        ("", false),
    ] {
        assert_eq!(
            tokens::speaks_of_conversation(text.as_bytes()),
            expected,
            "{text}"
        );
    }
}

#[test]
fn days_are_written_as_they_are_read() {
    for text in ["01/01/0001", "29/02/2024", "31/12/9999", "09/10/1987"] {
        let day = Date::parse(text.as_bytes()).unwrap();
        assert_eq!(dmy(day), text.as_bytes());
    }
}

/// More values than there are places, so that they take each other's.
#[test]
fn a_memo_gives_each_value_its_own_pseudonym() {
    let key = key();
    let mut memo = Memo::new();
    let mut made = 0;
    for round in 0..2 {
        for n in 0..3 * Memo::PLACES {
            let value = format!("P{n}");
            let recalled = memo.recall(value.as_bytes(), || {
                made += 1;
                key.pseudonym_of_local(&value)
            });
            assert_eq!(recalled, key.pseudonym_of_local(&value), "{round}");
            let again = memo.recall(value.as_bytes(), || panic!("it was just made"));
            assert_eq!(again, recalled);
        }
    }
    assert!(made > 3 * Memo::PLACES);
}

#[test]
fn a_memo_makes_nothing_of_nothing_and_long_values_anew() {
    let key = key();
    let mut memo = Memo::new();
    assert_eq!(memo.recall(b"", || panic!("of nothing")), Ok(None));
    let long = "x".repeat(Memo::LONGEST + 1);
    for _ in 0..2 {
        let recalled = memo.recall(long.as_bytes(), || key.pseudonym_of_local(&long));
        assert_eq!(recalled, key.pseudonym_of_local(&long));
    }
    // Values that begin alike are others.
    let short = &long[..Memo::LONGEST];
    let recalled = memo.recall(short.as_bytes(), || key.pseudonym_of_local(short));
    assert_ne!(recalled, key.pseudonym_of_local(&long));
}

#[test]
fn people_are_counted_once() {
    let key = key();
    let of = |value: &str| key.pseudonym_of_local(value).unwrap();
    let people = People::default();
    let [mut some, mut others] = [people.meeting(), people.meeting()];
    for value in ["P1", "P2", "P1", ""] {
        some.add(of(value));
    }
    others.add(of("P2"));
    others.add(of("P3"));
    drop((some, others));
    assert_eq!(people.count(), 3);
}
