//! Rules about a person: identifiers that do not fit each other, facts that contradict each other, links to nobody.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::grouping::{Key, for_each_part, groups, on_threads, share};
use super::{Across, Attribute, Instead, Record, Rule, Verdict};

/// What one thread found, and room it uses again.
#[derive(Default)]
struct Found {
    verdicts: Vec<Verdict>,
    /// The numbers of each person: the number itself, how many records have it, and the first of them.
    numbers: Vec<Key>,
    /// Records of a part that share their person with others.
    members: Vec<Member>,
}

/// A record where it is close to the others of its person, and its position among all.
#[derive(Clone, Copy)]
struct Member {
    record: Record,
    index: u32,
}

/// What becomes of the records that have an NHS number beside a person id.
type Numbered = HashMap<(u32, u64), Instead, FixedState>;

/// Verdicts, and what becomes of all records with a number and a person.
type Flagged = (Vec<Verdict>, Vec<((u32, u64), Instead)>);

/// Judges the persons of all records, in no order.
pub(super) fn judge(across: &Across, threads: usize) -> Vec<Verdict> {
    let mut found = by_person(across, threads);
    let mut verdicts = Vec::new();
    let mut numbered = Numbered::default();
    for (flagged, rest) in by_number(&across.records, &found, threads) {
        verdicts.extend(flagged);
        numbered.extend(rest);
    }
    for found in &mut found {
        verdicts.append(&mut found.verdicts);
    }
    drop(found);
    if !numbered.is_empty() {
        let flagged = on_threads(threads, |thread| {
            let (_, records) = share(&across.records, thread, threads);
            let flag = |r: &Record| {
                let instead = *numbered.get(&(r.nhs, r.person))?;
                Some(several_for_number(r, instead))
            };
            records.iter().filter_map(flag).collect::<Vec<_>>()
        });
        verdicts.extend(flagged.into_iter().flatten());
    }
    verdicts
}

fn several_for_number(record: &Record, instead: Instead) -> Verdict {
    Verdict {
        place: record.place,
        rule: Rule::SeveralForNumber,
        instead,
        beside: None,
    }
}

/// Records and links of one person id. Links count on from the records.
fn by_person(across: &Across, threads: usize) -> Vec<Found> {
    let Across { records, links } = across;
    let keys = |thread| {
        let (first, records_here) = share(records, thread, threads);
        let (first_link, links_here) = share(links, thread, threads);
        let first_link = first_link + records.len() as u32;
        let records_here = records_here.iter().zip(first..).map(|(r, index)| Key {
            hash: r.person,
            index,
            rest: r.nhs,
        });
        let links_here = links_here.iter().zip(first_link..).map(|(l, index)| Key {
            hash: l.person,
            index,
            rest: 0,
        });
        records_here.chain(links_here).filter(|key| key.hash != 0)
    };
    let expected = records.len() + links.len();
    for_each_part(threads, expected, keys, |found: &mut Found, part| {
        // Copied together first: they lie far apart, and so many reads wait at once instead of one after the other.
        let mut members = std::mem::take(&mut found.members);
        members.clear();
        for group in groups(part) {
            found.gather(across, group, &mut members);
        }
        for same in members.chunk_by(|a, b| a.record.person == b.record.person) {
            found.judge_person(same);
        }
        found.members = members;
    })
}

impl Found {
    /// Takes the records of one person among the members if there are several. The links to it are judged here.
    fn gather(&mut self, across: &Across, group: &[Key], members: &mut Vec<Member>) {
        let Across { records, links } = across;
        let record = |key: &Key| records.get(key.index as usize);
        if let [key] = group
            && record(key).is_some()
        {
            // Nothing to hold it against: the record itself is not looked at.
            self.note_single(key);
            return;
        }
        let before = members.len();
        let of_person = group.iter().filter_map(|key| {
            record(key).map(|record| Member {
                record: *record,
                index: key.index,
            })
        });
        members.extend(of_person);
        let found = members.len() - before;
        if found < group.len() && !members[before..].iter().any(Member::is_service_user) {
            let to_nobody = group.iter().filter(|key| record(key).is_none());
            self.verdicts.extend(to_nobody.map(|key| {
                let link = &links[key.index as usize - records.len()];
                Verdict {
                    place: link.place,
                    rule: Rule::NotAServiceUser(link.slot),
                    instead: Instead::Nothing,
                    beside: None,
                }
            }));
        }
    }

    fn judge_person(&mut self, same: &[Member]) {
        self.judge_numbers(same);
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
    }

    fn judge_numbers(&mut self, same: &[Member]) {
        let nhs = same[0].record.nhs;
        if same.iter().all(|m| m.record.nhs == nhs) {
            self.note_number(same);
            return;
        }
        let mut numbers: Vec<_> = same.iter().filter(|m| m.record.nhs != 0).copied().collect();
        numbers.sort_unstable_by_key(|m| m.record.nhs);
        let runs = || numbers.chunk_by(|a, b| a.record.nhs == b.record.nhs);
        let best = runs().map(<[_]>::len).max();
        let mut bests = runs().filter(|run| Some(run.len()) == best);
        // In order of the number, so that in a tie the first is the smallest.
        let most = bests.next().map_or(0, |run| run[0].record.nhs);
        let tie = bests.next().is_some();
        runs().for_each(|run| self.note_number(run));
        for Member { record, .. } in same.iter().filter(|m| tie || m.record.nhs != most) {
            let (rule, instead) = match record.nhs {
                0 => (Rule::KnownElsewhere, Instead::Number(most)),
                _ if tie => (Rule::SeveralForPerson, Instead::Tie),
                _ => (Rule::SeveralForPerson, Instead::Number(most)),
            };
            self.verdicts.push(Verdict {
                place: record.place,
                rule,
                instead,
                beside: None,
            });
        }
    }

    fn judge_attribute<T: Copy + Ord>(
        &mut self,
        same: &[Member],
        attribute: Attribute,
        value: impl Fn(&Record) -> Option<T>,
        instead: impl Fn(T) -> Instead,
    ) {
        let (most, instead) = match most_common(same.iter().filter_map(|m| value(&m.record))) {
            Common::All => return,
            Common::Most(most) => (Some(most), instead(most)),
            Common::Tie => (None, Instead::Tie),
        };
        for Member { record, .. } in same {
            if value(record).is_some_and(|v| Some(v) != most) {
                self.verdicts.push(Verdict {
                    place: record.place,
                    rule: Rule::Conflicting(attribute),
                    instead,
                    beside: None,
                });
            }
        }
    }

    /// Notes the number of a person's only record.
    fn note_single(&mut self, key: &Key) {
        if key.rest != 0 {
            self.numbers.push(Key {
                hash: key.rest.into(),
                index: key.index,
                rest: 1,
            });
        }
    }

    /// Notes the number that all these records of a person have.
    fn note_number(&mut self, same: &[Member]) {
        if let Some(first) = same.iter().min_by_key(|m| m.record.place)
            && first.record.nhs != 0
        {
            self.numbers.push(Key {
                hash: first.record.nhs.into(),
                index: first.index,
                rest: same.len() as u32,
            });
        }
    }
}

impl Member {
    fn is_service_user(&self) -> bool {
        self.record.is(Record::SERVICE_USER)
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

/// Persons of one number. Where a person has a single record of it, that record is known and flagged at once; where there
/// are more, they are told by number and person.
fn by_number(records: &[Record], found: &[Found], threads: usize) -> Vec<Flagged> {
    let keys = |thread: usize| found[thread].numbers.iter().copied();
    let expected = found.iter().map(|f| f.numbers.len()).sum();
    for_each_part(threads, expected, keys, |flagged: &mut Flagged, part| {
        for group in groups(part).filter(|group| group.len() > 1) {
            judge_number(records, group, flagged);
        }
    })
}

/// Judges the persons of one number.
fn judge_number(records: &[Record], group: &[Key], (at_once, later): &mut Flagged) {
    let most = group.iter().map(|key| key.rest).max();
    let mut bests = group.iter().filter(|key| Some(key.rest) == most);
    let (majority, instead) = match (bests.next(), bests.next()) {
        (Some(best), None) => {
            let first = &records[best.index as usize];
            (Some(best.index), Instead::SameAs(first.place))
        }
        _ => (None, Instead::Tie),
    };
    for key in group.iter().filter(|key| Some(key.index) != majority) {
        let record = &records[key.index as usize];
        if key.rest == 1 {
            at_once.push(several_for_number(record, instead));
        } else {
            later.push(((record.nhs, record.person), instead));
        }
    }
}
