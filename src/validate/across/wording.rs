//! How findings about the extract as a whole write months, kinds of event, counts and shares.

use crate::date::Date;
use crate::validate::{EventKind, Month};

/// The month a day is in, counted as [`Month`] does.
pub(super) fn month_of(date: Date) -> u32 {
    date.year() * 12 + date.month() - 1
}

/// Months in ascending order: `2025-04 to 2025-06, 2025-09`.
pub(super) fn months(ascending: &[u32]) -> String {
    let name = |month: u32| format!("{:04}-{:02}", month / 12, month % 12 + 1);
    let runs = ascending.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [only] => name(*only),
        [first, .., last] => format!("{} to {}", name(*first), name(*last)),
        [] => String::new(),
    });
    runs.collect::<Vec<_>>().join(", ")
}

/// `2025-04-01 to 2026-03-31`.
pub(super) fn days(first: Month, last: Month) -> String {
    format!("{} to {}", first.first_day(), last.last_day())
}

/// `Request, Review`.
pub(super) fn kinds(kinds: &[EventKind]) -> String {
    kinds
        .iter()
        .map(|kind| kind.name())
        .collect::<Vec<_>>()
        .join(", ")
}

/// `12.5%`, rounded, except that only all is `100.0%` and only nothing is `0.0%`.
pub(super) fn share(part: u64, whole: u64) -> String {
    let whole = u128::from(whole.max(1));
    let tenths = (u128::from(part) * 2000 + whole) / (2 * whole);
    match tenths {
        0 if part > 0 => "<0.1%".to_owned(),
        1000 if u128::from(part) < whole => ">99.9%".to_owned(),
        _ => format!("{}.{}%", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_in_a_row_are_written_as_one() {
        let at = |m: u32| 2025 * 12 + m - 1;
        assert_eq!(months(&[]), "");
        assert_eq!(months(&[at(4)]), "2025-04");
        assert_eq!(
            months(&[at(4), at(5), at(9), at(12), at(13)]),
            "2025-04 to 2025-05, 2025-09, 2025-12 to 2026-01"
        );
    }

    #[test]
    fn only_all_is_all_and_only_nothing_is_nothing() {
        for (part, whole, text) in [
            (0, 10, "0.0%"),
            (1, 8, "12.5%"),
            (1, 3, "33.3%"),
            (2, 3, "66.7%"),
            (1, 100_000, "<0.1%"),
            (99_999, 100_000, ">99.9%"),
            (7, 7, "100.0%"),
        ] {
            assert_eq!(share(part, whole), text);
        }
    }
}
