//! The allocations of people to workers, as the configuration says where they stand.

use std::collections::{HashMap, HashSet};

use super::people::Day;
use super::selection::{Fit, Unread};
use super::table;
use crate::config::AllocationsConfig;
use crate::date::Date;
use crate::error::Result;

/// Who has a worker, and since when others have none.
#[derive(Default)]
pub struct Allocations {
    people: HashMap<Box<str>, Allocation>,
    /// Ends that cannot be read. They are ends, of which nobody knows when.
    pub unreadable: Unread,
    rows: u64,
    counted: u64,
}

/// Whether somebody has a worker now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation {
    /// At least one allocation has no end.
    Open,
    /// All have ended, the last one then, if that can be read.
    Ended(Option<Date>),
}

impl Allocations {
    /// Reads all allocations.
    ///
    /// # Errors
    /// When the file cannot be read or has not the columns.
    pub fn read(config: &AllocationsConfig, today: Date) -> Result<Self> {
        let mut columns = vec![config.person.as_str(), &config.end];
        columns.extend(config.kind.as_ref().map(|kind| kind.column.as_str()));
        let mut all = Self::default();
        table::read(&config.source, "tracing.allocations", &columns, |row| {
            let counts = config
                .kind
                .as_ref()
                .is_none_or(|kind| kind.holds(row.cell(2)));
            all.rows += 1;
            if counts && !row.cell(0).is_empty() {
                all.counted += 1;
                let end = Day::parse(row.cell(1));
                if end == Day::Unreadable {
                    all.unreadable.add(row.number);
                }
                all.add(row.cell(0), end, today);
            }
            Ok(())
        })?;
        Ok(all)
    }

    fn add(&mut self, person: &str, end: Day, today: Date) {
        let now = match end {
            Day::None => Allocation::Open,
            Day::On(day) if day > today => Allocation::Open,
            Day::On(day) => Allocation::Ended(Some(day)),
            // An end that cannot be read is one.
            Day::Unreadable => Allocation::Ended(None),
        };
        match self.people.get_mut(person) {
            None => {
                self.people.insert(person.into(), now);
            }
            Some(known) => {
                *known = match (*known, now) {
                    (Allocation::Open, _) | (_, Allocation::Open) => Allocation::Open,
                    (Allocation::Ended(one), Allocation::Ended(other)) => {
                        Allocation::Ended(one.max(other))
                    }
                }
            }
        }
    }

    /// What is known of a person.
    pub fn of(&self, person: &str) -> Allocation {
        self.people
            .get(person)
            .copied()
            .unwrap_or(Allocation::Ended(None))
    }

    /// How they fit the configuration and these people.
    pub(super) fn fit(&self, people: &HashSet<Box<str>>) -> Fit {
        let strangers = self.people.keys().filter(|id| !people.contains(*id));
        Fit {
            rows: self.rows,
            counted: self.counted,
            ids: self.people.len() as u64,
            strangers: strangers.count() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_open_allocation_is_enough_and_else_the_last_end_counts() {
        let mut all = Allocations::default();
        let on = |year| Date::new(year, 1, 1).unwrap();
        all.add("A", Day::On(on(2020)), on(2026));
        all.add("A", Day::None, on(2026));
        all.add("A", Day::On(on(2021)), on(2026));
        all.add("B", Day::On(on(2021)), on(2026));
        all.add("B", Day::On(on(2020)), on(2026));
        all.add("C", Day::Unreadable, on(2026));
        assert_eq!(all.of("A"), Allocation::Open);
        assert_eq!(all.of("B"), Allocation::Ended(Some(on(2021))));
        assert_eq!(all.of("C"), Allocation::Ended(None));
        // One that is to come has not ended.
        all.add("E", Day::On(on(2027)), on(2026));
        all.add("F", Day::On(on(2026)), on(2026));
        assert_eq!(all.of("E"), Allocation::Open);
        assert_eq!(all.of("F"), Allocation::Ended(Some(on(2026))));
        assert_eq!(all.of("D"), Allocation::Ended(None));
    }
}
