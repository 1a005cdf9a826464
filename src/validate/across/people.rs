//! Rules about a person: identifiers that do not fit each other, facts that contradict each other, links to nobody.

use std::io;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::store::{Dealer, Kind, Store, next, part_of};
use super::{Attribute, Instead, Link, Place, Record, Rule, Verdict};
use crate::date::Date;

/// What is kept of a record about somebody, or of a link to somebody.
#[derive(Clone, Copy)]
struct Fact {
    place: Place,
    person: u64,
    nhs: u32,
    birth: Option<Date>,
    death: Option<Date>,
    gender: u8,
    ethnicity: u8,
    flags: u8,
    left_out: u8,
    /// From 1, for a link; 0 for a record.
    slot: u8,
}

/// That a person has a number.
#[derive(Clone, Copy)]
struct Number {
    nhs: u32,
    /// Records of the person with it.
    records: u32,
    person: u64,
    /// The first of them.
    first: Place,
    left_out: u8,
}

/// Deals what is kept of a record.
pub(super) fn deal_record(dealer: &mut Dealer<'_>, record: &Record) -> io::Result<()> {
    if record.person == 0 {
        return Ok(());
    }
    let fact = Fact {
        place: record.place,
        person: record.person,
        nhs: record.nhs,
        birth: record.birth,
        death: record.death,
        gender: record.gender,
        ethnicity: record.ethnicity,
        flags: record.flags,
        left_out: record.left_out,
        slot: 0,
    };
    dealer.deal(Kind::Persons, fact.person, fact.packed())
}

/// Deals what is kept of a link.
pub(super) fn deal_link(dealer: &mut Dealer<'_>, link: &Link) -> io::Result<()> {
    if link.person == 0 {
        return Ok(());
    }
    let fact = Fact {
        place: link.place,
        person: link.person,
        nhs: 0,
        birth: None,
        death: None,
        gender: 0,
        ethnicity: 0,
        flags: 0,
        left_out: link.left_out,
        slot: link.slot + 1,
    };
    dealer.deal(Kind::Persons, fact.person, fact.packed())
}

impl Fact {
    const BYTES: usize = 33;

    fn packed(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.place.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.person.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.nhs.to_le_bytes());
        bytes[20..24].copy_from_slice(&Date::pack(self.birth).to_le_bytes());
        bytes[24..28].copy_from_slice(&Date::pack(self.death).to_le_bytes());
        bytes[28..].copy_from_slice(&[
            self.gender,
            self.ethnicity,
            self.flags,
            self.left_out,
            self.slot,
        ]);
        bytes
    }

    fn all(bytes: &[u8]) -> impl Iterator<Item = Self> {
        bytes.chunks_exact(Self::BYTES).map(|mut fact| {
            let fact = &mut fact;
            let (place, person) = (
                Place(u64::from_le_bytes(next(fact))),
                u64::from_le_bytes(next(fact)),
            );
            let nhs = u32::from_le_bytes(next(fact));
            let [birth, death] =
                [next(fact), next(fact)].map(|day| Date::unpack(u32::from_le_bytes(day)));
            let [gender, ethnicity, flags, left_out, slot] = next(fact);
            Self {
                place,
                person,
                nhs,
                birth,
                death,
                gender,
                ethnicity,
                flags,
                left_out,
                slot,
            }
        })
    }

    fn is_link(&self) -> bool {
        self.slot > 0
    }

    fn verdict(&self, rule: Rule, instead: Instead) -> Verdict {
        Verdict {
            place: self.place,
            left_out: self.left_out,
            rule,
            instead,
            beside: None,
        }
    }
}

impl Number {
    const BYTES: usize = 25;

    fn packed(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.nhs.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.records.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.person.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[24] = self.left_out;
        bytes
    }

    fn all(bytes: &[u8]) -> impl Iterator<Item = Self> {
        bytes.chunks_exact(Self::BYTES).map(|mut number| {
            let number = &mut number;
            let [nhs, records] = [next(number), next(number)].map(u32::from_le_bytes);
            let [person, first] = [next(number), next(number)].map(u64::from_le_bytes);
            let [left_out] = next(number);
            Self {
                nhs,
                records,
                person,
                first: Place(first),
                left_out,
            }
        })
    }
}

/// What one thread found, and room it uses again.
struct Found<'a> {
    verdicts: Vec<Verdict>,
    numbers: Dealer<'a>,
    facts: Vec<Fact>,
}

/// What becomes of the records that have an NHS number beside a person id.
type Numbered = HashMap<(u32, u64), Instead, FixedState>;

/// What one thread found of the persons of one number.
#[derive(Default)]
struct Flagged {
    verdicts: Vec<Verdict>,
    later: Numbered,
    numbers: Vec<Number>,
}

/// Judges the persons of all records, in no order.
pub(super) fn judge(store: &Store, threads: usize) -> io::Result<Vec<Verdict>> {
    let begin = || Found {
        verdicts: Vec::new(),
        numbers: Dealer::new(store),
        facts: Vec::new(),
    };
    let found = store.each_part(Kind::Persons, threads, |_| true, begin, Found::judge)?;
    let mut verdicts = Vec::new();
    for mut of_one in found {
        verdicts.append(&mut of_one.verdicts);
        of_one.numbers.finish()?;
    }
    let mut numbered = Numbered::default();
    for mut of_one in store.each_part(
        Kind::Numbers,
        threads,
        |_| true,
        Flagged::default,
        Flagged::judge,
    )? {
        verdicts.append(&mut of_one.verdicts);
        numbered.extend(of_one.later);
    }
    let mut parts = std::collections::BTreeSet::new();
    parts.extend(numbered.keys().map(|(_, person)| part_of(*person)));
    let wanted = |part| parts.contains(&part);
    let flagged = store.each_part(
        Kind::Persons,
        threads,
        wanted,
        Vec::new,
        |flagged, bytes| {
            flagged.extend(Fact::all(bytes).filter_map(|fact| {
                let instead = numbered.get(&(fact.nhs, fact.person))?;
                Some(fact.verdict(Rule::SeveralForNumber, *instead))
            }));
            Ok(())
        },
    )?;
    flagged
        .into_iter()
        .for_each(|mut of_one| verdicts.append(&mut of_one));
    Ok(verdicts)
}

impl Found<'_> {
    fn judge(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut facts = std::mem::take(&mut self.facts);
        facts.clear();
        facts.extend(Fact::all(bytes));
        facts.sort_unstable_by_key(|fact| fact.person);
        for same in facts.chunk_by_mut(|a, b| a.person == b.person) {
            if same.iter().any(Fact::is_link) {
                same.sort_unstable_by_key(Fact::is_link);
            }
            let (records, links) = same.split_at(same.partition_point(|fact| !fact.is_link()));
            if !records.iter().any(Fact::is_service_user) {
                self.verdicts.extend(links.iter().map(|link| {
                    link.verdict(Rule::NotAServiceUser(link.slot - 1), Instead::Nothing)
                }));
            }
            match records {
                [] => {}
                // Nothing to hold it against.
                [_] => self.note_number(records)?,
                _ => self.judge_person(records)?,
            }
        }
        self.facts = facts;
        Ok(())
    }

    fn judge_person(&mut self, same: &[Fact]) -> io::Result<()> {
        self.judge_numbers(same)?;
        self.judge_attribute(same, Attribute::Birth, |r| r.birth, Instead::Day);
        self.judge_attribute(same, Attribute::Death, |r| r.death, Instead::Day);
        let known = |value: u8| (value != 0).then_some(value);
        self.judge_attribute(same, Attribute::Gender, |r| known(r.gender), Instead::Value);
        self.judge_attribute(
            same,
            Attribute::Ethnicity,
            |r| known(r.ethnicity),
            Instead::Value,
        );
        Ok(())
    }

    fn judge_numbers(&mut self, same: &[Fact]) -> io::Result<()> {
        let nhs = same[0].nhs;
        if same.iter().all(|fact| fact.nhs == nhs) {
            return self.note_number(same);
        }
        let mut numbers: Vec<_> = same.iter().filter(|fact| fact.nhs != 0).copied().collect();
        numbers.sort_unstable_by_key(|fact| fact.nhs);
        let runs = || numbers.chunk_by(|a, b| a.nhs == b.nhs);
        let best = runs().map(<[_]>::len).max();
        let mut bests = runs().filter(|run| Some(run.len()) == best);
        // In order of the number, so that in a tie the first is the smallest.
        let most = bests.next().map_or(0, |run| run[0].nhs);
        let tie = bests.next().is_some();
        runs().try_for_each(|run| self.note_number(run))?;
        for fact in same.iter().filter(|fact| tie || fact.nhs != most) {
            let (rule, instead) = match fact.nhs {
                0 => (Rule::KnownElsewhere, Instead::Number(most)),
                _ if tie => (Rule::SeveralForPerson, Instead::Tie),
                _ => (Rule::SeveralForPerson, Instead::Number(most)),
            };
            self.verdicts.push(fact.verdict(rule, instead));
        }
        Ok(())
    }

    fn judge_attribute<T: Copy + Ord>(
        &mut self,
        same: &[Fact],
        attribute: Attribute,
        value: impl Fn(&Fact) -> Option<T>,
        instead: impl Fn(T) -> Instead,
    ) {
        let (most, instead) = match most_common(same.iter().filter_map(&value)) {
            Common::All => return,
            Common::Most(most) => (Some(most), instead(most)),
            Common::Tie => (None, Instead::Tie),
        };
        for fact in same {
            if value(fact).is_some_and(|v| Some(v) != most) {
                self.verdicts
                    .push(fact.verdict(Rule::Conflicting(attribute), instead));
            }
        }
    }

    /// Notes the number that all these records of a person have, if it is one.
    fn note_number(&mut self, same: &[Fact]) -> io::Result<()> {
        match same.iter().min_by_key(|fact| fact.place) {
            Some(first) if first.nhs != 0 => {
                let number = Number {
                    nhs: first.nhs,
                    records: same.len() as u32,
                    person: first.person,
                    first: first.place,
                    left_out: first.left_out,
                };
                self.numbers
                    .deal(Kind::Numbers, number.nhs.into(), number.packed())
            }
            _ => Ok(()),
        }
    }
}

impl Fact {
    fn is_service_user(&self) -> bool {
        self.flags & Record::SERVICE_USER != 0
    }
}

impl Flagged {
    /// Persons of one number. Where a person has a single record of it, that record is known and flagged at once; where
    /// there are more, they are told by number and person.
    fn judge(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut numbers = std::mem::take(&mut self.numbers);
        numbers.clear();
        numbers.extend(Number::all(bytes));
        numbers.sort_unstable_by_key(|number| number.nhs);
        let groups = numbers.chunk_by(|a, b| a.nhs == b.nhs);
        groups
            .filter(|group| group.len() > 1)
            .for_each(|group| self.judge_number(group));
        self.numbers = numbers;
        Ok(())
    }

    fn judge_number(&mut self, group: &[Number]) {
        let most = group.iter().map(|number| number.records).max();
        let mut bests = group.iter().filter(|number| Some(number.records) == most);
        let (majority, instead) = match (bests.next(), bests.next()) {
            (Some(best), None) => (Some(best.person), Instead::SameAs(best.first)),
            _ => (None, Instead::Tie),
        };
        for number in group
            .iter()
            .filter(|number| Some(number.person) != majority)
        {
            if number.records == 1 {
                self.verdicts.push(Verdict {
                    place: number.first,
                    left_out: number.left_out,
                    rule: Rule::SeveralForNumber,
                    instead,
                    beside: None,
                });
            } else {
                self.later.insert((number.nhs, number.person), instead);
            }
        }
    }
}

/// How far values agree.
enum Common<T> {
    All,
    /// This one has more records than any other.
    Most(T),
    Tie,
}

fn most_common<T: Copy + Ord>(mut values: impl Iterator<Item = T> + Clone) -> Common<T> {
    let all = values.clone();
    let Some(first) = values.next() else {
        return Common::All;
    };
    if values.all(|value| value == first) {
        return Common::All;
    }
    let mut all: Vec<_> = all.collect();
    all.sort_unstable();
    let (mut most, mut records, mut tie) = (first, 0, false);
    for run in all.chunk_by(|a, b| a == b) {
        if run.len() > records {
            (most, records, tie) = (run[0], run.len(), false);
        } else if run.len() == records {
            tie = true;
        }
    }
    if tie { Common::Tie } else { Common::Most(most) }
}
