//! Pseudonyms beside what they stand for, or beside those of another key: for the custodian, where one asked for it.

use std::borrow::Cow;

use super::row::{NHS_SLOT, SlotSource, Treater};
use super::{LocalRefusal, Pseudonym};
use crate::extract::Cells;
use crate::map::Mapping;
use crate::nhs_number::NhsNumber;
use crate::validate::Checker;

/// A pseudonym that leaves, and what it was made of. No `Debug`.
pub struct Made<'a> {
    /// The family of identifiers.
    pub domain: &'a str,
    /// Position of the field.
    pub field: usize,
    /// Position of the record in its batch.
    pub record: usize,
    /// What the recipient gets.
    pub pseudonym: Pseudonym,
    /// The identifier.
    pub value: Cow<'a, str>,
}

impl Treater<'_> {
    /// Makes the pseudonyms of the submitted records of the checker's last batch, and nothing else of them.
    ///
    /// # Errors
    /// When an identifier is a pseudonym already.
    pub fn only_pseudonyms(
        &mut self,
        cells: &Cells,
        mapping: &Mapping,
        checker: &Checker<'_>,
        submitted: &[u32],
    ) -> Result<(), LocalRefusal> {
        (0..self.plan.slots.len())
            .try_for_each(|slot| self.pseudonymise(slot, cells, mapping, checker, submitted))
    }

    /// Goes through the pseudonyms that were made last and leave, with what they stand for; record by record within each
    /// field.
    pub fn each_made(
        &self,
        cells: &Cells,
        mapping: &Mapping,
        checker: &Checker<'_>,
        submitted: &[u32],
        mut each: impl FnMut(Made<'_>),
    ) {
        for &slot in &self.plan.kept {
            let made = &self.pseudonyms[slot];
            let slot = &self.plan.slots[slot];
            if slot.source == SlotSource::Best {
                // The same as one of those that it is chosen from.
                continue;
            }
            let checked = &checker.checked().columns[slot.field];
            for (&record, pseudonym) in submitted.iter().zip(made) {
                let record = record as usize;
                let Some(pseudonym) = *pseudonym else {
                    continue;
                };
                let value = match slot.source {
                    SlotSource::NhsNumber => checked.numbers[record].map_or(Cow::default(), |n| {
                        String::from_utf8_lossy(n.digits()).into_owned().into()
                    }),
                    SlotSource::Entry => checker
                        .entry(cells.source, slot.field, record)
                        .map_or(Cow::default(), |entry| (*entry.text).into()),
                    SlotSource::Traced => {
                        let number = self.traced_number(cells, mapping, record);
                        number.map_or(Cow::default(), |n| {
                            String::from_utf8_lossy(n.digits()).into_owned().into()
                        })
                    }
                    SlotSource::Best => Cow::default(),
                    SlotSource::Cell | SlotSource::Date => mapping.fields[slot.field]
                        .map_or(Cow::default(), |column| {
                            String::from_utf8_lossy(cells.get(column, record))
                        }),
                };
                each(Made {
                    domain: slot.domain.label(),
                    field: slot.field,
                    record,
                    pseudonym,
                    value,
                });
            }
        }
    }

    /// The verified number of the person of a record.
    fn traced_number(&self, cells: &Cells, mapping: &Mapping, record: usize) -> Option<NhsNumber> {
        let slots = self.plan.traced.as_ref()?;
        let column = mapping.fields[self.plan.schema.roles.person_id]?;
        slots.numbers.of(cells.get(column, record))
    }

    /// Submitted records of the last batch whose number is another one than the verified one of their person.
    pub fn each_that_differs<'s>(
        &'s self,
        submitted: &'s [u32],
    ) -> impl Iterator<Item = usize> + 's {
        let slots = self.plan.traced.iter();
        slots.flat_map(move |slots| {
            let held = self.pseudonyms[NHS_SLOT].iter();
            let both = held.zip(&self.pseudonyms[slots.traced]).zip(submitted);
            both.filter_map(|((held, traced), record)| {
                let differ = held.is_some() && traced.is_some() && held != traced;
                differ.then_some(*record as usize)
            })
        })
    }

    /// Goes through the pseudonyms that were made last and leave, each with the one that another treater made of the same
    /// identifier, under another key.
    pub fn each_pair(&self, other: &Self, mut each: impl FnMut(&str, Pseudonym, Pseudonym)) {
        let kept = self.plan.kept.iter();
        for &slot in kept.filter(|slot| self.plan.slots[**slot].source != SlotSource::Best) {
            let domain = self.plan.slots[slot].domain.label();
            let pairs = self.pseudonyms[slot].iter().zip(&other.pseudonyms[slot]);
            for (ours, theirs) in pairs {
                if let (Some(ours), Some(theirs)) = (ours, theirs) {
                    each(domain, *ours, *theirs);
                }
            }
        }
    }
}
