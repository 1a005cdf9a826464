//! Values that mean nothing, as `1900-01-01` where a system cannot leave a date blank.

use super::lookup::day_of;
use crate::date::Date;

/// Values that are read as empty cells.
#[derive(Debug, Default, Clone)]
pub struct Blank {
    /// In any column.
    pub anywhere: Vec<String>,
    /// Column and values.
    pub of_columns: Vec<(String, Vec<String>)>,
}

/// The values of one column, ready to compare. Equal is what is equal without the white space around it; a day is equal
/// however it is written, since only text has `1900-01-01` where workbooks and databases have a day.
#[derive(Debug, Default)]
pub(super) struct Blanks {
    values: Vec<Box<[u8]>>,
    /// Those that are days.
    days: Vec<Date>,
    /// Bit n: one of them has n bytes, or n is 63 and one has more.
    lengths: u64,
}

impl Blank {
    /// The first column that none of these is. With `table`, those of other tables are passed over.
    pub(super) fn unknown(&self, table: Option<&str>, names: &[String]) -> Option<&str> {
        let is_known = |column: &str| match table {
            None => names.iter().any(|name| name == column),
            Some(table) => column
                .strip_prefix(table)
                .and_then(|column| column.strip_prefix('.'))
                .is_none_or(|column| names.iter().any(|name| name == column)),
        };
        let mut columns = self.of_columns.iter().map(|(column, _)| column.as_str());
        columns.find(|column| !is_known(column))
    }

    /// Those of a column.
    pub(super) fn of(&self, column: &str) -> Blanks {
        let of_column = self.of_columns.iter().filter(|(name, _)| name == column);
        let values = of_column
            .flat_map(|(_, values)| values)
            .chain(&self.anywhere);
        let values: Vec<Box<[u8]>> = values.map(|value| value.trim().as_bytes().into()).collect();
        let lengths = values.iter().fold(0, |bits, value| bits | bit(value.len()));
        let days = values.iter().filter_map(|value| day(value)).collect();
        Blanks {
            values,
            days,
            lengths,
        }
    }
}

/// A day, with nothing behind it but midnight.
fn day(text: &[u8]) -> Option<Date> {
    let is_midnight = |rest: &[u8]| rest.iter().all(|byte| b" T0:.".contains(byte));
    let is_day = text.first()?.is_ascii_digit() && text.get(10..).is_some_and(is_midnight);
    is_day.then(|| day_of(text).ok().flatten()).flatten()
}

fn bit(length: usize) -> u64 {
    1 << length.min(63)
}

impl Blanks {
    /// The cell, or nothing if it means nothing; `true` if it was emptied.
    #[inline]
    pub fn read<'c>(&self, cell: &'c [u8]) -> (&'c [u8], bool) {
        if self.lengths == 0 || cell.is_empty() {
            return (cell, false);
        }
        let trimmed = cell.trim_ascii();
        let is_value = self.lengths & bit(trimmed.len()) != 0
            && self.values.iter().any(|value| **value == *trimmed);
        let is_day = || day(trimmed).is_some_and(|day| self.days.contains(&day));
        let emptied = is_value || !self.days.is_empty() && is_day();
        (if emptied { b"" } else { cell }, emptied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_mean_nothing_are_empty() {
        let blank = Blank {
            anywhere: vec!["1900-01-01".into(), "?".into()],
            of_columns: vec![("A".into(), vec!["01/01/1753".into()])],
        };
        let (a, b) = (blank.of("A"), blank.of("B"));
        for (cell, in_a, in_b) in [
            ("1900-01-01", true, true),
            (" 1900-01-01 ", true, true),
            ("1900-01-01 00:00", true, true),
            ("1900-01-01T00:00:00.000", true, true),
            ("1900-01-01 00:01", false, false),
            ("01/01/1900", true, true),
            ("02/01/1900", false, false),
            ("01/01/1753", true, false),
            ("1753-01-01 00:00:00", true, false),
            ("?", true, true),
            ("??", false, false),
        ] {
            for (blanks, emptied) in [(&a, in_a), (&b, in_b)] {
                let (read, was) = blanks.read(cell.as_bytes());
                assert_eq!(was, emptied, "{cell}");
                assert_eq!(read.is_empty(), emptied, "{cell}");
            }
        }
        assert!(!a.read(b"").1, "an empty cell is not emptied");
        assert!(!Blank::default().of("A").read(b"x").1);
    }
}
