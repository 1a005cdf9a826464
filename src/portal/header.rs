//! The first row against the names of the specification, character by character.

use super::Specification;
use super::cells::{Grammar, Step};
use super::problem::{Place, Problem, Rule};
use crate::nearest::nearest_of;
use crate::separator;

/// A longer first row is no row of names.
pub const MAX_BYTES: usize = 1 << 20;

/// How much of a name a misspelt one must share; what stands in a header may be a value that was written over a name.
const NEAR: f64 = 0.75;

/// The longest text of a header cell that is repeated.
const REPEATED: usize = 100;

/// The first row, and which fields its columns are.
#[derive(Debug, Default)]
pub struct Header {
    cells: Vec<Cell>,
    /// The name of the field, for each column that has one.
    fields: Vec<Option<String>>,
}

#[derive(Debug)]
struct Cell {
    byte: u64,
    text: String,
}

/// What a column is to the specification; positions are of its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Exact(usize),
    /// The same letters, though not the same characters.
    Respelt(usize),
    Near(usize),
    /// A field that another column is already.
    Again(usize),
    Withdrawn(usize),
    Local,
    Nameless,
    Unknown,
}

impl Header {
    /// Takes the first row off `bytes`, which begin at the byte `base`, and tells where the next begins. `None` where
    /// the row may go on behind `bytes`.
    pub fn read(bytes: &[u8], base: u64, ended: bool) -> Option<(Self, usize)> {
        let mut header = Self::default();
        let mut grammar = Grammar::default();
        let mut begin = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let step = grammar.step(*byte);
            if matches!(step, Step::Cell | Step::Row) {
                header.push(&bytes[begin..at], base + begin as u64, step == Step::Row);
                begin = at + 1;
            }
            if step == Step::Row {
                return Some((header, begin));
            }
        }
        ended.then(|| {
            header.push(&bytes[begin..], base + begin as u64, true);
            (header, bytes.len())
        })
    }

    fn push(&mut self, raw: &[u8], byte: u64, last: bool) {
        let raw = raw.strip_suffix(b"\r").filter(|_| last).unwrap_or(raw);
        let (value, byte) = match raw.strip_prefix(b"\"") {
            Some(rest) => (
                String::from_utf8_lossy(rest.strip_suffix(b"\"").unwrap_or(rest))
                    .replace("\"\"", "\""),
                byte + 1,
            ),
            None => (String::from_utf8_lossy(raw).into_owned(), byte),
        };
        self.cells.push(Cell { byte, text: value });
    }

    pub fn width(&self) -> usize {
        self.cells.len()
    }

    /// The field that a column is, as the specification names it.
    pub fn field(&self, column: usize) -> Option<&str> {
        self.fields.get(column)?.as_deref()
    }

    /// Compares the names with the specification's.
    pub fn check(&mut self, specification: &Specification) -> Vec<Problem> {
        let names = &specification.names;
        let fits = self.fit(specification);
        let known = |fit: &Fit| matches!(fit, Fit::Exact(_) | Fit::Respelt(_));
        if !fits.iter().any(known) {
            let message = self.no_name(specification);
            return vec![Problem::new(Rule::NoHeader, message).at(self.place(0))];
        }
        let mut problems = Vec::new();
        self.fields = vec![None; fits.len()];
        let mut there = vec![false; names.len()];
        let mut strangers = Vec::new();
        for (at, fit) in fits.iter().enumerate() {
            match *fit {
                Fit::Exact(n) | Fit::Respelt(n) | Fit::Near(n) => {
                    there[n] = true;
                    self.fields[at] = Some(names[n].clone());
                    if *fit != Fit::Exact(n) {
                        problems.push(self.misspelt(at, &names[n]));
                    }
                }
                Fit::Again(n) => problems.push(self.column(
                    Rule::Unexpected,
                    at,
                    &format!("is `{}` once more. Remove or rename one", names[n]),
                )),
                Fit::Withdrawn(n) => {
                    let name = &specification.withdrawn[n];
                    self.fields[at] = Some(name.clone());
                    let message = format!(
                        "is `{name}`, which {} no longer has as far as is known. Remove the column",
                        specification.id
                    );
                    problems.push(self.column(Rule::Withdrawn, at, &message).of(name));
                }
                Fit::Local => problems.push(self.column(
                    Rule::Unexpected,
                    at,
                    "is a `local_` column, which the specification does not have: they are for `cld run`. Remove it",
                )),
                Fit::Nameless => problems.push(self.column(
                    Rule::Unexpected,
                    at,
                    "has no name. Remove it",
                )),
                Fit::Unknown => strangers.push(at),
            }
        }
        problems.extend(strangers.into_iter().map(|at| {
            self.column(
                Rule::Unexpected,
                at,
                "is not of the specification, nor is any name of it near. Remove it, or name it as the specification does",
            )
        }));
        for (name, _) in names.iter().zip(there).filter(|(_, there)| !there) {
            problems.push(
                Problem::new(
                    Rule::Missing,
                    format!("no column is `{name}`. Add it, with empty cells if there is nothing to fill in"),
                )
                .of(name),
            );
        }
        problems.extend(self.order(&fits, names));
        problems
    }

    /// The first row may be a record, so nothing of it is repeated.
    fn no_name(&self, specification: &Specification) -> String {
        let cells: Vec<_> = self.cells.iter().map(|cell| cell.text.clone()).collect();
        let is_field = |name: &str| specification.names.iter().any(|n| n == name);
        match separator::other_than_comma(&cells, is_field) {
            Some(separator) => format!(
                "cells are separated by {separator}: the portal takes commas. Save the file with commas between the cells"
            ),
            None => format!(
                "no cell of the first row is the name of a field of {}: the first row must be the names, exactly as the specification has them",
                specification.id
            ),
        }
    }

    fn fit(&self, specification: &Specification) -> Vec<Fit> {
        let names = &specification.names;
        let folded: Vec<_> = names.iter().map(|name| fold(name)).collect();
        let mut free = vec![true; names.len()];
        let mut fits = vec![Fit::Unknown; self.cells.len()];
        for (fit, cell) in fits.iter_mut().zip(&self.cells) {
            if let Some(n) = names.iter().position(|name| *name == cell.text) {
                *fit = if std::mem::take(&mut free[n]) {
                    Fit::Exact(n)
                } else {
                    Fit::Again(n)
                };
            }
        }
        for (fit, cell) in fits.iter_mut().zip(&self.cells) {
            if *fit != Fit::Unknown {
                continue;
            }
            let text = fold(&cell.text);
            let withdrawn = || {
                let mut withdrawn = specification.withdrawn.iter();
                withdrawn.position(|name| fold(name) == text)
            };
            *fit = if cell.text.trim().is_empty() {
                Fit::Nameless
            } else if cell.text.starts_with("local_") {
                Fit::Local
            } else if let Some(n) = folded.iter().position(|name| *name == text) {
                if std::mem::take(&mut free[n]) {
                    Fit::Respelt(n)
                } else {
                    Fit::Again(n)
                }
            } else if let Some(n) = withdrawn() {
                Fit::Withdrawn(n)
            } else {
                Fit::Unknown
            };
        }
        // Among records, whatever is near the name of a field is near by chance.
        let sure = |fit: &&Fit| matches!(fit, Fit::Exact(_) | Fit::Respelt(_) | Fit::Withdrawn(_));
        let sure = fits.iter().filter(sure).count();
        if 2 * sure < fits.len() {
            return fits;
        }
        for (fit, cell) in fits.iter_mut().zip(&self.cells) {
            let candidates = names.iter().zip(&free).filter(|(_, free)| **free);
            let candidates = candidates.map(|(name, _)| name.as_str());
            if *fit == Fit::Unknown
                && let Some(near) = nearest_of(&cell.text, candidates, NEAR)
                && digits(near) == digits(&cell.text)
                && let Some(n) = names.iter().position(|name| name == near)
            {
                free[n] = false;
                *fit = Fit::Near(n);
            }
        }
        fits
    }

    fn misspelt(&self, at: usize, name: &str) -> Problem {
        let text = &self.cells[at].text;
        let how = if text.trim() == name {
            " (white space stands before or after it)"
        } else if text.replace('_', " ") == name.replace('_', " ") {
            " (space and underscore are not interchangeable)"
        } else if text.eq_ignore_ascii_case(name) {
            " (capitals count)"
        } else {
            ""
        };
        let message = format!("is {}, not exactly `{name}`{how}", shown(text));
        self.column(Rule::Misspelt, at, &message).of(name)
    }

    fn column(&self, rule: Rule, at: usize, message: &str) -> Problem {
        Problem::new(rule, message).at(self.place(at))
    }

    fn order(&self, fits: &[Fit], names: &[String]) -> Option<Problem> {
        let mut last = 0;
        for (at, fit) in fits.iter().enumerate() {
            let (Fit::Exact(n) | Fit::Respelt(n) | Fit::Near(n)) = *fit else {
                continue;
            };
            if n < last {
                let message = format!(
                    "`{}` stands behind fields that the specification has after it. The order is not known to matter",
                    names[n]
                );
                return Some(
                    Problem::new(Rule::Order, message)
                        .of(&names[n])
                        .at(self.place(at)),
                );
            }
            last = n;
        }
        None
    }

    fn place(&self, column: usize) -> Place {
        Place {
            byte: self.cells[column].byte,
            row: Some(1),
            column: Some(column as u64),
        }
    }
}

/// What stands in a header cell that is nearly a name, so that what cannot be seen is seen.
fn shown(text: &str) -> String {
    if text.chars().count() > REPEATED {
        return "nearly the name, but much longer".to_owned();
    }
    let visible = |c: char| c == ' ' || !(c.is_whitespace() || c.is_control() || !c.is_ascii());
    let shown: String = text
        .chars()
        .map(|c| match c {
            c if visible(c) => c.to_string(),
            c => c.escape_default().to_string(),
        })
        .collect();
    format!("`{shown}`")
}

fn fold(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
