//! `cld purge`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use serde_json::json;

use super::Format;
use super::print::{self, shown};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::write::{Purged, purge_worklists};

/// Remove worklists that are kept longer than they should be.
///
/// Worklists are identifiable. This removes those whose run is longer ago than `output.worklist_keep_days` of the
/// configuration, and writes down which in purge.log beside them. It removes nothing that a run did not make.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Remove old worklists.
    #[arg(long, required = true)]
    worklists: bool,
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "config/cld.yaml")]
    config: PathBuf,
    /// Say what would be removed, and remove nothing.
    #[arg(long)]
    dry_run: bool,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    crate::custody::keep_to_ourselves();
    let config = Config::load(&arguments.config, schemas)?;
    let Some(days) = config.worklist_keep_days else {
        return Err(Error::Usage(format!(
            "{}: output.worklist_keep_days is not set, so nothing is too old. Say there for how many days worklists are kept, as in `output: {{bundle: out, worklist: worklist, worklist_keep_days: 90}}`",
            arguments.config.display()
        )));
    };
    let directory = &config.worklist_dir;
    let purged = purge_worklists(directory, days, arguments.dry_run, SystemTime::now())?;
    match arguments.format {
        Format::Human => print::out(&human(&purged, directory, days, arguments.dry_run)),
        Format::Json => print::json(&json!({
            "directory": directory,
            "keep_days": days,
            "dry_run": arguments.dry_run,
            "removed": purged.removed.iter().map(|old| json!({
                "run_id": old.run_id, "days": old.days, "files": old.files,
            })).collect::<Vec<_>>(),
            "kept": purged.kept,
            "left": purged.left.iter().map(|(name, reason)| json!({ "name": name, "reason": reason })).collect::<Vec<_>>(),
        })),
    }
}

fn human(purged: &Purged, directory: &Path, days: u32, dry_run: bool) -> String {
    let what = if dry_run { "would go" } else { "removed" };
    let mut text = format!("Worklists in {}, kept for {days} days\n", shown(directory));
    for old in &purged.removed {
        text += &format!(
            "{what}  {}  {} days old, {} files\n",
            old.run_id, old.days, old.files
        );
    }
    for (name, reason) in &purged.left {
        text += &format!("left     {name}  {reason}: look at it and remove it yourself\n");
    }
    text += &format!(
        "{} {what}, {} younger, {} left alone\n",
        purged.removed.len(),
        purged.kept,
        purged.left.len()
    );
    text
}
