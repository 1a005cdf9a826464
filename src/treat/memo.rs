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

/// `None` for a value that is too long. Eight bytes at a time: bytes that were copied one by one and are read together at
/// once keep the processor waiting.
fn words(value: &[u8]) -> Option<Words> {
    const WORD: usize = size_of::<u64>();
    let length = value.len();
    let whole = |at: usize| {
        let word = value[at..].first_chunk::<WORD>();
        word.map_or(0, |word| u64::from_le_bytes(*word))
    };
    // Fewer than eight bytes that end the value, which has eight at least.
    let rest = |from: usize| {
        let others = WORD - (length - from);
        let last = whole(length - WORD);
        last.checked_shr(8 * others as u32).unwrap_or(0)
    };
    // Not the same as a value with a NUL behind it.
    let end = (length as u64) << 56;
    match length {
        0..4 => {
            let add = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
            Some([value.iter().rev().fold(0, add), 0, end])
        }
        4..8 => {
            let half = |half: Option<&[u8; 4]>| {
                half.map_or(0, |half| u64::from(u32::from_le_bytes(*half)))
            };
            let last = half(value.last_chunk()) << (8 * (length - 4));
            Some([half(value.first_chunk()) | last, 0, end])
        }
        8..16 => Some([whole(0), rest(8), end]),
        16..=Memo::LONGEST => Some([whole(0), whole(8), rest(16) | end]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_are_the_bytes_in_their_order(value in proptest::collection::vec(any::<u8>(), 0..30)) {
            let mut bytes = [0; size_of::<Words>()];
            let copied = bytes[..Memo::LONGEST].get_mut(..value.len()).map(|to| to.copy_from_slice(&value));
            bytes[Memo::LONGEST] = value.len() as u8;
            let in_order = || bytes.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
            prop_assert_eq!(words(&value).is_some(), copied.is_some());
            prop_assert!(words(&value).is_none_or(|words| in_order().eq(words)));
        }

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
