//! What the lines of the submission are made of: cells by number, columns that stand side by side, and where they end.

use std::ops::Range;

use crate::treat::{OutputColumn, Stored};

/// Bytes that are moved or compared at once, whatever the length of a cell: hardly any is longer.
pub const WIDE: usize = 64;

/// Cells in one piece, each with bytes behind it, so that as many can be taken of any as of the widest.
#[derive(Default)]
pub struct WideCells {
    bytes: Vec<u8>,
    /// Where each begins, and its length; [`WideCells::NONE`] for a number that has no cell.
    places: Vec<(u32, u32)>,
    /// Bytes before those that stand behind the last cell.
    end: usize,
}

impl WideCells {
    const NONE: u32 = u32::MAX;

    /// Adds the cell of the next number; `push` appends its bytes.
    pub fn add(&mut self, push: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.truncate(self.end);
        push(&mut self.bytes);
        let length = self.bytes.len() - self.end;
        // The texts of all columns are bounded, far below four gibibytes.
        self.places.push((self.end as u32, length as u32));
        self.end += length;
        self.bytes.resize(self.end + WIDE, 0);
    }

    /// The next number has no cell.
    pub fn add_none(&mut self) {
        self.places.push((0, Self::NONE));
    }

    /// The cell of a number, if it has one.
    pub fn get(&self, number: usize) -> Option<&[u8]> {
        let (start, length) = *self.places.get(number)?;
        self.bytes.get(start as usize..)?.get(..length as usize)
    }

    /// All of them, for a loop over many.
    #[inline]
    pub fn all(&self) -> AllCells<'_> {
        AllCells {
            bytes: &self.bytes,
            places: &self.places,
        }
    }
}

/// The cells of a column.
#[derive(Clone, Copy)]
pub struct AllCells<'a> {
    bytes: &'a [u8],
    places: &'a [(u32, u32)],
}

impl<'a> AllCells<'a> {
    /// The cell of a number with what stands behind it, and its length. `None` if it has none, or one that is longer.
    #[inline(always)]
    pub fn wide(self, number: u32) -> Option<(&'a [u8; WIDE], usize)> {
        let (start, length) = *self.places.get(number as usize)?;
        let start = start as usize;
        let cell = self.bytes.get(start..start + WIDE)?.first_chunk()?;
        (length as usize <= WIDE).then_some((cell, length as usize))
    }
}

/// Columns that stand side by side in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stretch {
    /// Columns of values, by their positions among a row's values, and the position of the first among all columns.
    Values(Range<usize>, usize),
    /// One that is no value.
    Other(Stored),
}

/// The columns of a line, with neighbours of values together.
pub fn stretches(columns: &[OutputColumn]) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for (position, column) in columns.iter().enumerate() {
        match (column.stored, stretches.last_mut()) {
            (Stored::Value(at), Some(Stretch::Values(values, _))) if values.end == at => {
                values.end += 1;
            }
            (Stored::Value(at), _) => stretches.push(Stretch::Values(at..at + 1, position)),
            (other, _) => stretches.push(Stretch::Other(other)),
        }
    }
    stretches
}

/// Where the cells of a line end, counted from its start, for the next line to begin alike.
#[derive(Default)]
pub struct Ends {
    /// By value.
    pub values: Vec<u32>,
    /// Where each stretch begins.
    pub stretches: Vec<u32>,
}

impl Ends {
    /// Of lines of these stretches.
    pub fn of(stretches: &[Stretch], values: usize) -> Self {
        Self {
            values: vec![0; values],
            stretches: vec![0; stretches.len()],
        }
    }

    /// Where so many stretches and cells of the next one end.
    pub fn end(&self, stretches: &[Stretch], (whole, cells): (usize, usize)) -> usize {
        let end = match stretches.get(whole) {
            Some(Stretch::Values(values, _)) if cells > 0 => self.values[values.start + cells - 1],
            _ => self.stretches[whole],
        };
        end as usize
    }
}
