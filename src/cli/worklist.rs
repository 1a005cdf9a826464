//! `cld worklist`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Format;
use super::print::{self, number, shown};
use crate::error::{Error, Result};
use crate::write::{Lock, Workbook, write_workbook};

/// Write the findings of a run as a workbook.
///
/// Makes findings.xlsx from the worklist's CSV files, beside them. `cld run` does so itself up to 100,000 findings. The
/// workbook is identifiable like the worklist and stays in the council.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The directory of the run's worklist.
    run: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    crate::custody::keep_to_ourselves();
    let directory = &arguments.run;
    let lock = Lock::take(directory).map_err(|e| {
        Error::Input(format!(
            "cannot open {}: {e}. Name the directory of a run's worklist",
            directory.display()
        ))
    })?;
    let Some(_lock) = lock else {
        return Err(Error::Busy(format!(
            "another `cld worklist` is writing into {}. Wait for it to end",
            directory.display()
        )));
    };
    let workbook = write_workbook(directory)?;
    match arguments.format {
        Format::Human => print::out(&human(&workbook)),
        Format::Json => print::json(&machine(&workbook)),
    }
}

fn human(workbook: &Workbook) -> String {
    let mut text = format!("Findings  {:>9}\n", number(workbook.findings));
    if workbook.folded > 0 {
        text += &format!(
            "  of them {:>9}  stand in the line of the finding they follow from\n",
            number(workbook.folded)
        );
    }
    for (name, lines) in &workbook.sheets {
        text += &format!("{name:<9} {:>9} lines\n", number(*lines));
    }
    text += &format!(
        "\nWorkbook  {} (identifiable: keep it in the council)\n",
        shown(&workbook.path)
    );
    text
}

fn machine(workbook: &Workbook) -> serde_json::Value {
    json!({
        "workbook": workbook.path,
        "findings": workbook.findings,
        "folded": workbook.folded,
        "sheets": workbook.sheets.iter().map(|(name, lines)| json!({ "name": name, "rows": lines })).collect::<Vec<_>>(),
    })
}
