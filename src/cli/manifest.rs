//! `cld manifest`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::Format;
use super::print::{self, number};
use crate::attest::{self, MANIFEST, PublicKey, Statement};
use crate::error::{Error, Result};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print what a bundle's manifest says, without verifying it
    Show(Show),
    /// Verify a bundle's signature and every file of it
    Verify(Verify),
}

#[derive(Debug, Args)]
pub struct Show {
    /// The directory of the bundle.
    bundle: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The directory of the bundle.
    bundle: PathBuf,
    /// The public key of whoever should have signed it, as PEM. Get it from them, not from the bundle.
    #[arg(long, value_name = "FILE")]
    public_key: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

impl Command {
    pub fn run(&self) -> Result<()> {
        match self {
            Self::Show(show) => show.run(),
            Self::Verify(verify) => verify.run(),
        }
    }
}

impl Show {
    fn run(&self) -> Result<()> {
        let path = self.bundle.join(MANIFEST);
        let bytes = std::fs::read(&path).map_err(|e| {
            Error::Input(format!(
                "cannot read {}: {e}. Name the directory of a bundle",
                path.display()
            ))
        })?;
        let statement = Statement::parse(&bytes)
            .map_err(|e| Error::Verification(format!("{}: the manifest {e}", path.display())))?;
        match self.format {
            Format::Human => print::out(&attest::show(&statement)),
            Format::Json => print::out(&format!("{}\n", statement.to_json().trim_end())),
        }
    }
}

impl Verify {
    fn run(&self) -> Result<()> {
        let key = PublicKey::load(&self.public_key)?;
        let verified = attest::verify(&self.bundle, &key)?;
        let predicate = verified.statement.predicate();
        match self.format {
            Format::Human => {
                let mut text = format!("verified: signed by key {}\n", verified.key_id);
                if verified.test_signature {
                    text += "TEST KEY: the signing key is published, so this proves nothing about who signed\n";
                }
                if predicate.key.test {
                    text += "TEST KEY: the pseudonyms were made with a published key and protect nobody\n";
                }
                for (name, bytes) in &verified.files {
                    text += &format!("{:>13} bytes  {name}\n", number(*bytes));
                }
                text += &format!(
                    "run {}: {} records read, {} submitted\n",
                    predicate.run_id,
                    number(predicate.counts.read),
                    number(predicate.counts.submitted)
                );
                print::out(&text)
            }
            Format::Json => print::json(&json!({
                "verified": true,
                "key_id": verified.key_id,
                "test_signature": verified.test_signature,
                "test_key": predicate.key.test,
                "run_id": predicate.run_id,
                "files": verified.files.iter().map(|(name, bytes)| json!({ "name": name, "bytes": bytes })).collect::<Vec<_>>(),
            })),
        }
    }
}
