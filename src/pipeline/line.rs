//! A production line: items are numbered, worked on by any thread, and taken in order.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::error::{Error, Result};
use crate::interrupt;

/// Works on items in one thread for each worker, and takes the results in the order of the items.
///
/// There is no thread that only makes or only takes: whoever is free makes the next item, and whoever finishes the one
/// that is wanted takes it, with those behind it that are ready. So there are as many threads as cores, what a thread has
/// read it works on while that is in its cache, and none sleeps while there is something to do. The failure that comes
/// first in the order of the items is the one returned, whichever thread met it first. At most `ahead` items exist at a
/// time. Gives the workers back, but for those that the system gave no thread: the others do their work.
///
/// # Errors
/// The first failure in order, that somebody asked to stop, or that there is no thread at all.
pub fn in_order<I, O, W>(
    ahead: usize,
    items: impl Iterator<Item = Result<I>> + Send,
    workers: Vec<W>,
    work: impl Fn(&mut W, I) -> Result<O> + Sync,
    take: impl FnMut(O) -> Result<()> + Send,
) -> Result<Vec<W>>
where
    O: Send,
    W: Send,
{
    let line = Line {
        items: Mutex::new(Items {
            rest: items,
            next: 0,
            failed: false,
        }),
        state: Mutex::new(State {
            waiting: BTreeMap::new(),
            wanted: 0,
            taking: false,
            stopped: None,
        }),
        take: Mutex::new(take),
        moved: Condvar::new(),
        ahead: ahead.max(1) as u64,
    };
    let workers = thread::scope(|scope| {
        let (line, work) = (&line, &work);
        let run =
            |worker| thread::Builder::new().spawn_scoped(scope, move || line.run(worker, work));
        let mut handles = Vec::new();
        let mut refused = None;
        for worker in workers {
            match run(worker) {
                Ok(handle) => handles.push(handle),
                Err(failure) => refused = Some(failure),
            }
        }
        if let Some(failure) = refused.filter(|_| handles.is_empty()) {
            lock(&line.state).stopped = Some(Some(no_thread(&failure)));
        }
        let ended = handles.into_iter().map(thread::ScopedJoinHandle::join);
        ended.collect::<std::result::Result<Vec<_>, _>>()
    });
    let state = line.state.into_inner();
    match state.unwrap_or_else(PoisonError::into_inner).stopped {
        Some(Some(failure)) => Err(failure),
        None if workers.is_ok() => interrupt::check().and(workers.map_err(|_| ended_early())),
        _ => Err(ended_early()),
    }
}

fn no_thread(failure: &std::io::Error) -> Error {
    Error::Internal(format!(
        "the system gives no thread ({failure}). Close other programs, or raise the limits of this account (ulimit), and run again"
    ))
}

fn ended_early() -> Error {
    Error::Internal("a thread ended early".into())
}

struct Line<S, O, T> {
    items: Mutex<Items<S>>,
    state: Mutex<State<O>>,
    /// Held by the thread that takes.
    take: Mutex<T>,
    /// A result was taken, or the line has stopped.
    moved: Condvar,
    ahead: u64,
}

struct Items<S> {
    rest: S,
    /// The number of the next one.
    next: u64,
    /// Nothing comes behind a failure.
    failed: bool,
}

struct State<O> {
    /// Results by number.
    waiting: BTreeMap<u64, Result<O>>,
    /// The number of the result to take next. Nobody but the thread that takes has it waiting.
    wanted: u64,
    /// Whether a thread is taking results.
    taking: bool,
    /// Set once the line has stopped: to the first failure, or to none where a thread ended early.
    stopped: Option<Option<Error>>,
}

impl<I, S, O, T> Line<S, O, T>
where
    S: Iterator<Item = Result<I>>,
    T: FnMut(O) -> Result<()>,
{
    /// What one thread does.
    fn run<W>(&self, mut worker: W, work: impl Fn(&mut W, I) -> Result<O>) -> W {
        let _stops = StopsOnPanic(self);
        while let Some((number, item)) = self.next() {
            let result = item.and_then(|item| work(&mut worker, item));
            self.put(number, result);
        }
        worker
    }

    /// The next item and its number; `None` behind the last.
    fn next(&self) -> Option<(u64, Result<I>)> {
        // Whoever waits here for a result to be taken keeps the others waiting, as they would have to anyway.
        let mut items = lock(&self.items);
        if items.failed || !self.admits(items.next) {
            return None;
        }
        let item = items.rest.next()?;
        items.failed = item.is_err();
        items.next += 1;
        Some((items.next - 1, item))
    }

    /// Waits until the item may be made, so that results do not pile up behind a slow one; `false` if it need not be any
    /// more.
    fn admits(&self, number: u64) -> bool {
        let far =
            |state: &mut State<O>| state.stopped.is_none() && number >= state.wanted + self.ahead;
        let state = self.moved.wait_while(lock(&self.state), far);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        state.stopped.is_none()
    }

    /// Keeps a result, and takes those that are ready unless another thread is at it, which will find this one.
    fn put(&self, number: u64, result: Result<O>) {
        let mut state = lock(&self.state);
        state.waiting.insert(number, result);
        if state.taking {
            return;
        }
        state.taking = true;
        let mut take = lock(&self.take);
        while state.stopped.is_none()
            && let wanted = state.wanted
            && let Some(result) = state.waiting.remove(&wanted)
        {
            drop(state);
            let taken = interrupt::check().and(result).and_then(&mut *take);
            state = lock(&self.state);
            match taken {
                Ok(()) => state.wanted += 1,
                Err(failure) => state.stopped = Some(Some(failure)),
            }
            self.moved.notify_all();
        }
        state.taking = false;
    }
}

/// Where a thread panics, its item never ends: the others must not wait for it.
struct StopsOnPanic<'a, S, O, T>(&'a Line<S, O, T>);

impl<S, O, T> Drop for StopsOnPanic<'_, S, O, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            lock(&self.0.state).stopped.get_or_insert(None);
            self.0.moved.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn line(
        fail: impl Fn(u64) -> bool + Sync,
        make_fails_at: Option<u64>,
        take_fails_at: Option<u64>,
    ) -> (Result<u64>, Vec<u64>) {
        let mut taken = Vec::new();
        let failure = |what: &str, n| Error::Input(format!("{what} {n}"));
        let made = in_order(
            6,
            (0..100).map(|n| match make_fails_at {
                Some(at) if n == at => Err(failure("make", n)),
                _ => Ok(n),
            }),
            vec![0_u64; 3],
            |sum, n| {
                thread::sleep(Duration::from_micros((n * 37) % 200));
                *sum += n;
                if fail(n) {
                    Err(failure("work", n))
                } else {
                    Ok(n)
                }
            },
            |n| {
                taken.push(n);
                match take_fails_at {
                    Some(at) if n == at => Err(failure("take", n)),
                    _ => Ok(()),
                }
            },
        );
        (made.map(|sums| sums.iter().sum()), taken)
    }

    #[test]
    fn results_come_in_order() {
        let (made, taken) = line(|_| false, None, None);
        assert_eq!(made.unwrap(), 4950);
        assert_eq!(taken, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_failure_in_order_is_returned() {
        let told = |made: Result<u64>| made.unwrap_err().to_string();
        for _ in 0..20 {
            let (made, taken) = line(|n| n == 41 || n == 42 || n > 60, None, None);
            assert_eq!(told(made), "work 41");
            assert_eq!(taken, (0..41).collect::<Vec<_>>());
            let (made, taken) = line(|n| n == 50, Some(51), None);
            assert_eq!(told(made), "work 50");
            assert_eq!(taken, (0..50).collect::<Vec<_>>());
            let (made, taken) = line(|n| n == 51, Some(50), None);
            assert_eq!(told(made), "make 50");
            assert_eq!(taken, (0..50).collect::<Vec<_>>());
            let (made, taken) = line(|n| n == 31, None, Some(30));
            assert_eq!(told(made), "take 30");
            assert_eq!(taken, (0..=30).collect::<Vec<_>>());
        }
    }

    /// A slow item must not let finished ones pile up behind it.
    #[test]
    fn no_item_is_made_far_ahead_of_what_was_taken() {
        let made = Mutex::new(0);
        let mut most = 0;
        let items = (0..60).map(|n: u64| {
            *lock(&made) = n + 1;
            Ok(n)
        });
        let done = in_order(
            4,
            items,
            vec![(); 3],
            |(), n| {
                if n % 20 == 0 {
                    thread::sleep(Duration::from_millis(20));
                }
                Ok(n)
            },
            |n| {
                most = most.max(*lock(&made) - n);
                Ok(())
            },
        );
        assert!(done.is_ok());
        assert!(most <= 4, "{most}");
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let panicking = |where_: u64| {
            let items = (0..100).map(Ok);
            let work = |(): &mut (), n: u64| {
                assert!(where_ != 0 || n != 20, "expected by this test");
                Ok(n)
            };
            let take = |n: u64| {
                assert!(where_ != 1 || n != 20, "expected by this test");
                Ok(())
            };
            in_order(6, items, vec![(); 3], work, take)
        };
        for at in [0, 1] {
            let told = panicking(at).unwrap_err().to_string();
            assert!(told.contains("a thread ended early"), "{told}");
        }
    }

    #[test]
    fn one_worker_is_enough_and_there_may_be_nothing_to_do() {
        let mut taken = 0;
        let items = (0..10).map(Ok);
        let one = in_order(
            1,
            items,
            vec![()],
            |(), n| Ok(n),
            |n: u64| {
                taken += n;
                Ok(())
            },
        );
        assert!(one.is_ok());
        assert_eq!(taken, 45);
        let nothing = std::iter::empty::<Result<u64>>();
        let none = in_order(6, nothing, vec![(); 3], |(), n| Ok(n), |_| Ok(()));
        assert_eq!(none.unwrap().len(), 3);
    }
}
