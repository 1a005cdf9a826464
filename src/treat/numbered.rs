//! Turns what the values of rows are made from (values of lists, days, ages) into the numbers of their texts, column by
//! column: each distinct one is written out once.

use super::layout::INLINE;
use super::row::{Treater, ValueOf};
use super::values::Values;
use crate::date::Date;
use crate::extract::Cells;
use crate::map::Mapping;
use crate::tokens;
use crate::validate::Checker;

impl Treater<'_> {
    /// Fills in the numbers of the batch, value by value.
    pub(super) fn number(
        &mut self,
        cells: &Cells,
        mapping: &Mapping,
        checker: &Checker<'_>,
        submitted: &[u32],
    ) {
        let roles = &self.plan.schema.roles;
        let columns = &checker.checked().columns;
        let width = self.plan.makes.len();
        self.inline.clear();
        self.numbers.clear();
        self.numbers.resize(submitted.len() * width, 0);
        for (at, made) in self.plan.makes.iter().enumerate() {
            let mut column = NumberedColumn {
                met: &mut self.numbered[cells.source][at],
                values: self.values,
                at,
                inline: &mut self.inline,
            };
            let places = self.numbers.iter_mut().skip(at).step_by(width);
            let records = submitted.iter().map(|record| *record as usize);
            let places = places.zip(records).enumerate();
            let dates = |field: usize| columns[field].dates.as_slice();
            match *made {
                ValueOf::Written(field) => {
                    let Some(lexicon) = checker.lexicon(cells.source, field) else {
                        continue;
                    };
                    let entries = &columns[field].entries;
                    column
                        .met
                        .begin(lexicon.generation(), lexicon.entries().len());
                    for (position, (place, record)) in places {
                        // The blank text too: a configuration may give it a value.
                        let entry = entries[record];
                        *place = column.of(position, entry, || {
                            let entry = lexicon.entry(entry);
                            (&*entry.written, entry.open)
                        });
                    }
                }
                ValueOf::Date(field) => {
                    let dates = dates(field);
                    column.met.begin(0, DAYS);
                    for (position, (place, record)) in places {
                        if let Some(date) = dates[record] {
                            *place = column.of_day(position, date);
                        }
                    }
                }
                ValueOf::BirthYear => {
                    let births = dates(roles.birth);
                    column.integers(places, |record| births[record].map(Date::year));
                }
                ValueOf::BirthMonth => {
                    let births = dates(roles.birth);
                    column.integers(places, |record| births[record].map(Date::month));
                }
                ValueOf::AgeAtEventStart | ValueOf::AgeAtPeriodEnd => {
                    let on = match made {
                        ValueOf::AgeAtEventStart => roles.event_start,
                        _ => roles.period_end,
                    };
                    let (births, days) = (dates(roles.birth), dates(on));
                    column.integers(places, |record| {
                        let (birth, day) = births[record].zip(days[record])?;
                        u32::try_from(birth.years_until(day)).ok()
                    });
                }
                ValueOf::Conversation(field) => {
                    let Some(source) = mapping.fields[field] else {
                        continue;
                    };
                    let validity = &columns[field].validity;
                    column.integers(places, |record| {
                        let cell = || cells.get(source, record);
                        let has_value = validity[record].has_value();
                        has_value.then(|| u32::from(tokens::speaks_of_conversation(cell())))
                    });
                }
            }
        }
        // In the order of the rows; within one they are in the order of the values already.
        self.inline.sort_by_key(|(position, _, _)| *position);
    }
}

/// Not asked for yet.
const UNKNOWN: u16 = INLINE - 1;

/// Days have their number at a place made of day, month and the last digits of the year; others take it over.
const DAYS: usize = 1 << 13;

/// The numbers of what one value of the rows of a source was made from.
#[derive(Default)]
pub(super) struct Numbered {
    generation: u32,
    /// By position in the lexicon, by integer, or by place of the day.
    numbers: Vec<u16>,
    /// The day that has the place.
    days: Vec<Option<Date>>,
}

impl Numbered {
    /// Makes room for so many; forgets those of another generation.
    fn begin(&mut self, generation: u32, room: usize) {
        if self.generation != generation {
            self.generation = generation;
            self.numbers.clear();
        }
        if self.numbers.len() < room {
            self.numbers.resize(room, UNKNOWN);
        }
    }
}

struct NumberedColumn<'t> {
    met: &'t mut Numbered,
    values: &'t Values,
    /// Position among a row's values.
    at: usize,
    inline: &'t mut Vec<(usize, usize, Box<[u8]>)>,
}

impl NumberedColumn<'_> {
    /// The number of what is at a place; the text is asked for if it is not known, or follows the row.
    #[inline]
    fn of<T: AsRef<[u8]>>(
        &mut self,
        position: usize,
        place: u32,
        text: impl FnOnce() -> (T, bool),
    ) -> u16 {
        match self.met.numbers[place as usize] {
            UNKNOWN | INLINE => {
                let (text, copied) = text();
                self.ask(position, place as usize, text.as_ref(), copied)
            }
            known => known,
        }
    }

    #[cold]
    fn ask(&mut self, position: usize, place: usize, text: &[u8], copied: bool) -> u16 {
        let number = match self.met.numbers[place] {
            UNKNOWN => self.values.number(self.at, text, copied),
            known => known,
        };
        if number == INLINE {
            self.inline.push((position, self.at, text.into()));
        }
        self.met.numbers[place] = number;
        number
    }

    #[inline]
    fn of_day(&mut self, position: usize, date: Date) -> u16 {
        let place = date.packed() as usize % DAYS;
        if self.met.days.is_empty() {
            self.met.days.resize(DAYS, None);
        }
        if self.met.days[place] != Some(date) {
            self.met.days[place] = Some(date);
            self.met.numbers[place] = UNKNOWN;
        }
        self.of(position, place as u32, || (dmy(date), false))
    }

    /// Years, months, ages and flags, which are below 10,000.
    fn integers<'p>(
        &mut self,
        places: impl Iterator<Item = (usize, (&'p mut u16, usize))>,
        value: impl Fn(usize) -> Option<u32>,
    ) {
        self.met.begin(0, 10_000);
        for (position, (place, record)) in places {
            if let Some(value) = value(record).filter(|value| *value < 10_000) {
                let mut text = [0; 4];
                *place = self.of(position, value, || (integer(&mut text, value), false));
            }
        }
    }
}

/// At most four digits.
fn integer(text: &mut [u8; 4], value: u32) -> &[u8] {
    let mut digits = 0;
    for (least, unit) in [(1000, 1000), (100, 100), (10, 10), (0, 1)] {
        if value >= least {
            text[digits] = b'0' + (value / unit % 10) as u8;
            digits += 1;
        }
    }
    &text[..digits]
}

/// dd/mm/yyyy.
pub(super) fn dmy(date: Date) -> [u8; 10] {
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
