//! The distinct texts of the submission, as both files write them; made once when all rows are there.

use std::io;

use encoding_rs::WINDOWS_1252;

use super::csv_file::push_quoted;
use super::line_parts::WideCells;
use crate::date::Date;
use crate::treat::{Form, Layout, OutputColumn, Stored, Values};

/// Texts of every column of values, by number.
pub struct Texts {
    columns: Vec<Column>,
}

/// Texts of one column of values. Number 0 is the empty text.
pub struct Column {
    /// What its cells look like.
    pub form: Form,
    texts: Arena,
    /// With its quotes, if it needs them, and a comma behind it.
    cells: WideCells,
    /// For the other file: UTF-8 where that is not the text itself.
    utf8: Vec<Option<Box<[u8]>>>,
    typed: Vec<i64>,
    /// Whether the text is an identifier of the extract, so that nothing is written.
    pub withheld: Vec<bool>,
    /// Whether any is.
    pub withholds: bool,
}

/// Byte strings in one piece.
#[derive(Default)]
struct Arena {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Arena {
    fn end(&mut self) {
        // The texts of all columns are bounded, far below four gibibytes.
        self.ends.push(self.bytes.len() as u32);
    }

    #[inline]
    fn get(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start as usize..self.ends[at] as usize]
    }
}

impl Texts {
    /// Takes the texts. `must_not_leave` is asked of those that are copied from the extract.
    ///
    /// # Errors
    /// When a text is not what its column has.
    pub fn new(
        values: &Values,
        layout: &Layout,
        columns: &[OutputColumn],
        must_not_leave: impl Fn(&[u8], Form) -> bool,
    ) -> io::Result<Self> {
        let form = |at: usize| {
            let column = columns.iter().find(|c| c.stored == Stored::Value(at));
            column.map_or(Form::Text, |column| column.form)
        };
        let column = |at: usize| {
            values.of_column(at, |values| {
                let mut column = Column::new(form(at));
                for value in values {
                    column.push(&value.text).ok_or(io::ErrorKind::InvalidData)?;
                    let withheld = value.copied
                        && column.is_copied()
                        && must_not_leave(&value.text, column.form);
                    column.withheld.push(withheld);
                    column.withholds |= withheld;
                }
                Ok(column)
            })
        };
        let columns: io::Result<_> = (0..layout.values).map(column).collect();
        Ok(Self { columns: columns? })
    }

    /// The texts of a column of values.
    #[inline]
    pub fn column(&self, at: usize) -> &Column {
        &self.columns[at]
    }
}

impl Column {
    fn new(form: Form) -> Self {
        let mut column = Self {
            form,
            texts: Arena::default(),
            cells: WideCells::default(),
            utf8: vec![None],
            typed: vec![0],
            withheld: vec![false],
            withholds: false,
        };
        column.texts.end();
        column.cells.add(|cell| cell.push(b','));
        column
    }

    /// Its texts are copied from the extract, if only as values of a list.
    pub fn is_copied(&self) -> bool {
        matches!(self.form, Form::Text | Form::Count | Form::Decimal)
    }

    /// `None` if the text is not what its column has, and was not added in full.
    fn push(&mut self, text: &[u8]) -> Option<()> {
        self.texts.bytes.extend_from_slice(text);
        self.texts.end();
        self.cells.add(|cell| {
            push_quoted(cell, text);
            cell.push(b',');
        });
        self.utf8.push(utf8(text));
        self.typed.push(typed(self.form, text)?);
        Some(())
    }

    /// How many there are, the empty one included.
    pub fn len(&self) -> usize {
        self.withheld.len()
    }

    /// Whether there is none but the empty one.
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    /// In Windows-1252.
    #[inline]
    pub fn text(&self, number: usize) -> &[u8] {
        self.texts.get(number)
    }

    /// As they stand in a line, a comma behind each.
    pub fn cells(&self) -> &WideCells {
        &self.cells
    }

    /// In UTF-8.
    pub fn utf8(&self, number: usize) -> &[u8] {
        match &self.utf8[number] {
            Some(text) => text,
            None => self.text(number),
        }
    }

    /// Its value: days since 1970, an integer, or hundredths.
    pub fn typed(&self, number: usize) -> i64 {
        self.typed[number]
    }
}

/// Windows-1252 as UTF-8, where that is another text.
pub(super) fn utf8(text: &[u8]) -> Option<Box<[u8]>> {
    if text.is_ascii() {
        return None;
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(text);
    Some(text.into_owned().into_bytes().into_boxed_slice())
}

/// The value of a text: days since 1970, an integer, hundredths; 0 of what is text. Texts are what the treatment wrote,
/// so they read back.
pub(super) fn typed(form: Form, text: &[u8]) -> Option<i64> {
    match form {
        Form::Text | Form::Sector | Form::Pseudonym => Some(0),
        Form::Date => Date::parse(text).map(|day| i64::from(day.days_since_1970())),
        Form::Integer | Form::Count => std::str::from_utf8(text).ok().and_then(|n| n.parse().ok()),
        Form::Decimal => hundredths(text),
    }
}

/// A number with exactly two decimals, without its point.
fn hundredths(cell: &[u8]) -> Option<i64> {
    let (negative, digits) = match cell {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (whole, [b'.', tens, ones]) = digits.split_last_chunk()? else {
        return None;
    };
    let digit = |n: i64, d: &u8| {
        let d = d.is_ascii_digit().then(|| i64::from(d - b'0'))?;
        n.checked_mul(10)?.checked_add(d)
    };
    let value = whole.iter().chain([tens, ones]).try_fold(0, digit)?;
    Some(if negative { -value } else { value })
}
