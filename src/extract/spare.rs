//! Memory of blocks that are done with, for the next ones: a block is larger than what an allocator keeps at hand.

use super::split::Span;
use crate::spare::Spare as Kept;

/// Things of each kind that are kept at most; as many as are in use at once.
const KEPT: usize = 16;

/// A larger text comes of a row that hardly any file has, and is not kept.
const LARGEST: usize = 4 << 20;

/// Memory to use again. What it held is identifiable and is written over, never read.
pub struct Spare {
    texts: Kept<Vec<u8>>,
    places: Kept<Places>,
}

/// Places of cells, and the rows of records.
type Places = (Vec<Span>, Vec<u32>);

impl Default for Spare {
    fn default() -> Self {
        Self {
            texts: Kept::of(KEPT),
            places: Kept::of(KEPT),
        }
    }
}

impl Spare {
    /// An empty text.
    pub(super) fn text(&self, capacity: usize) -> Vec<u8> {
        let spare = self.texts.take();
        let mut text = spare.unwrap_or_else(|| Vec::with_capacity(capacity));
        text.clear();
        text
    }

    pub(super) fn places(&self) -> Places {
        self.places.take().unwrap_or_default()
    }

    pub(super) fn keep_text(&self, text: Vec<u8>) {
        if (1..=LARGEST).contains(&text.capacity()) {
            self.texts.keep(text);
        }
    }

    pub(super) fn keep_places(&self, spans: Vec<Span>, rows: Vec<u32>) {
        self.places.keep((spans, rows));
    }
}
