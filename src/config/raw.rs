//! The configuration as it is written: the keys of the contract's section 8 and nothing else.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::raw_table::{RawTable, with_table};

/// A map that keeps the order of the file. Equal keys are refused before it is made.
#[derive(Debug)]
pub struct Pairs<V>(pub Vec<(String, V)>);

impl<V> Default for Pairs<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Reader<V> {
            type Value = Pairs<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Pairs::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs: Vec<(String, V)> = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawConfig {
    #[serde(rename = "return")]
    pub return_id: String,
    pub period: RawPeriod,
    pub controller: RawController,
    pub recipient: String,
    pub purpose: String,
    pub key: RawKey,
    pub signing_key: String,
    pub sources: Vec<RawSource>,
    pub output: RawOutput,
    #[serde(default)]
    pub treatments: Pairs<String>,
    #[serde(default)]
    pub selection: RawSelection,
    #[serde(default)]
    pub gate: RawGate,
    pub governance: RawGovernance,
    pub lists: Option<String>,
    pub previous: Option<String>,
    pub previous_public_key: Option<String>,
    pub objections: Option<RawObjections>,
    pub tracing: Option<super::raw_tracing::RawTracing>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPeriod {
    pub start: String,
    pub end: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawController {
    pub la_code: String,
    pub name: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawKey {
    pub file: String,
    pub epoch: String,
    pub id: Option<String>,
    pub identity: Option<String>,
    pub custodian: Option<String>,
}

with_table! {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct RawSource {
        pub name: String,
        pub key: Option<String>,
        pub tables: Option<Pairs<RawTable>>,
        pub from: Option<String>,
        #[serde(default)]
        pub join: Vec<RawJoin>,
        pub no_key: Option<Vec<String>>,
        pub lookup_memory: Option<String>,
        pub blank: Option<RawBlank>,
        #[serde(default)]
        pub derive: Pairs<String>,
        #[serde(default)]
        pub exclude: Pairs<String>,
        #[serde(default)]
        pub columns: Pairs<String>,
        #[serde(default)]
        pub values: Pairs<Pairs<String>>,
        pub values_file: Option<String>,
        #[serde(default)]
        pub ignore: Vec<String>,
        #[serde(default)]
        pub absent: Vec<String>,
    }
}

impl RawSource {
    /// The keys that say which file it is and how that is read.
    pub fn table(&self) -> RawTable {
        RawTable {
            key: self.key.clone(),
            ..self.place()
        }
    }
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawJoin {
    pub table: String,
    pub name: Option<String>,
    pub on: Pairs<String>,
    #[serde(rename = "where")]
    pub filter: Option<String>,
    pub valid_at: Option<RawValidAt>,
    #[serde(default)]
    pub prefer: Vec<RawPrefer>,
    #[serde(default)]
    pub take: Vec<String>,
    #[serde(default)]
    pub optional: bool,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawValidAt {
    pub date: String,
    pub from: String,
    pub to: Option<String>,
    #[serde(default)]
    pub otherwise: RawOtherwise,
}

#[derive(Debug, Default, Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawOtherwise {
    #[default]
    None,
    LatestInPeriod,
    Latest,
}

/// `"VERIFIED = 'Y'"` or `{valid_nhs_number: REFERENCE}`.
#[derive(Debug)]
pub enum RawPrefer {
    Condition(String),
    ValidNhsNumber(String),
}

impl<'de> Deserialize<'de> for RawPrefer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Valid {
            valid_nhs_number: String,
        }
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = RawPrefer;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a condition, or `valid_nhs_number:` with a column")
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(RawPrefer::Condition(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let valid = Valid::deserialize(MapAccessDeserializer::new(map))?;
                Ok(RawPrefer::ValidNhsNumber(valid.valid_nhs_number))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// `[1900-01-01]` or `{DATE_OF_BIRTH: [1900-01-01]}`.
#[derive(Debug)]
pub enum RawBlank {
    Anywhere(Vec<String>),
    OfColumns(Pairs<Vec<String>>),
}

impl<'de> Deserialize<'de> for RawBlank {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = RawBlank;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of values, or columns each with a list of values")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(RawBlank::Anywhere)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Pairs::deserialize(MapAccessDeserializer::new(map)).map(RawBlank::OfColumns)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOutput {
    pub bundle: String,
    pub worklist: String,
    pub worklist_keep_days: Option<u32>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSelection {
    pub cancelled: Option<RawCancelled>,
    pub open_event: Option<bool>,
    pub outside_period: Option<bool>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCancelled {
    pub column: String,
    pub values: Vec<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawGate {
    pub max_error_records: Option<String>,
    pub min_people_again: Option<String>,
    pub max_people_again: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawObjections {
    pub file: String,
    pub reason: Option<String>,
    /// Known so that it can be refused with the reason.
    #[serde(alias = "apply")]
    pub applied: Option<bool>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawGovernance {
    pub legal_basis: String,
    pub direction: String,
    pub dpia: String,
    pub dpia_review_by: Option<String>,
    pub sharing_agreement: Option<String>,
    pub sharing_agreement_ends: Option<String>,
    pub retain_until: String,
    pub national_data_opt_out: RawOptOut,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOptOut {
    pub applied: bool,
    pub reason: String,
}
