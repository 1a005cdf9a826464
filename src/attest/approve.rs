//! A reviewer's approval: a second signature over the same manifest, in the same envelope.
//!
//! Two files change, the envelope and the list of checksums, and no file system changes two at once. Both are written
//! beside the bundle first; then the envelope takes its place, then the list. A crash between the two leaves a bundle that
//! [`verify`](super::verify()) tells from a damaged one, and that signing again completes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::checksums::{self, ChecksumsError};
use super::dsse::{DsseError, Envelope};
use super::sign::{PublicKey, SigningKey};
use super::verify::{VerifyError, read, verify};
use super::{CHECKSUMS, ENVELOPE, digest};
use crate::custody;
use crate::error::Error;
use crate::write::UNFINISHED;

/// What approval came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The reviewer's key.
    pub key_id: String,
    /// Signatures in the envelope now, the council's included.
    pub signatures: usize,
    /// An earlier signing with this key had been interrupted, and was completed.
    pub completed: bool,
}

/// Why a bundle was not signed. It stands as it stood.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApproveError {
    /// The bundle is not what the council signed.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A signature of the council itself is no review.
    #[error(
        "this is the key that the council signed the bundle with: a reviewer signs with a key of their own (cld key new --signing)"
    )]
    OwnKey,
    /// The published key proves nothing about who signed.
    #[error(
        "this is the published test key: a reviewer signs with a key of their own (cld key new --signing)"
    )]
    TestKey,
    /// It has been done.
    #[error("the bundle is signed with this key already")]
    Already,
    /// An interrupted signature of somebody else is in the way.
    #[error(
        "signing with another key was interrupted. Let whoever holds that key sign again first, which completes it"
    )]
    AnotherInterrupted,
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// `write` or `rename`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl From<DsseError> for ApproveError {
    fn from(error: DsseError) -> Self {
        Self::Verify(error.into())
    }
}

impl From<ChecksumsError> for ApproveError {
    fn from(error: ChecksumsError) -> Self {
        Self::Verify(error.into())
    }
}

impl From<ApproveError> for Error {
    fn from(error: ApproveError) -> Self {
        match error {
            ApproveError::Verify(error) => error.into(),
            ApproveError::Io {
                action,
                path,
                source,
            } => Self::Io {
                action,
                path,
                source,
            },
            ApproveError::AnotherInterrupted => Self::Verification(error.to_string()),
            _ => Self::Usage(error.to_string()),
        }
    }
}

/// Verifies a bundle with the council's public key and adds the reviewer's signature. What is signed is the manifest, and
/// with it the digest of every file that it names.
///
/// The caller holds the directory that the bundle lies in: a run that writes there clears away what it takes for
/// unfinished.
///
/// # Errors
/// [`ApproveError`]; the bundle then stands as it stood, or can be completed by signing again.
pub fn approve(
    bundle: &Path,
    council: &PublicKey,
    reviewer: &SigningKey,
) -> Result<Approved, ApproveError> {
    let public = reviewer.public();
    if public == *council {
        return Err(ApproveError::OwnKey);
    }
    if public.is_test() {
        return Err(ApproveError::TestKey);
    }
    let sound = verify(bundle, council);
    let mut envelope = Envelope::parse(&read(bundle, ENVELOPE)?)?;
    let has_signed = envelope.verify(&public).is_ok();
    let completed = match sound {
        Ok(_) if has_signed => return Err(ApproveError::Already),
        Ok(_) => {
            envelope.add_signature(reviewer)?;
            false
        }
        // The last signature must be ours: without it the envelope is as it was listed, so it is nowhere else.
        Err(VerifyError::SigningInterrupted) => {
            if !has_signed || envelope.without_last_signature().verify(&public).is_ok() {
                return Err(ApproveError::AnotherInterrupted);
            }
            true
        }
        Err(error) => return Err(error.into()),
    };
    let text = envelope.to_json();
    let mut sums = checksums::parse(&read(bundle, CHECKSUMS)?)?;
    sums.insert(ENVELOPE.to_owned(), digest::of_bytes(text.as_bytes()));
    replace(
        bundle,
        &[(ENVELOPE, &text), (CHECKSUMS, &checksums::render(&sums))],
    )?;
    Ok(Approved {
        key_id: public.key_id(),
        signatures: envelope.signatures(),
        completed,
    })
}

/// Writes files beside the bundle and moves each into its place, in this order.
fn replace(bundle: &Path, files: &[(&str, &str)]) -> Result<(), ApproveError> {
    let failed = |action, path: &Path| {
        let path = path.to_owned();
        move |source| ApproveError::Io {
            action,
            path,
            source,
        }
    };
    // What `.` and links lead to, so that there is a directory above it.
    let bundle = &bundle.canonicalize().map_err(failed("write", bundle))?;
    let above = bundle.parent().unwrap_or(bundle);
    let aside = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(above)
        .map_err(failed("write into", above))?;
    for (name, text) in files {
        let path = aside.path().join(name);
        custody::write_public(&path, text.as_bytes()).map_err(failed("write", &path))?;
    }
    for (name, _) in files {
        let target = bundle.join(name);
        fs::rename(aside.path().join(name), &target).map_err(failed("write", &target))?;
        // Between the two, so that a loss of power cannot keep the second and lose the first.
        if cfg!(unix) {
            fs::File::open(bundle)
                .and_then(|directory| directory.sync_all())
                .map_err(failed("write", bundle))?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "approve_tests.rs"]
mod tests;
