//! Numbers as the portal reads them: a sign, digits, comma thousands, a point, a pound sign.

/// A number of the return, in its plain spelling.
#[derive(Debug, PartialEq, Eq)]
pub enum Number {
    /// Spelt plainly, or nearly: the text to write.
    Plain(String),
    /// With thousands commas, a plus or a pound sign: the text to write.
    Dressed(String),
    /// More decimals than the return has.
    TooFine,
    /// Not a number, or one with more than sixteen digits before the point.
    Unreadable,
}

/// Reads a number with at most `decimals` decimals (further zeros do not count), already trimmed.
///
/// With 2 decimals the plain spelling has exactly two, with 0 it has no point.
pub fn read(text: &str, decimals: usize) -> Number {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let amount = rest.strip_prefix('£').unwrap_or(rest);
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let Some(digits) = without_commas(whole) else {
        return Number::Unreadable;
    };
    if !fraction.bytes().all(|b| b.is_ascii_digit())
        || (digits.is_empty() && fraction.is_empty())
        || (amount.ends_with('.'))
    {
        return Number::Unreadable;
    }
    let digits = digits.trim_start_matches('0');
    if digits.len() > 16 {
        return Number::Unreadable;
    }
    let fine = fraction.trim_end_matches('0');
    if fine.len() > decimals {
        return Number::TooFine;
    }
    let digits = if digits.is_empty() { "0" } else { digits };
    let zero = digits == "0" && fine.is_empty();
    let sign = if negative && !zero { "-" } else { "" };
    let plain = if decimals == 0 {
        format!("{sign}{digits}")
    } else {
        format!("{sign}{digits}.{fine:0<decimals$}")
    };
    let dressed = text.starts_with('+') || amount.len() != rest.len() || whole.contains(',');
    if dressed {
        Number::Dressed(plain)
    } else {
        Number::Plain(plain)
    }
}

/// Whether [`read`] gives a text back as it is: enough to know for most, and nothing is copied to find out.
pub fn is_plain(text: &str, decimals: usize) -> bool {
    let (whole, fraction) = match decimals {
        0 => (text, ""),
        _ => text.split_once('.').unwrap_or((text, "")),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    (1..=16).contains(&whole.len())
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.len() == decimals
        && digits(whole)
        && digits(fraction)
}

/// The digits, if any commas stand before groups of three.
fn without_commas(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut digits = first.to_owned();
    let mut grouped = false;
    for group in groups {
        grouped = true;
        if group.len() != 3 {
            return None;
        }
        digits += group;
    }
    let sound =
        digits.bytes().all(|b| b.is_ascii_digit()) && (!grouped || (1..=3).contains(&first.len()));
    sound.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_plain_is_read_as_it_is(
            text in "-?[0-9]{0,18}(\\.[0-9]{0,4})?|[0-9]{1,4}\\.[0-9]{2}",
            decimals in 0_usize..4,
        ) {
            if is_plain(&text, decimals) {
                prop_assert_eq!(read(&text, decimals), Number::Plain(text));
            } else if let Number::Plain(plain) = read(&text, decimals) {
                // Whatever is not plain is written otherwise, but for what is below nothing.
                prop_assert!(plain != text || text.starts_with('-'));
            }
        }
    }

    #[test]
    fn numbers_are_read_or_refused() {
        use Number::{Dressed, Plain, TooFine, Unreadable};
        for (text, decimals, expected) in [
            ("412.50", 2, Plain("412.50".into())),
            ("412.5", 2, Plain("412.50".into())),
            ("412", 2, Plain("412.00".into())),
            ("007", 2, Plain("7.00".into())),
            (".5", 2, Plain("0.50".into())),
            ("-3.10", 2, Plain("-3.10".into())),
            ("-0.00", 2, Plain("0.00".into())),
            ("412.5000", 2, Plain("412.50".into())),
            ("412.505", 2, TooFine),
            ("1,250.00", 2, Dressed("1250.00".into())),
            ("£1,250", 2, Dressed("1250.00".into())),
            ("+5", 2, Dressed("5.00".into())),
            ("12,50", 2, Unreadable),
            (",250", 2, Unreadable),
            ("1e3", 2, Unreadable),
            ("5.", 2, Unreadable),
            ("", 2, Unreadable),
            ("-", 2, Unreadable),
            ("£", 2, Unreadable),
            ("12345678901234567", 2, Unreadable),
            ("٣", 2, Unreadable),
            ("3", 0, Plain("3".into())),
            ("3.00", 0, Plain("3".into())),
            ("3.5", 0, TooFine),
            ("two", 0, Unreadable),
        ] {
            assert_eq!(read(text, decimals), expected, "{text}");
        }
    }
}
