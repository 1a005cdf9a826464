//! Every ten digits whose check digit is right, in stretches that threads can share.

use super::lanes::DIGITS;

/// First digits of the numbers that are issued.
pub const ISSUED: [u64; 3] = [4, 6, 7];

/// Numbers with a right check digit for each first digit of the issued ones: nine digits of which the first is given, less
/// those whose check digit would have to be 10.
pub const OF_FIRST_DIGIT: u64 = 90_909_091;

/// Numbers that share their first five digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The first five digits.
    start: u32,
}

impl Stretch {
    /// All issued numbers.
    pub fn issued() -> impl Iterator<Item = Self> {
        ISSUED
            .into_iter()
            .flat_map(|first| (0..10_000).map(move |rest| first as u32 * 10_000 + rest))
            .map(|start| Self { start })
    }

    /// The range 999 000 0000 to 999 999 9999, which is kept for tests.
    pub fn test() -> impl Iterator<Item = Self> {
        (99_900..100_000).map(|start| Self { start })
    }

    /// The stretch that a number lies in.
    #[cfg(test)]
    pub fn around(number: u64) -> Self {
        Self {
            start: (number / 100_000) as u32,
        }
    }

    /// Its numbers, ascending: at most 9,092. Repeated digits, which nobody is given, are among them: they cost nothing, and the
    /// count is the one that others get.
    pub fn numbers(self) -> Vec<[u8; DIGITS]> {
        let mut numbers = Vec::with_capacity(9_100);
        let mut digits = [b'0'; DIGITS];
        let mut rest = self.start;
        for digit in digits[..5].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let weighed = |digits: &[u8], weight: u32| -> u32 {
            let weights = (0..=weight).rev();
            let weighed = digits.iter().zip(weights);
            weighed
                .map(|(digit, weight)| u32::from(digit - b'0') * weight)
                .sum()
        };
        let of_start = weighed(&digits[..5], 10);
        for tail in 0..10_000_u32 {
            let [a, b, c, d] = [tail / 1000, tail / 100 % 10, tail / 10 % 10, tail % 10];
            let sum = of_start + a * 5 + b * 4 + c * 3 + d * 2;
            let check = (11 - sum % 11) % 11;
            if check == 10 {
                continue;
            }
            for (digit, value) in digits[5..].iter_mut().zip([a, b, c, d, check]) {
                *digit = b'0' + value as u8;
            }
            numbers.push(digits);
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nhs_number::{Refusal, canonical};

    #[test]
    fn a_stretch_holds_every_right_number_and_no_other() {
        for start in [40_000, 44_444, 99_900] {
            let found = Stretch { start }.numbers();
            let all = u64::from(start) * 100_000..u64::from(start + 1) * 100_000;
            let right: Vec<_> = all
                .map(|number| number.to_string())
                .filter(|text| !matches!(canonical(text), Err(Refusal::CheckDigit)))
                .collect();
            let found: Vec<_> = found
                .iter()
                .map(|n| String::from_utf8_lossy(n).into_owned())
                .collect();
            assert_eq!(found, right);
        }
    }

    /// Counted without writing any down: of a weighted sum there is one check digit, and 10 is none.
    #[test]
    fn there_are_as_many_as_research_says() {
        // How many tails of four digits have each remainder.
        let mut tails = [0_u64; 11];
        for tail in 0..10_000_u32 {
            let [a, b, c, d] = [tail / 1000, tail / 100 % 10, tail / 10 % 10, tail % 10];
            tails[(a * 5 + b * 4 + c * 3 + d * 2) as usize % 11] += 1;
        }
        let mut of_first = std::collections::BTreeMap::<u32, u64>::new();
        for stretch in Stretch::issued() {
            let digits = [10_000, 1000, 100, 10, 1].map(|unit| stretch.start / unit % 10);
            let sum: u32 = digits
                .iter()
                .zip([10, 9, 8, 7, 6])
                .map(|(d, w)| d * w)
                .sum();
            // A remainder of 1 asks for 10.
            let none = tails[((12 - sum % 11) % 11) as usize];
            *of_first.entry(digits[0]).or_default() += 10_000 - none;
        }
        assert_eq!(of_first.keys().copied().collect::<Vec<_>>(), [4, 6, 7]);
        assert!(of_first.values().all(|n| *n == OF_FIRST_DIGIT));
        assert_eq!(of_first.values().sum::<u64>(), 272_727_273);
        let some = Stretch::issued().nth(12_345).expect("there is one");
        assert!((9_090..=9_092).contains(&some.numbers().len()));
    }
}
