//! `tracing:` as it is written.

use serde::Deserialize;

use super::raw::Pairs;
use super::raw_table::with_table;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTracing {
    pub register: String,
    pub encrypted: Option<RawEncrypted>,
    pub requests: String,
    pub people: RawPeople,
    pub allocations: RawAllocations,
    pub ask_again_after_days: Option<u32>,
    #[serde(default)]
    pub keep: RawKeep,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawEncrypted {
    pub passphrase: Option<bool>,
    pub recipient: Option<String>,
    pub identity: Option<String>,
}

with_table! {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct RawPeople {
        pub columns: RawPeopleColumns,
        #[serde(default)]
        pub genders: Pairs<String>,
        pub objection: RawObjection,
        pub verified: Option<RawVerified>,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPeopleColumns {
    pub person: String,
    pub nhs_number: String,
    pub family_name: String,
    pub given_name: String,
    pub gender: String,
    pub birth_date: String,
    pub death_date: String,
    pub postcode: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawObjection {
    pub column: Option<String>,
    #[serde(default)]
    pub values: Vec<String>,
    #[serde(default)]
    pub none: Vec<String>,
    pub not_recorded: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawVerified {
    pub column: String,
    pub values: Vec<String>,
    #[serde(default)]
    pub none: Vec<String>,
}

/// A column with the values that say yes, as two keys say it together.
#[derive(Debug)]
pub struct RawFlag {
    pub column: String,
    pub values: Vec<String>,
}

with_table! {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct RawAllocations {
        pub columns: RawAllocationColumns,
        #[serde(default)]
        pub types: Vec<String>,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAllocationColumns {
    pub person: String,
    pub end: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawKeep {
    pub years: Option<u32>,
    pub mental_health: Option<RawMentalHealth>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMentalHealth {
    pub column: String,
    pub values: Vec<String>,
    pub years: Option<u32>,
}
