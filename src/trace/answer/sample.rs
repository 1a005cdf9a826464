//! Answers for tests, as they are known to come.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{AnswerError, AnswerRow, Answers, Summary};
use crate::trace::request::Reference;

/// The columns of an answer as one is known to come.
pub(super) const COLUMNS: [&str; 29] = [
    "UNIQUE REFERENCE",
    "REQ_NHS_NUMBER",
    "FAMILY_NAME",
    "GIVEN_NAME",
    "OTHER_GIVEN_NAME",
    "GENDER",
    "DATE_OF_BIRTH",
    "DATE_OF_DEATH",
    "ADDRESS_LINE1",
    "ADDRESS_LINE2",
    "ADDRESS_LINE3",
    "ADDRESS_LINE4",
    "ADDRESS_LINE5",
    "POSTCODE",
    "GP_PRACTICE_CODE",
    "GP_REGISTRATION_DATE",
    "NHAIS_POSTING_ID",
    "AS_AT_DATE",
    "LOCAL_PATIENT_ID",
    "INTERNAL_ID",
    "TELEPHONE_NUMBER",
    "MOBILE_NUMBER",
    "EMAIL_ADDRESS",
    "SENSITIVITY_FLAG",
    "MPS_ID",
    "ERROR/SUCCESS_CODE",
    "MATCHED_NHS_NO",
    "MATCHED_ALGORITHM_INDICATOR",
    "MATCHED_CONFIDENCE_PERCENTAGE",
];

/// Columns with rows of cells below them.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

pub(super) fn reference(n: u8) -> Reference {
    Reference::of([n; 16])
}

impl Table {
    pub(super) fn of(rows: &[&[(&str, &str)]]) -> Self {
        let columns: Vec<_> = COLUMNS.map(str::to_owned).into();
        let rows = (0..).zip(rows).map(|(n, cells)| {
            let mut row = vec![String::new(); columns.len()];
            row[0] = reference(n).text();
            for (column, cell) in *cells {
                let at = COLUMNS.iter().position(|c| c == column).expect(column);
                row[at] = (*cell).to_owned();
            }
            row
        });
        Self {
            rows: rows.collect(),
            columns,
        }
    }

    /// Its columns in another order.
    pub(super) fn ordered(&self, order: &[usize]) -> Self {
        let pick = |cells: &Vec<String>| order.iter().map(|at| cells[*at].clone()).collect();
        Self {
            columns: pick(&self.columns),
            rows: self.rows.iter().map(pick).collect(),
        }
    }

    pub(super) fn text(&self) -> String {
        let all = std::iter::once(&self.columns).chain(&self.rows);
        all.map(|cells| cells.join(",") + "\n").collect()
    }

    pub(super) fn rename(mut self, from: &str, to: &str) -> Self {
        let at = self.columns.iter().position(|c| c == from).expect(from);
        self.columns[at] = to.to_owned();
        self
    }
}

/// A match, a sensitive one, one that is likely, and none.
pub(super) fn table() -> Table {
    Table::of(&[
        &[
            ("DATE_OF_BIRTH", "19500307"),
            ("ADDRESS_LINE1", "1 High Street"),
            ("ERROR/SUCCESS_CODE", "00"),
            ("MATCHED_NHS_NO", "9434765919"),
            ("MATCHED_ALGORITHM_INDICATOR", "3"),
            ("MATCHED_CONFIDENCE_PERCENTAGE", "100"),
        ],
        &[
            ("DATE_OF_BIRTH", "1950"),
            ("DATE_OF_DEATH", "20250102"),
            ("SENSITIVITY_FLAG", "S"),
            ("ERROR/SUCCESS_CODE", "92"),
            ("MATCHED_NHS_NO", "4010232137"),
            ("MATCHED_ALGORITHM_INDICATOR", "1"),
            ("MATCHED_CONFIDENCE_PERCENTAGE", "100.00"),
        ],
        &[
            ("REQ_NHS_NUMBER", "9000000009"),
            ("DATE_OF_BIRTH", "195003"),
            ("ERROR/SUCCESS_CODE", "00"),
            ("MATCHED_NHS_NO", "9000000009"),
            ("MATCHED_ALGORITHM_INDICATOR", "4"),
            ("MATCHED_CONFIDENCE_PERCENTAGE", "73.5"),
        ],
        &[
            ("ERROR/SUCCESS_CODE", "98"),
            ("MATCHED_NHS_NO", "0000000000"),
            ("MATCHED_ALGORITHM_INDICATOR", "0"),
            ("MATCHED_CONFIDENCE_PERCENTAGE", "0"),
        ],
    ])
}

pub(super) fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("answer.csv");
    fs::write(&path, bytes).unwrap();
    (place, path)
}

pub(super) fn read(bytes: &[u8]) -> Result<(Vec<AnswerRow>, Summary), AnswerError> {
    let (_place, path) = file(bytes);
    let mut answers = Answers::open(&path)?;
    let rows = answers.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((rows, answers.finish()?))
}

pub(super) fn rows(text: &str) -> Vec<AnswerRow> {
    read(text.as_bytes()).expect(text).0
}

#[track_caller]
pub(super) fn refused(text: &str) -> AnswerError {
    match read(text.as_bytes()) {
        Err(error) => error,
        Ok(_) => panic!("read: {text}"),
    }
}
