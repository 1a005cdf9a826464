//! The records of examples: base records, and what an example changes in them.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::yaml;

/// The release that an example is about if it does not say so.
pub(super) const NEWEST: u8 = 2;

/// A complete record without an error or a warning, from which examples start.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Entries")]
pub struct Base {
    /// `service`.
    pub name: String,
    /// Of which release.
    pub release: u8,
    /// What it is, in words.
    pub is: String,
    /// The record whose cells it has where it does not state them.
    like: Option<String>,
    cells: Vec<(String, String)>,
}

/// A record of an example: a base record with some cells changed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "Entries")]
pub struct Change {
    /// Name of the base record, where it is not that of the example.
    pub record: Option<String>,
    /// So many such records, each of another person; one record if there is no number.
    pub repeat: Option<u32>,
    /// Whose record it is; records that do not say are of one person.
    pub person: Option<String>,
    /// Field and value.
    pub cells: Vec<(String, String)>,
}

/// Every base record.
pub fn bases() -> &'static [Base] {
    static BASES: LazyLock<Vec<Base>> = LazyLock::new(|| {
        // The text is compiled in, and a test reads it whole: it cannot fail in a user's hands.
        yaml::parse(include_str!("../../tests/cases/records.yaml")).expect("records.yaml is sound")
    });
    &BASES
}

impl Base {
    /// The base record of that name.
    pub fn named(release: u8, name: &str) -> Option<&'static Self> {
        bases()
            .iter()
            .find(|base| base.release == release && base.name == name)
    }

    /// Field and value of all its cells, those of the record it is like included. A later one of a field goes before an
    /// earlier one.
    pub fn cells(&self) -> Vec<(&str, &str)> {
        let like = self
            .like
            .as_deref()
            .and_then(|name| Self::named(self.release, name));
        let mut cells = like.map(Self::cells).unwrap_or_default();
        cells.extend(self.cells.iter().map(|(f, v)| (f.as_str(), v.as_str())));
        cells
    }
}

/// A map as it stands in a file: fields of the return, and keys of ours, which begin with a small letter.
struct Entries(Vec<(String, Scalar)>);

enum Scalar {
    Text(String),
    Number(u64),
}

impl Scalar {
    fn text(self, key: &str) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Number(n) => Err(format!("`{key}`: {n} is to be text; put it in quotes")),
        }
    }

    fn number<N: TryFrom<u64>>(self, key: &str) -> Result<N, String> {
        match self {
            Self::Number(n) => N::try_from(n).map_err(|_| format!("`{key}`: {n} is too much")),
            Self::Text(text) => Err(format!("`{key}`: `{text}` is to be a number")),
        }
    }
}

impl TryFrom<Entries> for Base {
    type Error = String;

    fn try_from(Entries(entries): Entries) -> Result<Self, String> {
        let (mut name, mut is) = (None, None);
        let mut base = Self {
            name: String::new(),
            release: NEWEST,
            is: String::new(),
            like: None,
            cells: Vec::new(),
        };
        for (key, value) in entries {
            match key.as_str() {
                "record" => name = Some(value.text(&key)?),
                "release" => base.release = value.number(&key)?,
                "is" => is = Some(value.text(&key)?),
                "like" => base.like = Some(value.text(&key)?),
                _ => base.cells.push(cell(key, value)?),
            }
        }
        base.name = name.ok_or("a base record needs a name: `record:`")?;
        base.is = is.ok_or_else(|| format!("say what `{}` is: `is:`", base.name))?;
        Ok(base)
    }
}

impl TryFrom<Entries> for Change {
    type Error = String;

    fn try_from(Entries(entries): Entries) -> Result<Self, String> {
        let mut change = Self::default();
        for (key, value) in entries {
            match key.as_str() {
                "record" => change.record = Some(value.text(&key)?),
                "repeat" => change.repeat = Some(value.number(&key)?),
                "person" => change.person = Some(value.text(&key)?),
                _ => change.cells.push(cell(key, value)?),
            }
        }
        Ok(change)
    }
}

fn cell(field: String, value: Scalar) -> Result<(String, String), String> {
    if field.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(format!("`{field}` is neither a field nor a key"));
    }
    let text = value.text(&field)?;
    Ok((field, text))
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("fields and their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNumber;
        impl Visitor<'_> for TextOrNumber {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text (in quotes, if it would be read as something else)")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number))
            }
        }
        deserializer.deserialize_any(TextOrNumber)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_what_it_is_like_and_its_own_cells_last() {
        let request = Base::named(2, "request").unwrap();
        let cells = request.cells();
        let last = |field: &str| {
            let mut of_field = cells.iter().rev().filter(|(f, _)| *f == field);
            of_field.next().map(|(_, value)| *value)
        };
        assert_eq!(last("Gender"), Some("Female"));
        assert_eq!(last("Event Type"), Some("Request"));
        assert_eq!(last("Unit Cost"), Some(""));
        for base in bases() {
            let known = |name: &String| Base::named(base.release, name).is_some();
            assert!(base.like.iter().all(known), "{}", base.name);
        }
    }

    #[test]
    fn what_yaml_misreads_is_refused() {
        for (text, says) in [
            ("{Unit Cost: 5}", "quotes"),
            ("{Unit Cost: 5.10}", "quotes"),
            ("{Gender: null}", "quotes"),
            ("{Gender: true}", "quotes"),
            ("{repeat: many}", "number"),
            ("{recrod: request}", "recrod"),
        ] {
            let error = yaml::parse::<Change>(text).unwrap_err().message;
            assert!(error.contains(says), "{text}: {error}");
        }
        let change: Change = yaml::parse("{repeat: 3, Gender: \"\"}").unwrap();
        assert_eq!((change.repeat, change.cells.len()), (Some(3), 1));
    }
}
