//! The second pass: groups of rows, sorted, written as CSV and Parquet in order, and checked as written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::line::in_order;
use super::read::threads;
use crate::attest::leak::LeakCheck;
use crate::error::Result;
use crate::progress::Progress;
use crate::treat::{Form, Identifiers, OutputColumn, RowPlan};
use crate::validate::Plan;
use crate::write::{
    CsvFile, EncodedGroup, Group, ParquetFile, SortedRows, Spill, WriteError, groups, render_csv,
};

/// What was written.
#[derive(Debug, Default)]
pub struct Written {
    /// SHA-256 of the finished submission files, by name.
    pub digests: BTreeMap<String, String>,
    /// Records in which a field was written empty because it held an identifier.
    pub withheld: BTreeMap<u16, u64>,
    /// Rows of both files.
    pub rows: u64,
    /// Rows equal to the one before them in every column.
    pub identical: u64,
    /// Cells that were looked at, as written.
    pub cells_checked: u64,
}

struct Done {
    lines: Vec<u8>,
    group: EncodedGroup,
    withheld: BTreeMap<usize, u64>,
    rows: u64,
    identical: u64,
    cells_checked: u64,
}

/// Writes the submission files.
///
/// # Errors
/// When the disk is full, or the check of what was written finds an identifier.
pub fn write(
    spill: &Spill,
    rows: &RowPlan,
    plan: &Plan,
    identifiers: &Identifiers,
    directory: &Path,
) -> Result<Written> {
    let columns = &rows.columns;
    let mut csv =
        CsvFile::create(&directory.join("submission.csv"), columns).map_err(WriteError::from)?;
    let (mut parquet, encoder) = ParquetFile::create(
        &directory.join("submission.parquet"),
        &plan.schema.id,
        columns,
    )?;
    let buckets = spill.rows();
    let groups: Vec<Group> = groups(&buckets);
    let progress = Progress::begin("sorting and writing", buckets.iter().sum(), false);
    let counter = progress.counter();
    let check = LeakCheck::new(identifiers, &plan.schema, &plan.la_code, columns);
    let mut written = Written::default();
    let workers: Vec<_> = (0..threads())
        .map(|_| Guard::new(columns, identifiers, &check))
        .collect();
    in_order(
        threads(),
        |pass| {
            for numbered in groups.into_iter().enumerate() {
                if !pass(numbered) {
                    break;
                }
            }
            Ok(())
        },
        workers,
        |guard, (number, group)| {
            let sorted = SortedRows::load(spill, group, |at, cell| guard.must_not_leave(at, cell))
                .map_err(WriteError::from)?;
            let lines = render_csv(&sorted, columns);
            let cells_checked = check.lines(&lines)?;
            let identical = sorted
                .iter()
                .zip(sorted.iter().skip(1))
                .filter(|(a, b)| a == b)
                .count() as u64;
            let group = encoder.encode(&sorted, number)?;
            Ok(Done {
                lines,
                group,
                withheld: sorted.withheld.clone(),
                rows: sorted.len() as u64,
                identical,
                cells_checked,
            })
        },
        |done| {
            csv.write(&done.lines).map_err(WriteError::from)?;
            parquet.append(done.group)?;
            counter.fetch_add(done.rows, Ordering::Relaxed);
            for (at, n) in done.withheld {
                if let Some(column) = columns.iter().find(|c| c.at == at) {
                    *written.withheld.entry(column.field as u16).or_default() += n;
                }
            }
            written.rows += done.rows;
            written.identical += done.identical;
            written.cells_checked += done.cells_checked;
            Ok(())
        },
    )?;
    written.digests.insert(
        "submission.csv".into(),
        csv.finish().map_err(WriteError::from)?,
    );
    written
        .digests
        .insert("submission.parquet".into(), parquet.finish()?);
    Ok(written)
}

/// Withholds cells that are or hold an identifier of the extract. Distinct texts are few, so each is judged once.
struct Guard<'a> {
    identifiers: &'a Identifiers,
    check: &'a LeakCheck<'a>,
    /// By position in the row: whether the column holds text of the extract.
    open: Vec<bool>,
    harmless: HashSet<Box<[u8]>, FixedState>,
}

impl<'a> Guard<'a> {
    /// Distinct texts remembered at most.
    const CAPACITY: usize = 1 << 16;

    fn new(
        columns: &[OutputColumn],
        identifiers: &'a Identifiers,
        check: &'a LeakCheck<'a>,
    ) -> Self {
        let mut open = vec![false; columns.len()];
        for column in columns {
            open[column.at] = column.form == Form::Text;
        }
        Self {
            identifiers,
            check,
            open,
            harmless: HashSet::default(),
        }
    }

    fn must_not_leave(&mut self, at: usize, cell: &[u8]) -> bool {
        if !self.open[at] || self.harmless.contains(cell) {
            return false;
        }
        let leaks = self.identifiers.any_token_in(cell) || self.check.is_identifying_word(cell);
        if !leaks {
            if self.harmless.len() >= Self::CAPACITY {
                self.harmless.clear();
            }
            self.harmless.insert(cell.into());
        }
        leaks
    }
}
