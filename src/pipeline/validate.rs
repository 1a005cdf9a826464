//! `cld validate`: the first pass alone.

use std::path::PathBuf;
use std::sync::Arc;

use super::across::{self, FileFinding};
use super::read::{self, Input, threads};
use super::run::{finding_rows, not_checked};
use crate::config::{Period, Selection, SourceConfig};
use crate::date::Date;
use crate::error::{Error, Result};
use crate::extract::{Cells, Source};
use crate::finding::Finding;
use crate::map::letters;
use crate::schema::Schema;
use crate::select;
use crate::validate::across::{Across, Collapsed};
use crate::validate::{Checker, FileSums, Gatherer, Plan, Setting, Tally};
use crate::write::FindingRow;

/// What a validation came to.
#[derive(Debug)]
pub struct Validated {
    /// Id of the return.
    pub schema: String,
    /// Records read.
    pub read: u64,
    /// Records with at least one error.
    pub with_errors: u64,
    /// Findings by rule, sorted by rule.
    pub findings: Vec<FindingRow>,
    /// What was found about the extract as a whole.
    pub about_the_extract: Vec<FileFinding>,
    /// What national deduplication would do to the records that belong to the period they state.
    pub collapsed: Collapsed,
    /// Rules that could not run, with the reason.
    pub not_checked: Vec<(String, String)>,
}

struct Validator<'a> {
    checker: Checker<'a>,
    gatherer: Gatherer<'a>,
    tally: Tally,
    /// Positions in the batch of the records that a run would submit.
    submitted: Vec<u32>,
    read: u64,
}

/// Checks files that have the return's own columns. `render` makes text of each finding; `take` gets the text in the
/// order of files and rows.
///
/// # Errors
/// When a file cannot be read, is malformed, or has other columns.
pub fn validate(
    schema: Schema,
    files: &[PathBuf],
    la_code: Option<&str>,
    allow_test_numbers: bool,
    render: fn(&Finding<'_>, &mut Vec<u8>),
    mut take: impl FnMut(Vec<u8>) -> Result<()>,
) -> Result<Validated> {
    let schema = Arc::new(schema);
    let setting = Setting {
        la_code: la_code.unwrap_or_default(),
        test_numbers: allow_test_numbers,
        period: None,
    };
    let plan = Plan::new(Arc::clone(&schema), &setting);
    let sources: Vec<_> = files.iter().map(|file| SourceConfig::plain(file)).collect();
    let mut inputs = read::open(&sources, None, &schema)?;
    settle_encodings(&mut inputs)?;
    let count = inputs.len();
    let (validators, (), _) = read::read(
        &mut inputs,
        || None,
        || {
            let new = || Validator {
                checker: Checker::new(&plan, count),
                gatherer: Gatherer::new(&plan),
                submitted: Vec::new(),
                tally: Tally::new(plan.fields.len()),
                read: 0,
            };
            Ok((std::iter::repeat_with(new).take(threads()).collect(), ()))
        },
        |validator: &mut Validator<'_>, cells, input| validator.batch(cells, input, &plan, render),
        |(), lines| take(lines),
    )?;
    let mut tally = Tally::new(plan.fields.len());
    let mut read = 0;
    let (mut records, mut sums) = (Across::default(), FileSums::default());
    for validator in validators {
        read += validator.read;
        let (gathered, counted) = validator.gatherer.finish();
        records.merge(gathered);
        sums.merge(&counted);
        let mut of_one = validator.tally;
        of_one.count_unverified(validator.checker.into_unverified());
        tally.merge(of_one);
    }
    let found = across::judge(&plan, records, &sums, &mut tally)?;
    across::find_again(
        &inputs,
        &plan,
        &found.verdicts,
        |_, _, findings| {
            let mut lines = Vec::new();
            for (_, finding) in &findings {
                render(finding, &mut lines);
            }
            lines
        },
        take,
    )?;
    let mut not_run = not_checked(&plan);
    not_run.extend(found.not_run);
    not_run.sort();
    Ok(Validated {
        schema: schema.id.clone(),
        read,
        with_errors: tally.records_with_error,
        findings: finding_rows(&plan, &tally, &found.file),
        about_the_extract: found.file,
        collapsed: found.collapsed,
        not_checked: not_run,
    })
}

/// Findings are printed as they come and cannot be taken back, so each file's encoding is settled before.
fn settle_encodings(inputs: &mut [Input]) -> Result<()> {
    for input in inputs {
        input.source.encoding = Some(input.source.detect_encoding()?);
    }
    Ok(())
}

impl Validator<'_> {
    fn batch(
        &mut self,
        cells: &Cells,
        input: &Input,
        plan: &Plan,
        render: fn(&Finding<'_>, &mut Vec<u8>),
    ) -> Result<Vec<u8>> {
        let mapping = &input.mapping;
        self.checker.check(cells, mapping).map_err(|e| {
            Error::Input(format!(
                "{} row {} column {}: {} is a pseudonym already; a return is validated before it is pseudonymised",
                input.source.path.display(),
                cells.row(e.record),
                mapping.fields[e.field].map_or(String::new(), letters),
                plan.schema.fields[e.field].name
            ))
        })?;
        self.read += cells.len() as u64;
        self.tally.count_findings(&self.checker);
        self.select(plan, cells);
        self.tally
            .count_submitted(&self.checker, plan, cells.source, &self.submitted);
        self.gatherer
            .gather(&self.checker, cells, mapping, &self.submitted);
        let mut lines = Vec::new();
        for issue in &self.checker.checked().issues {
            render(
                &Finding::of(
                    *issue,
                    plan,
                    &self.checker,
                    cells,
                    mapping,
                    &input.source.name,
                ),
                &mut lines,
            );
        }
        Ok(lines)
    }
}

impl Validator<'_> {
    /// The records that a run would submit. No period is configured here, so each record's own counts; where it cannot be
    /// read, the record is taken to be within it.
    fn select(&mut self, plan: &Plan, cells: &Cells) {
        let roles = plan.schema.roles;
        let switches = Selection::default();
        self.submitted.clear();
        for record in 0..cells.len() {
            let facts = select::Facts::of(&self.checker, &roles, cells.source, record, false);
            let date = |field: usize| self.checker.checked().columns[field].dates[record];
            let period = Period {
                start: date(roles.period_start).unwrap_or(Date::FIRST),
                end: date(roles.period_end).unwrap_or(Date::LAST),
            };
            if select::exclusion(facts, period, &switches).is_none() {
                self.submitted.push(record as u32);
            }
        }
    }
}

impl SourceConfig {
    /// A file with the return's own columns.
    fn plain(file: &std::path::Path) -> Self {
        Self {
            source: Source {
                name: file.display().to_string(),
                path: file.to_owned(),
                encoding: None,
            },
            columns: Vec::new(),
            values: Vec::new(),
            ignore: Vec::new(),
            absent: Vec::new(),
        }
    }
}
