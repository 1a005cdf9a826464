//! `cld validate`: the first pass alone.

use std::path::PathBuf;

use super::across;
use super::read::{self, Input, threads};
use super::run::{finding_rows, not_checked};
use crate::config::{Period, Selection, SourceConfig};
use crate::date::Date;
use crate::error::{Error, Result};
use crate::extract::{Cells, Format, Kind, Source};
use crate::finding::{ExtractFinding, Finding};
use crate::select;
use crate::validate::across::lost::Comparison;
use crate::validate::across::{Across, Collapsed};
use crate::validate::{Check, Checker, FileSums, Gatherer, Plan, Tally};
use crate::write::{FindingRow, GridRow, grid_rows};

/// What a validation came to.
#[derive(Debug)]
pub struct Validated {
    /// Id of the return.
    pub schema: String,
    /// Records read.
    pub read: u64,
    /// Records with at least one error.
    pub with_errors: u64,
    /// Files read as Windows-1252 of which this row looks like UTF-8.
    pub mixed: Vec<(PathBuf, u64)>,
    /// Findings by rule, sorted by rule.
    pub findings: Vec<FindingRow>,
    /// What was found about the extract as a whole.
    pub about_the_extract: Vec<ExtractFinding>,
    /// The period as stated and as derived nationally, in words.
    pub periods: Vec<String>,
    /// What national deduplication would do to the records that belong to the period they state.
    pub collapsed: Collapsed,
    /// The national grid over all records that hold anything.
    pub grid: Vec<GridRow>,
    /// Rules that could not run, with the reason.
    pub not_checked: Vec<(String, String)>,
}

struct Validator<'a> {
    checker: Checker<'a>,
    gatherer: Gatherer<'a>,
    tally: Tally,
    /// 1 for each record of the batch that a run would leave out.
    left_out: Vec<u8>,
    read: u64,
}

/// Checks files that have the return's own columns; of workbooks this sheet, if one is named. `render` adds the findings of one record at a time to what is made
/// of a batch; `take` gets that in the order of files and rows.
///
/// # Errors
/// When a file cannot be read, is malformed, or has other columns.
pub fn validate<T: Default + Send>(
    plan: &Plan,
    files: &[PathBuf],
    sheet: Option<&str>,
    render: impl Fn(&[Finding<'_>], &mut T) + Sync,
    mut take: impl FnMut(T) -> Result<()> + Send,
) -> Result<Validated> {
    let sources: Vec<_> = files
        .iter()
        .map(|file| SourceConfig::plain(file, sheet))
        .collect();
    let mut inputs = read::open(&sources, None, &plan.schema)?;
    settle_encodings(&mut inputs)?;
    let count = inputs.len();
    let records = Across::new(&std::env::temp_dir());
    let (validators, (), facts) = read::read(
        &mut inputs,
        || None,
        || {
            records.clear();
            let new = || Validator {
                checker: Checker::new(plan, count),
                gatherer: Gatherer::new(plan, &records),
                left_out: Vec::new(),
                tally: Tally::new(plan.fields.len()),
                read: 0,
            };
            Ok((std::iter::repeat_with(new).take(threads()).collect(), ()))
        },
        |validator: &mut Validator<'_>, cells, input| {
            validator.batch(cells, input, plan, &records, &render)
        },
        |(), made| take(made),
    )?;
    let mut tally = Tally::new(plan.fields.len());
    let mut read = 0;
    let mut sums = FileSums::default();
    for validator in validators {
        read += validator.read;
        let counted = validator.gatherer.finish();
        sums.merge(&counted.map_err(Error::io("write into", records.directory()))?);
        let mut of_one = validator.tally;
        of_one.count_unverified(validator.checker.into_unverified());
        tally.merge(of_one);
    }
    let comparison = Comparison::NotRun("a previous bundle is compared by cld run".into());
    let found = across::judge(plan, &records, &sums, &comparison, &mut tally)?;
    across::find_again(
        &inputs,
        plan,
        &found.verdicts,
        |_, _, findings| {
            let mut made = T::default();
            let findings = findings.into_iter().map(|(at, _, finding)| (at, finding));
            let (at, findings): (Vec<_>, Vec<_>) = findings.unzip();
            let mut rest = &findings[..];
            for of_record in at.chunk_by(|a, b| a == b) {
                let (now, later) = rest.split_at(of_record.len());
                render(now, &mut made);
                rest = later;
            }
            made
        },
        &mut take,
    )?;
    for finding in &found.file {
        let mut made = T::default();
        render(&[Finding::of_extract(finding, plan)], &mut made);
        take(made)?;
    }
    let not_run = [not_checked(plan), unsettled(plan), found.not_run];
    let mut not_run = not_run.concat();
    not_run.sort();
    Ok(Validated {
        schema: plan.schema.id.clone(),
        read,
        with_errors: tally.records_with_error,
        mixed: read::mixed(&inputs, &facts),
        findings: finding_rows(plan, &tally, &found.file),
        about_the_extract: found.file,
        collapsed: found.collapsed,
        periods: found.periods,
        grid: grid_rows(&tally.grid, &plan.schema),
        not_checked: not_run,
    })
}

/// Rules that could not run because nobody said what they are to hold the records against, with the reason.
fn unsettled(plan: &Plan) -> Vec<(String, String)> {
    let roles = &plan.schema.roles;
    let (no_code, no_period) = (plan.la_code.is_empty(), plan.period.is_none());
    let period = "no period was given: `cld run` holds it against the period of its configuration";
    [
        (
            roles.la_code,
            Check::NotController,
            no_code,
            "no LA code was given: name it with --la-code",
        ),
        (
            roles.nhs_number,
            Check::TestNumber,
            plan.test_numbers,
            "--allow-test-numbers takes them as they are",
        ),
        (roles.period_start, Check::OtherPeriod, no_period, period),
        (roles.period_end, Check::OtherPeriod, no_period, period),
    ]
    .into_iter()
    .filter(|(_, _, holds, _)| *holds)
    .map(|(field, check, _, reason)| {
        (
            plan.code(field as u16, check.into()).to_owned(),
            reason.to_owned(),
        )
    })
    .collect()
}

/// Findings are printed as they come and cannot be taken back, so each file's encoding is settled before.
fn settle_encodings(inputs: &mut [Input]) -> Result<()> {
    for input in inputs {
        input.source.encoding = Some(input.source.detect_encoding()?);
    }
    Ok(())
}

impl Validator<'_> {
    fn batch<T: Default>(
        &mut self,
        cells: &Cells,
        input: &Input,
        plan: &Plan,
        across: &Across,
        render: &impl Fn(&[Finding<'_>], &mut T),
    ) -> Result<T> {
        let mapping = &input.mapping;
        self.checker.check(cells, mapping).map_err(|e| {
            Error::Input(format!(
                "{} row {} column {}: {} is a pseudonym already; a return is validated before it is pseudonymised",
                input.source.path.display(),
                cells.row(e.record),
                mapping.fields[e.field].map_or("", |at| &mapping.letters[at]),
                plan.schema.fields[e.field].name
            ))
        })?;
        self.read += cells.len() as u64;
        self.tally.count_findings(&self.checker);
        self.select(plan, cells);
        // The national grid is made of the file as it is sent, and this is the file; what a spreadsheet leaves behind its
        // last record is no record.
        let holds = |record: &u32| {
            let mut columns = self.checker.checked().columns.iter();
            columns.any(|column| column.validity[*record as usize].has_value())
        };
        let records: Vec<u32> = (0..cells.len() as u32).filter(holds).collect();
        self.tally
            .count_submitted(&self.checker, plan, cells.source, &records);
        self.gatherer
            .gather(&self.checker, cells, mapping, &self.left_out)
            .map_err(Error::io("write into", across.directory()))?;
        let checked = self.checker.checked();
        let source = &input.source.name;
        let mut made = T::default();
        for issues in checked.issues.chunk_by(|a, b| a.record == b.record) {
            let finding = |issue| Finding::of(issue, plan, &self.checker, cells, mapping, source);
            let findings: Vec<_> = issues.iter().copied().map(finding).collect();
            render(&findings, &mut made);
        }
        Ok(made)
    }
}

impl Validator<'_> {
    /// Which records a run would leave out. No period is configured here, so each record's own counts; where it cannot be
    /// read, the record is taken to be within it.
    fn select(&mut self, plan: &Plan, cells: &Cells) {
        let roles = plan.schema.roles;
        let switches = Selection::default();
        self.left_out.clear();
        for record in 0..cells.len() {
            let facts =
                select::Facts::of(&self.checker, &roles, cells.source, record, (None, false));
            let date = |field: usize| self.checker.checked().columns[field].dates[record];
            let period = Period {
                start: date(roles.period_start).unwrap_or(Date::FIRST),
                end: date(roles.period_end).unwrap_or(Date::LAST),
            };
            let reason = select::exclusion(facts, period, &switches);
            self.left_out.push(reason.is_some().into());
        }
    }
}

impl SourceConfig {
    /// A file with the return's own columns.
    fn plain(file: &std::path::Path, sheet: Option<&str>) -> Self {
        let kind = Kind::of_path(file).unwrap_or(Kind::Csv);
        Self {
            source: Source {
                name: file.display().to_string(),
                path: file.to_owned(),
                encoding: None,
                format: Format {
                    sheet: sheet.map(str::to_owned),
                    ..Format::of(kind)
                },
                query: None,
                configured: false,
                recipe: None,
            },
            columns: Vec::new(),
            values: Vec::new(),
            codes: None,
            ignore: Vec::new(),
            absent: Vec::new(),
        }
    }
}
