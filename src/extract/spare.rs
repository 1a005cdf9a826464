//! Memory of blocks that are done with, for the next ones: a block is larger than what an allocator keeps at hand, and
//! pages that come fresh from the system are cleared one by one.

use std::sync::{Mutex, PoisonError};

use super::split::Span;

/// Things of each kind that are kept at most; as many as are in use at once.
const KEPT: usize = 16;

/// A larger text comes of a row that hardly any file has, and is not kept.
const LARGEST: usize = 4 << 20;

/// Memory to use again. What it held is identifiable and is written over, never read.
#[derive(Default)]
pub struct Spare {
    texts: Mutex<Vec<Vec<u8>>>,
    places: Mutex<Vec<Places>>,
}

/// Places of cells, and the rows of records.
type Places = (Vec<Span>, Vec<u32>);

impl Spare {
    /// An empty text.
    pub(super) fn text(&self, capacity: usize) -> Vec<u8> {
        let spare = take(&self.texts);
        let mut text = spare.unwrap_or_else(|| Vec::with_capacity(capacity));
        text.clear();
        text
    }

    pub(super) fn places(&self) -> Places {
        take(&self.places).unwrap_or_default()
    }

    pub(super) fn keep_text(&self, text: Vec<u8>) {
        if (1..=LARGEST).contains(&text.capacity()) {
            keep(&self.texts, text);
        }
    }

    pub(super) fn keep_places(&self, spans: Vec<Span>, rows: Vec<u32>) {
        keep(&self.places, (spans, rows));
    }
}

fn take<T>(kept: &Mutex<Vec<T>>) -> Option<T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn keep<T>(kept: &Mutex<Vec<T>>, one: T) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < KEPT {
        kept.push(one);
    }
}
