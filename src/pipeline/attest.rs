//! The last stage of a run: the small files, the report, the manifest and the seal, from what the run counted.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::previous::Previous;
use super::read::{Input, SourceFacts};
use super::reader::Sums;
use super::run::RunOptions;
use super::write::Written;
use crate::attack::alone::{self, Alone};
use crate::attack::known::{self, Tried};
use crate::attest::leak::LeakCheck;
use crate::attest::predicate::{self as say, Predicate};
use crate::attest::{self, SigningKey, VerifyError, digest, disclosed, report};
use crate::config::{Config, SourceConfig};
use crate::date::Date;
use crate::error::{Error, Result};
use crate::extract::{Kind, Source};
use crate::schema::Make;
use crate::select::Exclusion;
use crate::tokens::without_nhs_numbers;
use crate::treat::{
    Chosen, Custody, Form, Identifiers, MasterKey, Objections, People, RowPlan, Scope, Traced,
    TracedSums, Traits, key,
};
use crate::validate::across::Collapsed;
use crate::validate::{Broken, Check, Derived, Plan, Status, Validity, derived_period};
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
        fs::write(&path, text).map_err(Error::io("write", &path))
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
            objections: objections(facts),
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
        sources: sources(facts),
        treatment: treatment(facts),
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
        people: people(facts.people),
        tracing: tracing(facts),
        gate: say::Gate {
            max_error_records: config.gate.text(),
            people_again: (!config.people_again.is_open()).then(|| config.people_again.text()),
        },
        findings: findings(facts),
        rewritten: rewritten(facts),
        rules_not_run: facts
            .not_checked
            .iter()
            .map(|(rule, reason)| say::RuleNotRun {
                rule: rule.clone(),
                reason: reason.clone(),
            })
            .collect(),
        data_quality: quality(facts),
        output: say::Output {
            row_order: say::ROW_ORDER.into(),
            columns: facts.rows.columns.len() as u64,
            rows: facts.written.rows,
        },
        checks: checks(facts),
        self_attack: self_attack(facts),
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

/// What numbers that tracing verified came to.
fn tracing(facts: &Facts<'_>) -> Option<say::Tracing> {
    let (traced, sums) = facts.traced?;
    Some(say::Tracing {
        register: traced.head.clone(),
        records_with_number_before: sums.held,
        records_with_number: sums.known,
        records_that_differ: sums.differ,
        people: disclosed::PeopleCount::of(sums.people()),
        people_healed: disclosed::among(sums.people(), sums.healed()),
        people_who_differ: disclosed::among(sums.people(), sums.people_who_differ()),
    })
}

/// This return is mandated: whoever objected is in it, and is counted.
fn objections(facts: &Facts<'_>) -> say::Objections {
    let config = &facts.config;
    let said = config.objections.as_ref().and_then(|o| o.reason.clone());
    let list = facts.objections.map(|list| {
        let found = facts.people.count_with(Traits::OBJECTS);
        let [entries, unread, people] = disclosed::listed(list.entries(), list.unread(), found);
        say::ObjectionsList {
            entries,
            unread,
            people,
        }
    });
    say::Objections {
        applied: false,
        reason: said.unwrap_or_else(|| {
            format!(
                "No record was left out for an objection. {}",
                config.governance.opt_out_reason
            )
        }),
        records_removed: 0,
        list,
    }
}

/// People by what they have in common, so that a reviewer sees who is included.
fn people(people: &People) -> Vec<say::PeopleGroup> {
    const BY_CLIENT: [(Traits, &str); 4] = [
        (Traits::SERVICE_USER, "service users"),
        (Traits::CARER, "unpaid carers"),
        (
            Traits::KNOWN_BY_ASSOCIATION,
            "unpaid carers known by association",
        ),
        (
            Traits::OTHER_CLIENT,
            "another client type, or none that can be read",
        ),
    ];
    let numbers = BY_CLIENT.map(|(traits, _)| people.count_with(traits));
    let group = |field: &str, group: &str, people| say::PeopleGroup {
        field: field.into(),
        group: group.into(),
        people,
    };
    let by_client = disclosed::groups(people.count(), &numbers)
        .into_iter()
        .zip(BY_CLIENT)
        .map(|(number, (_, words))| group("Client Type", words, number));
    let funding = disclosed::among(people.count(), people.count_with(Traits::FUNDS_OWN_CARE));
    let words = "people who fund their own care";
    by_client
        .chain([group("Client Funding Status", words, funding)])
        .collect()
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

fn sources(facts: &Facts<'_>) -> Vec<say::Source> {
    let schema = &facts.plan.schema;
    let sources = facts.inputs.iter().zip(facts.sources).enumerate();
    sources
        .map(|(at, (input, source))| {
            let described = &facts.config.sources[at];
            let mut ignored: Vec<_> = described
                .ignore
                .iter()
                .chain(
                    input
                        .mapping
                        .local
                        .iter()
                        .map(|(_, at)| *at)
                        // The key of a database may be a field as well.
                        .filter(|at| !input.mapping.fields.contains(&Some(*at)))
                        .map(|at| &input.mapping.names[at]),
                )
                .filter(|name| input.mapping.names.contains(name))
                // Who names a column after a person must not send the name.
                .map(|name| without_nhs_numbers(name).into_owned())
                .collect();
            ignored.sort();
            ignored.dedup();
            let absent = schema
                .fields
                .iter()
                .enumerate()
                .filter(|(f, field)| input.mapping.fields[*f].is_none() && !field.optional());
            let mut absent: Vec<_> = absent.map(|(_, field)| field.name.clone()).collect();
            absent.sort();
            say::Source {
                name: without_nhs_numbers(&input.source.name).into_owned(),
                kind: input.source.kind().into(),
                encoding: (input.source.format.kind == Kind::Csv)
                    .then(|| source.encoding.name().into()),
                sheet: match &input.source.query {
                    None => input.mapping.sheet.clone(),
                    Some(_) => None,
                },
                query: query(&input.source),
                bytes: input.source.size(),
                rows: facts.sums.rows[at],
                blank_lines: facts.sums.blank_lines[at],
                keyed_digest: source.digest.clone().unwrap_or_default(),
                columns_ignored: ignored,
                fields_absent: absent,
                tables: tables(described, source),
                values_mapped: described
                    .values
                    .iter()
                    .map(|(f, pairs)| (schema.fields[*f].name.clone(), pairs.len() as u64))
                    .collect(),
            }
        })
        .collect()
}

fn query(source: &Source) -> Option<say::Query> {
    source.query.as_ref().map(|query| say::Query {
        name: without_nhs_numbers(&query.name).into_owned(),
        digest: query.digest.clone(),
    })
}

fn tables(described: &SourceConfig, source: &SourceFacts) -> Vec<say::Table> {
    let Some((recipe, made)) = described.source.recipe.as_ref().zip(source.made.as_ref()) else {
        return Vec::new();
    };
    let read = made.tables.iter().zip(&source.tables);
    recipe
        .joins
        .iter()
        .zip(read)
        .map(|(join, (table, digest))| say::Table {
            name: join.name.clone(),
            kind: join.source.kind().into(),
            encoding: table.encoding.map(|encoding| encoding.name().into()),
            sheet: match &join.source.query {
                Some(_) => None,
                None => table.sheet.clone(),
            },
            query: query(&join.source),
            bytes: join.source.size(),
            rows: table.rows,
            keyed_digest: digest.clone(),
            records: say::TableRecords {
                matched: table.counts.matched,
                unmatched: table.counts.unmatched,
                undecided: table.counts.undecided,
                without_key: table.counts.without_key,
            },
        })
        .collect()
}

fn treatment(facts: &Facts<'_>) -> Vec<say::FieldTreatment> {
    let form = |make: &Make| match make {
        Make::Nothing => "always empty".to_owned(),
        Make::Value => "as checked".to_owned(),
        Make::Pseudonym(domain) => format!("keyed pseudonym ({})", domain.label()),
        Make::TracedPseudonym => {
            if facts.traced.is_some() {
                "keyed pseudonym of the traced number".to_owned()
            } else {
                "keyed pseudonym of the traced number; empty, no tracing is configured".to_owned()
            }
        }
        Make::CombinedPersonId => {
            if facts.traced.is_some() {
                "the traced NHS number's pseudonym, else the NHS number's, else LA code and the person's pseudonym".to_owned()
            } else {
                "the NHS number's pseudonym, else LA code and the person's pseudonym".to_owned()
            }
        }
        other => other.word().to_owned(),
    };
    let stricter = |name: &str| facts.config.stricter.iter().any(|(field, _)| field == name);
    let fields = facts.plan.schema.fields.iter();
    fields
        .map(|field| say::FieldTreatment {
            field: field.name.clone(),
            treatment: field.treatment.into(),
            columns: field
                .columns
                .iter()
                .map(|c| say::OutputColumn {
                    name: c.name.clone(),
                    form: form(&c.make),
                })
                .collect(),
            stricter_than_schema: stricter(&field.name),
        })
        .collect()
}

fn findings(facts: &Facts<'_>) -> Vec<say::RuleFindings> {
    let rows = facts.findings.iter();
    rows.map(|row| {
        let field = facts
            .plan
            .schema
            .position(&row.field)
            .map_or(row.field.as_str(), |at| &facts.plan.schema.fields[at].name);
        say::RuleFindings {
            rule: row.rule.clone(),
            severity: match row.severity {
                "error" => say::Severity::Error,
                "warning" => say::Severity::Warning,
                _ => say::Severity::Info,
            },
            field: field.to_owned(),
            words: format!("{field} {}", row.fault),
            records: row.records,
            caused: row.caused,
        }
    })
    .collect()
}

/// What was written otherwise than received, by field and change.
fn rewritten(facts: &Facts<'_>) -> Vec<say::Rewritten> {
    let mut changes: BTreeMap<(String, String), u64> = BTreeMap::new();
    for ((field, broken), count) in &facts.sums.tally.findings {
        let Broken::Check(check) = broken else {
            continue;
        };
        let change = match check {
            Check::ReleaseOne => "Release 1 value replaced by its Release 2 counterpart",
            Check::Capitals => "capitals as the list has them",
            Check::WhiteSpace => "white space around the value removed",
            Check::NumberFormat => "number written plainly",
            Check::NotADate
            | Check::NotANumber
            | Check::Decimals
            | Check::Formula
            | Check::Identifier => "written empty",
            Check::Encoding => "characters outside Windows-1252 written as question marks",
            _ => continue,
        };
        let field = facts.plan.schema.fields[usize::from(*field)].name.clone();
        *changes.entry((field, change.to_owned())).or_default() += count.records + count.caused;
    }
    changes
        .into_iter()
        .map(|((field, change), records)| say::Rewritten {
            field,
            change,
            records,
        })
        .collect()
}

fn quality(facts: &Facts<'_>) -> Vec<say::FieldQuality> {
    let fields = facts.plan.schema.fields.iter().enumerate();
    fields
        .map(|(at, field)| {
            let sum = |validity| {
                Status::ALL
                    .iter()
                    .map(|s| facts.sums.tally.grid.records(at, *s, validity))
                    .sum()
            };
            say::FieldQuality {
                module: field.module.clone(),
                field: field.name.clone(),
                valid: sum(Validity::Valid),
                release_1: sum(Validity::ReleaseOne),
                unverified: sum(Validity::Unverified),
                invalid: sum(Validity::Invalid),
                blank_mandatory: sum(Validity::BlankMandatory),
                blank: sum(Validity::Blank),
            }
        })
        .collect()
}

fn self_attack(facts: &Facts<'_>) -> say::SelfAttack {
    let tried = facts.tried;
    let of_all = |tried: u64, most: usize| match tried < most as u64 {
        true => "all".to_owned(),
        false => format!("{most} of more, or all"),
    };
    let identifiers = tried.identifiers.iter().map(|(family, likely, further)| {
        let of_family = say::TriedIdentifiers {
            likely: of_all(*likely, Chosen::MOST),
            further: of_all(*further, known::FEW),
        };
        (family.clone(), of_family)
    });
    let shares = facts
        .written
        .alone
        .clone()
        .map(Alone::shares)
        .unwrap_or_default();
    let uniqueness = alone::SETS.into_iter().zip(shares);
    say::SelfAttack {
        identifiers: identifiers.collect(),
        likely_forms: tried.likely_forms,
        further_forms: tried.further_forms,
        comparisons: first_digit(tried.comparisons),
        matches: tried.found.len() as u64,
        uniqueness: uniqueness
            .map(|((details, _), share)| say::Uniqueness {
                details: details.into(),
                alone: share.words(),
            })
            .collect(),
    }
}

/// Rounded down to the first digit.
fn first_digit(figure: u64) -> u64 {
    let unit = 10_u64.pow(figure.checked_ilog10().unwrap_or(0));
    figure / unit * unit
}

fn checks(facts: &Facts<'_>) -> Vec<say::Check> {
    let passed = |check: &str, figures: &[(&str, u64)]| say::Check {
        check: check.into(),
        result: say::CheckResult::Passed,
        figures: figures
            .iter()
            .map(|(name, n)| ((*name).to_owned(), *n))
            .collect(),
    };
    let text_columns = facts
        .rows
        .columns
        .iter()
        .filter(|c| c.form == Form::Text)
        .count() as u64;
    let excluded: u64 = facts.sums.excluded.iter().sum();
    vec![
        passed(
            "Every record read is either submitted or excluded for one named reason",
            &[
                ("read", facts.sums.read()),
                ("submitted", facts.sums.submitted),
                ("excluded", excluded),
            ],
        ),
        passed(
            "No NHS number (plain, spaced or hyphenated) and no full postcode of the extract stands in submission.csv, in the \
             other text files or in the metadata of submission.parquet",
            &[(
                "cells looked at in submission.csv",
                facts.written.cells_checked,
            )],
        ),
        passed(
            "No cell that was copied from the extract is one of its person ids or names (values of the lists, and numbers below a thousand in columns of counts, are left alone)",
            &[
                ("text columns", text_columns),
                (
                    "cells withheld before writing",
                    facts.written.withheld.values().sum(),
                ),
            ],
        ),
        passed(
            "Identical rows are kept, as double-up care is real, and so is everything that national deduplication would take for one event",
            &[
                ("rows equal to another one", facts.written.identical),
                (
                    "records that would go in national tables of one submission",
                    facts.collapsed.single.going,
                ),
                (
                    "records that would go in national tables joined over several",
                    facts.collapsed.joined.going,
                ),
            ],
        ),
        passed(
            "A test key is accepted for test numbers only, unless it was allowed on the command line",
            &[(
                "allowed on the command line",
                u64::from(facts.options.allow_test_key),
            )],
        ),
    ]
}
