//! The direct identifiers of the extract, remembered so that none of them can leave in a field where nobody expects one.

use foldhash::fast::FixedState;
use hashbrown::HashSet;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};

use crate::nhs_number::NhsNumber;
use crate::tokens::{self, Token};

/// NHS numbers and full postcodes, looked for as tokens; person ids and names, looked for as whole cells.
///
/// Person ids and names are kept as 64-bit hashes: with a million of them, the odds that a cell is withheld for a
/// chance match are below one in ten thousand million for each distinct cell.
#[derive(Default, Clone)]
pub struct Identifiers {
    numbers: HashSet<u64, FixedState>,
    postcodes: HashSet<u64, FixedState>,
    words: HashSet<u64, FixedState>,
}

impl fmt::Debug for Identifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identifiers(withheld)")
    }
}

impl Identifiers {
    /// Remembers an NHS number.
    pub fn add_number(&mut self, number: &NhsNumber) {
        self.numbers.insert(number.as_u64());
    }

    /// Remembers a full postcode, packed.
    pub fn add_postcode(&mut self, packed: u64) {
        self.postcodes.insert(packed);
    }

    /// Remembers a person id or a name.
    pub fn add_word(&mut self, word: &str) {
        let word = word.trim();
        if !word.is_empty() {
            self.words.insert(hash_of(word));
        }
    }

    /// Adds another thread's.
    pub fn merge(&mut self, other: Self) {
        self.numbers.extend(other.numbers);
        self.postcodes.extend(other.postcodes);
        self.words.extend(other.words);
    }

    /// Whether one of the NHS numbers or postcodes stands in the text as a token. The text is Windows-1252 or ASCII.
    pub fn any_token_in(&self, text: &[u8]) -> bool {
        let mut any = false;
        tokens::scan(text, |token| {
            any |= match token {
                Token::TenDigits(n) => self.numbers.contains(&n),
                Token::Postcode(p) => self.postcodes.contains(&p),
            };
        });
        any
    }

    /// Whether the whole cell is one of the person ids or names, without regard to case. The text is Windows-1252.
    pub fn is_word(&self, cell: &[u8]) -> bool {
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(cell);
        self.words.contains(&hash_of(text.trim()))
    }
}

fn hash_of(word: &str) -> u64 {
    let mut hasher = FixedState::with_seed(0x636C_6400).build_hasher();
    for c in word.chars().flat_map(char::to_lowercase) {
        c.hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_found_as_tokens_and_whole_cells() {
        let mut known = Identifiers::default();
        known.add_number(&crate::nhs_number::canonical("9434765919").unwrap());
        known.add_postcode(tokens::pack_postcode("LS1 4AP"));
        known.add_word(" Zoë ");
        known.add_word("P100001");
        for text in [&b"see 943 476 5919"[..], b"9434765919", b"at ls14ap now"] {
            assert!(known.any_token_in(text));
        }
        assert!(!known.any_token_in(b"9434765870 LS1 4 LS1 4AB"));
        assert!(known.is_word(b"zo\xeb") && known.is_word(b"p100001 "));
        assert!(!known.is_word(b"zoe") && !known.is_word(b"P1000011") && !known.is_word(b""));
    }
}
