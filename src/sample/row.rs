//! One record while it is made: its cells, and what is known of it apart from their texts.

use super::day::Day;
use super::person::Person;

/// What an event is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum EventKind {
    Request,
    Assessment,
    Service,
    Review,
}

/// What a record says happened, whatever becomes of its cells.
#[derive(Clone, Copy)]
pub(super) struct Event {
    pub(super) kind: EventKind,
    pub(super) start: Day,
    pub(super) end: Option<Day>,
    /// Bought once and done with.
    pub(super) equipment: bool,
    /// The council took it back.
    pub(super) cancelled: bool,
}

/// A record.
pub(super) struct Row {
    /// One text for each field of the schema, and a last one that is never written.
    pub(super) cells: Vec<String>,
    /// None for a carer who is only known by association.
    pub(super) event: Option<Event>,
    /// Whether it is the first of its person.
    pub(super) first: bool,
    /// Whether the record that follows is the same person's, so that this one may stand there again.
    pub(super) repeatable: bool,
    /// Whether this record is to stand there again.
    pub(super) repeat: bool,
}

impl Row {
    /// An empty record of so many fields.
    pub(super) fn new(fields: usize) -> Self {
        Self {
            cells: vec![String::new(); fields + 1],
            event: None,
            first: true,
            repeatable: false,
            repeat: false,
        }
    }

    /// Empties it, keeping the room.
    pub(super) fn clear(&mut self) {
        self.cells.iter_mut().for_each(String::clear);
        self.event = None;
        self.repeat = false;
    }

    /// Fills a cell.
    pub(super) fn set(&mut self, at: usize, text: &str) {
        let cell = &mut self.cells[at];
        cell.clear();
        cell.push_str(text);
    }

    /// Fills a cell with a day.
    pub(super) fn set_day(&mut self, at: usize, day: Day) {
        self.cells[at].clear();
        day.append(&mut self.cells[at]);
    }
}

/// How records are laid out in the file.
pub(super) struct Layout {
    /// Field of each column, or none for those left out.
    pub(super) columns: Vec<usize>,
    pub(super) gender: usize,
    pub(super) council_style: bool,
    pub(super) local_columns: bool,
}

impl Layout {
    /// Appends the record as one line.
    pub(super) fn append(&self, row: &Row, person: &Person<'_>, line: &mut Vec<u8>) {
        for (column, at) in self.columns.iter().enumerate() {
            if column > 0 {
                line.push(b',');
            }
            let text = match row.cells[*at].as_str() {
                "Female" if self.council_style && *at == self.gender => "F",
                "Male" if self.council_style && *at == self.gender => "M",
                text => text,
            };
            append_cell(text, line);
        }
        if self.council_style {
            line.push(b',');
            append_cell(person.team, line);
        }
        if self.local_columns {
            let cancelled = row.event.is_some_and(|event| event.cancelled);
            for text in [
                person.team,
                person.worker,
                if cancelled { CANCELLED } else { LIVE },
            ] {
                line.push(b',');
                append_cell(text, line);
            }
        }
        line.extend_from_slice(b"\r\n");
    }

    /// Appends the header, given the names of the columns.
    pub(super) fn append_header<'a>(
        &self,
        names: impl Iterator<Item = &'a str>,
        line: &mut Vec<u8>,
    ) {
        let council = ["Team"].into_iter().filter(|_| self.council_style);
        let local = ["local_team", "local_worker", "local_status"]
            .into_iter()
            .filter(|_| self.local_columns);
        for (column, name) in names.chain(council).chain(local).enumerate() {
            if column > 0 {
                line.push(b',');
            }
            let name = if self.council_style && name == "NHS Number" {
                "NHS No"
            } else {
                name
            };
            append_cell(name, line);
        }
        line.extend_from_slice(b"\r\n");
    }
}

const CANCELLED: &str = "Cancelled";
const LIVE: &str = "Live";

/// Appends a cell, in quotes where it needs them.
fn append_cell(text: &str, line: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    if !bytes
        .iter()
        .any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'))
    {
        line.extend_from_slice(bytes);
        return;
    }
    line.push(b'"');
    for byte in bytes {
        if *byte == b'"' {
            line.push(b'"');
        }
        line.push(*byte);
    }
    line.push(b'"');
}
