//! Holds rows until all are there, in buckets by the first bits of the person pseudonym: in memory while they are few,
//! beyond that in one temporary file that has no name, so that nothing is left of it however the run ends.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;

/// Number of buckets. Pseudonyms are spread evenly, so each holds its share.
pub const BUCKETS: usize = 128;

/// Rows that are kept in memory, in bytes, before the disk is used.
const IN_MEMORY: usize = 448 << 20;

/// What a thread collects for one bucket before it hands it over.
const CHUNK: usize = 64 << 10;

/// What stands before a row: its length in four bytes and the set of its copied cells in sixteen.
pub(super) const HEADER: usize = 20;

/// Rows in buckets, shared by all threads.
pub struct Spill {
    state: Mutex<State>,
}

struct State {
    buckets: Vec<Bucket>,
    in_memory: usize,
    file: Option<File>,
    file_end: u64,
    directory: std::path::PathBuf,
}

#[derive(Default)]
struct Bucket {
    rows: u64,
    chunks: Vec<Chunk>,
}

enum Chunk {
    Memory(Vec<u8>),
    Disk { at: u64, length: usize },
}

impl Chunk {
    fn len(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::Disk { length, .. } => *length,
        }
    }
}

impl Spill {
    /// Rows beyond what memory may hold go to a nameless file in `directory`, which is in the output's file system.
    pub fn new(directory: &Path) -> Self {
        let buckets = (0..BUCKETS).map(|_| Bucket::default()).collect();
        Self {
            state: Mutex::new(State {
                buckets,
                in_memory: 0,
                file: None,
                file_end: 0,
                directory: directory.to_owned(),
            }),
        }
    }

    fn add(&self, bucket: usize, rows: u64, chunk: Vec<u8>) -> io::Result<()> {
        let mut state = self.lock();
        state.buckets[bucket].rows += rows;
        let chunk = if state.in_memory + chunk.len() <= IN_MEMORY {
            state.in_memory += chunk.len();
            Chunk::Memory(chunk)
        } else {
            let at = state.file_end;
            if state.file.is_none() {
                state.file = Some(tempfile::tempfile_in(&state.directory)?);
            }
            if let Some(file) = &mut state.file {
                file.seek(SeekFrom::Start(at))?;
                file.write_all(&chunk)?;
            }
            state.file_end += chunk.len() as u64;
            Chunk::Disk {
                at,
                length: chunk.len(),
            }
        };
        state.buckets[bucket].chunks.push(chunk);
        Ok(())
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut state = self.lock();
        state
            .buckets
            .iter_mut()
            .for_each(|b| *b = Bucket::default());
        (state.in_memory, state.file, state.file_end) = (0, None, 0);
    }

    /// Rows of each bucket.
    pub fn rows(&self) -> Vec<u64> {
        self.lock().buckets.iter().map(|b| b.rows).collect()
    }

    /// Takes a bucket's rows, each behind its header, and says how many there are.
    pub(super) fn take(&self, bucket: usize) -> io::Result<(Vec<u8>, usize)> {
        let mut state = self.lock();
        let Bucket { rows, chunks } = std::mem::take(&mut state.buckets[bucket]);
        let length = chunks.iter().map(Chunk::len).sum();
        let mut bytes = Vec::with_capacity(length);
        for chunk in chunks {
            match chunk {
                Chunk::Memory(rows) => {
                    state.in_memory -= rows.len();
                    bytes.extend_from_slice(&rows);
                }
                Chunk::Disk { at, length } => {
                    if let Some(file) = &mut state.file {
                        file.seek(SeekFrom::Start(at))?;
                        file.take(length as u64).read_to_end(&mut bytes)?;
                    }
                }
            }
        }
        if bytes.len() == length {
            Ok((bytes, rows as usize))
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// One thread's way into the spill.
pub struct SpillWriter<'a> {
    spill: &'a Spill,
    buffers: Vec<(u64, Vec<u8>)>,
}

impl<'a> SpillWriter<'a> {
    /// One with empty buffers.
    pub fn new(spill: &'a Spill) -> Self {
        Self {
            spill,
            buffers: (0..BUCKETS).map(|_| (0, Vec::new())).collect(),
        }
    }

    /// Adds a row, written into the buffer of its bucket by `fill`, which gives the set of the row's cells that are copied
    /// from the extract (bit i: the cell at position i). The row begins with the person pseudonym, whose first
    /// byte is `first`, or with a zero byte where there is none.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn push(
        &mut self,
        first: Option<u8>,
        fill: impl FnOnce(&mut Vec<u8>) -> u128,
    ) -> io::Result<()> {
        // Buckets are in the order of the rows: no pseudonym first, then by the pseudonym's first seven bits.
        let bucket = first.map_or(0, |byte| usize::from(byte) * BUCKETS / 256);
        let (rows, buffer) = &mut self.buffers[bucket];
        *rows += 1;
        let start = buffer.len();
        buffer.extend_from_slice(&[0; HEADER]);
        let copied = fill(buffer);
        // A row is bounded by the longest row that is read.
        let length = (buffer.len() - start - HEADER) as u32;
        buffer[start..start + 4].copy_from_slice(&length.to_le_bytes());
        buffer[start + 4..start + HEADER].copy_from_slice(&copied.to_le_bytes());
        if buffer.len() >= CHUNK {
            let full = std::mem::replace(buffer, Vec::with_capacity(CHUNK + CHUNK / 16));
            self.spill.add(bucket, std::mem::take(rows), full)?;
        }
        Ok(())
    }

    /// Hands over what is left.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(self) -> io::Result<()> {
        for (bucket, (rows, buffer)) in self.buffers.into_iter().enumerate() {
            if rows > 0 {
                self.spill.add(bucket, rows, buffer)?;
            }
        }
        Ok(())
    }
}
