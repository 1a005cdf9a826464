//! Counts the people that records are about.

use super::Pseudonym;
use super::met::{Meeting, Met};

/// The people met, told apart by the first eight bytes of their pseudonym: one chance in 30 million that two of a
/// million people count as one.
#[derive(Default)]
pub struct People(Met<u64>);

/// The people that one thread meets.
pub struct PeopleMet<'a>(Meeting<'a, u64>);

impl People {
    /// One thread's way to count.
    pub fn meeting(&self) -> PeopleMet<'_> {
        PeopleMet(self.0.meeting())
    }

    /// How many there are, among those that threads have handed over, each when it was done.
    pub fn count(&self) -> u64 {
        self.0.count()
    }

    /// Forgets them all.
    pub fn clear(&self) {
        self.0.clear();
    }
}

impl PeopleMet<'_> {
    /// Counts the person of a record, if it has a pseudonym.
    pub(super) fn add(&mut self, pseudonym: Option<Pseudonym>) {
        if let Some(pseudonym) = pseudonym {
            self.0.add(pseudonym.start());
        }
    }
}
