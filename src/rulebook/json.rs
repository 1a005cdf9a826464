//! A rule for programs.

use serde_json::{Map, Value, json};

use super::cases::{Case, TestNumbers};
use super::entry::Entry;
use super::record::Change;
use crate::schema::Named;

/// A rule in full, as [`super::entry_text`] has it.
pub fn entry_json(entry: &Entry<'_>) -> Value {
    let rule = &entry.rule;
    let page = rule.page;
    let details: Map<String, Value> = entry
        .details()
        .into_iter()
        .map(|detail| (detail.key.to_owned(), detail.words.into()))
        .collect();
    let examples = entry.examples();
    let sources = entry.schema().cited(&page.source);
    json!({
        "rule": entry.code(),
        "schema": entry.schema().id,
        "field": rule.field.name,
        "check": entry.check(),
        "module": rule.field.module,
        "level": page.level.word(),
        "severity": rule.severity.name(),
        "runs": !entry.idle,
        "what_is_wrong": page.fault,
        "checks": page.checks,
        "details": details,
        "expected": page.expected,
        "why": page.why,
        "what_to_do": page.remedy,
        "who": page.who,
        "evidence": rule.evidence.word(),
        "confidence": page.confidence,
        "source": page.source,
        "sources": sources.map(|(code, what)| json!({ "code": code, "what": what })).collect::<Vec<_>>(),
        "examples": examples.into_iter().map(example).collect::<Vec<_>>(),
    })
}

fn example(case: &Case) -> Value {
    let records = |records: &[Change]| -> Vec<Value> {
        let record = |change: &Change| {
            let cells: Map<String, Value> = change
                .cells
                .iter()
                .map(|(field, value)| (field.clone(), value.as_str().into()))
                .collect();
            json!({
                "record": change.record.as_ref().unwrap_or(&case.record),
                "repeat": change.repeat,
                "person": change.person,
                "cells": cells,
            })
        };
        records.iter().map(record).collect()
    };
    let period = case.period;
    json!({
        "release": case.release.to_string(),
        "la_code": case.la_code,
        "period": period.map(|(start, end)| json!({ "start": start.iso(), "end": end.iso() })),
        "test_numbers_allowed": case.test_numbers == TestNumbers::Allowed,
        "table": case.table.iter().map(|row| json!({ "key": row.key, "value": row.value })).collect::<Vec<_>>(),
        "previous": records(&case.previous),
        "passes": records(case.passes.records()),
        "fails": records(case.fails.records()),
        "suggests": case.suggests,
        "because": case.because,
    })
}
