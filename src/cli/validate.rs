//! `cld validate`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::print::number;
use super::{Format, portal};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::pipeline::{self, Validated};
use crate::portal::{Level, Specification};
use crate::schema::Schema;
use crate::write::FindingRow;

/// Check files against a return's schema; writes nothing.
///
/// A file is expected as it would be submitted before pseudonymisation: the return's own column names, CSV or gzipped
/// CSV. Findings name file, row, column and rule, and never a value.
///
/// Each file is also held against the file rules of the Data Landing Portal, as it stands: its format, size and encoding,
/// the names in its first row, and values that begin as a formula.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The return.
    #[arg(long, value_name = "ID", default_value = "cld-release-2")]
    schema: String,
    /// The LA code that every record should have. Without it the code's shape is checked only.
    #[arg(long, value_name = "CODE")]
    la_code: Option<String>,
    /// Take NHS numbers of the 999 test range as they are, for files of invented people.
    #[arg(long)]
    allow_test_numbers: bool,
    /// End with exit code 4 if there is a finding as bad as this; a file that the portal would refuse is an error.
    #[arg(long, value_enum, default_value_t = FailOn::Never)]
    fail_on: FailOn,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Any error
    Error,
    /// Any error or warning
    Warning,
    /// Nothing
    Never,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    let schema = Schema::load(&arguments.schema, schemas)?;
    let mut stdout = std::io::BufWriter::new(std::io::stdout().lock());
    let stdout_failed = || Error::io("write", "standard output");
    let mut first = true;
    if arguments.format == Format::Json {
        stdout
            .write_all(b"{\"findings\":[")
            .map_err(stdout_failed())?;
    }
    let render: fn(&Finding<'_>, &mut Vec<u8>) = match arguments.format {
        Format::Human => human_line,
        Format::Json => json_item,
    };
    let (validated, preflights) =
        portal::beside(&Specification::of(&schema), &arguments.files, || {
            pipeline::validate(
                schema,
                &arguments.files,
                arguments.la_code.as_deref(),
                arguments.allow_test_numbers,
                render,
                |lines| {
                    // Items bring their commas with them; the very first has none before it.
                    let skip =
                        usize::from(arguments.format == Format::Json && first && !lines.is_empty());
                    first &= lines.is_empty();
                    stdout.write_all(&lines[skip..]).map_err(stdout_failed())
                },
            )
        });
    let validated = match validated {
        Ok(validated) => validated,
        Err(e) => {
            // What was found before is kept, and the document is whole.
            let end = match arguments.format {
                Format::Human => portal::human(&preflights),
                Format::Json => format!(
                    "],\n\"error\":{},\n\"portal\":{}}}\n",
                    json!(e.to_string()),
                    portal::json(&preflights)
                ),
            };
            stdout
                .write_all(end.as_bytes())
                .and_then(|()| stdout.flush())
                .map_err(stdout_failed())?;
            return Err(e);
        }
    };
    let summary = match arguments.format {
        Format::Human => human_summary(&validated) + &portal::human(&preflights),
        Format::Json => format!(
            "],\n\"summary\":{},\n\"portal\":{}}}\n",
            json_summary(&validated),
            portal::json(&preflights)
        ),
    };
    stdout
        .write_all(summary.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(stdout_failed())?;
    drop(stdout);
    let bad = |row: &&FindingRow| match arguments.fail_on {
        FailOn::Never => false,
        FailOn::Error => row.severity == "error",
        FailOn::Warning => row.severity != "info",
    };
    let least = match arguments.fail_on {
        FailOn::Never => None,
        FailOn::Error => Some(Level::Refused),
        FailOn::Warning => Some(Level::Warning),
    };
    let rules = validated.findings.iter().filter(bad).count()
        + least.map_or(0, |least| portal::broken(&preflights, least));
    match rules {
        0 => Ok(()),
        n => Err(Error::Gate(format!(
            "{n} rules are broken that --fail-on does not let pass"
        ))),
    }
}

fn human_line(finding: &Finding<'_>, lines: &mut Vec<u8>) {
    let column = finding.column.as_deref().unwrap_or("-");
    let cause = finding
        .follows_from
        .as_ref()
        .map_or(String::new(), |rule| format!(" (follows from {rule})"));
    let line = format!(
        "{}:{}:{column}: {} {}: {} {}; expected {}; {}{cause}\n",
        finding.source,
        finding.row,
        finding.severity.name(),
        finding.rule(),
        finding.field.name,
        finding.check.fault(),
        finding.expected,
        finding.check.remedy(),
    );
    lines.extend_from_slice(line.as_bytes());
}

fn json_item(finding: &Finding<'_>, lines: &mut Vec<u8>) {
    let item = json!({
        "rule": finding.rule(),
        "severity": finding.severity.name(),
        "file": finding.source,
        "row": finding.row,
        "column": finding.column,
        "field": finding.field.name,
        "expected": finding.expected,
        "what_is_wrong": finding.check.fault(),
        "what_to_do": finding.check.remedy(),
        "follows_from": finding.follows_from,
    });
    lines.extend_from_slice(format!(",\n{item}").as_bytes());
}

fn human_summary(validated: &Validated) -> String {
    let mut text = String::new();
    let broken: Vec<_> = validated
        .findings
        .iter()
        .filter(|f| f.severity != "info")
        .collect();
    if !broken.is_empty() {
        text += "\n";
    }
    for finding in &broken {
        let caused = if finding.caused > 0 {
            format!("  and {} that follow from another", number(finding.caused))
        } else {
            String::new()
        };
        text += &format!(
            "{:>9}  {:<7}  {}{caused}\n",
            number(finding.records),
            finding.severity,
            finding.rule
        );
    }
    for (rule, reason) in &validated.not_checked {
        text += &format!("not run    {rule}: {reason}\n");
    }
    text += &format!(
        "{} records, {} with an error\n",
        number(validated.read),
        number(validated.with_errors)
    );
    text
}

fn json_summary(validated: &Validated) -> serde_json::Value {
    json!({
        "schema": validated.schema,
        "records": validated.read,
        "records_with_errors": validated.with_errors,
        "rules": validated.findings.iter().map(|f| json!({
            "rule": f.rule, "severity": f.severity, "field": f.field, "records": f.records, "caused": f.caused,
        })).collect::<Vec<_>>(),
        "rules_not_run": validated.not_checked.iter().map(|(rule, reason)| json!({ "rule": rule, "reason": reason })).collect::<Vec<_>>(),
    })
}
