//! What a configuration says of a source: its file or query, its columns, its local codes.

use std::collections::HashMap;

use super::codes::{self, CodeRow};
use super::odbc::{self, RawOdbc};
use super::raw::{Pairs, RawSource};
use super::raw_table::RawTable;
use super::reader::{Reader, hex_digest};
use super::tables::Shared;
use super::valid::{CodesFile, SourceConfig};
use crate::extract::{Format, Kind, Source};
use crate::nearest::closest;
use crate::schema::{Field, Kind as FieldKind, Schema, Treatment};
use crate::tokens;

/// How many faults of one file are told.
const MOST_FAULTS: usize = 20;

impl Reader<'_> {
    pub(super) fn source(
        &mut self,
        at: usize,
        raw: &RawSource,
        names: &[&str],
        schema: &Schema,
        shared: &mut Shared<'_>,
    ) -> SourceConfig {
        let key = format!("sources[{}]", at + 1);
        let source = self.made_source(&key, raw, shared);
        let mut columns: Vec<(String, usize)> = Vec::new();
        for (column, field) in &raw.columns.0 {
            let Some(field) = self.field(&format!("{key}.columns"), field, schema) else {
                continue;
            };
            if let Some((other, _)) = columns.iter().find(|(_, f)| *f == field) {
                let fault = format!(
                    "`{other}` and `{column}` are both `{}`",
                    schema.fields[field].name
                );
                self.fault(&format!("{key}.columns"), &fault);
            }
            columns.push((column.trim().to_owned(), field));
        }
        let mut values: Vec<(usize, Vec<(String, String)>)> = Vec::new();
        for (name, pairs) in &raw.values.0 {
            let Some((field, pairs)) = self.values(&key, name, pairs, schema) else {
                continue;
            };
            if values.iter().any(|(f, _)| *f == field) {
                let fault = format!("`{}` stands there twice", schema.fields[field].name);
                self.fault(&format!("{key}.values"), &fault);
            }
            values.push((field, pairs));
        }
        let codes = raw
            .values_file
            .as_deref()
            .and_then(|file| self.codes(&key, (&raw.name, names), file, schema, &mut values));
        let absent = raw
            .absent
            .iter()
            .filter_map(|name| self.field(&format!("{key}.absent"), name, schema))
            .collect();
        SourceConfig {
            source,
            columns,
            values,
            codes,
            ignore: raw.ignore.iter().map(|c| c.trim().to_owned()).collect(),
            absent,
        }
    }

    /// The file of a source or of a table, from the keys that say which it is and how it is read.
    pub(super) fn file_source(&mut self, key: &str, name: &str, raw: &RawTable) -> Source {
        let (format, encoding) = match super::format::read(raw) {
            Ok(read) => read,
            Err(faults) => {
                for (of, fault) in faults {
                    self.fault(&format!("{key}{of}"), &fault);
                }
                (Format::of(Kind::Csv), None)
            }
        };
        let mut query = None;
        if format.kind == Kind::Odbc {
            match odbc::read(&RawOdbc::of(raw), self.base, &self.spooling) {
                Ok(read) => query = Some(read),
                Err(faults) => {
                    for (of, fault) in faults {
                        self.fault(&format!("{key}{of}"), &fault);
                    }
                }
            }
        }
        let place = raw.query.as_deref().or(raw.file.as_deref());
        Source {
            path: self.path(place.unwrap_or_default()),
            encoding,
            format,
            query,
            ..self.nowhere(name)
        }
    }

    /// A source without a file, where a fault was told already.
    pub(super) fn nowhere(&self, name: &str) -> Source {
        Source {
            name: name.to_owned(),
            path: self.base.to_owned(),
            encoding: None,
            format: Format::of(Kind::Csv),
            query: None,
            configured: true,
            recipe: None,
        }
    }

    fn values(
        &mut self,
        key: &str,
        name: &str,
        pairs: &Pairs<String>,
        schema: &Schema,
    ) -> Option<(usize, Vec<(String, String)>)> {
        let key = format!("{key}.values");
        let at = self.field(&key, name, schema)?;
        let field = &schema.fields[at];
        if let Some(fault) = never_mapped(field) {
            self.fault(&key, &format!("`{name}` {fault}"));
        }
        for (local, value) in &pairs.0 {
            if !value.is_empty()
                && let Some(nearest) = not_listed(field, value, schema)
            {
                let fault = format!(
                    "`{name}`: `{local}` is mapped to `{value}`, which is not in the list; the nearest is `{nearest}`"
                );
                self.fault(&key, &fault);
            }
        }
        let pairs = pairs.0.iter();
        let pairs = pairs.map(|(l, v)| (l.trim().to_owned(), v.clone()));
        Some((at, pairs.collect()))
    }

    /// Adds what the file says of this source to the values of the configuration itself.
    fn codes(
        &mut self,
        key: &str,
        (source, names): (&str, &[&str]),
        file: &str,
        schema: &Schema,
        values: &mut Vec<(usize, Vec<(String, String)>)>,
    ) -> Option<CodesFile> {
        let key = format!("{key}.values_file");
        let path = self.path(file);
        let (bytes, rows) = match codes::read(&path) {
            Ok(read) => read,
            Err(fault) => {
                self.fault(&key, &fault);
                return None;
            }
        };
        let mut faults: Vec<String> = Vec::new();
        let mut undecided = Vec::new();
        let mut stated: HashMap<(usize, String), Option<u64>> = HashMap::new();
        for (field, pairs) in values.iter() {
            stated.extend(
                pairs
                    .iter()
                    .map(|(local, _)| ((*field, local.clone()), None)),
            );
        }
        for CodeRow {
            row,
            source: of,
            field: name,
            local,
            value,
        } in rows
        {
            let mut fault =
                |fault: String| faults.push(format!("{} row {row}: {fault}", path.display()));
            if !of.is_empty() && !names.contains(&of.as_str()) {
                let nearest = closest(&of, names.iter().copied()).unwrap_or_default();
                fault(format!(
                    "{} is not the name of a source; the nearest is `{nearest}`",
                    shown(&of)
                ));
                continue;
            }
            if !of.is_empty() && of != source {
                continue;
            }
            let Some(at) = schema.position(&name) else {
                let names = schema.fields.iter().map(|f| f.name.as_str());
                let nearest = closest(&name, names).unwrap_or_default();
                fault(format!(
                    "{} is not a field of {}; the nearest is `{nearest}`",
                    shown(&name),
                    schema.id
                ));
                continue;
            };
            let field = &schema.fields[at];
            if let Some(why) = never_mapped(field) {
                fault(format!("`{}` {why}", field.name));
                continue;
            }
            if value.is_empty() {
                undecided.push((at, local));
                continue;
            }
            if let Some(nearest) = not_listed(field, &value, schema) {
                fault(format!(
                    "{} is not in the list of `{}`; the nearest is `{nearest}`",
                    shown(&value),
                    field.name
                ));
            }
            match stated.insert((at, local.clone()), Some(row)) {
                None => match values.iter_mut().find(|(f, _)| *f == at) {
                    Some((_, pairs)) => pairs.push((local, value)),
                    None => values.push((at, vec![(local, value)])),
                },
                Some(Some(first)) => fault(format!(
                    "has the field and local code of row {first} again. Keep one of the two"
                )),
                Some(None) => fault(format!(
                    "its local code of `{}` stands under `values:` in the configuration too. Keep one of the two",
                    field.name
                )),
            }
        }
        let more = faults.len().saturating_sub(MOST_FAULTS);
        for fault in faults.iter().take(MOST_FAULTS) {
            self.fault(&key, fault);
        }
        if more > 0 {
            self.fault(&key, &format!("{} has {more} more faults", path.display()));
        }
        Some(CodesFile {
            path,
            digest: hex_digest(&bytes),
            undecided,
        })
    }
}

/// Why the values of a field are not to be mapped, if they are not.
fn never_mapped(field: &Field) -> Option<&'static str> {
    if field.treatment != Treatment::Keep {
        Some(
            "is an identifier or a source of derived values and is never mapped; correct it in the case system",
        )
    } else if field.kind == FieldKind::Date {
        Some("is a day, and days are never mapped; correct it in the case system")
    } else {
        None
    }
}

/// The value of the field's list that is nearest, where the list is known in full and lacks the one given.
fn not_listed<'s>(field: &Field, value: &str, schema: &'s Schema) -> Option<&'s str> {
    let list = &schema.lists[field.list?];
    let values = || list.values.iter().map(|v| v.value.as_str());
    if !list.complete.is_closed() || values().any(|v| v == value) {
        return None;
    }
    Some(closest(value, values()).unwrap_or_default())
}

/// A cell of a table of codes for a message: in the wrong column it may be what was met in somebody's record.
fn shown(cell: &str) -> String {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let mut token = false;
    tokens::scan(cell.as_bytes(), |_| token = true);
    if token || digits >= 5 || cell.chars().count() > 80 {
        "its text, not repeated here,".to_owned()
    } else {
        format!("`{cell}`")
    }
}
