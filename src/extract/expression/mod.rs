//! Polars' SQL for one record: columns derived from others, conditions on rows. Columns go in as text, an empty cell as
//! NULL; what comes out becomes text again.

mod rendered;
mod words;

use polars::prelude::{
    ChunkFullNull as _, Column, DataFrame, DataType, Expr, IntoLazy as _, IntoSeries as _,
    LazyFrame, NewChunkedArray as _, PolarsError, PolarsResult, StringChunked, col,
};
use polars::sql::sql_expr;

use super::told;
use crate::tokens;

pub(super) use rendered::Rendered;

/// Words and operators of an expression at most.
const MOST_PARTS: usize = 200;

/// One expression, read and known to be of one record.
#[derive(Debug, Clone)]
pub struct Expression {
    /// Where it stands in the configuration.
    key: String,
    expr: Expr,
    /// Names that must be columns.
    columns: Vec<String>,
    /// Words that may be columns.
    maybe: Vec<String>,
}

impl Expression {
    /// Reads an expression that stands under this key of the configuration. `tables` are the names that may stand before a
    /// column, with a dot.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(key: &str, text: &str, tables: &[&str]) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("is blank".into());
        }
        // Each operator is a step down for whoever reads or works it out, and the way is not endless.
        let operators = text.bytes().filter(|b| b"|+-*/%=<>(".contains(b)).count();
        let words_of = text.split_whitespace().count();
        if operators + words_of > MOST_PARTS {
            return Err(format!(
                "has more than {MOST_PARTS} words and operators; cut it in two with a column between"
            ));
        }
        let words = words::read(text, tables)?;
        // Its warnings are of its own future, and would stand between the lines of a run.
        polars::error::set_warning_function(|_, _| {});
        // No record was read yet, so the engine's words can hold nothing but the configuration's.
        let expr = sql_expr(&words.text)
            .map_err(|e| format!("is no expression of polars' SQL: {}", said(&e)))?;
        Ok(Self {
            key: key.to_owned(),
            expr,
            columns: words.columns,
            maybe: words.maybe,
        })
    }

    /// Whether it names a column.
    pub fn names(&self, column: &str) -> bool {
        self.columns
            .iter()
            .chain(&self.maybe)
            .any(|name| name == column)
    }
}

/// The engine's message, short, unless what it has of the configuration might be somebody's.
fn said(error: &PolarsError) -> String {
    let text = error.to_string();
    let text: String = text
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect();
    let mut token = text.bytes().filter(u8::is_ascii_digit).count() >= 5;
    tokens::scan(text.as_bytes(), |_| token = true);
    if token {
        "what is wrong holds what may be a value, so it is not repeated here".to_owned()
    } else {
        text
    }
}

/// What an expression must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// Yes or no.
    Condition,
    /// Text, a number, a day or yes or no.
    Value,
}

/// One expression of several, of which each may name what those before it are called.
pub(super) struct Step<'e> {
    pub name: &'e str,
    pub gives: Gives,
    pub expression: &'e Expression,
}

/// Expressions over columns of these names.
pub(super) struct Stage {
    steps: Vec<(String, Gives, Expr)>,
    keys: Vec<String>,
    /// Positions of the columns that they look at.
    pub used: Vec<usize>,
    names: Vec<String>,
}

/// Which step could not be worked out, and for which record of the batch.
pub(super) struct Failed {
    /// Where the expression stands in the configuration.
    pub key: String,
    pub record: usize,
}

impl Stage {
    /// Holds the expressions against the columns.
    ///
    /// # Errors
    /// The key of the expression and what is wrong with it.
    pub fn new<'e>(
        columns: &[String],
        steps: impl IntoIterator<Item = Step<'e>>,
    ) -> Result<Self, (String, String)> {
        let mut stage = Self {
            steps: Vec::new(),
            keys: Vec::new(),
            used: Vec::new(),
            names: Vec::new(),
        };
        let mut used = Vec::new();
        let mut made: Vec<&str> = Vec::new();
        for step in steps {
            let expression = step.expression;
            let fault = |fault: String| (expression.key.clone(), fault);
            for name in &expression.columns {
                if !columns.contains(name) && !made.contains(&name.as_str()) {
                    return Err(fault(format!(
                        "{} is not a column that is there by then",
                        told(name)
                    )));
                }
            }
            for (at, column) in columns.iter().enumerate() {
                if expression.names(column) && !used.contains(&at) {
                    used.push(at);
                }
            }
            made.push(step.name);
            let expr = expression.expr.clone().alias(step.name);
            stage.steps.push((step.name.to_owned(), step.gives, expr));
            stage.keys.push(expression.key.clone());
        }
        used.sort_unstable();
        stage.names = used.iter().map(|at| columns[*at].clone()).collect();
        stage.used = used;
        stage.check()?;
        Ok(stage)
    }

    /// Whether there is nothing to work out.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Works everything out for no record at all, which shows what the types are.
    fn check(&self) -> Result<(), (String, String)> {
        let frame = self.frame(0, |_, _| b"");
        for (at, (_, gives, _)) in self.steps.iter().enumerate() {
            let fault = |fault| Err((self.keys[at].clone(), fault));
            let made = frame.clone().and_then(|frame| self.work_out(frame, at + 1));
            let column = match made {
                Ok(mut made) => made.remove(at),
                // There is no record whose value could be in the message.
                Err(e) => return fault(format!("does not fit columns of text: {}", said(&e))),
            };
            match gives {
                Gives::Condition if *column.dtype() != DataType::Boolean => {
                    return fault("is no condition: it must come to true or false".into());
                }
                Gives::Value if !Rendered::takes(column.dtype()) => {
                    return fault(
                        "comes to something that is no text, number, day or truth".into(),
                    );
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Works everything out for so many records; `value` gives the text of a column of a record, by their positions.
    pub fn run<'c>(
        &self,
        records: usize,
        value: impl Fn(usize, usize) -> &'c [u8],
    ) -> Result<Vec<Rendered>, Failed> {
        let failed = |frame: PolarsResult<DataFrame>| match frame {
            Ok(frame) => self.first_failure(&frame, records),
            Err(_) => self.failed(0, 0),
        };
        let frame = self.frame(records, value);
        let made = frame
            .clone()
            .and_then(|frame| self.work_out(frame, self.steps.len()));
        let Ok(made) = made else {
            return Err(failed(frame));
        };
        let rendered = made.iter().map(|column| Rendered::of(column, records));
        rendered.collect::<Option<_>>().ok_or_else(|| failed(frame))
    }

    fn failed(&self, step: usize, record: usize) -> Failed {
        Failed {
            key: self.keys[step].clone(),
            record,
        }
    }

    /// Finds the first record that an expression fails for. Slow, and done once.
    fn first_failure(&self, frame: &DataFrame, records: usize) -> Failed {
        let step = (0..self.steps.len())
            .find(|at| self.work_out(frame.clone(), at + 1).is_err())
            .unwrap_or(0);
        let fails = |at: &usize| self.work_out(frame.slice(*at as i64, 1), step + 1).is_err();
        self.failed(step, (0..records).find(fails).unwrap_or(0))
    }

    fn frame<'c>(
        &self,
        records: usize,
        value: impl Fn(usize, usize) -> &'c [u8],
    ) -> PolarsResult<DataFrame> {
        let column = |(name, at): (&String, &usize)| {
            let texts = (0..records).map(|record| {
                let text = value(*at, record);
                // Blocks are UTF-8, so all of it is text.
                std::str::from_utf8(text)
                    .ok()
                    .filter(|text| !text.is_empty())
            });
            Column::from(StringChunked::from_iter_options(name.into(), texts).into_series())
        };
        let mut columns: Vec<Column> = self.names.iter().zip(&self.used).map(column).collect();
        if columns.is_empty() {
            // Something has to say how many records there are.
            columns.push(Column::from(
                StringChunked::full_null("".into(), records).into_series(),
            ));
        }
        DataFrame::new(records, columns)
    }

    /// The first so many results.
    fn work_out(&self, frame: DataFrame, steps: usize) -> PolarsResult<Vec<Column>> {
        let mut lazy: LazyFrame = frame.lazy();
        let mut wanted = Vec::new();
        for (at, (name, _, expr)) in self.steps[..steps].iter().enumerate() {
            // A later step of the same name, or a name of the frame's, must not take this one's place.
            let kept = format!("\u{1}{at}");
            lazy = lazy
                .with_columns([expr.clone()])
                .with_columns([col(name.as_str()).alias(kept.as_str())]);
            wanted.push(col(kept.as_str()));
        }
        let made = lazy.select(wanted).collect()?;
        Ok(made.columns().to_vec())
    }
}

#[cfg(test)]
mod tests;
