//! Files that reach the disk while they are written, so that little is left to wait for at the end.

use std::fs::File;
use std::io::{self, Write};
use std::thread::{Builder, JoinHandle};

/// Bytes after which the disk is asked to begin writing down what it has.
const BEGIN_EVERY: u64 = 16 << 20;

/// A file that is made safe against a loss of power once it is whole.
pub struct Durable {
    file: File,
    /// Bytes written.
    length: u64,
    /// Those of them that the disk was asked to write down.
    begun: u64,
}

impl Durable {
    /// Takes a file that is empty.
    pub fn new(file: File) -> Self {
        Self {
            file,
            length: 0,
            begun: 0,
        }
    }

    /// Has the disk begin to write down what there is, and does not wait for it. A failure shows when the file is synced.
    pub fn begin(&mut self) {
        begin_writing_down(&self.file, self.begun, self.length - self.begun);
        self.begun = self.length;
    }

    /// Has the disk write down all of it: nothing more is written. Whoever wants the file waits for that.
    ///
    /// # Errors
    /// When there is no handle or no thread left.
    pub fn conclude(&mut self) -> io::Result<Settling> {
        let file = self.file.try_clone()?;
        Builder::new().spawn(move || file.sync_all()).map(Settling)
    }

    /// Makes all of it safe against a loss of power.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// To sync in a thread beside would do the same, but that thread holds what the writing one waits for, and mostly sleeps
/// with it, as all processors are taken. Linux begins to write what it is told nobody will read soon, and keeps it for
/// those who do: what is not yet on the disk cannot be dropped.
#[cfg(target_os = "linux")]
fn begin_writing_down(file: &File, from: u64, length: u64) {
    use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
    if let (Ok(from), Ok(length)) = (i64::try_from(from), i64::try_from(length)) {
        // Advice: whether it is taken or not, the file is synced at the end.
        let _ = posix_fadvise(file, from, length, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
    }
}

/// Elsewhere the system begins when it likes.
#[cfg(not(target_os = "linux"))]
fn begin_writing_down(_: &File, _: u64, _: u64) {}

/// A whole file that the disk is writing down.
#[must_use = "a file that was not waited for may be gone after a loss of power"]
pub struct Settling(JoinHandle<io::Result<()>>);

impl Settling {
    /// Waits until the file is safe against a loss of power.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn wait(self) -> io::Result<()> {
        let panicked = |_| Err(io::Error::other("a thread ended early"));
        self.0.join().unwrap_or_else(panicked)
    }
}

impl Write for Durable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.length += n as u64;
        if self.length - self.begun >= BEGIN_EVERY {
            self.begin();
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
