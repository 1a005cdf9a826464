//! Memory that is done with, kept for the next of its kind: large pieces that come fresh from the system are cleared page
//! by page, and given back as often.

use std::sync::{Mutex, PoisonError};

/// Things that any thread puts down and any thread takes up. What they held is written over, never read.
pub struct Spare<T> {
    kept: Mutex<Vec<T>>,
    most: usize,
}

impl<T> Spare<T> {
    /// Keeps so many at most.
    pub const fn of(most: usize) -> Self {
        Self {
            kept: Mutex::new(Vec::new()),
            most,
        }
    }

    /// One that was kept, if there is any.
    pub fn take(&self) -> Option<T> {
        self.lock().pop()
    }

    /// Keeps one, unless there are enough.
    pub fn keep(&self, one: T) {
        let mut kept = self.lock();
        if kept.len() < self.most {
            kept.push(one);
        }
    }

    /// Keeps none of them any longer.
    pub fn clear(&self) {
        *self.lock() = Vec::new();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_was_said() {
        let spare = Spare::of(2);
        assert_eq!(spare.take(), None);
        (0..3).for_each(|n| spare.keep(n));
        let taken: Vec<_> = std::iter::from_fn(|| spare.take()).collect();
        assert_eq!(taken, [1, 0]);
        spare.keep(3);
        spare.clear();
        assert_eq!(spare.take(), None);
    }
}
