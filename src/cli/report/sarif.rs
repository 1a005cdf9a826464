//! Findings as SARIF 2.1.0, which code hosts show beside the lines of a file.
//!
//! Lines are rows as a spreadsheet counts them. They are the lines of the text too, except below a cell with a line break
//! in quotation marks. No value stands anywhere in the document, nor anything computed from one.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::fold::{Folded, fold};
use super::{Job, Out, Told};
use crate::cli::print::told;
use crate::error::{Error, Result};
use crate::finding::{ALL_SOURCES, Finding};
use crate::pipeline::Validated;
use crate::portal::{self, Preflight};
use crate::schema::{Named, Severity};
use crate::validate::{Plan, Rule};

const HEAD: &str = "{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":";

/// Validates and prints.
///
/// # Errors
/// When a file cannot be validated; what was found before is printed, and the document is whole and says so.
pub fn report(job: &Job<'_>, out: &mut Out<impl Write + Send>) -> Result<Told> {
    let places = Places::of(job.plan, job.files);
    out.put(HEAD)?;
    out.put(driver(job.plan).to_string())?;
    out.put("},\n\"results\":[")?;
    let mut first = true;
    let (validated, preflights) = job.validate(
        |findings, lines: &mut String| {
            for folded in fold(findings) {
                *lines += &format!(",\n{}", places.result(&folded));
            }
        },
        |lines| {
            // Results bring their commas with them; the very first has none before it.
            let skip = usize::from(first && !lines.is_empty());
            first &= lines.is_empty();
            out.put(&lines[skip..])
        },
    );
    for result in portal_results(&preflights) {
        let comma = if std::mem::take(&mut first) { "" } else { "," };
        out.put(format!("{comma}\n{result}"))?;
    }
    let (invocation, properties) = match &validated {
        Ok(validated) => (
            places.succeeded(validated),
            json!({
                "schema": validated.schema,
                "records": validated.read,
                "recordsWithErrors": validated.with_errors,
            }),
        ),
        Err(e) => (failed(e), json!({ "schema": job.plan.schema.id })),
    };
    out.put(format!(
        "],\n\"invocations\":[{invocation}],\n\"properties\":{properties}}}]}}\n"
    ))?;
    Ok((validated?, preflights))
}

/// What the portal would make of the files. Bytes are those of the file, or of what a gzip file holds.
fn portal_results(preflights: &[(PathBuf, Preflight)]) -> Vec<Value> {
    let mut results = Vec::new();
    for (file, preflight) in preflights {
        let file = uri(&file.display().to_string());
        for problem in &preflight.problems {
            let level = match problem.rule.level() {
                portal::Level::Refused => "error",
                portal::Level::Warning => "warning",
                portal::Level::Note => "note",
            };
            let mut place = json!({ "artifactLocation": { "uri": file } });
            if let Some(first) = problem.places.first() {
                place["region"] = match first.row {
                    Some(row) => {
                        json!({ "startLine": row, "startColumn": 1, "byteOffset": first.byte, "byteLength": 1 })
                    }
                    None => json!({ "byteOffset": first.byte, "byteLength": 1 }),
                };
            }
            results.push(json!({
                "ruleId": problem.rule.name(),
                "level": level,
                "message": message(&problem.message),
                "locations": [{ "physicalLocation": place }],
                "properties": { "count": problem.count, "fields": problem.fields },
            }));
        }
    }
    results
}

fn code(plan: &Plan, rule: &Rule<'_>) -> String {
    plan.code(rule.at, rule.broken).to_owned()
}

/// The word for how bad.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A text as a message: braces are how a message names its arguments, so that its own stand twice.
fn message(text: &str) -> Value {
    json!({ "text": text.replace('{', "{{").replace('}', "}}") })
}

fn driver(plan: &Plan) -> Value {
    let describe = |rule: &Rule<'_>| {
        let page = rule.page;
        json!({
            "id": code(plan, rule),
            "name": code(plan, rule),
            "shortDescription": message(&format!("{} {}", rule.field.name, page.fault)),
            "fullDescription": message(&page.checks),
            "help": message(&format!("{} What to do: {}. Who can: {}.", page.why, page.remedy, page.who)),
            "defaultConfiguration": { "level": level(rule.severity) },
            "properties": {
                "level": page.level.word(),
                "evidence": rule.evidence.word(),
                "confidence": page.confidence,
                "source": page.source,
            },
        })
    };
    json!({
        "name": "cld",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": plan.rules().iter().map(describe).collect::<Vec<_>>(),
    })
}

/// Where rules and files stand.
pub(super) struct Places {
    /// The position of each rule in `tool.driver.rules`.
    rules: HashMap<String, usize>,
    /// The addresses of the files.
    files: Vec<String>,
}

impl Places {
    /// Of these rules and files.
    pub fn of(plan: &Plan, files: &[PathBuf]) -> Self {
        let rules = plan.rules();
        let files = files.iter().map(|file| uri(&file.display().to_string()));
        Self {
            rules: rules.iter().map(|rule| code(plan, rule)).zip(0..).collect(),
            files: files.collect(),
        }
    }

    /// A cause, with what follows from it.
    pub fn result(&self, folded: &Folded<'_, '_>) -> Value {
        let finding = folded.cause;
        let mut text = format!(
            "{} {}. Expected: {}. What to do: {} ({}).",
            finding.field.name,
            finding.fault,
            finding.expected,
            finding.page.remedy,
            finding.page.who
        );
        if let Some(consequences) = folded.consequences() {
            text += &format!(" {consequences}.");
        }
        let follows = folded.follows.iter().map(|f| {
            json!({ "ruleId": f.rule, "level": level(f.severity), "field": f.field.name, "column": f.column })
        });
        let mut properties = json!({
            "field": finding.field.name,
            "column": finding.column,
            "followedBy": follows.collect::<Vec<_>>(),
        });
        if let Some(name) = finding.source_column {
            properties["sourceColumn"] = json!(name);
        }
        let mut result = json!({
            "ruleId": finding.rule,
            "level": level(finding.severity),
            "message": message(&text),
            "locations": self.locations(finding),
            "properties": properties,
        });
        if let Some(index) = self.rules.get(&*finding.rule) {
            result["ruleIndex"] = json!(index);
        }
        if let Some(row) = finding.row {
            // By place alone: a digest of the line would be one of the person's record.
            let column = finding.column.unwrap_or_default();
            let place = format!("{}:{row}:{column}", finding.rule);
            result["partialFingerprints"] = json!({ "cldPlace/v1": place });
        }
        result
    }

    /// The row, or the file where the finding is about no single record, or all of them.
    fn locations(&self, finding: &Finding<'_>) -> Vec<Value> {
        let of_one;
        let files = if finding.source == ALL_SOURCES {
            &self.files
        } else {
            of_one = [uri(finding.source)];
            &of_one[..]
        };
        let locate = |file: &String| {
            let mut place = json!({ "artifactLocation": { "uri": file } });
            if let Some(row) = finding.row {
                place["region"] = json!({ "startLine": row, "startColumn": 1 });
            }
            let mut logical = vec![json!({ "name": finding.field.name, "kind": "field" })];
            if let Some(sheet) = finding.sheet {
                logical.push(json!({ "name": sheet, "kind": "sheet" }));
            }
            json!({ "physicalLocation": place, "logicalLocations": logical })
        };
        files.iter().map(locate).collect()
    }

    fn succeeded(&self, validated: &Validated) -> Value {
        let not_run = validated.not_checked.iter().map(|(rule, reason)| {
            let mut associated = json!({ "id": rule });
            if let Some(index) = self.rules.get(rule) {
                associated["index"] = json!(index);
            }
            json!({
                "level": "note",
                "message": message(&format!("{rule} was not run: {reason}")),
                "associatedRule": associated,
            })
        });
        json!({
            "executionSuccessful": true,
            "toolConfigurationNotifications": not_run.collect::<Vec<_>>(),
        })
    }
}

fn failed(error: &Error) -> Value {
    json!({
        "executionSuccessful": false,
        "exitCode": error.exit_status(),
        "toolExecutionNotifications": [{ "level": "error", "message": message(&told(error)) }],
    })
}

/// A path as an address: relative where it was given so, with forward slashes, everything out of the ordinary encoded.
fn uri(path: &str) -> String {
    let path = if cfg!(windows) {
        path.replace('\\', "/")
    } else {
        path.to_owned()
    };
    let bytes = path.as_bytes();
    let drive = cfg!(windows) && bytes.len() > 1 && bytes[1] == b':';
    let (mut uri, path) = match path.strip_prefix("//").filter(|_| cfg!(windows)) {
        Some(share) => ("file://".to_owned(), share),
        None if drive => (format!("file:///{}", &path[..2]), &path[2..]),
        None if path.starts_with('/') => ("file://".to_owned(), &*path),
        None => (String::new(), path.strip_prefix("./").unwrap_or(&path)),
    };
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte))
            }
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_addresses() {
        for (path, address) in [
            ("samples/cld.csv", "samples/cld.csv"),
            ("./a.csv", "a.csv"),
            ("../a b/ü#?.csv", "../a%20b/%C3%BC%23%3F.csv"),
            ("c:a.csv", "c%3Aa.csv"),
            ("100%.csv", "100%25.csv"),
            ("/data/a.csv", "file:///data/a.csv"),
        ] {
            if cfg!(not(windows)) {
                assert_eq!(uri(path), address);
            }
        }
        if cfg!(windows) {
            assert_eq!(uri(r"samples\cld.csv"), "samples/cld.csv");
            assert_eq!(uri(r"C:\a b.csv"), "file:///C:/a%20b.csv");
            assert_eq!(uri(r"\\server\share\a.csv"), "file://server/share/a.csv");
        }
    }

    #[test]
    fn braces_of_a_text_are_no_arguments() {
        assert_eq!(message("a {0}")["text"], "a {{0}}");
    }
}
