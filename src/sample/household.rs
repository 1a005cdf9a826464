//! Who lives together and which records are whose: the order of a sample, made household by household.

use super::random::{Purpose, Random};

/// One service user with all the records of the household, and perhaps a carer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Household {
    /// Records of everyone in it; at least one.
    pub(super) rows: u64,
    /// Records of the carer among them.
    pub(super) carer: Option<Carer>,
    /// The carer's records stand among the service user's, not after them.
    pub(super) mixed: bool,
    /// On one of the records the service user is the carer of a neighbour.
    pub(super) cares_too: bool,
}

/// A carer of a household's service user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carer {
    /// Has one record, without an event.
    Known,
    /// Has so many records.
    WithRows(u64),
}

/// How records are shared out among households.
#[derive(Clone, Copy)]
pub(super) struct Shares {
    seed: u64,
    rows: u64,
    households: u64,
}

impl Shares {
    /// Shares for about so many people: two households have three people between them.
    pub(super) fn new(seed: u64, rows: u64, people: Option<u64>) -> Self {
        let people = people.unwrap_or(rows / 13 * 2 + rows % 13 / 6);
        let households = (people - people / 3).clamp(1, rows.max(1));
        Self {
            seed,
            rows,
            households,
        }
    }

    /// No more people than this are in the households.
    pub(super) fn most_people(self) -> u64 {
        2 * self.households
    }

    /// Every household in order; together they have exactly the rows.
    pub(super) fn households(self) -> impl Iterator<Item = Household> {
        let count = if self.rows == 0 { 0 } else { self.households };
        (0..count).map(move |at| self.household(at))
    }

    fn household(self, at: u64) -> Household {
        let random = &mut Random::stream(self.seed, Purpose::Household, at);
        let start = self.start(at, random);
        let end = self.start(
            at + 1,
            &mut Random::stream(self.seed, Purpose::Household, at + 1),
        );
        let rows = end - start;
        let carer = match random.below(100) {
            0..20 if rows >= 2 => Some(Carer::Known),
            20..55 if rows >= 3 => Some(Carer::WithRows(1 + random.below(rows / 2))),
            _ => None,
        };
        Household {
            rows,
            carer,
            mixed: random.percent(40),
            cares_too: random.percent(4),
        }
    }

    /// The first record of a household. Even shares, each boundary moved up by less than a share, so that every
    /// household keeps a record.
    fn start(self, at: u64, random: &mut Random) -> u64 {
        let share = self.rows / self.households;
        let moved = random.below(share.max(1));
        let even = (u128::from(at) * u128::from(self.rows) / u128::from(self.households)) as u64;
        match at {
            0 => 0,
            at if at == self.households => self.rows,
            _ => even + moved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_shared_out_and_every_household_has_one() {
        for (rows, people) in [
            (0, None),
            (1, None),
            (2, Some(9)),
            (7, Some(0)),
            (100, None),
            (2100, Some(300)),
            (997, Some(997)),
        ] {
            let households: Vec<Household> = Shares::new(5, rows, people).households().collect();
            assert_eq!(
                households
                    .iter()
                    .map(|household| household.rows)
                    .sum::<u64>(),
                rows
            );
            assert!(households.iter().all(|household| household.rows > 0));
        }
    }
}
