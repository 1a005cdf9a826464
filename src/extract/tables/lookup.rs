//! A table in memory, found by key. One arena holds the bytes of all cells that are kept; a row is a place in it.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::super::flow::Halt;
use super::super::{Cells, ExtractError, size};
use super::plan::{Columns, Kept, Read};
use super::{Join, Prefer, TableFacts};
use crate::date::Date;
use crate::nhs_number::{self, NhsNumber};

/// No row.
const NONE: u32 = u32::MAX;

/// A table that is looked up.
pub(super) struct Lookup {
    arena: Vec<u8>,
    /// Where the cells of a row end: its key, then those that are taken, row after row.
    ends: Vec<u32>,
    /// Cells of a row.
    width: usize,
    /// Cells of a row that go on.
    shown: usize,
    /// As a spreadsheet counts.
    rows: Vec<u32>,
    /// Bit i: what is preferred as number i holds for the row.
    marks: Vec<u8>,
    /// First and last day, packed; `BAD` where it cannot be read.
    days: Vec<[u32; 2]>,
    /// The next row of the same key.
    next: Vec<u32>,
    /// The first rows of each key.
    heads: HashTable<u32>,
    /// Position among the cells taken whose numbers are compared as NHS numbers.
    number: Option<usize>,
}

/// A day that cannot be read.
const BAD: u32 = u32::MAX;

/// What a table is read by.
pub(super) struct Filling<'a> {
    pub join: &'a Join,
    pub columns: &'a Columns,
    pub no_key: &'a [String],
    /// What this table may take still.
    pub room: u64,
}

impl Lookup {
    /// An empty one.
    pub fn new(join: &Join) -> Self {
        let number = join.prefer.iter().find_map(|prefer| match prefer {
            Prefer::ValidNhsNumber(column) => join.take.iter().position(|taken| taken == column),
            Prefer::Condition(_) => None,
        });
        Self {
            arena: Vec::new(),
            ends: Vec::new(),
            width: 1 + join.take.len(),
            shown: join.shown,
            rows: Vec::new(),
            marks: Vec::new(),
            days: Vec::new(),
            next: Vec::new(),
            heads: HashTable::new(),
            number,
        }
    }

    /// Bytes in memory.
    pub fn memory(&self) -> u64 {
        let of_rows = self.ends.capacity() + self.rows.capacity() + self.next.capacity();
        let heads = self.heads.capacity() * 5;
        (self.arena.capacity()
            + 4 * of_rows
            + self.marks.capacity()
            + 8 * self.days.capacity()
            + heads) as u64
    }

    /// Adds the rows of a batch that count.
    pub fn fill(
        &mut self,
        cells: &Cells,
        kept: &Kept,
        filling: &Filling<'_>,
        emptied: &mut u64,
        facts: &mut TableFacts,
    ) -> Result<(), Halt> {
        let columns = filling.columns;
        facts.rows += cells.len() as u64;
        'rows: for record in 0..cells.len() {
            if !kept.counts(record) {
                continue;
            }
            let cell = |column: &Read| column.of(cells, record).0;
            let begins = self.arena.len();
            for column in &columns.key {
                let part = cell(column);
                if is_no_key(part, filling.no_key) {
                    self.arena.truncate(begins);
                    continue 'rows;
                }
                push_part(&mut self.arena, part, columns.key.len());
            }
            self.end();
            for column in &columns.take {
                let (value, was_emptied) = column.of(cells, record);
                *emptied += u64::from(was_emptied);
                self.arena.extend_from_slice(value);
                self.end();
            }
            if let Some(dates) = &columns.days {
                let days = dates.each_ref().map(|column| {
                    let text = column.as_ref().map_or(&b""[..], cell);
                    match day_of(text) {
                        Ok(day) => Date::pack(day),
                        Err(Undated) => BAD,
                    }
                });
                facts.undated += u64::from(days.contains(&BAD));
                self.days.push(days);
            }
            let mut marks = kept.marks(record);
            for (at, column) in &columns.numbers {
                let valid = nhs_number_of(cell(column)).is_some();
                marks |= u8::from(valid) << at;
            }
            self.marks.push(marks);
            self.rows.push(row_number(cells.row(record), filling)?);
            facts.kept += 1;
        }
        if self.memory() > filling.room || self.arena.len() > u32::MAX as usize {
            return Err(too_large(filling.room, filling));
        }
        Ok(())
    }

    fn end(&mut self) {
        // No more than fits was let in, a batch apart, and that is told before it is used.
        self.ends.push(self.arena.len() as u32);
    }

    /// Makes rows be found by their keys. Comes once, when all rows are there.
    pub fn index(&mut self) {
        self.arena.shrink_to_fit();
        self.next = vec![NONE; self.rows.len()];
        let mut heads = std::mem::take(&mut self.heads);
        // From the last to the first, so that rows of one key are met in the order of the file.
        for row in (0..self.rows.len() as u32).rev() {
            let key = self.key(row);
            let hash = hash(key);
            match heads.find_mut(hash, |head| self.key(*head) == key) {
                Some(head) => {
                    self.next[row as usize] = *head;
                    *head = row;
                }
                None => {
                    heads.insert_unique(hash, row, |head| self::hash(self.key(*head)));
                }
            }
        }
        self.heads = heads;
    }

    /// The rows of a key, in the order of the file.
    pub fn rows_of<'l>(&'l self, key: &[u8]) -> impl Iterator<Item = u32> + 'l {
        let first = self.heads.find(hash(key), |head| self.key(*head) == key);
        let next = |row: &u32| Some(self.next[*row as usize]).filter(|next| *next != NONE);
        std::iter::successors(first.copied(), next)
    }

    fn key(&self, row: u32) -> &[u8] {
        self.cell(row, 0)
    }

    fn cell(&self, row: u32, cell: usize) -> &[u8] {
        let at = row as usize * self.width + cell;
        let begins = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.arena[begins as usize..self.ends[at] as usize]
    }

    /// A cell that is taken.
    pub fn taken(&self, row: u32, cell: usize) -> &[u8] {
        self.cell(row, 1 + cell)
    }

    /// The row in its file, as a spreadsheet counts.
    pub fn file_row(&self, row: u32) -> u32 {
        self.rows[row as usize]
    }

    /// Whether what is preferred as this number holds.
    pub fn is_preferred(&self, row: u32, number: usize) -> bool {
        self.marks[row as usize] >> number & 1 == 1
    }

    /// First and last day, where the table has them and they can be read: blank ones reach to the ends of time.
    pub fn days(&self, row: u32) -> Option<(Date, Date)> {
        let [from, to] = self.days[row as usize];
        let read = |packed: u32| (packed != BAD).then(|| Date::unpack(packed));
        Some((
            read(from)?.unwrap_or(Date::FIRST),
            read(to)?.unwrap_or(Date::LAST),
        ))
    }

    /// Whether two rows have the same in every column that goes on.
    pub fn says_the_same(&self, a: u32, b: u32) -> bool {
        (0..self.shown).all(|at| {
            let (a, b) = (self.taken(a, at), self.taken(b, at));
            a == b
                || self.number == Some(at) && {
                    let (a, b) = (nhs_number_of(a), nhs_number_of(b));
                    a.is_some() && a == b
                }
        })
    }
}

fn hash(key: &[u8]) -> u64 {
    FixedState::default().hash_one(key)
}

/// Adds a part of a key. Where there are several, each has its length before it, so that no two keys are one text.
pub(super) fn push_part(key: &mut Vec<u8>, part: &[u8], parts: usize) {
    if parts > 1 {
        key.extend_from_slice(&(part.len() as u32).to_le_bytes());
    }
    key.extend_from_slice(part);
}

/// Whether the part of a key means nobody.
pub(super) fn is_no_key(part: &[u8], no_key: &[String]) -> bool {
    let part = part.trim_ascii();
    part.is_empty() || no_key.iter().any(|no| no.as_bytes() == part)
}

/// A text that is no day.
pub(super) struct Undated;

/// The day at the beginning of a text: dd/mm/yyyy or yyyy-mm-dd, whatever time follows. Blank is no day.
pub(super) fn day_of(text: &[u8]) -> Result<Option<Date>, Undated> {
    let text = text.trim_ascii();
    if text.is_empty() || text.eq_ignore_ascii_case(b"null") {
        return Ok(None);
    }
    let (day, after) = text.split_at_checked(10).ok_or(Undated)?;
    if !matches!(after, [] | [b' ' | b'T', b'0'..=b'9', ..]) {
        return Err(Undated);
    }
    let iso = || Date::parse_iso(std::str::from_utf8(day).ok()?);
    Date::parse(day).or_else(iso).map(Some).ok_or(Undated)
}

fn nhs_number_of(cell: &[u8]) -> Option<NhsNumber> {
    nhs_number::canonical(std::str::from_utf8(cell).ok()?).ok()
}

fn row_number(row: u64, filling: &Filling<'_>) -> Result<u32, Halt> {
    u32::try_from(row).map_err(|_| too_large(filling.room, filling))
}

pub(super) fn too_large(room: u64, filling: &Filling<'_>) -> Halt {
    Halt::Fault(ExtractError::File {
        path: filling.join.source.path.clone(),
        fault: format!(
            "takes more memory than is left for tables that are looked up ({})",
            size(room)
        ),
        remedy: "Take fewer columns or narrow its rows with `where:`; if the machine has the memory, allow more with \
                 `lookup_memory:` under the source",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_with_or_without_a_time() {
        let day = |text: &str| day_of(text.as_bytes()).ok();
        let first = Date::new(2025, 4, 1);
        for text in [
            "01/04/2025",
            "2025-04-01",
            " 2025-04-01 00:00:00.000",
            "2025-04-01T12:00",
            "01/04/2025 9:00",
        ] {
            assert_eq!(day(text), Some(first), "{text}");
        }
        for text in ["", " ", "NULL"] {
            assert_eq!(day(text), Some(None), "{text}");
        }
        for text in [
            "01/04/25",
            "2025-4-1",
            "1 April 2025",
            "01/04/20255",
            "2025-04-01x",
            "é2025-04-0",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn keys_of_several_parts_are_apart() {
        let key = |parts: &[&str]| {
            let mut key = Vec::new();
            parts
                .iter()
                .for_each(|part| push_part(&mut key, part.as_bytes(), parts.len()));
            key
        };
        assert_ne!(key(&["a", "bc"]), key(&["ab", "c"]));
        assert_eq!(key(&["abc"]), b"abc");
    }
}
