//! An entry of the register's log: what happened, and, apart, to whom. What happened stays for ever and is chained by
//! digests; whom it was about stands in the chain as a salted digest only, so that it can be erased when its time is up.

use std::fmt;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Type, ValueRef};
use rusqlite::{Row, Statement};

use super::Status;
use super::chain::{chain, seal};
use crate::date::Date;
use crate::nhs_number::{self, NhsNumber};
use crate::trace::request::Reference;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A request file was made.
    Request,
    /// A person was asked about.
    Asked,
    /// A file of answers was read.
    Answers,
    /// There was an answer about a person.
    Answered,
    /// Something of a person was noticed in the case system.
    Noticed,
    /// The people were looked at, and nobody was to be asked about.
    Looked,
    /// Entries of people who left lost who they are about.
    Purged,
    /// A request or answer file was removed.
    Removed,
}

impl Event {
    const ALL: [Self; 8] = [
        Self::Request,
        Self::Asked,
        Self::Answers,
        Self::Answered,
        Self::Noticed,
        Self::Looked,
        Self::Purged,
        Self::Removed,
    ];

    /// As the log has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Asked => "asked",
            Self::Answers => "answers",
            Self::Answered => "answered",
            Self::Noticed => "noticed",
            Self::Looked => "looked",
            Self::Purged => "purged",
            Self::Removed => "removed",
        }
    }
}

/// The record is sensitive: nothing but the number is taken of it.
pub const SENSITIVE: u32 = 1;
/// The case system says that the person is dead.
pub const DEAD: u32 = 2;
/// The entries of the person are kept for longer.
pub const LONG: u32 = 4;
/// A postcode was in the request.
pub const POSTCODE: u32 = 8;
/// To be asked about without the number that the case system has: it did not fit.
pub const WITHOUT_NUMBER: u32 = 16;
/// To be asked about without the postcode: an unrelated one hides a record.
pub const WITHOUT_POSTCODE: u32 = 32;
/// To be asked about once again although nothing was changed.
pub const AGAIN: u32 = 64;
/// The number was in the request.
pub const CROSS_CHECK: u32 = 128;
/// PDS has a date of death, by the last answer that was believed about them or that gave one.
pub const PDS_DEAD: u32 = 256;
/// The answer gives a number by an exact match: only another person's claim to it, or another number, speaks against it.
pub const CLAIM: u32 = 512;
/// What stays of a person from one question to the next.
pub const OF_PERSON: u32 = SENSITIVE | DEAD | LONG | PDS_DEAD;

/// A SHA-256.
pub type Digest32 = [u8; 32];

/// An entry. `Debug` shows nothing of a person.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// What happened.
    pub event: Event,
    /// The rule that decided.
    pub rule: Option<String>,
    /// The code that PDS gave.
    pub code: Option<String>,
    /// The file concerned, by its digest.
    pub file: Option<Digest32>,
    /// Name of the request file.
    pub name: Option<String>,
    /// Rows of the file, or entries concerned.
    pub rows: Option<u64>,
    /// The entry that names the file.
    pub of: Option<u64>,
    /// The person's status before.
    pub old_status: Option<Status>,
    /// The person's status since.
    pub new_status: Option<Status>,
    /// Whom it is about.
    pub whom: Option<Whom>,
}

/// Whom an entry is about, and what identifies them. No `Debug` of what it holds.
#[derive(Clone, PartialEq)]
pub struct Whom {
    /// Local person id.
    pub person: String,
    /// Of the request.
    pub reference: Option<Reference>,
    /// The number before.
    pub old_number: Option<NhsNumber>,
    /// The number sent, taken or offered.
    pub new_number: Option<NhsNumber>,
    /// Day of birth as it was sent.
    pub birth: Option<Date>,
    /// Day of death as PDS has it; or, of what was noticed, since when the person has left.
    pub day: Option<Date>,
    /// Digest of the facts as they were sent, or of the answer.
    pub facts: Option<Digest32>,
    /// [`SENSITIVE`] and the like.
    pub flags: u32,
    /// How sure PDS is, in per cent.
    pub confidence: Option<u32>,
}

impl Whom {
    /// Nothing but the person.
    pub fn person(person: &str) -> Self {
        Self {
            person: person.to_owned(),
            reference: None,
            old_number: None,
            new_number: None,
            birth: None,
            day: None,
            facts: None,
            flags: 0,
            confidence: None,
        }
    }
}

impl Entry {
    /// Nothing but what happened.
    pub fn of(event: Event) -> Self {
        Self {
            event,
            rule: None,
            code: None,
            file: None,
            name: None,
            rows: None,
            of: None,
            old_status: None,
            new_status: None,
            whom: None,
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({}, withheld)", self.event.word())
    }
}

impl fmt::Debug for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Whom(withheld)")
    }
}

/// A day or an NHS number as the database keeps it.
struct Kept<T>(T);

impl ToSql for Kept<&NhsNumber> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = std::str::from_utf8(self.0.digits()).unwrap_or_default();
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())))
    }
}

/// An NHS number that the register holds.
pub(super) struct NumberOf(pub NhsNumber);

impl FromSql for NumberOf {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        // What it was must not get into the error. Written otherwise than here, it is not of here.
        match nhs_number::canonical(text) {
            Ok(number) if number_text(&number) == text => Ok(Self(number)),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// A number as a parameter of a statement.
pub(super) fn number_text(number: &NhsNumber) -> &str {
    std::str::from_utf8(number.digits()).unwrap_or_default()
}

/// The columns of [`Entry::bind`], in its order.
pub(super) const INSERT: &str = "INSERT INTO log (seq, at, event, rule, code, file, name, rows, of, old_status, new_status, sealed, hash, \
     salt, person, reference, old_number, new_number, birth, day, facts, flags, confidence) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)";

/// The same to read.
pub(super) const SELECT: &str = "SELECT seq, at, event, rule, code, file, name, rows, of, old_status, new_status, sealed, hash, \
     salt, person, reference, old_number, new_number, birth, day, facts, flags, confidence, purged_by FROM log ORDER BY seq";

/// An entry in its place.
pub(super) struct Placed {
    pub seq: u64,
    pub at: String,
    pub entry: Entry,
    pub sealed: Option<Digest32>,
    pub salt: Option<[u8; 16]>,
    pub hash: Digest32,
    pub purged_by: Option<u64>,
}

impl Placed {
    /// Reads one row of [`SELECT`].
    pub fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let event: String = row.get(2)?;
        let event = Event::ALL.into_iter().find(|known| known.word() == event);
        let strange = |at: usize| {
            let kind = row.get_ref(at).map_or(Type::Null, |cell| cell.data_type());
            rusqlite::Error::InvalidColumnType(at, String::new(), kind)
        };
        let status = |at: usize| -> rusqlite::Result<Option<Status>> {
            let status = row.get::<_, Option<u8>>(at)?;
            let of = |number| Status::of(number).ok_or_else(|| strange(at));
            status.map(of).transpose()
        };
        let number = |at: usize| -> rusqlite::Result<Option<NhsNumber>> {
            Ok(row.get::<_, Option<NumberOf>>(at)?.map(|n| n.0))
        };
        let day = |at: usize| -> rusqlite::Result<Option<Date>> {
            let day = row.get::<_, Option<u32>>(at)?;
            let of = |packed| Date::unpack(packed).ok_or_else(|| strange(at));
            day.map(of).transpose()
        };
        let count = |at: usize| -> rusqlite::Result<Option<u64>> {
            Ok(row.get::<_, Option<i64>>(at)?.map(i64::cast_unsigned))
        };
        let person: Option<String> = row.get(14)?;
        let whom = match person {
            None => {
                // What says nothing of whom may not say anything about them either: nothing seals it.
                let all = (15..=22).find(|at| row.get_ref(*at).ok() != Some(ValueRef::Null));
                match all {
                    None => None,
                    Some(at) => return Err(strange(at)),
                }
            }
            Some(person) => Some(Whom {
                person,
                reference: row.get::<_, Option<[u8; 16]>>(15)?.map(Reference::of),
                old_number: number(16)?,
                new_number: number(17)?,
                birth: day(18)?,
                day: day(19)?,
                facts: row.get(20)?,
                flags: row.get(21)?,
                confidence: row.get(22)?,
            }),
        };
        Ok(Self {
            seq: count(0)?.unwrap_or(0),
            at: row.get(1)?,
            entry: Entry {
                event: event.ok_or_else(|| strange(2))?,
                rule: row.get(3)?,
                code: row.get(4)?,
                file: row.get(5)?,
                name: row.get(6)?,
                rows: count(7)?,
                of: count(8)?,
                old_status: status(9)?,
                new_status: status(10)?,
                whom,
            },
            sealed: row.get(11)?,
            hash: row.get(12)?,
            salt: row.get(13)?,
            purged_by: count(23)?,
        })
    }

    /// Puts an entry at the end of a chain.
    pub fn after(before: &Digest32, seq: u64, at: &str, entry: Entry, salt: [u8; 16]) -> Self {
        let salt = entry.whom.is_some().then_some(salt);
        let sealed = entry
            .whom
            .as_ref()
            .zip(salt)
            .map(|(whom, salt)| seal(whom, &salt));
        let hash = chain(before, seq, at, &entry, sealed.as_ref());
        Self {
            seq,
            at: at.to_owned(),
            entry,
            sealed,
            salt,
            hash,
            purged_by: None,
        }
    }

    /// Whether it follows from the entry before, and says of whom it is what was sealed.
    pub fn follows(&self, before: &Digest32, seq: u64) -> bool {
        let sealed = match (&self.entry.whom, self.salt, self.sealed, self.purged_by) {
            (Some(whom), Some(salt), Some(sealed), None) => seal(whom, &salt) == sealed,
            (None, None, Some(_), Some(_)) => true,
            (None, None, None, None) => true,
            _ => false,
        };
        sealed
            && self.seq == seq
            && self.hash == chain(before, seq, &self.at, &self.entry, self.sealed.as_ref())
    }

    /// Writes it with a statement of [`INSERT`].
    pub fn write(&self, insert: &mut Statement<'_>) -> rusqlite::Result<()> {
        let entry = &self.entry;
        let whom = entry.whom.as_ref();
        let status = |status: Option<Status>| status.map(Status::number);
        let number = |number: fn(&Whom) -> Option<&NhsNumber>| whom.and_then(number).map(Kept);
        let day = |day: fn(&Whom) -> Option<Date>| whom.and_then(day).map(Date::packed);
        insert.execute(rusqlite::params![
            self.seq.cast_signed(),
            self.at,
            entry.event.word(),
            entry.rule,
            entry.code,
            entry.file,
            entry.name,
            entry.rows.map(u64::cast_signed),
            entry.of.map(u64::cast_signed),
            status(entry.old_status),
            status(entry.new_status),
            self.sealed,
            self.hash,
            self.salt,
            whom.map(|w| &w.person),
            whom.and_then(|w| w.reference.as_ref().map(Reference::bytes)),
            number(|w| w.old_number.as_ref()),
            number(|w| w.new_number.as_ref()),
            day(|w| w.birth),
            day(|w| w.day),
            whom.and_then(|w| w.facts),
            whom.map(|w| w.flags),
            whom.and_then(|w| w.confidence),
        ])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let mut whom = Whom::person("P1");
        whom.new_number = nhs_number::canonical("9434765919").ok();
        Entry {
            rule: Some("match.single".into()),
            new_status: Some(Status::Verified),
            whom: Some(whom),
            ..Entry::of(Event::Answered)
        }
    }

    #[test]
    fn an_entry_follows_from_one_and_no_other() {
        let placed = Placed::after(&[1; 32], 7, "now", entry(), [3; 16]);
        assert!(placed.follows(&[1; 32], 7));
        assert!(!placed.follows(&[2; 32], 7) && !placed.follows(&[1; 32], 8));
    }

    #[test]
    fn no_part_of_it_can_be_changed_and_whom_can_be_erased_only_as_a_whole() {
        let changes: [fn(&mut Placed); 9] = [
            |p| p.at = "then".into(),
            |p| p.entry.rule = None,
            |p| p.entry.code = Some(String::new()),
            |p| p.entry.new_status = Some(Status::Conflict),
            |p| p.entry.rows = Some(1),
            |p| p.entry.whom = None,
            |p| p.entry.whom.as_mut().unwrap().person = "P2".into(),
            |p| p.entry.whom.as_mut().unwrap().new_number = None,
            |p| p.sealed = Some([0; 32]),
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut placed = Placed::after(&[1; 32], 7, "now", entry(), [3; 16]);
            change(&mut placed);
            assert!(!placed.follows(&[1; 32], 7), "change {at}");
        }
        let mut placed = Placed::after(&[1; 32], 7, "now", entry(), [3; 16]);
        placed.entry.whom = None;
        placed.salt = None;
        placed.purged_by = Some(9);
        assert!(placed.follows(&[1; 32], 7));
    }

    #[test]
    fn nothing_of_a_person_is_shown() {
        let shown = format!("{:?}{:?}", entry(), entry().whom);
        assert!(!shown.contains("P1") && !shown.contains("943"), "{shown}");
    }
}
