//! The generator of whole numbers that every choice of a sample comes from.

/// SplitMix64 (Steele, Lea and Flood, 2014): a counter that grows by an odd constant, and a mixer over it.
///
/// Sixty-four bits of state, the same numbers on every machine, and any number of independent streams. Not for secrets.
pub(super) struct Random(u64);

/// The odd constant: 2 to the 64th divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a stream is for, so that no two uses share one.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// How many rows a household has and who is in it.
    Household = 1,
    /// What a person is like.
    Person = 2,
    /// What a row says.
    Row = 3,
    /// What is wrong with a row.
    Dirt = 4,
    /// What a care provider's location is called.
    Provider = 5,
}

impl Random {
    /// The stream of one thing of its kind: the same whenever asked for, whatever came before.
    pub(super) fn stream(seed: u64, purpose: Purpose, number: u64) -> Self {
        Self(mix(mix(
            seed.wrapping_add(STEP.wrapping_mul(purpose as u64))
        ) ^ number.wrapping_mul(STEP)))
    }

    /// The next sixty-four bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number from 0 to `bound` - 1. The bias is below one in a hundred million for every bound used here.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number between the two, both included.
    pub(super) fn between(&mut self, low: i32, high: i32) -> i32 {
        let width = i64::from(high) - i64::from(low);
        low + self.below(width.max(0) as u64 + 1) as i32
    }

    /// True so many times in a hundred.
    pub(super) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// True so many times in a million.
    pub(super) fn millionths(&mut self, share: u32) -> bool {
        self.below(1_000_000) < u64::from(share)
    }

    /// One of the things; there must be one.
    pub(super) fn one<'a, T: ?Sized>(&mut self, things: &[&'a T]) -> &'a T {
        things[self.below(things.len() as u64) as usize]
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_reference_implementation() {
        let mut random = Random(1_234_567);
        let numbers: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn bounds_hold() {
        let mut random = Random::stream(1, Purpose::Row, 1);
        for _ in 0..1000 {
            assert!(random.below(3) < 3);
            assert!((-2..=2).contains(&random.between(-2, 2)));
        }
        assert_eq!(random.between(5, 5), 5);
        assert!(!random.millionths(0) && random.millionths(1_000_000));
    }
}
