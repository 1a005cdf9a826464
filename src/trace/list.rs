//! Who is on the work list, and why: what the register could not settle, and where the case system says something else than
//! it.

use std::collections::{HashMap, HashSet};

use super::allocations::{Allocation, Allocations};
use super::answer::RecordCode;
use super::gates::most_attempts;
use super::people::{self, PersonRow};
use super::register::entry::{CROSS_CHECK, DEAD, PDS_DEAD, POSTCODE, SENSITIVE, WITHOUT_POSTCODE};
use super::register::{self, Change, Person, Register, Status};
use super::request::{Asked, Form, LeftOut, Reference, Row};
use super::rule::Rule;
use super::select::{Moment, SEND_AGAIN};
use super::work::{Reason, Sent, WorkItem};
use crate::config::TracingConfig;
use crate::date::Date;
use crate::error::Result;
use crate::nhs_number::NhsNumber;
use crate::redact::Identifying;

/// People by number.
type Holders = HashMap<u64, Vec<Box<str>>>;

/// What must be known of all people before anything can be said of one.
#[derive(Default)]
struct Everybody {
    /// The living by the number that they have in the case system or from PDS, also where it was not taken as it is
    /// somebody else's or was given to others too.
    holders: Holders,
    /// By person: numbers to which they have a claim.
    claims: HashMap<Box<str>, Vec<NhsNumber>>,
    /// Ids that stand on several rows.
    twice: HashSet<Box<str>>,
}

impl Everybody {
    fn read(config: &TracingConfig, register: &Register, moment: &Moment) -> Result<Self> {
        let mut all = Self::default();
        let mut met: HashSet<Box<str>> = HashSet::new();
        let mut living: HashSet<Box<str>> = HashSet::new();
        people::read(&config.people, &config.keep, moment.today, |row| {
            if row.person.is_empty() {
                return Ok(());
            }
            if !met.insert(row.person.into()) {
                all.twice.insert(row.person.into());
            }
            if !row.is_dead() {
                living.insert(row.person.into());
                if let Some(number) = row.number {
                    add(&mut all.holders, number, row.person);
                }
            }
            Ok(())
        })?;
        register.people(|known| {
            if known.has(DEAD) {
                return;
            }
            if let Some(number) = known.number {
                add(&mut all.holders, number, &known.person);
            }
        })?;
        register.claims(|person, number| {
            if living.contains(person) {
                add(&mut all.holders, number, person);
                all.claims.entry(person.into()).or_default().push(number);
            }
        })?;
        Ok(all)
    }
}

fn add(all: &mut Holders, number: NhsNumber, person: &str) {
    let people = all.entry(number.as_u64()).or_default();
    people.push(person.into());
}

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
    let everybody = Everybody::read(config, register, moment)?;
    let lister = Lister {
        config,
        moment,
        everybody: &everybody,
    };
    let mut items = Vec::new();
    let mut told: HashSet<Box<str>> = HashSet::new();
    register.change(&moment.at, |change| {
        people::read(&config.people, &config.keep, moment.today, |row| {
            let here = !row.is_dead() && allocations.of(row.person) == Allocation::Open;
            if !here {
                return Ok(());
            }
            let person = change.person(row.person)?;
            if everybody.twice.contains(row.person) {
                // Whatever else there is to say of them rests on a row that may be the wrong one.
                if told.insert(row.person.into()) {
                    items.push(item(row.person, person.as_ref(), Reason::SeveralRows));
                }
            } else if let Some(person) = person {
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
    everybody: &'a Everybody,
}

/// What the register says of somebody, with a reason.
fn item(id: &str, person: Option<&Person>, reason: Reason) -> WorkItem {
    WorkItem {
        person_id: Identifying::new(id.to_owned()),
        reason,
        other_person_id: None,
        number: None,
        death: None,
        first_asked: person.and_then(|p| p.first_asked.as_deref()).and_then(day),
        attempts: person.map_or(0, |person| person.attempts),
        code: person.and_then(|p| p.code.as_deref()).and_then(code),
        confidence: person
            .and_then(|person| person.confidence)
            .and_then(|c| u8::try_from(c).ok()),
        left_out: Vec::new(),
    }
}

impl Lister<'_> {
    fn add(
        &self,
        change: &mut Change<'_>,
        row: &PersonRow<'_>,
        person: &Person,
        items: &mut Vec<WorkItem>,
    ) -> Result<()> {
        let sent = match person.reference {
            Some(reference) => change.sent(&reference)?.map(|sent| (reference, sent)),
            None => None,
        };
        let question = sent.as_ref().map(|(_, sent)| sent);
        let mut reasons = Vec::new();
        match person.status {
            Status::Verified if self.other(change, row, person)?.is_some() => {
                reasons.push(Reason::HeldByAnother);
            }
            Status::Verified => reasons.extend(disagrees(row, person, question)),
            Status::InProgress => {
                reasons.extend(self.is_overdue(person).then_some(Reason::NoAnswer));
            }
            Status::NotRequired | Status::Postponed => {}
            // Somebody has looked and said so; of a number that two have, that says nothing.
            _ => reasons.extend(unsettled(row, person, question).filter(|reason| {
                *reason == Reason::HeldByAnother || !row.verified || row.number.is_none()
            })),
        }
        if row.death_is_unclear() {
            reasons.push(Reason::DeathUnclear);
        }
        if person.has(PDS_DEAD) {
            reasons.push(Reason::Dead);
        }
        let is_same = sent
            .as_ref()
            .is_some_and(|(reference, sent)| is_who_was_asked(row, reference, sent));
        for reason in reasons {
            let number = person
                .number
                .or(person.offered)
                .filter(|_| reason.compares_numbers() && !row.objects && is_same);
            // Of a sensitive record nothing but the number is told.
            let death = person
                .death
                .filter(|_| reason == Reason::Dead && is_same && !person.has(SENSITIVE));
            let other = match (reason, number) {
                (Reason::HeldByAnother, _) => self.other(change, row, person)?,
                // Whoever compares it must know that it is somebody else's already.
                (_, Some(number)) => self.holder(change, number, person)?,
                _ => None,
            };
            // Merged, dead, or with another number by now.
            let reason = match (reason, &other) {
                (Reason::HeldByAnother, None) => Reason::SharedNoMore,
                _ => reason,
            };
            items.push(WorkItem {
                other_person_id: other.map(Identifying::new),
                number: number.map(Identifying::new),
                death: death.map(Identifying::new),
                left_out: match &sent {
                    Some((reference, sent)) if person.status != Status::Verified => {
                        self.left_out(row, *reference, sent)
                    }
                    _ => Vec::new(),
                },
                ..item(&person.person, Some(person), reason)
            });
        }
        Ok(())
    }

    /// What was left out of a question by name, if the record is still the one that was sent.
    fn left_out(
        &self,
        row: &PersonRow<'_>,
        reference: Reference,
        sent: &register::Sent,
    ) -> Vec<LeftOut> {
        if sent.flags & CROSS_CHECK != 0 || row.facts(&reference) != sent.facts {
            return Vec::new();
        }
        let asked = Asked {
            reference,
            nhs_number: None,
            family_name: row.family_name.to_owned(),
            given_names: row.given_name.to_owned(),
            gender: row.gender,
            birth_date: row.birth.day(),
            postcode: match sent.flags & WITHOUT_POSTCODE {
                0 => row.postcode.to_owned(),
                _ => String::new(),
            },
        };
        let row = Row::of(&asked, self.moment.today);
        row.map_or(Vec::new(), |row| row.left_out().to_vec())
    }

    fn is_overdue(&self, person: &Person) -> bool {
        let asked = person.last_asked.as_deref().and_then(day);
        asked.is_some_and(|asked| {
            let days = self.moment.today.days_since_1970() - asked.days_since_1970();
            i64::from(days) >= i64::from(self.config.ask_again_after_days)
        })
    }

    /// The other living person whose number it is.
    fn other(
        &self,
        change: &mut Change<'_>,
        row: &PersonRow<'_>,
        person: &Person,
    ) -> Result<Option<String>> {
        let claims = self.everybody.claims.get(row.person);
        let claims = claims.into_iter().flatten().copied();
        for number in person.number.into_iter().chain(claims).chain(row.number) {
            if let Some(other) = self.holder(change, number, person)? {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    /// Another living person who has a number.
    fn holder(
        &self,
        change: &mut Change<'_>,
        number: NhsNumber,
        person: &Person,
    ) -> Result<Option<String>> {
        Ok(match change.holder(&number, &person.person)? {
            None => but(&self.everybody.holders, number, person),
            holder => holder,
        })
    }
}

/// How the case system differs from a number that is verified.
fn disagrees(
    row: &PersonRow<'_>,
    person: &Person,
    sent: Option<&register::Sent>,
) -> Option<Reason> {
    match row.number {
        Some(number) if person.number == Some(number) => None,
        // That number, and not one that somebody has put there since.
        held @ Some(_)
            if person.is_by(Rule::Superseded) && sent.is_some_and(|sent| sent.number == held) =>
        {
            Some(Reason::Superseded)
        }
        Some(_) => Some(Reason::OtherNumber),
        None if row.has_number_text() => Some(Reason::HeldNumberInvalid),
        None => None,
    }
}

/// Why somebody could not be settled.
fn unsettled(
    row: &PersonRow<'_>,
    person: &Person,
    sent: Option<&register::Sent>,
) -> Option<Reason> {
    let rule = person.rule.as_deref().and_then(Rule::of)?;
    let last = sent.is_some_and(|sent| person.attempts >= most_attempts(sent.flags));
    Some(match rule {
        _ if last && (rule == Rule::Fault || SEND_AGAIN.contains(&rule)) => Reason::AskedEnough,
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
        Rule::NumberChanged => number_changed(row, person),
        Rule::AnotherPerson | Rule::Withdrawn | Rule::Shared => Reason::HeldByAnother,
        Rule::Twice | Rule::Contradicts => Reason::TwoAnswers,
        Rule::Incomplete => {
            return person.code.as_deref().and_then(Reason::named);
        }
        Rule::InvalidRecord
        | Rule::UnderInvestigation
        | Rule::SeveralExact
        | Rule::SeveralClose
        | Rule::NoMatch
        | Rule::Fault
        | Rule::UnknownCode => {
            let flags = sent.map_or(0, |sent| sent.flags);
            let sent = Sent {
                form: match flags & CROSS_CHECK {
                    0 => Form::Alphanumeric,
                    _ => Form::CrossCheck,
                },
                postcode: flags & POSTCODE != 0,
            };
            let code = person.code.as_deref().and_then(code);
            return code.and_then(|code| Reason::of_code(code, sent));
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
        | Rule::Baby => return None,
    })
}

/// Somebody else of those with a number.
fn but(all: &Holders, number: NhsNumber, person: &Person) -> Option<String> {
    let mut others = all.get(&number.as_u64()).into_iter().flatten();
    let other = others.find(|other| ***other != *person.person);
    other.map(|other| other.to_string())
}

/// Whether a row is still of the person whom a question was about: else the number may be somebody else's by now.
fn is_who_was_asked(row: &PersonRow<'_>, reference: &Reference, sent: &register::Sent) -> bool {
    row.birth.day() == sent.birth && !row.has_other_names(reference, sent.flags)
}

/// Why another number than the one that was asked about was not taken, as the case system is now.
fn number_changed(row: &PersonRow<'_>, person: &Person) -> Reason {
    let superseded = person.code.as_deref().and_then(code) == Some(RecordCode::Superseded);
    match row.number {
        _ if superseded => Reason::SupersededByItself,
        // Somebody has put it right, and the next request asks about it.
        Some(held) if person.offered == Some(held) => Reason::ChangedSince,
        Some(_) => Reason::OtherNumber,
        None if row.has_number_text() => Reason::HeldNumberInvalid,
        None => Reason::OtherThanAsked,
    }
}

fn day(at: &str) -> Option<Date> {
    at.get(..10).and_then(Date::parse_iso)
}

fn code(text: &str) -> Option<RecordCode> {
    (text.len() == 2).then(|| RecordCode::parse(text.as_bytes()))
}
