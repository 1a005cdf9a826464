//! Who may be asked about: people with a worker now, alive, without a verified number, who did not object to the use of
//! theirs. Everybody else is counted under the first reason that holds.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;

use super::people::{self, Allocation, Allocations, PersonRow};
use super::register::entry::{
    AGAIN, CROSS_CHECK, DEAD, LONG, OF_PERSON, PDS_DEAD, POSTCODE, WITHOUT_NUMBER, WITHOUT_POSTCODE,
};
use super::register::{Change, Digest32, Entry, Event, Person, Sent, Status, Whom};
use super::request::{Asked, Form, Reference, Row};
use super::rule::Rule;
use super::selection::{Exclusion, Selection};
use super::work::Reason;
use crate::config::TracingConfig;
use crate::date::Date;
use crate::error::{Error, Result};
use crate::nhs_number::NhsNumber;

/// Weeks of a baby whose number the hospital still has to send.
const BABY_DAYS: i32 = 42;

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

/// What must be known of all people before anything can be said of one.
struct Census {
    people: HashSet<Box<str>>,
    twice: HashSet<Box<str>>,
    shared: HashSet<u64>,
}

impl Census {
    fn take(config: &TracingConfig) -> Result<Self> {
        let mut census = Self {
            people: HashSet::new(),
            twice: HashSet::new(),
            shared: HashSet::new(),
        };
        let mut numbers: HashMap<u64, u64> = HashMap::new();
        people::read(&config.people, &config.keep, |row| {
            if row.person.is_empty() {
                return Ok(());
            }
            if !census.people.insert(row.person.into()) {
                census.twice.insert(row.person.into());
            }
            if let (Some(number), false) = (row.number, row.is_dead()) {
                let number = number.as_u64();
                let person = FixedState::default().hash_one(row.person);
                if *numbers.entry(number).or_insert(person) != person {
                    census.shared.insert(number);
                }
            }
            Ok(())
        })?;
        Ok(census)
    }
}

/// Where a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Here,
    Left(Date),
    Dead(Date),
}

impl Presence {
    fn of(row: &PersonRow<'_>, allocation: Allocation, today: Date) -> Self {
        match (row.death.day(), row.is_dead(), allocation) {
            (day, true, _) => Self::Dead(day.unwrap_or(today)),
            (_, false, Allocation::Open) => Self::Here,
            (_, false, Allocation::Ended(day)) => Self::Left(day.unwrap_or(today).min(today)),
        }
    }

    /// The same in the register.
    fn kind(person: &Person) -> u8 {
        if person.has(DEAD) {
            2
        } else {
            u8::from(person.gone.is_some())
        }
    }

    fn is(self, kind: u8) -> bool {
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
    let allocations = Allocations::read(&config.allocations)?;
    let census = Census::take(config)?;
    let mut selector = Selector {
        config,
        change,
        moment,
        census,
        found: Selection::default(),
    };
    people::read(&config.people, &config.keep, |row| {
        selector.found.rows += 1;
        match selector.decide(row, allocations.of(row.person))? {
            Ok(candidate) => {
                match candidate.row.form() {
                    Form::CrossCheck => selector.found.cross_check += 1,
                    Form::Alphanumeric => selector.found.alphanumeric += 1,
                }
                take(candidate)
            }
            Err(exclusion) => {
                *selector.found.excluded.entry(exclusion).or_default() += 1;
                Ok(())
            }
        }
    })?;
    selector.absent()?;
    Ok(selector.found)
}

struct Selector<'a, 'c> {
    config: &'a TracingConfig,
    change: &'a mut Change<'c>,
    moment: &'a Moment,
    census: Census,
    found: Selection,
}

impl Selector<'_, '_> {
    fn decide(
        &mut self,
        row: &PersonRow<'_>,
        allocation: Allocation,
    ) -> Result<std::result::Result<Candidate, Exclusion>> {
        if row.person.is_empty() {
            return Ok(Err(Exclusion::NoPersonId));
        }
        if self.census.twice.contains(row.person) {
            return Ok(Err(Exclusion::SeveralRows));
        }
        let presence = Presence::of(row, allocation, self.moment.today);
        let mut known = self.change.person(row.person)?;
        if let Some(person) = known.take() {
            known = Some(self.notice_presence(person, presence, row.mental_health)?);
        }
        match presence {
            Presence::Dead(_) => return Ok(Err(Exclusion::Dead)),
            Presence::Left(_) => return Ok(Err(Exclusion::NoWorker)),
            Presence::Here => {}
        }
        if row.objects {
            return Ok(Err(Exclusion::Objection));
        }
        let known = known.as_ref();
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
        let sent = match known.and_then(|person| person.reference) {
            Some(reference) => self.change.sent(&reference)?.map(|sent| (reference, sent)),
            None => None,
        };
        let dropped = match self.dropped(row, known, sent.as_ref()) {
            Ok(dropped) => dropped,
            Err(exclusion) => return Ok(Err(exclusion)),
        };
        if let Some(number) = row.number
            && self.census.shared.contains(&number.as_u64())
        {
            self.notice(row, known, Rule::Shared, Status::Conflict, None)?;
            return Ok(Err(Exclusion::NumberShared));
        }
        let reference = Reference::new().map_err(|error| {
            Error::Internal(format!("the system gave no random bytes: {error}"))
        })?;
        let asked = Asked {
            reference,
            nhs_number: row.number.filter(|_| dropped & WITHOUT_NUMBER == 0),
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
                let reason = Reason::of_not_enough(why);
                self.notice(row, known, Rule::Incomplete, status, Some(reason))?;
                return Ok(Err(Exclusion::Incomplete));
            }
        };
        if dropped != 0 {
            self.found.again += 1;
        }
        let mut flags = dropped & !AGAIN | long(row.mental_health);
        flags |= known.map_or(0, |person| person.flags & OF_PERSON);
        flags |= if request.form() == Form::CrossCheck {
            CROSS_CHECK
        } else {
            0
        };
        flags |= if request.has_postcode() { POSTCODE } else { 0 };
        Ok(Ok(Candidate {
            person: row.person.to_owned(),
            number: row.number,
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
            // Who comes back is asked about anew.
            _ if person.rule.as_deref() == Some(Rule::Returned.name()) => Ok(AGAIN),
            _ => Err(Exclusion::Unsettled),
        }
    }

    /// Notes something of a person who is here, unless it is what the register says already.
    fn notice(
        &mut self,
        row: &PersonRow<'_>,
        known: Option<&Person>,
        rule: Rule,
        status: Status,
        reason: Option<Reason>,
    ) -> Result<()> {
        let code = reason.map(|reason| reason.name().to_owned());
        if known.is_some_and(|person| {
            person.status == status
                && person.rule.as_deref() == Some(rule.name())
                && person.code == code
        }) {
            return Ok(());
        }
        *self.found.noticed.entry(rule).or_default() += 1;
        let mut whom = Whom::person(row.person);
        whom.flags = known.map_or(0, |person| person.flags & OF_PERSON) | long(row.mental_health);
        self.change.add(Entry {
            rule: Some(rule.name().to_owned()),
            code,
            old_status: known.map(|person| person.status),
            new_status: Some(status),
            whom: Some(whom),
            ..Entry::of(Event::Noticed)
        })?;
        Ok(())
    }

    /// Notes that somebody whom the register knows died, left or came back.
    fn notice_presence(
        &mut self,
        person: Person,
        presence: Presence,
        mental_health: bool,
    ) -> Result<Person> {
        if presence.is(Presence::kind(&person)) {
            return Ok(person);
        }
        let held = match (person.number, presence, person.has(DEAD)) {
            // Among the living again: the number may be somebody else's by now.
            (Some(number), Presence::Here | Presence::Left(_), true) => {
                self.change.holder(&number, &person.person)?.is_some()
            }
            _ => false,
        };
        let verified = person.status == Status::Verified;
        let (rule, status) = match presence {
            _ if held => (Rule::Withdrawn, Status::Conflict),
            Presence::Dead(_) if verified => (Rule::Died, Status::Verified),
            Presence::Left(_) if verified => (Rule::Left, Status::Verified),
            Presence::Here if verified => (Rule::Returned, Status::Verified),
            Presence::Dead(_) => (Rule::Died, Status::NotRequired),
            Presence::Left(_) => (Rule::Left, Status::NotRequired),
            Presence::Here => (Rule::Returned, Status::Required),
        };
        let (dead, day) = match presence {
            Presence::Here => (0, None),
            Presence::Left(day) => (0, Some(day)),
            Presence::Dead(day) => (DEAD, Some(day)),
        };
        *self.found.noticed.entry(rule).or_default() += 1;
        let mut whom = Whom::person(&person.person);
        whom.old_number = person.number;
        whom.new_number = person.number.or(person.offered);
        whom.flags = person.flags & (OF_PERSON | PDS_DEAD) & !DEAD | dead | long(mental_health);
        whom.day = day;
        self.change.add(Entry {
            rule: Some(rule.name().to_owned()),
            old_status: Some(person.status),
            new_status: Some(status),
            whom: Some(whom),
            ..Entry::of(Event::Noticed)
        })?;
        let person = self.change.person(&person.person)?;
        person.ok_or_else(|| Error::Internal("somebody has gone from the register".into()))
    }

    /// Notes who is in the register and not in the file any more.
    fn absent(&mut self) -> Result<()> {
        let mut absent = Vec::new();
        self.change.people(|person| {
            if person.gone.is_none() && !self.census.people.contains(person.person.as_str()) {
                absent.push(person);
            }
        })?;
        for person in absent {
            self.notice_presence(person, Presence::Left(self.moment.today), false)?;
        }
        Ok(())
    }
}

fn long(mental_health: bool) -> u32 {
    if mental_health { LONG } else { 0 }
}
