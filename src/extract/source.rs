//! Opens one CSV or gzipped CSV file as a stream of bytes.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use super::{Encoding, ExtractError};

/// The longest row that is read, in bytes. A longer one is a file with a quote that was never closed, or not a CSV file.
pub const MAX_ROW_BYTES: usize = 16 << 20;

/// One file of the extract.
#[derive(Debug, Clone)]
pub struct Source {
    /// What the configuration calls it, and what reports say.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// The encoding, where it is known beforehand.
    pub encoding: Option<Encoding>,
    /// Whether a configuration names it, so that messages may speak of the keys of one.
    pub configured: bool,
}

impl Source {
    /// Opens the file.
    ///
    /// # Errors
    /// When the file is missing, not a plain file, or cannot be opened.
    pub fn open(&self) -> Result<Box<dyn Read + Send>, ExtractError> {
        self.open_watched(Arc::default(), Box::new(|_| {}))
    }

    /// Opens the file. `read` counts the bytes taken from the disk, for progress; `watch` sees them all.
    ///
    /// # Errors
    /// When the file is missing, not a plain file, or cannot be opened.
    pub fn open_watched(
        &self,
        read: Arc<AtomicU64>,
        watch: Watch,
    ) -> Result<Box<dyn Read + Send>, ExtractError> {
        let file = Watched {
            file: self.open_file()?,
            read,
            watch,
        };
        Ok(if self.is_compressed() {
            Box::new(MultiGzDecoder::new(std::io::BufReader::with_capacity(
                1 << 18,
                file,
            )))
        } else {
            Box::new(file)
        })
    }

    /// Opens the file as it lies on the disk.
    ///
    /// # Errors
    /// When the file is missing, not a plain file, or cannot be opened.
    pub fn open_file(&self) -> Result<File, ExtractError> {
        let kind = std::fs::symlink_metadata(&self.path)
            .map_err(|e| self.unreadable(e))?
            .file_type();
        if !kind.is_file() {
            return Err(ExtractError::NotAFile {
                path: self.path.clone(),
            });
        }
        File::open(&self.path).map_err(|e| self.unreadable(e))
    }

    /// The failure of a file that cannot be read.
    pub fn unreadable(&self, source: std::io::Error) -> ExtractError {
        ExtractError::Unreadable {
            path: self.path.clone(),
            source,
            configured: self.configured,
        }
    }

    /// Whether what the file holds has to be unpacked.
    pub fn is_compressed(&self) -> bool {
        is_gzip(&self.path)
    }

    /// Reads the file once to tell its encoding: UTF-8 if all of it is valid UTF-8, else Windows-1252.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn detect_encoding(&self) -> Result<Encoding, ExtractError> {
        if let Some(encoding) = self.encoding {
            return Ok(encoding);
        }
        let mut reader = self.open()?;
        let mut buffer = Vec::with_capacity(1 << 20);
        loop {
            let n = reader
                .by_ref()
                .take(1 << 20)
                .read_to_end(&mut buffer)
                .map_err(|e| self.unreadable(e))?;
            if buffer.starts_with(b"\xEF\xBB\xBF") {
                // The mark says so; where it is wrong, reading says where.
                return Ok(Encoding::Utf8);
            }
            match simdutf8::compat::from_utf8(&buffer) {
                Ok(_) => buffer.clear(),
                // A character may be cut in two by the end of the buffer, but not by the end of the file.
                Err(e) if e.error_len().is_none() && n > 0 => {
                    buffer.drain(..e.valid_up_to());
                }
                Err(_) => return Ok(Encoding::Windows1252),
            }
            if n == 0 {
                return Ok(Encoding::Utf8);
            }
        }
    }

    /// `csv` or `csv.gz`.
    pub fn kind(&self) -> &'static str {
        if is_gzip(&self.path) { "csv.gz" } else { "csv" }
    }

    /// What the file is now: another one, or one that was written to since, has another fingerprint. `None` where nothing
    /// can be told.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        let metadata = std::fs::metadata(&self.path).ok()?;
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt as _;
            [
                metadata.dev(),
                metadata.ino(),
                metadata.ctime() as u64,
                metadata.ctime_nsec() as u64,
            ]
        };
        #[cfg(not(unix))]
        let identity = [0; 4];
        Some(Fingerprint {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            identity,
        })
    }

    /// Size on disk in bytes; 0 where it cannot be told.
    pub fn size(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |m| m.len())
    }
}

fn is_gzip(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("gz"))
}

/// Tells a file from another one, and from itself after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    length: u64,
    modified: Option<std::time::SystemTime>,
    /// Device, file, and when either was changed last.
    identity: [u64; 4],
}

/// Sees the bytes of a file as they are read.
pub type Watch = Box<dyn FnMut(&[u8]) + Send>;

struct Watched {
    file: File,
    read: Arc<AtomicU64>,
    watch: Watch,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(buffer)?;
        (self.watch)(&buffer[..n]);
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
