//! The register: which NHS number each person has, how far that is known, and everything that led to it.
//!
//! It is one SQLite database in memory, read from a file and written to it as a whole, so that what a command does is
//! there whole or not at all. Whatever changes is an entry of the log first ([`entry`]); the tables follow from the
//! entries ([`project`]) and can be made again from them ([`verify`]).

mod chain;
mod change;
pub mod entry;
mod error;
mod project;
mod status;
mod store;
mod verify;

pub use change::{Change, KnownFile, Person, Sent};
pub use entry::{Digest32, Entry, Event, Whom};
pub use error::RegisterError;
pub use status::Status;
pub use store::{Keeping, Prepared, directory, make_private};
pub use verify::Verified;

use rusqlite::{Connection, MAIN_DB};

use store::Writing;

use crate::write::Lock;

/// The register in memory.
pub struct Register {
    connection: Connection,
    head: Head,
}

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many entries there are.
    pub entries: u64,
    /// The digest of the last one.
    pub hash: Digest32,
}

impl Head {
    /// Before the first entry.
    pub const NONE: Self = Self {
        entries: 0,
        hash: [0; 32],
    };

    /// The digest in lowercase hexadecimal digits.
    pub fn hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.hash)
    }
}

/// How a change of the register ends.
pub struct Changed<'k> {
    register: Register,
    keeping: &'k Keeping,
    writing: Writing,
    _lock: Lock,
}

impl Register {
    /// An empty register.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn new() -> Result<Self, RegisterError> {
        let mut first = Self::tables()?;
        // Opened from its own bytes, as one from a file is: only then is it written without a copy.
        let bytes = first.serialize(MAIN_DB)?.to_vec();
        let mut connection = Connection::open_in_memory()?;
        connection.deserialize_read_exact(MAIN_DB, &bytes[..], bytes.len(), false)?;
        Self::of(connection)
    }

    /// A database with the tables and nothing in them.
    fn tables() -> rusqlite::Result<Connection> {
        let empty = Connection::open_in_memory()?;
        empty.execute_batch(include_str!("tables.sql"))?;
        empty.execute_batch(project::TABLES)?;
        Ok(empty)
    }

    fn of(connection: Connection) -> Result<Self, RegisterError> {
        // Nothing is ever put aside in files, and what is erased is overwritten. Nor is anything kept to go back to: what
        // fails is thrown away.
        connection.execute_batch(
            "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; PRAGMA cache_size = -32768; \
             PRAGMA journal_mode = OFF; PRAGMA trusted_schema = OFF;",
        )?;
        let head = {
            let mut last =
                connection.prepare("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1")?;
            let mut rows = last.query([])?;
            match rows.next()? {
                None => Head::NONE,
                Some(row) => Head {
                    entries: row.get::<_, i64>(0)?.cast_unsigned(),
                    hash: row.get(1)?,
                },
            }
        };
        Ok(Self { connection, head })
    }

    /// Opens the register to look at it; `None` where there is none yet.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub fn open(keeping: &Keeping) -> Result<Option<Self>, RegisterError> {
        let read = keeping.read()?;
        let opened = read.map(|(connection, _)| Self::of(connection)).transpose();
        opened.map_err(RegisterError::within)
    }

    /// Opens the register to change it, or begins one. No other command can meanwhile.
    ///
    /// # Errors
    /// [`RegisterError::Busy`] where another one does; else what keeps it from being opened.
    pub fn to_change(keeping: &Keeping) -> Result<Changed<'_>, RegisterError> {
        keeping.refuse_unopenable()?;
        keeping.prepare()?;
        let directory = store::directory(&keeping.path);
        let lock = Lock::take(directory)
            .map_err(RegisterError::io("lock", &keeping.path))?
            .ok_or_else(|| RegisterError::Busy {
                path: keeping.path.clone(),
            })?;
        keeping.clear()?;
        let (register, writing) = match keeping.read()? {
            Some((connection, writing)) => {
                let register = Self::of(connection).map_err(RegisterError::within)?;
                (register, writing)
            }
            None => (Self::new()?, keeping.begin()?),
        };
        Ok(Changed {
            register,
            keeping,
            writing,
            _lock: lock,
        })
    }

    /// The end of the log.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Changes it in memory. `at` is the time, as RFC 3339 has it.
    ///
    /// # Errors
    /// What `work` fails with; this copy in memory is then empty and good for nothing, the file as before.
    pub fn change<T, E: From<RegisterError>>(
        &mut self,
        at: &str,
        work: impl FnOnce(&mut Change<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let sql = |error: rusqlite::Error| E::from(error.into());
        self.connection.execute_batch("BEGIN").map_err(sql)?;
        let outcome = Change::begin(&self.connection, self.head, at)
            .map_err(E::from)
            .and_then(|mut change| Ok((work(&mut change)?, change.head())));
        match outcome {
            Ok((made, head)) => {
                self.connection.execute_batch("COMMIT").map_err(sql)?;
                self.head = head;
                Ok(made)
            }
            Err(error) => {
                self.connection = Connection::open_in_memory().map_err(sql)?;
                self.head = Head::NONE;
                Err(error)
            }
        }
    }
}

impl std::fmt::Debug for Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Register({} entries, withheld)", self.head.entries)
    }
}

impl Changed<'_> {
    /// What is changed.
    pub fn register(&mut self) -> &mut Register {
        &mut self.register
    }

    /// Builds the database anew: what was erased leaves bytes in the free space of pages.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn rebuild(&mut self) -> Result<(), RegisterError> {
        Ok(self.register.connection.execute_batch("VACUUM")?)
    }

    /// Puts it on the disk, ready to take the place of the one before. The lock stays until this is dropped.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn prepare(&mut self) -> Result<Prepared, RegisterError> {
        self.keeping
            .write(&mut self.register.connection, &self.writing)
    }

    /// Puts it on the disk in the place of the one before.
    ///
    /// # Errors
    /// When the disk refuses; the one before is then untouched.
    pub fn save(&mut self) -> Result<(), RegisterError> {
        self.prepare()?.commit()
    }
}
