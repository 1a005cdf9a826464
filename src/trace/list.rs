//! Who is on the work list, and why: what the register could not settle, and where the case system says something else than
//! it.

use std::collections::HashMap;

use super::answer::RecordCode;
use super::people::{self, Allocation, Allocations, PersonRow};
use super::register::entry::{CROSS_CHECK, DEAD, PDS_DEAD, POSTCODE};
use super::register::{Change, Person, Register, Status};
use super::request::Form;
use super::rule::Rule;
use super::select::Moment;
use super::work::{Reason, Sent, WorkItem};
use crate::config::TracingConfig;
use crate::date::Date;
use crate::error::Result;
use crate::nhs_number;
use crate::redact::Identifying;

/// The living people by the number that they have in the case system or from PDS.
type Holders = HashMap<u64, Vec<Box<str>>>;

/// Makes the work list of everybody who has a worker.
///
/// # Errors
/// When a file cannot be read or has not the columns, or the register refuses.
pub fn list(
    config: &TracingConfig,
    register: &mut Register,
    moment: &Moment,
) -> Result<Vec<WorkItem>> {
    let allocations = Allocations::read(&config.allocations, moment.today)?;
    let mut holders = Holders::new();
    people::read(&config.people, &config.keep, |row| {
        if let (Some(number), false) = (row.number, row.is_dead()) {
            let people = holders.entry(number.as_u64()).or_default();
            people.push(row.person.into());
        }
        Ok(())
    })?;
    register.people(|known| {
        let given = known.number.or(known.offered.filter(|_| known.is_shared()));
        if let (Some(number), false) = (given, known.has(DEAD)) {
            let people = holders.entry(number.as_u64()).or_default();
            people.push(known.person.into());
        }
    })?;
    let mut items = Vec::new();
    register.change(&moment.at, |change| {
        people::read(&config.people, &config.keep, |row| {
            let here = !row.is_dead() && allocations.of(row.person) == Allocation::Open;
            if here && let Some(person) = change.person(row.person)? {
                let lister = Lister {
                    config,
                    moment,
                    holders: &holders,
                };
                lister.add(change, row, &person, &mut items)?;
            }
            Ok(())
        })
    })?;
    Ok(items)
}

struct Lister<'a> {
    config: &'a TracingConfig,
    moment: &'a Moment,
    holders: &'a Holders,
}

impl Lister<'_> {
    fn add(
        &self,
        change: &mut Change<'_>,
        row: &PersonRow<'_>,
        person: &Person,
        items: &mut Vec<WorkItem>,
    ) -> Result<()> {
        let mut reasons = Vec::new();
        match person.status {
            Status::Verified if self.other(change, row, person)?.is_some() => {
                reasons.push(Reason::HeldByAnother);
            }
            Status::Verified => reasons.extend(self.disagrees(row, person)),
            Status::InProgress => {
                reasons.extend(self.is_overdue(person).then_some(Reason::NoAnswer));
            }
            Status::NotRequired | Status::Postponed => {}
            _ => reasons.extend(self.unsettled(change, person)?),
        }
        if row.death_is_unclear() {
            reasons.push(Reason::DeathUnclear);
        }
        if person.has(PDS_DEAD) {
            reasons.push(Reason::Dead);
        }
        for reason in reasons {
            let other = match reason {
                Reason::HeldByAnother => self.other(change, row, person)?,
                _ => None,
            };
            items.push(WorkItem {
                person_id: Identifying::new(person.person.clone()),
                reason,
                other_person_id: other.map(Identifying::new),
                first_asked: person.first_asked.as_deref().and_then(day),
                attempts: person.attempts,
                code: person.code.as_deref().and_then(code),
                confidence: person.confidence.and_then(|c| u8::try_from(c).ok()),
                left_out: Vec::new(),
            });
        }
        Ok(())
    }

    /// How the case system differs from a number that is verified.
    fn disagrees(&self, row: &PersonRow<'_>, person: &Person) -> Option<Reason> {
        match row.number {
            Some(number) if person.number == Some(number) => None,
            Some(_) if person.rule.as_deref() == Some(Rule::Superseded.name()) => {
                Some(Reason::Superseded)
            }
            Some(_) => Some(Reason::OtherNumber),
            None if row.has_number_text() => Some(Reason::HeldNumberInvalid),
            None => None,
        }
    }

    fn is_overdue(&self, person: &Person) -> bool {
        let asked = person.last_asked.as_deref().and_then(day);
        asked.is_some_and(|asked| {
            let days = self.moment.today.days_since_1970() - asked.days_since_1970();
            i64::from(days) >= i64::from(self.config.ask_again_after_days)
        })
    }

    fn unsettled(&self, change: &mut Change<'_>, person: &Person) -> Result<Option<Reason>> {
        let Some(rule) = person.rule.as_deref().and_then(Rule::of) else {
            return Ok(None);
        };
        Ok(Some(match rule {
            Rule::RecordChanged => Reason::ChangedSince,
            Rule::Sentinel | Rule::CheckDigit => Reason::NoUsableNumber,
            Rule::BirthDateNotWhole => Reason::BirthDateNotWhole,
            Rule::BirthDate => Reason::BirthDateDiffers,
            Rule::UnknownAlgorithm => Reason::UnknownAlgorithm,
            Rule::NotCertain => Reason::NotExact,
            Rule::NothingToCheck => Reason::NothingToCheck,
            Rule::NotSure => Reason::NotSure,
            Rule::NotSuperseded => Reason::NotSuperseded,
            Rule::OtherQuestion => Reason::OtherQuestion,
            Rule::NumberChanged => Reason::OtherNumber,
            Rule::AnotherPerson | Rule::Withdrawn | Rule::Shared => Reason::HeldByAnother,
            Rule::Twice | Rule::Contradicts => Reason::TwoAnswers,
            Rule::Incomplete => {
                return Ok(person.code.as_deref().and_then(Reason::named));
            }
            Rule::InvalidRecord
            | Rule::UnderInvestigation
            | Rule::SeveralExact
            | Rule::SeveralClose
            | Rule::NoMatch
            | Rule::Fault
            | Rule::UnknownCode => {
                let flags = match &person.reference {
                    Some(reference) => change.sent(reference)?.map_or(0, |sent| sent.flags),
                    None => 0,
                };
                let sent = Sent {
                    form: match flags & CROSS_CHECK {
                        0 => Form::Alphanumeric,
                        _ => Form::CrossCheck,
                    },
                    postcode: flags & POSTCODE != 0,
                };
                let code = person.code.as_deref().and_then(code);
                return Ok(code.and_then(|code| Reason::of_code(code, sent)));
            }
            Rule::Matched
            | Rule::Superseded
            | Rule::Sensitive
            | Rule::Late
            | Rule::Died
            | Rule::Left
            | Rule::Returned
            | Rule::Objected
            | Rule::DeathUnclear
            | Rule::Baby => return Ok(None),
        }))
    }

    /// The other living person whose number it is.
    fn other(
        &self,
        change: &mut Change<'_>,
        row: &PersonRow<'_>,
        person: &Person,
    ) -> Result<Option<String>> {
        let Some(number) = person.number.or(person.offered).or(row.number) else {
            return Ok(None);
        };
        if let Some(holder) = change.holder(&number, &person.person)? {
            return Ok(Some(holder));
        }
        let holders = self.holders.get(&number.as_u64());
        let mut others = holders.into_iter().flatten();
        let other = others.find(|other| ***other != *person.person);
        Ok(other.map(|other| other.to_string()))
    }
}

impl PersonRow<'_> {
    /// Whether there is something in the place of a number that is no NHS number.
    fn has_number_text(&self) -> bool {
        matches!(
            nhs_number::canonical(self.number_text()),
            Err(refusal) if refusal != nhs_number::Refusal::Blank
        )
    }
}

fn day(at: &str) -> Option<Date> {
    at.get(..10).and_then(Date::parse_iso)
}

fn code(text: &str) -> Option<RecordCode> {
    (text.len() == 2).then(|| RecordCode::parse(text.as_bytes()))
}
