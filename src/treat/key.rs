//! The master key: read, judged, made and written; the keys of each domain are derived from it.

use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use hmac::Mac;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::key_file::{self, FormatError};
use super::pseudonym::{DomainKey, SEPARATOR, SourceDigester, keyed};
use crate::custody::{self, Fault, Finding, Kept, ReadError};
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
}

impl MasterKey {
    /// Reads a key file and judges its custody. A test key may be readable by anyone.
    ///
    /// # Errors
    /// Every [`KeyError`] that concerns a file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let kept = read(path)?;
        let key = Self::parse(&kept.bytes).map_err(|source| KeyError::Format {
            path: path.to_owned(),
            source,
        })?;
        if !key.test {
            kept.judge().map_err(|fault| KeyError::Custody {
                path: path.to_owned(),
                fault,
            })?;
        }
        Ok(key)
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`FormatError`] where it holds no key or a weak one.
    pub fn parse(text: &[u8]) -> Result<Self, FormatError> {
        let mut key = Self {
            bytes: Box::default(),
            test: false,
        };
        key.test = key_file::parse(text, &mut key.bytes)?.test;
        Ok(key)
    }

    /// A new key from the operating system's random source.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn generate() -> Result<Self, KeyError> {
        let mut key = Self {
            bytes: Box::default(),
            test: false,
        };
        getrandom::fill(key.bytes.as_mut_slice()).map_err(KeyError::Random)?;
        Ok(key)
    }

    /// Writes the key to a new file of mode 0600.
    ///
    /// # Errors
    /// [`KeyError::Exists`] or [`KeyError::Io`].
    pub fn write_new(&self, path: &Path) -> Result<(), KeyError> {
        let text = key_file::render(&self.bytes, &self.key_id());
        custody::write_secret(path, text.as_bytes()).map_err(|error| write_error(path, error))
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

/// Looks at a key file without using it.
///
/// # Errors
/// [`KeyError`] where the file cannot be read at all.
pub fn check(path: &Path) -> Result<Report, KeyError> {
    let kept = read(path)?;
    let mut findings = kept.describe();
    match MasterKey::parse(&kept.bytes) {
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
