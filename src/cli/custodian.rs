//! What commands ask of the custodian: passphrases at the terminal, and public keys of age.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use crate::encrypted::{self, Lock, Passphrase, PublicKey};
use crate::error::{Error, Result};
use crate::treat::{Ask, ENCRYPT_THE_KEY, KeyError, Opening};

/// No recipients file needs more bytes.
const MAX_RECIPIENTS: u64 = 64 * 1024;

/// Asks for the passphrase of a key file at the terminal. Not anywhere else: arguments and environment can be seen by
/// others, and what is read from a file is no passphrase.
pub const ASK: Ask = Ask(ask);

/// Asks for the passphrase of a file that is to be made, twice. One that is refused is a [`KeyError`] within.
pub const ASK_NEW: Ask = Ask(ask_new);

fn ask(file: &Path) -> io::Result<Passphrase> {
    prompt(&format!("Passphrase of {}: ", file.display()))
}

fn prompt(words: &str) -> io::Result<Passphrase> {
    // A job without a terminal must not wait at that of whoever started it.
    if !io::stdin().is_terminal() && !io::stderr().is_terminal() {
        return Err(io::Error::other("there is no terminal"));
    }
    let typed = Zeroizing::new(rpassword::prompt_password(words)?);
    Ok(Passphrase::from(typed.as_str()))
}

/// Asks for a new passphrase, twice.
fn ask_new(file: &Path) -> io::Result<Passphrase> {
    let refused = |fault| io::Error::other(KeyError::Passphrase(fault));
    let first = prompt(&format!("New passphrase of {}: ", file.display()))?;
    encrypted::judge(&first).map_err(refused)?;
    if !encrypted::same(&first, &prompt("The same again: ")?) {
        return Err(refused("was not the same twice; nothing was made"));
    }
    Ok(first)
}

/// How a key file is encrypted.
#[derive(Debug, Args)]
pub struct Locking {
    /// Encrypt the key file with a passphrase, which is asked for twice at the terminal.
    #[arg(long, value_enum, value_name = "WITH")]
    encrypt: Option<With>,
    /// Encrypt the key file to an age public key (age1…), or to those in a file: any of their holders can open it.
    #[arg(long, value_name = "RECIPIENT", conflicts_with = "encrypt")]
    encrypt_to: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum With {
    /// Asked for at the terminal
    Passphrase,
}

impl Locking {
    /// The lock for a file that is to be made; `None` if it is not encrypted.
    pub fn lock(&self, file: &Path) -> Result<Option<Lock>> {
        // Before anybody types a passphrase for nothing.
        if fs::symlink_metadata(file).is_ok() {
            return Err(KeyError::Exists {
                path: file.to_owned(),
            }
            .into());
        }
        Ok(match (&self.encrypt, &self.encrypt_to) {
            (Some(With::Passphrase), _) => {
                let passphrase = ask_new(file)
                    .map_err(|refused| KeyError::unasked(file, refused, ENCRYPT_THE_KEY))?;
                Some(Lock::Passphrase(passphrase))
            }
            (None, Some(recipient)) => Some(Lock::To(recipients("--encrypt-to", recipient)?)),
            (None, None) => None,
        })
    }

    /// Whether the file will need an identity.
    pub fn needs_identity(&self) -> bool {
        self.encrypt_to.is_some()
    }
}

/// How an encrypted key file is opened.
#[derive(Debug, Args)]
pub struct Identity {
    /// The age identity file that opens the key file, if it is encrypted to one. A passphrase is asked for.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
}

impl Identity {
    pub fn opening(&self) -> Opening<'_> {
        Opening {
            identity: self.identity.as_deref(),
            ask: ASK,
        }
    }
}

/// The public key in an argument, or those in the file that it names.
pub fn recipients(option: &str, text: &str) -> Result<Vec<PublicKey>> {
    // Without a word of it: it would stand in a log, and it is to be burnt now.
    if encrypted::looks_private(text) {
        return Err(Error::Usage(format!(
            "{option} was given a private key (AGE-SECRET-KEY-…). It may have been seen: make another one with age-keygen, and give its public key (age1…)"
        )));
    }
    if let Ok(key) = text.parse() {
        return Ok(vec![key]);
    }
    let path = Path::new(text);
    let wrong = |fault: &str| {
        Error::Usage(format!(
            "{option}: {} {fault}. Give an age public key (age1 and 58 small letters and digits), or a file with one on each line",
            path.display()
        ))
    };
    let size = fs::metadata(path).map_err(|_| wrong("is neither an age public key nor a file"))?;
    if size.len() > MAX_RECIPIENTS {
        return Err(wrong("is too large to be a list of public keys"));
    }
    let text = fs::read_to_string(path).map_err(|_| wrong("cannot be read as text"))?;
    PublicKey::all(&text).map_err(|line| match line {
        0 => wrong("holds no public key"),
        line => wrong(&format!("line {line} is no public key")),
    })
}
