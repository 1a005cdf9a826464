//! Several tables as one source: one record for each row of one of them, with what others hold of the same key, columns
//! derived from those, and what is said to be left out. Made as text while the first table is read; see [`Recipe`].

mod blank;
mod choose;
mod facts;
mod joined;
mod lookup;
mod plan;
#[cfg(test)]
mod tests;

pub use blank::Blank;
pub use facts::{JoinCounts, Made, TableFacts};

pub(super) use joined::open;

use super::expression::Expression;
use super::source::Source;
use crate::date::Date;

/// What look-up tables may take in memory together, unless the configuration says otherwise.
pub const LOOKUP_MEMORY: u64 = 2 << 30;

/// The column with what the joins of a record came to.
pub const JOINS: &str = "cld:joins";

/// The column with the number of the declared reason why a record is left out.
pub const LEFT_OUT: &str = "cld:left_out";

/// How a source is made of its rows: of those of one file, or of one table with others looked up.
#[derive(Debug)]
pub struct Recipe {
    /// Where the source stands in the configuration.
    pub key: String,
    /// What the configuration calls the table that has a row for each record; `None` for a source of one file.
    pub from: Option<String>,
    /// In the order in which they are looked up.
    pub joins: Vec<Join>,
    /// Keys that mean nobody.
    pub no_key: Vec<String>,
    /// Values that mean nothing.
    pub blank: Blank,
    /// Column and what it is.
    pub derive: Vec<(String, Expression)>,
    /// Number of the declared reason and when it holds.
    pub exclude: Vec<(u8, Expression)>,
    /// The reporting period.
    pub period: (Date, Date),
    /// What look-up tables may take in memory together, in bytes.
    pub memory: u64,
}

/// One table, of which at most one row is looked up for a record.
#[derive(Debug)]
pub struct Join {
    /// Where it stands in the configuration.
    pub key: String,
    /// What its columns are called by: `people.GENDER`.
    pub name: String,
    /// The table's name.
    pub table: String,
    /// The table.
    pub source: Source,
    /// Column there is by then, and the column of the table that is to be equal.
    pub on: Vec<(String, String)>,
    /// Which rows count at all.
    pub filter: Option<Expression>,
    /// Which row is in force.
    pub valid_at: Option<ValidAt>,
    /// What decides between several, in order.
    pub prefer: Vec<Prefer>,
    /// Columns that are read.
    pub take: Vec<String>,
    /// How many of them go on, from the first.
    pub shown: usize,
    /// One of them, which names a row in its database and goes to the worklist alone.
    pub row_key: Option<String>,
    /// A record need not have a row.
    pub optional: bool,
}

/// Which row is in force on a day of the record.
#[derive(Debug)]
pub struct ValidAt {
    /// Column of the record.
    pub date: String,
    /// Column of the table: the first day.
    pub from: String,
    /// Column of the table: the last day, blank while it lasts.
    pub to: Option<String>,
    /// Which row if none is in force that day.
    pub otherwise: Otherwise,
}

/// Which row if none is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Otherwise {
    /// None.
    Nothing,
    /// Of those in force in the reporting period the one that began last.
    LatestInPeriod,
    /// The one that began last.
    Latest,
}

/// What one row has and others have not.
#[derive(Debug)]
pub enum Prefer {
    /// The condition holds.
    Condition(Expression),
    /// The column holds a valid NHS number. Two ways to write one number are one number.
    ValidNhsNumber(String),
}

impl Recipe {
    /// Files of the tables that are looked up.
    pub fn lookups(&self) -> impl Iterator<Item = &Source> {
        self.joins.iter().map(|join| &join.source)
    }

    /// Which joins the column of the records is made of: its own, or those that the expression behind it names.
    pub fn made_of(&self, column: &str) -> impl Iterator<Item = usize> {
        let expression = self.derive.iter().find(|(name, _)| name == column);
        let expression = expression.map(|(_, expression)| expression);
        let taken = self.joins.iter().enumerate();
        let of_column = taken.filter(move |(_, join)| {
            join.take[..join.shown].iter().any(|taken| {
                let name = format!("{}.{taken}", join.name);
                expression.map_or(name == column, |expression| expression.names(&name))
            })
        });
        of_column.map(|(at, _)| at)
    }
}
