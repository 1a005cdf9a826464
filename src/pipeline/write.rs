//! The second pass: groups of rows, sorted, written as CSV and Parquet in order, and checked as written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use super::line::in_order;
use super::people::People;
use super::read::threads;
use crate::attack::alone::Alone;
use crate::attest::leak::LeakCheck;
use crate::attest::lines::{FitTexts, LineCheck};
use crate::error::Result;
use crate::progress::Progress;
use crate::spare::Spare;
use crate::treat::{Identifiers, RowPlan, Stored, Values};
use crate::validate::Plan;
use crate::write::{
    CsvFile, EncodedGroup, Group, GroupEncoder, Key, Lines, ParquetFile, Room, Settling,
    SortedRows, Spill, Texts, WriteError, groups,
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
    /// Who is alone with what stands about them. `None` where people cannot be told apart.
    pub alone: Option<Alone>,
}

struct Done {
    lines: Vec<Lines>,
    group: EncodedGroup,
    withheld: BTreeMap<usize, u64>,
    rows: u64,
    identical: u64,
    cells_checked: u64,
}

/// Writes the submission files. What `values` holds is forgotten on the way. The files are whole, and safe against a loss
/// of power once they were waited for.
///
/// # Errors
/// When the disk is full, or the check of what was written finds an identifier.
pub fn write(
    spill: &Spill,
    rows: &RowPlan,
    values: &Values,
    plan: &Plan,
    identifiers: &Identifiers,
    directory: &Path,
) -> Result<(Written, [Settling; 2])> {
    let columns = &rows.columns;
    let mut csv =
        CsvFile::create(&directory.join("submission.csv"), columns).map_err(WriteError::from)?;
    let (mut parquet, encoders) = ParquetFile::create(
        &directory.join("submission.parquet"),
        &plan.schema.id,
        columns,
    )?;
    let buckets = spill.rows();
    let groups: Vec<Group> = groups(&buckets);
    let progress = Progress::begin("sorting and writing", buckets.iter().sum(), false);
    let counter = progress.counter();
    let check = LeakCheck::new(identifiers, &plan.schema, &plan.la_code, columns);
    let texts = Texts::new(values, &rows.layout, columns, |text, form| {
        check.must_not_leave(text, form)
    })
    .map_err(WriteError::from)?;
    let fit = FitTexts::new(&check, &texts)?;
    let key = Key {
        layout: &rows.layout,
        columns,
        texts: &texts,
    };
    let mut written = Written::default();
    let people = People::new(plan, rows);
    let spare = Spare::of(SPARE);
    let workers = (0..threads())
        .map(|_| {
            Ok(Writer {
                key,
                leaks: &check,
                check: LineCheck::new(&check, &fit),
                encoder: encoders.encoder()?,
                people: people.clone(),
                room: Room::default(),
                spare: &spare,
            })
        })
        .collect::<Result<_>>()?;
    let writers = in_order(
        // A finished group is large.
        2 * threads(),
        groups.into_iter().enumerate().map(|(at, group)| {
            if at == threads() {
                // What they are needed for is made; the memory is wanted for the groups. The others are at work.
                values.clear();
            }
            Ok(group)
        }),
        workers,
        |writer, group| writer.group(spill, group),
        |done| {
            for lines in done.lines {
                csv.write(&lines).map_err(WriteError::from)?;
                spare.keep(lines);
            }
            parquet.append(done.group)?;
            counter.fetch_add(done.rows, Ordering::Relaxed);
            for (at, n) in done.withheld {
                if let Some(column) = columns.iter().find(|c| c.stored == Stored::Value(at)) {
                    *written.withheld.entry(column.field as u16).or_default() += n;
                }
            }
            written.rows += done.rows;
            written.identical += done.identical;
            written.cells_checked += done.cells_checked;
            Ok(())
        },
    )?;
    for people in writers.into_iter().filter_map(|writer| writer.people) {
        let alone = written.alone.get_or_insert_default();
        alone.merge(people.into_alone());
    }
    let (digest, csv) = csv.finish().map_err(WriteError::from)?;
    written.digests.insert("submission.csv".into(), digest);
    let (digest, parquet) = parquet.finish()?;
    written.digests.insert("submission.parquet".into(), digest);
    Ok((written, [csv, parquet]))
}

/// What one thread needs to write.
struct Writer<'a> {
    key: Key<'a>,
    leaks: &'a LeakCheck<'a>,
    check: LineCheck<'a>,
    encoder: GroupEncoder,
    /// `None` where people cannot be told apart.
    people: Option<People>,
    /// Memory for the next group.
    room: Room,
    /// Lines that were written.
    spare: &'a Spare<Lines>,
}

/// Rows that are rendered and checked together, so that they stay in the processor's cache.
const STRETCH: usize = 512;

/// Stretches of lines whose memory is kept: about as many as a group has.
const SPARE: usize = 32;

impl Writer<'_> {
    fn group(&mut self, spill: &Spill, group: Group) -> Result<Done> {
        let mut lines = Vec::new();
        let mut cells_checked = 0;
        let room = std::mem::take(&mut self.room);
        let mut rows = SortedRows::load_into(room, spill, group, self.key, |column, text| {
            self.leaks.must_not_leave(text, column.form)
        })
        .map_err(WriteError::from)?;
        let mut from = 0;
        while from < rows.len() {
            let stretch = from..(from + STRETCH).min(rows.len());
            let mut rendered = self.spare.take().unwrap_or_default();
            rendered.render(&rows, stretch.clone());
            cells_checked += self.check.lines(&rendered, &rows, stretch.clone())?;
            lines.push(rendered);
            from += STRETCH;
        }
        let neighbours = rows.rows(0..rows.len().saturating_sub(1));
        let neighbours = neighbours.zip(rows.rows(1.min(rows.len())..rows.len()));
        let identical = neighbours.filter(|(a, b)| a.is_same(*b)).count() as u64;
        if let Some(people) = &mut self.people {
            people.count(&rows);
        }
        let group = self.encoder.encode(&rows)?;
        let done = Done {
            lines,
            group,
            rows: rows.len() as u64,
            withheld: std::mem::take(&mut rows.withheld),
            identical,
            cells_checked,
        };
        self.room = rows.into_room();
        Ok(done)
    }
}
