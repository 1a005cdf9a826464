//! One pass over a bundle's submission.csv: its pseudonyms, the order of its rows, who is alone, and identifiers in its cells.

use std::path::Path;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};

use super::alone::{self, Alone, Person};
use super::order::Row;
use super::targets::{SHORTEST, Target, Targets};
use super::traces::Traces;
use crate::date::Date;

/// What is looked for in the rows.
pub struct Wanted<'a> {
    /// Columns that are sent as received, in the order in which the extract's records are hashed.
    pub kept: &'a [String],
    pub alone: &'a alone::Columns,
    /// Columns that hold pseudonyms and nothing else.
    pub pseudonyms: &'a [String],
    pub traces: &'a Traces<'a>,
}

/// What was found.
pub struct Seen {
    pub targets: Targets,
    pub rows: u64,
    /// Distinct cells that were looked at for identifiers.
    pub cells: u64,
    /// For each row, what it is sent with as received, and whose it is.
    pub kept: Vec<Row>,
    pub alone: Alone,
    /// Columns with a direct identifier in a cell.
    pub identifying: Vec<String>,
    /// Columns of pseudonyms with cells that are none.
    pub no_pseudonyms: Vec<String>,
    /// The first row, counted as a spreadsheet does, that stands before one it should stand behind.
    pub out_of_order: Option<u64>,
}

/// Reads the pseudonyms alone, of a bundle to compare with.
///
/// # Errors
/// When the file is no CSV.
pub fn pseudonyms(path: &Path) -> csv::Result<Targets> {
    let mut reader = csv::ReaderBuilder::new().from_path(path)?;
    let mut collected = Collected::default();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        for (at, cell) in record.iter().enumerate() {
            collected.add(at, cell);
        }
    }
    Ok(Targets::new(collected.found))
}

/// Pseudonyms as they come; neighbours often share them.
#[derive(Default)]
struct Collected {
    last: HashMap<usize, Target, FixedState>,
    found: Vec<Target>,
}

impl Collected {
    /// Whether the cell is a pseudonym, of any length that tells something.
    fn add(&mut self, column: usize, cell: &[u8]) -> bool {
        let Some(target) = digest_of(cell) else {
            return false;
        };
        if self.last.insert(column, target) != Some(target) {
            self.found.push(target);
        }
        true
    }
}

/// The bytes of a cell that is a digest in hex, behind an LA code or not.
fn digest_of(cell: &[u8]) -> Option<Target> {
    if cell.len() < 2 * SHORTEST {
        return None;
    }
    let digits = match cell.iter().rposition(|b| *b == b'_') {
        Some(at) if at <= 8 => &cell[at + 1..],
        _ => cell,
    };
    if !digits.first()?.is_ascii_hexdigit()
        || !digits.last()?.is_ascii_hexdigit()
        || digits.contains(&b' ')
    {
        return None;
    }
    Targets::target(&data_encoding::HEXLOWER_PERMISSIVE.decode(digits).ok()?)
}

/// Reads the file.
///
/// # Errors
/// When it is no CSV.
pub fn read(path: &Path, wanted: &Wanted<'_>) -> csv::Result<Seen> {
    let mut reader = csv::ReaderBuilder::new().from_path(path)?;
    let names: Vec<String> = reader
        .byte_headers()?
        .iter()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    let at = |name: &String| names.iter().position(|n| n == name);
    let column = |name: &Option<String>| name.as_ref().and_then(at);
    let kept: Vec<Option<usize>> = wanted.kept.iter().map(at).collect();
    let (person, start) = (
        column(&wanted.alone.person),
        column(&wanted.alone.event_start),
    );
    let [year, month] = wanted.alone.birth.each_ref().map(column);
    let details = [
        year,
        month,
        column(&wanted.alone.gender),
        column(&wanted.alone.ethnicity),
        column(&wanted.alone.sector),
    ];
    let of_pseudonyms: Vec<bool> = names
        .iter()
        .map(|name| wanted.pseudonyms.contains(name))
        .collect();

    let mut seen = Seen {
        targets: Targets::default(),
        rows: 0,
        cells: 0,
        kept: Vec::new(),
        alone: Alone::default(),
        identifying: Vec::new(),
        no_pseudonyms: Vec::new(),
        out_of_order: None,
    };
    let mut collected = Collected::default();
    let mut known: HashSet<(usize, u64), FixedState> = HashSet::default();
    let mut last = csv::ByteRecord::new();
    let mut record = csv::ByteRecord::new();
    let mut somebody: Option<Person> = None;
    while reader.read_byte_record(&mut record)? {
        if seen.rows.is_multiple_of(1 << 14) && crate::interrupt::check().is_err() {
            break;
        }
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default();
        for (at, cell) in record.iter().enumerate() {
            if cell.is_empty() || collected.add(at, cell) && of_pseudonyms.get(at) == Some(&true) {
                continue;
            }
            let Some(name) = names.get(at) else { continue };
            if of_pseudonyms[at] && !seen.no_pseudonyms.contains(name) {
                seen.no_pseudonyms.push(name.clone());
            }
            if known.insert((at, alone::text(cell))) {
                seen.cells += 1;
                if wanted.traces.in_cell(cell, name) && !seen.identifying.contains(name) {
                    seen.identifying.push(name.clone());
                }
            }
        }
        if known.len() > 1 << 20 {
            known.clear();
        }
        let whose = cell(person);
        if seen.rows > 0 && seen.out_of_order.is_none() {
            let before = person.and_then(|at| last.get(at)).unwrap_or_default();
            if before
                .cmp(whose)
                .then_with(|| last.iter().cmp(record.iter()))
                .is_gt()
            {
                seen.out_of_order = Some(seen.rows + 1);
            }
        }
        let hashes = kept.iter().map(|at| alone::text(cell(*at)));
        seen.kept.push((combined(hashes), alone::text(whose)));
        let same = seen.rows > 0 && person.and_then(|at| last.get(at)).unwrap_or_default() == whose;
        if !same {
            somebody.take().inspect(|person| seen.alone.add(person));
            somebody =
                (!whose.is_empty()).then(|| Person::new(details.map(|at| alone::text(cell(at)))));
        }
        if let Some(person) = &mut somebody {
            person.event(Date::parse(cell(start)));
        }
        seen.rows += 1;
        std::mem::swap(&mut last, &mut record);
    }
    somebody.inspect(|person| seen.alone.add(person));
    seen.targets = Targets::new(collected.found);
    Ok(seen)
}

/// One hash of several.
pub fn combined(hashes: impl Iterator<Item = u64>) -> u64 {
    hashes.fold(0, |all, hash| {
        (all.rotate_left(5) ^ hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    })
}
