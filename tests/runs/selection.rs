//! Which records go: every reason to leave one out, the switches, and a source that says what was cancelled.

use crate::support::{Council, Record, assessment, carer, request, review, service};

/// Each record of its own under the reason expected; `None` is submitted.
fn cases() -> Vec<(Record, Option<&'static str>)> {
    let nobody = |r: Record| r.of("", "", "E0");
    let ends = |r: Record, start: &str, end: &str| {
        r.with("Event Start Date", start)
            .with("Event End Date", end)
    };
    vec![
        (service(), None),
        (request(), None),
        (carer(), None),
        (service().of("9990000018", "", "E2"), None),
        (service().of("", "P1", "E3"), None),
        (nobody(service()), Some("no_person_id")),
        (
            // An invalid number is no identifier, nor is a person id of white space or NULL.
            service().of("9990000019", " NULL ", "E4"),
            Some("no_person_id"),
        ),
        (service().with("Event Type", ""), Some("no_event")),
        (service().with("Event Type", "Visit"), Some("no_event")),
        (
            service().with("Event Start Date", "2025-05-01"),
            Some("no_event"),
        ),
        (request().with("Event End Date", ""), Some("open_event")),
        (assessment().with("Event End Date", ""), Some("open_event")),
        (review().with("Event End Date", "soon"), Some("open_event")),
        (ends(request(), "01/01/2020", "01/04/2025"), None),
        (
            ends(request(), "01/01/2020", "31/03/2025"),
            Some("outside_period"),
        ),
        (
            ends(review(), "01/05/2025", "01/04/2026"),
            Some("outside_period"),
        ),
        (
            ends(assessment(), "01/04/2026", "31/03/2026"),
            Some("outside_period"),
        ),
        (ends(service(), "31/03/2026", ""), None),
        (ends(service(), "01/04/2026", ""), Some("outside_period")),
        (
            ends(service(), "01/01/2020", "31/03/2025"),
            Some("outside_period"),
        ),
        (ends(service(), "01/01/2020", "01/04/2025"), None),
    ]
}

const REASONS: [&str; 5] = [
    "no_person_id",
    "no_event",
    "cancelled",
    "open_event",
    "outside_period",
];

#[test]
fn every_reason_is_counted_and_the_counts_add_up() {
    let ran = Council::of(cases().into_iter().map(|(record, _)| record)).makes();
    let counts = &ran.predicate()["counts"];
    assert_eq!(counts["read"], cases().len());
    let expected = |reason| cases().iter().filter(|(_, e)| *e == reason).count();
    assert_eq!(counts["submitted"], expected(None));
    assert_eq!(ran.submission().rows.len(), expected(None));
    let excluded = counts["excluded"].as_object().unwrap();
    assert_eq!(excluded.len(), REASONS.len());
    for reason in REASONS {
        assert_eq!(excluded[reason], expected(Some(reason)), "{reason}");
    }
}

#[test]
fn each_record_goes_or_stays_for_its_own_reason() {
    for (at, (record, expected)) in cases().into_iter().enumerate() {
        // Beside one that goes: without any there would be no bundle.
        let ran = Council::of([record, service().of("", "P99", "E99")]).makes();
        let counts = ran.predicate()["counts"].clone();
        let of = |reason: &str| counts["excluded"][reason] == 1;
        let found = REASONS.into_iter().find(|reason| of(reason));
        assert_eq!(found, expected, "case {at}");
    }
}

#[test]
fn switches_let_open_and_outside_events_go() {
    let records = || {
        [
            request().with("Event End Date", ""),
            review().with("Event End Date", "01/04/2027"),
            service().with("Event Start Date", "01/04/2027"),
            service().of("", "P99", "E99"),
        ]
    };
    for (switches, submitted) in [
        ("{}", 1),
        ("{open_event: false}", 2),
        ("{outside_period: false}", 3),
        ("{open_event: false, outside_period: false}", 4),
    ] {
        let ran = Council::of(records()).set("selection", switches).makes();
        assert_eq!(ran.submission().rows.len(), submitted, "{switches}");
    }
}

#[test]
fn a_source_says_what_was_cancelled() {
    let of = |state: &str| service().with("State", state);
    let ran = Council::of([of("cancelled"), of(" CANCELLED "), of("done"), of("")])
        .set(
            "selection",
            "{cancelled: {column: State, values: [Cancelled]}}",
        )
        .makes();
    assert_eq!(ran.predicate()["counts"]["excluded"]["cancelled"], 2);
    assert_eq!(ran.submission().rows.len(), 2);

    Council::of([service()])
        .set(
            "selection",
            "{cancelled: {column: State, values: [Cancelled]}}",
        )
        .fails(2)
        .said
        .says(&["selection.cancelled.column", "State"]);
}

#[test]
fn an_earlier_reason_goes_before_a_later_one() {
    let all_at_once = service()
        .of("", "", "")
        .with("Event Type", "")
        .with("State", "x");
    let cancelled = request().with("Event End Date", "").with("State", "x");
    let ran = Council::of([all_at_once, cancelled, service()])
        .set("selection", "{cancelled: {column: State, values: [x]}}")
        .makes();
    let excluded = &ran.predicate()["counts"]["excluded"];
    assert_eq!(excluded["no_person_id"], 1);
    assert_eq!(excluded["cancelled"], 1);
    assert_eq!(excluded["open_event"], 0);
}

/// The text NULL is blank however much white space stands around it.
#[test]
fn an_id_of_null_is_nobodys() {
    for id in ["NULL", "NULL ", "\u{a0}null", "Null\u{b}"] {
        let record = service()
            .with("NHS Number", "")
            .with("LA Person Unique Identifier", id);
        let ran = Council::of([record, service()]).makes();
        assert_eq!(
            ran.predicate()["counts"]["excluded"]["no_person_id"],
            1,
            "{id:?}"
        );
        let rules = ran.rules();
        let missed = "la_person_unique_identifier.blank_mandatory".to_owned();
        assert!(rules.contains(&missed), "{id:?}: {rules:?}");
    }
}
