//! submission.parquet: the rows and cells of the CSV, typed.

use std::fs::File;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int32Type, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;

use crate::support::{Council, Ran, Table, carer, request, service};

/// The cells as the CSV would write them.
pub fn read(ran: &Ran) -> Table {
    let file = File::open(ran.bundle().join("submission.parquet")).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let header = builder.schema().fields().iter().map(|f| f.name().clone());
    let header = header.collect();
    let mut rows = Vec::new();
    for batch in builder.build().unwrap() {
        let batch = batch.unwrap();
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| cell(column, row));
            rows.push(cells.collect());
        }
    }
    Table { header, rows }
}

fn cell(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>().value(row);
            let day = chrono::NaiveDate::default() + chrono::Duration::days(i64::from(days));
            day.format("%d/%m/%Y").to_string()
        }
        DataType::Decimal128(18, 2) => {
            let hundredths = column.as_primitive::<Decimal128Type>().value(row);
            let sign = if hundredths < 0 { "-" } else { "" };
            let whole = hundredths.unsigned_abs();
            format!("{sign}{}.{:02}", whole / 100, whole % 100)
        }
        other => panic!("no column is a {other}"),
    }
}

fn council() -> Ran {
    Council::of([
        service(),
        service()
            .with("Unit Cost", "-0.05")
            .with("GP Practice Code", "Zoë, €"),
        service().with("Unit Cost", "9999999999999999.99"),
        service().with("Unit Cost", "£1,250"),
        service()
            .with("Date of Death", "29/02/2024")
            .with("Event End Date", "01/06/2025"),
        carer().with("No. of adults being cared for", "2"),
        request().with("Event Description", "conversation"),
        service()
            .of("9990000026", "", "E9")
            .with("Date of Birth", "1950"),
    ])
    .makes()
}

#[test]
fn it_holds_the_cells_of_the_csv() {
    let ran = council();
    assert_eq!(read(&ran), ran.submission());
    assert_eq!(ran.submission().rows.len(), 8);
}

#[test]
fn its_columns_are_typed_and_compressed_and_name_their_schema() {
    let ran = council();
    let file = File::open(ran.bundle().join("submission.parquet")).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    for field in builder.schema().fields() {
        let expected = match field.name().as_str() {
            "Der_Birth_Year"
            | "Der_Birth_Month"
            | "Der_Age_Event_Start_Date"
            | "Der_Age_Reporting_Period_End_Date"
            | "Der_Conversation" => DataType::Int32,
            "No_of_adults_being_cared_for" => DataType::Int64,
            "Unit_Cost" | "Planned_units_per_week" => DataType::Decimal128(18, 2),
            "Reporting_Period_Start_Date"
            | "Reporting_Period_End_Date"
            | "Date_of_Death"
            | "Event_Start_Date"
            | "Event_End_Date" => DataType::Date32,
            _ => DataType::Utf8,
        };
        assert_eq!(*field.data_type(), expected, "{}", field.name());
    }
    let metadata = builder.metadata();
    for group in metadata.row_groups() {
        for column in group.columns() {
            assert!(matches!(column.compression(), Compression::ZSTD(_)));
        }
    }
    let pairs = metadata.file_metadata().key_value_metadata().unwrap();
    let schema = pairs.iter().find(|p| p.key == "cld.schema").unwrap();
    assert_eq!(schema.value.as_deref(), Some("cld-release-2"));
}

#[test]
fn the_release_1_schema_is_named_too() {
    let record = service()
        .with("GP Practice Name", "")
        .with("Provider CQC Location Name", "");
    let ran = Council::of([record]).set("return", "cld-release-1").makes();
    assert_eq!(read(&ran), ran.submission());
    assert!(
        ran.read("submission.parquet")
            .windows(13)
            .any(|w| w == b"cld-release-1")
    );
}
