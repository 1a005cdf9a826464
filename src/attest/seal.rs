//! The last step of a bundle: digests of its files, the manifest about them, the signature, the checksums.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::checksums::{self, Checksums};
use super::dsse::Envelope;
use super::manifest::{ManifestError, Statement};
use super::predicate::Predicate;
use super::sign::SigningKey;
use super::{CHECKSUMS, ENVELOPE, MANIFEST, SUBJECTS, digest};
use crate::custody;

/// Why a bundle could not be sealed. A fault of the program or of the disk, not of the data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The predicate is not sound.
    #[error("the manifest {0}")]
    Manifest(#[from] ManifestError),
    /// The predicate names another signing key than signs.
    #[error("the manifest names another signing key than signs it")]
    SigningKey,
}

/// Writes manifest, envelope and checksums beside the five finished files of a bundle, and gives the
/// statement. `written` has the digests of files that were hashed as they were written. The directory is one that is still being made: it is renamed into place afterwards.
///
/// # Errors
/// [`SealError`]; the directory is then incomplete and must not be renamed into place.
pub fn seal(
    directory: &Path,
    predicate: Predicate,
    written: &BTreeMap<String, String>,
    key: &SigningKey,
) -> Result<Statement, SealError> {
    if predicate.signing_key.id != key.public().key_id() {
        return Err(SealError::SigningKey);
    }
    let mut files = BTreeMap::new();
    for name in SUBJECTS {
        let digest = match written.get(name) {
            Some(digest) => digest.clone(),
            None => {
                let path = directory.join(name);
                digest::of_file(&path)
                    .map_err(|source| SealError::Io {
                        action: "read",
                        path,
                        source,
                    })?
                    .0
            }
        };
        files.insert(name.to_owned(), digest);
    }
    let mut sums: Checksums = files.clone();
    let statement = Statement::new(files, predicate)?;
    let manifest = statement.to_json();
    let envelope = Envelope::sign(manifest.as_bytes(), key).to_json();
    for (name, text) in [(MANIFEST, manifest), (ENVELOPE, envelope)] {
        write(directory, name, &text)?;
        sums.insert(name.to_owned(), digest::of_bytes(text.as_bytes()));
    }
    write(directory, CHECKSUMS, &checksums::render(&sums))?;
    Ok(statement)
}

fn write(directory: &Path, name: &str, text: &str) -> Result<(), SealError> {
    let path = directory.join(name);
    custody::write_public(&path, text.as_bytes()).map_err(|source| SealError::Io {
        action: "write",
        path,
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attest::example;

    #[test]
    fn equal_predicates_give_equal_bundles() {
        let (first, second) = (example::bundle(), example::bundle());
        for name in SUBJECTS.iter().chain(&[MANIFEST, ENVELOPE, CHECKSUMS]) {
            let read =
                |bundle: &tempfile::TempDir| std::fs::read(bundle.path().join(name)).expect(name);
            assert_eq!(read(&first), read(&second), "{name}");
        }
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_unsound_is_sealed() {
        let bundle = example::bundle();
        let again = seal(
            bundle.path(),
            example::predicate(),
            &BTreeMap::new(),
            &example::signing_key(),
        );
        assert!(matches!(
            again,
            Err(SealError::Io {
                action: "write",
                ..
            })
        ));

        let mut wrong = example::predicate();
        wrong.counts.submitted += 1;
        assert!(matches!(
            seal(
                bundle.path(),
                wrong,
                &BTreeMap::new(),
                &example::signing_key()
            ),
            Err(SealError::Manifest(_))
        ));
        let stranger = SigningKey::generate().expect("random");
        assert!(matches!(
            seal(
                bundle.path(),
                example::predicate(),
                &BTreeMap::new(),
                &stranger
            ),
            Err(SealError::SigningKey)
        ));
        std::fs::remove_file(bundle.path().join(SUBJECTS[0])).expect("removed");
        let missing = seal(
            bundle.path(),
            example::predicate(),
            &BTreeMap::new(),
            &example::signing_key(),
        );
        assert!(matches!(missing, Err(SealError::Io { action: "read", .. })));
    }
}
