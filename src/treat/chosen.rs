//! A few identifiers with the pseudonyms that were made of them, for the run's attack on itself.
//!
//! Those with the smallest pseudonyms are chosen: the same ones whatever the order of the rows and the number of threads,
//! and by nothing that anybody could have arranged.

use std::collections::BTreeMap;

use super::Pseudonym;
use crate::redact::Identifying;

/// Identifiers of each domain at most.
const MOST: usize = 1_000;

/// A pseudonym and what it was made of, in its canonical form.
pub type Pair = (Pseudonym, Identifying<Box<[u8]>>);

/// The chosen ones of one field.
#[derive(Default)]
pub(super) struct Choice {
    pairs: Vec<Pair>,
    /// What begins with more is not among them.
    limit: Option<u64>,
}

impl Choice {
    /// Considers one. May be called with the same one again.
    #[inline]
    pub fn offer(&mut self, pseudonym: Pseudonym, value: &[u8]) {
        if self.limit.is_none_or(|limit| pseudonym.start() <= limit) {
            self.take(pseudonym, value);
        }
    }

    #[cold]
    fn take(&mut self, pseudonym: Pseudonym, value: &[u8]) {
        self.pairs.push((pseudonym, Identifying::new(value.into())));
        if self.pairs.len() >= 2 * MOST {
            settle(&mut self.pairs);
            self.limit = self.pairs.get(MOST - 1).map(|(last, _)| last.start());
        }
    }

    pub fn into_pairs(self) -> Vec<Pair> {
        self.pairs
    }
}

fn settle(pairs: &mut Vec<Pair>) {
    pairs.sort_unstable_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.expose().cmp(y.expose())));
    pairs.dedup_by(|(a, x), (b, y)| a == b && x.expose() == y.expose());
    pairs.truncate(MOST);
}

/// The chosen ones by domain.
#[derive(Debug, Default)]
pub struct Chosen(BTreeMap<String, Vec<Pair>>);

impl Chosen {
    /// Identifiers of each domain at most.
    pub const MOST: usize = MOST;

    pub(super) fn add(&mut self, domain: &str, pairs: Vec<Pair>) {
        let mine = self.0.entry(domain.to_owned()).or_default();
        mine.extend(pairs);
        settle(mine);
    }

    /// Adds another thread's.
    pub fn merge(&mut self, other: Self) {
        for (domain, pairs) in other.0 {
            self.add(&domain, pairs);
        }
    }

    /// Each domain with its pairs, those with the smallest pseudonyms first.
    pub fn by_domain(&self) -> impl Iterator<Item = (&str, &[Pair])> {
        self.0
            .iter()
            .map(|(domain, pairs)| (domain.as_str(), pairs.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::treat::DomainKey;

    fn chosen(order: impl Iterator<Item = u32>, parts: usize) -> Chosen {
        let key = DomainKey::new(&[7; 32], "999");
        let mut choices: Vec<_> = std::iter::repeat_with(Choice::default)
            .take(parts)
            .collect();
        for (at, n) in order.enumerate() {
            let value = format!("P{n}");
            let pseudonym = key
                .pseudonym_of_local(&value)
                .expect("accepted")
                .expect("made");
            choices[at % parts].offer(pseudonym, value.as_bytes());
        }
        let mut chosen = Chosen::default();
        for choice in choices {
            let mut of_one = Chosen::default();
            of_one.add("la-person", choice.into_pairs());
            chosen.merge(of_one);
        }
        chosen
    }

    #[test]
    fn order_and_threads_do_not_choose() {
        let expected = chosen(0..5_000, 1);
        let (_, pairs) = expected.by_domain().next().expect("a domain");
        assert_eq!(pairs.len(), MOST);
        assert!(pairs.is_sorted_by(|a, b| a.0 < b.0));
        for other in [
            chosen((0..5_000).rev(), 1),
            chosen((0..5_000).chain(0..5_000), 3),
        ] {
            let (_, others) = other.by_domain().next().expect("a domain");
            assert!(
                pairs
                    .iter()
                    .zip(others)
                    .all(|(a, b)| a.0 == b.0 && a.1.expose() == b.1.expose())
            );
            assert_eq!(others.len(), MOST);
        }
        assert!(!format!("{expected:?}").contains("P1"));
    }

    #[test]
    fn a_few_are_all_chosen() {
        let few = chosen(0..7, 2);
        assert_eq!(
            few.by_domain().next().map(|(_, pairs)| pairs.len()),
            Some(7)
        );
    }
}
