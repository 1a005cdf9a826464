//! Where the columns of a recipe stand once the headers are known.

use super::super::expression::{Failed, Gives, Rendered, Stage, Step};
use super::super::{Cells, ExtractError, HeaderRow, told};
use super::blank::Blanks;
use super::{Blank, JOINS, Join, LEFT_OUT, Prefer, Recipe};

/// What conditions are called among the columns, as no column can be.
const CONDITION: &str = "\u{2}";

/// A column of a table, read.
#[derive(Debug)]
pub(super) struct Read {
    at: usize,
    blanks: Blanks,
}

impl Read {
    /// A cell, and whether it was emptied.
    #[inline]
    pub fn of<'c>(&self, cells: &'c Cells, record: usize) -> (&'c [u8], bool) {
        self.blanks.read(cells.get(self.at, record))
    }
}

/// The columns of a table that is looked up.
pub(super) struct Columns {
    pub key: Vec<Read>,
    pub take: Vec<Read>,
    /// First and last day.
    pub days: Option<[Option<Read>; 2]>,
    /// Number of the preference and the column that is to hold an NHS number.
    pub numbers: Vec<(usize, Read)>,
    /// All columns, for the conditions.
    all: Vec<Read>,
    conditions: Stage,
    has_filter: bool,
    /// Numbers of the preferences that are conditions.
    preferred: Vec<usize>,
}

/// What the conditions of a table say of a batch.
pub(super) struct Kept {
    filter: Option<Rendered>,
    preferred: Vec<(usize, Rendered)>,
}

impl Kept {
    /// Whether a row counts.
    pub fn counts(&self, record: usize) -> bool {
        self.filter
            .as_ref()
            .is_none_or(|filter| filter.holds(record))
    }

    /// One bit for each condition that is preferred.
    pub fn marks(&self, record: usize) -> u8 {
        let preferred = self.preferred.iter().filter(|(_, made)| made.holds(record));
        preferred.fold(0, |marks, (number, _)| marks | 1 << number)
    }
}

impl Columns {
    /// Finds the columns of a table.
    pub fn new(join: &Join, header: &HeaderRow, recipe: &Recipe) -> Result<Self, ExtractError> {
        let names = &header.names;
        known(&recipe.key, &recipe.blank, Some(&join.table), names)?;
        let blank = &recipe.blank;
        let read = |name: &String, key: &str| {
            let at = find(names, name, &format!("{}{key}", join.key), &join.table)?;
            Ok::<_, ExtractError>(Read {
                at,
                blanks: blank.of(&format!("{}.{name}", join.table)),
            })
        };
        let key = join.on.iter().map(|(_, column)| read(column, ".on"));
        let take = join.take.iter().map(|column| read(column, ".take"));
        let days = join.valid_at.as_ref().map(|valid_at| {
            let to = valid_at.to.as_ref().map(|to| read(to, ".valid_at.to"));
            Ok::<_, ExtractError>([
                Some(read(&valid_at.from, ".valid_at.from")?),
                to.transpose()?,
            ])
        });
        let mut numbers = Vec::new();
        let mut steps = Vec::new();
        let mut preferred = Vec::new();
        let condition = |expression| Step {
            name: CONDITION,
            gives: Gives::Condition,
            expression,
        };
        steps.extend(join.filter.iter().map(condition));
        for (number, prefer) in join.prefer.iter().enumerate() {
            match prefer {
                Prefer::ValidNhsNumber(column) => numbers.push((number, read(column, ".prefer")?)),
                Prefer::Condition(expression) => {
                    preferred.push(number);
                    steps.push(condition(expression));
                }
            }
        }
        let all = names.iter().enumerate().map(|(at, name)| Read {
            at,
            blanks: blank.of(&format!("{}.{name}", join.table)),
        });
        Ok(Self {
            key: key.collect::<Result<_, _>>()?,
            take: take.collect::<Result<_, _>>()?,
            days: days.transpose()?,
            numbers,
            all: all.collect(),
            conditions: stage(names, steps)?,
            has_filter: join.filter.is_some(),
            preferred,
        })
    }

    /// Works out the conditions for a batch of rows.
    pub fn judge(&self, cells: &Cells) -> Result<Kept, Failed> {
        if self.conditions.is_empty() {
            return Ok(Kept {
                filter: None,
                preferred: Vec::new(),
            });
        }
        let mut made = self
            .conditions
            .run(cells.len(), |at, record| self.all[at].of(cells, record).0)?
            .into_iter();
        let filter = if self.has_filter { made.next() } else { None };
        Ok(Kept {
            filter,
            preferred: self.preferred.iter().copied().zip(made).collect(),
        })
    }
}

/// Where a value of a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a column of its own table.
    Own(usize),
    /// Among the cells taken by a join.
    Taken(usize, usize),
}

/// What a column that goes on is made of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Out {
    Place(Place),
    /// What a table is looked up by: empty where it means nobody.
    Key(Place),
    /// A result.
    Derived(usize),
    /// The row that a join took.
    Row(usize),
    /// What the joins came to.
    Joins,
    /// Why the record is left out.
    Reason,
}

/// How the columns of a join are found in the record.
pub(super) struct JoinPlan {
    pub on: Vec<Place>,
    pub date: Option<Place>,
}

/// How records are made.
pub(super) struct Plan {
    pub header: Vec<String>,
    pub outs: Vec<Out>,
    /// What means nothing in the columns of the record's own table.
    pub own: Vec<Blanks>,
    pub joins: Vec<JoinPlan>,
    /// Columns that expressions see.
    pub places: Vec<Place>,
    pub stage: Stage,
    /// Results of the stage that are columns; those behind them are reasons.
    pub derived: usize,
}

impl Plan {
    /// Finds all columns of the recipe. `own` is the header of the table that has a row for each record.
    pub fn new(recipe: &Recipe, own: &HeaderRow) -> Result<Self, ExtractError> {
        let from = recipe.from.as_deref().unwrap_or("the file");
        if let Some(name) = own.names.iter().find(|name| name.starts_with("cld:")) {
            return Err(ExtractError::Configured(format!(
                "{}: {from} has a column {}; such names are the program's own. Rename it in the source",
                recipe.key,
                told(name)
            )));
        }
        known(
            &recipe.key,
            &recipe.blank,
            recipe.from.as_deref(),
            &own.names,
        )?;
        let mut names = own.names.clone();
        let mut places: Vec<Place> = (0..names.len()).map(Place::Own).collect();
        let mut joins = Vec::new();
        for (number, join) in recipe.joins.iter().enumerate() {
            let place = |name: &String, key: &str| {
                find(
                    &names,
                    name,
                    &format!("{}{key}", join.key),
                    "the record as it is by then",
                )
                .map(|at| places[at])
            };
            let on = join.on.iter().map(|(name, _)| place(name, ".on"));
            let on = on.collect::<Result<_, _>>()?;
            let date = join
                .valid_at
                .as_ref()
                .map(|valid_at| place(&valid_at.date, ".valid_at.date"));
            let date = date.transpose()?;
            joins.push(JoinPlan { on, date });
            for (cell, column) in join.take[..join.shown].iter().enumerate() {
                names.push(format!("{}.{column}", join.name));
                places.push(Place::Taken(number, cell));
            }
        }
        let mut header = names.clone();
        let is_key = |place: &Place| joins.iter().any(|join: &JoinPlan| join.on.contains(place));
        let out = |place: Place| match is_key(&place) {
            true => Out::Key(place),
            false => Out::Place(place),
        };
        let mut outs: Vec<Out> = places.iter().copied().map(out).collect();
        for (number, (name, _)) in recipe.derive.iter().enumerate() {
            match header.iter().position(|known| known == name) {
                Some(at) => outs[at] = Out::Derived(number),
                None => {
                    header.push(name.clone());
                    outs.push(Out::Derived(number));
                }
            }
        }
        for (number, join) in recipe.joins.iter().enumerate() {
            header.push(format!("local_{}_row", join.name));
            outs.push(Out::Row(number));
            if let Some(key) = &join.row_key {
                let at = join.take.iter().position(|taken| taken == key);
                header.push(format!("local_{}_{key}", join.name));
                outs.push(Out::Place(Place::Taken(
                    number,
                    at.expect("the key is taken"),
                )));
            }
        }
        for (there, name, out) in [
            (!recipe.joins.is_empty(), JOINS, Out::Joins),
            (!recipe.exclude.is_empty(), LEFT_OUT, Out::Reason),
        ] {
            if there {
                header.push(name.to_owned());
                outs.push(out);
            }
        }
        let derive = recipe.derive.iter().map(|(name, expression)| Step {
            name,
            gives: Gives::Value,
            expression,
        });
        let exclude = recipe.exclude.iter().map(|(_, expression)| Step {
            name: CONDITION,
            gives: Gives::Condition,
            expression,
        });
        let stage = stage(&names, derive.chain(exclude))?;
        let own_blanks = own.names.iter().map(|name| match &recipe.from {
            Some(table) => recipe.blank.of(&format!("{table}.{name}")),
            None => recipe.blank.of(name),
        });
        Ok(Self {
            header,
            outs,
            own: own_blanks.collect(),
            joins,
            places,
            stage,
            derived: recipe.derive.len(),
        })
    }
}

/// Every column that the configuration names under `blank:` is there.
fn known(
    key: &str,
    blank: &Blank,
    table: Option<&str>,
    names: &[String],
) -> Result<(), ExtractError> {
    match blank.unknown(table, names) {
        None => Ok(()),
        Some(column) => Err(ExtractError::Configured(format!(
            "{key}.blank: {} is not a column",
            told(column)
        ))),
    }
}

fn stage<'e>(
    names: &[String],
    steps: impl IntoIterator<Item = Step<'e>>,
) -> Result<Stage, ExtractError> {
    Stage::new(names, steps)
        .map_err(|(key, fault)| ExtractError::Configured(format!("{key}: {fault}")))
}

/// Where a column stands that the configuration names.
fn find(names: &[String], name: &str, key: &str, of: &str) -> Result<usize, ExtractError> {
    let mut found = (0..names.len()).filter(|at| names[*at] == name);
    let fault = match (found.next(), found.next()) {
        (Some(at), None) => return Ok(at),
        (Some(_), Some(_)) => format!("{} stands twice among the columns of {of}", told(name)),
        (None, _) if names.len() == 1 => format!(
            "{} is not among the columns of {of}, which has only one: are cells separated by something else (`delimiter:`), or the names in another row (`header_row:`)?",
            told(name)
        ),
        (None, _) => format!(
            "{} is not among the {} columns of {of}",
            told(name),
            names.len()
        ),
    };
    Err(ExtractError::Configured(format!("{key}: {fault}")))
}
