//! A compiled return: its fields in order, their lists, conditions and treatments. Cannot be wrong once made.

use regex::Regex;

use super::condition::{Condition, Test};
use super::page::Page;

/// One release of the return.
#[derive(Debug, Clone)]
pub struct Schema {
    /// `cld-release-2`; the name of the file without its ending.
    pub id: String,
    /// For people.
    pub title: String,
    /// `1` or `2`.
    pub release: String,
    /// What is not known about this release, for people.
    pub status: String,
    /// Since when and until when the release is in use, in words.
    pub in_use: String,
    /// Lowercase hex SHA-256 over the text of the schema and then of those it is based on.
    pub digest: String,
    /// What the source codes (S1, GEN) stand for.
    pub sources: Vec<(String, String)>,
    /// Facts about the release as a whole: topic and text.
    pub background: Vec<(String, String)>,
    /// Every field in the order of the return, the withdrawn and the never sent included.
    pub fields: Vec<Field>,
    /// The defined lists.
    pub lists: Vec<List>,
    /// The distinct tests that the conditions are made of, at most 128; a condition is evaluated over a bit set of their results.
    pub tests: Vec<Test>,
    /// Rules about the fields of one record, by code.
    pub rules: Vec<Rule>,
    /// When two records are one event nationally.
    pub unique_event: UniqueEvent,
    /// Where the fields that the pipeline itself needs stand in `fields`.
    pub roles: Roles,
}

/// A rule that a schema states: broken where its condition holds.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Position of the field that it is about.
    pub field: usize,
    /// Second half of its code.
    pub check: String,
    /// When it is broken.
    pub broken_if: Condition,
    /// What it says of itself.
    pub page: Page,
}

/// Positions in [`Schema::fields`] of the fields that rules and treatments name. A schema without one of them is refused.
#[derive(Debug, Clone, Copy)]
pub struct Roles {
    /// Where `LA Code` stands.
    pub la_code: usize,
    /// Where `Reporting Period Start Date` stands.
    pub period_start: usize,
    /// Where `Reporting Period End Date` stands.
    pub period_end: usize,
    /// Where `NHS Number` stands.
    pub nhs_number: usize,
    /// Where `LA Person Unique Identifier` stands.
    pub person_id: usize,
    /// Where `First Name` stands.
    pub first_name: usize,
    /// Where `Last Name` stands.
    pub last_name: usize,
    /// Where `Date of Birth` stands.
    pub birth: usize,
    /// Where `Date of Death` stands.
    pub death: usize,
    /// Where `Client Type` stands.
    pub client_type: usize,
    /// Where `Postcode` stands.
    pub postcode: usize,
    /// Where `Event Type` stands.
    pub event_type: usize,
    /// Where `Event Reference` stands.
    pub event_reference: usize,
    /// Where `Event Start Date` stands.
    pub event_start: usize,
    /// Where `Event End Date` stands.
    pub event_end: usize,
    /// Where `Event Outcome` stands.
    pub outcome: usize,
    /// Where `Event Description` stands.
    pub description: usize,
    /// Where `Gender` stands.
    pub gender: usize,
    /// Where `Ethnicity` stands.
    pub ethnicity: usize,
}

/// By which fields national processing knows an event again, beside the person. Positions in [`Schema::fields`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UniqueEvent {
    /// For every event.
    pub every: Vec<usize>,
    /// For events of a type besides, by the value of Event Type.
    pub joined: Vec<(String, Vec<usize>)>,
    /// What tables of a single submission ask besides, likewise.
    pub single: Vec<(String, Vec<usize>)>,
}

/// One field of the return.
#[derive(Debug, Clone)]
pub struct Field {
    /// The header the specification uses: `Request: Route of Access`.
    pub name: String,
    /// `request_route_of_access`; first half of its rule codes.
    pub snake: String,
    /// `requests`; how the national grid groups fields.
    pub module: String,
    /// What its values are.
    pub kind: Kind,
    /// The format in words.
    pub format: String,
    /// A shape that a readable value has. A value of another shape gets a warning, never an error: shapes are convention, not evidence.
    pub shape: Option<Regex>,
    /// Most characters, where the format sets a limit.
    pub max_length: Option<u32>,
    /// Index into [`Schema::lists`] when `kind` is [`Kind::List`].
    pub list: Option<usize>,
    /// When the field may be filled in.
    pub applicable: Condition,
    /// When the field must be filled in.
    pub mandatory: Condition,
    /// `published`, `inferred` or `none`: how the conditions are known.
    pub evidence: String,
    /// More on how the conditions are known; usually empty.
    pub evidence_note: String,
    /// The release does not have this field any more: accepted when present, never written, never missed.
    pub withdrawn: bool,
    /// How identifying it is.
    pub privacy: Privacy,
    /// What happens to it on its way out.
    pub treatment: Treatment,
    /// The columns of the submission that come from this field, in order. Empty for `drop` and for withdrawn fields.
    pub columns: Vec<Column>,
    /// What national processing does with the field, in words.
    pub nationally: String,
    /// National code turns the literal text NULL into a missing value here.
    pub null_seen: bool,
    /// Codes of the sources, see [`Schema::sources`].
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// What else is known, for people; often empty.
    pub notes: String,
}

impl Field {
    /// Councils that lack the column need not say so: withdrawn fields and fields that are never sent (contract section 8).
    pub fn optional(&self) -> bool {
        self.withdrawn || self.treatment == Treatment::Drop
    }
}

/// What a value of a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Free or semi-free text.
    Text,
    /// A code with a shape.
    Code,
    /// dd/mm/yyyy.
    Date,
    /// A whole number.
    Integer,
    /// A number with at most two decimals, 18 digits.
    Decimal,
    /// One of a defined list.
    List,
}

/// How identifying a field is: this project's judgement (spec meta.privacy_classes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Identifies a person on its own or by local look-up.
    DirectIdentifier,
    /// Can identify in combination, or is sensitive and narrow.
    IndirectIdentifier,
    /// May contain anything.
    FreeText,
    /// Tells little on its own.
    Neutral,
}

/// What happens to a field on its way out, from loose to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Treatment {
    /// Written as it is.
    Keep,
    /// Replaced by coarser values made from it.
    Derive,
    /// Replaced by a keyed hash.
    Pseudonymise,
    /// Not written.
    Drop,
}

/// One column of the submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// National name: `Der_Birth_Year`.
    pub name: String,
    /// How it is made.
    pub make: Make,
}

/// How a column is made from its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Make {
    /// The checked value as it is.
    Value,
    /// Nothing: the configuration dropped the field, and the column stays so that the header is the one others rely on.
    Nothing,
    /// Keyed hash in the named domain (contract section 3).
    Pseudonym(Domain),
    /// The NHS number as confirmed by tracing, keyed.
    TracedPseudonym,
    /// Traced NHS pseudonym, else NHS pseudonym, else LA code + `_` + person pseudonym.
    CombinedPersonId,
    /// Year of birth.
    BirthYear,
    /// Month of birth, 1 to 12.
    BirthMonth,
    /// Whole years at Event Start Date.
    AgeAtEventStart,
    /// Whole years at Reporting Period End Date.
    AgeAtPeriodEnd,
    /// Outward code, space, first character of the inward code.
    PostcodeSector,
    /// 1 if the letters "conversation" stand in the text, else 0.
    Conversation,
}

/// A family of identifiers that share one pseudonym space.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Domain {
    /// NHS numbers.
    NhsNumber,
    /// The council's person ids, linked adults included.
    LaPerson,
    /// The council's ids of events.
    EventReference,
    /// A space of its own: for a field that configuration moved from `keep` to `pseudonymise`, named by its snake name
    /// with hyphens, or for a new kind of identifier that a schema names.
    Other(String),
}

impl Domain {
    /// The label that goes into the key derivation.
    pub fn label(&self) -> &str {
        match self {
            Self::NhsNumber => "nhs-number",
            Self::LaPerson => "la-person",
            Self::EventReference => "event-reference",
            Self::Other(label) => label,
        }
    }
}

/// A defined list of permitted values.
#[derive(Debug, Clone)]
pub struct List {
    /// Usually the snake name of its field.
    pub name: String,
    /// How much of it is known.
    pub complete: Completeness,
    /// Permitted values in the order of the specification.
    pub values: Vec<ListValue>,
    /// Values of the release before that this one lacks and that have no single counterpart here.
    pub retired: Vec<Retired>,
    /// Guesses; shown as suggestions, never used to reject.
    pub candidates: Vec<String>,
    /// Named in guidance as not for submission.
    pub not_to_be_used: Vec<String>,
    /// Wrong spellings seen in data.
    pub also_seen: Vec<AlsoSeen>,
    /// How national processing groups the values.
    pub groups: Vec<Group>,
    /// Orders in which one of several duplicates of an event is kept; the first is the one used.
    pub hierarchies: Vec<Hierarchy>,
    /// Whether the list differs from the release before, in words; empty in a first release.
    pub changed: String,
    /// How the values of the release before became these; none in a first release.
    pub mapping: Option<Mapping>,
    /// Codes of the sources, see [`Schema::sources`].
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// What else is known, for people; often empty.
    pub notes: String,
}

/// How much of a list is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Every value is known: anything else is invalid.
    Yes,
    /// The list may be longer.
    Unknown,
    /// No value is known.
    NotFound,
    /// A council named the missing values in its configuration; as good as `Yes`.
    ByCouncil,
}

impl Completeness {
    /// Whether a value outside the list is known to be wrong.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Yes | Self::ByCouncil)
    }
}

/// One permitted value.
#[derive(Debug, Clone)]
pub struct ListValue {
    /// The text, in its exact spelling.
    pub value: String,
    /// Values of the release before that became this one (not those that differ in nothing or in capitals only).
    pub was: Vec<String>,
    /// Confidence in `was` where it differs from that of the whole mapping.
    pub mapping_confidence: String,
    /// What to know about `was`; usually empty.
    pub mapping_note: String,
}

/// A value of the release before without a single counterpart.
#[derive(Debug, Clone)]
pub struct Retired {
    /// The text, in its exact spelling.
    pub value: String,
    /// What it may have become, if anything is known.
    pub choices: Vec<String>,
    /// Confidence in this, where it differs from that of the whole mapping.
    pub confidence: String,
    /// What else is known, for people; often empty.
    pub note: String,
}

/// A wrong spelling that was seen in data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlsoSeen {
    /// The text, in its exact spelling.
    pub value: String,
    /// Every text that begins so is meant.
    pub prefix: bool,
    /// The permitted value, or words where there is none.
    pub means: String,
    /// The national group it falls in, where that differs from the group of `means`.
    pub grouped: String,
    /// Codes of the sources, see [`Schema::sources`].
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
}

/// A national group of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// For people.
    pub name: String,
    /// Its members, in words.
    pub has: String,
    /// Codes of the sources, see [`Schema::sources`].
    pub source: String,
}

/// An order of values; among duplicates of an event the earlier one is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    /// For people.
    pub name: String,
    /// From the one that stays to the one that goes first.
    pub order: Vec<String>,
    /// The entry of `order` that stands for the retired values.
    pub retired_rank_as: Option<String>,
    /// Codes of the sources, see [`Schema::sources`].
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// What else is known, for people; often empty.
    pub note: String,
}

/// How the values of the release before became those of this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// What the mapping rests on.
    pub basis: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// Codes of the sources, see [`Schema::sources`].
    pub source: String,
    /// What else is known, for people; often empty.
    pub notes: String,
}

impl Schema {
    /// Position of a field by snake name or header.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields
            .iter()
            .position(|f| f.snake == name || f.name == name)
    }

    /// A defined list by its name.
    pub fn list(&self, name: &str) -> Option<&List> {
        self.lists.iter().find(|list| list.name == name)
    }

    /// The sources whose codes stand in a text, `S1 (chk_ -1), S5`: code and what it stands for.
    pub fn cited(&self, text: &str) -> impl Iterator<Item = (&str, &str)> {
        let codes: Vec<String> = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .map(str::to_owned)
            .collect();
        self.sources
            .iter()
            .filter(move |(code, _)| codes.contains(code))
            .map(|(code, what)| (code.as_str(), what.as_str()))
    }

    /// The submission's columns in order, each with the position of its field.
    pub fn columns(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.fields
            .iter()
            .enumerate()
            .flat_map(|(at, field)| field.columns.iter().map(move |column| (at, column)))
    }
}
