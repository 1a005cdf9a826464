//! Client Level Data return pipeline.

pub mod attest;
pub mod cli;
pub mod config;
pub mod custody;
pub mod date;
pub mod error;
pub mod extract;
pub mod finding;
pub mod interrupt;
pub mod map;
pub mod nearest;
pub mod nhs_number;
pub mod pipeline;
pub mod progress;
pub mod redact;
pub mod schema;
pub mod select;
pub mod tokens;
pub mod treat;
pub mod validate;
pub mod write;
pub mod yaml;

pub use cli::run;
