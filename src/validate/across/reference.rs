//! The rules across records once more, for tests: every record held against every other, word by word as they are stated.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::tests::Given;
use super::{Attribute, Collapse, Collapsed, Instead, Record, Rule, Verdict};

/// What [`Across::judge`](super::Across::judge) must find, in no order.
pub(super) fn judge(across: &Given) -> (HashSet<Verdict>, Collapsed) {
    let records = &across.records;
    let mut verdicts = HashSet::new();
    let mut events = Collapsed::default();
    for record in records {
        let mut flag = |rule, instead| {
            assert!(verdicts.insert(Verdict {
                place: record.place,
                left_out: record.left_out,
                rule,
                instead,
                beside: None,
            }));
        };
        person(records, record, &mut flag);
        event(records, record, &mut flag);
    }
    for link in across.links.iter().filter(|l| l.person != 0) {
        let is_user = |r: &Record| r.person == link.person && r.flags & Record::SERVICE_USER != 0;
        if !records.iter().any(is_user) {
            assert!(verdicts.insert(Verdict {
                place: link.place,
                left_out: link.left_out,
                rule: Rule::NotAServiceUser(link.slot),
                instead: Instead::Nothing,
                beside: None
            }));
        }
    }
    let with_event: Vec<_> = records.iter().filter(|r| r.event != 0).collect();
    collapse(&with_event, |r| (r.event, 0), &mut events.joined);
    collapse(&with_event, |r| (r.event, r.detail), &mut events.single);
    (verdicts, events)
}

fn person(records: &[Record], record: &Record, flag: &mut impl FnMut(Rule, Instead)) {
    if record.person == 0 {
        return;
    }
    let same: Vec<_> = records
        .iter()
        .filter(|r| r.person == record.person)
        .collect();
    let numbers: Vec<_> = same.iter().map(|r| r.nhs).filter(|n| *n != 0).collect();
    if record.nhs == 0 {
        let often = |n: &u32| numbers.iter().filter(|o| *o == n).count();
        let mut best: Vec<_> = numbers.clone();
        best.sort_by_key(|n| (usize::MAX - often(n), *n));
        if let Some(best) = best.first() {
            flag(Rule::KnownElsewhere, Instead::Number(*best));
        }
    } else {
        against(
            &numbers,
            record.nhs,
            Rule::SeveralForPerson,
            Instead::Number,
            flag,
        );
        let same_number: Vec<_> = records
            .iter()
            .filter(|r| r.nhs == record.nhs && r.person != 0)
            .collect();
        let persons: Vec<_> = same_number.iter().map(|r| r.person).collect();
        let first = |person| {
            let of_person = same_number.iter().filter(|r| r.person == person);
            Instead::SameAs(of_person.map(|r| r.place).min().unwrap())
        };
        against(&persons, record.person, Rule::SeveralForNumber, first, flag);
    }
    for (attribute, value) in [
        (Attribute::Birth, (|r: &Record| r.birth) as fn(&Record) -> _),
        (Attribute::Death, |r| r.death),
    ] {
        let days: Vec<_> = same.iter().filter_map(|r| value(r)).collect();
        if let Some(mine) = value(record) {
            against(
                &days,
                mine,
                Rule::Conflicting(attribute),
                Instead::Day,
                flag,
            );
        }
    }
    for (attribute, value) in [
        (
            Attribute::Gender,
            (|r: &Record| r.gender) as fn(&Record) -> _,
        ),
        (Attribute::Ethnicity, |r| r.ethnicity),
    ] {
        let values: Vec<_> = same.iter().map(|r| value(r)).filter(|v| *v != 0).collect();
        if value(record) != 0 {
            let rule = Rule::Conflicting(attribute);
            against(&values, value(record), rule, Instead::Value, flag);
        }
    }
}

/// Flags a value that is not what most have, and any in a tie.
fn against<T: Copy + PartialEq>(
    all: &[T],
    mine: T,
    rule: Rule,
    instead: impl Fn(T) -> Instead,
    flag: &mut impl FnMut(Rule, Instead),
) {
    let often = |value: T| all.iter().filter(|v| **v == value).count();
    let most = all
        .iter()
        .copied()
        .find(|a| all.iter().all(|b| a == b || often(*a) > often(*b)));
    match most {
        Some(most) if most == mine => {}
        Some(most) => flag(rule, instead(most)),
        None => flag(rule, Instead::Tie),
    }
}

fn event(records: &[Record], record: &Record, flag: &mut impl FnMut(Rule, Instead)) {
    if record.event == 0 {
        return;
    }
    let joined: Vec<_> = records.iter().filter(|r| r.event == record.event).collect();
    let single: Vec<_> = joined
        .iter()
        .filter(|r| r.detail == record.detail)
        .copied()
        .collect();
    if let Some(instead) = falls(&single, record) {
        flag(Rule::DuplicateEvent, instead);
    } else if let Some(instead) = falls(&joined, record) {
        flag(Rule::DuplicateJoined, instead);
    }
}

fn falls(same: &[&Record], record: &Record) -> Option<Instead> {
    let is_best = |r: &Record| same.iter().all(|o| compare(r, o) != Ordering::Less);
    let best: Vec<_> = same.iter().filter(|r| is_best(r)).collect();
    let tied = best.len() as u32;
    match (is_best(record), tied) {
        (true, 1) => None,
        (true, _) => Some(Instead::OneOf(tied)),
        (false, 1) => Some(Instead::Stays(best[0].place)),
        (false, _) => Some(Instead::BehindOneOf(tied)),
    }
}

/// The better record is the greater.
fn compare(a: &Record, b: &Record) -> Ordering {
    if a.period_end != b.period_end {
        return a.period_end.cmp(&b.period_end);
    }
    match (a.end, b.end) {
        (None, Some(_)) => return Ordering::Greater,
        (Some(_), None) => return Ordering::Less,
        (a, b) if a != b => return a.cmp(&b),
        _ => {}
    }
    if a.outcome != b.outcome {
        return b.outcome.cmp(&a.outcome);
    }
    let conversation = |r: &Record| r.flags & Record::CONVERSATION;
    conversation(a).cmp(&conversation(b))
}

fn collapse(records: &[&Record], key: impl Fn(&Record) -> (u64, u32), sums: &mut Collapse) {
    let keys: HashSet<_> = records.iter().map(|r| key(r)).collect();
    sums.records = records.len() as u64;
    sums.going = sums.records - keys.len() as u64;
    let often = |k: &&(u64, u32)| records.iter().filter(|r| key(r) == **k).count();
    sums.groups = keys.iter().filter(|k| often(k) > 1).count() as u64;
}
