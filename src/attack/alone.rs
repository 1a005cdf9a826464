//! How many people are alone with what stands about them in the submission: the first question of whoever knows somebody.
//!
//! People are told apart by the pseudonym of their LA person id; what stands in the first of a person's rows counts, in the
//! order of the submission. Up to 65,536 people are counted exactly. Of more, those are kept whose combination has a hash that
//! ends in zeros, with everybody who shares it: a sample of combinations, the same whoever counts in whatever order.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use crate::date::Date;
use crate::schema::{Make, Schema};

/// People remembered at most, for each set of details.
const MOST: usize = 1 << 16;

/// A detail that others may know of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    Birth,
    Gender,
    Ethnicity,
    Sector,
    FirstEvent,
}

/// The details that are put together, with their names for people.
pub const SETS: [(&str, &[Detail]); 4] = [
    ("month of birth, gender", &[Detail::Birth, Detail::Gender]),
    (
        "month of birth, gender, ethnicity",
        &[Detail::Birth, Detail::Gender, Detail::Ethnicity],
    ),
    (
        "month of birth, gender, ethnicity, postcode sector",
        &[
            Detail::Birth,
            Detail::Gender,
            Detail::Ethnicity,
            Detail::Sector,
        ],
    ),
    (
        "month of birth, gender, postcode sector, day the first event started",
        &[
            Detail::Birth,
            Detail::Gender,
            Detail::Sector,
            Detail::FirstEvent,
        ],
    ),
];

/// Where the details stand: the names of the columns, where the submission has them.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// Of the pseudonym of the LA person id.
    pub person: Option<String>,
    pub birth: [Option<String>; 2],
    pub gender: Option<String>,
    pub ethnicity: Option<String>,
    pub sector: Option<String>,
    pub event_start: Option<String>,
}

impl Columns {
    /// Of a return. Columns that the configuration empties are none.
    pub fn of(schema: &Schema) -> Self {
        let roles = schema.roles;
        let column = |field: usize, is: &dyn Fn(&Make) -> bool| {
            let mut columns = schema.fields[field].columns.iter();
            columns
                .find(|column| is(&column.make))
                .map(|column| column.name.clone())
        };
        let value = |field: usize| column(field, &|make| *make == Make::Value);
        Self {
            person: column(roles.person_id, &|make| matches!(make, Make::Pseudonym(_))),
            birth: [Make::BirthYear, Make::BirthMonth]
                .map(|make| column(roles.birth, &|m| *m == make)),
            gender: value(roles.gender),
            ethnicity: value(roles.ethnicity),
            sector: column(roles.postcode, &|make| *make == Make::PostcodeSector),
            event_start: value(roles.event_start),
        }
    }
}

/// What stands about one person. Texts as they are written; hashes of them do as well, if the same ones are used throughout.
#[derive(Debug, Clone, Copy, Default)]
pub struct Person {
    birth: [u64; 2],
    gender: u64,
    ethnicity: u64,
    sector: u64,
    /// Days since 1970.
    first_event: Option<i32>,
}

impl Person {
    /// From the first row of a person: hashes of the texts of birth year, birth month, gender, ethnicity and sector.
    pub fn new([year, month, gender, ethnicity, sector]: [u64; 5]) -> Self {
        Self {
            birth: [year, month],
            gender,
            ethnicity,
            sector,
            first_event: None,
        }
    }

    /// An event of the person.
    pub fn event(&mut self, start: Option<Date>) {
        let start = start.map(Date::days_since_1970);
        self.first_event = match (self.first_event, start) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn combination(&self, details: &[Detail]) -> u64 {
        let mut hasher = FixedState::with_seed(0x616C_6F6E_6500).build_hasher();
        for detail in details {
            match detail {
                Detail::Birth => self.birth.iter().for_each(|part| hasher.write_u64(*part)),
                Detail::Gender => hasher.write_u64(self.gender),
                Detail::Ethnicity => hasher.write_u64(self.ethnicity),
                Detail::Sector => hasher.write_u64(self.sector),
                Detail::FirstEvent => {
                    hasher.write_i64(self.first_event.map_or(i64::MIN, i64::from))
                }
            }
        }
        hasher.finish()
    }
}

/// The hash of a text, the same in every run.
pub fn text(text: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0x6465_7461_696C).build_hasher();
    hasher.write(text);
    hasher.finish()
}

/// Counts people. One belongs to one thread.
#[derive(Debug, Clone)]
pub struct Alone {
    people: u64,
    sets: [Kept; SETS.len()],
}

#[derive(Debug, Clone, Default)]
struct Kept {
    /// Only combinations whose hash ends in so many zero bits are kept.
    zeros: u32,
    combinations: Vec<u64>,
}

impl Default for Alone {
    fn default() -> Self {
        Self {
            people: 0,
            sets: std::array::from_fn(|_| Kept::default()),
        }
    }
}

impl Kept {
    fn add(&mut self, combination: u64) {
        if combination.trailing_zeros() >= self.zeros {
            self.combinations.push(combination);
            self.settle();
        }
    }

    fn settle(&mut self) {
        while self.combinations.len() > MOST && self.zeros < u64::BITS {
            self.zeros += 1;
            let zeros = self.zeros;
            self.combinations.retain(|c| c.trailing_zeros() >= zeros);
        }
    }

    fn merge(&mut self, other: Self) {
        self.zeros = self.zeros.max(other.zeros);
        self.combinations.extend(other.combinations);
        let zeros = self.zeros;
        self.combinations.retain(|c| c.trailing_zeros() >= zeros);
        self.settle();
    }
}

impl Alone {
    /// Counts a person.
    pub fn add(&mut self, person: &Person) {
        self.people += 1;
        for (kept, (_, details)) in self.sets.iter_mut().zip(SETS) {
            kept.add(person.combination(details));
        }
    }

    /// Adds another thread's.
    pub fn merge(&mut self, other: Self) {
        self.people += other.people;
        for (mine, theirs) in self.sets.iter_mut().zip(other.sets) {
            mine.merge(theirs);
        }
    }

    /// People counted.
    pub fn people(&self) -> u64 {
        self.people
    }

    /// For each of the [`SETS`], in their order.
    pub fn shares(self) -> Vec<Share> {
        let share = |kept: Kept| {
            let mut combinations = kept.combinations;
            combinations.sort_unstable();
            let alone = combinations
                .chunk_by(|a, b| a == b)
                .filter(|of_one| of_one.len() == 1);
            Share {
                alone: alone.count() as u64,
                of: combinations.len() as u64,
            }
        };
        self.sets.into_iter().map(share).collect()
    }
}

/// How many are alone, of how many that were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub alone: u64,
    pub of: u64,
}

/// Fewer people than this are not told apart from nobody.
pub const SMALLEST: u64 = 10;

impl Share {
    /// `12.3%`, or in words where either side of the share is so few people that a figure would tell of them.
    pub fn words(self) -> String {
        let others = self.of - self.alone;
        if self.of < SMALLEST {
            return format!("not told: fewer than {SMALLEST} people");
        }
        if others < SMALLEST {
            return format!("all, or all but fewer than {SMALLEST}");
        }
        if self.alone < SMALLEST {
            return format!("fewer than {SMALLEST} people, or nobody");
        }
        let share = (self.alone * 1000 + self.of / 2) / self.of;
        format!("{}.{}%", share / 10, share % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u64, sector: u64) -> Person {
        Person::new([text(b"1950"), n, text(b"Female"), text(b"x"), sector])
    }

    #[test]
    fn those_who_share_nothing_are_alone() {
        let mut alone = Alone::default();
        for n in 0..30 {
            // Ten people of one month of birth, twenty of months of their own.
            alone.add(&person(if n < 10 { 0 } else { n }, n));
        }
        assert_eq!(alone.people(), 30);
        let shares = alone.shares();
        assert_eq!(shares[0], Share { alone: 20, of: 30 });
        assert_eq!(shares[2], Share { alone: 30, of: 30 });
        assert_eq!(
            (&*shares[0].words(), &*shares[2].words()),
            ("66.7%", "all, or all but fewer than 10")
        );
    }

    #[test]
    fn the_first_event_counts_and_no_later_one() {
        let of = |days: &[i32]| {
            let mut one = person(1, 1);
            days.iter()
                .for_each(|day| one.event(Date::from_days_since_1970(*day)));
            one.event(None);
            let mut alone = Alone::default();
            alone.add(&one);
            let mut other = person(1, 1);
            other.event(Date::from_days_since_1970(100));
            alone.add(&other);
            alone.shares()[3].alone
        };
        assert_eq!(
            (of(&[200, 100]), of(&[100, 300]), of(&[99, 100]), of(&[])),
            (0, 0, 2, 2)
        );
    }

    #[test]
    fn few_people_are_not_told() {
        let words = |alone, of| Share { alone, of }.words();
        assert_eq!(words(0, 9), "not told: fewer than 10 people");
        for alone in 0..10 {
            assert_eq!(words(alone, 100), "fewer than 10 people, or nobody");
            assert_eq!(words(100 - alone, 100), "all, or all but fewer than 10");
        }
        assert_eq!(
            (words(10, 100), words(90, 100)),
            ("10.0%".into(), "90.0%".into())
        );
    }

    /// More people than are remembered, in another order and by several threads: one figure, near the truth.
    #[test]
    fn samples_do_not_depend_on_order_or_threads() {
        // A third of the people are in pairs.
        let combination = |n: u64| {
            text(
                &(if n.is_multiple_of(3) {
                    n / 6
                } else {
                    n + 1_000_000
                })
                .to_le_bytes(),
            )
        };
        let count = |order: &mut dyn Iterator<Item = u64>, threads: usize| {
            let mut of: Vec<_> = std::iter::repeat_with(Kept::default)
                .take(threads)
                .collect();
            for (at, n) in order.enumerate() {
                of[at % threads].add(combination(n));
            }
            let mut all = Kept::default();
            of.into_iter().for_each(|kept| all.merge(kept));
            all.combinations.sort_unstable();
            all
        };
        let one = count(&mut (0..300_000), 1);
        let other = count(&mut (0..300_000).rev(), 3);
        assert!(one.combinations == other.combinations && one.zeros == other.zeros);
        assert!((3..=4).contains(&one.zeros) && one.combinations.len() > 10_000);
        let mut alone = Alone::default();
        alone.sets[0] = one;
        let share = alone.shares()[0];
        let per_mille = share.alone * 1000 / share.of;
        assert!((640..690).contains(&per_mille), "{per_mille}");
    }
}
