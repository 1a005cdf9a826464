//! `cld trace status`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::{Common, Format};
use crate::cli::print::{self, counted, number};
use crate::error::Result;
use crate::trace::register::Status;

pub fn run(common: &Common, schemas: Option<&Path>) -> Result<()> {
    let setting = common.setting(schemas)?;
    let register = setting.register()?;
    let mut counts: BTreeMap<Status, u64> = BTreeMap::new();
    let mut gone = 0_u64;
    register.people(|person| {
        *counts.entry(person.status).or_default() += 1;
        gone += u64::from(person.gone.is_some());
    })?;
    let head = register.head();
    let count = |status: Status| counts.get(&status).copied().unwrap_or(0);
    match common.format {
        Format::Human => {
            let mut text = String::new();
            for status in Status::ALL {
                text += &format!(
                    "{}  {:>9}  {}\n",
                    status.code(),
                    number(count(status)),
                    status.words()
                );
            }
            let gone_words = if gone == 1 {
                "has died or has"
            } else {
                "have died or have"
            };
            text += &format!("\n{} of these {gone_words} no worker now\n", number(gone),);
            text += &format!(
                "{} in the log, the last one {}\n",
                counted(head.entries, "entry", "entries"),
                head.hex()
            );
            print::out(&text)
        }
        Format::Json => {
            let statuses = Status::ALL.map(|status| (status.code(), count(status)));
            print::json(&json!({
                "status": statuses.into_iter().collect::<BTreeMap<_, _>>(),
                "gone": gone,
                "entries": head.entries,
                "head_sha256": head.hex(),
            }))
        }
    }
}
