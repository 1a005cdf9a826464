//! A query of a database as a source: what is asked of whom, and what it gave. It is asked once; its answer is kept, as text of
//! records, in an encrypted file without a name, from where it is read as often as a run needs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::spool::{Spool, Spooled};
use super::{ExtractError, Source};

/// What is asked of whom. Copies share the answer.
#[derive(Clone)]
pub struct Query {
    /// Name of the file that holds it, without its folder; what findings, manifest and report say.
    pub name: String,
    /// One statement that reads.
    pub statement: String,
    /// Lowercase hex SHA-256 of the file.
    pub digest: String,
    /// Driver, server and database, or the name of a data source. Without credentials.
    pub connection: String,
    /// As whom.
    pub login: Login,
    /// The column of the answer that names a row in the database.
    pub key: Option<String>,
    /// Where the answer is kept; what is nearest of it, if it does not exist yet.
    pub directory: PathBuf,
    /// The answer, once it was asked for.
    pub answer: Answer,
}

/// What a query gave, or gives yet. Copies share it.
#[derive(Clone, Default)]
pub struct Answer(Arc<Mutex<Option<Spooled>>>);

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The connection names the council's machines.
        f.debug_struct("Query")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// As whom a database is asked.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// As the account that runs the program, or as the data source says.
    Integrated,
    /// As two environment variables say.
    Environment {
        /// Name of the variable with the user.
        user: String,
        /// Name of the variable with the password.
        password: String,
    },
    /// As a file says that nobody else can read.
    File(PathBuf),
}

/// What is wrong with a source that is no file, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub fault: String,
    pub remedy: &'static str,
}

impl Fault {
    pub fn new(fault: impl Into<String>, remedy: &'static str) -> Self {
        Self {
            fault: fault.into(),
            remedy,
        }
    }

    pub fn at(self, path: &Path) -> ExtractError {
        ExtractError::File {
            path: path.to_owned(),
            fault: self.fault,
            remedy: self.remedy,
        }
    }
}

impl Query {
    /// The answer as it comes; asks if nobody did yet.
    pub(super) fn asked(&self, source: &Source) -> Result<Arc<Spool>, ExtractError> {
        let mut answer = self.answer.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(spooled) = &*answer {
            return Ok(spooled.spool());
        }
        let spooled = Spooled::begin(source, self)?;
        Ok(answer.insert(spooled).spool())
    }

    /// Bytes of the answer; 0 as long as it is not there whole.
    pub(super) fn size(&self) -> u64 {
        let answer = self.answer.0.lock().unwrap_or_else(PoisonError::into_inner);
        answer.as_ref().map_or(0, |spooled| spooled.spool().size())
    }

    /// The nearest directory to the one wanted that exists: what is made there later lies in the same file system.
    pub(super) fn existing_directory(&self) -> PathBuf {
        let mut at =
            std::path::absolute(&self.directory).unwrap_or_else(|_| self.directory.clone());
        while !at.is_dir() && at.pop() {}
        at
    }
}
