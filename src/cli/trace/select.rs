//! `cld trace select`.

use std::path::Path;

use super::selection::{machine, told};
use super::{Common, Format};
use crate::cli::print;
use crate::error::{Error, Result};
use crate::trace::register::Register;
use crate::trace::select::select;

pub fn run(common: &Common, schemas: Option<&Path>) -> Result<()> {
    let setting = common.setting(schemas)?;
    let mut register = match Register::open(&setting.keeping)? {
        Some(register) => {
            register.verify(None)?;
            register
        }
        None => Register::new()?,
    };
    // What is noticed on the way is noticed in memory only: nothing is saved.
    let selection = register.change(&setting.moment.at, |change| {
        let selection = select(&setting.tracing, change, &setting.moment, |_| Ok(()))?;
        Ok::<_, Error>(selection)
    })?;
    // A request would be refused.
    let fault = selection.fault(&setting.tracing);
    if let Some(fault) = &fault {
        print::note(&format!("cld trace request would be refused: {fault}"));
    }
    match common.format {
        Format::Human => {
            let text = told(&selection, &setting.tracing, false);
            print::out(&text)
        }
        Format::Json => {
            let mut value = machine(&selection);
            value["request_refused"] = fault.is_some().into();
            print::json(&value)
        }
    }
}
