//! `cld run`: from sources to a sealed bundle, or to nothing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::attest::{self, Facts};
use super::read::{self, Input, threads};
use super::write::{Written, write};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::extract::Cells;
use crate::finding::{Finding, rule_code};
use crate::map::letters;
use crate::select::{self, Exclusion};
use crate::treat::{Identifiers, KeyError, LocalRefusal, MasterKey, RowPlan, Scope, Treater};
use crate::validate::{Check, Checker, ClientKind, EventKind, Plan, Severity, Tally};
use crate::write::{
    FindingRow, Lock, Spill, SpillWriter, Staging, WorklistHeader, WorklistLines, WriteError,
    findings_csv, unverified_csv,
};

/// What the command line adds to the configuration.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Where the bundle appears instead of `output.bundle`.
    pub out: Option<PathBuf>,
    /// Accept a test key although the extract holds real NHS numbers.
    pub allow_test_key: bool,
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// The finished bundle.
    pub bundle: PathBuf,
    /// The same run had been made before, and its bundle was left as it stands.
    pub existed: bool,
    /// The directory of the worklist.
    pub worklist: PathBuf,
    /// Names the run.
    pub run_id: String,
    /// Records read.
    pub read: u64,
    /// Records in the submission.
    pub submitted: u64,
    /// Records left out, by reason, in the order in which reasons are asked.
    pub excluded: Vec<(Exclusion, u64)>,
    /// Records with at least one error.
    pub with_errors: u64,
    /// Findings by rule, sorted by rule.
    pub findings: Vec<FindingRow>,
    /// The key is a published one.
    pub test_key: bool,
    /// Fields whose values could not be checked, with the reason.
    pub not_checked: Vec<(String, String)>,
}

/// Everything a thread keeps while it reads.
struct Reader<'a> {
    checker: Checker<'a>,
    treater: Treater<'a>,
    spill: SpillWriter<'a>,
    sums: Sums,
    submitted: Vec<u32>,
}

/// What the first pass counts.
pub(super) struct Sums {
    pub tally: Tally,
    /// Records of each source.
    pub rows: Vec<u64>,
    /// Lines of each source without any value.
    pub blank_lines: Vec<u64>,
    pub excluded: [u64; Exclusion::ALL.len()],
    pub submitted: u64,
}

impl Sums {
    fn new(sources: usize, fields: usize) -> Self {
        Self {
            tally: Tally::new(fields),
            rows: vec![0; sources],
            blank_lines: vec![0; sources],
            excluded: [0; Exclusion::ALL.len()],
            submitted: 0,
        }
    }

    fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        let add = |mine: &mut [u64], theirs: &[u64]| {
            mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b)
        };
        add(&mut self.rows, &other.rows);
        add(&mut self.blank_lines, &other.blank_lines);
        add(&mut self.excluded, &other.excluded);
        self.submitted += other.submitted;
    }

    /// Records of all sources.
    pub fn read(&self) -> u64 {
        self.rows.iter().sum()
    }
}

/// Runs a configuration.
///
/// # Errors
/// On any failure no bundle exists and an earlier one is untouched; exit code 4 leaves worklist and findings.
pub fn run(mut config: Config, options: &RunOptions) -> Result<Outcome> {
    let started = chrono::Utc::now();
    if let Some(out) = &options.out {
        config.use_bundle_dir(out)?;
    }
    let key = MasterKey::load(&config.key_file)?;
    if let Some(id) = &config.key_id {
        key.expect_id(id)?;
    }
    let signing = crate::attest::SigningKey::load(&config.signing_key)?;
    let scope = Scope::new(
        &config.la_code,
        &config.recipient,
        &config.purpose,
        &config.epoch,
    )?;
    let schema = Arc::new(config.schema.clone());
    let plan = Plan::new(Arc::clone(&schema), &config.la_code, key.is_test());
    let rows = RowPlan::new(Arc::clone(&schema), &key, &scope)?;
    let cancelled = config
        .selection
        .cancelled
        .as_ref()
        .map(|c| c.column.as_str());
    let mut inputs = read::open(&config.sources, cancelled, &schema)?;

    let bundle_stage =
        Staging::begin(&config.bundle_dir, false).map_err(Error::io("make", &config.bundle_dir))?;
    let Some(_lock) =
        Lock::take(&config.bundle_dir).map_err(Error::io("lock", &config.bundle_dir))?
    else {
        return Err(Error::Busy(format!(
            "another run is writing into {}. Wait for it to end, or give another directory with --out",
            config.bundle_dir.display()
        )));
    };
    bundle_stage
        .clear()
        .map_err(Error::io("clear", &config.bundle_dir))?;
    let worklist_stage = Staging::begin(&config.worklist_dir, true)
        .map_err(Error::io("make", &config.worklist_dir))?;
    // A lock of its own: runs with different bundle directories may share this one.
    let Some(_worklist_lock) =
        Lock::take(&config.worklist_dir).map_err(Error::io("lock", &config.worklist_dir))?
    else {
        return Err(Error::Busy(format!(
            "another run is writing its worklist into {}. Wait for it to end, or name another directory under `output:`",
            config.worklist_dir.display()
        )));
    };
    worklist_stage
        .clear()
        .map_err(Error::io("clear", &config.worklist_dir))?;

    let header = WorklistHeader::new(
        inputs
            .iter()
            .flat_map(|i| &i.mapping.local)
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>()
            .into_iter(),
    );
    let spill_directory = bundle_stage.path().to_owned();
    let spill = std::sync::OnceLock::new();
    let worklist_path = worklist_stage.path().join("findings.csv");
    let (plan_ref, rows_ref, spill_ref, config_ref, header_ref) =
        (&plan, &rows, &spill, &config, &header);
    let sources = inputs.len();
    let (readers, worklist, facts) = read::read(
        &mut inputs,
        || Some(key.source_digester(&scope)),
        || {
            let spill: &Spill = spill_ref.get_or_init(|| Spill::new(&spill_directory));
            spill.clear();
            let file = private_file(&worklist_path).map_err(Error::io("write", &worklist_path))?;
            let mut worklist = BufWriter::with_capacity(1 << 18, file);
            worklist
                .write_all(&header_ref.line())
                .map_err(Error::io("write", &worklist_path))?;
            let readers = (0..threads()).map(|_| Reader {
                checker: Checker::new(plan_ref, sources),
                treater: Treater::new(rows_ref),
                spill: SpillWriter::new(spill),
                sums: Sums::new(sources, plan_ref.fields.len()),
                submitted: Vec::new(),
            });
            Ok((readers.collect(), worklist))
        },
        |reader: &mut Reader<'_>, cells, input| {
            reader.batch(
                cells,
                input,
                plan_ref,
                config_ref,
                header_ref,
                options.allow_test_key,
            )
        },
        |worklist: &mut BufWriter<File>, lines| {
            worklist
                .write_all(&lines)
                .map_err(Error::io("write", &worklist_path))
        },
    )?;

    let mut sums = Sums::new(sources, plan.fields.len());
    let mut identifiers = Identifiers::default();
    let mut people = crate::treat::People::default();
    for reader in readers {
        let Reader {
            checker,
            treater,
            spill,
            sums: mut of_one,
            ..
        } = reader;
        spill.finish().map_err(WriteError::from)?;
        of_one.tally.count_unverified(checker.into_unverified());
        sums.merge(of_one);
        let (of_one, met) = treater.finish();
        identifiers.merge(of_one);
        people.merge(met);
    }
    if sums.read() == 0 {
        return Err(Error::Input(
            "the sources hold no record below their headers. Check the extract".into(),
        ));
    }
    let Some(spill) = spill.get() else {
        return Err(Error::Internal("nothing was read".into()));
    };
    let run_id = attest::run_id(&config, &key, &scope, &facts);

    if !config
        .gate
        .admits(sums.tally.records_with_error, sums.read())
    {
        let findings = finding_rows(&plan, &sums.tally);
        let worklist = finish_worklist(
            worklist_stage,
            worklist,
            &plan,
            &sums.tally,
            &findings,
            &run_id,
            &config.worklist_dir,
        )?;
        return Err(Error::Gate(format!(
            "{} of {} records have an error, more than gate.max_error_records of {} allows. No bundle was made; the worklist and the findings are in {}",
            sums.tally.records_with_error,
            sums.read(),
            config.gate.text(),
            worklist.display()
        )));
    }

    let written = write(spill, &rows, &plan, &identifiers, bundle_stage.path())?;
    for (field, records) in &written.withheld {
        sums.tally
            .findings
            .entry((*field, Check::Identifier))
            .or_default()
            .records += records;
    }
    let findings = finding_rows(&plan, &sums.tally);
    let mut lines = worklist;
    add_withheld(&mut lines, &plan, &written, &header)
        .map_err(Error::io("write", &config.worklist_dir))?;
    let not_checked = not_checked(&plan);
    let facts = Facts {
        config: &config,
        options,
        plan: &plan,
        rows: &rows,
        key: &key,
        signing: &signing,
        inputs: &inputs,
        sources: &facts,
        sums: &sums,
        people: people.count(),
        findings: &findings,
        not_checked: &not_checked,
        identifiers: &identifiers,
        written: &written,
        run_id: &run_id,
        started,
    };
    attest::seal(&facts, bundle_stage.path())?;
    crate::interrupt::check()?;
    let existed = attest::exists_already(
        &config.bundle_dir.join(&run_id),
        bundle_stage.path(),
        &signing,
    )?;
    let worklist = finish_worklist(
        worklist_stage,
        lines,
        &plan,
        &sums.tally,
        &findings,
        &run_id,
        &config.worklist_dir,
    )?;
    let bundle = if existed {
        config.bundle_dir.join(&run_id)
    } else {
        bundle_stage
            .finish(&run_id, false)
            .map_err(Error::io("rename into", &config.bundle_dir))?
    };
    Ok(Outcome {
        bundle,
        existed,
        worklist,
        run_id,
        read: sums.read(),
        submitted: sums.submitted,
        excluded: Exclusion::ALL
            .into_iter()
            .zip(sums.excluded)
            .filter(|(_, n)| *n > 0)
            .collect(),
        with_errors: sums.tally.records_with_error,
        findings,
        test_key: key.is_test(),
        not_checked,
    })
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
    /// Checks, counts, selects and treats a batch; gives its lines of the worklist.
    fn batch(
        &mut self,
        cells: &Cells,
        input: &Input,
        plan: &Plan,
        config: &Config,
        header: &WorklistHeader,
        allow_test_key: bool,
    ) -> Result<Vec<u8>> {
        let mapping = &input.mapping;
        let source = cells.source;
        self.checker.check(cells, mapping).map_err(|e| {
            let column = mapping.fields[e.field].map_or(String::new(), letters);
            Error::Input(format!(
                "{} row {} column {column}: {} is a pseudonym already. The output of a run is never pseudonymised again: give the extract instead",
                input.source.path.display(),
                cells.row(e.record),
                plan.schema.fields[e.field].name
            ))
        })?;
        let roles = plan.schema.roles;
        let checked = self.checker.checked();
        if plan.test_key
            && !allow_test_key
            && checked.columns[roles.nhs_number]
                .numbers
                .iter()
                .flatten()
                .any(|n| !n.is_test())
        {
            return Err(KeyError::TestKeyOnRealData.into());
        }
        self.submitted.clear();
        for record in 0..cells.len() {
            let cancelled = mapping
                .cancelled
                .zip(config.selection.cancelled.as_ref())
                .is_some_and(|(column, rule)| {
                    let value = String::from_utf8_lossy(cells.get(column, record));
                    rule.values
                        .iter()
                        .any(|v| v.trim().eq_ignore_ascii_case(value.trim()))
                });
            let date = |field: usize| checked.columns[field].dates[record];
            let facts = select::Facts {
                has_person_id: checked.columns[roles.nhs_number].numbers[record].is_some()
                    || checked.columns[roles.person_id].validity[record].has_value(),
                client: self
                    .checker
                    .entry(source, roles.client_type, record)
                    .map_or(ClientKind::Other, |e| e.client),
                event: self
                    .checker
                    .entry(source, roles.event_type, record)
                    .map_or(EventKind::None, |e| e.event),
                start: date(roles.event_start),
                end: date(roles.event_end),
                cancelled,
            };
            match select::exclusion(facts, config.period, &config.selection) {
                None => self.submitted.push(record as u32),
                Some(reason) => self.sums.excluded[reason as usize] += 1,
            }
        }
        self.sums.rows[source] += cells.len() as u64;
        self.sums.blank_lines[source] += cells.blank_lines();
        self.sums.submitted += self.submitted.len() as u64;
        self.sums.tally.count_findings(&self.checker);
        self.sums
            .tally
            .count_submitted(&self.checker, plan, source, &self.submitted);
        let spill = &mut self.spill;
        self.treater
            .treat(
                cells,
                mapping,
                &self.checker,
                &self.submitted,
                |first, fill| {
                    spill
                        .push(first, fill)
                        .map_err(|e| Untreated::Spill(e.into()))
                },
            )
            .map_err(|e| match e {
                Untreated::Refused(refusal) => Error::Input(format!(
                    "{}: an identifier {refusal}",
                    input.source.path.display()
                )),
                Untreated::Spill(e) => e.into(),
            })?;
        let mut lines = WorklistLines::default();
        for issue in &self.checker.checked().issues {
            let finding = Finding::of(
                *issue,
                plan,
                &self.checker,
                cells,
                mapping,
                &input.source.name,
            );
            let local = |name: &str| {
                let column = mapping
                    .local
                    .iter()
                    .find(|(n, _)| n == name)
                    .map(|(_, c)| *c);
                column.map_or(&b""[..], |c| cells.get(c, issue.record as usize))
            };
            worklist_line(&mut lines, &finding, header, local);
        }
        Ok(lines.bytes)
    }
}

fn worklist_line<'c>(
    lines: &mut WorklistLines,
    finding: &Finding<'_>,
    header: &WorklistHeader,
    local: impl Fn(&str) -> &'c [u8],
) {
    let case = finding.case.expose();
    for cell in [
        finding.rule().as_bytes(),
        finding.severity.name().as_bytes(),
        finding.source.as_bytes(),
        finding.row.to_string().as_bytes(),
        finding.column.as_deref().unwrap_or_default().as_bytes(),
        finding.field.name.as_bytes(),
        case.person_id,
        case.event_reference,
        case.received,
        if case.suggestion.is_empty() {
            finding.expected.as_bytes()
        } else {
            case.suggestion.as_bytes()
        },
        finding.check.fault().as_bytes(),
        finding.check.remedy().as_bytes(),
        finding
            .follows_from
            .as_deref()
            .unwrap_or_default()
            .as_bytes(),
    ] {
        lines.cell(cell);
    }
    for name in header.local() {
        lines.cell(local(name));
    }
    lines.end();
}

/// What was withheld while writing has no row any more: rows were sorted, so that nothing leads back from them.
fn add_withheld(
    worklist: &mut BufWriter<File>,
    plan: &Plan,
    written: &Written,
    header: &WorklistHeader,
) -> std::io::Result<()> {
    let mut lines = WorklistLines::default();
    for (field, records) in &written.withheld {
        let field = &plan.schema.fields[usize::from(*field)];
        let expected = format!(
            "no NHS number, postcode, person id or name of the extract; found in {records} records"
        );
        let cells = [
            rule_code(&field.snake, Check::Identifier),
            Severity::Error.name().into(),
            "all sources".into(),
            String::new(),
            String::new(),
            field.name.clone(),
            String::new(),
            String::new(),
            String::new(),
            expected,
            Check::Identifier.fault().into(),
            Check::Identifier.remedy().into(),
            String::new(),
        ];
        cells.iter().for_each(|c| lines.cell(c.as_bytes()));
        header.local().iter().for_each(|_| lines.cell(b""));
        lines.end();
    }
    worklist.write_all(&lines.bytes)
}

fn finish_worklist(
    stage: Staging,
    findings_file: BufWriter<File>,
    plan: &Plan,
    tally: &Tally,
    findings: &[FindingRow],
    run_id: &str,
    base: &Path,
) -> Result<PathBuf> {
    let failed = |action| Error::io(action, base);
    let file = findings_file
        .into_inner()
        .map_err(|e| failed("write")(e.into_error()))?;
    file.sync_all().map_err(failed("write"))?;
    let unverified = tally
        .unverified
        .iter()
        .map(|((field, value), n)| (plan.schema.fields[*field].name.as_str(), &**value, *n));
    for (name, bytes) in [
        ("unverified-values.csv", unverified_csv(unverified)),
        ("findings-by-rule.csv", findings_csv(findings).into_bytes()),
    ] {
        let path = stage.path().join(name);
        private_file(&path)
            .and_then(|mut f| f.write_all(&bytes).and_then(|()| f.sync_all()))
            .map_err(Error::io("write", &path))?;
    }
    stage.finish(run_id, true).map_err(failed("rename into"))
}

/// Findings by rule over the extract, sorted by rule.
pub(super) fn finding_rows(plan: &Plan, tally: &Tally) -> Vec<FindingRow> {
    let mut unverified: BTreeMap<usize, u64> = BTreeMap::new();
    for ((field, _), n) in &tally.unverified {
        *unverified.entry(*field).or_default() += n;
    }
    let row = |field: usize, check: Check, records, caused| {
        let snake = &plan.schema.fields[field].snake;
        FindingRow {
            rule: rule_code(snake, check),
            severity: plan.severity(field as u16, check).name(),
            field: snake.clone(),
            records,
            caused,
        }
    };
    let broken = tally
        .findings
        .iter()
        .map(|((field, check), n)| row(usize::from(*field), *check, n.records, n.caused));
    let mut rows: Vec<_> = broken
        .chain(
            unverified
                .iter()
                .map(|(field, n)| row(*field, Check::Unverified, *n, 0)),
        )
        .collect();
    rows.sort();
    rows
}

/// Fields whose values could not be held against a list, with the reason.
pub(super) fn not_checked(plan: &Plan) -> Vec<(String, String)> {
    let lists = plan
        .schema
        .fields
        .iter()
        .filter(|f| !f.withdrawn)
        .filter_map(|f| Some((f, &plan.schema.lists[f.list?])));
    lists
        .filter(|(_, list)| !list.complete.is_closed())
        .map(|(field, list)| {
            let known = match list.values.len() {
                0 => "the values of this list are not known".to_owned(),
                n => format!("only {n} values of this list are known"),
            };
            (
                rule_code(&field.snake, Check::NotInList),
                format!("{known}; add the official list under `lists:` in the configuration"),
            )
        })
        .collect()
}

/// A new file that nobody else can read.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
