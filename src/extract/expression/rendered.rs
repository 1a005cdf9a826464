//! Results of expressions as text: days as dd/mm/yyyy, numbers plainly.

use std::io::Write as _;

use polars::prelude::{
    BooleanChunked, Column, DataType, Float64Chunked, Int64Chunked, StringChunked, TimeUnit,
};

use crate::date::Date;

/// One column of results.
pub(in crate::extract) enum Rendered {
    Nothing,
    Text(StringChunked),
    Truth(BooleanChunked),
    Whole(Int64Chunked),
    Number(Float64Chunked),
    /// Days after 1 January 1970.
    Day(Int64Chunked),
    /// Microseconds after it.
    Moment(Int64Chunked),
}

const DAY: i64 = 86_400_000_000;

impl Rendered {
    /// Whether results of this type can be text.
    pub fn takes(of: &DataType) -> bool {
        of.is_integer()
            || matches!(
                of,
                DataType::Null
                    | DataType::String
                    | DataType::Boolean
                    | DataType::Float32
                    | DataType::Float64
                    | DataType::Date
                    | DataType::Datetime(_, None)
            )
    }

    /// `None` if there is not one result for each record.
    pub fn of(column: &Column, records: usize) -> Option<Self> {
        if column.len() != records {
            return None;
        }
        let series = column.as_materialized_series().rechunk();
        Some(match series.dtype() {
            DataType::Null => Self::Nothing,
            DataType::String => Self::Text(series.str().ok()?.clone()),
            DataType::Boolean => Self::Truth(series.bool().ok()?.clone()),
            DataType::Float32 | DataType::Float64 => {
                Self::Number(series.cast(&DataType::Float64).ok()?.f64().ok()?.clone())
            }
            DataType::Date => {
                let days = series.cast(&DataType::Int32).ok()?;
                Self::Day(days.cast(&DataType::Int64).ok()?.i64().ok()?.clone())
            }
            DataType::Datetime(_, None) => {
                let moments = series
                    .cast(&DataType::Datetime(TimeUnit::Microseconds, None))
                    .ok()?;
                Self::Moment(moments.cast(&DataType::Int64).ok()?.i64().ok()?.clone())
            }
            of if of.is_integer() => {
                Self::Whole(series.cast(&DataType::Int64).ok()?.i64().ok()?.clone())
            }
            _ => return None,
        })
    }

    /// Whether a condition holds; what is unknown does not.
    pub fn holds(&self, record: usize) -> bool {
        matches!(self, Self::Truth(truths) if truths.get(record) == Some(true))
    }

    /// The text of one record's result; it may be made in `room`.
    pub fn text<'a>(&'a self, record: usize, room: &'a mut Vec<u8>) -> &'a [u8] {
        room.clear();
        match self {
            Self::Nothing => {}
            Self::Text(texts) => return texts.get(record).unwrap_or_default().as_bytes(),
            Self::Truth(truths) => {
                return match truths.get(record) {
                    Some(true) => b"TRUE",
                    Some(false) => b"FALSE",
                    None => b"",
                };
            }
            Self::Whole(numbers) => {
                if let Some(number) = numbers.get(record) {
                    let _ = write!(room, "{number}");
                }
            }
            Self::Number(numbers) => {
                // What is no number, as nothing by nothing, says nothing.
                if let Some(number) = numbers.get(record).filter(|number| number.is_finite()) {
                    let _ = write!(room, "{}", number + 0.0);
                }
            }
            Self::Day(days) => day(days.get(record), room),
            Self::Moment(moments) => {
                if let Some(moment) = moments.get(record) {
                    day(Some(moment.div_euclid(DAY)), room);
                    let second = moment.rem_euclid(DAY) / 1_000_000;
                    if second > 0 && !room.is_empty() {
                        let (hour, minute) = (second / 3600, second / 60 % 60);
                        let _ = write!(room, " {hour:02}:{minute:02}:{:02}", second % 60);
                    }
                }
            }
        }
        room
    }
}

fn day(days: Option<i64>, room: &mut Vec<u8>) {
    let day = days
        .and_then(|days| i32::try_from(days).ok())
        .and_then(Date::from_days_since_1970);
    if let Some(day) = day {
        room.extend_from_slice(day.dmy().as_bytes());
    }
}
