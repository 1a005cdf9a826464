//! What a spreadsheet that opens a CSV file would run, and the apostrophe that keeps it from doing so.

/// Whether a spreadsheet that opens a CSV file would run this.
pub fn like_formula(cell: &[u8]) -> bool {
    let number = || cell.len() > 1 && cell[1..].iter().all(|b| b.is_ascii_digit() || *b == b'.');
    matches!(cell.first(), Some(b'=' | b'+' | b'@' | b'\t' | b'\r'))
        || cell.first() == Some(&b'-') && !number()
}

/// A cell without the apostrophe that was put in front of it because it is [`like_formula`].
pub fn as_received(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if like_formula(rest.as_bytes()) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_apostrophe_of_ours_is_taken_away() {
        for (cell, received) in [
            ("'=1+1", "=1+1"),
            ("'-x", "-x"),
            ("'@a", "@a"),
            ("'tis", "'tis"),
            ("'-1.5", "'-1.5"),
            ("=1", "=1"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!(as_received(cell), received);
        }
    }
}
