//! Typed columns as text, cell by cell: what Parquet and Arrow files hold, written as a case system's CSV would have it.

use std::fmt::Display;
use std::io::Write as _;
use std::path::Path;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, RecordBatch,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DecimalType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Schema, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
    TimeUnit, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use chrono::{NaiveDateTime, NaiveTime, Timelike};

use super::flow::{Halt, Sink, Start};
use super::{ExtractError, letters};

/// Writes the names of the columns, if all of them can be read.
pub(super) fn write_header(path: &Path, schema: &Schema, sink: &mut Sink) -> Result<(), Halt> {
    let fault = |fault: String, remedy| {
        Err(Halt::Fault(ExtractError::File {
            path: path.to_owned(),
            fault,
            remedy,
        }))
    };
    for (at, field) in schema.fields().iter().enumerate() {
        if let Some(what) = unreadable(field.data_type()) {
            return fault(
                format!(
                    "column {} is {what}, which is no cell of a record",
                    letters(at)
                ),
                "Export it as text, numbers or dates, or leave it out",
            );
        }
    }
    if schema.fields().is_empty() {
        return fault(
            "has no columns".into(),
            "A source has a column for each field",
        );
    }
    sink.start(Start {
        first_row: 1,
        ..Start::default()
    })?;
    for field in schema.fields() {
        sink.cell(field.name().as_bytes())?;
    }
    sink.end_record()
}

/// Writes records.
pub(super) fn write_batch(path: &Path, batch: &RecordBatch, sink: &mut Sink) -> Result<(), Halt> {
    let columns = batch
        .columns()
        .iter()
        .enumerate()
        .map(|(at, array)| {
            writer(array).ok_or_else(|| ExtractError::File {
                path: path.to_owned(),
                fault: format!("column {} cannot be read", letters(at)),
                remedy: "Export it as text, numbers or dates, or leave it out",
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut text = Vec::new();
    for row in 0..batch.num_rows() {
        for column in &columns {
            text.clear();
            column(row, &mut text);
            sink.cell(&text)?;
        }
        sink.end_record()?;
    }
    Ok(())
}

/// What a column is, where it cannot be text.
fn unreadable(of: &DataType) -> Option<&'static str> {
    match of {
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::ListView(_)
        | DataType::LargeListView(_) => Some("a list"),
        DataType::Struct(_) => Some("a structure"),
        DataType::Map(..) => Some("a map"),
        DataType::Union(..) => Some("a union"),
        DataType::RunEndEncoded(..) => Some("run-end encoded"),
        DataType::Interval(_) | DataType::Duration(_) => Some("a length of time"),
        DataType::FixedSizeBinary(_) => Some("binary data"),
        DataType::Dictionary(_, values) => unreadable(values),
        _ => None,
    }
}

/// Writes the text of one row's cell, nothing where there is no value.
type Write<'a> = Box<dyn Fn(usize, &mut Vec<u8>) + 'a>;

fn writer(array: &ArrayRef) -> Option<Write<'_>> {
    let array: &dyn Array = array;
    let bare = bare_writer(array)?;
    if array.null_count() == 0 {
        return Some(bare);
    }
    Some(Box::new(move |row, text| {
        if array.is_valid(row) {
            bare(row, text);
        }
    }))
}

fn bare_writer(array: &dyn Array) -> Option<Write<'_>> {
    Some(match array.data_type() {
        DataType::Null => Box::new(|_, _| {}),
        DataType::Boolean => {
            let array = array.as_boolean();
            Box::new(|row, text| {
                let word: &[u8] = if array.value(row) { b"TRUE" } else { b"FALSE" };
                text.extend_from_slice(word);
            })
        }
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            Box::new(|row, text| text.extend_from_slice(array.value(row).as_bytes()))
        }
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            Box::new(|row, text| text.extend_from_slice(array.value(row).as_bytes()))
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            Box::new(|row, text| text.extend_from_slice(array.value(row).as_bytes()))
        }
        // Text that its writer did not call text; the reading of records looks whether it is UTF-8.
        DataType::Binary => {
            let array = array.as_binary::<i32>();
            Box::new(|row, text| text.extend_from_slice(array.value(row)))
        }
        DataType::LargeBinary => {
            let array = array.as_binary::<i64>();
            Box::new(|row, text| text.extend_from_slice(array.value(row)))
        }
        DataType::BinaryView => {
            let array = array.as_binary_view();
            Box::new(|row, text| text.extend_from_slice(array.value(row)))
        }
        DataType::Int8 => plain::<Int8Type>(array),
        DataType::Int16 => plain::<Int16Type>(array),
        DataType::Int32 => plain::<Int32Type>(array),
        DataType::Int64 => plain::<Int64Type>(array),
        DataType::UInt8 => plain::<UInt8Type>(array),
        DataType::UInt16 => plain::<UInt16Type>(array),
        DataType::UInt32 => plain::<UInt32Type>(array),
        DataType::UInt64 => plain::<UInt64Type>(array),
        DataType::Float16 => {
            let array = array.as_primitive::<Float16Type>();
            Box::new(|row, text| write(text, array.value(row).to_f32() + 0.0))
        }
        DataType::Float32 => {
            let array = array.as_primitive::<Float32Type>();
            Box::new(|row, text| write(text, array.value(row) + 0.0))
        }
        DataType::Float64 => {
            let array = array.as_primitive::<Float64Type>();
            Box::new(|row, text| write(text, array.value(row) + 0.0))
        }
        DataType::Decimal32(..) => decimal::<Decimal32Type>(array),
        DataType::Decimal64(..) => decimal::<Decimal64Type>(array),
        DataType::Decimal128(..) => decimal::<Decimal128Type>(array),
        DataType::Decimal256(..) => decimal::<Decimal256Type>(array),
        DataType::Date32 => {
            let array = array.as_primitive::<Date32Type>();
            Box::new(|row, text| {
                day_or_number(text, array.value_as_datetime(row), array.value(row))
            })
        }
        DataType::Date64 => {
            let array = array.as_primitive::<Date64Type>();
            Box::new(|row, text| {
                day_or_number(text, array.value_as_datetime(row), array.value(row))
            })
        }
        // One that is of the world's time stays in it: a day that was local is then seen to have an hour.
        DataType::Timestamp(unit, _) => {
            let any = array.as_any();
            match unit {
                TimeUnit::Second => {
                    let array = any.downcast_ref::<TimestampSecondArray>()?;
                    Box::new(|row, text| {
                        day_or_number(text, array.value_as_datetime(row), array.value(row))
                    })
                }
                TimeUnit::Millisecond => {
                    let array = any.downcast_ref::<TimestampMillisecondArray>()?;
                    Box::new(|row, text| {
                        day_or_number(text, array.value_as_datetime(row), array.value(row))
                    })
                }
                TimeUnit::Microsecond => {
                    let array = any.downcast_ref::<TimestampMicrosecondArray>()?;
                    Box::new(|row, text| {
                        day_or_number(text, array.value_as_datetime(row), array.value(row))
                    })
                }
                TimeUnit::Nanosecond => {
                    let array = any.downcast_ref::<TimestampNanosecondArray>()?;
                    Box::new(|row, text| {
                        day_or_number(text, array.value_as_datetime(row), array.value(row))
                    })
                }
            }
        }
        DataType::Time32(TimeUnit::Second) => {
            let array = array.as_primitive::<Time32SecondType>();
            Box::new(|row, text| time_or_number(text, array.value_as_time(row), array.value(row)))
        }
        DataType::Time32(_) => {
            let array = array.as_primitive::<Time32MillisecondType>();
            Box::new(|row, text| time_or_number(text, array.value_as_time(row), array.value(row)))
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            let array = array.as_primitive::<Time64MicrosecondType>();
            Box::new(|row, text| time_or_number(text, array.value_as_time(row), array.value(row)))
        }
        DataType::Time64(_) => {
            let array = array.as_primitive::<Time64NanosecondType>();
            Box::new(|row, text| time_or_number(text, array.value_as_time(row), array.value(row)))
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary_opt()?;
            if dictionary.values().is_empty() {
                return Some(Box::new(|_, _| {}));
            }
            let keys = dictionary.normalized_keys();
            let values = writer(dictionary.values())?;
            Box::new(move |row, text| values(keys[row], text))
        }
        _ => return None,
    })
}

fn plain<T: ArrowPrimitiveType<Native: Display>>(array: &dyn Array) -> Write<'_> {
    let array: &PrimitiveArray<T> = array.as_primitive::<T>();
    Box::new(|row, text| write(text, array.value(row)))
}

fn decimal<T: DecimalType>(array: &dyn Array) -> Write<'_> {
    let array = array.as_primitive::<T>();
    Box::new(|row, text| text.extend_from_slice(array.value_as_string(row).as_bytes()))
}

fn write(text: &mut Vec<u8>, value: impl Display) {
    write!(text, "{value}").expect("memory takes what is written");
}

/// A day, with its time unless it is midnight; the bare number where it is no day of the calendar.
fn day_or_number(text: &mut Vec<u8>, day: Option<NaiveDateTime>, number: impl Display) {
    match day {
        None => write(text, number),
        Some(day) => {
            write(text, day.format("%d/%m/%Y"));
            if day.time() != NaiveTime::MIN {
                text.push(b' ');
                time(text, day.time());
            }
        }
    }
}

fn time_or_number(text: &mut Vec<u8>, of_day: Option<NaiveTime>, number: impl Display) {
    match of_day {
        None => write(text, number),
        Some(of_day) => time(text, of_day),
    }
}

fn time(text: &mut Vec<u8>, of_day: NaiveTime) {
    let format = if of_day.nanosecond() == 0 {
        "%H:%M:%S"
    } else {
        "%H:%M:%S%.f"
    };
    write(text, of_day.format(format));
}
