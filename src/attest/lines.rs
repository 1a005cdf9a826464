//! Reads the lines of the submission back as they stand in the file: every cell must be what its row has and what was
//! found fit to leave, and nothing else may stand there.
//!
//! What a text may look like in a line is worked out once for each. A line is then held against its cells sixty-four bytes
//! at a time, and what differs is gathered without asking in between; a line that differs is read again cell by cell,
//! which says which column it is.

use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::{Equivalent, HashSet};
use wide::u8x16;

use super::leak::{LeakCheck, SUBMISSION, leak, unfit};
use crate::error::Result;
use crate::hex;
use crate::treat::{Form, OutputColumn, PSEUDONYM, Stored};
use crate::write::{
    AllCells, Ends, PseudonymCell, Row, SortedRows, Stretch, Texts, WIDE, WideCells, stretches,
};

/// The distinct texts of the submission, each found to be what its column may hold. Made once for all threads.
pub struct FitTexts {
    /// For each column of values, by number: how the text must stand in a line, and the comma behind it. What is withheld
    /// may not stand there at all.
    columns: Vec<WideCells>,
}

impl FitTexts {
    /// Looks at every text: one of a text column may be no person id or name of the extract and hold no NHS number or
    /// postcode of it; every other must be what the run makes for its column and nothing else, a day or a number.
    ///
    /// # Errors
    /// An internal error: what must not leave is withheld before, so that this finds nothing.
    pub fn new(check: &LeakCheck<'_>, texts: &Texts) -> Result<Self> {
        let mut columns = Vec::new();
        for column in check.columns {
            let Stored::Value(at) = column.stored else {
                continue;
            };
            let of = texts.column(at);
            let mut cells = WideCells::default();
            cells.add(|cell| cell.push(b','));
            for number in 1..of.len() {
                if of.withheld[number] {
                    cells.add_none();
                    continue;
                }
                if !check.is_fit(of.text(number), column.form) {
                    return Err(unfit(column));
                }
                cells.add(|cell| {
                    push_as_it_stands(cell, of.text(number));
                    cell.push(b',');
                });
            }
            if columns.len() <= at {
                columns.resize_with(at + 1, WideCells::default);
            }
            columns[at] = cells;
        }
        Ok(Self { columns })
    }
}

/// Checks the submission as it is written. One belongs to one thread.
pub struct LineCheck<'a> {
    check: &'a LeakCheck<'a>,
    texts: &'a FitTexts,
    /// Texts that came with their rows and were found to hold nothing.
    harmless: HashSet<Known<Box<[u8]>>, FixedState>,
}

impl<'a> LineCheck<'a> {
    /// Distinct texts remembered at most.
    const CAPACITY: usize = 1 << 14;

    /// One that has seen nothing.
    pub fn new(check: &'a LeakCheck<'a>, texts: &'a FitTexts) -> Self {
        Self {
            check,
            texts,
            harmless: HashSet::default(),
        }
    }

    /// Reads lines back as they stand in the file, and gives the number of cells: each must be the text of its row that was
    /// found fit, or the digits of its pseudonym, and nothing else may stand between them.
    ///
    /// # Errors
    /// An internal error: what must not leave is withheld before, so that this finds nothing.
    pub fn lines(
        &mut self,
        lines: &[u8],
        rows: &SortedRows<'_>,
        range: Range<usize>,
    ) -> Result<u64> {
        let columns = self.check.columns;
        let cells = (range.len() * columns.len()) as u64;
        let Some((last, others)) = columns.split_last() else {
            return Ok(0);
        };
        let stretches = stretches(columns);
        let plan = LinePlan {
            texts: self.texts.columns.iter().map(WideCells::all).collect(),
            stretches: &stretches,
        };
        let mut ends = Ends::of(&stretches, plan.texts.len());
        // Neighbours are mostly about one person: what begins as the line before, which was found fit, is fit.
        let mut before: Option<(Row<'_>, &[u8])> = None;
        let mut rest = lines;
        for row in rows.rows(range) {
            let line = rest;
            let mut shared = (0, 0);
            if let Some((last, line_before)) = before {
                let same = last.shared(row, &stretches);
                let end = ends.end(&stretches, same);
                if line.get(..end) == line_before.get(..end) {
                    (shared, rest) = (same, &line[end..]);
                }
            }
            let reading = Reading {
                length: line.len(),
                rest,
                differs: u8x16::ZERO,
            };
            if let Some(behind) = self.line(reading, rows, &row, &plan, shared, &mut ends) {
                rest = behind;
                before = Some((row, line));
                continue;
            }
            rest = line;
            before = None;
            // Cell by cell, to tell which it is.
            for column in others {
                let behind = self.cell(rest, rows, &row, column);
                rest = behind
                    .and_then(|rest| rest.strip_prefix(b","))
                    .ok_or_else(|| unfit(column))?;
            }
            let behind = self.cell(rest, rows, &row, last);
            rest = behind
                .and_then(|rest| rest.strip_prefix(b"\r\n"))
                .ok_or_else(|| unfit(last))?;
        }
        if rest.is_empty() {
            Ok(cells)
        } else {
            Err(leak(SUBMISSION, "more than the rows that were written"))
        }
    }

    /// What follows the line of a row, if it is as it should be from so many stretches and cells of the next one on.
    #[inline(always)]
    fn line<'l>(
        &mut self,
        mut reading: Reading<'l>,
        rows: &SortedRows<'_>,
        row: &Row<'_>,
        plan: &LinePlan<'_>,
        (whole, mut cells): (usize, usize),
        ends: &mut Ends,
    ) -> Option<&'l [u8]> {
        let last = plan.stretches.len().checked_sub(1)?;
        for (at, stretch) in plan.stretches.iter().enumerate().skip(whole) {
            if cells == 0 {
                ends.stretches[at] = reading.passed();
            }
            match stretch {
                Stretch::Values(values, first) => {
                    // The last cell has no comma behind it.
                    let end = values.end - usize::from(at == last);
                    let here = (values.start + cells..end, first + cells);
                    self.values(&mut reading, rows, row, here, plan, &mut ends.values)?;
                    if at == last {
                        let column = self.check.columns.last()?;
                        reading.rest = self.cell(reading.rest, rows, row, column)?;
                    }
                }
                Stretch::Other(stored) => {
                    reading.pseudonym(self.check, row, *stored)?;
                    if at != last {
                        reading.text(b",")?;
                    }
                }
            }
            cells = 0;
        }
        reading.text(b"\r\n")?;
        (reading.differs == u8x16::ZERO).then_some(reading.rest)
    }

    /// Passes over cells of columns of values, the first of which has this position among all, and the comma behind each.
    #[inline(always)]
    fn values(
        &mut self,
        reading: &mut Reading<'_>,
        rows: &SortedRows<'_>,
        row: &Row<'_>,
        (values, first): (Range<usize>, usize),
        plan: &LinePlan<'_>,
        ends: &mut [u32],
    ) -> Option<()> {
        let numbers = row.numbers.get(values.clone())?.iter();
        let texts = plan.texts.get(values.clone())?;
        let ends = ends.get_mut(values)?;
        for (at, ((number, cells), end)) in numbers.zip(texts).zip(ends).enumerate() {
            let passed = cells
                .wide(*number)
                .and_then(|(cell, length)| reading.wide(cell, length));
            if passed.is_none() {
                let column = self.check.columns.get(first + at)?;
                let behind = self.cell(reading.rest, rows, row, column)?;
                reading.rest = behind.strip_prefix(b",")?;
            }
            *end = reading.passed();
        }
        Some(())
    }

    /// What follows a cell, if the cell is as it should be.
    fn cell<'l>(
        &mut self,
        line: &'l [u8],
        rows: &SortedRows<'_>,
        row: &Row<'_>,
        column: &OutputColumn,
    ) -> Option<&'l [u8]> {
        match column.stored {
            Stored::Nothing => Some(line),
            Stored::Value(at) => {
                let number = row.numbers[at];
                if rows.came_with_its_row(number) {
                    let text = rows.text(at, number);
                    self.is_harmless(at, text, column.form).then_some(())?;
                    if is_special(text) {
                        unquoted(line, text)
                    } else {
                        line.strip_prefix(text)
                    }
                } else {
                    let cell = self.texts.columns[at].get(number as usize)?;
                    line.strip_prefix(cell.strip_suffix(b",")?)
                }
            }
            Stored::Pseudonym(_) | Stored::Combined { .. } => {
                let (digits, pseudonym) = match row.pseudonym(column.stored) {
                    PseudonymCell::Empty => return Some(line),
                    PseudonymCell::Plain(pseudonym) => (line, pseudonym),
                    PseudonymCell::Prefixed(pseudonym) => {
                        let behind = line.strip_prefix(self.check.la_code)?;
                        (behind.strip_prefix(b"_")?, pseudonym)
                    }
                };
                digits.strip_prefix(&digits_of(pseudonym))
            }
        }
    }

    fn is_harmless(&mut self, at: usize, text: &[u8], form: Form) -> bool {
        if self.harmless.contains(&Known(at, text)) {
            return true;
        }
        let fit = self.check.is_fit(text, form);
        if fit {
            if self.harmless.len() >= Self::CAPACITY {
                self.harmless.clear();
            }
            self.harmless.insert(Known(at, text.into()));
        }
        fit
    }
}

/// A text of a column of values.
#[derive(PartialEq, Eq, Hash)]
struct Known<T>(usize, T);

impl Equivalent<Known<Box<[u8]>>> for Known<&[u8]> {
    fn equivalent(&self, known: &Known<Box<[u8]>>) -> bool {
        self.0 == known.0 && *self.1 == *known.1
    }
}

/// Bytes of one vector register.
const LANES: usize = 16;

/// From each place on, first bytes that count, then bytes that do not.
const COUNTING: [u8; 2 * WIDE] = {
    let mut counting = [0; 2 * WIDE];
    let mut at = 0;
    while at < WIDE {
        counting[at] = 0xff;
        at += 1;
    }
    counting
};

/// What a line is made of.
struct LinePlan<'a> {
    stretches: &'a [Stretch],
    /// By value.
    texts: Vec<AllCells<'a>>,
}

/// A line held against what it should be.
struct Reading<'l> {
    /// Bytes from the start of the line on.
    length: usize,
    rest: &'l [u8],
    /// Every bit by which any byte so far was another one.
    differs: u8x16,
}

impl Reading<'_> {
    /// How far it was read.
    #[inline(always)]
    fn passed(&self) -> u32 {
        // Groups are no larger than what memory is made for, far below four gibibytes.
        (self.length - self.rest.len()) as u32
    }

    /// Passes over a pseudonym, and what stands before it.
    #[inline(always)]
    fn pseudonym(&mut self, check: &LeakCheck<'_>, row: &Row<'_>, stored: Stored) -> Option<()> {
        let pseudonym = match row.pseudonym(stored) {
            PseudonymCell::Empty => return Some(()),
            PseudonymCell::Plain(pseudonym) => pseudonym,
            PseudonymCell::Prefixed(pseudonym) => {
                self.text(check.la_code)?;
                self.text(b"_")?;
                pseudonym
            }
        };
        self.wide(&digits_of(pseudonym), WIDE)
    }

    /// Passes over bytes that must be the first of these. `None` where there are too few to look at together.
    #[inline(always)]
    fn wide(&mut self, wanted: &[u8; WIDE], length: usize) -> Option<()> {
        let line = self.rest.first_chunk::<WIDE>()?;
        let counting = COUNTING
            .get(WIDE.checked_sub(length)?..)?
            .first_chunk::<WIDE>()?;
        let [line, wanted, counting] = [line, wanted, counting].map(|of| of.as_chunks::<LANES>().0);
        for ((line, wanted), counting) in line.iter().zip(wanted).zip(counting) {
            let [line, wanted, counting] = [line, wanted, counting].map(|of| u8x16::new(*of));
            self.differs |= (line ^ wanted) & counting;
        }
        self.rest = &self.rest[length..];
        Some(())
    }

    /// Passes over a text.
    #[inline(always)]
    fn text(&mut self, wanted: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(wanted)?;
        Some(())
    }
}

fn digits_of(pseudonym: &[u8; PSEUDONYM]) -> [u8; 2 * PSEUDONYM] {
    let mut digits = [0; 2 * PSEUDONYM];
    hex::encode_to(pseudonym, &mut digits);
    digits
}

/// Appends a text as it must stand in a line.
fn push_as_it_stands(cell: &mut Vec<u8>, text: &[u8]) {
    if !is_special(text) {
        return cell.extend_from_slice(text);
    }
    cell.push(b'"');
    for part in text.split_inclusive(|byte| *byte == b'"') {
        cell.extend_from_slice(part);
        if part.ends_with(b"\"") {
            cell.push(b'"');
        }
    }
    cell.push(b'"');
}

/// What follows a cell in quotes, if it reads as the text.
fn unquoted<'l>(line: &'l [u8], text: &[u8]) -> Option<&'l [u8]> {
    let mut rest = line.strip_prefix(b"\"")?;
    for byte in text {
        rest = rest.strip_prefix(&[*byte])?;
        if *byte == b'"' {
            rest = rest.strip_prefix(b"\"")?;
        }
    }
    rest.strip_prefix(b"\"")
}

fn is_special(text: &[u8]) -> bool {
    text.iter()
        .any(|b| matches!(b, b'"' | b',' | b'\n' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_stands_in_a_line_reads_as_the_text(text in "[a,\"\n\r ]{0,9}") {
            let text = text.as_bytes();
            let mut cell = Vec::new();
            push_as_it_stands(&mut cell, text);
            if is_special(text) {
                prop_assert_eq!(unquoted(&cell, text), Some(&b""[..]));
            } else {
                prop_assert_eq!(&cell, text);
            }
        }

        #[test]
        fn bytes_that_differ_are_told_from_bytes_that_do_not_count(
            mut line in proptest::collection::vec(any::<u8>(), WIDE..2 * WIDE),
            length in 0..=WIDE,
            at in 0..WIDE,
        ) {
            let mut wanted = [0; WIDE];
            wanted.copy_from_slice(&line[..WIDE]);
            line[at] ^= 1;
            let mut reading = Reading { length: line.len(), rest: &line, differs: u8x16::ZERO };
            prop_assert_eq!(reading.wide(&wanted, length), Some(()));
            prop_assert_eq!(reading.rest, &line[length..]);
            prop_assert_eq!(reading.differs != u8x16::ZERO, at < length);
        }
    }
}
