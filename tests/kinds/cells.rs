//! Cells of any table come out of any kind of file as they went in.

use std::io::Read as _;
use std::path::Path;

use arrow::ipc::CompressionType;
use cld_return::extract::{Blocks, Encoding, Format, Kind, Source};
use parquet::basic;
use proptest::collection::vec;
use proptest::prelude::*;
use rust_xlsxwriter::{Format as CellFormat, Formula, Workbook};

use super::writers;
use crate::property::cases;
use crate::support::Table;

/// Reads a file with our own reader: its header, and each record with its row.
fn read(
    path: &Path,
    format: Format,
    encoding: Option<Encoding>,
) -> (Vec<String>, Vec<(u64, Vec<String>)>) {
    let source = Source {
        name: "s".into(),
        path: path.to_owned(),
        encoding,
        format,
        query: None,
        configured: true,
        recipe: None,
    };
    let text = source.open().unwrap();
    let mut blocks = Blocks::open(&source, 0, text).unwrap();
    let names = blocks.header().names.clone();
    let mut rows = Vec::new();
    while let Some(block) = blocks.next().unwrap() {
        let cells = block.into_cells(names.len(), path).unwrap();
        for record in 0..cells.len() {
            let row = (0..names.len())
                .map(|at| String::from_utf8(cells.get(at, record).to_vec()).unwrap());
            rows.push((cells.row(record), row.collect()));
        }
    }
    (names, rows)
}

fn table() -> impl Strategy<Value = Table> {
    // What a sheet cannot hold, control characters, is in no cell; a carriage return is a line feed to a workbook.
    let cell = prop_oneof![
        3 => "[ -~]{0,12}",
        2 => "[a-zA-Z0-9,;|\"'\t\n €ëß中😀]{0,12}",
        1 => "[0-9]{1,12}(\\.[0-9]{1,3})?",
        1 => Just("01/04/2025".to_owned()),
        2 => Just(String::new()),
    ];
    (2..6_usize)
        .prop_flat_map(move |width| {
            vec(vec(cell.clone(), width), 1..20).prop_map(move |rows| (width, rows))
        })
        .prop_map(|(width, rows)| Table {
            header: (0..width).map(|at| format!("Column {at}")).collect(),
            rows,
        })
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn any_cells_come_back(table in table(), typed in any::<bool>()) {
        let directory = tempfile::tempdir().unwrap();
        let batch = writers::batch(&table, typed);
        let semicolons = Format { delimiter: b';', ..Format::of(Kind::Csv) };
        let tabs = Format { delimiter: b'\t', ..Format::of(Kind::Csv) };
        for (name, bytes, format) in [
            ("semicolons.csv", writers::text(&table, b';').into_bytes(), semicolons),
            ("tabs.csv", writers::utf16(&writers::text(&table, b'\t'), typed), tabs),
            ("commas.csv.gz", writers::gzip(writers::text(&table, b',').as_bytes()), Format::of(Kind::Csv)),
            ("sheet.xlsx", writers::xlsx(&table, typed), Format::of(Kind::Xlsx)),
            ("file.parquet", writers::parquet(&batch, basic::Compression::SNAPPY), Format::of(Kind::Parquet)),
            ("file.arrow", writers::arrow_file(&batch, Some(CompressionType::ZSTD)), Format::of(Kind::Arrow)),
            ("stream.arrow", writers::arrow_stream(&batch), Format::of(Kind::Arrow)),
        ] {
            let path = directory.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let (names, rows) = read(&path, format, None);
            prop_assert_eq!(&names, &table.header, "{}", name);
            let mut expected: Vec<_> = (2..).zip(table.rows.clone()).collect();
            if name == "sheet.xlsx" {
                // A row without any value is a blank row there.
                expected.retain(|(_, row): &(u64, Vec<String>)| row.iter().any(|cell| !cell.is_empty()));
            }
            prop_assert_eq!(rows, expected, "{}", name);
        }
    }
}

/// A sheet with one cell of each sort below its name.
#[test]
fn every_sort_of_cell_has_its_text() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let day = CellFormat::new().set_num_format("yyyy-mm-dd hh:mm");
    let hours = CellFormat::new().set_num_format("[h]:mm");
    let padded = CellFormat::new().set_num_format("0000000000");
    let percent = CellFormat::new().set_num_format("0%");
    let cases: &[(f64, &CellFormat, &str)] = &[
        (45748.0, &day, "01/04/2025"),
        (45748.5, &day, "01/04/2025 12:00:00"),
        (45748.999999999, &day, "02/04/2025"),
        (0.25, &day, "06:00:00"),
        (60.0, &day, "29/02/1900"),
        (61.0, &day, "01/03/1900"),
        (-1.0, &day, "-1"),
        (9434765919.0, &day, "9434765919"),
        (1.5, &hours, "36:00:00"),
        // A leading zero that a number format shows is none that the cell has.
        (123456789.0, &padded, "123456789"),
        (9434765919.0, &padded, "9434765919"),
        (0.25, &percent, "0.25"),
        (12.349999999999998, &percent, "12.35"),
        (0.1 + 0.2, &percent, "0.3"),
        (1e15, &percent, "1000000000000000"),
        (1e21, &percent, "1000000000000000000000"),
        (0.000001, &percent, "0.000001"),
        (-0.0, &percent, "0"),
    ];
    sheet.write_string(0, 0, "Name").unwrap();
    sheet.write_string(0, 1, "Other").unwrap();
    for (row, (number, format, _)) in (1..).zip(cases) {
        sheet
            .write_number_with_format(row, 0, *number, format)
            .unwrap();
    }
    let row = cases.len() as u32 + 1;
    sheet.write_boolean(row, 0, true).unwrap();
    sheet
        .write_formula(row + 1, 0, Formula::new("=1+1").set_result("42"))
        .unwrap();
    sheet
        .write_formula(row + 2, 0, Formula::new("=1/0").set_result("#DIV/0!"))
        .unwrap();
    let bold = CellFormat::new().set_bold();
    sheet
        .write_rich_string(row + 3, 0, &[(&CellFormat::new(), "Zo"), (&bold, "ë ")])
        .unwrap();
    sheet.write_string(row + 4, 0, "0123456789").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cells.xlsx");
    workbook.save(&path).unwrap();
    let (_, rows) = read(&path, Format::of(Kind::Xlsx), None);
    let read: Vec<_> = rows.iter().map(|(_, cells)| cells[0].as_str()).collect();
    let others = ["TRUE", "42", "#DIV/0!", "Zoë ", "0123456789"];
    let expected: Vec<_> = cases.iter().map(|case| case.2).chain(others).collect();
    assert_eq!(read, expected);
    // The same days counted from 1904.
    let path = directory.path().join("mac.xlsx");
    counted_from_1904(&directory.path().join("cells.xlsx"), &path);
    let (_, rows) = read_only(&path);
    assert_eq!(rows[0].1[0], "02/04/2029");
}

fn read_only(path: &Path) -> (Vec<String>, Vec<(u64, Vec<String>)>) {
    read(path, Format::of(Kind::Xlsx), None)
}

/// Copies a workbook and lets its days be counted from 1904.
fn counted_from_1904(from: &Path, to: &Path) {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(from).unwrap()).unwrap();
    let mut writer = zip::ZipWriter::new(std::fs::File::create(to).unwrap());
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut text = Vec::new();
        file.read_to_end(&mut text).unwrap();
        if name == "xl/workbook.xml" {
            let changed = String::from_utf8(text)
                .unwrap()
                .replace("<workbookPr ", "<workbookPr date1904=\"1\" ");
            text = changed.into_bytes();
        }
        writer
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        std::io::Write::write_all(&mut writer, &text).unwrap();
    }
    writer.finish().unwrap();
}
