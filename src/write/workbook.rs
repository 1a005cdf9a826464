//! `findings.xlsx`: the findings of a worklist as people work through them, made from its CSV files alone.
//!
//! Sheets are written row by row into files without a name beside the workbook, with the texts in their cells. The other
//! way, a table of all texts, takes memory, and the library writes a text there as markup if it looks like some.

use std::any::Any;
use std::borrow::Cow;
use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI32, Ordering};

use hashbrown::HashMap;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, IgnoreError, Workbook as Book, Worksheet, XlsxError,
};

use super::WriteError;
use super::cases::Cases;
use super::listing::Listing;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::validate::Check;

/// The name of the workbook.
pub const WORKBOOK: &str = "findings.xlsx";

/// With more findings than this a run leaves the workbook to whoever asks for it.
pub const MOST_UNASKED: u64 = 100_000;

/// Lines of a sheet below its header.
const SHEET_LINES: usize = 1_048_575;

/// What a cell of Excel holds, counted as UTF-16.
const CELL_UNITS: usize = 32_767;

/// Stands at the end of what was cut.
const CUT: &str = " … [cut here: findings.csv has the whole of it]";

/// The columns of "By case" that come before the council's own: whose it is, what to do, what is wrong, where.
const FIRST: [&str; 13] = [
    "person_id",
    "event_reference",
    "what_to_do",
    "who",
    "what_is_wrong",
    "field",
    "source_column",
    "received",
    "expected",
    "severity",
    "source",
    "row",
    "column",
];

/// The columns of "By case" that come after them: what programs go by.
const LAST: [&str; 3] = ["follows_from", "record_excluded", "rule"];

/// The columns of numbers, and one that may be longer than Excel shows of cells made for text.
const NOT_LITERAL: [&str; 10] = [
    "attempts",
    "confidence",
    "days_waiting",
    "longest_days_waiting",
    "people",
    "row",
    "records",
    "caused",
    "also_follows",
    "also_follows_count",
];

/// The columns that `findings-by-rule.csv` must have.
const BY_RULE: [&str; 5] = ["rule", "severity", "field", "records", "caused"];

/// A workbook that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workbook {
    /// Where it is.
    pub path: PathBuf,
    /// Findings in the worklist.
    pub findings: u64,
    /// Those of them that stand in the line of the finding they follow from.
    pub folded: u64,
    /// The sheets by name, with their lines below the header.
    pub sheets: Vec<(String, u64)>,
}

/// Writes the workbook into the directory of a worklist, over an earlier one.
///
/// # Errors
/// [`Error::Input`] when the directory does not hold a worklist; when the disk is full. An earlier workbook then stands.
pub fn write_workbook(directory: &Path) -> Result<Workbook> {
    write(directory, SHEET_LINES)
}

pub(super) fn write(directory: &Path, sheet_lines: usize) -> Result<Workbook> {
    let needed = [&FIRST[..], &LAST].concat();
    let findings = Listing::read(directory.join("findings.csv"), &needed)?;
    let rules = Listing::read(directory.join("findings-by-rule.csv"), &BY_RULE)?;
    let cases = Cases::of(&findings)?;

    let mut sheets = Vec::new();
    let path = save(directory, WORKBOOK, || {
        // Sheets of four gibibytes need what readers other than Excel may not know.
        let marks = findings.len().saturating_mul(findings.header().len()) * 64;
        let mut book = book(directory, "Findings", marks as u64 + findings.bytes())?;
        by_case(&mut book, &findings, &cases, sheet_lines, &mut sheets)?;
        by_rule(&mut book, &findings, &rules, &mut sheets)?;
        Ok(book)
    })?;
    Ok(Workbook {
        path,
        findings: findings.len() as u64,
        folded: cases.all_folded() as u64,
        sheets,
    })
}

/// Fills a workbook and gives it its name in a directory, over an earlier one. Only the owner can read it.
///
/// # Errors
/// What `fill` gives; when the disk is full. An earlier workbook then stands.
pub fn save(directory: &Path, name: &str, fill: impl FnOnce() -> Result<Book>) -> Result<PathBuf> {
    // One that was stopped outright may have left its file here.
    let prefix = format!(".cld-unfinished-{name}");
    match fs::remove_file(directory.join(&prefix)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            return Err(Error::io("remove", directory.join(&prefix))(e));
        }
        _ => (),
    }
    // Only the owner can read what tempfile makes.
    let file = tempfile::Builder::new()
        .prefix(&prefix)
        .rand_bytes(0)
        .tempfile_in(directory)
        .map_err(Error::io("write", directory))?;
    let written = std::panic::catch_unwind(AssertUnwindSafe(|| -> Result<()> {
        let mut book = fill()?;
        let mut writer = BufWriter::with_capacity(1 << 18, file.as_file());
        book.save_to_writer(&mut writer).map_err(refused)?;
        writer.flush().map_err(WriteError::from)?;
        file.as_file().sync_all().map_err(WriteError::from)?;
        Ok(())
    }));
    written.unwrap_or_else(|panic| {
        let code = match REFUSED.swap(0, Ordering::Relaxed) {
            0 => code_of(&*panic),
            code => Some(code),
        };
        let refused = code.map(io::Error::from_raw_os_error);
        let refused = refused.unwrap_or_else(|| io::Error::other("a sheet cannot grow"));
        Err(WriteError::from(refused).into())
    })?;
    let path = directory.join(name);
    file.persist(&path)
        .map_err(|e| Error::io("rename", &path)(e.error))?;
    Ok(path)
}

/// What the system said when a sheet's file could not grow: the library panics then, in any of its threads. 0: nothing.
static REFUSED: AtomicI32 = AtomicI32::new(0);

/// Whether a panic is the library's way to say that the disk refused a write. What [`write_workbook`] gives tells it, so
/// that nobody else need.
pub fn is_refusal(panic: &(dyn Any + Send)) -> bool {
    let code = code_of(panic);
    REFUSED.store(code.unwrap_or(0), Ordering::Relaxed);
    code.is_some()
}

/// The number of the system's error in the text of a panic, which holds nothing else that is asked for.
fn code_of(panic: &(dyn Any + Send)) -> Option<i32> {
    let text = panic.downcast_ref::<String>()?;
    let (_, code) = text.split_once(": Os { code: ")?;
    code.split_once(',')?.0.parse().ok()
}

/// What the library says, as an error of ours.
fn refused(e: XlsxError) -> Error {
    match e {
        XlsxError::IoError(e) | XlsxError::TempFileError(_, e) => WriteError::Io(e),
        e => WriteError::Workbook(e),
    }
    .into()
}

/// An empty workbook whose sheets grow in a directory, and take so many bytes there at most.
///
/// # Errors
/// When the directory cannot be used.
pub fn book(directory: &Path, title: &str, bytes: u64) -> Result<Book> {
    let mut book = Book::new();
    // Sheets are identifiable: their files stay in the directory that only the owner can read.
    book.set_tempdir(directory).map_err(refused)?;
    // No clock: equal worklists make equal workbooks.
    let made = ExcelDateTime::from_ymd(2000, 1, 1).map_err(refused)?;
    book.set_properties(
        &DocProperties::new()
            .set_title(title)
            .set_creation_datetime(&made),
    );
    book.use_zip_large_file(bytes > 1 << 31);
    Ok(book)
}

/// What stands in a column of "By case".
#[derive(Clone, Copy)]
enum Content {
    /// The text of this column of the file.
    Text(usize),
    /// The number in this column of the file.
    Number(usize),
    /// The fields of the findings that follow from this one.
    Fields,
    /// How many they are.
    Count,
}

/// The columns of "By case": those that this module does not know stand behind the ones that people use first.
fn columns(findings: &Listing) -> Result<Vec<(&str, Content)>> {
    let named = |name: &'static str| {
        findings.column(name).map(|at| match name {
            "row" => (name, Content::Number(at)),
            _ => (name, Content::Text(at)),
        })
    };
    let mut columns = FIRST.map(named).into_iter().collect::<Result<Vec<_>>>()?;
    for (at, name) in findings.header().iter().enumerate() {
        if !FIRST.contains(&name.as_str()) && !LAST.contains(&name.as_str()) {
            columns.push((name, Content::Text(at)));
        }
    }
    columns.push(("also_follows", Content::Fields));
    columns.push(("also_follows_count", Content::Count));
    for name in LAST {
        columns.push(named(name)?);
    }
    Ok(columns)
}

fn by_case(
    book: &mut Book,
    findings: &Listing,
    cases: &Cases,
    sheet_lines: usize,
    sheets: &mut Vec<(String, u64)>,
) -> Result<()> {
    let columns = columns(findings)?;
    let field = findings.column("field")?;
    let progress = Progress::begin("workbook", cases.lines.len() as u64, false);
    let counter = progress.counter();
    let mut written = 0;
    // A worklist without a finding has a sheet too.
    while written < cases.lines.len() || sheets.is_empty() {
        let lines = &cases.lines[written..cases.lines.len().min(written + sheet_lines)];
        let name = match sheets.len() {
            0 => "By case".to_owned(),
            n => format!("By case {}", n + 1),
        };
        let sheet = begin(book, &name, columns.iter().map(|(name, _)| *name))?;
        for (row, line) in (1..).zip(lines) {
            let finding = line.finding as usize;
            let folded = cases.folded(line);
            for (at, (_, from)) in (0..).zip(&columns) {
                match *from {
                    Content::Text(from) => {
                        write_text(sheet, row, at, findings.text(finding, from))?
                    }
                    Content::Number(from) => {
                        write_number(sheet, row, at, findings.count(finding, from)?)?;
                    }
                    Content::Fields => {
                        write_text(sheet, row, at, &fields(findings, field, folded))?
                    }
                    Content::Count => {
                        let count = folded.len() as u64;
                        write_number(sheet, row, at, (count > 0).then_some(count))?;
                    }
                }
            }
            if row % (1 << 12) == 0 {
                crate::interrupt::check()?;
                counter.fetch_add(1 << 12, Ordering::Relaxed);
            }
        }
        end(sheet, lines.len(), columns.len())?;
        sheets.push((name, lines.len() as u64));
        written += lines.len();
    }
    Ok(())
}

/// The fields of findings, each once.
fn fields(findings: &Listing, field: usize, folded: &[u32]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for &finding in folded {
        let name = findings.text(finding as usize, field);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

fn by_rule(
    book: &mut Book,
    findings: &Listing,
    rules: &Listing,
    sheets: &mut Vec<(String, u64)>,
) -> Result<()> {
    let rule = findings.column("rule")?;
    let mut of_rule = HashMap::new();
    for finding in 0..findings.len() {
        of_rule
            .entry(findings.number(finding, rule))
            .or_insert(finding);
    }
    let of_rule: HashMap<&str, usize> = of_rule
        .into_values()
        .map(|finding| (findings.text(finding, rule), finding))
        .collect();

    let rule = rules.column("rule")?;
    let others = rules.header().iter().map(String::as_str);
    let others: Vec<_> = others.filter(|name| !BY_RULE.contains(name)).collect();
    let told = ["field", "what_to_do", "who", "what_is_wrong"];
    let counted = ["severity", "records", "caused"];
    let names = [&told[..], &counted, &others, &["rule"]].concat();
    let sheet = begin(book, "By rule", names.iter().copied())?;
    for line in 0..rules.len() {
        let row = line as u32 + 1;
        let finding = of_rule.get(rules.text(line, rule));
        for (at, name) in (0..).zip(&names) {
            match (finding, rules.position(name)) {
                (Some(&finding), _) if told.contains(name) => {
                    write_text(
                        sheet,
                        row,
                        at,
                        findings.text(finding, findings.column(name)?),
                    )?;
                }
                (_, Some(from)) if matches!(*name, "records" | "caused") => {
                    write_number(sheet, row, at, rules.count(line, from)?)?;
                }
                (_, Some(from)) => write_text(sheet, row, at, rules.text(line, from))?,
                // Values that could not be verified are counted, and stand in no line.
                (None, None) => write_text(sheet, row, at, said(rules.text(line, rule), name))?,
                (Some(_), None) => (),
            }
        }
    }
    end(sheet, rules.len(), names.len())?;
    sheets.push(("By rule".to_owned(), rules.len() as u64));
    Ok(())
}

/// What the check of a rule says of itself; empty where the rule is none of a check.
fn said(rule: &str, column: &str) -> &'static str {
    let name = rule.rsplit('.').next().unwrap_or_default();
    let page = Check::ALL
        .into_iter()
        .find(|check| check.name() == name)
        .map(Check::page);
    page.map_or("", |page| match column {
        "what_to_do" => &page.remedy,
        "who" => &page.who,
        "what_is_wrong" => &page.fault,
        _ => "",
    })
}

/// Begins a sheet with its header.
///
/// # Errors
/// When the disk is full.
pub fn begin<'b, 'n>(
    book: &'b mut Book,
    name: &str,
    columns: impl Iterator<Item = &'n str>,
) -> Result<&'b mut Worksheet> {
    let sheet = book.add_worksheet_with_constant_memory().map_err(refused)?;
    let heading = Format::new().set_bold();
    // What somebody types into a cell of it stays text as well.
    let literal = Format::new().set_num_format("@");
    let fill = |sheet: &mut Worksheet| {
        sheet.set_name(name)?.set_freeze_panes(1, 0)?;
        for (at, column) in (0..).zip(columns) {
            sheet.set_column_width(at, width(column))?;
            if !NOT_LITERAL.contains(&column) {
                sheet.set_column_format(at, &literal)?;
            }
            sheet.write_string_with_format(0, at, column, &heading)?;
        }
        Ok(())
    };
    fill(sheet).map_err(refused)?;
    Ok(sheet)
}

/// Ends a sheet of so many lines.
///
/// # Errors
/// When the library refuses the range.
pub fn end(sheet: &mut Worksheet, lines: usize, columns: usize) -> Result<()> {
    let (row, column) = (lines as u32, columns as u16 - 1);
    sheet
        .autofilter(0, 0, row, column)
        // Ids look like numbers, and Excel would mark every one of them as a mistake.
        .and_then(|sheet| {
            sheet.ignore_error_range(0, 0, row, column, IgnoreError::NumberStoredAsText)
        })
        .map(drop)
        .map_err(refused)
}

/// How wide a column is, in characters.
fn width(column: &str) -> f64 {
    match column {
        "what_to_do" | "what_is_wrong" | "not_sent" => 50.0,
        "field" | "source_column" | "who" | "expected" | "also_follows" | "follows_from"
        | "rule" => 32.0,
        "received" => 24.0,
        "severity" | "row" | "column" | "records" | "caused" | "people" | "attempts"
        | "last_code" | "confidence" => 10.0,
        _ => 18.0,
    }
}

/// Writes text that stays text, whatever it looks like.
///
/// # Errors
/// When the disk is full.
pub fn write_text(sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<()> {
    sheet
        .write_string(row, column, fitting(text))
        .map(drop)
        .map_err(refused)
}

/// Writes a number, or nothing.
///
/// # Errors
/// When the disk is full.
pub fn write_number(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    number: Option<u64>,
) -> Result<()> {
    match number {
        Some(number) => sheet
            .write_number(row, column, number as f64)
            .map(drop)
            .map_err(refused),
        None => Ok(()),
    }
}

/// A text, cut where it is longer than a cell of Excel.
fn fitting(text: &str) -> Cow<'_, str> {
    let units = |text: &str| text.chars().map(char::len_utf16).sum::<usize>();
    if text.len() <= CELL_UNITS || units(text) <= CELL_UNITS {
        return Cow::Borrowed(text);
    }
    let mut room = CELL_UNITS - units(CUT);
    let kept = text.char_indices().find(|(_, c)| {
        let fits = c.len_utf16() <= room;
        room = room.saturating_sub(c.len_utf16());
        !fits
    });
    let kept = kept.map_or(text.len(), |(at, _)| at);
    Cow::Owned(format!("{}{CUT}", &text[..kept]))
}
