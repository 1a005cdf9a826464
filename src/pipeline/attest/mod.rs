//! The last stage of a run: the small files, the report, the manifest and the seal, from what the run counted.

mod checks;
mod fields;
mod people;
mod sources;

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::previous::Previous;
use super::read::{Input, SourceFacts};
use super::reader::Sums;
use super::run::RunOptions;
use super::write::Written;
use crate::attack::known::Tried;
use crate::attest::leak::LeakCheck;
use crate::attest::predicate::{self as say, Predicate};
use crate::attest::{self, SigningKey, VerifyError, digest, report};
use crate::config::Config;
use crate::custody;
use crate::date::Date;
use crate::error::{Error, Result};
use crate::select::Exclusion;
use crate::treat::{
    Custody, Identifiers, MasterKey, Objections, People, RowPlan, Scope, Traced, TracedSums, key,
};
use crate::validate::across::Collapsed;
use crate::validate::{Derived, Plan, derived_period};
use crate::write::{FindingRow, data_quality_csv, findings_csv};

/// Everything the attestation is made from.
pub(super) struct Facts<'a> {
    pub config: &'a Config,
    pub options: &'a RunOptions,
    pub plan: &'a Plan,
    pub rows: &'a RowPlan,
    pub key: &'a MasterKey,
    pub signing: &'a SigningKey,
    pub inputs: &'a [Input],
    pub previous: Option<&'a Previous>,
    pub sources: &'a [SourceFacts],
    pub sums: &'a Sums,
    pub people: &'a People,
    pub objections: Option<&'a Objections>,
    /// The numbers that tracing verified and what they came to, where numbers are traced.
    pub traced: Option<(&'a Traced, &'a TracedSums)>,
    pub findings: &'a [FindingRow],
    pub not_checked: &'a [(String, String)],
    pub identifiers: &'a Identifiers,
    pub written: &'a Written,
    /// What the run tried on itself.
    pub tried: &'a Tried,
    pub collapsed: &'a Collapsed,
    pub run_id: &'a str,
    /// The public key that the crosswalk is encrypted to, where one was made.
    pub crosswalk: Option<String>,
    /// SHA-256 of the program, in hex, where it can be read.
    pub tool_digest: Option<String>,
    pub started: DateTime<Utc>,
}

/// Names a run by its period, inputs, configuration, schema, keys and program: equal runs have equal names. Keyed, since
/// a plain digest of identifiable files could be guessed. `others` are facts that not every run has.
pub(super) fn run_id(
    config: &Config,
    key: &MasterKey,
    scope: &Scope,
    sources: &[SourceFacts],
    previous: Option<&Previous>,
    objections: Option<&Objections>,
    others: [(&str, Option<&str>); 2],
) -> String {
    let mut state = key.source_digester(scope);
    let digests = sources.iter().flat_map(|s| {
        let own = s.digest.as_deref().unwrap_or_default();
        std::iter::once(own).chain(s.tables.iter().map(String::as_str))
    });
    let lists = config.lists_digest.as_deref().unwrap_or_default();
    let parts = [
        "run-id",
        env!("CARGO_PKG_VERSION"),
        &config.schema.digest,
        &config.digest,
        lists,
        &key.key_id(),
    ];
    // Findings hang on what the previous bundle holds, and its path does not tell that.
    let before = previous.map(|previous| previous.manifest_digest.as_str());
    let list = objections.map(Objections::digest);
    for part in parts.into_iter().chain(digests).chain(before).chain(list) {
        state.update(part.as_bytes());
        state.update(b"\x1f");
    }
    // A run without such files has the name that it always had.
    for (at, source) in config.sources.iter().enumerate() {
        if let Some(codes) = &source.codes {
            state.update(format!("codes\x1f{at}\x1f{}\x1f", codes.digest).as_bytes());
        }
    }
    for (at, source) in config.sources.iter().enumerate() {
        for read in std::iter::once(&source.source).chain(source.source.lookups()) {
            if let Some(query) = &read.query {
                state.update(format!("query\x1f{at}\x1f{}\x1f", query.digest).as_bytes());
            }
        }
    }
    // What else the manifest tells, and what an equal run need not have had.
    let encrypted = match key.custody() {
        Custody::TestKey | Custody::Closed => None,
        custody @ (Custody::Passphrase | Custody::Identity) => Some(custody.words()),
    };
    for (name, fact) in std::iter::once(("custody", encrypted)).chain(others) {
        for part in fact.map(|fact| [name, fact]).into_iter().flatten() {
            state.update(part.as_bytes());
            state.update(b"\x1f");
        }
    }
    format!("{}-{}", config.period.end.iso(), &state.finish()[..16])
}

/// Writes the small files, the report and the seal beside the finished submission.
///
/// # Errors
/// When a file cannot be written, figures contradict each other, or an identifier is found.
pub(super) fn seal(facts: &Facts<'_>, directory: &Path) -> Result<()> {
    let write = |name: &str, text: &str| -> Result<()> {
        let path = directory.join(name);
        // Synced: a bundle that has its name has all of its files, whenever the power goes.
        custody::write_public(&path, text.as_bytes()).map_err(Error::io("write", &path))
    };
    let check = LeakCheck::new(
        facts.identifiers,
        &facts.plan.schema,
        &facts.config.la_code,
        &facts.rows.columns,
    );
    let quality = data_quality_csv(&facts.sums.tally.grid, &facts.plan.schema);
    let findings = findings_csv(facts.findings);
    let predicate = predicate(facts)?;
    let report = report::render(&predicate);
    for (name, text) in [
        ("data-quality.csv", &quality),
        ("findings.csv", &findings),
        (attest::REPORT, &report),
    ] {
        check.bytes(name, text.as_bytes())?;
        write(name, text)?;
    }
    let parquet = directory.join("submission.parquet");
    check.bytes(
        "submission.parquet",
        &parquet_footer(&parquet).map_err(Error::io("read", &parquet))?,
    )?;
    let statement = attest::seal(directory, predicate, &facts.written.digests, facts.signing)?;
    check.bytes(attest::MANIFEST, statement.to_json().as_bytes())
}

/// The part of a Parquet file that is not compressed: schema, statistics, metadata. Its pages hold the cells of the CSV.
fn parquet_footer(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = fs::File::open(path)?;
    file.seek(SeekFrom::End(-8))?;
    let mut length = [0; 4];
    file.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    file.seek(SeekFrom::End(-8 - i64::from(length)))?;
    let mut footer = Vec::new();
    file.take(u64::from(length)).read_to_end(&mut footer)?;
    Ok(footer)
}

/// SHA-256 of this program, in hex.
pub(super) fn tool_digest() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    digest::of_file(&path).ok().map(|(digest, _)| digest)
}

/// Whether the sound bundle of an equal run is there already; then it is left as it stands.
///
/// # Errors
/// When something else of that name is there.
pub(super) fn exists_already(there: &Path, made: &Path, signing: &SigningKey) -> Result<bool> {
    if !there.exists() {
        return Ok(false);
    }
    let equal = |name: &&str| match (
        digest::of_file(&there.join(name)),
        digest::of_file(&made.join(name)),
    ) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    match attest::verify(there, &signing.public()) {
        Ok(_) if attest::SUBJECTS.iter().all(equal) => return Ok(true),
        Err(e @ VerifyError::SigningInterrupted) => {
            return Err(Error::Verification(format!("{}: {e}", there.display())));
        }
        _ => {}
    }
    Err(Error::Usage(format!(
        "{} exists, and is not what this run made of the same inputs: it was changed, or made or signed otherwise. Move it away and run again",
        there.display()
    )))
}

fn predicate(facts: &Facts<'_>) -> Result<Predicate> {
    let config = facts.config;
    let schema = &facts.plan.schema;
    let governance = &config.governance;
    let finished = Utc::now();
    let mut predicate = Predicate {
        status: say::STATUS.into(),
        notice: say::NOTICE.into(),
        run_id: facts.run_id.into(),
        tool: say::Tool {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        schema: say::SchemaRef {
            id: schema.id.clone(),
            title: schema.title.clone(),
            release: schema.release.clone(),
            digest: schema.digest.clone(),
        },
        configuration_digest: config.digest.clone(),
        controller: say::Controller {
            la_code: config.la_code.clone(),
            name: config.controller.clone(),
        },
        recipient: config.recipient.clone(),
        purpose: config.purpose.clone(),
        governance: say::Governance {
            legal_basis: Some(governance.legal_basis.clone()),
            direction: Some(governance.direction.clone()),
            dpia: Some(governance.dpia.clone()),
            dpia_review_by: governance.dpia_review_by.map(Date::iso),
            sharing_agreement: governance.sharing_agreement.clone(),
            sharing_agreement_ends: governance.sharing_agreement_ends.map(Date::iso),
            retain_until: Some(governance.retain_until.iso()),
        },
        opt_outs: say::OptOuts {
            national_data_opt_out: say::OptOut {
                applied: false,
                reason: governance.opt_out_reason.clone(),
                records_removed: 0,
            },
            objections: people::objections(facts),
        },
        period: say::Period {
            stated: say::Dates {
                start: config.period.start.iso(),
                end: config.period.end.iso(),
            },
            derived: derived(facts)?,
        },
        key: say::Key {
            id: facts.key.key_id(),
            epoch: config.epoch.clone(),
            algorithm: key::ALGORITHM.into(),
            domains: facts.rows.domains(),
            test: facts.key.is_test(),
            custody: facts.key.custody().words().into(),
            crosswalk: facts.crosswalk.clone(),
        },
        signing_key: say::SigningKeyRef {
            id: facts.signing.public().key_id(),
            algorithm: attest::sign::ALGORITHM.into(),
            test: facts.signing.public().is_test(),
        },
        sources: sources::sources(facts),
        treatment: fields::treatment(facts),
        selection: [
            ("open_event", config.selection.open_event),
            ("outside_period", config.selection.outside_period),
        ]
        .into_iter()
        .chain([("cancelled", config.selection.cancelled.is_some())])
        .map(|(name, on)| (name.to_owned(), on))
        .collect(),
        counts: say::Counts {
            read: facts.sums.read(),
            submitted: facts.sums.submitted,
            excluded: Exclusion::all(&config.selection.declared)
                .map(|reason| {
                    let name = reason.name(&config.selection.declared).to_owned();
                    (name, facts.sums.excluded[reason.index()])
                })
                .collect(),
            people: facts.people.count(),
            with_errors: facts.sums.tally.records_with_error,
        },
        people: people::people(facts.people),
        tracing: people::tracing(facts),
        gate: say::Gate {
            max_error_records: config.gate.text(),
            people_again: (!config.people_again.is_open()).then(|| config.people_again.text()),
        },
        findings: fields::findings(facts),
        rewritten: fields::rewritten(facts),
        rules_not_run: facts
            .not_checked
            .iter()
            .map(|(rule, reason)| say::RuleNotRun {
                rule: rule.clone(),
                reason: reason.clone(),
            })
            .collect(),
        data_quality: fields::quality(facts),
        output: say::Output {
            row_order: say::ROW_ORDER.into(),
            columns: facts.rows.columns.len() as u64,
            rows: facts.written.rows,
        },
        checks: checks::checks(facts),
        self_attack: checks::self_attack(facts),
        previous: None,
        run: say::Run {
            started: facts
                .started
                .to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            finished: finished.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            duration_ms: u64::try_from((finished - facts.started).num_milliseconds()).unwrap_or(0),
            tool_build: format!(
                "{}-{} {}",
                std::env::consts::OS,
                std::env::consts::ARCH,
                if cfg!(debug_assertions) {
                    "debug"
                } else {
                    "release"
                }
            ),
            tool_digest: facts.tool_digest.clone(),
        },
    };
    // What differs from the bundle before is told of everything else that is said.
    predicate.previous = facts.previous.map(|previous| say::Previous {
        manifest_digest: previous.manifest_digest.clone(),
        run_id: previous.predicate.run_id.clone(),
        period: previous.predicate.period.stated.clone(),
        people_again: previous.people_again(),
        changes: attest::changes(&previous.predicate, &predicate),
    });
    Ok(predicate)
}

fn derived(facts: &Facts<'_>) -> Result<Option<say::Dates>> {
    let end = facts.config.period.end;
    let derived = derived_period(&facts.sums.tally.months, end.year() * 12 + end.month() - 1)
        .map_err(|e| Error::Internal(format!("the reporting period could not be derived: {e}")))?;
    Ok(match derived {
        Derived::Months { first, last } => Some(say::Dates {
            start: first.first_day(),
            end: last.last_day(),
        }),
        Derived::TooFew | Derived::None => None,
    })
}
