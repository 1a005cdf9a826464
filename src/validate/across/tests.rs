//! Worked examples of persons and duplicates, and properties: order, splits and threads change nothing.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::sample::select;

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
    }
}

fn of(records: Vec<Record>) -> Across {
    Across {
        records,
        links: Vec::new(),
    }
}

/// Verdicts as rows, in order.
fn rows(across: Across) -> Vec<(u64, Rule, Instead)> {
    let verdicts = across.judge().verdicts;
    let rows = verdicts.iter().map(|v| (v.place.row(), v.rule, v.instead));
    rows.collect()
}

#[test]
fn records_are_small_and_say_nothing() {
    assert_eq!(size_of::<Record>(), 56);
    assert_eq!(size_of::<Verdict>(), 32);
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
    };
    let across = Across {
        records: vec![record],
        links: vec![link],
    };
    let instead = [
        Instead::Number(943_476_592),
        Instead::Day(record.birth.unwrap()),
        Instead::Value(77),
    ];
    let text = format!("{across:?} {instead:?}");
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
        });
    }
    for (slot, person) in [(0, 9), (1, 3), (2, 9)] {
        let place = at(5);
        across.links.push(Link {
            place,
            slot,
            person,
        });
    }
    let nobody = |slot| (5, Rule::NotAServiceUser(slot), Instead::Nothing);
    assert_eq!(rows(across), [0, 1, 2].map(nobody));
}

/// Spec section 7, by hand. All rows state the period to 31 March 2026 unless said otherwise. The joined key of a service
/// is person, start, client type, event type, service type and component; the single-submission key adds delivery, cost,
/// frequency and units.
#[test]
fn duplicates_collapse_as_national_tables_collapse_them() {
    let row = |row, event, detail, outcome| Record {
        event,
        detail,
        outcome,
        period_end: day(2026, 3, 31),
        flags: Record::SUBMITTED,
        ..blank(row)
    };
    let records = vec![
        // Event 1: home care of one person from one day. Rows 2 to 5 cost the same (detail 1), so they are one event in
        // every table. Row 2 falls: its period ends earlier, though its outcome is the best of all.
        Record {
            period_end: day(2025, 12, 31),
            ..row(2, 1, 1, 0)
        },
        // Row 3 falls: it has ended, and 4 and 5 are open.
        Record {
            end: day(2026, 2, 28),
            ..row(3, 1, 1, 1)
        },
        // Row 4 falls: same period, open, same outcome as row 5, but no conversation.
        row(4, 1, 1, 5),
        Record {
            flags: Record::SUBMITTED | Record::CONVERSATION,
            ..row(5, 1, 1, 5)
        },
        // Row 6 costs more since an uplift (detail 2): another event in single-submission tables, where 5 and 6 both
        // stay. In joined tables it is the same event, and outcome 2 comes before 5: row 5 falls to row 6.
        row(6, 1, 2, 2),
        // Event 2: double-up care on identical rows 7 and 8. One stays, by the national record id. Row 9 has no outcome,
        // which comes last, so it falls to whichever stays.
        row(7, 2, 1, 4),
        row(8, 2, 1, 4),
        row(9, 2, 1, Record::NO_OUTCOME),
        // Event 3: two prices, otherwise equal. Both stay in single-submission tables, one of the two in joined ones.
        row(10, 3, 1, 4),
        row(11, 3, 2, 4),
        // Event 4: one row. And a row without an event.
        row(12, 4, 1, 4),
        row(13, 0, 1, 4),
    ];
    let judged = of(records.clone()).judge();
    assert_eq!(
        judged.events,
        Collapsed {
            // Events 1, 2 and 3 have 5, 3 and 2 rows: 4 + 2 + 1 go. Rows 2 to 12 have an event.
            joined: Collapse {
                records: 11,
                groups: 3,
                going: 7
            },
            // Detail 1 of event 1 has 4 rows, that of event 2 has 3: 3 + 2 go.
            single: Collapse {
                records: 11,
                groups: 2,
                going: 5
            },
        }
    );
    use Rule::{DuplicateEvent, DuplicateJoined};
    assert_eq!(
        rows(of(records)),
        [
            (2, DuplicateEvent, Instead::Stays(at(5))),
            (3, DuplicateEvent, Instead::Stays(at(5))),
            (4, DuplicateEvent, Instead::Stays(at(5))),
            (5, DuplicateJoined, Instead::Stays(at(6))),
            (7, DuplicateEvent, Instead::OneOf(2)),
            (8, DuplicateEvent, Instead::OneOf(2)),
            (9, DuplicateEvent, Instead::BehindOneOf(2)),
            (10, DuplicateJoined, Instead::OneOf(2)),
            (11, DuplicateJoined, Instead::OneOf(2)),
        ]
    );
}

/// Each step of the order decides only where all before it are equal.
#[test]
fn which_duplicate_stays_goes_by_five_steps() {
    let base = |row| Record {
        event: 1,
        period_end: day(2026, 3, 31),
        end: day(2026, 1, 31),
        outcome: 5,
        flags: Record::SUBMITTED,
        ..blank(row)
    };
    let conversation = Record::SUBMITTED | Record::CONVERSATION;
    let better_than: [(Record, Record); 7] = [
        // A later period beats an open end, and any readable period one that is not.
        (
            base(2),
            Record {
                period_end: day(2025, 12, 31),
                end: None,
                ..base(3)
            },
        ),
        (
            base(2),
            Record {
                period_end: None,
                end: None,
                ..base(3)
            },
        ),
        // An open end beats a late one, and that an earlier one with a better outcome.
        (
            Record {
                end: None,
                outcome: 9,
                ..base(2)
            },
            Record {
                end: day(2026, 3, 31),
                ..base(3)
            },
        ),
        (
            Record {
                end: day(2026, 2, 1),
                ..base(2)
            },
            Record {
                outcome: 0,
                ..base(3)
            },
        ),
        // A better outcome beats a conversation; any outcome beats none.
        (
            Record {
                outcome: 4,
                ..base(2)
            },
            Record {
                flags: conversation,
                ..base(3)
            },
        ),
        (
            Record {
                outcome: 254,
                ..base(2)
            },
            Record {
                outcome: Record::NO_OUTCOME,
                ..base(3)
            },
        ),
        // Otherwise the conversation stays.
        (
            Record {
                flags: conversation,
                ..base(2)
            },
            base(3),
        ),
    ];
    for (better, worse) in better_than {
        for records in [[better, worse], [worse, better]] {
            let falls = (3, Rule::DuplicateEvent, Instead::Stays(at(2)));
            assert_eq!(rows(of(records.to_vec())), [falls]);
        }
    }
}

/// Rows 2 and 3 are equal in one detail group and fall behind row 4 in joined tables: they are told once.
#[test]
fn equals_are_told_of_each_other_only() {
    let row = |row, detail, outcome| Record {
        event: 1,
        detail,
        outcome,
        flags: Record::SUBMITTED,
        ..blank(row)
    };
    let records = vec![row(2, 1, 5), row(3, 1, 5), row(4, 2, 1)];
    let one_of = |row| (row, Rule::DuplicateEvent, Instead::OneOf(2));
    assert_eq!(rows(of(records)), [2, 3].map(one_of));
}

fn records(most: usize) -> impl Strategy<Value = Vec<Record>> {
    let days = || {
        select(vec![
            None,
            day(2025, 1, 1),
            day(2025, 2, 1),
            day(2026, 3, 31),
        ])
    };
    let keys = (0_u64..5, 0_u64..4, 0_u32..3, 0_u32..5);
    let dates = (days(), days(), days(), days());
    let small = (0_u8..3, 0_u8..3, select(vec![0, 1, 255]), 0_u8..8);
    let record = (keys, dates, small).prop_map(
        |((person, event, detail, nhs), (birth, death, end, period_end), small)| {
            let (gender, ethnicity, outcome, flags) = small;
            Record {
                place: at(0),
                person,
                event,
                detail,
                nhs,
                birth,
                death,
                end,
                period_end,
                gender,
                ethnicity,
                outcome,
                flags,
            }
        },
    );
    prop::collection::vec(record, 0..most).prop_map(|mut records| {
        for (row, record) in (2..).zip(&mut records) {
            record.place = at(row);
        }
        records
    })
}

fn links() -> impl Strategy<Value = Vec<Link>> {
    let link = (50_u64..60, 0_u8..3, 0_u64..7);
    prop::collection::vec(link, 0..6).prop_map(|links| {
        let mut seen = HashSet::new();
        let links = links.into_iter().filter(|l| seen.insert((l.0, l.1)));
        let link = |(row, slot, person)| Link {
            place: at(row),
            slot,
            person,
        };
        links.map(link).collect()
    })
}

fn across() -> impl Strategy<Value = Across> {
    (records(24), links()).prop_map(|(records, links)| Across { records, links })
}

/// Verdicts as a set, with what stands at a cited place instead of the place.
fn set(judged: &Judged, id: impl Fn(Place) -> u64) -> HashSet<(u64, Rule, Instead)> {
    let verdicts = judged.verdicts.iter().map(|v| {
        let instead = match v.instead {
            Instead::Stays(place) => Instead::Stays(at(id(place))),
            // Which record of the majority comes first does depend on the order.
            Instead::SameAs(_) => Instead::SameAs(at(0)),
            other => other,
        };
        (id(v.place), v.rule, instead)
    });
    verdicts.collect()
}

proptest! {
    #[test]
    fn agrees_with_holding_each_against_each(across in across(), threads in 1_usize..4) {
        let (verdicts, events) = reference::judge(&across);
        let judged = across.judge_with(threads);
        prop_assert!(judged.verdicts.is_sorted_by_key(|v| (v.place, v.rule)));
        prop_assert_eq!(judged.verdicts.len(), verdicts.len());
        prop_assert_eq!(judged.verdicts.into_iter().collect::<HashSet<_>>(), verdicts);
        prop_assert_eq!(judged.events, events);
    }

    #[test]
    fn the_order_of_records_changes_nothing(
        (records, shuffled) in records(24).prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle()))
    ) {
        let judged = of(records).judge();
        // Row 2 + i of the shuffled file is the record that stood elsewhere in the other one.
        let mut moved = shuffled.clone();
        for (row, record) in (2..).zip(&mut moved) {
            record.place = at(row);
        }
        let there = of(moved).judge();
        prop_assert_eq!(judged.events, there.events);
        let back = |place: Place| shuffled[place.row() as usize - 2].place.row();
        prop_assert_eq!(set(&judged, Place::row), set(&there, back));
    }

    #[test]
    fn splits_and_merges_change_nothing(across in across(), cuts in (0_usize..25, 0_usize..25), back in any::<bool>()) {
        let whole = across.judge_with(1);
        let mut parts: [Across; 3] = Default::default();
        for (n, record) in across.records.into_iter().enumerate() {
            parts[usize::from(n >= cuts.0) + usize::from(n >= cuts.1)].records.push(record);
        }
        for (n, link) in across.links.into_iter().enumerate() {
            parts[n % 3].links.push(link);
        }
        if back {
            parts.reverse();
        }
        let mut merged = Across::default();
        parts.into_iter().for_each(|part| merged.merge(part));
        let merged = merged.judge_with(2);
        prop_assert_eq!(whole.verdicts, merged.verdicts);
        prop_assert_eq!(whole.events, merged.events);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// So many records that keys are dealt into parts: neighbourhoods that share nothing, each as if it were alone.
    #[test]
    fn many_neighbourhoods_are_each_as_if_alone(few in prop::collection::vec(records(24), 8), threads in 1_usize..4) {
        let mut all = Across::default();
        let mut expected = HashSet::new();
        for (n, records) in (0_u64..400).zip(few.iter().cycle()) {
            let far = |key: u64| if key == 0 { 0 } else { key + 10 * n };
            let moved = records.iter().map(|r| Record {
                place: at(r.place.row() + 100 * n),
                person: far(r.person),
                event: far(r.event),
                nhs: far(r.nhs.into()) as u32,
                ..*r
            });
            let alone = of(moved.collect());
            expected.extend(reference::judge(&alone).0);
            all.merge(alone);
        }
        let judged = all.judge_with(threads);
        prop_assert_eq!(judged.verdicts.len(), expected.len());
        prop_assert_eq!(judged.verdicts.into_iter().collect::<HashSet<_>>(), expected);
    }
}
