//! Properties: the rules agree with the reference, and order, splits and threads change nothing.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

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
    let small = (0_u8..3, 0_u8..3, select(vec![0, 1, 255]), 0_u8..4, 0_u8..3);
    let record = (keys, dates, small).prop_map(
        |((person, event, detail, nhs), (birth, death, end, period_end), small)| {
            let (gender, ethnicity, outcome, flags, left_out) = small;
            Record {
                place: at(0),
                person,
                // What is left out has no event.
                event: if left_out == 0 { event } else { 0 },
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
                left_out,
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
            left_out: row as u8 % 3,
        };
        links.map(link).collect()
    })
}

fn given() -> impl Strategy<Value = Given> {
    (records(24), links()).prop_map(|(records, links)| Given { records, links })
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
    fn agrees_with_holding_each_against_each(
        given in given(), threads in 1_usize..4, shares in 1_usize..4, in_memory in any::<bool>()
    ) {
        let (verdicts, events) = reference::judge(&given);
        let judged = given.judge_with(threads, shares, in_memory);
        let left_out = |place| {
            let records = given.records.iter().map(|r| (r.place, r.left_out));
            records.chain(given.links.iter().map(|l| (l.place, l.left_out))).find(|r| r.0 == place)
        };
        prop_assert!(judged.verdicts.iter().all(|v| left_out(v.place) == Some((v.place, v.left_out))));
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
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// So many records that keys are dealt into parts: neighbourhoods that share nothing, each as if it were alone.
    #[test]
    fn many_neighbourhoods_are_each_as_if_alone(few in prop::collection::vec(records(24), 8), threads in 1_usize..4, in_memory in any::<bool>()) {
        let mut all = Given::default();
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
            all.records.extend(alone.records);
        }
        let judged = all.judge_with(threads, threads, in_memory);
        prop_assert_eq!(judged.verdicts.len(), expected.len());
        prop_assert_eq!(judged.verdicts.into_iter().collect::<HashSet<_>>(), expected);
    }
}
