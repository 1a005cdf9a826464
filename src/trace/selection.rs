//! What a selection came to: who is asked about, and who not and why.

use std::collections::BTreeMap;

use super::register::Status;
use super::rule::Rule;
use crate::config::TracingConfig;

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

/// How many rows of a kind are named.
pub const ROWS_NAMED: usize = 20;

/// Rows with something that cannot be read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Unread {
    /// How many there are.
    pub count: u64,
    /// The first ones, as a spreadsheet counts, at most [`ROWS_NAMED`].
    pub first: Vec<u64>,
}

impl Unread {
    /// Counts a row.
    pub fn add(&mut self, row: u64) {
        self.count += 1;
        if self.first.len() < ROWS_NAMED {
            self.first.push(row);
        }
    }
}

/// How the allocations fit the configuration and the people.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Rows.
    pub rows: u64,
    /// Rows with a person id and of a type that counts.
    pub counted: u64,
    /// Person ids of those.
    pub ids: u64,
    /// Of these, how many are not in the people file.
    pub strangers: u64,
}

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
    /// People who are not asked about because their date of birth cannot be read.
    pub unreadable_births: Unread,
    /// People with a gender code that is none of the usual ones and not in the configuration: it is sent as not known.
    pub unread_genders: Unread,
    /// People of whom nobody knows whether the case system says that their number is verified: taken as not.
    pub unread_verified: Unread,
    /// Allocations with an end that cannot be read: they count as ended.
    pub unreadable_ends: Unread,
    /// How the allocations fit.
    pub fit: Fit,
    /// What was noticed of people in the register.
    pub noticed: BTreeMap<Rule, u64>,
    /// Of those, how many had a verified number that they have not any more.
    pub taken_back: BTreeMap<Rule, u64>,
}

impl Selection {
    /// How many are asked about.
    pub fn selected(&self) -> u64 {
        self.cross_check + self.alphanumeric
    }

    /// Counts something noticed of a person of the register.
    pub(super) fn noted(&mut self, rule: Rule, old: Option<Status>, new: Status) {
        *self.noticed.entry(rule).or_default() += 1;
        if old == Some(Status::Verified) && new != Status::Verified {
            *self.taken_back.entry(rule).or_default() += 1;
        }
    }

    /// Why a request cannot be right: there are allocations, and by them nobody has a worker. It would ask about nobody, and
    /// note of everybody in the register that they left.
    pub fn fault(&self, config: &TracingConfig) -> Option<String> {
        let (allocations, people) = (&config.allocations, &config.people);
        let place = allocations.source.path.display();
        if self.fit.rows > 0 && self.fit.counted == 0 {
            let wanted = match &allocations.kind {
                None => String::new(),
                Some(kind) => format!(
                    " and, in the column `{}`, one of the `types:` of tracing.allocations",
                    kind.column
                ),
            };
            Some(format!(
                "{place}: no row has a person id{wanted}, so that nobody would have a worker. Put right the configuration, or the file"
            ))
        } else if self.rows > 0 && self.fit.ids > 0 && self.fit.ids == self.fit.strangers {
            Some(format!(
                "{place}: none of the person ids of allocations that count is in {}, so that nobody would have a worker. Name the columns that have the same ids (`{}` and `{}` are named), or make both files of one extract",
                people.source.path.display(),
                allocations.person,
                people.person
            ))
        } else {
            None
        }
    }
}
