//! A table of cells as a file of each kind, as other programs write it.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use chrono::NaiveDate;
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use parquet::basic;
use parquet::file::properties::WriterProperties;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

use crate::support::Table;

/// Text with a separator, quoted where needed, with Windows line ends.
pub fn text(table: &Table, delimiter: u8) -> String {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in std::iter::once(&table.header).chain(&table.rows) {
        writer.write_record(row).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// What Excel calls Unicode text.
pub fn utf16(text: &str, little: bool) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units
        .flat_map(|unit| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        })
        .collect()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// A day written as 01/04/2025.
pub fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%d/%m/%Y").ok())?
}

fn number(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    (number.is_finite() && number.to_string() == text).then_some(number)
}

/// Puts a row of cells into a sheet from a column on: all as text, or days as days and numbers as numbers.
pub fn put(sheet: &mut Worksheet, row: u32, column: u16, cells: &[String], typed: bool) {
    let format = Format::new().set_num_format("dd/mm/yyyy");
    for (at, cell) in (column..).zip(cells) {
        let date = day(cell).filter(|_| typed);
        if cell.is_empty() {
        } else if let Some(date) = date {
            let (year, month, day) = {
                use chrono::Datelike as _;
                (date.year() as u16, date.month() as u8, date.day() as u8)
            };
            let date = ExcelDateTime::from_ymd(year, month, day).unwrap();
            sheet
                .write_datetime_with_format(row, at, &date, &format)
                .unwrap();
        } else if let Some(number) = number(cell).filter(|_| typed) {
            sheet.write_number(row, at, number).unwrap();
        } else {
            sheet.write_string(row, at, cell).unwrap();
        }
    }
}

/// A workbook of one sheet.
pub fn xlsx(table: &Table, typed: bool) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Events").unwrap();
    put(sheet, 0, 0, &table.header, false);
    for (row, cells) in (1..).zip(&table.rows) {
        put(sheet, row, 0, cells, typed);
    }
    workbook.save_to_buffer().unwrap()
}

/// Columns of text, empty cells as nulls; or of days and whole numbers where all of a column are.
pub fn batch(table: &Table, typed: bool) -> RecordBatch {
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (at, name) in table.header.iter().enumerate() {
        let cells = || {
            table
                .rows
                .iter()
                .map(|row| Some(row[at].as_str()).filter(|c| !c.is_empty()))
        };
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        let days = || cells().map(|c| c.map(|c| day(c).map(|d| (d - epoch).num_days())));
        let wholes =
            || cells().map(|c| c.map(|c| c.parse::<i64>().ok().filter(|n| n.to_string() == c)));
        let all = |values: Vec<Option<Option<i64>>>| -> Option<Vec<Option<i64>>> {
            let values: Option<Vec<_>> = values
                .into_iter()
                .map(|v| v.map_or(Some(None), |v| v.map(Some)))
                .collect();
            values.filter(|values| typed && values.iter().any(Option::is_some))
        };
        let (kind, array): (_, ArrayRef) = if let Some(days) = all(days().collect()) {
            if at % 2 == 0 {
                let days = days.into_iter().map(|d| d.map(|d| d as i32));
                (DataType::Date32, Arc::new(Date32Array::from_iter(days)))
            } else {
                let micros = days.into_iter().map(|d| d.map(|d| d * 86_400_000_000));
                (
                    DataType::Timestamp(TimeUnit::Microsecond, None),
                    Arc::new(TimestampMicrosecondArray::from_iter(micros)),
                )
            }
        } else if let Some(numbers) = all(wholes().collect()) {
            (DataType::Int64, Arc::new(Int64Array::from_iter(numbers)))
        } else {
            (DataType::Utf8, Arc::new(StringArray::from_iter(cells())))
        };
        // As Spark and pyarrow number their columns.
        let number = HashMap::from([("PARQUET:field_id".to_owned(), at.to_string())]);
        fields.push(Field::new(name, kind, true).with_metadata(number));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

pub fn parquet(batch: &RecordBatch, packing: basic::Compression) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(packing)
        .set_max_row_group_row_count(Some(700))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

pub fn arrow_file(batch: &RecordBatch, packing: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default()
        .try_with_compression(packing)
        .unwrap();
    let mut writer =
        FileWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

pub fn arrow_stream(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}
