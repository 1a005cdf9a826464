//! Findings about the extract as a whole, worked out by hand.

use super::EventKind::{Assessment, Request, Review, Service};
use super::*;
use crate::validate::across::lost::LostServices;

/// Stated on the records, with how many.
type Periods = BTreeMap<(Option<Date>, Option<Date>), u64>;

fn day(text: &str) -> Date {
    Date::parse_iso(text).unwrap()
}

/// A month counted from January 2025, so that 13 is January 2026.
fn at(month: u32) -> u32 {
    2025 * 12 + month - 1
}

fn one_period(start: &str, end: &str) -> Periods {
    [((Some(day(start)), Some(day(end))), 100)].into()
}

/// Twenty-five ends of each kind in each month from April 2025 to March 2026: nothing to find.
fn full_year() -> MonthCounts {
    let months = at(4)..=at(15);
    let all = months.flat_map(|month| EventKind::ALL.map(|kind| ((month, kind), 25)));
    all.collect()
}

fn facts<'a>(periods: &'a Periods, months: &'a MonthCounts) -> FileFacts<'a> {
    FileFacts {
        periods,
        months,
        totals: EventKind::ALL.map(|kind| {
            let of_kind = months.iter().filter(|((_, k), _)| *k == kind);
            of_kind.map(|(_, n)| n).sum()
        }),
        without_number: [0; 5],
        with_number: [10; 5],
        release: "2",
        la_code: "503",
        period: None,
        comparison: &NOTHING_LOST,
    }
}

static NOTHING_LOST: Comparison = Comparison::Made(LostServices {
    end: Date::FIRST,
    open: 0,
    lost: 0,
    of_another_number: 0,
    unsent: 0,
    of_another_start: 0,
    of_another_kind: 0,
    left_out: Vec::new(),
});

fn find(rule: FileRule, records: u64, detail: &str) -> FileFinding {
    FileFinding {
        rule,
        records,
        detail: detail.to_owned(),
    }
}

#[test]
fn a_full_year_has_no_findings() {
    let (periods, months) = (one_period("2025-04-01", "2026-03-31"), full_year());
    let judged = facts(&periods, &months).judge().unwrap();
    assert_eq!((judged.findings, judged.not_run), (vec![], vec![]));
    let year = "2025-04-01 to 2026-03-31";
    let derived = |n| format!("derived, version {n}: {year}");
    assert_eq!(
        judged.periods,
        [format!("stated {year}"), derived(1), derived(2)]
    );
}

/// Each month from May to January has 100 ends of each of four kinds: 9 × 400 = 3,600. April has 40 requests, February 20
/// of each kind (80), March 10 of each kind (40). Together 3,760.
///
/// Version 1: 2% of 3,760 is 75.2, and a month needs three kinds. April (40, one kind) and March (40) fall away; February
/// (80) stays: May to February. 40 ended before, 40 after.
///
/// Version 2: requests in order are 10, 20, 40, then 100 nine times: median 100, 20% of it 20. April (40) and February
/// (20) are complete, March (10) is not. Assessments and services are 10, 20, then 100 nine times: median 100; February is
/// complete, March is not, April has none. May to February again.
#[test]
fn stated_periods_that_are_longer_than_the_data() {
    let mut months = MonthCounts::from([((at(4), Request), 40)]);
    for kind in EventKind::ALL {
        months.extend((at(5)..=at(13)).map(|month| ((month, kind), 100)));
        months.extend([((at(14), kind), 20), ((at(15), kind), 10)]);
    }
    let periods = one_period("2025-04-01", "2026-03-31");
    let judged = facts(&periods, &months).judge().unwrap();
    let texts = |version: u8| {
        let derived =
            format!("the period derived nationally (version {version}), 2025-05-01 to 2026-02-28");
        [
            format!(
                "The stated period starts on 2025-04-01, before {derived}. Events that ended before it: 40."
            ),
            format!(
                "The stated period ends on 2026-03-31, after {derived}. Events that ended after it: 40."
            ),
        ]
    };
    let ([start_1, end_1], [start_2, end_2]) = (texts(1), texts(2));
    assert_eq!(
        judged.findings,
        [
            find(FileRule::StartBeforeDerived1, 40, &start_1),
            find(FileRule::EndAfterDerived1, 40, &end_1),
            find(FileRule::StartBeforeDerived2, 40, &start_2),
            find(FileRule::EndAfterDerived2, 40, &end_2),
            find(
                FileRule::MonthMissing,
                0,
                "No Assessment ended in 2025-04. No Service ended in 2025-04. No Review ended in 2025-04."
            ),
        ]
    );
    assert_eq!(judged.not_run, []);
}

/// The earliest start and the latest end make the period. The commonest start has 90 of 97 records that state one.
#[test]
fn several_stated_periods() {
    let months = full_year();
    let [a, b, c] = ["2025-04-01", "2025-07-01", "2025-05-01"].map(|start| Some(day(start)));
    let end = Some(day("2026-03-31"));
    let periods = Periods::from([
        ((a, end), 90),
        ((b, end), 6),
        ((c, None), 1),
        ((None, None), 3),
    ]);
    assert_eq!(
        facts(&periods, &months).judge().unwrap().findings,
        [find(
            FileRule::SeveralStarts,
            7,
            "3 different starts of the reporting period are stated; 7 records do not state the commonest, 2025-04-01."
        )]
    );
    let ends = (1..=7).map(|n| ((a, Date::new(2026, 3, 24 + n)), u64::from(n)));
    let found = facts(&ends.collect(), &months).judge().unwrap().findings;
    assert_eq!(
        found,
        [find(
            FileRule::SeveralEnds,
            21,
            "7 different ends of the reporting period are stated; 21 records do not state the commonest, a date that fewer than 10 records state."
        )]
    );
}

#[test]
fn the_configured_period_comes_first() {
    let (periods, months) = (one_period("2025-04-01", "2026-03-31"), full_year());
    let configured = FileFacts {
        period: Some((day("2025-01-01"), day("2026-03-31"))),
        ..facts(&periods, &months)
    };
    let rules: Vec<_> = configured.judge().unwrap().findings;
    let rules: Vec<_> = rules.iter().map(|f| (f.rule, f.records)).collect();
    assert_eq!(
        rules,
        [
            (FileRule::NotTwelveMonths, 0),
            (FileRule::StartBeforeDerived1, 0),
            (FileRule::StartBeforeDerived2, 0),
            (FileRule::MonthMissing, 0)
        ]
    );
}

#[test]
fn months_and_types_that_are_not_there() {
    let mut months = full_year();
    months.retain(|(month, kind), _| {
        *month != at(8)
            && (*kind != Service || ![at(6), at(7), at(11)].contains(month))
            && *kind != Review
    });
    let periods = one_period("2025-04-01", "2026-03-31");
    let judged = facts(&periods, &months).judge().unwrap();
    let of = |rule| judged.findings.iter().find(|f| f.rule == rule).unwrap();
    // August is missing for every type, so it is not named for one. Reviews occur nowhere, so they are not missed here.
    assert_eq!(
        of(FileRule::MonthMissing).detail,
        "No event ended in 2025-08. No Service ended in 2025-06 to 2025-07, 2025-11."
    );
    assert_eq!(
        of(FileRule::TypeMissing).detail,
        "No record has the event type Review."
    );
    // Services have no ends from June to August, which is more than a lone gap: version 2 begins in September. November
    // is one. Before September, requests and assessments ended in four months and services in two.
    assert_eq!(
        of(FileRule::ToleratedGap2).detail,
        "Months that version 2 of the national method tolerates as lone gaps within the derived period 2025-09-01 to 2026-03-31: Service 2025-11."
    );
    assert_eq!(
        of(FileRule::StartBeforeDerived2).records,
        4 * 2 * 25 + 2 * 25
    );
}

#[test]
fn services_that_are_all_open_end_in_no_month() {
    let mut months = full_year();
    months.retain(|(_, kind), _| *kind != Service);
    let periods = one_period("2025-04-01", "2026-03-31");
    let mut facts = facts(&periods, &months);
    facts.totals[2] = 500;
    let judged = facts.judge().unwrap();
    // Version 2 asks for ended services, so it derives no period either.
    assert_eq!(judged.findings[0].rule, FileRule::EndAfterDerived2);
    assert_eq!(
        judged.findings[1..],
        [find(
            FileRule::MonthMissing,
            0,
            "No Service ended in 2025-04 to 2026-03."
        )]
    );
    let why = "in no month are requests, assessments and services all complete".to_owned();
    assert_eq!(judged.not_run, [(FileRule::ToleratedGap2, why)]);
}

#[test]
fn release_1_ends_with_september_2025() {
    let months = full_year();
    for (end, superseded) in [("2025-09-29", false), ("2025-09-30", true)] {
        let periods = one_period("2025-04-01", end);
        for (release, superseded) in [("1", superseded), ("2", false)] {
            let facts = FileFacts {
                release,
                ..facts(&periods, &months)
            };
            let found = facts.judge().unwrap().findings;
            let found = found.iter().find(|f| f.rule == FileRule::SupersededRelease);
            assert_eq!(found.map(|f| f.records), superseded.then_some(50));
        }
    }
}

#[test]
fn the_share_without_a_number_is_told_by_type() {
    let (periods, months) = (one_period("2025-04-01", "2026-03-31"), full_year());
    let facts = FileFacts {
        without_number: [1, 0, 0, 6, 3],
        with_number: [7, 10, 0, 0, 21],
        ..facts(&periods, &months)
    };
    // 1 + 6 + 3 of 8 + 10 + 6 + 24.
    assert_eq!(
        facts.judge().unwrap().findings,
        [find(
            FileRule::MissingShare,
            10,
            "Records without an NHS number: 10 of 48 (20.8%). By event type: Request 1 of 8 (12.5%), Assessment 0 of 10 (0.0%), Review 6 of 6 (100.0%), no event 3 of 24 (12.5%)."
        )]
    );
}

fn reasons(facts: &FileFacts<'_>) -> Vec<(FileRule, String)> {
    facts.judge().unwrap().not_run
}

fn rules(facts: FileFacts<'_>) -> Vec<FileRule> {
    let reasons = reasons(&facts).into_iter();
    reasons.map(|(rule, _)| rule).collect()
}

#[test]
fn what_cannot_be_judged_is_said() {
    use FileRule::*;
    let months = full_year();
    let year = one_period("2025-04-01", "2026-03-31");
    let version_2 = [StartBeforeDerived2, EndAfterDerived2, ToleratedGap2];

    let backwards = one_period("2026-03-31", "2025-04-01");
    for periods in [Periods::from([((None, None), 5)]), backwards] {
        assert_eq!(
            rules(facts(&periods, &months)),
            [
                NotTwelveMonths,
                StartBeforeDerived1,
                EndAfterDerived1,
                StartBeforeDerived2,
                EndAfterDerived2,
                ToleratedGap2,
                MonthMissing
            ]
        );
    }

    let few = MonthCounts::from([((at(4), Request), 99)]);
    let not_run = reasons(&facts(&year, &few));
    assert_eq!(not_run[1].0, EndAfterDerived1);
    assert!(not_run[1].1.contains("the stated period stands"));
    assert_eq!(
        not_run[2].1,
        "there is no record of type Assessment, Service"
    );

    let mut isles = facts(&year, &months);
    isles.la_code = "906";
    assert_eq!(rules(isles), version_2);

    let mut thin = facts(&year, &months);
    thin.totals = [300, 14, 300, 0];
    let judged = thin.judge().unwrap();
    assert_eq!(judged.not_run[0].0, ToleratedGap2);
    let found = judged.findings.iter().find(|f| f.rule == EndAfterDerived2);
    let detail = &found.unwrap().detail;
    assert!(detail.contains("has: Assessment"), "{detail}");
    assert_eq!(months[&(at(4), Assessment)], 25);
}

#[test]
fn twelve_whole_months_are_a_period() {
    let months = full_year();
    for (start, end, whole) in [
        ("2025-04-01", "2026-03-31", true),
        ("2024-03-01", "2025-02-28", true),
        ("2023-03-01", "2024-02-29", true),
        ("2023-03-01", "2024-02-28", false),
        ("2025-04-02", "2026-03-31", false),
        ("2025-04-01", "2026-03-30", false),
        ("2025-04-01", "2026-02-28", false),
        ("2025-01-01", "2026-03-31", false),
    ] {
        let periods = one_period(start, end);
        let judged = facts(&periods, &months).judge().unwrap();
        let found = judged
            .findings
            .iter()
            .any(|f| f.rule == FileRule::NotTwelveMonths);
        assert_eq!(found, !whole, "{start} to {end}");
    }
}

/// A column that slipped puts births where the period should be: no text may carry one.
#[test]
fn a_date_of_few_records_is_in_no_text() {
    let birth = day("1941-07-23");
    let mut periods = one_period("2025-04-01", "2026-03-31");
    periods.insert((Some(birth), Some(birth)), 9);
    let months = full_year();
    let texts = |periods: &Periods| {
        let judged = facts(periods, &months).judge().unwrap();
        let details = judged.findings.into_iter().map(|f| f.detail);
        let reasons = judged.not_run.into_iter().map(|(_, why)| why);
        details
            .chain(reasons)
            .chain(judged.periods)
            .collect::<String>()
    };
    let text = texts(&periods);
    assert!(
        text.contains("2026-03-31") && !text.contains("1941"),
        "{text}"
    );
    assert!(!texts(&Periods::from([((Some(birth), Some(birth)), 9)])).contains("1941"));
}
