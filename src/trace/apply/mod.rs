//! Answers applied to the register: each through the gates, all of the files given or nothing of them.

mod facts;
mod questions;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use self::facts::Facts;
use self::questions::{Answered, Holders};
use super::answer::{AnswerRow, Matched};
use super::gates::{Claim, Verdict, judge};
use super::notice::withdrawal;
use super::register::entry::{AGAIN, CLAIM, OF_PERSON, PDS_DEAD};
use super::register::{Change, Digest32, Entry, Event, Person, Register, Status, Whom};
use super::request::Reference;
use super::rule::Rule;
use super::select::Moment;
use crate::config::TracingConfig;
use crate::error::{Error, Result};
use crate::nhs_number::NhsNumber;

/// What came of answers. Numbers only.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Files read.
    pub files: u64,
    /// Files that were applied before, or stand twice among those given.
    pub known: u64,
    /// Rows of the files that are new.
    pub rows: u64,
    /// Rows with a reference that the register does not know.
    pub nobody: u64,
    /// Rows that say again what was said.
    pub repeated: u64,
    /// Rows that say something else than the first row of the same question.
    pub contradicting: u64,
    /// Answers to questions that were asked again since.
    pub late: u64,
    /// Answers by the rule that decided, with the status that they led to.
    pub decided: BTreeMap<(Rule, Status), u64>,
    /// Records on which PDS has a date of death.
    pub deaths: u64,
    /// People who had a number until now that PDS gives to somebody else too.
    pub taken_back: u64,
}

/// Applies answer files. Nothing is changed unless all of it is.
///
/// # Errors
/// When a file is no answer or not whole, or the register refuses.
pub fn apply(
    config: &TracingConfig,
    register: &mut Register,
    paths: &[PathBuf],
    moment: &Moment,
) -> Result<Applied> {
    register.change(&moment.at, |change| apply_in(config, change, paths, moment))
}

fn apply_in(
    config: &TracingConfig,
    change: &mut Change<'_>,
    paths: &[PathBuf],
    moment: &Moment,
) -> Result<Applied> {
    let mut applied = Applied::default();
    let (files, questions) = questions::read(change, paths, &mut applied)?;
    if files.is_empty() {
        return Ok(applied);
    }
    let facts = Facts::read(config, moment.today, change, &questions)?;
    let mut entries = Vec::new();
    for file in &files {
        entries.push(change.add(Entry {
            file: Some(file.digest),
            rows: Some(file.rows),
            ..Entry::of(Event::Answers)
        })?);
    }
    let judging = Judging { facts: &facts };
    // First each by itself: a number that several people would get is nobody's.
    let mut claims = Holders::default();
    let mut losing: BTreeSet<&str> = BTreeSet::new();
    for (reference, one) in questions.all() {
        let person = change.asked(&one.sent.person)?;
        for answer in one.answers() {
            if let Some(number) = judging.claims(&person, reference, one, answer) {
                claims.add(number.as_u64(), &person.person);
                // Who was answered before is not the right one for that.
                let holder = facts.holder(&number, &one.sent.person);
                losing.extend(holder.filter(|holder| !facts.is_dead(holder)));
            }
        }
    }
    for (reference, one) in questions.all() {
        let person = change.asked(&one.sent.person)?;
        let mut verdict = judging.verdict(&person, reference, one, false);
        if let Some(found) = verdict
            && let (Status::Verified, Some(number)) = (found.status, found.number)
            && (facts.holder(&number, &person.person).is_some()
                || facts.are_of_another(&number, &person.person)
                || claims.has_another(&number, &person.person))
        {
            verdict = judging.verdict(&person, reference, one, true);
        }
        let of = entries[one.file];
        let entry = judging.entry(&person, reference, one, of, verdict, &mut applied);
        change.add(entry)?;
        for (answer, says) in &one.others {
            change.add(judging.other(&person, reference, one, of, answer, says))?;
        }
    }
    for person in losing {
        let person = change.asked(person)?;
        if person.status == Status::Verified {
            applied.taken_back += 1;
            change.add(withdrawal(&person))?;
        }
    }
    Ok(applied)
}

impl Change<'_> {
    /// Somebody whom the register must know.
    fn asked(&mut self, person: &str) -> Result<Person> {
        self.person(person)?
            .ok_or_else(|| Error::Internal("a question is about nobody".into()))
    }
}

/// Judges answers, one by one, by what was so before all of them.
struct Judging<'a> {
    facts: &'a Facts,
}

impl Judging<'_> {
    /// What an answer comes to; `None` where the question was asked again since.
    fn verdict(
        &self,
        person: &Person,
        reference: &Reference,
        one: &Answered,
        of_another: bool,
    ) -> Option<Verdict> {
        if person.reference != Some(*reference) {
            return None;
        }
        let answer = &one.answer;
        let offered = match answer.matched {
            Matched::Number(number) => Some(number),
            _ => None,
        };
        let conflict = |rule| Verdict {
            rule,
            status: Status::Conflict,
            number: offered,
            flags: 0,
        };
        let mut verdict = if self.facts.objects(&person.person) {
            Verdict {
                rule: Rule::Objected,
                status: Status::NotRequired,
                number: None,
                flags: 0,
            }
        } else if !one.others.is_empty() {
            conflict(Rule::Twice)
        } else if one.sent.answer.is_some() {
            conflict(Rule::Contradicts)
        } else {
            judge(&self.claim(reference, one, &one.answer, person, of_another))
        };
        if verdict.rule == Rule::RecordChanged && person.gone.is_some() {
            // Nobody asks about them again.
            (verdict.status, verdict.flags) = (Status::NotRequired, 0);
        }
        Some(verdict)
    }

    /// The number to which an answer gives a claim: all that can speak against it is that others have one too, or that
    /// there is another number.
    fn claims(
        &self,
        person: &Person,
        reference: &Reference,
        one: &Answered,
        answer: &AnswerRow,
    ) -> Option<NhsNumber> {
        if person.reference != Some(*reference) || self.facts.objects(&person.person) {
            return None;
        }
        let verdict = judge(&self.claim(reference, one, answer, person, false));
        let claims = verdict.status == Status::Verified || verdict.rule == Rule::NumberChanged;
        verdict.number.filter(|_| claims)
    }

    /// The entry of an answer beside the first one of the same question, which decides nothing.
    fn other(
        &self,
        person: &Person,
        reference: &Reference,
        one: &Answered,
        of: u64,
        answer: &AnswerRow,
        says: &Digest32,
    ) -> Entry {
        let mut whom = Whom::person(&person.person);
        whom.reference = Some(*reference);
        whom.facts = Some(*says);
        whom.new_number = self.claims(person, reference, one, answer);
        whom.flags = whom.new_number.map_or(0, |_| CLAIM);
        Entry {
            code: Some(answer.code.to_string()),
            of: Some(of),
            rule: Some(Rule::Twice.name().to_owned()),
            whom: Some(whom),
            ..Entry::of(Event::Answered)
        }
    }

    fn entry(
        &self,
        person: &Person,
        reference: &Reference,
        one: &Answered,
        of: u64,
        verdict: Option<Verdict>,
        applied: &mut Applied,
    ) -> Entry {
        let answer = &one.answer;
        let mut whom = Whom::person(&person.person);
        whom.reference = Some(*reference);
        whom.facts = Some(one.says);
        whom.confidence = answer.confidence.per_cent().map(u32::from);
        let mut entry = Entry {
            code: Some(answer.code.to_string()),
            of: Some(of),
            ..Entry::of(Event::Answered)
        };
        let Some(verdict) = verdict else {
            applied.late += 1;
            entry.rule = Some(Rule::Late.name().to_owned());
            entry.whom = Some(whom);
            return entry;
        };
        // What a sensitive record says beside its number is not taken, nor what is said of a record that has changed or of
        // another question.
        let taken = verdict.rule != Rule::Objected
            && !answer.is_sensitive()
            && !matches!(verdict.rule, Rule::RecordChanged | Rule::OtherQuestion);
        let dead = taken && answer.death_date.is_there();
        if dead {
            applied.deaths += 1;
            whom.day = answer.death_date.day();
        }
        whom.flags = person.flags & OF_PERSON | verdict.flags;
        if verdict.status == Status::Verified {
            whom.flags &= !AGAIN;
            // Certainly their record, and nobody died: what was said before was of another one, or was put right.
            whom.flags &= if taken { !PDS_DEAD } else { !0 };
        }
        whom.flags |= if dead { PDS_DEAD } else { 0 };
        let claims = self.claims(person, reference, one, answer);
        whom.flags |= claims.map_or(0, |_| CLAIM);
        whom.old_number = person.number.or(one.sent.number);
        whom.new_number = verdict.number;
        *applied
            .decided
            .entry((verdict.rule, verdict.status))
            .or_default() += 1;
        entry.rule = Some(verdict.rule.name().to_owned());
        entry.old_status = Some(person.status);
        entry.new_status = Some(verdict.status);
        entry.whom = Some(whom);
        entry
    }

    fn claim(
        &self,
        reference: &Reference,
        one: &Answered,
        answer: &AnswerRow,
        person: &Person,
        of_another: bool,
    ) -> Claim {
        Claim {
            code: answer.code,
            matched: answer.matched,
            algorithm: answer.algorithm,
            birth: answer.birth_date.day(),
            sensitive: answer.is_sensitive(),
            confidence: answer.confidence,
            requested: answer.requested,
            sent_birth: one.sent.birth,
            held: one.sent.number,
            sent: one.sent.flags,
            attempts: person.attempts,
            unchanged: self.facts.unchanged(reference),
            of_another,
        }
    }
}
