//! Why the register cannot be used.

use std::io;
use std::path::PathBuf;

use crate::custody::Fault;
use crate::encrypted::OpenError;
use crate::error::Error;
use crate::treat::KeyError;

/// What is said of a database that is none.
pub(super) const DAMAGED_WITHIN: &str = "the register's database is damaged within. Keep the file as it is, and go on with the last copy that verifies";

/// Why the register cannot be used. Never says what stands in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The operating system refused.
    #[error("cannot {action} the register {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The register.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is kept so that others may read it.
    #[error("the register {} {fault}", path.display())]
    Kept {
        /// The register.
        path: PathBuf,
        /// What is wrong.
        fault: Fault,
    },
    /// It does not open.
    #[error("{source}")]
    Locked {
        /// Why not.
        source: Box<KeyError>,
    },
    /// It is encrypted otherwise than the configuration says.
    #[error("the register {} {fault}", path.display())]
    Otherwise {
        /// The register.
        path: PathBuf,
        /// What is different, and what to do.
        fault: &'static str,
    },
    /// It would be encrypted to somebody else than who is to open it.
    #[error("the register {} would be encrypted to a public key that the identity file {} does not open, so that nobody here could read it again. Under `tracing.encrypted`, let `recipient:` be the public key of that identity (age-keygen -y prints it)", path.display(), identity.display())]
    Unopenable {
        /// The register.
        path: PathBuf,
        /// The identity file.
        identity: PathBuf,
    },
    /// It is no register, or not a whole one.
    #[error("the register {} is damaged, or no register that this program made. Restore the last copy of it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Another command is changing it.
    #[error("another command is working in the folder of the register {}. Wait for it to end", path.display())]
    Busy {
        /// The register.
        path: PathBuf,
    },
    /// The log does not follow from itself, or the tables not from the log.
    #[error("{0}")]
    Broken(String),
    /// The database refused; its own words may hold what it was given.
    #[error("the register's database refused (code {0})")]
    Database(i32),
}

impl From<rusqlite::Error> for RegisterError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            Some(error) => Self::Database(error.extended_code),
            None => Self::Database(0),
        }
    }
}

impl RegisterError {
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// What the database says of one that was read from a file: it is not what this program wrote.
    pub(super) fn within(self) -> Self {
        match self {
            Self::Database(_) => Self::Broken(DAMAGED_WITHIN.to_owned()),
            other => other,
        }
    }

    pub(super) fn sealed(path: impl Into<PathBuf>) -> impl FnOnce(OpenError) -> Self {
        let path = path.into();
        move |source| match source {
            OpenError::Damaged => Self::Damaged { path },
            source => Self::Locked {
                source: Box::new(KeyError::Sealed { path, source }),
            },
        }
    }
}

impl From<RegisterError> for Error {
    fn from(error: RegisterError) -> Self {
        let words = error.to_string();
        match error {
            RegisterError::Io {
                action,
                path,
                source,
            } => Self::Io {
                action,
                path,
                source,
            },
            RegisterError::Kept { path, fault } => KeyError::Kept { path, fault }.into(),
            RegisterError::Locked { source } => Self::Key(*source),
            RegisterError::Otherwise { .. } | RegisterError::Unopenable { .. } => {
                Self::Usage(words)
            }
            RegisterError::Damaged { .. } => Self::Input(words),
            RegisterError::Busy { .. } => Self::Busy(words),
            RegisterError::Broken(_) => Self::Verification(words),
            RegisterError::Database(_) => Self::Internal(words),
        }
    }
}
