//! Notices Ctrl-C and the system's wish to end, so that a run can clear up after itself.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens from now on. A second call changes nothing.
pub fn listen() {
    // The only error is that somebody listens already: then a program that embeds this library decides.
    let _ = ctrlc::set_handler(|| ASKED.store(true, Ordering::Relaxed));
}

/// # Errors
/// [`Error::Interrupted`] once somebody asked to stop.
pub fn check() -> Result<()> {
    if ASKED.load(Ordering::Relaxed) {
        Err(Error::Interrupted)
    } else {
        Ok(())
    }
}
