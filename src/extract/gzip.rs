//! Unpacks gzip, and refuses what unpacks to more than records can.

use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use super::flow::too_much;
use super::source::Source;
use super::{ExtractError, bomb};

/// What is read at once. Little, as all of it counts as unpacked.
const READ: usize = 1 << 15;

/// The text of a gzip file, within limits.
pub(super) struct Unpacked {
    decoder: MultiGzDecoder<BufReader<Counted>>,
    packed: Arc<AtomicU64>,
    unpacked: u64,
    most: u64,
    path: PathBuf,
}

impl Unpacked {
    pub fn new(source: &Source, reader: Box<dyn Read + Send>) -> Self {
        let packed = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            reader,
            read: Arc::clone(&packed),
        };
        Self {
            decoder: MultiGzDecoder::new(BufReader::with_capacity(READ, counted)),
            packed,
            unpacked: 0,
            most: source.format.max_inflated,
            path: source.path.clone(),
        }
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.decoder.read(buffer)?;
        self.unpacked += n as u64;
        let packed = self.packed.load(Ordering::Relaxed);
        let fault = if self.unpacked > self.most {
            Some(too_much(&self.path, self.most))
        } else {
            bomb::fault(packed, self.unpacked).map(|fault| ExtractError::File {
                path: self.path.clone(),
                fault,
                remedy: bomb::REMEDY,
            })
        };
        fault.map_or(Ok(n), |fault| Err(io::Error::other(fault)))
    }
}

/// Counts what is read.
struct Counted {
    reader: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
