//! From checked cells to the rows that leave: every column made as the schema's treatment says, nothing else.
//!
//! Columns are made one at a time for a batch: what repeats (values of lists, days, ages) is looked up by its position
//! among the distinct ones and never written out again.

use std::sync::Arc;

use super::chosen::{Choice, Chosen};
use super::layout::{Layout, OutputColumn, Stored};
use super::memo::Memo;
use super::numbered::{Numbered, dmy};
use super::open_services::SERVICE_KIND;
use super::values::Values;
use super::{
    DomainKey, Identifiers, IdentifiersMet, KeyError, LocalRefusal, MasterKey, Objections,
    OpenServices, People, PeopleBefore, PeopleMet, Pseudonym, Scope, Sightings, Traced, TracedSums,
    Traits,
};
use crate::extract::{Cells, text_of};
use crate::map::Mapping;
use crate::nhs_number::NhsNumber;
use crate::schema::{Domain, Kind, Make, Privacy, Schema, Treatment};
use crate::validate::{Checker, ClientKind, Validity};

/// What the cells of an output column look like, for the writers and for the check of what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Text that came from the extract, if only as a value of a list.
    Text,
    /// 64 hexadecimal digits, or the combined person id.
    Pseudonym,
    /// dd/mm/yyyy.
    Date,
    /// A postcode sector.
    Sector,
    /// A year, a month, an age or a flag.
    Integer,
    /// A whole number from the extract.
    Count,
    /// A number with two decimals.
    Decimal,
}

/// The columns of the submission, ready to be made. Shared by all threads.
pub struct RowPlan {
    /// In the order of the submission.
    pub columns: Vec<OutputColumn>,
    /// What rows look like.
    pub layout: Layout,
    /// How the values of a row are made, in their order.
    pub(super) makes: Vec<ValueOf>,
    /// The slots of the pseudonyms that rows have, in their order.
    pub(super) kept: Vec<usize>,
    pub(super) schema: Arc<Schema>,
    pub(super) slots: Vec<Slot>,
    pub(super) person_slot: usize,
    /// `None` if the configuration drops the NHS number: then nothing made of it may stand in another column either.
    nhs_slot: Option<usize>,
    /// Numbers that tracing verified, and the slots of those and of what is known best; `None` without tracing.
    pub(super) traced: Option<TracedSlots>,
    /// The fields by which services of one person with the same start are told apart.
    pub(super) service_kind: [Option<usize>; 2],
    /// Where `Client Funding Status` stands.
    funding: Option<usize>,
    /// Fields that identify a person by a word: ids and names. Whatever their treatment, their values are remembered.
    words: Vec<usize>,
}

/// Where the NHS number stands among the slots, whether or not anything made of it is written.
pub(super) const NHS_SLOT: usize = 1;

/// What a value of a row is made from.
#[derive(Debug, Clone, Copy)]
pub(super) enum ValueOf {
    /// What the lexicon says is written.
    Written(usize),
    Date(usize),
    BirthYear,
    BirthMonth,
    AgeAtEventStart,
    AgeAtPeriodEnd,
    Conversation(usize),
}

/// A field whose values get pseudonyms.
pub(super) struct Slot {
    pub field: usize,
    pub domain: Domain,
    key: DomainKey,
    pub source: SlotSource,
}

impl Slot {
    /// The pseudonym of a local identifier, considered for what the run tries on itself.
    fn local(&self, text: &str, choice: &mut Choice) -> Result<Option<Pseudonym>, LocalRefusal> {
        let pseudonym = self.key.pseudonym_of_local(text)?;
        if let Some(pseudonym) = pseudonym {
            choice.offer(pseudonym, text.trim().as_bytes());
        }
        Ok(pseudonym)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SlotSource {
    NhsNumber,
    /// The cell itself.
    Cell,
    /// The value after mapping and respelling.
    Entry,
    /// The day, written dd/mm/yyyy.
    Date,
    /// The verified number of the person.
    Traced,
    /// The verified number's pseudonym, else that of the number held.
    Best,
}

/// Numbers that tracing verified, and where what is made of them stands among the slots.
pub(super) struct TracedSlots {
    pub numbers: Arc<Traced>,
    pub traced: usize,
    pub best: usize,
}

impl RowPlan {
    /// Derives the keys and lays out the row.
    ///
    /// # Errors
    /// When a part of the scope cannot be used in key derivation.
    pub fn new(schema: Arc<Schema>, key: &MasterKey, scope: &Scope) -> Result<Self, KeyError> {
        Self::with_traced(schema, key, scope, None)
    }

    /// The same with numbers that tracing verified.
    ///
    /// # Errors
    /// As [`RowPlan::new`].
    pub fn with_traced(
        schema: Arc<Schema>,
        key: &MasterKey,
        scope: &Scope,
        traced: Option<Arc<Traced>>,
    ) -> Result<Self, KeyError> {
        let roles = schema.roles;
        let mut plan = Self {
            columns: Vec::new(),
            layout: Layout {
                values: 0,
                pseudonyms: 0,
                order: Vec::new(),
                by_person: false,
                prefix: format!("{}_", scope.controller()).into_bytes(),
            },
            makes: Vec::new(),
            kept: Vec::new(),
            slots: Vec::new(),
            person_slot: 0,
            nhs_slot: (schema.fields[roles.nhs_number].treatment != Treatment::Drop)
                .then_some(NHS_SLOT),
            traced: None,
            words: words(&schema),
            service_kind: SERVICE_KIND.map(|(name, _)| schema.position(name)),
            funding: schema.position("Client Funding Status"),
            schema: Arc::clone(&schema),
        };
        plan.slots.push(Slot {
            field: roles.person_id,
            domain: Domain::LaPerson,
            key: key.domain_key(scope, &Domain::LaPerson)?,
            source: SlotSource::Cell,
        });
        plan.slots.push(Slot {
            field: roles.nhs_number,
            domain: Domain::NhsNumber,
            key: key.domain_key(scope, &Domain::NhsNumber)?,
            source: SlotSource::NhsNumber,
        });
        // Where the configuration drops the number, nothing made of a verified one may leave either.
        if let Some(numbers) = traced.filter(|_| plan.nhs_slot.is_some()) {
            for source in [SlotSource::Traced, SlotSource::Best] {
                plan.slots.push(Slot {
                    field: roles.nhs_number,
                    domain: Domain::NhsNumber,
                    key: key.domain_key(scope, &Domain::NhsNumber)?,
                    source,
                });
            }
            plan.traced = Some(TracedSlots {
                numbers,
                traced: plan.slots.len() - 2,
                best: plan.slots.len() - 1,
            });
        }
        let mut person_column = None;
        for (field, column) in schema.columns() {
            let kind = schema.fields[field].kind;
            let (stored, form) = match &column.make {
                Make::Nothing => (Stored::Nothing, form_of(kind)),
                Make::Value if kind == Kind::Date => (plan.value(ValueOf::Date(field)), Form::Date),
                Make::Value => (plan.value(ValueOf::Written(field)), form_of(kind)),
                Make::PostcodeSector => (plan.value(ValueOf::Written(field)), Form::Sector),
                Make::Pseudonym(domain) => {
                    let slot = plan.slot(field, domain, key, scope)?;
                    (Stored::Pseudonym(plan.keep(slot)), Form::Pseudonym)
                }
                Make::TracedPseudonym => {
                    let slot = plan.traced.as_ref().map(|slots| slots.traced);
                    let stored = slot.map(|slot| Stored::Pseudonym(plan.keep(slot)));
                    (stored.unwrap_or(Stored::Nothing), Form::Pseudonym)
                }
                Make::CombinedPersonId => {
                    let combined = Stored::Combined {
                        number: plan.best_slot().map(|slot| plan.keep(slot)),
                        person: plan.keep(plan.person_slot),
                    };
                    (combined, Form::Pseudonym)
                }
                Make::BirthYear => (plan.value(ValueOf::BirthYear), Form::Integer),
                Make::BirthMonth => (plan.value(ValueOf::BirthMonth), Form::Integer),
                Make::AgeAtEventStart => (plan.value(ValueOf::AgeAtEventStart), Form::Integer),
                Make::AgeAtPeriodEnd => (plan.value(ValueOf::AgeAtPeriodEnd), Form::Integer),
                Make::Conversation => (plan.value(ValueOf::Conversation(field)), Form::Integer),
            };
            if field == roles.person_id && person_column.is_none() {
                person_column = Some(plan.columns.len());
            }
            plan.columns.push(OutputColumn {
                name: column.name.clone(),
                form,
                field,
                stored,
            });
        }
        let first = person_column.unwrap_or(0);
        let others = (0..plan.columns.len()).filter(|at| *at != first);
        plan.layout.order = std::iter::once(first).chain(others).collect();
        let person = plan.columns.get(first).map(|column| column.stored);
        plan.layout.by_person =
            matches!(person, Some(Stored::Pseudonym(at)) if plan.kept[at] == plan.person_slot);
        if plan.layout.by_person {
            plan.put_first(plan.person_slot);
        }
        (plan.layout.values, plan.layout.pseudonyms) = (plan.makes.len(), plan.kept.len());
        Ok(plan)
    }

    /// Whether verified numbers are used: not where the configuration drops the NHS number.
    pub fn is_traced(&self) -> bool {
        self.traced.is_some()
    }

    /// The slot of the number by which a person is known nationally.
    fn best_slot(&self) -> Option<usize> {
        let best = self.traced.as_ref().map(|slots| slots.best);
        best.or(self.nhs_slot)
    }

    fn value(&mut self, made: ValueOf) -> Stored {
        self.makes.push(made);
        Stored::Value(self.makes.len() - 1)
    }

    /// The position among a row's pseudonyms of a slot's.
    fn keep(&mut self, slot: usize) -> usize {
        self.kept
            .iter()
            .position(|kept| *kept == slot)
            .unwrap_or_else(|| {
                self.kept.push(slot);
                self.kept.len() - 1
            })
    }

    /// Has rows begin with the pseudonym of this slot.
    fn put_first(&mut self, slot: usize) {
        let was = self.keep(slot);
        self.kept.swap(0, was);
        let swapped = |at: &mut usize| {
            *at = match *at {
                0 => was,
                at if at == was => 0,
                at => at,
            }
        };
        for column in &mut self.columns {
            match &mut column.stored {
                Stored::Pseudonym(at) => swapped(at),
                Stored::Combined { number, person } => {
                    number.iter_mut().for_each(swapped);
                    swapped(person);
                }
                Stored::Nothing | Stored::Value(_) => {}
            }
        }
    }

    /// Makes pseudonyms in a form that must be found out.
    #[cfg(test)]
    pub fn weaken(&mut self, weakness: super::weak::Weak, la_code: &str) {
        for slot in &mut self.slots {
            slot.key.weaken(weakness, la_code);
        }
    }

    /// The domains that pseudonyms are made in, sorted.
    pub fn domains(&self) -> Vec<String> {
        let mut domains: Vec<_> = self
            .slots
            .iter()
            .map(|s| s.domain.label().to_owned())
            .collect();
        domains.sort();
        domains.dedup();
        domains
    }

    fn slot(
        &mut self,
        field: usize,
        domain: &Domain,
        key: &MasterKey,
        scope: &Scope,
    ) -> Result<usize, KeyError> {
        if let Some(at) = self.slots.iter().position(|s| s.field == field) {
            return Ok(at);
        }
        let source = match domain {
            Domain::Other(_) if self.schema.fields[field].kind == Kind::Date => SlotSource::Date,
            Domain::Other(_) => SlotSource::Entry,
            _ => SlotSource::Cell,
        };
        self.slots.push(Slot {
            field,
            domain: domain.clone(),
            key: key.domain_key(scope, domain)?,
            source,
        });
        Ok(self.slots.len() - 1)
    }
}

/// The fields whose values are person ids and names.
fn words(schema: &Schema) -> Vec<usize> {
    let other = |at: usize| at == schema.roles.nhs_number || at == schema.roles.postcode;
    let fields = schema.fields.iter().enumerate();
    fields
        .filter(|(at, f)| {
            f.privacy == Privacy::DirectIdentifier && f.kind != Kind::Date && !other(*at)
        })
        .map(|(at, _)| at)
        .collect()
}

fn form_of(kind: Kind) -> Form {
    match kind {
        Kind::Date => Form::Date,
        Kind::Integer => Form::Count,
        Kind::Decimal => Form::Decimal,
        Kind::Text | Kind::Code | Kind::List => Form::Text,
    }
}

/// Makes rows. One treater belongs to one thread.
pub struct Treater<'a> {
    pub(super) plan: &'a RowPlan,
    pub(super) values: &'a Values,
    /// The numbers of what was met, for each source and value of a row.
    pub(super) numbered: Vec<Vec<Numbered>>,
    /// The numbers of a batch, record by record.
    pub(super) numbers: Vec<u16>,
    /// Texts of the batch that have no number: record, value, text.
    pub(super) inline: Vec<(usize, usize, Box<[u8]>)>,
    row: Vec<u8>,
    memos: Vec<Memo>,
    /// What the run will try on itself, by slot.
    choices: Vec<Choice>,
    pub(super) pseudonyms: Vec<Vec<Option<Pseudonym>>>,
    identifiers: IdentifiersMet<'a>,
    people: PeopleMet<'a>,
    watch: Watch<'a>,
    /// What verified numbers came to.
    traced: TracedSums,
    /// `None` unless an earlier bundle is compared.
    pub(super) sightings: Option<Sightings<'a>>,
}

/// What a treater looks for on its way. Nothing of it changes what is made.
#[derive(Clone, Copy, Default)]
pub struct Watch<'a> {
    /// Services that an earlier bundle had open.
    pub sought: Option<&'a OpenServices>,
    /// People of an earlier bundle.
    pub before: Option<&'a PeopleBefore>,
    /// People who objected.
    pub objections: Option<&'a Objections>,
}

impl<'a> Treater<'a> {
    /// One that has seen nothing. `met` are the identifiers that all threads meet and the people that they submit.
    pub fn new(
        plan: &'a RowPlan,
        values: &'a Values,
        met: (&'a Identifiers, &'a People),
        sources: usize,
        watch: Watch<'a>,
    ) -> Self {
        let of_source = || plan.makes.iter().map(|_| Numbered::default()).collect();
        Self {
            plan,
            values,
            numbered: std::iter::repeat_with(of_source).take(sources).collect(),
            numbers: Vec::new(),
            inline: Vec::new(),
            row: Vec::new(),
            memos: plan.slots.iter().map(|_| Memo::new()).collect(),
            choices: plan.slots.iter().map(|_| Choice::default()).collect(),
            pseudonyms: plan.slots.iter().map(|_| Vec::new()).collect(),
            identifiers: met.0.meeting(),
            people: met.1.meeting(),
            traced: TracedSums::default(),
            sightings: watch.sought.map(Sightings::new),
            watch,
        }
    }

    /// Hands over the identifiers met, of all records, the excluded included, and the people submitted; gives what was
    /// seen of the services that were looked for, what the run may try on itself, and what verified numbers came to.
    pub fn finish(self) -> (Option<Sightings<'a>>, Chosen, TracedSums) {
        let mut chosen = Chosen::default();
        for (slot, choice) in self.plan.slots.iter().zip(self.choices) {
            chosen.add(slot.domain.label(), choice.into_pairs());
        }
        (self.sightings, chosen, self.traced)
    }

    /// Makes the rows of the submitted records of the checker's last batch. `emit` gets the first two bytes of the person
    /// pseudonym by which rows are sorted, if there is one, and the row.
    ///
    /// # Errors
    /// When an identifier is a pseudonym already, or `emit` fails.
    pub fn treat<E: From<LocalRefusal>>(
        &mut self,
        cells: &Cells,
        mapping: &Mapping,
        checker: &Checker<'_>,
        submitted: &[u32],
        mut emit: impl FnMut(Option<[u8; 2]>, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.remember(cells, mapping, checker);
        for slot in 0..self.plan.slots.len() {
            self.pseudonymise(slot, cells, mapping, checker, submitted)?;
        }
        self.look(cells, checker, submitted, |_| None);
        self.number(cells, mapping, checker, submitted);
        self.meet(cells.source, checker, submitted);
        let plan = self.plan;
        let mut inline = self.inline.iter().peekable();
        for position in 0..submitted.len() {
            let person = self.pseudonyms[plan.person_slot][position];
            let numbers = &self.numbers[position * plan.makes.len()..][..plan.makes.len()];
            let pseudonyms = plan.kept.iter().map(|&slot| {
                let pseudonym = &self.pseudonyms[slot][position];
                pseudonym.as_ref().map(Pseudonym::as_bytes)
            });
            let texts = std::iter::from_fn(|| {
                let (_, _, text) = inline.next_if(|(of, _, _)| *of == position)?;
                Some(&**text)
            });
            self.row.clear();
            plan.layout.pack(&mut self.row, numbers, pseudonyms, texts);
            let sorted_by = person.filter(|_| plan.layout.by_person);
            let [first, second, ..] = sorted_by.map_or([0; 32], |p| *p.as_bytes());
            emit(sorted_by.map(|_| [first, second]), &self.row)?;
        }
        Ok(())
    }

    /// What a record tells of its person.
    fn traits(&self, source: usize, checker: &Checker<'_>, record: usize) -> Traits {
        let entry = |field| checker.entry(source, field, record);
        let client = entry(self.plan.schema.roles.client_type);
        let mut traits = match client.map_or(ClientKind::Other, |entry| entry.client) {
            ClientKind::ServiceUser => Traits::SERVICE_USER,
            ClientKind::Carer => Traits::CARER,
            ClientKind::KnownByAssociation => Traits::KNOWN_BY_ASSOCIATION,
            ClientKind::Other => Traits::OTHER_CLIENT,
        };
        let funding = self.plan.funding.and_then(entry);
        if funding.is_some_and(|entry| entry.funds_own_care) {
            traits |= Traits::FUNDS_OWN_CARE;
        }
        traits
    }

    /// Counts the people of the submitted records of the batch.
    fn meet(&mut self, source: usize, checker: &Checker<'_>, submitted: &[u32]) {
        let slots = [self.plan.person_slot, NHS_SLOT];
        for (position, &record) in submitted.iter().enumerate() {
            let pseudonyms = slots.map(|slot| self.pseudonyms[slot][position]);
            let mut traits = self.traits(source, checker, record as usize);
            if let Some(before) = self.watch.before {
                before.meet(pseudonyms);
            }
            if self.watch.objections.is_some_and(|o| o.has(pseudonyms)) {
                traits |= Traits::OBJECTS;
            }
            if let Some(slots) = &self.plan.traced {
                let traced = self.pseudonyms[slots.traced][position];
                self.traced.add(pseudonyms[0], pseudonyms[1], traced);
                if self.watch.objections.is_some_and(|o| o.has([None, traced])) {
                    traits |= Traits::OBJECTS;
                }
            }
            // Where the configuration drops the number, nothing hangs on it.
            let number = self.plan.best_slot();
            let number = number.and_then(|slot| self.pseudonyms[slot][position]);
            self.people.add(number.or(pseudonyms[0]), traits);
        }
    }

    /// Keeps the identifiers of every record; neighbours often share them.
    fn remember(&mut self, cells: &Cells, mapping: &Mapping, checker: &Checker<'_>) {
        let roles = self.plan.schema.roles;
        let identifiers = &mut self.identifiers;
        let columns = &checker.checked().columns;
        let mut last = None;
        for number in columns[roles.nhs_number].numbers.iter().flatten() {
            if last.replace(number) != Some(number) {
                identifiers.add_number(number);
            }
        }
        // Nor may a verified number stand anywhere.
        if let (Some(slots), Some(column)) = (&self.plan.traced, mapping.fields[roles.person_id]) {
            let mut last: &[u8] = b"";
            for cell in cells.column(column) {
                if cell != std::mem::replace(&mut last, cell)
                    && let Some(number) = slots.numbers.of(cell)
                {
                    identifiers.add_number(&number);
                }
            }
        }
        let mut last = 0;
        for record in 0..cells.len() {
            let packed = checker
                .entry(cells.source, roles.postcode, record)
                .map_or(0, |e| e.postcode);
            if packed != last && packed != 0 {
                identifiers.add_postcode(packed);
            }
            last = packed;
        }
        for field in [roles.nhs_number, roles.postcode] {
            let Some(column) = mapping.fields[field] else {
                continue;
            };
            for (record, validity) in columns[field].validity.iter().enumerate() {
                if *validity == Validity::Invalid {
                    identifiers.add_broken(&text_of(cells.get(column, record)));
                }
            }
        }
        for &field in &self.plan.words {
            let Some(column) = mapping.fields[field] else {
                continue;
            };
            let mut last: &[u8] = b"";
            for record in 0..cells.len() {
                let cell = cells.get(column, record);
                if cell.is_empty() {
                    continue;
                }
                if cell != last {
                    identifiers.add_word(&text_of(cell));
                }
                last = cell;
            }
        }
    }

    pub(super) fn pseudonymise(
        &mut self,
        at: usize,
        cells: &Cells,
        mapping: &Mapping,
        checker: &Checker<'_>,
        submitted: &[u32],
    ) -> Result<(), LocalRefusal> {
        let slot = &self.plan.slots[at];
        if let (SlotSource::Best, Some(slots)) = (slot.source, &self.plan.traced) {
            let (traced, held) = (&self.pseudonyms[slots.traced], &self.pseudonyms[NHS_SLOT]);
            let best = traced
                .iter()
                .zip(held)
                .map(|(traced, held)| traced.or(*held));
            self.pseudonyms[at] = best.collect();
            return Ok(());
        }
        let memo = &mut self.memos[at];
        let choice = &mut self.choices[at];
        let made = &mut self.pseudonyms[at];
        made.clear();
        let column = match slot.source {
            SlotSource::Traced => mapping.fields[self.plan.schema.roles.person_id],
            _ => mapping.fields[slot.field],
        };
        let traced = self.plan.traced.as_ref();
        for &record in submitted {
            let record = record as usize;
            made.push(match (slot.source, column) {
                (SlotSource::NhsNumber, _) => {
                    let number: Option<NhsNumber> =
                        checker.checked().columns[slot.field].numbers[record];
                    match number {
                        Some(number) => memo.recall(number.digits(), || {
                            let pseudonym = slot.key.pseudonym_of_nhs(&number);
                            choice.offer(pseudonym, number.digits());
                            Ok(Some(pseudonym))
                        })?,
                        None => None,
                    }
                }
                (SlotSource::Entry, _) => {
                    let text = checker
                        .entry(cells.source, slot.field, record)
                        .map_or("", |e| &e.text);
                    memo.recall(text.as_bytes(), || slot.local(text, choice))?
                }
                (SlotSource::Date, _) => {
                    match checker.checked().columns[slot.field].dates[record] {
                        Some(day) => {
                            let text = dmy(day);
                            memo.recall(&text, || slot.local(&text_of(&text), choice))?
                        }
                        None => None,
                    }
                }
                (SlotSource::Cell, Some(column)) => {
                    let cell = cells.get(column, record);
                    memo.recall(cell, || slot.local(&text_of(cell), choice))?
                }
                (SlotSource::Traced, Some(column)) => {
                    let cell = cells.get(column, record);
                    let number = traced.and_then(|slots| slots.numbers.of(cell));
                    match number {
                        Some(number) => memo.recall(number.digits(), || {
                            let pseudonym = slot.key.pseudonym_of_nhs(&number);
                            choice.offer(pseudonym, number.digits());
                            Ok(Some(pseudonym))
                        })?,
                        None => None,
                    }
                }
                // Made above.
                (SlotSource::Best, _) => None,
                (SlotSource::Cell | SlotSource::Traced, None) => None,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
