//! All integration tests: one binary, since each links the whole stack again.

mod commands;
mod conformance;
mod custodian;
mod examples;
mod exits;
mod fallback;
mod faults;
mod golden;
mod kinds;
mod no_network;
mod odbc;
mod property;
mod requirements;
mod runs;
mod support;
mod tables;
mod trace;
mod treatment;
mod validation;
mod verifiers;
