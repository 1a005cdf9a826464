//! `cld key split` and `cld key join`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::custodian::{Identity, Locking};
use crate::cli::print;
use crate::error::Result;
use crate::treat::{MasterKey, shares};

/// Divide a key among several people, so that some of them together can make it again.
///
/// Fewer than the threshold learn nothing of the key. Give each share to another person, on something of its own; then the
/// key file itself need not have a second copy.
#[derive(Debug, Args)]
pub struct Split {
    /// The key file.
    file: PathBuf,
    /// How many shares are made.
    #[arg(long, value_name = "N")]
    shares: u8,
    /// How many of them make the key again; at least 2.
    #[arg(long, value_name = "K")]
    threshold: u8,
    /// The directory for the files; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    identity: Identity,
}

/// Make a key again from the shares of enough people.
#[derive(Debug, Args)]
pub struct Join {
    /// The files of the shares, in any order.
    #[arg(required = true, value_name = "SHARE")]
    files: Vec<PathBuf>,
    /// The key file to make. An existing file is never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    locking: Locking,
}

impl Split {
    pub fn run(&self) -> Result<()> {
        let key = MasterKey::load(&self.file, self.identity.opening())?;
        let files = shares::split(&key, self.threshold, self.shares, &self.out)?;
        let mut text = format!("key id  {}\n", key.key_id());
        for file in files {
            text += &format!("share   {}\n", file.display());
        }
        text += &format!(
            "\nAny {} of these {} make the key again: cld key join. Try it once, then move each share to another place.\n",
            self.threshold, self.shares
        );
        print::out(&text)
    }
}

impl Join {
    pub fn run(&self) -> Result<()> {
        let key = shares::join(&self.files)?;
        let lock = self.locking.lock(&self.out)?;
        key.write_new(&self.out, lock.as_ref(), "joined from shares")?;
        print::out(&format!(
            "key     {}\nkey id  {}, as the shares say\n",
            self.out.display(),
            key.key_id()
        ))
    }
}
