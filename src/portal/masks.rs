//! Sixty-four bytes at a time: which of them are quotes, commas, line ends and whatever else the portal's rules ask about.

pub use crate::masks::{BLOCK, odd_so_far};

use crate::masks::Bytes;

/// Where in a block which bytes stand: the lowest bit of a mask is the first byte.
pub struct Masks {
    /// Quotes.
    pub quotes: u64,
    /// Commas.
    pub commas: u64,
    /// Line feeds.
    pub lines: u64,
    /// Characters that no value may begin with.
    pub signs: u64,
    /// Carriage returns.
    pub returns: u64,
    /// NUL bytes.
    pub nuls: u64,
    /// Bytes that are not ASCII.
    pub high: u64,
}

impl Masks {
    #[inline(always)]
    pub fn of(block: &[u8; BLOCK]) -> Self {
        let bytes = Bytes::of(block);
        let lines = bytes.equal(b'\n');
        // Few files have any of the others that are as low.
        let others = bytes.at_most(b'\r') & !lines;
        let of_others = |byte| if others == 0 { 0 } else { bytes.equal(byte) };
        Self {
            quotes: bytes.equal(b'"'),
            commas: bytes.equal(b','),
            lines,
            signs: bytes.either(b'=', b'-') | bytes.either(b'+', b'@'),
            returns: of_others(b'\r'),
            nuls: of_others(0),
            high: bytes.high(),
        }
    }
}

/// Whether no value may begin with it, a minus before a number excepted.
#[inline]
pub fn is_sign(byte: u8) -> bool {
    (byte == b'=') | (byte == b'-') | (byte == b'+') | (byte == b'@')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masks::one_by_one;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_plain_search(bytes in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'='), Just(0), any::<u8>()], BLOCK)) {
            let block: &[u8; BLOCK] = bytes.as_slice().try_into().unwrap();
            let masks = Masks::of(block);
            prop_assert_eq!(masks.quotes, one_by_one(block, |b| b == b'"'));
            prop_assert_eq!(masks.commas, one_by_one(block, |b| b == b','));
            prop_assert_eq!(masks.lines, one_by_one(block, |b| b == b'\n'));
            prop_assert_eq!(masks.signs, one_by_one(block, is_sign));
            prop_assert_eq!(masks.returns, one_by_one(block, |b| b == b'\r'));
            prop_assert_eq!(masks.nuls, one_by_one(block, |b| b == 0));
            prop_assert_eq!(masks.high, one_by_one(block, |b| b >= 0x80));
        }
    }
}
