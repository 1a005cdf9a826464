//! Verification of a bundle: the signature first, then every file against what was signed.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::checksums::{self, ChecksumsError};
use super::dsse::{DsseError, Envelope};
use super::manifest::{ManifestError, Statement};
use super::sign::PublicKey;
use super::{CHECKSUMS, ENVELOPE, MANIFEST, SUBJECTS, digest};
use crate::error::Error;

/// More than any manifest needs, so that a swapped file cannot fill the memory.
const MAX_METADATA: u64 = 64 * 1024 * 1024;

/// A bundle that was verified whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The signed statement.
    pub statement: Statement,
    /// The key whose signature was found.
    pub key_id: String,
    /// Reviewers' keys whose signatures were asked for and found.
    pub reviewer_key_ids: Vec<String>,
    /// Signatures by keys that were not given, which may be anybody's.
    pub other_signatures: usize,
    /// It is the published test key: anyone could have signed.
    pub test_signature: bool,
    /// Every file that was checked, with its length in bytes, sorted by name.
    pub files: Vec<(String, u64)>,
}

/// Why a bundle does not verify. The messages say which file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no such directory.
    #[error("{} is not a bundle: no such directory", .0.display())]
    NoBundle(PathBuf),
    /// A file of the bundle is not there.
    #[error("{0} is missing")]
    Missing(FileName),
    /// A file that does not belong to the bundle.
    #[error("{0} does not belong to the bundle")]
    Surplus(FileName),
    /// A link, directory or device under the name of a file.
    #[error("{0} is not a regular file")]
    NotAFile(FileName),
    /// The operating system refused.
    #[error("{name} cannot be read: {source}")]
    Unreadable {
        /// The file.
        name: FileName,
        /// What it said.
        source: io::Error,
    },
    /// A manifest, envelope or list of checksums of more than 64 MiB.
    #[error("{0} is too long to be genuine")]
    TooLong(FileName),
    /// The envelope is damaged or not signed with the key.
    #[error("{ENVELOPE} {0}")]
    Envelope(#[from] DsseError),
    /// The manifest is not what was signed.
    #[error("{MANIFEST} is not the text that was signed")]
    ManifestDiffers,
    /// What was signed is no manifest of ours.
    #[error("{MANIFEST} {0}")]
    Manifest(#[from] ManifestError),
    /// The list of checksums is damaged.
    #[error("{CHECKSUMS} {0}")]
    Checksums(#[from] ChecksumsError),
    /// The list of checksums leaves a file out or names one too many.
    #[error("{CHECKSUMS} does not list exactly the other files: see {0}")]
    ChecksumsCover(FileName),
    /// A file is not the one that was signed.
    #[error("{0} was changed: its digest is not the one in the manifest")]
    Changed(FileName),
    /// The given key has signed, but the manifest names another one as the council's.
    #[error(
        "{MANIFEST} names another key as the one that made the bundle, though the given key has signed it too: is it a reviewer's? Give the council's"
    )]
    NotTheMaker,
    /// A reviewer has not signed.
    #[error(
        "{ENVELOPE} is not signed with the reviewer's key {key_id}: this bundle was not approved with it"
    )]
    NotApproved {
        /// The key that was given.
        key_id: String,
    },
    /// A signature was added, and the list of checksums not yet written again.
    #[error(
        "{CHECKSUMS} is that of the bundle before its last signature was added: `cld manifest sign` was interrupted. Sign again with the same key, which completes it; nothing else has changed"
    )]
    SigningInterrupted,
    /// A file is not the one that is listed.
    #[error("{0} was changed: its digest is not the one in {CHECKSUMS}")]
    ChangedFromList(FileName),
}

impl From<VerifyError> for Error {
    /// Exit code 6 for every damage; 3 where there is nothing to verify.
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::NoBundle(_) => Self::Input(error.to_string()),
            _ => Self::Verification(error.to_string()),
        }
    }
}

/// The name of a file in the bundle. A foreign one is shown with its control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(String);

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_debug())
    }
}

impl From<&str> for FileName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// Verifies a bundle with the public key of whoever should have signed it.
///
/// In this order: the signature over type and bytes of the statement; `manifest.json` against those bytes;
/// the files of the directory against the files that a bundle has; each file against the manifest and
/// against the list of checksums. Nothing that is not signed is looked into before the signature is checked.
///
/// # Errors
/// The first [`VerifyError`].
pub fn verify(bundle: &Path, key: &PublicKey) -> Result<Verified, VerifyError> {
    verify_approved(bundle, key, &[])
}

/// The same, and demands a signature of each of the reviewers' keys over the same statement.
///
/// # Errors
/// The first [`VerifyError`].
pub fn verify_approved(
    bundle: &Path,
    key: &PublicKey,
    reviewers: &[PublicKey],
) -> Result<Verified, VerifyError> {
    if !bundle.is_dir() {
        return Err(VerifyError::NoBundle(bundle.to_owned()));
    }
    let envelope = Envelope::parse(&read(bundle, ENVELOPE)?)?;
    let signed = envelope.verify(key)?;
    for reviewer in reviewers {
        envelope
            .verify(reviewer)
            .map_err(|_| VerifyError::NotApproved {
                key_id: reviewer.key_id(),
            })?;
    }
    if read(bundle, MANIFEST)? != signed {
        return Err(VerifyError::ManifestDiffers);
    }
    let statement = Statement::parse(&signed)?;
    // A reviewer's signature is over the same text, and does not make it the council's.
    if statement.predicate().signing_key.id != key.key_id() {
        return Err(VerifyError::NotTheMaker);
    }
    check_names(bundle)?;
    let files = check_files(bundle, &statement)?;
    Ok(Verified {
        statement,
        key_id: key.key_id(),
        reviewer_key_ids: reviewers.iter().map(PublicKey::key_id).collect(),
        other_signatures: envelope.signatures().saturating_sub(1 + reviewers.len()),
        test_signature: key.is_test(),
        files,
    })
}

/// Checks a bundle as [`verify`] does if it names this key, and without its signature otherwise, or where no key is at hand:
/// then it says that nothing changed by accident, and not who made it.
///
/// # Errors
/// The first [`VerifyError`].
pub fn check_unsigned(bundle: &Path, key: Option<&PublicKey>) -> Result<Statement, VerifyError> {
    if !bundle.is_dir() {
        return Err(VerifyError::NoBundle(bundle.to_owned()));
    }
    let manifest = read(bundle, MANIFEST)?;
    let statement = Statement::parse(&manifest)?;
    if let Some(key) = key.filter(|key| statement.predicate().signing_key.id == key.key_id()) {
        return Ok(verify(bundle, key)?.statement);
    }
    if Envelope::parse(&read(bundle, ENVELOPE)?)?.unverified()? != manifest {
        return Err(VerifyError::ManifestDiffers);
    }
    check_names(bundle)?;
    check_files(bundle, &statement)?;
    Ok(statement)
}

/// The directory holds the files of a bundle, as regular files, and nothing else.
fn check_names(bundle: &Path) -> Result<(), VerifyError> {
    let unreadable = |source| VerifyError::Unreadable {
        name: FileName(".".to_owned()),
        source,
    };
    let expected = file_names();
    let mut surplus = BTreeSet::new();
    for entry in fs::read_dir(bundle).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        match name.to_str() {
            Some(name) if expected.contains(name) => {}
            _ => {
                surplus.insert(FileName(name.to_string_lossy().into_owned()));
            }
        }
    }
    // The first in order, whatever order the file system has.
    if let Some(name) = surplus.pop_first() {
        return Err(VerifyError::Surplus(name));
    }
    expected
        .into_iter()
        .try_for_each(|name| check_kind(bundle, name).map(drop))
}

fn check_files(bundle: &Path, statement: &Statement) -> Result<Vec<(String, u64)>, VerifyError> {
    let listed = checksums::parse(&read(bundle, CHECKSUMS)?)?;
    let mut others = file_names();
    others.remove(CHECKSUMS);
    let names: BTreeSet<&str> = listed.keys().map(String::as_str).collect();
    if let Some(name) = names.symmetric_difference(&others).next() {
        return Err(VerifyError::ChecksumsCover(FileName::from(*name)));
    }
    let mut files = Vec::with_capacity(others.len());
    for (name, expected) in &listed {
        let (found, length) =
            digest::of_file(&bundle.join(name)).map_err(|source| VerifyError::Unreadable {
                name: FileName::from(name.as_str()),
                source,
            })?;
        let signed = statement
            .subjects()
            .iter()
            .find(|subject| subject.name == *name);
        if signed.is_some_and(|subject| subject.digest.sha256 != found) {
            return Err(VerifyError::Changed(FileName::from(name.as_str())));
        }
        if *expected != found && name == ENVELOPE && is_of_before(bundle, expected)? {
            return Err(VerifyError::SigningInterrupted);
        }
        if *expected != found {
            return Err(VerifyError::ChangedFromList(FileName::from(name.as_str())));
        }
        files.push((name.clone(), length));
    }
    Ok(files)
}

/// Whether the envelope has this digest without its last signature.
fn is_of_before(bundle: &Path, expected: &str) -> Result<bool, VerifyError> {
    let envelope = Envelope::parse(&read(bundle, ENVELOPE)?)?;
    let before = envelope.without_last_signature().to_json();
    Ok(envelope.signatures() > 1 && digest::of_bytes(before.as_bytes()) == expected)
}

/// Every file of a bundle.
fn file_names() -> BTreeSet<&'static str> {
    SUBJECTS
        .into_iter()
        .chain([MANIFEST, ENVELOPE, CHECKSUMS])
        .collect()
}

fn check_kind(bundle: &Path, name: &str) -> Result<u64, VerifyError> {
    match fs::symlink_metadata(bundle.join(name)) {
        Ok(metadata) if metadata.is_file() => Ok(metadata.len()),
        Ok(_) => Err(VerifyError::NotAFile(name.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(VerifyError::Missing(name.into()))
        }
        Err(source) => Err(VerifyError::Unreadable {
            name: name.into(),
            source,
        }),
    }
}

pub(super) fn read(bundle: &Path, name: &str) -> Result<Vec<u8>, VerifyError> {
    if check_kind(bundle, name)? > MAX_METADATA {
        return Err(VerifyError::TooLong(name.into()));
    }
    fs::read(bundle.join(name)).map_err(|source| VerifyError::Unreadable {
        name: name.into(),
        source,
    })
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
