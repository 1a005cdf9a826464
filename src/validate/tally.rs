//! What is counted while records pass: findings by rule, the national grid, events by month. Sums only, so that the
//! order in which threads come to an end changes nothing.

use std::collections::BTreeMap;

use super::check::Broken;
use super::checker::{Checker, Unverified};
use super::plan::{EventKind, Plan};
use super::status::{Status, Validity};

/// How often one rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FindingCount {
    /// Records in which it was broken of itself.
    pub records: u64,
    /// Records in which it follows from another broken rule.
    pub caused: u64,
}

/// Records by field, status and validity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid(Vec<[u64; Status::ALL.len() * Validity::ALL.len()]>);

impl Grid {
    /// Records of one field with this status and validity.
    pub fn records(&self, field: usize, status: Status, validity: Validity) -> u64 {
        self.0
            .get(field)
            .map_or(0, |cells| cells[cell(status, validity)])
    }
}

/// How many sums of one kind are added to in turn.
const SIDE_BY_SIDE: usize = 4;

#[inline]
fn cell(status: Status, validity: Validity) -> usize {
    status as usize * Validity::ALL.len() + validity as usize
}

/// Ended events by month (year × 12 + month − 1) and kind, over the submitted records.
pub type MonthCounts = BTreeMap<(u32, EventKind), u64>;

/// Sums over records.
#[derive(Debug, Default)]
pub struct Tally {
    /// By field and rule.
    pub findings: BTreeMap<(u16, Broken), FindingCount>,
    /// Over the submitted records.
    pub grid: Grid,
    /// For the derived period.
    pub months: MonthCounts,
    /// Records with at least one error.
    pub records_with_error: u64,
    /// Values that could not be verified.
    pub unverified: Unverified,
}

impl Tally {
    /// One for so many fields.
    pub fn new(fields: usize) -> Self {
        Self {
            grid: Grid(vec![[0; 24]; fields]),
            ..Self::default()
        }
    }

    /// Counts the findings of the checker's last batch.
    pub fn count_findings(&mut self, checker: &Checker<'_>) {
        let checked = checker.checked();
        for issue in &checked.issues {
            let count = self
                .findings
                .entry((issue.field, issue.broken))
                .or_default();
            if issue.cause.is_some() {
                count.caused += 1;
            } else {
                count.records += 1;
            }
        }
        self.records_with_error += checked.has_error.iter().filter(|e| **e).count() as u64;
    }

    /// Counts the submitted records of the checker's last batch in the grid and by month.
    pub fn count_submitted(
        &mut self,
        checker: &Checker<'_>,
        plan: &Plan,
        source: usize,
        submitted: &[u32],
    ) {
        let checked = checker.checked();
        // Few are left out: all are counted, one after another, and those taken off again.
        let mut counted = submitted.iter().map(|record| *record as usize).peekable();
        let left_out: Vec<usize> = (0..checked.profiles.len())
            .filter(|record| counted.next_if_eq(record).is_none())
            .collect();
        for (field, column) in checked.columns.iter().enumerate() {
            let statuses = checker.statuses_of(field);
            // Sums side by side: one that is added to again at once would have to be waited for.
            let mut sums = [[0_u32; 32]; SIDE_BY_SIDE];
            let place =
                |profile: u32, validity: Validity| cell(statuses[profile as usize], validity) % 32;
            let (profiles, last_profiles) = checked.profiles.as_chunks::<SIDE_BY_SIDE>();
            let (validity, last_validity) = column.validity.as_chunks::<SIDE_BY_SIDE>();
            for (profiles, validity) in profiles.iter().zip(validity) {
                for lane in 0..SIDE_BY_SIDE {
                    sums[lane][place(profiles[lane], validity[lane])] += 1;
                }
            }
            for (profile, validity) in last_profiles.iter().zip(last_validity) {
                sums[0][place(*profile, *validity)] += 1;
            }
            let grid = &mut self.grid.0[field];
            for sums in sums {
                grid.iter_mut()
                    .zip(sums)
                    .for_each(|(sum, n)| *sum += u64::from(n));
            }
            for &record in &left_out {
                grid[place(checked.profiles[record], column.validity[record])] -= 1;
            }
        }
        let roles = &plan.schema.roles;
        let ends = &checked.columns[roles.event_end].dates;
        for &record in submitted {
            let record = record as usize;
            let kind = checker
                .entry(source, roles.event_type, record)
                .map_or(EventKind::None, |e| e.event);
            if let Some(end) = ends[record]
                && kind != EventKind::None
            {
                *self
                    .months
                    .entry((end.year() * 12 + end.month() - 1, kind))
                    .or_default() += 1;
            }
        }
    }

    /// Takes over what could not be verified.
    pub fn count_unverified(&mut self, counts: Unverified) {
        for (value, n) in counts {
            *self.unverified.entry(value).or_default() += n;
        }
    }

    /// Adds another thread's sums.
    pub fn merge(&mut self, other: Self) {
        for (rule, count) in other.findings {
            let sum = self.findings.entry(rule).or_default();
            sum.records += count.records;
            sum.caused += count.caused;
        }
        for (mine, theirs) in self.grid.0.iter_mut().zip(&other.grid.0) {
            mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
        }
        for (month, n) in other.months {
            *self.months.entry(month).or_default() += n;
        }
        self.count_unverified(other.unverified);
        self.records_with_error += other.records_with_error;
    }
}
