//! The answer of a database as text of records: asked over whatever ODBC driver the machine has, batch by batch, while the next
//! batch is fetched.

mod columns;
mod connect;
mod fault;
mod login;

use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow_odbc::{OdbcReaderBuilder, TextEncoding, arrow_schema_from};

use self::columns::Columns;
use super::flow::{Halt, Sink};
use super::query::Query;
use super::typed;

/// The longest text of a cell, in characters. Drivers make room for the longest text that a column may hold, in every row of a
/// batch, so what has no bound of its own gets this one.
const MAX_TEXT: usize = 8190;

/// Memory of a batch. There are two of them.
const BATCH_BYTES: usize = 32 << 20;

/// Rows of a batch at most.
const BATCH_ROWS: usize = 4096;

/// Writes what the query gives as text.
pub(super) fn write(query: &Query, path: &Path, sink: &mut Sink) -> Result<(), Halt> {
    let mut cursor = connect::ask(query).map_err(|fault| fault.at(path))?;
    let given =
        arrow_schema_from(&mut cursor, None, false).map_err(|e| fault::of_columns(&e).at(path))?;
    let uuids =
        connect::uuids(&mut cursor, given.fields().len()).map_err(|fault| fault.at(path))?;
    let columns = Columns::of(given, |at| uuids[at]).map_err(|fault| fault.at(path))?;
    typed::write_header(path, columns.fetched(), sink)?;
    let reader = OdbcReaderBuilder::new()
        .with_schema(columns.fetched().clone())
        // In units of UTF-16, of which a character takes two at most.
        .with_max_text_size(2 * MAX_TEXT)
        .with_max_num_rows_per_batch(BATCH_ROWS)
        .with_max_bytes_per_batch(BATCH_BYTES)
        .with_fallibale_allocations(true)
        // What narrow characters mean is for driver, locale and server to say; these mean one thing.
        .with_payload_text_encoding(TextEncoding::Utf16)
        .build(cursor)
        .and_then(arrow_odbc::OdbcReader::into_concurrent)
        .map_err(|e| fault::of_columns(&e).at(path))?;
    let mut reader = ManuallyDrop::new(reader);
    let result = write_rows(&mut *reader, &columns, path, sink);
    if !matches!(result, Err(Halt::Fault(_))) {
        // Nothing was changed, and the transaction is rolled back all the same. A connection that was lost meanwhile cannot be
        // closed, and its owner panics when it finds that out; all that was wanted of it is here already. One that broke is
        // left to the end of the process.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(ManuallyDrop::into_inner(reader))));
    }
    result
}

fn write_rows(
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
    columns: &Columns,
    path: &Path,
    sink: &mut Sink,
) -> Result<(), Halt> {
    for batch in batches {
        let batch = batch.map_err(|e| fault::of_reading(&e, columns).at(path))?;
        typed::write_batch(path, &columns.as_written(batch), sink)?;
    }
    Ok(())
}
