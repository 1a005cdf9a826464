//! A council's own list values, which complete the lists that are not known in full.

use std::path::Path;

use super::reader::Reader;
use crate::schema::Schema;

impl Reader<'_> {
    pub(super) fn complete(&mut self, schema: &mut Schema, file: &str) -> Vec<(String, usize)> {
        let path = self.path(file);
        let values = match read_lists(&path) {
            Ok(values) => values,
            Err(fault) => {
                self.fault("lists", &fault);
                return Vec::new();
            }
        };
        if let Err(fault) = schema.complete_lists(&values) {
            self.fault("lists", &format!("{}: {fault}", path.display()));
        }
        let mut counts: Vec<(String, usize)> = Vec::new();
        for (field, _) in values {
            match counts.iter_mut().find(|(f, _)| *f == field) {
                Some((_, n)) => *n += 1,
                None => counts.push((field, 1)),
            }
        }
        counts
    }
}

/// Reads `field,value` rows.
fn read_lists(path: &Path) -> Result<Vec<(String, String)>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|_| format!("cannot read {}", path.display()))?;
    let header = reader
        .headers()
        .map_err(|_| format!("{} is not UTF-8 CSV", path.display()))?;
    if header
        .iter()
        .map(|h| h.trim_start_matches('\u{feff}'))
        .ne(["field", "value"])
    {
        return Err(format!(
            "{} must begin with the header `field,value`",
            path.display()
        ));
    }
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|_| {
            format!(
                "{} row {}: not two cells of UTF-8 text",
                path.display(),
                at + 2
            )
        })?;
        if record[0].is_empty() || record[1].is_empty() {
            return Err(format!(
                "{} row {}: a cell is blank",
                path.display(),
                at + 2
            ));
        }
        rows.push((record[0].to_owned(), record[1].to_owned()));
    }
    Ok(rows)
}
