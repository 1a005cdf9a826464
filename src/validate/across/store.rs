//! Keeps what the rules across records need of each, dealt into parts by a hash: in memory while it is little, beyond that
//! in a temporary file that has no name. What stands there could tell who is meant, so it is encrypted: however the run
//! ends, nobody can read what is left on the disk.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::MmapMut;

use super::threads::on_threads;
use crate::nameless::Nameless;

/// Parts of each kind. With ten million records one part has 2.5 MB, with one million it fits into a cache.
const PARTS: usize = 128;

/// What is kept of persons, of their numbers, of events.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Persons,
    Numbers,
    Events,
}

const KINDS: usize = 3;

/// Takes what each thread deals, slot by slot. A slot holds facts of one part.
pub(super) struct Store {
    directory: PathBuf,
    size: Size,
    state: Mutex<State>,
}

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Bytes of a slot.
    pub slot: usize,
    /// Slots of a page, which is what memory is asked for at once.
    pub page: usize,
    /// Pages that are kept in memory.
    pub pages: usize,
}

impl Size {
    /// 72 MiB: a little over a million records. It is given back before the submission is written, which needs as much.
    pub const USUAL: Self = Self {
        slot: 8 << 10,
        page: 1 << 10,
        pages: 9,
    };
}

#[derive(Default)]
struct State {
    /// The first slots. Mapped, not allocated: what is not used takes no memory, and the system has all of it back at once.
    memory: Vec<MmapMut>,
    /// How many slots that is, where the system gives no more.
    most: Option<u64>,
    /// The slots behind them.
    file: Option<Arc<Nameless>>,
    /// Slots that are taken.
    taken: u64,
    facts: u64,
    /// By kind and part: slots and how many bytes they hold.
    parts: Vec<Vec<(u64, u32)>>,
}

impl State {
    /// How many slots are kept in memory.
    fn kept(&self, size: Size) -> u64 {
        self.most.unwrap_or((size.page * size.pages) as u64)
    }
}

impl Store {
    pub fn new(directory: &Path, size: Size) -> Self {
        Self {
            directory: directory.to_owned(),
            size,
            state: Mutex::default(),
        }
    }

    /// Where the temporary file is made if one is needed.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Forgets everything, the key included.
    pub fn clear(&self) {
        *self.lock() = State::default();
    }

    /// How many facts there are.
    pub fn facts(&self) -> u64 {
        self.lock().facts
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the facts of a part; the buffer is empty afterwards.
    fn take(&self, part: usize, facts: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
        let Size { slot, page, .. } = self.size;
        let length = bytes.len();
        let mut state = self.lock();
        let number = state.taken;
        state.taken += 1;
        state.facts += facts;
        let (at, within) = (number as usize / page, number as usize % page * slot);
        if number < state.kept(self.size) && state.memory.len() == at {
            match anonymous(page * slot) {
                Ok(memory) => state.memory.push(memory),
                // The disk has room for what memory has not.
                Err(_) => state.most = Some(number),
            }
        }
        let kept = state.kept(self.size);
        if number < kept {
            state.memory[at][within..within + length].copy_from_slice(bytes);
        } else {
            let file = match &state.file {
                Some(file) => Arc::clone(file),
                None => Arc::clone(
                    state
                        .file
                        .insert(Arc::new(Nameless::new_in(&self.directory)?)),
                ),
            };
            drop(state);
            // A slot is taken once, so nothing else was ever at its place.
            file.write_at((number - kept) * slot as u64, bytes)?;
            state = self.lock();
        }
        if state.parts.is_empty() {
            state.parts.resize_with(KINDS * PARTS, Vec::new);
        }
        state.parts[part].push((number, length as u32));
        bytes.clear();
        Ok(())
    }

    /// Puts all facts of a part into `bytes`, in no order.
    fn read(&self, part: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.clear();
        let Size { slot, page, .. } = self.size;
        let state = self.lock();
        let kept = state.kept(self.size);
        let State {
            memory,
            file,
            parts,
            ..
        } = &*state;
        let Some(slots) = parts.get(part) else {
            return Ok(());
        };
        bytes.reserve_exact(slots.iter().map(|(_, length)| *length as usize).sum());
        let mut on_disk = Vec::new();
        for (number, length) in slots {
            let (from, length) = (bytes.len(), *length as usize);
            if *number < kept {
                let (at, within) = (*number as usize / page, *number as usize % page * slot);
                bytes.extend_from_slice(&memory[at][within..within + length]);
            } else {
                bytes.resize(from + length, 0);
                on_disk.push(((number - kept) * slot as u64, from, length));
            }
        }
        let file = file.clone();
        drop(state);
        if let Some(file) = file {
            for (at, from, length) in on_disk {
                file.read_at(at, &mut bytes[from..from + length])?;
            }
        }
        Ok(())
    }

    /// Shows the facts of every part that is `wanted` to `visit`, part by part, in so many threads. Gives back what each
    /// thread made.
    pub fn each_part<O: Send>(
        &self,
        kind: Kind,
        threads: usize,
        wanted: impl Fn(usize) -> bool + Sync,
        begin: impl Fn() -> O + Sync,
        visit: impl Fn(&mut O, &[u8]) -> io::Result<()> + Sync,
    ) -> io::Result<Vec<O>> {
        let next = AtomicUsize::new(0);
        let made = on_threads(threads, |_| {
            let (mut made, mut bytes) = (begin(), Vec::new());
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= PARTS {
                    return Ok(made);
                }
                if wanted(at) {
                    self.read(kind as usize * PARTS + at, &mut bytes)?;
                    visit(&mut made, &bytes)?;
                }
            }
        });
        made.into_iter().collect()
    }
}

/// Memory that is not in use yet.
fn anonymous(bytes: usize) -> io::Result<MmapMut> {
    let memory = MmapMut::map_anon(bytes)?;
    // Fewer and larger pages, where the system has them to give.
    #[cfg(target_os = "linux")]
    let _ = memory.advise(Advice::HugePage);
    Ok(memory)
}

/// The part of its kind that facts with this hash are in.
pub(super) fn part_of(hash: u64) -> usize {
    /// Odd, so that different hashes stay different; spreads whatever they differ in to the first bits.
    const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
    (hash.wrapping_mul(SPREAD) >> (u64::BITS - PARTS.ilog2())) as usize
}

/// One thread's way into the store.
pub(super) struct Dealer<'a> {
    store: &'a Store,
    /// By kind and part: how many facts, and their bytes.
    buffers: Vec<(u64, Vec<u8>)>,
}

impl<'a> Dealer<'a> {
    pub fn new(store: &'a Store) -> Self {
        let empty = || (0, Vec::new());
        Self {
            store,
            buffers: std::iter::repeat_with(empty).take(KINDS * PARTS).collect(),
        }
    }

    /// Deals a fact to where all of its kind with the same hash are.
    pub fn deal<const N: usize>(&mut self, kind: Kind, hash: u64, fact: [u8; N]) -> io::Result<()> {
        let slot = self.store.size.slot;
        let part = kind as usize * PARTS + part_of(hash);
        let (facts, buffer) = &mut self.buffers[part];
        if buffer.len() + N > slot {
            self.store.take(part, std::mem::take(facts), buffer)?;
        }
        if buffer.capacity() == 0 {
            buffer.reserve_exact(slot);
        }
        buffer.extend_from_slice(&fact);
        *facts += 1;
        Ok(())
    }

    /// Hands over what is left.
    pub fn finish(self) -> io::Result<()> {
        for (part, (facts, mut buffer)) in self.buffers.into_iter().enumerate() {
            if facts > 0 {
                self.store.take(part, facts, &mut buffer)?;
            }
        }
        Ok(())
    }
}

/// The next bytes of a fact.
pub(super) fn next<const N: usize>(fact: &mut &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    let (here, rest) = fact.split_at(N);
    bytes.copy_from_slice(here);
    *fact = rest;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Slots of four facts, of which the first four stay in memory.
    const SMALL: Size = Size {
        slot: 32,
        page: 2,
        pages: 2,
    };

    fn everything(store: &Store, kind: Kind, threads: usize) -> Vec<(u64, usize)> {
        let made = store.each_part(
            kind,
            threads,
            |_| true,
            Vec::new,
            |all, bytes| {
                let part = all.len();
                all.extend(
                    bytes
                        .chunks_exact(8)
                        .map(|mut fact| u64::from_le_bytes(next(&mut fact))),
                );
                assert!(
                    all[part..]
                        .windows(2)
                        .all(|two| part_of(two[0]) == part_of(two[1]))
                );
                Ok(())
            },
        );
        let mut all: Vec<u64> = made.unwrap().concat();
        all.sort_unstable();
        all.chunk_by(|a, b| a == b)
            .map(|same| (same[0], same.len()))
            .collect()
    }

    proptest! {
        #[test]
        fn what_is_dealt_is_there_once_by_part(
            facts in prop::collection::vec((0_u64..9, any::<bool>()), 0..300),
            threads in 1_usize..4,
        ) {
            let directory = tempfile::tempdir().unwrap();
            let store = Store::new(directory.path(), SMALL);
            let mut wanted = [const { std::collections::BTreeMap::<u64, usize>::new() }; 2];
            std::thread::scope(|scope| {
                for here in facts.chunks(facts.len().div_ceil(threads).max(1)) {
                    let store = &store;
                    scope.spawn(move || {
                        let mut dealer = Dealer::new(store);
                        for (fact, is_event) in here {
                            let kind = if *is_event { Kind::Events } else { Kind::Persons };
                            dealer.deal(kind, *fact, fact.to_le_bytes()).unwrap();
                        }
                        dealer.finish().unwrap();
                    });
                }
            });
            for (fact, is_event) in &facts {
                *wanted[usize::from(*is_event)].entry(*fact).or_default() += 1;
            }
            prop_assert_eq!(store.facts(), facts.len() as u64);
            for (kind, wanted) in [Kind::Persons, Kind::Events].into_iter().zip(wanted) {
                prop_assert_eq!(everything(&store, kind, threads), wanted.into_iter().collect::<Vec<_>>());
            }
            prop_assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
            store.clear();
            prop_assert_eq!((store.facts(), everything(&store, Kind::Persons, 1)), (0, Vec::new()));
        }
    }

    /// Where a process may not have so much memory, the disk takes everything.
    #[test]
    fn memory_that_the_system_does_not_give_is_not_needed() {
        let directory = tempfile::tempdir().unwrap();
        let size = Size {
            page: 1 << 50,
            ..SMALL
        };
        let store = Store::new(directory.path(), size);
        let mut dealer = Dealer::new(&store);
        for fact in 0..400_u64 {
            dealer
                .deal(Kind::Persons, fact % 5, (fact % 5).to_le_bytes())
                .unwrap();
        }
        dealer.finish().unwrap();
        let there = everything(&store, Kind::Persons, 2);
        assert_eq!(there, [0, 1, 2, 3, 4].map(|fact| (fact, 80)));
        assert!(store.lock().memory.is_empty());
    }

    /// A person who reads the disk finds no fact there, and no two slots look alike though they hold the same.
    #[test]
    fn nothing_on_the_disk_can_be_read() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path(), SMALL);
        let secret = *b"94347659";
        let mut dealer = Dealer::new(&store);
        for _ in 0..400 {
            dealer.deal(Kind::Persons, 7, secret).unwrap();
        }
        dealer.finish().unwrap();
        let file = store.lock().file.clone();
        let written = file.expect("more than memory may hold").on_disk();
        assert_eq!(written.len(), 400 * 8 - 4 * 32);
        assert!(!written.windows(8).any(|bytes| bytes == secret));
        let slots: std::collections::HashSet<_> = written.chunks(32).collect();
        assert_eq!(slots.len(), written.len() / 32);
        let there = everything(&store, Kind::Persons, 2);
        assert_eq!(there, [(u64::from_le_bytes(secret), 400)]);
    }
}
