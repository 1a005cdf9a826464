//! Finds bytes eight at a time. For cells, which are short: a call to a library's search costs more than the search.

/// Every byte 0x7f.
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// The highest bit of each byte of the result is set where that byte of `word` is zero, and no other bit is.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    !(((word & LOW) + LOW) | word | LOW)
}

#[inline]
fn word(chunk: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*chunk)
}

/// Calls `found` with the position of every zero byte.
#[inline]
pub fn zeros(text: &[u8], mut found: impl FnMut(usize)) {
    let (chunks, rest) = text.as_chunks::<8>();
    for (at, chunk) in chunks.iter().enumerate() {
        let mut hits = zero_bytes(word(chunk));
        while hits != 0 {
            found(at * 8 + hits.trailing_zeros() as usize / 8);
            hits &= hits - 1;
        }
    }
    for (at, byte) in rest.iter().enumerate() {
        if *byte == 0 {
            found(chunks.len() * 8 + at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_plain_search(text in proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(0x80), any::<u8>()], 0..100)) {
            let mut found = Vec::new();
            zeros(&text, |at| found.push(at));
            let expected: Vec<_> = (0..text.len()).filter(|at| text[*at] == 0).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
