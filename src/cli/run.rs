//! `cld run`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Format;
use super::custodian;
use super::print::{self, number, shown};
use super::report::{extract, grid};
use super::schema::refuse_collisions;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::pipeline::{self, MadeSource, Outcome, RunOptions};
use crate::tokens::without_nhs_numbers;
use crate::treat::TracedSums;
use crate::write::MOST_UNASKED;

/// Make the return: extract, validate, pseudonymise, write bundle and worklist.
///
/// Without --config this runs config/cld.yaml, which reads the invented records under samples/ with the published test
/// key: a way to see what the tool does.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "config/cld.yaml")]
    config: PathBuf,
    /// Put the bundle under this directory instead of the configuration's `output.bundle`.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Accept a test key although the extract holds NHS numbers outside the 999 test range. Its pseudonyms protect nobody.
    #[arg(long)]
    allow_test_key: bool,
    /// Make a crosswalk in this file: which identifier, in which rows, each pseudonym stands for. Encrypted to the custodian
    /// whom the configuration names (`custodian:` under `key:`); without this option there is none. Keep it from the bundle.
    #[arg(long, value_name = "FILE")]
    crosswalk: Option<PathBuf>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Print the national grid of the submitted records: by field, how many want it and how right its cells are. Programs
    /// get it with --format json, without this.
    #[arg(long)]
    grid: bool,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    crate::custody::keep_to_ourselves();
    let config = Config::load(&arguments.config, schemas)?;
    refuse_collisions(&config.schema)?;
    let mut options = RunOptions::new(arguments.out.clone(), arguments.allow_test_key);
    options.ask = custodian::ASK;
    options.crosswalk.clone_from(&arguments.crosswalk);
    let outcome = pipeline::run(config, &options)?;
    let printed = match arguments.format {
        Format::Human => print::out(&human(&outcome, arguments.grid)),
        Format::Json => print::json(&machine(&outcome)),
    };
    let bundle = outcome.bundle.map_err(Error::Gate)?;
    // The bundle is there, so that the run has not failed.
    if let Err(e) = printed {
        print::unprinted(&e, &bundle);
    }
    Ok(())
}

/// How many of the commonest findings are shown.
const SHOWN: usize = 10;

fn human(outcome: &Outcome, whole_grid: bool) -> String {
    let mut text = String::new();
    if outcome.test_key {
        text += "TEST KEY: these pseudonyms protect nobody; this bundle must not be sent.\n\n";
    }
    let _ = writeln!(text, "Records in        {:>9}", number(outcome.read));
    let _ = writeln!(text, "Records out       {:>9}", number(outcome.submitted));
    for excluded in &outcome.excluded {
        let _ = writeln!(
            text,
            "Excluded          {:>9}  {}: {}",
            number(excluded.records),
            excluded.reason,
            excluded.words
        );
    }
    let _ = writeln!(text, "With an error     {:>9}", number(outcome.with_errors));
    text += &tables(&outcome.made);
    for (path, row) in &outcome.mixed {
        let _ = writeln!(text, "\n{}", print::mixed(path, *row));
    }
    let mut broken: Vec<_> = outcome
        .findings
        .iter()
        .filter(|f| f.severity != "info" && f.records > 0)
        .collect();
    broken.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.rule.cmp(&b.rule)));
    if broken.is_empty() {
        text += "\nNo errors or warnings.\n";
    } else {
        let _ = writeln!(
            text,
            "\nThe commonest of {} rules broken:",
            number(broken.len() as u64)
        );
        for finding in broken.iter().take(SHOWN) {
            let _ = writeln!(
                text,
                "{:>9}  {:<7}  {}",
                number(finding.records),
                finding.severity,
                finding.rule
            );
        }
    }
    for part in [
        extract::findings(&outcome.about_the_extract),
        extract::not_run(&outcome.not_checked),
    ] {
        if !part.is_empty() {
            text += "\n";
            text += &part;
        }
    }
    text += "\n";
    if whole_grid {
        text += &grid::table(&outcome.grid, "the submitted records");
        text += "\n";
    }
    text += &grid::line(&outcome.grid, whole_grid);
    text += &extract::periods(&outcome.periods);
    text += &extract::deduplication(&outcome.collapsed);
    if let Some(again) = &outcome.people_again {
        let _ = writeln!(
            text,
            "People of the previous bundle who are in this one: {again}"
        );
    }
    if let Some(traced) = &outcome.traced {
        let verb = if traced.differ == 1 { "has" } else { "have" };
        let _ = writeln!(
            text,
            "Traced NHS numbers: records with a number {} of {} before, {} with tracing; {} with a traced number, {} of them one person now and several before; {} of {} {verb} another number than the verified one: nhs-number-differs.csv in the worklist",
            number(traced.held),
            number(traced.records),
            number(traced.known),
            people(traced.people()),
            number(traced.healed()),
            print::counted(traced.differ, "record", "records"),
            people(traced.people_who_differ()),
        );
        text += &register(traced);
    }
    if outcome.submitted * 2 < outcome.read {
        text += "\nMOST RECORDS WERE LEFT OUT. See excluded.csv in the worklist; dates must be dd/mm/yyyy without a time.\n";
    }
    if outcome.cancelled_unseen {
        text += "\nNo record is cancelled: check selection.cancelled if some should be.\n";
    }
    text += "\n";
    if let Ok(bundle) = &outcome.bundle {
        let note = if outcome.existed {
            " (an equal run made it before; left as it was)"
        } else {
            ""
        };
        let _ = writeln!(text, "Bundle    {}{note}", shown(bundle));
    }
    let _ = writeln!(
        text,
        "Worklist  {} (identifiable: keep it in the council)",
        shown(&outcome.worklist)
    );
    if let Some((file, custodian)) = &outcome.crosswalk {
        let _ = writeln!(
            text,
            "Crosswalk {} (encrypted to {custodian}; for the custodian only)",
            shown(file)
        );
    }
    if outcome.workbook.is_none() {
        let _ = writeln!(
            text,
            "\nMore than {} findings: `cld worklist {}` writes them as a workbook.",
            number(MOST_UNASKED),
            shown(&outcome.worklist)
        );
    }
    text
}

fn people(n: u64) -> String {
    print::counted(n, "person", "people")
}

/// What else there is to say of the register of NHS numbers.
fn register(traced: &TracedSums) -> String {
    let mut text = String::new();
    let beside = &traced.beside;
    if traced.shared > 0 {
        let _ = writeln!(
            text,
            "{} people of the register share a verified number with somebody: none of them has it in the return. Run cld trace request, and look at its work list",
            number(traced.shared)
        );
    }
    if beside.not_taken > 0 {
        let _ = writeln!(
            text,
            "To {} of the register PDS gave another number than was asked about. It is not verified, and not in the return: cld trace worklist says of whom",
            people(beside.not_taken)
        );
    }
    let _ = match &beside.requested_on {
        None => writeln!(
            text,
            "No cld trace request has looked at the people file yet: run it before each return"
        ),
        Some(day) if beside.people_changed => writeln!(
            text,
            "LAST cld trace request: {day}, AND THE PEOPLE FILE WAS CHANGED SINCE: nobody has noticed who objects by now, or is recorded otherwise. Run cld trace request, then this again"
        ),
        Some(day) => writeln!(text, "Last cld trace request: {day}"),
    };
    text
}

/// What was looked up, and what meant nothing.
fn tables(made: &[MadeSource]) -> String {
    let mut text = String::new();
    for source in made {
        let name = without_nhs_numbers(&source.name);
        for (table, facts) in &source.tables {
            let counts = facts.counts;
            let _ = write!(
                text,
                "Looked up         {:>9}  {name}: {table} ({} rows of {}, {} MiB)",
                number(counts.matched),
                number(facts.kept),
                number(facts.rows),
                number(facts.memory.div_ceil(1 << 20)),
            );
            for (records, what) in [
                (counts.unmatched, "no row"),
                (counts.undecided, "several and no rule decides"),
                (counts.without_key, "no key"),
            ] {
                if records > 0 {
                    let _ = write!(text, "; {}: {what}", number(records));
                }
            }
            if facts.undated > 0 {
                let _ = write!(
                    text,
                    "; {} of its rows have dates that cannot be read",
                    number(facts.undated)
                );
            }
            text += "\n";
        }
        if source.emptied > 0 {
            let _ = writeln!(
                text,
                "Read as empty     {:>9}  {name}: values that mean nothing, as `blank:` says",
                number(source.emptied)
            );
        }
    }
    text
}

fn machine(outcome: &Outcome) -> serde_json::Value {
    let (about, deduplication) = extract::machine(&outcome.about_the_extract, &outcome.collapsed);
    json!({
        "run_id": outcome.run_id,
        "bundle": outcome.bundle.as_ref().ok(),
        "existed": outcome.existed,
        "worklist": outcome.worklist,
        "workbook": outcome.workbook,
        "crosswalk": outcome.crosswalk.as_ref().map(|(file, custodian)| json!({ "file": file, "custodian": custodian.to_string() })),
        "test_key": outcome.test_key,
        "records": {
            "read": outcome.read,
            "submitted": outcome.submitted,
            "excluded": outcome.excluded.iter().map(|e| (e.reason.clone(), json!(e.records))).collect::<serde_json::Map<_, _>>(),
            "with_errors": outcome.with_errors,
        },
        "made": outcome.made.iter().map(|source| json!({
            "source": source.name,
            "read_as_empty": source.emptied,
            "tables": source.tables.iter().map(|(name, facts)| json!({
                "table": name, "rows": facts.rows, "kept": facts.kept, "undated": facts.undated, "memory": facts.memory,
                "matched": facts.counts.matched, "unmatched": facts.counts.unmatched,
                "undecided": facts.counts.undecided, "without_key": facts.counts.without_key,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "findings": outcome.findings.iter().map(|f| json!({
            "rule": f.rule, "severity": f.severity, "field": f.field, "records": f.records, "caused": f.caused,
        })).collect::<Vec<_>>(),
        "grid": grid::machine(&outcome.grid),
        "periods": outcome.periods,
        "about_the_extract": about,
        "national_deduplication": deduplication,
        "people_again": outcome.people_again,
        "tracing": outcome.traced.as_ref().map(|t| json!({
            "records": t.records, "records_with_number_before": t.held, "records_with_number": t.known,
            "records_that_differ": t.differ, "people": t.people(), "people_healed": t.healed(),
            "people_who_differ": t.people_who_differ(), "people_with_one_number": t.shared,
            "people_with_another_number_not_taken": t.beside.not_taken, "last_request": t.beside.requested_on,
            "people_file_changed_since": t.beside.people_changed,
        })),
        "rules_not_run": outcome.not_checked.iter().map(|(rule, reason)| json!({ "rule": rule, "reason": reason })).collect::<Vec<_>>(),
    })
}
