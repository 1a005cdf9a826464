//! `cld manifest`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::Format;
use super::print::{self, number};
use super::report_file::read_manifest;
use crate::attest::{self, MANIFEST, PublicKey, SigningKey, Statement, digest};
use crate::error::{Error, Result};
use crate::write::Lock;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print what a bundle's manifest says, without verifying it
    Show(Show),
    /// Verify a bundle's signature and every file of it
    Verify(Verify),
    /// Say what differs between two bundles, in the words of a reviewer
    Diff(Diff),
    /// Approve a bundle: add a reviewer's signature to the council's
    ///
    /// Verifies the bundle first, then signs the same manifest, and with it the digest of every file that it names. Two
    /// files change: manifest.dsse.json and manifest-sha256.txt. A signature names no role: that it is an approval hangs
    /// on whose key it is, so make your public key known by another way than with the bundle.
    Sign(Sign),
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
    /// The public key of a reviewer who must have signed too, as PEM; can be given several times.
    #[arg(long, value_name = "FILE")]
    reviewer_key: Vec<PathBuf>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct Diff {
    /// The directory of the earlier bundle.
    before: PathBuf,
    /// The directory of the later one.
    after: PathBuf,
    /// Verify the council's signature over both with this public key too. Without it their digests are checked, which
    /// says that nothing changed by accident.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct Sign {
    /// The directory of the bundle.
    bundle: PathBuf,
    /// Who signs.
    #[arg(long, value_enum)]
    role: Role,
    /// The reviewer's own private key, as PEM: `cld key new --signing`.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The public key of the council that made the bundle, as PEM. Get it from them, not with the bundle.
    #[arg(long, value_name = "FILE")]
    public_key: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Who adds a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Somebody who approves the disclosure
    Reviewer,
}

impl Command {
    pub fn run(&self) -> Result<()> {
        match self {
            Self::Show(show) => show.run(),
            Self::Verify(verify) => verify.run(),
            Self::Diff(diff) => diff.run(),
            Self::Sign(sign) => sign.run(),
        }
    }
}

impl Show {
    fn run(&self) -> Result<()> {
        let statement = read_manifest(&self.bundle)?;
        match self.format {
            Format::Human => print::out(&attest::show(&statement)),
            Format::Json => print::out(&format!("{}\n", statement.to_json().trim_end())),
        }
    }
}

impl Verify {
    fn run(&self) -> Result<()> {
        let key = PublicKey::load(&self.public_key)?;
        let reviewers = self.reviewer_key.iter();
        let reviewers = reviewers.map(|file| PublicKey::load(file));
        let mut reviewers = reviewers.collect::<std::result::Result<Vec<_>, _>>()?;
        // One key given twice approves once.
        let mut seen = std::collections::BTreeSet::new();
        reviewers.retain(|reviewer: &PublicKey| seen.insert(reviewer.key_id()));
        if reviewers.contains(&key) {
            return Err(Error::Usage(
                "--reviewer-key is the council's own key, whose signature is no review".into(),
            ));
        }
        let verified = attest::verify_approved(&self.bundle, &key, &reviewers)?;
        let predicate = verified.statement.predicate();
        match self.format {
            Format::Human => {
                let mut text = format!("verified: signed by key {}\n", verified.key_id);
                for reviewer in &verified.reviewer_key_ids {
                    text += &format!("approved: signed by the reviewer's key {reviewer}\n");
                }
                if verified.other_signatures > 0 {
                    text += &format!(
                        "not verified: {} by keys that were not given; name them with --reviewer-key\n",
                        match verified.other_signatures {
                            1 => "1 more signature".to_owned(),
                            n => format!("{n} more signatures"),
                        }
                    );
                }
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
                "reviewer_key_ids": verified.reviewer_key_ids,
                "other_signatures": verified.other_signatures,
                "test_signature": verified.test_signature,
                "test_key": predicate.key.test,
                "run_id": predicate.run_id,
                "files": verified.files.iter().map(|(name, bytes)| json!({ "name": name, "bytes": bytes })).collect::<Vec<_>>(),
            })),
        }
    }
}

impl Diff {
    fn run(&self) -> Result<()> {
        let key = self
            .public_key
            .as_deref()
            .map(PublicKey::load)
            .transpose()?;
        let checked = |bundle: &Path| -> Result<Statement> {
            let checked = match &key {
                Some(key) => attest::verify(bundle, key).map(|verified| verified.statement),
                None => attest::check_unsigned(bundle, None),
            };
            checked.map_err(|e| match Error::from(e) {
                Error::Input(fault) => Error::Input(fault),
                e => Error::Verification(format!("{}: {e}", bundle.display())),
            })
        };
        let (before, after) = (checked(&self.before)?, checked(&self.after)?);
        let changes = attest::changes(before.predicate(), after.predicate());
        let path = self.before.join(MANIFEST);
        let (before_digest, _) = digest::of_file(&path).map_err(Error::io("read", &path))?;
        let named = after.predicate().previous.as_ref();
        let chained = named.map(|previous| previous.manifest_digest == before_digest);
        match self.format {
            Format::Human => {
                let chain = match chained {
                    Some(true) => "the later names the earlier as the one before it",
                    Some(false) => {
                        "NOT CHAINED: the later names another bundle as the one before it"
                    }
                    None => "NOT CHAINED: the later names no bundle as the one before it",
                };
                let signed = match key {
                    Some(_) => "both verified with the public key given",
                    None => "digests of both checked, signatures not (--public-key)",
                };
                let mut text = format!(
                    "{} ({})\n{} ({})\n{chain}; {signed}\n",
                    before.predicate().run_id,
                    controller(&before),
                    after.predicate().run_id,
                    controller(&after),
                );
                if changes.is_empty() {
                    text += "\nNothing differs.\n";
                }
                for change in &changes {
                    let side = |side: &Option<String>| {
                        side.clone().unwrap_or_else(|| "nothing".to_owned())
                    };
                    text += &format!(
                        "\n{}\n    before  {}\n    now     {}\n",
                        change.words,
                        side(&change.before),
                        side(&change.after)
                    );
                }
                // Names come from configuration files.
                text.retain(|character| character == '\n' || !character.is_control());
                print::out(&text)
            }
            Format::Json => print::json(&json!({
                "before": { "run_id": before.predicate().run_id, "manifest_digest": before_digest },
                "after": { "run_id": after.predicate().run_id },
                "chained": chained.unwrap_or(false),
                "verified": key.is_some(),
                "changes": changes,
            })),
        }
    }
}

fn controller(statement: &Statement) -> String {
    let p = statement.predicate();
    format!(
        "{}, {} to {}",
        p.controller.name, p.period.stated.start, p.period.stated.end
    )
}

impl Sign {
    fn run(&self) -> Result<()> {
        let Role::Reviewer = self.role;
        let council = PublicKey::load(&self.public_key)?;
        let key = SigningKey::load(&self.key)?;
        let nowhere = |e| {
            Error::Input(format!(
                "cannot open {}: {e}. Name the directory of a bundle",
                self.bundle.display()
            ))
        };
        let bundle = self.bundle.canonicalize().map_err(nowhere)?;
        let above = bundle.parent().unwrap_or(&bundle);
        // A run would take for unfinished what is written beside the bundle.
        let Some(_lock) = Lock::take(above).map_err(nowhere)? else {
            return Err(Error::Busy(format!(
                "a run is writing into {}. Wait for it to end",
                above.display()
            )));
        };
        let approved = attest::approve(&bundle, &council, &key)?;
        match self.format {
            Format::Human => print::out(&format!(
                "{} {}\nsigned as reviewer with key {}\nsignatures now: {}\n",
                if approved.completed {
                    "completed an interrupted approval of"
                } else {
                    "approved"
                },
                print::shown(&bundle),
                approved.key_id,
                approved.signatures
            )),
            Format::Json => print::json(&json!({
                "key_id": approved.key_id,
                "role": "reviewer",
                "signatures": approved.signatures,
                "completed": approved.completed,
            })),
        }
    }
}
