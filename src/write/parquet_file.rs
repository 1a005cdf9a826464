//! `submission.parquet`: the same rows and columns as the CSV, typed, Zstandard. Row groups are encoded by any thread and
//! put into the file in order.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema as ArrowSchema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::SchemaDescPtr;
use sha2::{Digest, Sha256};

use super::WriteError;
use super::column_chunk::{ColumnCells, ColumnEncoder};
use super::column_pages::{EncodedColumn, LEVEL};
use super::durable::{Durable, Settling};
use super::sort::{PseudonymCell, SortedRows};
use crate::treat::{Form, OutputColumn, Stored};

/// Digits of a cost, two of them after the point (spec fields.yaml, Unit Cost).
const DIGITS: u8 = 18;

/// Hashes what is written.
struct Hashed {
    file: Durable,
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

/// Makes encoders of row groups; shared by all threads.
pub struct GroupEncoders {
    schema: SchemaDescPtr,
}

/// Encodes row groups. One belongs to one thread.
pub struct GroupEncoder {
    encoder: ColumnEncoder,
}

/// A row group ready to be put into the file.
pub struct EncodedGroup(Vec<EncodedColumn>);

impl ParquetFile {
    /// Makes the file and what makes encoders for its row groups.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(
        path: &Path,
        schema_id: &str,
        columns: &[OutputColumn],
    ) -> Result<(Self, GroupEncoders), WriteError> {
        let schema = Arc::new(ArrowSchema::new(
            columns
                .iter()
                .map(|c| Field::new(&c.name, data_type(c.form), true))
                .collect::<Vec<_>>(),
        ));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?))
            // Smallest and largest values would be one more place for values to stand, and nobody filters a return by them.
            .set_statistics_enabled(EnabledStatistics::None)
            .set_offset_index_disabled(true)
            .set_created_by(concat!("cld-return ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![KeyValue::new(
                "cld.schema".to_owned(),
                schema_id.to_owned(),
            )]));
        let file = Hashed {
            file: Durable::new(File::create_new(path)?),
            hash: Sha256::new(),
        };
        let options = ArrowWriterOptions::new().with_properties(properties.build());
        let (writer, _) = ArrowWriter::try_new_with_options(file, Arc::clone(&schema), options)?
            .into_serialized_writer()?;
        let schema = Arc::new(writer.schema_descr().clone());
        Ok((Self { writer }, GroupEncoders { schema }))
    }

    /// Puts the next row group into the file.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn append(&mut self, group: EncodedGroup) -> Result<(), WriteError> {
        let mut writer = self.writer.next_row_group()?;
        for column in group.0 {
            column.append(&mut writer)?;
        }
        writer.close()?;
        Ok(())
    }

    /// Writes the footer and gives the SHA-256 of the file in hex, and what to wait for until the file is safe against a
    /// loss of power.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(mut self) -> Result<(String, Settling), WriteError> {
        // Taking the file out of the writer would turn what the disk says into mere text.
        self.writer.finish()?;
        let Hashed { file, hash } = self.writer.inner_mut();
        let settling = file.conclude()?;
        let digest = data_encoding::HEXLOWER.encode(&hash.clone().finalize());
        Ok((digest, settling))
    }
}

impl GroupEncoders {
    /// One for a thread.
    ///
    /// # Errors
    /// When there is no memory for the compressor.
    pub fn encoder(&self) -> Result<GroupEncoder, WriteError> {
        Ok(GroupEncoder {
            encoder: ColumnEncoder::new(&self.schema)?,
        })
    }
}

impl GroupEncoder {
    /// Encodes sorted rows as a row group.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn encode(&mut self, rows: &SortedRows<'_>) -> Result<EncodedGroup, WriteError> {
        let numbers = rows.columns();
        let empty = vec![0; rows.len()];
        let columns = rows.key().columns.iter().enumerate();
        let encoded = columns.map(|(position, column)| match column.stored {
            Stored::Value(at) => self.values(rows, position, column.form, at, &numbers[at]),
            Stored::Nothing => self.values(rows, position, column.form, 0, &empty),
            Stored::Pseudonym(_) => {
                let values: Vec<_> = rows
                    .all()
                    .map(|r| r.pseudonym(column.stored).digest())
                    .collect();
                let cells = ColumnCells::Pseudonym {
                    values: &values,
                    // An event has its reference alone: a dictionary would only be thrown away.
                    repeats: column.name != "Der_Event_Reference_Pseudo",
                };
                self.encoder.encode(position, cells)
            }
            Stored::Combined { .. } => {
                let cells = || rows.all().map(|row| row.pseudonym(column.stored));
                let values: Vec<_> = cells().map(PseudonymCell::digest).collect();
                let prefixed: Vec<_> = cells().map(PseudonymCell::is_prefixed).collect();
                let cells = ColumnCells::Combined {
                    values: &values,
                    prefixed: &prefixed,
                    prefix: &rows.key().layout.prefix,
                };
                self.encoder.encode(position, cells)
            }
        });
        Ok(EncodedGroup(encoded.collect::<Result<_, _>>()?))
    }

    /// Encodes a column of values, or an empty one.
    fn values(
        &mut self,
        rows: &SortedRows<'_>,
        position: usize,
        form: Form,
        at: usize,
        codes: &[u32],
    ) -> Result<EncodedColumn, WriteError> {
        let text = |code| rows.utf8(at, code);
        let short = |code| rows.typed(at, code) as i32;
        let long = |code| rows.typed(at, code);
        let cells = match form {
            Form::Text | Form::Sector | Form::Pseudonym => ColumnCells::Text { codes, text: &text },
            // Days and numbers of at most four digits.
            Form::Date => ColumnCells::Date {
                codes,
                value: &short,
            },
            Form::Integer => ColumnCells::Integer {
                codes,
                value: &short,
            },
            Form::Count => ColumnCells::Count {
                codes,
                value: &long,
            },
            Form::Decimal => ColumnCells::Decimal {
                codes,
                value: &long,
            },
        };
        self.encoder.encode(position, cells)
    }
}

fn data_type(form: Form) -> DataType {
    match form {
        Form::Text | Form::Sector | Form::Pseudonym => DataType::Utf8,
        Form::Date => DataType::Date32,
        Form::Integer => DataType::Int32,
        Form::Count => DataType::Int64,
        Form::Decimal => DataType::Decimal128(DIGITS, 2),
    }
}
