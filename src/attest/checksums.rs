//! `manifest-sha256.txt`: the list of digests that `sha256sum -c` reads, strict enough to have one spelling only.

use std::collections::BTreeMap;

use super::digest::is_digest;

/// Digest by file name.
pub type Checksums = BTreeMap<String, String>;

/// Why a list cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChecksumsError {
    /// Not UTF-8, or the last line has no end.
    #[error("is not a text of whole lines")]
    NotLines,
    /// Not `<64 lowercase hexadecimal digits>  <file>`.
    #[error("line {line} is not a digest, two spaces and a file name")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// A name twice, or out of order.
    #[error("line {line} is out of order: names are sorted and stand once")]
    Order {
        /// Counted from 1.
        line: usize,
    },
}

/// The list as text: `<digest>  <file>`, one a line, sorted by name.
pub fn render(checksums: &Checksums) -> String {
    checksums
        .iter()
        .map(|(name, digest)| format!("{digest}  {name}\n"))
        .collect()
}

/// Reads a list. Only what [`render`] writes is accepted, so that no byte of the file can change unseen.
///
/// # Errors
/// [`ChecksumsError`] with the line.
pub fn parse(bytes: &[u8]) -> Result<Checksums, ChecksumsError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ChecksumsError::NotLines)?;
    let mut checksums = Checksums::new();
    for (line, text) in (1..).zip(text.split_inclusive('\n')) {
        let text = text.strip_suffix('\n').ok_or(ChecksumsError::NotLines)?;
        let (digest, name) = text.split_once("  ").ok_or(ChecksumsError::Line { line })?;
        if !is_digest(digest) || !is_plain_name(name) {
            return Err(ChecksumsError::Line { line });
        }
        if checksums
            .last_key_value()
            .is_some_and(|(last, _)| last.as_str() >= name)
        {
            return Err(ChecksumsError::Order { line });
        }
        checksums.insert(name.to_owned(), digest.to_owned());
    }
    Ok(checksums)
}

/// A name that stays inside the bundle and that `sha256sum` needs no escapes for.
pub(super) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attest::digest;
    use proptest::prelude::*;
    use std::process::Command;

    fn sample() -> Checksums {
        ["a.csv", "b.json"]
            .map(|name| (name.to_owned(), digest::of_bytes(name.as_bytes())))
            .into()
    }

    #[test]
    fn sha256sum_accepts_the_list_and_notices_a_change() {
        let directory = tempfile::tempdir().expect("a directory");
        for name in sample().keys() {
            std::fs::write(directory.path().join(name), name).expect("written");
        }
        std::fs::write(directory.path().join("list"), render(&sample())).expect("written");
        let check = || {
            Command::new("sha256sum")
                .args(["--strict", "-c", "list"])
                .current_dir(directory.path())
                .output()
                .expect("ran")
        };
        assert!(check().status.success());
        std::fs::write(directory.path().join("a.csv"), "A.csv").expect("written");
        assert!(!check().status.success());
    }

    #[test]
    fn one_spelling_only() {
        let text = render(&sample());
        assert_eq!(parse(text.as_bytes()), Ok(sample()));
        let swapped: String = text.lines().rev().map(|line| format!("{line}\n")).collect();
        let (first, rest) = text.split_at(64);
        for wrong in [
            format!("{}{rest}", first.to_uppercase()),
            text.replace("  a", " *a"),
            text.replace('\n', "\r\n"),
            text.replace("a.csv", "../a.csv"),
            text.replace("a.csv", "sub/a.csv"),
            text.replace("a.csv", ".a.csv"),
            format!("{text}{text}"),
            format!("{text}\n"),
            format!("# {text}"),
            text.trim_end().to_owned(),
            swapped,
        ] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_what_would_be_written(bytes in any::<Vec<u8>>(), text in "([0-9a-f]{64}  [a-z./]{1,3}\n){0,3}") {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                if let Ok(checksums) = parse(bytes) {
                    prop_assert_eq!(render(&checksums).into_bytes(), bytes);
                }
            }
        }
    }
}
