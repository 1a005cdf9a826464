//! `cld run`: from sources to a sealed bundle, or to nothing.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::across;
use super::attest::{self, Facts};
use super::previous::{self, Previous};
use super::read::{self, Input, SourceFacts, threads};
use super::reader::{Finished, Reader, Shared, Sums, local_columns};
use super::worklist::{Lines, Worklist};
use super::write::write;
use crate::attack::{Circumstances, known};
use crate::config::Config;
use crate::custodian;
use crate::date::Date;
use crate::encrypted::PublicKey;
use crate::error::{Error, Result};
use crate::extract::TableFacts;
use crate::finding::ExtractFinding;
use crate::select::Exclusion;
use crate::treat::{
    Ask, Chosen, MasterKey, Objections, ObjectionsError, Opening, RowPlan, Scope, Sightings,
    TracedSums, Watch,
};
use crate::validate::across::Collapsed;
use crate::validate::{Broken, Check, Plan, Setting, Tally};
use crate::write::{
    FindingRow, Finished as SealedWhole, GridRow, Sealed, Staging, WorklistHeader, WriteError,
    grid_rows,
};

/// What the command line adds to the configuration.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Where the bundle appears instead of `output.bundle`.
    pub out: Option<PathBuf>,
    /// Accept a test key although the extract holds real NHS numbers.
    pub allow_test_key: bool,
    /// Who knows the passphrase of the key file, should it have one.
    pub ask: Ask,
    /// Make a crosswalk for the custodian in this file.
    pub crosswalk: Option<PathBuf>,
    /// Pseudonyms that must be found out. No other build has this.
    #[cfg(test)]
    pub(super) weak: Option<crate::treat::weak::Weak>,
    /// Passes over the run's attack on itself, so that `cld attack` has something to find.
    #[cfg(test)]
    pub(super) unattacked: bool,
}

impl RunOptions {
    /// What somebody may ask for.
    pub fn new(out: Option<PathBuf>, allow_test_key: bool) -> Self {
        Self {
            out,
            allow_test_key,
            ask: Ask::default(),
            crosswalk: None,
            #[cfg(test)]
            weak: None,
            #[cfg(test)]
            unattacked: false,
        }
    }
}

/// What became of a source of several tables, or with columns that are derived.
#[derive(Debug)]
pub struct MadeSource {
    /// What the configuration calls it.
    pub name: String,
    /// Cells that held a value which means nothing.
    pub emptied: u64,
    /// The tables that were looked up, by name.
    pub tables: Vec<(String, TableFacts)>,
}

impl MadeSource {
    fn of(input: &Input, facts: &SourceFacts) -> Option<Self> {
        let made = facts.made.as_ref()?;
        let joins = &input.source.recipe.as_ref()?.joins;
        let tables = joins.iter().zip(&made.tables);
        Some(Self {
            name: input.source.name.clone(),
            emptied: made.emptied,
            tables: tables
                .map(|(join, facts)| (join.name.clone(), facts.clone()))
                .collect(),
        })
    }
}

/// Records that were left out for one reason.
#[derive(Debug)]
pub struct Excluded {
    /// The name used in files.
    pub reason: String,
    /// The reason in words.
    pub words: &'static str,
    /// How many.
    pub records: u64,
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// The finished bundle, or why the gate let none be made.
    pub bundle: std::result::Result<PathBuf, String>,
    /// The same run had been made before, and its bundle was left as it stands.
    pub existed: bool,
    /// The directory of the worklist.
    pub worklist: PathBuf,
    /// The workbook in it; `None` where there are too many findings to make it unasked.
    pub workbook: Option<PathBuf>,
    /// Names the run.
    pub run_id: String,
    /// Records read.
    pub read: u64,
    /// Records in the submission.
    pub submitted: u64,
    /// Records left out, by reason, in the order in which reasons are asked.
    pub excluded: Vec<Excluded>,
    /// Records with at least one error.
    pub with_errors: u64,
    /// What became of sources of several tables, or with columns that are derived.
    pub made: Vec<MadeSource>,
    /// Files read as Windows-1252 of which this row looks like UTF-8.
    pub mixed: Vec<(PathBuf, u64)>,
    /// Findings by rule, sorted by rule.
    pub findings: Vec<FindingRow>,
    /// What was found about the extract as a whole.
    pub about_the_extract: Vec<ExtractFinding>,
    /// The period as stated and as derived nationally, in words.
    pub periods: Vec<String>,
    /// What national deduplication would do to the submitted records.
    pub collapsed: Collapsed,
    /// The national grid over the submitted records.
    pub grid: Vec<GridRow>,
    /// The key is a published one.
    pub test_key: bool,
    /// The configuration says how a source marks cancelled events, and none was met.
    pub cancelled_unseen: bool,
    /// The crosswalk that was made, and the public key that it is encrypted to.
    pub crosswalk: Option<(PathBuf, PublicKey)>,
    /// Rules that could not run, with the reason.
    pub not_checked: Vec<(String, String)>,
    /// The share of the people of the previous bundle who are submitted again, where one is named and can be compared.
    pub people_again: Option<String>,
    /// What numbers that tracing verified came to, where numbers are traced.
    pub traced: Option<TracedSums>,
}

impl Outcome {
    /// Gives the worklist its name.
    fn finish(
        &mut self,
        worklist: Worklist,
        stage: Staging,
        plan: &Plan,
        tally: &Tally,
        config: &Config,
    ) -> Result<()> {
        (self.worklist, self.workbook) = worklist
            .finish(stage, plan, tally, &self.findings, &self.run_id)
            .map_err(|e| e.into_directory(&config.worklist_dir))?;
        Ok(())
    }
}

/// Runs a configuration.
///
/// # Errors
/// On any failure no bundle exists and an earlier one is untouched. A gate that fails is no error here: the outcome says
/// so, and worklist and findings are there.
pub fn run(mut config: Config, options: &RunOptions) -> Result<Outcome> {
    let started = chrono::Utc::now();
    if let Some(lapsed) = config.governance.lapsed(today(&started)) {
        return Err(Error::Usage(lapsed));
    }
    // Takes a while, and nothing waits for it before the manifest.
    let tool_digest = std::thread::spawn(attest::tool_digest);
    if let Some(out) = &options.out {
        config.use_bundle_dir(out)?;
    }
    let crosswalk = match &options.crosswalk {
        Some(file) => Some((file, custodian_for(&config, file)?)),
        None => None,
    };
    let key = load_key(&config, options.ask)?;
    let signing = crate::attest::SigningKey::load(&config.signing_key)?;
    let scope = Scope::new(
        &config.la_code,
        &config.recipient,
        &config.purpose,
        &config.epoch,
    )?;
    let schema = Arc::new(config.schema.clone());
    let setting = Setting {
        la_code: &config.la_code,
        test_numbers: key.is_test(),
        period: Some((config.period.start, config.period.end)),
    };
    let plan = Plan::new(Arc::clone(&schema), &setting);
    let traced = super::traced::load(
        &config,
        key.is_test() && !options.allow_test_key,
        options.ask,
    )?;
    #[cfg_attr(not(test), expect(unused_mut, reason = "tests weaken it"))]
    let mut rows = RowPlan::with_traced(Arc::clone(&schema), &key, &scope, traced.clone())?;
    #[cfg(test)]
    if let Some(weak) = options.weak {
        rows.weaken(weak, &config.la_code);
    }
    let cancelled = config
        .selection
        .cancelled
        .as_ref()
        .map(|c| c.column.as_str());
    let mut inputs = read::open(&config.sources, cancelled, &schema)?;
    let previous = Previous::open(&config, &key, &signing.public(), &plan)?;
    let sought = previous.as_ref().and_then(Previous::sought);
    let list = config.objections.as_ref();
    let objections = list
        .map(|list| Objections::read(&list.file, &key, &scope))
        .transpose()?;
    let watch = Watch {
        sought,
        before: previous.as_ref().and_then(|p| p.people.as_ref().ok()),
        objections: objections.as_ref(),
    };

    let Some(bundle_stage) = Staging::begin(&config.bundle_dir, false)
        .map_err(Error::io("write into", &config.bundle_dir))?
    else {
        return Err(Error::Busy(format!(
            "another run is writing into {}. Wait for it to end, or give another directory with --out",
            config.bundle_dir.display()
        )));
    };
    // Locked by itself: runs with different bundle directories may share this one.
    let Some(worklist_stage) = Staging::begin(&config.worklist_dir, true)
        .map_err(Error::io("write into", &config.worklist_dir))?
    else {
        return Err(Error::Busy(format!(
            "another run is writing its worklist into {}. Wait for it to end, or name another directory under `output:`",
            config.worklist_dir.display()
        )));
    };

    let header = WorklistHeader::new(
        inputs
            .iter()
            .flat_map(|i| &i.mapping.local)
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>()
            .into_iter(),
    );
    let shared = Shared::new(&rows, bundle_stage.path());
    let (plan_ref, rows_ref, shared_ref, config_ref, header_ref) =
        (&plan, &rows, &shared, &config, &header);
    let sources = inputs.len();
    let declared = &config.selection.declared[..];
    let (readers, (mut worklist, sealed), facts) = read::read(
        &mut inputs,
        || Some(key.source_digester(&scope)),
        || {
            shared_ref.clear();
            if let Some(before) = watch.before {
                before.forget();
            }
            let worklist =
                Worklist::begin(worklist_stage.path(), header_ref, rows_ref.is_traced())?;
            let reader = || {
                Reader::new(
                    plan_ref,
                    rows_ref,
                    shared_ref,
                    (sources, declared.len()),
                    watch,
                )
            };
            let readers = std::iter::repeat_with(reader).take(threads());
            let sealed = match &crosswalk {
                Some((file, custodian)) => {
                    let begin = || {
                        let mut sealed = Sealed::begin(file, std::slice::from_ref(custodian))?;
                        let head = custodian::head(&key.key_id(), &config_ref.epoch);
                        sealed.write_all(head.as_bytes())?;
                        Ok(sealed)
                    };
                    Some(begin().map_err(Error::io("write", file))?)
                }
                None => None,
            };
            Ok((readers.collect(), (worklist, sealed)))
        },
        |reader: &mut Reader<'_>, cells, input| {
            reader.batch(
                cells,
                input,
                plan_ref,
                config_ref,
                header_ref,
                options.allow_test_key,
                crosswalk.is_some(),
            )
        },
        |(worklist, sealed): &mut (Worklist, Option<Sealed>), (lines, of_crosswalk)| {
            if let (Some(sealed), Some((file, _))) = (sealed, &crosswalk) {
                let of_crosswalk = Zeroizing::new(of_crosswalk);
                sealed
                    .write_all(&of_crosswalk)
                    .map_err(Error::io("write", file))?;
            }
            worklist
                .take(&lines)
                .map_err(Error::io("write", &config_ref.worklist_dir))?;
            shared_ref.lines.keep(lines.into_room());
            Ok(())
        },
    )
    .map_err(|e| e.into_directory(&config_ref.bundle_dir))?;

    shared.lines.clear();
    let mut sums = Sums::new(sources, plan.fields.len(), declared.len());
    let mut sightings = sought.map(Sightings::new);
    let mut chosen = Chosen::default();
    let mut traced_sums = TracedSums::of(traced.as_deref());
    for reader in readers {
        let finished: Finished<'_> = reader
            .finish()
            .map_err(|e| e.into_directory(&config.bundle_dir))?;
        sums.merge(finished.sums);
        chosen.merge(finished.chosen);
        traced_sums.merge(finished.traced);
        if let Some((all, of_one)) = sightings.as_mut().zip(finished.sightings) {
            all.merge(&of_one);
        }
    }
    if sums.read() == 0 {
        return Err(Error::Input(
            "the sources hold no record below their headers. Check the extract".into(),
        ));
    }
    let recipient = crosswalk
        .as_ref()
        .map(|(_, custodian)| custodian.to_string());
    let run_id = attest::run_id(
        &config,
        &key,
        &scope,
        &facts,
        previous.as_ref(),
        objections.as_ref(),
        [
            ("crosswalk", recipient.as_deref()),
            (
                "register",
                traced.as_ref().map(|traced| traced.head.as_str()),
            ),
        ],
    );
    let found = across::judge(
        &plan,
        &shared.across,
        &sums.file,
        &previous::judge(previous.as_ref(), sightings.as_ref(), declared),
        &mut sums.tally,
    )?;
    across::find_again(
        &inputs,
        &plan,
        &found.verdicts,
        |cells, input, findings| {
            let local = local_columns(&header, &input.mapping);
            let mut lines = Lines::new(declared);
            for (record, verdict, finding) in findings {
                let reason = usize::from(verdict.left_out).checked_sub(1);
                let reason = reason.map(Exclusion::at);
                let cell = |column: &Option<usize>| {
                    column.map_or(&b""[..], |column| cells.get(column, record))
                };
                lines.finding(&finding, reason, local.iter().map(cell));
            }
            lines
        },
        |lines| {
            worklist
                .take(&lines)
                .map_err(Error::io("write", &config.worklist_dir))
        },
    )?;
    worklist
        .about_the_extract(&plan, &found.file, &header)
        .map_err(Error::io("write", &config.worklist_dir))?;
    if let (Some(previous), Some(sightings)) = (&previous, &sightings) {
        previous.list_lost(sightings, (&inputs, declared), &plan, worklist_stage.path())?;
    }

    let mut not_checked = not_checked(&plan);
    not_checked.extend(found.not_run);
    not_checked.sort();
    let mut outcome = Outcome {
        bundle: Err(String::new()),
        existed: false,
        worklist: PathBuf::new(),
        workbook: None,
        read: sums.read(),
        submitted: sums.submitted,
        excluded: Exclusion::all(declared)
            .map(|reason| Excluded {
                reason: reason.name(declared).to_owned(),
                words: reason.words(),
                records: sums.excluded[reason.index()],
            })
            .filter(|excluded| excluded.records > 0)
            .collect(),
        with_errors: sums.tally.records_with_error,
        made: inputs
            .iter()
            .zip(&facts)
            .filter_map(|(input, facts)| MadeSource::of(input, facts))
            .collect(),
        mixed: read::mixed(&inputs, &facts),
        findings: finding_rows(&plan, &sums.tally, &found.file),
        grid: grid_rows(&sums.tally.grid, &schema),
        test_key: key.is_test(),
        about_the_extract: found.file,
        collapsed: found.collapsed,
        periods: found.periods,
        not_checked,
        crosswalk: None,
        cancelled_unseen: config.selection.cancelled.is_some()
            && sums.excluded[Exclusion::Cancelled.index()] == 0,
        run_id,
        people_again: previous.as_ref().and_then(Previous::people_again),
        traced: rows.is_traced().then_some(traced_sums),
    };
    if let Some(held) = held(&config, &outcome, previous.as_ref()) {
        outcome.finish(worklist, worklist_stage, &plan, &sums.tally, &config)?;
        outcome.bundle = Err(format!(
            "{held}. No bundle was made; the worklist and the findings are in {}",
            outcome.worklist.display()
        ));
        return Ok(outcome);
    }

    let circumstances = Circumstances {
        la_code: config.la_code.clone(),
        council: config.controller.clone(),
        recipient: config.recipient.clone(),
        purpose: config.purpose.clone(),
        epoch: config.epoch.clone(),
        key_id: key.key_id(),
        test_key: key.is_test(),
    };
    // Nobody waits for it: it takes less time than writing does.
    let (tried, written) = std::thread::scope(|scope| {
        let tried = scope.spawn(|| known::short(&circumstances, &chosen));
        let written = write(
            &shared.spill,
            &rows,
            &shared.values,
            &plan,
            &shared.identifiers,
            bundle_stage.path(),
        );
        (tried.join(), written)
    });
    let (written, settling) = written.map_err(|e| e.into_directory(&config.bundle_dir))?;
    let mut tried = tried.map_err(|_| Error::Internal("a thread ended early".into()))?;
    #[cfg(test)]
    if options.unattacked {
        tried.found.clear();
    }
    if !tried.found.is_empty() {
        tried.found.truncate(5);
        return Err(Error::Internal(format!(
            "the run's attack on its own pseudonyms succeeded, so no bundle was made: identifiers can be found again without the key ({})",
            tried.found.join("; ")
        )));
    }
    for (field, records) in &written.withheld {
        sums.tally
            .findings
            .entry((*field, Check::Identifier.into()))
            .or_default()
            .records += records;
    }
    outcome.findings = finding_rows(&plan, &sums.tally, &outcome.about_the_extract);
    worklist
        .withheld(&plan, &written, &header)
        .map_err(Error::io("write", &config.worklist_dir))?;
    let facts = Facts {
        config: &config,
        options,
        plan: &plan,
        rows: &rows,
        key: &key,
        signing: &signing,
        inputs: &inputs,
        previous: previous.as_ref(),
        sources: &facts,
        sums: &sums,
        people: &shared.people,
        objections: objections.as_ref(),
        traced: traced.as_deref().zip(outcome.traced.as_ref()),
        findings: &outcome.findings,
        not_checked: &outcome.not_checked,
        identifiers: &shared.identifiers,
        written: &written,
        tried: &tried,
        collapsed: &outcome.collapsed,
        run_id: &outcome.run_id,
        crosswalk: recipient,
        tool_digest: tool_digest.join().unwrap_or_default(),
        started,
    };
    std::thread::scope(|scope| {
        // A large file to take away, and nobody waits for it.
        scope.spawn(|| shared.spill.clear());
        attest::seal(&facts, bundle_stage.path())
    })?;
    for file in settling {
        file.wait()
            .map_err(|e| Error::from(WriteError::from(e)).into_directory(&config.bundle_dir))?;
    }
    crate::interrupt::check()?;
    let named = config.bundle_dir.join(&outcome.run_id);
    outcome.existed = attest::exists_already(&named, bundle_stage.path(), &signing)?;
    // Before the bundle, and gone again if that does not appear: then there is either both or nothing.
    let appeared = match (sealed, crosswalk) {
        (Some(sealed), Some((file, custodian))) => {
            let appeared = sealed.finish().and_then(SealedWhole::appear);
            outcome.crosswalk = Some((file.clone(), custodian));
            Some(appeared.map_err(Error::io("write", file))?)
        }
        _ => None,
    };
    outcome.finish(worklist, worklist_stage, &plan, &sums.tally, &config)?;
    if !outcome.existed {
        bundle_stage
            .finish(&outcome.run_id, false)
            .map_err(Error::io("rename into", &config.bundle_dir))?;
    }
    if let Some(appeared) = appeared {
        appeared.keep();
    }
    outcome.bundle = Ok(named);
    Ok(outcome)
}

/// The day on which papers are looked at: where the computer stands.
fn today(now: &chrono::DateTime<chrono::Utc>) -> Date {
    let day = now.with_timezone(&chrono::Local).format("%Y-%m-%d");
    Date::parse_iso(&day.to_string()).unwrap_or(Date::LAST)
}

/// Why no bundle is made, if none is.
fn held(config: &Config, outcome: &Outcome, previous: Option<&Previous>) -> Option<String> {
    let too_wrong = !config.gate.admits(outcome.with_errors, outcome.read);
    let too_wrong = too_wrong.then(|| {
        format!(
            "{} of {} records have an error, more than gate.max_error_records of {} allows",
            outcome.with_errors,
            outcome.read,
            config.gate.text()
        )
    });
    // The return is the whole of twelve months: without records it would take back all that was sent.
    let nothing = (outcome.submitted == 0).then(|| {
        format!(
            "of {} records none is left to submit: excluded.csv in the worklist says why",
            outcome.read
        )
    });
    let others = previous.and_then(|previous| previous.held(config.people_again));
    let reasons: Vec<_> = nothing.into_iter().chain(too_wrong).chain(others).collect();
    (!reasons.is_empty()).then(|| reasons.join(". Also, "))
}

impl From<ObjectionsError> for Error {
    fn from(error: ObjectionsError) -> Self {
        match error {
            ObjectionsError::Key(e) => e.into(),
            _ => Self::Input(error.to_string()),
        }
    }
}

/// The key of a configuration, and no other one.
///
/// # Errors
/// [`crate::treat::KeyError`] where it is missing, weak, wrong or badly kept.
pub fn load_key(config: &Config, ask: Ask) -> Result<MasterKey> {
    let identity = config.key_identity.as_deref();
    let key = MasterKey::load(&config.key_file, Opening { identity, ask })?;
    if let Some(id) = &config.key_id {
        key.expect_id(id)?;
    }
    Ok(key)
}

/// Whom the crosswalk in this file is for. It is the configuration that says so, not whoever runs it.
fn custodian_for(config: &Config, file: &Path) -> Result<PublicKey> {
    config.refuse_inside(file)?;
    if std::fs::symlink_metadata(file).is_ok() {
        return Err(Error::Usage(format!(
            "{} exists; a crosswalk is never written over another file. Name another one",
            file.display()
        )));
    }
    config.custodian.clone().ok_or_else(|| {
        Error::Usage(
            "a crosswalk is encrypted to the custodian of the key, and the configuration does not name one: under `key:`, add `custodian:` with the custodian's age public key (age1…)".into(),
        )
    })
}

/// Findings by rule over the extract, sorted by rule.
pub(super) fn finding_rows(
    plan: &Plan,
    tally: &Tally,
    about_the_extract: &[ExtractFinding],
) -> Vec<FindingRow> {
    let mut unverified: BTreeMap<usize, u64> = BTreeMap::new();
    for ((field, _), n) in &tally.unverified {
        *unverified.entry(*field).or_default() += n;
    }
    let row = |field: u16, broken: Broken, records, caused| FindingRow {
        rule: plan.code(field, broken).to_owned(),
        severity: plan.severity(field, broken).name(),
        field: plan.schema.fields[usize::from(field)].snake.clone(),
        records,
        caused,
        fault: plan.page(broken).fault.clone(),
    };
    let broken = tally
        .findings
        .iter()
        .map(|((field, broken), n)| row(*field, *broken, n.records, n.caused));
    let mut rows: Vec<_> = broken
        .chain(
            unverified
                .iter()
                .map(|(field, n)| row(*field as u16, Check::Unverified.into(), *n, 0)),
        )
        .collect();
    for row in &mut rows {
        if let Some(finding) = about_the_extract.iter().find(|f| f.rule == row.rule) {
            row.fault = format!("{}. {}", row.fault, finding.detail);
        }
    }
    rows.sort();
    rows
}

/// Fields whose values could not be held against a list, with the reason.
pub(super) fn not_checked(plan: &Plan) -> Vec<(String, String)> {
    let lists = plan
        .schema
        .fields
        .iter()
        .enumerate()
        .filter(|(_, f)| !f.withdrawn)
        .filter_map(|(at, f)| Some((at, &plan.schema.lists[f.list?])));
    lists
        .filter(|(_, list)| !list.complete.is_closed())
        .map(|(at, list)| {
            let known = match list.values.len() {
                0 => "the values of this list are not known".to_owned(),
                _ => "this list is not known in full".to_owned(),
            };
            (
                plan.code(at as u16, Check::NotInList.into()).to_owned(),
                format!("{known}; add the official list under `lists:` in the configuration"),
            )
        })
        .collect()
}
