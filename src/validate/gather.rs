//! Keeps of each record what the rules across records need, while batches pass.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io;

use foldhash::quality::FixedState;
use unicode_normalization::UnicodeNormalization as _;

use super::across::{Across, Gathered, Link, Place, Record, first_nine};
use super::checker::Checker;
use super::lexicon::is_blank;
use super::plan::{ClientKind, EventKind, Plan};
use crate::date::Date;
use crate::extract::{Cells, text_of};
use crate::map::Mapping;
use crate::tokens::speaks_of_conversation;

/// Records by the reporting period that they state.
pub type Periods = BTreeMap<(Option<Date>, Option<Date>), u64>;

/// What is counted for the rules about the extract as a whole.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct FileSums {
    /// Records by the reporting period that they state.
    pub periods: Periods,
    /// Submitted records by kind of event, open ones included.
    pub totals: [u64; 4],
    /// Records without a valid NHS number by kind of event; at the end those without an event.
    pub without_number: [u64; 5],
    /// Records with one, likewise.
    pub with_number: [u64; 5],
}

impl FileSums {
    /// Adds another thread's.
    pub fn merge(&mut self, other: &Self) {
        for (period, n) in &other.periods {
            *self.periods.entry(*period).or_default() += n;
        }
        let add = |mine: &mut [u64], theirs: &[u64]| {
            mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b)
        };
        add(&mut self.totals, &other.totals);
        add(&mut self.without_number, &other.without_number);
        add(&mut self.with_number, &other.with_number);
    }
}

/// Gathers, batch by batch. One belongs to one thread.
pub struct Gatherer<'a> {
    plan: &'a Plan,
    key: EventKey,
    across: Gathered<'a>,
    sums: FileSums,
}

/// The national unique-event key, by kind of event.
struct EventKey {
    every: Vec<usize>,
    joined: [Vec<usize>; 4],
    single: [Vec<usize>; 4],
}

impl EventKey {
    fn new(plan: &Plan) -> Self {
        let event = &plan.schema.unique_event;
        let of_kind = |keys: &[(String, Vec<usize>)]| {
            EventKind::ALL.map(|kind| {
                keys.iter()
                    .filter(|(name, _)| name.eq_ignore_ascii_case(kind.name()))
                    .flat_map(|(_, fields)| fields.iter().copied())
                    .collect()
            })
        };
        Self {
            every: event.every.clone(),
            joined: of_kind(&event.joined),
            single: of_kind(&event.single),
        }
    }
}

impl<'a> Gatherer<'a> {
    /// One that has gathered nothing, and adds to what others gather.
    pub fn new(plan: &'a Plan, across: &'a Across) -> Self {
        Self {
            plan,
            key: EventKey::new(plan),
            across: across.gather(),
            sums: FileSums::default(),
        }
    }

    /// Hands over the last records and gives what was counted.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(self) -> io::Result<FileSums> {
        self.across.finish()?;
        Ok(self.sums)
    }

    /// Gathers from the checker's last batch. `left_out` has for each record why it is left out, as the caller numbers
    /// reasons from 1, and 0 if it is submitted.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn gather(
        &mut self,
        checker: &Checker<'_>,
        cells: &Cells,
        mapping: &Mapping,
        left_out: &[u8],
    ) -> io::Result<()> {
        let roles = &self.plan.schema.roles;
        let source = cells.source;
        let checked = checker.checked();
        let date = |field: usize, record: usize| checked.columns[field].dates[record];
        let cell = |field: usize, record: usize| {
            mapping.fields[field].map_or(&b""[..], |column| cells.get(column, record))
        };
        let mut period = (Default::default(), 0);
        for at in 0..cells.len() {
            let left_out = left_out[at];
            let is_submitted = left_out == 0;
            let entry = |field: usize| checker.entry(source, field, at);
            let kind = entry(roles.event_type).map_or(EventKind::None, |e| e.event);
            let number = checked.columns[roles.nhs_number].numbers[at];
            self.count(kind, number.is_some(), is_submitted);
            let stated = (date(roles.period_start, at), date(roles.period_end, at));
            if stated != period.0 {
                self.count_period(period);
                period = (stated, 0);
            }
            period.1 += 1;

            let person = person_hash(cell(roles.person_id, at));
            let place = Place::new(source, cells.row(at));
            let (start, death) = (date(roles.event_start, at), date(roles.death, at));
            let end = derived_end(start, date(roles.event_end, at), death);
            let nhs = number.as_ref().map_or(0, first_nine);
            let mut record = Record {
                place,
                person,
                event: 0,
                detail: 0,
                nhs,
                birth: date(roles.birth, at),
                death,
                end,
                period_end: stated.1,
                gender: entry(roles.gender).map_or(0, |e| e.place),
                ethnicity: entry(roles.ethnicity).map_or(0, |e| e.place),
                outcome: entry(roles.outcome).map_or(Record::NO_OUTCOME, |e| e.rank),
                flags: 0,
                left_out,
            };
            let client = entry(roles.client_type).map_or(ClientKind::Other, |e| e.client);
            if client == ClientKind::ServiceUser {
                record.flags |= Record::SERVICE_USER;
            }
            let is_somebody = (nhs, person) != (0, 0);
            if is_submitted && kind != EventKind::None && start.is_some() && is_somebody {
                self.identify(&mut record, kind, start, |field| {
                    entry(field).map_or(0, |e| e.key)
                });
                if speaks_of_conversation(cell(roles.description, at)) {
                    record.flags |= Record::CONVERSATION;
                }
            }
            self.across.record(&record)?;
            // A service user has no linked ids, and the checks of the record say so.
            let is_carer = client != ClientKind::ServiceUser;
            for (slot, field) in self.plan.links.iter().enumerate().filter(|_| is_carer) {
                let linked = person_hash(cell(*field, at));
                if linked != 0 {
                    self.across.link(&Link {
                        place,
                        slot: slot as u8,
                        person: linked,
                        left_out,
                    })?;
                }
            }
        }
        self.count_period(period);
        Ok(())
    }

    fn count(&mut self, kind: EventKind, has_number: bool, is_submitted: bool) {
        let at = EventKind::ALL.iter().position(|k| *k == kind);
        if has_number {
            self.sums.with_number[at.unwrap_or(4)] += 1;
        } else {
            self.sums.without_number[at.unwrap_or(4)] += 1;
        }
        if let Some(at) = at.filter(|_| is_submitted) {
            self.sums.totals[at] += 1;
        }
    }

    fn count_period(&mut self, (period, records): ((Option<Date>, Option<Date>), u64)) {
        if records > 0 {
            *self.sums.periods.entry(period).or_default() += records;
        }
    }

    /// Fills in what makes the record the same event as another one: the person by NHS number first, as nationally.
    fn identify(
        &self,
        record: &mut Record,
        kind: EventKind,
        start: Option<Date>,
        key: impl Fn(usize) -> u64,
    ) {
        let Some(at) = EventKind::ALL.iter().position(|k| *k == kind) else {
            return;
        };
        let roles = &self.plan.schema.roles;
        let part = |field: usize| {
            let day = |day: Option<Date>| day.map_or(0, |d| d.days_since_1970() as u32 as u64 + 1);
            if field == roles.event_start {
                day(start)
            } else if field == roles.event_end {
                day(record.end)
            } else {
                key(field)
            }
        };
        let mut hasher = FixedState::default().build_hasher();
        if record.nhs != 0 {
            hasher.write_u32(record.nhs);
        } else {
            hasher.write_u64(record.person);
        }
        for field in self.key.every.iter().chain(&self.key.joined[at]) {
            hasher.write_u64(part(*field));
        }
        let event = hasher.finish().max(1);
        let mut hasher = FixedState::default().build_hasher();
        for field in &self.key.single[at] {
            hasher.write_u64(part(*field));
        }
        (record.event, record.detail) = (event, hasher.finish() as u32);
    }
}

/// The end as national processing has it, version 1: a death between start and end, or after the start of what has no
/// end, is the end (spec rules.md section 7).
pub fn derived_end(start: Option<Date>, end: Option<Date>, death: Option<Date>) -> Option<Date> {
    match (start, death) {
        (Some(start), Some(death)) if death >= start && end.is_none_or(|end| death <= end) => {
            Some(death)
        }
        _ => end,
    }
}

/// A number for an id: the same for ids that are one under contract section 3, 0 for a blank one.
pub(super) fn person_hash(cell: &[u8]) -> u64 {
    let state = FixedState::default();
    match cell {
        [] => return 0,
        // Nearly all of them: nothing to trim, and only the text NULL begins with a letter and is blank.
        [first, .., last]
            if first.is_ascii_alphanumeric()
                && !matches!(first, b'n' | b'N')
                && last.is_ascii_alphanumeric()
                && cell.is_ascii() =>
        {
            return state.hash_one(cell).max(1);
        }
        _ => {}
    }
    let text = text_of(cell);
    let trimmed = text.trim();
    if is_blank(trimmed) {
        return 0;
    }
    if trimmed.is_ascii() {
        return state.hash_one(trimmed.as_bytes()).max(1);
    }
    let canonical: String = trimmed.nfc().collect();
    state.hash_one(canonical.as_bytes()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_one_have_one_number() {
        assert_eq!(person_hash(b" P1\t"), person_hash(b"P1"));
        assert_ne!(person_hash(b"P1"), person_hash(b"P2"));
        assert_eq!(
            person_hash("e\u{301}1".as_bytes()),
            person_hash("é1\u{a0}".as_bytes())
        );
        assert_eq!(person_hash(b"P1\x0b"), person_hash(b"P1"));
        for blank in [
            "",
            "  ",
            "null",
            "\u{a0}",
            "NULL ",
            "\u{a0}Null",
            "\x0bNULL",
        ] {
            assert_eq!(person_hash(blank.as_bytes()), 0, "{blank:?}");
        }
    }

    #[test]
    fn a_death_within_the_event_is_its_end() {
        let day = |d| Date::new(2025, 6, d);
        assert_eq!(derived_end(day(1), day(20), day(10)), day(10));
        assert_eq!(derived_end(day(1), None, day(10)), day(10));
        assert_eq!(derived_end(day(1), day(5), day(10)), day(5));
        assert_eq!(derived_end(day(11), day(20), day(10)), day(20));
        assert_eq!(derived_end(None, day(20), day(10)), day(20));
        assert_eq!(derived_end(day(1), day(20), None), day(20));
    }
}
