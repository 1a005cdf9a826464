//! Worked examples of persons, and what all tests of the rules across records build on.

mod duplicates;
mod properties;

use super::*;

fn at(row: u64) -> Place {
    Place::new(0, row)
}

fn day(year: u32, month: u32, day: u32) -> Option<Date> {
    Some(Date::new(year, month, day).unwrap())
}

/// A record that says nothing.
fn blank(row: u64) -> Record {
    Record {
        place: at(row),
        person: 0,
        event: 0,
        detail: 0,
        nhs: 0,
        birth: None,
        death: None,
        end: None,
        period_end: None,
        gender: 0,
        ethnicity: 0,
        outcome: Record::NO_OUTCOME,
        flags: 0,
        left_out: 0,
    }
}

/// What is to be judged.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub records: Vec<Record>,
    pub links: Vec<Link>,
}

fn of(records: Vec<Record>) -> Given {
    Given {
        records,
        links: Vec::new(),
    }
}

impl Given {
    /// Judges with so little memory that most of it goes to the disk, unless all of it is to stay there, having gathered it
    /// in so many shares.
    fn judge_with(&self, threads: usize, shares: usize, in_memory: bool) -> Judged {
        let little = Size {
            slot: 100,
            page: 2,
            pages: 1,
        };
        let size = if in_memory { Size::USUAL } else { little };
        let across = Across {
            store: Store::new(&std::env::temp_dir(), size),
        };
        let mut hands: Vec<_> = (0..shares.max(1)).map(|_| across.gather()).collect();
        let count = hands.len();
        for (n, record) in self.records.iter().enumerate() {
            hands[n * 7 % count].record(record).unwrap();
        }
        for (n, link) in self.links.iter().enumerate() {
            hands[n % count].link(link).unwrap();
        }
        hands.into_iter().for_each(|hand| hand.finish().unwrap());
        let judged = across.judge_with(threads).unwrap();
        assert_eq!(across.store.facts(), 0);
        judged
    }

    fn judge(&self) -> Judged {
        let judged = self.judge_with(1, 1, true);
        let spilled = self.judge_with(2, 2, false);
        assert_eq!(judged.verdicts, spilled.verdicts);
        assert_eq!(judged.events, spilled.events);
        judged
    }
}

/// Verdicts as rows, in order.
fn rows(across: Given) -> Vec<(u64, Rule, Instead)> {
    let verdicts = across.judge().verdicts;
    let rows = verdicts.iter().map(|v| (v.place.row(), v.rule, v.instead));
    rows.collect()
}

#[test]
fn records_are_small_and_say_nothing() {
    assert_eq!(size_of::<Record>(), 56);
    assert_eq!(size_of::<Verdict>(), 48);
    let record = Record {
        person: 123_456_789,
        nhs: 943_476_592,
        birth: day(1941, 7, 23),
        ..blank(7)
    };
    let link = Link {
        place: at(7),
        slot: 1,
        person: 123_456_789,
        left_out: 0,
    };
    let given = Given {
        records: vec![record],
        links: vec![link],
    };
    let across = Across::new(&std::env::temp_dir());
    let mut hand = across.gather();
    hand.record(&record).unwrap();
    hand.finish().unwrap();
    let instead = [
        Instead::Number(943_476_592),
        Instead::Day(record.birth.unwrap()),
        Instead::Value(77),
    ];
    let text = format!("{given:?} {across:?} {instead:?}");
    for secret in ["123456789", "94347659", "1941", "23", "77"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn places_are_packed_and_ordered_as_read() {
    let place = Place::new(65_535, (1 << 48) - 1);
    assert_eq!((place.source(), place.row()), (65_535, (1 << 48) - 1));
    assert!(Place::new(0, 999) < Place::new(1, 2) && Place::new(1, 2) < Place::new(1, 3));
}

#[test]
fn a_number_survives_packing() {
    for text in ["9434765919", "0607230002", "9000000009", "9990000093"] {
        let number = nhs_number::canonical(text).unwrap();
        assert_ne!(first_nine(&number), 0);
        assert_eq!(ten_digits(first_nine(&number)), Some(number));
    }
    assert_eq!(ten_digits(0), None);
}

#[test]
fn a_person_has_the_number_of_most_of_its_records() {
    let numbers = [(2, 10), (3, 11), (4, 10), (5, 0)].map(|(row, nhs)| Record {
        person: 1,
        nhs,
        ..blank(row)
    });
    // Number 10 stands on two records, 11 on one.
    assert_eq!(
        rows(of(numbers.to_vec())),
        [
            (3, Rule::SeveralForPerson, Instead::Number(10)),
            (5, Rule::KnownElsewhere, Instead::Number(10)),
        ]
    );
    // Without row 4, one each: nobody knows which is right. The blank takes the smaller for the time being.
    assert_eq!(
        rows(of([numbers[0], numbers[1], numbers[3]].to_vec())),
        [
            (2, Rule::SeveralForPerson, Instead::Tie),
            (3, Rule::SeveralForPerson, Instead::Tie),
            (5, Rule::KnownElsewhere, Instead::Number(10)),
        ]
    );
}

#[test]
fn in_a_tie_all_that_have_a_number_are_flagged() {
    let numbers = [10, 10, 11, 11, 12];
    let records = (2..).zip(numbers).map(|(row, nhs)| Record {
        person: 1,
        nhs,
        ..blank(row)
    });
    let tie = |row| (row, Rule::SeveralForPerson, Instead::Tie);
    assert_eq!(rows(of(records.collect())), [2, 3, 4, 5, 6].map(tie));
}

#[test]
fn a_number_belongs_to_the_person_with_most_of_its_records() {
    // Number 10 stands on three records of person 2, two of person 1, one of person 3, and one of nobody.
    let persons = [1, 2, 2, 1, 2, 3, 0];
    let records = (2..).zip(persons).map(|(row, person)| Record {
        person,
        nhs: 10,
        ..blank(row)
    });
    let records: Vec<_> = records.collect();
    let several = |row| (row, Rule::SeveralForNumber, Instead::SameAs(at(3)));
    assert_eq!(rows(of(records.clone())), [2, 5, 7].map(several));
    // Without the last record of person 2, two persons have two each.
    let tie = |row| (row, Rule::SeveralForNumber, Instead::Tie);
    let five = [0, 1, 2, 3, 5].map(|at: usize| records[at]);
    assert_eq!(rows(of(five.to_vec())), [2, 3, 4, 5, 7].map(tie));
}

#[test]
fn facts_conflict_where_two_are_known() {
    let born = |row, birth| Record {
        person: 1,
        birth,
        ..blank(row)
    };
    let (right, wrong) = (day(1941, 7, 23), day(1914, 7, 23));
    let records = vec![
        born(2, right),
        born(3, None),
        born(4, wrong),
        born(5, right),
    ];
    assert_eq!(
        rows(of(records)),
        [(
            4,
            Rule::Conflicting(Attribute::Birth),
            Instead::Day(right.unwrap())
        )]
    );
    let dead = |row, death, gender| Record {
        death,
        gender,
        ..born(row, right)
    };
    let records = vec![dead(2, right, 1), dead(3, wrong, 2), dead(4, None, 0)];
    let [death, gender] = [Attribute::Death, Attribute::Gender].map(Rule::Conflicting);
    assert_eq!(
        rows(of(records)),
        [
            (2, death, Instead::Tie),
            (2, gender, Instead::Tie),
            (3, death, Instead::Tie),
            (3, gender, Instead::Tie),
        ]
    );
    let records = (2..).zip([3, 3, 0, 17]).map(|(row, ethnicity)| Record {
        ethnicity,
        ..born(row, right)
    });
    assert_eq!(
        rows(of(records.collect())),
        [(
            5,
            Rule::Conflicting(Attribute::Ethnicity),
            Instead::Value(3)
        )]
    );
}

#[test]
fn a_link_is_to_a_service_user_of_the_extract() {
    let mut across = of(vec![
        Record {
            person: 1,
            flags: Record::SERVICE_USER,
            ..blank(2)
        },
        // A carer, who becomes a service user further on.
        Record {
            person: 2,
            ..blank(3)
        },
        Record {
            person: 2,
            flags: Record::SERVICE_USER,
            ..blank(4)
        },
        // A carer who stays one.
        Record {
            person: 3,
            ..blank(5)
        },
    ]);
    // Person 9 has no record, and 0 is no link.
    for (slot, person) in [(0, 1), (1, 2), (2, 0)] {
        let place = at(3);
        across.links.push(Link {
            place,
            slot,
            person,
            left_out: 0,
        });
    }
    for (slot, person) in [(0, 9), (1, 3), (2, 9)] {
        let place = at(5);
        across.links.push(Link {
            place,
            slot,
            person,
            left_out: 0,
        });
    }
    let nobody = |slot| (5, Rule::NotAServiceUser(slot), Instead::Nothing);
    assert_eq!(rows(across), [0, 1, 2].map(nobody));
}
