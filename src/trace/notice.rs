//! What a selection notices of people whom the register knows: each an entry of its log.

use super::people::PersonRow;
use super::register::entry::{AGAIN, DEAD, OF_PERSON};
use super::register::{Entry, Event, Person, Sent, Status, Whom};
use super::request::Reference;
use super::rule::Rule;
use super::select::{Presence, Selector, long};
use super::work::Reason;
use crate::error::{Error, Result};

impl Selector<'_, '_> {
    /// Notes something of a person who is here, unless it is what the register says already.
    pub(super) fn notice(
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
        self.found
            .noted(rule, known.map(|person| person.status), status);
        let mut whom = Whom::person(row.person);
        whom.flags = known.map_or(0, |person| person.flags & OF_PERSON) | long(row.mental_health);
        if let Some(person) = known {
            whom.day = person.gone;
            whom.old_number = person.number;
            whom.new_number = match rule {
                Rule::RecordChanged => person.number,
                Rule::Shared if person.is_shared() => person.number.or(person.offered),
                Rule::Shared => person.number,
                _ => None,
            };
        }
        if rule == Rule::RecordChanged {
            whom.flags |= AGAIN;
        }
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

    /// Notes what keeps a verified number, or the answer to come, from being used: an objection, or a record that is not
    /// any more the one that PDS was asked about.
    pub(super) fn notice_doubt(
        &mut self,
        row: &PersonRow<'_>,
        person: Person,
        presence: Option<Presence>,
        sent: Option<&(Reference, Sent)>,
    ) -> Result<Person> {
        if row.objects {
            self.notice(
                row,
                Some(&person),
                Rule::Objected,
                Status::NotRequired,
                None,
            )?;
        } else if let (Some(presence), Some((reference, sent))) = (presence, sent)
            && person.status == Status::Verified
            && (row.birth.day() != sent.birth || row.has_other_names(reference, sent.flags))
        {
            let status = match presence {
                Presence::Here => Status::Required,
                _ => Status::NotRequired,
            };
            self.notice(row, Some(&person), Rule::RecordChanged, status, None)?;
        } else {
            return Ok(person);
        }
        self.known(&person)
    }

    /// Notes that somebody else living has the verified number of a person, wherever either of them is.
    pub(super) fn notice_shared(&mut self, row: &PersonRow<'_>, person: &Person) -> Result<()> {
        if person.status == Status::Verified && self.census.is_shared(row, Some(person), true) {
            self.notice(row, Some(person), Rule::Shared, Status::Conflict, None)?;
        }
        Ok(())
    }

    fn known(&mut self, person: &Person) -> Result<Person> {
        let person = self.change.person(&person.person)?;
        person.ok_or_else(|| Error::Internal("somebody has gone from the register".into()))
    }

    /// Notes that somebody whom the register knows died, left or came back.
    pub(super) fn notice_presence(
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
        self.found.noted(rule, Some(person.status), status);
        let mut whom = Whom::person(&person.person);
        whom.old_number = person.number;
        whom.new_number = person.number.or(person.offered);
        whom.flags = person.flags & OF_PERSON & !DEAD | dead | long(mental_health);
        whom.day = day;
        self.change.add(Entry {
            rule: Some(rule.name().to_owned()),
            old_status: Some(person.status),
            new_status: Some(status),
            whom: Some(whom),
            ..Entry::of(Event::Noticed)
        })?;
        self.known(&person)
    }

    /// Notes who is in the register and not in the file any more.
    pub(super) fn absent(&mut self) -> Result<()> {
        let mut absent = Vec::new();
        self.change.people(|person| {
            if !self.census.people.contains(person.person.as_str()) {
                let shared = person.status == Status::Verified
                    && !person.has(DEAD)
                    && person.number.is_some_and(|n| self.census.has_shared(&n));
                if person.gone.is_none() || shared {
                    absent.push((person, shared));
                }
            }
        })?;
        for (mut person, shared) in absent {
            if person.gone.is_none() {
                person = self.notice_presence(person, Presence::Left(self.moment.today), false)?;
            }
            if shared {
                self.found
                    .noted(Rule::Shared, Some(person.status), Status::Conflict);
                self.change.add(withdrawal(&person))?;
            }
        }
        Ok(())
    }
}

/// The entry that takes a verified number back, as another living person has it too.
pub(super) fn withdrawal(person: &Person) -> Entry {
    let mut whom = Whom::person(&person.person);
    whom.flags = person.flags & OF_PERSON;
    whom.day = person.gone;
    whom.old_number = person.number;
    whom.new_number = person.number;
    Entry {
        rule: Some(Rule::Shared.name().to_owned()),
        old_status: Some(person.status),
        new_status: Some(Status::Conflict),
        whom: Some(whom),
        ..Entry::of(Event::Noticed)
    }
}
