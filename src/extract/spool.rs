//! The answer of a database as it is kept: written once, by a thread of its own, and read from the start by whoever needs it,
//! while it is still written.

use std::io::{self, Read, Seek, SeekFrom};
#[cfg(feature = "odbc")]
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::flow::{Halt, Sink, Start, flow};
use super::query::{Fault, Query};
use super::{ExtractError, Source};
use crate::interrupt;
use crate::nameless::Nameless;

/// What is written at once.
const PIECE: usize = 1 << 18;

/// How often who waits looks whether somebody asked to stop.
const LOOK: Duration = Duration::from_millis(50);

/// An answer that is being written or was.
pub struct Spool {
    state: Mutex<State>,
    changed: Condvar,
    /// Nobody reads it any more.
    unread: AtomicBool,
    directory: PathBuf,
}

#[derive(Default)]
struct State {
    file: Option<Arc<Nameless>>,
    /// Bytes that are there to be read.
    written: u64,
    first_row: u64,
    /// There will be no more.
    end: Option<Result<(), Broken>>,
}

/// Why an answer is not whole; told to everybody who reads it.
#[derive(Debug, Clone)]
enum Broken {
    Source(PathBuf, Fault),
    Row(PathBuf, u64, Fault),
    Disk(io::ErrorKind, Option<i32>),
}

impl Broken {
    fn of(error: ExtractError) -> Self {
        match error {
            ExtractError::File {
                path,
                fault,
                remedy,
            } => Self::Source(path, Fault { fault, remedy }),
            ExtractError::Row {
                path,
                row,
                fault,
                remedy,
            } => Self::Row(path, row, Fault { fault, remedy }),
            ExtractError::Spool { source, .. } | ExtractError::Unreadable { source, .. } => {
                Self::Disk(source.kind(), source.raw_os_error())
            }
            other => Self::Source(PathBuf::new(), Fault::new(other.to_string(), "")),
        }
    }

    fn told(&self, directory: &std::path::Path) -> ExtractError {
        match self.clone() {
            Self::Source(path, fault) => fault.at(&path),
            Self::Row(path, row, Fault { fault, remedy }) => ExtractError::Row {
                path,
                row,
                fault,
                remedy,
            },
            Self::Disk(kind, number) => ExtractError::Spool {
                directory: directory.to_owned(),
                source: number.map_or_else(|| kind.into(), io::Error::from_raw_os_error),
            },
        }
    }
}

/// Keeps an answer as long as a source may be read.
pub(super) struct Spooled(Arc<Spool>);

impl Spooled {
    /// Asks, in a thread. That thread is left to itself: a driver that waits for its server cannot be called back.
    pub fn begin(source: &Source, query: &Query) -> Result<Self, ExtractError> {
        let spool = Arc::new(Spool {
            state: Mutex::default(),
            changed: Condvar::new(),
            unread: AtomicBool::new(false),
            directory: query.existing_directory(),
        });
        let (of_thread, asking, query) = (Arc::clone(&spool), source.clone(), query.clone());
        let write = move |sink: &mut Sink| ask(&query, &asking, sink);
        let source = source.clone();
        let run = move || {
            let end = of_thread.fill(&source, write);
            let mut state = of_thread.lock();
            state.end = Some(end.map_err(Broken::of));
            of_thread.changed.notify_all();
        };
        let thread = std::thread::Builder::new()
            .name("keeping".into())
            .spawn(run);
        thread.map_err(|source| spool.failed(source))?;
        Ok(Self(spool))
    }

    pub fn spool(&self) -> Arc<Spool> {
        Arc::clone(&self.0)
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        self.0.unread.store(true, Ordering::Relaxed);
    }
}

#[cfg(feature = "odbc")]
fn ask(query: &Query, source: &Source, sink: &mut Sink) -> Result<(), Halt> {
    // Drivers are many, and what wraps them gives up at what it has not met before.
    let asked = catch_unwind(AssertUnwindSafe(|| {
        super::odbc::write(query, &source.path, sink)
    }));
    asked.unwrap_or_else(|_| {
        let fault = Fault::new(
            "the driver gave what cannot be understood",
            "Try another version of the driver, or make the columns text in the query",
        );
        Err(fault.at(&source.path).into())
    })
}

/// A configuration that asks for it is refused before this.
#[cfg(not(feature = "odbc"))]
fn ask(_: &Query, source: &Source, _: &mut Sink) -> Result<(), Halt> {
    let fault = Fault::new(
        "this cld was built without databases",
        "Build it with `cargo build --release --features odbc`",
    );
    Err(Halt::Fault(fault.at(&source.path)))
}

impl Spool {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, source: io::Error) -> ExtractError {
        ExtractError::Spool {
            directory: self.directory.clone(),
            source,
        }
    }

    /// Takes the text as it is made.
    fn fill(
        &self,
        source: &Source,
        write: impl FnOnce(&mut Sink) -> Result<(), Halt> + Send + 'static,
    ) -> Result<(), ExtractError> {
        let (Start { first_row, .. }, mut text) = flow(source, write)?;
        let file = Arc::new(Nameless::new_in(&self.directory).map_err(|e| self.failed(e))?);
        {
            let mut state = self.lock();
            (state.first_row, state.file) = (first_row, Some(Arc::clone(&file)));
        }
        let mut piece = vec![0; PIECE];
        let mut written = 0;
        loop {
            let n = text.read(&mut piece).map_err(|e| source.read_fault(e))?;
            if n == 0 || self.unread.load(Ordering::Relaxed) {
                return Ok(());
            }
            file.write_at(written, &mut piece[..n])
                .map_err(|e| self.failed(e))?;
            written += n as u64;
            self.lock().written = written;
            self.changed.notify_all();
        }
    }

    /// Waits for more than so many bytes; gives how many there are and where. As many as before is the end.
    fn more_than(&self, at: u64) -> Result<(u64, Option<Arc<Nameless>>, u64), ExtractError> {
        let mut state = self.lock();
        while state.written <= at {
            match &state.end {
                Some(Ok(())) => break,
                Some(Err(broken)) => return Err(broken.told(&self.directory)),
                None => {}
            }
            if interrupt::asked() {
                return Err(ExtractError::Stopped);
            }
            let waited = self.changed.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok((state.written, state.file.clone(), state.first_row))
    }

    /// Row of the header. Waits for it.
    pub(super) fn first_row(&self) -> Result<u64, ExtractError> {
        self.more_than(0).map(|(_, _, first_row)| first_row)
    }

    /// Bytes; 0 as long as there may be more.
    pub(super) fn size(&self) -> u64 {
        let state = self.lock();
        if state.end.is_some() {
            state.written
        } else {
            0
        }
    }
}

/// An answer read from its start.
pub(super) struct Reading {
    spool: Arc<Spool>,
    at: u64,
}

impl Reading {
    pub fn of(spool: Arc<Spool>) -> Self {
        Self { spool, at: 0 }
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (written, file, _) = self.spool.more_than(self.at).map_err(io::Error::other)?;
        let n = buffer.len().min((written - self.at.min(written)) as usize);
        if let Some(file) = file.filter(|_| n > 0) {
            file.read_at(self.at, &mut buffer[..n])
                .map_err(|e| io::Error::other(self.spool.failed(e)))?;
        }
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Reading {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Start(at) = to else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        self.at = at;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Kind};
    use super::*;

    fn source() -> Source {
        Source {
            name: "mosaic".into(),
            path: "mosaic.sql".into(),
            encoding: None,
            format: Format::of(Kind::Odbc),
            query: None,
            configured: true,
            recipe: None,
        }
    }

    /// A spool that is filled by this.
    fn filled(
        directory: &std::path::Path,
        write: impl FnOnce(&mut Sink) -> Result<(), Halt> + Send + 'static,
    ) -> Arc<Spool> {
        let spool = Arc::new(Spool {
            state: Mutex::default(),
            changed: Condvar::new(),
            unread: AtomicBool::new(false),
            directory: directory.to_owned(),
        });
        let filling = Arc::clone(&spool);
        std::thread::spawn(move || {
            let end = filling.fill(&source(), write);
            filling.lock().end = Some(end.map_err(Broken::of));
            filling.changed.notify_all();
        });
        spool
    }

    fn begin(sink: &mut Sink) -> Result<(), Halt> {
        sink.start(Start {
            first_row: 1,
            ..Start::default()
        })
    }

    fn rows(sink: &mut Sink, n: u32) -> Result<(), Halt> {
        for row in 0..n {
            sink.cell(format!("9434765919 {row}").as_bytes())?;
            sink.end_record()?;
        }
        Ok(())
    }

    #[test]
    fn what_is_written_is_read_while_it_is_written_and_again() {
        let directory = tempfile::tempdir().unwrap();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let spool = filled(directory.path(), move |sink| {
            begin(sink)?;
            rows(sink, 40_000)?;
            let _ = wait.recv();
            rows(sink, 10)
        });
        let mut first = Reading::of(Arc::clone(&spool));
        let mut some = [0; 100];
        first.read_exact(&mut some).unwrap();
        assert!(some.starts_with(b"9434765919 0\n9434765919 1\n"));
        assert_eq!((spool.first_row().unwrap(), spool.size()), (1, 0));
        go.send(()).unwrap();
        let [mut one, mut other] = [Vec::new(), Vec::new()];
        first.read_to_end(&mut one).unwrap();
        Reading::of(Arc::clone(&spool))
            .read_to_end(&mut other)
            .unwrap();
        assert!(other.ends_with(&one) && other.len() == one.len() + 100);
        assert_eq!(other.iter().filter(|b| **b == b'\n').count(), 40_010);
        assert_eq!(spool.size(), other.len() as u64);
        let mut again = Reading::of(Arc::clone(&spool));
        again.seek(SeekFrom::Start(1000)).unwrap();
        again.read_exact(&mut some).unwrap();
        assert_eq!(some, other[1000..1100]);
        let disk = spool.lock().file.as_ref().unwrap().on_disk();
        assert!(!disk.windows(10).any(|bytes| bytes == b"9434765919"));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn everybody_who_reads_learns_that_an_answer_broke_off() {
        let directory = tempfile::tempdir().unwrap();
        let spool = filled(directory.path(), |sink| {
            begin(sink)?;
            rows(sink, 5)?;
            Err(Fault::new("was lost", "Run again")
                .at(&source().path)
                .into())
        });
        for _ in 0..2 {
            let mut read = Vec::new();
            let error = Reading::of(Arc::clone(&spool)).read_to_end(&mut read);
            let told = source().read_fault(error.unwrap_err()).to_string();
            assert_eq!(told, "mosaic.sql: was lost. Run again");
        }
        let nowhere = filled(&directory.path().join("nowhere"), begin);
        let error = Reading::of(nowhere)
            .read_to_end(&mut Vec::new())
            .unwrap_err();
        let told = source().read_fault(error);
        assert!(matches!(told, ExtractError::Spool { .. }), "{told}");
    }
}
