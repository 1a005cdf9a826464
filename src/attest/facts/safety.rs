//! What was done to find out whether anything leaked, and what came of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
