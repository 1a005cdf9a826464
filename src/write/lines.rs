//! Lines of `submission.csv`: Windows-1252, comma, CRLF, quoted only where needed.

use std::ops::{Deref, Range};

use super::csv_file::push_quoted;
use super::line_parts::{AllCells, Ends, Stretch, WIDE, stretches};
use super::sort::{PseudonymCell, Row, SortedRows};
use crate::hex;

/// Bytes of a line that are made room for.
const USUAL_LINE: usize = 768;

/// Lines of sorted rows, in memory that is used again.
///
/// A cell is moved as [`WIDE`] bytes, whatever its length, and what follows is written over what was too much: to ask how
/// long each is would take longer.
#[derive(Default)]
pub struct Lines {
    /// More than the lines; what stands behind them means nothing.
    bytes: Vec<u8>,
    end: usize,
    /// A cell that came with its row.
    cell: Vec<u8>,
}

/// Renders some of the sorted rows as lines.
pub fn render(rows: &SortedRows<'_>, range: Range<usize>) -> Lines {
    let mut lines = Lines::default();
    lines.render(rows, range);
    lines
}

impl Lines {
    /// Renders some of the sorted rows, over the lines of others.
    pub fn render(&mut self, rows: &SortedRows<'_>, range: Range<usize>) {
        self.end = 0;
        let room = range.len() * USUAL_LINE;
        if self.bytes.len() < room {
            self.bytes.resize(room, 0);
        }
        let key = rows.key();
        let stretches = stretches(key.columns);
        let values = 0..key.layout.values;
        let cells: Vec<_> = values
            .map(|at| key.texts.column(at).cells().all())
            .collect();
        let mut ends = Ends::of(&stretches, key.layout.values);
        // Neighbours are mostly about one person, and begin with the same cells: those are copied from the line before.
        let mut before: Option<(Row<'_>, usize)> = None;
        for row in rows.rows(range) {
            let start = self.end;
            let (mut whole, mut cells_before) = (0, 0);
            if let Some((last, at)) = before {
                (whole, cells_before) = last.shared(row, &stretches);
                let shared = ends.end(&stretches, (whole, cells_before));
                self.put_again(at, shared);
            }
            for (at, stretch) in stretches.iter().enumerate().skip(whole) {
                if cells_before == 0 {
                    ends.stretches[at] = (self.end - start) as u32;
                }
                match stretch {
                    Stretch::Values(values, _) => {
                        let values = values.start + cells_before..values.end;
                        self.put_values(rows, row, values, &cells, (start, &mut ends.values));
                    }
                    Stretch::Other(stored) => {
                        self.put_pseudonym(row.pseudonym(*stored), &key.layout.prefix);
                    }
                }
                cells_before = 0;
            }
            // Over the last comma.
            self.end -= 1;
            self.put(b"\r\n");
            before = Some((row, start));
        }
    }

    /// Appends cells of columns of values, and keeps where they end in the line that began at `start`.
    #[inline(always)]
    fn put_values(
        &mut self,
        rows: &SortedRows<'_>,
        row: Row<'_>,
        mut values: Range<usize>,
        cells: &[AllCells<'_>],
        (start, ends): (usize, &mut [u32]),
    ) {
        while !values.is_empty() {
            let numbers = row.numbers[values.clone()].iter();
            let numbers = numbers.zip(&cells[values.clone()]);
            let room = self.bytes.len() - start;
            let mut rest = &mut self.bytes[self.end..];
            let mut done = 0;
            for ((number, cells), end) in numbers.zip(&mut ends[values.clone()]) {
                let Some((cell, length)) = cells.wide(*number) else {
                    break;
                };
                let Some(to) = rest.first_chunk_mut::<WIDE>() else {
                    break;
                };
                *to = *cell;
                rest = &mut rest[length..];
                *end = (room - rest.len()) as u32;
                done += 1;
            }
            self.end = start + room - rest.len();
            values.start += done;
            if let Some(at) = values.next() {
                self.put_value(rows, at, row.numbers[at]);
                ends[at] = (self.end - start) as u32;
            }
        }
    }

    /// Appends bytes that stand in a line before.
    #[inline(always)]
    fn put_again(&mut self, at: usize, length: usize) {
        let end = self.end + length;
        if self.bytes.len() < end {
            self.grow(end);
        }
        self.bytes.copy_within(at..at + length, self.end);
        self.end = end;
    }

    /// Appends a cell that is longer than usual, came with its row, or has no room yet.
    #[inline(never)]
    fn put_value(&mut self, rows: &SortedRows<'_>, at: usize, number: u32) {
        match rows.key().texts.column(at).cells().get(number as usize) {
            Some(cell) => self.put(cell),
            None => {
                let mut cell = std::mem::take(&mut self.cell);
                cell.clear();
                push_quoted(&mut cell, rows.text(at, number));
                cell.push(b',');
                self.put(&cell);
                self.cell = cell;
            }
        }
    }

    #[inline(always)]
    fn put(&mut self, cell: &[u8]) {
        let end = self.end + cell.len();
        if self.bytes.len() < end {
            self.grow(end);
        }
        self.bytes[self.end..end].copy_from_slice(cell);
        self.end = end;
    }

    #[cold]
    fn grow(&mut self, end: usize) {
        self.bytes.resize(2 * end, 0);
    }

    /// Appends the cell of a column that is no value.
    #[inline(always)]
    fn put_pseudonym(&mut self, cell: PseudonymCell<'_>, prefix: &[u8]) {
        let pseudonym = match cell {
            PseudonymCell::Empty => return self.put(b","),
            PseudonymCell::Plain(pseudonym) => pseudonym,
            PseudonymCell::Prefixed(pseudonym) => {
                self.put(prefix);
                pseudonym
            }
        };
        let mut digits = [0; WIDE];
        hex::encode_to(pseudonym, &mut digits);
        self.put(&digits);
        self.put(b",");
    }
}

impl Deref for Lines {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.end]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::treat::{Form, INLINE, Layout, OutputColumn, PSEUDONYM, Stored, Values};
    use crate::write::{Key, Spill, SpillWriter, Texts, groups};

    /// Columns in stretches of several lengths, the last one of values or not.
    fn columns(last: Stored) -> Vec<OutputColumn> {
        let stored = [
            Stored::Value(0),
            Stored::Pseudonym(0),
            Stored::Value(1),
            Stored::Value(2),
            Stored::Nothing,
            Stored::Combined {
                number: Some(1),
                person: 0,
            },
            Stored::Value(3),
            last,
        ];
        let column = |stored| OutputColumn {
            name: String::new(),
            form: Form::Text,
            field: 0,
            stored,
        };
        stored.into_iter().map(column).collect()
    }

    /// The lines of rows of five texts and two pseudonyms, rendered together and each alone.
    fn lines(
        rows: &[([u8; 5], u8, Option<u8>)],
        last: Stored,
        numbered: usize,
    ) -> (Vec<u8>, Vec<u8>) {
        let columns = columns(last);
        let layout = Layout {
            values: 5,
            pseudonyms: 2,
            order: vec![1, 0, 2, 3, 4, 5, 6, 7],
            by_person: true,
            prefix: b"999_".to_vec(),
        };
        let directory = tempfile::tempdir().expect("a directory");
        let (spill, values) = (
            Spill::new(directory.path()),
            Values::with_room_for(5, numbered),
        );
        let mut writer = SpillWriter::new(&spill);
        for (texts, person, number) in rows {
            // Some are longer than what is moved at once, and some need quotes.
            let texts = texts.map(|n| match n {
                0 => Vec::new(),
                1 => b"a,b".to_vec(),
                n => vec![n; 1 << n],
            });
            let numbers: Vec<_> = (0..)
                .zip(&texts)
                .map(|(at, text)| values.number(at, text, false))
                .collect();
            let inline = texts.iter().zip(&numbers).filter(|(_, n)| **n == INLINE);
            let person = [*person; PSEUDONYM];
            let number = number.map(|number| [number; PSEUDONYM]);
            let mut row = Vec::new();
            layout.pack(
                &mut row,
                &numbers,
                [Some(&person), number.as_ref()].into_iter(),
                inline.map(|(text, _)| text.as_slice()),
            );
            writer.push(Some([person[0]; 2]), &row).expect("kept");
        }
        writer.finish().expect("kept");
        let texts = Texts::new(&values, &layout, &columns, |_, _| false).expect("texts");
        let key = Key {
            layout: &layout,
            columns: &columns,
            texts: &texts,
        };
        let group = groups(&spill.rows()).remove(0);
        let rows = SortedRows::load(&spill, group, key, |_, _| false).expect("rows");
        let alone = (0..rows.len()).flat_map(|row| render(&rows, row..row + 1).to_vec());
        (render(&rows, 0..rows.len()).to_vec(), alone.collect())
    }

    proptest! {
        #[test]
        fn a_line_hangs_on_no_other(
            rows in proptest::collection::vec(
                (proptest::array::uniform5(0_u8..9), 0_u8..3, proptest::option::of(0_u8..2)), 1..40,
            ),
            last in prop_oneof![Just(Stored::Value(4)), Just(Stored::Nothing), Just(Stored::Pseudonym(1))],
            numbered in prop_oneof![Just(0), Just(7), Just(100)],
        ) {
            let (together, alone) = lines(&rows, last, numbered);
            prop_assert_eq!(together.iter().filter(|b| **b == b'\n').count(), rows.len());
            prop_assert!(together == alone);
        }
    }
}
