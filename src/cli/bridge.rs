//! `cld bridge`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Format;
use super::custodian::{ASK, recipients};
use super::print::{self, number, shown};
use crate::config::Config;
use crate::error::Result;
use crate::pipeline::{self, Bridge, BridgeOptions};

/// Make the table from present to next pseudonyms, for when the key is changed.
///
/// Reads the extract of the configuration, which still names the present key, and writes for each identifier of the
/// records that a run would submit the pseudonym under the present key and epoch and the one under the next: columns
/// domain, old, new; no identifier. The file is in age format, for those whose public keys are given; `age -d` opens it.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The configuration, with the present key.
    #[arg(long, value_name = "FILE", default_value = "config/cld.yaml")]
    config: PathBuf,
    /// The next key, as `cld key rotate` made it.
    #[arg(long, value_name = "FILE")]
    new_key: PathBuf,
    /// The age identity file that opens the next key, if it is encrypted to one.
    #[arg(long, value_name = "FILE")]
    new_identity: Option<PathBuf>,
    /// The next epoch.
    #[arg(long, value_name = "EPOCH")]
    new_epoch: String,
    /// The age public key (age1…) of whoever may read the table, or a file with several.
    #[arg(long, value_name = "RECIPIENT")]
    recipient: String,
    /// The file to make. An existing file is never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    crate::custody::keep_to_ourselves();
    let config = Config::load(&arguments.config, schemas)?;
    let options = BridgeOptions {
        new_key: arguments.new_key.clone(),
        new_identity: arguments.new_identity.clone(),
        new_epoch: arguments.new_epoch.clone(),
        recipients: recipients("--recipient", &arguments.recipient)?,
        out: arguments.out.clone(),
        ask: ASK,
    };
    let made = pipeline::bridge(&config, &options)?;
    match arguments.format {
        Format::Human => print::out(&human(&made, &options)),
        Format::Json => print::json(&machine(&made, &options)),
    }
}

fn human(made: &Bridge, options: &BridgeOptions) -> String {
    let mut text = format!("Bridge    {}\n", shown(&options.out));
    for (words, (key, epoch)) in [("From", &made.from), ("To", &made.to)] {
        text += &format!("{words:<10}key {key}, epoch {epoch}\n");
    }
    for key in &options.recipients {
        text += &format!("For       {key}\n");
    }
    text += &format!(
        "\nOf {} records read {} would be submitted. Pseudonyms:\n",
        number(made.read),
        number(made.submitted)
    );
    for (domain, n) in &made.domains {
        text += &format!("{:>9}  {domain}\n", number(*n));
    }
    text + "\nWhoever reads it can link the returns of both epochs. Send it apart from any bundle, to that recipient only.\n"
}

fn machine(made: &Bridge, options: &BridgeOptions) -> serde_json::Value {
    let side = |(key, epoch): &(String, String)| json!({ "key_id": key, "epoch": epoch });
    let to: Vec<_> = options.recipients.iter().map(ToString::to_string).collect();
    json!({
        "file": options.out,
        "from": side(&made.from),
        "to": side(&made.to),
        "recipients": to,
        "records": { "read": made.read, "submitted": made.submitted },
        "pseudonyms": made.domains,
    })
}
