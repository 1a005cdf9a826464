//! Sorts the rows of a group of buckets, withholding what must not leave on the way.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::line_parts::Stretch;
use super::spill::Spill;
use super::texts::{Column, Texts, typed, utf8};
use crate::treat::{INLINE, Layout, OutputColumn, PSEUDONYM, Packed, Pseudonyms, Stored};

/// Rows of a Parquet row group at least.
const GROUP_ROWS: u64 = 8_192;

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

/// How rows are laid out, and what the numbers in them stand for.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    /// Where the parts of a row are.
    pub layout: &'a Layout,
    /// In the order of the submission.
    pub columns: &'a [OutputColumn],
    /// What numbers stand for.
    pub texts: &'a Texts,
}

/// Memory for the rows of a group, used again for the next.
#[derive(Default)]
pub struct Room {
    bytes: Vec<u8>,
    /// In the order of arrival.
    places: Vec<Place>,
    /// In the order of the submission.
    turns: Vec<Turn>,
    /// The numbers of all values, row after row in the order of arrival.
    numbers: Vec<u32>,
}

/// The rows of a group of buckets in order.
pub struct SortedRows<'a> {
    key: Key<'a>,
    room: Room,
    /// In the order by which rows are compared.
    pseudonym_columns: Vec<PseudonymColumn>,
    /// Texts that came with their rows. Their numbers begin at `FURTHER`.
    further: Vec<Further>,
    /// Cells written empty because they held an identifier, by position of the column of values.
    pub withheld: BTreeMap<usize, u64>,
}

/// A column of pseudonyms.
struct PseudonymColumn {
    stored: Stored,
    /// Columns of values that stand before it.
    values: usize,
    /// Behind the last of the pseudonyms that it and the columns before it are made of.
    end: usize,
}

/// A text that came with its row, and its value.
struct Further {
    /// In Windows-1252.
    text: Box<[u8]>,
    /// Where that is another.
    utf8: Option<Box<[u8]>>,
    typed: i64,
}

/// The number of the first text that came with its row.
const FURTHER: u32 = 1 << 16;

/// The turn of a row.
#[derive(Clone, Copy)]
struct Turn {
    /// The first bytes of its pseudonym, so that most comparisons touch nothing else.
    prefix: u64,
    /// Where it is in the order of arrival.
    arrival: u32,
}

#[derive(Clone, Copy)]
struct Place {
    /// Where the row's pseudonyms begin. Rows without a person are one group, however many they are.
    pseudonyms: usize,
    /// Bytes of its pseudonyms: there are 64 at most.
    length: u16,
    /// Which pseudonyms there are.
    present: u64,
}

/// Rows of a group in the order of the submission.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    rows: &'a SortedRows<'a>,
    /// The numbers of its values.
    pub numbers: &'a [u32],
    pseudonyms: Pseudonyms<'a>,
}

/// The cell of a column of pseudonyms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PseudonymCell<'a> {
    /// No pseudonym.
    Empty,
    /// A pseudonym.
    Plain(&'a [u8; PSEUDONYM]),
    /// A pseudonym behind the LA code.
    Prefixed(&'a [u8; PSEUDONYM]),
}

impl<'a> SortedRows<'a> {
    /// Takes a group from the spill and sorts it. `must_not_leave` is asked of each cell that came with its row and is
    /// copied from the extract.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn load(
        spill: &Spill,
        group: Group,
        key: Key<'a>,
        must_not_leave: impl Fn(&Column, &[u8]) -> bool,
    ) -> io::Result<Self> {
        Self::load_into(Room::default(), spill, group, key, must_not_leave)
    }

    /// The same in memory that other rows had.
    ///
    /// # Errors
    /// As for [`SortedRows::load`].
    pub fn load_into(
        mut room: Room,
        spill: &Spill,
        group: Group,
        key: Key<'a>,
        must_not_leave: impl Fn(&Column, &[u8]) -> bool,
    ) -> io::Result<Self> {
        let rows: u64 = spill.rows()[group.clone()].iter().sum();
        spill.read(group, &mut room.bytes)?;
        room.places.clear();
        room.turns.clear();
        room.numbers.clear();
        room.places.reserve(rows as usize);
        room.turns.reserve(rows as usize);
        room.numbers.reserve(rows as usize * key.layout.values);
        let mut sorted = Self {
            key,
            room,
            pseudonym_columns: pseudonym_columns(key),
            further: Vec::new(),
            withheld: BTreeMap::new(),
        };
        let bytes = std::mem::take(&mut sorted.room.bytes);
        let mut known = HashMap::with_hasher(FixedState::default());
        let withholds: Vec<usize> = (0..key.layout.values)
            .filter(|at| key.texts.column(*at).withholds)
            .collect();
        let mut at = 0;
        while at < bytes.len() {
            let (row, length) = key
                .layout
                .unpack(&bytes[at..])
                .ok_or(io::ErrorKind::InvalidData)?;
            sorted
                .add(row, at, &withholds, &mut known, &must_not_leave)
                .ok_or(io::ErrorKind::InvalidData)?;
            at += length;
        }
        drop(known);
        sorted.room.bytes = bytes;
        if sorted.room.places.len() as u64 != rows {
            return Err(io::ErrorKind::InvalidData.into());
        }
        sorted.sort();
        Ok(sorted)
    }

    /// Puts the rows in order: by the first bytes of their pseudonyms, in which people differ, then the rows of each.
    fn sort(&mut self) {
        let mut turns = std::mem::take(&mut self.room.turns);
        turns.sort_unstable_by_key(|turn| turn.prefix);
        for of_one in turns.chunk_by_mut(|a, b| a.prefix == b.prefix) {
            of_one.sort_unstable_by(|a, b| self.at(a).compare(self.at(b)));
        }
        self.room.turns = turns;
    }

    /// The memory, for other rows.
    pub fn into_room(self) -> Room {
        self.room
    }

    fn add<'b>(
        &mut self,
        row: Packed<'b>,
        start: usize,
        withholds: &[usize],
        known: &mut HashMap<(usize, &'b [u8]), u32, FixedState>,
        must_not_leave: &impl Fn(&Column, &[u8]) -> bool,
    ) -> Option<()> {
        let first = self.room.numbers.len();
        self.room.numbers.extend(row.numbers().map(u32::from));
        let numbers = &mut self.room.numbers[first..];
        let any_inline = numbers
            .iter()
            .fold(false, |any, number| any | (*number == u32::from(INLINE)));
        for &at in withholds {
            let withheld = &self.key.texts.column(at).withheld;
            if withheld.get(numbers[at] as usize) == Some(&true) {
                numbers[at] = 0;
                *self.withheld.entry(at).or_default() += 1;
            }
        }
        if any_inline {
            let inline = numbers.iter_mut().enumerate();
            let inline = inline.filter(|(_, number)| **number == u32::from(INLINE));
            for ((at, number), text) in inline.zip(row.inline()) {
                // Each distinct text has one number, as those that did not come with a row.
                let column = self.key.texts.column(at);
                *number = match known.entry((at, text)) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) if column.is_copied() && must_not_leave(column, text) => {
                        *new.insert(0)
                    }
                    Entry::Vacant(new) => {
                        let typed = typed(column.form, text)?;
                        self.further.push(Further {
                            text: text.into(),
                            utf8: utf8(text),
                            typed,
                        });
                        *new.insert(FURTHER + (self.further.len() - 1) as u32)
                    }
                };
                if *number == 0 {
                    *self.withheld.entry(at).or_default() += 1;
                }
            }
        }
        let prefix = row
            .pseudonyms()
            .get(0)
            .filter(|_| self.key.layout.by_person);
        let prefix = prefix.and_then(|pseudonym| pseudonym.first_chunk());
        self.room.turns.push(Turn {
            prefix: u64::from_be_bytes(prefix.copied().unwrap_or_default()),
            // Four thousand million rows would not fit into memory.
            arrival: self.room.places.len() as u32,
        });
        self.room.places.push(Place {
            pseudonyms: start + self.key.layout.before_pseudonyms(),
            length: row.pseudonyms().length() as u16,
            present: row.pseudonyms().present(),
        });
        Some(())
    }

    #[inline]
    fn at(&self, turn: &Turn) -> Row<'_> {
        let values = self.key.layout.values;
        let arrival = turn.arrival as usize;
        let Room { bytes, numbers, .. } = &self.room;
        let place = &self.room.places[arrival];
        let pseudonyms = &bytes[place.pseudonyms..][..usize::from(place.length)];
        Row {
            rows: self,
            numbers: &numbers[arrival * values..][..values],
            pseudonyms: Pseudonyms::whole(place.present, pseudonyms),
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.room.turns.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.room.turns.is_empty()
    }

    /// The rows in order, from one to another.
    pub fn rows(&self, range: Range<usize>) -> impl Iterator<Item = Row<'_>> {
        self.room.turns[range].iter().map(|turn| self.at(turn))
    }

    /// All rows in order.
    pub fn all(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows(0..self.len())
    }

    /// The numbers of every column of values, each in the order of the rows.
    pub fn columns(&self) -> Vec<Vec<u32>> {
        // Rows that are near each other in the processor's cache are turned together.
        const TURNED: usize = 64;
        let values = self.key.layout.values;
        let empty = || Vec::with_capacity(self.len());
        let mut columns: Vec<Vec<u32>> = std::iter::repeat_with(empty).take(values).collect();
        for turns in self.room.turns.chunks(TURNED) {
            let starts: Vec<usize> = turns.iter().map(|t| t.arrival as usize * values).collect();
            for (at, column) in columns.iter_mut().enumerate() {
                column.extend(starts.iter().map(|start| self.room.numbers[start + at]));
            }
        }
        columns
    }

    /// How numbers are read.
    pub fn key(&self) -> Key<'a> {
        self.key
    }

    /// Whether the text of a number came with its row, and has no number outside this group.
    pub fn came_with_its_row(&self, number: u32) -> bool {
        number >= FURTHER
    }

    /// The text of a number in a column of values, in Windows-1252.
    #[inline]
    pub fn text(&self, column: usize, number: u32) -> &[u8] {
        match number.checked_sub(FURTHER) {
            None => self.key.texts.column(column).text(number as usize),
            Some(further) => &self.further[further as usize].text,
        }
    }

    /// The same in UTF-8.
    pub fn utf8(&self, column: usize, number: u32) -> &[u8] {
        match number.checked_sub(FURTHER) {
            None => self.key.texts.column(column).utf8(number as usize),
            Some(further) => {
                let further = &self.further[further as usize];
                further.utf8.as_deref().unwrap_or(&further.text)
            }
        }
    }

    /// The value of a number in a column that has none of text: days since 1970, an integer, or hundredths.
    pub fn typed(&self, column: usize, number: u32) -> i64 {
        match number.checked_sub(FURTHER) {
            None => self.key.texts.column(column).typed(number as usize),
            Some(further) => self.further[further as usize].typed,
        }
    }
}

impl<'a> Row<'a> {
    /// The cell of a column of pseudonyms.
    #[inline]
    pub fn pseudonym(self, stored: Stored) -> PseudonymCell<'a> {
        let of = |at: usize| self.pseudonyms.get(at);
        match stored {
            Stored::Pseudonym(at) => of(at).map_or(PseudonymCell::Empty, PseudonymCell::Plain),
            Stored::Combined { number, person } => match number.and_then(of) {
                Some(number) => PseudonymCell::Plain(number),
                None => of(person).map_or(PseudonymCell::Empty, PseudonymCell::Prefixed),
            },
            Stored::Nothing | Stored::Value(_) => PseudonymCell::Empty,
        }
    }

    /// Compares rows as their written columns compare.
    fn compare(self, other: Self) -> Ordering {
        let key = &self.rows.key;
        let value = first_difference(self.numbers, other.numbers);
        let first = value.unwrap_or(usize::MAX);
        let columns = &self.rows.pseudonym_columns;
        let before = columns.iter().take_while(|column| column.values <= first);
        let end = before.clone().last().map_or(0, |column| column.end);
        // Rows of one person mostly have the same in all of them.
        if !self.pseudonyms.same_before(other.pseudonyms, end) {
            for column in before {
                let [a, b] = [self, other].map(|row| row.pseudonym(column.stored));
                let order = a.compare(b, &key.layout.prefix);
                if order.is_ne() {
                    return order;
                }
            }
        }
        value.map_or(Ordering::Equal, |at| {
            let [a, b] = [self, other].map(|row| self.rows.text(at, row.numbers[at]));
            a.cmp(b)
        })
    }

    /// How far the lines of two rows are the same for certain: so many stretches, and so many cells of the next one. Never
    /// all of it, as the last cell ends otherwise than the others.
    pub fn shared(self, other: Self, stretches: &[Stretch]) -> (usize, usize) {
        let Some((last, others)) = stretches.split_last() else {
            return (0, 0);
        };
        let first = first_difference(self.numbers, other.numbers).unwrap_or(usize::MAX);
        let pseudonyms = self.pseudonyms.leading_same(other.pseudonyms);
        for (at, stretch) in others.iter().enumerate() {
            match stretch {
                Stretch::Values(values, _) if first >= values.end => {}
                Stretch::Values(values, _) => return (at, first - values.start),
                Stretch::Other(stored) => {
                    let known = last_of(*stored).is_none_or(|last| last < pseudonyms);
                    if !known && self.pseudonym(*stored) != other.pseudonym(*stored) {
                        return (at, 0);
                    }
                }
            }
        }
        let cells = match last {
            Stretch::Values(values, _) => first.min(values.end - 1) - values.start,
            Stretch::Other(_) => 0,
        };
        (others.len(), cells)
    }

    /// Whether every column is equal. Numbers and texts of a column belong to each other one by one.
    pub fn is_same(self, other: Self) -> bool {
        self.numbers == other.numbers && self.pseudonyms == other.pseudonyms
    }
}

impl<'a> PseudonymCell<'a> {
    /// The pseudonym, whatever stands before it.
    pub fn digest(self) -> Option<&'a [u8; PSEUDONYM]> {
        match self {
            Self::Empty => None,
            Self::Plain(digest) | Self::Prefixed(digest) => Some(digest),
        }
    }

    /// Whether the LA code stands before it.
    pub fn is_prefixed(self) -> bool {
        matches!(self, Self::Prefixed(_))
    }

    fn compare(self, other: Self, prefix: &[u8]) -> Ordering {
        match (self, other) {
            (Self::Plain(a), Self::Plain(b)) | (Self::Prefixed(a), Self::Prefixed(b)) => a.cmp(b),
            (Self::Plain(a), Self::Prefixed(_)) => starts(a, prefix),
            (Self::Prefixed(_), Self::Plain(b)) => starts(b, prefix).reverse(),
            (Self::Empty, Self::Empty) => Ordering::Equal,
            (Self::Empty, _) => Ordering::Less,
            (_, Self::Empty) => Ordering::Greater,
        }
    }
}

/// Where numbers differ first, looked for eight at a time.
fn first_difference(a: &[u32], b: &[u32]) -> Option<usize> {
    const TOGETHER: usize = 8;
    let (whole, _) = a.as_chunks::<TOGETHER>();
    let (others, _) = b.as_chunks::<TOGETHER>();
    let same = whole.iter().zip(others).take_while(|(a, b)| a == b).count() * TOGETHER;
    let differs = |(a, b): (&u32, &u32)| a != b;
    let mut rest = a[same..].iter().zip(&b[same..]);
    rest.position(differs).map(|at| same + at)
}

/// The last of the pseudonyms that a column is made of, if it is made of any.
fn last_of(stored: Stored) -> Option<usize> {
    match stored {
        Stored::Nothing | Stored::Value(_) => None,
        Stored::Pseudonym(at) => Some(at),
        Stored::Combined { number, person } => Some(number.unwrap_or(person).max(person)),
    }
}

fn pseudonym_columns(key: Key<'_>) -> Vec<PseudonymColumn> {
    let mut columns = Vec::new();
    let (mut values, mut end) = (0, 0);
    for &position in &key.layout.order {
        let stored = key.columns[position].stored;
        let Some(last) = last_of(stored) else {
            // Values are numbered from left to right, as they are compared.
            if let Stored::Value(at) = stored {
                values = at + 1;
            }
            continue;
        };
        end = end.max(last + 1);
        columns.push(PseudonymColumn {
            stored,
            values,
            end,
        });
    }
    columns
}

/// Compares a pseudonym's digits with a text that begins with the prefix, which ends in an underscore and is no digit.
fn starts(pseudonym: &[u8; PSEUDONYM], prefix: &[u8]) -> Ordering {
    let digits = data_encoding::HEXLOWER.encode(pseudonym);
    digits.as_bytes()[..prefix.len().min(2 * PSEUDONYM)].cmp(prefix)
}
