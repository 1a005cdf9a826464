//! Files that reach the disk while they are written, so that little is left to wait for at the end.

use std::fs::File;
use std::io::{self, Write};
use std::thread::{Builder, JoinHandle};

/// Bytes after which the disk is asked to write down what it has.
const SYNC_EVERY: u64 = 32 << 20;

/// A file that is made safe against a loss of power while it is written.
pub struct Durable {
    file: File,
    unsynced: u64,
    syncing: Option<JoinHandle<io::Result<()>>>,
}

impl Durable {
    /// Takes a file that is empty, or synced.
    pub fn new(file: File) -> Self {
        Self {
            file,
            unsynced: 0,
            syncing: None,
        }
    }

    /// Has the disk write down what there is, and does not wait for it.
    ///
    /// # Errors
    /// When the disk is full, or could not write down what it was asked to before.
    pub fn settle(&mut self) -> io::Result<()> {
        self.settled()?;
        self.unsynced = 0;
        let file = self.file.try_clone()?;
        self.syncing = Some(Builder::new().spawn(move || file.sync_data())?);
        Ok(())
    }

    /// Waits for the disk.
    fn settled(&mut self) -> io::Result<()> {
        self.syncing.take().map_or(Ok(()), joined)
    }

    /// Has the disk write down all of it: nothing more is written. Whoever wants the file waits for that.
    ///
    /// # Errors
    /// When there is no handle or no thread left.
    pub fn conclude(&mut self) -> io::Result<Settling> {
        let (before, file) = (self.syncing.take(), self.file.try_clone()?);
        let settling = Builder::new().spawn(move || {
            before.map_or(Ok(()), joined)?;
            file.sync_all()
        });
        settling.map(Settling)
    }

    /// Makes all of it safe against a loss of power.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(&mut self) -> io::Result<()> {
        self.settled()?;
        self.file.sync_all()
    }
}

/// A whole file that the disk is writing down.
#[must_use = "a file that was not waited for may be gone after a loss of power"]
pub struct Settling(JoinHandle<io::Result<()>>);

impl Settling {
    /// Waits until the file is safe against a loss of power.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn wait(self) -> io::Result<()> {
        joined(self.0)
    }
}

fn joined(thread: JoinHandle<io::Result<()>>) -> io::Result<()> {
    let panicked = |_| Err(io::Error::other("a thread ended early"));
    thread.join().unwrap_or_else(panicked)
}

impl Write for Durable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.unsynced += n as u64;
        let idle = self.syncing.as_ref().is_none_or(JoinHandle::is_finished);
        if self.unsynced >= SYNC_EVERY && idle {
            self.settle()?;
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
