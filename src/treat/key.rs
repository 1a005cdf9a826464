//! The master key: read, judged, made and written; the keys of each domain are derived from it.

use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use hmac::Mac;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::key_file::{self, FormatError};
use super::opening::{self, Opened, Opening};
use super::pseudonym::{DomainKey, SEPARATOR, SourceDigester, keyed};
use crate::custody::{self, Fault, Finding, Kept, ReadError};
use crate::encrypted::{Form, LEAST_WORK, Lock, OpenError};
use crate::schema::Domain;

/// First part of everything that is derived from a master key.
const LABEL: &str = "cld-return/v1";
/// Labels that are not [`Domain`]s, so no field may use them as one.
const KEY_ID_LABEL: &str = "key-id";
const SOURCE_DIGEST_LABEL: &str = "source-digest";

/// How pseudonyms are made, as the manifest names it.
pub const ALGORITHM: &str = "HMAC-SHA-256 under a key derived per domain with HKDF-SHA-256";

/// A key that is missing, weak, wrong or badly kept (exit code 5). Never says what the key is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The operating system refused.
    #[error("cannot {action} key file {}: {source}", path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The key file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A new key would overwrite a file.
    #[error("{} exists; a key is never overwritten, because what was made with it could never be matched again", path.display())]
    Exists {
        /// The file that is there.
        path: PathBuf,
    },
    /// The file is kept so that others may read or exchange it.
    #[error("key file {} {fault}", path.display())]
    Custody {
        /// The key file.
        path: PathBuf,
        /// What is wrong.
        fault: Fault,
    },
    /// The content is no pseudonym key.
    #[error("key file {}: {source}", path.display())]
    Format {
        /// The key file.
        path: PathBuf,
        /// What is wrong and where.
        source: FormatError,
    },
    /// What `cld key check` found, said again.
    #[error("key file {}: {fault}", path.display())]
    Refused {
        /// The key file.
        path: PathBuf,
        /// What is wrong, in words.
        fault: String,
    },
    /// The file is encrypted and cannot be opened.
    #[error("key file {} {source}", path.display())]
    Locked {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// The configuration has an encrypted file in mind, and it is none.
    #[error(
        "key file {} is not encrypted, though an identity is named that opens it. Encrypt it (cld key encrypt), or name no identity", path.display()
    )]
    NotEncrypted {
        /// The key file.
        path: PathBuf,
    },
    /// The file is encrypted to a public key, and nobody said whose.
    #[error(
        "key file {} is encrypted to a public key. Name the file of the identity that opens it: `identity:` under `key:` in the configuration, or --identity", path.display()
    )]
    NoIdentity {
        /// The key file.
        path: PathBuf,
    },
    /// An identity file that holds none.
    #[error(
        "identity file {}: {}. It must hold AGE-SECRET-KEY-1…, as age-keygen writes it, and not be encrypted itself", path.display(), Line(*line)
    )]
    Identity {
        /// The identity file.
        path: PathBuf,
        /// The line that is none, counted from 1; 0 where there is none at all.
        line: usize,
    },
    /// The passphrase could not be asked for.
    #[error(
        "the passphrase of {} cannot be asked for: {source}. Run cld at a terminal, or {instead}", path.display()
    )]
    Unasked {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
        /// What else can be done.
        instead: &'static str,
    },
    /// A passphrase that protects nothing, or two that differ.
    #[error("the passphrase {0}")]
    Passphrase(&'static str),
    /// A file for the custodian, other than a key file, is kept so that others may read or exchange it.
    #[error("{} {fault}", path.display())]
    Kept {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: Fault,
    },
    /// A file that only an identity can open, other than a key file.
    #[error("{} {source}", path.display())]
    Sealed {
        /// The file.
        path: PathBuf,
        /// Why it cannot be opened.
        source: OpenError,
    },
    /// Shares that make no key.
    #[error(transparent)]
    Shares(#[from] super::shares::ShareError),
    /// The content is no signing key or public key as OpenSSL writes them.
    #[error("{} is not {expected}", path.display())]
    Pem {
        /// The key file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// The configuration names another key than the file holds.
    #[error("wrong key: the configuration expects key {expected}, the file holds key {found}")]
    WrongKey {
        /// The key id of the configuration.
        expected: String,
        /// The key id of the file.
        found: String,
    },
    /// A published test key must not pseudonymise real people.
    #[error(
        "the key is a test key, but the input holds valid NHS numbers outside the 999 test range; use a key of your own (cld key new). If the people are invented all the same, --allow-test-key takes it"
    )]
    TestKeyOnRealData,
    /// A part of the scope would make two scopes look alike.
    #[error("{part} {fault}, so no key can be derived for it")]
    Scope {
        /// Which part: controller, recipient, purpose, epoch or domain.
        part: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

/// What can be done where the passphrase of a key file cannot be asked for.
pub const ENCRYPT_THE_KEY: &str =
    "encrypt the key to an age identity (cld key encrypt --encrypt-to) and name it";

impl KeyError {
    /// Why nobody gave the passphrase of a file: what was wrong with it, or why it could not be asked for and what can be done
    /// `instead`.
    pub fn unasked(path: &Path, refused: io::Error, instead: &'static str) -> Self {
        match refused.downcast::<Self>() {
            Ok(refused) => refused,
            Err(source) => Self::Unasked {
                path: path.to_owned(),
                source,
                instead,
            },
        }
    }
}

/// A line of a file, or all of them.
struct Line(usize);

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            0 => f.write_str("holds no identity"),
            line => write!(f, "line {line} is neither a comment (#) nor an identity"),
        }
    }
}

/// In what form a key was kept, as the manifest tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custody {
    /// It is published.
    TestKey,
    /// In the clear, in a file that is closed to others.
    Closed,
    /// Encrypted with a passphrase.
    Passphrase,
    /// Encrypted to a public key.
    Identity,
}

impl Custody {
    /// In the words of the manifest.
    pub const fn words(self) -> &'static str {
        match self {
            Self::TestKey => "published test key",
            Self::Closed if cfg!(unix) => "key file that only its owner can read",
            Self::Closed => "key file; who may read it was not checked",
            Self::Passphrase => "key file encrypted with a passphrase",
            Self::Identity => "key file encrypted to an age identity",
        }
    }
}

/// Whom pseudonyms are made for: other controller, recipient, purpose or epoch, other pseudonyms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    controller: String,
    recipient: String,
    purpose: String,
    epoch: String,
}

impl Scope {
    /// Checks the parts: none may be empty or hold a control character, U+001F above all, which joins them.
    ///
    /// # Errors
    /// [`KeyError::Scope`] with the name of the part.
    pub fn new(
        controller: &str,
        recipient: &str,
        purpose: &str,
        epoch: &str,
    ) -> Result<Self, KeyError> {
        for (part, text) in [
            ("controller", controller),
            ("recipient", recipient),
            ("purpose", purpose),
            ("epoch", epoch),
        ] {
            check_part(part, text)?;
        }
        Ok(Self {
            controller: controller.to_owned(),
            recipient: recipient.to_owned(),
            purpose: purpose.to_owned(),
            epoch: epoch.to_owned(),
        })
    }

    /// The LA code of the controller.
    pub fn controller(&self) -> &str {
        &self.controller
    }

    /// The epoch of the key.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }
}

/// The 32 secret bytes that every pseudonym of a council hangs on.
///
/// They stay in one place on the heap, are filled there and wiped on drop. No `Debug`, `Clone` or `Serialize`.
pub struct MasterKey {
    bytes: Box<Zeroizing<[u8; 32]>>,
    test: bool,
    custody: Custody,
}

impl MasterKey {
    /// Reads a key file, encrypted or not, and judges its custody. A test key may be readable by anyone. Every command
    /// that uses a key gets it here.
    ///
    /// # Errors
    /// Every [`KeyError`] that concerns a file.
    pub fn load(path: &Path, opening: Opening<'_>) -> Result<Self, KeyError> {
        Self::of(&opening::open(path, opening)?, path)
    }

    fn of(opened: &Opened, path: &Path) -> Result<Self, KeyError> {
        let mut key = Self::parse(&opened.text).map_err(|source| KeyError::Format {
            path: path.to_owned(),
            source,
        })?;
        if !key.test {
            opened.kept.judge().map_err(|fault| KeyError::Custody {
                path: path.to_owned(),
                fault,
            })?;
            key.custody = opened.custody;
        }
        Ok(key)
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`FormatError`] where it holds no key or a weak one.
    pub fn parse(text: &[u8]) -> Result<Self, FormatError> {
        let mut key = Self::empty();
        key.test = key_file::parse(text, &mut key.bytes)?.test;
        if key.test {
            key.custody = Custody::TestKey;
        }
        Ok(key)
    }

    /// A new key from the operating system's random source.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn generate() -> Result<Self, KeyError> {
        let mut key = Self::empty();
        getrandom::fill(key.bytes.as_mut_slice()).map_err(KeyError::Random)?;
        Ok(key)
    }

    /// A key of 32 bytes that were put together again; a weak one is none.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Self::empty();
        if bytes.len() != key.bytes.len() {
            return None;
        }
        key.bytes.copy_from_slice(bytes);
        key_file::is_strong(&key.bytes).then_some(key)
    }

    /// Where the bytes go, so that there is never another copy.
    fn empty() -> Self {
        Self {
            bytes: Box::default(),
            test: false,
            custody: Custody::Closed,
        }
    }

    /// The secret itself, for those who divide it.
    pub(super) fn secret(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Writes the key to a new file of mode 0600, encrypted if there is a lock. `note` is what its comment tells besides
    /// the key id; it may be empty.
    ///
    /// # Errors
    /// [`KeyError::Exists`] or [`KeyError::Io`].
    pub fn write_new(&self, path: &Path, lock: Option<&Lock>, note: &str) -> Result<(), KeyError> {
        let text = key_file::render(&self.bytes, &self.key_id(), note);
        write_key(path, text.as_bytes(), lock)
    }

    /// In what form it was kept.
    pub fn custody(&self) -> Custody {
        self.custody
    }

    /// Whether the file marks it as a test key.
    pub fn is_test(&self) -> bool {
        self.test
    }

    /// 16 hexadecimal digits that tell one key from another and nothing about either.
    pub fn key_id(&self) -> String {
        let mut state = keyed(self.bytes.as_slice());
        state.update(&joined([LABEL, KEY_ID_LABEL]));
        HEXLOWER.encode(&state.finalize().into_bytes()[..8])
    }

    /// Makes sure that this is the key the configuration means.
    ///
    /// # Errors
    /// [`KeyError::WrongKey`] with both key ids.
    pub fn expect_id(&self, expected: &str) -> Result<(), KeyError> {
        let found = self.key_id();
        if found.eq_ignore_ascii_case(expected.trim()) {
            Ok(())
        } else {
            Err(KeyError::WrongKey {
                expected: expected.to_owned(),
                found,
            })
        }
    }

    /// The key of one domain (contract section 3).
    ///
    /// # Errors
    /// [`KeyError::Scope`] for a [`Domain::Other`] whose label is empty, holds a control character or is
    /// the label of something else.
    pub fn domain_key(&self, scope: &Scope, domain: &Domain) -> Result<DomainKey, KeyError> {
        if let Domain::Other(label) = domain {
            check_part("domain", label)?;
            let taken = [Domain::NhsNumber, Domain::LaPerson, Domain::EventReference];
            if taken.iter().any(|domain| domain.label() == label)
                || [KEY_ID_LABEL, SOURCE_DIGEST_LABEL].contains(&label.as_str())
            {
                return Err(KeyError::Scope {
                    part: "domain",
                    fault: "is the label of another domain",
                });
            }
        }
        Ok(DomainKey::new(
            &self.derive(scope, domain.label()),
            &scope.controller,
        ))
    }

    /// The keyed digest of source files: under the domain `source-digest`, over the bytes of the file as
    /// they stand on the disk, without the LA code that begins local values.
    pub fn source_digester(&self, scope: &Scope) -> SourceDigester {
        SourceDigester::new(&self.derive(scope, SOURCE_DIGEST_LABEL))
    }

    /// RFC 5869 without salt, 32 bytes.
    fn derive(&self, scope: &Scope, label: &str) -> Zeroizing<[u8; 32]> {
        let info = joined([
            LABEL,
            &scope.controller,
            &scope.recipient,
            &scope.purpose,
            &scope.epoch,
            label,
        ]);
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.bytes.as_slice())
            .expand(&info, key.as_mut_slice())
            .expect("32 bytes are within HKDF's limit of 8,160");
        key
    }
}

/// What `cld key check` tells about a key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The key id, where the file holds a usable key.
    pub key_id: Option<String>,
    /// Whether it is marked as a test key.
    pub test: bool,
    /// Whether `cld run` would accept the file. Findings that are not good may go with it: advice.
    pub accepted: bool,
    /// What was looked at, in words.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The first thing that is wrong, as the reason of a failure.
    pub fn refused(&self, path: &Path) -> KeyError {
        let fault = self.findings.iter().find(|finding| !finding.good);
        KeyError::Refused {
            path: path.to_owned(),
            fault: fault.map_or_else(String::new, |finding| finding.words.clone()),
        }
    }
}

/// Looks at a key file without using it. An encrypted one is opened: what is wrong inside cannot be seen from without.
///
/// # Errors
/// [`KeyError`] where the file cannot be read or opened at all.
pub fn check(path: &Path, opening: Opening<'_>) -> Result<Report, KeyError> {
    let Opened {
        kept,
        text,
        custody,
        form,
    } = opening::open(path, opening)?;
    let mut findings = kept.describe();
    findings.extend(match (custody, form) {
        (Custody::Passphrase, Form::Passphrase(work)) if work < LEAST_WORK => Some(Finding::bad(
            format!("encrypted with a passphrase that is cheap to try (2^{work}): encrypt it again with cld key encrypt"),
        )),
        (Custody::Passphrase, _) => Some(Finding::good("encrypted with a passphrase")),
        (Custody::Identity, _) => Some(Finding::good("encrypted to an age identity")),
        _ => None,
    });
    match MasterKey::parse(&text) {
        Ok(key) => {
            findings.insert(
                0,
                Finding::good("holds one key of 32 bytes, none of the known weak ones"),
            );
            if key.test {
                // What is published need not be kept.
                findings = vec![
                    findings.remove(0),
                    Finding::good("marked as a test key: who may read it does not matter"),
                ];
            }
            let accepted = key.test || kept.judge().is_ok();
            Ok(Report {
                key_id: Some(key.key_id()),
                test: key.test,
                accepted,
                findings,
            })
        }
        Err(error) => {
            findings.insert(0, Finding::bad(error.to_string()));
            Ok(Report {
                key_id: None,
                test: false,
                accepted: false,
                findings,
            })
        }
    }
}

/// Encrypts a key file into a new one, comments and all; gives the key id. The old file stays.
///
/// # Errors
/// Every [`KeyError`] that concerns a file.
pub fn encrypt(
    path: &Path,
    opening: Opening<'_>,
    new: &Path,
    lock: &Lock,
) -> Result<String, KeyError> {
    let opened = opening::open(path, opening)?;
    let key = MasterKey::of(&opened, path)?;
    write_key(new, &opened.text, Some(lock))?;
    Ok(key.key_id())
}

fn write_key(path: &Path, text: &[u8], lock: Option<&Lock>) -> Result<(), KeyError> {
    let written = match lock {
        None => custody::write_secret(path, text),
        Some(lock) => lock
            .encrypt(text)
            .and_then(|file| custody::write_secret(path, &file)),
    };
    written.map_err(|error| write_error(path, error))
}

/// Reads a key file with [`KeyError`]s that name it.
pub(crate) fn read(path: &Path) -> Result<Kept, KeyError> {
    Kept::read(path).map_err(|error| match error {
        ReadError::Io(source) => KeyError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        },
        ReadError::Fault(fault) => KeyError::Custody {
            path: path.to_owned(),
            fault,
        },
    })
}

/// The error of a key file that could not be made.
pub(crate) fn write_error(path: &Path, source: io::Error) -> KeyError {
    if source.kind() == io::ErrorKind::AlreadyExists {
        KeyError::Exists {
            path: path.to_owned(),
        }
    } else {
        KeyError::Io {
            action: "write",
            path: path.to_owned(),
            source,
        }
    }
}

fn check_part(part: &'static str, text: &str) -> Result<(), KeyError> {
    if text.trim().is_empty() {
        Err(KeyError::Scope {
            part,
            fault: "is empty",
        })
    } else if text.chars().any(char::is_control) {
        Err(KeyError::Scope {
            part,
            fault: "holds a control character",
        })
    } else {
        Ok(())
    }
}

/// Parts joined as the contract has it, by U+001F.
pub(crate) fn joined<const N: usize>(parts: [&str; N]) -> Vec<u8> {
    let separator = char::from(SEPARATOR).to_string();
    parts.join(&separator).into_bytes()
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
