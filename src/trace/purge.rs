//! What is kept no longer: request and answer files, and whom entries of the register are about who left long ago.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::allocations::{Allocation, Allocations};
use super::ask::unfinished;
use super::people::{self, is_placeholder};
use super::register::entry::LONG;
use super::register::{Changed, Digest32, Entry, Event};
use super::select::{Moment, Presence};
use crate::config::{KeepConfig, TracingConfig};
use crate::date::Date;
use crate::error::{Error, Result};

/// The rule that entries and files go by, and that of files that were not found.
const EXPIRED: &str = "kept.expired";
const NOT_FOUND: &str = "kept.expired_not_found";

/// What a purge came to. Numbers only.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Purged {
    /// People who are not in the register any more.
    pub people: u64,
    /// Entries of the log that lost whom they are about.
    pub entries: u64,
    /// Files that were removed.
    pub files: u64,
    /// Files that should be and are not in the folder of the requests.
    pub not_found: u64,
    /// People who left and are kept for now.
    pub kept: u64,
}

/// Removes what is too old and writes it down in the register. With `dry_run` nothing is touched.
///
/// # Errors
/// When the folder of the requests cannot be read, a file not removed, or the register refuses.
pub fn purge(
    config: &TracingConfig,
    changed: &mut Changed<'_>,
    moment: &Moment,
    dry_run: bool,
) -> Result<Purged> {
    let keep = &config.keep;
    let allocations = Allocations::read(&config.allocations, moment.today)?;
    let folder = files_of(&config.requests).map_err(Error::io("read", &config.requests))?;
    let mut purged = Purged::default();
    let mut going: Vec<PathBuf> = Vec::new();
    changed.register().change(&moment.at, |change| {
        // Before the people go by whom the files are kept for longer.
        for file in change.files()? {
            let made = file.at.get(..10).and_then(Date::parse_iso);
            if !made.is_some_and(|made| is_over(keep, made, file.long, moment.today)) {
                continue;
            }
            let found = folder.get(&file.file);
            match found {
                Some(paths) => going.extend(paths.iter().cloned()),
                None => purged.not_found += 1,
            }
            change.add(Entry {
                rule: Some(if found.is_some() { EXPIRED } else { NOT_FOUND }.to_owned()),
                file: Some(file.file),
                ..Entry::of(Event::Removed)
            })?;
        }
        for file in change.removed_files()? {
            if let Some(paths) = folder.get(&file) {
                let new = paths.iter().filter(|path| !going.contains(path));
                let copies: Vec<PathBuf> = new.cloned().collect();
                if !copies.is_empty() {
                    going.extend(copies);
                    change.add(Entry {
                        rule: Some(EXPIRED.to_owned()),
                        file: Some(file),
                        ..Entry::of(Event::Removed)
                    })?;
                }
            }
        }
        let mut leaving: BTreeMap<String, bool> = BTreeMap::new();
        change.people(|person| match person.gone {
            Some(gone)
                if !is_placeholder(gone) && is_over(keep, gone, person.has(LONG), moment.today) =>
            {
                let long = person.has(LONG);
                leaving.insert(person.person, long);
            }
            Some(_) => purged.kept += 1,
            None => {}
        })?;
        // What the register noticed may be otherwise by now.
        people::read(&config.people, &config.keep, moment.today, |row| {
            let Some(long) = leaving.get(row.person) else {
                return Ok(());
            };
            let allocation = allocations.of(row.person);
            let long = *long || row.mental_health;
            let over = match Presence::of(row, allocation, moment.today) {
                _ if row.death_is_unclear() => false,
                Presence::Here => false,
                // Nothing says since when but the register.
                Presence::Left(_) if allocation == Allocation::Ended(None) => true,
                Presence::Left(day) | Presence::Dead(day) => is_over(keep, day, long, moment.today),
            };
            if !over {
                leaving.remove(row.person);
                purged.kept += 1;
            }
            Ok(())
        })?;
        let people: Vec<String> = leaving.into_keys().collect();
        purged.entries = change.purge(EXPIRED, &people)?;
        purged.people = people.len() as u64;
        purged.files = going.len() as u64;
        Ok::<_, Error>(())
    })?;
    let unfinished = unfinished(&config.requests).map_err(Error::io("read", &config.requests))?;
    if !dry_run {
        going.extend(unfinished);
        changed.rebuild()?;
        let prepared = changed.prepare()?;
        for path in &going {
            fs::remove_file(path).map_err(Error::io("remove", path))?;
        }
        prepared.commit()?;
    }
    Ok(purged)
}

fn is_over(keep: &KeepConfig, since: Date, long: bool, today: Date) -> bool {
    let years = if long {
        keep.mental_health_years
    } else {
        keep.years
    };
    i64::from(since.years_until(today)) >= i64::from(years)
}

/// The plain files of a folder by their digests; there may be copies.
fn files_of(directory: &Path) -> io::Result<HashMap<Digest32, Vec<PathBuf>>> {
    let mut files: HashMap<Digest32, Vec<PathBuf>> = HashMap::new();
    if !directory.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let file = files.entry(digest(&entry.path())?).or_default();
            file.push(entry.path());
        }
    }
    Ok(files)
}

fn digest(path: &Path) -> io::Result<Digest32> {
    let (mut file, mut hash) = (File::open(path)?, Sha256::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            n => hash.update(&buffer[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_whole_and_longer_for_some() {
        let keep = KeepConfig {
            years: 6,
            mental_health: None,
            mental_health_years: 20,
        };
        let on = |year, month, day| Date::new(year, month, day).unwrap();
        let left = on(2020, 3, 31);
        for (today, long, over) in [
            (on(2026, 3, 30), false, false),
            (on(2026, 3, 31), false, true),
            (on(2026, 3, 31), true, false),
            (on(2040, 3, 30), true, false),
            (on(2040, 3, 31), true, true),
        ] {
            assert_eq!(is_over(&keep, left, long, today), over);
        }
    }
}
