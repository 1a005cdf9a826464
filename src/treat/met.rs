//! Numbers that all threads together meet, each kept once.

use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use foldhash::fast::FixedState;
use hashbrown::HashSet;

/// Sets of their own, so that threads seldom wait for each other and one grows at a time.
const SHARES: usize = 16;

/// Numbers a thread collects for one of the sets before it hands them over.
const PENDING: usize = 256;

/// Numbers in as few bytes as they need.
pub(super) trait Small: Copy + Eq + Hash {
    fn wide(self) -> u64;
}

impl Small for u32 {
    fn wide(self) -> u64 {
        self.into()
    }
}

impl Small for u64 {
    fn wide(self) -> u64 {
        self
    }
}

/// Numbers that were met, by any thread.
pub(super) struct Met<T>([RwLock<HashSet<T, FixedState>>; SHARES]);

impl<T> Default for Met<T> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| RwLock::default()))
    }
}

/// What one thread met and has not handed over yet.
pub(super) struct Meeting<'a, T: Small> {
    met: &'a Met<T>,
    pending: [Vec<T>; SHARES],
}

fn share<T: Small>(number: T) -> usize {
    (number.wide().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - SHARES.ilog2())) as usize
}

impl<T: Small> Met<T> {
    /// One thread's way to add.
    pub fn meeting(&self) -> Meeting<'_, T> {
        Meeting {
            met: self,
            pending: Default::default(),
        }
    }

    /// Whether it was met and handed over.
    pub fn has(&self, number: T) -> bool {
        let set = self.0[share(number)].read();
        set.unwrap_or_else(PoisonError::into_inner)
            .contains(&number)
    }

    /// How many were handed over.
    #[cfg(test)]
    fn count(&self) -> u64 {
        let sets = self.0.iter().map(RwLock::read);
        sets.map(|set| set.unwrap_or_else(PoisonError::into_inner).len() as u64)
            .sum()
    }

    /// Forgets them all.
    pub fn clear(&self) {
        for set in &self.0 {
            *set.write().unwrap_or_else(PoisonError::into_inner) = HashSet::default();
        }
    }
}

impl<T: Small> Meeting<'_, T> {
    /// Adds one.
    pub fn add(&mut self, number: T) {
        let at = share(number);
        self.pending[at].push(number);
        if self.pending[at].len() >= PENDING {
            self.hand_over(at);
        }
    }

    fn hand_over(&mut self, at: usize) {
        let set = self.met.0[at].write();
        set.unwrap_or_else(PoisonError::into_inner)
            .extend(self.pending[at].iter().copied());
        self.pending[at].clear();
    }
}

/// Nobody who is done can forget to hand over the rest.
impl<T: Small> Drop for Meeting<'_, T> {
    fn drop(&mut self) {
        for at in 0..SHARES {
            if !self.pending[at].is_empty() {
                self.hand_over(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_adds_to_one_set() {
        let met = Met::<u32>::default();
        std::thread::scope(|scope| {
            for first in [0, 5_000] {
                let met = &met;
                scope.spawn(move || {
                    let mut meeting = met.meeting();
                    (first..first + 10_000).for_each(|number| meeting.add(number * 3));
                });
            }
        });
        assert_eq!(met.count(), 15_000);
        assert!((0..15_000).all(|number| met.has(number * 3) && !met.has(number * 3 + 1)));
        met.clear();
        assert!(met.count() == 0 && !met.has(3));
    }
}
