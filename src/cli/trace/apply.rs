//! `cld trace apply`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Common, Format, line, note_open_folder, some};
use crate::cli::print;
use crate::custody::is_open_to_others;
use crate::error::Result;
use crate::trace::apply::{Applied, apply};
use crate::trace::register::Status;

/// Apply answers: all of the files given, or nothing of them.
///
/// No number is believed that does not pass every gate: check digit, birth date as it was sent, found by cross check or
/// alphanumeric trace, not another living person's, the person's record unchanged since it was sent. What does not pass is
/// for the work list. A file that was applied before changes nothing, nor does an answer that is said once again, or is to a
/// question that was asked again since (late).
#[derive(Debug, Args)]
pub struct Arguments {
    /// Answers of PDS MESH.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    let setting = arguments.common.setting(schemas)?;
    let mut changed = setting.to_change()?;
    note_open_folder(&setting.tracing.requests);
    let files = arguments.files.iter();
    let open = files.filter(|file| is_open_to_others(file)).count();
    if open > 0 {
        print::note(&format!(
            "other accounts may read {open} of the {} answer files given, which identify people: close with chmod 600",
            arguments.files.len()
        ));
    }
    let applied = apply(
        &setting.tracing,
        changed.register(),
        &arguments.files,
        &setting.moment,
    )?;
    if applied.known < applied.files {
        changed.save()?;
    }
    match arguments.common.format {
        Format::Human => print::out(&human(&applied)),
        Format::Json => print::json(&machine(&applied)),
    }
}

fn human(applied: &Applied) -> String {
    let mut text = some(applied.files, "file", "files");
    if applied.known > 0 {
        text += &line(
            applied.known,
            "  applied before: nothing of them is taken again",
        );
    }
    text += &some(applied.rows, "answer", "answers");
    let taken = |status| status == Status::Verified;
    let sum = |which: bool| {
        let all = applied.decided.iter();
        all.filter(|((_, status), _)| taken(*status) == which)
            .map(|(_, n)| n)
            .sum()
    };
    text += &some(sum(true), "number taken", "numbers taken");
    text += &line(sum(false), "not: for the next request or the work list");
    for ((rule, status), count) in &applied.decided {
        let words = format!("  {} ({} {})", rule.name(), status.code(), status.words());
        text += &line(*count, &words);
    }
    for (count, words) in [
        (
            applied.repeated,
            "said once again: equal to an earlier answer to the same question, and nothing is done",
        ),
        (
            applied.contradicting,
            "more, that say something else than the first one of the same question",
        ),
        (
            applied.late,
            "late: the person was asked about again since, and the answer to that counts",
        ),
        (
            applied.nobody,
            "for nobody: with a reference that the register does not know",
        ),
        (
            applied.taken_back,
            if applied.taken_back == 1 {
                "number taken back from who had it: PDS gives it to somebody else too"
            } else {
                "numbers taken back from people who had them: PDS gives them to somebody else too"
            },
        ),
        (
            applied.deaths,
            "of all these with a date of death: for the work list, nothing was changed",
        ),
    ] {
        if count > 0 {
            text += &line(count, words);
        }
    }
    text
}

fn machine(applied: &Applied) -> serde_json::Value {
    let mut rules: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
    for ((rule, status), count) in &applied.decided {
        rules
            .entry(rule.name())
            .or_default()
            .insert(status.code(), *count);
    }
    json!({
        "files": applied.files,
        "known_files": applied.known,
        "answers": applied.rows,
        "rules": rules,
        "repeated": applied.repeated,
        "contradicting": applied.contradicting,
        "late": applied.late,
        "for_nobody": applied.nobody,
        "deaths": applied.deaths,
        "taken_back": applied.taken_back,
    })
}
