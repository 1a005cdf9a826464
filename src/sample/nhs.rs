//! NHS numbers of the 999 test range: one for each person, no two alike.

/// How many people can have a number of their own.
///
/// The range has some 909,000 valid numbers. Nine of every ten that share their first eight digits are used: all of
/// them exist whatever the digits, so that the n-th is found without counting. The last, 9999999999, is a placeholder.
pub(super) const AVAILABLE: u64 = 899_999;

/// Spreads neighbouring people over the range. Has no factor in common with [`AVAILABLE`].
const STRIDE: u64 = 389_983;

/// The ten digits of a person's number; `None` beyond [`AVAILABLE`] people.
pub(super) fn number(seed: u64, person: u64) -> Option<[u8; 10]> {
    (person < AVAILABLE).then(|| nth((seed % AVAILABLE + person * STRIDE) % AVAILABLE))
}

/// The n-th number in ascending order of those used.
fn nth(n: u64) -> [u8; 10] {
    let mut digits = *b"9990000000";
    let mut rest = n / 9;
    for digit in digits[3..8].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let sum: u64 = (3..=10)
        .rev()
        .zip(&digits)
        .map(|(weight, digit)| weight * u64::from(digit - b'0'))
        .sum();
    // A ninth digit that would need 10 as the check digit is passed over; at most one of the ten does.
    let check = |ninth: u64| (11 - (sum + 2 * ninth) % 11) % 11;
    let mut ninth = n % 9;
    if (0..=ninth).any(|passed| check(passed) == 10) {
        ninth += 1;
    }
    digits[8] = b'0' + ninth as u8;
    digits[9] = b'0' + check(ninth) as u8;
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nhs_number::canonical;

    #[test]
    fn every_number_is_valid_of_the_test_range_and_no_other_persons() {
        let mut seen = vec![false; 10_000_000];
        for person in 0..AVAILABLE {
            let digits = number(7, person).expect("available");
            let text = std::str::from_utf8(&digits).expect("digits");
            assert!(canonical(text).is_ok_and(|number| number.is_test()));
            let place: usize = text[3..].parse().expect("digits");
            assert!(!std::mem::replace(&mut seen[place], true));
        }
        assert_eq!(number(7, AVAILABLE), None);
    }
}
