//! What no batch can see: rules across records, judged when all are read. The few records concerned are read again for
//! what findings say of them, so that nothing identifiable has to be kept of the many others.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::line::in_order;
use super::read::{Input, threads};
use crate::error::{Error, Result};
use crate::extract::{Block, BlockPlace, Blocks, Cells, Part, Places, Spare};
use crate::finding::{ExtractFinding, Finding};
use crate::progress::Progress;
use crate::validate::across::file::FileFacts;
use crate::validate::across::lost::Comparison;
use crate::validate::across::{Across, Collapsed, Place, Verdict};
use crate::validate::{FileSums, Plan, Tally};

/// What the rules across records came to.
#[derive(Debug)]
pub struct AcrossFound {
    /// By place.
    pub verdicts: Vec<Verdict>,
    /// What national deduplication would do to the submitted records.
    pub collapsed: Collapsed,
    /// Findings about the extract as a whole.
    pub file: Vec<ExtractFinding>,
    /// The period as stated and as derived nationally, in words.
    pub periods: Vec<String>,
    /// Rules about the extract as a whole that could not run, with the reason.
    pub not_run: Vec<(String, String)>,
}

/// Judges what was gathered, and counts the findings.
///
/// # Errors
/// When the disk or the table engine fails.
pub(super) fn judge(
    plan: &Plan,
    across: &Across,
    sums: &FileSums,
    comparison: &Comparison,
    tally: &mut Tally,
) -> Result<AcrossFound> {
    let failed = Error::io("read back what was kept in", across.directory());
    let judged = across.judge().map_err(failed)?;
    for verdict in &judged.verdicts {
        let (field, check) = plan.across(verdict.rule);
        let count = tally.findings.entry((field, check.into())).or_default();
        count.records += 1;
    }
    let facts = FileFacts {
        periods: &sums.periods,
        months: &tally.months,
        totals: sums.totals,
        without_number: sums.without_number,
        with_number: sums.with_number,
        release: &plan.schema.release,
        la_code: &plan.la_code,
        period: plan.period,
        comparison,
    };
    let of_file = facts
        .judge()
        .map_err(|e| Error::Internal(format!("rules about the extract: {e}")))?;
    let mut file = Vec::new();
    for finding in of_file.findings {
        let (field, check) = plan.of_file(finding.rule);
        tally
            .findings
            .entry((field, check.into()))
            .or_default()
            .records += finding.records;
        file.push(ExtractFinding {
            rule: plan.code(field, check.into()).to_owned(),
            field,
            check,
            severity: plan.severity(field, check.into()),
            records: finding.records,
            detail: finding.detail,
        });
    }
    let not_run = of_file.not_run.into_iter().map(|(rule, reason)| {
        let (field, check) = plan.of_file(rule);
        (plan.code(field, check.into()).to_owned(), reason)
    });
    Ok(AcrossFound {
        verdicts: judged.verdicts,
        collapsed: judged.events,
        file,
        periods: of_file.periods,
        not_run: not_run.collect(),
    })
}

/// Reads the records again that verdicts are about. `work` makes something of a batch and its findings, each with its
/// verdict and the position of its record; `take` gets it in the order of the rows.
///
/// # Errors
/// When a source changed since it was read first.
pub(super) fn find_again<O: Send + Default>(
    inputs: &[Input],
    plan: &Plan,
    verdicts: &[Verdict],
    work: impl Fn(&Cells, &Input, Vec<(usize, &Verdict, Finding<'_>)>) -> O + Sync,
    take: impl FnMut(O) -> Result<()> + Send,
) -> Result<()> {
    let names: Vec<&str> = inputs.iter().map(|i| i.source.name.as_str()).collect();
    let with_findings = |cells: &Cells, input: &Input, found: Vec<(usize, &Verdict)>| {
        let finding = |(record, verdict)| {
            let mapping = &input.mapping;
            let finding = Finding::across(verdict, plan, cells, record, mapping, &names);
            (record, verdict, finding)
        };
        work(cells, input, found.into_iter().map(finding).collect())
    };
    read_again(inputs, verdicts, |v| v.place, with_findings, take)
}

/// Reads records again. `wanted` says which, in the order of their places; `work` and `take` are as for [`find_again`].
///
/// # Errors
/// When a source changed since it was read first.
pub(super) fn read_again<'i, T: Sync, O: Send + Default>(
    inputs: &'i [Input],
    wanted: &[T],
    place: impl Fn(&T) -> Place + Sync,
    work: impl Fn(&Cells, &Input, Vec<(usize, &T)>) -> O + Sync,
    mut take: impl FnMut(O) -> Result<()> + Send,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let total = inputs.iter().map(|i| i.source.size_with_tables()).sum();
    let progress = Progress::begin("finding the records again", total, true);
    let counter = progress.counter();
    let mut found = 0;
    let look = |block: Block| {
        let within = within(block.source, block.rows(), wanted, &place);
        if within.is_empty() {
            return Ok((0, O::default()));
        }
        let input = &inputs[block.source];
        let source = block.source;
        let rows = within.iter().map(|one| place(one).row());
        let cells = block.into_cells_of(rows, input.mapping.width, &input.source.path)?;
        let mut records = Vec::with_capacity(within.len());
        let mut record = 0;
        for one in within {
            let place = place(one);
            debug_assert_eq!(place.source(), source);
            while record < cells.len() && cells.row(record) < place.row() {
                record += 1;
            }
            // The last one may be about the first row of what comes behind.
            if record == cells.len() || cells.row(record) != place.row() {
                continue;
            }
            records.push((record, one));
        }
        Ok((records.len(), work(&cells, input, records)))
    };
    // Where its blocks are known, what holds a record is read alone, by whoever works on it.
    let at_its_place = |at: usize, block: &BlockPlace| {
        let whole = block.whole();
        counter.fetch_add(whole.length() as u64, Ordering::Relaxed);
        let within = within(at, whole.rows(), wanted, &place);
        let parts = block.parts(within.iter().map(|one| place(one).row()));
        (!within.is_empty()).then_some(Again::At(parts))
    };
    let from_the_start = |at: usize, input: &Input| {
        let watched = input.source.open_watched(Arc::clone(&counter), None)?;
        let blocks = Blocks::open(&input.source, at, watched)?;
        if blocks.header().names != input.mapping.names {
            return Err(input.changed());
        }
        Ok(blocks)
    };
    let again = |(at, input): (usize, &'i Input)| -> Items<'_> {
        if !input.blocks.is_empty() {
            let blocks = input.blocks.iter();
            return Box::new(blocks.filter_map(move |block| at_its_place(at, block).map(Ok)));
        }
        match from_the_start(at, input) {
            Ok(mut blocks) => Box::new(std::iter::from_fn(move || {
                let block = blocks.next().map_err(Error::from).transpose()?;
                Some(block.map(Again::Read))
            })),
            Err(failure) => Box::new(std::iter::once(Err(failure))),
        }
    };
    in_order(
        2 * threads(),
        inputs.iter().enumerate().flat_map(again),
        (0..threads()).map(|_| Files::of(inputs)).collect(),
        |files: &mut Files, again: Again| match again {
            Again::Read(block) => Ok(vec![look(block)?]),
            Again::At(parts) => {
                let read = |part: Part| look(files.read(&inputs[part.source()], part)?);
                parts.into_iter().map(read).collect()
            }
        },
        |looked: Vec<(usize, O)>| {
            looked.into_iter().try_for_each(|(n, made)| {
                found += n;
                take(made)
            })
        },
    )?;
    // Another file with as many rows would put the findings on other people.
    inputs.iter().try_for_each(Input::unchanged)?;
    match inputs {
        [first, ..] if found != wanted.len() => Err(first.changed()),
        _ => Ok(()),
    }
}

/// What is to be looked at again of one source.
type Items<'a> = Box<dyn Iterator<Item = Result<Again>> + Send + 'a>;

/// Records to look at again.
enum Again {
    /// A block that has some.
    Read(Block),
    /// They are still to be read.
    At(Vec<Part>),
}

/// The sources as one thread reads them again.
struct Files {
    open: Vec<Option<Box<dyn Places>>>,
    spare: Arc<Spare>,
}

impl Files {
    fn of(inputs: &[Input]) -> Self {
        Self {
            open: inputs.iter().map(|_| None).collect(),
            spare: Arc::default(),
        }
    }

    fn read(&mut self, input: &Input, part: Part) -> Result<Block> {
        let file = match &mut self.open[part.source()] {
            Some(file) => file,
            none => none.insert(input.source.open_again()?),
        };
        let block = part.read(file.as_mut(), input.source.encoding, &self.spare);
        block
            .map_err(|e| input.source.unreadable(e))?
            .ok_or_else(|| input.changed())
    }
}

/// Those that are about records of these rows of a source.
fn within<T>(source: usize, rows: Range<u64>, wanted: &[T], place: impl Fn(&T) -> Place) -> &[T] {
    let before = |row: u64| wanted.partition_point(|one| place(one) < Place::new(source, row));
    &wanted[before(rows.start)..before(rows.end)]
}
