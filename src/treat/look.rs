//! Looking for services of an earlier bundle while records are treated: their people's pseudonyms are made anyway.

use super::row::NHS_SLOT;
use super::{LocalRefusal, Service, Treater};
use crate::extract::Cells;
use crate::map::Mapping;
use crate::select::Exclusion;
use crate::validate::across::Place;
use crate::validate::{Checker, EventKind};

impl Treater<'_> {
    /// Looks for services of an earlier bundle among the records of the checker's last batch that are left out, each
    /// given with the reason. Does nothing where none is looked for.
    ///
    /// # Errors
    /// When an identifier is a pseudonym already.
    pub fn look_among_excluded(
        &mut self,
        cells: &Cells,
        mapping: &Mapping,
        checker: &Checker<'_>,
        excluded: impl Iterator<Item = (u32, Exclusion)>,
    ) -> Result<(), LocalRefusal> {
        if self.sightings.is_none() {
            return Ok(());
        }
        let (records, reasons): (Vec<u32>, Vec<Exclusion>) = excluded.unzip();
        for slot in [self.plan.person_slot, NHS_SLOT] {
            self.pseudonymise(slot, cells, mapping, checker, &records)?;
        }
        self.look(cells, checker, &records, |position| Some(reasons[position]));
        Ok(())
    }

    /// Tells of records whose people have their pseudonyms made whom and what they are about.
    pub(super) fn look(
        &mut self,
        cells: &Cells,
        checker: &Checker<'_>,
        records: &[u32],
        reason: impl Fn(usize) -> Option<Exclusion>,
    ) {
        let Some(sightings) = &mut self.sightings else {
            return;
        };
        let roles = &self.plan.schema.roles;
        let starts = &checker.checked().columns[roles.event_start].dates;
        for (position, &record) in records.iter().enumerate() {
            let record = record as usize;
            let people =
                [self.plan.person_slot, NHS_SLOT].map(|slot| self.pseudonyms[slot][position]);
            let entry = |field| checker.entry(cells.source, field, record);
            let service = || {
                let event = entry(roles.event_type).map_or(EventKind::None, |e| e.event);
                // What is left out because its event type cannot be read may be the service.
                let unread = event == EventKind::None && reason(position).is_some();
                if event != EventKind::Service && !unread {
                    return None;
                }
                Some(Service {
                    start: starts[record]?,
                    kind: self.plan.service_kind.map(|at| Some(entry(at?)?.key)),
                })
            };
            let place = Place::new(cells.source, cells.row(record));
            sightings.meet(people, place, service, reason(position));
        }
    }
}
