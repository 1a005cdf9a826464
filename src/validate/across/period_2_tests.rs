//! Derived periods worked out by hand from the method.

use super::EventKind::{Assessment, Request, Review, Service};
use super::*;

/// A month counted from January 2025, so that 13 is January 2026.
fn at(month: u32) -> u32 {
    2025 * 12 + month - 1
}

/// March 2026, the end of the stated period.
const LAST: u32 = 2026 * 12 + 2;

/// Ends from April 2025 on.
fn year(kinds: &[(EventKind, &[u64])]) -> MonthCounts {
    let mut months = MonthCounts::new();
    for (kind, ends) in kinds {
        let ends = (at(4)..).zip(*ends).filter(|(_, n)| **n > 0);
        months.extend(ends.map(|(month, n)| ((month, *kind), *n)));
    }
    months
}

fn period(first: u32, last: u32, gaps: &[(EventKind, u32)]) -> Derived2 {
    Derived2::Months {
        first: Month(at(first)),
        last: Month(at(last)),
        gaps: gaps.iter().map(|(k, m)| (*k, Month(at(*m)))).collect(),
    }
}

/// Requests, assessments, services with open ones, reviews.
const TOTALS: [u64; 4] = [523, 339, 1400, 0];

/// | | Apr | May | Jun | Jul | Aug | Sep | Oct | Nov | Dec | Jan | Feb | Mar |
/// | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
/// | requests | 12 | 60 | 60 | 8 | 60 | 60 | 60 | 60 | 60 | 60 | 12 | 11 |
/// | assessments | 30 | 9 | 30 | 30 | 30 | 30 | 30 | 30 | 30 | 30 | 30 | 30 |
/// | services | 10 | 20 | 20 | 20 | 20 | 20 | 20 | 20 | 20 | 20 | 20 | 20 |
///
/// Totals 523, 339 and 1,400: the middle one is 523, 5% of it 26.15, and no type is thin.
///
/// - Requests in order: 8, 11, 12, 12, then 60 eight times. The sixth and the seventh are 60, so the median is 60 and 20%
///   of it is 12. April and February have 12: complete. July has 8: incomplete, but alone between June and August:
///   tolerated. March has 11: at least 10, but not 12; no month follows it: incomplete.
/// - Assessments: median 30, 20% is 6, so 10 is what counts. May has 9: incomplete, alone between April and June: tolerated.
/// - Services: median 20, 20% is 4, so 10 counts; April has just that. All complete.
///
/// So all three qualify from April to February.
#[test]
fn the_worked_example() {
    let months = year(&[
        (Request, &[12, 60, 60, 8, 60, 60, 60, 60, 60, 60, 12, 11]),
        (Assessment, &[30, 9, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30]),
        (Service, &[10, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20]),
    ]);
    assert_eq!(
        derive(&months, &TOTALS, "503", LAST),
        period(4, 14, &[(Request, 7), (Assessment, 5)])
    );
}

/// The example with June as thin as May for assessments: two incomplete months side by side, so neither is tolerated, and
/// the latest run begins in July. July is a gap of the requests still: June, before it, is complete for requests.
#[test]
fn two_incomplete_months_break_the_run() {
    let months = year(&[
        (Request, &[12, 60, 60, 8, 60, 60, 60, 60, 60, 60, 12, 11]),
        (Assessment, &[30, 9, 9, 30, 30, 30, 30, 30, 30, 30, 30, 30]),
        (Service, &[10, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20]),
    ]);
    assert_eq!(
        derive(&months, &TOTALS, "503", LAST),
        period(7, 14, &[(Request, 7)])
    );
}

/// Four months of requests: 10, 30, 70, 90. The median is (30 + 70) / 2 = 50 and 20% of it 10: April is complete. With 71
/// it is 50.5 and 10.1: April is not.
#[test]
fn an_even_median_is_the_mean_of_the_middle_two() {
    let of = |third| {
        let months = year(&[
            (Request, &[10, 30, third, 90]),
            (Assessment, &[10; 4]),
            (Service, &[10; 4]),
        ]);
        derive(&months, &[200, 40, 40, 0], "503", LAST)
    };
    assert_eq!(of(70), period(4, 7, &[]));
    assert_eq!(of(71), period(5, 7, &[]));
}

/// Totals 1,000, 800 and 40: the middle one is 800 and 5% of it 40. With 39 services there is no period, although ten end
/// each month; open services count, so that 29 ended and 11 open ones do.
#[test]
fn a_thin_type_has_no_complete_month() {
    let months = year(&[
        (Request, &[50; 2]),
        (Assessment, &[50; 2]),
        (Service, &[10; 2]),
    ]);
    assert_eq!(
        derive(&months, &[1000, 800, 40, 0], "503", LAST),
        period(4, 5, &[])
    );
    assert_eq!(
        derive(&months, &[1000, 800, 39, 0], "503", LAST),
        Derived2::None {
            thin: vec![Service]
        }
    );
}

/// Three ends a month, with none in June: the median of April, May and July is 3, 20% of it 0.6. City of London needs no
/// ten, but one: June is incomplete for it, and tolerated. Two such months are not.
#[test]
fn city_of_london_needs_no_ten() {
    let months = |requests| {
        year(&[
            (Request, requests),
            (Assessment, &[3; 5]),
            (Service, &[3; 5]),
        ])
    };
    let totals = [12, 15, 15, 0];
    let lone = months(&[3, 3, 0, 3, 3]);
    assert_eq!(
        derive(&lone, &totals, "714", LAST),
        period(4, 8, &[(Request, 6)])
    );
    assert_eq!(
        derive(&lone, &totals, "503", LAST),
        Derived2::None { thin: vec![] }
    );
    let two = months(&[3, 0, 0, 3, 3]);
    assert_eq!(derive(&two, &totals, "714", LAST), period(7, 8, &[]));
}

#[test]
fn months_outside_the_calendar_are_ignored() {
    let mut months = MonthCounts::new();
    // February 2020 to June 2020, and two months after the stated end.
    for month in (2020 * 12 + 1..=2020 * 12 + 5).chain([LAST + 1, LAST + 2]) {
        for kind in KINDS {
            months.insert((month, kind), 20);
        }
    }
    let first = Month(2020 * 12 + 3);
    let last = Month(2020 * 12 + 5);
    assert_eq!(
        derive(&months, &[140, 140, 140, 0], "503", LAST),
        Derived2::Months {
            first,
            last,
            gaps: vec![]
        }
    );
    assert_eq!(first.first_day(), "2020-04-01");
    assert_eq!(
        derive(&months, &[140, 140, 140, 0], "503", 2020 * 12),
        Derived2::None { thin: vec![] }
    );
}

#[test]
fn a_type_without_records_leaves_no_period() {
    let months = year(&[(Request, &[50; 3]), (Service, &[50; 3]), (Review, &[50; 3])]);
    assert_eq!(
        derive(&months, &[150, 0, 150, 150], "503", LAST),
        Derived2::Missing(vec![Assessment])
    );
    assert_eq!(
        derive(&months, &[0; 4], "503", LAST),
        Derived2::Missing(KINDS.to_vec())
    );
    assert_eq!(
        derive(&months, &[0; 4], ISLES_OF_SCILLY, LAST),
        Derived2::Stated
    );
}
