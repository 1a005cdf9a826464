//! A CSV file of ours, read back by column name.

/// Rows by column name; Windows-1252 or, behind its mark, UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    #[track_caller]
    pub fn of(bytes: &[u8]) -> Self {
        let text = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
            Some(rest) => String::from_utf8(rest.to_vec()).expect("UTF-8"),
            None => encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
                .into_owned(),
        };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut rows = reader.records().map(|row| {
            let row = row.expect("well formed");
            row.iter().map(str::to_owned).collect::<Vec<_>>()
        });
        Self {
            header: rows.next().expect("a header"),
            rows: rows.collect(),
        }
    }

    #[track_caller]
    pub fn at(&self, column: &str) -> usize {
        let at = self.header.iter().position(|c| c == column);
        at.unwrap_or_else(|| panic!("no column {column} in {:?}", self.header))
    }

    #[track_caller]
    pub fn column(&self, column: &str) -> Vec<String> {
        let at = self.at(column);
        self.rows.iter().map(|row| row[at].clone()).collect()
    }

    /// The cell of the only row.
    #[track_caller]
    pub fn only(&self, column: &str) -> &str {
        assert_eq!(self.rows.len(), 1, "{:?}", self.rows);
        &self.rows[0][self.at(column)]
    }

    /// The cell of the only row that has this value in that column.
    #[track_caller]
    pub fn find(&self, column: &str, value: &str, wanted: &str) -> &str {
        let at = self.at(column);
        let mut rows = self.rows.iter().filter(|row| row[at] == value);
        let row = rows
            .next()
            .unwrap_or_else(|| panic!("no {column} {value} in {:?}", self.rows));
        assert!(rows.next().is_none(), "several {column} {value}");
        &row[self.at(wanted)]
    }
}
