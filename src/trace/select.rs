//! Who may be asked about: people with a worker now, alive, without a verified number, who did not object to the use of
//! theirs. Everybody else is counted under the first reason that holds.

use super::allocations::{Allocation, Allocations};
use super::census::Census;
use super::gates::most_attempts;
use super::people::{self, Day, PersonRow};
use super::register::entry::{
    AGAIN, CROSS_CHECK, DEAD, LONG, OF_PERSON, POSTCODE, WITHOUT_NUMBER, WITHOUT_POSTCODE,
};
use super::register::{Change, Digest32, Person, Sent, Status};
use super::request::{Asked, Form, Reference, Row};
use super::rule::Rule;
use super::selection::{Exclusion, ROWS_NAMED, Selection};
use super::work::Reason;
use crate::config::TracingConfig;
use crate::date::Date;
use crate::error::{Error, Result};
use crate::nhs_number::NhsNumber;

/// Weeks of a baby whose number the hospital still has to send.
const BABY_DAYS: i32 = 42;

/// Rules that leave nothing to correct in the case system.
pub(super) const SEND_AGAIN: [Rule; 5] = [
    Rule::Sentinel,
    Rule::CheckDigit,
    Rule::UnknownCode,
    Rule::Twice,
    Rule::Contradicts,
];

impl Person {
    /// Whether this rule decided last.
    pub(crate) fn is_by(&self, rule: Rule) -> bool {
        self.rule.as_deref() == Some(rule.name())
    }

    /// Whether the number was not taken, or taken back, because another living person has it.
    pub(super) fn is_shared(&self) -> bool {
        [Rule::Shared, Rule::AnotherPerson, Rule::Withdrawn]
            .into_iter()
            .any(|rule| self.is_by(rule))
    }
}

/// When a command runs.
#[derive(Debug, Clone)]
pub struct Moment {
    /// As RFC 3339 has it.
    pub at: String,
    /// The day of it.
    pub today: Date,
}

/// Somebody to ask about. No `Debug`.
pub struct Candidate {
    /// Local person id.
    pub person: String,
    /// The row of the request.
    pub row: Row,
    /// The number that the case system has, whether it is sent or not.
    pub number: Option<NhsNumber>,
    /// Digest of the facts.
    pub facts: Digest32,
    /// Flags of the question and of the person.
    pub flags: u32,
    /// The status so far.
    pub old_status: Option<Status>,
}

/// Where a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Here,
    Left(Date),
    Dead(Date),
}

impl Presence {
    pub(super) fn of(row: &PersonRow<'_>, allocation: Allocation, today: Date) -> Self {
        match (row.death.day(), row.is_dead(), allocation) {
            (day, true, _) => Self::Dead(day.unwrap_or(today)),
            (_, false, Allocation::Open) => Self::Here,
            (_, false, Allocation::Ended(day)) => Self::Left(day.unwrap_or(today).min(today)),
        }
    }

    /// The same in the register.
    pub(super) fn kind(person: &Person) -> u8 {
        if person.has(DEAD) {
            2
        } else {
            u8::from(person.gone.is_some())
        }
    }

    pub(super) fn is(self, kind: u8) -> bool {
        kind == match self {
            Self::Here => 0,
            Self::Left(_) => 1,
            Self::Dead(_) => 2,
        }
    }
}

/// Selects people, notes in the register what became of those that it knows, and hands over each who is to be asked about.
///
/// # Errors
/// When a file cannot be read or has not the columns, or the register refuses; and what `take` fails with.
pub fn select(
    config: &TracingConfig,
    change: &mut Change<'_>,
    moment: &Moment,
    mut take: impl FnMut(Candidate) -> Result<()>,
) -> Result<Selection> {
    let allocations = Allocations::read(&config.allocations, moment.today)?;
    let census = Census::take(config, change, moment)?;
    let mut selector = Selector {
        config,
        change,
        moment,
        found: Selection {
            unreadable_ends: allocations.unreadable.clone(),
            fit: allocations.fit(&census.people),
            ..Selection::default()
        },
        census,
    };
    people::read(&config.people, &config.keep, moment.today, |row| {
        selector.found.rows += 1;
        if row.gender_is_unread {
            selector.found.unread_genders.add(row.row);
        }
        if row.verified_is_unread {
            selector.found.unread_verified.add(row.row);
        }
        match selector.decide(row, allocations.of(row.person))? {
            Ok(candidate) => {
                match candidate.row.form() {
                    Form::CrossCheck => selector.found.cross_check += 1,
                    Form::Alphanumeric => selector.found.alphanumeric += 1,
                }
                take(candidate)
            }
            Err(exclusion) => {
                if exclusion == Exclusion::Incomplete && row.birth == Day::Unreadable {
                    selector.found.unreadable_births.add(row.row);
                }
                *selector.found.excluded.entry(exclusion).or_default() += 1;
                Ok(())
            }
        }
    })?;
    selector.absent()?;
    Ok(selector.found)
}

pub(super) struct Selector<'a, 'c> {
    config: &'a TracingConfig,
    pub(super) change: &'a mut Change<'c>,
    pub(super) moment: &'a Moment,
    pub(super) census: Census,
    pub(super) found: Selection,
}

impl Selector<'_, '_> {
    fn decide(
        &mut self,
        row: &PersonRow<'_>,
        allocation: Allocation,
    ) -> Result<std::result::Result<Candidate, Exclusion>> {
        if row.person.is_empty() {
            if self.found.rows_without_id.len() < ROWS_NAMED {
                self.found.rows_without_id.push(row.row);
            }
            return Ok(Err(Exclusion::NoPersonId));
        }
        let mut known = self.change.person(row.person)?;
        let sent = match known.as_ref().and_then(|person| person.reference) {
            Some(reference) => self.change.sent(&reference)?.map(|sent| (reference, sent)),
            None => None,
        };
        if self.census.twice.contains(row.person) {
            // Each row by itself: one of them is enough to doubt.
            if let Some(mut person) = known {
                let mut here = Presence::Here;
                if !self.census.lives(row.person) {
                    here = Presence::of(row, allocation, self.moment.today);
                    person = self.notice_presence(person, here, row.mental_health)?;
                }
                let person = self.notice_doubt(row, person, Some(here), sent.as_ref())?;
                self.notice_shared(row, &person)?;
            }
            return Ok(Err(Exclusion::SeveralRows));
        }
        let presence = Presence::of(row, allocation, self.moment.today);
        if let Some(person) = known.take() {
            let person = self.notice_presence(person, presence, row.mental_health)?;
            let person = self.notice_doubt(row, person, Some(presence), sent.as_ref())?;
            if !row.is_dead() {
                self.notice_shared(row, &person)?;
            }
            known = self.change.person(row.person)?;
        }
        match presence {
            Presence::Dead(_) => return Ok(Err(Exclusion::Dead)),
            Presence::Left(_) => return Ok(Err(Exclusion::NoWorker)),
            Presence::Here => {}
        }
        if row.death_is_unclear() {
            if known.is_none() && !row.objects {
                self.notice(row, None, Rule::DeathUnclear, Status::Required, None)?;
            }
            return Ok(Err(Exclusion::DeathUnclear));
        }
        if row.objects {
            return Ok(Err(Exclusion::Objection));
        }
        let known = known.as_ref();
        // An answer about somebody who is recorded otherwise by now is of the past: they are asked about anew.
        let changed = |(reference, sent): &(Reference, Sent)| row.facts(reference) != sent.facts;
        let claims_count = !sent.as_ref().is_some_and(changed);
        if known.is_none_or(|person| person.status != Status::InProgress)
            && self.census.is_shared(row, known, claims_count)
        {
            if !known.is_some_and(|person| person.is_by(Rule::Withdrawn)) {
                self.notice(row, known, Rule::Shared, Status::Conflict, None)?;
            }
            return Ok(Err(Exclusion::NumberShared));
        }
        let verified = row.verified && row.number.is_some();
        if verified || known.is_some_and(|p| p.status == Status::Verified) {
            return Ok(Err(Exclusion::Verified));
        }
        if let Some(born) = row.birth.day()
            && born <= self.moment.today
            && self.moment.today.days_since_1970() - born.days_since_1970() < BABY_DAYS
        {
            self.notice(row, known, Rule::Baby, Status::Postponed, None)?;
            return Ok(Err(Exclusion::Baby));
        }
        let dropped = match self.dropped(row, known, sent.as_ref()) {
            Ok(dropped) => dropped,
            Err(exclusion) => return Ok(Err(exclusion)),
        };
        if let Some(number) = row.number
            && self.census.has_shared(&number)
        {
            self.notice(row, known, Rule::Shared, Status::Conflict, None)?;
            return Ok(Err(Exclusion::NumberShared));
        }
        let reference = Reference::new().map_err(|error| {
            Error::Internal(format!("the system gave no random bytes: {error}"))
        })?;
        // The number that was verified is asked about where the case system has none.
        let formerly = known.and_then(|person| match (person.status, &sent) {
            (Status::InProgress, Some((_, sent))) if dropped & AGAIN != 0 => sent.number,
            _ if person.is_by(Rule::RecordChanged) => person.offered,
            _ => None,
        });
        let number = row
            .number
            .or(formerly.filter(|_| dropped & WITHOUT_NUMBER == 0));
        let asked = Asked {
            reference,
            nhs_number: number.filter(|_| dropped & WITHOUT_NUMBER == 0),
            family_name: row.family_name.to_owned(),
            given_names: row.given_name.to_owned(),
            gender: row.gender,
            birth_date: row.birth.day(),
            postcode: match dropped & WITHOUT_POSTCODE {
                0 => row.postcode.to_owned(),
                _ => String::new(),
            },
        };
        let request = match Row::of(&asked, self.moment.today) {
            Ok(request) => request,
            Err(why) => {
                let status = match row.number {
                    Some(_) => Status::NotTraced,
                    None => Status::Required,
                };
                let reason = match row.birth {
                    Day::Unreadable => Reason::BirthDateUnreadable,
                    _ => Reason::of_not_enough(why),
                };
                self.notice(row, known, Rule::Incomplete, status, Some(reason))?;
                return Ok(Err(Exclusion::Incomplete));
            }
        };
        if dropped != 0 {
            self.found.again += 1;
        }
        let mut flags = dropped & !AGAIN | long(row.mental_health) | row.names(&reference);
        flags |= known.map_or(0, |person| person.flags & OF_PERSON);
        flags |= if request.form() == Form::CrossCheck {
            CROSS_CHECK
        } else {
            0
        };
        flags |= if request.has_postcode() { POSTCODE } else { 0 };
        Ok(Ok(Candidate {
            person: row.person.to_owned(),
            number,
            facts: row.facts(&reference),
            flags,
            old_status: known.map(|person| person.status),
            row: request,
        }))
    }

    /// What is left out of the next question, if there is to be one; [`AGAIN`] where it is one of those before again.
    fn dropped(
        &self,
        row: &PersonRow<'_>,
        known: Option<&Person>,
        sent: Option<&(Reference, Sent)>,
    ) -> std::result::Result<u32, Exclusion> {
        let (Some(person), Some((reference, sent))) = (known, sent) else {
            return Ok(0);
        };
        // Something was corrected: a new question.
        let unchanged = row.facts(reference) == sent.facts;
        match person.status {
            Status::InProgress => {
                let day = |at: &str| at.get(..10).and_then(Date::parse_iso);
                let since = person.last_asked.as_deref().and_then(day);
                let days = since.map_or(i32::MAX, |since| {
                    self.moment.today.days_since_1970() - since.days_since_1970()
                });
                if i64::from(days) < i64::from(self.config.ask_again_after_days) {
                    Err(Exclusion::Waiting)
                } else if unchanged {
                    Ok(AGAIN | sent.flags & (WITHOUT_NUMBER | WITHOUT_POSTCODE))
                } else {
                    Ok(0)
                }
            }
            _ if !unchanged => Ok(0),
            _ if person.has(AGAIN) => {
                Ok(AGAIN | person.flags & (WITHOUT_NUMBER | WITHOUT_POSTCODE))
            }
            // Who comes back is asked about anew, and so is whose number is nobody else's any more, or who objects no more.
            _ if person.is_shared()
                || [Rule::Returned, Rule::Objected]
                    .into_iter()
                    .any(|rule| person.is_by(rule)) =>
            {
                Ok(AGAIN)
            }
            // Nothing to correct: PDS may say something better.
            _ if person.attempts < most_attempts(sent.flags)
                && SEND_AGAIN.into_iter().any(|rule| person.is_by(rule)) =>
            {
                Ok(AGAIN | sent.flags & (WITHOUT_NUMBER | WITHOUT_POSTCODE))
            }
            _ => Err(Exclusion::Unsettled),
        }
    }
}

pub(super) fn long(mental_health: bool) -> u32 {
    if mental_health { LONG } else { 0 }
}
