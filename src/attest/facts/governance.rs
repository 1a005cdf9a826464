//! By what right the data are processed, and who objected.

use serde::{Deserialize, Serialize};

use crate::attest::disclosed::PeopleCount;

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
