//! UK postcodes (general convention, spec GEN): an outward code, then a digit and two letters.

/// A full postcode in its plain spelling, capitals and one space, or `None` for anything else.
///
/// Case, surrounding white space and the space in the middle may differ.
pub fn full(text: &str) -> Option<String> {
    let compact: Vec<u8> = text
        .trim()
        .bytes()
        .filter(|b| *b != b' ')
        .map(|b| b.to_ascii_uppercase())
        .collect();
    if !(5..=7).contains(&compact.len()) || text.trim().bytes().filter(|b| *b == b' ').count() > 1 {
        return None;
    }
    let (outward, inward) = compact.split_at(compact.len() - 3);
    let letter = |b: u8| b.is_ascii_uppercase();
    let digit = |b: u8| b.is_ascii_digit();
    let inward_fits = digit(inward[0]) && letter(inward[1]) && letter(inward[2]);
    let outward_fits = match *outward {
        [a, b] => letter(a) && digit(b),
        [a, b, c] => letter(a) && (digit(b) && (digit(c) || letter(c)) || letter(b) && digit(c)),
        [a, b, c, d] => letter(a) && letter(b) && digit(c) && (digit(d) || letter(d)),
        _ => false,
    };
    if !inward_fits || !outward_fits {
        return None;
    }
    // A space elsewhere than before the inward code, as in "LS 14AP", is not one of the convention.
    let spaced = text.trim().bytes().position(|b| b == b' ');
    if spaced.is_some_and(|at| at != outward.len()) {
        return None;
    }
    Some(format!(
        "{} {}",
        String::from_utf8_lossy(outward),
        String::from_utf8_lossy(inward)
    ))
}

/// Outward code, space, first character of the inward code.
pub fn sector(full: &str) -> &str {
    &full[..full.len() - 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_postcode_has_a_sector() {
        for (text, expected) in [
            ("M1 1AE", "M1 1"),
            ("B33 8TH", "B33 8"),
            ("CR2 6XH", "CR2 6"),
            ("DN55 1PT", "DN55 1"),
            ("W1A 0AX", "W1A 0"),
            ("EC1A 1BB", "EC1A 1"),
            ("ec1a1bb", "EC1A 1"),
            (" ZZ99 3VZ ", "ZZ99 3"),
        ] {
            assert_eq!(full(text).as_deref().map(sector), Some(expected), "{text}");
        }
        for text in [
            "",
            "LS1",
            "LS1 4",
            "LS1 4A",
            "LS 14AP",
            "LS1  4AP",
            "1LS 4AP",
            "LS1 AAP",
            "NOT KNOWN",
            "LS1\u{a0}4AP",
            "É1 1AE",
            "ABC1 1AA",
        ] {
            assert_eq!(full(text), None, "{text}");
        }
    }
}
