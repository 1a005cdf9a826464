//! What was read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// As the configuration calls it.
    pub name: String,
    /// `csv`, `csv.gz`, `xlsx`, `parquet`, `arrow`, `odbc`.
    pub kind: String,
    /// `utf-8`, `windows-1252`, `utf-16le`; of text alone.
    pub encoding: Option<String>,
    /// The sheet that was read; of workbooks alone.
    pub sheet: Option<String>,
    /// The query; of databases alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Query>,
    /// Length of the file in bytes; of what a query gave as comma-separated text.
    pub bytes: u64,
    /// Records read.
    pub rows: u64,
    /// Lines without any value, which are no records.
    pub blank_lines: u64,
    /// HMAC-SHA-256 of the file, or of that text, in the domain `source-digest`, in hexadecimal. A plain digest of
    /// identifiable data could be guessed by brute force.
    pub keyed_digest: String,
    /// Columns that the configuration left out, `local_` columns included, sorted.
    pub columns_ignored: Vec<String>,
    /// Fields of the return that the source does not have, sorted.
    pub fields_absent: Vec<String>,
    /// How many codes the configuration mapped to values of the return, by field.
    pub values_mapped: BTreeMap<String, u64>,
    /// Tables that were looked up for its records, in that order.
    #[serde(default)]
    pub tables: Vec<Table>,
}

/// One table that was looked up for the records of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// As the configuration calls it.
    pub name: String,
    /// As of a source.
    pub kind: String,
    /// As of a source.
    pub encoding: Option<String>,
    /// As of a source.
    pub sheet: Option<String>,
    /// As of a source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Query>,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Rows of the table.
    pub rows: u64,
    /// As of a source.
    pub keyed_digest: String,
    /// Records by what looking up came to.
    pub records: TableRecords,
}

/// Records by what looking a table up came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableRecords {
    /// A row was taken.
    pub matched: u64,
    /// There is no row for them.
    pub unmatched: u64,
    /// There are several, and nothing decides.
    pub undecided: u64,
    /// They have no key.
    pub without_key: u64,
}

impl Source {
    /// Kind, encoding and sheet, for people.
    pub fn form(&self) -> String {
        form(
            &self.kind,
            self.encoding.as_deref(),
            self.sheet.as_deref(),
            self.query.as_ref(),
        )
    }
}

impl Table {
    /// Kind, encoding and sheet, for people.
    pub fn form(&self) -> String {
        form(
            &self.kind,
            self.encoding.as_deref(),
            self.sheet.as_deref(),
            self.query.as_ref(),
        )
    }
}

fn form(kind: &str, encoding: Option<&str>, sheet: Option<&str>, query: Option<&Query>) -> String {
    let sheet = sheet.map(|sheet| format!("sheet {sheet}"));
    let query = query.map(|query| format!("query {}, SHA-256 {}", query.name, query.digest));
    let parts = [Some(kind), encoding, sheet.as_deref(), query.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The query that a source or a table is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Name of the file that holds it.
    pub name: String,
    /// SHA-256 of that file, in hexadecimal. It holds no data.
    pub digest: String,
}
