//! The questions that answers are about: all of the files read to their ends before anything is taken of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::Applied;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::nhs_number::NhsNumber;
use crate::trace::answer::{AnswerRow, Answers, Confidence, Matched, PdsDate, Requested};
use crate::trace::ask::digest;
use crate::trace::register::{Change, Digest32, Sent};
use crate::trace::request::Reference;

/// A file that is new.
pub(super) struct File {
    pub digest: Digest32,
    pub rows: u64,
}

/// Answers to one question.
pub(super) struct Answered {
    pub sent: Sent,
    /// The first answer.
    pub answer: AnswerRow,
    /// Its place among the files.
    pub file: usize,
    pub says: Digest32,
    /// Those that say something else, each once.
    pub others: Vec<(AnswerRow, Digest32)>,
}

impl Answered {
    /// All answers to it, the first one first.
    pub fn answers(&self) -> impl Iterator<Item = &AnswerRow> {
        let others = self.others.iter().map(|(answer, _)| answer);
        std::iter::once(&self.answer).chain(others)
    }
}

/// By number: who has it, or was given it.
#[derive(Default)]
pub(super) struct Holders(HashMap<u64, Few>);

/// One or more people.
struct Few {
    first: Box<str>,
    /// Others too.
    several: bool,
}

impl Holders {
    pub fn add(&mut self, number: u64, person: &str) {
        match self.0.get_mut(&number) {
            Some(known) => known.several |= *known.first != *person,
            None => {
                let first = person.into();
                let several = false;
                self.0.insert(number, Few { first, several });
            }
        }
    }

    /// Whether somebody else has it.
    pub fn has_another(&self, number: &NhsNumber, but: &str) -> bool {
        let people = self.0.get(&number.as_u64());
        people.is_some_and(|people| people.several || *people.first != *but)
    }
}

/// The questions that there are answers to.
#[derive(Default)]
pub(super) struct Questions {
    all: BTreeMap<Reference, Answered>,
    /// The numbers that are given.
    numbers: HashSet<u64>,
}

impl Questions {
    /// Every one of them with its reference, in the order of these.
    pub fn all(&self) -> impl Iterator<Item = (&Reference, &Answered)> {
        self.all.iter()
    }

    /// Whether a number is given to anybody.
    pub fn give(&self, number: u64) -> bool {
        self.numbers.contains(&number)
    }

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
            self.numbers.insert(number.as_u64());
        }
        if let Some(first) = self.all.get_mut(&reference) {
            if first.says == says || first.others.iter().any(|(_, other)| *other == says) {
                applied.repeated += 1;
            } else {
                applied.contradicting += 1;
                // Whichever of them tells of a death, it is to be looked at.
                if !first.answer.death_date.is_there() && !answer.is_sensitive() {
                    first.answer.death_date = answer.death_date;
                }
                first.others.push((answer, says));
            }
            return Ok(());
        }
        let answered = Answered {
            sent,
            answer,
            file,
            says,
            others: Vec::new(),
        };
        self.all.insert(reference, answered);
        Ok(())
    }
}

/// Reads the files that are new to their ends.
pub(super) fn read(
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
    let day = |date: PdsDate| {
        date.day()
            .map_or(u32::from(date.is_there()), |day| day.packed())
    };
    hash.update(day(answer.birth_date).to_be_bytes());
    hash.update(day(answer.death_date).to_be_bytes());
    let rest = [
        answer.code.number().map_or(100, u8::from),
        answer.algorithm.number().map_or(100, u8::from),
        match answer.confidence {
            Confidence::PerCent(sure) => sure,
            Confidence::Unreadable => 254,
            Confidence::NotTold => 255,
        },
        u8::from(answer.is_sensitive()),
    ];
    hash.update(rest);
    hash.update(match answer.requested {
        Requested::Number(number) => *number.digits(),
        Requested::None => [b'0'; 10],
        Requested::Invalid => [b'x'; 10],
    });
    hash.finalize().into()
}
