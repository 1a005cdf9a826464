//! The parts of a predicate: plain data about sources, fields, records, findings, keys and papers.
//!
//! Whole numbers only; no cell value, no user or machine name, no absolute path. Lists say how they are sorted.

mod governance;
mod quality;
mod safety;
mod source;

pub use governance::*;
pub use quality::*;
pub use safety::*;
pub use source::*;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::disclosed::PeopleCount;
use crate::schema;

/// What made the bundle. The build stands in [`Run`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `cld-return`.
    pub name: String,
    /// Of the package.
    pub version: String,
}

/// The return's schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaRef {
    /// `cld-release-2`.
    pub id: String,
    /// For people.
    pub title: String,
    /// `2`.
    pub release: String,
    /// SHA-256 in hexadecimal.
    pub digest: String,
}

/// The council.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// Its LA code, which is also the controller part of the key derivation.
    pub la_code: String,
    /// For people.
    pub name: String,
}

/// The reporting period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// As the configuration says.
    pub stated: Dates,
    /// As the records say; `None` where they say nothing or contradict each other.
    pub derived: Option<Dates>,
}

/// First and last day, both included, as `2025-04-01`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// First day.
    pub start: String,
    /// Last day.
    pub end: String,
}

/// The pseudonym key, as far as it may be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// 16 hexadecimal digits.
    pub id: String,
    /// Chosen by the council; another epoch gives other pseudonyms.
    pub epoch: String,
    /// [`crate::treat::key::ALGORITHM`].
    pub algorithm: String,
    /// The domains that pseudonyms were made in, sorted.
    pub domains: Vec<String>,
    /// A published test key: the pseudonyms protect nobody.
    pub test: bool,
    /// In what form the key was kept when it was used: [`crate::treat::Custody::words`].
    pub custody: String,
    /// The age public key of the custodian that a crosswalk from pseudonyms to records was encrypted to, beside this bundle
    /// and outside it; nothing where none was made.
    pub crosswalk: Option<String>,
}

/// The signing key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningKeyRef {
    /// SHA-256 of the SPKI DER in hexadecimal.
    pub id: String,
    /// [`crate::attest::sign::ALGORITHM`].
    pub algorithm: String,
    /// The published test key: the signature proves nothing about who signed.
    pub test: bool,
}

/// What happened to one field on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldTreatment {
    /// Header of the return: `Date of Birth`.
    pub field: String,
    /// What was done.
    pub treatment: TreatmentKind,
    /// The columns that were made of it, in order.
    pub columns: Vec<OutputColumn>,
    /// The configuration is stricter here than the schema.
    pub stricter_than_schema: bool,
}

/// One column of the submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputColumn {
    /// `Der_Birth_Year`.
    pub name: String,
    /// In which form, in a few words: `year only`, `keyed pseudonym (la-person)`, `as checked`.
    pub form: String,
}

/// Records in and out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Read from all sources.
    pub read: u64,
    /// In the submission.
    pub submitted: u64,
    /// Excluded, by reason (contract section 9).
    pub excluded: BTreeMap<String, u64>,
    /// Different people in the submission, by combined person id.
    pub people: u64,
    /// Records of the extract with at least one finding of severity error.
    pub with_errors: u64,
}

/// The gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// As configured: `100%`.
    pub max_error_records: String,
    /// What share of the people of the bundle before had to be there again: `at least 60%`; `None` where that was left
    /// open.
    pub people_again: Option<String>,
}

/// What NHS numbers that tracing verified came to in the submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tracing {
    /// The digest of the last entry of the register's log.
    pub register: String,
    /// Records submitted with a number as the case system has it.
    pub records_with_number_before: u64,
    /// Records submitted with that or a verified one.
    pub records_with_number: u64,
    /// Records whose number is another one than the verified one of their person.
    pub records_that_differ: u64,
    /// People with a verified number.
    pub people: PeopleCount,
    /// Those of them whose records would be several persons' without tracing.
    pub people_healed: PeopleCount,
    /// Those of them of whom a record has another number.
    pub people_who_differ: PeopleCount,
}

/// The submission files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// [`super::predicate::ROW_ORDER`].
    pub row_order: String,
    /// Columns of the submission.
    pub columns: u64,
    /// Rows of the submission.
    pub rows: u64,
}

/// The run before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// SHA-256 of its `manifest.json`, in hexadecimal.
    pub manifest_digest: String,
    /// Its run.
    pub run_id: String,
    /// Its period, as stated.
    pub period: Dates,
    /// The share of its people who are in this submission too: whole per cent, or words where those are few who are, or
    /// who are not. `None` where pseudonyms of the two cannot be compared.
    pub people_again: Option<String>,
    /// What differs, in the order in which a reviewer should read it.
    pub changes: Vec<Change>,
}

/// One thing that differs from the bundle before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What it is about.
    pub kind: ChangeKind,
    /// The difference in a sentence.
    pub words: String,
    /// What stood there; `None` for nothing.
    pub before: Option<String>,
    /// What stands there now; `None` for nothing.
    pub after: Option<String>,
}

/// What a change is about; what a reviewer must see first is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A field leaves that did not.
    FieldAdded,
    /// A field leaves in another form.
    FieldForm,
    /// A field does not leave any more.
    FieldRemoved,
    /// Legal basis, papers and their dates.
    Authority,
    /// Who receives it, from whom, and what for.
    Disclosure,
    /// The keys.
    Key,
    /// Handling of opt-outs and objections.
    OptOuts,
    /// Exclusions and the gate.
    Selection,
    /// The reporting period.
    Period,
    /// Numbers of people.
    People,
    /// Numbers of records.
    Records,
    /// Where the records come from.
    Sources,
    /// Broken rules, and rules that could not run.
    Rules,
    /// Shares of valid and missing values.
    Quality,
    /// Program and schema.
    Versions,
}

/// What may differ between two equal runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// UTC, RFC 3339.
    pub started: String,
    /// UTC, RFC 3339.
    pub finished: String,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Target and profile of the program.
    pub tool_build: String,
    /// SHA-256 of the program file in hexadecimal; `None` where it could not be read.
    pub tool_digest: Option<String>,
}

/// What may happen to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TreatmentKind {
    /// Written as checked.
    Keep,
    /// Written as something less telling.
    Derive,
    /// Written as a keyed pseudonym.
    Pseudonymise,
    /// Not written.
    Drop,
}

impl From<schema::Treatment> for TreatmentKind {
    fn from(treatment: schema::Treatment) -> Self {
        match treatment {
            schema::Treatment::Keep => Self::Keep,
            schema::Treatment::Derive => Self::Derive,
            schema::Treatment::Pseudonymise => Self::Pseudonymise,
            schema::Treatment::Drop => Self::Drop,
        }
    }
}
