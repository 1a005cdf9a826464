//! A schema, a field or a list as text for people.

use std::fmt::Write;

use super::domain;
use crate::schema::{Column, Field, List, Named, Schema};

/// Width of the text, in characters.
const WIDTH: usize = 100;

/// Width of the labels in front of it.
const LABEL: usize = 18;

/// A schema as a whole: what it is, what is not known, its fields and lists.
pub fn overview_text(schema: &Schema) -> String {
    let mut text = format!("{} ({})\n\n", schema.title, schema.id);
    row(&mut text, "release", &schema.release);
    row(&mut text, "in use", &schema.in_use);
    row(&mut text, "status", &schema.status);
    row(&mut text, "digest", &schema.digest);
    text.push_str("\nFields\n");
    for (at, field) in schema.fields.iter().enumerate() {
        let withdrawn = if field.withdrawn { ", withdrawn" } else { "" };
        let line = format!(
            "{} ({}, {}{withdrawn})",
            field.name,
            field.kind.word(),
            field.treatment.word()
        );
        row(&mut text, &(at + 1).to_string(), &line);
    }
    text.push_str("\nLists\n");
    for list in &schema.lists {
        // The name of a list is longer than a label.
        let line = format!(
            "{}: {} values, {}",
            list.name,
            list.values.len(),
            list.complete.description()
        );
        row(&mut text, "", &line);
    }
    text.push_str("\nBackground\n");
    for (topic, words) in &schema.background {
        row(&mut text, "", &format!("{topic}: {words}"));
    }
    text.push_str("\nSources\n");
    for (code, what) in &schema.sources {
        row(&mut text, code, what);
    }
    text
}

/// One field in detail.
pub fn field_text(schema: &Schema, field: &Field) -> String {
    let number = schema
        .fields
        .iter()
        .position(|f| f.snake == field.snake)
        .map_or(0, |at| at + 1);
    let mut text = format!(
        "{} ({})\nfield {number} of {}\n\n",
        field.name, field.snake, schema.title
    );
    if field.withdrawn {
        row(
            &mut text,
            "withdrawn",
            "accepted when present, never written, never missed",
        );
    }
    row(&mut text, "module", &field.module);
    let list = field.list.map(|at| &schema.lists[at]);
    let kind = match list {
        Some(list) => format!(
            "{} {}, {}",
            field.kind.word(),
            list.name,
            list.complete.description()
        ),
        None => field.kind.word().to_owned(),
    };
    row(&mut text, "type", &kind);
    row(&mut text, "format", &field.format);
    row(
        &mut text,
        "shape",
        field.shape.as_ref().map_or("", |shape| shape.as_str()),
    );
    row(
        &mut text,
        "most characters",
        &field.max_length.map_or(String::new(), |n| n.to_string()),
    );
    row(&mut text, "applicable if", field.applicable.text());
    row(&mut text, "mandatory if", field.mandatory.text());
    row(
        &mut text,
        "conditions are",
        &joined(&[&field.evidence, &field.evidence_note], ": "),
    );
    row(&mut text, "privacy", field.privacy.word());
    row(&mut text, "treatment", field.treatment.word());
    let columns: Vec<String> = field.columns.iter().map(column_words).collect();
    row(
        &mut text,
        "writes",
        if columns.is_empty() {
            "nothing".into()
        } else {
            columns.join(", ")
        }
        .as_str(),
    );
    row(&mut text, "nationally", &field.nationally);
    if field.null_seen {
        row(
            &mut text,
            "text NULL",
            "seen nationally, where it becomes a missing value",
        );
    }
    row(&mut text, "confidence", &field.confidence);
    row(&mut text, "notes", &field.notes);
    row(&mut text, "source", &field.source);
    cited(&mut text, schema, &field.source);
    if let Some(list) = list {
        text.push('\n');
        text.push_str(&list_text(schema, list));
    }
    text
}

/// One list in detail.
pub fn list_text(schema: &Schema, list: &List) -> String {
    let mut text = format!("List {} of {}\n\n", list.name, schema.title);
    row(&mut text, "state", list.complete.description());
    row(&mut text, "changed", &list.changed);
    row(&mut text, "confidence", &list.confidence);
    row(&mut text, "notes", &list.notes);
    row(&mut text, "source", &list.source);
    if let Some(mapping) = &list.mapping {
        row(
            &mut text,
            "mapping",
            &joined(&[&mapping.basis, &mapping.notes], ". "),
        );
        row(
            &mut text,
            "",
            &joined(&[&mapping.source, &confidence(&mapping.confidence)], ", "),
        );
    }
    section(&mut text, "Values", list.values.iter(), |value| {
        let was = value
            .was
            .iter()
            .map(|was| format!("was \"{was}\""))
            .collect::<Vec<_>>()
            .join(", ");
        let about = joined(
            &[
                &was,
                &confidence(&value.mapping_confidence),
                &value.mapping_note,
            ],
            "; ",
        );
        joined(&[&value.value, &about], "  <- ")
    });
    section(
        &mut text,
        "Retired: values of the release before without a single counterpart",
        list.retired.iter(),
        |r| {
            let choices = r
                .choices
                .iter()
                .map(|choice| format!("\"{choice}\""))
                .collect::<Vec<_>>()
                .join(" or ");
            joined(
                &[
                    &r.value,
                    &joined(&[&choices, &r.note, &confidence(&r.confidence)], "; "),
                ],
                "  -> ",
            )
        },
    );
    section(
        &mut text,
        "Candidates: guesses, never used to reject",
        list.candidates.iter(),
        Clone::clone,
    );
    section(
        &mut text,
        "Named in guidance as not to be used",
        list.not_to_be_used.iter(),
        Clone::clone,
    );
    section(&mut text, "Also seen", list.also_seen.iter(), |seen| {
        let starts = if seen.prefix {
            " (and what begins so)"
        } else {
            ""
        };
        let evidence = joined(
            &[&seen.grouped, &seen.source, &confidence(&seen.confidence)],
            ", ",
        );
        format!("{}{starts}  -> {} ({evidence})", seen.value, seen.means)
    });
    section(&mut text, "National groups", list.groups.iter(), |g| {
        format!("{}: {} ({})", g.name, g.has, g.source)
    });
    for hierarchy in &list.hierarchies {
        let about = joined(
            &[
                &hierarchy.source,
                &confidence(&hierarchy.confidence),
                &hierarchy.note,
            ],
            ", ",
        );
        let title = format!("Rank among duplicates, {} ({about})", hierarchy.name);
        let mut rank = 0;
        section(&mut text, &title, hierarchy.order.iter(), |value| {
            rank += 1;
            format!("{rank:2} {value}")
        });
    }
    text
}

fn column_words(column: &Column) -> String {
    match domain(&column.make) {
        Some(domain) => format!(
            "{} ({} in {})",
            column.name,
            column.make.word(),
            domain.label()
        ),
        None => format!("{} ({})", column.name, column.make.word()),
    }
}

fn confidence(level: &str) -> String {
    if level.is_empty() {
        String::new()
    } else {
        format!("{level} confidence")
    }
}

/// The parts that say something.
fn joined(parts: &[&str], between: &str) -> String {
    parts
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(between)
}

/// What the codes in a source stand for.
pub(crate) fn cited(text: &mut String, schema: &Schema, source: &str) {
    for (code, what) in schema.cited(source) {
        row(text, "", &format!("{code}: {what}"));
    }
}

fn section<'a, T: 'a>(
    text: &mut String,
    title: &str,
    items: impl ExactSizeIterator<Item = &'a T>,
    mut line: impl FnMut(&'a T) -> String,
) {
    if items.len() > 0 {
        let _infallible = writeln!(text, "\n{title}");
        items.for_each(|item| row(text, "", &line(item)));
    }
}

/// A labelled line, wrapped under its label. An empty text has no line.
pub(crate) fn row(text: &mut String, label: &str, words: &str) {
    let mut lines: Vec<String> = Vec::new();
    let margin = if label.is_empty() { 2 } else { LABEL };
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() + margin < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    for (at, line) in lines.iter().enumerate() {
        // Lines after the first of an unlabelled row stand in, or they would look like rows of their own.
        let label = if at == 0 && !label.is_empty() {
            format!("  {label}")
        } else {
            String::new()
        };
        let margin = if at > 0 && margin < LABEL {
            margin + 4
        } else {
            margin
        };
        let _infallible = writeln!(text, "{label:margin$}{line}");
    }
}
