//! As what each column of an answer is fetched, so that nothing of a value is lost on the way, and how it is written.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;

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
    /// A point in time finer or farther away than 64 bits can hold.
    Moment,
}

impl Columns {
    /// Decides it by what the driver says of the columns.
    pub fn of(given: Schema) -> Result<Self, Fault> {
        let mut texts = Vec::new();
        let mut fields = Vec::new();
        for (at, field) in given.fields().iter().enumerate() {
            let (fetched, text) = match field.data_type() {
                DataType::Decimal128(..) => (DataType::Utf8, As::Number),
                DataType::Timestamp(TimeUnit::Nanosecond, _) => (DataType::Utf8, As::Moment),
                // Whatever digits the driver promises, there may be more.
                DataType::Timestamp(..) => {
                    (DataType::Timestamp(TimeUnit::Microsecond, None), As::Itself)
                }
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
            As::Moment => each(column, moment),
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

/// `1940-05-01 00:00:00.000` as `01/05/1940`; a time that is not midnight stays, without zeros at its end. What is written
/// otherwise stays as it is.
fn moment(text: &str, to: &mut String) {
    let parts = || {
        let (day, time) = text.split_once([' ', 'T'])?;
        let mut day = day.split('-');
        let (year, month, of_month) = (day.next()?, day.next()?, day.next()?);
        let digits =
            |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
        let is_day =
            day.next().is_none() && digits(year, 4) && digits(month, 2) && digits(of_month, 2);
        let is_time = time
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'));
        (is_day && is_time).then_some((year, month, of_month, time))
    };
    let Some((year, month, of_month, time)) = parts() else {
        to.push_str(text);
        return;
    };
    for part in [of_month, "/", month, "/", year] {
        to.push_str(part);
    }
    let time = if time.contains('.') {
        time.trim_end_matches('0').trim_end_matches('.')
    } else {
        time
    };
    if time != "00:00:00" {
        to.push(' ');
        to.push_str(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::StringArray;

    #[test]
    fn numbers_and_points_in_time_lose_nothing() {
        let written = |write: fn(&str, &mut String), text: &str| {
            let mut to = String::new();
            write(text, &mut to);
            to
        };
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
        ] {
            assert_eq!(written(moment, text), is);
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
        ]);
        let Ok(columns) = Columns::of(given) else {
            panic!("known kinds");
        };
        let kinds: Vec<_> = columns
            .fetched()
            .fields()
            .iter()
            .map(|f| (f.data_type().clone(), f.is_nullable()))
            .collect();
        let moment = DataType::Timestamp(TimeUnit::Microsecond, None);
        assert_eq!(
            kinds,
            [DataType::Utf8, DataType::Utf8, DataType::Utf8, moment].map(|kind| (kind, true))
        );
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some(".5"), None]));
        let times = arrow::array::new_null_array(columns.fetched().field(3).data_type(), 2);
        let batch = RecordBatch::try_new(
            columns.fetched().clone(),
            vec![texts.clone(), texts.clone(), texts, times],
        )
        .unwrap();
        let written = columns.as_written(batch);
        assert_eq!(written.column(0).as_string::<i32>().value(0), ".5");
        assert_eq!(written.column(1).as_string::<i32>().value(0), "0.5");
        assert!(written.column(1).is_null(1));
        let binary = Columns::of(Schema::new(vec![field("photo", DataType::Binary)]))
            .err()
            .expect("refused");
        assert!(binary.fault.contains("column A of the answer is binary"));
    }
}
