//! Who and what is found again.

use super::*;
use crate::schema::Domain;
use crate::treat::{DomainKey, MasterKey, Scope};

fn key() -> DomainKey {
    let scope = Scope::new("999", "r", "p", "e").unwrap();
    let master = MasterKey::parse(include_bytes!("../../samples/keys/test.key")).unwrap();
    master.domain_key(&scope, &Domain::LaPerson).unwrap()
}

fn of(id: &str) -> Option<Pseudonym> {
    key().pseudonym_of_local(id).unwrap()
}

fn start(id: &str) -> u64 {
    of(id).unwrap().start()
}

fn service(day: u32, kind: [Option<u64>; 2]) -> Service {
    let start = Date::new(2025, 6, day).unwrap();
    Service { start, kind }
}

/// Two services of A, one of B, one of C under either of two pseudonyms.
fn sought() -> OpenServices {
    let mut sought = OpenServices::default();
    sought.add([Some(start("A")), None], service(1, [Some(1), Some(2)]));
    sought.add([Some(start("B")), None], service(2, [Some(1), None]));
    sought.add([Some(start("A")), None], service(3, [None, None]));
    sought.add(
        [Some(start("C")), Some(start("NHS of C"))],
        service(4, [Some(1), Some(2)]),
    );
    sought.settle()
}

fn place(row: u64) -> Place {
    Place::new(0, row)
}

#[test]
fn a_service_is_known_by_person_start_and_kind() {
    use Sighting::{LeftOut, Nowhere, OfAnotherKind, OfAnotherStart, Submitted, Unsent};
    let cancelled = Some(Exclusion::Cancelled);
    let no_event = Some(Exclusion::NoEvent);
    let sought = sought();
    assert_eq!(sought.len(), 4);
    for (person, (day, kind), left_out, expected) in [
        (
            "A",
            (1, [1, 2]),
            None,
            [Submitted, Nowhere, Nowhere, Nowhere],
        ),
        (
            "A",
            (1, [1, 9]),
            None,
            [OfAnotherKind, Nowhere, Nowhere, Nowhere],
        ),
        (
            "A",
            (1, [1, 9]),
            cancelled,
            [Unsent(Exclusion::Cancelled), Nowhere, Nowhere, Nowhere],
        ),
        (
            "A",
            (1, [1, 2]),
            no_event,
            [Unsent(Exclusion::NoEvent), Nowhere, Nowhere, Nowhere],
        ),
        // The third service has nothing that could be compared.
        (
            "A",
            (2, [1, 2]),
            None,
            [OfAnotherStart, Nowhere, Nowhere, Nowhere],
        ),
        ("A", (2, [1, 9]), None, [Nowhere; 4]),
        ("A", (2, [1, 2]), cancelled, [Nowhere; 4]),
        // What has no counterpart is not compared.
        (
            "A",
            (3, [8, 9]),
            None,
            [Nowhere, Nowhere, Submitted, Nowhere],
        ),
        (
            "B",
            (2, [1, 9]),
            None,
            [Nowhere, Submitted, Nowhere, Nowhere],
        ),
        (
            "B",
            (2, [8, 9]),
            None,
            [Nowhere, OfAnotherKind, Nowhere, Nowhere],
        ),
        (
            "B",
            (2, [1, 9]),
            cancelled,
            [Nowhere, LeftOut(Exclusion::Cancelled), Nowhere, Nowhere],
        ),
        ("D", (1, [1, 2]), None, [Nowhere; 4]),
    ] {
        let mut sightings = Sightings::new(&sought);
        let met = service(day, kind.map(Some));
        sightings.meet([of(person), None], place(7), || Some(met), left_out);
        let seen = sightings.services().iter().map(|s| s.sighting);
        assert_eq!(
            seen.collect::<Vec<_>>(),
            expected,
            "{person} {day} {kind:?}"
        );
    }
}

#[test]
fn a_person_is_known_by_either_pseudonym() {
    let sought = sought();
    let found = service(4, [Some(1), Some(2)]);
    use Sighting::{OfAnotherNumber, Submitted};
    for (people, met, sighting) in [
        ([of("C"), of("NHS of C")], Met::At(place(7)), Submitted),
        ([of("C"), None], Met::At(place(7)), OfAnotherNumber),
        (
            [of("C"), of("another NHS")],
            Met::At(place(7)),
            OfAnotherNumber,
        ),
        (
            [of("new id of C"), of("NHS of C")],
            Met::At(place(7)),
            Submitted,
        ),
        ([None, of("NHS of C")], Met::WithoutId(place(7)), Submitted),
    ] {
        let mut sightings = Sightings::new(&sought);
        sightings.meet(people, place(7), || Some(found), None);
        assert_eq!(sightings.services()[3].sighting, sighting);
        assert_eq!(sightings.services()[3].place, Some(place(7)));
        assert_eq!(sightings.met([start("C"), start("NHS of C")]), met);
        assert_eq!(sightings.met([start("A")]), Met::Nowhere);
        assert_eq!(sightings.met([start("D")]), Met::Nowhere);
    }
}

#[test]
fn whatever_the_threads_saw_says_the_same_together() {
    let sought = sought();
    let seen = |records: &[(u64, u32, Option<Exclusion>)]| {
        let mut sightings = Sightings::new(&sought);
        for (row, day, left_out) in records {
            let met = service(*day, [Some(1), Some(2)]);
            sightings.meet([of("A"), None], place(*row), || Some(met), *left_out);
        }
        sightings
    };
    let (early, late) = (
        [(2, 3, Some(Exclusion::OutsidePeriod)), (3, 9, None)],
        [(4, 3, Some(Exclusion::Cancelled)), (5, 3, None)],
    );
    let mut one = seen(&early);
    one.merge(&seen(&late));
    let mut other = seen(&late);
    other.merge(&seen(&early));
    for sightings in [&one, &other] {
        assert_eq!(sightings.services()[2].sighting, Sighting::Submitted);
        assert_eq!(sightings.services()[2].place, Some(place(5)));
        assert_eq!(sightings.met([start("A")]), Met::At(place(2)));
        // A lost the service of the first day, and there is one of its kind in row 3; of B and C nobody knows an id.
        assert_eq!(sightings.places_of_the_lost(), [place(2), place(3)]);
    }
}

#[test]
fn nothing_is_asked_of_records_of_others() {
    let sought = sought();
    let mut sightings = Sightings::new(&sought);
    sightings.meet([of("D"), None], place(2), || panic!("a stranger"), None);
    assert!(sightings.places_of_the_lost().is_empty());
    let none = OpenServices::default().settle();
    assert!(none.is_empty());
    Sightings::new(&none).meet([of("A"), of("B")], place(2), || panic!("nobody"), None);
}
