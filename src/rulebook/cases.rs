//! The examples of every rule, as `tests/cases/` has them: one record or several that pass, and some that fail.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::record::{Change, NEWEST};
use crate::date::Date;
use crate::yaml;

/// The files of examples, in the order of the return: name and text.
pub const CASE_FILES: [(&str, &str); 11] = [
    (
        "submission-information.yaml",
        include_str!("../../tests/cases/submission-information.yaml"),
    ),
    (
        "person-details.yaml",
        include_str!("../../tests/cases/person-details.yaml"),
    ),
    ("events.yaml", include_str!("../../tests/cases/events.yaml")),
    (
        "requests.yaml",
        include_str!("../../tests/cases/requests.yaml"),
    ),
    (
        "assessments.yaml",
        include_str!("../../tests/cases/assessments.yaml"),
    ),
    ("carers.yaml", include_str!("../../tests/cases/carers.yaml")),
    (
        "services.yaml",
        include_str!("../../tests/cases/services.yaml"),
    ),
    (
        "reviews.yaml",
        include_str!("../../tests/cases/reviews.yaml"),
    ),
    ("costs.yaml", include_str!("../../tests/cases/costs.yaml")),
    (
        "persons.yaml",
        include_str!("../../tests/cases/persons.yaml"),
    ),
    ("file.yaml", include_str!("../../tests/cases/file.yaml")),
];

/// An example of a rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// `gender.not_in_list`.
    pub rule: String,
    /// Of which release; the newest if it does not say.
    #[serde(default = "newest")]
    pub release: u8,
    /// Name of the base record.
    #[serde(default = "service")]
    pub record: String,
    /// The council that sends the return, where that matters.
    pub la_code: Option<String>,
    /// The configured reporting period, where that matters.
    #[serde(default, deserialize_with = "period")]
    pub period: Option<(Date, Date)>,
    /// Whether NHS numbers of the test range are a finding.
    #[serde(default)]
    pub test_numbers: TestNumbers,
    /// A table that is looked up, where that matters.
    #[serde(default)]
    pub table: Vec<TableRow>,
    /// The records of the return before, where that matters.
    #[serde(default)]
    pub previous: Vec<Change>,
    /// Does not break the rule.
    pub passes: Example,
    /// Breaks it.
    pub fails: Example,
    /// What the worklist suggests to write instead.
    pub suggests: Option<String>,
    /// A word on what is shown.
    pub because: Option<String>,
}

/// Whether NHS numbers of the test range are a finding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TestNumbers {
    /// They are none, as in all examples that are about something else.
    #[default]
    Allowed,
    /// They are one.
    Refused,
}

/// A row of a table that is looked up by LA Person Unique Identifier.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableRow {
    /// The person.
    pub key: String,
    /// What the field gets.
    pub value: String,
}

/// Records that pass or fail.
#[derive(Debug)]
pub enum Example {
    /// One record.
    Record(Change),
    /// A file of records.
    File(Vec<Change>),
}

impl Example {
    /// Its records.
    pub fn records(&self) -> &[Change] {
        match self {
            Self::Record(record) => std::slice::from_ref(record),
            Self::File(records) => records,
        }
    }
}

/// Every example, in the order of the files.
pub fn cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let of_file = |(name, text): (&str, &str)| -> Vec<Case> {
            // The texts are compiled in, and a test reads them whole: they cannot fail in a user's hands.
            yaml::parse(text).unwrap_or_else(|e| panic!("tests/cases/{name} {e}"))
        };
        CASE_FILES.into_iter().flat_map(of_file).collect()
    });
    &CASES
}

fn newest() -> u8 {
    NEWEST
}

fn service() -> String {
    "service".into()
}

/// `01/04/2025 to 31/03/2026`.
fn period<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<(Date, Date)>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let read = |day: &str| Date::parse(day.as_bytes());
    text.split_once(" to ")
        .and_then(|(start, end)| read(start).zip(read(end)))
        .map(Some)
        .ok_or_else(|| D::Error::custom("write a period as `01/04/2025 to 31/03/2026`"))
}

impl<'de> Deserialize<'de> for Example {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Example;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a record, or a list of records")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Example, A::Error> {
                Change::deserialize(MapAccessDeserializer::new(map)).map(Example::Record)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Example, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Example::File)
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Base;
    use super::*;

    #[test]
    fn every_example_can_be_read_and_starts_from_a_record_that_exists() {
        for case in cases() {
            let records = case.previous.iter().chain(case.passes.records());
            for change in records.chain(case.fails.records()) {
                let name = change.record.as_ref().unwrap_or(&case.record);
                let known = Base::named(case.release, name).is_some();
                assert!(known, "{}: no base record {name}", case.rule);
            }
        }
    }
}
