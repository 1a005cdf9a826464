//! Sixty-four bytes at a time: which of them are quotes, commas, line ends and whatever else the portal's rules ask about.

/// Bytes looked at together, one for each bit of a mask.
pub const BLOCK: usize = 64;

const QUOTE: u32 = 0;
const COMMA: u32 = 1;
const LINE: u32 = 2;
const SIGN: u32 = 3;
const RETURN: u32 = 4;
const NUL: u32 = 5;
const HIGH: u32 = 6;

/// Where in a block which bytes stand: the lowest bit of a mask is the first byte.
pub struct Masks {
    classes: [u8; BLOCK],
    /// Quotes.
    pub quotes: u64,
    /// Commas.
    pub commas: u64,
    /// Line feeds.
    pub lines: u64,
    /// Characters that no value may begin with.
    pub signs: u64,
    any: u64,
}

impl Masks {
    #[inline]
    pub fn of(block: &[u8; BLOCK]) -> Self {
        // Compilers make vector instructions of a loop without branches.
        let mut classes = [0; BLOCK];
        for (class, byte) in classes.iter_mut().zip(block) {
            *class = class_of(*byte);
        }
        let (words, _) = classes.as_chunks::<8>();
        let any = words.iter().fold(0, |any, w| any | u64::from_le_bytes(*w));
        let mut masks = Self {
            classes,
            quotes: 0,
            commas: 0,
            lines: 0,
            signs: 0,
            any,
        };
        masks.quotes = masks.all(QUOTE);
        masks.commas = masks.all(COMMA);
        masks.lines = masks.all(LINE);
        masks.signs = masks.all(SIGN);
        masks
    }

    /// Carriage returns.
    #[inline]
    pub fn returns(&self) -> u64 {
        self.rare(RETURN)
    }

    /// NUL bytes.
    #[inline]
    pub fn nuls(&self) -> u64 {
        self.rare(NUL)
    }

    /// Bytes that are not ASCII.
    #[inline]
    pub fn high(&self) -> u64 {
        self.rare(HIGH)
    }

    #[inline]
    fn rare(&self, class: u32) -> u64 {
        if self.any & (LOWEST << class) == 0 {
            0
        } else {
            self.all(class)
        }
    }

    /// The bit of one class of all bytes, side by side.
    #[inline]
    fn all(&self, class: u32) -> u64 {
        // Brings the lowest bits of eight bytes together in the highest byte.
        const GATHER: u64 = 0x0102_0408_1020_4080;
        let (words, _) = self.classes.as_chunks::<8>();
        words.iter().enumerate().fold(0, |mask, (at, word)| {
            let bits = (u64::from_le_bytes(*word) >> class) & LOWEST;
            mask | (bits.wrapping_mul(GATHER) >> 56) << (8 * at)
        })
    }
}

/// The lowest bit of every byte.
const LOWEST: u64 = 0x0101_0101_0101_0101;

#[inline]
fn class_of(byte: u8) -> u8 {
    let is = |is: bool, class: u32| u8::from(is) << class;
    is(byte == b'"', QUOTE)
        | is(byte == b',', COMMA)
        | is(byte == b'\n', LINE)
        | is(is_sign(byte), SIGN)
        | is(byte == b'\r', RETURN)
        | is(byte == 0, NUL)
        | is(byte >= 0x80, HIGH)
}

/// Whether no value may begin with it, a minus before a number excepted.
#[inline]
pub fn is_sign(byte: u8) -> bool {
    (byte == b'=') | (byte == b'-') | (byte == b'+') | (byte == b'@')
}

/// Each bit tells whether an odd number of bits is set up to it.
#[inline]
pub fn odd_so_far(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn where_(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
        (0..BLOCK).fold(0, |mask, at| mask | u64::from(is(block[at])) << at)
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_search(bytes in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'='), Just(0), any::<u8>()], BLOCK)) {
            let block: &[u8; BLOCK] = bytes.as_slice().try_into().unwrap();
            let masks = Masks::of(block);
            prop_assert_eq!(masks.quotes, where_(block, |b| b == b'"'));
            prop_assert_eq!(masks.commas, where_(block, |b| b == b','));
            prop_assert_eq!(masks.lines, where_(block, |b| b == b'\n'));
            prop_assert_eq!(masks.signs, where_(block, |b| b"=-+@".contains(&b)));
            prop_assert_eq!(masks.returns(), where_(block, |b| b == b'\r'));
            prop_assert_eq!(masks.nuls(), where_(block, |b| b == 0));
            prop_assert_eq!(masks.high(), where_(block, |b| b >= 0x80));
        }

        #[test]
        fn odd_counts_are_told_bit_by_bit(bits: u64) {
            let odd = odd_so_far(bits);
            for at in 0..64 {
                prop_assert_eq!(odd >> at & 1, u64::from((bits << (63 - at)).count_ones() & 1));
            }
        }
    }
}
