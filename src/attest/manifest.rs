//! The manifest: an in-toto Statement v1 about the files of a bundle, with one spelling for one content.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SUBJECTS;
use super::digest::is_digest;
use super::predicate::Predicate;

/// The statement type of in-toto attestations.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The type of our predicate. A name, not an address: it claims no domain and nothing is fetched from it.
/// The last part is the version; another shape of [`Predicate`] needs another one.
pub const PREDICATE_TYPE: &str = "urn:cld-return:run:v2";

/// The published JSON Schema (draft 2020-12) of `manifest.json`.
pub const MANIFEST_SCHEMA: &str = include_str!("../../schemas/manifest.schema.json");

/// Why bytes are not a manifest. Says where, never what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// No JSON, or not of the manifest's shape.
    #[error("is not a manifest of this version of cld (line {line}, column {column})")]
    Shape {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// Another kind of in-toto statement, or a later version of ours.
    #[error("is a statement of another kind or version; expected {PREDICATE_TYPE}")]
    Type,
    /// The subjects are not the five files of a bundle with a SHA-256 each.
    #[error("does not name each file of the bundle once with its SHA-256")]
    Subjects,
    /// Figures that do not add up.
    #[error("contradicts itself: {0}")]
    Contradiction(&'static str),
}

/// An in-toto Statement v1 with our predicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    statement_type: String,
    /// The files, sorted by name.
    subject: Vec<Subject>,
    /// [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    predicate_type: String,
    /// What is said about them.
    predicate: Predicate,
}

/// One file with its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// File name within the bundle.
    pub name: String,
    /// Its digests.
    pub digest: DigestSet,
}

/// The digests of a subject: always SHA-256 and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestSet {
    /// 64 lowercase hexadecimal digits.
    pub sha256: String,
}

impl Statement {
    /// A statement about files, given as digest by name.
    ///
    /// # Errors
    /// [`ManifestError`] where the files are not those of a bundle or the predicate contradicts itself.
    pub fn new(
        files: BTreeMap<String, String>,
        predicate: Predicate,
    ) -> Result<Self, ManifestError> {
        let subject = files
            .into_iter()
            .map(|(name, sha256)| Subject {
                name,
                digest: DigestSet { sha256 },
            })
            .collect();
        let statement = Self {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate,
        };
        statement.checked()
    }

    /// Reads `manifest.json`. Whether it is signed is another question: see [`verify`](super::verify()).
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        /// What every in-toto statement has, so that another kind is told from a damaged one of ours.
        #[derive(Deserialize)]
        struct Head {
            #[serde(rename = "_type")]
            statement_type: String,
            #[serde(rename = "predicateType")]
            predicate_type: String,
        }
        // The parser's own message would quote the value it stumbled over.
        let shape = |error: serde_json::Error| ManifestError::Shape {
            line: error.line(),
            column: error.column(),
        };
        let head: Head = serde_json::from_slice(bytes).map_err(shape)?;
        if head.statement_type != STATEMENT_TYPE || head.predicate_type != PREDICATE_TYPE {
            return Err(ManifestError::Type);
        }
        serde_json::from_slice::<Self>(bytes)
            .map_err(shape)?
            .checked()
    }

    /// The bytes of `manifest.json`: keys sorted, indented by two spaces, a line feed at the end. Equal
    /// statements give equal bytes.
    pub fn to_json(&self) -> String {
        let mut value =
            serde_json::to_value(self).expect("whole numbers and texts always have a JSON form");
        // Maps of serde_json are sorted only while no dependency asks it to preserve order.
        value.sort_all_objects();
        pretty(&value)
    }

    /// The files, sorted by name.
    pub fn subjects(&self) -> &[Subject] {
        &self.subject
    }

    /// What is said about them.
    pub fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    fn checked(self) -> Result<Self, ManifestError> {
        if !self
            .subject
            .iter()
            .map(|subject| subject.name.as_str())
            .eq(SUBJECTS)
            || !self
                .subject
                .iter()
                .all(|subject| is_digest(&subject.digest.sha256))
        {
            return Err(ManifestError::Subjects);
        }
        match self.predicate.contradiction() {
            Some(words) => Err(ManifestError::Contradiction(words)),
            None => Ok(self),
        }
    }
}

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("a value always has a JSON form");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attest::example;
    use proptest::prelude::*;
    use serde_json::json;

    fn value() -> Value {
        serde_json::from_str(&example::statement().to_json()).expect("JSON")
    }

    fn schema() -> jsonschema::Validator {
        let schema: Value = serde_json::from_str(MANIFEST_SCHEMA).expect("JSON");
        jsonschema::meta::validate(&schema).expect("a sound schema");
        jsonschema::draft202012::new(&schema).expect("a sound schema")
    }

    /// Every path to an object, to a key of one and to an item of a list.
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(map) => map
                .iter()
                .for_each(|(key, value)| places(value, &format!("{at}/{key}"), found)),
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, value)| places(value, &format!("{at}/{index}"), found));
            }
            _ => {}
        }
    }

    #[test]
    fn the_published_schema_accepts_what_is_written() {
        let errors: Vec<String> = schema()
            .iter_errors(&value())
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }

    #[test]
    fn the_published_schema_is_as_strict_as_the_program() {
        let schema = schema();
        let mut found = Vec::new();
        places(&value(), "", &mut found);
        assert!(found.len() > 200);
        for place in found {
            // Another type at any place is refused by both.
            let mut broken = value();
            *broken.pointer_mut(&place).expect("there") = json!([[-1.5]]);
            assert!(!schema.is_valid(&broken), "a wrong type at {place}");
            assert!(
                Statement::parse(broken.to_string().as_bytes()).is_err(),
                "a wrong type at {place}"
            );

            // So are a key too many, and a key too few, wherever keys are fixed.
            let mut more = value();
            let free = [
                "excluded",
                "selection",
                "values_mapped",
                "figures",
                "identifiers",
            ]
            .iter()
            .any(|map| place.ends_with(map));
            if let (Some(Value::Object(map)), false) = (more.pointer_mut(&place), free) {
                map.insert("surplus".to_owned(), json!("x"));
                assert!(!schema.is_valid(&more), "a surplus key at {place}");
                assert!(
                    Statement::parse(more.to_string().as_bytes()).is_err(),
                    "a surplus key at {place}"
                );
                let keys: Vec<String> = map_keys(&value(), &place);
                for key in keys {
                    let mut fewer = value();
                    fewer
                        .pointer_mut(&place)
                        .and_then(Value::as_object_mut)
                        .expect("there")
                        .remove(&key);
                    assert!(!schema.is_valid(&fewer), "{key} is missing at {place}");
                }
            }
        }
    }

    fn map_keys(value: &Value, place: &str) -> Vec<String> {
        value
            .pointer(place)
            .and_then(Value::as_object)
            .expect("there")
            .keys()
            .cloned()
            .collect()
    }

    #[test]
    fn written_and_read_it_is_the_same_and_sorted() {
        let statement = example::statement();
        let text = statement.to_json();
        assert_eq!(Statement::parse(text.as_bytes()), Ok(statement));
        let at = |key: &str| text.find(key).expect(key);
        assert!(
            at("\"_type\"") < at("\"predicate\"") && at("\"predicate\"") < at("\"predicateType\"")
        );
        assert!(
            at("\"checks\"") < at("\"configuration_digest\"")
                && at("\"treatment\"") < at("\"subject\"")
        );
        assert!(text.ends_with("}\n"));
    }

    #[test]
    fn another_kind_or_version_is_told_from_damage() {
        let mut other = value();
        other["predicateType"] = json!("urn:cld-return:run:v1");
        other["predicate"] = json!({});
        assert_eq!(
            Statement::parse(other.to_string().as_bytes()),
            Err(ManifestError::Type)
        );
        let shape = Statement::parse(b"{\n\"_type\": 12345").expect_err("damaged");
        assert_eq!(
            shape,
            ManifestError::Shape {
                line: 2,
                column: 14
            }
        );
        assert!(!shape.to_string().contains("12345"));
    }

    #[test]
    fn subjects_and_sums_are_checked() {
        let mut other = value();
        other["subject"].as_array_mut().expect("a list").swap(0, 1);
        assert_eq!(
            Statement::parse(other.to_string().as_bytes()),
            Err(ManifestError::Subjects)
        );
        let mut other = value();
        other["predicate"]["counts"]["submitted"] = json!(u64::MAX);
        let error = Statement::parse(other.to_string().as_bytes()).expect_err("contradiction");
        assert!(matches!(error, ManifestError::Contradiction(_)), "{error}");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let _ = Statement::parse(&bytes);
            let mut text = example::statement().to_json().into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            let _ = Statement::parse(&text);
        }
    }
}
