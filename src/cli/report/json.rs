//! Findings for programs: one JSON document. Every finding stands for itself, with the rule that it follows from.

use std::io::Write;

use serde_json::{Value, json};

use super::{Job, Out, Told, extract, grid};
use crate::cli::portal;
use crate::cli::print::told;
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::pipeline::Validated;

/// Validates and prints.
///
/// # Errors
/// When a file cannot be validated; what was found before is printed, and the document is whole.
pub fn report(job: &Job<'_>, out: &mut Out<impl Write + Send>) -> Result<Told> {
    out.put("{\"findings\":[")?;
    let mut first = true;
    let (validated, preflights) = job.validate(
        |findings, lines: &mut Vec<u8>| findings.iter().for_each(|f| item(f, lines)),
        |lines| {
            // Items bring their commas with them; the very first has none before it.
            let skip = usize::from(first && !lines.is_empty());
            first &= lines.is_empty();
            out.put(&lines[skip..])
        },
    );
    out.put(match &validated {
        Ok(validated) => format!(
            "],\n\"grid\":{},\n\"summary\":{}",
            grid::machine(&validated.grid),
            summary(validated)
        ),
        Err(e) => failed(e),
    })?;
    out.put(format!(",\n\"portal\":{}}}\n", portal::json(&preflights)))?;
    Ok((validated?, preflights))
}

fn failed(error: &Error) -> String {
    format!("],\n\"error\":{}", json!(told(error)))
}

pub(super) fn item(finding: &Finding<'_>, lines: &mut Vec<u8>) {
    let mut item = json!({
        "rule": finding.rule,
        "severity": finding.severity.name(),
        "file": finding.source,
        "row": finding.row,
        "column": finding.column,
        "source_column": finding.source_column,
        "field": finding.field.name,
        "expected": finding.expected,
        "what_is_wrong": finding.fault,
        "what_to_do": finding.page.remedy,
        "who": finding.page.who,
        "follows_from": finding.follows_from,
    });
    if let Some(sheet) = finding.sheet {
        item["sheet"] = json!(sheet);
    }
    lines.extend_from_slice(format!(",\n{item}").as_bytes());
}

fn summary(validated: &Validated) -> Value {
    let (about, deduplication) =
        extract::machine(&validated.about_the_extract, &validated.collapsed);
    json!({
        "schema": validated.schema,
        "records": validated.read,
        "records_with_errors": validated.with_errors,
        "rules": validated.findings.iter().map(|f| json!({
            "rule": f.rule, "severity": f.severity, "field": f.field, "records": f.records, "caused": f.caused,
        })).collect::<Vec<_>>(),
        "periods": validated.periods,
        "about_the_extract": about,
        "national_deduplication": deduplication,
        "rules_not_run": validated.not_checked.iter().map(|(rule, reason)| json!({ "rule": rule, "reason": reason })).collect::<Vec<_>>(),
    })
}
