//! What was found in the records, and how good their fields are.

use serde::{Deserialize, Serialize};

use crate::attest::predicate::sum;

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
