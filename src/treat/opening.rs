//! How key files are opened: as they are, with an identity, or with a passphrase that somebody at the terminal is asked for.

use std::fmt;
use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::key::{Custody, ENCRYPT_THE_KEY, KeyError, read};
use crate::custody::Kept;
use crate::encrypted::{Form, Identities, OpenError, Passphrase, open_with_passphrase};

/// Asks for the passphrase of a file. By default there is nobody to ask.
#[derive(Clone, Copy)]
pub struct Ask(pub fn(&Path) -> io::Result<Passphrase>);

impl Default for Ask {
    fn default() -> Self {
        Self(|_| Err(io::Error::other("nobody is there to ask")))
    }
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ask")
    }
}

/// What a key file is opened with, should it be encrypted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opening<'a> {
    /// The identity file. A key file that needs none is then refused.
    pub identity: Option<&'a Path>,
    /// Who knows the passphrase.
    pub ask: Ask,
}

/// A key file, opened. No `Debug`.
pub(super) struct Opened {
    /// The file as it stands.
    pub kept: Kept,
    /// The text in it.
    pub text: Zeroizing<Vec<u8>>,
    /// How it was kept, unless it is a test key.
    pub custody: Custody,
    /// How it is encrypted.
    pub form: Form,
}

/// Reads a key file and opens it. Who may read it is not judged here.
///
/// # Errors
/// [`KeyError`] where it cannot be read or opened.
pub(super) fn open(path: &Path, with: Opening<'_>) -> Result<Opened, KeyError> {
    let mut kept = read(path)?;
    let locked = |source| KeyError::Locked {
        path: path.to_owned(),
        source,
    };
    let form = Form::of(&kept.bytes);
    let (text, custody) = match (form, with.identity) {
        (Form::Armoured, _) => return Err(locked(OpenError::Armoured)),
        (Form::Plain, None) => (std::mem::take(&mut kept.bytes), Custody::Closed),
        (Form::Plain, Some(_)) => {
            return Err(KeyError::NotEncrypted {
                path: path.to_owned(),
            });
        }
        (Form::Passphrase(_), Some(_)) => return Err(locked(OpenError::HasPassphrase)),
        (Form::Passphrase(_), None) => {
            let passphrase = (with.ask.0)(path)
                .map_err(|refused| KeyError::unasked(path, refused, ENCRYPT_THE_KEY))?;
            let text = open_with_passphrase(&kept.bytes, passphrase).map_err(locked)?;
            (text, Custody::Passphrase)
        }
        (Form::PublicKey, None) => {
            return Err(KeyError::NoIdentity {
                path: path.to_owned(),
            });
        }
        (Form::PublicKey, Some(identity)) => {
            let text = identities(identity)?.open(&kept.bytes).map_err(locked)?;
            (text, Custody::Identity)
        }
    };
    Ok(Opened {
        kept,
        text,
        custody,
        form,
    })
}

/// Reads an identity file, which must be kept as a key file is.
///
/// # Errors
/// [`KeyError`] where it cannot be read, is open to others or holds no identity.
pub fn identities(path: &Path) -> Result<Identities, KeyError> {
    let kept = read(path)?;
    let found = Identities::parse(&kept.bytes).map_err(|line| KeyError::Identity {
        path: path.to_owned(),
        line,
    })?;
    kept.judge().map_err(|fault| KeyError::Custody {
        path: path.to_owned(),
        fault,
    })?;
    Ok(found)
}
