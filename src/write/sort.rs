//! Sorts the rows of a bucket, withholding what must not leave on the way.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use super::spill::{HEADER, Spill};
use crate::swar;

/// Rows of a Parquet row group at least.
const GROUP_ROWS: u64 = 32_768;

/// Neighbouring buckets whose rows make a row group.
pub type Group = Range<usize>;

/// Cuts the buckets into groups. Depends on nothing but the number of rows in each bucket, so equal content gives equal files.
pub fn groups(rows: &[u64]) -> Vec<Group> {
    let mut groups = Vec::new();
    let (mut start, mut held) = (0, 0);
    for (bucket, n) in rows.iter().enumerate() {
        held += n;
        if held >= GROUP_ROWS {
            groups.push(start..bucket + 1);
            (start, held) = (bucket + 1, 0);
        }
    }
    if held > 0 || groups.is_empty() {
        groups.push(start..rows.len());
    }
    groups
}

/// The rows of a bucket in order.
pub struct SortedRows {
    bytes: Vec<u8>,
    rows: Vec<Place>,
    /// Where the cells of each row end, counted from the row's start, `columns` for each row in the order of arrival.
    ends: Vec<u32>,
    columns: usize,
    /// Cells written empty because they held an identifier, by position in the row.
    pub withheld: BTreeMap<usize, u64>,
}

#[derive(Clone, Copy)]
struct Place {
    /// The first bytes of the row, so that most comparisons touch nothing else.
    prefix: u64,
    start: usize,
    /// In the order of arrival.
    number: u32,
    length: u32,
}

/// One row and where its cells are.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Each cell followed by a zero byte.
    pub bytes: &'a [u8],
    ends: &'a [u32],
}

impl<'a> Row<'a> {
    /// The cell at a position of the row.
    #[inline]
    pub fn cell(self, at: usize) -> &'a [u8] {
        &self.bytes[self.start(at)..self.ends[at] as usize]
    }

    /// The cells from one position up to another, each with its zero byte.
    pub fn between(self, from: usize, to: usize) -> &'a [u8] {
        &self.bytes[self.start(from)..self.start(to)]
    }

    /// The position of the cell that holds a byte, counted from the start of the cell at `from`.
    pub fn cell_at(self, from: usize, byte: usize) -> usize {
        let byte = self.start(from) + byte;
        self.ends.partition_point(|end| (*end as usize) < byte)
    }

    fn start(self, at: usize) -> usize {
        if at == 0 {
            0
        } else {
            self.ends[at - 1] as usize + 1
        }
    }
}

impl SortedRows {
    /// Takes a bucket from the spill and sorts it. `must_not_leave` is asked of each cell that was copied
    /// from the extract, with its position in the row.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn load(
        spill: &Spill,
        bucket: usize,
        columns: usize,
        mut must_not_leave: impl FnMut(usize, &[u8]) -> bool,
    ) -> io::Result<Self> {
        let (bytes, count) = spill.take(bucket)?;
        let end = bytes.len();
        let mut sorted = Self {
            bytes,
            rows: Vec::with_capacity(count),
            ends: Vec::with_capacity(count * columns),
            columns,
            withheld: BTreeMap::new(),
        };
        let mut at = 0;
        while let Some((header, _)) = sorted.bytes[at..end].split_first_chunk::<HEADER>() {
            let [l0, l1, l2, l3, copied @ ..] = *header;
            let length = u32::from_le_bytes([l0, l1, l2, l3]);
            sorted.add(
                at + HEADER,
                length,
                u128::from_le_bytes(copied),
                &mut must_not_leave,
            );
            at += HEADER + length as usize;
        }
        let bytes = &sorted.bytes;
        let row = |p: &Place| &bytes[p.start..p.start + p.length as usize];
        sorted
            .rows
            .sort_unstable_by(|a, b| a.prefix.cmp(&b.prefix).then_with(|| row(a).cmp(row(b))));
        Ok(sorted)
    }

    fn add(
        &mut self,
        mut start: usize,
        mut length: u32,
        mut copied: u128,
        must_not_leave: &mut impl FnMut(usize, &[u8]) -> bool,
    ) {
        let number = self.rows.len() as u32;
        let bytes = &self.bytes[start..start + length as usize];
        let first = self.ends.len();
        let ends = &mut self.ends;
        swar::zeros(bytes, |end| ends.push(end as u32));
        let row = Row {
            bytes,
            ends: &self.ends[first..],
        };
        let mut withheld = Vec::new();
        while copied != 0 {
            let at = copied.trailing_zeros() as usize;
            copied &= copied - 1;
            if must_not_leave(at, row.cell(at)) {
                withheld.push(at);
            }
        }
        if !withheld.is_empty() {
            (start, length) = self.without(start, length, first, &withheld);
        }
        let mut prefix = [0; 8];
        let known = (length as usize).min(8);
        prefix[..known].copy_from_slice(&self.bytes[start..start + known]);
        self.rows.push(Place {
            prefix: u64::from_be_bytes(prefix),
            start,
            number,
            length,
        });
    }

    /// Writes a row anew, behind the others, without some of its cells.
    #[cold]
    fn without(
        &mut self,
        start: usize,
        length: u32,
        first: usize,
        withheld: &[usize],
    ) -> (usize, u32) {
        let row = self.bytes[start..start + length as usize].to_vec();
        let start = self.bytes.len();
        let mut from = 0;
        for (at, end) in self.ends[first..].iter_mut().enumerate() {
            if withheld.contains(&at) {
                *self.withheld.entry(at).or_default() += 1;
            } else {
                self.bytes.extend_from_slice(&row[from..*end as usize]);
            }
            from = *end as usize + 1;
            *end = (self.bytes.len() - start) as u32;
            self.bytes.push(0);
        }
        (start, (self.bytes.len() - start) as u32)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|p| {
            let ends = p.number as usize * self.columns;
            Row {
                bytes: &self.bytes[p.start..p.start + p.length as usize],
                ends: &self.ends[ends..ends + self.columns],
            }
        })
    }
}
