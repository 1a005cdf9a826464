//! What must be known of all people before anything can be said of one: who is there and alive, whose id stands on several
//! rows, which number several people have or have a claim to.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;

use super::people::{self, PersonRow};
use super::register::entry::DEAD;
use super::register::{Change, Person};
use super::select::Moment;
use crate::config::TracingConfig;
use crate::error::Result;
use crate::nhs_number::NhsNumber;

/// All people at once.
pub(super) struct Census {
    pub(super) people: HashSet<Box<str>>,
    pub(super) twice: HashSet<Box<str>>,
    /// People by the hash of their ids who are not dead on every row of theirs.
    living: HashSet<u64>,
    shared: HashSet<u64>,
    /// By person: numbers to which they have a claim.
    claims: HashMap<Box<str>, Vec<NhsNumber>>,
}

impl Census {
    /// Reads all of it.
    pub(super) fn take(
        config: &TracingConfig,
        change: &Change<'_>,
        moment: &Moment,
    ) -> Result<Self> {
        let mut census = Self {
            people: HashSet::new(),
            twice: HashSet::new(),
            living: HashSet::new(),
            shared: HashSet::new(),
            claims: HashMap::new(),
        };
        let mut numbers: HashMap<u64, u64> = HashMap::new();
        people::read(&config.people, &config.keep, moment.today, |row| {
            if row.person.is_empty() {
                return Ok(());
            }
            if !census.people.insert(row.person.into()) {
                census.twice.insert(row.person.into());
            }
            let person = FixedState::default().hash_one(row.person);
            if !row.is_dead() {
                census.living.insert(person);
                if let Some(number) = row.number {
                    census.holds(&mut numbers, number, person);
                }
            }
            Ok(())
        })?;
        // Numbers that PDS gave are people's too, also those that nobody got because two have them.
        change.people(|known| {
            let alive = if census.people.contains(known.person.as_str()) {
                census.lives(&known.person)
            } else {
                !known.has(DEAD)
            };
            if let Some(number) = known.number
                && alive
            {
                let person = FixedState::default().hash_one(known.person.as_str());
                census.holds(&mut numbers, number, person);
            }
        })?;
        change.claims(|person, number| {
            // Whose record is gone from the case system was one of the two that are one person now.
            if census.people.contains(person) && census.lives(person) {
                let hash = FixedState::default().hash_one(person);
                census.holds(&mut numbers, number, hash);
                let claims = census.claims.entry(person.into()).or_default();
                claims.push(number);
            }
        })?;
        Ok(census)
    }

    fn holds(&mut self, numbers: &mut HashMap<u64, u64>, number: NhsNumber, person: u64) {
        let number = number.as_u64();
        if *numbers.entry(number).or_insert(person) != person {
            self.shared.insert(number);
        }
    }

    /// Whether a row of somebody says that they are alive.
    pub(super) fn lives(&self, person: &str) -> bool {
        self.living
            .contains(&FixedState::default().hash_one(person))
    }

    /// Whether several living people have a number.
    pub(super) fn has_shared(&self, number: &NhsNumber) -> bool {
        self.shared.contains(&number.as_u64())
    }

    /// Whether somebody else living has a number that a person has, or has a claim to, where these still count.
    pub(super) fn is_shared(
        &self,
        row: &PersonRow<'_>,
        known: Option<&Person>,
        claims_count: bool,
    ) -> bool {
        match known.and_then(|person| person.number) {
            Some(number) => self.has_shared(&number),
            None => {
                let claims = self.claims.get(row.person).filter(|_| claims_count);
                // One that was taken back a moment ago.
                let taken_back = known.filter(|person| claims_count && person.is_shared());
                let taken_back = taken_back.and_then(|person| person.offered);
                let claims = claims.into_iter().flatten().copied();
                let mut numbers = claims.chain(taken_back).chain(row.number);
                numbers.any(|number| self.has_shared(&number))
            }
        }
    }
}
