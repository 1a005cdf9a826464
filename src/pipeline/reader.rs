//! What each thread does with a batch in a run: check, count, select, treat, and tell what the worklist gets.

use std::path::Path;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::read::Input;
use super::worklist::{Kind, Lines};
use crate::config::Config;
use crate::custodian::CrosswalkLines;
use crate::error::{Error, Result};
use crate::extract::Cells;
use crate::finding::Finding;
use crate::map::Mapping;
use crate::select::{self, Exclusion};
use crate::spare::Spare;
use crate::treat::{
    Chosen, Identifiers, KeyError, LocalRefusal, People, RowPlan, Sightings, TracedSums, Treater,
    Values, Watch,
};
use crate::validate::across::Across;
use crate::validate::{Broken, Checker, FileSums, Gatherer, Plan, Tally};
use crate::write::{Spill, SpillWriter, WorklistHeader, WorklistLines, WriteError};

/// Everything a thread keeps while it reads.
pub(super) struct Reader<'a> {
    checker: Checker<'a>,
    gatherer: Gatherer<'a>,
    treater: Treater<'a>,
    spill: SpillWriter<'a>,
    sums: Sums,
    submitted: Vec<u32>,
    /// Why each record of the batch is left out, if it is.
    reasons: Vec<Option<Exclusion>>,
    /// The same, numbered for the rules across records.
    left_out: Vec<u8>,
    /// Lines of the worklist that were written.
    spare: &'a Spare<WorklistLines>,
    /// Kinds of findings met, by source, field and rule.
    kinds: HashMap<(usize, u16, Broken), Kind, FixedState>,
}

/// What the first pass counts.
pub(super) struct Sums {
    pub tally: Tally,
    /// Records of each source.
    pub rows: Vec<u64>,
    /// Lines of each source without any value.
    pub blank_lines: Vec<u64>,
    /// By the number of the reason.
    pub excluded: Vec<u64>,
    pub submitted: u64,
    /// For the rules about the extract as a whole.
    pub file: FileSums,
}

impl Sums {
    /// Nothing yet, for so many sources, fields and declared reasons.
    pub fn new(sources: usize, fields: usize, declared: usize) -> Self {
        Self {
            tally: Tally::new(fields),
            rows: vec![0; sources],
            blank_lines: vec![0; sources],
            excluded: vec![0; Exclusion::FIXED.len() + declared],
            submitted: 0,
            file: FileSums::default(),
        }
    }

    /// Adds another thread's.
    pub fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        let add = |mine: &mut [u64], theirs: &[u64]| {
            mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b)
        };
        add(&mut self.rows, &other.rows);
        add(&mut self.blank_lines, &other.blank_lines);
        add(&mut self.excluded, &other.excluded);
        self.submitted += other.submitted;
        self.file.merge(&other.file);
    }

    /// Records of all sources.
    pub fn read(&self) -> u64 {
        self.rows.iter().sum()
    }
}

/// What all threads fill together.
pub(super) struct Shared {
    pub values: Values,
    pub spill: Spill,
    pub across: Across,
    pub identifiers: Identifiers,
    pub people: People,
    /// Memory for the worklist's lines of a batch.
    pub lines: Spare<WorklistLines>,
}

/// Lines of batches whose memory is kept: as many as there are batches on their way.
const SPARE: usize = 16;

impl Shared {
    /// Nothing yet. What memory does not hold goes to nameless files in the directory.
    pub fn new(rows: &RowPlan, directory: &Path) -> Self {
        Self {
            values: Values::new(rows.layout.values),
            spill: Spill::new(directory),
            across: Across::new(directory),
            identifiers: Identifiers::default(),
            people: People::default(),
            lines: Spare::of(SPARE),
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.values.clear();
        self.spill.clear();
        self.across.clear();
        self.identifiers.clear();
        self.people.clear();
    }
}

impl<'a> Reader<'a> {
    /// One that has read nothing. `watch` is what it looks for on the way.
    pub fn new(
        plan: &'a Plan,
        rows: &'a RowPlan,
        shared: &'a Shared,
        (sources, declared): (usize, usize),
        watch: Watch<'a>,
    ) -> Self {
        let met = (&shared.identifiers, &shared.people);
        Self {
            checker: Checker::new(plan, sources),
            gatherer: Gatherer::new(plan, &shared.across),
            treater: Treater::new(rows, &shared.values, met, sources, watch),
            spill: SpillWriter::new(&shared.spill),
            sums: Sums::new(sources, plan.fields.len(), declared),
            submitted: Vec::new(),
            reasons: Vec::new(),
            left_out: Vec::new(),
            spare: &shared.lines,
            kinds: HashMap::default(),
        }
    }

    /// Hands over the last rows and gives what was counted and met.
    pub fn finish(self) -> Result<Finished<'a>> {
        let Self {
            checker,
            gatherer,
            treater,
            spill,
            mut sums,
            ..
        } = self;
        spill.finish().map_err(WriteError::from)?;
        sums.tally.count_unverified(checker.into_unverified());
        sums.file = gatherer.finish().map_err(WriteError::from)?;
        let (sightings, chosen, traced) = treater.finish();
        Ok(Finished {
            traced,
            sums,
            sightings,
            chosen,
        })
    }
}

/// What a thread leaves behind.
pub(super) struct Finished<'a> {
    pub sums: Sums,
    /// `None` unless a previous bundle is compared.
    pub sightings: Option<Sightings<'a>>,
    /// What the run tries on itself.
    pub chosen: Chosen,
    /// What verified numbers came to.
    pub traced: TracedSums,
}

/// Why a batch could not be treated.
enum Untreated {
    Refused(LocalRefusal),
    Spill(WriteError),
}

impl From<LocalRefusal> for Untreated {
    fn from(refusal: LocalRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Reader<'_> {
    /// Checks, counts, selects and treats a batch; gives its lines of the worklist, and of the crosswalk if there is one.
    #[expect(
        clippy::too_many_arguments,
        reason = "what a run knows; nothing of it belongs together more than the rest"
    )]
    pub fn batch<'c>(
        &mut self,
        cells: &Cells,
        input: &Input,
        plan: &Plan,
        config: &'c Config,
        header: &WorklistHeader,
        allow_test_key: bool,
        crosswalk: bool,
    ) -> Result<(Lines<'c>, Vec<u8>)> {
        let mapping = &input.mapping;
        let source = cells.source;
        check(&mut self.checker, cells, input, plan)?;
        if plan.test_numbers && !allow_test_key {
            refuse_real_numbers(&self.checker, plan)?;
        }
        self.submitted.clear();
        self.reasons.clear();
        self.left_out.clear();
        for record in 0..cells.len() {
            let reason = exclusion(&self.checker, cells, mapping, plan, config, record);
            match reason {
                None => self.submitted.push(record as u32),
                Some(reason) => {
                    self.sums.excluded[reason.index()] += 1;
                }
            }
            self.reasons.push(reason);
            self.left_out
                .push(reason.map_or(0, |reason| reason.index() as u8 + 1));
        }
        self.sums.rows[source] += cells.len() as u64;
        self.sums.blank_lines[source] += cells.blank_lines();
        self.sums.submitted += self.submitted.len() as u64;
        self.sums.tally.count_findings(&self.checker);
        self.sums
            .tally
            .count_submitted(&self.checker, plan, source, &self.submitted);
        self.gatherer
            .gather(&self.checker, cells, mapping, &self.left_out)
            .map_err(WriteError::from)?;
        let refused = |refusal| refused(refusal, input);
        let spill = &mut self.spill;
        self.treater
            .treat(
                cells,
                mapping,
                &self.checker,
                &self.submitted,
                |first, row| {
                    spill
                        .push(first, row)
                        .map_err(|e| Untreated::Spill(e.into()))
                },
            )
            .map_err(|e| match e {
                Untreated::Refused(refusal) => refused(refusal),
                Untreated::Spill(e) => e.into(),
            })?;
        let differing = self.treater.each_that_differs(&self.submitted).collect();
        let crosswalk = if crosswalk {
            self.crosswalk(cells, input, plan)?
        } else {
            Vec::new()
        };
        let excluded = (0..).zip(&self.reasons);
        let excluded = excluded.filter_map(|(record, reason)| Some((record, (*reason)?)));
        self.treater
            .look_among_excluded(cells, mapping, &self.checker, excluded)
            .map_err(refused)?;
        let lines = self.lines(cells, input, plan, config, header, differing);
        Ok((lines, crosswalk))
    }

    /// What the batch adds to the crosswalk: what the pseudonyms of the submitted records stand for.
    fn crosswalk(&self, cells: &Cells, input: &Input, plan: &Plan) -> Result<Vec<u8>> {
        let mut lines = CrosswalkLines::default();
        let mut added = Ok(());
        let (mapping, submitted) = (&input.mapping, &self.submitted);
        self.treater
            .each_made(cells, mapping, &self.checker, submitted, |made| {
                let field = &plan.schema.fields[made.field].name;
                let row = cells.row(made.record);
                added = std::mem::replace(&mut added, Ok(()))
                    .and_then(|()| lines.add(&made, field, &input.source.name, row));
            });
        added
            .and_then(|()| lines.bytes())
            .map_err(|e| WriteError::from(e).into())
    }

    /// What the batch adds to the worklist.
    /// `differing` are the records whose number is another one than the verified one of their person.
    fn lines<'c>(
        &mut self,
        cells: &Cells,
        input: &Input,
        plan: &Plan,
        config: &'c Config,
        header: &WorklistHeader,
        differing: Vec<usize>,
    ) -> Lines<'c> {
        let mapping = &input.mapping;
        let local = local_columns(header, mapping);
        let cell = |column: Option<usize>, record: usize| {
            column.map_or(&b""[..], |column| cells.get(column, record))
        };
        let room = self.spare.take().unwrap_or_default();
        let mut lines = Lines::with(room, &config.selection.declared);
        for issue in &self.checker.checked().issues {
            let record = issue.record as usize;
            let finding = Finding::of(
                *issue,
                plan,
                &self.checker,
                cells,
                mapping,
                &input.source.name,
            );
            let kind = (cells.source, issue.field, issue.broken);
            let kind = self.kinds.entry(kind).or_insert_with(|| Kind::of(&finding));
            let local = local.iter().map(|column| cell(*column, record));
            lines.finding_of(kind, &finding, self.reasons[record], local);
        }
        let roles = &plan.schema.roles;
        let [person, event] =
            [roles.person_id, roles.event_reference].map(|field| mapping.fields[field]);
        let shown = input.shown();
        for record in differing {
            let row = cells.row(record).to_string();
            let place = [
                shown.as_bytes(),
                row.as_bytes(),
                cell(person, record),
                cell(event, record),
            ];
            lines.another_number(place, local.iter().map(|column| cell(*column, record)));
        }
        for (record, reason) in self.reasons.iter().enumerate() {
            let Some(reason) = reason else { continue };
            let row = cells.row(record).to_string();
            let place = [
                shown.as_bytes(),
                row.as_bytes(),
                cell(person, record),
                cell(event, record),
            ];
            lines.excluded(
                *reason,
                place,
                local.iter().map(|column| cell(*column, record)),
            );
        }
        lines
    }
}

/// Checks a batch.
///
/// # Errors
/// When an identifier is a pseudonym already.
pub(super) fn check(
    checker: &mut Checker<'_>,
    cells: &Cells,
    input: &Input,
    plan: &Plan,
) -> Result<()> {
    let mapping = &input.mapping;
    checker.check(cells, mapping).map_err(|e| {
        let column = mapping.fields[e.field].map_or("", |at| &mapping.letters[at]);
        Error::Input(format!(
            "{} row {} column {column}: {} is a pseudonym already. The output of a run is never pseudonymised again: give the extract instead",
            input.source.path.display(),
            cells.row(e.record),
            plan.schema.fields[e.field].name
        ))
    })
}

/// A test key must not meet the number of anybody.
///
/// # Errors
/// [`KeyError::TestKeyOnRealData`].
pub(super) fn refuse_real_numbers(checker: &Checker<'_>, plan: &Plan) -> Result<()> {
    let numbers = &checker.checked().columns[plan.schema.roles.nhs_number].numbers;
    if numbers.iter().flatten().any(|n| !n.is_test()) {
        return Err(KeyError::TestKeyOnRealData.into());
    }
    Ok(())
}

/// Why a record of the checker's last batch is left out, if it is.
pub(super) fn exclusion(
    checker: &Checker<'_>,
    cells: &Cells,
    mapping: &Mapping,
    plan: &Plan,
    config: &Config,
    record: usize,
) -> Option<Exclusion> {
    let cancelled = mapping
        .cancelled
        .zip(config.selection.cancelled.as_ref())
        .is_some_and(|(column, rule)| {
            let value = String::from_utf8_lossy(cells.get(column, record));
            rule.values
                .iter()
                .any(|v| v.trim().eq_ignore_ascii_case(value.trim()))
        });
    let roles = plan.schema.roles;
    let declared = mapping.left_out(cells, record);
    let facts = select::Facts::of(checker, &roles, cells.source, record, (declared, cancelled));
    select::exclusion(facts, config.period, &config.selection)
}

/// The failure of an identifier that gets no pseudonym.
pub(super) fn refused(refusal: LocalRefusal, input: &Input) -> Error {
    Error::Input(format!(
        "{}: an identifier {refusal}",
        input.source.path.display()
    ))
}

/// Where a source has the `local_` columns of all sources, if it does.
pub(super) fn local_columns(header: &WorklistHeader, mapping: &Mapping) -> Vec<Option<usize>> {
    let column = |name: &String| {
        mapping
            .local
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, column)| *column)
    };
    header.local().iter().map(column).collect()
}
