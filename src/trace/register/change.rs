//! A change of the register under way: what is known of people, and entries added to the log.

use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use super::chain::digest_of_entries;
use super::entry::{self, Digest32, Entry, Event, NumberOf, Placed, Whom, number_text};
use super::project::Projector;
use super::{Head, Register, RegisterError, Status};
use crate::date::Date;
use crate::nhs_number::NhsNumber;
use crate::trace::request::Reference;

/// Claims to numbers: who was given which by an exact match, in an answer to the last question about them, and does not
/// hold it.
const CLAIMS: &str = "SELECT people.person, log.new_number FROM log JOIN people ON people.person = log.person \
     AND people.reference = log.reference WHERE log.event = 'answered' AND log.person IS NOT NULL AND log.flags & 512 <> 0 \
     AND people.number IS NULL";

/// What the register knows of a person. No `Debug`.
#[derive(Clone, PartialEq)]
pub struct Person {
    /// Local person id.
    pub person: String,
    /// How far the number is known.
    pub status: Status,
    /// The number, where it is verified.
    pub number: Option<NhsNumber>,
    /// A number that PDS gave and that was not believed.
    pub offered: Option<NhsNumber>,
    /// [`entry::SENSITIVE`] and the like.
    pub flags: u32,
    /// How often was asked.
    pub attempts: u32,
    /// When was asked first.
    pub first_asked: Option<String>,
    /// When was asked last.
    pub last_asked: Option<String>,
    /// The last question.
    pub reference: Option<Reference>,
    /// The rule that decided last.
    pub rule: Option<String>,
    /// The code that PDS gave.
    pub code: Option<String>,
    /// How sure PDS was, in per cent.
    pub confidence: Option<u32>,
    /// Day of death as PDS has it.
    pub death: Option<Date>,
    /// Since when the person is dead or has no worker.
    pub gone: Option<Date>,
    /// When the status was set.
    pub since: String,
}

/// The columns of [`Person::read`].
pub(super) const PERSON: &str = "SELECT person, status, number, offered, flags, attempts, first_asked, last_asked, reference, rule, code, \
     confidence, death, gone, since FROM people";

impl Person {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let number = |at| -> rusqlite::Result<Option<NhsNumber>> {
            Ok(row.get::<_, Option<NumberOf>>(at)?.map(|n| n.0))
        };
        let gone: Option<String> = row.get(13)?;
        Ok(Self {
            person: row.get(0)?,
            status: Status::of(row.get(1)?).unwrap_or(Status::Conflict),
            number: number(2)?,
            offered: number(3)?,
            flags: row.get(4)?,
            attempts: row.get(5)?,
            first_asked: row.get(6)?,
            last_asked: row.get(7)?,
            reference: row.get::<_, Option<[u8; 16]>>(8)?.map(Reference::of),
            rule: row.get(9)?,
            code: row.get(10)?,
            confidence: row.get(11)?,
            death: row.get::<_, Option<u32>>(12)?.and_then(Date::unpack),
            gone: gone.as_deref().and_then(Date::parse_iso),
            since: row.get(14)?,
        })
    }

    /// Whether all of these flags are set.
    pub fn has(&self, flags: u32) -> bool {
        self.flags & flags == flags
    }
}

/// A question as it was sent. No `Debug`.
#[derive(Clone, PartialEq)]
pub struct Sent {
    /// About whom.
    pub person: String,
    /// The number that the case system had.
    pub number: Option<NhsNumber>,
    /// The day of birth.
    pub birth: Option<Date>,
    /// Digest of the person's facts.
    pub facts: Digest32,
    /// What was in it.
    pub flags: u32,
    /// Whether there was an answer, and its digest.
    pub answer: Option<Digest32>,
}

/// A change under way.
pub struct Change<'c> {
    connection: &'c Connection,
    head: Head,
    at: String,
    insert: Statement<'c>,
    projector: Projector<'c>,
    person: Statement<'c>,
    sent: Statement<'c>,
    answered_at: Statement<'c>,
    holder: Statement<'c>,
    possible_holders: Statement<'c>,
}

impl<'c> Change<'c> {
    pub(super) fn begin(
        connection: &'c Connection,
        head: Head,
        at: &str,
    ) -> Result<Self, RegisterError> {
        Ok(Self {
            connection,
            head,
            at: at.to_owned(),
            insert: connection.prepare(entry::INSERT)?,
            projector: Projector::new(connection)?,
            person: connection.prepare(&format!("{PERSON} WHERE person = ?1"))?,
            sent: connection
                .prepare("SELECT person, number, birth, facts, flags, answer FROM sent WHERE reference = ?1")?,
            answered_at: connection.prepare(
                "SELECT answers.at FROM sent JOIN answers ON answers.seq = sent.answered WHERE sent.reference = ?1",
            )?,
            holder: connection.prepare(
                "SELECT person FROM people WHERE number = ?1 AND number IS NOT NULL AND flags & 2 = 0 AND person <> ?2",
            )?,
            possible_holders: connection.prepare(&format!(
                "SELECT person, number FROM people WHERE number = ?1 AND number IS NOT NULL AND flags & 2 <> 0 \
                 UNION {CLAIMS} AND log.new_number = ?1"
            ))?,
        })
    }

    pub(super) fn head(&self) -> Head {
        self.head
    }

    /// Adds an entry, and what follows from it. Gives its place.
    ///
    /// # Errors
    /// When the database refuses: two living people would hold one number.
    pub fn add(&mut self, entry: Entry) -> Result<u64, RegisterError> {
        let mut salt = [0; 16];
        if entry.whom.is_some() {
            getrandom::fill(&mut salt).map_err(|_| RegisterError::Database(0))?;
        }
        let seq = self.head.entries + 1;
        let placed = Placed::after(&self.head.hash, seq, &self.at, entry, salt);
        placed.write(&mut self.insert)?;
        self.projector.take(&placed)?;
        self.head = Head {
            entries: seq,
            hash: placed.hash,
        };
        Ok(seq)
    }

    /// What is known of a person.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn person(&mut self, person: &str) -> Result<Option<Person>, RegisterError> {
        Ok(self.person.query_row([person], Person::read).optional()?)
    }

    /// The question of a reference.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn sent(&mut self, reference: &Reference) -> Result<Option<Sent>, RegisterError> {
        let read = |row: &Row<'_>| {
            Ok(Sent {
                person: row.get(0)?,
                number: row.get::<_, Option<NumberOf>>(1)?.map(|n| n.0),
                birth: row.get::<_, Option<u32>>(2)?.and_then(Date::unpack),
                facts: row.get(3)?,
                flags: row.get(4)?,
                answer: row.get(5)?,
            })
        };
        Ok(self
            .sent
            .query_row(params![reference.bytes()], read)
            .optional()?)
    }

    /// When the answer to a question was read.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn answered_at(&mut self, reference: &Reference) -> Result<Option<String>, RegisterError> {
        let at = self
            .answered_at
            .query_row(params![reference.bytes()], |row| row.get(0));
        Ok(at.optional()?)
    }

    /// Another living person who holds a number.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn holder(
        &mut self,
        number: &NhsNumber,
        but: &str,
    ) -> Result<Option<String>, RegisterError> {
        Ok(self
            .holder
            .query_row([number_text(number), but], |row| row.get(0))
            .optional()?)
    }

    /// People of whom the register says that they are dead and hold a number, and those who have a claim to it.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn possible_holders(&mut self, number: &NhsNumber) -> Result<Vec<String>, RegisterError> {
        let people = self
            .possible_holders
            .query_map([number_text(number)], |row| row.get(0))?;
        Ok(people.collect::<rusqlite::Result<_>>()?)
    }

    /// Claims to numbers of people who do not hold them.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn claims(&self, each: impl FnMut(&str, NhsNumber)) -> Result<(), RegisterError> {
        claims(self.connection, each)
    }

    /// Whether answers of this digest were read before.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn knows_answers(&self, file: &Digest32) -> Result<bool, RegisterError> {
        let known =
            self.connection
                .query_row("SELECT 1 FROM answers WHERE file = ?1", [file], |_| Ok(()));
        Ok(known.optional()?.is_some())
    }

    /// All people, in the order of their ids.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn people(&self, mut each: impl FnMut(Person)) -> Result<(), RegisterError> {
        people(self.connection, &mut each)
    }

    /// Erases whom entries are about, and takes those people out of the tables. Gives how many entries there were.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn purge(&mut self, rule: &str, people: &[String]) -> Result<u64, RegisterError> {
        let mut entries: Vec<i64> = Vec::new();
        {
            // One walk through the log for all of them: there is no index by person.
            let wanted: std::collections::HashSet<&str> =
                people.iter().map(String::as_str).collect();
            let mut all = self
                .connection
                .prepare("SELECT seq, person FROM log WHERE person IS NOT NULL ORDER BY seq")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                if wanted.contains(row.get_ref(1)?.as_str().unwrap_or_default()) {
                    entries.push(row.get(0)?);
                }
            }
        }
        if entries.is_empty() {
            return Ok(0);
        }
        let purged = self.add(Entry {
            rule: Some(rule.to_owned()),
            rows: Some(entries.len() as u64),
            file: Some(digest_of_entries(
                entries.iter().map(|seq| seq.cast_unsigned()),
            )),
            ..Entry::of(Event::Purged)
        })?;
        let mut erase = self.connection.prepare(
            "UPDATE log SET purged_by = ?2, salt = NULL, person = NULL, reference = NULL, old_number = NULL, new_number = NULL, \
             birth = NULL, day = NULL, facts = NULL, flags = NULL, confidence = NULL WHERE seq = ?1",
        )?;
        for seq in &entries {
            erase.execute(params![seq, purged.cast_signed()])?;
        }
        for person in people {
            self.projector.purge(person)?;
        }
        Ok(entries.len() as u64)
    }

    /// Request and answer files that were removed, by their digests. A copy of one may turn up later.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn removed_files(&self) -> Result<Vec<Digest32>, RegisterError> {
        let mut all = self.connection.prepare(
            "SELECT file FROM requests WHERE removed IS NOT NULL UNION SELECT file FROM answers WHERE removed IS NOT NULL",
        )?;
        let files = all.query_map([], |row| row.get(0))?;
        Ok(files.collect::<rusqlite::Result<_>>()?)
    }

    /// Request and answer files that are not removed yet: name where there is one, digest, when, and whether somebody in it
    /// is kept for longer.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn files(&self) -> Result<Vec<KnownFile>, RegisterError> {
        let mut all = self.connection.prepare(
            // The log knows every file that somebody stands in, also one that came after the first answer.
            "WITH long AS (SELECT DISTINCT log.of AS file FROM log JOIN people USING (person) WHERE people.flags & 4 <> 0) \
             SELECT name, file, at, seq IN (SELECT file FROM long) FROM requests WHERE removed IS NULL \
             UNION ALL SELECT NULL, file, at, seq IN (SELECT file FROM long) FROM answers WHERE removed IS NULL",
        )?;
        let files = all.query_map([], |row| {
            Ok(KnownFile {
                name: row.get(0)?,
                file: row.get(1)?,
                at: row.get(2)?,
                long: row.get(3)?,
            })
        })?;
        Ok(files.collect::<rusqlite::Result<_>>()?)
    }
}

/// A file that the register knows.
#[derive(Debug, Clone)]
pub struct KnownFile {
    /// Its name, if it is a request.
    pub name: Option<String>,
    /// Its digest.
    pub file: Digest32,
    /// When it was made or read.
    pub at: String,
    /// Whether somebody in it is kept for longer.
    pub long: bool,
}

pub(super) fn people(
    connection: &Connection,
    each: &mut dyn FnMut(Person),
) -> Result<(), RegisterError> {
    let mut all = connection.prepare(&format!("{PERSON} ORDER BY person"))?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        each(Person::read(row)?);
    }
    Ok(())
}

fn claims(
    connection: &Connection,
    mut each: impl FnMut(&str, NhsNumber),
) -> Result<(), RegisterError> {
    let mut all = connection.prepare(CLAIMS)?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let person: String = row.get(0)?;
        let number: NumberOf = row.get(1)?;
        each(&person, number.0);
    }
    Ok(())
}

impl Register {
    /// Claims to numbers of people who do not hold them.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn claims(&self, each: impl FnMut(&str, NhsNumber)) -> Result<(), RegisterError> {
        claims(&self.connection, each)
    }

    /// All people, in the order of their ids.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn people(&self, mut each: impl FnMut(Person)) -> Result<(), RegisterError> {
        people(&self.connection, &mut each)
    }

    /// What is known of a person.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn person(&self, person: &str) -> Result<Option<Person>, RegisterError> {
        let mut one = self
            .connection
            .prepare(&format!("{PERSON} WHERE person = ?1"))?;
        Ok(one.query_row([person], Person::read).optional()?)
    }

    /// Names of the request files that are known.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn request_names(&self) -> Result<Vec<String>, RegisterError> {
        let mut all = self
            .connection
            .prepare("SELECT name FROM requests ORDER BY seq")?;
        let names = all.query_map([], |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// When `request` last looked at the people, as RFC 3339 has it.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn requested_at(&self) -> Result<Option<String>, RegisterError> {
        let mut last = self.connection.prepare(
            "SELECT at FROM log WHERE event IN ('request', 'looked') ORDER BY seq DESC LIMIT 1",
        )?;
        Ok(last.query_row([], |row| row.get(0)).optional()?)
    }

    /// The entries about a person, the first one first.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn history(&self, person: &str) -> Result<Vec<(String, Entry)>, RegisterError> {
        let mut history = Vec::new();
        let mut all = self.connection.prepare(entry::SELECT)?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let placed = Placed::read(row)?;
            let whom: Option<&Whom> = placed.entry.whom.as_ref();
            if whom.is_some_and(|whom| whom.person == person) {
                history.push((placed.at, placed.entry));
            }
        }
        Ok(history)
    }
}
