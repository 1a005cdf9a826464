//! The people of an earlier bundle, and how many of them this run submits again.

use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashTable;

use super::Pseudonym;

/// People of an earlier bundle by the starts of their pseudonyms, with a mark for each who is met again, by any thread.
///
/// Somebody has up to two pseudonyms, of the LA person id and of the NHS number, and is met again under either: a number
/// that is newly known makes nobody another person here. Takes thirty to sixty bytes for each.
#[derive(Default)]
pub struct PeopleBefore {
    of: HashTable<Known>,
    people: u32,
    /// A bit for each.
    again: Vec<AtomicU64>,
}

/// The start of a pseudonym and the number of the person, in twelve bytes.
#[derive(Clone, Copy)]
struct Known([u8; 12]);

impl Known {
    fn new(start: u64, number: u32) -> Self {
        let ([a, b, c, d, e, f, g, h], [i, j, k, l]) = (start.to_ne_bytes(), number.to_ne_bytes());
        Self([a, b, c, d, e, f, g, h, i, j, k, l])
    }

    /// As good as random, and so its own hash.
    fn start(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_ne_bytes([a, b, c, d, e, f, g, h])
    }

    fn number(&self) -> u32 {
        let [.., i, j, k, l] = self.0;
        u32::from_ne_bytes([i, j, k, l])
    }
}

impl PeopleBefore {
    fn find(&self, start: u64) -> Option<u32> {
        let known = self.of.find(start, |known| known.start() == start);
        known.map(Known::number)
    }

    /// The number that is known for a pseudonym, this one if none is.
    fn number(&mut self, start: u64, number: u32) -> u32 {
        let is_same = |known: &Known| known.start() == start;
        let entry = self.of.entry(start, is_same, Known::start);
        entry.or_insert(Known::new(start, number)).get().number()
    }

    /// Adds whoever has pseudonyms that start so, that of the LA person id first. Whoever is there already stays one
    /// person.
    pub fn add(&mut self, person: [Option<u64>; 2]) {
        let [of_council, of_number] = person;
        // As nationally, the number says who it is, where there is one.
        let Some(known_by) = of_number.or(of_council) else {
            return;
        };
        let number = self.number(known_by, self.people);
        if number == self.people {
            self.people += 1;
        }
        for start in person.into_iter().flatten() {
            self.number(start, number);
        }
    }

    /// Makes room for the marks once all are added.
    pub fn settle(mut self) -> Self {
        let words = (self.people as usize).div_ceil(u64::BITS as usize);
        self.again = std::iter::repeat_with(AtomicU64::default)
            .take(words)
            .collect();
        self
    }

    /// Marks whoever has these pseudonyms.
    pub(super) fn meet(&self, pseudonyms: [Option<Pseudonym>; 2]) {
        for pseudonym in pseudonyms.into_iter().flatten() {
            let Some(number) = self.find(pseudonym.start()) else {
                continue;
            };
            let bit = 1 << (number % u64::BITS);
            if let Some(word) = self.again.get((number / u64::BITS) as usize)
                && word.load(Ordering::Relaxed) & bit == 0
            {
                word.fetch_or(bit, Ordering::Relaxed);
            }
        }
    }

    /// Takes the marks away again.
    pub fn forget(&self) {
        for word in &self.again {
            word.store(0, Ordering::Relaxed);
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.people.into()
    }

    /// How many of them were met, once all threads are done.
    pub fn again(&self) -> u64 {
        let words = self.again.iter().map(|word| word.load(Ordering::Relaxed));
        words.map(|word| u64::from(word.count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Domain;
    use crate::treat::{MasterKey, Scope};

    #[test]
    fn somebody_is_met_again_under_either_pseudonym() {
        let master = MasterKey::parse(include_bytes!("../../samples/keys/test.key")).unwrap();
        let scope = Scope::new("999", "r", "p", "e").unwrap();
        let key = master.domain_key(&scope, &Domain::LaPerson).unwrap();
        let of = |value: &str| key.pseudonym_of_local(value).unwrap();
        let start = |value: &str| of(value).map(|p| p.start());
        let mut before = PeopleBefore::default();
        for (id, number) in [
            ("P1", "N1"),
            ("P1", "N1"),
            ("P2", ""),
            ("P3", "N3"),
            // A second id of the same person, and a record of P3 whose number was missing.
            ("P4", "N1"),
            ("P3", ""),
            ("", ""),
        ] {
            before.add([start(id), start(number)]);
        }
        let before = before.settle();
        assert_eq!((before.count(), before.again()), (3, 0));
        before.meet([of("P9"), of("N9")]);
        before.meet([None, None]);
        assert_eq!(before.again(), 0);
        before.meet([of("P4"), None]);
        before.meet([of("P9"), of("N1")]);
        assert_eq!(before.again(), 1, "both are the first person");
        before.meet([of("P2"), of("N2")]);
        before.meet([of("P3"), None]);
        assert_eq!(before.again(), 3);
        before.forget();
        assert_eq!(before.again(), 0);
    }
}
