//! Writes a sample: household by household, record by record, in constant memory.

use std::io::{self, Write};

use super::clean::Clean;
use super::household::{Carer, Household, Shares};
use super::options::{Options, Summary};
use super::person::{Person, Role};
use super::random::{Purpose, Random};
use super::row::{Layout, Row};
use super::slots::Slots;
use super::spoil::Spoiler;
use super::words::Words;
use crate::schema::Schema;

/// How many bytes are gathered before they are written.
const BLOCK: usize = 1 << 18;

/// Writes a synthetic extract of the return as CSV: UTF-8 with no characters but those of Windows-1252, CRLF, a
/// header, quotes where needed. Equal arguments give equal bytes. `out` need not be buffered.
///
/// With a bad rate of zero, every cell is right and every mandatory cell filled, for the first 899,999 people: beyond
/// that the test range of NHS numbers is used up and people have none. What is clean does not depend on the rate.
///
/// # Errors
/// Whatever `out` says.
pub fn write(schema: &Schema, options: &Options, out: &mut dyn Write) -> io::Result<Summary> {
    let words = Words::new(schema).map_err(io::Error::other)?;
    let slots = Slots::new(schema);
    let period = (options.period.0.into(), options.period.1.into());
    let columns: Vec<usize> = (0..schema.fields.len())
        .filter(|at| !schema.fields[*at].withdrawn)
        .collect();
    let shares = Shares::new(options.seed, options.rows, options.people);
    let mut writer = Writer {
        clean: Clean {
            options,
            words: &words,
            slots: &slots,
            period,
        },
        spoiler: Spoiler::new(schema, options, &slots, shares.most_people()),
        layout: Layout {
            columns,
            gender: slots.gender,
            council_style: options.council_style,
            local_columns: options.local_columns,
        },
        row: Row::new(schema.fields.len()),
        block: Vec::with_capacity(BLOCK * 2),
        summary: Summary::EMPTY,
        neighbours: [None; 2],
    };
    let names = writer
        .layout
        .columns
        .iter()
        .map(|at| schema.fields[*at].name.as_str());
    writer.layout.append_header(names, &mut writer.block);
    for (at, household) in shares.households().enumerate() {
        writer.household(at as u64, household);
        if writer.block.len() >= BLOCK {
            out.write_all(&writer.block)?;
            writer.block.clear();
        }
    }
    out.write_all(&writer.block)?;
    out.flush()?;
    Ok(writer.summary)
}

struct Writer<'a> {
    clean: Clean<'a>,
    spoiler: Spoiler<'a>,
    layout: Layout,
    row: Row,
    /// Lines not yet written.
    block: Vec<u8>,
    summary: Summary,
    /// The service users of the two households before.
    neighbours: [Option<u64>; 2],
}

/// One of a household and the records that are still to come.
struct Member<'w> {
    person: Person<'w>,
    left: u64,
    first: bool,
    /// The record that has just been written stands there again next.
    again: bool,
}

impl<'a> Writer<'a> {
    fn household(&mut self, at: u64, household: Household) {
        let random = &mut Random::stream(self.clean.options.seed ^ at, Purpose::Household, at);
        let user = self.person(Role::ServiceUser);
        let number = user.number;
        let carer = household.carer.map(|carer| {
            let (role, rows) = match carer {
                Carer::Known => (Role::KnownCarer, 1),
                Carer::WithRows(rows) => (Role::Carer, rows),
            };
            let mut person = self.person(role);
            let others = random.below(10).saturating_sub(7) as usize;
            person.cares_for[0] = Some(number);
            person.cares_for[1..]
                .iter_mut()
                .zip(self.neighbours)
                .take(others)
                .for_each(|(place, other)| *place = other);
            (person, rows)
        });
        let carer_rows = carer.as_ref().map_or(0, |(_, rows)| *rows);
        let mut user = Member {
            person: user,
            left: household.rows - carer_rows,
            first: true,
            again: false,
        };
        let mut carer = carer.map(|(person, left)| Member {
            person,
            left,
            first: true,
            again: false,
        });
        // The record on which the service user is a carer too.
        let caring_at = if household.cares_too {
            random.below(user.left) + 1
        } else {
            0
        };
        while user.left > 0 || carer.as_ref().is_some_and(|carer| carer.left > 0) {
            let carers_turn = match &carer {
                Some(carer) if carer.left > 0 => {
                    user.left == 0 || (household.mixed && !user.again && random.percent(40))
                }
                _ => false,
            };
            match &mut carer {
                Some(carer) if carers_turn || carer.again => self.record(carer, None),
                _ => {
                    let neighbour = self.neighbours[0].filter(|_| user.left == caring_at);
                    self.record(&mut user, neighbour);
                }
            }
        }
        self.neighbours = [Some(number), self.neighbours[0]];
    }

    fn person(&mut self, role: Role) -> Person<'a> {
        let number = self.summary.people;
        self.summary.people += 1;
        let clean = &self.clean;
        Person::new(clean.words, clean.options.seed, clean.period, number, role)
    }

    /// Writes the next record of a person.
    fn record(&mut self, member: &mut Member<'_>, as_carer: Option<u64>) {
        let number = self.summary.rows;
        self.summary.rows += 1;
        member.left -= 1;
        if !std::mem::take(&mut member.again) {
            self.row.clear();
            self.row.first = std::mem::take(&mut member.first);
            self.row.repeatable = member.left > 0;
            self.clean
                .fill(&mut self.row, number, &member.person, as_carer);
            self.spoiler
                .spoil(&mut self.row, number, &member.person, &mut self.summary);
            member.again = self.row.repeat;
        }
        self.layout
            .append(&self.row, &member.person, &mut self.block);
    }
}
