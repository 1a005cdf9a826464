//! YAML as this project reads it: no anchors, no aliases, no key twice, every fault with its place.

mod anchors;

use std::collections::HashSet;
use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};

use anchors::first_anchor;

use crate::nearest::closest;

/// The largest file read as YAML, in bytes.
pub const LIMIT: u64 = 1 << 20;

/// A place in a text, from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
}

impl Place {
    /// Where a text begins.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// Text that cannot be read as YAML of the shape wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {} column {}: {message}", place.line, place.column)]
pub struct YamlError {
    /// Where.
    pub place: Place,
    /// What is wrong, without the place.
    pub message: String,
}

/// One step on the way to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The value of this key.
    Key(&'a str),
    /// The entry at this position, from 0.
    Item(usize),
}

/// Reads a document of the wanted shape. Anchors and aliases are refused since they make a short text mean a long one;
/// equal keys because the reader underneath would keep the last without a word.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    if let Some(place) = first_anchor(text) {
        let message = "anchors and aliases (& and *) are not allowed: write the text out, or put it in quotes";
        return Err(YamlError {
            place,
            message: message.into(),
        });
    }
    DeserializeSeed::deserialize(DistinctKeys, serde_yaml::Deserializer::from_str(text))
        .map_err(placed)?;
    serde_yaml::from_str(text).map_err(placed)
}

/// Where the node at the end of `steps` begins; none where the way leads nowhere.
pub fn locate(text: &str, steps: &[Step<'_>]) -> Option<Place> {
    // The reader tells places only with errors, so the walk ends in one on purpose.
    let found = DeserializeSeed::deserialize(Walk(steps), serde_yaml::Deserializer::from_str(text));
    found
        .err()
        .filter(|error| error.to_string().contains(ARRIVED))
        .map(|error| placed(error).place)
}

fn placed(error: serde_yaml::Error) -> YamlError {
    let location = error.location();
    let mut message = error.to_string();
    let mut place = Place::START;
    if let Some(location) = location {
        place = Place {
            line: location.line(),
            column: location.column(),
        };
        let said = format!(" at line {} column {}", place.line, place.column);
        message = message.replacen(&said, "", 1);
    }
    YamlError {
        place,
        message: with_nearest(message),
    }
}

/// Names the nearest key where the reader lists all that it knows.
fn with_nearest(message: String) -> String {
    let Some((before, rest)) = message.split_once("unknown field `") else {
        return message;
    };
    let Some((key, known)) = rest.split_once('`') else {
        return message;
    };
    let known = known.split('`').skip(1).step_by(2);
    match closest(key, known) {
        Some(nearest) => {
            format!("{before}unknown key `{key}`; the nearest known one is `{nearest}`")
        }
        None => message,
    }
}

/// Goes through a document and refuses a key that its map already has.
#[derive(Clone, Copy)]
struct DistinctKeys;

impl<'de> DeserializeSeed<'de> for DistinctKeys {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The scalars that a walk through a document passes over.
macro_rules! pass_over_scalars {
    () => {
        fn visit_bool<E>(self, _: bool) -> Result<(), E> {
            Ok(())
        }

        fn visit_i64<E>(self, _: i64) -> Result<(), E> {
            Ok(())
        }

        fn visit_u64<E>(self, _: u64) -> Result<(), E> {
            Ok(())
        }

        fn visit_f64<E>(self, _: f64) -> Result<(), E> {
            Ok(())
        }

        fn visit_str<E>(self, _: &str) -> Result<(), E> {
            Ok(())
        }

        fn visit_unit<E>(self) -> Result<(), E> {
            Ok(())
        }
    };
}

impl<'de> Visitor<'de> for DistinctKeys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML without tags")
    }

    pass_over_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while map.next_key_seed(NewKey(&mut seen))?.is_some() {
            map.next_value_seed(self)?;
        }
        Ok(())
    }
}

/// Takes a key and fails at its place if it is not new.
struct NewKey<'a>(&'a mut HashSet<String>);

impl<'de> DeserializeSeed<'de> for NewKey<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NewKey<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is text")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<(), E> {
        if self.0.insert(key.to_owned()) {
            Ok(())
        } else {
            Err(E::custom(format_args!(
                "the key `{key}` stands twice in one entry"
            )))
        }
    }
}

/// What the deliberate error at the end of a walk says.
const ARRIVED: &str = "\u{1}arrived\u{1}";

/// Follows steps through a document.
#[derive(Clone, Copy)]
struct Walk<'a>(&'a [Step<'a>]);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.0 {
            [] => deserializer.deserialize_any(Arrival),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    pass_over_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if let [Step::Item(item), rest @ ..] = self.0 {
            for _ in 0..*item {
                if seq.next_element::<IgnoredAny>()?.is_none() {
                    return Ok(());
                }
            }
            seq.next_element_seed(Walk(rest))?;
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match self.0 {
                [Step::Key(wanted), rest @ ..] if *wanted == key => {
                    map.next_value_seed(Walk(rest))?
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Fails at whatever node it meets.
struct Arrival;

/// Every kind of node is an arrival.
macro_rules! arrive_at {
    ($($visit:ident: $kind:ty),*) => {
        $(fn $visit<E: serde::de::Error>(self, _: $kind) -> Result<(), E> {
            Err(E::custom(ARRIVED))
        })*
    };
}

impl<'de> Visitor<'de> for Arrival {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ARRIVED)
    }

    arrive_at!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Err(E::custom(ARRIVED))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom(ARRIVED))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom(ARRIVED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_yaml::Value;

    fn refused(text: &str) -> Option<(usize, usize)> {
        parse::<Value>(text)
            .err()
            .map(|e| (e.place.line, e.place.column))
    }

    #[test]
    fn a_key_twice_is_refused_at_the_second() {
        assert_eq!(refused("a: 1\nb: 2\na: 3\n"), Some((3, 1)));
        assert_eq!(refused("a:\n  - {b: 1, c: 2, b: 3}\n"), Some((2, 18)));
        assert_eq!(refused("a: {b: 1}\nc: {b: 1}\n"), None);
    }

    #[test]
    fn nodes_are_located() {
        let text = "a:\n  - b: one\n  - b:\n      c: [x, y]\n    d:\n";
        let at = |steps: &[Step<'_>]| locate(text, steps).map(|p| (p.line, p.column));
        assert_eq!(
            at(&[Step::Key("a"), Step::Item(0), Step::Key("b")]),
            Some((2, 8))
        );
        assert_eq!(at(&[Step::Key("a"), Step::Item(1)]), Some((3, 5)));
        let deep = [
            Step::Key("a"),
            Step::Item(1),
            Step::Key("b"),
            Step::Key("c"),
            Step::Item(1),
        ];
        assert_eq!(at(&deep), Some((4, 14)));
        assert_eq!(at(&[Step::Key("a"), Step::Item(2)]), None);
        assert_eq!(at(&[Step::Key("z")]), None);
    }
}
