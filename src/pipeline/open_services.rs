//! Reads the services that a bundle's submission.parquet has open, and its people, batch by batch, columns by name.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array as _, AsArray as _, Date32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Date32Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};

use crate::date::Date;
use crate::error::{Error, Result};
use crate::treat::SERVICE_KIND;
use crate::validate::{EventKind, derived_end};

/// Rows read at once.
const BATCH: usize = 8192;

/// The pseudonyms of a person, that of the LA person id first.
const PSEUDONYMS: [&str; 2] = [
    "Der_LA_Person_Unique_Identifier_Pseudo",
    "Der_NHS_Number_Pseudo",
];
const EVENT: &str = "Event_Type";
const START: &str = "Event_Start_Date";
const END: &str = "Event_End_Date";
const DEATH: &str = "Date_of_Death";
const DELIVERY: &str = "Delivery_Mechanism";

/// A service, as the bundle has it.
pub(super) struct Open<'a> {
    /// In hexadecimal.
    pub pseudonyms: [Option<&'a str>; 2],
    pub start: Date,
    /// Type and component.
    pub kind: [Option<&'a str>; 2],
    pub delivery: Option<&'a str>,
}

impl Open<'_> {
    /// The starts of the pseudonyms.
    pub fn person(&self) -> [Option<u64>; 2] {
        self.pseudonyms.map(|hex| hex.and_then(start_of))
    }
}

/// Gives the services that are open at the end of a period, in the order of the rows. As nationally, a death ends a
/// service that has no end before it.
///
/// # Errors
/// When the file cannot be read or is not as a run wrote it, or when `take` fails.
pub(super) fn each(
    submission: &Path,
    period_end: Date,
    mut take: impl FnMut(Open<'_>) -> Result<()>,
) -> Result<()> {
    let names: Vec<_> = PSEUDONYMS
        .into_iter()
        .chain([EVENT, START, END, DEATH, DELIVERY])
        .chain(SERVICE_KIND.map(|(_, column)| column))
        .collect();
    each_batch(submission, &names, &[EVENT, START, END], |batch| {
        of_batch(batch, period_end, &mut take)
    })
}

/// Gives the starts of the pseudonyms of whom each row is about, that of the LA person id first, in the order of the rows;
/// rows about one person that follow each other are given once.
///
/// # Errors
/// As [`each`].
pub(super) fn each_person(submission: &Path, mut take: impl FnMut([Option<u64>; 2])) -> Result<()> {
    let mut last = [None; 2];
    each_batch(submission, &PSEUDONYMS, &[], |batch| {
        let columns = PSEUDONYMS.map(|name| batch.column_by_name(name)?.as_string_opt::<i32>());
        for row in 0..batch.num_rows() {
            let person = columns.map(|column| text(column, row).and_then(start_of));
            if person != last {
                take(person);
                last = person;
            }
        }
        Ok(())
    })
}

/// The first eight bytes of a pseudonym in hexadecimal.
fn start_of(hex: &str) -> Option<u64> {
    u64::from_str_radix(hex.get(..16)?, 16).ok()
}

fn each_batch(
    submission: &Path,
    names: &[&str],
    needed: &[&str],
    mut take: impl FnMut(&RecordBatch) -> Result<()>,
) -> Result<()> {
    let malformed = |fault: String| {
        Error::Input(format!(
            "previous: {} {fault}. Name a bundle as a run made it",
            submission.display()
        ))
    };
    let unreadable = |e: &dyn std::fmt::Display| malformed(format!("cannot be read: {e}"));
    let file = File::open(submission).map_err(|e| unreadable(&e))?;
    let metadata =
        ArrowReaderMetadata::load(&file, Default::default()).map_err(|e| unreadable(&e))?;
    for field in metadata.schema().fields() {
        let wanted = match &**field.name() {
            START | END | DEATH => DataType::Date32,
            _ => DataType::Utf8,
        };
        if names.contains(&&**field.name()) && *field.data_type() != wanted {
            return Err(malformed(format!(
                "has a column {} of another kind",
                field.name()
            )));
        }
    }
    for name in needed {
        if metadata.schema().field_with_name(name).is_err() {
            return Err(malformed(format!("has no column {name}")));
        }
    }
    let mask = ProjectionMask::columns(metadata.parquet_schema(), names.iter().copied());
    let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_projection(mask)
        .with_batch_size(BATCH)
        .build()
        .map_err(|e| unreadable(&e))?;
    for batch in batches {
        crate::interrupt::check()?;
        take(&batch.map_err(|e| unreadable(&e))?)?;
    }
    Ok(())
}

fn of_batch(
    batch: &RecordBatch,
    period_end: Date,
    take: &mut impl FnMut(Open<'_>) -> Result<()>,
) -> Result<()> {
    let texts = |name: &str| batch.column_by_name(name)?.as_string_opt::<i32>();
    let dates = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Date32Type>();
    let [starts, ends, deaths] = [START, END, DEATH].map(dates);
    let [events, deliveries] = [EVENT, DELIVERY].map(texts);
    let pseudonyms = PSEUDONYMS.map(texts);
    let kinds = SERVICE_KIND.map(|(_, column)| texts(column));
    for row in 0..batch.num_rows() {
        let is_service = |event: &str| event.eq_ignore_ascii_case(EventKind::Service.name());
        let (Some(start), true) = (day(starts, row), text(events, row).is_some_and(is_service))
        else {
            continue;
        };
        let end = derived_end(Some(start), day(ends, row), day(deaths, row));
        let pseudonyms = pseudonyms.map(|column| text(column, row));
        // Where one kind of pseudonym was dropped, whoever has only that kind cannot be found again.
        let somebody = pseudonyms.iter().any(Option::is_some);
        if somebody && start <= period_end && end.is_none_or(|end| end > period_end) {
            take(Open {
                pseudonyms,
                start,
                kind: kinds.map(|column| text(column, row)),
                delivery: text(deliveries, row),
            })?;
        }
    }
    Ok(())
}

fn text(column: Option<&StringArray>, row: usize) -> Option<&str> {
    let column = column?;
    column.is_valid(row).then(|| column.value(row))
}

fn day(column: Option<&Date32Array>, row: usize) -> Option<Date> {
    let column = column?;
    let days = column.is_valid(row).then(|| column.value(row))?;
    Date::from_days_since_1970(days)
}
