//! Brings keys with the same hash together: dealt into small parts by their first bits, each part sorted on its own.
//!
//! Sixteen bytes a record move instead of the record, twice: once when dealt, once into a part that fits into a cache.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What is sorted in the place of a record.
#[derive(Clone, Copy, Default)]
pub(super) struct Key {
    /// Keys belong together when this is equal.
    pub hash: u64,
    /// Position of what it stands for.
    pub index: u32,
    /// Whatever spares a look at that.
    pub rest: u32,
}

/// Keys in a part of their own: 16 KiB of them.
const PART: usize = 1024;
/// More parts than this are dealt more slowly than they are sorted.
const MOST_BITS: u32 = 12;
/// Odd, so that different hashes stay different; spreads whatever they differ in to the first bits.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Shows all keys to `visit`, part by part: each part is sorted by hash, and keys with the same hash are in one part. Keys
/// come from `keys`, asked once or twice for each thread; there are about `expected`. Gives back what each thread made.
pub(super) fn for_each_part<I, O>(
    threads: usize,
    expected: usize,
    keys: impl Fn(usize) -> I + Sync,
    visit: impl Fn(&mut O, &mut [Key]) + Sync,
) -> Vec<O>
where
    I: Iterator<Item = Key>,
    O: Default + Send,
{
    let bits = (expected / PART)
        .checked_ilog2()
        .map_or(0, |bits| (bits + 1).min(MOST_BITS));
    let hands = on_threads(threads, |thread| Hand::deal(|| keys(thread), bits));
    let next = AtomicUsize::new(0);
    on_threads(threads, |_| {
        let mut made = O::default();
        let mut part = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >> bits != 0 {
                return made;
            }
            part.clear();
            for hand in &hands {
                part.extend_from_slice(hand.part(at));
            }
            part.sort_unstable_by_key(|key| key.hash);
            visit(&mut made, &mut part);
        }
    })
}

/// The keys of one thread, part by part.
struct Hand {
    keys: Vec<Key>,
    /// Where each part begins, and the end.
    starts: Vec<usize>,
}

impl Hand {
    fn deal<I: Iterator<Item = Key>>(keys: impl Fn() -> I, bits: u32) -> Self {
        if bits == 0 {
            let keys: Vec<_> = keys().collect();
            let starts = vec![0, keys.len()];
            return Self { keys, starts };
        }
        let part = |key: &Key| (key.hash.wrapping_mul(SPREAD) >> (u64::BITS - bits)) as usize;
        let mut starts = vec![0; (1 << bits) + 1];
        for key in keys() {
            starts[part(&key) + 1] += 1;
        }
        for at in 0..1 << bits {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut dealt = vec![Key::default(); starts[1 << bits]];
        for key in keys() {
            let at = &mut next[part(&key)];
            dealt[*at] = key;
            *at += 1;
        }
        Self {
            keys: dealt,
            starts,
        }
    }

    fn part(&self, at: usize) -> &[Key] {
        &self.keys[self.starts[at]..self.starts[at + 1]]
    }
}

/// Keys that belong together, among sorted ones.
pub(super) fn groups(part: &mut [Key]) -> impl Iterator<Item = &mut [Key]> {
    part.chunk_by_mut(|a, b| a.hash == b.hash)
}

/// One of as many shares as there are threads, and the position of its first element.
pub(super) fn share<T>(all: &[T], thread: usize, threads: usize) -> (u32, &[T]) {
    let size = all.len().div_ceil(threads.max(1));
    let from = (size * thread).min(all.len());
    let to = (from + size).min(all.len());
    (from as u32, &all[from..to])
}

/// Does the work in so many threads, each told its number.
pub(super) fn on_threads<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if threads <= 1 {
        return vec![work(0)];
    }
    thread::scope(|scope| {
        let work = &work;
        let handles: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_group_is_shown_once_and_whole(
            hashes in prop::collection::vec(prop_oneof![0_u64..20, any::<u64>()], 0..300),
            threads in 1_usize..5,
            expected in prop_oneof![Just(0_usize), Just(5_000), Just(usize::MAX)],
        ) {
            let keys = |thread| {
                let (first, here) = share(&hashes, thread, threads);
                here.iter().zip(first..).map(|(hash, index)| Key { hash: *hash, index, rest: 0 })
            };
            let shown = for_each_part(threads, expected, keys, |shown: &mut Vec<_>, part| {
                for group in groups(part) {
                    let mut members: Vec<_> = group.iter().map(|key| key.index).collect();
                    members.sort_unstable();
                    shown.push((group[0].hash, members));
                }
            });
            let mut shown: Vec<_> = shown.into_iter().flatten().collect();
            shown.sort_unstable();
            let mut wanted = std::collections::BTreeMap::<_, Vec<_>>::new();
            for (hash, index) in hashes.iter().zip(0..) {
                wanted.entry(*hash).or_default().push(index);
            }
            prop_assert_eq!(shown, wanted.into_iter().collect::<Vec<_>>());
        }
    }
}
