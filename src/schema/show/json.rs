//! A schema, a field or a list as JSON for programs.

use serde_json::{Value, json};

use super::domain;
use crate::schema::{Column, Domain, Field, List, Named, Schema};

/// A schema as a whole, for programs.
pub fn overview_json(schema: &Schema) -> Value {
    let pairs = |pairs: &[(String, String)], name: &str| -> Vec<Value> {
        pairs
            .iter()
            .map(|(key, text)| json!({ name: key, "text": text }))
            .collect()
    };
    json!({
        "schema": schema.id,
        "title": schema.title,
        "release": schema.release,
        "status": schema.status,
        "in_use": schema.in_use,
        "digest": schema.digest,
        "fields": schema.fields.iter().map(|field| field_json(schema, field)).collect::<Vec<_>>(),
        "lists": schema.lists.iter().map(list_json).collect::<Vec<_>>(),
        "background": pairs(&schema.background, "topic"),
        "sources": pairs(&schema.sources, "code"),
    })
}

/// One field, for programs.
pub fn field_json(schema: &Schema, field: &Field) -> Value {
    json!({
        "name": field.name,
        "snake": field.snake,
        "module": field.module,
        "type": field.kind.word(),
        "list": field.list.map(|at| schema.lists[at].name.as_str()),
        "format": field.format,
        "shape": field.shape.as_ref().map(|shape| shape.as_str()),
        "max_length": field.max_length,
        "withdrawn": field.withdrawn,
        "applicable": field.applicable.text(),
        "mandatory": field.mandatory.text(),
        "conditions_are": field.evidence,
        "conditions_note": field.evidence_note,
        "privacy": field.privacy.word(),
        "treatment": field.treatment.word(),
        "writes": field.columns.iter().map(column_json).collect::<Vec<_>>(),
        "nationally": field.nationally,
        "null_seen": field.null_seen,
        "source": field.source,
        "confidence": field.confidence,
        "notes": field.notes,
    })
}

/// One list, for programs.
pub fn list_json(list: &List) -> Value {
    json!({
        "list": list.name,
        "complete": list.complete.word(),
        "changed": list.changed,
        "confidence": list.confidence,
        "source": list.source,
        "notes": list.notes,
        "mapping": list.mapping.as_ref().map(|m| json!({
            "basis": m.basis, "confidence": m.confidence, "source": m.source, "notes": m.notes,
        })),
        "values": list.values.iter().map(|v| json!({
            "value": v.value, "was": v.was,
            "mapping_confidence": v.mapping_confidence, "mapping_note": v.mapping_note,
        })).collect::<Vec<_>>(),
        "retired": list.retired.iter().map(|r| json!({
            "value": r.value, "choices": r.choices, "confidence": r.confidence, "note": r.note,
        })).collect::<Vec<_>>(),
        "candidates": list.candidates,
        "not_to_be_used": list.not_to_be_used,
        "also_seen": list.also_seen.iter().map(|s| json!({
            "value": s.value, "prefix": s.prefix, "means": s.means,
            "grouped": s.grouped, "source": s.source, "confidence": s.confidence,
        })).collect::<Vec<_>>(),
        "groups": list.groups.iter().map(|g| json!({
            "group": g.name, "has": g.has, "source": g.source,
        })).collect::<Vec<_>>(),
        "hierarchies": list.hierarchies.iter().map(|h| json!({
            "name": h.name, "order": h.order, "retired_rank_as": h.retired_rank_as,
            "source": h.source, "confidence": h.confidence, "note": h.note,
        })).collect::<Vec<_>>(),
    })
}

fn column_json(column: &Column) -> Value {
    json!({ "column": column.name, "as": column.make.word(), "domain": domain(&column.make).map(Domain::label) })
}
