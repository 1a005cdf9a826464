//! Holds rows until all are there, in buckets by the first bits of the person pseudonym: in memory while they are few,
//! beyond that in one temporary file that has no name, so that nothing is left of it however the run ends.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

/// Bits of the pseudonym that tell the bucket.
const BITS: u32 = 10;

/// Number of buckets. Pseudonyms are spread evenly, so each holds its share.
pub const BUCKETS: usize = 1 << BITS;

/// Rows that are kept in memory, in bytes, before the disk is used.
const IN_MEMORY: usize = 8 << 20;

/// What a thread collects before it hands it over, dealt into buckets.
const RUN: usize = 1 << 20;

/// Rows in buckets, shared by all threads.
pub struct Spill {
    state: Mutex<State>,
    in_memory: usize,
}

struct State {
    runs: Vec<Run>,
    /// Rows of each bucket.
    rows: Vec<u64>,
    in_memory: usize,
    file: Option<File>,
    file_end: u64,
    directory: std::path::PathBuf,
}

/// Rows of a thread, bucket after bucket.
struct Run {
    /// Where each bucket begins, and the end.
    starts: Vec<u32>,
    place: RunPlace,
}

enum RunPlace {
    Memory(Vec<u8>),
    Disk(u64),
}

impl Spill {
    /// Rows beyond what memory may hold go to a nameless file in `directory`, which is in the output's file system.
    pub fn new(directory: &Path) -> Self {
        Self::with_memory(directory, IN_MEMORY)
    }

    /// The same with so many bytes in memory.
    pub(super) fn with_memory(directory: &Path, in_memory: usize) -> Self {
        Self {
            state: Mutex::new(State {
                runs: Vec::new(),
                rows: vec![0; BUCKETS],
                in_memory: 0,
                file: None,
                file_end: 0,
                directory: directory.to_owned(),
            }),
            in_memory,
        }
    }

    /// Takes dealt rows; gives the buffer back if they went to the disk.
    fn add(&self, rows: &[u64], starts: Vec<u32>, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut state = self.lock();
        state
            .rows
            .iter_mut()
            .zip(rows)
            .for_each(|(all, n)| *all += n);
        let (place, buffer) = if state.in_memory + bytes.len() <= self.in_memory {
            state.in_memory += bytes.len();
            (RunPlace::Memory(bytes), Vec::new())
        } else {
            let at = state.file_end;
            let state = &mut *state;
            let file = match &mut state.file {
                Some(file) => file,
                none => none.insert(tempfile::tempfile_in(&state.directory)?),
            };
            file.seek(SeekFrom::Start(at))?;
            file.write_all(&bytes)?;
            state.file_end += bytes.len() as u64;
            (RunPlace::Disk(at), bytes)
        };
        state.runs.push(Run { starts, place });
        Ok(buffer)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.rows.fill(0);
        state.runs.clear();
        (state.in_memory, state.file, state.file_end) = (0, None, 0);
    }

    /// Rows of each bucket.
    pub fn rows(&self) -> Vec<u64> {
        self.lock().rows.clone()
    }

    /// Puts the rows of neighbouring buckets into `bytes`, in no order.
    pub(super) fn read(&self, buckets: Range<usize>, bytes: &mut Vec<u8>) -> io::Result<()> {
        let state = self.lock();
        let State { runs, file, .. } = &*state;
        let part = |run: &Run| run.starts[buckets.start] as usize..run.starts[buckets.end] as usize;
        // What it holds from before is written over.
        bytes.resize(runs.iter().map(|run| part(run).len()).sum(), 0);
        let mut rest = &mut bytes[..];
        for run in runs {
            let part = part(run);
            let (to, behind) = std::mem::take(&mut rest).split_at_mut(part.len());
            rest = behind;
            match &run.place {
                RunPlace::Memory(rows) => to.copy_from_slice(&rows[part]),
                RunPlace::Disk(at) => {
                    let file = file.as_ref().ok_or(io::ErrorKind::NotFound)?;
                    read_at(file, at + part.start as u64, to)?;
                }
            }
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Reads what stands at a place of a file.
#[cfg(unix)]
fn read_at(file: &File, at: u64, to: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, to, at)
}

/// The same where reading moves a file's place. The caller lets nobody else move it.
#[cfg(not(unix))]
fn read_at(mut file: &File, at: u64, to: &mut [u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    io::Read::read_exact(&mut file, to)
}

/// One thread's way into the spill.
pub struct SpillWriter<'a> {
    spill: &'a Spill,
    /// Rows in the order of arrival.
    rows: Vec<u8>,
    /// Bucket and length of each.
    arrived: Vec<(u16, u32)>,
    /// Room for the rows dealt into buckets.
    dealt: Vec<u8>,
}

impl<'a> SpillWriter<'a> {
    /// One with empty buffers.
    pub fn new(spill: &'a Spill) -> Self {
        Self {
            spill,
            rows: Vec::new(),
            arrived: Vec::new(),
            dealt: Vec::new(),
        }
    }

    /// Adds a row. `first` are the first bytes of the pseudonym that rows are sorted by, if it has one.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn push(&mut self, first: Option<[u8; 2]>, row: &[u8]) -> io::Result<()> {
        // Buckets are in the order of the rows: no pseudonym first.
        let bucket = first.map_or(0, |first| u16::from_be_bytes(first) >> (u16::BITS - BITS));
        if self.rows.len() + row.len() > RUN && !self.rows.is_empty() {
            self.hand_over()?;
        }
        self.rows.extend_from_slice(row);
        // A row is bounded by the longest row that is read.
        self.arrived.push((bucket, row.len() as u32));
        Ok(())
    }

    /// Hands over what is left.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(mut self) -> io::Result<()> {
        self.hand_over()
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let mut counts = vec![0_u64; BUCKETS];
        let mut starts = vec![0_u32; BUCKETS + 1];
        for (bucket, length) in &self.arrived {
            counts[usize::from(*bucket)] += 1;
            starts[usize::from(*bucket) + 1] += length;
        }
        for bucket in 0..BUCKETS {
            starts[bucket + 1] += starts[bucket];
        }
        let mut next = starts.clone();
        let mut dealt = std::mem::take(&mut self.dealt);
        // What it holds from before is written over.
        dealt.resize(self.rows.len(), 0);
        let mut rest = &self.rows[..];
        for (bucket, length) in self.arrived.drain(..) {
            let (row, behind) = rest.split_at(length as usize);
            rest = behind;
            let at = &mut next[usize::from(bucket)];
            dealt[*at as usize..][..row.len()].copy_from_slice(row);
            *at += length;
        }
        self.rows.clear();
        self.dealt = self.spill.add(&counts, starts, dealt)?;
        Ok(())
    }
}
