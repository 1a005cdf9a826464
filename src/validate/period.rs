//! The reporting period as national processing derives it from the months that events ended in (spec rules.md section 7,
//! version 1), because stated periods are often longer than the data.

use polars::prelude::*;

use super::tally::MonthCounts;
use crate::date::Date;

/// The derived period, in whole months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Derived {
    /// First and last month kept.
    Months {
        /// First month.
        first: Month,
        /// Last month.
        last: Month,
    },
    /// Fewer than 100 records have an end date, so the stated period stands.
    TooFew,
    /// No month holds enough.
    None,
}

/// A month of the calendar: year × 12 + month − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(pub(super) u32);

impl Month {
    /// Its first day as yyyy-mm-dd.
    pub fn first_day(self) -> String {
        format!("{:04}-{:02}-01", self.0 / 12, self.0 % 12 + 1)
    }

    /// Its last day as yyyy-mm-dd.
    pub fn last_day(self) -> String {
        let (year, month) = (self.0 / 12, self.0 % 12 + 1);
        let last = (28..=31).rev().find_map(|day| Date::new(year, month, day));
        last.map_or(String::new(), Date::iso)
    }
}

/// Fewest dated records from which a period is derived.
pub(super) const FEWEST: u64 = 100;

/// Derives the period from ended events by month and kind.
///
/// A month is kept when it holds at least 2 % of the dated records and at least one kind of event less than the month
/// that has the most kinds. Months after `last` (year × 12 + month − 1) are ignored: nationally those in or after the
/// month of import are, and a file is sent in the month after its period.
///
/// # Errors
/// When the table engine fails.
pub fn derive(months: &MonthCounts, last: u32) -> PolarsResult<Derived> {
    let rows: Vec<_> = months
        .iter()
        .filter(|((month, _), _)| *month <= last)
        .collect();
    let total: u64 = rows.iter().map(|(_, n)| **n).sum();
    if total < FEWEST {
        return Ok(Derived::TooFew);
    }
    let table = df! {
        "month" => rows.iter().map(|((month, _), _)| *month).collect::<Vec<_>>(),
        "events" => rows.iter().map(|(_, n)| **n).collect::<Vec<_>>(),
    }?;
    let kept = table
        .lazy()
        .group_by([col("month")])
        .agg([col("events").sum(), len().alias("kinds")])
        .filter(
            (col("events") * lit(50_u64))
                .gt_eq(lit(total))
                .and((col("kinds") + lit(1_u32)).gt_eq(col("kinds").max())),
        )
        .select([
            col("month").min().alias("first"),
            col("month").max().alias("last"),
        ])
        .collect()?;
    let month = |name| -> PolarsResult<Option<u32>> { Ok(kept.column(name)?.u32()?.get(0)) };
    Ok(match (month("first")?, month("last")?) {
        (Some(first), Some(last)) => Derived::Months {
            first: Month(first),
            last: Month(last),
        },
        _ => Derived::None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::plan::EventKind::{self, Assessment, Request, Review, Service};
    use super::*;

    fn months(rows: &[(u32, EventKind, u64)]) -> MonthCounts {
        rows.iter()
            .map(|(month, kind, n)| ((2025 * 12 + month - 1, *kind), *n))
            .collect()
    }

    fn kept(first: u32, last: u32) -> Derived {
        let month = |m| Month(2025 * 12 + m - 1);
        Derived::Months {
            first: month(first),
            last: month(last),
        }
    }

    #[test]
    fn months_have_their_days() {
        assert_eq!(Month(2024 * 12 + 1).first_day(), "2024-02-01");
        assert_eq!(Month(2024 * 12 + 1).last_day(), "2024-02-29");
        assert_eq!(Month(2025 * 12 + 11).last_day(), "2025-12-31");
    }

    #[test]
    fn thin_months_and_months_with_few_kinds_fall_away() {
        // 1,000 dated records, so a month needs 20. April has four kinds: a month needs three.
        let counts = months(&[
            (3, Request, 10),
            (3, Assessment, 5),
            (3, Service, 4), // March: 19 records, too few.
            (4, Request, 100),
            (4, Assessment, 100),
            (4, Service, 100),
            (4, Review, 100),
            (5, Request, 200),
            (5, Assessment, 80),
            (5, Review, 101), // May: 381 records of three kinds, kept.
            (6, Request, 100),
            (6, Service, 100), // June: two kinds, dropped.
        ]);
        assert_eq!(counts.values().sum::<u64>(), 1000);
        let last = 2025 * 12 + 11;
        assert_eq!(derive(&counts, last).unwrap(), kept(4, 5));
    }

    #[test]
    fn few_records_leave_the_stated_period() {
        assert_eq!(
            derive(&months(&[(4, Request, 99)]), u32::MAX).unwrap(),
            Derived::TooFew
        );
        assert_eq!(
            derive(&months(&[(4, Request, 100)]), u32::MAX).unwrap(),
            kept(4, 4)
        );
    }

    #[test]
    fn months_after_the_last_are_ignored() {
        let counts = months(&[(4, Request, 100), (5, Request, 100)]);
        assert_eq!(derive(&counts, 2025 * 12 + 3).unwrap(), kept(4, 4));
    }
}
