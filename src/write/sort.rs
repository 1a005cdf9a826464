//! Sorts the rows of neighbouring buckets, withholding what must not leave on the way.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use memchr::memchr_iter;

use super::spill::Spill;

/// Rows that are sorted and written together at least; also a Parquet row group.
const GROUP_ROWS: u64 = 32_768;

/// Neighbouring buckets that are sorted and written together.
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

/// The rows of a group in order.
pub struct SortedRows {
    bytes: Vec<u8>,
    rows: Vec<Place>,
    /// Cells written empty because they held an identifier, by position in the row.
    pub withheld: BTreeMap<usize, u64>,
}

struct Place {
    /// The first bytes of the row, so that most comparisons touch nothing else.
    prefix: u64,
    start: u32,
    end: u32,
}

impl SortedRows {
    /// Takes a group from the spill and sorts it. `must_not_leave` is asked of each cell with its position in the row.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn load(
        spill: &Spill,
        group: Group,
        mut must_not_leave: impl FnMut(usize, &[u8]) -> bool,
    ) -> io::Result<Self> {
        let mut sorted = Self {
            bytes: Vec::new(),
            rows: Vec::new(),
            withheld: BTreeMap::new(),
        };
        let mut raw = Vec::new();
        for bucket in group {
            raw.clear();
            spill.take(bucket, &mut raw)?;
            let first = sorted.rows.len();
            let mut at = 0;
            while let Some(length) = raw.get(at..at + 4) {
                let length =
                    u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
                sorted.add(&raw[at + 4..at + 4 + length], &mut must_not_leave);
                at += 4 + length;
            }
            // Buckets follow each other, so each is sorted by itself.
            let bytes = &sorted.bytes;
            let row = |p: &Place| &bytes[p.start as usize..p.end as usize];
            sorted.rows[first..]
                .sort_unstable_by(|a, b| a.prefix.cmp(&b.prefix).then_with(|| row(a).cmp(row(b))));
        }
        Ok(sorted)
    }

    fn add(&mut self, row: &[u8], must_not_leave: &mut impl FnMut(usize, &[u8]) -> bool) {
        let start = self.bytes.len();
        let mut from = 0;
        for (at, end) in memchr_iter(0, row).enumerate() {
            let cell = &row[from..end];
            if !cell.is_empty() && must_not_leave(at, cell) {
                *self.withheld.entry(at).or_default() += 1;
            } else {
                self.bytes.extend_from_slice(cell);
            }
            self.bytes.push(0);
            from = end + 1;
        }
        let mut prefix = [0; 8];
        let written = &self.bytes[start..];
        let known = written.len().min(8);
        prefix[..known].copy_from_slice(&written[..known]);
        self.rows.push(Place {
            prefix: u64::from_be_bytes(prefix),
            start: start as u32,
            end: self.bytes.len() as u32,
        });
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows in order, each cell followed by a zero byte.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.rows
            .iter()
            .map(|p| &self.bytes[p.start as usize..p.end as usize])
    }
}

/// Where the cells of a row end.
pub(super) fn cells(row: &[u8], ends: &mut Vec<usize>) {
    ends.clear();
    ends.extend(memchr_iter(0, row));
}

/// The cell at a position, given where the cells end.
pub(super) fn cell<'r>(row: &'r [u8], ends: &[usize], at: usize) -> &'r [u8] {
    let start = if at == 0 { 0 } else { ends[at - 1] + 1 };
    &row[start..ends[at]]
}
