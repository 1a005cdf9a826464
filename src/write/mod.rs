//! Writes what leaves: rows sorted with bounded memory into CSV and Parquet, the tables beside them, and the worklist apart.
//!
//! Whatever lies on the disk before the end holds only what may leave (the worklist excepted, which stays in the council).

mod cases;
mod column_chunk;
#[cfg(test)]
mod column_chunk_tests;
mod column_pages;
mod csv_file;
mod durable;
mod line_parts;
mod lines;
mod listing;
mod parquet_file;
mod purge;
mod run_length;
mod sealed;
mod sort;
mod spill;
mod staging;
mod tables;
#[cfg(test)]
mod tests;
mod texts;
mod workbook;
#[cfg(test)]
mod workbook_tests;
mod worklist;

pub use column_chunk::{ColumnCells, ColumnEncoder};
pub use column_pages::EncodedColumn;
pub use csv_file::CsvFile;
pub use durable::{Durable, Settling};
pub use line_parts::{AllCells, Ends, Stretch, WIDE, WideCells, stretches};
pub use lines::{Lines, render as render_csv};
pub use parquet_file::{EncodedGroup, GroupEncoder, GroupEncoders, ParquetFile};
pub use purge::{OldWorklist, PURGE_LOG, Purged, TRACED, purge_worklists};
pub use sealed::{Appeared, Finished, Sealed};
pub use sort::{Group, Key, PseudonymCell, Room, Row, SortedRows, groups};
pub use spill::{Spill, SpillWriter};
pub use staging::{Lock, Staging, UNFINISHED};
pub use tables::{FindingRow, GridRow, data_quality_csv, findings_csv, grid_rows};
pub use texts::{Column, Texts};
pub use workbook::{MOST_UNASKED, WORKBOOK, Workbook, is_refusal, write_workbook};
pub(crate) use workbook::{
    begin as begin_sheet, book as begin_book, end as end_sheet, save as save_book, write_number,
    write_text,
};
pub use worklist::{WorklistHeader, WorklistLines, unverified_csv};

use std::io;

/// Why the output could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The disk said no.
    #[error("cannot write the output: {0}")]
    Io(#[from] io::Error),
    /// The Parquet library said no.
    #[error("cannot write the Parquet file: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The Arrow library said no.
    #[error("cannot lay out the Parquet columns: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The library that makes workbooks said no.
    #[error("cannot write the workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}
