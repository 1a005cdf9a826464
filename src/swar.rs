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

/// The position of the first byte that is one of the two.
#[inline]
pub fn first_of(a: u8, b: u8, text: &[u8]) -> Option<usize> {
    const NEAR: usize = 4;
    let (chunks, rest) = text.as_chunks::<8>();
    let [a8, b8] = [a, b].map(|byte| u64::from_ne_bytes([byte; 8]));
    for (at, chunk) in chunks.iter().take(NEAR).enumerate() {
        let word = word(chunk);
        let hits = zero_bytes(word ^ a8) | zero_bytes(word ^ b8);
        if hits != 0 {
            return Some(at * 8 + hits.trailing_zeros() as usize / 8);
        }
    }
    let looked_at = chunks.len().min(NEAR) * 8;
    match chunks.len() {
        0..=NEAR => rest
            .iter()
            .position(|byte| *byte == a || *byte == b)
            .map(|at| looked_at + at),
        _ => memchr::memchr2(a, b, &text[looked_at..]).map(|at| looked_at + at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_plain_search(text in proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(b','), Just(b'\n'), Just(0x80), any::<u8>()], 0..100)) {
            prop_assert_eq!(first_of(b',', b'\n', &text), text.iter().position(|b| matches!(b, b',' | b'\n')));
        }
    }
}
