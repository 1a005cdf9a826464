//! Parquet as text of records, some thousand rows at a time.

use std::fs::File;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;

use super::ExtractError;
use super::flow::{Halt, Sink};
use super::source::Source;
use super::typed;

/// Rows that are in memory together.
const ROWS: usize = 4096;

/// Writes the file as text.
pub(super) fn write(source: &Source, file: File, sink: &mut Sink) -> Result<(), Halt> {
    let fault = |fault: &str, remedy| ExtractError::File {
        path: source.path.clone(),
        fault: fault.to_owned(),
        remedy,
    };
    let damaged = |_| fault("is not a sound Parquet file", "Copy or export it again");
    // What other programs noted of their own types is left aside: the file's own say enough.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(&file, options).map_err(damaged)?;
    let parquet = Arc::clone(metadata.metadata());
    if let Some(packing) = unknown_packing(&parquet) {
        return Err(Halt::Fault(fault(
            &format!("is packed with {packing}, which is not known here"),
            "Write it with snappy, zstd, gzip or lz4, or without packing",
        )));
    }
    typed::write_header(&source.path, metadata.schema(), sink)?;
    // Texts stay where they were unpacked to: a value that stands in a million rows is in memory once.
    let options = ArrowReaderOptions::new().with_schema(Arc::new(viewed(metadata.schema())));
    let metadata = ArrowReaderMetadata::try_new(parquet, options).map_err(damaged)?;
    let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_batch_size(ROWS)
        .build()
        .map_err(damaged)?;
    for batch in batches {
        let batch =
            batch.map_err(|_| fault("is not a sound Parquet file", "Copy or export it again"))?;
        typed::write_batch(&source.path, &batch, sink)?;
    }
    Ok(())
}

/// The same columns, of which texts are read as places in what was unpacked.
fn viewed(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| {
        let viewed = match field.data_type() {
            DataType::Utf8 => DataType::Utf8View,
            DataType::Binary => DataType::BinaryView,
            other => other.clone(),
        };
        // With what else the file says of the field, or it is taken for another one.
        Field::clone(field).with_data_type(viewed)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn unknown_packing(metadata: &ParquetMetaData) -> Option<&'static str> {
    let mut chunks = metadata
        .row_groups()
        .iter()
        .flat_map(|group| group.columns());
    chunks.find_map(|chunk| match chunk.compression() {
        Compression::BROTLI(_) => Some("brotli"),
        Compression::LZO => Some("LZO"),
        _ => None,
    })
}
