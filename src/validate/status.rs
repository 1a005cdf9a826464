//! The national quality model: whether a cell is wanted (status) and whether it is right (validity).

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::schema::{Rule, Schema, Truth};

/// Whether a field is wanted in a record (spec `cond_`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Status {
    Mandatory,
    Applicable,
    NotApplicable,
    Undetermined,
}

impl Status {
    /// Every status, in order.
    pub const ALL: [Self; 4] = [
        Self::Mandatory,
        Self::Applicable,
        Self::NotApplicable,
        Self::Undetermined,
    ];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mandatory => "mandatory",
            Self::Applicable => "applicable",
            Self::NotApplicable => "not applicable",
            Self::Undetermined => "undetermined",
        }
    }
}

/// Whether a cell is right (spec `chk_`, contract section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Validity {
    Blank,
    BlankMandatory,
    Valid,
    ReleaseOne,
    Unverified,
    Invalid,
}

impl Validity {
    /// Every validity, in order.
    pub const ALL: [Self; 6] = [
        Self::Blank,
        Self::BlankMandatory,
        Self::Valid,
        Self::ReleaseOne,
        Self::Unverified,
        Self::Invalid,
    ];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::BlankMandatory => "blank mandatory",
            Self::Valid => "valid",
            Self::ReleaseOne => "release 1",
            Self::Unverified => "unverified",
            Self::Invalid => "invalid",
        }
    }

    /// Whether national quality tables count the cell as failed.
    pub fn fails(self) -> bool {
        matches!(
            self,
            Self::BlankMandatory | Self::ReleaseOne | Self::Invalid
        )
    }

    /// Whether the cell holds anything.
    pub fn has_value(self) -> bool {
        !matches!(self, Self::Blank | Self::BlankMandatory)
    }
}

/// The statuses of all fields, and the rules broken, for each combination of test results met. Few combinations occur, so each is worked out once.
#[derive(Debug, Default)]
pub struct Profiles {
    seen: HashMap<u128, u32, FixedState>,
    /// For each field, its status in each profile.
    statuses: Vec<Vec<Status>>,
    /// The same of eight fields at a time.
    eights: Vec<Vec<Eight>>,
    /// For each profile, the rules of the schema that it breaks.
    broken: Vec<Box<[u16]>>,
}

/// What a profile asks of eight fields, one bit each, the first field in the lowest.
#[derive(Debug, Clone, Copy, Default)]
pub struct Eight {
    /// Must have a value.
    pub mandatory: u8,
    /// Must have none.
    pub not_applicable: u8,
}

impl Eight {
    /// Of so many fields at a time.
    pub const FIELDS: usize = 8;

    fn of(statuses: &[Status]) -> Self {
        let bits = |wanted: Status| {
            let bit = |(at, status): (usize, &Status)| u8::from(*status == wanted) << at;
            statuses.iter().enumerate().map(bit).sum()
        };
        Self {
            mandatory: bits(Status::Mandatory),
            not_applicable: bits(Status::NotApplicable),
        }
    }

    /// The fields whose cells are not as they must be, of which those in `blank` are blank.
    #[inline]
    pub fn broken(self, blank: u8) -> u8 {
        blank & self.mandatory | !blank & self.not_applicable
    }
}

impl Profiles {
    /// The profile of a record whose tests gave `results`.
    pub fn of(&mut self, results: u128, schema: &Schema) -> u32 {
        let next = self.seen.len() as u32;
        *self.seen.entry(results).or_insert_with(|| {
            let of_fields: Vec<_> = schema.fields.iter().map(|f| status(f, results)).collect();
            self.statuses.resize_with(of_fields.len(), Vec::new);
            for (statuses, status) in self.statuses.iter_mut().zip(&of_fields) {
                statuses.push(*status);
            }
            let eights = of_fields.chunks(Eight::FIELDS);
            self.eights.resize_with(eights.len(), Vec::new);
            for (profiles, eight) in self.eights.iter_mut().zip(eights) {
                profiles.push(Eight::of(eight));
            }
            let holds = |rule: &Rule| rule.broken_if.evaluate(results) == Truth::True;
            let broken = schema.rules.iter().enumerate();
            self.broken.push(
                broken
                    .filter(|(_, rule)| holds(rule))
                    .map(|(at, _)| at as u16)
                    .collect(),
            );
            next
        })
    }

    /// The rules of the schema that a profile breaks.
    pub fn broken(&self, profile: u32) -> &[u16] {
        &self.broken[profile as usize]
    }

    /// What is asked of eight fields, from eight times `at` on, by profile.
    pub fn of_eight(&self, at: usize) -> &[Eight] {
        self.eights.get(at).map_or(&[], Vec::as_slice)
    }

    /// The statuses of one field, by profile.
    pub fn of_field(&self, field: usize) -> &[Status] {
        self.statuses.get(field).map_or(&[], Vec::as_slice)
    }
}

/// National tables keep only cells where the field is applicable, so that is asked first.
fn status(field: &crate::schema::Field, results: u128) -> Status {
    match (
        field.applicable.evaluate(results),
        field.mandatory.evaluate(results),
    ) {
        (Truth::False, _) => Status::NotApplicable,
        (Truth::Unknown, _) | (_, Truth::Unknown) => Status::Undetermined,
        (Truth::True, Truth::True) => Status::Mandatory,
        (Truth::True, Truth::False) => Status::Applicable,
    }
}
