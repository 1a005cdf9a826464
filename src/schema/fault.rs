//! Why a schema cannot be used: every fault with its file, line and column.

use std::fmt;
use std::path::PathBuf;

/// A schema that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// No schema of that name, neither in the directory given nor built in.
    #[error("there is no schema `{id}`; known are {}", known.join(", "))]
    Unknown {
        /// The name asked for.
        id: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// A name that could leave the directory of schemas.
    #[error("`{id}` cannot name a schema: use small letters, digits and hyphens")]
    Name {
        /// The name asked for.
        id: String,
    },
    /// A file or directory that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file beyond the limit: it is not a schema.
    #[error("{} is larger than 1 MiB, which no schema is", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A schema based on itself, directly or by way of others.
    #[error("the schema is based on itself: {}", chain.join(" is based on "))]
    Circular {
        /// The names in the order followed.
        chain: Vec<String>,
    },
    /// Faults in the text of the schema.
    #[error("{}", listed(.0))]
    Faults(Vec<Fault>),
}

impl SchemaError {
    /// The faults in the text; empty where the text was not reached.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Faults(faults) => faults,
            _ => &[],
        }
    }
}

fn listed(faults: &[Fault]) -> String {
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// One fault at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file as the user knows it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.problem
        )
    }
}

/// What is wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is not YAML, or not of the shape of a schema: unknown keys, missing keys, wrong types.
    #[error("{0}")]
    Yaml(String),
    /// The name inside the file is not that of the file.
    #[error("the file is named `{file}` but says `schema: {says}`")]
    OtherName {
        /// The name of the file without its ending.
        file: String,
        /// What the file says.
        says: String,
    },
    /// A key without which the entry means nothing.
    #[error("{owner} has no `{key}`")]
    Missing {
        /// The field or list.
        owner: String,
        /// The key.
        key: &'static str,
    },
    /// A word that is not one of the choices.
    #[error("`{word}` is not a {key}; the choices are {choices}")]
    Choice {
        /// The key.
        key: &'static str,
        /// The word found.
        word: String,
        /// The words there are.
        choices: String,
    },
    /// Two things of one name.
    #[error("{what} `{name}` stands twice")]
    Repeated {
        /// What kind of thing: `field`, `value`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A reference to something that is not there.
    #[error("there is no {what} `{name}`{}", suggestion(nearest))]
    Unknown {
        /// What kind of thing: `list`, `field`.
        what: &'static str,
        /// The name that leads nowhere.
        name: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A field that the pipeline itself needs.
    #[error("the schema has no field `{0}`, which the pipeline needs")]
    MissingRole(&'static str),
    /// A condition that cannot be read.
    #[error("`{key}` at character {at}: {error}")]
    Condition {
        /// `applicable` or `mandatory`.
        key: &'static str,
        /// Where in the condition, from 1 and with line breaks as one space.
        at: usize,
        /// What is wrong with it.
        error: ConditionError,
    },
    /// Two statements that do not go together.
    #[error("{0}")]
    Conflict(String),
}

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// Something else must stand here.
    #[error("expected {expected}, found {found}")]
    Syntax {
        /// What may stand here.
        expected: &'static str,
        /// What stands here.
        found: String,
    },
    /// A name that is no field's.
    #[error("there is no field `{name}`{}", suggestion(nearest))]
    UnknownField {
        /// The name.
        name: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A value that the field's complete list does not have, so that the test could never hold.
    #[error("\"{text}\" is not in the list of `{field}`{}", suggestion(nearest))]
    NotInList {
        /// The value.
        text: String,
        /// The field.
        field: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A number compared with text or text with a number.
    #[error("`{0}` is compared with whole numbers only")]
    NumberOnly(String),
    /// The other way round.
    #[error("`{0}` is no number, so it cannot be smaller or larger than one")]
    NotANumber(String),
    /// Days are compared with days.
    #[error("`{0}` is not a date; a date is compared with the name of another date")]
    NotADate(String),
    /// The bit set of results is full.
    #[error("this is one test too many: a schema may use 128 distinct tests")]
    TooManyTests,
    /// Brackets within brackets without end.
    #[error("brackets are nested too deeply")]
    TooDeep,
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
