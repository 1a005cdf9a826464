//! The findings of a worklist as a case worker takes them: person by person, what follows from another beside it.

use std::cmp::Ordering;
use std::ops::Range;

use hashbrown::HashMap;

use super::listing::Listing;
use crate::error::{Error, Result};

/// The findings in the order of "By case", those that follow from another one under it.
pub(super) struct Cases {
    /// In order.
    pub lines: Vec<Line>,
    /// The findings that follow, line by line.
    folded: Vec<u32>,
}

/// A line of "By case": a finding and what follows from it, a stretch of [`Cases::folded`].
pub(super) struct Line {
    /// Its line in the file.
    pub finding: u32,
    folded: Range<u32>,
}

impl Cases {
    /// Puts findings in order, each beside those that follow from it.
    ///
    /// # Errors
    /// [`Error::Input`] when a row is no number.
    pub fn of(findings: &Listing) -> Result<Self> {
        let column = |name| findings.column(name);
        let (person, event) = (column("person_id")?, column("event_reference")?);
        let (source, row) = (column("source")?, column("row")?);
        let (rule, follows) = (column("rule")?, column("follows_from")?);
        let count = u32::try_from(findings.len())
            .map_err(|_| Error::Input("there are more findings than a workbook can hold".into()))?;
        let mut rows = Vec::with_capacity(findings.len());
        for line in 0..findings.len() {
            rows.push(findings.count(line, row)?.unwrap_or(0));
        }
        let mut order: Vec<u32> = (0..count).collect();
        // Stable: findings of one record stay as they were.
        order.sort_by(|a, b| {
            let (a, b) = (*a as usize, *b as usize);
            by_text(findings, person, a, b)
                .then_with(|| by_text(findings, event, a, b))
                .then_with(|| by_text(findings, source, a, b))
                .then_with(|| rows[a].cmp(&rows[b]))
        });

        let mut cases = Self {
            lines: Vec::with_capacity(order.len()),
            folded: Vec::new(),
        };
        let same_record = |a: &u32, b: &u32| {
            let (a, b) = (*a as usize, *b as usize);
            rows[a] != 0
                && rows[a] == rows[b]
                && findings.number(a, source) == findings.number(b, source)
        };
        let (mut by_rule, mut below) = (HashMap::new(), HashMap::<u32, Vec<u32>>::new());
        for record in order.chunk_by(same_record) {
            by_rule.clear();
            for &finding in record {
                let rule = findings.number(finding as usize, rule);
                by_rule.entry(rule).or_insert(finding);
            }
            // Where a finding is told: at the root of what it follows from, or in a line of its own if that cannot be
            // found or goes round in a circle.
            let told_at = |finding: u32| {
                let mut at = finding;
                for _ in record {
                    let cause = by_rule.get(&findings.number(at as usize, follows));
                    match cause.filter(|_| !findings.text(at as usize, follows).is_empty()) {
                        Some(&cause) => at = cause,
                        None => return at,
                    }
                }
                finding
            };
            let told: Vec<_> = record.iter().map(|f| (*f, told_at(*f))).collect();
            for (finding, at) in &told {
                if finding != at {
                    below.entry(*at).or_default().push(*finding);
                }
            }
            for (finding, _) in told.iter().filter(|(finding, at)| finding == at) {
                let start = cases.folded.len() as u32;
                cases
                    .folded
                    .extend(below.remove(finding).unwrap_or_default());
                cases.lines.push(Line {
                    finding: *finding,
                    folded: start..cases.folded.len() as u32,
                });
            }
        }
        Ok(cases)
    }

    /// What follows from the finding of a line.
    pub fn folded(&self, line: &Line) -> &[u32] {
        &self.folded[line.folded.start as usize..line.folded.end as usize]
    }

    /// How many findings stand in the line of another.
    pub fn all_folded(&self) -> usize {
        self.folded.len()
    }
}

/// Orders texts without the white space around them, so that nobody stands in two places; what is empty comes last.
fn by_text(findings: &Listing, column: usize, a: usize, b: usize) -> Ordering {
    if findings.number(a, column) == findings.number(b, column) {
        return Ordering::Equal;
    }
    let text = |line| findings.text(line, column).trim();
    let (a, b) = (text(a), text(b));
    a.is_empty().cmp(&b.is_empty()).then_with(|| a.cmp(b))
}
