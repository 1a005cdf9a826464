//! `cld trace numbers`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Common, Format, line, some};
use crate::cli::print::{self, shown};
use crate::error::{Error, Result};
use crate::trace::numbers::{Held, numbers};
use crate::trace::register::{directory, make_private};

/// Write verified numbers that the case system does not have, for loading into it.
///
/// A CSV file (UTF-8) of people of the people file whose number is verified (01): person_id, nhs_number, indicator, verified_on, and
/// in_case_system, which says what is there in its place: none, other or invalid. Nobody is in it who is dead or has no worker
/// now, whose number somebody else has, or whom `cld trace request` would take the number from. It identifies people: only
/// you can read it, and it may not lie where bundles or worklists are. Nothing in the register is changed.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// The file to make. An existing file is never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Also those that the case system has already (in_case_system: same).
    #[arg(long)]
    all: bool,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    let setting = arguments.common.setting(schemas)?;
    let (path, all) = (&arguments.out, arguments.all);
    let folder = directory(path);
    setting.refuse_among_others(path, folder)?;
    let mut register = setting.register()?;
    let numbers = numbers(&setting.tracing, &mut register, &setting.moment)?;
    make_private(folder).map_err(Error::io("make", folder))?;
    let written = numbers.write(path, all)?;
    let counts = numbers.held();
    match arguments.common.format {
        Format::Human => {
            let mut text = some(
                written,
                "verified number written",
                "verified numbers written",
            );
            for (held, count) in &counts {
                let left_out = if *held == Held::Same && !all {
                    "not: "
                } else {
                    "  "
                };
                text += &line(*count, &format!("{left_out}{}", held.words()));
            }
            for (why, count) in &numbers.withheld {
                text += &line(*count, &format!("not: {}", why.words()));
            }
            text += &format!(
                "\n{}\n(identifiable: load it into the case system, then remove it)\n",
                shown(path)
            );
            print::out(&text)
        }
        Format::Json => {
            let counts = counts.iter().map(|(held, n)| (held.name(), *n));
            let withheld = numbers.withheld.iter().map(|(why, n)| (why.name(), *n));
            print::json(&json!({
                "file": path,
                "written": written,
                "in_case_system": counts.collect::<std::collections::BTreeMap<_, _>>(),
                "withheld": withheld.collect::<std::collections::BTreeMap<_, _>>(),
            }))
        }
    }
}
