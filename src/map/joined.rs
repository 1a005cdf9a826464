//! What looking tables up came to, record by record, and which field of the return a finding about it belongs to.

use crate::extract::{Cells, Recipe};
use crate::schema::Schema;

/// How the tables of a source that are looked up are told in findings.
#[derive(Debug, Default)]
pub struct Joined {
    /// The column with what they came to.
    pub(super) column: Option<usize>,
    /// For each the field concerned and what was wanted, in words.
    joins: Vec<(u16, String)>,
}

/// What is wrong with what a record has of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss {
    /// No row.
    Unmatched,
    /// Several rows, and nothing decides.
    Undecided,
}

impl Joined {
    /// Settles which field each table is looked up for: NHS number or postcode if one of its columns is that, else the
    /// person.
    pub(super) fn place(
        &mut self,
        recipe: &Recipe,
        fields: &[Option<usize>],
        names: &[String],
        schema: &Schema,
    ) {
        let roles = &schema.roles;
        self.joins = recipe
            .joins
            .iter()
            .enumerate()
            .map(|(number, join)| {
                let feeds = |field: &usize| {
                    let column = fields[*field].map(|at| &names[at]);
                    column.is_some_and(|column| recipe.made_of(column).any(|at| at == number))
                };
                let field = [roles.nhs_number, roles.postcode].into_iter().find(feeds);
                let columns: Vec<&str> =
                    join.on.iter().map(|(_, column)| column.as_str()).collect();
                let force = match join.valid_at {
                    Some(_) => ", in force",
                    None => "",
                };
                let words = format!(
                    "one row of `{}` by {}{force}",
                    join.name,
                    columns.join(" and ")
                );
                (field.unwrap_or(roles.person_id) as u16, words)
            })
            .collect();
    }

    /// Each record of which something is to be told, the field concerned, and what it is.
    pub fn misses(&self, cells: &Cells) -> impl Iterator<Item = (usize, u16, Miss)> {
        let notes = self.column.map(|column| cells.column(column).enumerate());
        let notes = notes
            .into_iter()
            .flatten()
            .filter(|(_, note)| !note.is_empty());
        notes.flat_map(move |(record, note)| {
            read(note).filter_map(move |(miss, join)| Some((record, self.joins.get(join)?.0, miss)))
        })
    }

    /// What was wanted of the tables that a finding of a record is about.
    pub fn wanted(&self, cells: &Cells, record: usize, field: u16, miss: Miss) -> String {
        let note = self
            .column
            .map_or(&b""[..], |column| cells.get(column, record));
        let joins = read(note).filter(|(is, _)| *is == miss);
        let joins = joins.filter_map(|(_, join)| self.joins.get(join));
        let words: Vec<&str> = joins
            .filter(|(of, _)| *of == field)
            .map(|(_, words)| words.as_str())
            .collect();
        words.join("; ")
    }
}

/// Reads `u0 s2 `.
fn read(note: &[u8]) -> impl Iterator<Item = (Miss, usize)> {
    note.split(|byte| *byte == b' ').filter_map(|one| {
        let (first, number) = one.split_first()?;
        let miss = match first {
            b'u' => Miss::Unmatched,
            b's' => Miss::Undecided,
            _ => return None,
        };
        Some((miss, std::str::from_utf8(number).ok()?.parse().ok()?))
    })
}
