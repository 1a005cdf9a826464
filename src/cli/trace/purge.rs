//! `cld trace purge`.

use std::path::Path;

use clap::Args;
use serde_json::json;

use super::{Common, Format, some};
use crate::cli::print;
use crate::error::Result;
use crate::trace::purge::purge;

/// Remove what is kept longer than it should be.
///
/// People who died or had no worker any more longer ago than `tracing.keep` says go from the register, and the entries of its log
/// lose whom they are about; that something happened stays, and the log stays whole. Request and answer files as old are
/// removed where they lie in the folder `tracing.requests`, known by their digests. All of it is written to the log. Of people
/// who left, only those are known whom `cld trace request` has noticed since: run that first.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Say what would be removed, and remove nothing.
    #[arg(long)]
    dry_run: bool,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    let setting = arguments.common.setting(schemas)?;
    let mut changed = setting.to_change()?;
    let purged = purge(
        &setting.tracing,
        &mut changed,
        &setting.moment,
        arguments.dry_run,
    )?;
    match arguments.common.format {
        Format::Human => {
            let what = if arguments.dry_run {
                "would go"
            } else {
                "removed"
            };
            let mut text = some(
                purged.people,
                &format!("person {what}"),
                &format!("people {what}"),
            );
            text += &some(
                purged.entries,
                &format!("entry: whom it is about {what}"),
                &format!("entries: whom they are about {what}"),
            );
            text += &some(
                purged.files,
                &format!("request or answer file {what}"),
                &format!("request and answer files {what}"),
            );
            if purged.not_found > 0 {
                text += &some(
                    purged.not_found,
                    "file as old is not in the folder of the requests: remove it yourself",
                    "files as old are not in the folder of the requests: remove them yourself",
                );
            }
            text += &some(
                purged.kept,
                "person who left is kept for now",
                "people who left are kept for now",
            );
            print::out(&text)
        }
        Format::Json => print::json(&json!({
            "dry_run": arguments.dry_run,
            "people": purged.people,
            "entries": purged.entries,
            "files": purged.files,
            "files_not_found": purged.not_found,
            "kept": purged.kept,
        })),
    }
}
