//! Events that national processing takes to be one, and which record of them stays (spec rules.md section 7).
//!
//! Tables made from one submission tell more events apart than tables joined from several: they also look at what a
//! service costs and how it is delivered. So records that are one event there are one event here as well.

use std::cmp::Reverse;

use super::grouping::{Key, for_each_part, groups, share};
use super::{Collapse, Collapsed, Instead, Place, Record, Rule, Verdict};
use crate::date::Date;

/// What decides which record stays; the greatest does. Whatever is left equal is decided by a national record id that
/// nobody knows before sending.
type Rank = (Option<Date>, bool, Option<Date>, Reverse<u8>, bool);

/// A stated period end that cannot be read counts as the earliest: our reading, the method is silent.
fn rank(record: &Record) -> Rank {
    (
        record.period_end,
        record.end.is_none(),
        record.end,
        Reverse(record.outcome),
        record.is(Record::CONVERSATION),
    )
}

/// Judges the events of all records, in no order.
pub(super) fn judge(records: &[Record], threads: usize) -> (Vec<Verdict>, Collapsed) {
    type Found = (Vec<Verdict>, Collapsed);
    let keys = |thread| {
        let (first, here) = share(records, thread, threads);
        here.iter()
            .zip(first..)
            .filter(|(r, _)| r.event != 0)
            .map(|(r, index)| Key {
                hash: r.event,
                index,
                rest: r.detail,
            })
    };
    let found = for_each_part(threads, records.len(), keys, |found: &mut Found, part| {
        let (verdicts, events) = found;
        for group in groups(part) {
            events.joined.count(group.len());
            if group.len() == 1 {
                events.single.count(1);
                continue;
            }
            group.sort_unstable_by_key(|key| key.rest);
            let best = Best::of(records, group);
            for same in group.chunk_by(|a, b| a.rest == b.rest) {
                events.single.count(same.len());
                judge_event(records, same, &best, verdicts);
            }
        }
    });
    let mut all = Found::default();
    for (verdicts, events) in found {
        all.0.extend(verdicts);
        all.1.joined.add(events.joined);
        all.1.single.add(events.single);
    }
    all
}

/// Judges the records that are one event in single-submission tables, where `joined` is what is best in joined tables.
///
/// Each record is flagged once: those that may fall to their equals here are not told as well that the one that is left
/// of them falls there.
fn judge_event(records: &[Record], same: &[Key], joined: &Best, verdicts: &mut Vec<Verdict>) {
    let best = Best::of(records, same);
    for key in same {
        let record = &records[key.index as usize];
        let (rule, instead) = match best.judge(record) {
            Some(instead) => (Rule::DuplicateEvent, instead),
            None => match joined.judge(record) {
                Some(instead) => (Rule::DuplicateJoined, instead),
                None => continue,
            },
        };
        let asked = match rule {
            Rule::DuplicateEvent => &best,
            _ => joined,
        };
        verdicts.push(Verdict {
            place: record.place,
            rule,
            instead,
            beside: asked.other_than(record.place),
        });
    }
}

/// The best records of an event.
struct Best {
    rank: Option<Rank>,
    /// How many have this rank.
    records: u32,
    /// The first of them.
    first: Place,
    /// The last of them.
    last: Place,
}

impl Best {
    /// One of them that is not the record there.
    fn other_than(&self, place: Place) -> Option<Place> {
        [self.first, self.last]
            .into_iter()
            .find(|best| *best != place)
    }

    fn of(records: &[Record], keys: &[Key]) -> Self {
        let mut best = Self {
            rank: None,
            records: 0,
            first: Place(u64::MAX),
            last: Place(0),
        };
        for record in keys.iter().map(|key| &records[key.index as usize]) {
            let rank = Some(rank(record));
            if rank > best.rank {
                best = Self {
                    rank,
                    records: 1,
                    first: record.place,
                    last: record.place,
                };
            } else if rank == best.rank {
                best.records += 1;
                best.first = best.first.min(record.place);
                best.last = best.last.max(record.place);
            }
        }
        best
    }

    /// What happens to one of the records, if it does not stay for certain.
    fn judge(&self, record: &Record) -> Option<Instead> {
        match (Some(rank(record)) == self.rank, self.records) {
            (true, 1) => None,
            (true, n) => Some(Instead::OneOf(n)),
            (false, 1) => Some(Instead::Stays(self.first)),
            (false, n) => Some(Instead::BehindOneOf(n)),
        }
    }
}

impl Collapse {
    fn count(&mut self, records: usize) {
        self.records += records as u64;
        if records > 1 {
            self.groups += 1;
            self.going += records as u64 - 1;
        }
    }

    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.groups += other.groups;
        self.going += other.going;
    }
}
