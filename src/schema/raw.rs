//! The shapes of a schema file as YAML has them, before anything is checked against anything else.

use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A schema file. One that is `based_on` another states only what differs.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSchema {
    pub schema: Text,
    #[serde(default)]
    pub based_on: Stated<Text>,
    pub title: Text,
    pub release: Text,
    pub status: Text,
    pub in_use: Text,
    /// How the conditions are known where a field does not say it itself.
    #[serde(default)]
    pub conditions_are: Stated<Text>,
    #[serde(default)]
    pub sources: Vec<RawSource>,
    #[serde(default)]
    pub background: Vec<RawTopic>,
    #[serde(default)]
    pub fields: Vec<RawField>,
    #[serde(default)]
    pub lists: Vec<RawList>,
    /// Rules about the fields of one record.
    #[serde(default)]
    pub rules: Vec<RawRule>,
    /// When two records are one event nationally.
    #[serde(default)]
    pub unique_event: Stated<RawUniqueEvent>,
}

/// By which fields national processing knows an event again, beside the person.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUniqueEvent {
    pub every: Vec<Text>,
    #[serde(default)]
    pub joined: Vec<RawEventKey>,
    #[serde(default)]
    pub single: Vec<RawEventKey>,
}

/// What is asked of events of one type.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEventKey {
    pub event_type: Text,
    pub fields: Vec<Text>,
}

/// A rule that is broken where its condition holds, or the keys of one that this release changes.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    /// `field.check`.
    pub rule: Text,
    #[serde(default)]
    pub broken_if: Stated<Text>,
    #[serde(default)]
    pub severity: Stated<Text>,
    #[serde(default)]
    pub evidence: Stated<Text>,
    #[serde(default)]
    pub source: Stated<Text>,
    #[serde(default)]
    pub confidence: Stated<Text>,
    #[serde(default)]
    pub checks: Stated<Text>,
    #[serde(default)]
    pub why: Stated<Text>,
    #[serde(default)]
    pub fault: Stated<Text>,
    #[serde(default)]
    pub expected: Stated<Text>,
    #[serde(default)]
    pub remedy: Stated<Text>,
    #[serde(default)]
    pub who: Stated<Text>,
}

/// What a source code stands for.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    pub code: Text,
    pub what: Text,
}

/// A fact about the release as a whole.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTopic {
    pub topic: Text,
    pub text: Text,
}

/// A field, or the keys of a field that this release changes.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    pub snake: Text,
    /// For a field that the release before lacks: the one it stands after.
    #[serde(default)]
    pub after: Stated<Text>,
    #[serde(default)]
    pub name: Stated<Text>,
    #[serde(default)]
    pub module: Stated<Text>,
    #[serde(default, rename = "type")]
    pub kind: Stated<Text>,
    #[serde(default)]
    pub list: Stated<Text>,
    #[serde(default)]
    pub format: Stated<Text>,
    #[serde(default)]
    pub shape: Stated<Text>,
    #[serde(default)]
    pub max_length: Stated<u32>,
    #[serde(default)]
    pub withdrawn: Stated<bool>,
    #[serde(default)]
    pub applicable: Stated<Text>,
    #[serde(default)]
    pub mandatory: Stated<Text>,
    #[serde(default)]
    pub conditions_are: Stated<Text>,
    #[serde(default)]
    pub privacy: Stated<Text>,
    #[serde(default)]
    pub treatment: Stated<Text>,
    #[serde(default)]
    pub writes: Stated<Vec<RawColumn>>,
    #[serde(default)]
    pub nationally: Stated<Text>,
    #[serde(default)]
    pub null_seen: Stated<bool>,
    #[serde(default)]
    pub source: Stated<Text>,
    #[serde(default)]
    pub confidence: Stated<Text>,
    #[serde(default)]
    pub notes: Stated<Text>,
}

/// A column that a field writes.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawColumn {
    pub column: Text,
    #[serde(rename = "as")]
    pub make: Text,
    #[serde(default)]
    pub domain: Stated<Text>,
}

/// A list of permitted values.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawList {
    pub list: Text,
    pub complete: Text,
    #[serde(default)]
    pub changed: Stated<Text>,
    pub confidence: Text,
    pub source: Text,
    #[serde(default)]
    pub notes: Stated<Text>,
    #[serde(default)]
    pub mapping: Stated<RawMapping>,
    pub values: Vec<RawValue>,
    #[serde(default)]
    pub retired: Vec<RawRetired>,
    #[serde(default)]
    pub candidates: Vec<Text>,
    #[serde(default)]
    pub not_to_be_used: Vec<Text>,
    #[serde(default)]
    pub also_seen: Vec<RawSeen>,
    #[serde(default)]
    pub groups: Vec<RawGroup>,
    #[serde(default)]
    pub hierarchies: Vec<RawHierarchy>,
}

/// How values of the release before became values of this one.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMapping {
    pub basis: Text,
    #[serde(default)]
    pub confidence: Stated<Text>,
    #[serde(default)]
    pub source: Stated<Text>,
    #[serde(default)]
    pub notes: Stated<Text>,
}

/// A permitted value.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawValue {
    pub value: Text,
    #[serde(default)]
    pub was: Vec<Text>,
    #[serde(default)]
    pub mapping_confidence: Stated<Text>,
    #[serde(default)]
    pub mapping_note: Stated<Text>,
}

/// A value of the release before without a single counterpart.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRetired {
    pub value: Text,
    #[serde(default)]
    pub choices: Vec<Text>,
    #[serde(default)]
    pub confidence: Stated<Text>,
    pub note: Text,
}

/// A wrong spelling that was seen in data.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSeen {
    pub value: Text,
    pub means: Text,
    /// `prefix`, where every text that begins so is meant.
    #[serde(default, rename = "match")]
    pub matching: Stated<Text>,
    #[serde(default)]
    pub grouped: Stated<Text>,
    pub source: Text,
    pub confidence: Text,
}

/// How national processing groups values.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGroup {
    pub group: Text,
    pub has: Text,
    pub source: Text,
}

/// An order of values in which the first stays among duplicates.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHierarchy {
    pub name: Text,
    pub source: Text,
    pub confidence: Text,
    #[serde(default)]
    pub note: Stated<Text>,
    #[serde(default)]
    pub retired_rank_as: Stated<Text>,
    pub order: Vec<Text>,
}

/// An optional key. Unlike an `Option`, a key without a value is a fault and not an absent key: in a schema based on
/// another the two would mean different things to its writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stated<T>(pub Option<T>);

impl<T> Default for Stated<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Stated<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Self(Some(value)))
    }
}

impl Stated<Text> {
    /// The text, empty where the key is absent.
    pub fn or_empty(&self) -> String {
        self.0.as_deref().unwrap_or_default().to_owned()
    }
}

/// Text that YAML itself reads as text. What it reads as a number, a truth value or nothing must be put in quotes:
/// taken as text it would depend on the reader, and a forgotten value would become the word null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(String);

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl TextVisitor {
    fn refuse<T, E: Error>(found: impl fmt::Display) -> Result<T, E> {
        Err(E::custom(format_args!(
            "{found} is not text; if it is meant as text, put it in quotes"
        )))
    }
}

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        if text.trim() != text {
            return Err(E::custom("the text has white space around it"));
        }
        if text.is_empty() {
            return Err(E::custom("the text is empty"));
        }
        Ok(Text(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, found: bool) -> Result<Text, E> {
        Self::refuse(found)
    }

    fn visit_i64<E: Error>(self, found: i64) -> Result<Text, E> {
        Self::refuse(found)
    }

    fn visit_u64<E: Error>(self, found: u64) -> Result<Text, E> {
        Self::refuse(found)
    }

    fn visit_f64<E: Error>(self, found: f64) -> Result<Text, E> {
        Self::refuse(found)
    }

    fn visit_unit<E: Error>(self) -> Result<Text, E> {
        Self::refuse("nothing (or null)")
    }
}
