//! `cld trace verify`.

use std::path::Path;

use clap::Args;
use serde_json::json;

use super::{Common, Format};
use crate::cli::print::{self, number};
use crate::error::Result;
use crate::trace::ask::digest;

/// Check that the register is what its log says, and that the log is whole.
///
/// Each entry holds the digest of the one before, and the tables must be what comes of replaying all entries. Entries cut off
/// at the end do not show: note the last digest elsewhere, and give it the next time. The exit code is 6 if anything does not
/// hold.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// The last digest as it was noted some time before: it must still be of an entry.
    #[arg(long, value_name = "SHA256")]
    noted: Option<String>,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    let noted = arguments.noted.as_deref().map(digest).transpose()?;
    let setting = arguments.common.setting(schemas)?;
    let verified = setting.unverified()?.verify(noted.as_ref())?;
    let (head, purged) = (verified.head, verified.purged);
    match arguments.common.format {
        Format::Human => {
            let mut text = format!(
                "{} entries, each follows from the one before; the register is what comes of them\n",
                number(head.entries)
            );
            if purged > 0 {
                text += &format!(
                    "{} of them were purged of whom they are about\n",
                    number(purged)
                );
            }
            if let Some(entry) = verified.noted {
                text += &format!("the digest noted is that of entry {}\n", number(entry));
            }
            text += &format!("last entry  {}\n", head.hex());
            print::out(&text)
        }
        Format::Json => print::json(&json!({
            "entries": head.entries,
            "purged": purged,
            "noted_entry": verified.noted,
            "head_sha256": head.hex(),
        })),
    }
}
