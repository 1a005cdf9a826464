//! Every way a command can fail, and the one table from failure to exit code.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::attest::SealError;
use crate::config::ConfigError;
use crate::extract::ExtractError;
use crate::map::MapError;
use crate::refusal;
use crate::schema::SchemaError;
use crate::treat::KeyError;
use crate::write::WriteError;

/// Result of anything that can end a command.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure that ends a command. Messages name files, rows, columns and keys of the
/// configuration; they never carry a cell's value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A usage fault, or a configuration that cannot be carried out.
    #[error("{0}")]
    Usage(String),
    /// A configuration that cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A schema that cannot be used.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Input that is missing, unreadable or malformed.
    #[error("{0}")]
    Input(String),
    /// A source that was refused.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// A source whose columns do not fit.
    #[error(transparent)]
    Map(#[from] MapError),
    /// A key that is missing, weak, wrong or badly kept.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Too many records with an error for a bundle to be made.
    #[error("{0}")]
    Gate(String),
    /// A bundle that does not verify.
    #[error("{0}")]
    Verification(String),
    /// Another run holds the output directory.
    #[error("{0}")]
    Busy(String),
    /// The output could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The output could not be written into this directory.
    #[error("{source} (in {})", path.display())]
    Into {
        /// The directory of the bundles or the worklists.
        path: PathBuf,
        /// Why.
        source: WriteError,
    },
    /// The bundle could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A file of ours that could not be written or read.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb: `write`, `rename`.
        action: &'static str,
        /// The file concerned.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A fault of the program itself.
    #[error("internal error: {0}. Nothing was left behind; please report this")]
    Internal(String),
    /// The person at the terminal stopped the run.
    #[error("stopped on request; nothing was left behind")]
    Interrupted,
}

impl Error {
    /// The contract's exit code (section 2). An interrupted run ends as the shell expects of a signal.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Internal(_)
            | Self::Io { .. }
            | Self::Write(_)
            | Self::Into { .. }
            | Self::Seal(_)
            | Self::Extract(ExtractError::Spool { .. }) => 1,
            Self::Usage(_)
            | Self::Config(_)
            | Self::Schema(_)
            | Self::Extract(ExtractError::Configured(_)) => 2,
            Self::Gate(_) => 4,
            Self::Key(_) => 5,
            Self::Verification(_) => 6,
            Self::Busy(_) => 7,
            Self::Interrupted | Self::Extract(ExtractError::Stopped) => 130,
            Self::Input(_) | Self::Extract(_) | Self::Map(_) => 3,
        }
    }

    /// The same, for `main`.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit_status())
    }

    /// The same, with the directory that was written into, where it does not tell itself.
    pub fn into_directory(self, path: &Path) -> Self {
        match self {
            Self::Write(source) => Self::Into {
                path: path.to_owned(),
                source,
            },
            other => other,
        }
    }

    /// What to do about what the operating system refused, where the message does not say it. `None` where it refused
    /// nothing.
    pub fn remedy(&self) -> Option<&'static str> {
        let mut refused = None;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            refused = error.downcast_ref::<std::io::Error>().or(refused);
            cause = error.source();
        }
        match self {
            // A file that was there a moment ago.
            Self::Io { action: "read", .. } => {
                refused.map(|e| refusal::of_reading(e).unwrap_or_else(|| refusal::of_writing(e)))
            }
            Self::Io { .. }
            | Self::Write(_)
            | Self::Into { .. }
            | Self::Seal(_)
            | Self::Extract(ExtractError::Spool { .. }) => refused.map(refusal::of_writing),
            _ => None,
        }
    }

    /// An input or output error on a file of ours.
    pub fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
