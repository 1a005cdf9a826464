//! `cld trace worklist`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Common, Format, line};
use crate::cli::print::{self, shown};
use crate::error::{Error, Result};
use crate::trace::list::list;
use crate::trace::register::make_private;
use crate::trace::work;

/// Write who could not be settled, by what is to be done next.
///
/// A CSV file and a workbook with a sheet for each thing to do, of people who have a worker, with the number from PDS where
/// numbers are to be compared and the date of death where one is to be checked. README, "Tracing NHS numbers", lists columns,
/// reasons and what to do when one is done: correct the case system, and run `cld trace request`. They identify people and stay in the council: in the folder `tracing` of the worklists, unless
/// --out says otherwise. Earlier ones there are replaced.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Write the files here instead.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    let setting = arguments.common.setting(schemas)?;
    let usual = setting.config.worklist_dir.join("tracing");
    let directory = arguments.out.as_ref().unwrap_or(&usual);
    setting.refuse_among_bundles(directory, directory)?;
    let mut register = setting.register()?;
    let items = list(&setting.tracing, &mut register, &setting.moment)?;
    make_private(directory).map_err(Error::io("make", directory))?;
    let listed = work::write(directory, items, setting.moment.today)?;
    match arguments.common.format {
        Format::Human => {
            let mut text = String::new();
            for (group, count) in &listed.groups {
                text += &line(*count, group.sheet());
            }
            if listed.groups.is_empty() {
                text += "Nobody is left to be settled.\n";
            }
            text += &format!(
                "\n{}\n{}\n(identifiable: keep them in the council)\n",
                shown(&listed.csv),
                shown(&listed.workbook)
            );
            print::out(&text)
        }
        Format::Json => {
            let groups = listed
                .groups
                .iter()
                .map(|(group, count)| (group.name(), *count));
            print::json(&json!({
                "groups": groups.collect::<std::collections::BTreeMap<_, _>>(),
                "csv": listed.csv,
                "workbook": listed.workbook,
            }))
        }
    }
}
