//! What holds for any input.

mod csv;
mod identifiers;
mod order;

use proptest::test_runner::Config;

/// So many cases; each may run the binary several times. Failures are shown, not kept in files.
pub fn cases(cases: u32) -> Config {
    Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    }
}
