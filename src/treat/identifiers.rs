//! The direct identifiers of the extract, remembered so that none of them can leave in a field where nobody expects one.

use std::fmt;
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use unicode_normalization::UnicodeNormalization;

use super::met::{Meeting, Met};
use crate::nhs_number::NhsNumber;
use crate::tokens::{self, Token};

/// NHS numbers and full postcodes, looked for anywhere in a text, and person ids and names, looked for as whole cells. One
/// for all threads: each adds to it in its own time, and all that is added is there once all are done.
///
/// Texts are compared by their letters and digits alone, without capitals, accents, spaces, dashes or characters that
/// nobody sees: whoever reads a cell does not see the difference either. Person ids and names are kept as 64-bit hashes;
/// with a million of them, the odds that a cell is withheld for a chance match are below one in ten thousand million for
/// each distinct cell.
#[derive(Default)]
pub struct Identifiers {
    /// By the two bits that ten digits have above thirty-two.
    numbers: [Met<u32>; 3],
    postcodes: Met<u64>,
    words: Met<u64>,
}

/// What one thread meets of them.
pub struct IdentifiersMet<'a> {
    numbers: [Meeting<'a, u32>; 3],
    postcodes: Meeting<'a, u64>,
    words: Meeting<'a, u64>,
}

impl fmt::Debug for Identifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identifiers(withheld)")
    }
}

/// Which of the sets a number of ten digits is in, and the rest of it.
fn halves(number: u64) -> (usize, u32) {
    ((number >> 32) as usize, number as u32)
}

impl IdentifiersMet<'_> {
    /// Remembers an NHS number.
    pub fn add_number(&mut self, number: &NhsNumber) {
        self.add(Token::TenDigits(number.as_u64()));
    }

    /// Remembers a full postcode, packed.
    pub fn add_postcode(&mut self, packed: u64) {
        self.add(Token::Postcode(packed));
    }

    fn add(&mut self, token: Token) {
        match token {
            Token::TenDigits(n) => {
                let (high, low) = halves(n);
                self.numbers[high].add(low);
            }
            Token::Postcode(p) => self.postcodes.add(p),
        }
    }

    /// Remembers a person id or a name.
    pub fn add_word(&mut self, word: &str) {
        let skeleton = skeleton(word);
        if !skeleton.is_empty() {
            self.words.add(hash_of(&skeleton));
        }
    }

    /// Remembers a cell that should be an NHS number or a postcode and is none: a number with one wrong digit tells who
    /// is meant as well as the right one.
    pub fn add_broken(&mut self, cell: &str) {
        let skeleton = skeleton(cell);
        // Fewer characters are a part of a postcode, and without a digit it is a remark: neither tells who is meant.
        if skeleton.len() > 4 && skeleton.bytes().any(|b| b.is_ascii_digit()) {
            self.words.add(hash_of(&skeleton));
        }
        each_token(&skeleton, |token| self.add(token));
    }
}

impl Identifiers {
    /// One thread's way to add.
    pub fn meeting(&self) -> IdentifiersMet<'_> {
        IdentifiersMet {
            numbers: self.numbers.each_ref().map(Met::meeting),
            postcodes: self.postcodes.meeting(),
            words: self.words.meeting(),
        }
    }

    /// Forgets them all.
    pub fn clear(&self) {
        self.numbers.iter().for_each(Met::clear);
        self.postcodes.clear();
        self.words.clear();
    }

    /// Whether one of the NHS numbers or postcodes stands in the text as a token. The text is Windows-1252 or ASCII.
    pub fn any_token_in(&self, text: &[u8]) -> bool {
        let mut any = false;
        tokens::scan(text, |token| any |= self.has(token));
        any
    }

    /// Whether one of the NHS numbers or postcodes stands in a cell, whatever stands between its characters.
    /// The text is Windows-1252.
    pub fn any_hidden_in(&self, cell: &[u8]) -> bool {
        let mut any = false;
        each_token(&skeleton(&decoded(cell)), |token| any |= self.has(token));
        any
    }

    /// Whether the whole cell is one of the person ids or names. The text is Windows-1252.
    pub fn is_word(&self, cell: &[u8]) -> bool {
        let skeleton = skeleton(&decoded(cell));
        !skeleton.is_empty() && self.words.has(hash_of(&skeleton))
    }

    fn has(&self, token: Token) -> bool {
        match token {
            Token::TenDigits(n) => {
                let (high, low) = halves(n);
                self.numbers[high].has(low)
            }
            Token::Postcode(p) => self.postcodes.has(p),
        }
    }
}

fn decoded(cell: &[u8]) -> std::borrow::Cow<'_, str> {
    encoding_rs::WINDOWS_1252
        .decode_without_bom_handling(cell)
        .0
}

/// The letters and digits of a text, without capitals and accents.
pub fn skeleton(text: &str) -> String {
    if text.is_ascii() {
        return text
            .bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|b| char::from(b.to_ascii_lowercase()))
            .collect();
    }
    text.nfkd()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Every ten digits in a row of a skeleton, and every stretch that has the form of a full postcode.
fn each_token(skeleton: &str, mut found: impl FnMut(Token)) {
    let bytes = skeleton.as_bytes();
    for window in bytes.windows(10) {
        if window.iter().all(u8::is_ascii_digit) {
            found(Token::TenDigits(
                window.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')),
            ));
        }
    }
    for length in 5..=7 {
        for window in bytes.windows(length) {
            let [.., d, l1, l2] = *window else { continue };
            if window[0].is_ascii_lowercase()
                && d.is_ascii_digit()
                && l1.is_ascii_lowercase()
                && l2.is_ascii_lowercase()
            {
                let packed = window.iter().fold(0, |packed, b| {
                    packed << 8 | u64::from(b.to_ascii_uppercase())
                });
                found(Token::Postcode(packed));
            }
        }
    }
}

fn hash_of(word: &str) -> u64 {
    let mut hasher = FixedState::with_seed(0x636C_6400).build_hasher();
    hasher.write(word.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Identifiers {
        let known = Identifiers::default();
        let mut met = known.meeting();
        met.add_number(&crate::nhs_number::canonical("9434765919").unwrap());
        met.add_postcode(tokens::pack_postcode("LS1 4AP"));
        met.add_word(" Zo\u{65}\u{308} ");
        met.add_word("P100001");
        met.add_word("O\u{2019}Neill");
        met.add_broken("943 476 5911");
        met.add_broken("zx3-5lx (was ZX9 9ZZ)");
        met.add_broken("ZX3 5L1");
        met.add_broken("LS1 4");
        met.add_broken("Not known");
        drop(met);
        known
    }

    #[test]
    fn tokens_are_found_in_lines() {
        let known = known();
        for text in [
            &b"see 943 476 5919"[..],
            b"9434765919",
            b"at ls14ap now",
            b"9434765911",
        ] {
            assert!(known.any_token_in(text));
        }
        assert!(!known.any_token_in(b"9434765870 LS1 4 LS1 4AB"));
    }

    #[test]
    fn no_separator_hides_a_token_in_a_cell() {
        let known = known();
        for cell in [
            &b"943  476  5919"[..],
            b"9 4 3 4 7 6 5 9 1 9",
            b"943.476/5919",
            b"943_476_5919",
            b"943\t476\n5919",
            b"943 - 476 - 5919",
            b"1-9434765919",
            b"L S 1 4 A P",
            b"ls1\n4ap",
            b"see LS1_4AP!",
            b"ZX35LX",
            b"zx9.9zz",
        ] {
            assert!(known.any_hidden_in(cell), "{}", cell.escape_ascii());
        }
        for cell in [
            &b"943 476 591"[..],
            b"LS1 4A",
            b"",
            b"Continuation of support or services",
        ] {
            assert!(!known.any_hidden_in(cell), "{}", cell.escape_ascii());
        }
    }

    #[test]
    fn words_are_found_whatever_nobody_sees() {
        let known = known();
        for cell in [
            &b"zo\xeb"[..],
            b"ZOE",
            b"p100001 ",
            b"P-100001",
            b"P100001\x01",
            b"O'Neill",
            b"oneill?",
            b"zx3 5l1",
        ] {
            assert!(known.is_word(cell), "{}", cell.escape_ascii());
        }
        assert!(!known.is_word(b"LS1 4") && !known.is_word(b"not known"));
        assert!(!known.is_word(b"P1000011") && !known.is_word(b"") && !known.is_word(b"?"));
    }
}
