//! From checked cells to the rows that leave: every column made as the schema's treatment says, nothing else.
//!
//! A row is the text of its columns in Windows-1252, in the order by which rows are sorted (person pseudonym, then the
//! others from left to right), each followed by a zero byte. No cell holds a zero byte, so comparing two rows byte by
//! byte compares them column by column.

use std::sync::Arc;

use super::memo::Memo;
use super::open_services::SERVICE_KIND;
use super::{
    DomainKey, Identifiers, IdentifiersMet, KeyError, LocalRefusal, MasterKey, OpenServices,
    People, PeopleMet, Pseudonym, Scope, Sightings,
};
use crate::date::Date;
use crate::extract::Cells;
use crate::map::Mapping;
use crate::nhs_number::NhsNumber;
use crate::schema::{Domain, Kind, Make, Privacy, Schema, Treatment};
use crate::tokens;
use crate::validate::{Checker, Entry, Validity};

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

/// One column of the submission.
#[derive(Debug, Clone)]
pub struct OutputColumn {
    /// National name.
    pub name: String,
    /// What its cells look like.
    pub form: Form,
    /// Position of the field it comes from.
    pub field: usize,
    /// Where its cell stands in a row.
    pub at: usize,
}

/// The columns of the submission, ready to be made. Shared by all threads.
pub struct RowPlan {
    /// In the order of the submission.
    pub columns: Vec<OutputColumn>,
    /// In the order of a row.
    emits: Vec<Emit>,
    pub(super) schema: Arc<Schema>,
    slots: Vec<Slot>,
    pub(super) person_slot: usize,
    /// `None` if the configuration drops the NHS number: then nothing made of it may stand in another column either.
    nhs_slot: Option<usize>,
    la_code: String,
    /// The fields by which services of one person with the same start are told apart.
    pub(super) service_kind: [Option<usize>; 2],
    /// Fields that identify a person by a word: ids and names. Whatever their treatment, their values are remembered.
    words: Vec<usize>,
}

/// Where the NHS number stands among the slots, whether or not anything made of it is written.
pub(super) const NHS_SLOT: usize = 1;

/// How one cell of a row is made.
#[derive(Debug, Clone, Copy)]
enum Emit {
    Nothing,
    /// What the lexicon says is written.
    Written(usize),
    Date(usize),
    /// The pseudonym of a slot.
    Pseudonym(usize),
    Combined,
    BirthYear,
    BirthMonth,
    AgeAtEventStart,
    AgeAtPeriodEnd,
    Conversation(usize),
}

/// A field whose values get pseudonyms.
struct Slot {
    field: usize,
    domain: Domain,
    key: DomainKey,
    source: SlotSource,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SlotSource {
    NhsNumber,
    /// The cell itself.
    Cell,
    /// The value after mapping and respelling.
    Entry,
    /// The day, written dd/mm/yyyy.
    Date,
}

impl RowPlan {
    /// Derives the keys and lays out the row.
    ///
    /// # Errors
    /// When a part of the scope cannot be used in key derivation.
    pub fn new(schema: Arc<Schema>, key: &MasterKey, scope: &Scope) -> Result<Self, KeyError> {
        let roles = schema.roles;
        let mut plan = Self {
            columns: Vec::new(),
            emits: Vec::new(),
            slots: Vec::new(),
            person_slot: 0,
            nhs_slot: (schema.fields[roles.nhs_number].treatment != Treatment::Drop)
                .then_some(NHS_SLOT),
            la_code: scope.controller().to_owned(),
            words: words(&schema),
            service_kind: SERVICE_KIND.map(|(name, _)| schema.position(name)),
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
        let mut person_column = None;
        let mut emits = Vec::new();
        for (field, column) in schema.columns() {
            let kind = schema.fields[field].kind;
            let (emit, form) = match &column.make {
                Make::Nothing => (Emit::Nothing, form_of(kind)),
                Make::Value if kind == Kind::Date => (Emit::Date(field), Form::Date),
                Make::Value => (Emit::Written(field), form_of(kind)),
                Make::PostcodeSector => (Emit::Written(field), Form::Sector),
                Make::Pseudonym(domain) => (
                    Emit::Pseudonym(plan.slot(field, domain, key, scope)?),
                    Form::Pseudonym,
                ),
                // No tracing is configured in this version, so nothing is known to be confirmed.
                Make::TracedPseudonym => (Emit::Nothing, Form::Pseudonym),
                Make::CombinedPersonId => (Emit::Combined, Form::Pseudonym),
                Make::BirthYear => (Emit::BirthYear, Form::Integer),
                Make::BirthMonth => (Emit::BirthMonth, Form::Integer),
                Make::AgeAtEventStart => (Emit::AgeAtEventStart, Form::Integer),
                Make::AgeAtPeriodEnd => (Emit::AgeAtPeriodEnd, Form::Integer),
                Make::Conversation => (Emit::Conversation(field), Form::Integer),
            };
            if field == roles.person_id && person_column.is_none() {
                person_column = Some(plan.columns.len());
            }
            plan.columns.push(OutputColumn {
                name: column.name.clone(),
                form,
                field,
                at: 0,
            });
            emits.push(emit);
        }
        let first = person_column.unwrap_or(0);
        for (position, column) in plan.columns.iter_mut().enumerate() {
            column.at = match position {
                p if p == first => 0,
                p if p < first => p + 1,
                p => p,
            };
        }
        plan.emits = vec![Emit::Nothing; emits.len()];
        for (column, emit) in plan.columns.iter().zip(emits) {
            plan.emits[column.at] = emit;
        }
        Ok(plan)
    }

    /// Whether rows begin with the person pseudonym, and not with a column that configuration emptied.
    fn sorted_by_person(&self) -> bool {
        matches!(self.emits.first(), Some(Emit::Pseudonym(slot)) if *slot == self.person_slot)
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
    memos: Vec<Memo>,
    pub(super) pseudonyms: Vec<Vec<Option<Pseudonym>>>,
    identifiers: IdentifiersMet<'a>,
    people: PeopleMet<'a>,
    /// `None` unless an earlier bundle is compared.
    pub(super) sightings: Option<Sightings<'a>>,
}

impl<'a> Treater<'a> {
    /// One that has seen nothing. `met` are the identifiers that all threads meet and the people that they submit;
    /// `sought` are services of an earlier bundle that it looks for on the way.
    pub fn new(
        plan: &'a RowPlan,
        met: (&'a Identifiers, &'a People),
        sought: Option<&'a OpenServices>,
    ) -> Self {
        Self {
            plan,
            memos: plan.slots.iter().map(|_| Memo::new()).collect(),
            pseudonyms: plan.slots.iter().map(|_| Vec::new()).collect(),
            identifiers: met.0.meeting(),
            people: met.1.meeting(),
            sightings: sought.map(Sightings::new),
        }
    }

    /// Hands over the identifiers met, of all records, the excluded included, and the people submitted; gives what was
    /// seen of the services that were looked for.
    pub fn finish(self) -> Option<Sightings<'a>> {
        self.sightings
    }

    /// Makes the rows of the submitted records of the checker's last batch. `emit` gets the first byte of the person
    /// pseudonym, if there is one, and what appends the row to a buffer and gives the set of its cells that are copied
    /// from the extract.
    ///
    /// # Errors
    /// When an identifier is a pseudonym already, or `emit` fails.
    pub fn treat<E: From<LocalRefusal>>(
        &mut self,
        cells: &Cells,
        mapping: &Mapping,
        checker: &Checker<'_>,
        submitted: &[u32],
        mut emit: impl FnMut(Option<u8>, &mut dyn FnMut(&mut Vec<u8>) -> u128) -> Result<(), E>,
    ) -> Result<(), E> {
        self.remember(cells, mapping, checker);
        for slot in 0..self.plan.slots.len() {
            self.pseudonymise(slot, cells, mapping, checker, submitted)?;
        }
        self.look(cells, checker, submitted, |_| None);
        let number_of = |position: usize| {
            let slot = self.plan.nhs_slot?;
            self.pseudonyms[slot][position]
        };
        for (position, person) in self.pseudonyms[self.plan.person_slot].iter().enumerate() {
            self.people.add(number_of(position).or(*person));
        }
        let made = self.made(cells, mapping, checker);
        for (position, &record) in submitted.iter().enumerate() {
            let person = self.pseudonyms[self.plan.person_slot][position];
            let sorted_by = person.filter(|_| self.plan.sorted_by_person());
            emit(sorted_by.map(|p| p.as_bytes()[0]), &mut |row| {
                self.row(row, &made, position, record as usize)
            })?;
        }
        Ok(())
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
                    identifiers.add_broken(&String::from_utf8_lossy(cells.get(column, record)));
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
                    identifiers.add_word(&String::from_utf8_lossy(cell));
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
        let memo = &mut self.memos[at];
        let made = &mut self.pseudonyms[at];
        made.clear();
        let column = mapping.fields[slot.field];
        for &record in submitted {
            let record = record as usize;
            made.push(match (slot.source, column) {
                (SlotSource::NhsNumber, _) => {
                    let number: Option<NhsNumber> =
                        checker.checked().columns[slot.field].numbers[record];
                    match number {
                        Some(number) => memo.recall(number.digits(), || {
                            Ok(Some(slot.key.pseudonym_of_nhs(&number)))
                        })?,
                        None => None,
                    }
                }
                (SlotSource::Entry, _) => {
                    let text = checker
                        .entry(cells.source, slot.field, record)
                        .map_or("", |e| &e.text);
                    memo.recall(text.as_bytes(), || slot.key.pseudonym_of_local(text))?
                }
                (SlotSource::Date, _) => {
                    match checker.checked().columns[slot.field].dates[record] {
                        Some(day) => {
                            let text = dmy(day);
                            memo.recall(&text, || {
                                slot.key.pseudonym_of_local(&String::from_utf8_lossy(&text))
                            })?
                        }
                        None => None,
                    }
                }
                (SlotSource::Cell, Some(column)) => {
                    let cell = cells.get(column, record);
                    memo.recall(cell, || {
                        slot.key.pseudonym_of_local(&String::from_utf8_lossy(cell))
                    })?
                }
                (SlotSource::Cell, None) => None,
            });
        }
        Ok(())
    }

    /// Appends one row and gives the set of its cells that are copied from the extract.
    fn row(&self, row: &mut Vec<u8>, made: &[Made<'_>], position: usize, record: usize) -> u128 {
        let mut copied = 0;
        for (at, made) in made.iter().enumerate() {
            match *made {
                Made::Nothing => {}
                Made::Written(entries, lexicon) => {
                    let entry = &lexicon[entries[record] as usize];
                    if !entry.written.is_empty() {
                        row.extend_from_slice(&entry.written);
                        copied |= u128::from(entry.open) << at;
                    }
                }
                Made::Date(dates) => {
                    if let Some(date) = dates[record] {
                        row.extend_from_slice(&dmy(date));
                    }
                }
                Made::Pseudonym(pseudonyms) => hex(row, pseudonyms[position]),
                Made::Combined(numbers, people) => {
                    let number = numbers.and_then(|numbers| numbers[position]);
                    let person = people[position];
                    if number.is_none() && person.is_some() {
                        row.extend_from_slice(self.plan.la_code.as_bytes());
                        row.push(b'_');
                    }
                    hex(row, number.or(person));
                }
                Made::BirthYear(births) => integer(row, births[record].map(Date::year)),
                Made::BirthMonth(births) => integer(row, births[record].map(Date::month)),
                Made::Age(births, days) => {
                    let age = births[record]
                        .zip(days[record])
                        .map(|(birth, day)| birth.years_until(day));
                    integer(row, age.and_then(|age| u32::try_from(age).ok()));
                }
                Made::Conversation(validity, cells, column) => {
                    if validity[record].has_value() {
                        row.push(
                            b'0' + u8::from(tokens::speaks_of_conversation(
                                cells.get(column, record),
                            )),
                        );
                    }
                }
            }
            row.push(0);
        }
        copied
    }

    /// What the columns of a row are made from in this batch, looked up once.
    fn made<'b>(
        &'b self,
        cells: &'b Cells,
        mapping: &Mapping,
        checker: &'b Checker<'_>,
    ) -> Vec<Made<'b>> {
        let roles = &self.plan.schema.roles;
        let columns = &checker.checked().columns;
        let dates = |field: usize| columns[field].dates.as_slice();
        let pseudonyms = |slot: usize| self.pseudonyms[slot].as_slice();
        let made = |emit: &Emit| match *emit {
            Emit::Nothing => Made::Nothing,
            Emit::Written(field) => match checker.lexicon(cells.source, field) {
                Some(lexicon) => Made::Written(&columns[field].entries, lexicon.entries()),
                None => Made::Nothing,
            },
            Emit::Date(field) => Made::Date(dates(field)),
            Emit::Pseudonym(slot) => Made::Pseudonym(pseudonyms(slot)),
            Emit::Combined => Made::Combined(
                self.plan.nhs_slot.map(pseudonyms),
                pseudonyms(self.plan.person_slot),
            ),
            Emit::BirthYear => Made::BirthYear(dates(roles.birth)),
            Emit::BirthMonth => Made::BirthMonth(dates(roles.birth)),
            Emit::AgeAtEventStart => Made::Age(dates(roles.birth), dates(roles.event_start)),
            Emit::AgeAtPeriodEnd => Made::Age(dates(roles.birth), dates(roles.period_end)),
            Emit::Conversation(field) => match mapping.fields[field] {
                Some(column) => Made::Conversation(&columns[field].validity, cells, column),
                None => Made::Nothing,
            },
        };
        self.plan.emits.iter().map(made).collect()
    }
}

/// What one column of a row is made from in one batch.
#[derive(Clone, Copy)]
enum Made<'b> {
    Nothing,
    Written(&'b [u32], &'b [Entry]),
    Date(&'b [Option<Date>]),
    Pseudonym(&'b [Option<Pseudonym>]),
    Combined(Option<&'b [Option<Pseudonym>]>, &'b [Option<Pseudonym>]),
    BirthYear(&'b [Option<Date>]),
    BirthMonth(&'b [Option<Date>]),
    Age(&'b [Option<Date>], &'b [Option<Date>]),
    Conversation(&'b [Validity], &'b Cells, usize),
}

fn hex(row: &mut Vec<u8>, pseudonym: Option<Pseudonym>) {
    if let Some(pseudonym) = pseudonym {
        let mut digits = [0; 64];
        pseudonym.write_hex(&mut digits);
        row.extend_from_slice(&digits);
    }
}

/// Years, months and ages have at most four digits.
fn integer(row: &mut Vec<u8>, value: Option<u32>) {
    let Some(value) = value else { return };
    for (least, unit) in [(1000, 1000), (100, 100), (10, 10), (0, 1)] {
        if value >= least {
            row.push(b'0' + (value / unit % 10) as u8);
        }
    }
}

fn dmy(date: Date) -> [u8; 10] {
    let digit = |n: u32| b'0' + (n % 10) as u8;
    let (d, m, y) = (date.day(), date.month(), date.year());
    [
        digit(d / 10),
        digit(d),
        b'/',
        digit(m / 10),
        digit(m),
        b'/',
        digit(y / 1000),
        digit(y / 100),
        digit(y / 10),
        digit(y),
    ]
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
