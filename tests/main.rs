//! All integration tests: one binary, since each links the whole stack again.

mod commands;
mod conformance;
mod custodian;
mod exits;
mod fallback;
mod faults;
mod golden;
mod kinds;
mod no_network;
mod property;
mod requirements;
mod runs;
mod support;
mod trace;
mod treatment;
mod validation;
mod verifiers;
