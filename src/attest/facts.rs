//! The parts of a predicate: plain data about sources, fields, records, findings, keys and papers.
//!
//! Whole numbers only; no cell value, no user or machine name, no absolute path. Lists say how they are sorted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::disclosed::PeopleCount;
use super::predicate::sum;
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

/// References to the papers; `None` where the configuration names none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Governance {
    /// The law that demands or allows the disclosure.
    pub legal_basis: Option<String>,
    /// The direction or notice.
    pub direction: Option<String>,
    /// Data protection impact assessment.
    pub dpia: Option<String>,
    /// Date by which it has to be reviewed.
    pub dpia_review_by: Option<String>,
    /// Data sharing agreement.
    pub sharing_agreement: Option<String>,
    /// Its last day.
    pub sharing_agreement_ends: Option<String>,
    /// Date (`2032-03-31`) until which the bundle is kept.
    pub retain_until: Option<String>,
}

/// What was done about people's objections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptOuts {
    /// The national data opt-out.
    pub national_data_opt_out: OptOut,
    /// Objections under Article 21 of the UK GDPR.
    pub objections: Objections,
}

/// Objections that people made to the council.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objections {
    /// Whether records were left out because of them.
    pub applied: bool,
    /// Why, or why not.
    pub reason: String,
    /// Records that were left out because of them.
    pub records_removed: u64,
    /// The list that was held against the people submitted; `None` where none was given.
    pub list: Option<ObjectionsList>,
}

/// What a list of objections came to. Its name, its text and digests of it are never told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectionsList {
    /// Entries.
    pub entries: PeopleCount,
    /// Those of them with neither an NHS number nor a council person identifier that can be read.
    pub unread: PeopleCount,
    /// People on the list who are in the submission.
    pub people: PeopleCount,
}

/// People in the submission who have something in common. Groups may overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeopleGroup {
    /// Header of the field that tells: `Client Type`.
    pub field: String,
    /// What they have in common, in words: `unpaid carers`.
    pub group: String,
    /// How many there are.
    pub people: PeopleCount,
}

/// One kind of opt-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptOut {
    /// Whether records were left out because of it.
    pub applied: bool,
    /// Why, or why not.
    pub reason: String,
    /// Records that were left out because of it.
    pub records_removed: u64,
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

/// How often one rule was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFindings {
    /// `event_end_date.before_start`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// Header of the field.
    pub field: String,
    /// What the rule demands, in a sentence. Never a value.
    pub words: String,
    /// Records with the finding.
    pub records: u64,
    /// Records where it only follows from another finding; not part of `records`.
    pub caused: u64,
}

/// Values written otherwise than received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rewritten {
    /// Header of the field.
    pub field: String,
    /// What was done: `Release 1 value replaced`, `exact spelling of the list`.
    pub change: String,
    /// In how many records.
    pub records: u64,
}

/// A rule that could not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleNotRun {
    /// Its code.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// Validity of one field over the submitted records; the six counts add up to the records submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldQuality {
    /// Group of the national grid.
    pub module: String,
    /// Header of the field.
    pub field: String,
    /// In its list, or of its type and format.
    pub valid: u64,
    /// A value of the Release 1 list only.
    pub release_1: u64,
    /// In no list, but the list is not fully known.
    pub unverified: u64,
    /// Anything else.
    pub invalid: u64,
    /// Blank, and mandatory.
    pub blank_mandatory: u64,
    /// Blank, and not mandatory.
    pub blank: u64,
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

/// One check of the output itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What was checked, in a sentence.
    pub check: String,
    /// How it went.
    pub result: CheckResult,
    /// The figures behind the result.
    pub figures: BTreeMap<String, u64>,
}

/// What the run tried on itself before it was sealed: see `cld attack` for the whole of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfAttack {
    /// Identifiers that were tried, by family, sorted.
    pub identifiers: BTreeMap<String, TriedIdentifiers>,
    /// Ways of hashing without a secret that all of them were tried in: every usual hash alone, and with the LA code.
    pub likely_forms: u64,
    /// Further ways, with salts and keys that are no secret.
    pub further_forms: u64,
    /// Digests that were compared with the pseudonyms, rounded down to the first digit: exactly, it would tell how many
    /// identifiers there are.
    pub comparisons: u64,
    /// Forms that make a pseudonym of the run: always 0, as no bundle is made otherwise.
    pub matches: u64,
    /// How many people are alone with what stands about them. Empty where the submission has no pseudonym of the LA person id.
    pub uniqueness: Vec<Uniqueness>,
}

/// Identifiers of one family that were tried: those with the smallest pseudonyms. No numbers of a few: of NHS numbers there
/// are as many as people who have one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriedIdentifiers {
    /// In the likely forms: `all`, or how many of more.
    pub likely: String,
    /// In the further forms too.
    pub further: String,
}

/// How many people share a combination of details with nobody in the submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uniqueness {
    /// In words: `month of birth, gender`.
    pub details: String,
    /// How many are alone: `12.3%`, or words where a figure would tell of fewer than ten people on either side.
    pub alone: String,
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

/// How bad a finding is; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Wrong.
    Error,
    /// Probably wrong.
    Warning,
    /// Worth knowing.
    Info,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// As it should be.
    Passed,
    /// Not as it should be; a bundle with a failed check is not made.
    Failed,
    /// Could not be checked.
    NotRun,
}

impl FieldQuality {
    /// The sum of the six counts, `None` where it overflows.
    pub fn total(&self) -> Option<u64> {
        sum([
            self.valid,
            self.release_1,
            self.unverified,
            self.invalid,
            self.blank_mandatory,
            self.blank,
        ])
    }

    /// Records with something in the field.
    pub fn filled(&self) -> u64 {
        self.valid
            .saturating_add(self.release_1)
            .saturating_add(self.unverified)
            .saturating_add(self.invalid)
    }
}
