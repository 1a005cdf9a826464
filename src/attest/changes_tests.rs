//! Tests of the differences: each thing a reviewer asks about is told, in its place, and nothing else.

use super::*;
use crate::attest::disclosed::PeopleCount;
use crate::attest::example;
use crate::attest::predicate::ObjectionsList;

/// What is told when the later manifest is changed so.
fn told(change: impl FnOnce(&mut Predicate)) -> Vec<Change> {
    let mut after = example::predicate();
    change(&mut after);
    changes(&example::predicate(), &after)
}

/// The only thing that is told.
#[track_caller]
fn one(change: impl FnOnce(&mut Predicate)) -> (ChangeKind, String) {
    let mut told = told(change);
    assert_eq!(told.len(), 1, "{told:#?}");
    let change = told.remove(0);
    assert_ne!(change.before, change.after);
    (change.kind, change.words)
}

#[test]
fn equal_manifests_differ_in_nothing_but_their_run() {
    let told = told(|p| {
        p.run.started = "2031-01-01T00:00:00Z".into();
        p.run_id = "another".into();
        p.previous = None;
        p.sources[0].keyed_digest = "0".repeat(64);
        p.sources[0].bytes += 1;
    });
    assert_eq!(told, []);
}

#[test]
fn everything_a_reviewer_asks_about_is_told() {
    use ChangeKind::*;
    type Case = (ChangeKind, &'static str, fn(&mut Predicate));
    let cases: [Case; 30] = [
        (FieldAdded, "Event Reference leaves now", |p| {
            p.treatment[3].treatment = TreatmentKind::Pseudonymise;
            p.treatment[3].columns = p.treatment[0].columns.clone();
        }),
        (FieldForm, "Date of Birth leaves in another form", |p| {
            p.treatment[2].columns[0].form = "whole date".into();
        }),
        (FieldForm, "NHS Number leaves in another form", |p| {
            p.treatment[0].treatment = TreatmentKind::Keep;
        }),
        (FieldRemoved, "Gender does not leave any more", |p| {
            p.treatment[1].treatment = TreatmentKind::Drop;
        }),
        (FieldRemoved, "Gender does not leave any more", |p| {
            p.treatment[1].columns[0].form = EMPTY.into();
        }),
        (FieldRemoved, "NHS Number does not", |p| {
            p.treatment.remove(0);
        }),
        (Authority, "legal basis is another", |p| {
            p.governance.legal_basis = Some("consent".into());
        }),
        (Authority, "agreement is not stated any more", |p| {
            p.governance.sharing_agreement = None;
        }),
        (Authority, "last day of the agreement", |p| {
            p.governance.sharing_agreement_ends = Some("2029-12-31".into());
        }),
        (Authority, "reviewed is another", |p| {
            p.governance.dpia_review_by = Some("2029-12-31".into());
        }),
        (Authority, "data are kept", |p| {
            p.governance.retain_until = Some("2042-03-31".into());
        }),
        (Disclosure, "recipient", |p| p.recipient = "dhsc".into()),
        (Disclosure, "purpose", |p| p.purpose = "research".into()),
        (Disclosure, "controller", |p| {
            p.controller.la_code = "998".into()
        }),
        (Key, "Another pseudonym key", |p| p.key.id = "0".repeat(16)),
        (Key, "Another epoch", |p| p.key.epoch = "2027".into()),
        (Key, "signs with another key", |p| {
            p.signing_key.id = "0".repeat(64)
        }),
        (Key, "published test key", |p| {
            (p.key.test, p.signing_key.test) = (false, false);
        }),
        (OptOuts, "opt-out is handled otherwise", |p| {
            p.opt_outs.national_data_opt_out.applied = true;
        }),
        (OptOuts, "Objections are handled otherwise", |p| {
            p.opt_outs.objections.records_removed = 1;
        }),
        (OptOuts, "No list of objections", |p| {
            p.opt_outs.objections.list = None
        }),
        (Selection, "is on now", |p| {
            p.selection.insert("duplicates".into(), true);
        }),
        (Selection, "people of the bundle before", |p| {
            p.gate.people_again = None
        }),
        (Period, "reporting period", |p| {
            p.period.stated.end = "2026-06-30".into();
        }),
        (People, "Fewer people in the submission: by 1,000", |p| {
            p.counts.people -= 1_000;
        }),
        (People, "unpaid carers", |p| {
            p.people[1].people = PeopleCount::Fewer
        }),
        (Records, "More records with an error: by 1", |p| {
            p.counts.with_errors += 1
        }),
        (Rules, "could not run that could", |p| {
            let mut rule = p.rules_not_run[0].clone();
            rule.rule = "x.y".into();
            p.rules_not_run.push(rule);
        }),
        (Versions, "program", |p| p.tool.version = "9".into()),
        (Versions, "configuration", |p| {
            p.configuration_digest = "0".repeat(64)
        }),
    ];
    for (kind, words, change) in cases {
        let told = one(change);
        assert_eq!(told.0, kind, "{}", told.1);
        assert!(told.1.contains(words), "`{words}` in `{}`", told.1);
    }
}

#[test]
fn sources_and_rules_are_compared_by_name() {
    let told = told(|p| {
        p.sources[0].fields_absent.push("Gender".into());
        p.sources[1].name = "new".into();
        p.findings[0].rule = "other.rule".into();
    });
    let words: Vec<_> = told.iter().map(|change| change.words.as_str()).collect();
    assert_eq!(
        words,
        [
            "The source case-system is read otherwise",
            "Records come from another source besides: new",
            "No records come from finance any more",
            "Rules are broken that were not",
            "Rules are not broken any more",
        ]
    );
    assert_eq!(told[3].after.as_deref(), Some("other.rule"));
}

#[test]
fn quality_is_told_where_it_moved_by_more_than_two_points() {
    let moved = |by: u64| {
        told(|p| {
            p.data_quality[0].valid -= by;
            p.data_quality[0].blank += by;
            p.data_quality[0].blank_mandatory += 0;
        })
    };
    assert_eq!(
        moved(24_000),
        [],
        "the share of values present hardly moves"
    );
    let told = told(|p| {
        p.data_quality[0].valid -= 30_000;
        p.data_quality[0].invalid += 30_000;
        p.data_quality[1].blank -= 30_000;
        p.data_quality[1].blank_mandatory += 30_000;
    });
    let words: Vec<_> = told.iter().map(|change| change.words.as_str()).collect();
    assert_eq!(
        words,
        [
            "Gender: a smaller share of values present that are valid",
            "Date of Birth: a larger share of records where it is missing though mandatory",
        ]
    );
    assert_eq!(told[1].after.as_deref(), Some("2.5%"));
}

#[test]
fn what_matters_most_is_first() {
    let told = told(|p| {
        p.tool.version = "9".into();
        p.counts.people += 1;
        p.opt_outs.objections.reason = "other".into();
        p.opt_outs.objections.list = Some(ObjectionsList {
            entries: PeopleCount::Fewer,
            unread: PeopleCount::Fewer,
            people: PeopleCount::Fewer,
        });
        p.key.epoch = "2027".into();
        p.treatment[1].treatment = TreatmentKind::Drop;
        p.treatment[3].treatment = TreatmentKind::Keep;
        p.treatment[3].columns = p.treatment[1].columns.clone();
    });
    let kinds: Vec<_> = told.iter().map(|change| change.kind).collect();
    use ChangeKind::*;
    assert_eq!(
        kinds,
        [
            FieldAdded,
            FieldRemoved,
            Key,
            OptOuts,
            OptOuts,
            People,
            Versions
        ]
    );
    let list = told[4].after.as_deref().unwrap();
    assert!(list.contains("fewer than 10 people in the submission"));
}
