//! Weighted choice between texts of a schema.

use super::random::Random;
use super::words::Lexicon;

/// Things to choose between, some more likely than others.
pub(super) struct Choice<T> {
    things: Vec<T>,
    /// For each thing, the sum of the weights up to and with it.
    sums: Vec<u64>,
}

impl<T> Choice<T> {
    /// Things with their weights; there must be one of a weight above nothing.
    pub(super) fn new(weighted: impl IntoIterator<Item = (T, u64)>) -> Self {
        let mut sum = 0;
        let (things, sums) = weighted
            .into_iter()
            .map(|(thing, weight)| {
                sum += weight;
                (thing, sum)
            })
            .unzip();
        Self { things, sums }
    }

    /// One of them.
    pub(super) fn pick(&self, random: &mut Random) -> &T {
        let at = random.below(self.sums.last().copied().unwrap_or_default());
        &self.things[self.sums.partition_point(|sum| *sum <= at)]
    }
}

impl Choice<String> {
    /// Texts of a field as the schema spells them. Texts that its list does not have are left out; if it has none, the
    /// list itself is chosen from.
    pub(super) fn of(lexicon: &Lexicon<'_>, field: &str, weighted: &[(&str, u64)]) -> Self {
        let spelt: Vec<(String, u64)> = weighted
            .iter()
            .filter_map(|(text, weight)| Some((lexicon.spelling(field, text)?, *weight)))
            .collect();
        if spelt.is_empty() {
            return Self::new(lexicon.values(field).into_iter().map(|text| (text, 1)));
        }
        Self::new(spelt)
    }
}
