//! What the manifest says of fields: how each was treated, which rules were broken, what was rewritten, how good they are.

use super::Facts;
use crate::attest::predicate::{self as say};
use crate::schema::Make;
use crate::validate::{Broken, Check, Status, Validity};
use std::collections::BTreeMap;

pub(super) fn treatment(facts: &Facts<'_>) -> Vec<say::FieldTreatment> {
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

pub(super) fn findings(facts: &Facts<'_>) -> Vec<say::RuleFindings> {
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
pub(super) fn rewritten(facts: &Facts<'_>) -> Vec<say::Rewritten> {
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

pub(super) fn quality(facts: &Facts<'_>) -> Vec<say::FieldQuality> {
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
