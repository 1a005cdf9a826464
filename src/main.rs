//! Collects the arguments, runs, returns the exit code. Knows nothing else.

use std::process::ExitCode;

/// Threads hand buffers to each other all the time, which this allocator is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cld_return::run(std::env::args_os())
}
