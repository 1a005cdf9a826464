//! What a rule says of itself: what it checks, why that matters, how to put it right, who says so and how sure.

use super::words::Named;

/// How bad a broken rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Wrong, or counted as failed nationally.
    Error,
    /// Readable, but not as it should be.
    Warning,
    /// Could not be judged, or only worth knowing.
    Info,
}

impl Severity {
    /// The name used in files and messages.
    pub fn name(self) -> &'static str {
        self.word()
    }
}

impl Named for Severity {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("error", Self::Error),
        ("warning", Self::Warning),
        ("info", Self::Info),
    ];
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// One cell.
    Cell,
    /// The cells of one record.
    Record,
    /// The records of one person, or of one event.
    Person,
    /// The extract as a whole.
    File,
}

impl Named for Level {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("cell", Self::Cell),
        ("record", Self::Record),
        ("person", Self::Person),
        ("file", Self::File),
    ];
}

/// How a rule is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// Read in published national code or tables.
    Published,
    /// Read where the guidance is quoted.
    Guidance,
    /// The portal's general guide says so.
    Portal,
    /// A published standard outside the return, such as the check digit of NHS numbers.
    Standard,
    /// A safeguard of this program: what it will not let out.
    Safeguard,
    /// Reasonable, and evidenced nowhere: never an error.
    Inferred,
}

impl Named for Evidence {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("published", Self::Published),
        ("guidance", Self::Guidance),
        ("portal", Self::Portal),
        ("standard", Self::Standard),
        ("safeguard", Self::Safeguard),
        ("inferred", Self::Inferred),
    ];
}

impl Evidence {
    /// What the word means, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Published => "read in published national code or tables",
            Self::Guidance => "read where the guidance is quoted",
            Self::Portal => "from the portal's general guide, which is not about this return",
            Self::Standard => "a published standard outside the return",
            Self::Safeguard => "a safeguard of this program",
            Self::Inferred => "inferred: reasonable, and evidenced nowhere",
        }
    }
}

/// What a rule says of itself. Texts stand after the name of the field, without a full stop where they are parts of
/// sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What it looks at.
    pub level: Level,
    /// How bad it is when broken.
    pub severity: Severity,
    /// How it is known.
    pub evidence: Evidence,
    /// Codes of the sources, see [`super::Schema::sources`].
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// What is checked: a sentence.
    pub checks: String,
    /// What happens nationally when it is broken: sentences.
    pub why: String,
    /// What is wrong, and what is written instead, after the field's name.
    pub fault: String,
    /// What was expected; empty where the field's format says it.
    pub expected: String,
    /// What to do.
    pub remedy: String,
    /// Who can do it.
    pub who: String,
}
