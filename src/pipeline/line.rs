//! A production line: items are numbered, worked on by any thread, and come out in order.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use crate::error::{Error, Result};
use crate::interrupt;

/// An item with its place in the order.
pub type Numbered<T> = (u64, T);

/// Makes items in one thread, works on them in `threads` others, and takes the results in order in this one.
///
/// `make` gets a function that passes an item on and says whether to go on; it ends when it returns. The failure that
/// comes first in the order of the items is the one returned, whichever thread met it first. At most `ahead` items exist
/// at a time. Gives back what `make` and the workers returned.
///
/// # Errors
/// The first failure in order, or that somebody asked to stop.
pub fn in_order<I, O, M, W>(
    threads: usize,
    ahead: usize,
    make: impl FnOnce(&mut dyn FnMut(I) -> bool) -> Result<M> + Send,
    workers: Vec<W>,
    work: impl Fn(&mut W, I) -> Result<O> + Sync,
    mut take: impl FnMut(O) -> Result<()>,
) -> Result<(M, Vec<W>)>
where
    I: Send,
    O: Send,
    M: Send,
    W: Send,
{
    let gate = Gate::new(ahead as u64);
    let (items, queue) = sync_channel::<Numbered<I>>(threads);
    let (results, collected) = sync_channel::<Numbered<Result<O>>>(threads);
    let queue = Mutex::new(queue);
    thread::scope(|scope| {
        let maker = {
            let (gate, results) = (&gate, results.clone());
            scope.spawn(move || -> Option<M> { produce(make, items, &results, gate) })
        };
        let handles: Vec<_> = workers
            .into_iter()
            .map(|mut worker| {
                let (queue, work, gate, results) = (&queue, &work, &gate, results.clone());
                scope.spawn(move || {
                    while let Some((number, item)) = next(queue) {
                        let result = if gate.is_shut() {
                            Err(Error::Interrupted)
                        } else {
                            work(&mut worker, item)
                        };
                        if results.send((number, result)).is_err() {
                            break;
                        }
                    }
                    worker
                })
            })
            .collect();
        drop(results);
        let outcome = collect(&collected, &mut take, &gate);
        drop(collected);
        let made = maker.join();
        let workers: std::result::Result<Vec<W>, _> = handles
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        outcome?;
        match (made, workers) {
            (Ok(Some(made)), Ok(workers)) => Ok((made, workers)),
            _ => Err(Error::Internal("a thread ended early".into())),
        }
    })
}

/// Runs the maker; a failure of its own takes its place in the order.
fn produce<I, O, M>(
    make: impl FnOnce(&mut dyn FnMut(I) -> bool) -> Result<M>,
    items: SyncSender<Numbered<I>>,
    results: &SyncSender<Numbered<Result<O>>>,
    gate: &Gate,
) -> Option<M> {
    let mut number = 0;
    let made = make(&mut |item| {
        let sent = gate.admits(number) && items.send((number, item)).is_ok();
        number += 1;
        sent
    });
    match made {
        Ok(made) => Some(made),
        Err(e) => {
            // The collector may be gone already, with an earlier failure.
            let _ = results.send((number, Err(e)));
            None
        }
    }
}

fn next<I>(queue: &Mutex<Receiver<Numbered<I>>>) -> Option<Numbered<I>> {
    queue
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .recv()
        .ok()
}

fn collect<O>(
    results: &Receiver<Numbered<Result<O>>>,
    take: &mut impl FnMut(O) -> Result<()>,
    gate: &Gate,
) -> Result<()> {
    let mut waiting = BTreeMap::new();
    let mut wanted = 0;
    for (number, result) in results {
        waiting.insert(number, result);
        while let Some(result) = waiting.remove(&wanted) {
            let done = interrupt::check().and(result).and_then(&mut *take);
            if done.is_err() {
                gate.shut();
                // Let nobody wait for a place in the channel.
                for _ in results {}
                return done;
            }
            wanted += 1;
            gate.advance();
        }
    }
    interrupt::check()
}

/// Keeps the maker from running far ahead of what was taken, so that finished items do not pile up behind a slow one.
struct Gate {
    /// Items taken; `None` once the line has stopped.
    taken: Mutex<Option<u64>>,
    moved: Condvar,
    ahead: u64,
}

impl Gate {
    fn new(ahead: u64) -> Self {
        Self {
            taken: Mutex::new(Some(0)),
            moved: Condvar::new(),
            ahead,
        }
    }

    /// Waits until the item may be made; `false` if it need not be any more.
    fn admits(&self, number: u64) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let far = |taken: &mut Option<u64>| taken.is_some_and(|taken| number >= taken + self.ahead);
        self.moved
            .wait_while(taken, far)
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    fn advance(&self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = taken.map(|n| n + 1);
        self.moved.notify_one();
    }

    fn shut(&self) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.moved.notify_all();
    }

    fn is_shut(&self) -> bool {
        self.taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(
        fail: impl Fn(u64) -> bool + Sync,
        make_fails_after: Option<u64>,
    ) -> (Result<()>, Vec<u64>) {
        let mut taken = Vec::new();
        let made = in_order(
            3,
            6,
            |pass| {
                for n in 0..100 {
                    if Some(n) == make_fails_after {
                        return Err(Error::Input(format!("make {n}")));
                    }
                    if !pass(n) {
                        break;
                    }
                }
                Ok(())
            },
            vec![0_u64; 3],
            |sum, n| {
                thread::sleep(std::time::Duration::from_micros((n * 37) % 200));
                *sum += n;
                if fail(n) {
                    Err(Error::Input(format!("work {n}")))
                } else {
                    Ok(n)
                }
            },
            |n| {
                taken.push(n);
                Ok(())
            },
        );
        let made = made.map(|((), sums)| assert_eq!(sums.iter().sum::<u64>(), 4950));
        (made, taken)
    }

    #[test]
    fn results_come_in_order() {
        let (made, taken) = line(|_| false, None);
        made.unwrap();
        assert_eq!(taken, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_failure_in_order_is_returned() {
        for _ in 0..20 {
            let (made, taken) = line(|n| n == 41 || n == 42 || n > 60, None);
            assert_eq!(made.unwrap_err().to_string(), "work 41");
            assert_eq!(taken, (0..41).collect::<Vec<_>>());
            let (made, _) = line(|n| n == 50, Some(50));
            assert_eq!(made.unwrap_err().to_string(), "make 50");
            let (made, _) = line(|n| n == 49, Some(50));
            assert_eq!(made.unwrap_err().to_string(), "work 49");
        }
    }
}
