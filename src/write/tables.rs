//! The two small tables of the bundle: the national grid and the findings by rule.

use crate::schema::Schema;
use crate::validate::{Grid, Status, Validity};

/// One line of `findings.csv`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingRow {
    /// `field.check`.
    pub rule: String,
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// Snake name.
    pub field: String,
    /// Records in which the rule was broken of itself.
    pub records: u64,
    /// Records in which it follows from another broken rule.
    pub caused: u64,
    /// What is wrong, after the field's name.
    pub fault: String,
}

/// One cell of the national grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridRow {
    /// The module of the field.
    pub module: String,
    /// Snake name.
    pub field: String,
    /// Whether the field is wanted.
    pub status: Status,
    /// Whether the cell is right.
    pub validity: Validity,
    /// Records.
    pub records: u64,
}

/// The cells of the grid that hold records, in the order of the return.
pub fn grid_rows(grid: &Grid, schema: &Schema) -> Vec<GridRow> {
    let mut rows = Vec::new();
    for (at, field) in schema.fields.iter().enumerate() {
        for status in Status::ALL {
            for validity in Validity::ALL {
                let records = grid.records(at, status, validity);
                if records > 0 {
                    rows.push(GridRow {
                        module: field.module.clone(),
                        field: field.snake.clone(),
                        status,
                        validity,
                        records,
                    });
                }
            }
        }
    }
    rows
}

/// `module,field,status,validity,records`.
pub fn data_quality_csv(grid: &Grid, schema: &Schema) -> String {
    let mut text = String::from("module,field,status,validity,records\r\n");
    for row in grid_rows(grid, schema) {
        text += &format!(
            "{},{},{},{},{}\r\n",
            row.module,
            row.field,
            row.status.name(),
            row.validity.name(),
            row.records
        );
    }
    text
}

/// `rule,severity,field,records,caused`, sorted by rule.
pub fn findings_csv(rows: &[FindingRow]) -> String {
    let mut text = String::from("rule,severity,field,records,caused\r\n");
    for row in rows {
        text += &format!(
            "{},{},{},{},{}\r\n",
            row.rule, row.severity, row.field, row.records, row.caused
        );
    }
    text
}
