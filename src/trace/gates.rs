//! The gates that a number of PDS must pass before it is believed. Each says no by itself; nothing weighs them up.

use super::answer::{Algorithm, Matched, RecordCode};
use super::register::Status;
use super::register::entry::{
    AGAIN, CROSS_CHECK, POSTCODE, SENSITIVE, WITHOUT_NUMBER, WITHOUT_POSTCODE,
};
use super::rule::Rule;
use crate::date::Date;
use crate::nhs_number::NhsNumber;

/// How often a request that was not carried out is made again by itself.
const MOST_ATTEMPTS: u32 = 3;

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
pub const GATES: [Gate; 8] = [
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
                flags: if claim.attempts < MOST_ATTEMPTS {
                    AGAIN
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
mod tests {
    use super::*;
    use crate::nhs_number::canonical;

    /// What makes a good claim fail, and as what.
    type Spoilt = (fn(&mut Claim), Rule, Status);

    fn number(text: &str) -> NhsNumber {
        canonical(text).unwrap()
    }

    fn good() -> Claim {
        let born = Date::new(1940, 2, 29);
        Claim {
            code: RecordCode::Matched,
            matched: Matched::Number(number("9434765919")),
            algorithm: Algorithm::Alphanumeric,
            birth: born,
            sensitive: false,
            sent_birth: born,
            held: None,
            sent: POSTCODE,
            attempts: 1,
            unchanged: true,
            of_another: false,
        }
    }

    #[track_caller]
    fn says(change: impl FnOnce(&mut Claim), rule: Rule, status: Status) -> Verdict {
        let mut claim = good();
        change(&mut claim);
        let verdict = judge(&claim);
        assert_eq!((verdict.rule, verdict.status), (rule, status));
        verdict
    }

    #[test]
    fn a_match_that_passes_every_gate_is_taken() {
        let verdict = says(|_| {}, Rule::Matched, Status::Verified);
        assert_eq!(
            (verdict.number, verdict.flags),
            (Some(number("9434765919")), 0)
        );
        let by_cross_check = |c: &mut Claim| {
            c.algorithm = Algorithm::CrossCheck;
            c.held = c.number();
        };
        says(by_cross_check, Rule::Matched, Status::Verified);
        let sensitive = says(
            |c| c.code = RecordCode::Sensitive,
            Rule::Sensitive,
            Status::Verified,
        );
        assert_eq!(sensitive.flags, SENSITIVE);
        let flagged = says(|c| c.sensitive = true, Rule::Sensitive, Status::Verified);
        assert_eq!(flagged.flags, SENSITIVE);
    }

    #[test]
    fn a_superseded_number_is_replaced_by_another_one_only() {
        let superseded = |held: Option<&str>| {
            let held = held.map(number);
            move |c: &mut Claim| {
                c.code = RecordCode::Superseded;
                c.held = held;
            }
        };
        says(
            superseded(Some("4010232137")),
            Rule::Superseded,
            Status::Verified,
        );
        says(
            superseded(Some("9434765919")),
            Rule::NumberChanged,
            Status::Conflict,
        );
        says(superseded(None), Rule::NumberChanged, Status::Conflict);
    }

    #[test]
    fn each_gate_says_no_by_itself() {
        let changes: [Spoilt; 10] = [
            (
                |c| c.matched = Matched::None,
                Rule::Sentinel,
                Status::NoneOrSeveral,
            ),
            (
                |c| c.matched = Matched::Several,
                Rule::Sentinel,
                Status::NoneOrSeveral,
            ),
            (
                |c| c.matched = Matched::Invalid,
                Rule::CheckDigit,
                Status::Required,
            ),
            (
                |c| c.birth = Date::new(1940, 3, 1),
                Rule::BirthDate,
                Status::Conflict,
            ),
            (
                |c| c.birth = None,
                Rule::BirthDateNotWhole,
                Status::Conflict,
            ),
            (
                |c| c.algorithm = Algorithm::Algorithmic,
                Rule::NotCertain,
                Status::Conflict,
            ),
            (
                |c| c.algorithm = Algorithm::Simple,
                Rule::NotCertain,
                Status::Conflict,
            ),
            (
                |c| c.algorithm = Algorithm::Unknown,
                Rule::UnknownAlgorithm,
                Status::Conflict,
            ),
            (
                |c| c.held = Some(number("4010232137")),
                Rule::NumberChanged,
                Status::Conflict,
            ),
            (
                |c| c.of_another = true,
                Rule::AnotherPerson,
                Status::Conflict,
            ),
        ];
        for (change, rule, status) in changes {
            for code in [RecordCode::Matched, RecordCode::Sensitive] {
                let verdict = says(
                    |c| {
                        c.code = code;
                        change(c);
                    },
                    rule,
                    status,
                );
                assert_ne!(verdict.status, Status::Verified);
            }
            // The good claim passes the gate that said no.
            let gate = GATES.iter().find(|gate| gate.rule == rule).unwrap();
            assert!((gate.holds)(&good()));
        }
        // Without a birth date on either side none equals the other.
        let neither = |c: &mut Claim| (c.birth, c.sent_birth) = (None, None);
        says(neither, Rule::BirthDateNotWhole, Status::Conflict);
    }

    #[test]
    fn nothing_is_taken_for_a_record_that_has_changed() {
        for code in [
            RecordCode::Matched,
            RecordCode::NoMatch,
            RecordCode::Superseded,
        ] {
            let changed = |c: &mut Claim| {
                c.code = code;
                c.unchanged = false;
            };
            let verdict = says(changed, Rule::RecordChanged, Status::Required);
            assert_eq!((verdict.number, verdict.flags), (None, AGAIN));
        }
    }

    #[test]
    fn every_other_code_brings_no_number() {
        for number in 0..=99 {
            let code = RecordCode::of(number);
            let mut claim = good();
            claim.code = code;
            claim.held = None;
            let verdict = judge(&claim);
            let status = match number {
                0 | 92 => Status::Verified,
                10..=17 => Status::Required,
                90 | 91 | 95 => Status::Conflict,
                96..=98 => Status::NoneOrSeveral,
                _ => Status::Required,
            };
            assert_eq!(verdict.status, status, "{number}");
            assert_eq!(
                verdict.rule == Rule::UnknownCode,
                matches!(code, RecordCode::Unknown(_)),
                "{number}"
            );
        }
    }

    #[test]
    fn without_a_match_the_number_and_then_the_postcode_are_left_out_once() {
        let flags = |sent| {
            let no_match = |c: &mut Claim| {
                c.code = RecordCode::NoMatch;
                c.sent = sent;
            };
            says(no_match, Rule::NoMatch, Status::NoneOrSeveral).flags
        };
        assert_eq!(flags(CROSS_CHECK), AGAIN | WITHOUT_NUMBER);
        assert_eq!(flags(POSTCODE), AGAIN | WITHOUT_POSTCODE);
        let without = WITHOUT_NUMBER | POSTCODE;
        assert_eq!(flags(without), AGAIN | WITHOUT_POSTCODE | WITHOUT_NUMBER);
        assert_eq!(flags(0), 0);
    }

    #[test]
    fn a_request_that_was_not_carried_out_is_made_again_twice() {
        for (attempts, again) in [(1, AGAIN), (2, AGAIN), (3, 0)] {
            let fault = |c: &mut Claim| {
                c.code = RecordCode::of(14);
                c.attempts = attempts;
            };
            assert_eq!(says(fault, Rule::Fault, Status::Required).flags, again);
        }
    }
}
