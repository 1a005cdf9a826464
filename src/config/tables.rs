//! What a configuration says of a source of several tables, and of columns that are derived from others: `tables:`, `from:`,
//! `join:`, `no_key:`, `blank:`, `derive:` and `exclude:`.

use std::sync::Arc;

use super::raw::{RawBlank, RawJoin, RawOtherwise, RawPrefer, RawSource};
use super::raw_table::RawTable;
use super::reader::Reader;
use super::valid::{Period, REASONS_OF_THE_RETURN};
use crate::date::Date;
use crate::extract::told;
use crate::extract::{
    Blank, Expression, Join, LOOKUP_MEMORY, Otherwise, Prefer, Recipe, Source, ValidAt,
};

/// Preferences of a join at most: one bit each.
const MOST_PREFERENCES: usize = 8;

/// Declared reasons at most.
const MOST_REASONS: usize = 100;

/// What all sources share.
pub(super) struct Shared<'a> {
    pub period: Option<&'a Period>,
    /// The reasons declared so far, in the order in which they are asked.
    pub reasons: &'a mut Vec<String>,
}

impl Reader<'_> {
    /// The file of a source, or the table that has a row for each of its records, with what is to be made of its rows.
    pub(super) fn made_source(
        &mut self,
        key: &str,
        raw: &RawSource,
        shared: &mut Shared<'_>,
    ) -> Source {
        let mut source = match &raw.tables {
            None => self.file_source(key, &raw.name, &raw.table()),
            Some(_) => self.records_source(key, raw),
        };
        if raw.tables.is_none() {
            for (given, of) in [
                (raw.from.is_some(), "from"),
                (!raw.join.is_empty(), "join"),
                (raw.no_key.is_some(), "no_key"),
                (raw.lookup_memory.is_some(), "lookup_memory"),
            ] {
                if given {
                    let fault = "goes with `tables:`, and this source is one file. Remove it";
                    self.fault(&format!("{key}.{of}"), fault);
                }
            }
        }
        source.recipe = self.recipe(key, raw, &source, shared).map(Arc::new);
        source
    }

    fn records_source(&mut self, key: &str, raw: &RawSource) -> Source {
        let tables: &[(String, RawTable)] = raw.tables.as_ref().map_or(&[], |tables| &tables.0);
        if raw.table() != RawTable::default() {
            let fault = "has keys that say how a file is read beside `tables:`. They stand under each table";
            self.fault(key, fault);
        }
        for (name, _) in tables {
            self.word(&format!("{key}.tables"), "the name of a table", name);
        }
        let named = raw.from.as_deref().unwrap_or_default();
        let Some((name, table)) = tables.iter().find(|(name, _)| name == named) else {
            let fault = match raw.from {
                None => "is missing: name the table that has a row for each record".to_owned(),
                Some(_) => no_table(tables),
            };
            self.fault(&format!("{key}.from"), &fault);
            return self.nowhere(&raw.name);
        };
        self.file_source(&format!("{key}.tables.{name}"), &raw.name, table)
    }

    fn recipe(
        &mut self,
        key: &str,
        raw: &RawSource,
        own: &Source,
        shared: &mut Shared<'_>,
    ) -> Option<Recipe> {
        let is_plain = raw.tables.is_none()
            && raw.derive.0.is_empty()
            && raw.exclude.0.is_empty()
            && raw.blank.is_none();
        if is_plain {
            return None;
        }
        let tables: &[(String, RawTable)] = raw.tables.as_ref().map_or(&[], |tables| &tables.0);
        let mut joins: Vec<Join> = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for (at, join) in raw.join.iter().enumerate() {
            let key = format!("{key}.join[{}]", at + 1);
            let name = join.name.as_deref().unwrap_or(&join.table);
            if names.contains(&name) || raw.from.as_deref() == Some(name) {
                let fault =
                    "names a table that is there already; give this one another name with `name:`";
                self.fault(&key, fault);
            }
            joins.extend(self.join(&key, join, tables, own));
            names.push(name);
        }
        for (name, _) in tables {
            let used =
                raw.from.as_ref() == Some(name) || raw.join.iter().any(|join| join.table == *name);
            if !used {
                self.fault(
                    &format!("{key}.tables"),
                    "has a table that nothing joins; join it or remove it",
                );
            }
        }
        let mut derive = Vec::new();
        for (column, text) in &raw.derive.0 {
            let key = format!("{key}.derive");
            if is_column(column) {
                let key = format!("{key}.{column}");
                derive.extend(
                    self.expression(&key, text, &names)
                        .map(|e| (column.clone(), e)),
                );
            } else {
                self.fault(
                    &key,
                    "has a column whose name is blank, too long or looks like a value",
                );
            }
        }
        let mut exclude = Vec::new();
        for (reason, text) in &raw.exclude.0 {
            let Some(number) = self.reason(&format!("{key}.exclude"), reason, shared.reasons)
            else {
                continue;
            };
            let key = format!("{key}.exclude.{reason}");
            exclude.extend(self.expression(&key, text, &names).map(|e| (number, e)));
        }
        if let (Some(RawBlank::OfColumns(columns)), false) = (&raw.blank, tables.is_empty()) {
            for (column, _) in &columns.0 {
                let of_table = column
                    .split_once('.')
                    .is_some_and(|(table, _)| tables.iter().any(|(name, _)| name == table));
                if !of_table {
                    let fault = format!(
                        "{} is not the column of a table, as people.DATE_OF_BIRTH",
                        told(column)
                    );
                    self.fault(&format!("{key}.blank"), &fault);
                }
            }
        }
        let memory = match raw.lookup_memory.as_deref().map(super::format::bytes) {
            None => LOOKUP_MEMORY,
            Some(Some(bytes)) => bytes,
            Some(None) => {
                self.fault(
                    &format!("{key}.lookup_memory"),
                    "is not a size as 500 MiB or 4 GiB",
                );
                LOOKUP_MEMORY
            }
        };
        let no_key = raw.no_key.clone().unwrap_or_else(|| vec!["-1".to_owned()]);
        Some(Recipe {
            key: key.to_owned(),
            from: raw.from.clone(),
            joins,
            no_key: no_key.iter().map(|no| no.trim().to_owned()).collect(),
            blank: blank(raw.blank.as_ref()),
            derive,
            exclude,
            period: shared
                .period
                .map_or((Date::FIRST, Date::LAST), |p| (p.start, p.end)),
            memory,
        })
    }

    fn join(
        &mut self,
        key: &str,
        raw: &RawJoin,
        tables: &[(String, RawTable)],
        own: &Source,
    ) -> Option<Join> {
        let name = raw.name.as_deref().unwrap_or(&raw.table);
        if raw.name.is_some() {
            self.word(&format!("{key}.name"), "the name of a table", name);
        }
        let Some((_, table)) = tables.iter().find(|(name, _)| *name == raw.table) else {
            self.fault(&format!("{key}.table"), &no_table(tables));
            return None;
        };
        if raw.on.0.is_empty() {
            self.fault(
                &format!("{key}.on"),
                "names no columns that are to be equal",
            );
        }
        if raw.prefer.len() > MOST_PREFERENCES {
            let fault = format!("has more than {MOST_PREFERENCES} preferences");
            self.fault(&format!("{key}.prefer"), &fault);
            return None;
        }
        let filter = raw
            .filter
            .as_deref()
            .and_then(|text| self.expression(&format!("{key}.where"), text, &[]));
        let mut prefer = Vec::new();
        for (at, one) in raw.prefer.iter().enumerate() {
            let key = format!("{key}.prefer[{}]", at + 1);
            prefer.extend(match one {
                RawPrefer::Condition(text) => {
                    self.expression(&key, text, &[]).map(Prefer::Condition)
                }
                RawPrefer::ValidNhsNumber(column) => Some(Prefer::ValidNhsNumber(column.clone())),
            });
        }
        let valid_at = raw.valid_at.as_ref().map(|valid_at| ValidAt {
            date: valid_at.date.clone(),
            from: valid_at.from.clone(),
            to: valid_at.to.clone(),
            otherwise: match valid_at.otherwise {
                RawOtherwise::None => Otherwise::Nothing,
                RawOtherwise::LatestInPeriod => Otherwise::LatestInPeriod,
                RawOtherwise::Latest => Otherwise::Latest,
            },
        });
        let path = format!("{}/{}", own.name, raw.table);
        let source = self.file_source(&format!("{key}.table"), &path, table);
        let shown = raw.take.len();
        let row_key = table.key.as_deref().map(|key| key.trim().to_owned());
        let mut take = raw.take.clone();
        take.extend(
            row_key
                .iter()
                .filter(|key| !raw.take.contains(key))
                .cloned(),
        );
        Some(Join {
            key: key.to_owned(),
            name: name.to_owned(),
            table: raw.table.clone(),
            source,
            on: raw.on.0.clone(),
            filter,
            valid_at,
            prefer,
            take,
            shown,
            row_key,
            optional: raw.optional,
        })
    }

    fn expression(&mut self, key: &str, text: &str, tables: &[&str]) -> Option<Expression> {
        Expression::read(key, text, tables)
            .map_err(|fault| self.fault(key, &fault))
            .ok()
    }

    /// The number of a declared reason.
    fn reason(&mut self, key: &str, reason: &str, reasons: &mut Vec<String>) -> Option<u8> {
        let is_snake = reason.starts_with(|c: char| c.is_ascii_lowercase())
            && reason
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !is_snake || !is_word(reason) {
            self.fault(
                key,
                "has a reason that is no word of small letters and underscores, as test_person",
            );
            return None;
        }
        if REASONS_OF_THE_RETURN.contains(&reason) {
            self.fault(
                key,
                &format!("`{reason}` is a reason of the return itself; give yours another name"),
            );
            return None;
        }
        let at = reasons
            .iter()
            .position(|known| known == reason)
            .unwrap_or_else(|| {
                reasons.push(reason.to_owned());
                reasons.len() - 1
            });
        if at >= MOST_REASONS {
            self.fault(
                key,
                &format!("more than {MOST_REASONS} reasons are declared"),
            );
            return None;
        }
        u8::try_from(at).ok()
    }

    fn word(&mut self, key: &str, what: &str, name: &str) {
        if !is_word(name) {
            let fault = format!(
                "{what} is no word of letters, digits and underscores that begins with a letter and has at most four digits"
            );
            self.fault(key, &fault);
        }
    }
}

/// A word that can tell nobody and that expressions can have before a dot.
fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 40
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.bytes().filter(u8::is_ascii_digit).count() < 5
}

fn is_column(name: &str) -> bool {
    let digits = name.chars().filter(|c| c.is_numeric()).count();
    !name.trim().is_empty()
        && name.trim() == name
        && name.chars().count() <= 80
        && digits < 5
        && !name.chars().any(char::is_control)
        && !name.starts_with("cld:")
}

fn no_table(tables: &[(String, RawTable)]) -> String {
    let names: Vec<&str> = tables
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|n| is_word(n))
        .collect();
    format!(
        "is none of the tables under `tables:`: {}",
        names.join(", ")
    )
}

fn blank(raw: Option<&RawBlank>) -> Blank {
    match raw {
        None => Blank::default(),
        Some(RawBlank::Anywhere(values)) => Blank {
            anywhere: values.clone(),
            of_columns: Vec::new(),
        },
        Some(RawBlank::OfColumns(columns)) => Blank {
            anywhere: Vec::new(),
            of_columns: columns.0.clone(),
        },
    }
}
