//! Every gate, by itself and with the others.

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
