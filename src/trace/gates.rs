//! The gates that a number of PDS must pass before it is believed. Each says no by itself; nothing weighs them up.

use super::answer::{Algorithm, Confidence, Matched, RecordCode, Requested};
use super::register::Status;
use super::register::entry::{
    AGAIN, CROSS_CHECK, POSTCODE, SENSITIVE, WITHOUT_NUMBER, WITHOUT_POSTCODE,
};
use super::rule::Rule;
use crate::date::Date;
use crate::nhs_number::NhsNumber;

/// How often somebody is asked about of whom PDS gave nothing that can be used, questions that left something out apart.
const MOST_ATTEMPTS: u32 = 3;

/// Which question about a person is the last one to be made by itself, where there is nothing to correct. `sent` is what was
/// in it: what was left out was asked with before.
pub(super) fn most_attempts(sent: u32) -> u32 {
    MOST_ATTEMPTS + (sent & (WITHOUT_NUMBER | WITHOUT_POSTCODE)).count_ones()
}

/// What an answer says, beside what was asked and what is known now.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What PDS says.
    pub code: RecordCode,
    /// The number it gives.
    pub matched: Matched,
    /// How it found the record.
    pub algorithm: Algorithm,
    /// The birth date on its record.
    pub birth: Option<Date>,
    /// Whether the record is sensitive.
    pub sensitive: bool,
    /// How sure PDS is.
    pub confidence: Confidence,
    /// The number that PDS says it was asked about.
    pub requested: Requested,
    /// The birth date that was sent.
    pub sent_birth: Option<Date>,
    /// The number that the case system had when was asked.
    pub held: Option<NhsNumber>,
    /// What was in the question: [`CROSS_CHECK`] and [`POSTCODE`].
    pub sent: u32,
    /// Which question about the person it was.
    pub attempts: u32,
    /// Whether the person's facts are still those that were sent.
    pub unchanged: bool,
    /// Whether another living person has the number.
    pub of_another: bool,
}

/// What comes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The rule that decided.
    pub rule: Rule,
    /// The person's status from now on.
    pub status: Status,
    /// The number: taken if the status is [`Status::Verified`], else only to be looked at.
    pub number: Option<NhsNumber>,
    /// Flags of the person that this sets.
    pub flags: u32,
}

/// One gate.
pub struct Gate {
    /// The rule it stands for.
    pub rule: Rule,
    /// What a number that fails it comes to.
    pub status: Status,
    /// Whether a claim passes.
    pub holds: fn(&Claim) -> bool,
}

/// All of them, in the order in which they are tried.
pub const GATES: [Gate; 11] = [
    Gate {
        rule: Rule::Sentinel,
        status: Status::NoneOrSeveral,
        holds: |claim| !matches!(claim.matched, Matched::None | Matched::Several),
    },
    Gate {
        rule: Rule::CheckDigit,
        status: Status::Required,
        holds: |claim| !matches!(claim.matched, Matched::Invalid),
    },
    Gate {
        rule: Rule::BirthDateNotWhole,
        status: Status::Conflict,
        holds: |claim| claim.birth.is_some(),
    },
    Gate {
        rule: Rule::BirthDate,
        status: Status::Conflict,
        holds: |claim| claim.birth == claim.sent_birth,
    },
    Gate {
        rule: Rule::UnknownAlgorithm,
        status: Status::Conflict,
        holds: |claim| claim.algorithm != Algorithm::Unknown,
    },
    Gate {
        rule: Rule::NotCertain,
        status: Status::Conflict,
        holds: |claim| claim.algorithm.is_exact(),
    },
    Gate {
        rule: Rule::NothingToCheck,
        status: Status::Conflict,
        holds: |claim| claim.algorithm != Algorithm::CrossCheck || claim.sent_number().is_some(),
    },
    Gate {
        rule: Rule::NotSure,
        status: Status::Conflict,
        // An exact match is always sure: one that is not was damaged on its way, or is not exact.
        holds: |claim| claim.confidence.is_exact(),
    },
    Gate {
        rule: Rule::NotSuperseded,
        status: Status::Conflict,
        // Only of a number that was sent can PDS say so, and only by checking it.
        holds: |claim| {
            claim.code != RecordCode::Superseded
                || claim.sent_number().is_some() && claim.algorithm == Algorithm::CrossCheck
        },
    },
    Gate {
        rule: Rule::NumberChanged,
        status: Status::Conflict,
        holds: |claim| match (claim.code, claim.held) {
            // Only that code says that another number is right.
            (RecordCode::Superseded, Some(held)) => claim.number() != Some(held),
            (RecordCode::Superseded, None) => false,
            (_, Some(held)) => claim.number() == Some(held),
            (_, None) => true,
        },
    },
    Gate {
        rule: Rule::AnotherPerson,
        status: Status::Conflict,
        holds: |claim| !claim.of_another,
    },
];

impl Claim {
    /// The number, if there is one.
    pub fn number(&self) -> Option<NhsNumber> {
        match self.matched {
            Matched::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The number that was in the question. One that is held may have been left out of it.
    fn sent_number(&self) -> Option<NhsNumber> {
        self.held.filter(|_| self.sent & CROSS_CHECK != 0)
    }

    /// Whether the question that came back is the one that was sent.
    fn is_of_the_question(&self) -> bool {
        match self.requested {
            Requested::None => true,
            Requested::Number(number) => self.sent_number() == Some(number),
            Requested::Invalid => false,
        }
    }
}

/// Judges a claim.
pub fn judge(claim: &Claim) -> Verdict {
    let verdict = |rule, status| Verdict {
        rule,
        status,
        number: None,
        flags: 0,
    };
    // Whatever it says, it is of somebody who is recorded otherwise now.
    if !claim.unchanged {
        return Verdict {
            flags: AGAIN,
            ..verdict(Rule::RecordChanged, Status::Required)
        };
    }
    // Then it may be about anybody, so that not even the number is shown.
    if !claim.is_of_the_question() {
        return verdict(Rule::OtherQuestion, Status::Conflict);
    }
    let taken = match claim.code {
        RecordCode::Matched if claim.sensitive => Rule::Sensitive,
        RecordCode::Matched => Rule::Matched,
        RecordCode::Superseded => Rule::Superseded,
        RecordCode::Sensitive => Rule::Sensitive,
        RecordCode::InvalidRecord => return verdict(Rule::InvalidRecord, Status::Conflict),
        RecordCode::UnderInvestigation => {
            return verdict(Rule::UnderInvestigation, Status::Conflict);
        }
        RecordCode::SeveralExact => return verdict(Rule::SeveralExact, Status::NoneOrSeveral),
        RecordCode::SeveralClose => return verdict(Rule::SeveralClose, Status::NoneOrSeveral),
        RecordCode::NoMatch => {
            return Verdict {
                flags: next_try(claim.sent),
                ..verdict(Rule::NoMatch, Status::NoneOrSeveral)
            };
        }
        RecordCode::Unknown(_) => return verdict(Rule::UnknownCode, Status::Required),
        // 10 to 17: the request was not carried out.
        _ => {
            return Verdict {
                flags: if claim.attempts < most_attempts(claim.sent) {
                    // The same question: what was left out of it stays so.
                    AGAIN | claim.sent & (WITHOUT_NUMBER | WITHOUT_POSTCODE)
                } else {
                    0
                },
                ..verdict(Rule::Fault, Status::Required)
            };
        }
    };
    let number = claim.number();
    let sensitive = if claim.sensitive || claim.code == RecordCode::Sensitive {
        SENSITIVE
    } else {
        0
    };
    match GATES.iter().find(|gate| !(gate.holds)(claim)) {
        Some(gate) => Verdict {
            number,
            flags: sensitive,
            ..verdict(gate.rule, gate.status)
        },
        None => Verdict {
            number,
            flags: sensitive,
            ..verdict(taken, Status::Verified)
        },
    }
}

/// Without a match: a number that does not fit may be another person's, and an unrelated postcode hides a record, as any
/// postcode does a sensitive one. So each is left out once.
fn next_try(sent: u32) -> u32 {
    if sent & CROSS_CHECK != 0 {
        AGAIN | WITHOUT_NUMBER
    } else if sent & POSTCODE != 0 {
        AGAIN | WITHOUT_POSTCODE | sent & WITHOUT_NUMBER
    } else {
        0
    }
}

#[cfg(test)]
#[path = "gates_tests.rs"]
mod tests;
