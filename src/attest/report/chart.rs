//! Shares as bars: whole thousandths that add up, for drawings that stand beside the figures they show.

/// Drawn at least, so that a small share can be seen.
const LEAST: u64 = 4;

/// What a part of a bar stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As it should be.
    Good,
    /// Neither right nor wrong as far as is known.
    Open,
    /// Wrong.
    Bad,
    /// Not there though it should be.
    Missing,
}

impl Kind {
    /// The class of its rectangle.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Open => "open",
            Self::Bad => "wrong",
            Self::Missing => "missing",
        }
    }
}

/// One part of a bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub kind: Kind,
    pub words: &'static str,
    pub figure: u64,
    /// Where it begins, in thousandths of the bar.
    pub from: u64,
    /// How long it is, in thousandths of the bar.
    pub long: u64,
}

/// A bar from end to end.
pub(super) fn bar<const N: usize>(parts: [(Kind, &'static str, u64); N]) -> Vec<Part> {
    let whole = parts.iter().map(|(_, _, figure)| u128::from(*figure)).sum();
    bar_within(parts, whole)
}

/// A bar that is as long as its figures are beside `whole`, which is no less than their sum. Lengths are in proportion but
/// for parts too small to be seen, which the longest makes room for. Nothing at all gives no part any length.
pub(super) fn bar_within<const N: usize>(
    parts: [(Kind, &'static str, u64); N],
    whole: u128,
) -> Vec<Part> {
    let sum: u128 = parts.iter().map(|(_, _, figure)| u128::from(*figure)).sum();
    let thousandths =
        |figure: u128| (figure * 1000).checked_div(whole).unwrap_or(0).min(1000) as u64;
    let mut long = parts.map(|(_, _, figure)| match figure {
        0 => 0,
        n => thousandths(u128::from(n)).max(LEAST),
    });
    if let Some(longest) = (0..N).max_by_key(|at| long[*at]).filter(|_| sum > 0) {
        let others: u64 = (0..N).filter(|at| *at != longest).map(|at| long[at]).sum();
        long[longest] = thousandths(sum).saturating_sub(others).max(LEAST);
    }
    let mut from = 0;
    let placed = parts.into_iter().zip(long);
    placed
        .map(|((kind, words, figure), long)| {
            let part = Part {
                kind,
                words,
                figure,
                from,
                long,
            };
            from += long;
            part
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(figures: [u64; 4]) -> Vec<Part> {
        let [a, b, c, d] = figures;
        bar([
            (Kind::Good, "a", a),
            (Kind::Open, "b", b),
            (Kind::Bad, "c", c),
            (Kind::Missing, "d", d),
        ])
    }

    #[test]
    fn a_small_part_is_seen_and_an_empty_one_is_not() {
        let long = |figures| of(figures).iter().map(|part| part.long).collect::<Vec<_>>();
        assert_eq!(long([1_000_000, 1, 0, 0]), [996, LEAST, 0, 0]);
        assert_eq!(long([1, 1, 1, 1]), [250; 4]);
        assert_eq!(long([0, 0, 0, 0]), [0; 4]);
        assert_eq!(long([0, 0, 3, 0]), [0, 0, 1000, 0]);
    }

    #[test]
    fn beside_a_greater_whole_a_bar_ends_before_the_end() {
        let long = |a, b| {
            let parts = bar_within([(Kind::Bad, "a", a), (Kind::Missing, "b", b)], 200);
            parts.iter().map(|part| part.long).collect::<Vec<_>>()
        };
        assert_eq!(long(50, 50), [250, 250]);
        assert_eq!(long(0, 200), [0, 1000]);
        assert_eq!(long(1, 0), [5, 0]);
    }

    proptest! {
        #[test]
        fn bars_are_filled_and_keep_the_order(figures: [u64; 4]) {
            let parts = of(figures);
            let mut end = 0;
            for (part, figure) in parts.iter().zip(figures) {
                prop_assert_eq!(part.from, end);
                prop_assert_eq!(part.long == 0, figure == 0);
                end += part.long;
            }
            prop_assert_eq!(end, if figures == [0; 4] { 0 } else { 1000 });
        }
    }
}
