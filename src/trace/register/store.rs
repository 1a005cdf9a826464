//! The register as a file: read into memory, and exchanged for another one as a whole. No page of it is ever on the disk
//! before it is encrypted, where it is to be.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, MAIN_DB};
use tempfile::NamedTempFile;

use super::RegisterError;
use crate::config::RegisterLock;
use crate::custody::{self, Kept, ReadError};
use crate::encrypted::{self, Form, Lock, OpenError, Passphrase};
use crate::treat::{Ask, KeyError, identities};

/// Begins every SQLite file: the mark, then among others the size of a page and the number of pages.
const HEAD: usize = 100;
const MARK: &[u8] = b"SQLite format 3\0";

/// Where the register is and who opens it.
#[derive(Debug)]
pub struct Keeping {
    /// The file.
    pub path: PathBuf,
    /// How it is encrypted, if it is.
    pub lock: Option<RegisterLock>,
    /// Who knows the passphrase.
    pub ask: Ask,
    /// Who gives a new one.
    pub ask_new: Ask,
}

/// What the register is written with again.
pub(super) struct Writing(Option<Lock>);

impl Keeping {
    /// Reads the register into memory; `None` where there is none yet.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub(super) fn read(&self) -> Result<Option<(Connection, Writing)>, RegisterError> {
        let path = &self.path;
        match fs::symlink_metadata(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            _ => {}
        }
        let (file, start) = Kept::open(path).map_err(|error| match error {
            ReadError::Io(source) => RegisterError::io("read", path)(source),
            ReadError::Fault(fault) => RegisterError::Kept {
                path: path.clone(),
                fault,
            },
        })?;
        let otherwise = |fault| {
            Err(RegisterError::Otherwise {
                path: path.clone(),
                fault,
            })
        };
        let file = BufReader::with_capacity(1 << 16, file);
        let (connection, writing) = match (Form::of(&start), &self.lock) {
            (Form::Plain, None) => (self.load(file)?, Writing(None)),
            (
                Form::PublicKey,
                Some(RegisterLock::To {
                    recipient,
                    identity,
                }),
            ) => {
                let identities = identities(identity).map_err(|source| RegisterError::Locked {
                    source: Box::new(source),
                })?;
                let reader = identities
                    .reader(file)
                    .map_err(RegisterError::sealed(path))?;
                (
                    self.load(reader)?,
                    Writing(Some(Lock::To(vec![recipient.clone()]))),
                )
            }
            (Form::Passphrase(_), Some(RegisterLock::Passphrase)) => {
                let passphrase = self.asked(self.ask)?;
                let reader = encrypted::reader_with_passphrase(file, passphrase.clone())
                    .map_err(RegisterError::sealed(path))?;
                (
                    self.load(reader)?,
                    Writing(Some(Lock::Passphrase(passphrase))),
                )
            }
            (Form::Armoured, _) => {
                return Err(RegisterError::sealed(path)(OpenError::Armoured));
            }
            (Form::Plain, Some(_)) => {
                return otherwise(
                    "is not encrypted, though `tracing.encrypted` says so. Encrypt it with age as that says, or take the entry away",
                );
            }
            (_, None) => {
                return otherwise("is encrypted. Say under `tracing.encrypted` how it is opened");
            }
            (Form::PublicKey, Some(_)) => {
                return otherwise(
                    "is encrypted to a public key and not with a passphrase. Say so under `tracing.encrypted`",
                );
            }
            (Form::Passphrase(_), Some(_)) => {
                return otherwise(
                    "is encrypted with a passphrase and not to a public key. Say so under `tracing.encrypted`",
                );
            }
        };
        Ok(Some((connection, writing)))
    }

    /// What a new register is written with.
    ///
    /// # Errors
    /// When the passphrase cannot be asked for.
    pub(super) fn begin(&self) -> Result<Writing, RegisterError> {
        Ok(match &self.lock {
            None => Writing(None),
            Some(RegisterLock::To { recipient, .. }) => {
                Writing(Some(Lock::To(vec![recipient.clone()])))
            }
            Some(RegisterLock::Passphrase) => {
                Writing(Some(Lock::Passphrase(self.asked(self.ask_new)?)))
            }
        })
    }

    /// Refuses to write what could not be opened again: to a recipient that is none of the identity's.
    ///
    /// # Errors
    /// Where it is, or the identity file cannot be used.
    pub(super) fn refuse_unopenable(&self) -> Result<(), RegisterError> {
        let Some(RegisterLock::To {
            recipient,
            identity,
        }) = &self.lock
        else {
            return Ok(());
        };
        let identities = identities(identity).map_err(|source| RegisterError::Locked {
            source: Box::new(source),
        })?;
        if identities.opens(recipient) {
            Ok(())
        } else {
            Err(RegisterError::Unopenable {
                path: self.path.clone(),
                identity: identity.clone(),
            })
        }
    }

    fn asked(&self, ask: Ask) -> Result<Passphrase, RegisterError> {
        (ask.0)(&self.path).map_err(|refused| RegisterError::Locked {
            source: Box::new(KeyError::unasked(&self.path, refused, ENCRYPT_TO)),
        })
    }

    /// Reads a whole database. Its head says how long it is, so that it is in memory once.
    fn load(&self, mut reader: impl Read) -> Result<Connection, RegisterError> {
        let damaged = || RegisterError::Damaged {
            path: self.path.clone(),
        };
        let fault = |error| match OpenError::of_reading(error) {
            OpenError::Io(source) => RegisterError::io("read", &self.path)(source),
            _ => damaged(),
        };
        let mut head = [0; HEAD];
        reader.read_exact(&mut head).map_err(fault)?;
        let page = u64::from(u16::from_be_bytes([head[16], head[17]]));
        let pages = u64::from(u32::from_be_bytes([head[28], head[29], head[30], head[31]]));
        let size = page * pages;
        if !head.starts_with(MARK) || page < 512 || size < HEAD as u64 || size > MOST {
            return Err(damaged());
        }
        let mut connection = Connection::open_in_memory()?;
        let mut text = Remembering {
            reader: (&head[..]).chain(&mut reader),
            fault: None,
        };
        if let Err(error) =
            connection.deserialize_read_exact(MAIN_DB, &mut text, size as usize, false)
        {
            return Err(text.fault.map_or(error.into(), fault));
        }
        // The end too: without it nobody knows that the file was not cut short or added to.
        let more = reader.read(&mut [0; 1]).map_err(fault)?;
        if more > 0 {
            return Err(damaged());
        }
        let version: Result<i64, _> =
            connection.query_row("PRAGMA user_version", [], |row| row.get(0));
        if version.ok() != Some(VERSION) {
            return Err(damaged());
        }
        Ok(connection)
    }

    /// Puts what is to be the register on the disk, beside the one that is.
    ///
    /// # Errors
    /// When the disk refuses; nothing is left behind.
    pub(super) fn write(
        &self,
        connection: &mut Connection,
        with: &Writing,
    ) -> Result<Prepared, RegisterError> {
        let failed = |source| RegisterError::io("write", &self.path)(source);
        let mut file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempfile_in(directory(&self.path))
            .map_err(failed)?;
        {
            let bytes = connection.serialize(MAIN_DB)?;
            let output = file.as_file_mut();
            let written = match &with.0 {
                None => output.write_all(&bytes),
                Some(lock) => lock.writer(output).and_then(|mut stream| {
                    stream.write_all(&bytes)?;
                    stream.finish().map(|_| ())
                }),
            };
            written.map_err(failed)?;
        }
        file.as_file().sync_all().map_err(failed)?;
        Ok(Prepared {
            file,
            path: self.path.clone(),
        })
    }

    /// Removes what a command that was killed left behind. The caller holds the lock.
    ///
    /// # Errors
    /// When the folder cannot be read, or a file not removed.
    pub(super) fn clear(&self) -> Result<(), RegisterError> {
        let clear = || {
            for entry in fs::read_dir(directory(&self.path))? {
                let entry = entry?;
                let name = entry.file_name();
                if name.to_string_lossy().starts_with(UNFINISHED) && entry.file_type()?.is_file() {
                    fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        };
        clear().map_err(RegisterError::io("clear up beside", &self.path))
    }

    /// Makes the folder of the register, closed to others, and refuses one of bundles.
    ///
    /// # Errors
    /// When it cannot be made, or holds bundles.
    pub(super) fn prepare(&self) -> Result<(), RegisterError> {
        let directory = directory(&self.path);
        make_private(directory).map_err(RegisterError::io("make the folder of", &self.path))?;
        custody::refuse_among_bundles(&self.path).map_err(RegisterError::io("keep", &self.path))
    }
}

/// A register that is on the disk whole and has yet to take the place of the one before.
pub struct Prepared {
    file: NamedTempFile,
    path: PathBuf,
}

impl Prepared {
    /// Takes the place of the one before.
    ///
    /// # Errors
    /// When the disk refuses; the one before is then untouched.
    pub fn commit(self) -> Result<(), RegisterError> {
        let Self { file, path } = self;
        let failed = |source| RegisterError::io("replace", &path)(source);
        file.persist(&path).map_err(|e| failed(e.error))?;
        if cfg!(unix) {
            // It has its name already: whether that outlives a loss of power is all that is left to make sure of.
            File::open(directory(&path))
                .and_then(|d| d.sync_all())
                .map_err(failed)?;
        }
        Ok(())
    }
}

/// Begins the names of registers that are not finished.
const UNFINISHED: &str = ".cld-register-";

/// What can be done where the passphrase cannot be asked for.
const ENCRYPT_TO: &str = "let an age identity open the register: \
    `encrypted: {recipient: age1…, identity: FILE}` under `tracing:` in the configuration";

/// What SQLite takes in memory at most.
const MOST: u64 = 1 << 30;

/// The form of the tables.
pub(super) const VERSION: i64 = 1;

/// The folder of a file.
pub fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a folder that only this account may look into; one that is there stays as it is.
///
/// # Errors
/// When the system refuses.
pub fn make_private(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Keeps what went wrong while the database read, since the database tells it in words only.
struct Remembering<R> {
    reader: R,
    fault: Option<io::Error>,
}

impl<R: Read> Read for Remembering<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buffer) {
            Ok(0) if !buffer.is_empty() => {
                self.fault = Some(io::ErrorKind::UnexpectedEof.into());
                Ok(0)
            }
            Ok(n) => Ok(n),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(e),
            Err(e) => {
                self.fault = Some(io::Error::new(e.kind(), "while it was read"));
                Err(e)
            }
        }
    }
}
