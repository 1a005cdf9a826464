//! Removal of worklists that are old: identifiable files that nobody needs any more.
//!
//! Only what a run made is removed: a directory named as runs name theirs, with nothing in it but plain files of a
//! worklist. Its age is that of `findings-by-rule.csv`: a run writes it last, and neither opening the workbook nor making
//! it again touches it, as the date of the directory or of the workbook would be. Links are never followed.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};

use super::staging::{UNFINISHED, clear};
use super::{Lock, WORKBOOK};
use crate::error::{Error, Result};

/// What was removed and when, beside the worklists.
pub const PURGE_LOG: &str = "purge.log";

/// Records whose NHS number is another one than that which tracing verified for their person.
pub const TRACED: &str = "nhs-number-differs.csv";

/// The files of a worklist.
const FILES: [&str; 7] = [
    TRACED,
    "excluded.csv",
    "findings-by-rule.csv",
    WORKBOOK,
    "findings.csv",
    "lost-services.csv",
    "unverified-values.csv",
];

/// Those that every worklist has.
const ALWAYS: [&str; 3] = ["excluded.csv", DATED, "findings.csv"];

/// The file that says how old the worklist is.
const DATED: &str = "findings-by-rule.csv";

const DAY: u64 = 24 * 60 * 60;

/// What a purge came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Purged {
    /// Worklists that are gone, or would be.
    pub removed: Vec<OldWorklist>,
    /// Worklists that are younger.
    pub kept: u64,
    /// What else looks like one and was left alone, with the reason.
    pub left: Vec<(String, &'static str)>,
}

/// A worklist that was too old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldWorklist {
    /// Its run.
    pub run_id: String,
    /// Whole days since the run.
    pub days: u64,
    /// Files in it.
    pub files: u64,
}

/// Removes the worklists below a directory that are older than so many days, and writes down which. With `dry_run`
/// nothing is touched. `now` is the time on the clock.
///
/// # Errors
/// [`Error::Busy`] while a run writes there; else what the operating system refused. What was removed until then is
/// written down.
pub fn purge_worklists(
    directory: &Path,
    keep_days: u32,
    dry_run: bool,
    now: SystemTime,
) -> Result<Purged> {
    let mut purged = Purged::default();
    if !directory.exists() {
        return Ok(purged);
    }
    let Some(_lock) = Lock::take(directory).map_err(Error::io("open", directory))? else {
        return Err(Error::Busy(format!(
            "a run is writing its worklist into {}. Wait for it to end",
            directory.display()
        )));
    };
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(directory).map_err(Error::io("read", directory))? {
        let entry = entry.map_err(Error::io("read", directory))?;
        if let Some(name) = entry.file_name().to_str().filter(|name| is_run_id(name)) {
            names.insert(name.to_owned());
        }
    }
    // Without a place to write it down nothing is removed.
    let log = directory.join(PURGE_LOG);
    let mut log = if dry_run {
        None
    } else {
        let file = open_log(&log).map_err(Error::io("write", &log))?;
        clear(directory).map_err(Error::io("remove from", directory))?;
        Some((file, log))
    };
    for name in names {
        let path = directory.join(&name);
        let (dated, files) = match look(&path).map_err(Error::io("read", &path))? {
            Ok(found) => found,
            Err(reason) => {
                purged.left.push((name, reason));
                continue;
            }
        };
        // A file of the future is new.
        let age = now.duration_since(dated).unwrap_or(Duration::ZERO);
        if age <= Duration::from_secs(u64::from(keep_days) * DAY) {
            purged.kept += 1;
            continue;
        }
        let Some(_making_workbook) = Lock::take(&path).map_err(Error::io("open", &path))? else {
            purged.left.push((name, "its workbook is being made"));
            continue;
        };
        let old = OldWorklist {
            run_id: name,
            days: age.as_secs() / DAY,
            files: files.len() as u64,
        };
        if let Some((file, log)) = &mut log {
            remove(directory, &path, &files).map_err(Error::io("remove", &path))?;
            let time = DateTime::<Utc>::from(now).to_rfc3339_opts(SecondsFormat::Secs, true);
            let line = format!(
                "{time} removed {}: {} days old, {} files; kept for {keep_days} days\n",
                old.run_id, old.days, old.files
            );
            file.write_all(line.as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(Error::io("write", &*log))?;
        }
        purged.removed.push(old);
    }
    Ok(purged)
}

/// `2026-03-31-0123456789abcdef`.
fn is_run_id(name: &str) -> bool {
    let is_digit = |at: usize, byte: u8| match at {
        4 | 7 | 10 => byte == b'-',
        0..10 => byte.is_ascii_digit(),
        _ => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
    };
    name.len() == 27
        && name
            .bytes()
            .enumerate()
            .all(|(at, byte)| is_digit(at, byte))
}

/// When a worklist was made and the names of its files, or why it is none that a run made.
type Looked = std::result::Result<(SystemTime, Vec<String>), &'static str>;

fn look(path: &Path) -> io::Result<Looked> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return Ok(Err("it is no directory"));
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        match entry.file_name().to_str() {
            Some(name) if FILES.contains(&name) && entry.file_type()?.is_file() => {
                files.push(name.to_owned());
            }
            _ => return Ok(Err("it holds something that no run made")),
        }
    }
    if !ALWAYS
        .iter()
        .all(|needed| files.iter().any(|file| file == needed))
    {
        return Ok(Err("files of a worklist are missing"));
    }
    files.sort();
    let dated = fs::symlink_metadata(path.join(DATED))?.modified()?;
    Ok(Ok((dated, files)))
}

/// Takes a worklist away at once, then file by file: stopped between, it is among what runs did not finish, which the next
/// one clears away.
fn remove(directory: &Path, path: &Path, files: &[String]) -> io::Result<()> {
    let aside = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(directory)?;
    let going: PathBuf = aside.path().join("going");
    fs::rename(path, &going)?;
    for file in files {
        fs::remove_file(going.join(file))?;
    }
    fs::remove_dir(&going)?;
    aside.close()
}

/// For this account alone, and never through a link.
fn open_log(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(io::Error::other(
            "it is no plain file. Move it away and run again",
        ));
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const RUN: &str = "2026-03-31-0123456789abcdef";

    /// A worklist whose files were made so many seconds ago.
    fn worklist(base: &Path, run_id: &str, seconds: u64) -> PathBuf {
        let path = base.join(run_id);
        fs::create_dir(&path).unwrap();
        for name in ALWAYS {
            fs::write(path.join(name), "x").unwrap();
        }
        let made = SystemTime::now() - Duration::from_secs(seconds);
        let dated = OpenOptions::new().write(true).open(path.join(DATED));
        dated.unwrap().set_modified(made).unwrap();
        path
    }

    fn base() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    fn purge(base: &TempDir, dry_run: bool) -> Purged {
        purge_worklists(base.path(), 30, dry_run, SystemTime::now()).unwrap()
    }

    #[test]
    fn worklists_go_when_they_are_older_than_the_days() {
        let base = base();
        let old = worklist(base.path(), RUN, 31 * DAY);
        fs::write(old.join(WORKBOOK), "made again today").unwrap();
        let young = worklist(base.path(), "2026-06-30-0123456789abcdef", 30 * DAY - 60);
        let would = purge(&base, true);
        assert!(old.exists() && !base.path().join(PURGE_LOG).exists());
        let purged = purge(&base, false);
        assert_eq!(purged, would);
        assert_eq!(purged.kept, 1);
        let removed = OldWorklist {
            run_id: RUN.into(),
            days: 31,
            files: 4,
        };
        assert_eq!(purged.removed, [removed]);
        assert!(!old.exists() && young.exists());
        let log = fs::read_to_string(base.path().join(PURGE_LOG)).unwrap();
        assert!(log.ends_with(&format!(
            "Z removed {RUN}: 31 days old, 4 files; kept for 30 days\n"
        )));
        // Nothing is removed twice, and the log is kept.
        assert_eq!(purge(&base, false).removed, []);
        assert_eq!(
            fs::read_to_string(base.path().join(PURGE_LOG)).unwrap(),
            log
        );
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 2);
    }

    #[test]
    fn nothing_goes_that_no_run_made() {
        let base = base();
        let notes = worklist(base.path(), RUN, 400 * DAY);
        fs::write(notes.join("my notes.docx"), "x").unwrap();
        let cut = worklist(base.path(), "2025-03-31-0123456789abcdef", 400 * DAY);
        fs::remove_file(cut.join("excluded.csv")).unwrap();
        for other in ["archive", "2026-03-31-0123456789ABCDEF", "2026-03-31"] {
            worklist(base.path(), other, 400 * DAY);
        }
        fs::write(base.path().join("2024-03-31-0123456789abcdef"), "x").unwrap();
        let before = fs::read_dir(base.path()).unwrap().count();
        let purged = purge(&base, false);
        assert_eq!((purged.removed.len(), purged.kept), (0, 0));
        let reasons: Vec<_> = purged.left.iter().map(|(_, reason)| *reason).collect();
        assert_eq!(
            reasons,
            [
                "it is no directory",
                "files of a worklist are missing",
                "it holds something that no run made",
            ]
        );
        // But for the log.
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), before + 1);
        assert!(notes.join("findings.csv").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        use std::os::unix::fs::symlink;
        let (base, elsewhere) = (base(), base());
        let theirs = worklist(elsewhere.path(), RUN, 400 * DAY);
        symlink(&theirs, base.path().join(RUN)).unwrap();
        let inside = worklist(base.path(), "2025-03-31-0123456789abcdef", 400 * DAY);
        fs::remove_file(inside.join("findings.csv")).unwrap();
        symlink(theirs.join("findings.csv"), inside.join("findings.csv")).unwrap();
        let purged = purge(&base, false);
        assert_eq!((purged.removed.len(), purged.left.len()), (0, 2));
        assert!(theirs.join("findings.csv").exists() && inside.exists());

        fs::remove_file(base.path().join(PURGE_LOG)).unwrap();
        symlink(elsewhere.path().join("log"), base.path().join(PURGE_LOG)).unwrap();
        let refused = purge_worklists(base.path(), 30, false, SystemTime::now());
        assert!(refused.is_err() && !elsewhere.path().join("log").exists());
    }

    #[test]
    fn a_run_that_goes_on_is_left_in_peace() {
        let base = base();
        worklist(base.path(), RUN, 400 * DAY);
        let running = Lock::take(base.path()).unwrap();
        let busy = purge_worklists(base.path(), 30, false, SystemTime::now());
        assert!(matches!(busy, Err(Error::Busy(_))));
        drop(running);
        let making = Lock::take(&base.path().join(RUN)).unwrap();
        assert_eq!(purge(&base, false).left.len(), 1);
        drop(making);
        assert_eq!(purge(&base, false).removed.len(), 1);
    }

    #[test]
    fn without_a_directory_there_is_nothing_to_remove() {
        let base = base();
        let nowhere = base.path().join("none");
        let purged = purge_worklists(&nowhere, 30, false, SystemTime::now()).unwrap();
        assert!(purged == Purged::default() && !nowhere.exists());
    }
}
