//! Sixty-four bytes at a time: which of them are of a kind, one bit each.

use wide::u8x16;

/// Bytes looked at together, one for each bit of a mask.
pub const BLOCK: usize = 64;

/// Bytes of one vector register that every processor of the kind has.
const LANES: usize = 16;

/// A block in registers. The lowest bit of a mask is the first byte.
#[derive(Clone, Copy)]
pub struct Bytes([u8x16; BLOCK / LANES]);

impl Bytes {
    /// Of a block.
    #[inline(always)]
    pub fn of(block: &[u8; BLOCK]) -> Self {
        let (lanes, _) = block.as_chunks::<LANES>();
        Self(std::array::from_fn(|at| u8x16::new(lanes[at])))
    }

    /// Where the byte stands.
    #[inline(always)]
    pub fn equal(&self, byte: u8) -> u64 {
        let byte = u8x16::splat(byte);
        self.mask(|lanes| lanes.simd_eq(byte))
    }

    /// Where one of two bytes stands.
    #[inline(always)]
    pub fn either(&self, a: u8, b: u8) -> u64 {
        let [a, b] = [a, b].map(u8x16::splat);
        self.mask(|lanes| lanes.simd_eq(a) | lanes.simd_eq(b))
    }

    /// Where a byte stands that is no greater.
    #[inline(always)]
    pub fn at_most(&self, byte: u8) -> u64 {
        let byte = u8x16::splat(byte);
        self.mask(|lanes| lanes.min(byte).simd_eq(lanes))
    }

    /// Where a byte stands that is not ASCII.
    #[inline(always)]
    pub fn high(&self) -> u64 {
        self.mask(|lanes| lanes)
    }

    /// The highest bits of what is made of each byte.
    #[inline(always)]
    fn mask(&self, make: impl Fn(u8x16) -> u8x16) -> u64 {
        let [a, b, c, d] = self.0.map(|lanes| u64::from(make(lanes).to_bitmask()));
        a | b << 16 | c << 32 | d << 48
    }
}

/// Each bit tells whether an odd number of bits is set up to it.
#[inline(always)]
pub fn odd_so_far(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

/// What a mask should be, found byte by byte.
#[cfg(test)]
pub fn one_by_one(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    (0..BLOCK).fold(0, |mask, at| mask | u64::from(is(block[at])) << at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_plain_search(bytes in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'='), Just(0), Just(0x7f), Just(0x80), any::<u8>()], BLOCK), a: u8, b: u8) {
            let block: &[u8; BLOCK] = bytes.as_slice().try_into().unwrap();
            let bytes = Bytes::of(block);
            for byte in [a, b, 0, b',', b'"', 0x7f, 0x80, 0xff] {
                prop_assert_eq!(bytes.equal(byte), one_by_one(block, |b| b == byte));
                prop_assert_eq!(bytes.at_most(byte), one_by_one(block, |b| b <= byte));
                prop_assert_eq!(bytes.either(byte, b'='), one_by_one(block, |b| b == byte || b == b'='));
            }
            prop_assert_eq!(bytes.high(), one_by_one(block, |b| b >= 0x80));
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
