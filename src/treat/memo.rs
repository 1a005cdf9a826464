//! Remembers pseudonyms, so that one HMAC serves rows that lie near each other.

use super::{LocalRefusal, Pseudonym};

/// Remembers the pseudonyms of recent values, so that one HMAC serves the rows of one person that lie near each other.
/// Bounded: a value takes the place of another one.
pub(super) struct Memo {
    places: Vec<Remembered>,
}

/// A value in words, and its length in the last byte.
type Words = [u64; 3];

struct Remembered {
    value: Words,
    pseudonym: Option<Pseudonym>,
}

impl Memo {
    /// Values remembered at most. Few, as they are to stay in the processor's cache beside all else.
    pub const PLACES: usize = 1 << 9;
    /// Bytes of the longest value that is remembered.
    pub const LONGEST: usize = size_of::<Words>() - 1;

    /// One that remembers nothing.
    pub fn new() -> Self {
        let empty = || Remembered {
            value: [0; 3],
            pseudonym: None,
        };
        Self {
            places: std::iter::repeat_with(empty).take(Self::PLACES).collect(),
        }
    }

    /// The pseudonym of a value, made if it is not remembered. An empty value has none.
    pub fn recall(
        &mut self,
        value: &[u8],
        make: impl FnOnce() -> Result<Option<Pseudonym>, LocalRefusal>,
    ) -> Result<Option<Pseudonym>, LocalRefusal> {
        /// Odd, with its bits spread evenly.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        if value.is_empty() {
            return Ok(None);
        }
        let Some(words) = words(value) else {
            return make();
        };
        let mix = |mixed: u64, word: u64| (mixed.rotate_left(23) ^ word).wrapping_mul(SPREAD);
        let hash = words.into_iter().fold(0, mix);
        let place = &mut self.places[(hash >> 40) as usize % Self::PLACES];
        if place.value != words {
            place.pseudonym = make()?;
            place.value = words;
        }
        Ok(place.pseudonym)
    }
}

/// `None` for a value that is too long.
fn words(value: &[u8]) -> Option<Words> {
    let mut bytes = [0; size_of::<Words>()];
    bytes[..Memo::LONGEST]
        .get_mut(..value.len())?
        .copy_from_slice(value);
    // Not the same as a value with a NUL behind it.
    bytes[Memo::LONGEST] = value.len() as u8;
    let (words, _) = bytes.as_chunks();
    let mut all = Words::default();
    for (to, word) in all.iter_mut().zip(words) {
        *to = u64::from_le_bytes(*word);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_have_the_same_words_if_they_are_the_same(
            a in "[01\\x00]{0,25}",
            b in "[01\\x00]{0,25}",
        ) {
            let [one, other] = [&a, &b].map(|text| words(text.as_bytes()));
            prop_assert_eq!(one.is_some(), a.len() <= Memo::LONGEST);
            prop_assert_eq!(one == other && one.is_some(), a == b && one.is_some());
        }
    }
}
