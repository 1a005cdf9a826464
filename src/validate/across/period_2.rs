//! The reporting period as national processing means to derive it from about August 2026 (spec rules.md section 7,
//! version 2), so that a council learns beforehand what would be taken of its file.
//!
//! The method is known from a description, and where that is silent this is our reading:
//!
//! - A type's *median month* is the median of its months with at least one end in the calendar. A file covers a year of a
//!   calendar that begins in April 2020, so over all months the median would be nought.
//! - The median of an even number of months is the mean of the two in the middle.
//! - The median type total is that of the three types, so the middle one.
//! - City of London needs no ten ends, but as the median month is never nought, it does need one.
//! - A lone incomplete month is one whose neighbours are both complete for the same type. Tolerated months do not count
//!   as complete neighbours themselves.
//! - Months after the stated period are ignored, as in version 1 those in or after the month of import are.
//! - The gaps that are flagged are the tolerated months within the period.
//! - The Isles of Scilly are council 906. That is general knowledge (GEN), no source of ours has the code.

use crate::validate::{EventKind, Month, MonthCounts};

/// The types the period is derived from.
const KINDS: [EventKind; 3] = [
    EventKind::Request,
    EventKind::Assessment,
    EventKind::Service,
];
/// April 2020.
const CALENDAR: u32 = 2020 * 12 + 3;
/// Fewest ends of a complete month.
const FEWEST: u64 = 10;
/// Needs no fewest ends.
const CITY_OF_LONDON: &str = "714";
/// Has the stated period.
pub(super) const ISLES_OF_SCILLY: &str = "906";

/// The derived period, in whole months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Derived2 {
    /// The latest run of months in which all three types qualify.
    Months {
        /// First month.
        first: Month,
        /// Last month.
        last: Month,
        /// Incomplete months within it that are tolerated, by type.
        gaps: Vec<(EventKind, Month)>,
    },
    /// The Isles of Scilly: the stated period stands.
    Stated,
    /// These types have no records at all, so there is no period.
    Missing(Vec<EventKind>),
    /// No month qualifies for all three types.
    None {
        /// Types with less than 5% of the median type total, for which no month ever does.
        thin: Vec<EventKind>,
    },
}

/// Derives the period from ended events by month and type, and from the records of each type in the order of
/// [`EventKind::ALL`], those of open services among them. Months after `last` (year × 12 + month − 1) are ignored.
pub fn derive(months: &MonthCounts, totals: &[u64; 4], la_code: &str, last: u32) -> Derived2 {
    if la_code == ISLES_OF_SCILLY {
        return Derived2::Stated;
    }
    let total = |kind: EventKind| {
        let at = EventKind::ALL.iter().position(|k| *k == kind);
        at.map_or(0, |at| totals[at])
    };
    let missing: Vec<_> = KINDS.into_iter().filter(|k| total(*k) == 0).collect();
    if !missing.is_empty() {
        return Derived2::Missing(missing);
    }
    let mut sorted = KINDS.map(total);
    sorted.sort_unstable();
    let is_thin = |kind: EventKind| total(kind) * 20 < sorted[1];
    let ends = |kind, month| months.get(&(month, kind)).copied().unwrap_or(0);
    let calendar = CALENDAR..=last.min(months.keys().map(|(m, _)| *m).max().unwrap_or(0));
    let complete = KINDS.map(|kind| -> Vec<bool> {
        let counts: Vec<_> = calendar.clone().map(|month| ends(kind, month)).collect();
        let median = twice_the_median(&counts);
        let fewest = if la_code == CITY_OF_LONDON { 1 } else { FEWEST };
        let enough = |n: u64| !is_thin(kind) && n >= fewest && n * 10 >= median;
        counts.into_iter().map(enough).collect()
    });
    let qualifies = |complete: &Vec<bool>, at: usize| {
        complete[at]
            || at > 0 && complete[at - 1] && complete.get(at + 1).is_some_and(|after| *after)
    };
    let all_qualify = |at: &usize| complete.iter().all(|c| qualifies(c, *at));
    let Some(end) = (0..calendar.count()).rev().find(all_qualify) else {
        return Derived2::None {
            thin: KINDS.into_iter().filter(|k| is_thin(*k)).collect(),
        };
    };
    let run = (0..=end).rev().take_while(all_qualify);
    let start = run.last().unwrap_or(end);
    let month = |at: usize| Month(CALENDAR + at as u32);
    let gaps = KINDS.iter().zip(&complete).flat_map(|(kind, complete)| {
        let open = (start..=end).filter(|at| !complete[*at]);
        open.map(|at| (*kind, month(at)))
    });
    Derived2::Months {
        first: month(start),
        last: month(end),
        gaps: gaps.collect(),
    }
}

/// Twice the median of what is not nought, so that it is whole.
fn twice_the_median(counts: &[u64]) -> u64 {
    let mut some: Vec<_> = counts.iter().copied().filter(|n| *n > 0).collect();
    some.sort_unstable();
    match some.len() {
        0 => 0,
        n => some[(n - 1) / 2] + some[n / 2],
    }
}

#[cfg(test)]
#[path = "period_2_tests.rs"]
mod tests;
