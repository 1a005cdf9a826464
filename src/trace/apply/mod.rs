//! Answers applied to the register: each through the gates, all of the files given or nothing of them.

mod facts;
mod questions;

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::facts::Facts;
use self::questions::{Answered, Questions};
use super::answer::Matched;
use super::gates::{Claim, Verdict, judge};
use super::register::entry::{AGAIN, OF_PERSON, PDS_DEAD};
use super::register::{Change, Entry, Event, Person, Register, Status, Whom};
use super::request::Reference;
use super::rule::Rule;
use super::select::Moment;
use crate::config::TracingConfig;
use crate::error::{Error, Result};

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
    register.change(&moment.at, |change| apply_in(config, change, paths))
}

fn apply_in(config: &TracingConfig, change: &mut Change<'_>, paths: &[PathBuf]) -> Result<Applied> {
    let mut applied = Applied::default();
    let (files, questions) = questions::read(change, paths, &mut applied)?;
    if files.is_empty() {
        return Ok(applied);
    }
    let facts = Facts::read(config, change, &questions)?;
    let mut entries = Vec::new();
    for file in &files {
        entries.push(change.add(Entry {
            file: Some(file.digest),
            rows: Some(file.rows),
            ..Entry::of(Event::Answers)
        })?);
    }
    for (reference, one) in questions.all() {
        let judging = Judging {
            questions: &questions,
            facts: &facts,
        };
        let entry = judging.entry(change, reference, one, entries[one.file], &mut applied)?;
        change.add(entry)?;
    }
    Ok(applied)
}

/// Judges answers, one by one, by what was so before all of them.
struct Judging<'a> {
    questions: &'a Questions,
    facts: &'a Facts,
}

impl Judging<'_> {
    fn entry(
        &self,
        change: &mut Change<'_>,
        reference: &Reference,
        one: &Answered,
        of: u64,
        applied: &mut Applied,
    ) -> Result<Entry> {
        let answer = &one.answer;
        let Some(person) = change.person(&one.sent.person)? else {
            return Err(Error::Internal("a question is about nobody".into()));
        };
        let person = &person;
        let mut whom = Whom::person(&person.person);
        whom.reference = Some(*reference);
        whom.facts = Some(one.says);
        whom.confidence = answer.confidence.per_cent().map(u32::from);
        let mut entry = Entry {
            code: Some(answer.code.to_string()),
            of: Some(of),
            ..Entry::of(Event::Answered)
        };
        if person.reference != Some(*reference) {
            applied.late += 1;
            entry.rule = Some(Rule::Late.name().to_owned());
            entry.whom = Some(whom);
            return Ok(entry);
        }
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
        let objects = self.facts.objects(&person.person);
        let mut verdict = if objects {
            Verdict {
                rule: Rule::Objected,
                status: Status::NotRequired,
                number: None,
                flags: 0,
            }
        } else if one.twice {
            conflict(Rule::Twice)
        } else if one.sent.answer.is_some() {
            conflict(Rule::Contradicts)
        } else {
            judge(&self.claim(reference, one, person))
        };
        if verdict.rule == Rule::RecordChanged && person.gone.is_some() {
            // Nobody asks about them again.
            (verdict.status, verdict.flags) = (Status::NotRequired, 0);
        }
        // What a sensitive record says beside its number is not taken, nor what is said of a record that has changed or of
        // another question.
        let taken = !objects
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
        Ok(entry)
    }

    fn claim(&self, reference: &Reference, one: &Answered, person: &Person) -> Claim {
        let answer = &one.answer;
        let of_another = match answer.matched {
            Matched::Number(number) => {
                self.questions.give_to_another(&number, &person.person)
                    || self.facts.are_of_another(&number, &person.person)
                    || self.facts.is_held(reference)
            }
            _ => false,
        };
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
