//! The work list as files: one CSV of all, and a workbook with a sheet of counts and one for each thing to do.

use std::cmp::Reverse;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Group, Reason};
use crate::date::Date;
use crate::error::{Error, Result};
use crate::nhs_number::NhsNumber;
use crate::redact::Identifying;
use crate::trace::answer::RecordCode;
use crate::trace::request::LeftOut;
use crate::write::{
    WorklistLines, begin_book, begin_sheet, end_sheet, save_book, write_number, write_text,
};

/// The name of the CSV file.
pub const CSV: &str = "nhs-numbers-to-settle.csv";

/// The name of the workbook.
pub const WORKBOOK: &str = "nhs-numbers-to-settle.xlsx";

/// Lines of a sheet below its header.
const SHEET_LINES: usize = 1_048_575;

/// Bytes that a line of the workbook takes at most, as far as it is made of what this module writes.
const LINE: u64 = 2048;

/// The columns of the CSV file; the workbook has all but the first, which its sheets stand for.
pub(super) const COLUMNS: [&str; 15] = [
    "to_do",
    "reason",
    "person_id",
    "what_to_do",
    "who",
    "what_is_wrong",
    "other_person_id",
    "pds_nhs_number",
    "pds_date_of_death",
    "first_asked",
    "days_waiting",
    "attempts",
    "last_code",
    "confidence",
    "not_sent",
];

/// One person and one thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkItem {
    /// The person, as the council knows them.
    pub person_id: Identifying<String>,
    /// Why they are on the list, which says what to do.
    pub reason: Reason,
    /// The other person whose number it is, or who was given it too.
    pub other_person_id: Option<Identifying<String>>,
    /// The number that PDS gave, where it is to be compared.
    pub number: Option<Identifying<NhsNumber>>,
    /// The date of death that PDS has, where it is to be checked.
    pub death: Option<Identifying<Date>>,
    /// The day on which PDS was first asked about them, if it was.
    pub first_asked: Option<Date>,
    /// How often it was asked.
    pub attempts: u32,
    /// The code of its last answer.
    pub code: Option<RecordCode>,
    /// How sure it was, in per cent, where it found somebody by likeness.
    pub confidence: Option<u8>,
    /// What is recorded and could not be sent.
    pub left_out: Vec<LeftOut>,
}

/// A work list that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The CSV file.
    pub csv: PathBuf,
    /// The workbook.
    pub workbook: PathBuf,
    /// Lines of each group that has any, in the order of [`Group::ALL`].
    pub groups: Vec<(Group, u64)>,
}

impl WorkItem {
    /// Days from the first question to `today`.
    fn days(&self, today: Date) -> Option<u64> {
        let days = today.days_since_1970() - self.first_asked?.days_since_1970();
        u64::try_from(days).ok()
    }

    /// The cells of its line, in the order of [`COLUMNS`].
    fn cells(&self, today: Date) -> [Cell; COLUMNS.len()] {
        let group = self.reason.group();
        let other = self.other_person_id.as_ref();
        let not_sent: Vec<_> = self
            .left_out
            .iter()
            .map(|left| format!("{} {}", left.field.column(), left.why.words()))
            .collect();
        [
            Cell::Text(group.name().to_owned()),
            Cell::Text(self.reason.name().to_owned()),
            Cell::Text(self.person_id.expose().clone()),
            Cell::Text(group.what_to_do().to_owned()),
            Cell::Text(group.who().to_owned()),
            Cell::Text(self.reason.what_is_wrong().to_owned()),
            Cell::Text(other.map_or(String::new(), |id| id.expose().clone())),
            Cell::Text(self.number.as_ref().map_or(String::new(), digits)),
            Cell::Text(
                self.death
                    .as_ref()
                    .map_or(String::new(), |day| day.expose().iso()),
            ),
            Cell::Text(self.first_asked.map_or(String::new(), Date::iso)),
            Cell::Number(self.days(today)),
            Cell::Number(Some(u64::from(self.attempts))),
            Cell::Text(self.code.map_or(String::new(), |code| code.to_string())),
            Cell::Number(self.confidence.map(u64::from)),
            Cell::Text(not_sent.join("; ")),
        ]
    }
}

fn digits(number: &Identifying<NhsNumber>) -> String {
    let digits = number.expose().digits().iter();
    digits.copied().map(char::from).collect()
}

/// What stands in a cell. No `Debug`: some identify people.
enum Cell {
    Text(String),
    Number(Option<u64>),
}

/// Writes both files into a directory that is there, over earlier ones, with the ages of `today`. Only the owner can read
/// them. The longest wait comes first in each group; the order in which items are given makes no difference.
///
/// # Errors
/// When the disk is full. Earlier files then stand, the CSV file perhaps apart.
pub fn write(directory: &Path, mut items: Vec<WorkItem>, today: Date) -> Result<Listed> {
    items.sort_by_cached_key(|item| {
        (
            item.reason.group(),
            Reverse(item.days(today)),
            item.person_id.clone(),
            item.reason,
            item.other_person_id.clone(),
        )
    });
    let by_group: Vec<_> = items
        .chunk_by(|a, b| a.reason.group() == b.reason.group())
        .map(|items| (items[0].reason.group(), items))
        .collect();
    let csv = write_csv(directory, &items, today)?;
    let workbook = write_workbook(directory, &by_group, today, SHEET_LINES)?;
    let counted = |(group, items): &(Group, &[WorkItem])| (*group, items.len() as u64);
    Ok(Listed {
        csv,
        workbook,
        groups: by_group.iter().map(counted).collect(),
    })
}

fn write_csv(directory: &Path, items: &[WorkItem], today: Date) -> Result<PathBuf> {
    let path = directory.join(CSV);
    // Only the owner can read what tempfile makes.
    let file = tempfile::Builder::new()
        .prefix(".cld-unfinished-")
        .tempfile_in(directory)
        .map_err(Error::io("write", directory))?;
    let mut lines = WorklistLines::default();
    // The mark by which spreadsheets know UTF-8.
    lines.bytes.extend_from_slice(b"\xEF\xBB\xBF");
    lines.line(COLUMNS.iter().map(|name| name.as_bytes()));
    for item in items {
        for cell in item.cells(today) {
            match cell {
                Cell::Text(text) => lines.cell(text.as_bytes()),
                Cell::Number(None) => lines.cell(b""),
                Cell::Number(Some(number)) => lines.cell(number.to_string().as_bytes()),
            }
        }
        lines.end();
        if lines.bytes.len() > 1 << 18 {
            file.as_file()
                .write_all(&lines.bytes)
                .map_err(Error::io("write", &path))?;
            lines.bytes.clear();
        }
    }
    file.as_file()
        .write_all(&lines.bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(Error::io("write", &path))?;
    file.persist(&path)
        .map_err(|e| Error::io("rename", &path)(e.error))?;
    Ok(path)
}

pub(super) fn write_workbook(
    directory: &Path,
    groups: &[(Group, &[WorkItem])],
    today: Date,
    sheet_lines: usize,
) -> Result<PathBuf> {
    let all: usize = groups.iter().map(|(_, items)| items.len()).sum();
    save_book(directory, WORKBOOK, || {
        let mut book = begin_book(directory, "NHS numbers to settle", all as u64 * LINE)?;
        let columns = [
            "sheet",
            "what_to_do",
            "who",
            "people",
            "longest_days_waiting",
        ];
        let sheet = begin_sheet(&mut book, "Summary", columns.into_iter())?;
        for (row, group) in (1..).zip(Group::ALL) {
            let items = groups.iter().find(|(found, _)| *found == group);
            let items = items.map_or(&[][..], |(_, items)| *items);
            write_text(sheet, row, 0, group.sheet())?;
            write_text(sheet, row, 1, group.what_to_do())?;
            write_text(sheet, row, 2, group.who())?;
            write_number(sheet, row, 3, Some(items.len() as u64))?;
            write_number(
                sheet,
                row,
                4,
                items.iter().filter_map(|i| i.days(today)).max(),
            )?;
        }
        end_sheet(sheet, Group::ALL.len(), columns.len())?;
        for (group, items) in groups {
            for (number, lines) in (1..).zip(items.chunks(sheet_lines)) {
                let name = match number {
                    1 => group.sheet().to_owned(),
                    number => format!("{} {number}", group.sheet()),
                };
                let sheet = begin_sheet(&mut book, &name, COLUMNS[1..].iter().copied())?;
                for (row, item) in (1..).zip(lines) {
                    for (column, cell) in (0..).zip(item.cells(today).into_iter().skip(1)) {
                        match cell {
                            Cell::Text(text) => write_text(sheet, row, column, &text)?,
                            Cell::Number(number) => write_number(sheet, row, column, number)?,
                        }
                    }
                    if row % (1 << 12) == 0 {
                        crate::interrupt::check()?;
                    }
                }
                end_sheet(sheet, lines.len(), COLUMNS.len() - 1)?;
            }
        }
        Ok(book)
    })
}
