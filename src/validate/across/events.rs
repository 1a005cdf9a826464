//! Events that national processing takes to be one, and which record of them stays (spec rules.md section 7).
//!
//! Tables made from one submission tell more events apart than tables joined from several: they also look at what a
//! service costs and how it is delivered. So records that are one event there are one event here as well.

use std::cmp::Reverse;
use std::io;

use super::store::{Dealer, Kind, Store, next};
use super::{Collapse, Collapsed, Instead, Place, Record, Rule, Verdict};
use crate::date::Date;

/// What is kept of a record with an event. It is submitted.
#[derive(Clone, Copy)]
struct Fact {
    place: Place,
    event: u64,
    detail: u32,
    end: Option<Date>,
    period_end: Option<Date>,
    outcome: u8,
    flags: u8,
}

/// Deals what is kept of a record.
pub(super) fn deal(dealer: &mut Dealer<'_>, record: &Record) -> io::Result<()> {
    if record.event == 0 {
        return Ok(());
    }
    let fact = Fact {
        place: record.place,
        event: record.event,
        detail: record.detail,
        end: record.end,
        period_end: record.period_end,
        outcome: record.outcome,
        flags: record.flags,
    };
    dealer.deal(Kind::Events, fact.event, fact.packed())
}

impl Fact {
    const BYTES: usize = 30;

    fn packed(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.place.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.event.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.detail.to_le_bytes());
        bytes[20..24].copy_from_slice(&Date::pack(self.end).to_le_bytes());
        bytes[24..28].copy_from_slice(&Date::pack(self.period_end).to_le_bytes());
        bytes[28..].copy_from_slice(&[self.outcome, self.flags]);
        bytes
    }

    fn all(bytes: &[u8]) -> impl Iterator<Item = Self> {
        bytes.chunks_exact(Self::BYTES).map(|mut fact| {
            let fact = &mut fact;
            let [place, event] = [next(fact), next(fact)].map(u64::from_le_bytes);
            let detail = u32::from_le_bytes(next(fact));
            let [end, period_end] =
                [next(fact), next(fact)].map(|day| Date::unpack(u32::from_le_bytes(day)));
            let [outcome, flags] = next(fact);
            Self {
                place: Place(place),
                event,
                detail,
                end,
                period_end,
                outcome,
                flags,
            }
        })
    }
}

/// What decides which record stays; the greatest does. Whatever is left equal is decided by a national record id that
/// nobody knows before sending.
type Rank = (Option<Date>, bool, Option<Date>, Reverse<u8>, bool);

/// A stated period end that cannot be read counts as the earliest: our reading, the method is silent.
fn rank(record: &Fact) -> Rank {
    (
        record.period_end,
        record.end.is_none(),
        record.end,
        Reverse(record.outcome),
        record.flags & Record::CONVERSATION != 0,
    )
}

/// What one thread found, and room it uses again.
#[derive(Default)]
struct Found {
    verdicts: Vec<Verdict>,
    events: Collapsed,
    facts: Vec<Fact>,
}

/// Judges the events of all records, in no order.
pub(super) fn judge(store: &Store, threads: usize) -> io::Result<(Vec<Verdict>, Collapsed)> {
    let mut all = Found::default();
    for mut found in store.each_part(
        Kind::Events,
        threads,
        |_| true,
        Found::default,
        Found::judge,
    )? {
        all.verdicts.append(&mut found.verdicts);
        all.events.joined.add(found.events.joined);
        all.events.single.add(found.events.single);
    }
    Ok((all.verdicts, all.events))
}

impl Found {
    fn judge(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.facts.clear();
        self.facts.extend(Fact::all(bytes));
        self.facts.sort_unstable_by_key(|fact| fact.event);
        for group in self.facts.chunk_by_mut(|a, b| a.event == b.event) {
            self.events.joined.count(group.len());
            if group.len() == 1 {
                self.events.single.count(1);
                continue;
            }
            group.sort_unstable_by_key(|fact| fact.detail);
            let best = Best::of(group);
            for same in group.chunk_by(|a, b| a.detail == b.detail) {
                self.events.single.count(same.len());
                judge_event(same, &best, &mut self.verdicts);
            }
        }
        Ok(())
    }
}

/// Judges the records that are one event in single-submission tables, where `joined` is what is best in joined tables.
///
/// Each record is flagged once: those that may fall to their equals here are not told as well that the one that is left
/// of them falls there.
fn judge_event(same: &[Fact], joined: &Best, verdicts: &mut Vec<Verdict>) {
    let best = Best::of(same);
    for record in same {
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
            left_out: 0,
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

    fn of(records: &[Fact]) -> Self {
        let mut best = Self {
            rank: None,
            records: 0,
            first: Place(u64::MAX),
            last: Place(0),
        };
        for record in records {
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
    fn judge(&self, record: &Fact) -> Option<Instead> {
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
