//! A request: the files of it, and who is in them, in the register.

use std::path::{Path, PathBuf};

use super::register::{Changed, Digest32, Entry, Event, Status, Whom};
use super::request::{Limits, Reference, RequestFile, RequestFiles};
use super::select::{Moment, select};
use super::selection::Selection;
use crate::config::TracingConfig;
use crate::date::Date;
use crate::error::{Error, Result};
use crate::nhs_number::NhsNumber;

/// Begins the names of request files that are not finished.
const UNFINISHED: &str = ".cld-unfinished-request-";

/// What a request came to.
#[derive(Debug)]
pub struct Requested {
    /// Who is in it, and who is not.
    pub selection: Selection,
    /// Its files; none where nobody is to be asked about.
    pub files: Vec<RequestFile>,
}

/// What is kept of a row until its file is finished.
struct Pushed {
    person: String,
    reference: Reference,
    number: Option<NhsNumber>,
    birth: Date,
    facts: Digest32,
    flags: u32,
    old_status: Option<Status>,
    file: usize,
}

/// Selects people, writes the files of a request into a directory that is there, and the register. The files have their
/// names when the register is on the disk and about to take the place of the one before.
///
/// # Errors
/// When a file cannot be read or written, or the register refuses. There are then no files, and the register is as before.
pub fn ask(
    config: &TracingConfig,
    changed: &mut Changed<'_>,
    directory: &Path,
    moment: &Moment,
) -> Result<Requested> {
    for path in unfinished(directory).map_err(Error::io("read", directory))? {
        std::fs::remove_file(&path).map_err(Error::io("remove", &path))?;
    }
    let compact: String = moment
        .at
        .chars()
        .filter(char::is_ascii_digit)
        .take(14)
        .collect();
    // Two requests of one second have not the same names either.
    let stem = format!("cld-pds-{compact}-{}", changed.register().head().entries);
    let (selection, unpublished) = changed.register().change(&moment.at, |change| {
        let mut files: Option<RequestFiles> = None;
        let mut pushed: Vec<Pushed> = Vec::new();
        let selection = select(config, change, moment, |candidate| {
            let files = match &mut files {
                Some(files) => files,
                None => files.insert(RequestFiles::begin(directory, &stem, Limits::default())?),
            };
            let file = files.push(&candidate.row)?;
            pushed.push(Pushed {
                reference: candidate.row.reference(),
                birth: candidate.row.birth_date(),
                person: candidate.person,
                number: candidate.number,
                facts: candidate.facts,
                flags: candidate.flags,
                old_status: candidate.old_status,
                file,
            });
            Ok(())
        })?;
        if let Some(fault) = selection.fault(config) {
            return Err(Error::Input(fault));
        }
        let Some(files) = files else {
            // Else nothing would say that it was looked at today.
            change.add(Entry {
                rows: Some(selection.rows),
                ..Entry::of(Event::Looked)
            })?;
            return Ok((selection, None));
        };
        let unpublished = files.finish()?;
        let mut pushed = pushed.into_iter().peekable();
        for (number, file) in (1..).zip(unpublished.files()) {
            let name = file.path.file_name().and_then(|name| name.to_str());
            let of = change.add(Entry {
                file: Some(digest(&file.digest)?),
                name: name.map(str::to_owned),
                rows: Some(file.rows),
                ..Entry::of(Event::Request)
            })?;
            while let Some(one) = pushed.next_if(|one| one.file == number) {
                change.add(asked(one, of))?;
            }
        }
        Ok::<_, Error>((selection, Some(unpublished)))
    })?;
    let prepared = changed.prepare()?;
    let files = match unpublished {
        Some(unpublished) => unpublished.publish()?,
        None => Vec::new(),
    };
    prepared.commit().inspect_err(|_| remove(&files))?;
    Ok(Requested { selection, files })
}

/// Files that the register does not know must not be sent.
fn remove(files: &[RequestFile]) {
    for file in files {
        let _ = std::fs::remove_file(&file.path);
    }
}

fn asked(one: Pushed, of: u64) -> Entry {
    let mut whom = Whom::person(&one.person);
    whom.reference = Some(one.reference);
    whom.new_number = one.number;
    whom.birth = Some(one.birth);
    whom.facts = Some(one.facts);
    whom.flags = one.flags;
    Entry {
        of: Some(of),
        old_status: one.old_status,
        new_status: Some(Status::InProgress),
        whom: Some(whom),
        ..Entry::of(Event::Asked)
    }
}

/// A digest that is told in hexadecimal digits.
///
/// # Errors
/// When it is none.
pub fn digest(hex: &str) -> Result<Digest32> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes());
    let bytes = bytes.ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Error::Usage("a digest is 64 hexadecimal digits".into()))
}

/// What a command that was killed left of request files: no file yet, but people are in it. The caller holds the
/// register, so that nobody is writing them.
///
/// # Errors
/// When the folder cannot be read.
pub fn unfinished(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut unfinished = Vec::new();
    if !directory.is_dir() {
        return Ok(unfinished);
    }
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(UNFINISHED) && entry.file_type()?.is_file() {
            unfinished.push(entry.path());
        }
    }
    Ok(unfinished)
}

/// Request files in a folder that the register does not know: they were left by something that was killed, and nobody could
/// read an answer to them.
///
/// # Errors
/// When the folder cannot be read.
pub fn strays(directory: &Path, known: &[String]) -> std::io::Result<Vec<PathBuf>> {
    let mut strays = Vec::new();
    if !directory.is_dir() {
        return Ok(strays);
    }
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if let Some(name) = entry.file_name().to_str()
            && name.starts_with("cld-pds-")
            && name.ends_with(".csv")
            && !known.iter().any(|known| known == name)
        {
            strays.push(entry.path());
        }
    }
    strays.sort();
    Ok(strays)
}
