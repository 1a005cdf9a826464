//! What a selection came to: who is asked about, and who not and why.

use std::collections::BTreeMap;

use super::rule::Rule;

/// Why somebody is not asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// The row has no person id.
    NoPersonId,
    /// Several rows have the person id, so that nobody knows which is right.
    SeveralRows,
    /// A date of death.
    Dead,
    /// No allocation without an end.
    NoWorker,
    /// A date of death that cannot be read or stands for none.
    DeathUnclear,
    /// Objected to the use of the NHS number.
    Objection,
    /// The number is verified already.
    Verified,
    /// A baby under six weeks.
    Baby,
    /// Asked about, and the answer is to come.
    Waiting,
    /// On the work list, and nothing was changed since.
    Unsettled,
    /// Another living person of the case system has the same number.
    NumberShared,
    /// Too little is recorded to ask.
    Incomplete,
}

impl Exclusion {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Self; 12] = [
        Self::NoPersonId,
        Self::SeveralRows,
        Self::Dead,
        Self::NoWorker,
        Self::DeathUnclear,
        Self::Objection,
        Self::Verified,
        Self::Baby,
        Self::Waiting,
        Self::Unsettled,
        Self::NumberShared,
        Self::Incomplete,
    ];

    /// A stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPersonId => "no_person_id",
            Self::SeveralRows => "several_rows",
            Self::Dead => "dead",
            Self::NoWorker => "no_worker",
            Self::DeathUnclear => "death_unclear",
            Self::Objection => "objection",
            Self::Verified => "verified",
            Self::Baby => "baby",
            Self::Waiting => "waiting",
            Self::Unsettled => "unsettled",
            Self::NumberShared => "number_shared",
            Self::Incomplete => "incomplete",
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoPersonId => "the row has no person id",
            Self::SeveralRows => {
                "several rows have this person id: with a worker, on the work list"
            }
            Self::Dead => "a date of death",
            Self::NoWorker => "no allocation to a worker without an end date",
            Self::DeathUnclear => {
                "a date of death that cannot be read or stands for none: on the work list"
            }
            Self::Objection => "objected to the use of the NHS number",
            Self::Verified => "the number is verified",
            Self::Baby => "a baby under six weeks",
            Self::Waiting => "asked about, the answer is to come",
            Self::Unsettled => "on the work list, and nothing was changed since",
            Self::NumberShared => "another living person has the same number: on the work list",
            Self::Incomplete => "too little is recorded to ask: on the work list",
        }
    }
}

/// How many rows without a person id are named.
pub const ROWS_NAMED: usize = 20;

/// What a selection came to. Numbers only.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Rows of the people file.
    pub rows: u64,
    /// To be asked with the number they have.
    pub cross_check: u64,
    /// To be asked by name.
    pub alphanumeric: u64,
    /// Of those, how many are asked again without a postcode or number, or because an answer did not come.
    pub again: u64,
    /// The others.
    pub excluded: BTreeMap<Exclusion, u64>,
    /// The first rows without a person id, as a spreadsheet counts, at most [`ROWS_NAMED`].
    pub rows_without_id: Vec<u64>,
    /// Allocations with an end that cannot be read: they count as ended.
    pub unreadable_ends: u64,
    /// What was noticed of people in the register.
    pub noticed: BTreeMap<Rule, u64>,
}

impl Selection {
    /// How many are asked about.
    pub fn selected(&self) -> u64 {
        self.cross_check + self.alphanumeric
    }
}
