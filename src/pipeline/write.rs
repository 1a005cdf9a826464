//! The second pass: groups of rows, sorted, written as CSV and Parquet in order, and checked as written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::line::in_order;
use super::read::threads;
use crate::attest::leak::{LeakCheck, LineCheck};
use crate::error::Result;
use crate::progress::Progress;
use crate::treat::{Form, Identifiers, OutputColumn, RowPlan};
use crate::validate::Plan;
use crate::write::{
    CsvFile, EncodedGroup, Group, GroupEncoder, ParquetFile, Row, SortedRows, Spill, WriteError,
    groups, render_csv,
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
    lines: Vec<Vec<u8>>,
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
        .map(|_| Writer {
            guard: Guard::new(columns, &check),
            check: LineCheck::new(&check),
        })
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
        |writer, (number, group)| writer.group(spill, group, number, columns, &encoder),
        |done| {
            for lines in &done.lines {
                csv.write(lines).map_err(WriteError::from)?;
            }
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

/// What one thread needs to write.
struct Writer<'a> {
    guard: Guard<'a>,
    check: LineCheck<'a>,
}

/// Rows that are rendered, checked and laid out together, so that they stay in the processor's cache.
const STRETCH: usize = 512;

impl Writer<'_> {
    fn group(
        &mut self,
        spill: &Spill,
        group: Group,
        number: usize,
        columns: &[OutputColumn],
        encoder: &GroupEncoder,
    ) -> Result<Done> {
        let rows: u64 = spill.rows()[group.clone()].iter().sum();
        let mut builder = encoder.begin(rows as usize);
        let (mut lines, mut withheld) = (Vec::new(), BTreeMap::new());
        let (mut identical, mut cells_checked) = (0, 0);
        for bucket in group {
            let guard = &mut self.guard;
            let sorted = SortedRows::load(spill, bucket, columns.len(), |at, cell| {
                guard.must_not_leave(at, cell)
            })
            .map_err(WriteError::from)?;
            let rows: Vec<Row<'_>> = sorted.iter().collect();
            identical += rows
                .windows(2)
                .filter(|pair| pair[0].bytes == pair[1].bytes)
                .count() as u64;
            for stretch in rows.chunks(STRETCH) {
                let (checked, cells) = self
                    .check
                    .lines(render_csv(stretch, columns), stretch.len())?;
                lines.push(checked);
                cells_checked += cells;
                encoder.extend(&mut builder, stretch);
            }
            for (at, n) in sorted.withheld {
                *withheld.entry(at).or_default() += n;
            }
        }
        let group = encoder.encode(builder, number)?;
        Ok(Done {
            lines,
            group,
            withheld,
            rows,
            identical,
            cells_checked,
        })
    }
}

/// Withholds cells that are or hold an identifier of the extract. Distinct texts are few, so each is judged once.
struct Guard<'a> {
    check: &'a LeakCheck<'a>,
    /// By position in the row: the form of cells that are copied from the extract.
    copied: Vec<Option<Form>>,
    harmless: HashSet<Box<[u8]>, FixedState>,
}

impl<'a> Guard<'a> {
    /// Distinct texts remembered at most.
    const CAPACITY: usize = 1 << 14;

    fn new(columns: &[OutputColumn], check: &'a LeakCheck<'a>) -> Self {
        let mut copied = vec![None; columns.len()];
        for column in columns {
            if matches!(column.form, Form::Text | Form::Count | Form::Decimal) {
                copied[column.at] = Some(column.form);
            }
        }
        Self {
            check,
            copied,
            harmless: HashSet::default(),
        }
    }

    fn must_not_leave(&mut self, at: usize, cell: &[u8]) -> bool {
        let Some(form) = self.copied[at] else {
            return false;
        };
        if form != Form::Text {
            return self.check.must_not_leave(cell, form);
        }
        if self.harmless.contains(cell) {
            return false;
        }
        let leaks = self.check.must_not_leave(cell, form);
        if !leaks {
            if self.harmless.len() >= Self::CAPACITY {
                self.harmless.clear();
            }
            self.harmless.insert(cell.into());
        }
        leaks
    }
}
