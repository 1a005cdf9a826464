//! Counts the people that records are about, and what they have in common.

use std::ops::{BitOr, BitOrAssign};
use std::sync::{PoisonError, RwLock};

use hashbrown::HashTable;

use super::Pseudonym;

/// Tables of their own, so that threads seldom wait for each other and one grows at a time.
const SHARES: usize = 16;

/// People a thread collects for one of the tables before it hands them over.
const PENDING: usize = 256;

/// What is known of a person from any of the records about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traits(u8);

impl Traits {
    /// A record as service user.
    pub const SERVICE_USER: Self = Self(1);
    /// A record as unpaid carer.
    pub const CARER: Self = Self(1 << 1);
    /// A record as carer known by association.
    pub const KNOWN_BY_ASSOCIATION: Self = Self(1 << 2);
    /// A record with another client type, or with none that can be read.
    pub const OTHER_CLIENT: Self = Self(1 << 3);
    /// A record that says that the person pays for all of the care.
    pub const FUNDS_OWN_CARE: Self = Self(1 << 4);
    /// On the list of objections.
    pub const OBJECTS: Self = Self(1 << 5);

    /// Whether it has all of the other's.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Traits {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Traits {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A person in nine bytes: the first eight of the pseudonym, and the traits.
#[derive(Clone, Copy)]
struct Person([u8; 9]);

impl Person {
    fn new(start: u64, traits: Traits) -> Self {
        let [a, b, c, d, e, f, g, h] = start.to_ne_bytes();
        Self([a, b, c, d, e, f, g, h, traits.0])
    }

    fn start(&self) -> u64 {
        let [start @ .., _] = self.0;
        u64::from_ne_bytes(start)
    }

    fn traits(&self) -> Traits {
        Traits(self.0[8])
    }
}

/// Bytes of a pseudonym are as good as random. The first bits are the same for all people of a share, and the table looks
/// at both ends of a hash: so they go to its middle.
fn hash(person: &Person) -> u64 {
    person.start().rotate_left(u64::BITS / 2)
}

fn share(start: u64) -> usize {
    (start >> (u64::BITS - SHARES.ilog2())) as usize
}

/// The people met, told apart by the first eight bytes of their pseudonym: one chance in 30 million that two of a
/// million people count as one. Takes eleven to twenty-three bytes for each.
#[derive(Default)]
pub struct People([RwLock<HashTable<Person>>; SHARES]);

/// The people that one thread meets.
pub struct PeopleMet<'a> {
    people: &'a People,
    pending: [Vec<Person>; SHARES],
    /// The person met last, as neighbouring records are often about one.
    last: Option<(u64, Traits)>,
}

impl People {
    /// One thread's way to count.
    pub fn meeting(&self) -> PeopleMet<'_> {
        PeopleMet {
            people: self,
            pending: Default::default(),
            last: None,
        }
    }

    /// How many there are, among those that threads have handed over, each when it was done.
    pub fn count(&self) -> u64 {
        self.count_with(Traits::default())
    }

    /// How many of them have these traits.
    pub fn count_with(&self, traits: Traits) -> u64 {
        let tables = self.0.iter().map(RwLock::read);
        tables
            .map(|table| {
                let table = table.unwrap_or_else(PoisonError::into_inner);
                let with = table.iter().filter(|person| person.traits().has(traits));
                with.count() as u64
            })
            .sum()
    }

    /// Forgets them all.
    pub fn clear(&self) {
        for table in &self.0 {
            *table.write().unwrap_or_else(PoisonError::into_inner) = HashTable::new();
        }
    }
}

impl PeopleMet<'_> {
    /// Counts the person of a record, if it has a pseudonym.
    pub(super) fn add(&mut self, pseudonym: Option<Pseudonym>, traits: Traits) {
        let Some(start) = pseudonym.map(|pseudonym| pseudonym.start()) else {
            return;
        };
        if self.last == Some((start, traits)) {
            return;
        }
        self.last = Some((start, traits));
        let at = share(start);
        self.pending[at].push(Person::new(start, traits));
        if self.pending[at].len() >= PENDING {
            self.hand_over(at);
        }
    }

    fn hand_over(&mut self, at: usize) {
        let mut table = self.people.0[at]
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for person in self.pending[at].drain(..) {
            let is_same = |other: &Person| other.start() == person.start();
            table
                .entry(hash(&person), is_same, hash)
                .and_modify(|known| known.0[8] |= person.0[8])
                .or_insert(person);
        }
    }
}

/// Nobody who is done can forget to hand over the rest.
impl Drop for PeopleMet<'_> {
    fn drop(&mut self) {
        for at in 0..SHARES {
            if !self.pending[at].is_empty() {
                self.hand_over(at);
            }
        }
    }
}
