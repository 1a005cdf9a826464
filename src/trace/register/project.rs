//! What follows from an entry of the log: one place, for what is added now and for what is replayed.

use rusqlite::{Connection, Statement, params};

use super::entry::{OF_PERSON, Placed, number_text};
use super::{Event, Status};
use crate::date::Date;
use crate::trace::request::Reference;

/// The tables beside the log.
pub(super) const TABLES: &str = include_str!("projection.sql");

/// Statements that carry entries over to the tables.
pub(super) struct Projector<'c> {
    asked: Statement<'c>,
    sent: Statement<'c>,
    closed: Statement<'c>,
    answered: Statement<'c>,
    noticed: Statement<'c>,
    first: Statement<'c>,
    request: Statement<'c>,
    answers: Statement<'c>,
    removed: [Statement<'c>; 2],
    purged: [Statement<'c>; 2],
}

impl<'c> Projector<'c> {
    pub fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        let prepare = |sql: &str| connection.prepare(sql);
        Ok(Self {
            asked: prepare(
                "INSERT INTO people (person, status, flags, attempts, first_asked, last_asked, reference, since) \
                 VALUES (?1, ?2, ?3, 1, ?4, ?4, ?5, ?4) ON CONFLICT (person) DO UPDATE SET status = ?2, number = NULL, \
                 offered = NULL, flags = ?3, attempts = attempts + 1, first_asked = COALESCE(first_asked, ?4), \
                 last_asked = ?4, reference = ?5, rule = NULL, code = NULL, confidence = NULL, gone = NULL, since = ?4",
            )?,
            sent: prepare(
                "INSERT INTO sent (reference, person, number, birth, facts, flags, request) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            closed: prepare(
                "UPDATE sent SET answered = ?2, answer = ?3 WHERE reference = ?1 AND answered IS NULL",
            )?,
            answered: prepare(
                "UPDATE people SET status = ?2, number = ?3, offered = ?4, flags = ?5, rule = ?6, code = ?7, confidence = ?8, \
                 death = CASE WHEN ?5 & 256 THEN COALESCE(?9, death) END, since = ?10 WHERE person = ?1",
            )?,
            noticed: prepare(
                "UPDATE people SET status = ?2, number = ?3, offered = ?4, flags = ?5, rule = ?6, gone = ?7, since = ?8, code = ?9 WHERE person = ?1",
            )?,
            first: prepare(
                "INSERT OR IGNORE INTO people (person, status, number, flags, attempts, since) VALUES (?1, ?2, ?3, 0, 0, ?4)",
            )?,
            request: prepare(
                "INSERT INTO requests (seq, at, name, file, rows) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            answers: prepare("INSERT INTO answers (seq, at, file, rows) VALUES (?1, ?2, ?3, ?4)")?,
            removed: [
                prepare("UPDATE requests SET removed = ?2 WHERE file = ?1")?,
                prepare("UPDATE answers SET removed = ?2 WHERE file = ?1")?,
            ],
            purged: [
                prepare("DELETE FROM sent WHERE person = ?1")?,
                prepare("DELETE FROM people WHERE person = ?1")?,
            ],
        })
    }

    /// Takes whoever is purged out of the tables. Not of an entry: none says whom.
    pub fn purge(&mut self, person: &str) -> rusqlite::Result<()> {
        for statement in &mut self.purged {
            statement.execute([person])?;
        }
        Ok(())
    }

    /// Carries an entry over. One that lost whom it was about says nothing any more.
    pub fn take(&mut self, placed: &Placed) -> rusqlite::Result<()> {
        let entry = &placed.entry;
        match (entry.event, &entry.whom) {
            (Event::Request, _) => {
                self.request.execute(params![
                    placed.seq.cast_signed(),
                    placed.at,
                    entry.name,
                    entry.file,
                    entry.rows.map(u64::cast_signed)
                ])?;
            }
            (Event::Answers, _) => {
                self.answers.execute(params![
                    placed.seq.cast_signed(),
                    placed.at,
                    entry.file,
                    entry.rows.map(u64::cast_signed)
                ])?;
            }
            (Event::Removed, _) => {
                for statement in &mut self.removed {
                    statement.execute(params![entry.file, placed.at])?;
                }
            }
            (Event::Asked, Some(whom)) => {
                let status = entry.new_status.map(Status::number);
                let kept = whom.flags & OF_PERSON;
                self.asked.execute(params![
                    whom.person,
                    status,
                    kept,
                    placed.at,
                    whom.reference.as_ref().map(Reference::bytes)
                ])?;
                self.sent.execute(params![
                    whom.reference.as_ref().map(Reference::bytes),
                    whom.person,
                    whom.new_number.as_ref().map(number_text),
                    whom.birth.map(Date::packed),
                    whom.facts,
                    whom.flags,
                    entry.of.map(u64::cast_signed),
                ])?;
            }
            (Event::Answered, Some(whom)) => {
                let number = whom.new_number.as_ref().map(number_text);
                let (number, offered) = split(entry.new_status, number);
                self.closed.execute(params![
                    whom.reference.as_ref().map(Reference::bytes),
                    entry.of.map(u64::cast_signed),
                    whom.facts
                ])?;
                // An answer to a request that was made again changes nothing.
                if entry.new_status.is_some() {
                    self.answered.execute(params![
                        whom.person,
                        entry.new_status.map(Status::number),
                        number,
                        offered,
                        whom.flags,
                        entry.rule,
                        entry.code,
                        whom.confidence,
                        whom.day.map(Date::packed),
                        placed.at,
                    ])?;
                }
            }
            (Event::Noticed, Some(whom)) => {
                let number = whom.new_number.as_ref().map(number_text);
                let (number, offered) = split(entry.new_status, number);
                let status = entry.new_status.map(Status::number);
                self.first
                    .execute(params![whom.person, status, number, placed.at])?;
                self.noticed.execute(params![
                    whom.person,
                    status,
                    number,
                    offered,
                    whom.flags,
                    entry.rule,
                    whom.day.map(Date::iso),
                    placed.at,
                    entry.code,
                ])?;
            }
            (Event::Purged | Event::Looked, _) | (_, None) => {}
        }
        Ok(())
    }
}

/// A number is held when it is verified, and offered otherwise.
fn split(status: Option<Status>, number: Option<&str>) -> (Option<&str>, Option<&str>) {
    if status == Some(Status::Verified) {
        (number, None)
    } else {
        (None, number)
    }
}
