//! Finds what looks like an NHS number or a full postcode in text, as tokens: not inside a longer run of letters and digits.
//!
//! Text is Windows-1252 or ASCII bytes. Letters beyond ASCII count as letters; the dashes and the hard space of
//! Windows-1252 count as the hyphen and the space they look like.

use std::borrow::Cow;
use std::ops::Range;

use crate::redact::WITHHELD;

/// Something found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// Ten digits, plain or in groups of 3, 3 and 4 with a space or a hyphen between.
    TenDigits(u64),
    /// A full postcode with or without its space, packed by [`pack_postcode`].
    Postcode(u64),
}

/// What a byte is to a token.
const CLASS: [u8; 256] = {
    let mut class = [0_u8; 256];
    let mut b = 0;
    while b < 256 {
        class[b] = match b as u8 {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' | b'a'..=b'z' => LETTER,
            b' ' | b'-' | 0x96 | 0x97 | 0xA0 | 0xAD => GAP,
            0x80..=0xFF => OTHER_LETTER,
            _ => 0,
        };
        b += 1;
    }
    class
};
const DIGIT: u8 = 1;
const LETTER: u8 = 2;
const OTHER_LETTER: u8 = 4;
const GAP: u8 = 8;

/// A maximal run of letters and digits.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    /// The classes in it.
    holds: u8,
}

/// Calls `found` for every token of the text.
pub fn scan(text: &[u8], mut found: impl FnMut(Token)) {
    scan_places(text, |token, _| found(token));
}

/// The same with the place of each token.
#[inline]
fn scan_places(text: &[u8], mut found: impl FnMut(Token, Range<usize>)) {
    let none = Run {
        start: 0,
        end: 0,
        holds: 0,
    };
    let mut last = [none, none];
    let mut at = 0;
    while at < text.len() {
        let class = CLASS[text[at] as usize];
        if class & (DIGIT | LETTER | OTHER_LETTER) == 0 {
            at += 1;
            continue;
        }
        let start = at;
        let mut holds = 0;
        while at < text.len() {
            let class = CLASS[text[at] as usize];
            if class & (DIGIT | LETTER | OTHER_LETTER) == 0 {
                break;
            }
            holds |= class;
            at += 1;
        }
        let run = Run {
            start,
            end: at,
            holds,
        };
        judge(text, last, run, &mut found);
        last = [last[1], run];
    }
}

#[inline]
fn judge(text: &[u8], before: [Run; 2], run: Run, found: &mut impl FnMut(Token, Range<usize>)) {
    let length = run.end - run.start;
    match run.holds {
        DIGIT if length == 10 => {
            found(Token::TenDigits(number(text, run)), run.start..run.end);
        }
        DIGIT if length == 4 => {
            let [first, second] = before;
            let three = |r: Run| r.holds == DIGIT && r.end - r.start == 3;
            if three(first) && three(second) && gap(text, first, second) && gap(text, second, run) {
                let number = (number(text, first) * 1000 + number(text, second)) * 10_000
                    + number(text, run);
                found(Token::TenDigits(number), first.start..run.end);
            }
        }
        holds if holds == DIGIT | LETTER => {
            if (5..=7).contains(&length) {
                let place = run.start..run.end;
                postcode(&text[place.clone()], &[], |token| found(token, place));
            } else if length == 3 {
                let outward = before[1];
                if (2..=4).contains(&(outward.end - outward.start))
                    && outward.holds == DIGIT | LETTER
                    && gap(text, outward, run)
                {
                    postcode(
                        &text[outward.start..outward.end],
                        &text[run.start..run.end],
                        |token| found(token, outward.start..run.end),
                    );
                }
            }
        }
        _ => {}
    }
}

/// Whether exactly one space or hyphen stands between two runs.
fn gap(text: &[u8], a: Run, b: Run) -> bool {
    b.start == a.end + 1 && CLASS[text[a.end] as usize] == GAP
}

fn number(text: &[u8], run: Run) -> u64 {
    text[run.start..run.end]
        .iter()
        .fold(0, |n, d| n * 10 + u64::from(d - b'0'))
}

fn postcode(a: &[u8], b: &[u8], found: impl FnOnce(Token)) {
    let mut packed = 0;
    for byte in a.iter().chain(b) {
        packed = packed << 8 | u64::from(byte.to_ascii_uppercase());
    }
    let inward = packed & 0xFF_FFFF;
    let [_, .., d, l1, l2] = inward.to_be_bytes();
    if d.is_ascii_digit() && l1.is_ascii_uppercase() && l2.is_ascii_uppercase() {
        found(Token::Postcode(packed));
    }
}

/// A full postcode as one number: its letters and digits, capitals, without the space.
pub fn pack_postcode(full: &str) -> u64 {
    full.bytes().filter(|b| *b != b' ').fold(0, |packed, b| {
        packed << 8 | u64::from(b.to_ascii_uppercase())
    })
}

/// The text with every NHS number in it withheld: for what people have named, files and columns, before it is shown.
pub fn without_nhs_numbers(text: &str) -> Cow<'_, str> {
    let mut places = Vec::new();
    scan_places(text.as_bytes(), |token, place| {
        if matches!(token, Token::TenDigits(n) if is_nhs_number(n)) {
            places.push(place);
        }
    });
    if places.is_empty() {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    // Both ends are digits, so they are ends of characters.
    for place in places {
        shown.push_str(&text[from..place.start]);
        shown.push_str(WITHHELD);
        from = place.end;
    }
    shown.push_str(&text[from..]);
    shown.into()
}

fn is_nhs_number(n: u64) -> bool {
    crate::nhs_number::canonical(&format!("{n:010}")).is_ok()
}

/// Whether the text holds ten digits that pass as an NHS number.
pub fn holds_nhs_number(text: &[u8]) -> bool {
    let mut holds = false;
    scan(text, |token| {
        if let Token::TenDigits(n) = token {
            holds |= is_nhs_number(n);
        }
    });
    holds
}

/// Whether the letters "conversation" stand in the text in any case.
pub fn speaks_of_conversation(text: &[u8]) -> bool {
    const WORD: &[u8] = b"conversation";
    memchr::memchr2_iter(b'v', b'V', text).any(|at| {
        // The letter v is rare, and the fourth of the word.
        at >= 3
            && text
                .get(at - 3..at - 3 + WORD.len())
                .is_some_and(|word| word.eq_ignore_ascii_case(WORD))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<Token> {
        let mut tokens = Vec::new();
        scan(text, |t| tokens.push(t));
        tokens
    }

    #[test]
    fn numbers_are_found_plain_spaced_and_hyphenated() {
        let n = vec![Token::TenDigits(9_434_765_919)];
        for text in [
            &b"9434765919"[..],
            b"x 9434765919.",
            b"943 476 5919",
            b"943-476-5919",
            b"(943 476-5919)",
            b"943\xA0476\x965919",
            b"\"9434765919\"",
        ] {
            assert_eq!(all(text), n);
        }
        for text in [
            &b"94347659190"[..],
            b"a9434765919",
            b"9434765919b",
            b"943  476 5919",
            b"1943 476 5919",
            b"943 476 59190",
            b"9434 765 919",
            b"\xE99434765919",
        ] {
            assert_eq!(all(text), vec![]);
        }
    }

    #[test]
    fn postcodes_are_found_with_and_without_their_space() {
        let p = vec![Token::Postcode(pack_postcode("EC1A 1BB"))];
        for text in [
            &b"EC1A 1BB"[..],
            b"ec1a1bb",
            b"at EC1A 1BB, London",
            b"EC1A-1BB",
        ] {
            assert_eq!(all(text), p);
        }
        for text in [&b"EC1A 1"[..], b"EC1A 1BBX", b"XEC1A1BBXX", b"EC1A  1BB"] {
            assert_eq!(all(text), vec![]);
        }
    }

    #[test]
    fn names_are_shown_without_the_numbers_in_them() {
        for (text, shown) in [
            ("week 3.csv", "week 3.csv"),
            ("9434765919.csv", "[withheld].csv"),
            (
                "é 943 476 5919 and local_943-476-5919",
                "é [withheld] and local_[withheld]",
            ),
            // No NHS numbers: the check digit, a placeholder, a longer run.
            (
                "9434765918 0000000000 19434765919",
                "9434765918 0000000000 19434765919",
            ),
            ("LS1 4AP", "LS1 4AP"),
        ] {
            assert_eq!(without_nhs_numbers(text), shown);
        }
    }

    #[test]
    fn a_pseudonym_holds_no_token() {
        assert_eq!(all(b"d8767e5ac9f66cd09010633327ac6c7a412b78eb230ea5a82e076b353879382f,12/03/2025,412.50"), vec![]);
    }
}
