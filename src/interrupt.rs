//! Notices Ctrl-C and the system's wish to end, so that a run can clear up after itself, and keeps a limit on the size of
//! files from ending it.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens from now on; called before there are other threads, which inherit what is said here. A second call changes
/// nothing.
pub fn listen() {
    // Where a file may not grow on (`ulimit -f`), the write is to fail. The signal would leave everything behind.
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigSet, Signal};
        let _ = SigSet::from(Signal::SIGXFSZ).thread_block();
    }
    // The only error is that somebody listens already: then a program that embeds this library decides.
    let _ = ctrlc::set_handler(|| ASKED.store(true, Ordering::Relaxed));
}

/// Whether somebody asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// # Errors
/// [`Error::Interrupted`] once somebody asked to stop.
pub fn check() -> Result<()> {
    if asked() {
        Err(Error::Interrupted)
    } else {
        Ok(())
    }
}
