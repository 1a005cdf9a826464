//! Where blocks stand in their file, so that a few of their rows can be read again without all that stands around them.

use std::io::{self, Read, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use super::blocks::Block;
use super::encoding::{self, Encoding};
use super::source::Places;
use super::spare::Spare;
use super::split::STEP;

/// Where a block stands in a file that is not compressed.
#[derive(Debug, Clone)]
pub struct BlockPlace {
    whole: Part,
    /// Where every [`STEP`]th row begins, from the start of the block; none where its text was not in the file as it is.
    starts: Box<[u32]>,
}

/// Some whole rows in a file.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    source: usize,
    first_row: u64,
    lines: usize,
    offset: u64,
    length: usize,
}

impl Block {
    /// Where it stands in its file.
    pub(super) fn place(&self) -> BlockPlace {
        BlockPlace {
            whole: self.part(),
            starts: Box::default(),
        }
    }

    fn part(&self) -> Part {
        Part {
            source: self.source,
            first_row: self.first_row,
            lines: self.lines,
            offset: self.offset,
            length: self.length,
        }
    }

    /// Row of the first record, and the row behind the last one.
    pub fn rows(&self) -> Range<u64> {
        self.part().rows()
    }
}

impl BlockPlace {
    /// Takes over where rows begin in a text of so many bytes.
    pub(super) fn rows_begin_at(&mut self, starts: Vec<u32>, text: usize) {
        // A character that is not ASCII is longer in UTF-8, so a text that is as long is the same.
        if text == self.whole.length {
            self.starts = starts.into();
        }
    }

    /// All of it.
    pub fn whole(&self) -> Part {
        self.whole
    }

    /// The parts that hold these rows, which are given in ascending order. Rows that are not in it are passed over.
    pub fn parts(&self, rows: impl Iterator<Item = u64>) -> Vec<Part> {
        if self.starts.is_empty() {
            return vec![self.whole];
        }
        let mut parts: Vec<Range<usize>> = Vec::new();
        for row in rows {
            let at = (row - self.whole.first_row) as usize / STEP as usize;
            match parts.last_mut() {
                Some(last) if at < last.end => {}
                Some(last) if at == last.end => last.end += 1,
                _ => parts.push(at..at + 1),
            }
        }
        parts
            .into_iter()
            .filter_map(|part| self.part(part))
            .collect()
    }

    /// Rows from one of which the start is known to another.
    fn part(&self, steps: Range<usize>) -> Option<Part> {
        let start = *self.starts.get(steps.start)? as usize;
        let (end, lines) = match self.starts.get(steps.end) {
            Some(end) => (*end as usize, steps.len() * STEP as usize),
            None => (
                self.whole.length,
                self.whole.lines - steps.start * STEP as usize,
            ),
        };
        Some(Part {
            first_row: self.whole.first_row + (steps.start * STEP as usize) as u64,
            lines,
            offset: self.whole.offset + start as u64,
            length: end - start,
            ..self.whole
        })
    }
}

impl Part {
    /// Row of the first record, and the row behind the last one.
    pub fn rows(self) -> Range<u64> {
        // The text ends behind its last record, so no row of it lies beyond its line ends.
        self.first_row..self.first_row + self.lines as u64 + 1
    }

    /// Position of the source in the configuration.
    pub fn source(self) -> usize {
        self.source
    }

    /// Bytes of the file.
    pub fn length(self) -> usize {
        self.length
    }

    /// Reads it again. `None` if the file does not have it any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(
        self,
        file: &mut dyn Places,
        encoding: Option<Encoding>,
        spare: &Arc<Spare>,
    ) -> io::Result<Option<Block>> {
        let mut text = spare.text(self.length);
        file.seek(SeekFrom::Start(self.offset))?;
        Read::take(file, self.length as u64).read_to_end(&mut text)?;
        let whole = text.len() == self.length
            && encoding::decode(&mut text, encoding.unwrap_or(Encoding::Ascii)).is_some();
        Ok(whole.then(|| Block {
            source: self.source,
            first_row: self.first_row,
            lines: self.lines,
            text,
            offset: self.offset,
            length: self.length,
            in_place: false,
            spare: Arc::clone(spare),
        }))
    }
}
