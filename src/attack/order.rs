//! Whether the order of the rows says anything about their order in the council's system.
//!
//! Without the key rows can be found again only by what is sent as it was received. Rows whose combination of such values
//! occurs once on both sides are brought together, one for each person, and their places compared.

use hashbrown::HashMap;

use foldhash::fast::FixedState;

/// Rows that are brought together at least: with fewer nothing can be said.
pub const FEWEST: usize = 30;

/// What the order gives away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alignment {
    /// People whose rows were found again.
    pub people: u64,
    /// Spearman's rank correlation, from -1 to 1. 0 with fewer than [`FEWEST`] people.
    pub correlation: f64,
    /// What the correlation must not exceed: see [`Alignment::is_aligned`].
    pub limit: f64,
    /// Pairs of neighbours in the submission that are neighbours in the extract too, of those found again.
    pub neighbours: u64,
}

/// Neighbours that chance makes: two on average, whatever the number of people. More than twenty once in 10^13 times.
pub const NEIGHBOURS: u64 = 20;

/// Of rows in no order the correlation is spread around 0 by one divided by the root of the number of people. Five times
/// that occurs once in about two million bundles.
const SPREADS: f64 = 5.0;

/// A row of the submission: the hash of what is sent as received, and of the person.
pub type Row = (u64, u64);

impl Alignment {
    /// Of the rows of the submission and the hashes of the extract's records, both in their order.
    pub fn of(submission: &[Row], extract: &[u64]) -> Self {
        let mut places: HashMap<u64, Place, FixedState> = HashMap::default();
        for (at, key) in extract.iter().enumerate() {
            places.entry(*key).or_default().see(at);
        }
        let mut here: HashMap<u64, u32, FixedState> = HashMap::default();
        for (key, _) in submission {
            *here.entry(*key).or_default() += 1;
        }
        let mut people: hashbrown::HashSet<u64, FixedState> = Default::default();
        let mut found = Vec::new();
        for (key, person) in submission {
            if let Some(Place { times: 1, at }) = places.get(key)
                && here.get(key) == Some(&1)
                && people.insert(*person)
            {
                found.push(*at);
            }
        }
        Self::of_places(&found)
    }

    /// Of the places in the extract, in the order of the submission. No place occurs twice.
    fn of_places(places: &[usize]) -> Self {
        let n = places.len();
        let mut sorted = places.to_vec();
        sorted.sort_unstable();
        let ranks = places
            .iter()
            .map(|place| sorted.partition_point(|other| other < place));
        let ranks: Vec<usize> = ranks.collect();
        let differences = ranks
            .iter()
            .enumerate()
            .map(|(at, rank)| (at.abs_diff(*rank) as f64).powi(2));
        let m = n as f64;
        let correlation = match n {
            0..FEWEST => 0.0,
            _ => 1.0 - 6.0 * differences.sum::<f64>() / (m * (m * m - 1.0)),
        };
        let neighbours = ranks
            .windows(2)
            .filter(|pair| pair[0].abs_diff(pair[1]) == 1);
        Self {
            people: n as u64,
            correlation,
            limit: SPREADS / (m - 1.0).max(1.0).sqrt(),
            neighbours: neighbours.count() as u64,
        }
    }

    /// Whether anything can be said.
    pub fn is_told(&self) -> bool {
        self.people >= FEWEST as u64
    }

    /// Whether the order is too much like the extract's to be chance.
    pub fn is_aligned(&self) -> bool {
        self.is_told() && (self.correlation.abs() > self.limit || self.neighbours > NEIGHBOURS)
    }
}

#[derive(Default)]
struct Place {
    times: u32,
    at: usize,
}

impl Place {
    fn see(&mut self, at: usize) {
        self.times += 1;
        self.at = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A walk that meets every number below a prime once, in no order.
    fn jumbled(n: usize) -> Vec<usize> {
        (1..=n)
            .map(|at| (0..40).fold(at, |x, _| x * x % 1_009 * 31 % 1_009 + at * 7_919 % 1_009))
            .collect()
    }

    fn rows(keys: impl Iterator<Item = usize>) -> Vec<Row> {
        keys.map(|key| (key as u64, key as u64)).collect()
    }

    #[test]
    fn the_order_of_the_extract_is_found_out_either_way_round_and_in_pieces() {
        let extract: Vec<u64> = (0..300).collect();
        let same = Alignment::of(&rows(0..300), &extract);
        assert!(same.is_aligned() && same.people == 300);
        assert!((same.correlation - 1.0).abs() < 1e-9 && same.neighbours == 299);
        let turned = Alignment::of(&rows((0..300).rev()), &extract);
        assert!(turned.is_aligned() && (turned.correlation + 1.0).abs() < 1e-9);
        // Pieces of thirty in another order: no correlation to speak of, and neighbours that give them away.
        let pieces = [4, 9, 1, 7, 0, 6, 3, 8, 2, 5]
            .into_iter()
            .flat_map(|p| p * 30..p * 30 + 30);
        let pieces = Alignment::of(&rows(pieces), &extract);
        assert!(pieces.correlation.abs() < pieces.limit && pieces.is_aligned());
    }

    #[test]
    fn no_order_is_no_alignment() {
        let mut order: Vec<(usize, usize)> = jumbled(300).into_iter().zip(0..300).collect();
        order.sort_unstable();
        let extract: Vec<u64> = (0..300).collect();
        let found = Alignment::of(&rows(order.into_iter().map(|(_, at)| at)), &extract);
        assert!(found.is_told() && !found.is_aligned(), "{found:?}");
    }

    #[test]
    fn rows_that_are_not_alone_are_not_brought_together() {
        let extract = [1, 1, 2, 3, 4];
        // 1 is twice in the extract, 3 twice in the submission, 4 is of the person of 2.
        let submission = [(1, 10), (2, 20), (3, 30), (3, 31), (4, 20)];
        let found = Alignment::of(&submission, &extract);
        assert!(found.people == 1 && !found.is_told() && !found.is_aligned());
    }
}
