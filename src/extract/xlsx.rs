//! One sheet of an Excel workbook as text of records. Dates are dates, numbers keep their digits, formulas are what Excel
//! last made of them: nothing is calculated here.

use std::fmt::Write as _;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{
    DataRef, Dimensions, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError,
};

use super::flow::{Halt, Sink, Start};
use super::source::Source;
use super::{ExtractError, letters, package};

/// Rows and columns that a sheet has at most.
const ROWS: u32 = 1 << 20;
const COLUMNS: u32 = 1 << 14;

/// Cells with a value that are read at most: more than the return's columns in every row that a sheet has.
const CELLS: u64 = 64 << 20;

type Workbook = Xlsx<BufReader<File>>;

/// Writes the sheet as text.
pub(super) fn write(source: &Source, file: File, sink: &mut Sink) -> Result<(), Halt> {
    let package = source
        .format
        .looked_through
        .or_look(source.fingerprint(), || package::inspect(source, &file))?;
    let mut workbook =
        Workbook::new(BufReader::new(file)).map_err(|e| unreadable(&source.path, &e, None))?;
    let name = choose(source, &mut workbook)?;
    let merged = if package.merged {
        workbook
            .merge_cells_by_sheet_name(&name)
            .map_err(|e| unreadable(&source.path, &e, None))?
    } else {
        Vec::new()
    };
    Sheet {
        path: &source.path,
        name,
        header_row: source.format.header_row,
        configured: source.configured,
        merged,
    }
    .write(&mut workbook, sink)
}

/// The sheet that is named, or the only one that holds anything.
fn choose(source: &Source, workbook: &mut Workbook) -> Result<String, ExtractError> {
    let sheets: Vec<_> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .cloned()
        .collect();
    let listed = |names: &mut dyn Iterator<Item = &str>| {
        names
            .map(|n| format!("`{n}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let fault = |fault: String, remedy| ExtractError::File {
        path: source.path.clone(),
        fault,
        remedy,
    };
    if let Some(wanted) = &source.format.sheet {
        let same = |name: &str| name.trim().to_lowercase() == wanted.trim().to_lowercase();
        return sheets
            .iter()
            .find(|sheet| same(&sheet.name))
            .map(|sheet| sheet.name.clone())
            .ok_or_else(|| {
                let names = listed(&mut sheets.iter().map(|sheet| &*sheet.name));
                fault(
                    format!("has no sheet `{wanted}`; it has {names}"),
                    "Name one of them",
                )
            });
    }
    let visible: Vec<_> = sheets
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .collect();
    if let [only] = visible[..] {
        return Ok(only.name.clone());
    }
    let mut filled = Vec::new();
    for sheet in visible {
        if holds_anything(workbook, &sheet.name).map_err(|e| unreadable(&source.path, &e, None))? {
            filled.push(&*sheet.name);
        }
    }
    match filled[..] {
        [only] => Ok(only.to_owned()),
        [] => Err(fault(
            "has nothing in any sheet that is not hidden".into(),
            "A source begins with a row of column names",
        )),
        _ => Err(fault(
            format!("has several sheets: {}", listed(&mut filled.into_iter())),
            if source.configured {
                "Say which one is meant with `sheet:` under the source"
            } else {
                "Say which one is meant with --sheet"
            },
        )),
    }
}

fn holds_anything(workbook: &mut Workbook, sheet: &str) -> Result<bool, XlsxError> {
    let mut cells = workbook.worksheet_cells_reader(sheet)?;
    let mut text = String::new();
    while let Some(cell) = cells.next_cell()? {
        if !text_of(cell.get_value(), &mut text).trim().is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Sheet<'a> {
    path: &'a Path,
    name: String,
    /// As a spreadsheet counts.
    header_row: u64,
    configured: bool,
    merged: Vec<Dimensions>,
}

/// The columns that have a name, from the first to the last of them.
struct Header {
    first: u32,
    names: Vec<String>,
}

impl Sheet<'_> {
    fn write(&self, workbook: &mut Workbook, sink: &mut Sink) -> Result<(), Halt> {
        let unreadable = |e: &XlsxError, row| Halt::Fault(unreadable(self.path, e, row));
        let mut cells = workbook
            .worksheet_cells_reader(&self.name)
            .map_err(|e| unreadable(&e, None))?;
        let mut number = String::new();
        let mut named: Vec<(u32, String)> = Vec::new();
        let mut header: Option<Header> = None;
        let mut last = None;
        let mut count = 0;
        // The row being written, and how many of its cells are.
        let mut row = 0;
        let mut written = 0;
        loop {
            let at = last.map(|(row, _)| u64::from(row) + 1);
            let Some(cell) = cells.next_cell().map_err(|e| unreadable(&e, at))? else {
                break;
            };
            let (cell_row, column) = cell.get_position();
            if last.is_some_and(|last| last >= (cell_row, column))
                || cell_row >= ROWS
                || column >= COLUMNS
            {
                return Err(self.row_fault(
                    u64::from(cell_row) + 1,
                    "cells stand in no order that a sheet has".into(),
                    "Open the workbook in Excel and save it again",
                ));
            }
            last = Some((cell_row, column));
            let place = u64::from(cell_row) + 1;
            let text = text_of(cell.get_value(), &mut number);
            if text.is_empty() || place < self.header_row {
                continue;
            }
            count += 1;
            if count > CELLS {
                return Err(Halt::Fault(self.fault(
                    format!("has more than {CELLS} cells with a value"),
                    "Save the sheet as CSV",
                )));
            }
            if place == self.header_row {
                if !text.trim().is_empty() {
                    named.push((column, text.to_owned()));
                }
                continue;
            }
            let header = match &header {
                Some(header) => header,
                None => header.insert(self.begin(std::mem::take(&mut named), sink)?),
            };
            let width = header.names.len();
            let Some(position) = column
                .checked_sub(header.first)
                .map(|n| n as usize)
                .filter(|&n| n < width)
            else {
                // White space is no value that anybody misses.
                if text.trim().is_empty() {
                    continue;
                }
                return Err(self.row_fault(
                    place,
                    format!(
                        "has a value in column {}, which has no name",
                        letters(column as usize)
                    ),
                    "Name the column in the row of column names, or clear the cells",
                ));
            };
            if place != row {
                self.end(row, written, width, sink)?;
                sink.blank_until(place)?;
                row = place;
                written = 0;
            }
            while written < position {
                sink.cell(b"")?;
                written += 1;
            }
            sink.cell(text.as_bytes())?;
            written += 1;
        }
        match header {
            Some(header) => self.end(row, written, header.names.len(), sink),
            None => self.begin(named, sink).map(drop),
        }
    }

    /// Fills the rest of a row.
    fn end(&self, row: u64, written: usize, width: usize, sink: &mut Sink) -> Result<(), Halt> {
        if row == 0 {
            return Ok(());
        }
        for _ in written..width {
            sink.cell(b"")?;
        }
        sink.end_record()
    }

    /// Writes the header.
    fn begin(&self, named: Vec<(u32, String)>, sink: &mut Sink) -> Result<Header, Halt> {
        let elsewhere = if self.configured {
            "Say in which row the column names stand with `header_row:` under the source"
        } else {
            "Delete what stands above the row of column names"
        };
        let (Some(&(first, _)), Some(&(last, _))) = (named.first(), named.last()) else {
            let fault = format!(
                "has no column names in row {} of sheet `{}`",
                self.header_row, self.name
            );
            return Err(Halt::Fault(self.fault(fault, elsewhere)));
        };
        self.refuse_merged(first, last)?;
        if named.len() == 1 {
            let fault = format!(
                "has one cell alone in row {} of sheet `{}`, which is a title and no row of column names",
                self.header_row, self.name
            );
            return Err(Halt::Fault(self.fault(fault, elsewhere)));
        }
        let mut names = vec![String::new(); (last - first + 1) as usize];
        for (column, name) in named {
            names[(column - first) as usize] = name;
        }
        sink.start(Start {
            own_columns: None,
            first_row: self.header_row,
            first_column: first as usize,
            sheet: Some(self.name.clone()),
        })?;
        for name in &names {
            sink.cell(name.as_bytes())?;
        }
        sink.end_record()?;
        Ok(Header { first, names })
    }

    /// A merged cell has its value in its first cell alone; what looks filled would be read as blank.
    fn refuse_merged(&self, first: u32, last: u32) -> Result<(), Halt> {
        let header = self.header_row as u32 - 1;
        let touches = |m: &&Dimensions| m.end.0 >= header && m.start.1 <= last && m.end.1 >= first;
        let Some(merged) = self.merged.iter().filter(touches).min_by_key(|m| m.start) else {
            return Ok(());
        };
        let cell = |(row, column): (u32, u32)| {
            format!("{}{}", letters(column as usize), u64::from(row) + 1)
        };
        let what = if merged.start.0 <= header {
            " in the row of column names"
        } else {
            ""
        };
        Err(Halt::Fault(self.fault(
            format!(
                "has merged cells{what} of sheet `{}`: {}:{}",
                self.name,
                cell(merged.start),
                cell(merged.end)
            ),
            "Unmerge them in Excel, so that every cell has its own name or value",
        )))
    }

    fn fault(&self, fault: String, remedy: &'static str) -> ExtractError {
        ExtractError::File {
            path: self.path.to_owned(),
            fault,
            remedy,
        }
    }

    fn row_fault(&self, row: u64, fault: String, remedy: &'static str) -> Halt {
        Halt::Fault(ExtractError::Row {
            path: self.path.to_owned(),
            row,
            fault: format!("of sheet `{}`: {fault}", self.name),
            remedy,
        })
    }
}

/// What the library says of a cell it cannot read may hold the cell's value, so it is not repeated.
fn unreadable(path: &Path, error: &XlsxError, row: Option<u64>) -> ExtractError {
    let (fault, remedy) = match error {
        XlsxError::Password => (
            "is under a password".to_owned(),
            "Save it without one; a folder that only you can read protects it",
        ),
        _ => {
            let place = row.map_or(String::new(), |row| format!(" in or after row {row}"));
            (
                format!("is not a sound workbook{place}"),
                "Open it in Excel and save it again",
            )
        }
    };
    ExtractError::File {
        path: path.to_owned(),
        fault,
        remedy,
    }
}

/// The text of a cell; what has to be written out is written to `made`.
fn text_of<'a>(value: &'a DataRef<'_>, made: &'a mut String) -> &'a str {
    made.clear();
    match value {
        DataRef::Empty => {}
        DataRef::String(text) => return text,
        DataRef::SharedString(text) => return text,
        DataRef::DateTimeIso(text) => iso(text, made),
        DataRef::DurationIso(text) => return text,
        DataRef::Int(number) => write_to(made, format_args!("{number}")),
        DataRef::Float(number) => float(*number, made),
        DataRef::Bool(true) => made.push_str("TRUE"),
        DataRef::Bool(false) => made.push_str("FALSE"),
        DataRef::Error(error) => write_to(made, format_args!("{error}")),
        DataRef::DateTime(day) if day.is_duration() => duration(day, made),
        DataRef::DateTime(day) => date(day, made),
    }
    made
}

fn write_to(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("memory takes what is written");
}

/// Digits that Excel keeps of a number.
const DIGITS: usize = 15;

/// A number without exponent. Whole ones keep every digit; others are given as Excel shows them, to fifteen digits at most,
/// as 12.35 is what people see of 12.349999999999998 and what Excel itself writes into a CSV.
fn float(number: f64, text: &mut String) {
    // Minus nothing is nothing.
    let number = number + 0.0;
    write_to(text, format_args!("{number}"));
    if number.fract() != 0.0 {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if digits > DIGITS {
            let rounded: f64 = format!("{number:.*e}", DIGITS - 1)
                .parse()
                .unwrap_or(number);
            text.clear();
            write_to(text, format_args!("{rounded}"));
        }
    }
}

/// A day as dd/mm/yyyy, with its time unless that is midnight. What is no day of the calendar stays the number it is.
fn date(day: &ExcelDateTime, text: &mut String) {
    // From the first day on, and before the year 10000.
    let serial = day.as_f64();
    if !(0.0..2_958_466.0).contains(&serial) {
        return float(serial, text);
    }
    let (year, month, day, hour, minute, second, milli) = day.to_ymd_hms_milli();
    let midnight = (hour, minute, second, milli) == (0, 0, 0, 0);
    // A time of no day.
    if serial >= 1.0 || midnight {
        write_to(text, format_args!("{day:02}/{month:02}/{year:04}"));
    }
    if !midnight {
        let space = if text.is_empty() { "" } else { " " };
        write_to(
            text,
            format_args!("{space}{hour:02}:{minute:02}:{second:02}"),
        );
        if milli != 0 {
            write_to(text, format_args!(".{milli:03}"));
        }
    }
}

/// A day written as 2025-04-01 or 2025-04-01T00:00:00, which some programs put into a sheet.
fn iso(from: &str, text: &mut String) {
    let (day, time) = from.split_once('T').unwrap_or((from, ""));
    let parts: Vec<_> = day.split('-').collect();
    match parts[..] {
        [year, month, day] if year.len() == 4 && month.len() == 2 && day.len() == 2 => {
            write_to(text, format_args!("{day}/{month}/{year}"));
            let time = time.trim_end_matches('Z');
            let midnight = time.bytes().all(|byte| matches!(byte, b'0' | b':' | b'.'));
            if !midnight {
                write_to(text, format_args!(" {time}"));
            }
        }
        _ => text.push_str(from),
    }
}

/// Hours, minutes and seconds, as a cell formatted `[h]:mm:ss` shows them.
fn duration(of: &ExcelDateTime, text: &mut String) {
    let seconds = (of.as_f64() * 86_400.0).round();
    if !(0.0..1e15).contains(&seconds) {
        return float(of.as_f64(), text);
    }
    let seconds = seconds as u64;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    write_to(
        text,
        format_args!("{hours}:{minutes:02}:{:02}", seconds % 60),
    );
}
