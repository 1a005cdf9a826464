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
        confidence: Confidence::PerCent(100),
        requested: Requested::None,
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

/// A number was sent, and PDS found that it fits.
fn cross_check(claim: &mut Claim) {
    claim.algorithm = Algorithm::CrossCheck;
    claim.held = claim.number();
    claim.sent = CROSS_CHECK;
}

/// A number was sent, and PDS has another one in its place.
fn superseded(claim: &mut Claim) {
    cross_check(claim);
    claim.code = RecordCode::Superseded;
    claim.held = Some(number("4010232137"));
}

#[test]
fn a_match_that_passes_every_gate_is_taken() {
    let verdict = says(|_| {}, Rule::Matched, Status::Verified);
    assert_eq!(
        (verdict.number, verdict.flags),
        (Some(number("9434765919")), 0)
    );
    says(cross_check, Rule::Matched, Status::Verified);
    says(
        |c| c.confidence = Confidence::NotTold,
        Rule::Matched,
        Status::Verified,
    );
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
    says(superseded, Rule::Superseded, Status::Verified);
    let by_itself = |c: &mut Claim| {
        superseded(c);
        c.held = c.number();
    };
    says(by_itself, Rule::NumberChanged, Status::Conflict);
    // To a question by name, of a person with a number or without one, or in another way than by a check.
    let spoilt: [fn(&mut Claim); 4] = [
        |c| c.held = None,
        |c| c.sent = POSTCODE,
        |c| (c.held, c.sent) = (None, POSTCODE),
        |c| c.algorithm = Algorithm::Alphanumeric,
    ];
    for (n, spoil) in spoilt.into_iter().enumerate() {
        for algorithm in [Algorithm::CrossCheck, Algorithm::Alphanumeric] {
            let mut claim = good();
            superseded(&mut claim);
            claim.algorithm = algorithm;
            spoil(&mut claim);
            assert_eq!(judge(&claim).status, Status::Conflict, "{n}");
            let gate = GATES.iter().find(|gate| gate.rule == Rule::NotSuperseded);
            assert!(!(gate.unwrap().holds)(&claim), "{n}");
        }
    }
}

#[test]
fn a_check_of_a_number_that_was_not_sent_is_not_believed() {
    let unasked = |c: &mut Claim| c.algorithm = Algorithm::CrossCheck;
    says(unasked, Rule::NothingToCheck, Status::Conflict);
    // Held, and left out of the question.
    let left_out = |c: &mut Claim| {
        cross_check(c);
        c.sent = WITHOUT_NUMBER | POSTCODE;
    };
    says(left_out, Rule::NothingToCheck, Status::Conflict);
}

#[test]
fn an_exact_match_that_is_not_wholly_sure_is_not_believed() {
    says(
        |c| c.confidence = Confidence::Unreadable,
        Rule::NotSure,
        Status::Conflict,
    );
    for sure in [0, 1, 10, 99] {
        says(
            |c| c.confidence = Confidence::PerCent(sure),
            Rule::NotSure,
            Status::Conflict,
        );
        let checked = |c: &mut Claim| {
            cross_check(c);
            c.confidence = Confidence::PerCent(sure);
        };
        says(checked, Rule::NotSure, Status::Conflict);
    }
}

#[test]
fn an_answer_to_another_question_is_not_believed_whatever_it_says() {
    let sent = number("9434765919");
    let other = number("4010232137");
    let asked_back = |requested, ask: fn(&mut Claim)| {
        move |c: &mut Claim| {
            ask(c);
            c.requested = requested;
        }
    };
    for requested in [Requested::None, Requested::Number(sent)] {
        let same = asked_back(requested, cross_check);
        says(same, Rule::Matched, Status::Verified);
    }
    let by_name = |_: &mut Claim| ();
    let left_out = |c: &mut Claim| c.held = c.number();
    for (requested, ask) in [
        (Requested::Number(other), cross_check as fn(&mut Claim)),
        (Requested::Invalid, cross_check),
        (Requested::Number(sent), by_name),
        (Requested::Number(sent), left_out),
        (Requested::Invalid, by_name),
        // The number that took the place of the one asked about is not the one asked about.
        (Requested::Number(sent), superseded),
    ] {
        for code in [None, Some(RecordCode::NoMatch), Some(RecordCode::of(14))] {
            let told = |c: &mut Claim| {
                asked_back(requested, ask)(c);
                c.code = code.unwrap_or(c.code);
            };
            let verdict = says(told, Rule::OtherQuestion, Status::Conflict);
            assert_eq!((verdict.number, verdict.flags), (None, 0));
        }
    }
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
    // More often where questions before left something out, and then in the same way.
    let left_out = |c: &mut Claim| {
        c.code = RecordCode::Datastore;
        c.sent = WITHOUT_NUMBER | WITHOUT_POSTCODE;
        c.attempts = 4;
    };
    let flags = says(left_out, Rule::Fault, Status::Required).flags;
    assert_eq!(flags, AGAIN | WITHOUT_NUMBER | WITHOUT_POSTCODE);
    for (attempts, again) in [(1, AGAIN), (2, AGAIN), (3, 0)] {
        let fault = |c: &mut Claim| {
            c.code = RecordCode::of(14);
            c.attempts = attempts;
        };
        assert_eq!(says(fault, Rule::Fault, Status::Required).flags, again);
    }
}
