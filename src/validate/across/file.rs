//! Rules about the extract as a whole: stated periods against derived ones, months and types that are not there, the
//! release, and the share of records without an NHS number (spec rules.md sections 2, 5, 7 and 8).
//!
//! They look at sums only. Nothing identifiable comes in and no count of people goes out.

use std::collections::BTreeMap;

use polars::prelude::PolarsResult;

use super::lost::Comparison;
use super::period_2::{self, Derived2};
use super::wording::{days, kinds, month_of, months, share};
use crate::date::Date;
use crate::validate::period::FEWEST;
use crate::validate::{Derived, EventKind, Month, MonthCounts, derived_period};

/// Sums over the submitted records.
#[derive(Debug, Clone, Copy)]
pub struct FileFacts<'a> {
    /// Records by the start and end of the reporting period stated on them.
    pub periods: &'a BTreeMap<(Option<Date>, Option<Date>), u64>,
    /// Ended events.
    pub months: &'a MonthCounts,
    /// Records in the order of [`EventKind::ALL`], open ones too.
    pub totals: [u64; 4],
    /// Records without an NHS number in the order of [`EventKind::ALL`], then those without an event.
    pub without_number: [u64; 5],
    /// Records with one, in the same order.
    pub with_number: [u64; 5],
    /// `1` or `2`.
    pub release: &'a str,
    /// Three digits.
    pub la_code: &'a str,
    /// The configured reporting period. Without it, the earliest start and the latest end that are stated make one, as
    /// they do nationally.
    pub period: Option<(Date, Date)>,
    /// With the bundle sent before.
    pub comparison: &'a Comparison,
}

/// A rule about the extract as a whole. The order is that of the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileRule {
    /// Records state different starts of the reporting period.
    SeveralStarts,
    /// Records state different ends of the reporting period.
    SeveralEnds,
    /// The stated period is not twelve whole months.
    NotTwelveMonths,
    /// The stated period starts before the derived one, version 1.
    StartBeforeDerived1,
    /// The stated period ends after the derived one, version 1.
    EndAfterDerived1,
    /// The stated period starts before the derived one, version 2.
    StartBeforeDerived2,
    /// The stated period ends after the derived one, version 2.
    EndAfterDerived2,
    /// The derived period, version 2, has months in it that are incomplete and tolerated.
    ToleratedGap2,
    /// In some month no event ended, or none of a type that occurs otherwise.
    MonthMissing,
    /// A type of event has no record.
    TypeMissing,
    /// Services that the bundle sent before had open are in none of the records.
    LostService,
    /// Release 1 for a period that ends on or after 30 September 2025.
    SupersededRelease,
    /// Some records have no NHS number.
    MissingShare,
}

/// A rule that the extract breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFinding {
    /// Which.
    pub rule: FileRule,
    /// Records concerned; 0 if none can be named.
    pub records: u64,
    /// Sentences with dates and counts of records.
    pub detail: String,
}

/// What came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileJudged {
    /// By rule.
    pub findings: Vec<FileFinding>,
    /// By rule, with the reason.
    pub not_run: Vec<(FileRule, String)>,
    /// The period as stated and as derived by either version, in words: what the council wants to see side by side.
    pub periods: Vec<String>,
}

/// Release 2 is required from the period that ends on this day: 2025, 9, 30 (inferred, see the spec).
const RELEASE_2_FROM: (u32, u32, u32) = (2025, 9, 30);
/// Records that must state a date for a text to name it.
const TOLD: u64 = 10;

impl FileFacts<'_> {
    /// Judges the extract.
    ///
    /// # Errors
    /// When the table engine fails.
    pub fn judge(&self) -> PolarsResult<FileJudged> {
        let mut out = FileJudged::default();
        self.several(&mut out);
        match self.stated() {
            Ok(stated) => {
                let (start, end) = (self.told(stated.0), self.told(stated.1));
                out.periods.push(format!("stated {start} to {end}"));
                self.derived_1(stated, &mut out)?;
                self.derived_2(stated, &mut out);
                self.months_missing(stated, &mut out);
                self.twelve_months(stated, &mut out);
                self.superseded(stated, &mut out);
            }
            Err(reason) => {
                use FileRule::*;
                for rule in [
                    NotTwelveMonths,
                    StartBeforeDerived1,
                    EndAfterDerived1,
                    StartBeforeDerived2,
                    EndAfterDerived2,
                    ToleratedGap2,
                    MonthMissing,
                ] {
                    out.not_run.push((rule, reason.to_owned()));
                }
                if self.release == "1" {
                    out.not_run.push((SupersededRelease, reason.to_owned()));
                }
            }
        }
        self.types_missing(&mut out);
        self.comparison.judge(&mut out);
        self.missing_share(&mut out);
        out.findings.sort_by_key(|finding| finding.rule);
        out.not_run.sort_by_key(|(rule, _)| *rule);
        Ok(out)
    }

    fn stated(&self) -> Result<(Date, Date), &'static str> {
        let starts = self.periods.keys().filter_map(|(start, _)| *start);
        let ends = self.periods.keys().filter_map(|(_, end)| *end);
        let (start, end) = self
            .period
            .or_else(|| starts.min().zip(ends.max()))
            .ok_or("no record states a reporting period that can be read")?;
        if start > end {
            return Err("the stated reporting period starts after its end");
        }
        Ok((start, end))
    }

    /// A stated date, where it cannot be somebody's: in a column that slipped, the date on one record may be that of a
    /// birth, and this text goes into logs and the manifest.
    fn told(&self, date: Date) -> String {
        if self.may_tell(date) {
            date.iso()
        } else {
            format!("a date that fewer than {TOLD} records state")
        }
    }

    fn may_tell(&self, date: Date) -> bool {
        let configured = self
            .period
            .is_some_and(|(start, end)| [start, end].contains(&date));
        let states = |(start, end): &(Option<Date>, Option<Date>)| {
            [start, end].into_iter().any(|stated| *stated == Some(date))
        };
        let stated: u64 = (self.periods.iter())
            .filter(|(period, _)| states(period))
            .map(|(_, n)| n)
            .sum();
        configured || stated >= TOLD
    }

    fn several(&self, out: &mut FileJudged) {
        let (mut starts, mut ends) = (BTreeMap::new(), BTreeMap::new());
        for ((start, end), n) in self.periods {
            for (dates, date) in [(&mut starts, start), (&mut ends, end)] {
                if let Some(date) = date {
                    *dates.entry(*date).or_insert(0) += n;
                }
            }
        }
        for (rule, word, dates) in [
            (FileRule::SeveralStarts, "starts", starts),
            (FileRule::SeveralEnds, "ends", ends),
        ] {
            if dates.len() < 2 {
                continue;
            }
            let mut by_count: Vec<_> = dates.iter().map(|(date, n)| (*date, *n)).collect();
            by_count.sort_by_key(|(date, n)| (u64::MAX - n, *date));
            let others = by_count[1..].iter().map(|(_, n)| n).sum();
            out.find(
                rule,
                others,
                format!(
                    "{} different {word} of the reporting period are stated; {} not state the commonest, {}.",
                    by_count.len(),
                    match others {
                        1 => "1 record does".to_owned(),
                        n => format!("{n} records do"),
                    },
                    self.told(by_count[0].0)
                ),
            );
        }
    }

    fn derived_1(&self, stated: (Date, Date), out: &mut FileJudged) -> PolarsResult<()> {
        let reason = match derived_period(self.months, month_of(stated.1))? {
            Derived::Months { first, last } => {
                let rules = (FileRule::StartBeforeDerived1, FileRule::EndAfterDerived1);
                out.periods
                    .push(format!("derived, version 1: {}", days(first, last)));
                self.outside(stated, first, last, "version 1", rules, out);
                return Ok(());
            }
            Derived::TooFew => {
                "fewer than 100 records have an event end date, so the stated period stands: the written \
                 national method says so, and we follow it although the national code keeps every month then"
            }
            Derived::None => {
                let reason = "no month holds enough events for a period to be derived from";
                self.nothing_derived(FileRule::EndAfterDerived1, 1, reason, out);
                return Ok(());
            }
        };
        out.periods
            .push("derived, version 1: the stated one".to_owned());
        for rule in [FileRule::StartBeforeDerived1, FileRule::EndAfterDerived1] {
            out.not_run.push((rule, reason.to_owned()));
        }
        Ok(())
    }

    fn derived_2(&self, stated: (Date, Date), out: &mut FileJudged) {
        let last = month_of(stated.1);
        let reason = match period_2::derive(self.months, &self.totals, self.la_code, last) {
            Derived2::Months { first, last, gaps } => {
                let rules = (FileRule::StartBeforeDerived2, FileRule::EndAfterDerived2);
                out.periods
                    .push(format!("derived, version 2: {}", days(first, last)));
                self.outside(stated, first, last, "version 2", rules, out);
                gaps_2(first, last, &gaps, out);
                return;
            }
            Derived2::Stated => {
                "version 2 takes the stated period of the Isles of Scilly".to_owned()
            }
            Derived2::Missing(missing) => format!("there is no record of type {}", kinds(&missing)),
            Derived2::None { thin } if thin.is_empty() => {
                "in no month are requests, assessments and services all complete".to_owned()
            }
            Derived2::None { thin } => format!(
                "a type has less than 5% of the records that the middle one of the three types has: {}",
                kinds(&thin)
            ),
        };
        let scilly = self.la_code == period_2::ISLES_OF_SCILLY;
        if self.too_few().is_none() && !scilly {
            self.nothing_derived(FileRule::EndAfterDerived2, 2, &reason, out);
            out.not_run.push((FileRule::ToleratedGap2, reason));
            return;
        }
        out.periods.push(format!(
            "derived, version 2: {}",
            if scilly {
                "the stated one"
            } else {
                "no period"
            }
        ));
        for rule in [
            FileRule::StartBeforeDerived2,
            FileRule::EndAfterDerived2,
            FileRule::ToleratedGap2,
        ] {
            out.not_run.push((rule, reason.clone()));
        }
    }

    /// A version that derives no period leaves the file without a month that counts: worse than one that is too short.
    fn nothing_derived(&self, rule: FileRule, version: u8, reason: &str, out: &mut FileJudged) {
        out.periods
            .push(format!("derived, version {version}: no period"));
        let dated = self.months.values().sum();
        let detail = format!(
            "Version {version} derives no period: {reason}. No month of the file counts then."
        );
        out.find(rule, dated, detail);
    }

    /// Holds the stated period against a derived one, in whole months.
    fn outside(
        &self,
        (start, end): (Date, Date),
        first: Month,
        last: Month,
        version: &str,
        (before, after): (FileRule, FileRule),
        out: &mut FileJudged,
    ) {
        let dated = |outside: &dyn Fn(u32) -> bool| -> u64 {
            let months = self.months.iter().filter(|((m, _), _)| outside(*m));
            months.map(|(_, n)| n).sum()
        };
        let derived = format!("derived nationally ({version}), {}", days(first, last));
        if month_of(start) < first.0 {
            let n = dated(&|month| month < first.0);
            let start = self.told(start);
            out.find(before, n, format!("The stated period starts on {start}, before the period {derived}. Events that ended before it: {n}."));
        }
        if month_of(end) > last.0 {
            let n = dated(&|month| month > last.0);
            let end = self.told(end);
            out.find(after, n, format!("The stated period ends on {end}, after the period {derived}. Events that ended after it: {n}."));
        }
    }

    fn months_missing(&self, (start, end): (Date, Date), out: &mut FileJudged) {
        if let Some(reason) = self.too_few() {
            out.not_run.push((FileRule::MonthMissing, reason));
            return;
        }
        if !self.may_tell(start) || !self.may_tell(end) {
            let reason = "fewer than 10 records state where the period begins or ends";
            out.not_run
                .push((FileRule::MonthMissing, reason.to_owned()));
            return;
        }
        let period = || month_of(start)..=month_of(end);
        let ended = |kind, month| self.months.contains_key(&(month, kind));
        let of_any: Vec<_> = period()
            .filter(|month| EventKind::ALL.iter().all(|kind| !ended(*kind, *month)))
            .collect();
        let mut sentences = Vec::new();
        if !of_any.is_empty() {
            sentences.push(format!("No event ended in {}.", months(&of_any)));
        }
        for (kind, total) in EventKind::ALL.into_iter().zip(self.totals) {
            let missing: Vec<_> = period()
                .filter(|month| !ended(kind, *month) && of_any.binary_search(month).is_err())
                .collect();
            if total > 0 && !missing.is_empty() {
                let months = months(&missing);
                sentences.push(format!("No {} ended in {months}.", kind.name()));
            }
        }
        if !sentences.is_empty() {
            out.find(FileRule::MonthMissing, 0, sentences.join(" "));
        }
    }

    /// Why nothing is missed in a few records: a sample need not have a whole year's events.
    fn too_few(&self) -> Option<String> {
        let dated: u64 = self.months.values().sum();
        (dated < FEWEST).then(|| {
            format!(
                "fewer than {FEWEST} records have an event end date: too few to miss any in them"
            )
        })
    }

    fn types_missing(&self, out: &mut FileJudged) {
        if let Some(reason) = self.too_few() {
            out.not_run.push((FileRule::TypeMissing, reason));
            return;
        }
        let none = EventKind::ALL.into_iter().zip(self.totals);
        let none: Vec<_> = none.filter(|(_, n)| *n == 0).map(|(k, _)| k).collect();
        if !none.is_empty() {
            let detail = format!("No record has the event type {}.", kinds(&none));
            out.find(FileRule::TypeMissing, 0, detail);
        }
    }

    /// A return covers twelve months, from the first day of one to the last of another.
    fn twelve_months(&self, (start, end): (Date, Date), out: &mut FileJudged) {
        let last_day = Date::new(end.year(), end.month(), end.day() + 1).is_none();
        let months = month_of(end) + 1 - month_of(start);
        if start.day() != 1 || !last_day || months != 12 {
            let (start, end) = (self.told(start), self.told(end));
            let detail = format!("The period {start} to {end} is not twelve whole months.");
            out.find(FileRule::NotTwelveMonths, 0, detail);
        }
    }

    fn superseded(&self, (_, end): (Date, Date), out: &mut FileJudged) {
        if self.release == "1" && (end.year(), end.month(), end.day()) >= RELEASE_2_FROM {
            let all = self.without_number.iter().chain(&self.with_number).sum();
            let detail = format!(
                "The return is made as Release 1, and its period ends on {}. Release 2 is required for periods that end on or after 2025-09-30.",
                self.told(end)
            );
            out.find(FileRule::SupersededRelease, all, detail);
        }
    }

    fn missing_share(&self, out: &mut FileJudged) {
        let without: u64 = self.without_number.iter().sum();
        if without == 0 {
            return;
        }
        let of = |without: u64, with: u64| {
            let all = without + with;
            format!("{without} of {all} ({})", share(without, all))
        };
        let names = EventKind::ALL.into_iter().map(EventKind::name);
        let by_kind: Vec<_> = names
            .chain(["no event"])
            .zip(self.without_number.into_iter().zip(self.with_number))
            .filter(|(_, (without, with))| without + with > 0)
            .map(|(name, (without, with))| format!("{name} {}", of(without, with)))
            .collect();
        let detail = format!(
            "Records without an NHS number: {}. By event type: {}.",
            of(without, self.with_number.iter().sum()),
            by_kind.join(", ")
        );
        out.find(FileRule::MissingShare, without, detail);
    }
}

fn gaps_2(first: Month, last: Month, gaps: &[(EventKind, Month)], out: &mut FileJudged) {
    let by_kind = gaps.chunk_by(|(a, _), (b, _)| a == b).map(|gaps| {
        let numbers: Vec<_> = gaps.iter().map(|(_, month)| month.0).collect();
        format!("{} {}", gaps[0].0.name(), months(&numbers))
    });
    let by_kind: Vec<_> = by_kind.collect();
    if !by_kind.is_empty() {
        let detail = format!(
            "Months that version 2 of the national method tolerates as lone gaps within the derived period {}: {}.",
            days(first, last),
            by_kind.join("; ")
        );
        out.find(FileRule::ToleratedGap2, 0, detail);
    }
}

impl FileJudged {
    pub(super) fn find(&mut self, rule: FileRule, records: u64, detail: String) {
        self.findings.push(FileFinding {
            rule,
            records,
            detail,
        });
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
