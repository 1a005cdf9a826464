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
    let (user, carer) = (Traits::SERVICE_USER, Traits::CARER);
    for (value, traits) in [("P1", user), ("P2", user), ("P1", carer), ("", user)] {
        some.add(of(value), traits);
    }
    others.add(of("P2"), user | Traits::OBJECTS);
    others.add(of("P3"), Traits::OTHER_CLIENT);
    others.add(of("P3"), Traits::OTHER_CLIENT);
    drop((some, others));
    assert_eq!(people.count(), 3);
    for (traits, number) in [
        (user, 2),
        (carer, 1),
        (user | carer, 1),
        (user | Traits::OBJECTS, 1),
        (Traits::OTHER_CLIENT, 1),
        (Traits::KNOWN_BY_ASSOCIATION, 0),
    ] {
        assert_eq!(people.count_with(traits), number, "{traits:?}");
    }
    people.clear();
    assert_eq!(people.count(), 0);
}

/// As many as need tables that grow, met by several threads in another order.
#[test]
fn what_people_have_in_common_does_not_hang_on_who_meets_them() {
    let key = key();
    let people = People::default();
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (people, key) = (&people, &key);
            scope.spawn(move || {
                let mut met = people.meeting();
                for n in 0..6_000 {
                    let n = if thread == 1 { 5_999 - n } else { n };
                    let traits = match (thread, n % 5) {
                        (0, 0) => Traits::CARER,
                        (1, 0 | 1) => Traits::FUNDS_OWN_CARE,
                        _ => Traits::SERVICE_USER,
                    };
                    met.add(key.pseudonym_of_local(&format!("P{n}")).unwrap(), traits);
                }
            });
        }
    });
    assert_eq!(people.count(), 6_000);
    assert_eq!(people.count_with(Traits::CARER), 1_200);
    assert_eq!(people.count_with(Traits::FUNDS_OWN_CARE), 2_400);
    assert_eq!(people.count_with(Traits::SERVICE_USER), 6_000);
}
