//! `submission.parquet`: the same rows and columns as the CSV, typed, Zstandard. Row groups are encoded by any thread and
//! put into the file in order.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Builder, Decimal128Builder, Int32Builder, Int64Builder, StringArray,
};
use arrow::buffer::{BooleanBuffer, OffsetBuffer};
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
use super::sort::Row;
use crate::date::Date;
use crate::treat::{Form, OutputColumn};

/// Digits of a cost, two of them after the point (spec fields.yaml, Unit Cost).
const DIGITS: u8 = 18;

/// Values that the library encodes at once.
const BATCH: usize = 8192;

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
            // Smallest and largest values would be one more place for values to stand, and nobody filters a return by them.
            .set_statistics_enabled(EnabledStatistics::None)
            .set_offset_index_disabled(true)
            .set_write_batch_size(BATCH)
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
    pub fn finish(mut self) -> Result<String, WriteError> {
        // Taking the file out of the writer would turn what the disk says into mere text.
        self.writer.finish()?;
        let Hashed { file, hash } = self.writer.inner();
        file.sync_all()?;
        Ok(data_encoding::HEXLOWER.encode(&hash.clone().finalize()))
    }
}

impl GroupEncoder {
    /// Begins a row group of so many rows.
    pub fn begin(&self, rows: usize) -> GroupBuilder {
        GroupBuilder(
            self.columns
                .iter()
                .map(|c| Builder::new(c.form, rows))
                .collect(),
        )
    }

    /// Adds rows to a row group; best in stretches that stay in the processor's cache.
    pub fn extend(&self, group: &mut GroupBuilder, rows: &[Row<'_>]) {
        for (column, builder) in self.columns.iter().zip(&mut group.0) {
            builder.extend(rows, column.at);
        }
    }

    /// Encodes a row group, as the one of this number.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn encode(&self, group: GroupBuilder, number: usize) -> Result<EncodedGroup, WriteError> {
        let mut chunks = Vec::with_capacity(group.0.len());
        let writers = self.factory.create_column_writers(number)?;
        for ((mut writer, builder), field) in
            writers.into_iter().zip(group.0).zip(self.schema.fields())
        {
            for leaf in compute_leaves(field, &builder.finish()?)? {
                writer.write(&leaf)?;
            }
            chunks.push(writer.close()?);
        }
        Ok(EncodedGroup(chunks))
    }
}

/// A row group being filled.
pub struct GroupBuilder(Vec<Builder>);

fn data_type(form: Form) -> DataType {
    match form {
        Form::Text | Form::Sector | Form::Pseudonym => DataType::Utf8,
        Form::Date => DataType::Date32,
        Form::Integer => DataType::Int32,
        Form::Count => DataType::Int64,
        Form::Decimal => DataType::Decimal128(DIGITS, 2),
    }
}

enum Builder {
    Text(TextBuilder),
    Date(Date32Builder),
    Integer(Int32Builder),
    Count(Int64Builder),
    Decimal(Decimal128Builder),
}

impl Builder {
    fn new(form: Form, rows: usize) -> Self {
        match form {
            Form::Text => Self::Text(TextBuilder::new(rows, 40)),
            Form::Sector => Self::Text(TextBuilder::new(rows, 8)),
            Form::Pseudonym => Self::Text(TextBuilder::new(rows, 64)),
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
    fn extend(&mut self, rows: &[Row<'_>], at: usize) {
        let cells = rows.iter().map(|row| row.cell(at));
        match self {
            Self::Text(b) => cells.for_each(|cell| b.push(cell)),
            Self::Date(b) => {
                cells.for_each(|cell| b.append_option(Date::parse(cell).map(Date::days_since_1970)))
            }
            Self::Integer(b) => cells.for_each(|cell| b.append_option(number(cell))),
            Self::Count(b) => cells.for_each(|cell| b.append_option(number(cell))),
            Self::Decimal(b) => cells.for_each(|cell| b.append_option(hundredths(cell))),
        }
    }

    fn finish(self) -> Result<ArrayRef, WriteError> {
        Ok(match self {
            Self::Text(b) => Arc::new(b.finish()?),
            Self::Date(mut b) => Arc::new(b.finish()),
            Self::Integer(mut b) => Arc::new(b.finish()),
            Self::Count(mut b) => Arc::new(b.finish()),
            Self::Decimal(mut b) => Arc::new(b.finish()),
        })
    }
}

/// Text in one piece, so that it is checked and turned into UTF-8 once for a column and not once for a cell.
struct TextBuilder {
    /// Windows-1252.
    bytes: Vec<u8>,
    offsets: Vec<i32>,
}

impl TextBuilder {
    fn new(rows: usize, usual: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self {
            bytes: Vec::with_capacity(rows * usual),
            offsets,
        }
    }

    #[inline]
    fn push(&mut self, cell: &[u8]) {
        if !cell.is_empty() {
            self.bytes.extend_from_slice(cell);
        }
        // A group's column is far below the two gibibytes that an offset can tell; the array checks it.
        self.offsets
            .push(i32::try_from(self.bytes.len()).unwrap_or(i32::MAX));
    }

    fn finish(self) -> Result<StringArray, WriteError> {
        let rows = self.offsets.len() - 1;
        let present =
            BooleanBuffer::collect_bool(rows, |row| self.offsets[row] != self.offsets[row + 1]);
        let Self { bytes, offsets } = if self.bytes.is_ascii() {
            self
        } else {
            self.in_utf8()
        };
        Ok(StringArray::try_new(
            OffsetBuffer::new(offsets.into()),
            bytes.into(),
            Some(present.into()),
        )?)
    }

    fn in_utf8(&self) -> Self {
        let mut text = Self::new(self.offsets.len(), 0);
        for ends in self.offsets.windows(2) {
            let cell = &self.bytes[ends[0] as usize..ends[1] as usize];
            text.push(WINDOWS_1252.decode_without_bom_handling(cell).0.as_bytes());
        }
        text
    }
}

fn number<T: std::str::FromStr>(cell: &[u8]) -> Option<T> {
    if cell.is_empty() {
        return None;
    }
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// A number with exactly two decimals, without its point.
fn hundredths(cell: &[u8]) -> Option<i128> {
    let (negative, digits) = match cell {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (whole, [b'.', tens, ones]) = digits.split_last_chunk()? else {
        return None;
    };
    let digit = |n: i128, d: &u8| d.is_ascii_digit().then(|| n * 10 + i128::from(d - b'0'));
    let value = whole.iter().chain([tens, ones]).try_fold(0, digit)?;
    Some(if negative { -value } else { value })
}
