//! NHS numbers: from the text of a cell to ten checked digits, or a refusal that says why.

use std::fmt;

use crate::redact::WITHHELD;

/// A canonical NHS number: ten ASCII digits whose modulus 11 check holds and which is no placeholder.
///
/// `Debug` withholds it and there is no `Display`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NhsNumber([u8; 10]);

/// Why a text is not an NHS number. Never says what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// Nothing but white space, or the text NULL in any case (contract section 6).
    #[error("is blank")]
    Blank,
    /// Not ten ASCII digits once the characters that may be removed are removed.
    #[error("is not ten digits")]
    Malformed,
    /// Ten digits whose check digit is wrong, or for which no check digit exists.
    #[error("fails the check digit test")]
    CheckDigit,
    /// A number people type when they have none: one digit ten times, 0123456789 or 9876543210.
    #[error("is a placeholder, not a person's number")]
    Placeholder,
}

impl NhsNumber {
    /// The ten ASCII digits: the canonical value that is hashed.
    pub const fn digits(&self) -> &[u8; 10] {
        &self.0
    }

    /// The number as an integer, for sets and sorting. Leading zeros are lost, the value is not.
    pub fn as_u64(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |n, digit| n * 10 + u64::from(digit - b'0'))
    }

    /// Whether it lies in the range 999 000 0000 to 999 999 9999, which is kept for tests.
    pub const fn is_test(&self) -> bool {
        matches!(self.0, [b'9', b'9', b'9', ..])
    }
}

impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WITHHELD)
    }
}

/// Reads a cell as an NHS number (contract section 4).
///
/// Removed wherever they stand: space, tab, CR, NBSP (U+00A0), figure space (U+2007), narrow no-break
/// space (U+202F), ASCII hyphen, the hyphens and dashes U+2010 to U+2015, the zero-width characters
/// U+200B to U+200D and U+2060, and the BOM (U+FEFF). Ten ASCII digits must remain. Nothing is padded or
/// repaired: a lost leading zero, `.0`, exponents and digits of other scripts are refused.
///
/// # Errors
/// A [`Refusal`]; an invalid number never gets a pseudonym.
#[inline]
pub fn canonical(text: &str) -> Result<NhsNumber, Refusal> {
    match <[u8; 10]>::try_from(text.as_bytes()) {
        Ok(digits) if digits.iter().all(u8::is_ascii_digit) => check(digits),
        _ => canonical_of_dirty(text),
    }
}

/// The rare path: text that is not ten digits as it stands.
#[cold]
fn canonical_of_dirty(text: &str) -> Result<NhsNumber, Refusal> {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.eq_ignore_ascii_case("null") {
        return Err(Refusal::Blank);
    }
    let mut digits = [0; 10];
    let mut found = 0;
    for character in text.chars() {
        match character {
            '0'..='9' if found < digits.len() => {
                digits[found] = character as u8;
                found += 1;
            }
            _ if is_removed(character) => {}
            _ => return Err(Refusal::Malformed),
        }
    }
    if found == digits.len() {
        check(digits)
    } else {
        Err(Refusal::Malformed)
    }
}

/// Characters that may stand anywhere in a written NHS number without being part of it.
fn is_removed(character: char) -> bool {
    matches!(
        character,
        ' ' | '\t' | '\r' | '-'
            | '\u{a0}' | '\u{2007}' | '\u{202f}'
            | '\u{2010}'..='\u{2015}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

/// Modulus 11 over ten ASCII digits: with the check digit weighing 1, the weighted sum is divisible by 11.
/// This also refuses the numbers whose check digit would have to be 10.
#[inline]
fn check(digits: [u8; 10]) -> Result<NhsNumber, Refusal> {
    let mut sum = 0;
    for (digit, weight) in digits.iter().zip((1..=10).rev()) {
        sum += u32::from(digit - b'0') * weight;
    }
    if sum % 11 != 0 {
        Err(Refusal::CheckDigit)
    } else if is_placeholder(&digits) {
        Err(Refusal::Placeholder)
    } else {
        Ok(NhsNumber(digits))
    }
}

#[inline]
fn is_placeholder(digits: &[u8; 10]) -> bool {
    digits[1..].iter().all(|digit| *digit == digits[0])
        || digits == b"0123456789"
        || digits == b"9876543210"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PASS: [&str; 15] = [
        "9434765919",
        "4010232137",
        "9000000009",
        "9000000017",
        "1234567881",
        "4000000632",
        "0607230002",
        "9990000018",
        "9990000026",
        "9990000034",
        "9990000042",
        "9990000050",
        "9990000069",
        "9990000077",
        "9990000085",
    ];

    const DUMMY_THAT_PASS: [&str; 4] = ["9000962382", "9000898358", "9000803888", "9000925967"];

    #[test]
    fn known_numbers_pass_and_keep_their_digits() {
        for text in PASS.iter().chain(&DUMMY_THAT_PASS).chain(&["9990000093"]) {
            let number = canonical(text).expect(text);
            assert_eq!(number.digits(), text.as_bytes());
            assert_eq!(number.as_u64(), text.parse::<u64>().expect("digits"));
            assert_eq!(number.is_test(), text.starts_with("999"));
        }
    }

    #[test]
    fn known_wrong_numbers_fail_the_check() {
        for text in ["1234567890", "4857773456", "9000543664", "9000956406"] {
            assert_eq!(canonical(text), Err(Refusal::CheckDigit), "{text}");
        }
    }

    #[test]
    fn placeholders_are_refused_although_they_pass_the_check() {
        let repeated = (0..10).map(|digit| digit.to_string().repeat(10));
        for text in repeated.chain(["0123456789".to_owned(), "987 654 3210".to_owned()]) {
            assert_eq!(canonical(&text), Err(Refusal::Placeholder), "{text}");
        }
    }

    #[test]
    fn every_way_of_writing_one_number_is_one_number() {
        let removed = [
            ' ', '\t', '\r', '-', '\u{a0}', '\u{2007}', '\u{202f}', '\u{2010}', '\u{2011}',
            '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}', '\u{200b}', '\u{200c}', '\u{200d}',
            '\u{2060}', '\u{feff}',
        ];
        let plain = canonical("9434765919").expect("valid");
        assert_eq!(canonical("943 476 5919"), Ok(plain));
        assert_eq!(canonical("943-476-5919"), Ok(plain));
        assert_eq!(
            canonical("\u{feff} 943\u{2011}476\u{2013}5919\r"),
            Ok(plain)
        );
        for character in removed {
            for at in 0..=10 {
                let (before, after) = "9434765919".split_at(at);
                assert_eq!(canonical(&format!("{before}{character}{after}")), Ok(plain));
            }
        }
    }

    #[test]
    fn nothing_is_repaired() {
        for text in [
            "9.43E+09",
            "9434765919.0",
            "943476591",
            "607230002",
            "94347659190",
            "943 476 591O",
            "943476591\u{131}",
            "９４３４７６５９１９",
            "٩٤٣٤٧٦٥٩١٩",
            "943?476?5919",
            "943_476_5919",
            "943476\n5919",
            "+9434765919",
            "-",
            "\u{200b}",
            "none",
        ] {
            assert_eq!(canonical(text), Err(Refusal::Malformed), "{text}");
        }
        for text in ["", " ", "\t\r\n", "\u{a0}", "NULL", " null "] {
            assert_eq!(canonical(text), Err(Refusal::Blank));
        }
    }

    #[test]
    fn every_single_digit_change_and_adjacent_swap_is_refused() {
        for text in PASS {
            let right: [u8; 10] = text.as_bytes().try_into().expect("ten");
            for at in 0..10 {
                for digit in (b'0'..=b'9').filter(|digit| *digit != right[at]) {
                    let mut wrong = right;
                    wrong[at] = digit;
                    assert!(check(wrong).is_err());
                }
                if at < 9 && right[at] != right[at + 1] {
                    let mut wrong = right;
                    wrong.swap(at, at + 1);
                    assert!(check(wrong).is_err());
                }
            }
        }
    }

    #[test]
    fn formatting_withholds_the_number() {
        let number = canonical("9434765919").expect("valid");
        assert_eq!(
            format!("{number:?} {:?}", Some(number)),
            "[withheld] Some([withheld])"
        );
    }

    /// Counts every valid number that begins with 4: the figure published research gives, less the one
    /// repeated-digit number. Minutes in a debug build.
    #[test]
    #[ignore = "walks a thousand million numbers"]
    fn one_leading_digit_has_90_909_091_numbers() {
        let mut digits = *b"4000000000";
        let mut valid = 0_u32;
        for n in 4_000_000_000_u64..5_000_000_000 {
            let mut rest = n;
            for digit in digits.iter_mut().rev() {
                *digit = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
            valid += u32::from(check(digits).is_ok());
        }
        assert_eq!(valid + 1, 90_909_091);
    }

    proptest! {
        #[test]
        fn canonicalising_is_idempotent_and_never_panics(text in "\\PC*|[0-9 \\-\u{2011}\u{feff}]{8,16}") {
            if let Ok(number) = canonical(&text) {
                let digits = std::str::from_utf8(number.digits()).expect("digits");
                prop_assert_eq!(canonical(digits), Ok(number));
            }
        }

        #[test]
        fn dirt_between_digits_changes_nothing(n in 0_u64..10_000_000_000, dirt in "[ \\-\u{a0}\u{2013}\u{200b}]{0,4}") {
            let plain = format!("{n:010}");
            let dirty: String = plain.chars().map(|digit| format!("{digit}{dirt}")).collect();
            prop_assert_eq!(canonical(&dirty), canonical(&plain));
        }
    }
}
