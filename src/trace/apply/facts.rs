//! What was so before any of the answers was taken. References are drawn, so that their order must decide nothing.

use std::collections::{HashMap, HashSet};

use super::questions::{Answered, Holders, Questions};
use crate::config::TracingConfig;
use crate::date::Date;
use crate::error::Result;
use crate::nhs_number::NhsNumber;
use crate::trace::answer::Matched;
use crate::trace::people;
use crate::trace::register::Change;
use crate::trace::request::Reference;

/// What the case system says now of the people that there are answers about, and the register before it learns more.
#[derive(Default)]
pub(super) struct Facts {
    /// Questions about people whose facts are still those that were sent.
    unchanged: HashSet<Reference>,
    /// By number that was given: the living people of the case system who have it, there or in the register.
    holders: Holders,
    /// By number that was given: the living person of the register who holds it.
    held: HashMap<u64, String>,
    /// People of `held` who are dead by now.
    dead: HashSet<String>,
    /// People who were asked about and object by now.
    objects: HashSet<String>,
}

impl Facts {
    /// Reads all of it.
    pub fn read(
        config: &TracingConfig,
        today: Date,
        change: &mut Change<'_>,
        questions: &Questions,
    ) -> Result<Self> {
        let mut found = Self::default();
        // Who was dead when the register last looked may be alive by now, and whom a number was given that nobody has yet is
        // one of two, if their record is still there.
        let mut possible: HashMap<String, Vec<u64>> = HashMap::new();
        let mut asked_about: HashSet<u64> = HashSet::new();
        for (_, one) in questions.all() {
            if let Matched::Number(number) = one.answer.matched
                && asked_about.insert(number.as_u64())
            {
                if let Some(person) = change.holder(&number, "")? {
                    found.held.insert(number.as_u64(), person);
                }
                for person in change.possible_holders(&number)? {
                    possible.entry(person).or_default().push(number.as_u64());
                }
            }
        }
        let mut asked: Vec<(&str, &Reference, &Answered)> = questions
            .all()
            .map(|(reference, one)| (one.sent.person.as_str(), reference, one))
            .collect();
        asked.sort_unstable_by_key(|(person, ..)| *person);
        let holding: HashSet<String> = found.held.values().cloned().collect();
        let mut met: HashSet<&str> = HashSet::new();
        people::read(&config.people, &config.keep, today, |row| {
            // Nobody knows whose row that is, and nobody can be asked about it.
            if row.person.is_empty() {
                return Ok(());
            }
            if let Some(number) = row.number.map(|number| number.as_u64())
                && questions.give(number)
                && !row.is_dead()
            {
                found.holders.add(number, row.person);
            }
            if !row.is_dead() {
                for number in possible.get(row.person).into_iter().flatten() {
                    found.holders.add(*number, row.person);
                }
            }
            let from = asked.partition_point(|(person, ..)| *person < row.person);
            let of_person = asked[from..]
                .iter()
                .take_while(|(person, ..)| *person == row.person);
            if row.is_dead() && holding.contains(row.person) {
                found.dead.insert(row.person.to_owned());
            }
            if row.objects && of_person.clone().next().is_some() {
                found.objects.insert(row.person.to_owned());
            }
            let mut once = None;
            for (person, reference, one) in of_person {
                // Two rows of one person: nobody knows which is the one that was sent.
                if *once.get_or_insert_with(|| met.insert(person))
                    && row.facts(reference) == one.sent.facts
                {
                    found.unchanged.insert(**reference);
                } else {
                    found.unchanged.remove(*reference);
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Whether the facts about the person of a question are still those that were sent.
    pub fn unchanged(&self, reference: &Reference) -> bool {
        self.unchanged.contains(reference)
    }

    /// Whether another living person of the case system has a number, there or in the register.
    pub fn are_of_another(&self, number: &NhsNumber, but: &str) -> bool {
        self.holders.has_another(number, but)
    }

    /// The other living person of the register who held a number.
    pub fn holder(&self, number: &NhsNumber, but: &str) -> Option<&str> {
        let holder = self.held.get(&number.as_u64());
        holder.map(String::as_str).filter(|person| *person != but)
    }

    /// Whether somebody who held a number is dead by now.
    pub fn is_dead(&self, holder: &str) -> bool {
        self.dead.contains(holder)
    }

    /// Whether a person objects by now.
    pub fn objects(&self, person: &str) -> bool {
        self.objects.contains(person)
    }
}
