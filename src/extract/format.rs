//! What kind a source is, and how it is to be read.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::package::Package;
use super::{ExtractError, Fingerprint};

/// What a workbook was when it was found to be harmless, and what was seen of it. Copies share it.
#[derive(Debug, Clone, Default)]
pub struct LookedThrough(Arc<Mutex<Option<(Fingerprint, Package)>>>);

impl LookedThrough {
    /// What was seen of the file if it is as it was; else what `look` sees.
    pub(super) fn or_look(
        &self,
        now: Option<Fingerprint>,
        look: impl FnOnce() -> Result<Package, ExtractError>,
    ) -> Result<Package, ExtractError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some((then, package)), Some(now)) = (&*known, &now)
            && then == now
        {
            return Ok(*package);
        }
        let package = look()?;
        *known = now.map(|now| (now, package));
        Ok(package)
    }
}

/// A kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text of rows, plain or gzipped.
    Csv,
    /// A sheet of an Excel workbook.
    Xlsx,
    /// Parquet.
    Parquet,
    /// Arrow IPC, as a file (Feather, version 2) or a stream.
    Arrow,
    /// What a query of a database gives.
    Odbc,
}

impl Kind {
    /// The name used in configuration, manifest and report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Odbc => "odbc",
        }
    }

    /// Parses the name used in configuration.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::Csv,
            Self::Xlsx,
            Self::Parquet,
            Self::Arrow,
            Self::Odbc,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }

    /// What the ending of a file's name says; `None` where it says nothing.
    pub fn of_path(path: &Path) -> Option<Self> {
        let lower = path.file_name()?.to_str()?.to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
        if ends(&[".csv", ".csv.gz"]) {
            Some(Self::Csv)
        } else if ends(&[".xlsx", ".xlsm"]) {
            Some(Self::Xlsx)
        } else if ends(&[".parquet", ".pq"]) {
            Some(Self::Parquet)
        } else if ends(&[".arrow", ".arrows", ".feather"]) {
            Some(Self::Arrow)
        } else {
            None
        }
    }
}

/// How a source is to be read.
#[derive(Debug, Clone)]
pub struct Format {
    /// What it is.
    pub kind: Kind,
    /// The sheet of a workbook; where there is only one that holds anything it need not be named.
    pub sheet: Option<String>,
    /// Row of the column names, as a spreadsheet counts.
    pub header_row: u64,
    /// What separates the cells of a text.
    pub delimiter: u8,
    /// What stands around cells of a text that hold a separator or a line end.
    pub quote: Option<u8>,
    /// Text that it may come to at most once it is unpacked, in bytes. A plain text is as large as it is.
    pub max_inflated: u64,
    /// What was found when a workbook was looked through, so that it is not looked through each time it is opened.
    pub looked_through: LookedThrough,
}

impl Format {
    /// Text that a source may come to at most, unless it says otherwise: 8 GiB.
    pub const MAX_INFLATED: u64 = 8 << 30;

    /// A kind, read as most of its files are.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            sheet: None,
            header_row: 1,
            delimiter: b',',
            quote: Some(b'"'),
            max_inflated: Self::MAX_INFLATED,
            looked_through: LookedThrough::default(),
        }
    }

    /// Whether its text needs no change to be cut into records.
    pub(super) fn is_comma_separated(&self) -> bool {
        self.delimiter == b',' && self.quote == Some(b'"') && self.header_row == 1
    }
}
