//! Counts the people that records are about.

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::Pseudonym;

/// The people met, told apart by the first eight bytes of their pseudonym: one chance in 30 million that two of a
/// million people count as one.
#[derive(Default)]
pub struct People(HashSet<u64, FixedState>);

impl People {
    /// Counts the person of a record, if it has a pseudonym.
    pub(super) fn add(&mut self, pseudonym: Option<Pseudonym>) {
        self.0.extend(pseudonym.as_ref().map(Pseudonym::start));
    }

    /// Adds another thread's.
    pub fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }
}
