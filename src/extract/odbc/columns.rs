//! As what each column of an answer is fetched, so that nothing of a value is lost on the way, and how it is written.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use chrono::NaiveDate;

use super::super::letters;
use super::super::query::Fault;

/// How the columns of an answer are fetched and written.
pub(super) struct Columns {
    fetched: SchemaRef,
    texts: Vec<As>,
}

/// What the text of a column is, where it was no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Itself,
    /// An exact number. Drivers are not sure of scales, and what they say would add digits or take them away.
    Number,
    /// A day, a point in time or a time of day. What drivers make numbers of is not always what the database has: psqlodbc makes
    /// today of what it takes for no day.
    Moment(Fraction),
    /// A UUID, which drivers write in capitals.
    Uuid,
}

/// How a part of a second is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fraction {
    /// Without zeros at its end.
    Shortest,
    /// In three, six or nine digits.
    Threes,
}

impl Columns {
    /// Decides it by what the driver says of the columns.
    pub fn of(given: Schema, is_uuid: impl Fn(usize) -> bool) -> Result<Self, Fault> {
        let mut texts = Vec::new();
        let mut fields = Vec::new();
        for (at, field) in given.fields().iter().enumerate() {
            let (fetched, text) = match field.data_type() {
                DataType::Decimal128(..) => (DataType::Utf8, As::Number),
                DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                    (DataType::Utf8, As::Moment(Fraction::Shortest))
                }
                DataType::Date32
                | DataType::Date64
                | DataType::Timestamp(..)
                | DataType::Time32(_)
                | DataType::Time64(_) => (DataType::Utf8, As::Moment(Fraction::Threes)),
                _ if is_uuid(at) => (DataType::Utf8, As::Uuid),
                DataType::Binary | DataType::FixedSizeBinary(_) => {
                    return Err(Fault::new(
                        format!(
                            "column {} of the answer is binary data, which is no cell of a record",
                            letters(at)
                        ),
                        "Make it text in the query, or leave it out",
                    ));
                }
                other => (other.clone(), As::Itself),
            };
            // Drivers are not sure of what cannot be null either.
            fields.push(Field::new(field.name(), fetched, true));
            texts.push(text);
        }
        Ok(Self {
            fetched: Arc::new(Schema::new(fields)),
            texts,
        })
    }

    /// What is asked of the driver.
    pub fn fetched(&self) -> &SchemaRef {
        &self.fetched
    }

    /// A column for a message, by letters and name.
    pub fn told(&self, at: usize) -> String {
        let name = self
            .fetched
            .fields()
            .get(at)
            .map_or("", |field| field.name());
        format!("column {} `{name}`", letters(at))
    }

    /// A batch with numbers and points in time as records have them.
    pub fn as_written(&self, batch: RecordBatch) -> RecordBatch {
        if self.texts.iter().all(|text| *text == As::Itself) {
            return batch;
        }
        let columns = batch.columns().iter().zip(&self.texts);
        let columns = columns.map(|(column, text)| match text {
            As::Itself => Arc::clone(column),
            As::Number => each(column, number),
            As::Moment(fraction) => each(column, |text, to| moment(text, *fraction, to)),
            As::Uuid => each(column, |text, to| to.push_str(&text.to_ascii_lowercase())),
        });
        RecordBatch::try_new(batch.schema(), columns.collect()).expect("as many texts as before")
    }
}

fn each(column: &ArrayRef, write: impl Fn(&str, &mut String)) -> ArrayRef {
    let column = column.as_string::<i32>();
    let mut made =
        StringBuilder::with_capacity(column.len(), column.value_data().len() + column.len());
    let mut text = String::new();
    for value in column {
        made.append_option(value.map(|value| {
            text.clear();
            write(value.trim(), &mut text);
            &text
        }));
    }
    Arc::new(made.finish())
}

/// `.5` as `0.5`, which some drivers write.
fn number(text: &str, to: &mut String) {
    let (sign, digits) = text.split_at(usize::from(text.starts_with('-')));
    to.push_str(sign);
    if digits.starts_with('.') {
        to.push('0');
    }
    to.push_str(digits);
}

/// `1940-05-01 00:00:00.000` and `1940-05-01` as `01/05/1940`; a time that is not midnight stays. What is written otherwise, or
/// is no day of the calendar, stays as it is.
fn moment(text: &str, fraction: Fraction, to: &mut String) {
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (Some(day), Some(time)),
        None if text.contains(':') => (None, Some(text)),
        None => (Some(text), None),
    };
    let time = time.map(|time| of_day(time, fraction));
    let day = day.map(of_calendar);
    match (day, time) {
        (Some(Some(day)), None) => to.push_str(&day),
        (None, Some(Some(time))) => to.push_str(&time),
        (Some(Some(day)), Some(Some(time))) => {
            to.push_str(&day);
            if time != "00:00:00" {
                to.push(' ');
                to.push_str(&time);
            }
        }
        _ => to.push_str(text),
    }
}

/// `1940-05-01` as `01/05/1940`.
fn of_calendar(day: &str) -> Option<String> {
    let mut parts = day.split('-');
    let mut next = |n: usize| {
        parts
            .next()
            .filter(|part| part.len() == n && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    let known = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    (known.is_some() && year != "0000" && parts.next().is_none())
        .then(|| format!("{day}/{month}/{year}"))
}

/// `12:30:00.500000` with the digits behind its point that it needs.
fn of_day(time: &str, fraction: Fraction) -> Option<String> {
    let (whole, part) = time.split_once('.').unwrap_or((time, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let plain = whole.len() == 8
        && whole.split(':').count() == 3
        && whole.split(':').all(|two| two.len() == 2 && digits(two))
        && digits(part);
    let part = part.trim_end_matches('0');
    let width = match fraction {
        Fraction::Shortest => part.len(),
        Fraction::Threes => part.len().next_multiple_of(3),
    };
    let point = if part.is_empty() { "" } else { "." };
    plain.then(|| format!("{whole}{point}{part:0<width$}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::StringArray;

    #[test]
    fn numbers_and_points_in_time_lose_nothing() {
        fn written(write: impl Fn(&str, &mut String), text: &str) -> String {
            let mut to = String::new();
            write(text, &mut to);
            to
        }
        for (text, is) in [
            ("12.50", "12.50"),
            (".5", "0.5"),
            ("-.25", "-0.25"),
            ("-3", "-3"),
            ("0", "0"),
            (
                "1234567890123456789012345678901234567890.1",
                "1234567890123456789012345678901234567890.1",
            ),
        ] {
            assert_eq!(written(number, text), is);
        }
        for (text, is) in [
            ("1940-05-01 00:00:00", "01/05/1940"),
            ("9999-12-31 00:00:00.0000000", "31/12/9999"),
            ("1940-05-01 00:00:00.0000001", "01/05/1940 00:00:00.0000001"),
            ("2025-04-01 12:30:00.5000000", "01/04/2025 12:30:00.5"),
            ("2025-04-01T12:30:10", "01/04/2025 12:30:10"),
            ("infinity", "infinity"),
            ("2025-04-01 00:00:00+01", "2025-04-01 00:00:00+01"),
            ("0044-03-15 00:00:00 BC", "0044-03-15 00:00:00 BC"),
            ("1940-05-01", "01/05/1940"),
            ("1940-05-01 BC", "1940-05-01 BC"),
            ("12345-01-01", "12345-01-01"),
            ("0000-00-00", "0000-00-00"),
            ("2025-02-29 00:00:00", "2025-02-29 00:00:00"),
            ("24:00:00", "24:00:00"),
            ("12:30:00.500000", "12:30:00.5"),
            ("May  1 2025 12:00AM", "May  1 2025 12:00AM"),
            ("", ""),
        ] {
            assert_eq!(
                written(|text, to| moment(text, Fraction::Shortest, to), text),
                is
            );
        }
        for (text, is) in [
            ("2025-04-01 12:30:00.25", "01/04/2025 12:30:00.250"),
            ("2025-04-01 12:30:00.2500010", "01/04/2025 12:30:00.250001"),
            ("2025-04-01 12:30:00.000", "01/04/2025 12:30:00"),
            ("2025-04-01 00:00:00.000", "01/04/2025"),
            ("00:00:00", "00:00:00"),
        ] {
            assert_eq!(
                written(|text, to| moment(text, Fraction::Threes, to), text),
                is
            );
        }
    }

    #[test]
    fn columns_are_fetched_as_what_holds_them_whole() {
        let field = |name: &str, of: DataType| Field::new(name, of, false);
        let given = Schema::new(vec![
            field("a", DataType::Utf8),
            field("b", DataType::Decimal128(28, 6)),
            field("c", DataType::Timestamp(TimeUnit::Nanosecond, None)),
            field("d", DataType::Timestamp(TimeUnit::Second, None)),
            field("e", DataType::Date32),
            field("f", DataType::Time64(TimeUnit::Microsecond)),
            field("g", DataType::Utf8),
            field("h", DataType::Int64),
        ]);
        let Ok(columns) = Columns::of(given, |at| at == 6) else {
            panic!("known kinds");
        };
        let kinds: Vec<_> = columns
            .fetched()
            .fields()
            .iter()
            .map(|f| (f.data_type().clone(), f.is_nullable()))
            .collect();
        let mut fetched = vec![(DataType::Utf8, true); 7];
        fetched.push((DataType::Int64, true));
        assert_eq!(kinds, fetched);
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some(".5"), None]));
        let days: ArrayRef = Arc::new(StringArray::from(vec![Some("1940-05-01"), None]));
        let uuids: ArrayRef = Arc::new(StringArray::from(vec![Some("A0EE"), None]));
        let numbers = arrow::array::new_null_array(&DataType::Int64, 2);
        let batch = RecordBatch::try_new(
            columns.fetched().clone(),
            [
                &texts, &texts, &texts, &days, &days, &days, &uuids, &numbers,
            ]
            .map(Arc::clone)
            .to_vec(),
        )
        .unwrap();
        let written = columns.as_written(batch);
        assert_eq!(written.column(0).as_string::<i32>().value(0), ".5");
        assert_eq!(written.column(1).as_string::<i32>().value(0), "0.5");
        assert!(written.column(1).is_null(1));
        assert_eq!(written.column(3).as_string::<i32>().value(0), "01/05/1940");
        assert_eq!(written.column(6).as_string::<i32>().value(0), "a0ee");
        let binary = Columns::of(Schema::new(vec![field("photo", DataType::Binary)]), |_| {
            false
        })
        .err()
        .expect("refused");
        assert!(binary.fault.contains("column A of the answer is binary"));
    }
}
