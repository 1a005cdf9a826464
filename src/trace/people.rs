//! The people of the case system, as the configuration says where they stand.

use sha2::{Digest, Sha256};

use super::register::Digest32;
use super::request::{Gender, Reference};
use super::table;
use crate::config::{Flag, GenderCode, KeepConfig, PeopleConfig};
use crate::date::Date;
use crate::error::{Error, Result};
use crate::nhs_number::{self, NhsNumber};

/// Where the marks of names stand in the flags of a question.
const FAMILY: u32 = 10;
const GIVEN: u32 = 21;

/// A day that a cell may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// Blank.
    None,
    /// A day.
    On(Date),
    /// Something else.
    Unreadable,
}

impl Day {
    /// Reads dd/mm/yyyy, yyyy-mm-dd or yyyymmdd, with a midnight behind it or without.
    pub fn parse(cell: &str) -> Self {
        if cell.is_empty() {
            return Self::None;
        }
        let midnight = |time: &str| time.bytes().all(|b| matches!(b, b'0' | b':' | b'.'));
        let day = match cell.split_once([' ', 'T']) {
            Some((day, time)) if midnight(time) => day,
            Some(_) => return Self::Unreadable,
            None => cell,
        };
        let compact = || {
            let digits = day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit());
            let part = |from: usize, to: usize| day.get(from..to)?.parse().ok();
            digits.then(|| Date::new(part(0, 4)?, part(4, 6)?, part(6, 8)?))?
        };
        Date::parse(day.as_bytes())
            .or_else(|| Date::parse_iso(day))
            .or_else(compact)
            .map_or(Self::Unreadable, Self::On)
    }

    /// The day, if it is one.
    pub fn day(self) -> Option<Date> {
        match self {
            Self::On(day) => Some(day),
            _ => None,
        }
    }

    /// A day on which somebody can have died: not before they were born, and not to come. Who would be dead by a slip of the
    /// pen would not be asked about, and their number would be anybody's.
    fn of_a_death(self, birth: Self, today: Date) -> Self {
        match (self, birth.day()) {
            (Self::On(day), _) if day > today => Self::Unreadable,
            (Self::On(day), Some(born)) if day < born => Self::Unreadable,
            _ => self,
        }
    }
}

/// Whether a day is one that systems write where they have none.
pub fn is_placeholder(day: Date) -> bool {
    [(1753, 1, 1), (1900, 1, 1), (9999, 12, 31)]
        .into_iter()
        .any(|(year, month, of)| Date::new(year, month, of) == Some(day))
}

/// A person as the case system has them. No `Debug`.
pub struct PersonRow<'a> {
    /// Row as a spreadsheet counts.
    pub row: u64,
    /// Local id, which may be blank.
    pub person: &'a str,
    /// NHS number, where it is one.
    pub number: Option<NhsNumber>,
    /// Family name.
    pub family_name: &'a str,
    /// Given names.
    pub given_name: &'a str,
    /// Gender.
    pub gender: Gender,
    /// What stands for the gender is none of the usual codes, nor one that the configuration names.
    pub gender_is_unread: bool,
    /// Date of birth.
    pub birth: Day,
    /// Date of death.
    pub death: Day,
    /// Postcode.
    pub postcode: &'a str,
    /// Objected to the use of their NHS number.
    pub objects: bool,
    /// The case system knows the number to be verified.
    pub verified: bool,
    /// What should say so says neither yes nor no.
    pub verified_is_unread: bool,
    /// Was in mental health care.
    pub mental_health: bool,
    cells: [&'a str; 7],
}

impl PersonRow<'_> {
    /// What stands in the place of the number.
    pub fn number_text(&self) -> &str {
        self.cells[0]
    }

    /// Whether there is something in the place of the number that is no NHS number.
    pub(super) fn has_number_text(&self) -> bool {
        matches!(
            nhs_number::canonical(self.number_text()),
            Err(refusal) if refusal != nhs_number::Refusal::Blank
        )
    }

    /// Whether the case system says that the person is dead, with a day that can be one.
    pub fn is_dead(&self) -> bool {
        self.death.day().is_some_and(|day| !is_placeholder(day))
    }

    /// Whether something else stands in the place of the date of death: nobody knows what it says, or it cannot be.
    pub fn death_is_unclear(&self) -> bool {
        self.death != Day::None && !self.is_dead()
    }

    /// Marks of the family name and the given names for the flags of a question, eleven bits of a salted digest each. Never
    /// 0: that is what a question without them has.
    pub fn names(&self, reference: &Reference) -> u32 {
        let mark = |name: &str| {
            let mut hash = Sha256::new();
            hash.update(b"cld-name/1");
            hash.update(reference.bytes());
            hash.update(name.trim().to_lowercase().as_bytes());
            let digest: Digest32 = hash.finalize().into();
            u32::from(u16::from_be_bytes([digest[0], digest[1]])) % 0x7ff + 1
        };
        mark(self.family_name) << FAMILY | mark(self.given_name) << GIVEN
    }

    /// Whether both names are others than those of a question with these flags.
    pub fn has_other_names(&self, reference: &Reference, flags: u32) -> bool {
        let now = self.names(reference);
        [FAMILY, GIVEN].into_iter().all(|at| {
            let (was, is) = (flags >> at & 0x7ff, now >> at & 0x7ff);
            was != 0 && was != is
        })
    }

    /// Digest of everything that a trace may rest on. Salted by the question, so that it tells nothing by itself.
    pub fn facts(&self, reference: &Reference) -> Digest32 {
        let mut hash = Sha256::new();
        hash.update(b"cld-facts/1");
        hash.update(reference.bytes());
        for cell in self.cells {
            hash.update((cell.len() as u64).to_be_bytes());
            hash.update(cell.as_bytes());
        }
        hash.finalize().into()
    }
}

/// Reads all people, in the order of the rows, as they are on a day.
///
/// # Errors
/// When the file cannot be read or has not the columns; and what `each` fails with.
pub fn read(
    config: &PeopleConfig,
    keep: &KeepConfig,
    today: Date,
    mut each: impl FnMut(&PersonRow<'_>) -> Result<()>,
) -> Result<()> {
    let mut columns = vec![
        config.person.as_str(),
        &config.nhs_number,
        &config.family_name,
        &config.given_name,
        &config.gender,
        &config.birth_date,
        &config.death_date,
        &config.postcode,
    ];
    let objection = config.objection.as_ref();
    let verified_by = config.verified.as_ref();
    let flags: [Option<&Flag>; 3] = [
        objection.map(|objection| &objection.flag),
        verified_by.map(|verified| &verified.flag),
        keep.mental_health.as_ref(),
    ];
    let flags = flags.map(|flag| {
        let flag = flag?;
        columns.push(&flag.column);
        Some((columns.len() - 1, flag))
    });
    let (mut unknown, mut first) = (0_u64, 0);
    table::read(&config.source, "tracing.people", &columns, |row| {
        let [mut objects, verified, mental_health] =
            flags.map(|flag| flag.is_some_and(|(column, flag)| flag.holds(row.cell(column))));
        if let (Some(objection), Some((column, _))) = (objection, flags[0])
            && objection.says(row.cell(column)).is_none()
        {
            unknown += 1;
            if unknown == 1 {
                first = row.number;
            }
            objects = true;
        }
        let verified_is_unread = match (verified_by, flags[1]) {
            (Some(by), Some((column, _))) => by.says(row.cell(column)).is_none(),
            _ => false,
        };
        let gender = gender(config, row.cell(4));
        let birth = Day::parse(row.cell(5));
        each(&PersonRow {
            row: row.number,
            person: row.cell(0),
            number: nhs_number::canonical(row.cell(1)).ok(),
            family_name: row.cell(2),
            given_name: row.cell(3),
            gender: gender.unwrap_or(Gender::NotKnown),
            gender_is_unread: gender.is_none(),
            birth,
            death: Day::parse(row.cell(6)).of_a_death(birth, today),
            postcode: row.cell(7),
            objects,
            verified,
            verified_is_unread,
            mental_health,
            cells: [1, 2, 3, 4, 5, 6, 7].map(|at| row.cell(at)),
        })
    })?;
    match objection {
        Some(objection) if unknown > 0 => Err(Error::Input(format!(
            "{}: {unknown} cells of the column `{}` say something that is neither an objection nor none, the first one in row {first}. \
             Name each value under `values:` or `none:` of tracing.people.objection",
            config.source.path.display(),
            objection.flag.column
        ))),
        _ => Ok(()),
    }
}

/// What a code stands for, if that is known.
fn gender(config: &PeopleConfig, cell: &str) -> Option<Gender> {
    let code = config.genders.iter().find(|(code, _)| code == cell);
    match code {
        Some((_, GenderCode::Male)) => Some(Gender::Male),
        Some((_, GenderCode::Female)) => Some(Gender::Female),
        Some((_, GenderCode::NotSpecified)) => Some(Gender::NotSpecified),
        Some((_, GenderCode::NotKnown)) => Some(Gender::NotKnown),
        None => Gender::read(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_three_forms_and_no_other() {
        let day = Date::new(1940, 5, 1).map_or(Day::None, Day::On);
        for text in [
            "01/05/1940",
            "1940-05-01",
            "19400501",
            "1940-05-01 00:00:00",
            "1940-05-01T00:00:00.000",
            "01/05/1940 00:00",
        ] {
            assert_eq!(Day::parse(text), day, "{text}");
        }
        assert_eq!(Day::parse(""), Day::None);
        for text in [
            "1/5/1940",
            "01/05/40",
            "1940-05-01 10:00",
            "May 1940",
            "1940",
            "31/02/1940",
            "1940 05",
        ] {
            assert_eq!(Day::parse(text), Day::Unreadable, "{text}");
        }
    }

    #[test]
    fn nobody_died_before_they_were_born_or_has_yet_to() {
        let on = |text: &str| Day::On(Date::parse_iso(text).unwrap());
        let today = Date::parse_iso("2026-11-22").unwrap();
        let death = |died, born| on(died).of_a_death(born, today);
        for (died, born) in [
            ("2026-11-22", on("1940-05-01")),
            ("1940-05-01", on("1940-05-01")),
            ("2020-01-01", Day::None),
            ("2020-01-01", Day::Unreadable),
        ] {
            assert_eq!(death(died, born), on(died), "{died}");
        }
        assert_eq!(death("2026-11-23", Day::None), Day::Unreadable);
        assert_eq!(death("1930-01-01", on("1940-05-01")), Day::Unreadable);
    }
}
