//! Verified numbers for the case system: of whom, and how each compares with what the case system has.

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::path::Path;

use super::allocations::Allocations;
use super::people::{self, PersonRow};
use super::register::{Change, Register, Status};
use super::select::{Moment, Presence, select};
use crate::config::TracingConfig;
use crate::date::Date;
use crate::error::{Error, Result};
use crate::nhs_number::NhsNumber;
use crate::redact::Identifying;
use crate::write::WorklistLines;

/// The columns of the file.
const COLUMNS: [&str; 5] = [
    "person_id",
    "nhs_number",
    "indicator",
    "verified_on",
    "in_case_system",
];

/// What stands in the place of the number in the case system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// Nothing.
    None,
    /// Another number.
    Other,
    /// Something that is no number.
    Invalid,
    /// The number that is verified.
    Same,
}

impl Held {
    /// As the file has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Other => "other",
            Self::Invalid => "invalid",
            Self::Same => "same",
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "the case system has no number",
            Self::Other => "the case system has another number",
            Self::Invalid => "the case system has something that is no NHS number",
            Self::Same => "the case system has this number",
        }
    }

    fn of(row: &PersonRow<'_>, number: NhsNumber) -> Self {
        match row.number {
            Some(held) if held == number => Self::Same,
            Some(_) => Self::Other,
            None if row.has_number_text() => Self::Invalid,
            None => Self::None,
        }
    }
}

/// Why a number of the register is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Withheld {
    /// The person is not in the people file.
    Absent,
    /// Nobody knows which row is right.
    SeveralRows,
    /// The person is dead.
    Dead,
    /// Or may be.
    DeathUnclear,
    /// The council does not work with them any more.
    NoWorker,
    /// `request` would take it back.
    TakenBack,
    /// Somebody else in the register has it, so that the return has it of neither.
    Shared,
    /// The case system says that another one is verified.
    OtherVerified,
}

impl Withheld {
    /// A stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::SeveralRows => "several_rows",
            Self::Dead => "dead",
            Self::DeathUnclear => "death_unclear",
            Self::NoWorker => "no_worker",
            Self::TakenBack => "taken_back",
            Self::Shared => "number_shared",
            Self::OtherVerified => "other_verified",
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Absent => "not in the people file",
            Self::SeveralRows => "several rows have this person id",
            Self::Dead => "a date of death",
            Self::DeathUnclear => "a date of death that cannot be read or stands for none",
            Self::NoWorker => "no allocation to a worker without an end date",
            Self::TakenBack => {
                "an objection, another person with this number, or a record that has changed: cld trace request takes it back"
            }
            Self::Shared => "another person of the register has this number",
            Self::OtherVerified => {
                "the case system has another number that it knows to be verified: on the work list"
            }
        }
    }
}

/// A number that may be given. `Debug` withholds it.
#[derive(Debug, Clone, Copy)]
struct Given {
    number: Identifying<NhsNumber>,
    on: Option<Date>,
    held: Held,
}

/// What became of somebody with a verified number.
enum Outcome {
    Given(Given),
    Withheld(Withheld),
}

/// The numbers that may be given, by person. `Debug` shows nothing of them.
#[derive(Debug, Default)]
pub struct Numbers {
    given: BTreeMap<Identifying<String>, Given>,
    /// Why others are not, and how many.
    pub withheld: BTreeMap<Withheld, u64>,
}

/// Finds the numbers that may be given. What `request` would notice is noticed here too, in memory only.
///
/// # Errors
/// When a file cannot be read or has not the columns, or the register refuses.
pub fn numbers(
    config: &TracingConfig,
    register: &mut Register,
    moment: &Moment,
) -> Result<Numbers> {
    let mut people: BTreeMap<String, Outcome> = BTreeMap::new();
    register.people(|person| {
        if person.status == Status::Verified {
            people.insert(person.person, Outcome::Withheld(Withheld::Absent));
        }
    })?;
    let allocations = Allocations::read(&config.allocations, moment.today)?;
    register.change(&moment.at, |change| {
        select(config, change, moment, |_| Ok(()))?;
        // As the return has it: of two with one number neither is believed, though one may have died.
        let mut holders: HashMap<u64, u32> = HashMap::new();
        change.people(|person| {
            if let (Status::Verified, Some(number)) = (person.status, person.number) {
                *holders.entry(number.as_u64()).or_default() += 1;
            }
        })?;
        people::read(&config.people, &config.keep, moment.today, |row| {
            if let Some(outcome) = people.get_mut(row.person) {
                *outcome = match outcome {
                    Outcome::Withheld(Withheld::Absent) => {
                        let presence = Presence::of(row, allocations.of(row.person), moment.today);
                        judge(change, row, presence, &holders)?
                    }
                    _ => Outcome::Withheld(Withheld::SeveralRows),
                };
            }
            Ok(())
        })
    })?;
    let mut numbers = Numbers::default();
    for (person, outcome) in people {
        match outcome {
            Outcome::Given(given) => {
                numbers.given.insert(Identifying::new(person), given);
            }
            Outcome::Withheld(why) => *numbers.withheld.entry(why).or_default() += 1,
        }
    }
    Ok(numbers)
}

fn judge(
    change: &mut Change<'_>,
    row: &PersonRow<'_>,
    presence: Presence,
    holders: &HashMap<u64, u32>,
) -> Result<Outcome> {
    let withheld = |why| Ok(Outcome::Withheld(why));
    let Some(person) = change.person(row.person)? else {
        return withheld(Withheld::Absent);
    };
    let number = match (person.status, person.number) {
        (Status::Verified, Some(number)) => number,
        _ => return withheld(Withheld::TakenBack),
    };
    match presence {
        Presence::Dead(_) => return withheld(Withheld::Dead),
        _ if row.death_is_unclear() => return withheld(Withheld::DeathUnclear),
        Presence::Left(_) => return withheld(Withheld::NoWorker),
        Presence::Here => {}
    }
    if holders.get(&number.as_u64()).is_some_and(|n| *n > 1) {
        return withheld(Withheld::Shared);
    }
    let held = Held::of(row, number);
    if held == Held::Other && row.verified {
        return withheld(Withheld::OtherVerified);
    }
    let answered = match &person.reference {
        Some(reference) => change.answered_at(reference)?,
        None => None,
    };
    let at = answered.unwrap_or(person.since);
    Ok(Outcome::Given(Given {
        number: Identifying::new(number),
        on: at.get(..10).and_then(Date::parse_iso),
        held,
    }))
}

impl Numbers {
    /// How many there are, by what the case system has.
    pub fn held(&self) -> BTreeMap<Held, u64> {
        let mut counts = BTreeMap::new();
        for given in self.given.values() {
            *counts.entry(given.held).or_default() += 1;
        }
        counts
    }

    /// Writes those that the case system has not, or all of them, into a new file that only its owner can read. Gives how
    /// many there are in it.
    ///
    /// # Errors
    /// When there is a file of this name, or the disk refuses; nothing is left behind.
    pub fn write(&self, path: &Path, all: bool) -> Result<u64> {
        let failed = |source| Error::io("write", path)(source);
        if std::fs::symlink_metadata(path).is_ok() {
            return Err(taken(path));
        }
        let folder = super::register::directory(path);
        // Only the owner can read what tempfile makes.
        let mut file = tempfile::Builder::new()
            .prefix(".cld-unfinished-")
            .tempfile_in(folder)
            .map_err(failed)?;
        let mut lines = WorklistLines::default();
        lines.line(COLUMNS.iter().map(|name| name.as_bytes()));
        let indicator = Status::Verified.code();
        let mut written = 0;
        for (person, given) in &self.given {
            if !all && given.held == Held::Same {
                continue;
            }
            written += 1;
            let on = given.on.map_or(String::new(), Date::iso);
            let cells = [
                person.expose().as_bytes(),
                given.number.expose().digits(),
                indicator.as_bytes(),
                on.as_bytes(),
                given.held.name().as_bytes(),
            ];
            lines.line(cells.into_iter());
            if lines.bytes.len() > 1 << 18 {
                file.write_all(&lines.bytes).map_err(failed)?;
                lines.bytes.clear();
                crate::interrupt::check()?;
            }
        }
        file.write_all(&lines.bytes)
            .and_then(|()| file.as_file().sync_all())
            .map_err(failed)?;
        file.persist_noclobber(path)
            .map_err(|refused| match refused.error.kind() {
                std::io::ErrorKind::AlreadyExists => taken(path),
                _ => failed(refused.error),
            })?;
        Ok(written)
    }
}

fn taken(path: &Path) -> Error {
    Error::Usage(format!(
        "{} is there already, and numbers are never written over another file. Name another one, or remove it",
        path.display()
    ))
}

#[cfg(test)]
#[path = "numbers_tests.rs"]
mod tests;
