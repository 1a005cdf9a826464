//! Whether the register is what its log says: nothing was added to the database or taken out of it, each entry follows from
//! the one before, what was erased is what a purge says it erased, and the tables are what comes of replaying the entries.

use std::collections::BTreeMap;

use rusqlite::{Connection, types::ValueRef};

use super::chain::digest_of_entries;
use super::entry::{self, Digest32, Placed};
use super::error::DAMAGED_WITHIN;
use super::project::Projector;
use super::{Event, Head, Register, RegisterError};

/// A register that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The end of the log.
    pub head: Head,
    /// Entries that lost whom they are about.
    pub purged: u64,
    /// Where the digest that was noted stands.
    pub noted: Option<u64>,
}

/// The tables that follow from the log, each with its key.
const TABLES: [(&str, &str); 4] = [
    ("people", "person"),
    ("sent", "reference"),
    ("requests", "seq"),
    ("answers", "seq"),
];

impl Register {
    /// Checks all of it. `noted` is the digest of an entry that was written down elsewhere.
    ///
    /// # Errors
    /// [`RegisterError::Broken`] with what does not hold.
    pub fn verify(&self, noted: Option<&Digest32>) -> Result<Verified, RegisterError> {
        self.verify_all(noted).map_err(RegisterError::within)
    }

    fn verify_all(&self, noted: Option<&Digest32>) -> Result<Verified, RegisterError> {
        let replayed = Self::tables()?;
        // First of all: a trigger or a view could answer for the tables.
        let kept = schema(&self.connection);
        if kept.ok() != Some(schema(&replayed)?) {
            return Err(RegisterError::Broken(
                "the register's tables, indexes or triggers are not those that it is made with: somebody changed them. Keep the file as it is, find out who did, and go on with the last copy that verifies".to_owned(),
            ));
        }
        // Whether its indexes find all that there is in the tables.
        let intact = self
            .connection
            .query_row("PRAGMA integrity_check(1)", [], |row| {
                Ok(row.get_ref(0)?.as_str() == Ok("ok"))
            });
        if !intact.is_ok_and(|intact| intact) {
            return Err(RegisterError::Broken(DAMAGED_WITHIN.to_owned()));
        }
        replayed.execute_batch("BEGIN; PRAGMA temp_store = MEMORY;")?;
        let verified = self.follow(&replayed, noted)?;
        for (table, key) in TABLES {
            let sql = format!("SELECT * FROM {table} ORDER BY {key}");
            let (mut ours, mut theirs) = (self.connection.prepare(&sql)?, replayed.prepare(&sql)?);
            let columns = ours.column_count();
            let (mut ours, mut theirs) = (ours.query([])?, theirs.query([])?);
            loop {
                let (one, other) = (ours.next()?, theirs.next()?);
                let equal = match (one, other) {
                    (None, None) => break,
                    (Some(one), Some(other)) => {
                        let mut same = true;
                        for at in 0..columns {
                            same &= same_value(one.get_ref(at)?, other.get_ref(at)?);
                        }
                        same
                    }
                    _ => false,
                };
                if !equal {
                    return Err(RegisterError::Broken(format!(
                        "the table `{table}` of the register is not what its log says: somebody changed it. Keep the file as it is, find out who did, and go on with the last copy that verifies"
                    )));
                }
            }
        }
        if noted.is_some() && verified.noted.is_none() {
            return Err(RegisterError::Broken(
                "the digest noted is of no entry: the register was cut off, or another one was put in its place".to_owned(),
            ));
        }
        Ok(verified)
    }

    fn follow(
        &self,
        replayed: &Connection,
        noted: Option<&Digest32>,
    ) -> Result<Verified, RegisterError> {
        let mut projector = Projector::new(replayed)?;
        let mut all = self.connection.prepare(entry::SELECT)?;
        let mut rows = all.query([])?;
        let (mut head, mut found) = (Head::NONE, None);
        // By purge: the entries erased, and what it says of them.
        let mut erased: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let mut said: BTreeMap<u64, (Option<u64>, Option<Digest32>)> = BTreeMap::new();
        let broken = |seq: u64| {
            RegisterError::Broken(format!(
                "entry {seq} of the register's log does not follow from the one before: it was changed here, or just before. Keep the file as it is, find out who did, and go on with the last copy that verifies"
            ))
        };
        while let Some(row) = rows.next()? {
            let seq = head.entries + 1;
            let placed = Placed::read(row).map_err(|_| broken(seq))?;
            if !placed.follows(&head.hash, seq) {
                return Err(broken(seq));
            }
            if let Some(by) = placed.purged_by {
                erased.entry(by).or_default().push(seq);
            }
            if placed.entry.event == Event::Purged {
                said.insert(seq, (placed.entry.rows, placed.entry.file));
            }
            projector.take(&placed).map_err(|_| broken(seq))?;
            head = Head {
                entries: seq,
                hash: placed.hash,
            };
            if noted == Some(&placed.hash) {
                found = Some(seq);
            }
        }
        for (by, entries) in &erased {
            let digest = digest_of_entries(entries.iter().copied());
            if said.remove(by) != Some((Some(entries.len() as u64), Some(digest))) {
                return Err(broken(*by));
            }
        }
        if let Some(by) = said.keys().next() {
            return Err(broken(*by));
        }
        if head != self.head {
            return Err(broken(head.entries + 1));
        }
        Ok(Verified {
            head,
            purged: erased.values().map(|entries| entries.len() as u64).sum(),
            noted: found,
        })
    }
}

/// What the database is made of: kind, name, table and the statement that made it.
type Schema = Vec<(String, String, String, Option<String>)>;

fn schema(connection: &Connection) -> rusqlite::Result<Schema> {
    let mut all = connection
        .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")?;
    let made = all.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    made.collect()
}

fn same_value(one: ValueRef<'_>, other: ValueRef<'_>) -> bool {
    one == other
}
