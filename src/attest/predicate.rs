//! What a manifest says about a run: plain data, filled by the pipeline, read by the report and by other people's tools.
//!
//! `schemas/manifest.schema.json` describes the same shape for other languages. Whole numbers only; no cell
//! value, no user or machine name, no absolute path. Equal inputs, configuration and keys give an equal
//! predicate, apart from [`Run`]: whatever differs between two equal runs belongs there and nowhere else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use super::facts::*;

/// What the bundle is in the eyes of the law, in every manifest and report.
pub const STATUS: &str = "personal data (pseudonymised)";

/// Stands in every manifest and report.
pub const NOTICE: &str = "These records are pseudonymised, not anonymous: they remain personal data under the UK GDPR. \
    Knowingly or recklessly re-identifying a person from them without the consent of the controller is an offence \
    under section 171 of the Data Protection Act 2018.";

/// How the rows of the submission are ordered (contract section 5).
pub const ROW_ORDER: &str = "Ascending by person pseudonym, then by every other column from left to right. \
    The order of the rows says nothing about their order in the council's systems.";

/// Everything a manifest says about a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// [`STATUS`].
    pub status: String,
    /// [`NOTICE`].
    pub notice: String,
    /// Names the run and its directory; derived from inputs and configuration, not from the time.
    pub run_id: String,
    /// What made the bundle.
    pub tool: Tool,
    /// The return it was made for.
    pub schema: SchemaRef,
    /// SHA-256 of the configuration that was in effect, in hexadecimal. Configuration holds no personal data.
    pub configuration_digest: String,
    /// Whose data it is.
    pub controller: Controller,
    /// Who receives it.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// Under which authority.
    pub governance: Governance,
    /// What was done about people's objections.
    pub opt_outs: OptOuts,
    /// The reporting period.
    pub period: Period,
    /// The pseudonym key.
    pub key: Key,
    /// The key that signs this manifest.
    pub signing_key: SigningKeyRef,
    /// The files the records came from, in the order of the configuration.
    pub sources: Vec<Source>,
    /// What happened to each field, in the order of the return.
    pub treatment: Vec<FieldTreatment>,
    /// Optional exclusions that the configuration switched on or off, by name.
    pub selection: BTreeMap<String, bool>,
    /// Records in and out.
    pub counts: Counts,
    /// People in the submission by what they have in common; small numbers are hidden. Sorted as the return's fields are.
    pub people: Vec<PeopleGroup>,
    /// What verified NHS numbers came to, where numbers are traced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracing: Option<Tracing>,
    /// The limit that had to be kept for a bundle to be made.
    pub gate: Gate,
    /// Broken rules over the extract, sorted by rule and field.
    pub findings: Vec<RuleFindings>,
    /// Values that were written otherwise than received, sorted by field and change.
    pub rewritten: Vec<Rewritten>,
    /// Rules that could not run.
    pub rules_not_run: Vec<RuleNotRun>,
    /// Quality of the submitted records, in the order of the return.
    pub data_quality: Vec<FieldQuality>,
    /// The submission files.
    pub output: Output,
    /// What the run checked on the bytes it wrote.
    pub checks: Vec<Check>,
    /// What the run tried on itself.
    pub self_attack: SelfAttack,
    /// The manifest of the run before, where the configuration names one.
    pub previous: Option<Previous>,
    /// What may differ between two equal runs.
    pub run: Run,
}

impl Predicate {
    /// Whether any key is a published one: manifest and report then say TEST KEY.
    pub fn is_test(&self) -> bool {
        self.key.test || self.signing_key.test
    }

    /// The first figures that do not add up, in words.
    pub fn contradiction(&self) -> Option<&'static str> {
        let counts = &self.counts;
        let excluded = sum(counts.excluded.values().copied());
        if sum(self.sources.iter().map(|source| source.rows)) != Some(counts.read) {
            Some("the rows of the sources do not add up to the records read")
        } else if excluded.and_then(|excluded| excluded.checked_add(counts.submitted))
            != Some(counts.read)
        {
            Some("records submitted and excluded do not add up to the records read")
        } else if self.output.rows != counts.submitted {
            Some("the submission has another number of rows than records were submitted")
        } else if self
            .data_quality
            .iter()
            .any(|field| field.total() != Some(counts.submitted))
        {
            Some("the quality figures of a field do not add up to the records submitted")
        } else if self.self_attack.matches > 0 {
            Some("pseudonyms were found out by the run itself")
        } else {
            None
        }
    }
}

/// `None` where the sum overflows.
pub(super) fn sum(figures: impl IntoIterator<Item = u64>) -> Option<u64> {
    figures.into_iter().try_fold(0, u64::checked_add)
}
