//! What a row is between treatment and writing: a number for each cell and the bytes of its pseudonyms, so that what
//! waits to be sorted takes a quarter of its text.
//!
//! ```text
//! length      u32   of what follows
//! present     u64   bit k: pseudonym k is there
//! numbers     u16   for each column of values: of its text in [`Values`](super::Values); 0: empty; `INLINE`: see the end
//! pseudonyms  32 bytes for each that is there
//! texts       u32 and bytes for each number that is `INLINE`
//! ```
//!
//! All little-endian. Nothing in it is more than the text of the row that leaves: texts stand in [`Values`](super::Values).

use super::row::Form;

/// Stands for a text that has no number, because too many others had one before it; it follows the row.
pub const INLINE: u16 = u16::MAX;

/// Bytes of the length before a row.
pub const LENGTH: usize = 4;

const PRESENT: usize = 8;

/// Bytes of a pseudonym.
pub const PSEUDONYM: usize = 32;

/// How a column's cell is kept in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Always empty.
    Nothing,
    /// A number, at this position of the numbers.
    Value(usize),
    /// The pseudonym at this position of the pseudonyms.
    Pseudonym(usize),
    /// The pseudonym of the NHS number; where there is none the LA code, an underscore and the person's.
    Combined {
        /// Position of the NHS number's; `None` if it may not be used.
        number: Option<usize>,
        /// Position of the person's.
        person: usize,
    },
}

/// One column of the submission.
#[derive(Debug, Clone)]
pub struct OutputColumn {
    /// National name.
    pub name: String,
    /// What its cells look like.
    pub form: Form,
    /// Position of the field it comes from.
    pub field: usize,
    /// How its cell is kept in a row.
    pub stored: Stored,
}

/// Where the parts of a row are.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Columns of values.
    pub values: usize,
    /// Pseudonyms that a row may have.
    pub pseudonyms: usize,
    /// Positions of the columns in the order by which rows are compared: the person pseudonym's, then from left to right.
    pub order: Vec<usize>,
    /// Rows are sorted by their first pseudonym before all else. Not so where configuration empties its column.
    pub by_person: bool,
    /// Stands before the person's pseudonym in a combined id that has no NHS number.
    pub prefix: Vec<u8>,
}

/// A row as it is kept.
#[derive(Clone, Copy)]
pub struct Packed<'a> {
    numbers: &'a [[u8; 2]],
    pseudonyms: Pseudonyms<'a>,
    inline: &'a [u8],
}

/// The pseudonyms of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pseudonyms<'a> {
    present: u64,
    bytes: &'a [u8],
}

impl Layout {
    /// Appends a row. `pseudonyms` and `numbers` are in the order of the layout, `inline` has the texts of the numbers that
    /// are [`INLINE`].
    pub fn pack<'t>(
        &self,
        row: &mut Vec<u8>,
        numbers: &[u16],
        pseudonyms: impl Iterator<Item = Option<&'t [u8; PSEUDONYM]>>,
        inline: impl Iterator<Item = &'t [u8]>,
    ) {
        debug_assert_eq!(numbers.len(), self.values);
        let start = row.len();
        row.extend_from_slice(&[0; LENGTH + PRESENT]);
        for number in numbers {
            row.extend_from_slice(&number.to_le_bytes());
        }
        let mut present = 0_u64;
        for (at, pseudonym) in pseudonyms.enumerate() {
            if let Some(pseudonym) = pseudonym {
                present |= 1 << at;
                row.extend_from_slice(pseudonym);
            }
        }
        for text in inline {
            // No cell is longer than the longest row that is read.
            row.extend_from_slice(&(text.len() as u32).to_le_bytes());
            row.extend_from_slice(text);
        }
        let length = (row.len() - start - LENGTH) as u32;
        row[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
        row[start + LENGTH..start + LENGTH + PRESENT].copy_from_slice(&present.to_le_bytes());
    }

    /// Reads the row at the beginning of the bytes, and says how many bytes it takes. `None` if it is not whole.
    pub fn unpack<'a>(&self, bytes: &'a [u8]) -> Option<(Packed<'a>, usize)> {
        let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let (present, rest) = rest.get(..length)?.split_first_chunk::<PRESENT>()?;
        let (numbers, tail) = rest.split_at_checked(2 * self.values)?;
        let present = u64::from_le_bytes(*present);
        let (_, inline) = tail.split_at_checked(present.count_ones() as usize * PSEUDONYM)?;
        let packed = Packed {
            numbers: numbers.as_chunks().0,
            pseudonyms: Pseudonyms::new(present, tail),
            inline,
        };
        Some((packed, LENGTH + length))
    }

    /// Bytes of a row before its pseudonyms.
    pub fn before_pseudonyms(&self) -> usize {
        LENGTH + PRESENT + 2 * self.values
    }
}

impl<'a> Packed<'a> {
    /// The numbers of the row's values.
    pub fn numbers(self) -> impl ExactSizeIterator<Item = u16> {
        self.numbers
            .iter()
            .map(|number| u16::from_le_bytes(*number))
    }

    /// The row's pseudonyms.
    pub fn pseudonyms(self) -> Pseudonyms<'a> {
        self.pseudonyms
    }

    /// The texts that have no number, in the order of the numbers that say so.
    pub fn inline(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.inline;
        std::iter::from_fn(move || {
            let (length, text) = rest.split_first_chunk::<4>()?;
            let (text, behind) = text.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            rest = behind;
            Some(text)
        })
    }
}

impl<'a> Pseudonyms<'a> {
    /// Those that are present, at the beginning of the bytes.
    #[inline]
    pub fn new(present: u64, bytes: &'a [u8]) -> Self {
        Self {
            present,
            bytes: &bytes[..present.count_ones() as usize * PSEUDONYM],
        }
    }

    /// The same of bytes that hold nothing else.
    #[inline]
    pub fn whole(present: u64, bytes: &'a [u8]) -> Self {
        debug_assert_eq!(bytes.len(), present.count_ones() as usize * PSEUDONYM);
        Self { present, bytes }
    }

    /// How many bytes they take.
    #[inline]
    pub fn length(self) -> usize {
        self.bytes.len()
    }

    /// Bit k: pseudonym k is there.
    pub fn present(self) -> u64 {
        self.present
    }

    /// A pseudonym by its position.
    #[inline]
    pub fn get(self, at: usize) -> Option<&'a [u8; PSEUDONYM]> {
        let bit = 1_u64 << at;
        if self.present & bit == 0 {
            return None;
        }
        self.bytes[self.before(at) * PSEUDONYM..].first_chunk()
    }

    /// How many there are before a position.
    #[inline]
    fn before(self, at: usize) -> usize {
        let all = first(at);
        let below = self.present & all;
        // Mostly all are there, and not every processor that this runs on can be asked to count bits.
        if below == all { at } else { ones(below) }
    }

    /// How many positions from the first on both have the same at, or none.
    #[inline]
    pub fn leading_same(self, other: Self) -> usize {
        let differing = (self.present ^ other.present).trailing_zeros() as usize;
        let mut bytes = 0;
        for at in 0..differing {
            if self.present >> at == 0 {
                return differing;
            }
            if self.present >> at & 1 == 1 {
                let [mine, theirs] = [self, other].map(|of| &of.bytes[bytes..bytes + PSEUDONYM]);
                if mine != theirs {
                    return at;
                }
                bytes += PSEUDONYM;
            }
        }
        differing
    }

    /// Whether both have the same, or none, at every position before this one.
    #[inline]
    pub fn same_before(self, other: Self, at: usize) -> bool {
        let differing = (self.present ^ other.present) & first(at);
        let bytes = self.before(at) * PSEUDONYM;
        differing == 0 && self.bytes[..bytes] == other.bytes[..bytes]
    }
}

/// So many bits from the lowest on.
#[inline]
fn first(bits: usize) -> u64 {
    1_u64
        .checked_shl(bits as u32)
        .map_or(u64::MAX, |bit| bit - 1)
}

/// How many bits are set. The schema has fewer than eight pseudonyms, and a look at a table is quicker than counting where
/// the processor may not be asked to.
#[inline]
fn ones(bits: u64) -> usize {
    const FEW: [u8; 1 << 8] = {
        let mut few = [0; 1 << 8];
        let mut bits = 0;
        while bits < few.len() {
            few[bits] = bits.count_ones() as u8;
            bits += 1;
        }
        few
    };
    match FEW.get(bits as usize) {
        Some(ones) => usize::from(*ones),
        None => bits.count_ones() as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_reads_back(
            numbers in proptest::collection::vec(prop_oneof![Just(INLINE), any::<u16>()], 0..60),
            pseudonyms in proptest::collection::vec(proptest::option::of(any::<[u8; 32]>()), 0..8),
            text in proptest::collection::vec(any::<u8>(), 0..9),
            behind in proptest::collection::vec(any::<u8>(), 0..9),
        ) {
            let layout = Layout {
                values: numbers.len(),
                pseudonyms: pseudonyms.len(),
                order: Vec::new(),
                by_person: true,
                prefix: Vec::new(),
            };
            let inline = numbers.iter().filter(|n| **n == INLINE).map(|_| text.as_slice());
            let mut row = Vec::new();
            layout.pack(&mut row, &numbers, pseudonyms.iter().map(Option::as_ref), inline.clone());
            let length = row.len();
            for shorter in 0..length {
                prop_assert!(layout.unpack(&row[..shorter]).is_none());
            }
            row.extend(behind);
            let (packed, taken) = layout.unpack(&row).expect("whole");
            prop_assert_eq!(taken, length);
            prop_assert!(packed.numbers().eq(numbers.iter().copied()));
            for (at, pseudonym) in pseudonyms.iter().enumerate() {
                prop_assert_eq!(packed.pseudonyms().get(at), pseudonym.as_ref());
            }
            let of = packed.pseudonyms();
            for (at, pseudonym) in pseudonyms.iter().enumerate() {
                let mut changed = pseudonyms.clone();
                changed[at] = pseudonym.map_or(Some([0; PSEUDONYM]), |_| None);
                let mut other = Vec::new();
                layout.pack(&mut other, &numbers, changed.iter().map(Option::as_ref), std::iter::empty());
                let (other, _) = layout.unpack(&other).expect("whole");
                prop_assert_eq!(of.leading_same(other.pseudonyms()), at);
                prop_assert!(of.same_before(other.pseudonyms(), at));
                prop_assert!(!of.same_before(other.pseudonyms(), at + 1));
            }
            prop_assert!(of.leading_same(of) >= pseudonyms.len());
            prop_assert!(packed.inline().eq(inline));
        }
    }
}
