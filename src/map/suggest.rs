//! Which value of a list a council's own code probably stands for.

use crate::nearest::{letters, likeness};
use crate::schema::List;

/// The nearness of a code that has the letters and digits of one value, so that only capitals, spaces and punctuation
/// differ.
pub const CERTAIN: u8 = 100;

/// Below this a suggestion would only confuse.
const LEAST: u8 = 40;

/// A value that a code may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suggestion<'l> {
    /// As the list spells it.
    pub value: &'l str,
    /// From 0 to [`CERTAIN`]; orders suggestions, and is no probability.
    pub nearness: u8,
}

/// What is known under another name everywhere.
const UNKNOWN: [&str; 6] = ["nk", "unk", "notknown", "dontknow", "dk", "u"];

/// What a code of a field with this list may stand for. Without known values, guesses at them are suggested.
pub fn suggest<'l>(list: &'l List, code: &str) -> Option<Suggestion<'l>> {
    let wanted = letters(code);
    if wanted.is_empty() {
        return None;
    }
    let values: Vec<&str> = if list.values.is_empty() {
        list.candidates.iter().map(String::as_str).collect()
    } else {
        list.values.iter().map(|v| v.value.as_str()).collect()
    };
    let only = |holds: &dyn Fn(&str) -> bool| only(values.iter().copied().filter(|v| holds(v)));
    let named = |name: &str| only(&|v| letters(v) == letters(name));
    let plain = without_code(code).map(letters);

    let misspelt = || {
        let mut seen = list.also_seen.iter();
        let is_it = |seen: &str, prefix: bool| {
            letters(seen) == wanted || prefix && wanted.starts_with(&letters(seen))
        };
        seen.find(|s| is_it(&s.value, s.prefix))
            .and_then(|s| named(&s.means))
    };
    // More than one counterpart is for somebody to choose from; none is chosen here.
    let retired = || {
        let mut retired = list.retired.iter();
        let found = retired.find(|r| letters(&r.value) == wanted)?;
        match found.choices.as_slice() {
            [only] => named(only),
            _ => None,
        }
    };
    let yes_or_no = |yes: &[&str], no: &[&str]| {
        let (y, n) = (named("Yes")?, named("No")?);
        let is_in = |words: &[&str]| words.contains(&wanted.as_str());
        is_in(yes).then_some(y).or(is_in(no).then_some(n))
    };
    let unknown = || {
        let said = UNKNOWN.contains(&wanted.as_str());
        said.then(|| named("Unknown").or_else(|| named("Not known")))
            .flatten()
    };
    let long = wanted.chars().count() > 1;
    let rules: [(u8, &dyn Fn() -> Option<&'l str>); 10] = [
        (CERTAIN, &|| only(&|v| letters(v) == wanted)),
        (95, &misspelt),
        (95, &retired),
        (95, &|| only(&|v| Some(letters(v)) == plain)),
        (90, &|| yes_or_no(&["y", "true", "t"], &["n", "false", "f"])),
        (90, &|| {
            only(&|v| parts(v).any(|part| letters(part) == wanted))
        }),
        (85, &|| only(&|v| long && letters(v).starts_with(&wanted))),
        (80, &unknown),
        (80, &|| only(&|v| !long && letters(v).starts_with(&wanted))),
        (70, &|| only(&|v| long && initials(v) == wanted)),
    ];
    for (nearness, rule) in rules {
        if let Some(value) = rule() {
            return Some(Suggestion { value, nearness });
        }
    }
    if let Some(value) = yes_or_no(&["1"], &["0"]) {
        return Some(Suggestion {
            value,
            nearness: 60,
        });
    }
    // The same rule as for misspelt names; never as near as what a rule knows.
    let near = |value: &str| {
        let plain = plain.as_deref().map_or(0.0, |plain| likeness(plain, value));
        (likeness(code, value).max(plain) * 100.0) as u8
    };
    let mut best: Option<Suggestion<'l>> = None;
    for value in values {
        let nearness = near(value).min(94);
        if nearness >= LEAST && best.is_none_or(|best| nearness > best.nearness) {
            best = Some(Suggestion { value, nearness });
        }
    }
    best
}

/// The only one there is.
fn only<'v>(mut values: impl Iterator<Item = &'v str>) -> Option<&'v str> {
    values.next().filter(|_| values.next().is_none())
}

/// `F - Female`, `1: Female`, `Female (F)` without the short code.
fn without_code(text: &str) -> Option<&str> {
    let short = |code: &str| {
        let code = code.trim();
        (1..=4).contains(&code.chars().count()) && code.chars().all(char::is_alphanumeric)
    };
    let text = text.trim();
    let in_front = text
        .split_once(['-', ':', '.', ')', '|', '=', '\u{2013}'])
        .filter(|(code, rest)| short(code) && !letters(rest).is_empty())
        .map(|(_, rest)| rest);
    in_front.or_else(|| {
        let (rest, code) = text.strip_suffix(')')?.rsplit_once('(')?;
        (short(code) && !letters(rest).is_empty()).then_some(rest)
    })
}

/// The parts that a value is made of, as people leave one of them away: `White: Irish`, `Learning disability (LD)`.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    let parts = value.split([':', '(', ')']).map(str::trim);
    parts.filter(move |part| !part.is_empty() && *part != value)
}

/// The first letters of the words of a value, small.
fn initials(value: &str) -> String {
    let words = value.split(|c: char| !c.is_alphanumeric());
    words
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    fn of(field: &str, code: &str) -> Option<(String, u8)> {
        let schema = Schema::load("cld-release-2", None).unwrap();
        let field = &schema.fields[schema.position(field).unwrap()];
        let list = &schema.lists[field.list.unwrap()];
        suggest(list, code).map(|s| (s.value.to_owned(), s.nearness))
    }

    #[test]
    fn codes_find_the_value_that_they_stand_for() {
        for (field, code, value, nearness) in [
            ("Gender", "FEMALE!", "Female", 100),
            ("Ethnicity", "white - irish", "White: Irish", 100),
            ("Gender", "F - Female", "Female", 95),
            ("Gender", "1: Male", "Male", 95),
            ("Gender", "Female (F)", "Female", 95),
            ("Has Unpaid Carer", "Y", "Yes", 90),
            ("Has Unpaid Carer", "false", "No", 90),
            ("Ethnicity", "Irish", "White: Irish", 90),
            ("Gender", "Fem", "Female", 85),
            ("Gender", "F", "Female", 80),
            ("Gender", "m", "Male", 80),
            ("Has Unpaid Carer", "0", "No", 60),
        ] {
            let expected = Some((value.to_owned(), nearness));
            assert_eq!(of(field, code), expected, "{field} {code}");
        }
        let (value, nearness) = of("Gender", "Femail").unwrap();
        assert!(
            value == "Female" && (40..95).contains(&nearness),
            "{nearness}"
        );
    }

    #[test]
    fn what_could_be_anything_gets_no_suggestion() {
        for (field, code) in [("Gender", "7"), ("Gender", "?"), ("Ethnicity", "W")] {
            assert_eq!(of(field, code), None, "{field} {code}");
        }
    }
}
