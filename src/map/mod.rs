//! Turns a source's columns into fields of the return and its local codes into values of the lists.

use std::collections::HashMap;

use crate::config::SourceConfig;
use crate::extract::HeaderRow;
use crate::nearest::closest;
use crate::schema::Schema;

/// A source whose columns do not fit the configuration.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {}", faults.join("\n  "))]
pub struct MapError {
    /// The file concerned.
    pub path: String,
    /// Each fault with its remedy.
    pub faults: Vec<String>,
}

/// How one source's columns are used. Positions are of the source's columns.
#[derive(Debug)]
pub struct Mapping {
    /// For each field of the return, the column it is read from.
    pub fields: Vec<Option<usize>>,
    /// The `local_` columns: returned in the worklist, never in the submission.
    pub local: Vec<(String, usize)>,
    /// The column that says whether an event was cancelled.
    pub cancelled: Option<usize>,
    /// For each field, local code to value.
    pub values: Vec<Option<HashMap<String, String>>>,
    /// How many columns a row has.
    pub width: usize,
    /// The names of the columns as the source has them.
    pub names: Vec<String>,
}

impl Mapping {
    /// Fits a source's header to the return.
    ///
    /// # Errors
    /// Every column that is unknown, stands twice or is missing, each with what to do.
    pub fn fit(
        source: &SourceConfig,
        cancelled: Option<&str>,
        header: &HeaderRow,
        schema: &Schema,
    ) -> Result<Self, MapError> {
        let mut faults = Vec::new();
        let mut mapping = Self {
            fields: vec![None; schema.fields.len()],
            local: Vec::new(),
            cancelled: None,
            values: vec![None; schema.fields.len()],
            width: header.names.len(),
            names: header.names.clone(),
        };
        for (at, name) in header.names.iter().enumerate() {
            if let Some(first) = header.names[..at].iter().position(|n| n == name) {
                faults.push(format!(
                    "column {} and column {} are both called `{name}`. Rename one of them in the source",
                    letters(first),
                    letters(at)
                ));
                continue;
            }
            if cancelled == Some(name.as_str()) {
                mapping.cancelled = Some(at);
            }
            let renamed = source
                .columns
                .iter()
                .find(|(column, _)| column == name)
                .map(|(_, field)| *field);
            if let Some(field) = renamed.or_else(|| {
                schema
                    .fields
                    .iter()
                    .position(|f| f.name == *name)
                    .filter(|_| !source.ignore.contains(name))
            }) {
                if let Some(other) = mapping.fields[field].replace(at) {
                    faults.push(format!(
                        "columns {} and {} are both the field `{}`. Name one of them under `ignore:`",
                        letters(other),
                        letters(at),
                        schema.fields[field].name
                    ));
                }
                if source.absent.contains(&field) {
                    faults.push(format!("the field `{}` stands under `absent:`, yet column {} holds it. Remove it there", schema.fields[field].name, letters(at)));
                }
            } else if name.starts_with("local_") {
                mapping.local.push((name.clone(), at));
            } else if !source.ignore.contains(name) && mapping.cancelled != Some(at) {
                faults.push(unknown(name, at, schema));
            }
        }
        for (at, field) in schema.fields.iter().enumerate() {
            if mapping.fields[at].is_none() && !field.optional() && !source.absent.contains(&at) {
                let hint = source.columns.iter().find(|(_, f)| *f == at).map_or(
                    String::new(),
                    |(column, _)| {
                        format!(
                            " (`columns:` reads it from `{column}`, which the file does not have)"
                        )
                    },
                );
                faults.push(format!(
                    "no column is the field `{}`{hint}. Name its column under `columns:`, or list the field under `absent:` if the source does not have it",
                    field.name
                ));
            }
        }
        for (field, pairs) in &source.values {
            mapping.values[*field] = Some(pairs.iter().cloned().collect());
        }
        if faults.is_empty() {
            Ok(mapping)
        } else {
            Err(MapError {
                path: source.source.path.display().to_string(),
                faults,
            })
        }
    }
}

fn unknown(name: &str, at: usize, schema: &Schema) -> String {
    if name.is_empty() {
        return format!(
            "column {} has no name. Name it in the source, or remove it",
            letters(at)
        );
    }
    let near = closest(name, schema.fields.iter().map(|f| f.name.as_str())).unwrap_or_default();
    format!(
        "column {} `{name}` is not a field of {}; the nearest is `{near}`. Write `{name}: {near}` under `columns:`, or `{name}` under `ignore:`",
        letters(at),
        schema.id
    )
}

/// A column as a spreadsheet names it: A, Z, AA.
pub fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut n = column + 1;
    while n > 0 {
        letters.push(b'A' + ((n - 1) % 26) as u8);
        n = (n - 1) / 26;
    }
    letters.iter().rev().map(|&b| char::from(b)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_lettered_as_in_a_spreadsheet() {
        for (at, name) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (51, "AZ"),
            (52, "BA"),
            (701, "ZZ"),
            (702, "AAA"),
        ] {
            assert_eq!(super::letters(at), name);
        }
    }
}
