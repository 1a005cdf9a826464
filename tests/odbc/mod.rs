//! Queries of databases as sources: without a database what is refused beforehand, and against the PostgreSQL that
//! `tests/odbc/server` starts (`tests/odbc/server cargo test --features odbc odbc -- --ignored`) everything else.

#[cfg(feature = "odbc")]
mod answers;
#[cfg(feature = "odbc")]
mod broken;
#[cfg(feature = "odbc")]
mod example;
mod refused;
#[cfg(feature = "odbc")]
mod same;
#[cfg(feature = "odbc")]
mod server;
#[cfg(feature = "odbc")]
mod values;
