//! NHS numbers that tracing has verified: by which person of the case system they are looked up, and what became of the
//! submitted records by them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use unicode_normalization::UnicodeNormalization as _;

use super::Pseudonym;
use crate::nhs_number::NhsNumber;

/// Verified numbers by local person id. No `Debug`.
#[derive(Default)]
pub struct Traced {
    /// None where the register has several numbers under ids that are one id here.
    numbers: HashMap<Box<str>, Option<NhsNumber>>,
    /// The digest of the register's last entry.
    pub head: String,
    /// People whose verified number is another one's too, so that it is not used.
    pub shared: u64,
    /// What else there is to say of the register.
    pub beside: Beside,
}

/// What is said of the register beside its verified numbers.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Beside {
    /// People with a worker to whom PDS gave another number than they were asked about with, which was not taken.
    pub not_taken: u64,
    /// The day of the last request, as RFC 3339 has it.
    pub requested_on: Option<String>,
    /// The people file was changed after the last request.
    pub people_changed: bool,
}

impl Traced {
    /// None yet, of a register that ends so.
    pub fn new(head: String) -> Self {
        Self {
            numbers: HashMap::new(),
            head,
            shared: 0,
            beside: Beside::default(),
        }
    }

    /// Adds the verified number of a person. Ids that differ only in how their letters are composed are one person's here,
    /// who then has no number.
    pub fn add(&mut self, person: &str, number: NhsNumber) {
        match self.numbers.entry(normal(person)) {
            Entry::Vacant(free) => {
                free.insert(Some(number));
            }
            Entry::Occupied(mut known) => {
                self.shared += if known.insert(None).is_some() { 2 } else { 1 };
            }
        }
    }

    /// The verified number of a person; ids are compared as they are for their pseudonyms.
    pub fn of(&self, person: &[u8]) -> Option<NhsNumber> {
        let person = std::str::from_utf8(person).ok()?.trim();
        if person.is_ascii() {
            self.numbers.get(person).copied().flatten()
        } else {
            self.numbers.get(&normal(person)).copied().flatten()
        }
    }

    /// Whether a number is of anybody, and not of the test range.
    pub fn has_real(&self) -> bool {
        self.numbers
            .values()
            .flatten()
            .any(|number| !number.is_test())
    }
}

fn normal(person: &str) -> Box<str> {
    person.trim().nfc().collect::<String>().into()
}

/// What verified numbers came to among the submitted records.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct TracedSums {
    /// Records submitted.
    pub records: u64,
    /// Records with a number as the case system has it.
    pub held: u64,
    /// Records with that or a verified one.
    pub known: u64,
    /// Records whose person has a verified number that is another one than theirs.
    pub differ: u64,
    /// People of the register whose verified number is another one's too, so that it is not used.
    pub shared: u64,
    /// What else there is to say of the register.
    pub beside: Beside,
    /// People with a verified number, by the start of their pseudonym.
    people: HashMap<u64, Before>,
}

/// By what a person's records would be known without tracing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Before {
    first: u64,
    several: bool,
    differs: bool,
}

impl TracedSums {
    /// Nothing counted yet, with these numbers.
    pub fn of(traced: Option<&Traced>) -> Self {
        Self {
            shared: traced.map_or(0, |traced| traced.shared),
            beside: traced.map_or_else(Beside::default, |traced| traced.beside.clone()),
            ..Self::default()
        }
    }

    /// Counts a submitted record by the pseudonyms of its person, of the number held and of the verified one.
    pub(super) fn add(
        &mut self,
        person: Option<Pseudonym>,
        held: Option<Pseudonym>,
        traced: Option<Pseudonym>,
    ) {
        self.records += 1;
        self.held += u64::from(held.is_some());
        self.known += u64::from(held.or(traced).is_some());
        let (Some(person), Some(traced)) = (person, traced) else {
            return;
        };
        let differs = held.is_some_and(|held| held != traced);
        self.differ += u64::from(differs);
        // Without a number a record is known by its person.
        let first = held.unwrap_or(person).start();
        let before = self.people.entry(person.start()).or_insert(Before {
            first,
            several: false,
            differs: false,
        });
        before.several |= before.first != first;
        before.differs |= differs;
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.held += other.held;
        self.known += other.known;
        self.differ += other.differ;
        self.shared += other.shared;
        for (person, theirs) in other.people {
            let ours = self.people.entry(person).or_insert(theirs.clone());
            ours.several |= theirs.several || ours.first != theirs.first;
            ours.differs |= theirs.differs;
        }
    }

    /// People with a verified number.
    pub fn people(&self) -> u64 {
        self.people.len() as u64
    }

    /// People whose records were several persons' without tracing, and are one person's now.
    pub fn healed(&self) -> u64 {
        self.people.values().filter(|p| p.several).count() as u64
    }

    /// People with a verified number of whom a record has another one.
    pub fn people_who_differ(&self) -> u64 {
        self.people.values().filter(|p| p.differs).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nhs_number::canonical;
    use crate::schema::Domain;
    use crate::treat::{MasterKey, Scope};

    #[test]
    fn ids_are_compared_as_for_their_pseudonyms() {
        let mut traced = Traced::new(String::new());
        traced.add(" P1 ", canonical("9434765919").unwrap());
        traced.add("Zoe\u{301}", canonical("9990000018").unwrap());
        assert!(traced.of(b"P1  ").is_some() && traced.of("Zo\u{e9}".as_bytes()).is_some());
        assert!(traced.of(b"p1").is_none() && traced.of(b"").is_none());
        assert!(traced.has_real());
        // One id for the return, two for the case system.
        traced.add("Zo\u{e9}", canonical("4010232137").unwrap());
        assert!(traced.of("Zo\u{e9}".as_bytes()).is_none() && traced.shared == 2);
        traced.add("Zo\u{e9} ", canonical("4010232137").unwrap());
        assert!(traced.of("Zo\u{e9}".as_bytes()).is_none() && traced.shared == 3);
        let mut test = Traced::new(String::new());
        test.add("P1", canonical("9990000018").unwrap());
        assert!(!test.has_real());
    }

    #[test]
    fn people_are_healed_whose_records_were_several_persons() {
        let master = MasterKey::parse(include_bytes!("../../samples/keys/test.key")).unwrap();
        let scope = Scope::new("999", "r", "p", "e").unwrap();
        let numbers = master.domain_key(&scope, &Domain::NhsNumber).unwrap();
        let people = master.domain_key(&scope, &Domain::LaPerson).unwrap();
        let number = |text| Some(numbers.pseudonym_of_nhs(&canonical(text).unwrap()));
        let person = |text| people.pseudonym_of_local(text).unwrap();
        let (one, other) = (number("9434765919"), number("4010232137"));
        let mut sums = [TracedSums::default(), TracedSums::default()];
        // With a number and without; with two numbers; always with the right one; never asked about.
        sums[0].add(person("A"), one, one);
        sums[1].add(person("A"), None, one);
        sums[0].add(person("B"), other, one);
        sums[1].add(person("B"), one, one);
        sums[0].add(person("C"), one, one);
        sums[0].add(person("D"), other, None);
        sums[1].add(person("D"), None, None);
        let [mut all, more] = sums;
        all.merge(more);
        assert_eq!((all.records, all.held, all.known, all.differ), (7, 5, 6, 1));
        assert_eq!(
            (all.people(), all.healed(), all.people_who_differ()),
            (3, 2, 1)
        );
    }
}
