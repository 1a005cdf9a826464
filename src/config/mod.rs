//! The council's configuration: read strictly, checked as a whole, every fault told at once.

mod codes;
mod format;
mod lists;
mod odbc;
mod raw;
mod raw_table;
mod raw_tracing;
mod reader;
mod sources;
mod statement;
mod tables;
mod tracing;
mod valid;

pub use tracing::{
    AllocationsConfig, Flag, GenderCode, KeepConfig, PeopleConfig, RegisterLock, TracingConfig,
    YesOrNo,
};
pub use valid::{
    Band, Cancelled, CodesFile, Config, Gate, Governance, ObjectionsConfig, Period,
    REASONS_OF_THE_RETURN, Selection, SourceConfig,
};

use std::path::PathBuf;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Unreadable {
        /// The file concerned.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is not the YAML that is expected.
    #[error("{}: {fault}", path.display())]
    Malformed {
        /// The file concerned.
        path: PathBuf,
        /// What is wrong, with line and column.
        fault: String,
    },
    /// The file is well formed, but what it says cannot be done.
    #[error("{}: {}", path.display(), faults.join("\n  "))]
    Faults {
        /// The file concerned.
        path: PathBuf,
        /// Each fault with the key it stands at.
        faults: Vec<String>,
    },
}
