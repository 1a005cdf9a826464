//! `cld trace request`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::selection::{machine, told};
use super::{Common, Format, note_open_folder};
use crate::cli::print::{self, counted, shown};
use crate::error::{Error, Result};
use crate::trace::ask::{ask, strays};
use crate::trace::register::make_private;

/// Write the request, and into the register whom it asks about.
///
/// Makes files for PDS MESH in the folder `tracing.requests` of the configuration, and begins the register if there is none.
/// They identify people: only you can read them, and they may not lie where bundles or worklists are. A file is known to the
/// register by its digest, so send it as it is.
///
/// It also looks for whose verified number must not be used any more (an objection, a number that two have, a record that is
/// another one now), takes it back and says how many there are: run it before each return. It is refused where there are
/// allocations and by them nobody has a worker, as it would note of everybody that they left.
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
    let directory = arguments.out.as_ref().unwrap_or(&setting.tracing.requests);
    setting.refuse_among_others(directory, directory)?;
    make_private(directory).map_err(Error::io("make", directory))?;
    note_open_folder(directory);
    let mut changed = setting.to_begin_or_change()?;
    let known = changed.register().request_names()?;
    let strays = strays(directory, &known).map_err(Error::io("read", directory))?;
    if !strays.is_empty() {
        let (is, them) = if strays.len() == 1 {
            ("is", "Never send it: remove it")
        } else {
            ("are", "Never send those: remove them")
        };
        print::note(&format!(
            "{} of the request files in {} {is} not in the register, as somebody stopped the command that made them. {them}",
            strays.len(),
            directory.display()
        ));
    }
    let requested = ask(&setting.tracing, &mut changed, directory, &setting.moment)?;
    match arguments.common.format {
        Format::Human => {
            let mut text = told(&requested.selection, &setting.tracing, true);
            for file in &requested.files {
                let rows = counted(file.rows, "row", "rows");
                text += &format!("\n{}  {rows}, SHA-256 {}\n", shown(&file.path), file.digest);
            }
            print::out(&text)
        }
        Format::Json => {
            let files = requested.files.iter().map(|file| {
                json!({ "file": file.path, "rows": file.rows, "bytes": file.bytes, "sha256": file.digest })
            });
            let files: Vec<_> = files.collect();
            let mut value = machine(&requested.selection);
            value["files"] = json!(files);
            value["unknown_files"] = json!(strays.len());
            print::json(&value)
        }
    }
}
