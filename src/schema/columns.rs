//! Compiles what a field writes, and refuses what does not go with its treatment.

use super::fault::Problem;
use super::merge::{Documents, Owner};
use super::model::{Column, Domain, Kind, Make, Privacy, Treatment};
use super::raw::RawColumn;
use super::words::Named;
use crate::yaml::Step;

/// The words of `as:`, what they make, and the one field each is made from where there is only one.
const MAKES: [(&str, Make, Option<&str>); 11] = [
    ("value", Make::Value, None),
    ("nothing", Make::Nothing, None),
    // The domain is a key of its own.
    ("pseudonym", Make::Pseudonym(Domain::LaPerson), None),
    (
        "traced pseudonym",
        Make::TracedPseudonym,
        Some("nhs_number"),
    ),
    (
        "combined person id",
        Make::CombinedPersonId,
        Some("la_person_unique_identifier"),
    ),
    ("birth year", Make::BirthYear, Some("date_of_birth")),
    ("birth month", Make::BirthMonth, Some("date_of_birth")),
    (
        "age at event start",
        Make::AgeAtEventStart,
        Some("date_of_birth"),
    ),
    (
        "age at period end",
        Make::AgeAtPeriodEnd,
        Some("date_of_birth"),
    ),
    ("postcode sector", Make::PostcodeSector, Some("postcode")),
    (
        "conversation flag",
        Make::Conversation,
        Some("event_description"),
    ),
];

impl Make {
    /// The word that schema files use.
    pub fn word(&self) -> &'static str {
        let same = |make: &Make| std::mem::discriminant(make) == std::mem::discriminant(self);
        MAKES
            .iter()
            .find(|(_, make, _)| same(make))
            .map_or("", |(word, _, _)| word)
    }
}

/// What the rest of the field says, as far as it could be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    pub snake: &'a str,
    pub kind: Kind,
    pub privacy: Privacy,
    pub treatment: Treatment,
    pub withdrawn: bool,
}

/// Compiles the columns of one field.
pub(super) fn compile(
    raw: &[RawColumn],
    field: Setting<'_>,
    documents: &mut Documents,
) -> Vec<Column> {
    let mut columns = Vec::new();
    for (item, raw) in raw.iter().enumerate() {
        match make(raw, field) {
            Ok(make) => columns.push(Column {
                name: raw.column.to_string(),
                make,
            }),
            Err((key, problem)) => {
                let steps = [Step::Key("writes"), Step::Item(item), Step::Key(key)];
                documents.report(Owner::Field(field.snake), &steps, problem);
            }
        }
    }
    // Columns that could not be read are not judged again.
    if columns.len() == raw.len()
        && let Some((key, text)) = conflict(&columns, field)
    {
        documents.report(
            Owner::Field(field.snake),
            &[Step::Key(key)],
            Problem::Conflict(text),
        );
    }
    columns
}

fn make(raw: &RawColumn, field: Setting<'_>) -> Result<Make, (&'static str, Problem)> {
    let Some((word, make, only)) = MAKES.iter().find(|(word, _, _)| *word == &*raw.make) else {
        let choices = MAKES.map(|(word, _, _)| word).join(", ");
        return Err((
            "as",
            Problem::Choice {
                key: "way to make a column",
                word: raw.make.to_string(),
                choices,
            },
        ));
    };
    if let Some(only) = only.filter(|only| *only != field.snake) {
        return Err((
            "as",
            Problem::Conflict(format!("a {word} is made from `{only}` only")),
        ));
    }
    match (make, raw.domain.0.as_deref()) {
        (Make::Pseudonym(_), Some(label)) => domain(label).map(Make::Pseudonym),
        (Make::Pseudonym(_), None) => Err((
            "column",
            Problem::Missing {
                owner: format!("the column {}", &*raw.column),
                key: "domain",
            },
        )),
        (_, Some(_)) => Err((
            "domain",
            Problem::Conflict(format!("a {word} has no domain of its own")),
        )),
        (make, None) => Ok(make.clone()),
    }
}

/// A Release with an identifier of a new kind may name a domain of its own.
fn domain(label: &str) -> Result<Domain, (&'static str, Problem)> {
    for known in [Domain::NhsNumber, Domain::LaPerson, Domain::EventReference] {
        if known.label() == label {
            return Ok(known);
        }
    }
    // The manifest's digests of sources have this domain (contract section 7); a field in it would share their key.
    let free = label != "source-digest";
    if free
        && label
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    {
        return Ok(Domain::Other(label.to_owned()));
    }
    let choices =
        "nhs-number, la-person, event-reference or a new name of small letters and hyphens".into();
    Err((
        "domain",
        Problem::Choice {
            key: "domain",
            word: label.to_owned(),
            choices,
        },
    ))
}

/// What does not go together, and the key that says so.
fn conflict(columns: &[Column], field: Setting<'_>) -> Option<(&'static str, String)> {
    let all = |fits: fn(&Make) -> bool| columns.iter().all(|column| fits(&column.make));
    if field.withdrawn && field.treatment != Treatment::Drop {
        return Some((
            "treatment",
            "a withdrawn field has `treatment: drop`".into(),
        ));
    }
    let identifying = matches!(field.privacy, Privacy::DirectIdentifier | Privacy::FreeText);
    if identifying && !all(|make| *make != Make::Value) {
        return Some((
            "writes",
            format!(
                "a field with `privacy: {}` may not be written as it is",
                field.privacy.word()
            ),
        ));
    }
    let (fits, rule) = match field.treatment {
        Treatment::Drop => (columns.is_empty(), "writes nothing (`writes: []`)"),
        _ if columns.is_empty() => (false, "writes at least one column"),
        Treatment::Keep => (all(|make| *make == Make::Value), "writes its value only"),
        Treatment::Pseudonymise => (
            all(|make| {
                matches!(
                    make,
                    Make::Pseudonym(_) | Make::TracedPseudonym | Make::CombinedPersonId
                )
            }),
            "writes pseudonyms only",
        ),
        Treatment::Derive => (
            all(|make| {
                !matches!(
                    make,
                    Make::Value
                        | Make::Pseudonym(_)
                        | Make::TracedPseudonym
                        | Make::CombinedPersonId
                )
            }),
            "writes derived columns only",
        ),
    };
    if !fits {
        return Some((
            "writes",
            format!(
                "a field with `treatment: {}` {rule}",
                field.treatment.word()
            ),
        ));
    }
    let ages = columns
        .iter()
        .any(|column| column.make.word().starts_with("age"));
    (ages && field.kind != Kind::Date).then(|| ("type", "an age is made from a date only".into()))
}
