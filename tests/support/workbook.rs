//! A workbook of ours, read back by sheet and column name.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{Data, Reader as _, Xlsx};

/// Its sheets.
pub struct Workbook {
    book: Xlsx<BufReader<File>>,
}

impl Workbook {
    #[track_caller]
    pub fn open(path: &Path) -> Self {
        let file = File::open(path).expect("a workbook");
        Self {
            book: Xlsx::new(BufReader::new(file)).expect("a workbook"),
        }
    }

    pub fn sheets(&self) -> Vec<String> {
        self.book.sheet_names()
    }

    /// The rows of a sheet, the header first.
    #[track_caller]
    pub fn rows(&mut self, sheet: &str) -> Vec<Vec<Data>> {
        let range = self.book.worksheet_range(sheet).expect(sheet);
        range.rows().map(<[Data]>::to_vec).collect()
    }

    /// The cells of a column below its header.
    #[track_caller]
    pub fn column(&mut self, sheet: &str, name: &str) -> Vec<Data> {
        let rows = self.rows(sheet);
        let at = rows[0].iter().position(|cell| *cell == *name);
        let at = at.unwrap_or_else(|| panic!("no column {name} in {:?}", rows[0]));
        rows[1..].iter().map(|row| row[at].clone()).collect()
    }

    /// Whether a cell of the sheet is a formula.
    #[track_caller]
    pub fn runs(&mut self, sheet: &str) -> bool {
        let range = self.book.worksheet_formula(sheet).expect(sheet);
        range.cells().any(|(_, _, formula)| !formula.is_empty())
    }
}
