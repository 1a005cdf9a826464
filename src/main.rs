//! Collects the arguments, runs, returns the exit code. Knows nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    cld_return::run(std::env::args_os())
}
