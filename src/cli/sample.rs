//! `cld sample`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::print::{self, number};
use crate::error::{Error, Result};
use crate::sample::{self, Options, Rate};
use crate::schema::Schema;

/// Make synthetic records to try things out with.
///
/// The same arguments give the same bytes on every machine. NHS numbers are of the 999 test range only.
#[derive(Debug, Args)]
pub struct Arguments {
    /// How many records.
    #[arg(long, value_name = "N")]
    rows: u64,
    /// Another seed, another sample.
    #[arg(long, value_name = "S", default_value_t = Options::default().seed)]
    seed: u64,
    /// The file to make; an existing one is overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The share of cells made bad, from 0 to 1.
    #[arg(long, value_name = "R", default_value_t = Options::default().bad_rate)]
    bad_rate: Rate,
    /// About how many people; without it one to every six or seven records.
    #[arg(long, value_name = "N")]
    people: Option<u64>,
    /// Name and code some columns as a council's own report might, so that a mapping is needed.
    #[arg(long)]
    council_style: bool,
    /// Add `local_` columns.
    #[arg(long)]
    local_columns: bool,
    /// The return.
    #[arg(long, value_name = "ID", default_value = "cld-release-2")]
    schema: String,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    let schema = Schema::load(&arguments.schema, schemas)?;
    let options = Options {
        rows: arguments.rows,
        seed: arguments.seed,
        bad_rate: arguments.bad_rate,
        people: arguments.people,
        council_style: arguments.council_style,
        local_columns: arguments.local_columns,
        ..Options::default()
    };
    let mut file =
        std::fs::File::create(&arguments.out).map_err(Error::io("write", &arguments.out))?;
    let summary = sample::write(&schema, &options, &mut file).map_err(|e| {
        // A part of a sample would pass for the whole. What is no plain file, a link say, is not ours to take away.
        if std::fs::symlink_metadata(&arguments.out).is_ok_and(|of| of.is_file()) {
            let _ = std::fs::remove_file(&arguments.out);
        }
        Error::io("write", &arguments.out)(e)
    })?;
    print::out(&format!(
        "{} records of {} people, {} bad cells: {}\n",
        number(summary.rows),
        number(summary.people),
        number(summary.bad_cells()),
        arguments.out.display()
    ))
}
