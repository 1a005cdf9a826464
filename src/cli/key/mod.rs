//! `cld key`.

mod rotate;
mod shares;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::Format;
use super::custodian::{Identity, Locking};
use super::print;
use crate::attest::{SigningKey, sign};
use crate::error::{Error, Result};
use crate::treat::{MasterKey, key};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new key from the system's random source, in a file that only you can read
    ///
    /// Whoever holds the pseudonym key can find the NHS number behind every pseudonym. Keep it where the recipient and
    /// the people who prepare the return cannot read it, keep a second copy elsewhere, and never send it by e-mail.
    New(New),
    /// Print a key's id, which tells keys apart and reveals nothing of them
    Id(File),
    /// Check how a key file is kept
    Check(File),
    /// Encrypt a key file, or encrypt it anew, into a new file
    ///
    /// The old file stays: once the new one is named in the configuration and backed up, destroy it and its copies.
    Encrypt(Encrypt),
    Rotate(rotate::Rotate),
    Split(shares::Split),
    Join(shares::Join),
}

#[derive(Debug, Args)]
pub struct New {
    /// The file to make. An existing file is never overwritten.
    file: PathBuf,
    /// Make a pair that signs manifests; the public key goes beside it as FILE with the ending .pub.pem.
    #[arg(long, conflicts_with_all = ["encrypt", "encrypt_to"])]
    signing: bool,
    #[command(flatten)]
    locking: Locking,
}

#[derive(Debug, Args)]
pub struct Encrypt {
    /// The key file, encrypted or not.
    file: PathBuf,
    /// The file to make. An existing file is never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    locking: Locking,
    #[command(flatten)]
    identity: Identity,
}

#[derive(Debug, Args)]
pub struct File {
    /// The key file.
    file: PathBuf,
    /// It is a key that signs manifests.
    #[arg(long, conflicts_with = "identity")]
    signing: bool,
    #[command(flatten)]
    identity: Identity,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

impl Command {
    pub fn run(&self, schemas: Option<&Path>) -> Result<()> {
        match self {
            Self::New(new) if new.signing => {
                let key = SigningKey::generate()?;
                let public = key.write_new(&new.file)?;
                print::out(&format!(
                    "private key  {}\npublic key   {}\nkey id       {}\n",
                    new.file.display(),
                    public.display(),
                    key.public().key_id()
                ))
            }
            Self::New(new) => {
                let lock = new.locking.lock(&new.file)?;
                let key = MasterKey::generate()?;
                key.write_new(&new.file, lock.as_ref(), "")?;
                print::out(&format!(
                    "key     {}\nkey id  {}\n",
                    new.file.display(),
                    key.key_id()
                ))
            }
            Self::Id(file) => {
                let id = if file.signing {
                    SigningKey::load(&file.file)?.public().key_id()
                } else {
                    MasterKey::load(&file.file, file.identity.opening())?.key_id()
                };
                match file.format {
                    Format::Human => print::out(&format!("{id}\n")),
                    Format::Json => print::json(&json!({ "key_id": id })),
                }
            }
            Self::Check(file) => file.check(),
            Self::Encrypt(encrypt) => encrypt.run(),
            Self::Rotate(rotate) => rotate.run(schemas),
            Self::Split(split) => split.run(),
            Self::Join(join) => join.run(),
        }
    }
}

impl Encrypt {
    fn run(&self) -> Result<()> {
        let lock = self.locking.lock(&self.out)?.ok_or_else(|| {
            Error::Usage("say how it is encrypted: --encrypt passphrase, or --encrypt-to with an age public key".into())
        })?;
        let id = key::encrypt(&self.file, self.identity.opening(), &self.out, &lock)?;
        print::out(&format!("key     {}\nkey id  {id}\n", self.out.display()))
    }
}

impl File {
    fn check(&self) -> Result<()> {
        let report = if self.signing {
            sign::check(&self.file)?
        } else {
            key::check(&self.file, self.identity.opening())?
        };
        match self.format {
            Format::Human => {
                let mut text = report
                    .key_id
                    .as_ref()
                    .map_or(String::new(), |id| format!("key id  {id}\n"));
                if report.test {
                    text += "TEST KEY: published, so it protects nobody\n";
                }
                for finding in &report.findings {
                    text += &format!(
                        "{}  {}\n",
                        if finding.good { "good" } else { "BAD " },
                        finding.words
                    );
                }
                print::out(&text)?;
            }
            Format::Json => print::json(&json!({
                "key_id": report.key_id,
                "test": report.test,
                "accepted": report.accepted,
                "findings": report.findings.iter().map(|f| json!({ "good": f.good, "words": f.words })).collect::<Vec<_>>(),
            }))?,
        }
        if report.accepted {
            return Ok(());
        }
        // What is wrong was told; it is said again as the reason for the exit code.
        Err(Error::Key(report.refused(&self.file)))
    }
}
