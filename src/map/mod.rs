//! Turns a source's columns into fields of the return and its local codes into values of the lists.

mod joined;
mod suggest;

use std::collections::{HashMap, HashSet};

use crate::config::SourceConfig;
pub use crate::extract::letters;
pub use joined::{Joined, Miss};
pub use suggest::{CERTAIN, Suggestion, suggest};

use crate::extract::{Cells, HeaderRow, JOINS, LEFT_OUT};
use crate::nearest::{letters as bare, nearest_of};
use crate::schema::Schema;
use crate::{separator, tokens};

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
    /// The `local_` columns, and the key of a database as one of them: returned in the worklist, never in the submission.
    pub local: Vec<(String, usize)>,
    /// The column that names a row in the database, if the source is a query.
    pub key: Option<usize>,
    /// The column that says whether an event was cancelled.
    pub cancelled: Option<usize>,
    /// For each field, local code to value.
    pub values: Vec<Option<HashMap<String, String>>>,
    /// How many columns a row has.
    pub width: usize,
    /// The names of the columns as the source has them.
    pub names: Vec<String>,
    /// The letters of the columns as a spreadsheet has them.
    pub letters: Vec<String>,
    /// The sheet, if the source is a workbook.
    pub sheet: Option<String>,
    /// What looking tables up came to, where that is done.
    joined: Joined,
    /// The column with the number of the declared reason for leaving a record out.
    left_out: Option<usize>,
    /// How many columns stand in the file itself, where others are made.
    own_columns: Option<usize>,
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
        let (mapping, unfit) = Self::draft(source, cancelled, header, schema)?;
        if unfit.faults.is_empty() {
            Ok(mapping)
        } else {
            Err(MapError {
                path: source.source.path.display().to_string(),
                faults: unfit.faults,
            })
        }
    }

    /// Fits a header as far as it goes, for a mapping that is being made.
    ///
    /// # Errors
    /// When the first row is none of column names.
    pub fn draft(
        source: &SourceConfig,
        cancelled: Option<&str>,
        header: &HeaderRow,
        schema: &Schema,
    ) -> Result<(Self, Unfit), MapError> {
        let known = |name: &String| {
            schema.fields.iter().any(|f| f.name == *name)
                || source.columns.iter().any(|(column, _)| column == name)
        };
        if header
            .names
            .iter()
            .any(|name| name.starts_with("Der_") && name.ends_with("_Pseudo"))
        {
            return Err(MapError {
                path: source.source.path.display().to_string(),
                faults: vec!["has the columns of a submission. The output of a run is never pseudonymised again: give the extract instead".to_owned()],
            });
        }
        // So few names may be chance: a word such as Dementia stands in a free text as well.
        let fields: HashSet<String> = schema.fields.iter().map(|f| bare(&f.name)).collect();
        let meant = |name: &&String| known(name) || fields.contains(&bare(name));
        let named = header.names.iter().filter(meant).count();
        // A source may have any number of columns besides those of the return.
        let most = header.names.len().min(schema.fields.len());
        if named * FEW < most || named == 0 {
            // The first row may be a record, whose cells must not reach a message.
            return Err(MapError {
                path: source.source.path.display().to_string(),
                faults: vec![no_name(source, header, schema, named)],
            });
        }
        let mut faults = Vec::new();
        let mut unknown_columns = Vec::new();
        let mut mapping = Self {
            fields: vec![None; schema.fields.len()],
            local: Vec::new(),
            key: None,
            cancelled: None,
            values: vec![None; schema.fields.len()],
            width: header.names.len(),
            names: header.names.clone(),
            sheet: header.sheet.clone(),
            joined: Joined::default(),
            left_out: None,
            own_columns: header.own_columns,
            letters: (0..header.names.len())
                .map(|at| header.letters(at))
                .collect(),
        };
        for (at, name) in header.names.iter().enumerate() {
            if let Some(first) = header.names[..at].iter().position(|n| n == name) {
                faults.push(format!(
                    "column {} and column {} are both called `{name}`. Rename one of them in the source",
                    header.letters(first),
                    header.letters(at)
                ));
                continue;
            }
            if header.is_made(at) && name == LEFT_OUT {
                mapping.left_out = Some(at);
                continue;
            }
            if header.is_made(at) && name == JOINS {
                mapping.joined.column = Some(at);
                continue;
            }
            if cancelled == Some(name.as_str()) {
                mapping.cancelled = Some(at);
            }
            let query = source.source.query.as_ref();
            if query.and_then(|query| query.key.as_ref()) == Some(name) {
                mapping.key = Some(at);
                mapping.local.push((worklist_name(name), at));
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
                        header.letters(other),
                        header.letters(at),
                        schema.fields[field].name
                    ));
                }
                if source.absent.contains(&field) {
                    faults.push(format!("the field `{}` stands under `absent:`, yet column {} holds it. Remove it there", schema.fields[field].name, header.letters(at)));
                }
            } else if mapping.key == Some(at) {
                // It is known by now.
            } else if name.starts_with("local_") {
                mapping.local.push((name.clone(), at));
            } else if !source.ignore.contains(name) && mapping.cancelled != Some(at) {
                unknown_columns.push((name, at));
            }
        }
        let missing = |(at, field): (usize, &'_ crate::schema::Field)| {
            (mapping.fields[at].is_none() && !field.optional()).then_some(field.name.clone())
        };
        let missing: Vec<_> = schema
            .fields
            .iter()
            .enumerate()
            .filter_map(missing)
            .collect();
        let missing: Vec<_> = missing.iter().map(String::as_str).collect();
        let unplaced = unknown_columns.iter().map(|(_, at)| *at).collect();
        let mut missed = Vec::new();
        faults.extend(unknown_columns.into_iter().map(|(name, at)| {
            unknown(
                name,
                &header.letters(at),
                schema,
                &missing,
                source.source.configured,
            )
        }));
        for (at, field) in schema.fields.iter().enumerate() {
            if mapping.fields[at].is_none() && !field.optional() && !source.absent.contains(&at) {
                missed.push(at);
                let hint = source.columns.iter().find(|(_, f)| *f == at).map_or(
                    String::new(),
                    |(column, _)| {
                        format!(
                            " (`columns:` reads it from `{column}`, which the file does not have)"
                        )
                    },
                );
                let remedy = if source.source.configured {
                    "Name its column under `columns:`, or list the field under `absent:` if the source does not have it"
                } else {
                    "Add the column, with empty cells if there is nothing to fill in"
                };
                faults.push(format!(
                    "no column is the field `{}`{hint}. {remedy}",
                    field.name
                ));
            }
        }
        let key = source.source.query.as_ref().and_then(|q| q.key.as_ref());
        if let (Some(key), None) = (key, mapping.key) {
            faults.push(format!(
                "`key:` is `{key}`, and the query gives no column of that name. Add it to the query, or correct `key:`"
            ));
        }
        for (field, pairs) in &source.values {
            mapping.values[*field] = Some(pairs.iter().cloned().collect());
        }
        if let Some(recipe) = &source.source.recipe {
            mapping
                .joined
                .place(recipe, &mapping.fields, &mapping.names, schema);
        }
        let unfit = Unfit {
            unplaced,
            missed,
            faults,
        };
        Ok((mapping, unfit))
    }

    /// The letters of a column as the file has them; `None` for one that is made.
    pub fn letters_of(&self, column: usize) -> Option<&str> {
        let is_made = self.own_columns.is_some_and(|own| column >= own);
        (!is_made).then(|| self.letters[column].as_str())
    }

    /// The number of the declared reason why a record is left out, if it is.
    pub fn left_out(&self, cells: &Cells, record: usize) -> Option<u8> {
        let cell = cells.get(self.left_out?, record);
        std::str::from_utf8(cell).ok()?.parse().ok()
    }

    /// What looking tables up came to.
    pub fn joined(&self) -> &Joined {
        &self.joined
    }

    /// The name of a column for a message; `None` for one that has none, or one that looks like a value.
    pub fn told(&self, column: usize) -> Option<&str> {
        let name = self.names[column].as_str();
        (!name.is_empty() && !looks_like_a_value(name)).then_some(name)
    }
}

/// What of a source's columns does not fit.
#[derive(Debug)]
pub struct Unfit {
    /// Columns that are no field and not left out.
    pub unplaced: Vec<usize>,
    /// Fields that no column is, and that are not said to be absent.
    pub missed: Vec<usize>,
    /// Why a run would refuse the source, if it would.
    pub faults: Vec<String>,
}

/// What the worklist calls the key of a database: its own columns have names that begin otherwise.
fn worklist_name(key: &str) -> String {
    if key.starts_with("local_") {
        key.to_owned()
    } else {
        format!("local_{key}")
    }
}

/// Where less than one name in so many is known, the first row may be a record.
const FEW: usize = 5;

/// The first row may be a record, so nothing of it is repeated.
fn no_name(source: &SourceConfig, header: &HeaderRow, schema: &Schema, named: usize) -> String {
    let is_field = |name: &str| schema.fields.iter().any(|f| f.name == name);
    if let Some(separator) = separator::other_than_comma(&header.names, is_field) {
        let or = match (source.source.configured, separator) {
            (true, "tabs") => ", or write `delimiter: tab` under the source",
            (true, _) => ", or write `delimiter: \";\"` under the source",
            (false, _) => "",
        };
        return format!(
            "cells are separated by {separator}. Save the file with commas between the cells{or}"
        );
    }
    let columns = if source.source.configured {
        " or stands under `columns:`"
    } else {
        ""
    };
    match named {
        0 => format!(
            "no cell of the first row is the name of a field of {}{columns}. A source begins with a row of column names",
            schema.id
        ),
        n => format!(
            "only {n} of {} cells of the first row are names of fields of {}{columns}; it may be a record, so nothing of it is repeated here. A source begins with a row of column names",
            header.names.len(),
            schema.id
        ),
    }
}

fn unknown(
    name: &str,
    column: &str,
    schema: &Schema,
    missing: &[&str],
    configured: bool,
) -> String {
    if name.is_empty() {
        return format!("column {column} has no name. Name it in the source, or remove it");
    }
    if looks_like_a_value(name) {
        return format!(
            "column {column} has a name that looks like a value, so it is not repeated here. Name the column in the source"
        );
    }
    let place = format!("column {column} `{name}` is not a field of {}", schema.id);
    // A far-fetched field is worse than none: pasted without a thought, it puts one value into another's place.
    match nearest_of(name, missing.iter().copied(), 0.4) {
        Some(near) if !configured => {
            format!("{place}. Rename it in the file to `{near}` if it is that, or remove it")
        }
        None if !configured => {
            format!("{place}. Rename it in the file to the field it is, or remove it")
        }
        Some(near) => format!(
            "{place}; the nearest is `{near}`. Write `{name}: {near}` under `columns:`, or `{name}` under `ignore:`"
        ),
        None => {
            format!("{place}. Say under `columns:` which field it is, or name it under `ignore:`")
        }
    }
}

/// A header cell that was written over may be a date, a number or a postcode; those reach no message.
fn looks_like_a_value(name: &str) -> bool {
    let digits = name.chars().filter(|c| c.is_numeric()).count();
    let (text, _, _) = encoding_rs::WINDOWS_1252.encode(name);
    let mut token = false;
    tokens::scan(&text, |_| token = true);
    token || digits >= 5 || name.chars().count() > 80
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Source;

    fn source() -> SourceConfig {
        SourceConfig {
            source: Source {
                name: "s".into(),
                path: "s.csv".into(),
                encoding: None,
                format: crate::extract::Format::of(crate::extract::Kind::Csv),
                query: None,
                configured: true,
                recipe: None,
            },
            columns: Vec::new(),
            values: Vec::new(),
            codes: None,
            ignore: Vec::new(),
            absent: Vec::new(),
        }
    }

    /// A header of every field that must be there, and these columns.
    fn fit(
        source: &SourceConfig,
        more: &[&str],
        cancelled: Option<&str>,
    ) -> Result<Mapping, MapError> {
        let schema = Schema::load("cld-release-2", None).unwrap();
        let wanted = schema.fields.iter().filter(|f| !f.optional());
        let mut names: Vec<_> = wanted.map(|f| f.name.clone()).collect();
        names.extend(more.iter().map(|name| (*name).to_owned()));
        Mapping::fit(
            source,
            cancelled,
            &HeaderRow {
                names,
                ..HeaderRow::default()
            },
            &schema,
        )
    }

    #[test]
    fn columns_find_their_places() {
        let mut source = source();
        source.ignore = vec!["Team".into()];
        source.values = vec![(9, vec![("F".into(), "Female".into())])];
        let more = ["First Name", "Team", "local_a", "State", "GP Practice Name"];
        let mapping = fit(&source, &more, Some("State")).unwrap();
        let at = |name: &str| mapping.names.iter().position(|n| n == name);
        assert_eq!(mapping.width, mapping.names.len());
        assert_eq!(mapping.fields[0], Some(0));
        assert_eq!(mapping.fields[5], at("First Name"));
        assert_eq!(mapping.fields[6], None, "Last Name is not there");
        assert_eq!(mapping.fields[7], at("GP Practice Name"));
        assert_eq!(
            mapping.local,
            [("local_a".to_owned(), at("local_a").unwrap())]
        );
        assert_eq!(mapping.cancelled, at("State"));
        assert_eq!(mapping.values[9].as_ref().unwrap()["F"], "Female");
    }

    #[test]
    fn every_fault_is_told() {
        let mut source = source();
        source.columns = vec![("Sex".into(), 9)];
        source.absent = vec![22];
        let error = fit(&source, &["Sex", "Teem", "", "Teem"], None).unwrap_err();
        let faults = error.faults.join("\n");
        assert_eq!(error.faults.len(), 5, "{faults}");
        for part in [
            "are both the field `Gender`",
            "column AV `Teem` is not a field",
            "column AW has no name",
            "column AV and column AX are both called `Teem`",
            "`Dementia` stands under `absent:`",
        ] {
            assert!(faults.contains(part), "{part} in {faults}");
        }
    }

    #[test]
    fn a_first_row_without_any_name_is_not_repeated() {
        let schema = Schema::load("cld-release-2", None).unwrap();
        let names = vec!["999".into(), "Lovelace".into()];
        let error = Mapping::fit(
            &source(),
            None,
            &HeaderRow {
                names,
                ..HeaderRow::default()
            },
            &schema,
        )
        .unwrap_err();
        assert!(!error.to_string().contains("Lovelace"));
        assert_eq!(error.faults.len(), 1);
    }

    #[test]
    fn a_header_cell_that_looks_like_a_value_is_not_repeated() {
        for value in ["9990023247", "999 002 3247", "ZX3 5LX", "12/03/1950"] {
            let error = fit(&source(), &[value], None).unwrap_err().to_string();
            assert!(
                !error.contains(value) && error.contains("column AU"),
                "{error}"
            );
        }
        let error = fit(&source(), &["Address Line 1"], None)
            .unwrap_err()
            .to_string();
        assert!(error.contains("Address Line 1"), "{error}");
    }

    #[test]
    fn a_submission_is_no_source() {
        let error = fit(&source(), &["Der_NHS_Number_Pseudo"], None).unwrap_err();
        assert_eq!(error.faults.len(), 1);
        assert!(
            error.to_string().contains("never pseudonymised again"),
            "{error}"
        );
    }

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
            assert_eq!(letters(at), name);
        }
    }
}
