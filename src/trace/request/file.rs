//! Request files: written beside their names, split where PDS takes no more, and given their names all at once.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{COLUMNS, Row};
use crate::error::Error;

/// What one file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows below the names of the columns.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Default for Limits {
    /// What PDS MESH takes: 500,000 rows, and 100 MB through the web page.
    fn default() -> Self {
        Self {
            rows: 500_000,
            bytes: 100_000_000,
        }
    }
}

/// Why a request was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The system said no.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is a file of this name. A request that was sent is never written over.
    #[error("{} is there already, and a request is never written over. Name another one", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A name that is not plain.
    #[error(
        "the name of a request file takes 1 to 80 of the letters A to Z and a to z, digits, - and _"
    )]
    Stem,
    /// More files than four digits count.
    #[error("a request takes 9999 files at most")]
    TooMany,
    /// No row was given.
    #[error("there is nobody to ask about, so no request was written")]
    Nobody,
}

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Io {
                action,
                path,
                source,
            } => Self::Io {
                action,
                path,
                source,
            },
            other => Self::Usage(other.to_string()),
        }
    }
}

/// One file of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFile {
    /// Where it is.
    pub path: PathBuf,
    /// Rows below the names of the columns.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes, 64 lowercase hexadecimal digits.
    pub digest: String,
}

/// Writes a request into one file after another: `<stem>-0001.csv`, `<stem>-0002.csv` and so on. Nothing has its name, and
/// only the owner can read it, until [`Unpublished::publish`]; what is dropped before is gone.
pub struct RequestFiles {
    directory: PathBuf,
    stem: String,
    limits: Limits,
    current: Option<Open>,
    written: Vec<(NamedTempFile, RequestFile)>,
}

/// The file that is being written.
struct Open {
    file: BufWriter<NamedTempFile>,
    hash: Sha256,
    rows: u64,
    bytes: u64,
}

/// Files that are complete, synced, and without their names yet.
pub struct Unpublished {
    directory: PathBuf,
    files: Vec<(NamedTempFile, RequestFile)>,
}

impl RequestFiles {
    /// Begins a request in a directory that is there.
    ///
    /// # Errors
    /// [`RequestError::Stem`]; [`RequestError::Exists`] where the first file is there already.
    pub fn begin(directory: &Path, stem: &str, limits: Limits) -> Result<Self, RequestError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if !(1..=80).contains(&stem.len()) || !stem.bytes().all(plain) {
            return Err(RequestError::Stem);
        }
        let files = Self {
            directory: directory.to_owned(),
            stem: stem.to_owned(),
            limits,
            current: None,
            written: Vec::new(),
        };
        free(&files.path(1))?;
        Ok(files)
    }

    fn path(&self, number: usize) -> PathBuf {
        self.directory
            .join(format!("{}-{number:04}.csv", self.stem))
    }

    /// Appends a row, to the next file if this one is full. Gives the number of the file, the first being 1.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn push(&mut self, row: &Row) -> Result<usize, RequestError> {
        let line = row.line();
        let full = self.current.as_ref().is_some_and(|open| {
            open.rows >= self.limits.rows
                || open.bytes + line.len() as u64 > self.limits.bytes && open.rows > 0
        });
        if full {
            self.close()?;
        }
        let number = self.written.len() + 1;
        if number > 9999 {
            return Err(RequestError::TooMany);
        }
        let path = self.path(number);
        let open = match &mut self.current {
            Some(open) => open,
            None => {
                free(&path)?;
                let open = Open::begin(&self.directory).map_err(failed("write", &path))?;
                self.current.insert(open)
            }
        };
        open.write(line.as_bytes())
            .map_err(failed("write", &path))?;
        open.rows += 1;
        Ok(number)
    }

    fn close(&mut self) -> Result<(), RequestError> {
        let path = self.path(self.written.len() + 1);
        if let Some(open) = self.current.take() {
            let (rows, bytes) = (open.rows, open.bytes);
            let digest = HEXLOWER.encode(&open.hash.finalize());
            let file = open
                .file
                .into_inner()
                .map_err(io::IntoInnerError::into_error);
            let file = file.and_then(|file| file.as_file().sync_all().map(|()| file));
            let file = file.map_err(failed("write", &path))?;
            self.written.push((
                file,
                RequestFile {
                    path,
                    rows,
                    bytes,
                    digest,
                },
            ));
        }
        Ok(())
    }

    /// Ends the last file.
    ///
    /// # Errors
    /// When the disk is full; [`RequestError::Nobody`] if no row was given.
    pub fn finish(mut self) -> Result<Unpublished, RequestError> {
        self.close()?;
        if self.written.is_empty() {
            return Err(RequestError::Nobody);
        }
        Ok(Unpublished {
            directory: self.directory,
            files: self.written,
        })
    }
}

impl Unpublished {
    /// The files as they will be, in their order.
    pub fn files(&self) -> impl Iterator<Item = &RequestFile> {
        self.files.iter().map(|(_, file)| file)
    }

    /// Gives all files their names, or none of them.
    ///
    /// # Errors
    /// When a file of such a name has appeared, or the system refuses; those that had their name are gone again.
    pub fn publish(self) -> Result<Vec<RequestFile>, RequestError> {
        let mut published: Vec<RequestFile> = Vec::new();
        let all = || {
            for (temporary, file) in self.files {
                temporary
                    .persist_noclobber(&file.path)
                    .map_err(|e| match e.error.kind() {
                        io::ErrorKind::AlreadyExists => RequestError::Exists {
                            path: file.path.clone(),
                        },
                        _ => failed("name", &file.path)(e.error),
                    })?;
                published.push(file);
            }
            sync(&self.directory).map_err(failed("write", &self.directory))
        };
        match all() {
            Ok(()) => Ok(published),
            Err(error) => {
                for file in &published {
                    let _ = std::fs::remove_file(&file.path);
                }
                Err(error)
            }
        }
    }
}

impl Open {
    fn begin(directory: &Path) -> io::Result<Self> {
        // Only the owner can read what tempfile makes.
        let file = tempfile::Builder::new()
            .prefix(".cld-unfinished-request-")
            .tempfile_in(directory)?;
        let mut open = Self {
            file: BufWriter::with_capacity(1 << 18, file),
            hash: Sha256::new(),
            rows: 0,
            bytes: 0,
        };
        open.write(format!("{}\n", COLUMNS.join(",")).as_bytes())?;
        Ok(open)
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        self.hash.update(line);
        self.bytes += line.len() as u64;
        self.file.write_all(line)
    }
}

fn free(path: &Path) -> Result<(), RequestError> {
    if path.symlink_metadata().is_ok() {
        return Err(RequestError::Exists {
            path: path.to_owned(),
        });
    }
    Ok(())
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RequestError {
    let path = path.to_owned();
    move |source| RequestError::Io {
        action,
        path,
        source,
    }
}

/// Makes the names of a directory safe against a loss of power.
fn sync(directory: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(directory)?.sync_all()
    } else {
        Ok(())
    }
}
