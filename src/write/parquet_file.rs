//! `submission.parquet`: the same rows and columns as the CSV, typed, Zstandard. Row groups are encoded by any thread and
//! put into the file in order.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Builder, Decimal128Builder, Int32Builder, Int64Builder, StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use encoding_rs::WINDOWS_1252;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowRowGroupWriterFactory, ArrowWriterOptions, compute_leaves,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use sha2::{Digest, Sha256};

use super::WriteError;
use super::sort::{SortedRows, cell, cells};
use crate::date::Date;
use crate::treat::{Form, OutputColumn};

/// Digits of a cost, two of them after the point (spec fields.yaml, Unit Cost).
const DIGITS: u8 = 18;

/// Hashes what is written.
struct Hashed {
    file: File,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.hash.update(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The file being written.
pub struct ParquetFile {
    writer: SerializedFileWriter<Hashed>,
}

/// Encodes row groups; shared by all threads.
pub struct GroupEncoder {
    factory: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    columns: Vec<OutputColumn>,
}

/// A row group ready to be put into the file.
pub struct EncodedGroup(Vec<ArrowColumnChunk>);

impl ParquetFile {
    /// Makes the file and the encoder for its row groups.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(
        path: &Path,
        schema_id: &str,
        columns: &[OutputColumn],
    ) -> Result<(Self, GroupEncoder), WriteError> {
        let schema = Arc::new(ArrowSchema::new(
            columns
                .iter()
                .map(|c| Field::new(&c.name, data_type(c.form), true))
                .collect::<Vec<_>>(),
        ));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by(concat!("cld-return ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![KeyValue::new(
                "cld.schema".to_owned(),
                schema_id.to_owned(),
            )]));
        for column in columns
            .iter()
            .filter(|c| c.name == "Der_Event_Reference_Pseudo")
        {
            // Every value is another one: a dictionary would only be thrown away.
            properties = properties
                .set_column_dictionary_enabled(ColumnPath::from(column.name.as_str()), false);
        }
        let file = Hashed {
            file: File::create_new(path)?,
            hash: Sha256::new(),
        };
        let options = ArrowWriterOptions::new().with_properties(properties.build());
        let (writer, factory) =
            ArrowWriter::try_new_with_options(file, Arc::clone(&schema), options)?
                .into_serialized_writer()?;
        Ok((
            Self { writer },
            GroupEncoder {
                factory,
                schema,
                columns: columns.to_vec(),
            },
        ))
    }

    /// Puts the next row group into the file.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn append(&mut self, group: EncodedGroup) -> Result<(), WriteError> {
        let mut writer = self.writer.next_row_group()?;
        for chunk in group.0 {
            chunk.append_to_row_group(&mut writer)?;
        }
        writer.close()?;
        Ok(())
    }

    /// Writes the footer, makes the file safe against a loss of power and gives its SHA-256 in hex.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(self) -> Result<String, WriteError> {
        let Hashed { mut file, hash } = self.writer.into_inner()?;
        file.flush()?;
        file.sync_all()?;
        Ok(data_encoding::HEXLOWER.encode(&hash.finalize()))
    }
}

impl GroupEncoder {
    /// Encodes sorted rows as the row group of this number.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn encode(&self, rows: &SortedRows, number: usize) -> Result<EncodedGroup, WriteError> {
        let arrays = self.arrays(rows);
        let mut chunks = Vec::with_capacity(arrays.len());
        let writers = self.factory.create_column_writers(number)?;
        for ((mut writer, array), field) in
            writers.into_iter().zip(&arrays).zip(self.schema.fields())
        {
            for leaf in compute_leaves(field, array)? {
                writer.write(&leaf)?;
            }
            chunks.push(writer.close()?);
        }
        Ok(EncodedGroup(chunks))
    }

    fn arrays(&self, rows: &SortedRows) -> Vec<ArrayRef> {
        let mut builders: Vec<_> = self
            .columns
            .iter()
            .map(|c| Builder::new(c.form, rows.len()))
            .collect();
        let mut ends = Vec::new();
        for row in rows.iter() {
            cells(row, &mut ends);
            for (column, builder) in self.columns.iter().zip(&mut builders) {
                builder.push(cell(row, &ends, column.at));
            }
        }
        builders.into_iter().map(Builder::finish).collect()
    }
}

fn data_type(form: Form) -> DataType {
    match form {
        Form::Text | Form::Pseudonym => DataType::Utf8,
        Form::Date => DataType::Date32,
        Form::Integer => DataType::Int32,
        Form::Count => DataType::Int64,
        Form::Decimal => DataType::Decimal128(DIGITS, 2),
    }
}

enum Builder {
    Text(StringBuilder),
    Date(Date32Builder),
    Integer(Int32Builder),
    Count(Int64Builder),
    Decimal(Decimal128Builder),
}

impl Builder {
    fn new(form: Form, rows: usize) -> Self {
        match form {
            Form::Text => Self::Text(StringBuilder::with_capacity(rows, rows * 24)),
            Form::Pseudonym => Self::Text(StringBuilder::with_capacity(rows, rows * 64)),
            Form::Date => Self::Date(Date32Builder::with_capacity(rows)),
            Form::Integer => Self::Integer(Int32Builder::with_capacity(rows)),
            Form::Count => Self::Count(Int64Builder::with_capacity(rows)),
            Form::Decimal => Self::Decimal(
                Decimal128Builder::with_capacity(rows)
                    .with_data_type(DataType::Decimal128(DIGITS, 2)),
            ),
        }
    }

    /// Cells are what the treatment wrote, so they read back; an empty cell is null.
    fn push(&mut self, cell: &[u8]) {
        match self {
            Self::Text(b) if cell.is_empty() => b.append_null(),
            Self::Text(b) => match std::str::from_utf8(cell) {
                Ok(text) if text.is_ascii() => b.append_value(text),
                _ => b.append_value(WINDOWS_1252.decode_without_bom_handling(cell).0),
            },
            Self::Date(b) => b.append_option(Date::parse(cell).map(Date::days_since_1970)),
            Self::Integer(b) => b.append_option(number(cell)),
            Self::Count(b) => b.append_option(number(cell)),
            Self::Decimal(b) => b.append_option(hundredths(cell)),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Text(mut b) => Arc::new(b.finish()),
            Self::Date(mut b) => Arc::new(b.finish()),
            Self::Integer(mut b) => Arc::new(b.finish()),
            Self::Count(mut b) => Arc::new(b.finish()),
            Self::Decimal(mut b) => Arc::new(b.finish()),
        }
    }
}

fn number<T: std::str::FromStr>(cell: &[u8]) -> Option<T> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

fn hundredths(cell: &[u8]) -> Option<i128> {
    let (whole, fraction) = std::str::from_utf8(cell).ok()?.split_once('.')?;
    let value: i128 = format!("{whole}{fraction}").parse().ok()?;
    (fraction.len() == 2).then_some(value)
}
