//! Answers applied to the register: each through the gates, all of the files given or nothing of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::answer::{AnswerRow, Answers, Matched};
use super::ask::digest;
use super::gates::{Claim, Verdict, judge};
use super::people;
use super::register::entry::{AGAIN, OF_PERSON, PDS_DEAD};
use super::register::{Change, Digest32, Entry, Event, Person, Register, Sent, Status, Whom};
use super::request::Reference;
use super::rule::Rule;
use super::select::Moment;
use crate::config::TracingConfig;
use crate::error::{Error, Result};
use crate::interrupt;
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
}

/// A file that is new.
struct File {
    digest: Digest32,
    rows: u64,
}

/// Answers to one question.
struct Answered {
    sent: Sent,
    /// The first answer.
    answer: AnswerRow,
    file: usize,
    says: Digest32,
    /// Another one says something else.
    twice: bool,
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
    let (files, questions) = read(change, paths, &mut applied)?;
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
    for (reference, one) in &questions.all {
        let of = entries[one.file];
        let entry = questions.entry(change, reference, one, of, &facts, &mut applied)?;
        change.add(entry)?;
    }
    Ok(applied)
}

/// Reads the files that are new to their ends.
fn read(
    change: &mut Change<'_>,
    paths: &[PathBuf],
    applied: &mut Applied,
) -> Result<(Vec<File>, Questions)> {
    let mut files: Vec<File> = Vec::new();
    let mut questions = Questions::default();
    for path in paths {
        let fault = |error| Error::Input(format!("{} {error}", path.display()));
        let mut answers = Answers::open(path).map_err(fault)?;
        let digest = digest(answers.digest())?;
        applied.files += 1;
        if change.knows_answers(&digest)? || files.iter().any(|file| file.digest == digest) {
            applied.known += 1;
            continue;
        }
        let mut rows = 0_u64;
        for row in &mut answers {
            if rows.is_multiple_of(4096) {
                interrupt::check()?;
            }
            rows += 1;
            questions.add(change, files.len(), row.map_err(fault)?, applied)?;
        }
        answers.finish().map_err(fault)?;
        applied.rows += rows;
        files.push(File { digest, rows });
    }
    Ok((files, questions))
}

/// Who has a number, or was given it.
struct Holders {
    first: Box<str>,
    /// Others too.
    several: bool,
}

impl Holders {
    fn add(all: &mut HashMap<u64, Self>, number: u64, person: &str) {
        match all.get_mut(&number) {
            Some(known) => known.several |= *known.first != *person,
            None => {
                let first = person.into();
                let several = false;
                all.insert(number, Self { first, several });
            }
        }
    }

    /// Whether somebody else is among them.
    fn but(&self, person: &str) -> bool {
        self.several || *self.first != *person
    }
}

/// The questions that there are answers to.
#[derive(Default)]
struct Questions {
    all: BTreeMap<Reference, Answered>,
    /// By number: the people for whom it was given.
    claims: HashMap<u64, Holders>,
}

impl Questions {
    fn add(
        &mut self,
        change: &mut Change<'_>,
        file: usize,
        answer: AnswerRow,
        applied: &mut Applied,
    ) -> Result<()> {
        let sent = match answer.reference {
            Some(reference) => change.sent(&reference)?.map(|sent| (reference, sent)),
            None => None,
        };
        let Some((reference, sent)) = sent else {
            applied.nobody += 1;
            return Ok(());
        };
        let says = says(&reference, &answer);
        if sent.answer == Some(says) {
            applied.repeated += 1;
            return Ok(());
        }
        if let Matched::Number(number) = answer.matched {
            Holders::add(&mut self.claims, number.as_u64(), &sent.person);
        }
        if let Some(first) = self.all.get_mut(&reference) {
            if first.says == says {
                applied.repeated += 1;
            } else {
                applied.contradicting += 1;
                first.twice = true;
            }
            return Ok(());
        }
        let answered = Answered {
            sent,
            answer,
            file,
            says,
            twice: false,
        };
        self.all.insert(reference, answered);
        Ok(())
    }

    fn entry(
        &self,
        change: &mut Change<'_>,
        reference: &Reference,
        one: &Answered,
        of: u64,
        facts: &Facts,
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
        whom.confidence = answer.confidence.map(u32::from);
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
        let objects = facts.objects.contains(person.person.as_str());
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
            judge(&self.claim(
                change,
                one,
                person,
                offered,
                facts.unchanged.contains(reference),
                facts,
            )?)
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
        let kept = person.flags & OF_PERSON;
        whom.flags = kept | verdict.flags | if dead { PDS_DEAD } else { 0 };
        if verdict.status == Status::Verified {
            whom.flags &= !AGAIN;
        }
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

    fn claim(
        &self,
        change: &mut Change<'_>,
        one: &Answered,
        person: &Person,
        number: Option<NhsNumber>,
        unchanged: bool,
        facts: &Facts,
    ) -> Result<Claim> {
        let answer = &one.answer;
        let of_another = match number {
            None => false,
            Some(number) => {
                let others = |people: Option<&Holders>| {
                    people.is_some_and(|people| people.but(&person.person))
                };
                others(self.claims.get(&number.as_u64()))
                    || others(facts.holders.get(&number.as_u64()))
                    || change.holder(&number, &person.person)?.is_some()
            }
        };
        Ok(Claim {
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
            unchanged,
            of_another,
        })
    }
}

/// What the case system says now of the people that there are answers about.
#[derive(Default)]
struct Facts {
    /// Questions about people whose facts are still those that were sent.
    unchanged: HashSet<Reference>,
    /// By number that was given: the living people of the case system who have it, there or in the register.
    holders: HashMap<u64, Holders>,
    /// People who were asked about and object by now.
    objects: HashSet<String>,
}

impl Facts {
    fn read(
        config: &TracingConfig,
        change: &mut Change<'_>,
        questions: &Questions,
    ) -> Result<Self> {
        // Who was dead when the register last looked may be alive by now.
        let mut dead: HashMap<String, Vec<u64>> = HashMap::new();
        for answered in questions.all.values() {
            if let Matched::Number(number) = answered.answer.matched {
                for person in change.dead_holders(&number)? {
                    dead.entry(person).or_default().push(number.as_u64());
                }
            }
        }
        let questions_of = questions.all.iter();
        let mut asked: Vec<(&str, &Reference, &Answered)> = questions_of
            .map(|(reference, one)| (one.sent.person.as_str(), reference, one))
            .collect();
        asked.sort_unstable_by_key(|(person, ..)| *person);
        let mut found = Self::default();
        let mut met: HashSet<&str> = HashSet::new();
        people::read(&config.people, &config.keep, |row| {
            if let Some(number) = row.number.map(|number| number.as_u64())
                && questions.claims.contains_key(&number)
                && !row.is_dead()
            {
                Holders::add(&mut found.holders, number, row.person);
            }
            if !row.is_dead() {
                for number in dead.get(row.person).into_iter().flatten() {
                    Holders::add(&mut found.holders, *number, row.person);
                }
            }
            let from = asked.partition_point(|(person, ..)| *person < row.person);
            let of_person = asked[from..]
                .iter()
                .take_while(|(person, ..)| *person == row.person);
            if row.objects && of_person.clone().next().is_some() {
                found.objects.insert(row.person.to_owned());
            }
            let mut once = None;
            for (person, reference, one) in of_person {
                // Two rows of one person: nobody knows which is the one that was sent.
                if *once.get_or_insert_with(|| met.insert(person))
                    && row.facts(reference) == one.sent.facts
                {
                    found.unchanged.insert(**reference);
                } else {
                    found.unchanged.remove(*reference);
                }
            }
            Ok(())
        })?;
        Ok(found)
    }
}

/// Digest of what an answer says, to know it again. Salted by the question.
fn says(reference: &Reference, answer: &AnswerRow) -> Digest32 {
    let mut hash = Sha256::new();
    hash.update(b"cld-answer/1");
    hash.update(reference.bytes());
    let number = match answer.matched {
        Matched::Number(number) => *number.digits(),
        Matched::None => [b'0'; 10],
        Matched::Several => [b'9'; 10],
        Matched::Invalid => [b'x'; 10],
    };
    hash.update(number);
    let day = |date: super::answer::PdsDate| {
        date.day()
            .map_or(u32::from(date.is_there()), |day| day.packed())
    };
    hash.update(day(answer.birth_date).to_be_bytes());
    hash.update(day(answer.death_date).to_be_bytes());
    let rest = [
        answer.code.number().map_or(100, u8::from),
        answer.algorithm.number().map_or(100, u8::from),
        answer.confidence.map_or(255, u8::from),
        u8::from(answer.is_sensitive()),
    ];
    hash.update(rest);
    hash.finalize().into()
}
