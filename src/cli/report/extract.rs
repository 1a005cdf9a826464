//! What both `cld run` and `cld validate` say of an extract as a whole: findings about it, what national deduplication
//! would do, and the checks that were not run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::print::number;
use crate::finding::ExtractFinding;
use crate::validate::across::{Collapse, Collapsed};

/// Findings about the extract as a whole, a paragraph each; empty where there are none.
pub fn findings(findings: &[ExtractFinding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(
            text,
            "{:<7}  {}: {}",
            finding.severity.name(),
            finding.rule,
            finding.detail
        );
    }
    text
}

/// The period as stated and as derived nationally, in a line.
pub fn periods(periods: &[String]) -> String {
    match periods {
        [] => String::new(),
        _ => format!("Reporting period: {}\n", periods.join("; ")),
    }
}

/// How many records national deduplication would take away; empty where it would take none.
pub fn deduplication(collapsed: &Collapsed) -> String {
    if collapsed.joined.going == 0 {
        return String::new();
    }
    let part = |collapse: &Collapse| {
        format!(
            "{} of {} records go in tables",
            number(collapse.going),
            number(collapse.records)
        )
    };
    format!(
        "National deduplication: {} of one submission, {} joined over several; all are sent.\n",
        part(&collapsed.single),
        part(&collapsed.joined),
    )
}

/// The checks that were not run, those with the same reason together; empty where all were run.
pub fn not_run(checks: &[(String, String)]) -> String {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (rule, reason) in checks {
        by_reason.entry(reason).or_default().push(rule);
    }
    let mut text = String::new();
    for (reason, rules) in by_reason {
        let _ = writeln!(text, "not run  {}: {reason}", rules.join(", "));
    }
    text
}

/// The same for programs.
pub fn machine(findings: &[ExtractFinding], collapsed: &Collapsed) -> (Value, Value) {
    let findings = findings.iter().map(|f| {
        json!({
            "rule": f.rule, "severity": f.severity.name(), "records": f.records, "detail": f.detail,
        })
    });
    let part = |c: &Collapse| json!({ "records": c.records, "events_described_more_than_once": c.groups, "records_that_go": c.going });
    (
        findings.collect(),
        json!({ "single_submission": part(&collapsed.single), "joined": part(&collapsed.joined) }),
    )
}
