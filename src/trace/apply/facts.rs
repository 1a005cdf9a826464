//! What was so before any of the answers was taken. References are drawn, so that their order must decide nothing.

use std::collections::{HashMap, HashSet};

use super::questions::{Answered, Holders, Questions};
use crate::config::TracingConfig;
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
    /// Questions about somebody for whom a number was given that another living person of the register holds.
    held: HashSet<Reference>,
    /// People who were asked about and object by now.
    objects: HashSet<String>,
}

impl Facts {
    /// Reads all of it.
    pub fn read(
        config: &TracingConfig,
        change: &mut Change<'_>,
        questions: &Questions,
    ) -> Result<Self> {
        let mut found = Self::default();
        // Who was dead when the register last looked may be alive by now.
        let mut dead: HashMap<String, Vec<u64>> = HashMap::new();
        for (reference, one) in questions.all() {
            if let Matched::Number(number) = one.answer.matched {
                if change.holder(&number, &one.sent.person)?.is_some() {
                    found.held.insert(*reference);
                }
                for person in change.dead_holders(&number)? {
                    dead.entry(person).or_default().push(number.as_u64());
                }
            }
        }
        let mut asked: Vec<(&str, &Reference, &Answered)> = questions
            .all()
            .map(|(reference, one)| (one.sent.person.as_str(), reference, one))
            .collect();
        asked.sort_unstable_by_key(|(person, ..)| *person);
        let mut met: HashSet<&str> = HashSet::new();
        people::read(&config.people, &config.keep, |row| {
            if let Some(number) = row.number.map(|number| number.as_u64())
                && questions.give(number)
                && !row.is_dead()
            {
                found.holders.add(number, row.person);
            }
            if !row.is_dead() {
                for number in dead.get(row.person).into_iter().flatten() {
                    found.holders.add(*number, row.person);
                }
            }
            let from = asked.partition_point(|(person, ..)| *person < row.person);
            let of_person = asked[from..]
                .iter()
                .take_while(|(person, ..)| *person == row.person);
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

    /// Whether another living person of the register held the number that answers a question.
    pub fn is_held(&self, reference: &Reference) -> bool {
        self.held.contains(reference)
    }

    /// Whether a person objects by now.
    pub fn objects(&self, person: &str) -> bool {
        self.objects.contains(person)
    }
}
