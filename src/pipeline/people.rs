//! Counts, while rows are written, who is alone with what stands about them: the people of a group stand together in it.

use crate::attack::alone::{self, Alone, Columns, Person};
use crate::date::Date;
use crate::treat::{RowPlan, Stored};
use crate::validate::Plan;
use crate::write::{PseudonymCell, Row, SortedRows};

/// Counts the people of one thread's groups.
#[derive(Clone)]
pub(super) struct People {
    /// The pseudonym by which people are told apart.
    person: Stored,
    /// Columns of values: birth year, birth month, gender, ethnicity, sector.
    details: [Option<usize>; 5],
    start: Option<usize>,
    /// Hashes of texts that have a number of their own, by detail and number; 0 where nobody asked yet.
    known: [Vec<u64>; 5],
    alone: Alone,
}

impl People {
    /// `None` where the submission has no pseudonym of people, or its rows do not stand by it.
    pub fn new(plan: &Plan, rows: &RowPlan) -> Option<Self> {
        let columns = Columns::of(&plan.schema);
        let stored = |name: &Option<String>| {
            let column = rows.columns.iter().find(|c| Some(&c.name) == name.as_ref());
            column.map(|column| column.stored)
        };
        let value = |name: &Option<String>| match stored(name) {
            Some(Stored::Value(at)) => Some(at),
            _ => None,
        };
        let [year, month] = columns.birth.each_ref().map(value);
        Some(Self {
            person: stored(&columns.person).filter(|_| rows.layout.by_person)?,
            details: [
                year,
                month,
                value(&columns.gender),
                value(&columns.ethnicity),
                value(&columns.sector),
            ],
            start: value(&columns.event_start),
            known: Default::default(),
            alone: Alone::default(),
        })
    }

    /// Counts the people of a group, all of whose rows are in it.
    pub fn count(&mut self, rows: &SortedRows<'_>) {
        let mut last = PseudonymCell::Empty;
        let mut somebody: Option<Person> = None;
        for row in rows.all() {
            let whose = row.pseudonym(self.person);
            if whose == PseudonymCell::Empty {
                continue;
            }
            if whose != last {
                somebody.take().inspect(|person| self.alone.add(person));
                somebody = Some(Person::new(self.hashes(rows, &row)));
                last = whose;
            }
            let start = self.start.filter(|at| row.numbers[*at] != 0);
            let start = start.and_then(|at| {
                let days = rows.typed(at, row.numbers[at]);
                i32::try_from(days)
                    .ok()
                    .and_then(Date::from_days_since_1970)
            });
            if let Some(person) = &mut somebody {
                person.event(start);
            }
        }
        somebody.inspect(|person| self.alone.add(person));
    }

    fn hashes(&mut self, rows: &SortedRows<'_>, row: &Row<'_>) -> [u64; 5] {
        /// Texts that came with their rows have higher numbers, which mean something else in the next group.
        const OWN: u32 = 1 << 16;
        std::array::from_fn(|detail| {
            let Some(at) = self.details[detail] else {
                return alone::text(b"");
            };
            let number = row.numbers[at];
            let text = || {
                alone::text(if number == 0 {
                    b""
                } else {
                    rows.text(at, number)
                })
            };
            if number >= OWN {
                return text();
            }
            let known = &mut self.known[detail];
            if known.len() <= number as usize {
                known.resize(number as usize + 1, 0);
            }
            let hash = &mut known[number as usize];
            if *hash == 0 {
                *hash = text();
            }
            *hash
        })
    }

    /// What was counted.
    pub fn into_alone(self) -> Alone {
        self.alone
    }
}
