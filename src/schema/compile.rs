//! Turns the documents of a schema into the compiled model, or into every fault found on the way.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::fault::{Fault, Problem, SchemaError};
use super::fields;
use super::lists;
use super::merge::{Documents, Owner};
use super::model::{Field, Kind, Roles, Schema};
use super::raw::RawSchema;
use super::unique_event;
use super::words::Named;
use crate::yaml::Step;

/// Compiles the documents of one schema, the newest first.
pub(super) fn compile(mut documents: Documents) -> Result<Schema, SchemaError> {
    let merged = documents.merge();
    let lists = lists::compile(&merged.lists, &mut documents);
    let (fields, rules, tests) = fields::compile(&merged, &lists, &mut documents);
    let unique_event = unique_event::compile(&fields, &lists, &mut documents);
    let roles = roles(&fields, &mut documents);
    match roles {
        Some(roles) if documents.faults.is_empty() => {
            let newest = &documents.newest_first[0].raw;
            Ok(Schema {
                id: newest.schema.to_string(),
                title: newest.title.to_string(),
                release: newest.release.to_string(),
                status: newest.status.to_string(),
                in_use: newest.in_use.to_string(),
                digest: digest(&documents),
                sources: laid_over(&documents, |raw| {
                    raw.sources
                        .iter()
                        .map(|s| (s.code.to_string(), s.what.to_string()))
                        .collect()
                }),
                background: laid_over(&documents, |raw| {
                    raw.background
                        .iter()
                        .map(|t| (t.topic.to_string(), t.text.to_string()))
                        .collect()
                }),
                fields,
                lists,
                tests,
                rules,
                unique_event,
                roles,
            })
        }
        _ => Err(SchemaError::Faults(in_order(documents))),
    }
}

/// The faults in the order of the files, the newest first, and of their lines.
fn in_order(documents: Documents) -> Vec<Fault> {
    let Documents {
        newest_first,
        mut faults,
    } = documents;
    faults.sort_by_key(|fault| {
        let file = newest_first
            .iter()
            .position(|document| document.file == fault.file);
        (file, fault.line, fault.column)
    });
    faults
}

fn digest(documents: &Documents) -> String {
    let mut hash = Sha256::new();
    for document in &documents.newest_first {
        hash.update(document.text.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize())
}

/// Named texts, those of a newer document in the place of older ones of the same name.
fn laid_over(
    documents: &Documents,
    part: fn(&RawSchema) -> Vec<(String, String)>,
) -> Vec<(String, String)> {
    let mut whole: Vec<(String, String)> = Vec::new();
    for document in documents.newest_first.iter().rev() {
        for (name, text) in part(&document.raw) {
            match whole.iter_mut().find(|(known, _)| *known == name) {
                Some((_, older)) => *older = text,
                None => whole.push((name, text)),
            }
        }
    }
    whole
}

/// The fields that rules and treatments name. Where one is missing or not of the type they rely on, that is a fault.
fn roles(fields: &[Field], documents: &mut Documents) -> Option<Roles> {
    let mut role = |snake: &'static str, kind: Option<Kind>| {
        let Some(at) = fields.iter().position(|field| field.snake == snake) else {
            documents.report(
                Owner::Top,
                &[Step::Key("fields")],
                Problem::MissingRole(snake),
            );
            return None;
        };
        if let Some(kind) = kind.filter(|kind| *kind != fields[at].kind) {
            let problem = format!("the pipeline needs `{snake}` to be of type {}", kind.word());
            documents.report(
                Owner::Field(snake),
                &[Step::Key("type")],
                Problem::Conflict(problem),
            );
        }
        Some(at)
    };
    let date = Some(Kind::Date);
    // All are looked for before any is missed, so that every fault is told.
    let la_code = role("la_code", None);
    let period_start = role("reporting_period_start_date", date);
    let period_end = role("reporting_period_end_date", date);
    let nhs_number = role("nhs_number", None);
    let person_id = role("la_person_unique_identifier", None);
    let first_name = role("first_name", None);
    let last_name = role("last_name", None);
    let birth = role("date_of_birth", date);
    let death = role("date_of_death", date);
    let client_type = role("client_type", Some(Kind::List));
    let postcode = role("postcode", None);
    let event_type = role("event_type", Some(Kind::List));
    let event_reference = role("event_reference", None);
    let event_start = role("event_start_date", date);
    let event_end = role("event_end_date", date);
    let outcome = role("event_outcome", Some(Kind::List));
    let description = role("event_description", None);
    let gender = role("gender", Some(Kind::List));
    let ethnicity = role("ethnicity", Some(Kind::List));
    Some(Roles {
        la_code: la_code?,
        period_start: period_start?,
        period_end: period_end?,
        nhs_number: nhs_number?,
        person_id: person_id?,
        first_name: first_name?,
        last_name: last_name?,
        birth: birth?,
        death: death?,
        client_type: client_type?,
        postcode: postcode?,
        event_type: event_type?,
        event_reference: event_reference?,
        event_start: event_start?,
        event_end: event_end?,
        outcome: outcome?,
        description: description?,
        gender: gender?,
        ethnicity: ethnicity?,
    })
}
