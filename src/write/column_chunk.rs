//! One column of one row group as a Parquet column chunk, straight from codes: values that repeat are looked at once.
//!
//! The library's own writer hashes every cell to find out which values are equal. Here that is known before: a cell is a code
//! or a pseudonym, and equal cells have equal codes. So a column costs about a nanosecond a cell, whatever its text.
//!
//! The bytes depend on the values of the rows in order and on nothing else: a dictionary has its values in the order in which
//! rows first have them, so codes may be numbered in any way, by any thread.

use hashbrown::HashTable;
use parquet::basic::Type;
use parquet::errors::ParquetError;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};

use super::WriteError;
use super::column_pages::{Content, EncodedColumn, Pages, Presence};
use crate::hex;

/// Bytes of a dictionary at most: a reader holds it whole while it reads the column.
const DICTIONARY_BYTES: usize = 4 << 20;

/// Digits of a pseudonym.
const DIGITS: usize = 64;

/// The cells of one column, in the order of the rows. Code 0 is null, as `None` is; equal codes are equal values.
/// A closure is asked once for each code that occurs.
#[derive(Clone, Copy)]
pub enum ColumnCells<'a> {
    /// UTF-8 text.
    Text {
        /// One for each row.
        codes: &'a [u32],
        /// The text of a code.
        text: &'a dyn Fn(u32) -> &'a [u8],
    },
    /// Dates.
    Date {
        /// One for each row.
        codes: &'a [u32],
        /// Days since 1 January 1970.
        value: &'a dyn Fn(u32) -> i32,
    },
    /// Whole numbers of 32 bits.
    Integer {
        /// One for each row.
        codes: &'a [u32],
        /// The number of a code.
        value: &'a dyn Fn(u32) -> i32,
    },
    /// Whole numbers of 64 bits.
    Count {
        /// One for each row.
        codes: &'a [u32],
        /// The number of a code.
        value: &'a dyn Fn(u32) -> i64,
    },
    /// Numbers with two decimals. Eighteen digits fit into 64 bits, which is how Parquet keeps them.
    Decimal {
        /// One for each row.
        codes: &'a [u32],
        /// The number of a code in hundredths.
        value: &'a dyn Fn(u32) -> i64,
    },
    /// 64 hexadecimal digits.
    Pseudonym {
        /// One for each row.
        values: &'a [Option<&'a [u8; 32]>],
        /// Whether rows share values. If not, none is looked for twice.
        repeats: bool,
    },
    /// 64 hexadecimal digits, behind a prefix where a row says so.
    Combined {
        /// One for each row.
        values: &'a [Option<&'a [u8; 32]>],
        /// Whether the prefix stands before the digits, for each row.
        prefixed: &'a [bool],
        /// UTF-8 text.
        prefix: &'a [u8],
    },
}

/// Encodes columns, one at a time; keeps its memory from one to the next. One for each thread.
pub struct ColumnEncoder {
    columns: Vec<ColumnDescPtr>,
    /// Position in the dictionary by code, [`UNSEEN`] before the code occurs. Null has one, that counts for nothing.
    known: Vec<u32>,
    /// Codes of the dictionary, in its order.
    order: Vec<u32>,
    presence: Presence,
    /// Position in the dictionary of every value that is present.
    positions: Vec<u32>,
    /// The dictionary as PLAIN lays it out.
    plain: Vec<u8>,
    /// Where each value of the dictionary ends.
    ends: Vec<usize>,
    people: People,
    pages: Pages,
}

const UNSEEN: u32 = u32::MAX;

/// Pseudonyms of a column, told apart.
#[derive(Default)]
struct People {
    /// With whether the prefix stands before it.
    distinct: Vec<([u8; 32], bool)>,
    table: HashTable<u32>,
}

impl ColumnEncoder {
    /// For the columns of a file.
    ///
    /// # Errors
    /// When there is no memory for the compressor.
    pub fn new(schema: &SchemaDescriptor) -> Result<Self, WriteError> {
        Ok(Self {
            columns: schema.columns().to_vec(),
            known: vec![0],
            order: Vec::new(),
            presence: Presence::default(),
            positions: Vec::new(),
            plain: Vec::new(),
            ends: Vec::new(),
            people: People::default(),
            pages: Pages::new()?,
        })
    }

    /// Encodes the cells of the column at this position of the file.
    ///
    /// # Errors
    /// When the file has no such column, or it is of another type than the cells.
    pub fn encode(
        &mut self,
        column: usize,
        cells: ColumnCells<'_>,
    ) -> Result<EncodedColumn, WriteError> {
        let stored = match cells {
            ColumnCells::Text { .. }
            | ColumnCells::Pseudonym { .. }
            | ColumnCells::Combined { .. } => Type::BYTE_ARRAY,
            ColumnCells::Date { .. } | ColumnCells::Integer { .. } => Type::INT32,
            ColumnCells::Count { .. } | ColumnCells::Decimal { .. } => Type::INT64,
        };
        let column = match self.columns.get(column) {
            Some(known) if known.physical_type() == stored => known.clone(),
            _ => {
                let message = format!("column {column} does not hold {stored}");
                return Err(ParquetError::General(message).into());
            }
        };
        self.plain.clear();
        self.ends.clear();
        match cells {
            ColumnCells::Text { codes, text } => self.codes(codes, |code, plain| {
                push_text(plain, &[text(code)]);
            }),
            ColumnCells::Date { codes, value } | ColumnCells::Integer { codes, value } => self
                .codes(codes, |code, plain| {
                    plain.extend_from_slice(&value(code).to_le_bytes());
                }),
            ColumnCells::Count { codes, value } | ColumnCells::Decimal { codes, value } => self
                .codes(codes, |code, plain| {
                    plain.extend_from_slice(&value(code).to_le_bytes());
                }),
            ColumnCells::Pseudonym {
                values,
                repeats: false,
            } => {
                self.presence.of(values, Option::is_some);
                let mut values = values.iter().flatten();
                return self
                    .pages
                    .plain(&column, &self.presence, Content::Digits, |plain| {
                        // As many as `presence` says.
                        if let Some(value) = values.next() {
                            push_digits(plain, &[], value);
                        }
                    });
            }
            ColumnCells::Pseudonym {
                values,
                repeats: true,
            } => self.pseudonyms(values, |_| false, &[]),
            ColumnCells::Combined {
                values,
                prefixed,
                prefix,
            } => self.pseudonyms(values, |row| prefixed[row], prefix),
        }
        let content = match cells {
            ColumnCells::Pseudonym { .. } | ColumnCells::Combined { .. } => Content::Digits,
            _ => Content::Usual,
        };
        let (plain, ends, positions) = (&self.plain, &self.ends, &self.positions);
        let positions = &positions[..self.presence.values];
        if pays(plain, ends, positions) {
            let distinct = ends.len();
            return self.pages.dictionary(
                &column,
                &self.presence,
                content,
                plain,
                distinct,
                positions,
            );
        }
        let mut positions = positions.iter().map(|p| *p as usize);
        self.pages.plain(&column, &self.presence, content, |page| {
            if let Some(at) = positions.next() {
                page.extend_from_slice(&plain[start(ends, at)..ends[at]]);
            }
        })
    }

    /// Turns codes into positions in a dictionary, which `push` makes.
    fn codes(&mut self, codes: &[u32], mut push: impl FnMut(u32, &mut Vec<u8>)) {
        let most = codes.iter().copied().max().unwrap_or(0);
        if most == 0 {
            self.presence.none(codes.len());
            return;
        }
        if self.known.len() <= most as usize {
            self.known.resize(most as usize + 1, UNSEEN);
        }
        self.presence.of(codes, |code| *code != 0);
        // What it holds from before is written over, or lies behind the values that are present.
        self.positions.resize(codes.len() + 8, 0);
        let (known, order) = (&mut self.known[..], &mut self.order);
        let mut position_of = |code: u32| {
            let known = &mut known[code as usize];
            if *known == UNSEEN {
                *known = order.len() as u32;
                order.push(code);
            }
            *known
        };
        let positions = &mut self.positions[..];
        let (mut at, mut last) = (0, 0);
        let (groups, rest) = codes.as_chunks::<8>();
        for group in groups {
            // Many columns are the same, or null, for row after row.
            if *group == [last; 8] {
                if last != 0 {
                    positions[at..at + 8].fill(position_of(last));
                    at += 8;
                }
                continue;
            }
            for code in group {
                // Written in any case, and written over if the cell was null: cheaper than to ask.
                positions[at] = position_of(*code);
                at += usize::from(*code != 0);
            }
            last = group[7];
        }
        for code in rest {
            positions[at] = position_of(*code);
            at += usize::from(*code != 0);
        }
        for code in self.order.drain(..) {
            self.known[code as usize] = UNSEEN;
            push(code, &mut self.plain);
            self.ends.push(self.plain.len());
        }
    }

    /// The same for pseudonyms. Rows are sorted by person, so most are those of the row before.
    fn pseudonyms(
        &mut self,
        values: &[Option<&[u8; 32]>],
        prefixed: impl Fn(usize) -> bool,
        prefix: &[u8],
    ) {
        self.presence.of(values, Option::is_some);
        self.people.clear();
        self.positions.clear();
        let mut last = (0, None);
        for (row, value) in values.iter().enumerate() {
            let Some(value) = *value else { continue };
            let prefixed = prefixed(row);
            if last.1 != Some((value, prefixed)) {
                last = (
                    self.people.position(value, prefixed),
                    Some((value, prefixed)),
                );
            }
            self.positions.push(last.0);
        }
        for (value, prefixed) in &self.people.distinct {
            push_digits(&mut self.plain, if *prefixed { prefix } else { &[] }, value);
            self.ends.push(self.plain.len());
        }
    }
}

impl People {
    fn clear(&mut self) {
        self.distinct.clear();
        self.table.clear();
    }

    fn position(&mut self, value: &[u8; 32], prefixed: bool) -> u32 {
        let distinct = &mut self.distinct;
        let is = |at: &u32| {
            let (known, with) = &distinct[*at as usize];
            known == value && *with == prefixed
        };
        if let Some(at) = self.table.find(hash(value), is) {
            return *at;
        }
        let at = distinct.len() as u32;
        distinct.push((*value, prefixed));
        self.table
            .insert_unique(hash(value), at, |at| hash(&distinct[*at as usize].0));
        at
    }
}

/// A pseudonym is the output of a keyed hash: any eight bytes of it are a hash.
fn hash(value: &[u8; 32]) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = *value;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

impl Presence {
    fn none(&mut self, rows: usize) {
        self.bits.clear();
        self.bits.resize(rows.div_ceil(8), 0);
        self.rows = rows;
        self.values = 0;
    }

    fn of<T>(&mut self, cells: &[T], is: impl Fn(&T) -> bool) {
        let bits = |cells: &[T]| {
            let cells = cells.iter().enumerate();
            cells.fold(0_u8, |bits, (at, cell)| bits | u8::from(is(cell)) << at)
        };
        let (whole, rest) = cells.as_chunks::<8>();
        self.bits.clear();
        self.bits.extend(whole.iter().map(|cells| bits(cells)));
        if !rest.is_empty() {
            self.bits.push(bits(rest));
        }
        self.rows = cells.len();
        self.values = self.bits.iter().map(|b| b.count_ones() as usize).sum();
    }
}

/// Whether a column is shorter with a dictionary than without.
fn pays(plain: &[u8], ends: &[usize], positions: &[u32]) -> bool {
    if ends.is_empty() || plain.len() > DICTIONARY_BYTES {
        return false;
    }
    let bits = super::run_length::width_of(ends.len()) as usize * positions.len();
    let with = plain.len() + bits.div_ceil(8);
    // A value takes four bytes at least, so where most repeat there is no need to add up.
    if with <= 4 * positions.len() {
        return true;
    }
    let each = positions.iter().map(|at| {
        let at = *at as usize;
        ends[at] - start(ends, at)
    });
    with < each.sum()
}

fn start(ends: &[usize], at: usize) -> usize {
    if at == 0 { 0 } else { ends[at - 1] }
}

/// Appends text as PLAIN lays it out: its length, then its bytes.
fn push_text(plain: &mut Vec<u8>, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    plain.extend_from_slice(&(length as u32).to_le_bytes());
    for part in parts {
        plain.extend_from_slice(part);
    }
}

fn push_digits(plain: &mut Vec<u8>, prefix: &[u8], value: &[u8; 32]) {
    let mut digits = [0; DIGITS];
    hex::encode_to(value, &mut digits);
    push_text(plain, &[prefix, &digits]);
}
