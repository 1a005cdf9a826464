//! The log of re-identifications: a line of JSON for each pseudonym that was looked up, each with the SHA-256 of the line
//! before, so that a line that was changed, taken out or put in shows. What stands behind a pseudonym is never in it.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::custody::{self, Fault, ReadError};
use crate::plain_file;
use crate::tokens::holds_nhs_number;

/// What the first line has in the place of a digest.
const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Characters of the shortest reason and different ones among them, and of the longest.
const REASON: std::ops::RangeInclusive<usize> = 12..=1000;
const DIFFERENT: usize = 6;

/// A log of a million looks.
const MOST_BYTES: u64 = 1 << 30;

/// Why the log cannot be written or is not whole. Reads after the name of the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The operating system refused.
    #[error("cannot be written or read: {0}")]
    Io(#[from] io::Error),
    /// Kept so that others may read or change it.
    #[error("{0}")]
    Kept(Fault),
    /// A line does not follow from the one before.
    #[error(
        "line {line} does not follow from the line before: the log was changed here, or just before. Keep it as it is, find out who did, and begin another one"
    )]
    Broken {
        /// Counted from 1.
        line: u64,
    },
}

impl From<ReadError> for LogError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => Self::Io(error),
            ReadError::Fault(fault) => Self::Kept(fault),
        }
    }
}

/// One look-up.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Counted from 1.
    pub line: u64,
    /// When, in UTC (RFC 3339).
    pub at: String,
    /// The account that asked, as the system names it.
    pub account: String,
    /// Why, in that person's words.
    pub reason: String,
    /// SHA-256 of the crosswalk file.
    pub crosswalk: String,
    /// The key of the pseudonyms.
    pub key_id: String,
    /// What was asked about.
    pub pseudonym: String,
    /// Whether the crosswalk has it.
    pub found: bool,
    /// SHA-256 of the line before, without its line feed.
    pub before: String,
}

/// What a log that is whole comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How many there are.
    pub lines: u64,
    /// SHA-256 of the last line. Written down elsewhere, it shows whether lines were cut off at the end.
    pub last: String,
}

/// A log that is open and locked.
pub struct Log {
    file: File,
    checked: Checked,
}

impl Log {
    /// Opens a log, or begins one of mode 0600; waits while another process writes to it.
    ///
    /// # Errors
    /// [`LogError`]: a log that is not whole is not gone on with.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        custody::refuse_among_bundles(path)?;
        let mut file = custody::append_private(path)?;
        file.lock()?;
        let checked = walk(&mut file)?;
        Ok(Self { file, checked })
    }

    /// Adds lines and makes sure that they are on the disk. Their numbers and what comes before are filled in.
    ///
    /// # Errors
    /// [`LogError::Io`]; the log is then as it was, if the disk allows.
    pub fn append(&mut self, entries: Vec<Entry>) -> Result<&Checked, LogError> {
        let mut checked = self.checked.clone();
        let mut text = Vec::new();
        for mut entry in entries {
            checked.lines += 1;
            entry.line = checked.lines;
            entry.before = checked.last;
            let line = serde_json::to_vec(&entry).map_err(io::Error::other)?;
            checked.last = digest(&line);
            text.extend(line);
            text.push(b'\n');
        }
        let length = self.file.metadata()?.len();
        self.file
            .write_all(&text)
            .and_then(|()| self.file.sync_all())
            .inspect_err(|_| {
                let _ = self.file.set_len(length);
            })?;
        self.checked = checked;
        Ok(&self.checked)
    }
}

/// Checks that each line follows from the one before.
///
/// # Errors
/// [`LogError`] with the first line that does not.
pub fn check(path: &Path) -> Result<Checked, LogError> {
    follow(&plain_file::read(path, MOST_BYTES)?)
}

fn walk(file: &mut File) -> Result<Checked, LogError> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    follow(&bytes)
}

fn follow(bytes: &[u8]) -> Result<Checked, LogError> {
    let mut checked = Checked {
        lines: 0,
        last: NOTHING_BEFORE.to_owned(),
    };
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        checked.lines += 1;
        let broken = LogError::Broken {
            line: checked.lines,
        };
        // A line that was not written to its end is none.
        let Some(line) = line.strip_suffix(b"\n") else {
            return Err(broken);
        };
        match serde_json::from_slice::<Entry>(line) {
            Ok(entry) if entry.line == checked.lines && entry.before == checked.last => {}
            _ => return Err(broken),
        }
        checked.last = digest(line);
    }
    Ok(checked)
}

fn digest(line: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(line))
}

/// Whether a reason says anything.
///
/// # Errors
/// What is wrong with it, in words.
pub fn judge_reason(reason: &str) -> Result<(), &'static str> {
    let reason = reason.trim();
    let mut different: Vec<char> = reason.to_lowercase().chars().collect();
    different.sort_unstable();
    different.dedup();
    if reason.chars().any(char::is_control) {
        Err("holds a control character")
    } else if holds_nhs_number(reason.as_bytes()) {
        Err("holds an NHS number: name the case by a reference of its own")
    } else if reason.chars().count() > *REASON.end() {
        Err("is longer than 1,000 characters")
    } else if reason.chars().count() < *REASON.start()
        || different.len() < DIFFERENT
        || !reason.contains(char::is_whitespace)
    {
        Err(
            "says too little: tell who asks and what for, in two words or more and twelve characters at least, that will still be understood in years",
        )
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(pseudonym: &str) -> Entry {
        Entry {
            line: 0,
            at: "2026-05-01T09:00:00Z".into(),
            account: "custodian".into(),
            reason: "NHS England query 17".into(),
            crosswalk: "c".into(),
            key_id: "k".into(),
            pseudonym: pseudonym.into(),
            found: true,
            before: String::new(),
        }
    }

    #[test]
    fn lines_follow_from_each_other_over_several_openings() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        let mut last = String::new();
        for lines in [2, 4] {
            let mut log = Log::open(&path).expect("whole");
            let checked = log.append(vec![entry("a"), entry("b")]).expect("written");
            assert_eq!(checked.lines, lines);
            last.clone_from(&checked.last);
        }
        assert_eq!(check(&path).expect("whole"), Checked { lines: 4, last });
        assert!(check(&directory.path().join("none")).is_err());
    }

    #[test]
    fn every_change_shows() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        let mut log = Log::open(&path).expect("whole");
        log.append(vec![entry("a"), entry("b"), entry("c")])
            .expect("written");
        let text = std::fs::read_to_string(&path).expect("there");
        assert_eq!(follow(text.as_bytes()).expect("whole").lines, 3);
        let lines: Vec<&str> = text.lines().collect();
        let broken = |text: String| match follow(text.as_bytes()) {
            Err(LogError::Broken { line }) => line,
            _ => panic!("taken for whole"),
        };
        assert_eq!(
            broken(format!("{}\n{}\n", lines[1], lines[2])),
            1,
            "taken out"
        );
        assert_eq!(
            broken(format!("{}\n{}\n", lines[0], lines[2])),
            2,
            "taken out"
        );
        assert_eq!(
            broken(format!("{}\n{}\n{}\n", lines[0], lines[0], lines[1])),
            2,
            "put in"
        );
        assert_eq!(
            broken(text.replacen("query 17", "query 18", 1)),
            2,
            "changed"
        );
        assert_eq!(broken(text.trim_end().to_owned()), 3, "torn");
        assert_eq!(broken(text.clone() + "x\n"), 4, "added to");
        // A cut at the end shows in the number of lines and the last digest only.
        let cut = follow(format!("{}\n", lines[0]).as_bytes()).expect("whole");
        assert_ne!(cut, follow(text.as_bytes()).expect("whole"));

        drop(log);
        std::fs::write(&path, text.replacen("query", "Query", 1)).expect("written");
        assert!(matches!(
            Log::open(&path),
            Err(LogError::Broken { line: 2 })
        ));
    }

    #[test]
    fn reasons_say_something() {
        for reason in [
            "",
            "   ",
            "because",
            "x x x x x x x x",
            "aaaaaaaaaaaaaaaa",
            "test test test",
            "NHS England query 17\nmore",
        ] {
            assert!(judge_reason(reason).is_err(), "{reason}");
        }
        judge_reason("NHS England query 17, safeguarding").expect("good");
        let refused = judge_reason("query about 943 476 5919, safeguarding");
        assert!(refused.is_err_and(|why| why.contains("NHS number")));
        judge_reason("query about 943 476 5918, safeguarding").expect("no NHS number");
        assert!(judge_reason(&"NHS England query ".repeat(60)).is_err());
    }
}
